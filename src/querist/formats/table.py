"""What every reader of a table gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from querist.core.errors import InvalidInput
from querist.formats.files import Source

BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class RawBatch:
    """Rows read together, by column, as the file has them.

    Parameters
    ----------
    columns : dict of str to list
        One value per row: text from CSV, what JSON or Arrow holds else.
    lines : list of int
        The line on which each row begins, from 1; for Parquet and Arrow the number of the row.
    """

    columns: dict[str, list[Any]]
    lines: list[int]

    def __len__(self) -> int:
        return len(self.lines)


class TableReader(ABC):
    """A table in a file, read once through in batches.

    Attributes
    ----------
    columns : tuple of str
        Their names, known before the first row is read.
    header_line : int
        The line that they stand on; 0 where the format itself says which are names.
    delimiter : str
        What parts the cells; empty where none does.
    """

    columns: tuple[str, ...]
    header_line: int = 0
    delimiter: str = ""

    def __init__(self, source: Source) -> None:
        self._source = source

    @abstractmethod
    def batches(self, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
        """The rows, at most `size` at a time; no more than that are ever held."""

    @property
    def name(self) -> str:
        """The file's name."""
        return self._source.name

    @property
    def position(self) -> int:
        """Bytes of the file, as it lies on disk, read so far."""
        return min(self._source.position, self._source.size_bytes)

    @property
    def size_bytes(self) -> int:
        """Bytes of the file, as it lies on disk."""
        return self._source.size_bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes; an error if they have changed since the file was opened."""
        return self._source.sha256


def check_names(file: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """`names`, if each is a name and none comes twice.

    Raises
    ------
    InvalidInput
        If not; it says which column.
    """
    seen: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        if not name.strip():
            raise InvalidInput(
                f"{file}: each column must have a name; column {place} of {len(names)} has none. Add it."
            )
        if name in seen:
            raise InvalidInput(
                f"{file}: column names must differ; {name!r} is column {seen[name]} and column {place}. Rename one."
            )
        seen[name] = place
    return names


def no_rows(file: str) -> InvalidInput:
    """The error for a table without rows."""
    return InvalidInput(f"{file}: must hold rows; it holds no rows below its header. Check that it was saved.")
