"""The pool as a model sees it, and what its vectors say of classes before any label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from querist.core.checks import Floats
from querist.core.items import Columns, n_rows
from querist.core.ports import Encoding

TEMPERATURE = 0.05


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool as a model sees it.

    Parameters
    ----------
    features : array or sparse matrix, a row per item
    embeddings : callable returning (n_items, n_dims) float
        Made at the first call, when a strategy needs distances, and kept.
    embed : callable, optional
        Vectors of other texts, in the same space; None where the items are more than one text each.
    """

    features: Any
    embeddings: Callable[[], Floats]
    embed: Callable[[Sequence[str]], Floats] | None = None

    @property
    def n_items(self) -> int:
        """Items in the pool."""
        return n_rows(self.features)


def pool_of(encoding: Encoding, X: Any) -> Pool:
    """The pool of these items under a fitted encoder."""
    like = _texts_like(X)
    embed = None if like is None else lambda texts: encoding.embeddings(like(texts))
    return Pool(encoding.features(X), cache(lambda: encoding.embeddings(X)), embed)


def _texts_like(X: Any) -> Callable[[Sequence[str]], Any] | None:
    """How to write texts in the form of the items, where an item is one text."""
    if isinstance(X, Columns):
        only = X.names[0] if len(X.names) == 1 and X[X.names[0]].dtype == object else None
        return None if only is None else lambda texts: Columns({only: list(texts)})
    if isinstance(X, list | tuple):
        return list if len(X) and all(isinstance(text, str) for text in X) else None
    kind = getattr(getattr(X, "dtype", None), "kind", "")
    return (lambda texts: np.array(texts, dtype=object)) if kind == "O" and X.ndim == 1 else None


def zero_shot_prior(pool: Pool, classes: Sequence[str]) -> Floats:
    """A guess at each item's class before any label: how near its vector lies to those of the classes' names.

    A softmax of cosines at a temperature of 0.05, at which cosines of sentence encoders spread over (0, 1). An item
    whose vector is zero, or classes whose names are unknown words, give even probabilities.
    """
    assert pool.embed is not None
    names = pool.embed([name.replace("_", " ") for name in classes])
    cosines = _unit(pool.embeddings()) @ _unit(names).T
    powers = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / TEMPERATURE)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _unit(X: Floats) -> Floats:
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    return np.asarray(np.divide(X, norms, out=np.zeros_like(X), where=norms > 0))
