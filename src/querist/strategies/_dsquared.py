"""D² sampling, the seeding of k-means++ (Arthur and Vassilvitskii, 2007), exact and lazy, on gradients as factors."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads, one_blas_thread
from querist.strategies._geometry import BLOCK_ROWS, span
from querist.strategies._rowwise import working_type

DRAW_BLOCK = 512  # weights whose sum is kept: a draw reads n / 512 sums and 512 weights
VALUES_PER_DRAW = 2**17  # a draw thrown away takes as long as refreshing so many values


class Gradients:
    """The loss gradients a ⊗ x of a linear model's weights, were its predictions true, each kept as its two factors.

    a is the row of probabilities, less 1 at the largest. |g - h|² = |a|²|x|² + |b|²|y|² - 2 (a·b)(x·y), and no product
    is ever formed. What is below the rounding of that counts as distance zero.
    """

    def __init__(self, probs: Floats, X: Floats, rows: Rows) -> None:
        self.probs = probs
        self.X = X
        self.rows = rows
        self.dtype = np.result_type(working_type(probs), working_type(X))
        self.size = probs.shape[1] + X.shape[1]
        # As for plain vectors, with a term for each of the two products.
        self.rounding = (4 + 2 * sqrt(probs.shape[1]) + 2 * sqrt(X.shape[1])) * float(np.finfo(self.dtype).eps)
        self.squares = np.empty(len(rows), dtype=self.dtype)
        in_threads(self._measure, self.blocks())

    def __len__(self) -> int:
        return len(self.rows)

    def blocks(self) -> Iterator[slice]:
        """Slices that cover all places."""
        for start in range(0, len(self.rows), BLOCK_ROWS):
            yield slice(start, min(start + BLOCK_ROWS, len(self.rows)))

    def factors(self, which: Rows | slice) -> tuple[Floats, Floats]:
        """Both factors of the gradients of any rows of the pool."""
        p, x = self.probs[which], self.X[which].astype(self.dtype, copy=False)
        a = p.astype(self.dtype)
        a[np.arange(len(a)), p.argmax(axis=1)] -= 1
        return a, x

    def factors_at(self, place: int) -> tuple[Floats, Floats]:
        """Both factors of the gradient at one place: what `factors` gives, at a tenth of the price."""
        row = self.rows[place]
        p, x = self.probs[row], self.X[row].astype(self.dtype, copy=False)
        a = p.astype(self.dtype)
        a[p.argmax()] -= 1
        return a, x

    def to_each(self, block: slice, a: Floats, x: Floats, squares: Floats) -> Floats:
        """The squared distances from some gradients, (n_gradients, n_places)."""
        less, kept = self._less_own_squares(block, a, x, squares)
        return self.above_rounding(less[:, kept], self.squares[block])

    def to_nearest(self, block: slice, a: Floats, x: Floats, squares: Floats) -> Floats:
        """The least of those for each place."""
        less, kept = self._less_own_squares(block, a, x, squares)
        return self.above_rounding(less.min(axis=0)[kept], self.squares[block])

    def _less_own_squares(self, block: slice, a: Floats, x: Floats, squares: Floats) -> tuple[Floats, slice | Rows]:
        read, kept = span(self.rows[block])
        a_here, x_here = self.factors(read)
        distances: Floats = x @ x_here.T
        distances *= (-2 * a) @ a_here.T
        distances += squares[:, None]
        return distances, kept

    def above_rounding(self, distances: Floats, squares: Floats) -> Floats:
        """Add the squared norms of the places; what is then too small to be told from zero is zero."""
        distances += squares
        distances[distances < self.rounding * squares] = 0
        return distances

    def _measure(self, block: slice) -> None:
        read, kept = span(self.rows[block])
        a, x = self.factors(read)
        self.squares[block] = (np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", x, x))[kept]


def d_squared(gradients: Gradients, k: int, *, rng: np.random.Generator) -> tuple[Rows, Floats]:
    """`k` places, and the squared distance of each to the nearest before it.

    The first is the longest gradient, and has its squared length; each other is drawn with a chance in proportion to
    its squared distance from those before it, and at random where all are at distance zero.

    Distances only shrink while gradients are picked, so an old one is an upper bound. A place is drawn in proportion
    to the bounds, brought up to date, and taken with the chance distance / bound: a draw that ends so takes place i
    with a chance in proportion to its distance, whatever the bounds are, and one that does not leaves a lower bound
    behind. Once the draws thrown away have taken as long as to bring all bounds up to date would, that is done.
    """
    search = _Search(gradients, k)
    first = int(gradients.squares.argmax())
    search.take(first, float(gradients.squares[first]))
    search.refresh()
    with one_blas_thread():
        while len(search.picked) < k and search.draw(rng):
            pass
    picked = np.array(search.picked, dtype=np.int64)
    squared = np.array(search.squared, dtype=np.float64)
    if len(picked) < k:
        rest = np.delete(np.arange(len(gradients)), picked)
        fill = rng.choice(rest, size=min(k - len(picked), len(rest)), replace=False)
        picked, squared = np.concatenate([picked, fill]), np.concatenate([squared, np.zeros(len(fill))])
    return picked, squared


def chances(gradients: Gradients, picked: Rows) -> Floats:
    """The chance that `d_squared` had of each of its picks, given those before it; 1 of the first."""
    a, x = gradients.factors(gradients.rows[picked])
    squares = gradients.squares[picked]

    distances = np.zeros(len(picked))

    def totals(block: slice) -> Floats:
        to_nearest = np.minimum.accumulate(gradients.to_each(block, a, x, squares), axis=0)
        for j in np.flatnonzero((picked >= block.start) & (picked < block.stop)).tolist():
            place = picked[j] - block.start
            distances[j] = to_nearest[j - 1, place]
            to_nearest[j:, place] = 0
        total: Floats = to_nearest.sum(axis=1, dtype=np.float64)
        return total

    total = np.zeros(len(picked))
    for part in in_threads(totals, gradients.blocks()):
        total += part
    left = len(gradients) - np.arange(1, len(picked))
    found = np.where(total[:-1] > 0, distances[1:], 1) / np.where(total[:-1] > 0, total[:-1], left)
    return np.concatenate([[1.0], found])


class _Search:
    """The state of one sampling: bounds, and how many of the picks each has been held against."""

    def __init__(self, gradients: Gradients, k: int) -> None:
        self.of = gradients
        self.bounds = np.full(len(gradients), np.inf, dtype=gradients.dtype)
        self.sums = np.zeros(-(-len(gradients) // DRAW_BLOCK))
        self.seen = np.zeros(len(gradients), dtype=np.int32)
        self.refreshed = 0
        self.wasted = 0
        self.picked: list[int] = []
        self.squared: list[float] = []
        self.a = np.empty((k, gradients.probs.shape[1]), dtype=gradients.dtype)
        self.x = np.empty((k, gradients.X.shape[1]), dtype=gradients.dtype)
        self.squares = np.empty(k, dtype=gradients.dtype)

    def take(self, place: int, squared: float) -> None:
        n = len(self.picked)
        self.a[n], self.x[n] = self.of.factors_at(place)
        self.squares[n] = self.of.squares[place]
        self.picked.append(place)
        self.squared.append(squared)

    def draw(self, rng: np.random.Generator) -> bool:
        """Draw once, or refresh; false where nothing is left to draw from."""
        if self.wasted * VALUES_PER_DRAW > len(self.of) * self.of.size:
            self.refresh()
        ends = self.sums.cumsum()
        if not ends[-1] > 0:
            return False
        aim, luck = rng.random(2).tolist()
        aim *= ends[-1]
        block = min(int(ends.searchsorted(aim, side="right")), len(ends) - 1)
        start = block * DRAW_BLOCK
        inside = self.bounds[start : start + DRAW_BLOCK].cumsum(dtype=np.float64)
        aim -= ends[block] - self.sums[block]
        place = start + min(int(inside.searchsorted(aim, side="right")), len(inside) - 1)
        bound = float(self.bounds[place])
        distance = min(bound, self.distance(place))
        if luck * bound < distance:
            self.take(place, distance)
            distance = 0
        else:
            self.wasted += 1
        self.bounds[place] = distance
        self.sums[block] = self.bounds[start : start + DRAW_BLOCK].sum(dtype=np.float64)
        return True

    def distance(self, place: int) -> float:
        """To the nearest of the picks that this place has not been held against."""
        since, now = self.seen[place], len(self.picked)
        if since == now:
            return np.inf
        self.seen[place] = now
        a, x = self.of.factors_at(place)
        products = (self.a[since:now] @ a) * (self.x[since:now] @ x)
        least = (self.squares[since:now] - 2 * products).min(keepdims=True)
        return float(self.of.above_rounding(least, self.of.squares[place : place + 1])[0])

    def refresh(self) -> None:
        """Hold all places against all the picks that they may have missed."""
        missed = slice(self.refreshed, len(self.picked))
        a, x, squares = self.a[missed], self.x[missed], self.squares[missed]

        def work(block: slice) -> None:
            bounds = self.bounds[block]
            np.minimum(bounds, self.of.to_nearest(block, a, x, squares), out=bounds)

        in_threads(work, self.of.blocks())
        self.bounds[self.picked] = 0
        starts = np.arange(0, len(self.of), DRAW_BLOCK)
        self.sums = np.add.reduceat(self.bounds, starts, dtype=np.float64)
        self.seen[:] = self.refreshed = len(self.picked)
        self.wasted = 0
