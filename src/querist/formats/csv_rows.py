"""CSV as people and spreadsheet programs write it: which delimiter, where the header is, which line a row is on."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import Literal

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.formats.files import ENCODING_HINT, HEAD_BYTES, Source, check_is_text, detect_encoding, open_text

QUOTES = ("double", "none")
DELIMITERS = (",", ";", "\t", "|")
FIELD_CHARACTERS = 1 << 26  # bounds memory where a quote is never closed; no real cell is so long
_SEP_LINE = re.compile(r"sep=([^\r\n])(\r\n|\r|\n|$)", re.IGNORECASE)
_JSON = re.compile(r"[\[\s]*\{\s*\"")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_LIMIT = Lock()

Rows = list[list[str]]


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a file that cannot be read: not every command that reads one has the same options."""

    encoding: str = ENCODING_HINT
    nul: str = "Save the file again as UTF-8, or try the `encoding` utf-16-le."
    quote: str = (
        "Write a quote inside a quoted cell twice, or, where quotes are characters like any other, say that the "
        "`quote` is none."
    )


TABLE = Advice()


class CsvFile:
    """A CSV file whose dialect has been found; `header` is its first row that is not blank.

    Parameters
    ----------
    source : Source
    encoding, delimiter : str, optional
        By default the byte order mark's or UTF-8, and the one of `, ; tab |` most frequent in the header line.
    quote : {"double", "none"}
        Whether a double quote around a cell keeps delimiters and line ends in it, or is a character like any other.
    advice : Advice
        What the messages say to do.

    Raises
    ------
    InvalidInput
        If it is empty, not text, or not of the encoding.
    """

    def __init__(
        self,
        source: Source,
        *,
        encoding: str | None = None,
        delimiter: str | None = None,
        quote: str = "double",
        advice: Advice = TABLE,
    ) -> None:
        checks.one_of("quote", quote, QUOTES)
        head = source.head()
        check_is_text(source, head)
        if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\r\n'):
            raise InvalidInput(f"delimiter: must be one character; got {delimiter!r}. Try ',' or ';'.")
        self._source, self._advice = source, advice
        self._quoting: Literal[0, 3] = csv.QUOTE_NONE if quote == "none" else csv.QUOTE_MINIMAL
        self._encoding = encoding or detect_encoding(head)
        with open_text(source, self._encoding, newline="", hint=advice.encoding) as text:
            start = text.read(HEAD_BYTES // 4).lstrip("\ufeff\r\n")
        source.position = 0
        if _JSON.match(start):
            raise InvalidInput(
                f"{source.name}: must be a table of text; it begins like JSON. "
                "Write one object per line, and name the file .jsonl."
            )
        said = _SEP_LINE.match(start)
        self._has_sep_line = said is not None
        self.delimiter = delimiter or (said.group(1) if said else sniff(start, quoted=quote != "none"))
        self.header: tuple[str, ...] = ()
        self.header_line = 1
        for rows, lines in self._read(1):
            self.header, self.header_line = tuple(rows[0]), lines[0]
            break
        source.position = 0

    def rows(self, size: int) -> Iterator[tuple[Rows, list[int]]]:
        """The rows below the header that are not blank lines, and the line on which each begins."""
        batches = self._read(size)
        rest, lines = next(batches)
        yield rest[1:], lines[1:]
        yield from batches

    def _read(self, size: int) -> Iterator[tuple[Rows, list[int]]]:
        with open_text(self._source, self._encoding, newline="", hint=self._advice.encoding) as text:
            skipped = 0
            if self._has_sep_line:
                while not _SEP_LINE.match(text.readline().lstrip("\ufeff")):
                    skipped += 1
                skipped += 1
            reader = csv.reader(text, delimiter=self.delimiter, quoting=self._quoting, strict=True)
            while True:
                first = reader.line_num + skipped + 1
                rows: Rows = []
                lines = [first]
                try:
                    with _long_fields():
                        for row in islice(reader, size):
                            rows.append(row)
                            lines.append(reader.line_num + skipped + 1)
                except csv.Error as error:
                    raise self._broken(lines[-1], error) from None
                if not rows:
                    return
                lines.pop()
                if [] in rows:
                    kept = [i for i, row in enumerate(rows) if row]
                    rows, lines = [rows[i] for i in kept], [lines[i] for i in kept]
                if rows:
                    self._refuse_nul(rows, lines)
                    yield rows, lines

    def _refuse_nul(self, rows: Rows, lines: list[int]) -> None:
        if "\0" in "".join(map("".join, rows)):
            line = next(at for row, at in zip(rows, lines, strict=True) if "\0" in "".join(row))
            raise InvalidInput(
                f"{self._source.name}: must be plain text; line {line} holds a NUL byte. {self._advice.nul}"
            )

    def _broken(self, line: int, error: csv.Error) -> InvalidInput:
        return InvalidInput(
            f"{self._source.name}: each quote must be closed; the row that begins on line {line} breaks this "
            f"({error}). {self._advice.quote}"
        )


def sniff(start: str, *, quoted: bool = True) -> str:
    """The delimiter most frequent outside quotes in the header line; a comma where there is none.

    Examples
    --------
    >>> sniff('id;"a, b, c, d";label')
    ';'
    """
    bare = _QUOTED.sub("", start) if quoted else start
    header = bare.lstrip().split("\n", 1)[0].split("\r", 1)[0]
    return max(DELIMITERS, key=header.count)


@contextmanager
def _long_fields() -> Iterator[None]:
    # The limit is the csv module's own and global, so it is set for no longer than a batch takes.
    with _LIMIT:
        before = csv.field_size_limit(FIELD_CHARACTERS)
        try:
            yield
        finally:
            csv.field_size_limit(before)
