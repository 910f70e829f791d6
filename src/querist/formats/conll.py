"""CoNLL: a word and its tag on each line, a blank line between sentences; read as texts with spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from querist.core.errors import InvalidInput
from querist.formats.files import Source, check_is_text, detect_encoding, open_text
from querist.formats.table import BATCH_ROWS, RawBatch, TableReader, no_rows

TEXT, SPANS = "text", "spans"
OUTSIDE = "O"
BEGINS, ENDS = ("B", "S", "U"), ("E", "L", "S", "U")  # of IOB2, BIOES and BILOU
MARKS = ("B", "I", "E", "S", "U", "L")
_COMMENT = re.compile(r"#\s+[\w.]+\s*=|#\s*[\w.]+\s+=")


class ConllTable(TableReader):
    """Sentences as rows of two columns: `text`, the words joined by blanks, and `spans`, as an answer is stored.

    A line's first field is the word, its last the tag: `O`, or a mark and a class as in `B-PER`. IOB1, IOB2, BIOES and
    BILOU are all read: a tag goes on with the span before it where its mark is `I` or ends one and the class is the
    same. Lines that begin with `-DOCSTART-`, and comments like `# sent_id = 4`, are passed over.
    """

    columns = (TEXT, SPANS)

    def __init__(self, source: Source, *, encoding: str | None = None) -> None:
        super().__init__(source)
        self._encoding = encoding
        if next(self._sentences(), None) is None:
            raise no_rows(source.name)
        source.position = 0

    def batches(self, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
        """The sentences; a line without a tag that can be read is an error that names it."""
        self._source.position = 0
        rows: list[tuple[int, str, list[dict[str, Any]]]] = []
        for row in self._sentences():
            rows.append(row)
            if len(rows) == size:
                yield _batch(rows)
                rows = []
        if rows:
            yield _batch(rows)

    def _sentences(self) -> Iterator[tuple[int, str, list[dict[str, Any]]]]:
        """Each sentence's first line, its text and its spans."""
        first, text, spans, goes_on = 0, "", list[dict[str, Any]](), ""
        for number, line in self._lines():
            if not line:
                if text:
                    yield first, self._no_numbers(first, text), spans
                first, text, spans, goes_on = 0, "", [], ""
                continue
            word, mark, label = _fields(self.name, number, line)
            if not word:
                goes_on = ""
                continue
            start = len(text) + bool(text)
            text = f"{text} {word}" if text else word
            first = first or number
            if label and label == goes_on and mark not in BEGINS:
                spans[-1]["end"] = len(text)
            elif label:
                spans.append({"start": start, "end": len(text), "label": label})
            goes_on = "" if mark in ENDS else label
        if text:
            yield first, self._no_numbers(first, text), spans

    def _no_numbers(self, line: int, text: str) -> str:
        words = text.split(" ")
        if len(words) > 2 and words == list(map(str, range(1, len(words) + 1))):
            raise InvalidInput(
                f"{self.name}: the first field of each line must be the word; in the sentence on line {line} it "
                "numbers them. Leave out the column of numbers, and all columns but the word and its tag."
            )
        return text

    def _lines(self) -> Iterator[tuple[int, str]]:
        head = self._source.head()
        check_is_text(self._source, head)
        with open_text(self._source, self._encoding or detect_encoding(head), newline="") as file:
            for number, raw in enumerate(file, start=1):
                line = raw.strip("\ufeff\r\n")
                if _COMMENT.match(line) is None:
                    yield number, "" if line.startswith("-DOCSTART-") or line.isspace() else line


def _batch(rows: list[tuple[int, str, list[dict[str, Any]]]]) -> RawBatch:
    lines, texts, spans = (list(column) for column in zip(*rows, strict=True))
    return RawBatch({TEXT: texts, SPANS: spans}, lines)


def _fields(file: str, number: int, line: str) -> tuple[str, str, str]:
    """The word, the tag's mark and its class; both empty outside. A cell of blanks is no word, and must be outside."""
    parts = line.split("\t") if "\t" in line else re.split(" +", line.strip(" "))
    word, tag = parts[0].strip(), parts[-1].strip()
    mark, dash, label = tag.partition("-")
    if len(parts) > 1 and tag == OUTSIDE:
        return word, "", ""
    if len(parts) < 2 or not word or not dash or not label or mark not in MARKS:
        raise InvalidInput(
            f"{file}: each line must end in a tag, O or a mark and a class as in B-PER; line {number} is {line[:60]!r}."
            " Convert the tags first."
        )
    return word, mark, label
