"""Sentences made from numbers: what is claimed, and what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from querist.core.evidence import Comparison, Curve, Efficiency, Interval, Study
from querist.report import study_reading, study_sentence, study_table, study_title
from querist.report.findings import finding, verdict
from querist.report.formatting import between


def curve(strategy: str, end: float) -> Curve:
    mean = np.array([0.5, end])
    return Curve(strategy, "accuracy", np.array([20.0, 400.0]), np.zeros(2), mean, mean, mean, n_runs=5)


def saved(strategy: str, labels: float | None, base: float | None, ratio: Interval | None, **more: float) -> Efficiency:
    return Efficiency(strategy, "random", "accuracy", 0.95, labels, base, ratio, **more)


def versus(strategy: str = "margin", low: float = 0.02, high: float = 0.04, p: float = 0.01, n: int = 8) -> Comparison:
    return Comparison(strategy, "random", "accuracy", Interval((low + high) / 2, low, high), p, p, n, n)


RATIO = Interval(2.5, 2.1, 2.9, method="percentile bootstrap over 8 seeds")


def study(comparison: Comparison | None, efficiency: Efficiency | None = None, **facts: object) -> Study:
    strategy = comparison.strategy if comparison else "margin"
    efficiency = efficiency or saved(strategy, 120, 300, RATIO)
    return Study(
        "Tickets",
        "accuracy",
        "random",
        (),
        (curve("random", 0.95), curve(strategy, 0.97)),
        (efficiency,),
        (comparison,) if comparison else (),
        facts,
    )


def test_a_clear_result_is_one_sentence_with_its_interval() -> None:
    found = finding(study(versus()))
    assert found.verdict == "better"
    assert found.headline == (
        "To reach 0.950 accuracy, random needed 300 labels and margin 120: 2.5× fewer [2.1 to 2.9]."
    )
    assert found.details == (
        "Over the whole budget, the accuracy of margin lay 0.030 higher on the mean [+0.020 to +0.040], "
        "ahead in 8 of 8 seeds; p = 0.010.",
    )


def test_too_few_seeds_to_prove_anything_is_said() -> None:
    found = finding(study(versus(p=0.0625, n=5)))
    assert found.verdict == "likely better"
    assert found.details[1] == (
        "This is likely, not proven: p = 0.062, and with 5 seeds an exact test cannot give a p-value below 0.062. "
        "6 seeds can settle it."
    )


def test_enough_seeds_and_still_no_proof_is_said() -> None:
    found = finding(study(versus(p=0.08, n=10)))
    assert found.details[1] == "This is likely, not proven: the exact test has p = 0.080."


def test_no_difference_is_said_plainly() -> None:
    found = finding(study(versus(low=-0.01, high=0.02, p=0.5)))
    assert found.verdict == "same"
    assert "margin was not told apart from random" in found.headline
    assert "fewer" not in found.headline
    assert "−0.010 to +0.020" in found.details[0]


@pytest.mark.parametrize(
    ("p", "words"), [(0.01, "random had the better accuracy"), (0.2, "random likely had the better")]
)
def test_a_strategy_that_loses_is_said_to_lose(p: float, words: str) -> None:
    found = finding(study(versus(low=-0.04, high=-0.02, p=p)))
    assert found.verdict == ("worse" if p < 0.05 else "likely worse")
    assert words in found.headline


def test_for_a_loss_less_is_better() -> None:
    lower = study(versus(low=-0.04, high=-0.02), higher_is_better=False)
    assert finding(lower).verdict == "better"
    assert "0.030 lower on the mean" in finding(lower).details[0]


def test_the_best_of_several_is_named_and_those_as_good_as_well() -> None:
    several = study(versus("entropy"))
    several = replace(
        several,
        comparisons=(versus("entropy"), versus("margin", 0.03, 0.05), versus("badge", -0.01, 0.02, 0.6)),
        curves=(*several.curves, curve("margin", 0.97), curve("badge", 0.95)),
        efficiencies=(
            saved("entropy", 150, 300, RATIO),
            saved("margin", 120, 300, RATIO),
            saved("badge", 290, 300, RATIO),
        ),
    )
    found = finding(several)
    assert found.strategy == "margin"
    assert found.details[-1] == "Better than random as well: entropy."
    assert verdict(several, several.comparisons[2]) == "same"


def test_a_level_that_random_never_reached_bounds_the_claim() -> None:
    found = finding(study(versus(), saved("margin", 120, None, None, at_least=3.3)))
    assert found.headline == (
        "To reach 0.950 accuracy, random never had enough labels, while margin needed 120: at least 3.3× fewer."
    )


def test_a_level_that_the_strategy_never_reached_is_not_hidden() -> None:
    assert "did not reach the 0.950 of random" in finding(study(versus(), saved("margin", None, 300, None))).headline


def test_better_on_the_whole_but_not_at_the_level_is_said() -> None:
    ratio = Interval(0.9, 0.7, 1.2, method="percentile bootstrap over 8 seeds")
    found = finding(study(versus(), saved("margin", 330, 300, ratio)))
    assert found.headline == (
        "margin was better over the budget as a whole. To reach 0.950 accuracy, random needed 300 labels and margin "
        "330: 0.90× [0.70 to 1.2]."
    )


def test_one_seed_proves_nothing_and_claims_no_interval() -> None:
    alone = Interval(2.5, 2.5, 2.5, method="one seed: no interval")
    found = finding(study(None, saved("margin", 120, 300, alone)))
    assert found.verdict == "unknown"
    assert found.headline == "One seed cannot tell a better strategy from a lucky one."
    assert "random reached 0.950 accuracy with 300 labels, margin with 120" in found.details[0]
    assert between(alone) == "–"


def test_the_baseline_alone_has_nothing_to_be_compared_with() -> None:
    alone = replace(study(None), curves=(curve("random", 0.9),), efficiencies=())
    assert "there is nothing to compare it with" in study_sentence(alone)


def test_of_strategies_that_win_the_headline_is_of_the_one_that_needed_the_fewest_labels() -> None:
    two = study(versus("entropy", 0.05, 0.09))
    two = replace(
        two,
        comparisons=(versus("entropy", 0.05, 0.09), versus("margin"), versus("badge", 0.02, 0.04, p=0.2)),
        curves=(*two.curves, curve("margin", 0.97), curve("badge", 0.97)),
        efficiencies=(
            saved("entropy", 150, 300, Interval(2.0, 1.8, 2.2)),
            saved("margin", 120, 300, RATIO),
            saved("badge", 60, 300, Interval(5.0, 0.0, 9.0)),
        ),
    )
    found = finding(two)
    assert found.strategy == "margin", "entropy has the larger area, and badge's lead is not proven"
    assert "and margin 120: 2.5× fewer" in found.headline


def test_an_interval_from_nought_is_explained() -> None:
    missed = saved("margin", 120, 300, Interval(2.5, 0.0, 5.6, method="percentile bootstrap over 5 seeds"))
    of_it = study(versus(), missed)
    assert finding(of_it).details[0] == (
        "The interval begins at 0.00, for in some resamples of the seeds margin did not reach that level."
    )
    assert "An interval from 0.00: in some resamples" in study_reading([of_it])
    assert "0.00" not in study_reading([study(versus())])


def test_what_so_few_seeds_can_prove_is_said_of_those_that_ran() -> None:
    assert "a paired test over 5 seeds, Holm-adjusted: with so few it is at least 0.062." in study_reading(
        [study(versus(n=5))]
    )
    ten = study(versus(n=10))
    assert study_reading([ten]).splitlines()[1].endswith("Holm-adjusted.")
    assert study_title(replace(ten, curves=tuple(replace(c, n_runs=1) for c in ten.curves))) == (
        "Tickets: accuracy, 1 seed"
    )


def test_the_headline_is_about_the_middle_level() -> None:
    three = tuple(replace(saved("margin", n, 300, RATIO), target=t) for n, t in ((90, 0.9), (120, 0.93), (200, 0.95)))
    assert finding(replace(study(versus()), efficiencies=three)).headline.startswith("To reach 0.930 accuracy")


def test_the_table_has_a_row_for_each_strategy_written_as_on_the_page() -> None:
    assert study_table(study(versus())) == [
        [
            "strategy",
            "accuracy",
            "to 0.950",
            "efficiency [95%]",
            "area",
            "p",
            "wins",
        ],
        ["random", "0.950", "300", "–", "–", "–", "–"],
        ["margin", "0.970", "120", "2.5× [2.1 to 2.9]", "+0.030", "0.010", "8 of 8"],
    ]
