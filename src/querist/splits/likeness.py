"""Which items are near copies of which: the sketches of all, and the comparisons a batch needs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from querist.core.checks import Rows
from querist.splits.bands import ALIKE, BandIndex, Keys, band_keys, pairs_within
from querist.splits.growing import Growing
from querist.splits.sketch import N_HASHES, Sketches

KEYS_AT_ONCE = 1 << 12  # bounds memory where a batch holds a template's copies, each a candidate for hundreds of others
PAIRS_AT_ONCE = 1 << 18
_EACH_BYTE = np.uint64(0x0101010101010101)


class Likeness:
    """Items known by their numbers, from 0 in the order they come."""

    def __init__(self) -> None:
        self._index = BandIndex()
        self._minhash = Growing(np.uint16, N_HASHES)
        self._exact = Growing(np.uint64)

    def __len__(self) -> int:
        return len(self._exact)

    @property
    def sketches(self) -> Sketches:
        """Of all, in their order; one without min-hashes has none that is not 0."""
        minhash = self._minhash.view()
        hashed: npt.NDArray[np.bool_] = np.any(minhash, axis=1)
        return Sketches(self._exact.view(), minhash, hashed)

    def append(self, sketches: Sketches) -> None:
        """Give items the next numbers; they are found by later ones only once remembered."""
        self._minhash.append(sketches.minhash)
        self._exact.append(sketches.exact)

    def remember(self, keys: Keys, numbers: Rows, sides: npt.NDArray[np.uint8]) -> None:
        """Let later items find these under their keys; `sides` are the numbers of their splits."""
        self._index.add(keys, numbers, sides)

    def pairs(self, keys: Keys, numbers: Rows, hashed: npt.NDArray[np.bool_]) -> Iterator[tuple[Rows, Rows]]:
        """Numbers of near copies, the later item first, for a batch's sorted keys; a pair may come more than once."""
        for at in range(0, len(keys), KEYS_AT_ONCE):
            part = slice(at, at + KEYS_AT_ONCE)
            places, earlier = self._index.candidates(keys[part])
            later, sooner = pairs_within(keys, part)
            one = np.concatenate([numbers[at + places], numbers[later]])
            other = np.concatenate([earlier, numbers[sooner]])
            by_hash = np.concatenate([hashed[at + places], hashed[later]])
            for start in range(0, len(one), PAIRS_AT_ONCE):
                some = slice(start, start + PAIRS_AT_ONCE)
                alike = self._alike(one[some], other[some], by_hash[some])
                yield one[some][alike], other[some][alike]

    def _alike(self, one: Rows, other: Rows, by_hash: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        minhash, exact = self._minhash.view(), self._exact.view()
        # Sixteen flags of a byte each are two numbers; one multiplication adds up the bytes of their sum.
        flags = (minhash[one] == minhash[other]).view(np.uint64)
        agree = ((flags[:, 0] + flags[:, 1]) * _EACH_BYTE >> np.uint64(56)) >= ALIKE
        same: npt.NDArray[np.bool_] = np.where(by_hash, agree, exact[one] == exact[other])
        return same


def first_equal(exact: npt.NDArray[np.uint64]) -> Rows:
    """For each row the first row equal to it.

    Examples
    --------
    >>> first_equal(np.array([7, 3, 7], dtype=np.uint64)).tolist()
    [0, 1, 0]
    """
    _, first, inverse = np.unique(exact, return_index=True, return_inverse=True)
    return first[inverse].astype(np.int64)


def keys_of(sketches: Sketches, rows: Rows) -> tuple[Keys, Rows]:
    """The sorted keys of some rows, and the row each belongs to."""
    keys, places = band_keys(sketches[rows])
    return keys, rows[places]
