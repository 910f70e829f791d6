"""Nearest neighbors by matrix products over blocks of rows: exact, without a table of all pairs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads
from querist.strategies._kernels import Kernel, Space, squared_distances

BLOCK = 512


def nearest_distances(X: Floats, rows: Rows, others: Rows, n: int, *, unit: bool) -> Floats:
    """The distances of each row to its `n` nearest among the others, itself left out, ascending.

    Where a row is among the others there must be more than `n` of them. `unit` brings rows to unit length first.
    """
    space = Space(X, Kernel(as_squared, unit), others)
    theirs = space.read(others)
    places = np.searchsorted(others, rows)
    n = min(n, len(others) - int((others[np.minimum(places, len(others) - 1)] == rows).any()))

    def one(part: slice) -> Floats:
        mine = rows[part]
        squared = space.between(space.read(mine), theirs)
        place = places[part]
        here = np.flatnonzero(others[np.minimum(place, len(others) - 1)] == mine)
        squared[here, place[here]] = np.inf
        squared.partition(n - 1, axis=1)
        found = squared[:, :n]
        found.sort(axis=1)
        distances: Floats = np.sqrt(np.maximum(found, 0))
        return distances

    return np.concatenate(in_threads(one, table_blocks(len(rows), len(others))))


def least_distance(X: Floats, rows: Rows, *, unit: bool) -> float:
    """The distance of the two of at least two rows, in ascending order, that are nearest to one another."""
    return float(nearest_distances(X, rows, rows, 1, unit=unit).min())


def nearest_of_another(X: Floats, rows: Rows, others: Rows, group: Rows, other_group: Rows) -> Floats:
    """The distance of each row to the nearest of the others whose group is another; infinite where there is none."""
    space = Space(X, Kernel(as_squared, unit=False), others)
    found = np.full(len(rows), np.inf)
    mine = space.read(rows)
    for start in range(0, len(others), BLOCK):
        part = slice(start, start + BLOCK)
        squared = space.between(mine, space.read(others[part]))
        squared[group[:, None] == other_group[part]] = np.inf
        np.minimum(found, squared.min(axis=1), out=found)
    distances: Floats = np.sqrt(np.maximum(found, 0))
    return distances


def as_squared(products: Floats, norms: Floats, other_norms: Floats) -> None:
    """Turn inner products into squared distances, in place; what is below the rounding is 0."""
    squared_distances(products, norms, other_norms, 1)
    eps = 16 * float(np.finfo(products.dtype).eps)
    products[products < eps * np.maximum(norms[:, None], other_norms)] = 0  # copies


def table_blocks(n: int, width: int) -> Iterator[slice]:
    """Slices that cover `n` rows, each of them with `width` columns beside a table of bounded size."""
    step = max(16, min(BLOCK, 2**21 // max(1, width)))
    for start in range(0, n, step):
        yield slice(start, min(start + step, n))
