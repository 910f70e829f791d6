"""Selections that are products of matrices, on arrays of other libraries, by the Array API standard alone.

The greedy loops of their namesakes on NumPy, written plainly: a device makes a pass over all items for each pick faster
than it could be told which items to leave out. What is picked comes back to NumPy; everything else stays on the device.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.strategies import _device_scores as scores
from querist.strategies._doors import generator, nothing, number, pool_rows
from querist.strategies._elsewhere import blocks, floats, host
from querist.strategies._fisher import least_squared

CENTERS = 1024  # chosen rows that distances are taken to at a time
RATES = {"margin": scores.margin, "least_confidence": scores.least_confidence, "entropy": scores.entropy}


def k_center(
    xp: Any, embeddings: Any, k: int, *, candidates: npt.ArrayLike, chosen: npt.ArrayLike, rng: np.random.Generator
) -> Picks:
    """Each the farthest from all that stand before it."""
    X = _features(xp, embeddings)
    free, taken = _pool(X, k, candidates, chosen, rng)
    if not len(free):
        return nothing()
    norms = xp.sum(X * X, axis=1)
    open_ = _mask(xp, X, free)
    nearest = xp.full_like(norms, float("inf"))
    for start in range(0, len(taken), CENTERS):
        centers = _rows(xp, X, taken[start : start + CENTERS])
        for block in blocks(X.shape[0], centers.shape[0]):
            squared = norms[block][:, None] - 2 * (X[block, :] @ centers.T) + xp.sum(centers * centers, axis=1)[None, :]
            nearest[block] = xp.minimum(nearest[block], xp.min(squared, axis=1))
    picked, distances = list[int](), list[float]()
    while len(picked) < min(k, len(free)):
        if len(taken) or picked:
            i = int(xp.argmax(xp.where(open_, nearest, xp.full_like(nearest, -1))))
            distances.append(max(0.0, float(nearest[i])) ** 0.5)
        else:
            mean = xp.mean(_rows(xp, X, free), axis=0)
            far = xp.full_like(norms, float("inf"))
            i = int(xp.argmin(xp.where(open_, norms - 2 * (X @ mean), far)))
            distances.append(float("nan"))
        picked.append(i)
        open_[i] = False
        nearest = xp.minimum(nearest, norms + norms[i] - 2 * (X @ X[i, :]))
    return Picks(np.array(picked, dtype=np.int64), np.array(distances), np.ones(len(picked)))


def weighted_variance_reduction(
    xp: Any,
    probs: Any,
    embeddings: Any,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    ridge: float = 0.05,
    weight: str = "margin",
    normalize: bool = True,
) -> Picks:
    """Each the one that most lowers the weighted variance of a linear model's predictions."""
    checks.one_of("weight", weight, tuple(RATES))
    number("ridge", ridge, above=0, hint="Take the model's own penalty.")
    X = _features(xp, embeddings)
    h = RATES[weight](xp, floats(xp, "probs", probs, like=X, n_dims=2))
    if h.shape[0] != X.shape[0]:
        raise InvalidInput(
            f"embeddings: must be of the same {h.shape[0]} items as probs; got {X.shape[0]}. Pass a row of each."
        )
    free, taken = _pool(X, k, candidates, chosen, rng)
    if not len(free):
        return nothing()
    squared = xp.sum(X * X, axis=1)
    h = xp.astype(h, X.dtype)
    if normalize:  # a row of length 1 with weight h is the row as it is with weight h / |x|²
        directed = squared > least_squared(float(xp.max(squared)))
        h = xp.where(directed, h / xp.where(directed, squared, xp.ones_like(squared)), xp.zeros_like(h))
    target = _moments(xp, X, h / X.shape[0])
    rows = _rows(xp, X, taken)
    information = _moments(xp, rows, _rows(xp, h[:, None], taken)[:, 0])
    information = information + ridge * xp.eye(X.shape[1], dtype=information.dtype, device=X.device)
    inverse = xp.linalg.inv(information)
    narrow = xp.astype(inverse, X.dtype)
    q = xp.sum((X @ narrow) * X, axis=1)
    a = xp.sum((X @ xp.astype(inverse @ target @ inverse, X.dtype)) * X, axis=1)
    open_ = _mask(xp, X, free)
    picked, gains = list[int](), list[float]()
    while len(picked) < min(k, len(free)):
        gain = xp.where(open_, h * a / (1 + h * q), xp.full_like(q, -1))
        i = int(xp.argmax(gain))
        x, weight_of = xp.astype(X[i, :], inverse.dtype), float(h[i])
        v = inverse @ x
        g = target @ v
        c, s = weight_of / (1 + weight_of * float(xp.sum(x * v))), float(xp.sum(v * g))
        along = X @ xp.astype(v, X.dtype)
        across = X @ xp.astype(inverse @ g, X.dtype)
        a = xp.clip(a + along * (along * (c * c * s) - across * (2 * c)), 0, None)
        q = xp.clip(q - c * along * along, 0, None)
        inverse = inverse - c * (v[:, None] * v[None, :])
        picked.append(i)
        gains.append(float(gain[i]))
        open_[i] = False
    return Picks(np.array(picked, dtype=np.int64), np.array(gains), np.ones(len(picked)))


def _features(xp: Any, embeddings: Any) -> Any:
    X = floats(xp, "embeddings", embeddings, n_dims=2)
    if not bool(xp.all(xp.isfinite(xp.sum(X, axis=1)))):
        checks.features("embeddings", host(X))  # says which
    return X


def _pool(X: Any, k: int, candidates: Any, chosen: Any, rng: np.random.Generator) -> tuple[Rows, Rows]:
    checks.positive("k", k)
    generator(rng)
    return pool_rows(host(candidates), host(chosen), X.shape[0])


def _mask(xp: Any, X: Any, rows: Rows) -> Any:
    flags = np.zeros(X.shape[0], dtype=bool)
    flags[rows] = True
    return xp.asarray(flags, device=X.device)


def _rows(xp: Any, X: Any, rows: Rows) -> Any:
    return xp.take(X, xp.asarray(rows, device=X.device), axis=0)


def _moments(xp: Any, X: Any, weights: Any) -> Any:
    """Σ weight · x xᵀ, added up in double precision."""
    total = xp.zeros((X.shape[1], X.shape[1]), dtype=xp.float64, device=X.device)
    for block in blocks(*X.shape):
        weighted = X[block, :] * weights[block][:, None]
        total = total + xp.astype(weighted.T @ X[block, :], xp.float64)
    return total
