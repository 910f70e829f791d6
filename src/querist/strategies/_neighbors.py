"""The nearest of a few rows to each of very many, by matrix products over blocks."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from querist.core.checks import Floats, Rows
from querist.strategies._rowwise import working_type

BLOCK_DISTANCES = 2**19  # a table of 2 MB in float32


class Neighbors:
    """Some rows of a matrix, to be found by others of its rows.

    Both are moved so that the mean of the rows to be found is the origin: |x|² is the same for all of them and left
    out, and what is left is small enough to keep its digits.
    """

    def __init__(self, X: Floats, rows: Rows) -> None:
        self.X = X
        self.rows = rows
        self.dtype = working_type(X)
        found = X[rows].astype(self.dtype, copy=False)
        self.origin = found.mean(axis=0, dtype=np.float64).astype(self.dtype)
        found = found - self.origin
        self.squares = np.einsum("ij,ij->i", found, found)
        self.doubled = -2 * found.T

    def blocks(self) -> Iterator[slice]:
        """Slices that cover all the rows of the matrix."""
        step = max(1, min(1024, BLOCK_DISTANCES // max(1, len(self.rows))))
        for start in range(0, len(self.X), step):
            yield slice(start, min(start + step, len(self.X)))

    def nearest(self, block: slice, n: int) -> Rows:
        """The places of the `n` nearest to each row of a block, in no order; all where there are fewer."""
        if n >= len(self.rows):
            return np.tile(np.arange(len(self.rows)), (block.stop - block.start, 1))
        found: Rows = np.argpartition(self.products(block), n - 1, axis=1)[:, :n]
        return found

    def kth(self, block: slice, n: int) -> Floats:
        """The squared distance of each row of a block to its `n`-th nearest other row."""
        points = self.X[block].astype(self.dtype, copy=False) - self.origin
        distances = self.products(block)
        distances += np.einsum("ij,ij->i", points, points)[:, None]
        own = np.flatnonzero((self.rows >= block.start) & (self.rows < block.stop))
        distances[self.rows[own] - block.start, own] = np.inf
        least: Floats = np.partition(distances, n - 1, axis=1)[:, n - 1]
        return np.maximum(least, 0, out=least)

    def products(self, block: slice) -> Floats:
        """Squared distances less |x|²."""
        found: Floats = (self.X[block].astype(self.dtype, copy=False) - self.origin) @ self.doubled
        found += self.squares
        return found
