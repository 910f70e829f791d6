from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.core.evidence import Point
from querist.loop.budget import Spending
from querist.loop.certificate import Draws
from querist.loop.stopping import (
    RULES,
    AutoStop,
    BudgetSpent,
    ClassificationChange,
    ContradictingInformation,
    DeltaF,
    ErrorBound,
    Evidence,
    Glance,
    Hypergeometric,
    Knee,
    MarginalGain,
    MaxConfidence,
    MinimalError,
    OverallUncertainty,
    PerformanceGradient,
    QuantCI,
    RecallBound,
    Safe,
    Screened,
    StablePredictions,
    TargetReached,
    TargetSet,
    agreement,
    glance,
    most_relevant,
    rule_from_json,
    rule_from_text,
    rule_to_json,
    stop_rows,
)

OPEN = Spending(10, 5.0, None, None)
EXAMPLES: dict[str, Any] = {
    "budget": BudgetSpent(),
    "target": TargetReached("accuracy", 0.9),
    "marginal_gain": MarginalGain("accuracy", 0.01),
    "performance_gradient": PerformanceGradient("accuracy", 0.01),
    "stable_predictions": StablePredictions(),
    "delta_f": DeltaF(),
    "classification_change": ClassificationChange(),
    "overall_uncertainty": OverallUncertainty(),
    "minimal_error": MinimalError(),
    "max_confidence": MaxConfidence(),
    "contradicting_information": ContradictingInformation(),
    "error_bound": ErrorBound(),
    "hypergeometric": Hypergeometric("yes"),
    "recall_bound": RecallBound("yes"),
    "autostop": AutoStop("yes"),
    "quant_ci": QuantCI("yes"),
    "knee": Knee("yes"),
    "target_set": TargetSet("yes"),
    "safe": Safe("yes"),
}


def models(**figures: list[float]) -> Evidence:
    n = len(next(iter(figures.values())))
    return Evidence(tuple(Glance(100 * (i + 1), **{name: v[i] for name, v in figures.items()}) for i in range(n)))


def search(relevant: list[int], n_items: int, drawn: bool = False, **more: Any) -> Evidence:
    n = len(relevant)
    chances = 1 / (n_items - np.arange(n)) if drawn else np.full(n, np.nan)
    return Evidence(searches={"yes": Screened(n_items, np.array(relevant, dtype=bool), chances, **more)})


@pytest.mark.parametrize("name", RULES)
def test_every_rule_goes_to_json_and_back_and_says_what_it_lacks(name: str) -> None:
    rule = EXAMPLES[name]
    assert rule_from_json(rule_to_json(rule)) == rule
    verdict = rule.verdict([], OPEN)
    assert verdict.rule == name
    assert not verdict.stop
    assert verdict.figure is None
    assert verdict.forecast is None
    assert verdict.outlook
    assert verdict.sentence.endswith(".")


def test_only_what_is_proven_is_certified() -> None:
    certified = {name for name, rule in EXAMPLES.items() if rule.verdict([], OPEN).certified}
    assert certified == {"error_bound", "recall_bound"}


def test_a_rule_is_read_from_its_name_and_its_settings_in_order() -> None:
    assert rule_from_text("stable_predictions") == StablePredictions()
    assert rule_from_text("stable_predictions:0.98:2") == StablePredictions(0.98, 2)
    assert rule_from_text("hypergeometric:relevant:0.9:0.8") == Hypergeometric("relevant", 0.9, 0.8)
    for text in ("soon", "budget", "target:accuracy", "stable_predictions:much", "delta_f:0.1:3:4", "knee"):
        with pytest.raises(InvalidInput, match="stop: must be"):
            rule_from_text(text)
    with pytest.raises(InvalidInput, match="confidence: must lie between 0 and 1"):
        rule_from_text("error_bound:0.05:95")


def test_agreement_by_hand() -> None:
    # Table [[40, 10], [5, 45]]: agreed 0.85; by chance 0.5 * 0.45 + 0.5 * 0.55 = 0.5; kappa 0.7.
    before = np.repeat([0, 0, 1, 1], [40, 10, 5, 45])
    after = np.repeat([0, 1, 0, 1], [40, 10, 5, 45])
    kappa, changed, delta_f = agreement(before, after)
    assert kappa == pytest.approx(0.7)
    assert changed == pytest.approx(0.15)
    assert delta_f == pytest.approx(1 - (80 / 95 + 90 / 105) / 2)
    assert agreement(np.zeros(3, dtype=int), np.zeros(3, dtype=int)) == (1.0, 0.0, 0.0)


def test_a_glance_holds_entropy_over_that_of_knowing_nothing() -> None:
    seen = glance(7, [[0.5, 0.5], [1.0, 0.0]], foretold=[True, False, True, True], foretold_probs=[0.5, 0.7])
    assert seen.uncertainty == pytest.approx(0.5)
    assert seen.confidence == pytest.approx(0.75)
    assert (seen.kappa, seen.batch_right, seen.batch_confidence) == (None, 0.75, pytest.approx(0.6))


def test_the_stop_set_is_the_same_for_the_same_seed_and_at_most_two_thousand() -> None:
    assert stop_rows(5000, 1).tolist() == stop_rows(5000, 1).tolist()
    assert len(stop_rows(5000, 1)) == 2000
    assert stop_rows(30, 1).tolist() == list(range(30))


def test_predictions_are_stable_at_a_mean_kappa_over_three_rounds() -> None:
    verdict = StablePredictions().verdict([], OPEN, models(kappa=[0.5, 0.98, 0.99, 1.0]))
    assert verdict.stop
    assert verdict.figure == pytest.approx(0.99)
    assert not StablePredictions().verdict([], OPEN, models(kappa=[0.98, 0.98, 0.99])).stop
    assert "2 of the 3" in StablePredictions().verdict([], OPEN, models(kappa=[1.0, 1.0])).sentence


def test_delta_f_and_change_and_uncertainty_look_at_the_worst_of_their_window() -> None:
    assert DeltaF().verdict([], OPEN, models(delta_f=[0.2, 0.005, 0.001, 0.0])).stop
    assert not DeltaF().verdict([], OPEN, models(delta_f=[0.005, 0.001, 0.006])).stop
    assert ClassificationChange(0.01).verdict([], OPEN, models(changed=[0.2, 0.01])).stop
    assert not ClassificationChange(0.01, 2).verdict([], OPEN, models(changed=[0.2, 0.01])).stop
    assert OverallUncertainty().verdict([], OPEN, models(uncertainty=[0.3, 0.05])).figure == 0.05
    assert not OverallUncertainty().verdict([], OPEN, models(uncertainty=[0.01, 0.06])).stop


def test_what_was_foretold_of_a_batch_must_be_right_twice() -> None:
    assert MinimalError(0.9).verdict([], OPEN, models(batch_right=[0.9, 0.95])).stop
    assert not MinimalError(0.9).verdict([], OPEN, models(batch_right=[0.85, 1.0])).stop
    assert MaxConfidence(0.9).verdict([], OPEN, models(batch_confidence=[0.5, 0.92, 0.93])).stop


def test_confidence_must_have_peaked_before_it_falls() -> None:
    rule = ContradictingInformation()
    assert rule.verdict([], OPEN, models(confidence=[0.7, 0.9, 0.89, 0.88, 0.87])).stop
    assert not rule.verdict([], OPEN, models(confidence=[0.9, 0.89, 0.88, 0.87])).stop
    wavering = rule.verdict([], OPEN, models(confidence=[0.7, 0.9, 0.89, 0.9, 0.87]))
    assert (wavering.stop, wavering.figure) == (False, 1.0)


def test_a_moving_median_passes_over_one_lucky_round() -> None:
    # medians of three: 0.80, 0.80, 0.81; x of them 300, 400, 500: slope 0.005 per 100
    points = [Point(100 * (i + 1), 0.0, {"accuracy": v}) for i, v in enumerate([0.7, 0.8, 0.95, 0.8, 0.81])]
    verdict = PerformanceGradient("accuracy", 0.006).verdict(points, OPEN)
    assert verdict.figure == pytest.approx(0.005)
    assert verdict.stop
    assert not PerformanceGradient("accuracy", 0.004).verdict(points, OPEN).stop


def test_forecasts_draw_the_last_figures_on() -> None:
    halving = models(changed=[0.16, 0.08, 0.0533333])  # 16 over n, in hundreds
    ahead = ClassificationChange(0.04).verdict([], OPEN, halving).forecast
    assert ahead == pytest.approx(100, abs=2)  # 0.04 at 400 labels; 300 are there
    assert ClassificationChange(0.04).verdict([], OPEN, models(changed=[0.1, 0.1, 0.1])).forecast is None
    assert ClassificationChange(0.04).verdict([], OPEN, models(changed=[0.1, 0.1, 0.01])).forecast == 0
    left = BudgetSpent().verdict([], Spending(10, 5.0, None, 20.0))
    assert left.forecast == 40  # at half a dollar each
    curve = [Point(n, 0.0, {"accuracy": 0.5 + 0.1 * math.log2(n / 100)}) for n in (100, 200, 400)]
    assert TargetReached("accuracy", 0.8).verdict(curve, OPEN).forecast == pytest.approx(400, abs=2)


def test_the_error_bound_stops_where_it_is_proven_and_counts_what_is_missing() -> None:
    rule = ErrorBound(0.05)
    few, many = (Evidence(draws=Draws.uniform(5000, np.zeros(n))) for n in (40, 90))
    assert rule.verdict([], OPEN, many).stop
    going = rule.verdict([], OPEN, few)
    assert not going.stop
    assert going.figure is not None
    assert going.figure > 0.05
    assert going.forecast is not None
    assert 20 < going.forecast < 60
    assert "0.5" not in going.outlook


def test_the_hypergeometric_chance_by_hand() -> None:
    # Ten relevant, then 40 not, of 100: with recall below 0.8 three or more of the 90 left after them were missed
    # (floor(10 / 0.8 - 10 + 1) = 3); none among 40 of 90: C(50, 3) / C(90, 3) = 19600 / 117480 = 0.1668. No other
    # beginning is less likely.
    seen = search([1] * 10 + [0] * 40, 100).searches["yes"]
    assert Hypergeometric("yes", 0.8).chance(seen) == pytest.approx(19600 / 117480)
    assert Hypergeometric("yes", 0.8, 0.8).verdict([], OPEN, search([1] * 10 + [0] * 40, 100)).stop
    assert not Hypergeometric("yes", 0.8, 0.9).verdict([], OPEN, search([1] * 10 + [0] * 40, 100)).stop
    assert Hypergeometric("yes", 0.8).verdict([], OPEN, search([1] * 10 + [0] * 88, 100)).stop  # only two are left


def test_the_forecast_of_a_search_is_the_run_that_it_takes() -> None:
    rule = Hypergeometric("yes", 0.8, 0.9)
    verdict = rule.verdict([], OPEN, search([1] * 10 + [0] * 40, 100))
    assert verdict.forecast is not None
    more = verdict.forecast
    assert rule.verdict([], OPEN, search([1] * 10 + [0] * (40 + more), 100)).stop
    assert not rule.verdict([], OPEN, search([1] * 10 + [0] * (39 + more), 100)).stop


def test_a_search_that_draws_refutes_what_a_blind_draw_would_have_met() -> None:
    # Of 1,000 items 60 are found among 300; then 400 of the 700 left are drawn without another. Were R more missing,
    # the 390 after the first ten would all be others with chance prod (1 - R / left); bets that reckon with none lose
    # log(0.9 * 0.5) and next to nothing.
    chances = np.r_[np.full(300, np.nan), 1 / (700 - np.arange(400))]
    relevant = np.r_[np.tile([1, 0, 0, 0, 0], 60), np.zeros(400)].astype(bool)
    most = most_relevant(Screened(1000, relevant, chances), 0.05) - 60
    for missing, standing in ((most, True), (most + 1, False)):
        left = 690 - np.arange(390)
        log_under = float(np.log1p(-missing / left).sum())
        worth = math.log(0.9 * 0.5) - log_under
        assert (worth < math.log(20)) is standing or abs(worth - math.log(20)) < 0.12


def test_picks_and_a_random_share_prove_nothing_of_recall() -> None:
    picked = search([1] * 5 + [0] * 80, 100).searches["yes"]
    assert most_relevant(picked, 0.05) == 20
    mixed = np.where(np.arange(85) % 10 == 0, 1 / (100 - np.arange(85)), np.nan)
    assert most_relevant(Screened(100, picked.relevant, mixed), 0.05) == 20


def test_the_bound_on_what_is_relevant_holds_at_every_look_and_the_scan_does_not() -> None:
    rng, n_runs = np.random.default_rng(3), 150
    broken = scanned = 0
    for _ in range(n_runs):
        truth = np.zeros(200, dtype=bool)
        truth[rng.choice(200, 12, replace=False)] = True
        looked = truth[rng.permutation(200)]
        chances = 1 / (200 - np.arange(200))
        early = scan = False
        for n in range(20, 200, 3):
            seen = Screened(200, looked[:n], chances[:n])
            early |= n % 4 == 0 and most_relevant(seen, 0.1) < 12
            scan |= looked[:n].sum() < 0.8 * 12 and Hypergeometric("yes", 0.8, 0.9).chance(seen) < 0.1
        broken += early
        scanned += scan
    # 150 at 10 %: 15, and 26 with three standard errors
    assert broken <= 26
    assert scanned > 26


def test_estimates_of_a_search_by_hand() -> None:
    # Every item drawn: before + y / q is 4 * (0, 0), ... ; all ten drawn of twenty, two relevant first.
    drawn = search([1, 1] + [0] * 8, 20, drawn=True)
    figures = np.array([20.0, 1 + 19.0, *[2.0] * 8])
    upper = figures.mean() + 1.645 * figures.std(ddof=1) / math.sqrt(10)
    assert AutoStop("yes").verdict([], OPEN, drawn).figure == pytest.approx(2 / upper)
    quant = QuantCI("yes", 0.9, 2.0).verdict(
        [], OPEN, search([1] * 9 + [0], 20, expected_left=0.5, variance_left=0.0625)
    )
    assert quant.figure == pytest.approx(9 / 10)
    assert quant.stop


def test_the_knee_by_hand() -> None:
    # 200 found in 200, then none in 800: before 1 each, after 1 in 800. 200 found need a ratio of 6.
    verdict = Knee("yes").verdict([], OPEN, search([1] * 200 + [0] * 800, 5000))
    assert verdict.figure == pytest.approx(800)
    assert verdict.stop
    few = Knee("yes").verdict([], OPEN, search([1] * 10 + [0] * 100, 5000))
    assert not few.stop  # ten found need 146
    assert few.forecast == 46


def test_a_target_set_must_be_complete_and_found_again() -> None:
    assert TargetSet("yes").verdict([], OPEN, search([1], 9, targets=10, targets_found=10)).stop
    assert not TargetSet("yes").verdict([], OPEN, search([1], 9, targets=10, targets_found=9)).stop
    assert "9 of the 10" in TargetSet("yes").verdict([], OPEN, search([1], 9, targets=9, targets_found=9)).sentence


def test_safe_waits_for_all_of_its_conditions() -> None:
    # Ten drawn, one relevant: about 20 of 200, so 40 must be looked at.
    relevant, chances = np.zeros(100, dtype=bool), np.full(100, np.nan)
    relevant[[3, 30]] = True
    chances[:10] = 1 / (200 - np.arange(10))
    seen = Screened(200, relevant, chances)
    assert Safe("yes").verdict([], OPEN, Evidence(searches={"yes": seen})).stop
    early = Evidence(searches={"yes": Screened(200, relevant[:60], chances[:60])})
    verdict = Safe("yes").verdict([], OPEN, early)
    assert (verdict.stop, verdict.figure, verdict.forecast) == (False, 29.0, 21)
    keyed = Evidence(searches={"yes": Screened(200, relevant, chances, targets=2, targets_found=1)})
    assert not Safe("yes").verdict([], OPEN, keyed).stop


@given(st.lists(st.booleans(), min_size=1, max_size=60))
def test_another_empty_item_never_makes_a_search_look_less_complete(relevant: list[bool]) -> None:
    n = len(relevant)
    for rule in (Hypergeometric("yes"), RecallBound("yes"), Safe("yes")):
        before = rule.verdict([], OPEN, search([int(r) for r in relevant], n + 40, drawn=True)).figure
        after = rule.verdict([], OPEN, search([*(int(r) for r in relevant), 0], n + 40, drawn=True)).figure
        assert before is not None
        assert after is not None
        assert after >= before - 1e-9


@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=8), st.floats(0.01, 0.98))
def test_a_stricter_level_never_stops_where_a_looser_one_does_not(kappas: list[float], level: float) -> None:
    seen = models(kappa=kappas)
    strict, loose = (StablePredictions(x).verdict([], OPEN, seen).stop for x in (level + 0.01, level))
    assert loose or not strict
