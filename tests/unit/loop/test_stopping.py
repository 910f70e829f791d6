from __future__ import annotations

import pytest

from querist.core.errors import InvalidInput
from querist.core.evidence import Point
from querist.loop.budget import Spending
from querist.loop.stopping import BudgetSpent, MarginalGain, TargetReached, rule_from_json

OPEN = Spending(10, 5.0, None, None)


def curve(*values: float, step: int = 100) -> list[Point]:
    return [Point(step * (i + 1), 0.0, {"accuracy": v}) for i, v in enumerate(values)]


def test_the_budget_rule_shows_what_is_left() -> None:
    assert not BudgetSpent().verdict([], OPEN).stop
    verdict = BudgetSpent().verdict([], Spending(100, 5.0, 0, None))
    assert (verdict.stop, verdict.figure) == (True, 0.0)
    assert BudgetSpent().verdict([], Spending(1, 5.0, 3, 0.0)).stop


def test_the_target_rule_looks_at_the_last_point() -> None:
    rule = TargetReached("accuracy", 0.9)
    assert not rule.verdict([], OPEN).stop
    assert not rule.verdict(curve(0.95, 0.89), OPEN).stop
    verdict = rule.verdict(curve(0.5, 0.9), OPEN)
    assert verdict.stop
    assert verdict.sentence == "accuracy is 0.9: it has reached the target of 0.9."


def test_marginal_gain_stops_on_a_plateau_and_not_on_a_slope() -> None:
    rule = MarginalGain("accuracy", least=0.005)
    assert not rule.verdict(curve(0.5, 0.6, 0.7, 0.8, 0.9), OPEN).stop
    verdict = rule.verdict(curve(0.5, 0.9, 0.9, 0.9001, 0.9, 0.9001), OPEN)
    assert verdict.stop
    assert "100 labels more bring" in verdict.sentence


def test_marginal_gain_does_not_stop_on_noise_it_cannot_tell_from_a_gain() -> None:
    noisy = curve(0.80, 0.84, 0.79, 0.85, 0.81)
    assert not MarginalGain("accuracy", least=0.005).verdict(noisy, OPEN).stop


def test_the_slope_and_its_bound_are_a_textbook_regression() -> None:
    # x = 1..5 hundred, y = 1, 2, 2, 3, 3 (per cent): slope 0.5 per hundred, residual SS 0.3, se = sqrt(0.1 / 10) = 0.1;
    # t(0.9, 3) = 1.6377, so the bound is 0.6638 per cent.
    verdict = MarginalGain("accuracy", least=0.0066).verdict(curve(0.01, 0.02, 0.02, 0.03, 0.03), OPEN)
    assert verdict.figure == pytest.approx(0.005)
    assert not verdict.stop
    assert "at most +0.0066" in verdict.sentence
    assert MarginalGain("accuracy", least=0.0067).verdict(curve(0.01, 0.02, 0.02, 0.03, 0.03), OPEN).stop


def test_rules_come_from_plain_json_and_a_wrong_setting_is_named() -> None:
    assert rule_from_json({"rule": "marginal_gain", "metric": "accuracy", "least": 0.01}).least == 0.01  # type: ignore[attr-defined]
    with pytest.raises(InvalidInput, match="Did you mean 'target'"):
        rule_from_json({"rule": "targt"})
    with pytest.raises(InvalidInput, match="unexpected keyword argument 'levle'"):
        rule_from_json({"rule": "target", "metric": "accuracy", "levle": 1})
    with pytest.raises(InvalidInput, match="at least 3"):
        MarginalGain("accuracy", 0.1, window=2)
