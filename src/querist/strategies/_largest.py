"""The farthest point of the largest cluster, again and again (Holzmüller, Zaverkin, Kästner and Steinwart, 2023)."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats, Rows
from querist.strategies._geometry import BLOCK_ROWS, Points

AHEAD = 8  # picks that are guessed and measured together: one matrix product costs little more than one column of it
AHEAD_VALUES = 2**21  # at most, of distances kept ahead: 8 MB in float32


def largest_cluster_first(X: Floats, k: int, candidates: Rows, chosen: Rows) -> tuple[Rows, Floats]:
    """`k` rows, each the farthest from its center in the cluster of largest weight, and those squared distances.

    A cluster is the candidates nearest to one row chosen before, the earliest among equals, and weighs as much as their
    squared distances from it. With nothing chosen the first is the row of largest norm, and its distance NaN. Ties go
    to the lowest row.
    """
    points = Points(X, candidates)
    squared, owner = np.full(len(points), np.inf, dtype=points.dtype), np.zeros(len(points), dtype=np.int64)
    for start in range(0, len(chosen), BLOCK_ROWS):
        which, found = points.nearest(points.at(chosen[start : start + BLOCK_ROWS]))
        nearer = found < squared
        squared[nearer], owner[nearer] = found[nearer], which[nearer] + start
    ahead = _Ahead(points)
    picked: list[int] = []
    distances: list[float] = []
    nowhere = len(chosen) + k  # the number of the cluster of what is picked, which weighs nothing
    weights: Floats = np.zeros(nowhere + 1)
    while len(picked) < k:
        if len(chosen) or picked:
            weights = np.bincount(owner, weights=squared, minlength=nowhere + 1).astype(np.float64, copy=False)
            place = _farthest(squared, owner, weights, nowhere)
            distances.append(float(squared[place]))
        else:
            place = int(points.lengths.argmax())
            distances.append(np.nan)
        to_new = ahead.distances(place, squared, owner, weights)
        moved = np.flatnonzero(to_new < squared)
        squared[moved], owner[moved] = to_new[moved], len(chosen) + len(picked)
        squared[place], owner[place] = 0, nowhere
        picked.append(place)
    return candidates[picked], np.array(distances, dtype=np.float64)


def _farthest(squared: Floats, owner: Rows, weights: Floats, nowhere: int) -> int:
    heaviest = int(weights.argmax())
    if weights[heaviest] > 0:
        inside = np.flatnonzero(owner == heaviest)
        return int(inside[squared[inside].argmax()])
    return int((owner != nowhere).argmax())


class _Ahead:
    """Distances from what is likely to be picked, several measured when a missing one is asked for."""

    def __init__(self, points: Points) -> None:
        self.points = points
        self.room = max(1, AHEAD_VALUES // max(1, len(points)))
        self.kept: dict[int, Floats] = {}

    def distances(self, place: int, squared: Floats, owner: Rows, weights: Floats) -> Floats:
        """The squared distances of all points from one of them."""
        if place not in self.kept:
            guess = self._likely(place, squared, owner, weights)
            for old in list(self.kept)[: max(0, len(self.kept) + len(guess) - self.room)]:
                del self.kept[old]
            found = self.points.to_each(self.points.at(self.points.rows[guess]))
            self.kept.update((new, column.copy()) for new, column in zip(guess.tolist(), found, strict=True))
        return self.kept.pop(place)

    def _likely(self, place: int, squared: Floats, owner: Rows, weights: Floats) -> Rows:
        """A place, and others far from their centers in heavy clusters, of which nothing is kept."""
        n = min(AHEAD, self.room, len(squared)) - 1
        if not n or not np.isfinite(squared[place]):
            return np.array([place])
        likely: Floats = squared * weights[owner].astype(squared.dtype)
        likely[[place, *self.kept]] = -1
        return np.append(np.argpartition(likely, len(likely) - n)[len(likely) - n :], place)
