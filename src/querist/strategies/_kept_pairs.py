"""The pairs of a candidate and a reference that it would cover better: kept where they are few, and read for gains."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads


@dataclass(slots=True)
class Chunk:
    """Some candidates' pairs with references that they would cover better.

    Candidate i has those from `starts[i]` to `starts[i + 1]`: which references, and how similar, times their weight.
    `first_gains` is what each candidate would have added when the pairs were found.
    """

    values: Floats
    references: Rows
    starts: Rows
    first_gains: Floats

    def of(self, place: int) -> tuple[Rows, Floats]:
        span = slice(self.starts[place], self.starts[place + 1])
        return self.references[span], self.values[span]

    def gain(self, place: int, covered: Floats) -> float:
        which, similar = self.of(place)
        above = similar - covered.take(which, mode="clip")  # none is outside, and to find that out takes time
        return float(np.add.reduce(np.maximum(above, 0, out=above)))

    def gains(self, covered: Floats) -> Floats:
        """Every candidate's. Lets go of pairs that no longer count once they are the greater part."""
        above = self.values - covered.take(self.references, mode="clip")
        left = np.flatnonzero(above > 0)
        if 2 * len(left) < len(above):
            self.starts = left.searchsorted(self.starts)
            self.values, self.references = self.values.take(left), self.references.take(left)
            above = above.take(left)
        else:
            np.maximum(above, 0, out=above)
        found = np.zeros(len(self.starts) - 1)
        some = np.diff(self.starts) > 0
        if some.any():
            found[some] = np.add.reduceat(above, self.starts[:-1][some])
        return found


def chunk_of(similar: Floats, covered: Floats, weights: Floats, part: slice) -> Chunk:
    """The pairs that count of some candidates and a part of the references, from their similarities, which it uses up.

    Numbers of references are kept in two bytes where they fit.
    """
    flat = np.flatnonzero(similar > covered[part])
    starts = flat.searchsorted(np.arange(len(similar) + 1) * similar.shape[1])
    kind = np.dtype(np.uint16 if len(covered) <= 2**16 else np.int32)
    which: Rows = _columns(*similar.shape).take(flat).astype(kind)
    which += kind.type(part.start)
    values = similar.ravel().take(flat)
    values *= weights.take(which, mode="clip")
    similar -= covered[part]
    np.maximum(similar, 0, out=similar)
    return Chunk(values, which, starts, (similar @ weights[part]).astype(np.float64))


@lru_cache(maxsize=4)
def _columns(n_rows: int, n_columns: int) -> npt.NDArray[np.uint16]:
    """The column of each place of a table, row by row."""
    return np.tile(np.arange(n_columns, dtype=np.uint16), n_rows)


def joined(pieces: list[Chunk]) -> Chunk:
    """Pairs of the same candidates with one part of the references after the other, as one."""
    counts = np.array([np.diff(piece.starts) for piece in pieces])
    starts = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    values = np.empty(starts[-1], dtype=pieces[0].values.dtype)
    references = np.empty(starts[-1], dtype=pieces[0].references.dtype)
    at = starts[:-1].copy()
    for piece, count in zip(pieces, counts, strict=True):
        to = np.repeat(at - piece.starts[:-1], count) + np.arange(len(piece.values))
        values[to], references[to] = piece.values, piece.references
        at += count
    return Chunk(values, references, starts, np.sum([piece.first_gains for piece in pieces], axis=0))


def joined_and_freed(pieces: list[Chunk]) -> Chunk:
    """The same, the pieces being let go."""
    whole = joined(pieces)
    pieces.clear()
    return whole


class Pairs:
    """The pairs of a candidate and a reference that it would cover better, in chunks of `size` candidates."""

    def __init__(self, chunks: list[Chunk], size: int) -> None:
        self.chunks = chunks
        self.size = size

    def of(self, place: int) -> tuple[Rows, Floats]:
        """Which references a candidate would cover better, and how similar they are to it, times their weight."""
        return self.chunks[place // self.size].of(place % self.size)

    def gains(self, places: Rows, covered: Floats) -> Floats:
        return np.array([self.chunks[p // self.size].gain(p % self.size, covered) for p in places.tolist()])

    def all_gains(self, covered: Floats) -> Floats:
        return np.concatenate(in_threads(lambda chunk: chunk.gains(covered), self.chunks))
