"""The lazy greedy cover against the plain loop over a table of all pairs."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from querist.strategies import _coverage
from querist.strategies._coverage import Goal, cover, subsample
from querist.strategies._kernels import Space, ball, cosine, rbf

RNG = np.random.default_rng
NONE = np.empty(0, dtype=np.int64)


def clumps(n, d=12, seed=0):
    """Groups of different sizes, in float32."""
    rng = RNG(seed)
    middles = rng.normal(size=(9, d))
    which = np.minimum(rng.geometric(0.25, size=n) - 1, 8)
    return (middles[which] + 0.5 * rng.normal(size=(n, d))).astype(np.float32)


def unit(X):
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def distances(X):
    return np.linalg.norm(X[:, None] - X[None], axis=2)


def plain(K, k, covered, weights, bonus=0.0):
    """The greedy loop, every gain anew for every pick."""
    taken, gains = [], []
    for _ in range(k):
        gain = np.maximum(K - covered, 0) @ weights + bonus
        gain[taken] = -np.inf
        taken.append(int(gain.argmax()))
        gains.append(gain[taken[-1]])
        covered = np.maximum(covered, K[taken[-1]])
    return np.array(taken), np.array(gains)


KERNELS = {
    "cosine": (cosine(), lambda X: np.maximum(unit(X) @ unit(X).T, 0)),
    "rbf of directions": (rbf(0.8, unit=True), lambda X: np.exp(-(distances(unit(X)) ** 2) / 0.64)),
    "rbf": (rbf(3.0, unit=False), lambda X: np.exp(-(distances(X) ** 2) / 9)),
    "ball": (ball(2.2, unit=False), lambda X: (distances(X) < 2.2).astype(float)),
}


@pytest.mark.parametrize("kept", [2**25, 0])
@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("n_chosen", [0, 12])
@pytest.mark.parametrize("kernel", KERNELS)
def test_the_lazy_loop_takes_what_the_plain_loop_takes(kernel, n_chosen, every, kept, monkeypatch) -> None:
    monkeypatch.setattr(_coverage, "TILE", 64)
    monkeypatch.setattr(_coverage, "FIRST_TIER", 20)
    monkeypatch.setattr(_coverage, "FIRST_LOOK", 4)
    monkeypatch.setattr(_coverage, "KEPT_PAIRS", kept)
    X = clumps(500).astype(np.float64)
    made, table = KERNELS[kernel]
    candidates, chosen = np.arange(n_chosen, 480), np.arange(n_chosen)
    references = candidates if every else candidates[::3]
    weights = RNG(1).random(len(references))
    K = table(X)[:, references]
    expected, gains = plain(K[candidates], 60, K[chosen].max(axis=0, initial=0), weights)
    rows, found = cover(X, 60, candidates, chosen, made, Goal(references, weights))
    np.testing.assert_array_equal(rows, candidates[expected])
    np.testing.assert_allclose(found, gains, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kernel", ["cosine", "rbf of directions", "rbf"])
def test_single_precision_reaches_the_value_of_the_plain_loop(kernel) -> None:
    X = clumps(1500)
    made, table = KERNELS[kernel]
    K = table(X.astype(np.float64))
    rows, found = cover(X, 80, np.arange(1500), NONE, made, Goal(np.arange(1500), np.ones(1500)))
    taken, _ = plain(K, 80, np.zeros(1500), np.ones(1500))
    value, best = K[rows].max(axis=0).sum(), K[taken].max(axis=0).sum()
    assert value >= best * (1 - 1e-6)
    assert abs(found.sum() - value) <= 1e-6 * value


def test_caps_and_a_bonus_are_heeded() -> None:
    X = clumps(200).astype(np.float64)
    rng = RNG(0)
    every, caps, bonus = np.arange(200), rng.random(200), rng.random(200) * 5
    K = np.minimum(np.maximum(unit(X) @ unit(X).T, 0), caps)
    expected, gains = plain(K, 30, np.zeros(200), np.ones(200), bonus)
    rows, found = cover(X, 30, every, NONE, cosine(), Goal(every, np.ones(200), caps, bonus))
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(found, gains, rtol=1e-9)


@pytest.mark.parametrize("n_threads", ["1", "2", "5"])
def test_the_number_of_threads_changes_nothing(n_threads, monkeypatch) -> None:
    monkeypatch.setattr(_coverage, "TILE", 64)
    X = clumps(700)
    monkeypatch.setenv("QUERIST_NUM_THREADS", "3")
    expected = cover(X, 50, np.arange(700), NONE, cosine(), Goal(np.arange(700), np.ones(700)))
    monkeypatch.setenv("QUERIST_NUM_THREADS", n_threads)
    found = cover(X, 50, np.arange(700), NONE, cosine(), Goal(np.arange(700), np.ones(700)))
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_of_copies_the_lowest_row_is_taken_and_the_others_last(dtype) -> None:
    X = np.repeat(clumps(60, seed=3), 5, axis=0).astype(dtype)
    order = RNG(0).permutation(300)
    X = X[order]
    first = {int(np.flatnonzero(order // 5 == group)[0]) for group in range(60)}
    rows, gains = cover(X, 300, np.arange(300), NONE, rbf(0.3, unit=False), Goal(np.arange(300), np.ones(300)))
    assert set(rows[:60].tolist()) == first
    assert (gains[:60] > 4).all()
    assert rows[60:].tolist() == sorted(rows[60:])
    np.testing.assert_allclose(gains[60:], 0, atol=1e-3)


@pytest.mark.parametrize("kernel", [cosine(), rbf(1.0, unit=True), rbf(0.2, unit=True), rbf(5.0, unit=True)])
@pytest.mark.parametrize("alike", [0.0, 3.0, 1e5])
def test_no_gain_exceeds_its_ceiling(kernel, alike) -> None:
    X = clumps(300).astype(np.float64) + alike
    space = Space(X, kernel, np.arange(300))
    points = space.read(np.arange(300))
    weights = RNG(0).random(300)
    cosines = points[0] @ points[0].T
    assert kernel.ceiling is not None
    ceilings = kernel.ceiling(float(weights.sum()), cosines @ weights, cosines**2 @ weights)
    gains = space.between(points, points) @ weights
    assert (ceilings >= gains - 1e-5 * weights.sum()).all()
    if kernel.steep <= 2:  # there it says something
        assert (ceilings <= 1.7 * gains + 1e-5 * weights.sum()).mean() > 0.5


def test_a_kernel_that_rises_past_its_ceiling_would_be_caught() -> None:
    X = clumps(300).astype(np.float64)
    low = rbf(0.5, unit=True)
    space = Space(X, rbf(1.0, unit=True), np.arange(300))
    points = space.read(np.arange(300))
    cosines = points[0] @ points[0].T
    assert low.ceiling is not None
    assert (
        low.ceiling(300.0, cosines.sum(axis=1), (cosines**2).sum(axis=1)) < space.between(points, points).sum(1)
    ).any()


def test_there_is_no_table_of_all_pairs() -> None:
    X = clumps(6000, d=16)
    tracemalloc.start()
    cover(X, 5, np.arange(6000), NONE, cosine(), Goal(np.arange(6000), np.ones(6000)))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6000 * 6000 * 4 / 5


def test_a_subsample_is_drawn_once_without_repeats_and_only_where_needed() -> None:
    rows = np.arange(10, 60)
    drawn = subsample(rows, 20, RNG(0))
    assert len(set(drawn.tolist())) == 20
    assert (np.diff(drawn) > 0).all()
    assert np.isin(drawn, rows).all()
    rng = RNG(0)
    assert subsample(rows, 50, rng) is rows
    assert subsample(rows, None, rng) is rows
    assert rng.random() == RNG(0).random()


@pytest.mark.parametrize("capped", [True, False])
@pytest.mark.parametrize("kernel", ["cosine", "rbf of directions", "rbf"])
def test_lowered_gains_of_all_are_bounds_that_lead_to_the_picks_of_the_plain_loop(kernel, capped, monkeypatch) -> None:
    monkeypatch.setattr(_coverage, "TILE", 64)
    monkeypatch.setattr(_coverage, "FIRST_LOOK", 4)
    monkeypatch.setattr(_coverage, "KEPT_PAIRS", 0)
    search, lower = _coverage._Search, _coverage._Search._lower_all
    spare = []

    def watched(self) -> None:
        lower(self)
        free = self.bounds > -np.inf
        gains = np.maximum(K - self.covered, 0) @ self.weights + (0 if bonus is None else bonus)
        spare.append((self.bounds - gains)[free].min())

    monkeypatch.setattr(search, "_lower_all", watched)
    X, rng = clumps(900).astype(np.float64), RNG(1)
    candidates, references = np.arange(900), np.arange(0, 900, 3)
    caps, bonus = (rng.random(300), rng.random(900) * 0.01) if capped else (None, None)
    made, table = KERNELS[kernel]
    K = table(X)[:, references]
    K = K if caps is None else np.minimum(K, caps)
    weights = rng.random(300)
    expected, gains = plain(K, 60, np.zeros(300), weights, 0.0 if bonus is None else bonus)
    rows, found = cover(X, 60, candidates, NONE, made, Goal(references, weights, caps, bonus))
    assert spare  # old gains were lowered at least once
    assert min(spare) > -1e-9
    np.testing.assert_array_equal(rows, expected)
    np.testing.assert_allclose(found, gains, rtol=1e-9, atol=1e-9)
