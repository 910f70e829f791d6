"""Strategies for pairs against numbers worked out by hand and against plain linear algebra."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.strategies import dueling, pair_disagreement, pair_information, pair_optimal, pair_uncertainty
from querist.strategies._bradley_terry import fitted, information

RNG = np.random.default_rng


def pairs_of(*first: float) -> np.ndarray:
    p = np.array(first)
    return np.c_[p, 1 - p]


def test_pair_uncertainty_by_hand() -> None:
    np.testing.assert_allclose(pair_uncertainty(pairs_of(0.5, 0.2, 1.0)), [0.25, 0.16, 0])
    # A third column, for ties: the first is preferred with 0.2, and not with 0.8.
    np.testing.assert_allclose(pair_uncertainty(np.array([[0.2, 0.3, 0.5]])), [0.16])


def test_pair_disagreement_by_hand() -> None:
    # 0.9, 0.6, 0.3 have the mean 0.6: (0.09 + 0 + 0.09) / 3.
    members = np.stack([pairs_of(0.9), pairs_of(0.6), pairs_of(0.3)])
    np.testing.assert_allclose(pair_disagreement(members), [0.06])
    np.testing.assert_array_equal(pair_disagreement(members[:1]), [0])


@pytest.mark.parametrize(
    ("mean", "deviation"), [(0, 0.1), (0, 0.999), (0, 1.0), (1, 0.7), (3, 2), (-5, 0.9), (-5, 1.1), (2, 30), (25, 4)]
)
def test_the_information_is_that_of_a_fine_sum(mean: float, deviation: float) -> None:
    x, step = np.linspace(mean - 12 * deviation, mean + 12 * deviation, 400_001, retstep=True)
    weights = np.exp(-0.5 * ((x - mean) / deviation) ** 2) * step / (deviation * math.sqrt(2 * math.pi))
    p = 1 / (1 + np.exp(-x))
    q = 1 / (1 + np.exp(x))
    entropies = p * np.logaddexp(0, -x) + q * np.logaddexp(0, x)
    middle = weights @ p
    expected = -middle * math.log(middle) - (1 - middle) * math.log(1 - middle) - weights @ entropies
    np.testing.assert_allclose(information(np.array([mean]), np.array([deviation**2])), [expected], atol=1e-9)


def test_a_wide_open_reward_tells_the_whole_answer() -> None:
    # With a variance without end the answer is sure once the reward is known: log 2 from a chance of one half.
    np.testing.assert_allclose(information(np.zeros(1), np.array([1e12])), [math.log(2)], atol=1e-5)
    np.testing.assert_array_equal(information(np.array([2.0]), np.zeros(1)), [0])


def test_compared_directions_tell_less() -> None:
    # V = I + 0.25 · 4 in the second direction: variances 4 / 2 and 4.
    X = np.array([[0.0, 2.0], [2.0, 0.0], [0.0, -2.0]])
    found = pair_information(pairs_of(0.5, 0.5, 0.5), X, np.array([True, False, False]))
    np.testing.assert_allclose(found, information(np.zeros(3), np.array([2.0, 4.0, 2.0])), rtol=1e-12)
    assert found[1] > found[0]
    by_prior = pair_information(pairs_of(0.5, 0.5, 0.5), X, np.zeros(3, dtype=bool), prior=2)
    np.testing.assert_allclose(by_prior, information(np.zeros(3), np.full(3, 2.0)), rtol=1e-12)


def test_pair_information_agrees_with_the_inverse_over_many_blocks() -> None:
    rng = RNG(0)
    X, p = rng.normal(size=(5000, 40)), rng.random(5000)
    labeled = rng.random(5000) < 0.5
    V = 0.3 * np.eye(40) + (X[labeled] * (p * (1 - p))[labeled, None]).T @ X[labeled]
    variances = np.einsum("ij,jk,ik->i", X, np.linalg.inv(V), X)
    expected = information(np.log(p / (1 - p)), variances)
    np.testing.assert_allclose(pair_information(pairs_of(*p), X, labeled, prior=0.3), expected, rtol=1e-8)


def plain_design(p, X, compared, free, k, prior):
    V = prior * np.eye(X.shape[1]) + (X[compared] * (p * (1 - p))[compared, None]).T @ X[compared]
    picked, utilities = [], []
    for _ in range(k):
        u = p * (1 - p) * np.einsum("ij,jk,ik->i", X, np.linalg.inv(V), X)
        u[[i for i in range(len(p)) if i not in free or i in picked]] = -1
        row = int(u.argmax())
        picked.append(row)
        utilities.append(u[row])
        V += p[row] * (1 - p[row]) * np.outer(X[row], X[row])
    return picked, utilities


@pytest.mark.parametrize("small", [False, True])
@given(seed=st.integers(0, 10**6))
def test_pair_optimal_equals_the_plain_greedy_design(small: bool, seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if small:
            patch.setattr("querist.strategies._lazy.WORKING_SET_VALUES", 1)
            patch.setattr("querist.strategies._lazy.WORKING_SET_AT_LEAST", 8)
        rng = RNG(seed)
        n, k = 60, 25
        X, p = rng.normal(size=(n, 5)), rng.random(n)
        labeled = rng.random(n) < 0.2
        free = np.flatnonzero(~labeled)[3:]
        chosen = np.setdiff1d(np.arange(n), free)
        picks = pair_optimal(pairs_of(*p), X, labeled, k, candidates=free, chosen=chosen, rng=RNG(0), prior=0.5)
        rows, utilities = plain_design(p, X, chosen, free, min(k, len(free)), 0.5)
        assert picks.rows.tolist() == rows
        np.testing.assert_allclose(picks.utilities, utilities, rtol=1e-9)


def test_a_utility_is_what_the_determinant_grows_by() -> None:
    rng = RNG(0)
    X, p = rng.normal(size=(30, 4)), rng.random(30)
    nothing = np.zeros(30, dtype=bool)
    picks = pair_optimal(pairs_of(*p), X, nothing, 6, candidates=np.arange(30), chosen=[], rng=RNG(0), prior=2)
    V = 2 * np.eye(4) + (X[picks.rows] * (p * (1 - p))[picks.rows, None]).T @ X[picks.rows]
    np.testing.assert_allclose(np.prod(1 + picks.utilities), np.linalg.det(V) / 2**4)


def test_strengths_of_two_arms_by_hand() -> None:
    # Strengths s and -s by symmetry, where wins - games σ(2s) = prior · s.
    mean, covariance = fitted(np.array([[0.0, 3.0], [1.0, 0.0]]), 1.0)
    s = mean[0]
    np.testing.assert_allclose(mean[1], -s)
    np.testing.assert_allclose(3 - 4 / (1 + math.exp(-2 * s)), s)
    # Precision [[1 + c, -c], [-c, 1 + c]] with c = 4 σ(2s) σ(-2s); its inverse has (1 + c) / (1 + 2c) on the diagonal.
    c = 4 * (1 / (1 + math.exp(-2 * s))) * (1 / (1 + math.exp(2 * s)))
    np.testing.assert_allclose(covariance[0], [(1 + c) / (1 + 2 * c), c / (1 + 2 * c)])


def test_strengths_are_found_where_the_counts_are_extreme() -> None:
    wins = np.triu(np.full((6, 6), 1e6), 1)
    mean, _ = fitted(wins, 1e-3)
    chance = 1 / (1 + np.exp(mean - mean[:, None]))
    gradient = wins.sum(axis=1) - ((wins + wins.T) * chance).sum(axis=1) - 1e-3 * mean
    np.testing.assert_allclose(gradient, 0, atol=1e-6)
    assert (np.diff(mean) < 0).all()


def test_duels_are_between_different_arms_that_may_be_best() -> None:
    pairs = dueling(np.zeros((5, 5)), 200, rng=RNG(0))
    assert pairs.shape == (200, 2)
    assert (pairs[:, 0] != pairs[:, 1]).all()
    assert np.bincount(pairs.ravel(), minlength=5).min() > 40  # nothing known: all alike
    wins = np.full((5, 5), 500.0)
    wins[:, 4], wins[4] = 1000, 0
    assert 4 not in dueling(wins, 200, rng=RNG(0))
    np.testing.assert_array_equal(dueling(wins, 9, rng=RNG(1)), dueling(wins, 9, rng=RNG(1)))


def test_what_is_no_comparison_is_refused() -> None:
    X, labeled = np.eye(2), np.zeros(2, dtype=bool)
    for prior in (0, -1, math.inf, "1", True):
        with pytest.raises(InvalidInput, match="prior: must be a number above 0"):
            pair_information(pairs_of(0.5, 0.5), X, labeled, prior=prior)
    with pytest.raises(InvalidInput, match="embeddings: must have one row per row of probs, 2; got 3"):
        pair_information(pairs_of(0.5, 0.5), np.eye(3), labeled)
    with pytest.raises(InvalidInput, match="wins: must be square"):
        dueling(np.zeros((2, 3)), 1, rng=RNG(0))
    with pytest.raises(InvalidInput, match="wins: must be counts of at least 0"):
        dueling(np.array([[0, -1], [1, 0]]), 1, rng=RNG(0))
