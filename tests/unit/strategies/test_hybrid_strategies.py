"""Hybrid strategies against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.strategies import density_weighted, entropy, least_confidence, margin, weighted_k_means

RNG = np.random.default_rng
EVEN = np.full((4, 2), 0.5)
# Directions of 0, 90, 0 and 180 degrees: cosines to all four sum to 1, 1, 1 and -1 (itself included).
DIRECTIONS = np.array([[2.0, 0.0], [0.0, 3.0], [1.0, 0.0], [-1.0, 0.0]])


def test_density_is_the_mean_cosine_to_the_pool() -> None:
    np.testing.assert_allclose(density_weighted(EVEN, DIRECTIONS), [0.25, 0.25, 0.25, 0], atol=1e-12)


def test_beta_sharpens_density_and_zero_switches_it_off() -> None:
    np.testing.assert_allclose(density_weighted(EVEN, DIRECTIONS, beta=2), [1 / 16, 1 / 16, 1 / 16, 0], atol=1e-12)
    np.testing.assert_allclose(density_weighted(EVEN, DIRECTIONS, beta=0), [1, 1, 1, 1])


@pytest.mark.parametrize(
    ("name", "score"), [("margin", margin), ("entropy", entropy), ("least_confidence", least_confidence)]
)
def test_the_score_is_the_one_named(name, score) -> None:
    probs = RNG(0).dirichlet(np.ones(3), size=4)
    np.testing.assert_allclose(density_weighted(probs, DIRECTIONS, score=name, beta=0), score(probs))


def test_density_agrees_with_all_pairs_over_many_blocks() -> None:
    rng = RNG(0)
    X = rng.normal(size=(700, 300)) + 0.2
    probs = np.full((700, 2), 0.5)
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    np.testing.assert_allclose(density_weighted(probs, X), np.clip((unit @ unit.T).mean(axis=1), 0, 1), rtol=1e-10)


def test_an_item_without_direction_resembles_nothing() -> None:
    X = np.array([[0.0, 0.0], [1.0, 0.0]])
    np.testing.assert_allclose(density_weighted(EVEN[:2], X), [0, 0.5])


def test_density_refuses_what_it_cannot_use() -> None:
    with pytest.raises(InvalidInput, match=r"score: must be one of .* Did you mean 'margin'"):
        density_weighted(EVEN, DIRECTIONS, score="margn")
    with pytest.raises(InvalidInput, match="embeddings: must have one row per row of probs, 4; got 2"):
        density_weighted(EVEN, DIRECTIONS[:2])
    for beta in (-1, math.inf, math.nan, "2"):
        with pytest.raises(InvalidInput, match="beta: must be a number of at least 0"):
            density_weighted(EVEN, DIRECTIONS, beta=beta)


def test_weighted_k_means_spreads_over_the_uncertain_only() -> None:
    # Rows 0-3 are unsure, in two groups; rows 4-5 are certain and far from all.
    p = np.array([0.5, 0.52, 0.54, 0.55, 1.0, 1.0])
    X = np.array([[0.0], [0.1], [9.0], [9.1], [99.0], [-99.0]])
    picks = weighted_k_means(np.c_[p, 1 - p], X, 2, candidates=np.arange(6), chosen=[], rng=RNG(0), beta=2)
    assert set(picks.rows[:1]) <= {0, 1}
    assert set(picks.rows[1:]) <= {2, 3}
    np.testing.assert_allclose(picks.utilities, margin(np.c_[p, 1 - p])[picks.rows])


def test_weights_pull_the_middle_to_the_uncertain_side() -> None:
    p = np.array(
        [0.5, 0.95, 0.95]
    )  # margin utilities 1, 0.1, 0.1 on 0, 1, 2: a weighted mean of 0.25, a plain one of 1
    X = np.array([[0.0], [1.0], [2.0]])
    picks = weighted_k_means(np.c_[p, 1 - p], X, 1, candidates=[0, 1, 2], chosen=[], rng=RNG(0))
    assert picks.rows.tolist() == [0]


def test_beta_of_one_is_plain_margin() -> None:
    rng = RNG(0)
    probs, X = rng.dirichlet(np.ones(3), size=50), rng.normal(size=(50, 4))
    picks = weighted_k_means(probs, X, 5, candidates=np.arange(50), chosen=[], rng=RNG(0), beta=1)
    assert picks.rows.tolist() == np.argsort(-margin(probs), kind="stable")[:5].tolist()


def test_a_model_sure_of_everything_still_gets_a_spread_batch() -> None:
    probs = np.tile([1.0, 0.0], (40, 1))
    X = np.repeat([[0.0], [50.0]], 20, axis=0) + RNG(0).normal(size=(40, 1))
    picks = weighted_k_means(probs, X, 2, candidates=np.arange(40), chosen=[], rng=RNG(0), beta=20)
    assert sorted(picks.rows // 20) == [0, 1]


def test_equal_margins_do_not_favor_low_rows() -> None:
    probs, X = np.full((1000, 2), 0.5), RNG(0).normal(size=(1000, 2))
    picks = weighted_k_means(probs, X, 5, candidates=np.arange(1000), chosen=[], rng=RNG(0))
    assert picks.rows.max() >= 100  # five of 1000: all below 100 by chance once in 100,000


def test_weighted_k_means_refuses_what_it_cannot_use() -> None:
    with pytest.raises(InvalidInput, match=r"beta: must be a number of at least 1; got 0\.5"):
        weighted_k_means(EVEN, DIRECTIONS, 1, candidates=[0], chosen=[], rng=RNG(0), beta=0.5)
    with pytest.raises(InvalidInput, match="embeddings: must have one row per row of probs"):
        weighted_k_means(EVEN, DIRECTIONS[:3], 1, candidates=[0], chosen=[], rng=RNG(0))
