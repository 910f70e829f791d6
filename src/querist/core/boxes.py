"""Boxes in an image, `(x, y, width, height, class)`: checked, as tables, and how far two of them overlap.

In pixels, x to the right and y down from the top left corner of the image, where the first pixel reaches from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.checks import Array, Floats, short
from querist.core.errors import InvalidInput

Box = tuple[float, float, float, float, int]
NUMBERS = 5  # of a box


def check_image(name: str, shape: Sequence[int]) -> None:
    """See that what boxes lie in has rows: without them nobody knows where a box is.

    Parameters
    ----------
    name : str
    shape : sequence of int
        How many rows of how many numbers.

    Raises
    ------
    InvalidInput
        If it is anything but two numbers.

    Examples
    --------
    >>> check_image("the field 'image'", (8, 8))
    """
    if len(shape) != 2:
        got = f"a list of {shape[0]} numbers" if len(shape) == 1 else f"the shape {tuple(shape)}"
        raise InvalidInput(
            f"{name}: must be a grayscale image, where the answers are boxes; got {got}. Write an image as a list of "
            "its rows from the top, each a list of one number per pixel, such as [[0, 0.5], [1, 0]]."
        )


def box_tables(name: str, values: Iterable[Any], *, n_classes: int) -> list[Floats]:
    """Each item's boxes as a table (n_boxes, 5) float64, checked.

    Parameters
    ----------
    values : (n_items,) sequence, each of boxes `(x, y, width, height, class)`
    n_classes : int

    Raises
    ------
    InvalidInput
        If a box has not five finite numbers, has no area, or its class is not one of 0..n_classes-1.

    Examples
    --------
    >>> [table.tolist() for table in box_tables("y", [((0, 1, 8, 8, 3),), ()], n_classes=10)]
    [[[0.0, 1.0, 8.0, 8.0, 3.0]], []]
    >>> box_tables("y", [((0, 1, 8, 0, 3),)], n_classes=10)
    Traceback (most recent call last):
    querist.core.errors.InvalidInput: y: a box must have a width and a height above 0; item 0, box 0 is (0, 1, 8, 0, 3).
    Draw it again, or leave it out.
    """
    return [_table(name, row, boxes, n_classes) for row, boxes in enumerate(values)]


def as_boxes(tables: Sequence[Floats]) -> npt.NDArray[np.object_]:
    """Tables (n_boxes, 5) as answers: for each item a tuple of boxes, their class a whole number.

    Examples
    --------
    >>> as_boxes([np.array([[0.0, 1.0, 8.0, 8.0, 3.0]]), np.empty((0, 5))])
    array([((0.0, 1.0, 8.0, 8.0, 3),), ()], dtype=object)
    """
    out = np.empty(len(tables), dtype=object)
    for row, table in enumerate(tables):
        out[row] = tuple((*(float(v) for v in box[:4]), int(box[4])) for box in table)
    return out


def iou_matrix(a: npt.ArrayLike, b: npt.ArrayLike) -> Floats:
    """How far boxes overlap: the area that two share over the area that they cover together.

    Parameters
    ----------
    a : (n_a, 4 or more) float
        `x, y, width, height`, in pixels; what follows them, such as a class, is not looked at.
    b : (n_b, 4 or more) float

    Returns
    -------
    overlaps : (n_a, n_b) float
        From 0, apart or only touching, to 1, the same box. 0 where neither has an area.

    Raises
    ------
    InvalidInput
        If one is no such table.

    Notes
    -----
    Jaccard's index of two rectangles, edges taken as lines: a box of width 8 is 8 wide, where the development kit of
    PASCAL VOC counts the pixels of both edges and has 9. Time and memory O(n_a · n_b).

    Examples
    --------
    >>> iou_matrix([[0, 0, 2, 2]], [[1, 0, 2, 2], [2, 0, 2, 2], [0, 0, 2, 1]]).round(3)  # 2 of 6, none, 2 of 4
    array([[0.333, 0.   , 0.5  ]])
    """
    one, two = _corners("a", a), _corners("b", b)
    # In place where it can be: a detector asks this of some thousand windows at a time.
    wide = np.minimum(one[:, None, 2], two[None, :, 2]) - np.maximum(one[:, None, 0], two[None, :, 0])
    high = np.minimum(one[:, None, 3], two[None, :, 3]) - np.maximum(one[:, None, 1], two[None, :, 1])
    shared = np.maximum(wide, 0, out=wide)
    shared *= np.maximum(high, 0, out=high)
    covered = one[:, None, 4] + two[None, :, 4]
    covered -= shared
    return np.asarray(np.divide(shared, covered, out=np.zeros_like(shared), where=covered > 0))


def _corners(name: str, boxes: npt.ArrayLike) -> Floats:
    """Left, top, right, bottom and area: (n, 5) float64."""
    table = np.asarray(boxes, dtype=np.float64)
    if table.size == 0:
        return np.empty((0, NUMBERS))
    if table.ndim != 2 or table.shape[1] < 4:
        raise InvalidInput(
            f"{name}: must be boxes, (n, 4) of x, y, width, height; got shape {table.shape}. Stack one row per box."
        )
    x, y, w, h = table[:, :4].T
    return np.stack([x, y, x + w, y + h, w * h], axis=1)


def _table(name: str, row: int, boxes: Any, n_classes: int) -> Floats:
    given = list(boxes) if isinstance(boxes, list | tuple | np.ndarray) else None
    if given is None:
        raise InvalidInput(
            f"{name}: must hold for each item its boxes, none being (); item {row} is {short(boxes)}. "
            "Write ((x, y, width, height, class), ...)."
        )
    if not given:
        return np.empty((0, NUMBERS))
    try:
        table: Array = np.array([[float(v) for v in box] for box in given])
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.ndim != 2 or table.shape[1] != NUMBERS:
        raise InvalidInput(
            f"{name}: a box must be five numbers, (x, y, width, height, class); item {row} is {short(boxes, 80)}. "
            "Write each in full."
        )
    _refuse(~np.isfinite(table).all(axis=1), name, row, given, "must be finite", "Draw it again, or leave it out.")
    _refuse(
        (table[:, 2:4] <= 0).any(axis=1),
        name,
        row,
        given,
        "must have a width and a height above 0",
        "Draw it again, or leave it out.",
    )
    classes = table[:, 4]
    wrong = (classes != np.floor(classes)) | (classes < 0) | (classes >= n_classes)
    _refuse(wrong, name, row, given, f"must be of a class in 0..{n_classes - 1}", "Encode it with the schema.")
    return table


def _refuse(wrong: Any, name: str, row: int, given: list[Any], rule: str, remedy: str) -> None:
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        shown = tuple(given[at]) if isinstance(given[at], list | np.ndarray) else given[at]
        raise InvalidInput(f"{name}: a box {rule}; item {row}, box {at} is {short(shown, 80)}. {remedy}")
