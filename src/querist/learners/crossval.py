"""What a learner predicts for labeled items that it has not seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from querist.core.checks import Array, Floats, Rows, positive
from querist.core.errors import InvalidInput, UnsuitableLearner
from querist.core.items import n_rows, take
from querist.core.ports import Classifies, Learner, Model, Predicts
from querist.learners.sklearn import labels


def out_of_fold(
    learner: Learner, X: Any, y: Array, *, n_classes: int, rng: np.random.Generator, n_folds: int = 5
) -> tuple[Floats, Rows]:
    """Cross-validated predictions: each from a model that has not seen the item's label.

    Parameters
    ----------
    X : (n_items, ...) features of the labeled items
    y : (n_items,) class numbers, or numbers where `n_classes` is 0
    n_folds : int
        At least 2; fewer are used where there are fewer items.

    Returns
    -------
    predicted : (n_rows, n_classes) float, or (n_rows,) for numbers
    rows : (n_rows,) int
        The items predicted, in order. A class with one item is left out of them and kept in all training sets;
        if there is no other, both are empty.

    Raises
    ------
    OneClassOnly
        If all labels are of one class.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.learners import SklearnLearner
    >>> X, y = np.array([[0.0], [1.0], [5.0], [6.0], [9.0]]), np.array([0, 0, 1, 1, 2])
    >>> rng = np.random.default_rng(0)
    >>> probs, rows = out_of_fold(SklearnLearner(LogisticRegression()), X, y, n_classes=3, rng=rng)
    >>> probs.shape, rows.tolist()
    ((4, 3), [0, 1, 2, 3])
    """
    return fold_outputs(learner, X, y, _predicted(n_classes), n_classes=n_classes, rng=rng, n_folds=n_folds)


def fold_outputs(
    learner: Learner,
    X: Any,
    y: Array,
    output: Callable[[Model, Any], Array],
    *,
    n_classes: int,
    rng: np.random.Generator,
    n_folds: int = 5,
) -> tuple[Array, Rows]:
    """As `out_of_fold`, with what to read from each fold's model; answers that are sets are dealt out at random."""
    if positive("n_folds", n_folds) < 2:
        raise InvalidInput("n_folds: must be at least 2; got 1. Nothing would be left to learn from.")
    by_class = n_classes > 0 and y.ndim == 1 and y.dtype != object
    if by_class or not n_classes:
        y = labels("y", y, n_items=n_rows(X), n_classes=n_classes)
    folds = _folds(y, by_class, n_folds, rng)
    rows = np.flatnonzero(folds >= 0)
    out: Array = np.empty((0, n_classes) if n_classes else (0,))
    numbers = np.unique(folds[rows])
    for number, child in zip(numbers, rng.spawn(len(numbers)), strict=True):
        held_out, kept = np.flatnonzero(folds == number), np.flatnonzero(folds != number)
        model = learner.fit(take(X, kept), y[kept], n_classes=n_classes, rng=child)
        found = output(model, take(X, held_out))
        if not len(out):
            out = np.empty((len(rows), *found.shape[1:]), dtype=found.dtype)
        out[np.searchsorted(rows, held_out)] = found
    return out, rows


def _folds(y: Array, by_class: bool, n_folds: int, rng: np.random.Generator) -> Rows:
    """Each item's fold, -1 for one never held out. Dealt out class by class, so that a class misses no training set."""
    if not by_class:
        groups = [np.arange(len(y))] if len(y) > 1 else []
    else:
        groups = [rows for c in np.unique(y) if len(rows := np.flatnonzero(y == c)) > 1]
    folds = np.full(len(y), -1, dtype=np.int64)
    if groups:
        dealt = np.concatenate([rng.permutation(rows) for rows in groups])
        folds[dealt] = np.arange(len(dealt)) % n_folds
    return folds


def _predicted(n_classes: int) -> Callable[[Model, Any], Floats]:
    def predicted(model: Model, X: Any) -> Floats:
        if n_classes and isinstance(model, Classifies):
            return model.predict_proba(X)
        if not n_classes and isinstance(model, Predicts):
            return model.predict(X)
        wanted = "class probabilities" if n_classes else "a number"
        raise UnsuitableLearner(f"learner: must predict {wanted}; {type(model).__name__} does not. Choose another.")

    return predicted
