"""Labels saved, by hand and on curves whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.evidence import Efficiency, Point, Run
from querist.metrics.efficiency import efficiencies, efficiency, labels_to_reach


def runs(strategy: str, *lines: dict[int, float]) -> list[Run]:
    return [
        Run(strategy, seed, tuple(Point(n, 0.0, {"accuracy": a}) for n, a in line.items()))
        for seed, line in enumerate(lines)
    ]


def compared(ours: list[Run], base: list[Run], target: float | None = None, **options: object) -> Efficiency:
    return efficiency(ours, base, "accuracy", target, rng=np.random.default_rng(0), n_boot=200, **options)  # type: ignore[arg-type]


SLOW = {10: 0.5, 20: 0.6, 40: 0.8}
FAST = {10: 0.5, 20: 0.8, 40: 0.9}


def test_labels_are_read_off_the_mean_curve() -> None:
    found = compared(runs("margin", FAST, FAST), runs("random", SLOW, SLOW), 0.7)
    assert found.labels == pytest.approx(10 + 10 * 0.2 / 0.3)
    assert found.baseline_labels == pytest.approx(30)
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(30 / (10 + 20 / 3))
    assert found.ratio.low == pytest.approx(found.ratio.high)  # equal seeds leave nothing to resample


def test_the_target_is_by_default_where_the_baseline_ended() -> None:
    found = compared(runs("margin", FAST), runs("random", SLOW))
    assert (found.target, found.labels, found.baseline_labels) == (0.8, 20.0, 40.0)


def test_a_dip_is_pooled_before_a_level_is_read() -> None:
    # least-squares rising fit of 0, .6, .4, 1 is 0, .5, .5, 1: level .6 is met between the last two, not at 10
    assert labels_to_reach(np.array([0.0, 10, 20, 30]), np.array([0.0, 0.6, 0.4, 1.0]), 0.6) == pytest.approx(22)


def test_a_level_met_from_the_start_needs_the_first_labels() -> None:
    assert labels_to_reach(np.array([10.0, 20]), np.array([0.5, 0.6]), 0.4) == 10


def test_one_seed_gives_a_value_and_says_that_it_has_no_interval() -> None:
    ratio = compared(runs("margin", FAST), runs("random", SLOW)).ratio
    assert ratio is not None
    assert (ratio.value, ratio.low, ratio.high, ratio.method) == (2, 2, 2, "one seed: no interval")


def test_a_level_that_only_the_baseline_misses_bounds_the_ratio_from_below() -> None:
    found = compared(runs("margin", FAST), runs("random", SLOW), 0.85)
    assert (found.ratio, found.baseline_labels) == (None, None)
    assert found.labels == pytest.approx(30)
    assert found.at_least == pytest.approx(40 / 30)


def test_a_level_that_the_strategy_misses_has_no_ratio() -> None:
    found = compared(runs("margin", SLOW), runs("random", FAST))
    assert (found.labels, found.ratio, found.at_least, found.baseline_labels) == (None, None, None, 40)


def test_a_level_that_both_miss_says_nothing() -> None:
    found = compared(runs("margin", SLOW), runs("random", FAST), 0.99)
    assert (found.labels, found.baseline_labels, found.ratio, found.at_least) == (None, None, None, None)


def test_a_resample_in_which_the_strategy_misses_pulls_the_low_end_to_zero() -> None:
    flat = {10: 0.5, 20: 0.5, 40: 0.5}
    ratio = compared(runs("margin", FAST, flat), runs("random", SLOW, SLOW), 0.65).ratio
    assert ratio is not None
    assert ratio.low == 0 < ratio.value
    assert "missed the target in" in ratio.method


def test_a_loss_is_reached_from_above() -> None:
    ours = runs("margin", {10: 1.0, 20: 0.2})
    base = runs("random", {10: 1.0, 20: 0.6, 40: 0.2})
    found = compared(ours, base, 0.4, higher_is_better=False)
    assert (found.labels, found.baseline_labels, found.target) == (pytest.approx(17.5), pytest.approx(30), 0.4)


def test_several_levels_are_shares_of_what_the_baseline_gained() -> None:
    found = efficiencies(
        runs("margin", FAST), runs("random", SLOW), "accuracy", rng=np.random.default_rng(0), shares=(0.5, 1.0)
    )
    assert [e.target for e in found] == pytest.approx([0.65, 0.8])
    assert [e.baseline_labels for e in found] == pytest.approx([25, 40])


def test_only_seeds_that_both_have_are_used() -> None:
    alone = compared(runs("margin", FAST), runs("random", SLOW), 0.7)
    more = compared(runs("margin", FAST, SLOW), runs("random", SLOW), 0.7)
    assert more == alone


def test_a_target_must_be_a_number() -> None:
    with pytest.raises(InvalidInput, match="target: must be a finite level"):
        compared(runs("margin", FAST), runs("random", SLOW), float("nan"))


def straight(strategy: str, shifts: np.ndarray, speed: float = 1.0) -> list[Run]:
    """Curves that are straight lines, so that what is read off them is exact."""
    return runs(strategy, *[{n: n * speed / 100 + float(shift) for n in (0, 50, 100, 150, 200)} for shift in shifts])


def test_the_interval_of_a_mean_is_as_long_as_students() -> None:
    # the baseline needs 100 - 100 * mean shift labels, the strategy always 50: the ratio is 2 - 2 * mean shift
    shifts = np.random.default_rng(3).normal(0, 0.05, 10)
    found = efficiency(
        straight("fast", np.zeros(10), 2), straight("slow", shifts), "accuracy", 1.0, rng=np.random.default_rng(0)
    )
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(2 - 2 * shifts.mean())
    students = 2 * 2.2621571628 * (2 * shifts).std(ddof=1) / np.sqrt(10)
    assert found.ratio.high - found.ratio.low == pytest.approx(students, rel=0.08)  # unwidened, it has 0.82 of it


def test_the_interval_covers_a_known_ratio_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    n_studies, covered = 150, 0
    for _ in range(n_studies):
        sides = [straight(name, rng.normal(0, 0.05, 5), speed) for name, speed in (("fast", 2.0), ("slow", 1.0))]
        found = efficiency(*sides, "accuracy", 1.0, rng=rng, n_boot=500)
        assert found.ratio is not None
        covered += found.ratio.low <= 2 <= found.ratio.high
    assert covered / n_studies >= 0.94 - 3 * np.sqrt(0.94 * 0.06 / n_studies)  # 0.94 is the most that five seeds allow
