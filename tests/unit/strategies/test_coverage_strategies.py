"""Strategies of coverage and density against numbers worked out by hand, and against their formulas."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from querist.core.errors import InvalidInput
from querist.strategies import (
    facility_location,
    information_density,
    max_herding,
    probcover,
    similar,
    typiclust,
    uncertainty_herding,
)
from querist.strategies._balls import pure_radius
from querist.strategies._near import least_distance, nearest_distances, nearest_of_another
from querist.strategies.typical import EPSILON, SMALL

RNG = np.random.default_rng
TURN = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [-1.0, 0.0]])  # cosines 1, .8, .6, -1 with the first
EVERY = np.arange(4)


def test_facility_location_counts_what_is_chosen() -> None:
    # Row 1 chosen covers 0.8, 0.96 of rows 0, 2 and nothing of row 3, which alone adds 1; then row 0 adds 0.2.
    picks = facility_location(TURN, 3, candidates=[0, 2, 3], chosen=[1], rng=RNG(0))
    assert picks.rows.tolist() == [3, 0, 2]
    np.testing.assert_allclose(picks.utilities, np.array([1, 0.2, 0.04]) / 3, atol=1e-12)


def test_facility_location_heeds_directions_only_and_takes_zeros_last() -> None:
    stretched = np.vstack([TURN * np.array([[5.0], [0.1], [3.0], [1e-200]]), [[0.0, 0.0]]])
    picks = facility_location(stretched, 5, candidates=np.arange(5), chosen=[], rng=RNG(0))
    assert picks.rows.tolist() == [1, 3, 0, 2, 4]
    assert picks.utilities[4] == 0


def test_rows_set_aside_play_no_part() -> None:
    X = np.vstack([TURN, np.tile([[0.0, -1.0]], (50, 1))])
    for strategy in (facility_location, max_herding):
        assert strategy(X, 1, candidates=EVERY, chosen=[], rng=RNG(0)).rows.tolist() == [1]


@settings(max_examples=40, deadline=None)
@given(
    X=arrays(np.float64, st.tuples(st.integers(3, 9), st.just(3)), elements=st.integers(-3, 3).map(float)),
    k=st.integers(1, 3),
)
def test_facility_location_is_within_its_share_of_the_best(X, k) -> None:
    lengths = np.linalg.norm(X, axis=1)
    u = X / np.where(lengths > 0, lengths, 1)[:, None]
    K = np.maximum(u @ u.T, 0)
    picks = facility_location(X, k, candidates=np.arange(len(X)), chosen=[], rng=RNG(0))
    value = K[picks.rows].max(axis=0).mean()
    best = max(K[list(rows)].max(axis=0).mean() for rows in combinations(range(len(X)), k))
    assert abs(value - picks.utilities.sum()) < 1e-9
    assert value >= (1 - 1 / math.e) * best - 1e-9


def test_max_herding_without_unit_length_goes_by_distances() -> None:
    line = np.array([[0.0], [1.0], [2.0], [9.0]])
    picks = max_herding(line, 2, candidates=EVERY, chosen=[], rng=RNG(0), sigma=2.0, normalize=False)
    assert picks.rows.tolist() == [1, 3]
    first = 1 + 2 * math.exp(-1 / 4) + math.exp(-64 / 4)
    np.testing.assert_allclose(picks.utilities, np.array([first, 1 - math.exp(-16)]) / 4, rtol=1e-9)


def test_uncertainty_herding_weighs_what_it_covers() -> None:
    X = np.array([[0.0], [0.1], [0.2], [50.0]])
    probs = np.array([[0.99, 0.01], [0.98, 0.02], [0.99, 0.01], [0.6, 0.4]])
    rows = {"chosen": [], "rng": RNG(0), "normalize": False}
    assert max_herding(X, 1, candidates=EVERY, **rows).rows.tolist() == [1]
    picks = uncertainty_herding(probs, X, 1, candidates=EVERY, **rows)
    assert picks.rows.tolist() == [3]
    np.testing.assert_allclose(picks.utilities, 0.8 / 4)


def test_uncertainty_herding_at_a_temperature() -> None:
    X = np.eye(2)
    picks = uncertainty_herding(
        np.array([[0.8, 0.2], [1.0, 0.0]]), X, 1, candidates=[0, 1], chosen=[], rng=RNG(0), temperature=2.0
    )
    # Square roots of 0.8 and 0.2 are 2 to 1, so the margin is 1/3 and the weight 2/3.
    np.testing.assert_allclose(picks.utilities, (2 / 3) / 2)


def test_uncertainty_herding_of_a_sure_model_is_max_herding() -> None:
    X = RNG(0).normal(size=(60, 3))
    sure = np.tile([[1.0, 0.0]], (60, 1))
    rows = {"candidates": np.arange(5, 60), "chosen": np.arange(5)}
    found = uncertainty_herding(sure, X, 9, rng=RNG(0), **rows)
    np.testing.assert_array_equal(found.rows, max_herding(X, 9, rng=RNG(0), **rows).rows)


def test_the_adaptive_width_is_the_least_distance_chosen_unless_that_is_a_copy() -> None:
    line = np.array([[0.0], [3.0], [20.0], [21.0], [24.0]])
    probs = np.full((5, 2), 0.5)
    wide = {"candidates": [2, 3, 4], "rng": RNG(0), "normalize": False}
    found = uncertainty_herding(probs, line, 1, chosen=[0, 1], sigma="adaptive", **wide)
    fixed = uncertainty_herding(probs, line, 1, chosen=[0, 1], sigma=3.0, **wide)
    np.testing.assert_allclose(found.utilities, fixed.utilities, rtol=1e-9)
    line[1] = 0  # now the two chosen rows are copies, and the candidates' distances 1, 1 and 3 clamp the width
    found = uncertainty_herding(probs, line, 1, chosen=[0, 1], sigma="adaptive", **wide)
    fixed = uncertainty_herding(probs, line, 1, chosen=[0, 1], sigma=1.0, **wide)
    np.testing.assert_allclose(found.utilities, fixed.utilities, rtol=1e-9)


def test_probcover_balls_are_open_and_the_covered_no_longer_count() -> None:
    line = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [20.0]])
    rows = {"candidates": np.arange(6), "chosen": [], "rng": RNG(0), "normalize": False}
    picks = probcover(line, 3, delta=1.0, **rows)
    assert picks.rows.tolist() == [0, 1, 2]  # at a distance of 1 nothing is within
    picks = probcover(line, 3, delta=1.01, **rows)
    assert picks.rows.tolist() == [1, 3, 5]  # 0 1 2, then 3 4 for row 3 before row 4, then itself
    np.testing.assert_allclose(picks.utilities, np.array([3, 2, 1]) / 6)


def test_probcover_finds_the_radius_that_keeps_balls_pure() -> None:
    X = np.concatenate([np.arange(10.0), 100 + np.arange(10.0)])[:, None]
    # Two clusters; the nearest of the other is 91..100 away, twice each. All balls are pure up to 91.
    assert pure_radius(X, np.arange(20), 2, 1.0, False, RNG(0)) == pytest.approx(91)
    assert pure_radius(X, np.arange(20), 2, 0.8, False, RNG(0)) == pytest.approx(92)
    assert pure_radius(np.ones((4, 2)), np.arange(4), 2, 0.95, True, RNG(0)) > 0


def test_typiclust_serves_unlabeled_clusters_first_then_large_ones_and_small_ones_last() -> None:
    rng = RNG(0)
    sizes = (30, 20, 10, SMALL)
    middles = np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 100.0], [100.0, 100.0]])
    X = np.concatenate([m + 0.1 * rng.normal(size=(n, 2)) for m, n in zip(middles, sizes, strict=True)])
    group = np.repeat(np.arange(4), sizes)
    rows = {"rng": RNG(1), "max_clusters": 4, "normalize": False}
    picks = typiclust(X, 6, candidates=np.arange(65), chosen=[], **rows)
    assert group[picks.rows].tolist() == [0, 1, 2, 0, 1, 2]
    picks = typiclust(X, 4, candidates=np.arange(1, 65), chosen=[0], **rows)
    assert group[picks.rows].tolist() == [1, 2, 0, 1]
    everything = typiclust(X, 65, candidates=np.arange(65), chosen=[], **rows)
    assert (group[everything.rows[-SMALL:]] == 3).all()


def test_typiclust_goes_by_the_mean_distance_to_the_nearest() -> None:
    X = RNG(0).normal(size=(80, 3))
    picks = typiclust(X, 3, candidates=np.arange(80), chosen=[], rng=RNG(0), max_clusters=1, normalize=False)
    between = np.sort(np.linalg.norm(X[:, None] - X[None], axis=2), axis=1)[:, 1:21]
    expected = 1 / (between.mean(axis=1) + EPSILON)
    np.testing.assert_array_equal(picks.rows, np.argsort(-expected)[:3])
    np.testing.assert_allclose(picks.utilities, np.sort(expected)[::-1][:3], rtol=1e-9)


def test_information_density_is_the_mean_similarity() -> None:
    X = RNG(0).normal(size=(70, 4))
    u = X / np.linalg.norm(X, axis=1, keepdims=True)
    np.testing.assert_allclose(information_density(X), (u @ u.T).mean(axis=1), rtol=1e-9, atol=1e-12)
    K = np.exp(-(np.linalg.norm(X[:, None] - X[None], axis=2) ** 2) / 4)
    np.testing.assert_allclose(information_density(X, kernel="rbf", sigma=2.0), K.mean(axis=1), rtol=1e-9)
    np.testing.assert_allclose(
        information_density(X, kernel="rbf", sigma=2.0, n_reference=2), K[:, [0, 69]].mean(axis=1), rtol=1e-9
    )


def test_similar_by_either_objective_is_its_formula() -> None:
    rng = RNG(0)
    X = rng.normal(size=(60, 3))
    labels, labeled = rng.integers(3, size=60), np.arange(60) < 15
    candidates, query = np.arange(15, 60), np.flatnonzero(labeled & (labels == 2))
    u = X / np.linalg.norm(X, axis=1, keepdims=True)
    S = np.maximum(u @ u.T, 0)

    def flqmi(rows):
        return S[np.ix_(rows, query)].max(axis=0).sum() + 0.7 * S[np.ix_(rows, query)].max(axis=1).sum()

    def flvmi(rows):
        cover, reach = S[np.ix_(rows, candidates)].max(axis=0), S[np.ix_(query, candidates)].max(axis=0)
        return np.minimum(cover, 0.7 * reach).sum()

    rows = {"target": 2, "eta": 0.7, "candidates": candidates, "chosen": np.arange(15), "rng": RNG(0)}
    for objective, value, n in (("flqmi", flqmi, len(query)), ("flvmi", flvmi, len(candidates))):
        picks = similar(X, labels, labeled, 4, objective=objective, **rows)
        taken, before = [], 0.0
        for row, utility in zip(picks.rows, picks.utilities, strict=True):
            best = max(value([*taken, c]) for c in candidates if c not in taken)
            taken.append(int(row))
            assert value(taken) == pytest.approx(best)
            assert utility * n == pytest.approx(best - before)
            before = best


def test_similar_looks_for_the_rarest_class_unless_told() -> None:
    X = np.array([[1.0, 0.0], [1.0, 0.1], [0.0, 1.0], [1.0, 0.05], [0.05, 1.0]])
    labels, labeled = np.array([0, 0, 1, 9, 9]), np.array([True, True, True, False, False])
    rows = {"candidates": [3, 4], "chosen": [0, 1, 2], "rng": RNG(0)}
    assert similar(X, labels, labeled, 1, **rows).rows.tolist() == [4]
    assert similar(X, labels, labeled, 1, target=0, **rows).rows.tolist() == [3]


def test_similar_without_an_example_is_facility_location() -> None:
    X = RNG(0).normal(size=(40, 3))
    rows = {"candidates": np.arange(5, 40), "chosen": np.arange(5)}
    found = similar(X, np.zeros(40, int), np.arange(40) < 5, 6, target=3, rng=RNG(0), **rows)
    np.testing.assert_array_equal(found.rows, facility_location(X, 6, rng=RNG(0), **rows).rows)


def test_similar_counts_pending_rows_as_there() -> None:
    X = np.array([[1.0, 0.0], [0.9, 0.1], [0.9, 0.1], [0.2, 1.0]])
    labels, labeled = np.zeros(4, int), np.array([True, False, False, False])
    rows = {"candidates": [2, 3], "rng": RNG(0), "eta": 0.0}
    gain = similar(X, labels, labeled, 1, chosen=[0], **rows).utilities
    again = similar(X, labels, labeled, 1, chosen=[0, 1], **rows).utilities
    assert gain[0] == pytest.approx(0.9 / math.hypot(0.9, 0.1))
    assert again[0] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("as_unit", [True, False])
def test_nearest_distances_are_those_of_the_whole_table(as_unit) -> None:
    X = RNG(0).normal(size=(90, 4)) + 3
    u = X / np.linalg.norm(X, axis=1, keepdims=True) if as_unit else X
    others = np.arange(0, 90, 2)
    table = np.linalg.norm(u[:, None] - u[None], axis=2)
    np.fill_diagonal(table, np.inf)
    found = nearest_distances(X, np.arange(90), others, 3, unit=as_unit)
    np.testing.assert_allclose(found, np.sort(table[:, others], axis=1)[:, :3], rtol=1e-6)
    assert least_distance(X, others, unit=as_unit) == pytest.approx(table[np.ix_(others, others)].min())
    if not as_unit:
        group = RNG(1).integers(3, size=90)
        apart = np.where(group[:, None] == group[others], np.inf, table[:, others]).min(axis=1)
        found = nearest_of_another(X, np.arange(90), others, group, group[others])
        np.testing.assert_allclose(found, apart, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda r: max_herding(TURN, 1, sigma=0, **r), "sigma: must be a number above 0"),
        (lambda r: max_herding(TURN, 1, n_reference=0, **r), "n_reference: must be a whole number"),
        (lambda r: uncertainty_herding(np.ones((4, 1)), TURN, 1, sigma="adapted", **r), "Did you mean 'adaptive'"),
        (lambda r: uncertainty_herding(np.ones((4, 1)), TURN, 1, temperature=-1, **r), "temperature: must be"),
        (lambda r: uncertainty_herding(np.ones((3, 1)), TURN, 1, **r), "one row per row of probs, 3; got 4"),
        (lambda r: probcover(TURN, 1, delta=-1, **r), "delta: must be a number above 0"),
        (lambda r: probcover(TURN, 1, purity=2, **r), "purity: must be a share"),
        (lambda r: typiclust(TURN, 1, n_neighbors=0, **r), "n_neighbors: must be a whole number"),
        (lambda r: similar(TURN, [0, 0, 0], np.ones(4, bool), 1, **r), "labels: must have one value per item, 4"),
        (lambda r: similar(TURN, [0.5] * 4, np.ones(4, bool), 1, **r), "labels: must be class numbers"),
        (lambda r: similar(TURN, [0] * 4, np.ones(4, bool), 1, target=-1, **r), "target: must be a class number"),
        (lambda r: similar(TURN, [0] * 4, np.ones(4, bool), 1, eta=-1, **r), "eta: must be a number of at least 0"),
        (lambda r: facility_location(TURN * np.nan, 1, **r), "embeddings: must be finite"),
        (lambda r: information_density(TURN, kernel="cosin"), "Did you mean 'cosine'"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_hint(call, says) -> None:
    with pytest.raises(InvalidInput, match=says.replace("(", r"\(")):
        call({"candidates": EVERY, "chosen": [], "rng": RNG(0)})
