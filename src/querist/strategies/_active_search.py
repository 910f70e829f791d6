"""Efficient nonmyopic search (Jiang et al., 2017): what one more answer is worth for all the finds still to come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads
from querist.strategies._geometry import Points

BLOCK_DISTANCES = 2**21  # one thread's table of distances: 8 MB in float32
FIRST_LOOK = 32  # rows rated exactly before the best of them is held against the bounds of the rest
LOOK_AT_MOST = 4096
SLACK = 1e-9  # a bound and the exact value are summed in different orders


def neighbors_of(X: Floats, rows: Rows, n: int) -> Rows:
    """For each of these rows the places, among them, of the `n` others nearest to it, in no order."""
    n = min(n, len(rows) - 1)
    if n <= 0:
        return np.empty((len(rows), 0), dtype=np.int64)
    points = Points(X, rows)
    everything = points.at(rows)
    doubled = -2 * everything.T
    step = max(1, BLOCK_DISTANCES // len(rows))

    def work(start: int) -> Rows:
        block = slice(start, min(start + step, len(rows)))
        distances = everything[block] @ doubled
        distances += points.norms
        distances[np.arange(len(distances)), np.arange(block.start, block.stop)] = np.inf
        return np.argpartition(distances, n - 1, axis=1)[:, :n]

    return np.concatenate(in_threads(work, range(0, len(rows), step)))


class Search:
    """A pool under a nearest-neighbor model: each item's chance to be a find, and whom its answer would change.

    The chance is (prior + finds among the answered neighbors) / (1 + answered neighbors).
    """

    def __init__(self, neighbors: Rows, prior: Floats) -> None:
        self.neighbors = neighbors
        n, width = neighbors.shape
        self.mass = np.asarray(prior, dtype=np.float64).copy()  # prior and finds
        self.weight = np.ones(n)
        self.open = np.ones(n, dtype=bool)
        order = np.argsort(neighbors.ravel(), kind="stable")
        self._listeners = order // max(1, width)
        self._starts = np.concatenate([[0], np.cumsum(np.bincount(neighbors.ravel(), minlength=n))])
        # Of each item: its open listeners, and by how much a find there would raise all their chances together.
        self.n_listeners = np.diff(self._starts)
        self._rise = self._rises(np.arange(n))
        self.growth = np.bincount(neighbors.ravel(), weights=np.repeat(self._rise, width), minlength=n)

    def answer(self, places: Rows, finds: npt.NDArray[np.bool_]) -> None:
        """Take in the answers of these open items."""
        for place, find in zip(places.tolist(), finds.tolist(), strict=True):
            who = self._listeners[self._starts[place] : self._starts[place + 1]]
            self.weight[who] += 1
            self.mass[who] += find
            self.open[place] = False
            self.n_listeners[self.neighbors[place]] -= 1
            changed = np.append(who, place)
            rise = self._rises(changed)
            width = self.neighbors.shape[1]
            np.add.at(self.growth, self.neighbors[changed].ravel(), np.repeat(rise - self._rise[changed], width))
            self._rise[changed] = rise

    @property
    def chances(self) -> Floats:
        return self.mass / self.weight

    def _rises(self, places: Rows) -> Floats:
        mass, weight = self.mass[places], self.weight[places]
        return np.where(self.open[places], (mass + 1) / (weight + 1) - mass / weight, 0)

    def best(self, ahead: int) -> tuple[int, float]:
        """The open item whose answer and `ahead` greedy ones after it find most, and how many: the first of equals."""
        free = np.flatnonzero(self.open)
        p = self.chances
        ahead = min(ahead, len(free) - 1)
        if ahead <= 0:
            place = int(free[p[free].argmax()])
            return place, float(p[place])
        look = _Look(self, free, p, ahead)
        bounds = look.bounds()
        order = np.argsort(-bounds, kind="stable")
        top, found, start, size = -np.inf, -1, 0, FIRST_LOOK
        while start < len(order) and bounds[order[start]] >= top - SLACK:
            part = order[start : start + size]
            values = look.values(free[part])
            value = values.max()
            place = int(free[part[values == value]].min())
            if value > top or (value == top and place < found):
                top, found = float(value), place
            start += len(part)
            size = min(2 * size, LOOK_AT_MOST)
        return found, top

    def changed_by(self, places: Rows) -> tuple[Rows, npt.NDArray[np.bool_]]:
        """The items that count each of these among their neighbors, side by side, and which of those are open."""
        starts, sizes = self._starts[places], self._starts[places + 1] - self._starts[places]
        width = int(sizes.max(initial=0))
        columns = np.arange(width)
        there = columns < sizes[:, None]
        at = np.where(there, starts[:, None] + columns, 0)
        who = self._listeners[at] if len(self._listeners) else np.zeros_like(at)
        return who, there & self.open[who]


class _Look:
    """One look ahead: the sums of the largest chances after one more answer."""

    def __init__(self, search: Search, free: Rows, p: Floats, ahead: int) -> None:
        self.search, self.free, self.p, self.ahead = search, free, p, ahead
        self.found = (search.mass + 1) / (search.weight + 1)
        self.missed = search.mass / (search.weight + 1)
        order = free[np.argsort(-p[free], kind="stable")]
        self.rank = np.zeros(len(p), dtype=np.int64)
        self.rank[order] = np.arange(len(order))
        self.sums = np.concatenate([[0.0], np.cumsum(p[order])])

    def bounds(self) -> Floats:
        """No open item's value is higher. A sum of largest chances grows at most by what single chances grow, and at
        most to the largest raised chances, as many as the item changes, before the largest unraised ones."""
        free, p, m = self.free, self.p, self.ahead
        changed = np.minimum(self.search.n_listeners[free], m)
        highest = np.concatenate([[0.0], np.cumsum(np.sort(self.found[free])[::-1][:m])])
        if_found = np.minimum(self.sums[m] + self.search.growth[free], highest[changed] + self.sums[m - changed])
        chance = p[free]
        bounds: Floats = chance + chance * if_found + (1 - chance) * self.sums[m]
        return bounds

    def values(self, places: Rows) -> Floats:
        """The exact value of each."""
        who, there = self.search.changed_by(places)
        width = who.shape[1]
        most = min(width, self.ahead)  # picks ahead that may fall on changed items
        n = len(self.free)
        removed = np.concatenate([self.rank[places][:, None], np.where(there, self.rank[who], n)], axis=1)
        removed.sort(axis=1)
        there_too = removed < n
        gone = np.zeros((len(places), width + 2))
        np.cumsum(np.where(there_too, np.diff(self.sums)[np.minimum(removed, n - 1)], 0), axis=1, out=gone[:, 1:])
        # How many removed items stand before the c-th that stays, for each c from ahead - most to ahead.
        lowest = self.ahead - most
        before = np.clip(removed - np.arange(width + 1) - lowest + 1, 0, most + 1)
        before[~there_too] = most + 1
        cells = before + (most + 2) * np.arange(len(places))[:, None]
        counts = np.bincount(cells.ravel(), minlength=len(places) * (most + 2)).reshape(len(places), most + 2)
        skipped = np.cumsum(counts[:, : most + 1], axis=1)
        reach = lowest + np.arange(most + 1) + skipped
        stays = self.sums[np.minimum(reach, n)] - np.take_along_axis(gone, skipped, axis=1)
        stays[reach > n] = -np.inf
        chance = self.p[places]
        sums = []
        for changed in (self.found, self.missed):
            q = np.where(there, changed[who], -np.inf)
            q.sort(axis=1)
            best = np.zeros((len(places), most + 1))
            np.cumsum(q[:, ::-1][:, :most], axis=1, out=best[:, 1:])
            sums.append((best[:, ::-1] + stays).max(axis=1))
        return np.asarray(chance + chance * sums[0] + (1 - chance) * sums[1])
