"""Fewer dimensions and unit length: what distances between items are taken in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from querist.core.checks import Floats
from querist.core.items import n_rows, take

# The directions of a pool settle long before this many rows; more would cost time and change nothing.
SAMPLE_ROWS = 50_000


def unit_norm(X: Any) -> Any:
    """`X` with every row of Euclidean length 1; a row of zeros stays one.

    Examples
    --------
    >>> unit_norm(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist()
    [[0.6, 0.8], [0.0, 0.0]]
    """
    if scipy.sparse.issparse(X):
        lengths = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())
        scale = (1 / np.where(lengths > 0, lengths, 1)).astype(X.dtype)
        return scipy.sparse.csr_array(scipy.sparse.diags_array(scale) @ X)
    lengths = np.sqrt(np.einsum("ij,ij->i", X, X))
    return X / np.where(lengths > 0, lengths, 1)[:, None]


@dataclass(frozen=True, slots=True)
class Reduction:
    """A linear map to fewer dimensions; `components` is None where there are few enough already."""

    components: Floats | None

    def apply(self, X: Any) -> Floats:
        """(n_items, n_dims) float32, dense."""
        if self.components is None:
            dense = X.toarray() if scipy.sparse.issparse(X) else X
            return np.asarray(dense, dtype=np.float32)
        return np.asarray(X @ self.components, dtype=np.float32)


def reduction(X: Any, n_dims: int) -> Reduction:
    """The directions in which `X` is longest: a truncated singular value decomposition.

    On centered columns these are the principal components, on TF-IDF weights latent semantic analysis (Deerwester,
    Dumais, Furnas, Landauer and Harshman 1990). Found on at most `SAMPLE_ROWS` rows; the same rows give the same map.
    """
    if X.shape[1] <= n_dims:
        return Reduction(None)
    from sklearn.decomposition import TruncatedSVD

    rows = sample_rows(n_rows(X), SAMPLE_ROWS)
    sample = X if rows is None else take(X, rows)
    k = min(n_dims, n_rows(sample))
    svd = TruncatedSVD(k, algorithm="randomized", random_state=0)
    with np.errstate(divide="ignore", invalid="ignore"):  # the share of variance explained, of a pool without any
        svd.fit(sample)
    return Reduction(np.ascontiguousarray(svd.components_.T, dtype=np.float32))


def sample_rows(n_items: int, most: int) -> Any:
    """`most` rows drawn at random with a fixed seed, in order, or None where all fit."""
    if n_items <= most:
        return None
    return np.sort(np.random.default_rng(0).choice(n_items, most, replace=False))
