"""Arrays in memory, or in .npy files of which only what is read is mapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.checks import Array, Rows
from querist.core.errors import InvalidInput
from querist.core.signals import BY_MEMBER, SIGNALS
from querist.scale.sources import HASH_BYTES, Part, even_parts, hash_of


@dataclass(frozen=True)
class NpyFile:
    """An array in a .npy file, mapped piece by piece, so that what was read does not stay in memory."""

    path: str
    shape: tuple[int, ...] = ()
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.float32))

    @classmethod
    def find(cls, path: str | Path) -> NpyFile:
        """The file, its header read.

        Raises
        ------
        InvalidInput
            If it is no .npy file of numbers.
        """
        try:
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise InvalidInput(f"{path}: must be an array that np.save wrote; {error}. Check its name.") from None
        return cls(str(Path(path).resolve()), mapped.shape, mapped.dtype)

    @property
    def ndim(self) -> int:
        """Its axes."""
        return len(self.shape)

    def __getitem__(self, key: Any) -> Array:
        found: Array = np.load(self.path, mmap_mode="r", allow_pickle=False)[key]
        return found


@dataclass(frozen=True)
class ArraySource:
    """Arrays of the same rows, by name."""

    arrays: Mapping[str, Array | NpyFile]

    @classmethod
    def find(cls, arrays: Mapping[str, Any]) -> ArraySource:
        """The arrays as they are, and the paths among them as files.

        Raises
        ------
        InvalidInput
            If they are not of the same items.
        """
        held = {
            name: NpyFile.find(each) if isinstance(each, str | Path) else np.asarray(each)
            for name, each in arrays.items()
        }
        lengths = {name: each.shape[1 if name in BY_MEMBER else 0] for name, each in held.items() if each.ndim}
        if len(lengths) < len(held) or not held or len(set(lengths.values())) > 1:
            raise InvalidInput(f"arrays: must be of the same items; got rows {lengths}. Pass one row for every item.")
        return cls(held)

    @property
    def n_items(self) -> int:
        """Rows of each array."""
        name, held = next(iter(self.arrays.items()))
        return int(held.shape[1 if name in BY_MEMBER else 0])

    @property
    def names(self) -> tuple[str, ...]:
        """The arrays there are."""
        return tuple(self.arrays)

    @property
    def parts(self) -> tuple[Part, ...]:
        """All rows, in order."""
        return even_parts(self.n_items)

    @property
    def folder(self) -> Path | None:
        """Where the first file lies, if any does."""
        files = [held for held in self.arrays.values() if isinstance(held, NpyFile)]
        return Path(files[0].path).parent if files else None

    def row_bytes(self, columns: Sequence[str]) -> float:
        """What a row of these takes."""
        sizes = [
            float(np.prod(held.shape)) * held.dtype.itemsize for name, held in self.arrays.items() if name in columns
        ]
        return sum(sizes) / max(1, self.n_items)

    def read(self, part: Part, columns: Mapping[str, Sequence[str]], n_rows: int) -> Iterator[dict[str, Array]]:
        """Views of up to `n_rows` consecutive rows."""
        for start in range(part.start, part.start + part.n, n_rows):
            stop = min(start + n_rows, part.start + part.n)
            yield {name: self._sliced(name, several, slice(start, stop)) for name, several in columns.items()}

    def take(self, rows: Rows, columns: Mapping[str, Sequence[str]]) -> dict[str, Array]:
        """Copies of a few rows, in their order."""
        return {name: self._sliced(name, several, rows) for name, several in columns.items()}

    def fingerprint(self) -> str:
        """SHA-256 of the arrays' values."""
        words = [f"{name} {held.dtype.str} {held.shape}" for name, held in self.arrays.items()]
        return hash_of((chunk for held in self.arrays.values() for chunk in _bytes_of(held)), *words)

    def _sliced(self, name: str, several: Sequence[str], rows: Any) -> Array:
        if len(several) > 1:
            return np.stack([np.asarray(self.arrays[each][rows]) for each in several], axis=1)
        held = self.arrays[several[0]]
        return held[:, rows] if name in BY_MEMBER and name in SIGNALS else held[rows]


def _bytes_of(held: Array | NpyFile) -> Iterator[bytes]:
    step = max(1, HASH_BYTES * held.shape[0] // max(1, int(np.prod(held.shape)) * held.dtype.itemsize))
    for start in range(0, held.shape[0], step):
        piece = held[start : start + step]
        yield piece.tobytes() if piece.dtype != object else repr(piece.tolist()).encode()
