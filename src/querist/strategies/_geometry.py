"""Distances to a few points from very many, by matrix products over blocks of rows."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads
from querist.strategies._rowwise import working_type

BLOCK_ROWS = 1024
READ_THROUGH = 1.25  # rows read per row wanted up to which a block is read in one piece, gaps and all, and not copied
MOVE_FROM = 1  # |mean|² over the mean square distance from it; up to 1, not to move the rows costs one bit at most


class Points:
    """Some rows of a matrix, read block by block, where they lie near the origin without a copy.

    Distances come from |x - c|² = |x|² + |c|² - 2 x·c, which loses digits far from the origin; rows that lie far are
    moved, so that their mean is the origin. What is below the rounding that remains counts as distance zero.
    """

    def __init__(self, X: Floats, rows: Rows) -> None:
        self.X = X
        self.rows = rows
        self._ascending = bool((rows[1:] > rows[:-1]).all())
        self.dtype = working_type(X)
        self.norms = np.empty(len(rows), dtype=self.dtype)
        self.lengths = self.norms  # squared, where the rows lie in truth; `norms` are squared as well, once moved
        self._origin: Floats | None = None
        total = np.zeros(X.shape[1])
        for part in in_threads(self._measure, self._slices()):
            total += part
        self._mean = total / max(1, len(rows))
        far = float(self._mean @ self._mean)
        if far > MOVE_FROM * (float(self.norms.sum(dtype=np.float64)) / max(1, len(rows)) - far):
            self._origin = self._mean.astype(self.dtype)
            self.norms = np.empty_like(self.norms)
            in_threads(self._measure, self._slices())

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, rows: Rows) -> Floats:
        """A copy of any rows of the matrix, moved."""
        points = self.X[rows].astype(self.dtype, copy=False)
        if self._origin is not None:
            points -= self._origin
        return points

    def to_each(self, centers: Floats) -> Floats:
        """The squared distance of each point to each center, (n_centers, n_points)."""
        products = np.empty((len(centers), len(self)), dtype=self.dtype)
        squares = np.einsum("ij,ij->i", centers, centers)[:, None]
        doubled = -2 * centers

        def work(block: slice) -> None:
            points, kept = self._block(block)
            found = doubled @ points.T
            found += squares
            products[:, block] = _squared(found[:, kept], self.X.shape[1], self.norms[block])

        in_threads(work, self._slices())
        return products

    def to_nearest(self, centers: Floats) -> Floats:
        """The squared distance of each point to its nearest center."""
        least = np.empty(len(self), dtype=self.dtype)

        def work(block: slice) -> None:
            points, kept = self._block(block)
            least[block] = _least(points, centers)[kept]

        in_threads(work, self._slices())
        return _squared(least, self.X.shape[1], self.norms)

    def from_mean(self) -> Floats:
        """The squared distance of each point to the mean of all."""
        return self.norms if self._origin is not None else self.to_nearest(self._mean.astype(self.dtype)[None])

    def nearest(self, centers: Floats) -> tuple[Rows, Floats]:
        """Which center each point is nearest to, and how far it is, squared."""
        which = np.empty(len(self), dtype=np.int64)
        distances = np.empty(len(self), dtype=self.dtype)

        def work(block: slice) -> None:
            points, kept = self._block(block)
            found, least = nearest(points[kept], self.norms[block], centers)
            which[block], distances[block] = found, least

        in_threads(work, self._slices())
        return which, distances

    def _measure(self, block: slice) -> Floats:
        points, kept = self._block(block)
        self.norms[block] = np.einsum("ij,ij->i", points, points)[kept]
        counted = np.zeros(len(points), dtype=self.dtype)
        counted[kept] = 1
        total: Floats = counted @ points
        return total

    def _slices(self) -> Iterator[slice]:
        for start in range(0, len(self.rows), BLOCK_ROWS):
            yield slice(start, min(start + BLOCK_ROWS, len(self.rows)))

    def _block(self, block: slice) -> tuple[Floats, slice | Rows]:
        """Rows that hold the block's points, and which of them those are."""
        rows, kept = span(self.rows[block]) if self._ascending else (self.rows[block], slice(None))
        points = self.X[rows].astype(self.dtype, copy=False)
        return (points if self._origin is None else points - self._origin), kept


def span(rows: Rows) -> tuple[slice | Rows, slice | Rows]:
    """What to read for these ascending rows, all in one piece if they lie close, and which rows of that they are."""
    first, n = int(rows[0]), int(rows[-1] - rows[0]) + 1
    if n > READ_THROUGH * len(rows):
        return rows, slice(None)
    return slice(first, first + n), slice(None) if n == len(rows) else rows - first


def distances_to(points: Floats, norms: Floats, centers: Floats) -> Floats:
    """Squared distance of each point to its nearest center, where `norms` are the points' squared norms."""
    return _squared(_least(points, centers), points.shape[1], norms)


def all_distances(points: Floats, norms: Floats, centers: Floats) -> Floats:
    """Squared distance of each point to each center: (n_points, n_centers)."""
    products: Floats = points @ (-2 * centers.T)
    products += np.einsum("ij,ij->i", centers, centers)
    return _squared(products, points.shape[1], norms[:, None])


def nearest(points: Floats, norms: Floats, centers: Floats) -> tuple[Rows, Floats]:
    """Which center each point is nearest to, and their squared distance."""
    products: Floats = points @ (-2 * centers.T)
    products += np.einsum("ij,ij->i", centers, centers)
    which = products.argmin(axis=1)
    return which, _squared(products[np.arange(len(points)), which], points.shape[1], norms)


def _least(points: Floats, centers: Floats) -> Floats:
    """The least of |c|² - 2 x·c over the centers."""
    squares = np.einsum("ij,ij->i", centers, centers)
    if len(centers) == 1:
        only: Floats = points @ (-2 * centers[0])
        only += squares
        return only
    products: Floats = (-2 * centers) @ points.T  # this way round, the least of each column is found a row at a time
    products += squares[:, None]
    least: Floats = products.min(axis=0)
    return least


def _squared(least: Floats, n_dims: int, norms: Floats) -> Floats:
    squared = least + norms
    # Equal rows came out up to 22 eps |x|² apart in 384 dimensions, 39 in 4000; this allows 43 and 130.
    rounding = (4 + 2 * sqrt(n_dims)) * float(np.finfo(squared.dtype).eps)
    squared[squared < rounding * norms] = 0
    return np.maximum(squared, 0, out=squared)
