"""Bisection on lines (S², Dasarathy, Nowak and Zhu, 2015): one line per class, on which the items stand by margin."""

from __future__ import annotations

from bisect import bisect_left
from heapq import heapify, heappop, heappush
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads


class Lines:
    """Items on one line per class, and what is known of their classes: -1 where nothing is."""

    def __init__(self, probs: Floats, known: Rows) -> None:
        self.known = known.copy()
        self.predicted = probs.argmax(axis=1)
        n, n_classes = probs.shape
        kind = np.int32 if n < 2**31 else np.int64
        self.order = np.empty((n_classes, n), dtype=kind)
        self.place = np.empty((n_classes, n), dtype=kind)
        self.crossing = np.zeros(n_classes, dtype=np.int64)  # where the margin changes its sign
        best = probs[np.arange(n), self.predicted]
        second = np.full(n, -np.inf, dtype=probs.dtype)
        if n_classes > 1:
            second = np.partition(probs, n_classes - 2, axis=1)[:, n_classes - 2]

        def lay(c: int) -> None:
            margins = probs[:, c] - np.where(self.predicted == c, second, best)
            self.order[c] = np.argsort(-margins, kind="stable")
            self.place[c, self.order[c]] = np.arange(n)
            self.crossing[c] = (margins > 0).sum()

        in_threads(lay, range(n_classes))

    def bisect(self, k: int) -> list[int]:
        """Up to `k` items: ever the middle of the shortest stretch between a member and a non-member of a class.

        Each is then taken to be of its predicted class. Ends where every such stretch is empty.
        """
        walls = [np.sort(line[self.known >= 0]).tolist() for line in self.place]
        stretches = [
            (b - a, c, a, b) for c, wall in enumerate(walls) for a, b in pairwise(wall) if self._differ(c, a, b)
        ]
        heapify(stretches)
        picked: list[int] = []
        while stretches and len(picked) < k:
            _, c, a, b = heappop(stretches)
            at = bisect_left(walls[c], a)
            if walls[c][at + 1] != b:  # it was cut in the meantime
                continue
            item = int(self.order[c, (a + b) // 2])
            picked.append(item)
            self.known[item] = self.predicted[item]
            for line, wall in enumerate(walls):
                middle = int(self.place[line, item])
                at = bisect_left(wall, middle)
                wall.insert(at, middle)
                for low, high in pairwise(wall[max(0, at - 1) : at + 2]):
                    if self._differ(line, low, high):
                        heappush(stretches, (high - low, line, low, high))
        return picked

    def _differ(self, c: int, a: int, b: int) -> bool:
        """Whether items lie between these places of known ones, one of which is of the class."""
        known, line = self.known, self.order[c]
        return b - a > 1 and (known[line[a]] == c) != (known[line[b]] == c)

    def outward(self, k: int) -> list[int]:
        """Up to `k` items of which nothing is known, the nearest to where a class ends first; classes take turns."""
        unknown = self.known < 0
        lists = in_threads(lambda c: self._near_cuts(c, unknown, k), range(len(self.order)))
        taken = np.zeros(len(unknown), dtype=bool)
        picked: list[int] = []
        at = [0] * len(lists)
        while len(picked) < min(k, int(unknown.sum())):
            for c, line in enumerate(lists):
                while at[c] < len(line) and taken[line[at[c]]]:
                    at[c] += 1
                if at[c] < len(line) and len(picked) < k:
                    taken[line[at[c]]] = True
                    picked.append(int(line[at[c]]))
        return picked

    def _near_cuts(self, c: int, unknown: npt.NDArray[np.bool_], k: int) -> Rows:
        line = self.order[c]
        places = np.flatnonzero(~unknown[line])
        member = self.known[line[places]] == c
        ends = np.flatnonzero((member[1:] != member[:-1]) & (np.diff(places) == 1))
        cuts = places[ends] + 0.5 if len(ends) else np.array([self.crossing[c] - 0.5])
        free = np.flatnonzero(unknown[line])
        after = np.searchsorted(cuts, free)
        to_next = np.where(after < len(cuts), cuts[np.minimum(after, len(cuts) - 1)] - free, np.inf)
        to_last = np.where(after > 0, free - cuts[np.maximum(after - 1, 0)], np.inf)
        distance = np.minimum(to_next, to_last)
        if k < len(free):
            near = distance <= np.partition(distance, k - 1)[k - 1]
            free, distance = free[near], distance[near]
        near_first: Rows = line[free[np.argsort(distance, kind="stable")]].astype(np.int64)
        return near_first
