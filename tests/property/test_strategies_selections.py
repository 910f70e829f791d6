"""What holds of every selection, whatever the items."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from querist.strategies import k_center, k_means, random, weighted_k_means

EXAMPLES = settings(max_examples=60, deadline=None)
RNG = np.random.default_rng


@st.composite
def pools(draw):
    """Embeddings on a coarse grid, so that copies and ties abound, with some rows chosen and some set aside."""
    n = draw(st.integers(1, 25))
    X = draw(arrays(np.float64, (n, draw(st.integers(1, 3))), elements=st.integers(-4, 4).map(float)))
    role = draw(arrays(np.int8, n, elements=st.sampled_from([0, 0, 0, 1, 2])))
    assume((role == 0).any())
    return X, np.flatnonzero(role == 0), np.flatnonzero(role == 1)


@EXAMPLES
@given(pool=pools(), k=st.integers(1, 8), seed=st.integers(0, 99))
def test_picks_are_unique_candidates_and_the_seed_decides(pool, k, seed) -> None:
    X, candidates, chosen = pool
    probs = np.full((len(X), 2), 0.5)
    for run in (
        lambda rng: random(k, candidates=candidates, chosen=chosen, rng=rng),
        lambda rng: k_center(X, k, candidates=candidates, chosen=chosen, rng=rng),
        lambda rng: k_means(X, k, candidates=candidates, chosen=chosen, rng=rng),
        lambda rng: weighted_k_means(probs, X, k, candidates=candidates, chosen=chosen, rng=rng, beta=2),
    ):
        picks = run(RNG(seed))
        assert len(picks) == min(k, len(candidates)) == len(set(picks.rows))
        assert set(picks.rows) <= set(candidates)
        np.testing.assert_array_equal(run(RNG(seed)).rows, picks.rows)


@EXAMPLES
@given(pool=pools(), k=st.integers(1, 8))
def test_k_center_is_the_naive_greedy_loop(pool, k) -> None:
    X, candidates, chosen = pool
    picks = k_center(X, k, candidates=candidates, chosen=chosen, rng=RNG(0))
    before = list(chosen)
    left = set(candidates.tolist())
    for row, utility in zip(picks.rows, picks.utilities, strict=True):
        if before:
            distances = {c: min(np.linalg.norm(X[c] - X[b]) for b in before) for c in left}
        else:
            distances = {c: -np.linalg.norm(X[c] - X[candidates].mean(axis=0)) for c in left}
        assert distances[row] >= max(distances.values()) - 1e-9
        if before:
            assert abs(utility - distances[row]) < 1e-6
        before.append(row)
        left.discard(row)


@EXAMPLES
@given(
    X=arrays(np.float64, st.tuples(st.integers(2, 9), st.just(2)), elements=st.integers(-9, 9).map(float)),
    k=st.integers(1, 3),
)
def test_k_center_covers_within_twice_the_least_radius(X, k) -> None:
    def radius(centers):
        return np.linalg.norm(X[:, None] - X[None, list(centers)], axis=2).min(axis=1).max()

    k = min(k, len(X))
    picks = k_center(X, k, candidates=np.arange(len(X)), chosen=[], rng=RNG(0))
    best = min(radius(centers) for centers in combinations(range(len(X)), k))
    assert radius(picks.rows) <= 2 * best + 1e-9  # Gonzalez (1985)


@EXAMPLES
@given(pool=pools(), k=st.integers(1, 8), seed=st.integers(0, 9))
def test_k_means_shares_add_up_and_fall(pool, k, seed) -> None:
    X, candidates, chosen = pool
    picks = k_means(X, k, candidates=candidates, chosen=chosen, rng=RNG(seed))
    assert abs(picks.utilities.sum() - 1) < 1e-9
    assert (np.diff(picks.utilities) <= 1e-12).all()


@EXAMPLES
@given(pool=pools(), k=st.integers(1, 8), seed=st.integers(0, 9))
def test_k_means_takes_no_copy_while_there_is_something_new(pool, k, seed) -> None:
    X, candidates, chosen = pool
    picks = k_means(X, k, candidates=candidates, chosen=chosen, rng=RNG(seed))
    distinct = len(np.unique(X[candidates], axis=0))
    assert len(np.unique(X[picks.rows], axis=0)) == min(distinct, len(picks))
