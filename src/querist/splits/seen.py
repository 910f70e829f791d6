"""Whether something may have been seen before, for a few bits each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BYTES = 1 << 23


class Seen:
    """Hashes seen so far: never no for one that was, and seldom yes for one that was not.

    One bit per hash, 8 MB in all (Bloom, 1970, with a single hash): of a million hashes it takes one in sixty for seen
    that were not, of four million one in sixteen. A look at it costs a tenth of looking for the thing itself.

    Examples
    --------
    >>> seen = Seen()
    >>> seen.note(np.array([1 << 50], dtype=np.uint64))
    >>> seen.maybe(np.array([1 << 50, 1 << 51], dtype=np.uint64)).tolist()
    [True, False]
    """

    def __init__(self) -> None:
        self._bytes = np.zeros(BYTES, dtype=np.uint8)

    def maybe(self, hashes: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
        """Which of these may have been noted."""
        places, bits = _where(hashes)
        found: npt.NDArray[np.bool_] = (self._bytes[places] & bits) != 0
        return found

    def note(self, hashes: npt.NDArray[np.uint64]) -> None:
        """Remember these."""
        np.bitwise_or.at(self._bytes, *_where(hashes))


def _where(hashes: npt.NDArray[np.uint64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    # The high bits: those are the well mixed ones of a product, and the band keys' low ones are not theirs alone.
    bits = (hashes >> np.uint64(38)).astype(np.uint8) & np.uint8(7)
    return (hashes >> np.uint64(41)).astype(np.int64), np.left_shift(np.uint8(1), bits)
