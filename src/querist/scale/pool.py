"""A pool of any size: what is known of its rows, read block by block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.blocks import Block
from querist.core.checks import Array, nearest, rows
from querist.core.errors import InvalidInput
from querist.core.hashing import digest
from querist.core.signals import SIGNALS
from querist.scale.arrays import ArraySource
from querist.scale.dataset import DatasetSource
from querist.scale.parquet import ParquetSource
from querist.scale.sources import BLOCK_BYTES, BLOCK_ROWS, Part, Source

Columns = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Pool:
    """Items too many for memory, known by their rows 0..n_items-1, each array read only where it is needed.

    Made by `from_parquet`, `from_arrays` or `from_dataset`. It can be pickled: every process opens its own files.

    Examples
    --------
    >>> pool = Pool.from_arrays(probs=np.full((5, 2), 0.5), costs=np.ones(5))
    >>> pool.n_items, pool.names
    (5, ('probs', 'costs'))
    >>> [block["costs"].shape for block in pool.blocks(["costs"])]
    [(5,)]
    """

    source: Source
    columns: Mapping[str, tuple[str, ...]]
    more: ArraySource | None = field(default=None)

    @classmethod
    def from_parquet(
        cls, path: str | Path | Sequence[str | Path], *, columns: Columns | None = None, filesystem: Any = None
    ) -> Pool:
        """Rows of Parquet files: one path, several, a glob, or a folder.

        Parameters
        ----------
        path : str, Path, or several
            Files of one schema, taken in this order, a glob's and a folder's in that of their names; or a URL that
            pyarrow knows, such as `s3://bucket/pool.parquet`.
        columns : mapping of str to str or sequence of str, optional
            Where each signal lies: a column of numbers or of lists, several columns side by side, or a pattern such as
            `p_*`. By default columns named like a signal, and `probs_0`, `probs_1`, … side by side. Every other column
            is there under its own name.
        filesystem : optional
            Of fsspec or pyarrow, for files elsewhere.

        Raises
        ------
        InvalidInput
            If there is no such file or column, or files differ in their schemas.
        """
        source = ParquetSource.find(path, filesystem)
        return cls(source, _resolved(source.names, columns))

    @classmethod
    def from_arrays(cls, **arrays: npt.ArrayLike | str | Path) -> Pool:
        """Arrays of the same rows, in memory or as paths of .npy files, by the names of signals or any others.

        Raises
        ------
        InvalidInput
            If they are not of the same items.
        """
        source = ArraySource.find(arrays)
        return cls(source, {name: (name,) for name in source.names})

    @classmethod
    def from_dataset(cls, dataset: Any, *, columns: Columns | None = None) -> Pool:
        """One split of a Hugging Face data set; `columns` as for `from_parquet`.

        Raises
        ------
        InvalidInput
            If it is none, or lacks a column.
        """
        source = DatasetSource(dataset)
        return cls(source, _resolved(source.names, columns))

    @property
    def n_items(self) -> int:
        """Rows in all."""
        return sum(part.n for part in self.parts)

    @property
    def parts(self) -> Sequence[Part]:
        """The pieces of work it falls into."""
        return self.source.parts

    @property
    def names(self) -> tuple[str, ...]:
        """The arrays it has."""
        return (*self.columns, *(self.more.names if self.more else ()))

    @property
    def folder(self) -> Path | None:
        """Where its file lies, if it is a file of this machine."""
        return self.source.folder

    @cached_property
    def fingerprint(self) -> str:
        """A hash of its content and of what its arrays are called: local files are read for it once, and whole."""
        more = self.more.fingerprint() if self.more else ""
        return digest([self.source.fingerprint(), more, {name: list(c) for name, c in self.columns.items()}])

    def has(self, name: str) -> bool:
        """Whether there is an array of this name."""
        return name in self.names

    def with_arrays(self, **arrays: npt.ArrayLike | str | Path) -> Pool:
        """The same pool with more known of its rows, in memory or as paths of .npy files.

        Raises
        ------
        InvalidInput
            If they are not of the same items.
        """
        known = dict(self.more.arrays) if self.more else {}
        more = ArraySource.find({**known, **arrays})
        if more.n_items != self.n_items:
            raise InvalidInput(
                f"arrays: must be of the pool's {self.n_items} items; got {more.n_items}. Pass one row for every item."
            )
        return replace(self, more=more, columns={n: c for n, c in self.columns.items() if n not in arrays})

    def blocks(self, names: Sequence[str], *, part: Part | None = None, n_rows: int | None = None) -> Iterator[Block]:
        """Consecutive rows with these arrays, all of the pool or one part of it.

        Parameters
        ----------
        names : sequence of str
            What to read; nothing else is.
        part : Part, optional
            One of `parts`.
        n_rows : int, optional
            Rows at most in a block; by default 65,536, or fewer where they are wide.

        Raises
        ------
        InvalidInput
            If the pool has no such array, or a value is missing.
        """
        here = {name: self.columns[name] for name in names if self._known(name) in self.columns}
        there = {name: (name,) for name in names if name not in here}
        size = n_rows or self._block_rows(here, there)
        for piece in self.parts if part is None else (part,):
            start = piece.start
            for arrays in self.source.read(piece, here, size) if here else _nothing(piece, size):
                n = _length(arrays) if here else int(arrays.pop("n"))
                if there and self.more:
                    arrays.update(next(self.more.read(Part(0, start, n), there, n)))
                yield Block(start, n, arrays)
                start += n

    def take(self, at: npt.ArrayLike, names: Sequence[str]) -> dict[str, Array]:
        """Arrays of a few rows, in their order."""
        wanted = rows("rows", at, n_items=self.n_items)
        here = {name: self.columns[name] for name in names if self._known(name) in self.columns}
        there = {name: (name,) for name in names if name not in here}
        found = self.source.take(wanted, here) if here and len(wanted) else {name: np.empty(0) for name in here}
        return found | (self.more.take(wanted, there) if there and self.more else {})

    def _block_rows(self, here: Mapping[str, Sequence[str]], there: Mapping[str, Sequence[str]]) -> int:
        width = self.source.row_bytes([column for several in here.values() for column in several])
        width += self.more.row_bytes(list(there)) if self.more else 0
        return int(max(1, min(BLOCK_ROWS, BLOCK_BYTES // max(1.0, width))))

    def _known(self, name: str) -> str:
        if not self.has(name):
            meaning = f" ({SIGNALS[name]})" if name in SIGNALS else ""
            near = nearest(name, self.names)
            hint = f"Did you mean {near!r}?" if near else f"Say where it is, as columns={{{name!r}: ...}}."
            raise InvalidInput(f"pool: must provide {name!r}{meaning}; it has {', '.join(self.names)}. {hint}")
        return name

    def __repr__(self) -> str:
        return f"Pool({self.n_items} rows: {', '.join(self.names)})"


def _length(arrays: Mapping[str, Array]) -> int:
    name, values = next(iter(arrays.items()))
    return int(values.shape[1 if name in ("members", "member_predictions") else 0])


def _nothing(part: Part, size: int) -> Iterator[dict[str, Array]]:
    for start in range(0, part.n, size):
        yield {"n": np.asarray(min(size, part.n - start))}


def _resolved(there: Sequence[str], columns: Columns | None) -> dict[str, tuple[str, ...]]:
    """Which columns make each array: those that were said, those named like a signal, and all others by their names."""
    found: dict[str, tuple[str, ...]] = {name: (name,) for name in there}
    for signal in SIGNALS:
        numbered = sorted((int(m[1]), name) for name in there if (m := re.fullmatch(rf"{signal}_(\d+)", name)))
        if numbered and signal not in found:
            found[signal] = tuple(name for _, name in numbered)
    for name, said in (columns or {}).items():
        wanted = [said] if isinstance(said, str) else list(said)
        matched = [
            c for each in wanted for c in ([n for n in there if fnmatchcase(n, each)] if "*" in each else [each])
        ]
        for column in matched or wanted:
            if column not in there:
                near = nearest(column, there)
                hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(there)}."
                raise InvalidInput(f"columns[{name!r}]: must be columns of the pool; got {column!r}. {hint}")
        found[name] = tuple(matched)
    return found
