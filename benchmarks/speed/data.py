"""The made-up pools that are measured on."""

from __future__ import annotations

import numpy as np


def clumps(n: int, d: int = 384) -> np.ndarray:
    """Unit-norm float32 vectors in fifty overlapping clumps, with the falling spectrum of sentence embeddings."""
    rng = np.random.default_rng(0)
    spectrum = (1 / np.sqrt(1 + np.arange(d))).astype(np.float32)
    middles = rng.normal(size=(50, d)).astype(np.float32) * spectrum
    X = np.empty((n, d), dtype=np.float32)
    for start in range(0, n, 10_000):
        part = X[start : start + 10_000]
        part[:] = rng.normal(size=part.shape)
        part *= 0.9 * spectrum
        part += middles[rng.integers(50, size=len(part))]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return X


def vectors(n: int, d: int = 384) -> np.ndarray:
    """Standard normal, float32: nothing to find in them, which is hardest for what prunes."""
    return np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)


def even(*size: int, n_classes: int) -> np.ndarray:
    """Even draws from all distributions, float32."""
    return np.random.default_rng(1).dirichlet(np.ones(n_classes), size=size).astype(np.float32)


def unsure(n: int, n_classes: int = 20) -> np.ndarray:
    """Probabilities of a model that is sure of some items and not of others, float32."""
    logits = np.random.default_rng(1).normal(size=(n, n_classes)) * 2
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)
