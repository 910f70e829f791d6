"""Diverse selections against choices worked out by hand."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.strategies import _clusters, _geometry, k_center, k_means, random

RNG = np.random.default_rng
LINE = np.array([[0.0], [1.0], [2.0], [6.0], [10.0]])
EVERY = np.arange(5)


def test_random_says_with_what_probability_each_was_drawn() -> None:
    picks = random(3, candidates=np.arange(10, 22), chosen=[1], rng=RNG(0))
    assert set(picks.rows) <= set(range(10, 22))
    np.testing.assert_array_equal(picks.propensities, [0.25] * 3)
    assert np.isnan(picks.utilities).all()


def test_random_draws_everyone_equally_often() -> None:
    rng = RNG(1)
    counts = np.bincount(np.concatenate([random(2, candidates=EVERY, chosen=[], rng=rng).rows for _ in range(4000)]))
    # Each count is binomial(4000, 2/5), a standard deviation of 31: five of them stray so far once in 300,000 seeds.
    assert (abs(counts - 1600) < 5 * 31).all()


def test_asking_for_more_than_there_are_gives_all() -> None:
    for picks in (
        random(9, candidates=EVERY, chosen=[], rng=RNG(0)),
        k_center(LINE, 9, candidates=EVERY, chosen=[], rng=RNG(0)),
        k_means(LINE, 9, candidates=EVERY, chosen=[], rng=RNG(0)),
    ):
        assert sorted(picks.rows) == [0, 1, 2, 3, 4]
        np.testing.assert_array_equal(picks.propensities, np.ones(5))


def test_k_center_takes_the_farthest_each_time() -> None:
    # From 0: row 4 is 10 away. Then row 3 is 4 from row 4 and beats row 2, 2 from row 0. Then row 2, then row 1.
    picks = k_center(LINE, 4, candidates=[1, 2, 3, 4], chosen=[0], rng=RNG(0))
    assert picks.rows.tolist() == [4, 3, 2, 1]
    np.testing.assert_allclose(picks.utilities, [10, 4, 2, 1])


def test_k_center_with_nothing_chosen_starts_nearest_the_mean() -> None:
    picks = k_center(LINE, 2, candidates=EVERY, chosen=[], rng=RNG(0))  # the mean is 3.8: row 2 is 1.8 away, row 3 2.2
    assert picks.rows.tolist() == [2, 4]
    assert np.isnan(picks.utilities[0])
    assert picks.utilities[1] == pytest.approx(8)


def test_k_center_breaks_ties_by_the_lowest_row_whatever_order_the_candidates_come_in() -> None:
    square = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0], [0.0, 0.0]])
    assert k_center(square, 1, candidates=[3, 2, 1, 0], chosen=[4], rng=RNG(0)).rows.tolist() == [0]


def test_k_center_ignores_rows_that_are_neither_candidates_nor_chosen() -> None:
    far = np.vstack([LINE, [[1000.0]]])
    assert k_center(far, 1, candidates=[1, 2, 3], chosen=[0], rng=RNG(0)).rows.tolist() == [3]


def test_k_center_takes_copies_last_and_in_order() -> None:
    X = np.array([[3.0, 4.0], [0.3, 0.1], [3.0, 4.0], [0.3, 0.1], [3.0, 4.0]])
    picks = k_center(X, 5, candidates=EVERY, chosen=[], rng=RNG(0))
    assert picks.rows.tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_array_equal(picks.utilities[2:], [0, 0, 0])


def test_k_center_keeps_its_precision_far_from_the_origin() -> None:
    picks = k_center((LINE + 1e4).astype(np.float32), 3, candidates=EVERY[1:], chosen=[0], rng=RNG(0))
    np.testing.assert_allclose(picks.utilities, [10, 4, 2], rtol=1e-4)


@pytest.mark.parametrize("working_set", [2**20, 1])
@pytest.mark.parametrize("clustered", [True, False])
def test_k_center_on_many_rows_is_the_naive_greedy_loop(working_set, clustered, monkeypatch) -> None:
    monkeypatch.setattr("querist.strategies._farthest.WORKING_SET_VALUES", working_set)  # small: many lazy rounds
    rng = RNG(0)
    X = rng.normal(size=(3000, 8))
    if clustered:
        X = 0.2 * X + 3 * rng.normal(size=(30, 8))[rng.integers(30, size=3000)]
    picks = k_center(X, 60, candidates=np.arange(50, 3000), chosen=np.arange(50), rng=RNG(0))
    nearest = np.linalg.norm(X[:, None] - X[None, :50], axis=2).min(axis=1)
    for row, distance in zip(picks.rows, picks.utilities, strict=True):
        assert row == nearest.argmax()
        assert distance == pytest.approx(nearest[row])
        nearest = np.minimum(nearest, np.linalg.norm(X - X[row], axis=1))


@pytest.mark.parametrize("wanted", [0.97, 0.5])  # read through the gaps, and row by row
@pytest.mark.parametrize("shift", [0, 40])  # left where they are, and moved
def test_k_center_over_gaps_and_far_from_the_origin_is_the_naive_greedy_loop(wanted, shift, monkeypatch) -> None:
    rng = RNG(0)
    X = rng.normal(size=(5000, 8)) + shift
    free = np.flatnonzero(rng.random(5000) < wanted)
    chosen = np.setdiff1d(np.arange(5000), free)[:40]
    monkeypatch.setenv("QUERIST_NUM_THREADS", "1")
    alone = k_center(X, 40, candidates=free, chosen=chosen, rng=RNG(0))
    monkeypatch.setenv("QUERIST_NUM_THREADS", "3")
    picks = k_center(X, 40, candidates=free, chosen=chosen, rng=RNG(0))
    np.testing.assert_array_equal(picks.utilities, alone.utilities)
    nearest = np.linalg.norm(X[free, None] - X[None, chosen], axis=2).min(axis=1)
    for row, distance in zip(picks.rows, picks.utilities, strict=True):
        assert row == free[nearest.argmax()]
        assert distance == pytest.approx(nearest.max())
        nearest = np.minimum(nearest, np.linalg.norm(X[free] - X[row], axis=1))


@pytest.mark.parametrize("shift", [0, 40])
def test_k_center_starts_nearest_the_mean_of_the_candidates_wherever_they_lie(shift) -> None:
    X = RNG(0).normal(size=(3000, 8)) + shift
    free = np.flatnonzero(RNG(1).random(3000) < 0.9)
    first = k_center(X, 1, candidates=free, chosen=[], rng=RNG(0)).rows[0]
    assert first == free[np.linalg.norm(X[free] - X[free].mean(axis=0), axis=1).argmin()]


@pytest.mark.parametrize("working_set", [2, 3, 20, 256])
def test_k_center_gives_ties_to_the_lowest_row_also_between_working_sets(working_set, monkeypatch) -> None:
    monkeypatch.setattr("querist.strategies._farthest.WORKING_SET_VALUES", 1)
    monkeypatch.setattr("querist.strategies._farthest.WORKING_SET_AT_LEAST", working_set)
    lattice = np.stack(np.meshgrid(np.arange(-3.0, 4), np.arange(-3.0, 4)), axis=-1).reshape(-1, 2)
    for seed in range(5):
        X = RNG(seed).permutation(np.repeat(lattice, 2, axis=0))  # of mean 0, so that all squared distances are exact
        picks = k_center(X, 60, candidates=np.arange(len(X)), chosen=[], rng=RNG(0))
        nearest = ((X - X[picks.rows[0]]) ** 2).sum(axis=1)
        nearest[picks.rows[0]] = -1
        for row in picks.rows[1:]:
            assert row == nearest.argmax()
            nearest = np.minimum(nearest, ((X - X[row]) ** 2).sum(axis=1))
            nearest[row] = -1


@pytest.mark.parametrize("strategy", [k_center, k_means])
def test_the_embeddings_are_not_copied(strategy) -> None:
    X = RNG(0).normal(size=(40_000, 128)).astype(np.float32)
    tracemalloc.start()
    strategy(X, 20, candidates=np.arange(10, len(X)), chosen=np.arange(10), rng=RNG(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.8 * X.nbytes


def test_k_means_picks_the_middle_of_each_cluster_the_largest_first() -> None:
    middles = np.array([[0.0, 0.0], [50.0, 0.0], [0.0, 50.0]])
    around = np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    X = np.vstack([middles[0] + around, middles[1] + around[:3], middles[2] + around[:1]])
    picks = k_means(X, 3, candidates=np.arange(9), chosen=[], rng=RNG(0))
    assert picks.rows.tolist() == [0, 5, 8]
    np.testing.assert_allclose(picks.utilities, [5 / 9, 3 / 9, 1 / 9])


def test_k_means_never_picks_or_clusters_what_is_chosen() -> None:
    X = np.vstack([np.zeros((50, 2)), np.ones((3, 2)) + np.eye(3, 2)])
    picks = k_means(X, 2, candidates=[50, 51, 52], chosen=np.arange(50), rng=RNG(0))
    assert set(picks.rows) <= {50, 51, 52}
    assert picks.utilities.sum() == pytest.approx(1)


def test_k_means_fills_up_where_too_few_points_are_distinct() -> None:
    X = np.array([[0.0], [0.0], [0.0], [5.0], [5.0]])
    picks = k_means(X, 4, candidates=EVERY, chosen=[], rng=RNG(0))
    assert picks.rows[:2].tolist() == [0, 3]
    np.testing.assert_allclose(picks.utilities, [0.6, 0.4, 0, 0])
    assert len(set(picks.rows)) == 4


def test_a_cluster_left_empty_moves_to_the_point_worst_served() -> None:
    rows, centers = np.array([[0.0], [1.0], [8.0]]), np.array([[0.0], [99.0]])
    moved = _clusters._means(rows, np.ones(3), np.zeros(3, dtype=np.int64), rows[:, 0] ** 2, centers)
    np.testing.assert_allclose(moved, [[3.0], [8.0]])


def test_k_means_on_a_sample_finds_the_clusters_of_the_whole() -> None:
    rng = RNG(0)
    middles = 20 * rng.normal(size=(8, 5))
    which = rng.integers(8, size=30_000)
    X = (middles[which] + rng.normal(size=(30_000, 5))).astype(np.float32)
    picks = k_means(X, 8, candidates=np.arange(30_000), chosen=[], rng=RNG(1), max_iter=50)
    inertia = sum(((X[:, None] - X[None, picks.rows]) ** 2).sum(axis=2).min(axis=1)) / 30_000
    assert inertia < 3 * 5  # 5 within each true cluster, twice that from a random member; a missed cluster adds 100s


@pytest.mark.parametrize("select", [k_center, k_means])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 0}, "k: must be a whole number of at least 1"),
        ({"candidates": [0, 5]}, r"candidates: must lie in 0\.\.4; got 5"),
        ({"candidates": [1, 1]}, "candidates: must be unique; row 1"),
        ({"candidates": [0, 1], "chosen": [1]}, "candidates: must not be chosen already; row 1"),
        ({"rng": 7}, "rng: must be a numpy Generator; got int"),
        ({"embeddings": LINE * np.nan}, "embeddings: must be finite; row 0"),
        ({"embeddings": LINE[:, 0]}, "embeddings: must be 2-D"),
    ],
)
def test_bad_input_is_refused(select, changes, message) -> None:
    given = {"embeddings": LINE, "k": 2, "candidates": EVERY, "chosen": [], "rng": RNG(0)} | changes
    with pytest.raises(InvalidInput, match=message):
        select(given.pop("embeddings"), given.pop("k"), **given)


def test_random_refuses_what_are_no_rows() -> None:
    with pytest.raises(InvalidInput, match="candidates: must be 1-D whole numbers"):
        random(1, candidates=["a"], chosen=[], rng=RNG(0))
    with pytest.raises(InvalidInput, match="unique"):
        random(1, candidates=[3, 3], chosen=[], rng=RNG(0))
    with pytest.raises(InvalidInput, match="must lie in"):
        random(1, candidates=[-1, 3], chosen=[], rng=RNG(0))


def test_equal_rows_have_distance_zero_in_every_dimension_and_float_type() -> None:
    for dtype in (np.float32, np.float64):
        for d in (1, 3, 50, 400):
            points = RNG(d).normal(size=(200, d)).astype(dtype)
            norms = np.einsum("ij,ij->i", points, points)
            which, squared = _geometry.nearest(points, norms, points)
            np.testing.assert_array_equal(squared, 0)
            np.testing.assert_array_equal(which, np.arange(200))
