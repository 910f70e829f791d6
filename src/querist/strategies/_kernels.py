"""How alike two items are: rows of a pool made ready for matrix products, and what makes similarities of those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from querist.core.checks import Floats, Rows
from querist.strategies._rowwise import row_blocks, working_type

Finish = Callable[[Floats, Floats, Floats], None]
Ceiling = Callable[[float, Floats, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Kernel:
    """A similarity of two items, at least 0.

    `finish(products, norms, other_norms)` turns a block of inner products into similarities, in place. With `unit` the
    rows are brought to unit length first, one of zeros staying so; without, they are moved to where the rounding of
    distances is least. `ceiling(total, first, second)` bounds a weighted sum of similarities of unit rows from above,
    given the sum of the weights, of the weighted cosines, and of their weighted squares. `steep` is the most that a
    similarity changes with an inner product, by which rounding grows.
    """

    finish: Finish
    unit: bool
    ceiling: Ceiling | None = None
    steep: float = 1.0


def cosine() -> Kernel:
    """The cosine, those below 0 counted as 0. A vector of zeros is like nothing, not even itself."""

    def finish(products: Floats, norms: Floats, other_norms: Floats) -> None:
        np.maximum(products, 0, out=products)

    def ceiling(total: float, first: Floats, second: Floats) -> Floats:
        # max(s, 0) <= (s + m)² / 4m for every m > 0; this is its sum at the best m.
        found: Floats = (first + np.sqrt(total * second)) / 2
        return found

    return Kernel(finish, unit=True, ceiling=ceiling)


def rbf(sigma: float, *, unit: bool) -> Kernel:
    """exp(-distance² / sigma²)."""

    def finish(products: Floats, norms: Floats, other_norms: Floats) -> None:
        squared_distances(products, norms, other_norms, -1 / sigma**2)
        np.minimum(products, 0, out=products)
        np.exp(products, out=products)

    def ceiling(total: float, first: Floats, second: Floats) -> Floats:
        # The parabola that touches exp(-2 (1 - s) / sigma²) at the mean cosine and meets it again at 1 lies above it.
        mean = np.minimum(first / max(total, np.finfo(np.float64).tiny), 1)
        steep = 2 / sigma**2
        gap = np.maximum(1 - mean, 1e-9)
        height = np.exp(-steep * gap)
        bend = (1 - height - steep * height * gap) / gap**2
        found: Floats = total * height + bend * np.maximum(second - first * mean, 0)
        return found

    return Kernel(finish, unit, ceiling if unit else None, steep=2 / sigma**2)


def ball(radius: float, *, unit: bool) -> Kernel:
    """1 for a distance below the radius, and 0 beyond."""

    def finish(products: Floats, norms: Floats, other_norms: Floats) -> None:
        squared_distances(products, norms, other_norms, 1)
        np.less(products, radius**2, out=products)

    return Kernel(finish, unit, steep=0.0)


class Space:
    """Rows of a matrix as a kernel reads them, copied only when they are asked for."""

    def __init__(self, X: Floats, kernel: Kernel, rows: Rows) -> None:
        self.X = X
        self.kernel = kernel
        self.dtype = working_type(X)
        self._origin: Floats | None = None
        if not kernel.unit:
            total = np.zeros(X.shape[1])
            for block in row_blocks(len(rows), X.shape[1]):
                total += X[rows[block]].sum(axis=0, dtype=np.float64)
            self._origin = (total / max(1, len(rows))).astype(self.dtype)

    def read(self, rows: Rows) -> tuple[Floats, Floats]:
        """A copy of these rows, and their squared norms."""
        points = np.empty((len(rows), self.X.shape[1]), dtype=self.dtype)
        norms = np.empty(len(rows), dtype=self.dtype)
        for block in row_blocks(*points.shape):
            part = points[block]
            part[...] = self.X[rows[block]]
            if self._origin is not None:
                part -= self._origin
            else:
                to_unit(part)
            norms[block] = np.einsum("ij,ij->i", part, part)
        return points, norms

    def between(self, one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> Floats:
        """The similarity of each of some rows that were read to each of some others."""
        products: Floats = one[0] @ other[0].T
        self.kernel.finish(products, one[1], other[1])
        return products


def to_unit(rows: Floats) -> None:
    """Divide each row by its length, in place; one of zeros stays so."""
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    np.divide(rows, largest, out=rows, where=largest > 0)  # so that squares neither overflow nor vanish
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    np.divide(rows, lengths, out=rows, where=lengths > 0)


def unit_rows(X: Floats) -> Floats:
    """A copy with each row divided by its length; one of zeros stays so."""
    points = X.astype(working_type(X))
    for block in row_blocks(*points.shape):
        to_unit(points[block])
    return points


def mean_cosine(X: Floats) -> Floats:
    """The mean cosine of each row to all rows, from their mean direction alone. Zeros are like nothing."""
    dtype = working_type(X)
    inverse = np.empty(len(X), dtype=dtype)
    total = np.zeros(X.shape[1])
    for block in row_blocks(*X.shape):
        part = X[block].astype(dtype, copy=False)
        norms = np.sqrt(np.einsum("ij,ij->i", part, part))
        inverse[block] = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
        total += inverse[block] @ part
    mean = (total / len(X)).astype(dtype)
    cosines = np.empty(len(X), dtype=dtype)
    for block in row_blocks(*X.shape):
        cosines[block] = X[block].astype(dtype, copy=False) @ mean
    return cosines * inverse


def squared_distances(products: Floats, norms: Floats, other_norms: Floats, scale: float) -> None:
    """Turn inner products into squared distances times `scale`, in place."""
    products *= -2 * scale
    products += (scale * norms)[:, None]
    products += scale * other_norms
