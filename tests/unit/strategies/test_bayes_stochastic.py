"""Draws without replacement: their order, their chances, and what the chances are not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.strategies import gumbel_top_k, power_bald, top_k

UTILITIES = np.array([0.5, 1.0, 0.2, 0.8])
ROWS = np.arange(4)
N_DRAWS = 4000


def weights_of(u, beta, kind):
    """By the definition, on the candidates alone."""
    if kind == "power":
        return u**beta
    if kind == "softmax":
        return np.exp(beta * u)
    rank = [(u > v).sum() + (1 + (u == v).sum()) / 2 for v in u]
    return np.array(rank, dtype=float) ** -beta


def chance_at_its_turn(weights, order, turn):
    left = set(range(len(weights))) - set(order[:turn])
    return weights[order[turn]] / sum(weights[i] for i in left)


def deviations(counts, chances, n):
    """How many standard deviations of a binomial count each lies off."""
    return np.abs(counts - n * chances) / np.sqrt(n * chances * (1 - chances))


@pytest.mark.parametrize(("kind", "beta"), [("power", 1), ("power", 4), ("softmax", 2.5), ("softrank", 1)])
def test_each_order_comes_as_often_as_its_propensities_say(kind, beta) -> None:
    weights = weights_of(UTILITIES, beta, kind)
    pairs = list(itertools.permutations(range(4), 2))
    counts = dict.fromkeys(pairs, 0)
    said = {}
    for seed in range(N_DRAWS):
        picks = gumbel_top_k(UTILITIES, 2, candidates=ROWS, rng=np.random.default_rng(seed), beta=beta, kind=kind)
        pair = tuple(picks.rows.tolist())
        counts[pair] += 1
        said[pair] = picks.propensities
    for pair, found in said.items():
        np.testing.assert_allclose(found, [chance_at_its_turn(weights, pair, turn) for turn in (0, 1)], rtol=1e-12)
    observed = np.array([counts[pair] for pair in pairs])
    exact = np.array([math.prod(chance_at_its_turn(weights, pair, turn) for turn in (0, 1)) for pair in pairs])
    # Twelve counts at 4.5 deviations: one false alarm in 12,000 sets of seeds.
    assert (deviations(observed, exact, N_DRAWS) < 4.5).all()


def test_the_first_turns_chance_does_not_hold_at_the_second() -> None:
    weights = weights_of(UTILITIES, 1, "power")
    naive = weights / weights.sum()
    counts, expected, wrong = np.zeros(4), np.zeros(4), np.zeros(4)
    for seed in range(N_DRAWS):
        picks = gumbel_top_k(UTILITIES, 2, candidates=ROWS, rng=np.random.default_rng(seed), beta=1)
        first, second = picks.rows
        counts[second] += 1
        left = np.delete(ROWS, first)
        expected[left] += weights[left] / weights[left].sum()
        wrong[left] += naive[left]
    limit = 4.5 * np.sqrt(N_DRAWS) / 2  # a sum of as many indicators has at most this deviation
    assert (np.abs(counts - expected) < limit).all()
    assert (np.abs(counts - wrong) > limit).any()


def test_zeros_come_after_all_that_is_positive_and_in_even_order() -> None:
    u = np.array([0.0, 3.0, 0.0, 1e-300, 0.0])
    for seed in range(20):
        picks = gumbel_top_k(u, 5, candidates=np.arange(5), rng=np.random.default_rng(seed))
        assert set(picks.rows[:2]) == {1, 3}
        np.testing.assert_allclose(picks.propensities[1:], [1, 1 / 3, 1 / 2, 1])


def test_all_zero_is_uniform() -> None:
    picks = gumbel_top_k(np.zeros(4), 3, candidates=ROWS, rng=np.random.default_rng(0))
    np.testing.assert_allclose(picks.propensities, [1 / 4, 1 / 3, 1 / 2])


def test_weights_beyond_any_float_have_finite_chances() -> None:
    u = np.array([1e200, 1e199, 1e-200, 2e-200])
    picks = gumbel_top_k(u, 4, candidates=ROWS, rng=np.random.default_rng(0), beta=9)
    assert picks.rows[0] == 0
    assert picks.rows[1] == 1
    np.testing.assert_allclose(picks.propensities[[0, 1, 3]], [1, 1, 1])
    share = 1 / (1 + 2.0**9)  # of the smaller of the two that are left
    np.testing.assert_allclose(picks.propensities[2], [share if picks.rows[2] == 2 else 1 - share])


def test_equal_utilities_share_their_ranks() -> None:
    # Ranks 1, 2.5, 2.5, 4 at beta 1: weights 1, .4, .4, .25 add up to 2.05.
    chances = {0: 0.4 / 2.05, 1: 1 / 2.05, 2: 0.4 / 2.05, 3: 0.25 / 2.05}
    for seed in range(10):
        picks = gumbel_top_k(
            [5, 9, 5, -2], 1, candidates=ROWS, rng=np.random.default_rng(seed), beta=1, kind="softrank"
        )
        np.testing.assert_allclose(picks.propensities, [chances[int(picks.rows[0])]])


def test_a_large_beta_takes_the_best() -> None:
    u = np.random.default_rng(0).permutation(50) + 1.0
    best = top_k(u, 10, candidates=np.arange(50), rng=np.random.default_rng(0))
    picks = gumbel_top_k(u, 10, candidates=np.arange(50), rng=np.random.default_rng(0), beta=5000)
    np.testing.assert_array_equal(picks.rows, best.rows)


@settings(max_examples=60, deadline=None)
@given(
    u=st.lists(st.sampled_from([0.0, 1e-9, 0.1, 0.5, 1.0, 7.0]), min_size=1, max_size=12),
    kind=st.sampled_from(["power", "softmax", "softrank"]),
    beta=st.sampled_from([0.1, 1.0, 4.0]),
    k=st.integers(1, 14),
    seed=st.integers(0, 99),
)
def test_propensities_are_the_weights_shares_of_what_is_left(u, kind, beta, k, seed) -> None:
    u = np.array(u)
    picks = gumbel_top_k(u, k, candidates=np.arange(len(u)), rng=np.random.default_rng(seed), beta=beta, kind=kind)
    assert len(set(picks.rows.tolist())) == len(picks) == min(k, len(u))
    weights = weights_of(u, beta, kind)
    for turn, row in enumerate(picks.rows):
        left = np.setdiff1d(np.arange(len(u)), picks.rows[:turn])
        share = weights[row] / weights[left].sum() if weights[left].sum() else 1 / len(left)
        np.testing.assert_allclose(picks.propensities[turn], share, rtol=1e-9)


def test_what_cannot_be_drawn_by_is_refused() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(InvalidInput, match="utilities: must be at least 0 to take their power; got -1"):
        gumbel_top_k([-1.0, 2.0], 1, candidates=[0, 1], rng=rng)
    with pytest.raises(InvalidInput, match="utilities: must be finite; row 1"):
        gumbel_top_k([1.0, np.inf], 1, candidates=[0], rng=rng)
    with pytest.raises(InvalidInput, match="beta: must be a number above 0"):
        gumbel_top_k([1.0], 1, candidates=[0], rng=rng, beta=0)
    with pytest.raises(InvalidInput, match="kind: must be one of 'power', 'softmax', 'softrank'"):
        gumbel_top_k([1.0], 1, candidates=[0], rng=rng, kind="powr")
    assert len(gumbel_top_k([1.0], 1, candidates=[], rng=rng)) == 0


def test_power_bald_draws_by_bald() -> None:
    # Two members sure of opposite classes: log 2. (.9 .1) and (.5 .5): .101750 by hand.
    members = np.array([[[1.0, 0.0], [0.9, 0.1]], [[0.0, 1.0], [0.5, 0.5]]])
    both = np.array([math.log(2), 0.1017495])
    picks = power_bald(members, 2, candidates=[0, 1], chosen=[], rng=np.random.default_rng(1), beta=2)
    first = picks.rows[0]
    np.testing.assert_allclose(picks.propensities, [both[first] ** 2 / (both**2).sum(), 1], rtol=1e-5)
    np.testing.assert_allclose(picks.utilities, both[picks.rows], rtol=1e-5)
