"""Greedy sampling by distance times difference of a number (iGS: Wu, Lin and Huang, 2019), exact and lazy."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads
from querist.strategies._geometry import BLOCK_ROWS, Points, all_distances
from querist.strategies._lazy import Part, lazy_greedy


def apart_first(X: Floats, marks: Floats, k: int, candidates: Rows, chosen: Rows) -> tuple[Rows, Floats]:
    """The `k` candidates that a greedy loop takes, and their values: the least, over all rows that stand before it, of
    distance times difference of marks. `marks` are of all rows.

    With nothing chosen the first is the candidate nearest the candidates' mean, and its value is NaN.
    """
    points = Points(X, candidates)
    rows = np.concatenate([candidates, chosen])
    middle = float(marks[candidates].mean())
    reach = float(np.abs(marks[rows] - middle).max())
    moved = (np.divide(marks - middle, reach) if reach else np.zeros(len(marks))).astype(points.dtype)
    apart = _Apart(points, moved)
    bounds = np.full(len(points), np.inf, dtype=points.dtype)
    first: list[int] = []
    if len(chosen):
        _hold_against(apart, bounds, chosen)
    else:
        first = [int(points.norms.argmin())]  # the mean is the origin
        _hold_against(apart, bounds, candidates[first])
        bounds[first] = -np.inf
    places, values = lazy_greedy(apart, bounds, k - len(first), row_size=X.shape[1])
    values = np.sqrt(np.maximum(values, 0)) * reach
    if first:
        places, values = np.concatenate([first, places]), np.concatenate([[np.nan], values])
    return candidates[places], values


def _hold_against(apart: _Apart, bounds: Floats, rows: Rows) -> None:
    points = apart.points

    def work(start: int) -> None:
        block = slice(start, min(start + BLOCK_ROWS, len(points)))
        part = apart.read(np.arange(block.start, block.stop))
        for i in range(0, len(rows), BLOCK_ROWS):
            some = rows[i : i + BLOCK_ROWS]
            np.minimum(bounds[block], _least(part, points.at(some), apart.marks[some]), out=bounds[block])

    in_threads(work, range(0, len(points), BLOCK_ROWS))


class _Apart:
    def __init__(self, points: Points, marks: Floats) -> None:
        self.points = points
        self.marks = marks
        self.centers: list[Floats] = []
        self.center_marks: list[Floats] = []

    def read(self, places: Rows) -> Part:
        rows = self.points.rows[places]
        return self.points.at(rows), self.points.norms[places], self.marks[rows]

    def take(self, part: Part, i: int) -> None:
        self.centers.append(part[0][i].copy())  # a view would keep the whole working set alive
        self.center_marks.append(part[2][i])

    def lowered(self, part: Part, values: Floats, since: int) -> Floats:
        centers, marks = np.stack(self.centers[since:]), np.stack(self.center_marks[since:])
        return np.minimum(values, _least(part, centers, marks))


def _least(part: Part, centers: Floats, marks: Floats) -> Floats:
    squared = all_distances(part[0], part[1], centers)
    differences = part[2][:, None] - marks
    differences *= differences
    squared *= differences
    least: Floats = squared.min(axis=1)
    return least
