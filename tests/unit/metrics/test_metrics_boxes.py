"""Scores of boxes, by hand, and against a loop that says each step."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.metrics import METRICS, evaluate_boxes, iou_matrix

SOME = settings(deadline=None, max_examples=80)
CLASSES = ["a", "b"]
HERE, NEAR, FAR = (0, 0, 10, 10, 0), (1, 0, 10, 10, 0), (50, 50, 10, 10, 0)  # HERE and NEAR overlap by 90 of 110


def test_all_right_is_one_throughout() -> None:
    assert evaluate_boxes([(HERE, FAR)], [(FAR, NEAR)], [[0.9, 0.8]], classes=CLASSES) == dict.fromkeys(
        METRICS["boxes"], 1
    )


def test_average_precision_is_the_area_under_the_highest_precision() -> None:
    # By falling score: right, wrong, right, wrong, of 4 there. Precision 1 up to a recall of 1/4, 2/3 up to 2/4.
    truth = [(HERE, FAR), ((20, 0, 9, 9, 0), (0, 20, 9, 9, 0))]
    predicted = [(HERE, FAR), ((70, 0, 9, 9, 0), (70, 70, 9, 9, 0))]
    found = evaluate_boxes(truth, predicted, [[0.9, 0.7], [0.8, 0.6]], classes=CLASSES)
    assert found["box_ap"] == pytest.approx(0.25 * 1 + 0.25 * 2 / 3)
    assert (found["box_precision"], found["box_recall"], found["box_f1"]) == (0.5, 0.5, 0.5)


def test_a_dip_in_precision_is_filled_from_the_right() -> None:
    # Wrong first, then two right: precision 0, 1/2, 2/3; the highest at any recall as high is 2/3 throughout.
    found = evaluate_boxes(
        [(HERE, FAR)], [((90, 0, 5, 5, 0), HERE, FAR)], [[0.9, 0.8, 0.7]], classes=CLASSES, threshold=0.75
    )
    assert found["box_ap"] == pytest.approx(2 / 3)
    assert found["box_precision"] == 0.5  # of the two boxes from 0.75 on
    assert found["box_recall"] == 0.5


def test_a_second_box_on_one_object_is_wrong() -> None:
    found = evaluate_boxes([(HERE,)], [(NEAR, HERE)], [[0.9, 0.8]], classes=CLASSES)
    assert found == {"box_ap": 1, "box_f1": pytest.approx(2 / 3), "box_precision": 0.5, "box_recall": 1}


def test_a_box_goes_to_the_object_that_it_overlaps_most_although_that_is_taken() -> None:
    beside = (5, 0, 10, 10, 0)
    first, second = (
        (0, 0, 10, 10, 0),
        (2, 0, 10, 10, 0),
    )  # the second overlaps HERE by 8 / 12 and its neighbor by 7 / 13
    assert iou_matrix([second], [HERE, beside]).round(3).tolist() == [[0.667, 0.538]]
    assert evaluate_boxes([(HERE, beside)], [(first, second)], [[0.9, 0.8]], classes=CLASSES)["box_recall"] == 0.5


def test_the_right_place_and_the_wrong_class_is_wrong() -> None:
    found = evaluate_boxes([(HERE,)], [((*HERE[:4], 1),)], [[0.9]], classes=CLASSES)
    assert found == {"box_ap": 0, "box_f1": 0, "box_precision": 0, "box_recall": 0}


def test_a_rare_class_weighs_as_much_as_a_common_one() -> None:
    found = evaluate_boxes([(HERE, FAR, (20, 0, 9, 9, 1))], [(HERE, FAR)], [[0.9, 0.8]], classes=CLASSES)
    assert found["box_ap"] == 0.5
    assert found["box_recall"] == pytest.approx(2 / 3)


def test_a_class_that_is_nowhere_there_is_left_out_of_the_mean_and_its_boxes_are_wrong() -> None:
    found = evaluate_boxes([(HERE,)], [(HERE, (*FAR[:4], 1))], [[0.9, 0.8]], classes=CLASSES)
    assert found["box_ap"] == 1
    assert found["box_precision"] == 0.5


def test_what_is_undefined_is_left_out() -> None:
    assert evaluate_boxes([()], [()], [[]], classes=CLASSES) == {}
    assert evaluate_boxes([], [], [], classes=CLASSES) == {}
    assert evaluate_boxes([(HERE,)], [()], [[]], classes=CLASSES) == {"box_ap": 0, "box_f1": 0, "box_recall": 0}
    assert evaluate_boxes([()], [(HERE,)], [[0.9]], classes=CLASSES) == {"box_f1": 0, "box_precision": 0}
    # A box too unsure to be predicted still counts in the curve.
    assert evaluate_boxes([(HERE,)], [(HERE,)], [[0.1]], classes=CLASSES) == {"box_ap": 1, "box_f1": 0, "box_recall": 0}


def test_just_the_overlap_asked_for_will_do() -> None:
    half = [((0, 0, 10, 5, 0),)]
    assert evaluate_boxes([(HERE,)], half, [[1.0]], classes=CLASSES)["box_recall"] == 1
    assert evaluate_boxes([(HERE,)], half, [[1.0]], classes=CLASSES, iou=0.51)["box_recall"] == 0


def test_boxes_of_equal_score_enter_the_curve_together() -> None:
    for predicted in ([(HERE,), (FAR,)], [(FAR,), (HERE,)]):  # one right, one wrong: 1/2 at a recall of 1
        truth = [(HERE,) if boxes == (HERE,) else () for boxes in predicted]
        assert evaluate_boxes(truth, predicted, [[0.7], [0.7]], classes=CLASSES)["box_ap"] == 0.5


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"predicted": [(HERE,)]}, "predicted: must have one row per item"),
        ({"scores": [[0.5]]}, "scores: must have one row per item"),
        ({"scores": [[0.5], [0.5]]}, "scores: must have one per predicted box; item 1 has 0 boxes and 1 scores"),
        ({"scores": [[float("nan")], []]}, "scores: must not hold NaN"),
        ({"truth": [((0, 0, 1, 1, 2),), ()]}, r"truth: a box must be of a class in 0\.\.1"),
        ({"iou": 0}, "iou: must be above 0"),
        ({"iou": 50}, "iou: must be a share"),
    ],
)
def test_what_does_not_fit_together_is_refused(changed: dict[str, Any], said: str) -> None:
    words: dict[str, Any] = {"truth": [(HERE,), ()], "predicted": [(HERE,), ()], "scores": [[0.5], []]} | changed
    with pytest.raises(InvalidInput, match=said):
        evaluate_boxes(**words, classes=CLASSES)


@st.composite
def detections(draw: Any) -> tuple[list[Any], list[Any], list[Any]]:
    at, size, of = st.integers(0, 12), st.integers(3, 9), st.integers(0, 1)
    box = st.tuples(at, at, size, size, of)
    n = draw(st.integers(1, 4))
    truth = [tuple(draw(st.lists(box, max_size=4))) for _ in range(n)]
    predicted = [tuple(draw(st.lists(box, max_size=5))) for _ in range(n)]
    scores = draw(st.permutations([i / 20 for i in range(21)]))
    return truth, predicted, [[scores.pop() for _ in boxes] for boxes in predicted]


def by_loop(truth: list[Any], predicted: list[Any], scores: list[Any]) -> dict[str, float]:
    aps, hits, n_predicted = [], 0, 0
    for c in range(2):
        n_true = sum(box[4] == c for boxes in truth for box in boxes)
        taken: set[tuple[int, int]] = set()
        points = [(0, 0)]
        ranked = sorted(
            ((s, i, box) for i, boxes in enumerate(predicted) for s, box in zip(scores[i], boxes, strict=True)),
            key=lambda found: -found[0],
        )
        for score, i, box in ranked:
            if box[4] != c:
                continue
            mine = [(float(iou_matrix([box], [t])[0, 0]), -j) for j, t in enumerate(truth[i]) if t[4] == c]
            overlap, j = max(mine, default=(0.0, 0))
            right = overlap >= 0.5 and (i, j) not in taken
            if right:
                taken.add((i, j))
            points.append((points[-1][0] + right, points[-1][1] + 1))
            if score >= 0.5:
                hits, n_predicted = hits + right, n_predicted + 1
        if n_true:
            area = 0.0
            for before, (found, _) in pairwise(points):
                if found > before[0]:
                    area += max(f / n for f, n in points[1:] if f >= found)
            aps.append(area / n_true)
    n_true = sum(map(len, truth))
    out = {"box_ap": float(np.mean(aps)), "box_recall": hits / n_true} if n_true else {}
    if n_predicted:
        out["box_precision"] = hits / n_predicted
    if n_true + n_predicted:
        out["box_f1"] = 2 * hits / (n_true + n_predicted)
    return out


@SOME
@given(detections())
def test_a_loop_over_every_box_finds_the_same(data: tuple[list[Any], list[Any], list[Any]]) -> None:
    assert evaluate_boxes(*data, classes=CLASSES) == pytest.approx(by_loop(*data))


@SOME
@given(detections(), st.randoms(use_true_random=False))
def test_the_order_of_items_and_of_boxes_does_not_matter(
    data: tuple[list[Any], list[Any], list[Any]], random: Any
) -> None:
    order = random.sample(range(len(data[0])), len(data[0]))
    truth, predicted, scores = ([part[i] for i in order] for part in data)
    before = evaluate_boxes(*data, classes=CLASSES)
    assert evaluate_boxes(truth, predicted, scores, classes=CLASSES) == pytest.approx(before)
    turned = [part[::-1] for part in predicted], [part[::-1] for part in scores]
    assert evaluate_boxes(truth, *turned, classes=CLASSES) == pytest.approx(before)


@SOME
@given(detections())
def test_only_the_order_of_the_scores_matters_to_average_precision(
    data: tuple[list[Any], list[Any], list[Any]],
) -> None:
    truth, predicted, scores = data
    bent = [[s**3 / 2 - 7 for s in each] for each in scores]
    there = evaluate_boxes(truth, predicted, scores, classes=CLASSES)
    assert evaluate_boxes(truth, predicted, bent, classes=CLASSES).get("box_ap") == there.get("box_ap")


@SOME
@given(detections())
def test_a_wrong_box_more_raises_nothing(data: tuple[list[Any], list[Any], list[Any]]) -> None:
    truth, predicted, scores = data
    more = [(*predicted[0], (90, 90, 5, 5, 0)), *predicted[1:]]
    after = evaluate_boxes(truth, more, [[*scores[0], 0.55], *scores[1:]], classes=CLASSES)
    for name, value in evaluate_boxes(truth, predicted, scores, classes=CLASSES).items():
        assert 0 <= after[name] <= value <= 1
