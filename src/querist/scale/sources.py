"""What a pool is read from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from querist.core.checks import Array, Rows

PART_ROWS = 1 << 18  # rows read, and kept for resuming, in one piece of work; a few megabytes of probabilities
BLOCK_ROWS = 1 << 16  # rows scored together: enough to hide what a call costs, few enough to stay small
BLOCK_BYTES = 1 << 24
HASH_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive rows that are read in one go: the unit of parallel work, and of going on after a stop.

    `place` is where the source finds them.
    """

    index: int
    start: int
    n: int
    place: tuple[int, ...] = ()


class Source(Protocol):
    """Columns of a pool, wherever they lie. It can be pickled, and opens nothing before it is read."""

    @property
    def parts(self) -> Sequence[Part]:
        """All rows, in order."""
        ...

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        ...

    @property
    def folder(self) -> Path | None:
        """Where files about it may be kept; None where it lies in no folder of this machine."""
        ...

    def row_bytes(self, columns: Sequence[str]) -> float:
        """What a row of these columns takes, about."""
        ...

    def read(self, part: Part, columns: Mapping[str, Sequence[str]], n_rows: int) -> Iterator[dict[str, Array]]:
        """Arrays of up to `n_rows` consecutive rows, each made of one column, or of several side by side."""
        ...

    def take(self, rows: Rows, columns: Mapping[str, Sequence[str]]) -> dict[str, Array]:
        """Arrays of a few rows, in their order."""
        ...

    def fingerprint(self) -> str:
        """A hash of the content."""
        ...


def even_parts(n_items: int) -> tuple[Part, ...]:
    """Parts of a source that can be read from anywhere."""
    starts = range(0, n_items, PART_ROWS)
    return tuple(Part(i, start, min(PART_ROWS, n_items - start)) for i, start in enumerate(starts))


def hash_of(chunks: Iterable[Any], *words: str) -> str:
    """SHA-256 of some words and a stream of bytes."""
    hashed = hashlib.sha256("\n".join(words).encode())
    for chunk in chunks:
        hashed.update(chunk)
    return hashed.hexdigest()
