"""Which items seen before may be near copies: an index by bands of min-hashes that grows as items come."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core.checks import Rows
from querist.splits.sketch import N_HASHES, Sketches

N_BANDS = 4
ALIKE = 13  # of 16 min-hashes: a Jaccard similarity of about 0.8
_BAND_SALT = np.random.default_rng(20260303).integers(1, 2**63, size=N_BANDS + 1, dtype=np.uint64)

Keys = npt.NDArray[np.uint64]


class BandIndex:
    """Finds, for a batch, the earlier item that shares a band of min-hashes, or the whole content.

    Sorted runs that double in length and are merged as they grow, so that a million items cost a few dozen merges and
    12 bytes a key: 4 keys for an item with text, 1 for one without. Of items with one key the first is kept.
    """

    def __init__(self) -> None:
        self._runs: list[tuple[Keys, npt.NDArray[np.int32]]] = []

    def candidates(self, keys: Keys) -> Rows:
        """The first earlier item with each of these sorted keys, or -1."""
        found = np.full(len(keys), -1, dtype=np.int64)
        for run_keys, items in reversed(self._runs):  # the oldest items are in the first run, and win
            at = np.minimum(np.searchsorted(run_keys, keys), len(run_keys) - 1)
            hit = np.flatnonzero(run_keys[at] == keys)
            found[hit] = items[at[hit]]
        return found

    def add(self, keys: Keys, items: Rows) -> None:
        """Remember these sorted keys, whose items are newer than any before; of equal ones the first item."""
        if not len(keys):
            return
        run = _first_of_each(keys, items.astype(np.int32))
        while self._runs and len(self._runs[-1][0]) < 2 * len(run[0]):
            older = self._runs.pop()
            merged = np.concatenate([older[0], run[0]])
            order = np.argsort(merged, kind="stable")  # two sorted halves, so this merges rather than sorts
            run = _first_of_each(merged[order], np.concatenate([older[1], run[1]])[order])
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


def _salted(values: Keys, salt: Keys) -> Keys:
    mixed = (values ^ salt) * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> np.uint64(31))


def _first_of_each(keys: Keys, items: npt.NDArray[np.int32]) -> tuple[Keys, npt.NDArray[np.int32]]:
    first = np.concatenate([[True], keys[1:] != keys[:-1]])
    return (keys, items) if first.all() else (keys[first], items[first])
