"""What holds of every score, curve and ratio, whatever the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from querist.core.evidence import Point, Run
from querist.metrics.calibration import ece, reliability
from querist.metrics.compare import holm, sign_flip
from querist.metrics.curves import area, curve
from querist.metrics.efficiency import efficiencies
from querist.metrics.scores import evaluate, roc_auc

SOME = settings(deadline=None, max_examples=60)


@st.composite
def predictions(draw: Any) -> tuple[np.ndarray, np.ndarray]:
    n, k = draw(st.integers(1, 30)), draw(st.integers(2, 5))
    raw = draw(arrays(np.float64, (n, k), elements=st.floats(0, 1, width=16))) + 1e-3
    return draw(arrays(np.int64, n, elements=st.integers(0, k - 1))), raw / raw.sum(axis=1, keepdims=True)


heights = st.lists(st.floats(0, 1), min_size=3, max_size=8)


def run(strategy: str, seed: int, line: list[float], step: int = 10) -> Run:
    return Run(strategy, seed, tuple(Point(step * (i + 1), 0.0, {"a": h}) for i, h in enumerate(line)))


@SOME
@given(predictions(), st.randoms(use_true_random=False))
def test_the_order_of_items_does_not_matter(data: tuple[np.ndarray, np.ndarray], random: Any) -> None:
    y, probs = data
    order = random.sample(range(len(y)), len(y))
    classes = [str(c) for c in range(probs.shape[1])]
    before, after = evaluate(y, probs, classes=classes), evaluate(y[order], probs[order], classes=classes)
    assert before.keys() == after.keys()
    np.testing.assert_allclose(list(before.values()), list(after.values()), atol=1e-9)


@SOME
@given(predictions())
def test_scores_are_finite_and_within_their_bounds(data: tuple[np.ndarray, np.ndarray]) -> None:
    y, probs = data
    found = evaluate(y, probs, classes=[str(c) for c in range(probs.shape[1])])
    for name, value in found.items():
        assert np.isfinite(value)
        if name != "log_loss":
            assert -1e-12 <= value <= (2 if name == "brier" else 1) + 1e-12


@SOME
@given(predictions())
def test_reversing_the_scores_of_two_classes_reverses_the_auc(data: tuple[np.ndarray, np.ndarray]) -> None:
    # Steps of 2^-10: what 1 - p would round together, or apart, is a tie on one side only.
    first = np.round(data[1][:, 0] * 1024) / 1024
    y, probs = (data[0] == 0).astype(int), np.column_stack([first, 1 - first])
    there, back = roc_auc(y, probs), roc_auc(y, probs[:, ::-1])
    assert (there is None) == (back is None)
    if there is not None and back is not None:
        np.testing.assert_allclose(there + back, 1)


@SOME
@given(predictions(), st.integers(1, 20))
def test_reliability_bins_account_for_every_item_and_for_the_error(
    data: tuple[np.ndarray, np.ndarray], n_bins: int
) -> None:
    bins = np.array(reliability(*data, n_bins=n_bins))
    np.testing.assert_allclose(bins[:, 2].sum(), 1)
    np.testing.assert_allclose(np.sum(bins[:, 2] * abs(bins[:, 0] - bins[:, 1])), ece(*data, n_bins=n_bins))


@SOME
@given(st.lists(heights.map(lambda h: (h * 3)[:5]), min_size=1, max_size=6))
def test_a_band_holds_its_mean_and_an_area_lies_between_the_extremes(lines: list[list[float]]) -> None:
    group = [run("random", seed, line) for seed, line in enumerate(lines)]
    c = curve(group, "a")
    assert np.all(c.low <= c.mean)
    assert np.all(c.mean <= c.high)
    for r, line in zip(group, lines, strict=True):
        assert min(line) - 1e-12 <= area(r, "a") <= max(line) + 1e-12


@SOME
@given(st.lists(heights.map(lambda h: (h * 3)[:5]), min_size=1, max_size=5), st.integers(0, 99))
def test_equal_runs_have_a_ratio_of_one_inside_their_interval(lines: list[list[float]], seed: int) -> None:
    ours, base = ([run(name, s, line) for s, line in enumerate(lines)] for name in ("margin", "random"))
    for found in efficiencies(ours, base, "a", rng=np.random.default_rng(seed), n_boot=20):
        assert found.ratio is not None
        assert found.ratio.value == 1
        assert found.ratio.low <= 1 <= found.ratio.high


@SOME
@given(st.lists(heights.map(lambda h: sorted((h * 3)[:6])), min_size=1, max_size=4), st.integers(2, 4))
def test_a_strategy_k_times_as_fast_has_a_ratio_of_k(lines: list[list[float]], k: int) -> None:
    base = [run("random", s, line, step=10 * k) for s, line in enumerate(lines)]
    ours = [run("margin", s, line, step=10) for s, line in enumerate(lines)]
    for found in efficiencies(ours, base, "a", rng=np.random.default_rng(0), n_boot=20):
        assert found.ratio is not None
        np.testing.assert_allclose([found.ratio.value, found.ratio.low, found.ratio.high], k)


@SOME
@given(st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=9))
def test_the_sign_flip_test_is_two_sided_and_at_least_its_smallest_step(differences: list[float]) -> None:
    p = sign_flip(differences)
    assert p == sign_flip([-d for d in differences])
    assert 2 / 2 ** len(differences) <= p <= 1


@SOME
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_raises_p_values_and_keeps_their_order(p_values: list[float]) -> None:
    p, adjusted = np.array(p_values), holm(p_values)
    assert np.all(adjusted >= p)
    assert np.all(adjusted <= np.minimum(1, len(p) * p) + 1e-12)
    assert np.all(np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0)
