"""`dcom` and its balls against loops that follow the formulas, and against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from querist.core.errors import InvalidInput
from querist.strategies import dcom
from querist.strategies._balls import Balls

RNG = np.random.default_rng


def naive_radius(distances: np.ndarray, alike: np.ndarray, most: float, purity: float) -> float:
    """The largest radius of those at which a ball can change, by trying each of them."""
    fits = [0.0]
    for radius in [most, *distances[(distances > 0) & (distances < most)]]:
        inside = distances < radius
        if (1 + alike[inside].sum()) / (1 + inside.sum()) >= purity:
            fits.append(radius)
    return max(fits)


def naive_dcom(probs, X, labels, labeled, k, candidates, chosen, delta, steepness, center):
    """The whole strategy, item by item. Returns the picks and their scores."""
    predicted = probs.argmax(axis=1)
    known = [row for row in np.flatnonzero(labeled) if row not in set(candidates)]
    apart = np.sqrt(((X[:, None] - X[None]) ** 2).sum(axis=2))
    at_most = {i for i in candidates if any(apart[row, i] < delta for row in known)}
    purity = 0.4 + 0.2 * len(at_most) / len(candidates)
    radii = [naive_radius(apart[row, candidates], predicted[candidates] == labels[row], delta, purity) for row in known]
    covered = {i for i in candidates if any(apart[row, i] < r for row, r in zip(known, radii, strict=True))}
    share = len(covered) / len(candidates)
    weight = (1 + math.exp(-steepness * (1 - center))) / (1 + math.exp(-steepness * (share - center)))
    mean = float(np.mean(radii)) if known else delta
    for row in set(chosen) - set(known):
        covered |= {i for i in candidates if apart[row, i] < mean}
    two = np.sort(probs, axis=1)[:, -2:]
    doubt = {i: 1 - (two[i, 1] - two[i, 0]) for i in candidates}
    least = min(doubt.values())
    left, picks, scores = list(candidates), [], []
    for _ in range(k):
        density = {i: sum(apart[i, j] < mean for j in candidates if j not in covered) for i in left}
        most_dense, most_unsure = max(density.values()), max(doubt[i] - least for i in left)
        score = {
            i: (1 - weight) * (density[i] / most_dense if most_dense else 0)
            + weight * ((doubt[i] - least) / most_unsure if most_unsure else 0)
            for i in left
        }
        best = max(score.values())
        pick = next(i for i in left if score[i] == best)
        picks.append(pick)
        scores.append(best)
        covered |= {j for j in candidates if apart[pick, j] < mean}
        left.remove(pick)
    return picks, scores


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("center", [0.05, 0.3, 0.8])
def test_it_is_the_loop_of_its_formula(seed: int, center: float) -> None:
    rng = RNG(seed)
    n, c = 80, 3
    X = rng.normal(size=(n, 2)) + 3 * rng.integers(3, size=(n, 1))
    probs = rng.dirichlet(np.ones(c), size=n)
    labels, order = rng.integers(c, size=n), rng.permutation(n)
    n_labeled, n_pending = int(rng.integers(0, 12)), int(rng.integers(0, 4))
    labeled = np.isin(np.arange(n), order[:n_labeled])
    chosen, candidates = np.sort(order[: n_labeled + n_pending]), np.sort(order[n_labeled + n_pending :])
    said = {"delta": 1.3, "steepness": 6.0, "center": center}
    picks = dcom(probs, X, labels, labeled, 15, candidates=candidates, chosen=chosen, rng=rng, normalize=False, **said)
    rows, scores = naive_dcom(probs, X, labels, labeled, 15, candidates.tolist(), chosen.tolist(), **said)
    np.testing.assert_array_equal(picks.rows, rows)
    np.testing.assert_allclose(picks.utilities, scores, rtol=1e-9, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    points=arrays(np.float64, st.integers(1, 12), elements=st.integers(-4, 4).map(float)),
    classes=st.integers(0, 2**12 - 1),
    most=st.sampled_from([0.5, 1.5, 3.0, 9.0]),
    purity=st.sampled_from([0.4, 0.5, 0.6, 1.0]),
)
def test_a_radius_is_the_largest_that_keeps_the_ball_pure_enough(points, classes, most, purity) -> None:
    X = np.append(points, 0.0)[:, None]  # the last is the labeled one; ties and copies abound
    references = np.arange(len(points))
    predicted = np.array([(classes >> i) & 1 for i in references])
    found = Balls(X, references, unit=False).own_radii(
        np.array([len(points)]), np.array([1]), predicted, most**2, purity
    )
    expected = naive_radius(np.abs(points), predicted == 1, most, purity)
    np.testing.assert_allclose(np.sqrt(found), [expected], rtol=1e-12)


def test_a_radius_by_hand() -> None:
    X = np.array([[0.0], [1.0], [2.0], [3.0], [4.0]])
    balls = Balls(X, np.arange(1, 5), unit=False)
    row, own = np.array([0]), np.array([0])
    alike_then_not = np.array([0, 1, 1, 1])
    # With rows 1 and 2 inside 2 of 3 are of the class, with row 3 too 2 of 4, with all 2 of 5.
    for purity, radius in [(0.6, 3.0), (0.5, 4.0), (0.4, 10.0), (0.7, 2.0)]:
        np.testing.assert_allclose(balls.own_radii(row, own, alike_then_not, 100.0, purity), radius**2)


def test_a_radius_takes_all_that_are_equally_far_or_none() -> None:
    X = np.array([[0.0], [1.0], [2.0], [-2.0]])
    balls = Balls(X, np.arange(1, 4), unit=False)
    # One of the two at 2 would make the ball 2 of 3 its class, both make it 2 of 4, and row 1 alone 1 of 2.
    found = balls.own_radii(np.array([0]), np.array([0]), np.array([1, 0, 1]), 100.0, 0.6)
    np.testing.assert_allclose(found, 1.0)


def test_nothing_labeled_is_density_alone() -> None:
    X = np.concatenate([np.linspace(0, 1, 9), [50.0]])[:, None]
    probs = np.full((10, 2), 0.5)
    probs[9] = [0.51, 0.49]
    nobody = np.zeros(10, dtype=bool)
    rows = {"candidates": np.arange(10), "chosen": [], "rng": RNG(0), "delta": 0.6, "normalize": False}
    picks = dcom(probs, X, np.zeros(10), nobody, 2, **rows)
    assert picks.rows.tolist() == [4, 9]  # the middle covers all nine, and the far one is what is left


def test_a_steepness_that_overflows_is_a_step() -> None:
    X = np.array([[0.0], [0.1], [0.2], [9.0]])
    probs = np.array([[0.9, 0.1], [0.9, 0.1], [0.8, 0.2], [0.6, 0.4]])
    labeled = np.array([True, False, False, False])
    rows = {"candidates": [1, 2, 3], "chosen": [0], "rng": RNG(0), "delta": 1.0, "normalize": False}
    for center, expected in [(0.5, [3, 2, 1]), (0.9, [3, 1, 2])]:  # two of three are covered: by doubt, by density
        picks = dcom(probs, X, np.zeros(4, dtype=int), labeled, 3, steepness=1e6, center=center, **rows)
        assert picks.rows.tolist() == expected


def test_what_makes_no_sense_is_refused() -> None:
    probs, X = np.full((4, 2), 0.5), np.zeros((4, 1))
    rows = {"candidates": [1, 2, 3], "chosen": [0], "rng": RNG(0)}
    nobody = np.zeros(4, dtype=bool)
    with pytest.raises(InvalidInput, match="delta: must be a number above 0"):
        dcom(probs, X, np.zeros(4), nobody, 1, delta=0, **rows)
    with pytest.raises(InvalidInput, match="embeddings: must have one row per row of probs, 4; got 3"):
        dcom(probs, X[:3], np.zeros(4), nobody, 1, **rows)
    with pytest.raises(InvalidInput, match="labels: must be one per item"):
        dcom(probs, X, np.zeros(3), ~nobody, 1, **rows)
