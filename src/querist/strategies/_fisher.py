"""Greedy variance reduction on a scalar Fisher information: exact, by speculation on few rows and a check on all.

With M = ridge · I + Σ h x xᵀ over what is chosen and G the mean of h x xᵀ over the pool, the next pick is the row that
lowers tr(M⁻¹G) most: by the Sherman-Morrison formula h a / (1 + h q), where q = xᵀM⁻¹x and a = xᵀM⁻¹GM⁻¹x. Every pick
changes q and a of all rows, which needs two products of the whole matrix with a vector, bound by memory. So several
picks are first made among a few promising rows only; one matrix product then brings all rows up to date for all of them
and says whether some other row would have been better at any step. If so, the picks from that step on are taken back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.strategies._rowwise import working_type

BLOCK_ROWS = 4096  # beside the products of a block, its q and a stay in cache over all the steps
PROMISING_ROWS = 1024
FEWEST_STEPS, MOST_STEPS = 2, 32
SHORT = 1e-9  # of the longest row: below it, what brings a row to unit length would overflow single precision
SHORTEST_SQUARED = 1e-24


@dataclass(frozen=True, slots=True)
class _Step:
    """A pick, by its place among the rows held, and the vectors by which it changes q and a of every row."""

    place: int
    gain: float
    v: Floats  # M⁻¹x
    w: Floats  # M⁻¹Gv
    c: float
    s: float  # vᵀGv


class VarianceReduction:
    """The greedy search on fixed weights.

    Parameters
    ----------
    X : (n_items, n_dims) float
    h : (n_items,) float, at least 0
        What a label of each item would weigh.
    candidates : (n_candidates,) int
        Rows that may be picked, ascending. Where they are less than half, they are copied, and the others read once.
    chosen : (n_chosen,) int
        Rows labeled or pending.
    ridge : float, above 0
    """

    def __init__(self, X: Floats, h: Floats, candidates: Rows, chosen: Rows, *, ridge: float) -> None:
        self.dtype = working_type(X)
        n_dims = X.shape[1]
        self.target = _moments(X, h / max(1, len(X)))
        information = _moments(X[chosen], h[chosen].astype(np.float64))
        information[np.diag_indices(n_dims)] += ridge
        self.inverse = _inverted(information)
        few = 2 * len(candidates) < len(X)
        self.X, h = (X[candidates], h[candidates]) if few else (X, h)
        self.rows = candidates if few else np.arange(len(X))
        self.free = np.ones(len(self.X), dtype=bool) if few else np.isin(self.rows, candidates)
        self.h = h.astype(self.dtype)
        n_items = len(self.X)
        self.q, self.a = np.empty(n_items, self.dtype), np.empty(n_items, self.dtype)
        with np.errstate(all="ignore"):
            spread = self.inverse @ self.target @ self.inverse
            both = np.concatenate([self.inverse, spread], axis=1).astype(self.dtype)
        for block in self._blocks():
            rows = self.X[block].astype(self.dtype, copy=False)
            with np.errstate(all="ignore"):
                products = rows @ both
            np.einsum("ij,ij->i", products[:, :n_dims], rows, out=self.q[block])
            np.einsum("ij,ij->i", products[:, n_dims:], rows, out=self.a[block])
        if not (np.isfinite(self.q).all() and np.isfinite(self.a).all()):
            raise _out_of_range()

    def pick(self, k: int) -> tuple[Rows, Floats]:
        """The `k` rows that a greedy loop over all the candidates takes, and what each lowers the variance by."""
        picked: list[_Step] = []
        n_steps = FEWEST_STEPS
        while len(picked) < k:
            gains = np.where(self.free, self._gains(self.q, self.a, self.h), -np.inf)
            promising = _best(gains, PROMISING_ROWS)
            before = self.inverse.copy()
            steps = self._speculate(promising, min(n_steps, k - len(picked)))
            sound, q, a = self._verify(steps, promising)
            if sound < len(steps):
                self.inverse = before
                for step in steps[:sound]:
                    self.inverse -= step.c * np.outer(step.v, step.v)
                q, a = self._advanced(steps[:sound])
            self.q, self.a = q, a
            picked += steps[:sound]
            self.free[[step.place for step in steps[:sound]]] = False
            n_steps = min(2 * n_steps, MOST_STEPS) if sound == len(steps) else max(FEWEST_STEPS, sound)
        return self.rows[[s.place for s in picked]], np.array([s.gain for s in picked])

    def _speculate(self, places: Rows, n_steps: int) -> list[_Step]:
        """Greedy steps among these places alone; the inverse is brought up to date as they are made."""
        X, h = self.X[places].astype(self.dtype, copy=False), self.h[places]
        q, a, open_ = self.q[places], self.a[places], self.free[places]
        steps: list[_Step] = []
        while len(steps) < min(n_steps, len(places)):
            gains = np.where(open_, self._gains(q, a, h), -np.inf)
            i = int(gains.argmax())
            if not open_[i]:
                break
            v = self.inverse @ X[i].astype(np.float64)
            g = self.target @ v
            w, c, s = self.inverse @ g, float(h[i] / (1 + h[i] * (X[i] @ v))), float(v @ g)
            steps.append(_Step(int(places[i]), float(gains[i]), v, w, c, s))
            self.inverse -= c * np.outer(v, v)
            products = X @ np.stack([v, w], axis=1).astype(self.dtype)
            _move(q, a, products[:, 0], products[:, 1], c, s)
            open_[i] = False
        return steps

    def _verify(self, steps: list[_Step], promising: Rows) -> tuple[int, Floats, Floats]:
        """How many of the steps, from the first, no row outside the promising ones would have been better at.

        Also q and a after them, right where all the steps are sound.
        """
        closed = ~self.free
        closed[promising] = True
        q, a = self.q.copy(), self.a.copy()
        sound = len(steps)
        for block in self._blocks():
            h, block_q, block_a = self.h[block], q[block], a[block]
            products = self._products(block, steps[:sound])
            for t in range(sound):
                gains = self._gains(block_q, block_a, h)
                np.copyto(gains, -np.inf, where=closed[block])
                i = int(gains.argmax())
                if gains[i] > steps[t].gain or (gains[i] == steps[t].gain and block.start + i < steps[t].place):
                    sound = t
                    break
                _move(block_q, block_a, products[2 * t], products[2 * t + 1], steps[t].c, steps[t].s)
        return sound, q, a

    def _advanced(self, steps: list[_Step]) -> tuple[Floats, Floats]:
        q, a = self.q.copy(), self.a.copy()
        if steps:
            for block in self._blocks():
                products = self._products(block, steps)
                for t, step in enumerate(steps):
                    _move(q[block], a[block], products[2 * t], products[2 * t + 1], step.c, step.s)
        return q, a

    def _products(self, block: slice, steps: list[_Step]) -> Floats:
        """(2 · n_steps, n_rows): each step's v and w with each row."""
        directions = np.array([vector for step in steps for vector in (step.v, step.w)], dtype=self.dtype)
        found: Floats = directions @ self.X[block].astype(self.dtype, copy=False).T
        return found

    def _blocks(self) -> list[slice]:
        n = len(self.X)
        return [slice(start, min(start + BLOCK_ROWS, n)) for start in range(0, n, BLOCK_ROWS)]

    @staticmethod
    def _gains(q: Floats, a: Floats, h: Floats) -> Floats:
        found: Floats = h * a
        found /= 1 + h * q
        return found


def least_squared(most: float) -> float:
    """The squared length above which a row has a direction, given the squared length of the longest.

    Raises
    ------
    InvalidInput
        If the longest row is too short for single precision, and is not zero.
    """
    if 0 < most < SHORTEST_SQUARED:
        raise _out_of_range()
    return SHORT**2 * most


def _inverted(matrix: Floats) -> Floats:
    try:
        if not np.isfinite(matrix).all():
            raise np.linalg.LinAlgError
        found: Floats = np.linalg.inv(matrix)
        return found
    except np.linalg.LinAlgError:
        raise _out_of_range() from None


def _out_of_range() -> InvalidInput:
    return InvalidInput(
        "embeddings: must be of a size whose squares can be added up; these are too large or too small. Scale the "
        "columns to about 1."
    )


def _moments(X: Floats, weights: Floats) -> Floats:
    """Σ weight · x xᵀ in float64, block by block."""
    total = np.zeros((X.shape[1], X.shape[1]))
    for start in range(0, len(X), BLOCK_ROWS):
        rows = X[start : start + BLOCK_ROWS]
        with np.errstate(all="ignore"):
            part = rows * np.sqrt(weights[start : start + BLOCK_ROWS, None]).astype(working_type(X))
            total += part.T @ part  # a matrix with itself: half the work
    return total


def _best(values: Floats, n: int) -> Rows:
    """The places of the `n` largest values above minus infinity, ascending."""
    if n >= len(values):
        whole: Rows = np.flatnonzero(values > -np.inf)
        return whole
    cut = np.partition(values, len(values) - n)[len(values) - n]
    above, level = np.flatnonzero(values > cut), np.flatnonzero(values == cut)
    found = np.sort(np.concatenate([above, level[: n - len(above)]]))  # of equal values the first, as the greedy loop
    best: Rows = found[values[found] > -np.inf]
    return best


def _move(q: Floats, a: Floats, p: Floats, r: Floats, c: float, s: float) -> None:
    """Bring q and a up to date after a pick, in place: p = xᵀv, r = xᵀw."""
    a += p * (p * q.dtype.type(c * c * s) - r * q.dtype.type(2 * c))
    q -= p * p * q.dtype.type(c)
    np.maximum(a, 0, out=a)
    np.maximum(q, 0, out=q)
