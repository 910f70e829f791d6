"""Fitted scikit-learn estimators as models: a column for every class, and no copy of the pool."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from querist.core.checks import Array, Floats
from querist.core.errors import InvalidInput, MissingExtra, QueristError
from querist.core.items import Columns, n_rows
from querist.learners.estimators import first_step, last_step

BLOCK_BYTES = 1 << 23  # bounds what an estimator that turns its input to float64 takes beside the pool
BLOCK_ITEMS = 10_000  # where a row's size is not known: texts, tables


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What every model here holds: the fitted estimator and whether it went on from an earlier one."""

    estimator: Any
    n_classes: int
    warm_started: bool = False

    def _blocks(self, X: Any) -> Iterator[tuple[slice, Any]]:
        for rows in blocks(X):
            yield rows, for_estimator(_part(X, rows), self.estimator)


@dataclass(frozen=True, slots=True, eq=False)
class Classifier(Fitted):
    """A fitted classifier."""

    def predict_proba(self, X: Any, /) -> Floats:
        """(n_items, n_classes): zero for a class that was not among the labels."""
        return self._by_class(X, self.estimator.predict_proba, 0.0)

    def _by_class(self, X: Any, outputs: Callable[[Any], Array], unseen: float) -> Floats:
        classes = np.asarray(self.estimator.classes_).astype(np.int64)
        out: Floats | None = None
        for rows, part in self._blocks(X):
            with naming_bad_cells(X):
                found = np.asarray(outputs(part))
            if found.ndim == 1:  # a decision function of two classes
                found = np.stack([np.zeros_like(found), found], axis=1)
            if out is None:
                out = np.full((n_rows(X), self.n_classes), unseen, dtype=found.dtype)
            out[rows, classes] = found
        return np.empty((0, self.n_classes)) if out is None else out


@dataclass(frozen=True, slots=True, eq=False)
class Scorer(Classifier):
    """A fitted classifier that gives scores and no probabilities; `Calibrated` makes them of it."""

    def logits(self, X: Any, /) -> Floats:
        """(n_items, n_classes) decision scores: minus infinity for a class that was not among the labels."""
        return self._by_class(X, self.estimator.decision_function, -np.inf)

    def predict_proba(self, X: Any, /) -> Floats:
        """The scores as if they were log-odds: right in their order only."""
        z = self.logits(X).astype(np.float64)
        z = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(z / z.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True, eq=False)
class Regressor(Fitted):
    """A fitted model of a number."""

    def predict(self, X: Any, /) -> Floats:
        """(n_items,)."""
        out = np.empty(n_rows(X))
        for rows, part in self._blocks(X):
            with naming_bad_cells(X):
                out[rows] = np.asarray(self.estimator.predict(part)).reshape(-1)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class ForestClassifier(Classifier):
    """A forest: its trees are a committee for free."""

    def members(self, X: Any, /) -> npt.NDArray[np.float32]:
        """(n_trees, n_items, n_classes) float32."""
        classes = np.asarray(self.estimator.classes_).astype(np.int64)
        out = np.zeros((len(last_step(self.estimator).estimators_), n_rows(X), self.n_classes), dtype=np.float32)
        for rows, k, tree, part in _trees(self, X):
            out[k, rows, classes] = tree.predict_proba(part, check_input=False).T
        return out


@dataclass(frozen=True, slots=True, eq=False)
class ForestRegressor(Regressor):
    """A forest of numbers: its trees are a committee for free."""

    def members(self, X: Any, /) -> npt.NDArray[np.float32]:
        """(n_trees, n_items) float32."""
        out = np.zeros((len(last_step(self.estimator).estimators_), n_rows(X)), dtype=np.float32)
        for rows, k, tree, part in _trees(self, X):
            out[k, rows] = tree.predict(part, check_input=False)
        return out


def model_of(estimator: Any, n_classes: int, warm_started: bool) -> Classifier | Regressor:
    """The model for a fitted estimator, with as many capabilities as it has."""
    from sklearn.ensemble import (
        ExtraTreesClassifier,
        ExtraTreesRegressor,
        RandomForestClassifier,
        RandomForestRegressor,
    )

    last = last_step(estimator)
    if n_classes == 0:
        forest = isinstance(last, RandomForestRegressor | ExtraTreesRegressor)
        return (ForestRegressor if forest else Regressor)(estimator, n_classes, warm_started)
    if not hasattr(estimator, "predict_proba"):
        return Scorer(estimator, n_classes, warm_started)
    forest = isinstance(last, RandomForestClassifier | ExtraTreesClassifier)
    return (ForestClassifier if forest else Classifier)(estimator, n_classes, warm_started)


def for_estimator(X: Any, estimator: Any) -> Any:
    """`X` in the form an estimator reads: a table as a data frame, one column of text as a list of it."""
    if not isinstance(X, Columns):
        return X.tolist() if isinstance(X, np.ndarray) and X.dtype.kind in "OU" and X.ndim == 1 else X
    if reads_text(estimator):
        if len(X.names) != 1:
            raise InvalidInput(
                f"X: must be texts for a pipeline that starts with {type(first_step(estimator)).__name__}; got the "
                f"columns {list(X.names)}. Pass one column, or start the pipeline with a ColumnTransformer."
            )
        return ["" if value is None else str(value) for value in X[X.names[0]].tolist()]
    try:
        import pandas as pd
    except ImportError:
        raise MissingExtra(
            "pandas: must be installed to hand a table to a scikit-learn pipeline; it is not. "
            "Run `pip install pandas`, or encode the table with TableEncoder."
        ) from None
    return pd.DataFrame({name: list(X[name]) if X[name].ndim > 1 else X[name] for name in X})


def reads_text(estimator: Any) -> bool:
    """Whether an estimator, or a pipeline's first step, takes a list of texts."""
    from sklearn.utils import get_tags

    tags = get_tags(first_step(estimator)).input_tags
    return bool(tags.string and not tags.two_d_array)


@contextmanager
def naming_bad_cells(X: Any) -> Iterator[None]:
    """Turn an estimator's refusal of missing values into an error that says where they are."""
    try:
        yield
    except QueristError:
        raise
    except ValueError as error:
        if (found := _first_bad(X)) is None:
            raise
        row, column, value = found
        raise InvalidInput(
            f"X: must be finite for this learner; row {row}, column {column} is {value}. "
            "Impute it (SimpleImputer in a pipeline, or TableEncoder), drop the row, or use a learner that takes "
            "missing values, such as HistGradientBoostingClassifier."
        ) from error


def _first_bad(X: Any) -> tuple[int, int | str, float] | None:
    if isinstance(X, Columns):
        found = ((name, _first_bad(X[name].reshape(len(X), -1))) for name in X if X[name].dtype.kind == "f")
        return next(((bad[0], name, bad[2]) for name, bad in found if bad is not None), None)
    x = X.tocoo() if scipy.sparse.issparse(X) else X
    values = x.data if scipy.sparse.issparse(x) else x
    if not isinstance(values, np.ndarray) or values.dtype.kind != "f":
        return None
    places = np.argwhere(~np.isfinite(values))
    if not len(places):
        return None
    if scipy.sparse.issparse(x):
        at = places[0][0]
        return int(x.coords[0][at]), int(x.coords[1][at]), float(values[at])
    row, column = places[0]
    return int(row), int(column), float(values[row, column])


def blocks(X: Any) -> Iterator[slice]:
    """Row ranges of `X`, each small beside a large pool."""
    n_items = n_rows(X)
    shape: tuple[int, ...] = getattr(X, "shape", ())
    wide = len(shape) == 2 and not scipy.sparse.issparse(X)
    step = max(1, BLOCK_BYTES // (8 * max(shape[1], 1))) if wide else BLOCK_ITEMS
    for start in range(0, n_items, step):
        yield slice(start, min(start + step, n_items))


def _part(X: Any, rows: slice) -> Any:
    if rows.start == 0 and rows.stop == n_rows(X):
        return X
    if isinstance(X, Columns):
        return X.take(np.arange(rows.start, rows.stop))
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]


def _trees(model: Fitted, X: Any) -> Iterator[tuple[slice, int, Any, Any]]:
    forest = last_step(model.estimator)
    for rows, part in model._blocks(X):
        with naming_bad_cells(X):
            entered = part if forest is model.estimator else model.estimator[:-1].transform(part)
        if scipy.sparse.issparse(entered):
            read = scipy.sparse.csr_matrix(
                entered, dtype=np.float32
            )  # the trees' own code knows this form and this width
            read.indices, read.indptr = read.indices.astype(np.int32), read.indptr.astype(np.int32)
        else:
            read = np.ascontiguousarray(entered, dtype=np.float32)
        for k, tree in enumerate(forest.estimators_):
            yield rows, k, tree, read
