"""Strategies on gradients, against gradients written out in full."""

from __future__ import annotations

import tracemalloc
from itertools import permutations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.strategies import _dsquared, _largest, badge, lcmd
from querist.strategies._dsquared import Gradients, chances, d_squared

RNG = np.random.default_rng


def full_gradients(probs, X):
    """The n_classes · n_dims numbers of each gradient."""
    a = probs.copy()
    a[np.arange(len(a)), probs.argmax(axis=1)] -= 1
    return (a[:, :, None] * X[:, None, :]).reshape(len(X), -1)


def naive_law(G, k):
    """The chance of every sequence of `k` picks after the first by D² sampling."""
    law: dict[tuple[int, ...], float] = {(int((G**2).sum(axis=1).argmax()),): 1.0}
    for _ in range(k - 1):
        longer = {}
        for sequence, chance in law.items():
            squared = ((G[:, None] - G[None, list(sequence)]) ** 2).sum(axis=2).min(axis=1)
            for i, weight in enumerate(squared / squared.sum()):
                if weight > 0:
                    longer[(*sequence, i)] = chance * weight
        law = longer
    return law


def a_pool(n, n_classes=3, d=4, seed=0):
    rng = RNG(seed)
    return rng.dirichlet(np.ones(n_classes), size=n), rng.normal(size=(n, d))


@pytest.mark.parametrize("patience", [2**17, 1e9], ids=["lazy", "always refreshed"])
def test_the_draws_follow_the_law_of_d_squared_sampling(patience, monkeypatch) -> None:
    monkeypatch.setattr(_dsquared, "VALUES_PER_DRAW", patience if patience > 2**17 else 1)
    probs, X = a_pool(7)
    law = naive_law(full_gradients(probs, X), 3)
    n = 6000
    gradients, rng = Gradients(probs, X, np.arange(7)), RNG(0)
    drawn: dict[tuple[int, ...], int] = {}
    for _ in range(n):
        sequence = tuple(d_squared(gradients, 3, rng=rng)[0].tolist())
        drawn[sequence] = drawn.get(sequence, 0) + 1
    assert set(drawn) <= set(law)
    # Over the m cells that expect five or more, Pearson's statistic has a mean below m and a variance of at most
    # 2 m + Σ 1/(n p) <= 2.2 m: the bound is six standard deviations away.
    cells = [s for s, p in law.items() if n * p >= 5]
    bound = len(cells) + 6 * (2.2 * len(cells)) ** 0.5
    assert sum((drawn.get(s, 0) - n * law[s]) ** 2 / (n * law[s]) for s in cells) < bound
    swapped = [(n * law[s], n * law.get((s[0], s[2], s[1]), 0)) for s in cells]  # the later two the other way round
    assert sum((drawn - wrong) ** 2 / wrong for drawn, wrong in swapped if wrong) > bound


def test_chances_are_those_of_the_law() -> None:
    probs, X = a_pool(8)
    law = naive_law(full_gradients(probs, X), 3)
    gradients = Gradients(probs, X, np.arange(8))
    for seed in range(10):
        picked, _ = d_squared(gradients, 3, rng=RNG(seed))
        assert chances(gradients, picked).prod() == pytest.approx(law[tuple(picked.tolist())], rel=1e-9)


def test_distances_and_chances_are_those_of_full_gradients_over_many_blocks() -> None:
    probs, X = a_pool(5000, n_classes=6, d=9)
    free = np.flatnonzero(RNG(1).random(5000) < 0.6)
    picks = badge(probs, X, 40, candidates=free, chosen=[], rng=RNG(2), exact_propensities=True)
    G = full_gradients(probs, X)[free]
    squared = (G**2).sum(axis=1)
    assert picks.rows[0] == free[squared.argmax()]
    for j, row in enumerate(picks.rows):
        place = int(np.flatnonzero(free == row)[0])
        assert picks.utilities[j] ** 2 == pytest.approx(squared[place], rel=1e-9)
        if j:
            assert picks.propensities[j] == pytest.approx(squared[place] / squared.sum(), rel=1e-9)
        new = ((G - G[place]) ** 2).sum(axis=1)
        squared = np.minimum(squared, new) if j else new


def test_the_picks_are_the_same_on_any_number_of_cores(monkeypatch) -> None:
    probs, X = a_pool(6000)
    found = []
    for threads in ("1", "4"):
        monkeypatch.setenv("QUERIST_NUM_THREADS", threads)
        found.append(badge(probs, X, 50, candidates=np.arange(6000), chosen=[], rng=RNG(0)).rows)
    np.testing.assert_array_equal(*found)


def test_copies_are_drawn_only_when_nothing_else_is_left_and_then_evenly() -> None:
    probs = np.tile([0.5, 0.5], (6, 1))
    X = np.array([[1.0, 0.0]] * 5 + [[0.0, 1.0]])
    seen = np.zeros(6)
    for seed in range(300):
        picks = badge(probs, X, 3, candidates=range(6), chosen=[], rng=RNG(seed), exact_propensities=True)
        assert picks.rows[:2].tolist() == [0, 5]
        np.testing.assert_allclose(picks.propensities, [1, 1, 1 / 4])
        assert picks.utilities[2] == 0
        seen[picks.rows[2]] += 1
    assert (seen[1:5] > 75 - 5 * 7.5).all()  # binomial(300, 1/4): a standard deviation of 7.5


def test_a_sure_model_and_a_single_class_leave_it_to_chance() -> None:
    X = RNG(0).normal(size=(30, 3))
    for probs in (np.ones((30, 1)), np.tile([1.0, 0.0], (30, 1))):
        picks = badge(probs, X, 4, candidates=range(30), chosen=[], rng=RNG(0), exact_propensities=True)
        np.testing.assert_array_equal(picks.utilities, np.zeros(4))
        np.testing.assert_allclose(picks.propensities, [1, 1 / 29, 1 / 28, 1 / 27])


def test_the_gradients_are_never_formed() -> None:
    probs, X = RNG(0).dirichlet(np.ones(50), size=20_000), RNG(0).normal(size=(20_000, 64)).astype(np.float32)
    probs = probs.astype(np.float32)
    tracemalloc.start()
    badge(probs, X, 30, candidates=np.arange(20_000), chosen=[], rng=RNG(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6  # in full they would be 256 MB


def test_float32_tells_copies_from_neighbors() -> None:
    rng = RNG(0)
    probs, X = rng.dirichlet(np.ones(20), size=300).astype(np.float32), rng.normal(size=(300, 400)).astype(np.float32)
    gradients = Gradients(probs, X, np.arange(300))
    a, x = gradients.factors(slice(None))
    distances = gradients.to_each(slice(0, 300), a, x, gradients.squares)
    np.testing.assert_array_equal(np.diag(distances), 0)
    assert (distances[~np.eye(300, dtype=bool)] > 0).all()


def test_badge_refuses_what_it_cannot_use() -> None:
    probs, X = a_pool(4)
    with pytest.raises(InvalidInput, match="embeddings: must have one row per row of probs, 4; got 3"):
        badge(probs, X[:3], 1, candidates=[0], chosen=[], rng=RNG(0))
    with pytest.raises(InvalidInput, match="rng: must be a numpy Generator; got int"):
        badge(probs, X, 1, candidates=[0], chosen=[], rng=7)


def test_the_naive_law_adds_up() -> None:
    law = naive_law(full_gradients(*a_pool(5)), 5)
    assert sum(law.values()) == pytest.approx(1)
    assert len(law) == len(list(permutations(range(4))))


def naive_lcmd(X, k, free, chosen):
    centers, picked = list(chosen), []
    left = list(free)
    if not centers:
        picked.append(max(left, key=lambda i: (X[i] ** 2).sum()))
        left.remove(picked[0])
    while len(picked) < k:
        all_centers = centers + picked
        squared = ((X[left][:, None] - X[all_centers][None]) ** 2).sum(axis=2)
        owner, nearest = squared.argmin(axis=1), squared.min(axis=1)
        weights = np.bincount(owner, weights=nearest, minlength=len(all_centers))
        inside = np.flatnonzero(owner == weights.argmax())
        picked.append(left.pop(inside[nearest[inside].argmax()]))
    return picked


@pytest.mark.parametrize("room", [0, 500, 2**21])
@pytest.mark.parametrize("n_chosen", [0, 1, 30])
def test_lcmd_is_the_naive_greedy_loop(room, n_chosen, monkeypatch) -> None:
    monkeypatch.setattr(_largest, "AHEAD_VALUES", room)
    rng = RNG(0)
    X = np.vstack([rng.normal(size=(150, 5)), 0.3 * rng.normal(size=(150, 5)) + 4]) + 1
    free = np.setdiff1d(np.arange(300), np.arange(0, 300, 7))
    chosen = np.arange(0, 300, 7)[:n_chosen]
    picks = lcmd(X, 40, candidates=free, chosen=chosen, rng=RNG(0))
    assert picks.rows.tolist() == naive_lcmd(X, 40, free, chosen)
    assert np.isnan(picks.utilities[0]) == (n_chosen == 0)


def test_lcmd_starts_with_the_longest_vector_also_where_the_rows_are_moved() -> None:
    X = RNG(0).normal(size=(500, 3)) + 30
    assert lcmd(X, 1, candidates=range(500), chosen=[], rng=RNG(0)).rows[0] == (X**2).sum(axis=1).argmax()


def test_lcmd_goes_to_the_crowd_and_not_to_the_lone_outlier() -> None:
    # Around row 0 five items at 3 weigh 45; beside row 1 a lone one at 6 weighs 36, and k_center would take it.
    X = np.array([[0.0, 0], [100, 0], [3, 0], [0, 3], [-3, 0], [0, -3], [0, -3], [106, 0]])
    picks = lcmd(X, 1, candidates=range(2, 8), chosen=[0, 1], rng=RNG(0))
    assert picks.rows.tolist() == [2]
    assert picks.utilities.tolist() == [3]
