"""Boxes by hand: overlaps, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.boxes import as_boxes, box_tables, iou_matrix
from querist.core.errors import InvalidInput

whole = st.integers(-20, 20)
boxes = st.lists(st.tuples(whole, whole, st.integers(1, 20), st.integers(1, 20)), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ((0, 0, 4, 4), 1),
        ((2, 0, 4, 4), 8 / 24),
        ((2, 2, 4, 4), 4 / 28),
        ((1, 1, 2, 2), 4 / 16),  # one inside the other
        ((4, 0, 4, 4), 0),  # touching
        ((5, 5, 1, 1), 0),  # apart both ways, whose negative sides would multiply to an area
        ((-1, -1, 6, 1), 0),
        ((0, 0, 0, 0), 0),
    ],
)
def test_the_overlap_is_what_a_hand_counts(other: tuple[int, ...], overlap: float) -> None:
    assert iou_matrix([(0, 0, 4, 4)], [other]).tolist() == [[pytest.approx(overlap)]]


def test_boxes_without_an_area_overlap_nothing() -> None:
    assert iou_matrix([(1, 1, 0, 0)], [(1, 1, 0, 0)]).tolist() == [[0]]


@given(boxes, boxes)
def test_the_overlap_counts_pixels(a: list[tuple[int, ...]], b: list[tuple[int, ...]]) -> None:
    def pixels(box: tuple[int, ...]) -> set[tuple[int, int]]:
        x, y, w, h = box
        return {(i, j) for i in range(x, x + w) for j in range(y, y + h)}

    counted = [[len(pixels(p) & pixels(q)) / len(pixels(p) | pixels(q)) for q in b] for p in a]
    np.testing.assert_allclose(iou_matrix(a, b), counted)


@given(boxes, boxes, whole, whole, st.floats(0.1, 100))
def test_neither_place_nor_unit_matters(a: list, b: list, dx: int, dy: int, unit: float) -> None:
    def moved(of: list) -> np.ndarray:
        return (np.array(of, dtype=float) + np.array([dx, dy, 0, 0])) * unit

    np.testing.assert_allclose(iou_matrix(moved(a), moved(b)), iou_matrix(a, b), atol=1e-9)


@given(boxes, boxes)
def test_the_overlap_is_mutual(a: list, b: list) -> None:
    np.testing.assert_array_equal(iou_matrix(a, b), iou_matrix(b, a).T)


def test_no_boxes_overlap_nothing() -> None:
    assert iou_matrix([], [(0, 0, 1, 1)]).shape == (0, 1)
    assert iou_matrix(np.empty((0, 5)), []).shape == (0, 0)


def test_what_follows_the_four_numbers_is_not_looked_at() -> None:
    assert iou_matrix([(0, 0, 2, 2, 7)], [(0, 0, 2, 2, 1)]).tolist() == [[1]]


def test_a_row_alone_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"a: must be boxes.*got shape \(4,\)"):
        iou_matrix([0, 0, 1, 1], [[0, 0, 1, 1]])


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ((0, 0, 8), "five numbers"),
        ((0, 0, 8, 8, 1, 0.5), "five numbers"),
        ((0, 0, 8, 8, "cat"), "five numbers"),
        (7, "five numbers"),
        ((0, 0, float("nan"), 8, 1), "finite"),
        ((0, 0, 8, -1, 1), "above 0"),
        ((0, 0, 8, 8, 3), "class in 0..2"),
        ((0, 0, 8, 8, -1), "class in 0..2"),
        ((0, 0, 8, 8, 0.5), "class in 0..2"),
    ],
)
def test_a_wrong_box_is_refused_by_its_place(box: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^y: a box must.*{said}.*item 1"):
        box_tables("y", [((0, 0, 1, 1, 0),), (box,)], n_classes=3)


@pytest.mark.parametrize("boxes", [None, "none", 3.5])
def test_an_item_without_boxes_says_so_with_an_empty_tuple(boxes: object) -> None:
    with pytest.raises(InvalidInput, match=r"none being \(\); item 0"):
        box_tables("y", [boxes], n_classes=3)


def test_lists_and_arrays_are_boxes_too() -> None:
    for given_ in ([[0, 1, 2, 3, 1]], np.array([[0.0, 1, 2, 3, 1]]), ([0, 1, 2, 3, 1],)):
        assert box_tables("y", [given_], n_classes=2)[0].tolist() == [[0, 1, 2, 3, 1]]


def test_answers_come_back_from_their_tables() -> None:
    answers = as_boxes(box_tables("y", [((0.5, 1, 2, 3, 1), (4, 4, 1, 1, 0)), ()], n_classes=2))
    assert answers.tolist() == [((0.5, 1.0, 2.0, 3.0, 1), (4.0, 4.0, 1.0, 1.0, 0)), ()]
    assert isinstance(answers[0][0][4], int)
    assert isinstance(answers[0][0][0], float)
