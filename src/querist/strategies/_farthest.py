"""Farthest-first traversal (Gonzalez, 1985), exact and lazy."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.threads import one_blas_thread
from querist.strategies._geometry import BLOCK_ROWS, Points, distances_to

WORKING_SET_VALUES = 2**20  # a copy of 4 MB in float32 stays in cache over many picks
WORKING_SET_AT_LEAST = 256  # rows
FRONT = 32  # rows brought up to date at a time, twice as many after each time that this has not found the next pick


def farthest_first(X: Floats, k: int, candidates: Rows, chosen: Rows) -> tuple[Rows, Floats]:
    """The `k` rows that a greedy loop takes, each the farthest from all that stand before it, and those distances.

    With nothing chosen the first is the candidate nearest the candidates' mean, and its distance is NaN. Ties go to
    the lowest row. `candidates` ascend.

    Distances only shrink while centers are added, so an old one is an upper bound. The loop therefore runs on a small
    working set with the largest bounds, for as long as the best in it beats every bound outside; and in it brings
    distances up to date from the largest bound down, for as long as the largest is not up to date.
    """
    points = Points(X, candidates)
    search = _Search(points, k)
    if len(chosen):
        for start in range(0, len(chosen), BLOCK_ROWS):
            found = points.to_nearest(points.at(chosen[start : start + BLOCK_ROWS]))
            np.minimum(search.bounds, found, out=search.bounds)
    else:
        first = int(points.from_mean().argmin())
        search.bounds = points.to_nearest(points.at(candidates[first : first + 1]))
        search.take(first, np.nan)
    with one_blas_thread():
        while len(search.picked) < k:
            search.run(k)
    return candidates[search.picked], np.sqrt(np.array(search.distances, dtype=np.float64))


class _Search:
    """The state of one traversal: bounds of squared distances, and how many of the picks each has been held against."""

    def __init__(self, points: Points, k: int) -> None:
        self.points = points
        self.bounds = np.full(len(points), np.inf, dtype=points.dtype)
        self.seen = np.zeros(len(points), dtype=np.int64)
        self.picked: list[int] = []
        self.distances: list[float] = []
        self.centers = np.empty((k, points.X.shape[1]), dtype=points.dtype)
        self.n_centers = 0
        self.size = max(WORKING_SET_AT_LEAST, WORKING_SET_VALUES // max(1, points.X.shape[1]))

    def take(self, place: int, squared: float) -> None:
        self.picked.append(place)
        self.distances.append(squared)
        self.bounds[place] = -1  # below any distance, so that it is not taken again

    def run(self, k: int) -> None:
        """Picks from one working set, none where it only brought its bounds up to date."""
        places, bound, rival = self._working_set()
        rows, norms = self.points.at(self.points.rows[places]), self.points.norms[places]
        best, seen = self.bounds[places], self.seen[places]
        front = FRONT
        while len(self.picked) < k:
            i = int(best.argmax())
            if best[i] < bound or (best[i] == bound and places[i] > rival):
                break
            if seen[i] < self.n_centers:
                self._bring_up_to_date(_largest(best, front), rows, norms, best, seen)
                front *= 2
                continue
            self.take(int(places[i]), float(best[i]))
            self.centers[self.n_centers] = rows[i]
            self.n_centers += 1
            best[i] = -1
            front = FRONT
        self.bounds[places] = best
        self.seen[places] = seen

    def _working_set(self) -> tuple[Rows, float, int]:
        """The places with the largest bounds, then the largest bound outside and the first place that has it."""
        n = len(self.points)
        if n <= self.size:
            return np.arange(n), -np.inf, n
        cut = np.partition(self.bounds, n - self.size)[n - self.size]
        above, level = np.flatnonzero(self.bounds > cut), np.flatnonzero(self.bounds == cut)
        room = self.size - len(above)
        rival = int(level[room]) if room < len(level) else n
        return np.sort(np.concatenate([above, level[:room]])), float(cut), rival

    def _bring_up_to_date(self, behind: Rows, rows: Floats, norms: Floats, best: Floats, seen: Rows) -> None:
        behind = behind[seen[behind] < self.n_centers]
        missed = self.centers[seen[behind].min() : self.n_centers]
        best[behind] = np.minimum(best[behind], distances_to(rows[behind], norms[behind], missed))
        seen[behind] = self.n_centers


def _largest(values: Floats, n: int) -> Rows:
    """Where the `n` largest stand, and where others equal to the least of these."""
    if n >= len(values):
        return np.arange(len(values))
    return np.flatnonzero(values >= np.partition(values, len(values) - n)[len(values) - n])
