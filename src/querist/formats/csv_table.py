"""CSV as a table."""

from __future__ import annotations

from collections.abc import Iterator

from querist.core.errors import InvalidInput
from querist.formats.csv_rows import CsvFile
from querist.formats.excel import unescape
from querist.formats.files import Source
from querist.formats.table import BATCH_ROWS, RawBatch, TableReader, check_names, no_rows


class CsvTable(TableReader):
    """Rows of text. An empty cell is the empty string; `escaped` cells lose the apostrophe Excel safety added."""

    def __init__(
        self,
        source: Source,
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
        quote: str = "double",
        escaped: bool = False,
    ) -> None:
        super().__init__(source)
        self._file = CsvFile(source, encoding=encoding, delimiter=delimiter, quote=quote)
        self._escaped = escaped
        header = tuple(map(unescape, self._file.header)) if escaped else self._file.header
        self.columns = check_names(source.name, header)
        if not any(rows for rows, _ in self._file.rows(2)):
            raise no_rows(source.name)
        source.position = 0
        self.header_line = self._file.header_line
        self.delimiter = self._file.delimiter

    def batches(self, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
        """The rows; a row of another width than the header's is an error that names its line."""
        self._source.position = 0
        width = len(self.columns)
        for rows, lines in self._file.rows(size):
            if not rows:
                continue
            if set(map(len, rows)) != {width}:
                line, found = next((at, len(row)) for row, at in zip(rows, lines, strict=True) if len(row) != width)
                raise InvalidInput(
                    f"{self._source.name}: each row must have as many fields as the header, {width}; line {line} has "
                    f"{found}. Put quotes around cells that hold the delimiter {self._file.delimiter!r}."
                )
            values = [list(column) for column in zip(*rows, strict=True)]
            if self._escaped:
                values = [list(map(unescape, column)) for column in values]
            yield RawBatch(dict(zip(self.columns, values, strict=True)), lines)
