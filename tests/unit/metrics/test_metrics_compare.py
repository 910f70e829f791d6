"""Paired tests by hand, and their error rates over many made-up seeds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from querist.core.errors import InvalidInput
from querist.core.evidence import Point, Run
from querist.metrics.compare import MOST_SEEDS_EXACT, compare, holm, sign_flip, study


def runs(strategy: str, *heights: float, n: tuple[int, int] = (10, 20)) -> list[Run]:
    return [
        Run(strategy, seed, tuple(Point(k, 0.1 * k, {"accuracy": h, "loss": 1 - h}) for k in n))
        for seed, h in enumerate(heights)
    ]


def test_the_difference_in_area_has_a_paired_t_interval() -> None:
    found = compare(runs("margin", 0.62, 0.74, 0.83), runs("random", 0.6, 0.7, 0.8), "accuracy")
    # differences 0.02, 0.04, 0.03: mean 0.03, s 0.01, t 4.3027
    half = 4.302652729911275 * 0.01 / np.sqrt(3)
    assert found.difference.value == pytest.approx(0.03)
    assert (found.difference.low, found.difference.high) == (pytest.approx(0.03 - half), pytest.approx(0.03 + half))
    assert (found.n_seeds, found.wins, found.p_value, found.p_adjusted) == (3, 3, 0.25, 0.25)


def test_areas_are_taken_over_the_labels_that_both_cover() -> None:
    ours = [Run("margin", s, (Point(10, 0, {"a": 0.5}), Point(30, 0, {"a": 0.9}))) for s in (0, 1)]
    base = [Run("random", s, (Point(10, 0, {"a": 0.5}), Point(20, 0, {"a": 0.5}))) for s in (0, 1)]
    assert compare(ours, base, "a").difference.value == pytest.approx(0.1)  # 0.5 to 0.7 against 0.5


def test_for_a_loss_the_smaller_area_wins() -> None:
    found = compare(runs("margin", 0.9, 0.9), runs("random", 0.8, 0.95), "loss", higher_is_better=False)
    assert found.wins == 1
    assert found.difference.value == pytest.approx((-0.1 + 0.05) / 2)


def test_one_shared_seed_is_refused() -> None:
    with pytest.raises(InvalidInput, match="margin and random share 1"):
        compare(runs("margin", 0.5), runs("random", 0.5, 0.6), "accuracy")


def test_runs_of_budgets_that_do_not_meet_are_refused() -> None:
    with pytest.raises(InvalidInput, match="must overlap"):
        compare(runs("margin", 0.5, 0.6), runs("random", 0.5, 0.6, n=(30, 40)), "accuracy")


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1, 1, 1, 1, 1], 2 / 32),  # five seeds: no smaller p exists
        ([3, 2, -1], 4 / 8),  # of 8 sums, ±4 itself and ±6 are as far from 0
        ([0.1, 0.2, 0.3], 2 / 8),  # 0.1 + 0.2 and 0.3 differ in the last bit
        ([0, 0], 1.0),
        ([5], 1.0),
    ],
)
def test_the_exact_test_counts_sign_patterns(differences: list[float], p: float) -> None:
    assert sign_flip(differences) == p


def test_the_exact_test_agrees_with_scipy() -> None:
    d = np.random.default_rng(5).normal(0.4, 1, size=9)
    theirs = stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert sign_flip(d) == pytest.approx(theirs.pvalue)


def test_many_seeds_are_judged_by_students_t() -> None:
    d = np.random.default_rng(5).normal(0.4, 1, size=MOST_SEEDS_EXACT + 1)
    assert sign_flip(d) == pytest.approx(stats.ttest_1samp(d, 0).pvalue)
    assert sign_flip(np.ones(20)) == 0


def test_the_exact_and_the_t_test_meet_where_one_takes_over() -> None:
    d = np.random.default_rng(8).normal(0.5, 1, size=MOST_SEEDS_EXACT)
    assert sign_flip(d) == pytest.approx(stats.ttest_1samp(d, 0).pvalue, abs=0.01)


@pytest.mark.parametrize("n_seeds", [5, 8, 15])
def test_without_a_difference_the_test_errs_no_more_often_than_it_says(n_seeds: int) -> None:
    rng = np.random.default_rng(2)
    n = 2000
    p = np.array([sign_flip(rng.normal(size=n_seeds)) for _ in range(n)])
    for bound in (0.05, 0.1):
        # four standard errors of a share of 2,000: a right test fails this once in 30,000
        assert np.mean(p <= bound) <= bound + 4 * np.sqrt(bound * (1 - bound) / n)


def test_the_interval_of_the_difference_covers_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    n, covered = 1000, 0
    for _ in range(n):
        noise = rng.normal(0, 0.02, 5)
        found = compare(runs("margin", *(0.73 + noise)), runs("random", 0.7, 0.7, 0.7, 0.7, 0.7), "accuracy")
        covered += found.difference.low <= 0.03 <= found.difference.high
    assert abs(covered / n - 0.95) <= 4 * np.sqrt(0.95 * 0.05 / n)


def test_holm_multiplies_the_smallest_by_their_number() -> None:
    np.testing.assert_allclose(holm([0.04, 0.01, 0.5, 0.03]), [0.09, 0.04, 0.5, 0.09])
    assert holm([]).size == 0
    assert holm([0.9, 0.8]).tolist() == [1.0, 1.0]


def test_a_p_value_beyond_one_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"row 1 is 1\.5"):
        holm([0.5, 1.5])


def test_a_study_holds_every_curve_level_and_comparison() -> None:
    everything = [*runs("margin", 0.7, 0.8, 0.9), *runs("random", 0.6, 0.7, 0.7), *runs("entropy", 0.6, 0.6, 0.6)]
    found = study("Digits", everything, "accuracy", baseline="random", facts={"data": "digits"}, n_boot=50)
    assert [(c.strategy, c.metric) for c in found.curves] == [
        (s, m) for m in ("accuracy", "loss") for s in ("random", "margin", "entropy")
    ]
    assert [c.strategy for c in found.comparisons] == ["margin", "entropy"]
    assert len(found.efficiencies) == 6
    assert [c.p_adjusted for c in found.comparisons] == [0.5, 0.5]  # 0.25 and 0.5, the smaller one doubled
    assert found.facts == {"data": "digits", "higher_is_better": True}
    assert len(found.runs) == 9


def test_a_study_of_one_seed_has_curves_and_no_comparison() -> None:
    found = study("Once", [*runs("random", 0.6), *runs("margin", 0.7)], "accuracy", baseline="random")
    assert found.comparisons == ()
    assert len(found.efficiencies) == 3


def test_a_study_is_the_same_each_time() -> None:
    rng = np.random.default_rng(0)
    everything = [
        Run(s, k, tuple(Point(n, 0, {"a": float(rng.random())}) for n in (1, 2, 3, 4)))
        for s in ("random", "margin")
        for k in range(4)
    ]
    assert study("A", everything, "a", baseline="random", n_boot=50).efficiencies == (
        study("A", everything, "a", baseline="random", n_boot=50).efficiencies
    )


def test_a_baseline_that_was_not_run_is_refused() -> None:
    with pytest.raises(InvalidInput, match="baseline: must be one of the strategies run, 'margin'; got 'random'"):
        study("A", runs("margin", 0.5), "accuracy", baseline="random")
