"""Reducers give the same picks and propensities however the pool is cut, ordered and merged."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.blocks import Block, Partial, Reducer
from querist.core.rng import row_keys
from querist.strategies import guarded_top_k, k_center, top_k, weighted_k_means, with_quotas
from querist.strategies.reduce import (
    Candidates,
    Excluding,
    Guarded,
    Knapsack,
    Mixed,
    PerDollar,
    Quotas,
    Reservoir,
    TopK,
)

EXAMPLES = settings(max_examples=40, deadline=None)
RNG = np.random.default_rng
LEVELS = np.array([0.0, 0.25, 0.5, 0.75])  # few, so that ties abound


def pool(n: int, seed: int, *, ties: bool = True) -> Block:
    """A pool in one block, with everything a reducer may read."""
    rng = RNG(seed)
    probs = rng.dirichlet(np.ones(3), size=n)
    return Block(
        0,
        n,
        {
            "probs": probs,
            "embeddings": rng.integers(-1, 2, size=(n, 3)).astype(np.float32),
            "duplicates": rng.integers(-1, max(1, n // 2), size=n),
            "costs": rng.choice([0.5, 1.0, 2.0], size=n),
            "strata": rng.integers(0, 3, size=n),
        },
        rng.choice(LEVELS, size=n).astype(np.float32) if ties else rng.permutation(n) / n,
    )


def cut(whole: Block, start: int, stop: int) -> Block:
    """Some of its rows, as a block of their own."""
    assert whole.utilities is not None
    arrays = {name: values[start:stop] for name, values in whole.arrays.items()}
    return Block(start, stop - start, arrays, whole.utilities[start:stop])


def in_any_way(reducer: Reducer, whole: Block, rng: np.random.Generator) -> Partial:
    """The state after the pool came in random blocks, in random order, in places that merged at random."""
    cuts = np.unique(rng.integers(0, whole.n + 1, size=rng.integers(0, 6)))
    edges = np.unique(np.concatenate([[0], cuts, [whole.n]]))
    blocks = [cut(whole, a, b) for a, b in pairwise(edges.tolist())]
    places = [reducer.start() for _ in range(rng.integers(1, 4))]
    for i in rng.permutation(len(blocks)):
        at = rng.integers(len(places))
        places[at] = reducer.update(places[at], blocks[i])
    while len(places) > 1:
        a, b = (places.pop(rng.integers(len(places))) for _ in range(2))
        places.append(reducer.merge(a, b))
    return places[0]


def in_one(reducer: Reducer, whole: Block) -> Any:
    """The picks from one block."""
    return reducer.finish(reducer.update(reducer.start(), whole))


def reducers(k: int, seed: int, n: int) -> list[Reducer]:
    """One of each kind, and wrapped."""
    some = RNG(seed).permutation(n)[: n // 3]
    return [
        TopK(k, seed),
        Reservoir(k, seed),
        Guarded(k, seed),
        Guarded(k, seed, groups=False, max_cosine=0.8, oversample=3),
        Guarded(k, seed, groups=True, max_cosine=0.8, oversample=2),
        Quotas({2: k // 2, 0: k // 3}, k, seed),
        Quotas({1: k}, k, seed, of="strata"),
        Knapsack(2.5, seed=seed),
        Knapsack(100.0, limit=k, seed=seed),
        Mixed(TopK(k, seed), 2, seed),
        Excluding(PerDollar(Mixed(Guarded(k, seed), 1, seed)), some),
        Candidates(weighted_k_means, k, 2 * k, seed, {"beta": 2}),
        Candidates(k_center, k, 3 * k, seed, chosen=some),
    ]


@EXAMPLES
@given(n=st.integers(1, 40), k=st.integers(1, 8), seed=st.integers(0, 999), which=st.integers(0, 12))
def test_the_way_the_pool_comes_changes_nothing(n, k, seed, which) -> None:
    reducer, whole = reducers(k, seed, n)[which], pool(n, seed)
    expected = in_one(reducer, whole)
    for way in range(4):
        state = in_any_way(pickle.loads(pickle.dumps(reducer)), whole, RNG([seed, way]))
        found = reducer.finish(state)
        for name in type(found).__dataclass_fields__:
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=f"{reducer} {name}")


@EXAMPLES
@given(n=st.integers(1, 40), k=st.integers(1, 8), seed=st.integers(0, 999), which=st.integers(0, 12))
def test_states_are_small_plain_arrays(n, k, seed, which) -> None:
    reducer = reducers(k, seed, n)[which]
    state = in_any_way(reducer, pool(n, seed), RNG(seed))
    assert all(isinstance(value, np.ndarray) and value.dtype.kind in "iuf" for value in state.values())
    most = 3 * reducer.k + n // 3 + 1  # with the rows already chosen, of which some strategies need to know
    assert max((len(value) for value in state.values() if value.ndim), default=0) <= max(most, 8)


@EXAMPLES
@given(n=st.integers(1, 40), k=st.integers(1, 12), seed=st.integers(0, 999))
def test_top_k_is_that_of_the_whole_pool(n, k, seed) -> None:
    whole = pool(n, seed)
    found = TopK(k, seed).finish(in_any_way(TopK(k, seed), whole, RNG(seed)))
    expected = top_k(whole.utilities, k, candidates=np.arange(n), rng=RNG(0))
    np.testing.assert_array_equal(found.utilities, expected.utilities)
    np.testing.assert_array_equal(found.propensities, expected.propensities)
    assert len(set(found.rows)) == len(found)
    np.testing.assert_array_equal(whole.utilities[found.rows], found.utilities)


@EXAMPLES
@given(n=st.integers(1, 40), k=st.integers(1, 10), seed=st.integers(0, 999), groups=st.booleans(), near=st.booleans())
def test_the_guard_is_that_of_the_whole_pool(n, k, seed, groups, near) -> None:
    whole = pool(n, seed, ties=False)
    guard = Guarded(k, seed, groups=groups, max_cosine=0.8 if near else None, oversample=n)
    found = guard.finish(in_any_way(guard, whole, RNG(seed)))
    u, of, everyone = whole.utilities, whole["duplicates"], np.arange(n)
    best = np.array([i for i in everyone if of[i] < 0 or u[i] == u[of == of[i]].max()])
    expected = guarded_top_k(
        u,
        k,
        candidates=everyone,
        rng=RNG(0),
        duplicates=of if groups else None,
        embeddings=whole["embeddings"] if near else None,
        max_cosine=0.8,
    )
    if groups and near:  # the whole-pool guard fills up from the groups' best only, so hold the unlike ones alone
        X = whole["embeddings"].astype(float)
        unit = X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9)
        unlike: list[int] = []
        for row in best[np.argsort(-u[best])]:
            if len(unlike) < k and all(unit[row] @ unit[other] <= 0.8 for other in unlike):
                unlike.append(row)
        assert found.rows[: len(unlike)].tolist() == unlike
        assert len(found) == min(k, n)
    else:
        np.testing.assert_array_equal(found.rows, expected.rows)


@EXAMPLES
@given(n=st.integers(1, 60), k=st.integers(1, 6), seed=st.integers(0, 999))
def test_what_the_cosine_guard_calls_complete_is(n, k, seed) -> None:
    whole = pool(n, seed, ties=False)
    guard = Guarded(k, seed, groups=False, max_cosine=0.8, oversample=2)
    state = in_any_way(guard, whole, RNG(seed))
    everything = Guarded(k, seed, groups=False, max_cosine=0.8, oversample=n)
    if guard.complete(state):
        np.testing.assert_array_equal(guard.finish(state).rows, in_one(everything, whole).rows)


@EXAMPLES
@given(n=st.integers(1, 40), k=st.integers(1, 12), seed=st.integers(0, 999))
def test_quotas_are_those_of_the_whole_pool(n, k, seed) -> None:
    whole = pool(n, seed, ties=False)
    quotas = Quotas({2: k // 2, 0: k // 3}, k, seed)
    found = quotas.finish(in_any_way(quotas, whole, RNG(seed)))
    expected = with_quotas(
        lambda m, free, taken: top_k(whole.utilities, m, candidates=free, rng=RNG(0)),
        whole["probs"].argmax(axis=1),
        quotas.minimum,
        k,
        candidates=np.arange(n),
    )
    np.testing.assert_array_equal(found.rows, expected.picks.rows)
    np.testing.assert_array_equal(found.by_quota, expected.by_quota)
    np.testing.assert_array_equal(found.propensities, expected.picks.propensities)


@EXAMPLES
@given(n=st.integers(1, 10), usd=st.sampled_from([0.5, 1.0, 2.5, 4.0]), seed=st.integers(0, 999))
def test_a_knapsack_holds_half_of_the_best_that_money_buys(n, usd, seed) -> None:
    whole = pool(n, seed)
    u, costs = whole.utilities, whole["costs"]
    picks = in_one(Knapsack(usd, seed=seed), whole)
    best = max(u[list(s)].sum() for m in range(n + 1) for s in combinations(range(n), m) if costs[list(s)].sum() <= usd)
    assert costs[picks.rows].sum() <= usd
    assert u[picks.rows].sum() >= best / 2


@EXAMPLES
@given(n=st.integers(2, 40), seed=st.integers(0, 999), which=st.integers(0, 12))
def test_what_is_excluded_is_never_picked(n, seed, which) -> None:
    out = RNG(seed).permutation(n)[: RNG(seed).integers(1, n)]
    whole = pool(n, seed)
    whole.utilities[out] = np.nan  # nobody looks at what may not be picked
    inner = [r for r in reducers(3, seed, n) if not isinstance(r, Excluding | Candidates)]
    reducer = Excluding(inner[which % len(inner)], out)
    picks = reducer.finish(in_any_way(reducer, whole, RNG(seed)))
    assert not set(picks.rows) & set(out)
    if not isinstance(reducer.reducer, Knapsack):
        assert len(picks) == min(reducer.k, n - len(out))


def frequencies(make: Callable[[int], Reducer], whole: Block, n_draws: int) -> np.ndarray:
    """How often each row is picked over the seeds, and the same with 1 / propensity as weight."""
    counts = np.zeros((2, whole.n))
    for seed in range(n_draws):
        picks = in_one(make(seed), whole)
        counts[0, picks.rows] += 1
        counts[1, picks.rows] += 1 / picks.propensities
    return counts / n_draws


def hoeffding(n_draws: int) -> float:
    """A frequency strays by more than this with a chance of at most 2 exp(-2 n t²) = 1e-9."""
    return float(np.sqrt(np.log(2e9) / (2 * n_draws)))


@pytest.mark.parametrize("n", [5, 9])
def test_a_sample_takes_each_row_and_each_pair_equally_often(n) -> None:
    n_draws, k = 4000, 3
    pairs = np.zeros((n, n))
    for seed in range(n_draws):
        rows = in_one(Reservoir(k, seed), Block(1000, n)).rows - 1000
        pairs[np.ix_(rows, rows)] += 1 / n_draws
    assert (abs(np.diag(pairs) - k / n) <= hoeffding(n_draws)).all()
    off = pairs[~np.eye(n, dtype=bool)]
    assert (abs(off - k * (k - 1) / n / (n - 1)) <= hoeffding(n_draws)).all()


def test_a_mixed_batch_holds_each_row_as_often_as_it_says_and_no_simpler_number_does() -> None:
    u = np.array([0.9, 0.5, 0.5, 0.5, 0.1, 0.1, 0.2, 0.0])
    n_draws, n_random = 5000, 3
    seen, _ = frequencies(lambda seed: Mixed(TopK(2, seed), n_random, seed), Block(0, 8, utilities=u), n_draws)
    s = np.array([1, 1 / 3, 1 / 3, 1 / 3, 0, 0, 0, 0])  # row 0, and one of the three that tie
    exact = s + (1 - s) * n_random / (8 - 2)
    assert (abs(seen - exact) <= hoeffding(n_draws)).all()
    for naive in (s + (1 - s) * n_random / 8, np.maximum(s, n_random / 6), s + n_random / 6 * (s == 0)):
        assert (abs(seen - naive) > 2 * hoeffding(n_draws)).any()
    for seed in range(20):
        picks = in_one(Mixed(TopK(2, seed), n_random, seed), Block(0, 8, utilities=u))
        np.testing.assert_allclose(picks.inclusion, exact[picks.rows])
        np.testing.assert_allclose(picks.propensities[picks.at_random], n_random / 6)


def test_a_mixed_batch_estimates_the_whole_pool_without_bias() -> None:
    rng = RNG(5)
    u, y = rng.choice(LEVELS, size=30), rng.random(30)
    totals = []
    for seed in range(3000):
        picks = in_one(Mixed(TopK(6, seed), 4, seed), Block(0, 30, utilities=u))
        totals.append((y[picks.rows] / picks.inclusion).sum())
    assert abs(np.mean(totals) - y.sum()) < 5 * np.std(totals) / np.sqrt(len(totals))


def test_a_guarded_tie_is_drawn_with_the_chance_that_is_told() -> None:
    # Row 0 above the cut; then a group of two equals, a group with one equal, and two lone rows tie for two places.
    u = np.array([0.9, 0.5, 0.5, 0.5, 0.4, 0.5, 0.5, 0.1])
    groups = np.array([7, 1, 1, 2, 2, -1, -1, -1])
    n_draws = 3000
    seen, weights = frequencies(lambda seed: Guarded(3, seed), Block(0, 8, {"duplicates": groups}, u), n_draws)
    expected = np.array([1, 1 / 4, 1 / 4, 1 / 2, 0, 1 / 2, 1 / 2, 0])
    assert (abs(seen - expected) <= hoeffding(n_draws)).all()
    np.testing.assert_allclose(weights, expected > 0, atol=0.15)  # the weights of what is drawn add up to what is there


def test_quotas_that_tie_are_drawn_with_the_chance_that_is_told() -> None:
    u = np.array([0.5, 0.5, 0.5, 0.5, 0.5, 0.9])
    groups = np.array([1, 1, 1, 0, 0, 0])
    whole = Block(0, 6, {"strata": groups}, u)
    n_draws = 4000
    seen = np.zeros((2, 6))
    for seed in range(n_draws):
        picks = in_one(Quotas({1: 1}, 3, seed, of="strata"), whole)
        np.testing.assert_allclose(picks.propensities, [1 / 3, 1.0, 1 / 4])
        seen[0, picks.rows[0]] += 1
        seen[1, picks.rows[2]] += 1
    expected = np.array([[1 / 3] * 3 + [0] * 3, [2 / 3 / 4] * 3 + [1 / 4] * 2 + [0]])
    assert (abs(seen / n_draws - expected) <= hoeffding(n_draws)).all()


def test_keys_are_uniform_and_those_of_two_places_are_strangers() -> None:
    rows = np.arange(200_000)
    keys = row_keys(rows, 3, "ties")
    counts = np.bincount((keys >> np.uint64(56)).astype(np.int64), minlength=256)
    chi2 = ((counts - len(rows) / 256) ** 2 / (len(rows) / 256)).sum()
    assert 150 < chi2 < 380  # 255 degrees of freedom: six standard deviations each way
    assert len(np.unique(keys)) == len(rows)
    for other in (row_keys(rows, 4, "ties"), row_keys(rows, 3, "sample"), row_keys(rows + 1, 3, "ties")):
        assert abs(np.corrcoef(keys.astype(float), other.astype(float))[0, 1]) < 0.02
