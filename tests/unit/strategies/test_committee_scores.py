"""Committee scores against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.strategies import bald, consensus_entropy, kl_to_consensus, variance, vote_entropy

# Votes for class 0, 0, 1, 2: shares 1/2, 1/4, 1/4, an entropy of 1.5 bits.
FOUR_VOTES = np.array(
    [[[0.4, 0.3, 0.3]], [[0.9, 0.1, 0.0]], [[0.2, 0.5, 0.3]], [[0.0, 0.1, 0.9]]],
)
# (.9 .1) and (.5 .5) have the mean (.7 .3). KL to it: .9 ln(9/7) + .1 ln(1/3) = .116322 and .5 ln(25/21) = .087177.
TWO_MEMBERS = np.array([[[0.9, 0.1]], [[0.5, 0.5]]])


def test_vote_entropy_counts_votes_and_not_confidence() -> None:
    np.testing.assert_allclose(vote_entropy(FOUR_VOTES), [1.5 * math.log(2)])


def test_a_member_torn_between_classes_votes_for_the_first() -> None:
    torn, sure = [[0.5, 0.5]], [[0.9, 0.1]]
    np.testing.assert_array_equal(vote_entropy(np.array([torn, sure])), [0])


def test_consensus_entropy_is_the_entropy_of_the_mean() -> None:
    np.testing.assert_allclose(consensus_entropy(TWO_MEMBERS), [-(0.7 * math.log(0.7) + 0.3 * math.log(0.3))])


@pytest.mark.parametrize("score", [kl_to_consensus, bald])
def test_divergence_from_the_mean_by_hand(score) -> None:
    np.testing.assert_allclose(score(TWO_MEMBERS), [(0.116322 + 0.087177) / 2], atol=1e-6)


@pytest.mark.parametrize("score", [kl_to_consensus, bald])
def test_members_that_are_unsure_together_have_nothing_to_tell(score) -> None:
    agreed = np.broadcast_to(np.random.default_rng(0).dirichlet(np.ones(3), size=500), (7, 500, 3))
    np.testing.assert_allclose(score(agreed), 0, atol=1e-12)
    assert (score(agreed.astype(np.float32)) >= 0).all()
    assert (consensus_entropy(agreed) > 0).all()


@pytest.mark.parametrize("score", [vote_entropy, consensus_entropy, kl_to_consensus, bald])
def test_many_items_in_many_blocks_agree_with_one_at_a_time(score) -> None:
    members = np.random.default_rng(0).dirichlet(np.ones(4), size=(5, 10_000))
    some = [0, 1, 3999, 4000, 4001, 9999]
    np.testing.assert_allclose(score(members)[some], [score(members[:, [i]])[0] for i in some], rtol=1e-9)


def test_a_committee_of_one_never_disagrees() -> None:
    alone = np.array([[[0.6, 0.4], [0.1, 0.9]]])
    for score in (vote_entropy, kl_to_consensus, bald):
        np.testing.assert_array_equal(score(alone), [0, 0])
    np.testing.assert_array_equal(variance(np.array([[3.0, 4.0]])), [0, 0])


def test_variance_divides_by_the_number_of_members() -> None:
    # 2, 4, 9 have the mean 5: (9 + 1 + 16) / 3
    np.testing.assert_allclose(variance(np.array([[2.0], [4.0], [9.0]])), [26 / 3])


def test_variance_is_exact_far_from_zero_even_in_float32() -> None:
    far = np.array([[1e6 - 1, 0], [1e6 + 1, 0]], dtype=np.float32)
    np.testing.assert_array_equal(variance(far), [1, 0])


def test_what_is_no_committee_is_refused() -> None:
    with pytest.raises(InvalidInput, match="members: must be 3-D"):
        bald(np.array([[0.5, 0.5]]))
    with pytest.raises(InvalidInput, match="members: each row must sum to 1"):
        vote_entropy(np.array([[[0.5, 0.6]]]))
    with pytest.raises(InvalidInput, match="member_predictions: must be 2-D"):
        variance(np.array([1.0, 2.0]))
    with pytest.raises(InvalidInput, match="member_predictions: must be finite; row 1, column 0"):
        variance(np.array([[1.0], [np.nan]]))


@pytest.mark.parametrize("score", [vote_entropy, consensus_entropy, kl_to_consensus, bald])
def test_no_items_give_no_utilities(score) -> None:
    assert score(np.empty((3, 0, 2))).shape == (0,)
    assert variance(np.empty((3, 0))).shape == (0,)
