"""Nyström's approximation of a Gaussian kernel: features whose inner products are nearly its values."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats
from querist.strategies._rowwise import working_type

BLOCK_ROWS = 4096
DROPPED = 1e-6  # eigenvalues below this share of the largest are rounding


def nystroem(X: Floats, n_landmarks: int, rng: np.random.Generator) -> Floats:
    """(n_items, up to n_landmarks) features with exp(-|x - z|² / n_dims) for inner products, nearly.

    Columns are scaled to unit variance first. Time O(n_items · n_landmarks · (n_dims + n_landmarks)).
    """
    n_items, n_dims = X.shape
    mean, deviation = X.mean(axis=0, dtype=np.float64), X.std(axis=0, dtype=np.float64)
    scale = np.where(deviation > 0, deviation, 1) * np.sqrt(max(1, n_dims))
    landmarks = (X[rng.choice(n_items, size=min(n_landmarks, n_items), replace=False)] - mean) / scale
    values, vectors = np.linalg.eigh(_kernel(landmarks, landmarks))
    kept = values > DROPPED * values[-1]
    root = vectors[:, kept] / np.sqrt(values[kept])
    out = np.empty((n_items, int(kept.sum())), dtype=working_type(X))
    for start in range(0, n_items, BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        out[rows] = _kernel((X[rows] - mean) / scale, landmarks) @ root
    return out


def _kernel(x: Floats, z: Floats) -> Floats:
    squared = np.einsum("ij,ij->i", x, x)[:, None] + np.einsum("ij,ij->i", z, z) - 2 * x @ z.T
    found: Floats = np.exp(-np.maximum(squared, 0))
    return found
