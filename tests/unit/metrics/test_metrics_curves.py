"""Curves, bands and areas by hand."""

from __future__ import annotations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.evidence import Point, Run
from querist.metrics.curves import align, area, curve, paired, per_thousand


def run(seed: int, line: dict[int, float], strategy: str = "random", usd: float = 0.5) -> Run:
    return Run(strategy, seed, tuple(Point(n, n * usd, {"accuracy": a}) for n, a in line.items()))


def test_the_band_is_students_t_over_seeds() -> None:
    c = curve([run(0, {10: 0.6, 20: 0.8}), run(1, {10: 0.8, 20: 0.8}), run(2, {10: 0.7, 20: 0.8})], "accuracy")
    np.testing.assert_allclose(c.mean, [0.7, 0.8])
    np.testing.assert_allclose(c.high - c.mean, [4.302652729911275 * 0.1 / np.sqrt(3), 0], atol=1e-12)
    np.testing.assert_allclose(c.mean - c.low, c.high - c.mean)
    np.testing.assert_allclose(c.cost_usd, [5, 10])
    assert c.n_runs == 3


def test_one_run_has_a_band_of_no_width() -> None:
    c = curve([run(0, {10: 0.6, 20: 0.8})], "accuracy")
    np.testing.assert_array_equal(c.low, c.mean)
    np.testing.assert_array_equal(c.high, c.mean)
    assert c.n_runs == 1


def test_runs_measured_at_other_numbers_are_read_off_straight_lines() -> None:
    c = curve([run(0, {10: 0.5, 30: 0.9}), run(1, {10: 0.5, 20: 0.6, 30: 0.9})], "accuracy")
    assert c.n_labels.tolist() == [10, 20, 30]
    np.testing.assert_allclose(c.mean, [0.5, 0.65, 0.9])


def test_the_grid_is_cut_to_what_all_runs_cover() -> None:
    table = align([run(0, {10: 0.5, 20: 0.6, 40: 0.7}), run(1, {20: 0.5, 30: 0.6})], "accuracy")
    assert table.n_labels.tolist() == [20, 30]
    np.testing.assert_allclose(table.values, [[0.6, 0.65], [0.5, 0.6]])


def test_points_without_the_metric_are_passed_over() -> None:
    early = Run("random", 0, (Point(5, 0.0, {}), Point(10, 0.0, {"auc": 0.7}), Point(20, 0.0, {"auc": 0.9})))
    assert curve([early], "auc").n_labels.tolist() == [10, 20]


def test_the_area_is_the_mean_height_over_the_labels() -> None:
    r = run(0, {0: 0.0, 10: 1.0, 20: 1.0})
    assert area(r, "accuracy") == pytest.approx(0.75)
    assert area(r, "accuracy", span=(5, 15)) == pytest.approx((5 * 0.75 + 5 * 1.0) / 10)
    assert area(run(0, {10: 0.4}), "accuracy") == 0.4


def test_the_gain_per_thousand_labels() -> None:
    assert per_thousand(curve([run(0, {100: 0.5, 600: 0.8})], "accuracy")) == pytest.approx(0.6)
    assert per_thousand(curve([run(0, {100: 0.5})], "accuracy")) is None


def test_pairs_are_runs_of_one_seed() -> None:
    ours = [run(s, {10: 0.5}, "margin") for s in (4, 2, 1)]
    pairs = paired(ours, [run(s, {10: 0.5}) for s in (1, 2, 3)])
    assert [(a.strategy, a.seed, b.strategy, b.seed) for a, b in pairs] == [
        ("margin", 1, "random", 1),
        ("margin", 2, "random", 2),
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: curve([], "accuracy"), "runs: must hold at least one run"),
        (
            lambda: curve([run(0, {1: 0.5}), run(1, {1: 0.5}, "margin")], "accuracy"),
            "of one strategy; got margin, random",
        ),
        (lambda: curve([run(0, {1: 0.5}), run(0, {1: 0.5})], "accuracy"), "random has seed 0 twice"),
        (lambda: curve([run(0, {1: 0.5})], "auc"), r"seed 0 never has 'auc' \(it has accuracy\)"),
        (lambda: curve([run(0, {1: 0.5, 2: 0.5}), run(1, {3: 0.5})], "accuracy"), "starts at 3 labels .* ended at 2"),
        (lambda: curve([run(0, {1: 0.5})], "accuracy", level=95), "level: must be a confidence"),
        (lambda: area(run(0, {5: 0.5, 9: 0.5}), "accuracy", span=(1, 9)), "span: must lie within 5 to 9 labels"),
        (lambda: paired([run(0, {1: 0.5})], [run(1, {1: 0.5})]), r"got seeds \[0\] against \[1\]"),
        (lambda: paired([run(0, {1: 0.5})], [run(1, {1: 0.5})] * 2), "seed 1 twice"),
    ],
)
def test_runs_that_cannot_be_put_together_are_refused(call: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()  # type: ignore[operator]
