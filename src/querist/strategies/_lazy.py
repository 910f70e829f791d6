"""Greedy picking where every pick can only lower what the others are worth, exact and lazy."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from querist.core.checks import Floats, Rows

WORKING_SET_VALUES = 2**20  # a copy of 4 MB in float32 stays in cache over many picks
WORKING_SET_AT_LEAST = 256  # rows
UPDATE_ROWS = 1024

Part = tuple[Floats, ...]


class Shrinking(Protocol):
    """What a greedy loop runs on."""

    def read(self, places: Rows) -> Part:
        """All that is needed of these items to lower their values: arrays with a row for each."""
        ...

    def take(self, part: Part, i: int) -> None:
        """Note that item `i` of this part was picked."""
        ...

    def lowered(self, part: Part, values: Floats, since: int) -> Floats:
        """The values after the picks from number `since` on, none higher than before."""
        ...


def lazy_greedy(what: Shrinking, bounds: Floats, k: int, *, row_size: int) -> tuple[Rows, Floats]:
    """The `k` places that a greedy loop takes, ever the one of highest value, and those values; ties to the lowest.

    `bounds` are the values before any pick; they are written over. As values only fall, an old one is an upper bound,
    so the loop runs on a small working set with the largest bounds, brought up to date, for as long as the best in it
    beats every bound outside.
    """
    n = len(bounds)
    size = max(WORKING_SET_AT_LEAST, WORKING_SET_VALUES // max(1, row_size))
    seen = np.zeros(n, dtype=np.int64)
    picked: list[int] = []
    values: list[float] = []
    while len(picked) < k:
        places, bound, rival = _working_set(bounds, size)
        part = what.read(places)
        best = _up_to_date(what, part, bounds[places], seen[places], len(picked))
        while len(picked) < k:
            i = int(best.argmax())
            if best[i] < bound or (best[i] == bound and places[i] > rival):
                break
            picked.append(int(places[i]))
            values.append(float(best[i]))
            what.take(part, i)
            best = what.lowered(part, best, len(picked) - 1)
            best[i] = -np.inf
        bounds[places] = best
        bounds[picked] = -np.inf
        seen[places] = len(picked)
    return np.array(picked, dtype=np.int64), np.array(values)


def _working_set(bounds: Floats, size: int) -> tuple[Rows, float, int]:
    """The places with the largest bounds, then the largest bound outside and the first place that has it."""
    n = len(bounds)
    if n <= size:
        return np.arange(n), -np.inf, n
    cut = np.partition(bounds, n - size)[n - size]
    above, level = np.flatnonzero(bounds > cut), np.flatnonzero(bounds == cut)
    room = size - len(above)
    rival = int(level[room]) if room < len(level) else n
    return np.sort(np.concatenate([above, level[:room]])), float(cut), rival


def _up_to_date(what: Shrinking, part: Part, values: Floats, seen: Rows, now: int) -> Floats:
    for since in np.unique(seen[seen < now]):  # one value for each working set so far at most
        behind = np.flatnonzero((seen == since) & (values > -np.inf))
        for start in range(0, len(behind), UPDATE_ROWS):
            some = behind[start : start + UPDATE_ROWS]
            values[some] = what.lowered(tuple(a[some] for a in part), values[some], int(since))
    return values
