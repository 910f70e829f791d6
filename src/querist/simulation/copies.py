"""Which labeled items are copies of one another, whatever holds them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np

from querist.core.checks import Rows
from querist.core.items import Columns, FieldSpec
from querist.splits import near_groups


def near_copies(X: Any, spec: FieldSpec | None) -> Rows:
    """A group number per item, the same for near copies of text and tables, and for equal arrays.

    Parameters
    ----------
    X : list of str, Columns, array, sparse matrix or data frame
    spec : FieldSpec or None
        What the columns are, where X is Columns.

    Examples
    --------
    >>> near_copies(np.array([[1.0, 2.0], [3.0, 4.0], [1.0, 2.0]]), None).tolist()
    [0, 1, 0]
    """
    if isinstance(X, list):
        return near_groups({"text": X}, FieldSpec({"text": "text"}))
    kinds = spec or FieldSpec()
    groups = near_groups({name: list(X[name]) for name in X.names}, kinds) if isinstance(X, Columns) else _equal(X)
    # In a table of few distinct rows, equal rows are different items that happen to agree, not copies of one item:
    # keeping them together would leave nothing to hold out. Text that agrees is a copy however often it occurs.
    ordinary = not kinds.named("text") and 2 * len(np.unique(groups)) <= len(groups)
    return np.arange(len(groups)) if ordinary else groups


def _equal(X: Any) -> Rows:
    if hasattr(X, "tocsr"):
        sparse = X.tocsr(copy=True)
        sparse.sum_duplicates()
        sparse.eliminate_zeros()
        sparse.sort_indices()
        edges = zip(sparse.indptr[:-1], sparse.indptr[1:], strict=True)
        return _numbers((sparse.indices[a:b].tobytes(), sparse.data[a:b].tobytes()) for a, b in edges)
    if hasattr(X, "iloc"):
        return _numbers(repr(row) for row in X.itertuples(index=False, name=None))
    dense = np.asarray(X)
    return np.unique(dense.reshape(len(dense), -1), axis=0, return_inverse=True)[1].astype(np.int64).ravel()


def _numbers(keys: Iterable[Hashable]) -> Rows:
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)
