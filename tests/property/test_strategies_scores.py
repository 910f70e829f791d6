"""What holds of every score, whatever the probabilities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from querist.strategies import (
    bald,
    consensus_entropy,
    density_weighted,
    entropy,
    kl_to_consensus,
    least_confidence,
    margin,
    variance,
    vote_entropy,
)

EXAMPLES = settings(max_examples=60, deadline=None)


@st.composite
def distributions(draw, *shape, n_classes=None):
    """Rows that sum to 1, zeros and ones among them."""
    size = (*(draw(s) for s in shape), draw(st.integers(1, 50)) if n_classes is None else n_classes)
    weights = draw(arrays(np.float64, size, elements=st.sampled_from([0.0, 1e-9, 0.1, 0.5, 1.0, 3.0])))
    weights[..., 0] += weights.sum(axis=-1) == 0
    return weights / weights.sum(axis=-1, keepdims=True)


N = st.integers(1, 12)
PROBS = distributions(N)
MEMBERS = distributions(st.integers(1, 6), N)


@pytest.mark.parametrize("score", [least_confidence, margin, entropy])
@EXAMPLES
@given(probs=PROBS, seed=st.integers(0, 99))
def test_permuting_items_or_classes_moves_nothing_else(score, probs, seed) -> None:
    rng = np.random.default_rng(seed)
    items, classes = rng.permutation(probs.shape[0]), rng.permutation(probs.shape[1])
    np.testing.assert_allclose(score(probs[items][:, classes]), score(probs)[items], atol=1e-12)


@EXAMPLES
@given(probs=PROBS)
def test_scores_keep_their_bounds(probs) -> None:
    n_classes = probs.shape[1]
    for score, high in ((least_confidence, 1 - 1 / n_classes), (margin, 1), (entropy, math.log(n_classes))):
        utilities = score(probs)
        assert (utilities >= 0).all()
        assert (utilities <= high + 1e-9).all()


@EXAMPLES
@given(p=arrays(np.float64, N, elements=st.floats(0, 1)))
def test_with_two_classes_all_three_rank_alike(p) -> None:
    probs = np.c_[p, 1 - p]
    order = np.argsort(-least_confidence(probs), kind="stable")
    assert (np.diff(margin(probs)[order]) <= 1e-9).all()
    assert (np.diff(entropy(probs)[order]) <= 1e-9).all()


@EXAMPLES
@given(members=MEMBERS)
def test_bald_is_the_divergence_from_the_consensus(members) -> None:
    mean = members.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        divergences = np.nansum(members * (np.log(members) - np.log(mean)), axis=2)  # straight from the definition
    np.testing.assert_allclose(bald(members), divergences.mean(axis=0), atol=1e-9)
    np.testing.assert_array_equal(bald(members), kl_to_consensus(members))


@EXAMPLES
@given(members=MEMBERS, seed=st.integers(0, 99))
def test_committees_keep_their_bounds_and_know_no_order_of_members(members, seed) -> None:
    n_members, _, n_classes = members.shape
    order = np.random.default_rng(seed).permutation(n_members)
    few = math.log(min(n_members, n_classes))
    for score, high in (
        (vote_entropy, few),
        (bald, few),
        (consensus_entropy, math.log(n_classes)),
    ):
        utilities = score(members)
        assert (utilities >= 0).all()
        assert (utilities <= high + 1e-9).all()
        np.testing.assert_allclose(score(members[order]), utilities, atol=1e-9)


@EXAMPLES
@given(members=MEMBERS)
def test_disagreement_is_never_above_the_consensus_entropy(members) -> None:
    assert (bald(members) <= consensus_entropy(members) + 1e-9).all()


@EXAMPLES
@given(
    predictions=arrays(np.float64, st.tuples(st.integers(1, 5), N), elements=st.floats(-100, 100)),
    shift=st.floats(-100, 100),
    scale=st.floats(-10, 10),
)
def test_variance_ignores_shifts_and_squares_scales(predictions, shift, scale) -> None:
    np.testing.assert_allclose(variance(scale * predictions + shift), scale**2 * variance(predictions), atol=1e-6)


@EXAMPLES
@given(
    p=arrays(np.float64, 7, elements=st.floats(0, 1)),
    X=arrays(np.float64, (7, 3), elements=st.floats(-10, 10, width=16)),
    scales=arrays(np.float64, (7, 1), elements=st.floats(0.5, 8)),
)
def test_density_knows_directions_only_and_never_adds(p, X, scales) -> None:
    probs = np.c_[p, 1 - p]
    utilities = density_weighted(probs, X)
    assert (utilities >= 0).all()
    assert (utilities <= margin(probs) + 1e-12).all()
    np.testing.assert_allclose(density_weighted(probs, scales * X), utilities, atol=1e-6)
