"""Which items seen before may be near copies: an index by bands of min-hashes that grows as items come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core.checks import Rows
from querist.splits.seen import Seen
from querist.splits.sketch import N_HASHES, Sketches

N_BANDS = 4
ALIKE = 13  # of 16 min-hashes: a Jaccard similarity of about 0.8
KEPT = 32  # items of one split kept under a key; bounds the time a template's thousands of copies take, see `Splitter`
MERGED = 1 << 20  # keys of a run that is left as it is: a merge takes memory in proportion
_SIDE_BITS = np.uint64(3)  # the lowest bits of a kept key say which split the item is in
_BAND_SALT = np.random.default_rng(20260303).integers(1, 2**63, size=N_BANDS + 1, dtype=np.uint64)

Keys = npt.NDArray[np.uint64]


class BandIndex:
    """Finds, for a batch, the earlier items that share a band of min-hashes, or the whole content.

    Sorted runs that double in length and are merged as they grow, up to a million keys, so that a million items cost a
    few dozen merges and 12 bytes a key: 4 keys for an item with text, 1 for one without. Under a key each run keeps the
    first 32 items of each split: were it the first of all, a copy of the second on another side would go unseen.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, npt.NDArray[np.int32]]] = []
        self._seen = Seen()  # most items have no near copy: their keys need not be looked for in every run

    def candidates(self, keys: Keys) -> tuple[Rows, Rows]:
        """Pairs of a place among these sorted keys and an earlier item that is kept under that key."""
        maybe = np.flatnonzero(self._seen.maybe(keys))
        keys = keys[maybe]
        places, found = [], []
        for run_keys, items in self._runs:
            low = np.searchsorted(run_keys, keys)
            at = np.minimum(low, len(run_keys) - 1)
            hit = np.flatnonzero((run_keys[at] & ~_SIDE_BITS) == keys)
            low = low[hit]
            counts = np.searchsorted(run_keys, keys[hit] | _SIDE_BITS, side="right") - low
            places.append(np.repeat(maybe[hit], counts))
            found.append(items[_ranges(low, counts)])
        if not places:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        return np.concatenate(places), np.concatenate(found).astype(np.int64)

    def add(self, keys: Keys, items: Rows, sides: npt.NDArray[np.uint8]) -> None:
        """Remember items, newer than any before, under their keys; `sides` are the numbers of their splits."""
        if not len(keys):
            return
        self._seen.note(keys)
        full = keys | sides.astype(np.uint64)
        order = np.argsort(full, kind="stable")
        run = _first_few(full[order], items[order].astype(np.int32))
        while self._runs and len(self._runs[-1][0]) < min(2 * len(run[0]), MERGED):
            older = self._runs.pop()
            merged = np.concatenate([older[0], run[0]])
            order = np.argsort(merged, kind="stable")  # two sorted halves, so this merges rather than sorts
            run = _first_few(merged[order], np.concatenate([older[1], run[1]])[order])
        self._runs.append(run)


def band_keys(sketches: Sketches) -> tuple[Keys, Rows]:
    """The keys of a batch, sorted, and the row each belongs to; equal keys in the order of their rows."""
    bands = np.ascontiguousarray(sketches.minhash).view(np.uint64).reshape(-1, N_HASHES // 4)
    keys = np.concatenate(
        [_salted(bands, _BAND_SALT[:N_BANDS]), _salted(sketches.exact[:, None], _BAND_SALT[-1:])], axis=1
    )
    wanted = np.concatenate([np.repeat(sketches.hashed[:, None], N_BANDS, axis=1), ~sketches.hashed[:, None]], axis=1)
    rows = np.repeat(np.arange(len(sketches)), N_BANDS + 1)[wanted.ravel()]
    flat = keys.ravel()[wanted.ravel()]
    order = np.argsort(flat, kind="stable")
    return flat[order], rows[order]


def pairs_within(keys: Keys, part: slice) -> tuple[Rows, Rows]:
    """Pairs of places of equal sorted keys, the later one first, for the later ones of a part.

    Each is paired with the first and the last 32 before it.
    """
    here = np.arange(len(keys))[part]
    before = here - np.searchsorted(keys, keys[part])
    early = np.minimum(before, KEPT)
    late = np.minimum(before - early, KEPT)
    later = np.concatenate([np.repeat(here, early), np.repeat(here, late)])
    return later, np.concatenate([_ranges(here - before, early), _ranges(here - late, late)])


def _salted(values: Keys, salt: Keys) -> Keys:
    mixed = (values ^ salt) * np.uint64(0x9E3779B97F4A7C15)
    return (mixed ^ (mixed >> np.uint64(31))) & ~_SIDE_BITS


def _ranges(starts: Rows, counts: Rows) -> Rows:
    """Each start, and as many whole numbers from it on as its count says, one range after the other."""
    offsets = np.cumsum(counts) - counts
    return np.repeat(starts - offsets, counts) + np.arange(int(counts.sum()))


def _first_few(keys: Keys, items: npt.NDArray[np.int32]) -> tuple[Keys, npt.NDArray[np.int32]]:
    surplus = np.concatenate([np.zeros(min(KEPT, len(keys)), dtype=bool), keys[KEPT:] == keys[:-KEPT]])
    return (keys[~surplus], items[~surplus]) if surplus.any() else (keys, items)
