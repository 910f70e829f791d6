"""A data set of the Hugging Face library, known by what it can do and not by its class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.checks import Array, Rows
from querist.core.errors import InvalidInput
from querist.scale.arrow import decoded
from querist.scale.sources import Part, even_parts

GUESSED_ROW_BYTES = 1024.0


@dataclass(frozen=True)
class DatasetSource:
    """Anything with `column_names`, a length, and `with_format("arrow")` whose slices are Arrow tables."""

    dataset: Any

    def __post_init__(self) -> None:
        if not all(hasattr(self.dataset, name) for name in ("column_names", "with_format", "__len__")):
            raise InvalidInput(
                f"dataset: must be one split of a Hugging Face data set; got {type(self.dataset).__name__}. "
                "Of a dictionary of splits, pass one."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The columns there are."""
        return tuple(self.dataset.column_names)

    @property
    def parts(self) -> tuple[Part, ...]:
        """All rows, in order."""
        return even_parts(len(self.dataset))

    @property
    def folder(self) -> Path | None:
        """None: what the library keeps is its own."""
        return None

    def row_bytes(self, columns: Sequence[str]) -> float:
        """A guess: the library does not say."""
        return GUESSED_ROW_BYTES * len(columns)

    def read(self, part: Part, columns: Mapping[str, Sequence[str]], n_rows: int) -> Iterator[dict[str, Array]]:
        """Arrays of up to `n_rows` consecutive rows."""
        for start in range(part.start, part.start + part.n, n_rows):
            yield self._decoded(slice(start, min(start + n_rows, part.start + part.n)), columns)

    def take(self, rows: Rows, columns: Mapping[str, Sequence[str]]) -> dict[str, Array]:
        """Arrays of a few rows, in their order."""
        return self._decoded(np.asarray(rows).tolist(), columns)

    def fingerprint(self) -> str:
        """The library's own."""
        found = getattr(self.dataset, "_fingerprint", None)
        if not isinstance(found, str):
            raise InvalidInput(
                "dataset: must have a fingerprint to go on from; it has none. Write it to Parquet first."
            )
        return found

    def _decoded(self, rows: Any, columns: Mapping[str, Sequence[str]]) -> dict[str, Array]:
        wanted = list(dict.fromkeys(column for several in columns.values() for column in several))
        table = self.dataset.with_format("arrow", columns=wanted)[rows]
        return {name: decoded(name, [table.column(c) for c in several]) for name, several in columns.items()}
