"""JSON, one object per line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from querist.core.errors import InvalidInput
from querist.formats.files import ENCODING_HINT, Source, check_is_text, detect_encoding, open_text
from querist.formats.table import BATCH_ROWS, RawBatch, TableReader, check_names, no_rows


class JsonlTable(TableReader):
    """One object per line. A key that a row lacks is None there; nested values are kept as they are.

    The file is read twice: a key may first come on the last line, and a column must be known before it is filled.
    """

    def __init__(self, source: Source, *, encoding: str | None = None) -> None:
        super().__init__(source)
        self._encoding = encoding
        names: dict[str, None] = {}
        empty = True
        for _, row in objects(source, encoding=encoding):
            empty = False
            if not names.keys() >= row.keys():
                names.update(dict.fromkeys(row))
        if empty:
            raise no_rows(source.name)
        if not names:
            raise InvalidInput(f"{source.name}: each object must have keys; none has any. Add them.")
        self.columns = check_names(source.name, tuple(names))
        source.position = 0

    def batches(self, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
        """The rows; a line that is no JSON object is an error that names it."""
        self._source.position = 0
        rows: list[dict[str, Any]] = []
        lines: list[int] = []
        for line, row in objects(self._source, encoding=self._encoding):
            rows.append(row)
            lines.append(line)
            if len(rows) == size:
                yield self._batch(rows, lines)
                rows, lines = [], []
        if rows:
            yield self._batch(rows, lines)

    def _batch(self, rows: list[dict[str, Any]], lines: list[int]) -> RawBatch:
        return RawBatch({name: [row.get(name) for row in rows] for name in self.columns}, lines)


def objects(
    source: Source, *, encoding: str | None = None, hint: str = ENCODING_HINT
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each object and its line, from 1; blank lines are passed over.

    Raises
    ------
    InvalidInput
        If a line is not a JSON object.
    """
    head = source.head()
    check_is_text(source, head)
    with open_text(source, encoding or detect_encoding(head), newline="\n", hint=hint) as text:
        for line, raw in enumerate(text, start=1):
            stripped = raw.strip("\ufeff \t\r\n")
            if not stripped:
                continue
            try:
                row = _DECODER.decode(stripped)
            except (ValueError, RecursionError) as error:
                reason = getattr(error, "msg", str(error))
                raise InvalidInput(
                    f"{source.name}: each line must be a JSON object; line {line} is not ({reason}). Correct it."
                ) from None
            if not isinstance(row, dict):
                raise InvalidInput(
                    f'{source.name}: each line must be a JSON object like {{"text": "hi"}}; line {line} is a '
                    f"{type(row).__name__}. Name each value."
                )
            yield line, row


def _constant(name: str) -> None:
    if name != "NaN":  # NaN is how pandas writes a missing value
        raise ValueError(f"{name} is no JSON number")


# Made once: `json.loads` with this setting would make one for each line, at twice the time.
_DECODER = json.JSONDecoder(parse_constant=_constant)
