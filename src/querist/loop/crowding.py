"""How crowded the place of an item of a stream is, by the items that came just before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats

BLOCK = 1024  # items whose distances are held at once


def crowding(X: Floats, memory: Mapping[str, Any], window: int) -> tuple[npt.NDArray[np.float64], dict[str, list[Any]]]:
    """The mean likeness of each item to the `window` items before it, and what to keep for the items that follow.

    Parameters
    ----------
    X : (n_items, n_dims) float
        Items in the order in which they came.
    memory : mapping
        What the call for the items before gave; empty for the first.
    window : int
        How many earlier items each is held against.

    Returns
    -------
    density : (n_items,) float
        Between 0 (far from all) and 1 (a copy of all); 1 for the very first item.
    memory : dict
        Plain JSON: the last items, and how far apart items have been of late.

    Notes
    -----
    A Gaussian kernel whose width is what the mean squared distance was over the last `window` items, so that the
    features' scale does not matter. An item's density is the same to the last digit whatever batch it comes in. Time
    `n_items * window * n_dims`.

    Examples
    --------
    >>> density, _ = crowding(np.array([[0.0], [0.1], [0.0], [9.0]]), {}, window=3)
    >>> bool(density[3] < density[2])
    True
    """
    before = np.asarray(memory.get("items", []), dtype=np.float64).reshape(-1, X.shape[1])
    spreads = np.asarray(memory.get("spreads", []), dtype=np.float64)
    found = [np.empty(0)]
    for start in range(0, len(X), BLOCK):
        block = np.asarray(X[start : start + BLOCK], dtype=np.float64)
        density, spreads = _block(block, before, spreads, window)
        found.append(density)
        before = np.concatenate([before, block])[-window:]
        spreads = spreads[-window:]
    return np.concatenate(found), {"items": before.tolist(), "spreads": spreads.tolist()}


def _block(
    block: npt.NDArray[np.float64], before: npt.NDArray[np.float64], spreads: npt.NDArray[np.float64], window: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    n, known = len(block), len(before)
    line = np.concatenate([before, block])
    distances = np.zeros((n, window))
    counts = np.minimum(np.arange(known, known + n), window)
    for back in range(1, min(window, known + n - 1) + 1):
        first = max(0, back - known)  # the first of the block that has an item so far back
        step = line[known + first :] - line[known + first - back : known + n - back]
        distances[first:, back - 1] = np.einsum("ij,ij->i", step, step)
    means = distances.sum(axis=1) / np.maximum(counts, 1)
    # An item's kernel is as wide as distances were before it, its own apart: so an odd one cannot widen its own.
    first = 1 if known == 0 else 0  # the very first item has nothing to be far from
    padded = np.concatenate([np.zeros(window), spreads, means[first:]])
    at = np.maximum(len(spreads) + np.arange(n) - first, 0)
    views = np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(padded, window)[at])
    width = views.sum(axis=1) / np.maximum(np.minimum(at, window), 1)
    width = np.where(width > 0, width, 1.0)
    held = np.arange(window) < counts[:, None]
    kernel = np.where(held, np.exp(-distances / width[:, None]), 0.0).sum(axis=1)
    return np.where(counts > 0, kernel / np.maximum(counts, 1), 1.0), np.concatenate([spreads, means[first:]])
