"""Farthest-first traversal (Gonzalez, 1985), exact and lazy."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats, Rows
from querist.strategies._geometry import BLOCK_ROWS, Points, distances_to

WORKING_SET_VALUES = 2**20  # a copy of 4 MB in float32 stays in cache over many picks
WORKING_SET_AT_LEAST = 256  # rows


def farthest_first(X: Floats, k: int, candidates: Rows, chosen: Rows) -> tuple[Rows, Floats]:
    """The `k` rows that a greedy loop takes, each the farthest from all that stand before it, and those distances.

    With nothing chosen the first is the candidate nearest the candidates' mean, and its distance is NaN. Ties go to
    the lowest row. `candidates` ascend.

    Distances only shrink while centers are added, so an old one is an upper bound. The loop therefore runs on a small
    working set with the largest bounds, brought up to date, for as long as the best in it beats every bound outside.
    """
    points = Points(X, candidates)
    search = _Search(points)
    if len(chosen):
        for start in range(0, len(chosen), BLOCK_ROWS):
            centers = points.at(chosen[start : start + BLOCK_ROWS])
            for block, rows in points.blocks():
                bounds = search.bounds[block]
                np.minimum(bounds, distances_to(rows, points.norms[block], centers), out=bounds)
    else:
        first = int(points.norms.argmin())  # the mean is the origin
        center = points.at(candidates[first : first + 1])
        for block, rows in points.blocks():
            search.bounds[block] = distances_to(rows, points.norms[block], center)
        search.take(first, np.nan)
    while len(search.picked) < k:
        search.run(k)
    return candidates[search.picked], np.sqrt(np.array(search.distances, dtype=np.float64))


class _Search:
    """The state of one traversal: bounds of squared distances, and how many of the picks each has been held against."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.bounds = np.full(len(points), np.inf, dtype=points.dtype)
        self.seen = np.zeros(len(points), dtype=np.int64)
        self.picked: list[int] = []
        self.distances: list[float] = []
        self.centers: list[Floats] = []
        self.size = max(WORKING_SET_AT_LEAST, WORKING_SET_VALUES // max(1, points.X.shape[1]))

    def take(self, place: int, squared: float) -> None:
        self.picked.append(place)
        self.distances.append(squared)
        self.bounds[place] = -1  # below any distance, so that it is not taken again

    def run(self, k: int) -> None:
        """Picks from one working set, none where it only brought its bounds up to date."""
        places, bound, rival = self._working_set()
        rows = self.points.at(self.points.rows[places])
        norms = self.points.norms[places]
        best = self._up_to_date(places, rows, norms)
        while len(self.picked) < k:
            i = int(best.argmax())
            if best[i] < bound or (best[i] == bound and places[i] > rival):
                break
            self.bounds[places] = best
            self.take(int(places[i]), float(best[i]))
            self.centers.append(rows[i].copy())  # a view would keep the whole working set alive
            np.minimum(best, distances_to(rows, norms, rows[i : i + 1]), out=best)
            best[i] = -1
        self.bounds[places] = best
        self.seen[places] = len(self.centers)

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

    def _up_to_date(self, places: Rows, rows: Floats, norms: Floats) -> Floats:
        best = self.bounds[places]
        seen = self.seen[places]
        behind = np.flatnonzero(seen < len(self.centers))
        if len(behind):
            behind = behind[np.argsort(seen[behind], kind="stable")]
            for part in np.array_split(behind, max(1, len(behind) // BLOCK_ROWS)):
                missed = np.stack(self.centers[seen[part[0]] :])
                best[part] = np.minimum(best[part], distances_to(rows[part], norms[part], missed))
        return best
