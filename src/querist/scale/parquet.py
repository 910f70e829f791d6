"""Parquet files, local or remote, row group by row group, and of their columns only those that are needed."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.checks import Array, Rows
from querist.core.errors import InvalidInput
from querist.scale.arrow import decoded
from querist.scale.sources import HASH_BYTES, PART_ROWS, Part, hash_of

BUFFER_BYTES = 1 << 20  # read in pieces: a row group of wide embeddings can be hundreds of megabytes


@dataclass(frozen=True)
class ParquetSource:
    """Some Parquet files of one schema, end to end in the order of their paths.

    Parameters
    ----------
    paths : tuple of str
    filesystem : pyarrow or fsspec file system, optional
    """

    paths: tuple[str, ...]
    filesystem: Any = field(default=None, repr=False)

    @classmethod
    def find(cls, path: Any, filesystem: Any = None) -> ParquetSource:
        """The files of a path, of several, of a glob, or in a folder.

        Raises
        ------
        InvalidInput
            If there is none.
        """
        import pyarrow.fs

        given = [str(each) for each in path] if isinstance(path, list | tuple) else [str(path)]
        if filesystem is None and "://" in given[0]:
            filesystem, given[0] = pyarrow.fs.FileSystem.from_uri(given[0])
            given[1:] = [pyarrow.fs.FileSystem.from_uri(each)[1] for each in given[1:]]
        found: list[str] = []
        for each in given:
            if any(sign in each for sign in "*?["):
                found += sorted(filesystem.glob(each) if filesystem else glob.glob(each, recursive=True))
            elif filesystem is None and Path(each).is_dir():
                found += sorted(str(file) for file in Path(each).rglob("*.parquet"))
            else:
                found.append(each)
        if not found:
            raise InvalidInput(f"path: must be Parquet files; there is none at {str(path)!r}. Check the pattern.")
        return cls(tuple(found), filesystem)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return self._layout[0]

    @property
    def parts(self) -> tuple[Part, ...]:
        """All rows, in order: row groups, small ones of one file together."""
        return self._layout[1]

    @property
    def folder(self) -> Path | None:
        """Where the first file lies."""
        return None if self.filesystem is not None else Path(self.paths[0]).resolve().parent

    def row_bytes(self, columns: Sequence[str]) -> float:
        """What a row of these columns takes, about, as written without compression."""
        return sum(self._layout[2].get(name, 0.0) for name in columns)

    def read(self, part: Part, columns: Mapping[str, Sequence[str]], n_rows: int) -> Iterator[dict[str, Array]]:
        """Arrays of up to `n_rows` consecutive rows."""
        path, first, last = part.place
        wanted = list(dict.fromkeys(column for several in columns.values() for column in several))
        with self._open(path) as file:
            batches = file.iter_batches(n_rows, row_groups=list(range(first, last)), columns=wanted, use_threads=False)
            for batch in batches:
                yield {
                    name: decoded(name, [batch.column(batch.schema.get_field_index(c)) for c in several])
                    for name, several in columns.items()
                }

    def take(self, rows: Rows, columns: Mapping[str, Sequence[str]]) -> dict[str, Array]:
        """Arrays of a few rows, in their order; only the row groups that hold them are read."""
        import pyarrow as pa

        wanted = list(dict.fromkeys(column for several in columns.values() for column in several))
        order = np.argsort(rows, kind="stable")
        ascending = rows[order]
        tables, start = [], 0
        for place in range(len(self.paths)):
            with self._open(place) as file:
                sizes = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
                for i, n in enumerate(sizes):
                    a, b = np.searchsorted(ascending, [start, start + n])
                    if a < b:
                        tables.append(
                            file.read_row_group(i, columns=wanted, use_threads=False).take(ascending[a:b] - start)
                        )
                    start += n
        table = pa.concat_tables(tables).take(np.argsort(order, kind="stable"))
        return {name: decoded(name, [table.column(c) for c in several]) for name, several in columns.items()}

    def fingerprint(self) -> str:
        """SHA-256 of the files' bytes; of remote ones, what their file system knows them by, without reading them."""
        if self.filesystem is None:
            return hash_of(chunk for path in self.paths for chunk in _bytes_of(path))
        return hash_of((), *(self._stamp(path) for path in self.paths))

    @cached_property
    def _layout(self) -> tuple[tuple[str, ...], tuple[Part, ...], dict[str, float]]:
        names: tuple[str, ...] = ()
        parts: list[Part] = []
        sizes: dict[str, float] = {}
        start = 0
        for place, path in enumerate(self.paths):
            with self._open(place) as file:
                here = tuple(file.schema_arrow.names)
                if place and here != names:
                    raise InvalidInput(
                        f"path: must be files of one schema; {path} has {', '.join(here)}, and {self.paths[0]} "
                        f"{', '.join(names)}. Pass those of one pool."
                    )
                names = here
                counts = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
                first = 0
                while first < len(counts):
                    last, n = first, 0
                    while last < len(counts) and (not n or n + counts[last] <= PART_ROWS):
                        n += counts[last]
                        last += 1
                    if n:
                        parts.append(Part(len(parts), start, n, (place, first, last)))
                    start, first = start + n, last
                if not sizes and file.num_row_groups and counts[0]:
                    sizes = _row_bytes(file.metadata.row_group(0))
        return names, tuple(parts), sizes

    @contextmanager
    def _open(self, place: int) -> Iterator[Any]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.paths[place]
        try:
            with (
                self._handle(path) as handle,
                pq.ParquetFile(handle, buffer_size=BUFFER_BYTES, pre_buffer=self.filesystem is not None) as file,
            ):
                yield file
        except (pa.ArrowException, OSError) as error:
            raise InvalidInput(f"{path}: must be a Parquet file that can be read; {error}. Check its name.") from None

    def _handle(self, path: str) -> Any:
        import pyarrow as pa

        if self.filesystem is None:
            return pa.OSFile(path, "rb")
        if hasattr(self.filesystem, "open_input_file"):
            return self.filesystem.open_input_file(path)
        return self.filesystem.open(path, "rb")

    def _stamp(self, path: str) -> str:
        if hasattr(self.filesystem, "get_file_info"):
            info = self.filesystem.get_file_info(path)
            return f"{path} {info.size} {info.mtime_ns}"
        if hasattr(self.filesystem, "ukey"):
            return f"{path} {self.filesystem.ukey(path)}"
        return f"{path} {self.filesystem.info(path)}"


def _bytes_of(path: str) -> Iterator[bytes]:
    with open(path, "rb") as stream:
        while chunk := stream.read(HASH_BYTES):
            yield chunk


def _row_bytes(group: Any) -> dict[str, float]:
    sizes: dict[str, float] = {}
    for i in range(group.num_columns):
        column = group.column(i)
        name = column.path_in_schema.partition(".")[0]
        sizes[name] = sizes.get(name, 0.0) + column.total_uncompressed_size / group.num_rows
    return sizes
