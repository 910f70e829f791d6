"""Scores of spans against counts by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.metrics import METRICS, evaluate_spans, per_class_spans, token_f1

CLASSES = ["person", "place"]
TRUTH = [[(0, 4, 0), (9, 12, 1)], [], [(2, 6, 0)]]
FOUND = [[(0, 4, 0), (8, 12, 1)], [(0, 2, 1)], [(2, 6, 1)]]


def test_spans_count_where_start_end_and_class_agree() -> None:
    found = evaluate_spans(TRUTH, FOUND, classes=CLASSES)
    assert set(found) == set(METRICS["spans"])
    # One of three is found, one of four predictions is right.
    assert found["span_recall"] == pytest.approx(1 / 3)
    assert found["span_precision"] == pytest.approx(1 / 4)
    assert found["span_f1"] == pytest.approx(2 / 7)
    # Persons: 2 · 1 / (2 + 1); places: none.
    assert found["span_macro_f1"] == pytest.approx((2 / 3 + 0) / 2)
    # In the truth 8 characters of persons and 3 of places, predicted 4 and 10, common 4 and 3.
    assert found["character_f1"] == pytest.approx(2 * 7 / (11 + 14))


def test_scores_per_class_are_of_exact_spans() -> None:
    found = per_class_spans(TRUTH, FOUND, 3)
    assert found.support.tolist() == [2, 1, 0]
    assert found.n_predicted.tolist() == [1, 3, 0]
    assert found.precision.tolist() == [1, 0, 0]
    assert found.recall.tolist() == [0.5, 0, 0]
    assert found.named([*CLASSES, "other"])["other"] == {"support": 0}


def test_the_same_offsets_in_another_item_are_another_span() -> None:
    assert evaluate_spans([[(0, 4, 0)], []], [[], [(0, 4, 0)]], classes=CLASSES) == dict.fromkeys(METRICS["spans"], 0.0)


def test_a_span_given_twice_counts_once() -> None:
    twice = [[(0, 4, 0), (0, 4, 0)]]
    assert evaluate_spans(twice, [[(0, 4, 0)]], classes=CLASSES) == dict.fromkeys(METRICS["spans"], 1.0)
    assert evaluate_spans([[(0, 4, 0)]], twice, classes=CLASSES)["span_precision"] == 1


def test_overlapping_spans_of_a_class_cover_a_character_once() -> None:
    # The truth covers 0 to 8 once, though two spans of it hold 2 to 4; half of it is predicted.
    found = evaluate_spans([[(0, 4, 0), (2, 8, 0)]], [[(0, 4, 0)]], classes=CLASSES)
    assert found["character_f1"] == pytest.approx(2 * 4 / (8 + 4))
    # One within another, and a third behind, must not be cut by where the inner one ends.
    found = evaluate_spans([[(0, 10, 0), (1, 2, 0), (4, 12, 0)]], [[(0, 12, 0)]], classes=CLASSES)
    assert found["character_f1"] == 1


def test_overlapping_spans_of_two_classes_cover_it_for_each() -> None:
    assert evaluate_spans([[(0, 4, 0), (0, 4, 1)]], [[(0, 4, 0)]], classes=CLASSES)["character_f1"] == pytest.approx(
        2 / 3
    )


@pytest.mark.parametrize(("truth", "found"), [([[]], [[]]), ([[]], [[(0, 1, 0)]]), ([[(0, 1, 0)]], [[]])])
def test_a_share_of_nothing_is_zero(truth: Any, found: Any) -> None:
    assert evaluate_spans(truth, found, classes=CLASSES) == dict.fromkeys(METRICS["spans"], 0.0)


def test_spans_of_any_length_cost_the_same() -> None:
    long = (1 << 31) - 1
    found = evaluate_spans([[(0, long, 0)]] * 50, [[(0, long // 2, 0)]] * 50, classes=CLASSES)
    assert found["character_f1"] == pytest.approx(2 / 3, abs=1e-6)


def test_arrays_of_tuples_will_do_as_models_give_them() -> None:
    truth, found = np.empty(2, dtype=object), np.empty(2, dtype=object)
    truth[:] = found[:] = [((0, 4, 0),), ()]
    assert evaluate_spans(truth, found, classes=CLASSES)["span_f1"] == 1


def test_exact_spans_agree_with_the_score_of_tags() -> None:
    rng = np.random.default_rng(0)
    names = ["O", "B-a", "I-a", "B-b", "I-b"]
    tagged = [[_legal(rng.integers(5, size=12)) for _ in range(30)] for _ in range(2)]
    as_spans = [[_spans(tags) for tags in side] for side in tagged]
    as_names = [[[names[tag] for tag in tags] for tags in side] for side in tagged]
    assert evaluate_spans(*as_spans, classes=["a", "b"])["span_f1"] == pytest.approx(token_f1(*as_names))


@pytest.mark.parametrize(
    ("truth", "found", "message"),
    [
        ([], [], "truth: must hold at least one item"),
        ([[]], [], "predicted: must have one entry per item of truth, 1; got 0"),
        ([[(0, 4, 2)]], [[]], r"truth: each span's class must lie in 0..1; item 0 has 2"),
        ([[], []], [[], [(4, 4, 0)]], r"predicted: must be spans .* item 1 has \(4, 4, 0\)"),
        ([[(-1, 4, 0)]], [[]], "0 <= start < end"),
        ([[(0, 4.0, 0)]], [[]], "three whole numbers"),
        ([[(0, 4)]], [[]], "three whole numbers"),
        ([[(0, 1 << 40, 0)]], [[]], r"end < 2\^31"),
        ([[(0, 1, True)]], [[]], "three whole numbers"),
        ([["abc"]], [[]], "three whole numbers"),
        (["abc"], [[]], "item 0 is 'abc'"),
        ([None], [[]], "item 0 is None. Pass an empty tuple"),
        ([(0, 4, 0)], [[]], "item 0 has 0|item 0 is"),
    ],
)
def test_spans_that_are_none_are_refused_with_the_place(truth: Any, found: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        evaluate_spans(truth, found, classes=CLASSES)


def _legal(tags: np.ndarray) -> list[int]:
    out: list[int] = []
    for tag in tags.tolist():
        goes_on = tag and tag % 2 == 0 and (not out or out[-1] not in (tag - 1, tag))
        out.append(tag - 1 if goes_on else tag)
    return out


def _spans(tags: list[int]) -> list[tuple[int, int, int]]:
    begins = [at for at, tag in enumerate(tags) if tag % 2]
    return [
        (at, next((e for e in range(at + 1, len(tags)) if tags[e] != tags[at] + 1), len(tags)), tags[at] // 2)
        for at in begins
    ]
