"""The online gate: it may be looked at after every outcome, lets no losing model on, and closes on harm."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.evidence.gates import differences, looked_at
from querist.core.errors import InvalidInput
from querist.metrics.rollout import HARM_MEMORY, Rollout, observe_pairs
from querist.metrics.wealth import Bets, bet_on, log_wealth

RUNS, N = 1000, 3000

outcomes = st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.0, 0.25, 1.0]), max_size=120)


def test_the_wealth_is_the_product_of_its_bets() -> None:
    """By hand: the bets are 0.04/0.2516, then by (0.5 + 1)/2 = 0.75 and (0.25 + 0.0625)/2, capped at 0.5/0.46."""
    first = 0.04 / (0.25 + 0.04**2)
    lead = 0.75 - 0.46
    second = min(lead / (0.15625 + lead**2), 0.5 / 0.46)
    wanted = [1 + first * 0.54, (1 + first * 0.54) * (1 - second * 0.46)]
    assert np.exp(log_wealth([1.0, 0.0], 0.46)) == pytest.approx(wanted)


@given(outcomes, st.integers(0, 120))
@settings(deadline=None)
def test_it_makes_no_difference_how_outcomes_are_cut_into_calls(found: list[float], cut: int) -> None:
    x = (np.array(found) + 1) / 2
    assert bet_on(x[cut:], 0.45, bet_on(x[:cut], 0.45)) == bet_on(x, 0.45)
    one = observe_pairs(Rollout(), found)
    assert observe_pairs(observe_pairs(Rollout(), found[:cut]), found[cut:]) == one
    assert Rollout.from_json(json.loads(json.dumps(one.to_json()))) == one


def test_at_the_margin_it_opens_no_more_often_than_promised_where_a_repeated_test_does() -> None:
    """Ville: at most 5 % of runs, however many looks. Three standard errors of 1,000 runs are 0.021."""
    d = differences(-0.02, RUNS, N, seed=1)
    found = looked_at(d, margin=0.02, level=0.95)
    assert found.opened.mean() <= 0.05
    assert found.by_repeated_test.mean() > 0.05 + 3 * math.sqrt(0.05 * 0.95 / RUNS) + 0.1


def test_a_better_model_comes_through() -> None:
    six = looked_at(differences(0.06, RUNS, N, seed=2), margin=0.02, level=0.95)
    three = looked_at(differences(0.03, RUNS, N, seed=3), margin=0.02, level=0.95)
    assert np.median(six.opened_at) < 400
    assert three.opened.mean() >= 0.95


def test_a_harmful_model_is_closed_and_one_that_harms_not_is_not() -> None:
    def closed(difference: float, seed: int) -> float:
        x = (1 - differences(difference, 500, 2000, seed=seed)) / 2
        wealth = log_wealth(x, 1 - 0.98 / 2, memory=HARM_MEMORY)
        return float((wealth >= math.log(20)).any(axis=1).mean())

    assert closed(-0.12, 4) > 0.95
    assert closed(-0.02, 5) <= 0.05
    assert closed(0.0, 6) <= 0.01


def test_each_stage_asks_for_evidence_of_its_own() -> None:
    state = observe_pairs(Rollout(), [1.0] * 400)
    assert state.is_all
    assert state.share == 1.0
    assert [(step.share, step.to) for step in state.steps] == [(0.0, 0.01), (0.01, 0.05), (0.05, 0.25), (0.25, 1.0)]
    assert {step.n for step in state.steps} == {state.steps[0].n}, "none of the next stage's came from this one's"
    assert all(step.wealth >= 20 for step in state.steps)


def test_harm_closes_it_at_any_stage_and_for_good() -> None:
    state = observe_pairs(Rollout(), [1.0] * 400)
    closed = observe_pairs(state, [-1.0] * 400)
    assert closed.is_closed
    assert closed.share == 0.0
    assert closed.steps[-1].to is None
    assert observe_pairs(closed, [1.0] * 400) == closed
    assert "Closed at all: a loss beyond 2 points" in closed.sentence


def test_what_was_good_for_long_does_not_hide_what_is_bad_now() -> None:
    good, bad = differences(0.05, 100, 4000, seed=7), differences(-0.15, 100, 1500, seed=8)
    x = (1 - np.concatenate([good, bad], axis=1)) / 2
    remembers, forgets = (
        (log_wealth(x, 1 - 0.98 / 2, memory=memory) >= math.log(20)).any(axis=1) for memory in (np.inf, HARM_MEMORY)
    )
    assert forgets.mean() > 0.95
    assert remembers.mean() < 0.5


def test_without_outcomes_nothing_opens() -> None:
    state = observe_pairs(Rollout(), [])
    assert state == Rollout()
    assert (state.share, state.difference) == (0.0, 0.0)
    assert "At shadow: 0 outcomes" in state.sentence
    assert observe_pairs(Rollout(), [0.0] * 100).share == 0.0, "a hundred draws say nothing of two points"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: observe_pairs(Rollout(), [1.5]), "differences: must lie in -1..1; got 1.5"),
        (lambda: observe_pairs(Rollout(), [math.nan]), "must not hold NaN"),
        (lambda: Rollout(stages=(0.0,)), "stages: must be two or more shares that rise"),
        (lambda: Rollout(stages=(0.5, 0.1)), "stages: must be two or more shares that rise"),
        (lambda: Rollout(margin=0.0), "margin: must lie between 0 and 1"),
        (lambda: Rollout(stage=7), "stage: must be one of 0..4"),
        (lambda: log_wealth([2.0], 0.5), "outcomes: must lie in 0..1; got 2"),
        (lambda: log_wealth([0.5], 1.0), "null_mean: must lie between 0 and 1"),
        (lambda: bet_on([[0.5]], 0.5), "outcomes: must be 1-D"),
    ],
)
def test_what_is_no_outcome_is_refused(call: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()  # type: ignore[operator]


def test_the_bettor_starts_with_nothing_won() -> None:
    assert bet_on([], 0.5) == Bets()
