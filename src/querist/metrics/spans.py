"""Scores of spans in texts: of those found exactly, and of the characters they cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.checks import Rows
from querist.core.errors import InvalidInput
from querist.metrics.scores import METRICS, PerClass


def evaluate_spans(truth: Iterable[Any], predicted: Iterable[Any], *, classes: Sequence[str]) -> dict[str, float]:
    """The scores of `METRICS["spans"]`, of a model on one test set.

    Parameters
    ----------
    truth, predicted : (n_items,) iterable, each an iterable of (start, end, class)
        Offsets in code points, the end exclusive; the class a number. An item's spans are a set: one given twice
        counts once. They may overlap.
    classes : sequence of str
        The classes' names, in the order of their numbers.

    Returns
    -------
    dict
        span_f1, span_precision, span_recall
            Of spans found exactly, in start, end and class, over all items together (micro).
        span_macro_f1
            The mean of the classes' F1, over those that occur in the truth or among the predictions.
        character_f1
            Of code points under a span of the same class, over all items together: a span that is a word short still
            counts for what it covers. Code points stand in for tokens, since spans alone do not say where tokens end.

        All lie in [0, 1]. A share of nothing is 0, as with `zero_division=0` elsewhere: no prediction has a precision
        of 0, and where neither side holds a span every score is 0, though nothing was missed.

    Raises
    ------
    InvalidInput
        If both are not of the same items, there is no item, or a span is malformed.

    Notes
    -----
    Exact match as in the shared task of CoNLL-2003 (Tjong Kim Sang and De Meulder, 2003). Time n log n in the spans,
    whatever their length.

    Examples
    --------
    >>> truth, predicted = [[(0, 4, 0), (9, 12, 1)]], [[(0, 4, 0), (9, 11, 1)]]
    >>> {name: round(value, 3) for name, value in evaluate_spans(truth, predicted, classes=["person", "place"]).items()}
    {'span_f1': 0.5, 'span_precision': 0.5, 'span_recall': 0.5, 'span_macro_f1': 0.5, 'character_f1': 0.923}
    """
    there, found = _both(truth, predicted, len(classes))
    each = _per_class(there, found, len(classes))
    hits = len(_shared(there, found))
    met = (each.support > 0) | (each.n_predicted > 0)
    covered, claimed, either = _n_covered(there), _n_covered(found), _n_covered(np.concatenate([there, found]))
    values = (
        _share(2 * hits, len(there) + len(found)),
        _share(hits, len(found)),
        _share(hits, len(there)),
        _share(float(each.f1[met].sum()), int(met.sum())),
        _share(2 * (covered + claimed - either), covered + claimed),
    )
    return dict(zip(METRICS["spans"], values, strict=True))


def per_class_spans(truth: Iterable[Any], predicted: Iterable[Any], n_classes: int) -> PerClass:
    """Precision, recall and F1 of each class, of spans found exactly, and how many spans truly are of it.

    Parameters
    ----------
    truth, predicted : (n_items,) iterable, each an iterable of (start, end, class)
        As for `evaluate_spans`.
    n_classes : int

    Raises
    ------
    InvalidInput
        If both are not of the same items, there is no item, or a span is malformed.

    Examples
    --------
    >>> found = per_class_spans([[(0, 4, 0), (9, 12, 1)], []], [[(0, 4, 0)], [(2, 3, 0)]], 2)
    >>> found.precision.tolist(), found.recall.tolist(), found.support.tolist()
    ([0.5, 0.0], [1.0, 0.0], [1, 1])
    """
    return _per_class(*_both(truth, predicted, n_classes), n_classes)


def _both(truth: Iterable[Any], predicted: Iterable[Any], n_classes: int) -> tuple[Rows, Rows]:
    truth, predicted = list(truth), list(predicted)
    if not truth:
        raise InvalidInput("truth: must hold at least one item; got none. Evaluate on a test set that is not empty.")
    if len(predicted) != len(truth):
        raise InvalidInput(
            f"predicted: must have one entry per item of truth, {len(truth)}; got {len(predicted)}. "
            "Pass the same items."
        )
    return _distinct("truth", truth, n_classes), _distinct("predicted", predicted, n_classes)


def _distinct(name: str, values: Sequence[Any], n_classes: int) -> Rows:
    """(n, 4): the item, class, start and end of every span, each once, in this order."""
    items, table = checks.spans(name, values, n_classes=n_classes)
    return np.unique(np.column_stack([items, table[:, 2], table[:, 0], table[:, 1]]), axis=0)


def _per_class(there: Rows, found: Rows, n_classes: int) -> PerClass:
    shared = _shared(there, found)
    hits, support, n_predicted = (np.bincount(spans[:, 1], minlength=n_classes) for spans in (shared, there, found))
    return PerClass.of_counts(hits, support, n_predicted)


def _shared(there: Rows, found: Rows) -> Rows:
    spans, counts = np.unique(np.concatenate([there, found]), axis=0, return_counts=True)
    return np.asarray(spans[counts == 2])


def _n_covered(spans: Rows) -> int:
    """Pairs of a code point and a class of which a span covers it, each counted once."""
    if not len(spans):
        return 0
    spans = spans[np.lexsort((spans[:, 2], spans[:, 1], spans[:, 0]))]
    starts, ends = spans[:, 2], spans[:, 3]
    opens = np.ones(len(spans), dtype=bool)
    opens[1:] = (spans[1:, :2] != spans[:-1, :2]).any(axis=1)
    # Each item and class on a stretch of its own, so that one running maximum serves them all.
    shift = (np.cumsum(opens) - 1) * (int(ends.max()) + 1)
    reached = np.zeros(len(spans), dtype=np.int64)
    reached[1:] = np.maximum.accumulate(ends + shift)[:-1]
    return int(np.maximum(ends + shift - np.maximum(starts + shift, reached), 0).sum())


def _share(part: float, whole: int) -> float:
    return part / whole if whole else 0.0
