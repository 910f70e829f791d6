"""What holds of the scores of spans, whatever the spans."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.metrics import evaluate_spans, per_class_spans

CLASSES = ["a", "b", "c"]
SPAN = st.tuples(st.integers(0, 8), st.integers(1, 5), st.integers(0, 2)).map(lambda s: (s[0], s[0] + s[1], s[2]))
SIDES = st.lists(st.tuples(st.lists(SPAN, max_size=5), st.lists(SPAN, max_size=5)), min_size=1, max_size=6)


@given(SIDES)
def test_scores_agree_with_counting_sets(sides: list[Any]) -> None:
    truth, found = zip(*sides, strict=True)
    scores = evaluate_spans(truth, found, classes=CLASSES)
    hits = sum(len(set(a) & set(b)) for a, b in sides)
    n_true, n_found = (sum(len(set(spans)) for spans in side) for side in (truth, found))
    assert scores["span_f1"] == pytest.approx(2 * hits / max(n_true + n_found, 1))
    assert scores["span_precision"] == pytest.approx(hits / max(n_found, 1))
    assert scores["span_recall"] == pytest.approx(hits / max(n_true, 1))
    cover = [
        [{(at, c) for start, end, c in spans for at in range(start, end)} for spans in side] for side in (truth, found)
    ]
    common = sum(len(a & b) for a, b in zip(*cover, strict=True))
    total = sum(len(part) for side in cover for part in side)
    assert scores["character_f1"] == pytest.approx(2 * common / max(total, 1))
    each = per_class_spans(truth, found, len(CLASSES))
    met = (each.support + each.n_predicted) > 0
    assert scores["span_macro_f1"] == pytest.approx(each.f1[met].mean() if met.any() else 0)
    assert each.support.sum() == n_true
    assert each.n_predicted.sum() == n_found


@given(SIDES, st.randoms(use_true_random=False))
def test_neither_the_order_of_items_nor_of_spans_matters(sides: list[Any], random: Any) -> None:
    before = evaluate_spans(*zip(*sides, strict=True), classes=CLASSES)
    shuffled = [tuple(random.sample(spans, len(spans)) for spans in pair) for pair in random.sample(sides, len(sides))]
    after = evaluate_spans(*zip(*shuffled, strict=True), classes=CLASSES)
    np.testing.assert_allclose(list(after.values()), list(before.values()))


@given(SIDES)
def test_changing_sides_swaps_precision_and_recall_alone(sides: list[Any]) -> None:
    truth, found = zip(*sides, strict=True)
    one, other = evaluate_spans(truth, found, classes=CLASSES), evaluate_spans(found, truth, classes=CLASSES)
    assert one["span_precision"] == pytest.approx(other["span_recall"])
    for name in ("span_f1", "span_macro_f1", "character_f1"):
        assert one[name] == pytest.approx(other[name])
        assert 0 <= one[name] <= 1


@given(SIDES)
def test_the_truth_itself_is_perfect_where_it_holds_a_span(sides: list[Any]) -> None:
    truth = [pair[0] for pair in sides]
    wanted = 1.0 if any(truth) else 0.0
    assert set(evaluate_spans(truth, truth, classes=CLASSES).values()) == {wanted}
