"""Features that the user brought, and items that a user's own pipeline reads as they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.ports import Encoder, Encoding
from querist.learners.reduce import Reduction, reduction, unit_norm


@dataclass(frozen=True, slots=True)
class IdentityEncoder:
    """Features as given, dense or sparse, not copied.

    Parameters
    ----------
    n_dims : int
        The embeddings' dimensions, where the features are sparse.

    Examples
    --------
    >>> X = np.array([[0.0, 1.0], [2.0, 3.0]])
    >>> IdentityEncoder().fit(X).features(X) is X
    True
    """

    n_dims: int = 128

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        return {"class": "IdentityEncoder", "n_dims": self.n_dims}

    def fit(self, X: Any, /) -> IdentityEncoding:
        """Check that they are finite numbers."""
        return IdentityEncoding(self, _checked(X))


class IdentityEncoding:
    """A fitted `IdentityEncoder`."""

    def __init__(self, encoder: IdentityEncoder, pool: Any) -> None:
        self._encoder = encoder
        self._pool = pool

    def features(self, X: Any, /) -> Any:
        """`X` itself; a sparse matrix in a form without row access is turned to CSR."""
        return _checked(X)

    def embeddings(self, X: Any, /) -> Floats:
        """`X` itself if dense; else reduced, of unit length."""
        x = _checked(X)
        if not scipy.sparse.issparse(x):
            return np.asarray(x)
        return np.asarray(unit_norm(self._reduction.apply(x)), dtype=np.float32)

    @cached_property
    def _reduction(self) -> Reduction:
        return reduction(self._pool, self._encoder.n_dims)


@dataclass(frozen=True, slots=True)
class RawEncoder:
    """The items themselves as features, for a pipeline that reads them, beside another encoder's embeddings.

    Parameters
    ----------
    inner : Encoder
        Whose embeddings to use.
    field : str, optional
        The only column that the pipeline reads, where the items are `Columns`.
    """

    inner: Encoder
    field: str | None = None

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        named = {} if self.field is None else {"field": self.field}
        return {"class": "RawEncoder", "inner": self.inner.describe(), **named}

    def fit(self, X: Any, /) -> RawEncoding:
        """Remember the pool; the inner encoder is fitted when embeddings are first needed."""
        return RawEncoding(self.inner, X, self.field)


class RawEncoding:
    """A fitted `RawEncoder`."""

    def __init__(self, inner: Encoder, pool: Any, field: str | None = None) -> None:
        self._encoder = inner
        self._pool = pool
        self._field = field

    def features(self, X: Any, /) -> Any:
        """`X` itself, or its only column that is read."""
        return X if self._field is None else X[self._field]

    def embeddings(self, X: Any, /) -> Floats:
        """The inner encoder's."""
        return self._inner.embeddings(X)

    @cached_property
    def _inner(self) -> Encoding:
        return self._encoder.fit(self._pool)


def _checked(X: Any) -> Any:
    if not scipy.sparse.issparse(X):
        return checks.features("X", X)
    x = X if X.format == "csr" else X.tocsr()
    if not np.isfinite(x.data).all():
        row, column = (int(place[~np.isfinite(x.data)][0]) for place in x.tocoo().coords)
        raise InvalidInput(
            f"X: must be finite; row {row}, column {column} is {x[row, column]}. Impute it, or drop the row."
        )
    return x
