"""How good predicted boxes are: average precision, precision, recall and F1, by overlap."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.boxes import box_tables, iou_matrix
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.metrics.inputs import same_length


def evaluate_boxes(
    truth: Iterable[Any],
    predicted: Iterable[Any],
    scores: Iterable[npt.ArrayLike],
    *,
    classes: Sequence[str],
    iou: float = 0.5,
    threshold: float = 0.5,
) -> dict[str, float]:
    """The scores of `METRICS["boxes"]`, of a detector on one test set.

    Parameters
    ----------
    truth : (n_items,) sequence, each of boxes `(x, y, width, height, class)`
        The true boxes of each item, `()` where there is none.
    predicted : (n_items,) sequence, each of boxes
        As many as the detector can score: those of low score count in the average precision alone.
    scores : (n_items,) sequence, each (n_boxes,) float
        How sure the detector is of each predicted box, higher being surer.
    classes : sequence of str
        The classes' names.
    iou : float
        Intersection over union from which on a box is found, above 0.
    threshold : float
        Score from which on a box counts in precision, recall and F1.

    Returns
    -------
    dict
        `box_ap`, the mean of the classes' average precisions; `box_precision`, `box_recall` and `box_f1` over the boxes
        of all classes together. What is undefined is left out: the average precision of a class without true boxes (and
        `box_ap` where there are none at all), the recall without true boxes, the precision without predicted ones, the
        F1 without either. On items without any box, none of which is predicted, nothing is left, and the dict is empty.

    Raises
    ------
    InvalidInput
        If they are not about the same items, a box is none, a score is no number, or `iou` is not a share above 0.

    Notes
    -----
    The matching of PASCAL VOC (Everingham et al., 2010): by falling score, a box is right if the true box of its class
    that it overlaps most is overlapped by at least `iou` and has not been found before; a second box on one object is
    wrong, also where another object overlaps it almost as much. Of equal scores within an item the first comes first.
    Average precision with interpolation at all points, as of VOC 2010: the area under precision by recall, precision at
    a recall being the highest at any recall as high. Boxes of equal score enter the curve together, so the order of
    items does not matter. Edges are lines, see `iou_matrix`. Time O(n_items · n_true · n_predicted).

    Examples
    --------
    >>> truth = [((0, 0, 8, 8, 0), (20, 20, 8, 8, 0)), ()]
    >>> predicted = [((1, 0, 8, 8, 0),), ((3, 3, 8, 8, 0),)]  # the first overlaps by 56 / 72; the second item has none
    >>> evaluate_boxes(truth, predicted, [[0.9], [0.6]], classes=["cell"])  # one of two found, one of two right
    {'box_ap': 0.5, 'box_f1': 0.5, 'box_precision': 0.5, 'box_recall': 0.5}
    """
    if not checks.share("iou", iou):
        raise InvalidInput("iou: must be above 0; got 0. Boxes that do not touch would match.")
    there = box_tables("truth", truth, n_classes=len(classes))
    found = box_tables("predicted", predicted, n_classes=len(classes))
    same_length("predicted", len(found), len(there))
    sureness = _sureness(scores, found)
    of = _stacked([table[:, 4] for table in found]).astype(np.int64)
    sure = _stacked(sureness)
    right = _stacked([_right(*item, iou) for item in zip(there, found, sureness, strict=True)]).astype(bool)
    n_true = np.bincount(_stacked([table[:, 4] for table in there]).astype(np.int64), minlength=len(classes))
    each = [_average_precision(right[of == c], sure[of == c], int(n_true[c])) for c in np.flatnonzero(n_true)]
    counted = sure >= threshold
    hits, n_predicted, n_there = int(right[counted].sum()), int(counted.sum()), int(n_true.sum())
    out: dict[str, float] = {}
    if n_there:
        out["box_ap"] = float(np.mean(each))
    if n_there + n_predicted:
        out["box_f1"] = 2 * hits / (n_there + n_predicted)
    if n_predicted:
        out["box_precision"] = hits / n_predicted
    if n_there:
        out["box_recall"] = hits / n_there
    return out


def right_boxes(
    truth: Iterable[Any],
    predicted: Iterable[Any],
    scores: Iterable[npt.ArrayLike],
    *,
    n_classes: int,
    iou: float = 0.5,
    threshold: float = 0.5,
) -> Rows:
    """How many of each item's predicted boxes are right, (n_items,), of those with a score of `threshold` or more.

    Examples
    --------
    >>> truth = [((0, 0, 8, 8, 0), (20, 20, 8, 8, 0)), ()]
    >>> right_boxes(truth, [((1, 0, 8, 8, 0),), ((3, 3, 8, 8, 0),)], [[0.9], [0.6]], n_classes=1)
    array([1, 0])
    """
    there = box_tables("truth", truth, n_classes=n_classes)
    found = box_tables("predicted", predicted, n_classes=n_classes)
    same_length("predicted", len(found), len(there))
    sureness = _sureness(scores, found)
    items = zip(there, found, sureness, strict=True)
    return np.array([np.sum(_right(*item, iou) & (item[2] >= threshold)) for item in items], dtype=np.int64)


def _right(there: Floats, found: Floats, sure: Floats, iou: float) -> npt.NDArray[np.bool_]:
    """Which boxes of one item are right."""
    right = np.zeros(len(found), dtype=bool)
    if not len(there) or not len(found):
        return right
    order = np.argsort(-sure, kind="stable")
    overlaps = np.where(found[order, None, 4] == there[None, :, 4], iou_matrix(found[order], there), 0)
    reaching = np.flatnonzero(overlaps.max(axis=1) >= iou)
    # A box goes to the object that it overlaps most, taken or not: the first to come to each is the one that is right.
    _, first = np.unique(overlaps[reaching].argmax(axis=1), return_index=True)
    right[order[reaching[first]]] = True
    return right


def _average_precision(right: npt.NDArray[np.bool_], sure: Floats, n_true: int) -> float:
    if not len(right):
        return 0.0
    order = np.argsort(-sure, kind="stable")
    last_of_ties = np.r_[np.flatnonzero(np.diff(sure[order])), len(order) - 1]
    hits: Rows = np.cumsum(right[order].astype(np.int64))[last_of_ties]
    precision = hits / (last_of_ties + 1)
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(hits, prepend=0) * highest) / n_true)


def _sureness(scores: Iterable[npt.ArrayLike], found: Sequence[Floats]) -> list[Floats]:
    each: list[Floats] = [checks.vector("scores", values).astype(np.float64) for values in scores]
    same_length("scores", len(each), len(found))
    for row, (values, table) in enumerate(zip(each, found, strict=True)):
        if len(values) != len(table):
            raise InvalidInput(
                f"scores: must have one per predicted box; item {row} has {len(table)} boxes and {len(values)} scores. "
                "Pass what the detector gave together."
            )
    return each


def _stacked(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if len(parts) else np.empty(0)
