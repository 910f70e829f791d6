"""A worksheet's rows, whether CSV or JSONL: id, label and note, and whether the row is whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from querist.core.checks import listed
from querist.core.errors import InvalidInput
from querist.core.hashing import is_missing
from querist.core.schema import fold
from querist.formats.csv_rows import Advice, CsvFile
from querist.formats.excel import unescape
from querist.formats.files import Source
from querist.formats.jsonl import objects

ROWS_AT_ONCE = 20_000
HINT = 'Save it again as UTF-8 (in Excel: "CSV UTF-8 (Comma delimited)").'
ADVICE = Advice(encoding=HINT, nul=HINT, quote="Write a quote inside a quoted cell twice.")
_INVISIBLE = "\u200b\ufeff"  # blanks that `str.strip` does not know, and copying from web pages brings


@dataclass(frozen=True, slots=True)
class Line:
    """A row that holds something. `broken` says what is wrong with it as a row, `shown` what it shows of the item."""

    number: int
    item_id: str
    label: Any
    note: str = ""
    broken: str = ""
    shown: Mapping[str, Any] = field(default_factory=dict)

    @property
    def has_label(self) -> bool:
        """Whether the label's cell holds more than blanks."""
        return not (is_missing(self.label) or (isinstance(self.label, str) and not clean(self.label)))


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows, and whether the file is of a country that writes 3,5."""

    lines: tuple[Line, ...]
    decimal_comma: bool


def open_lines(
    path: str | Path, *, id_column: str, label_column: str, note_column: str, shown: Mapping[str, str] | None = None
) -> Sheet:
    """The rows of a worksheet that hold anything.

    `shown` are the fields to keep of each row, and the columns they stand in, where these are there.

    Raises
    ------
    InvalidInput
        If the file cannot be read, lacks a column, or holds no rows.
    """
    source = Source(path)
    if source.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson")):
        sheet = Sheet(tuple(_from_json(source, id_column, label_column, note_column, shown or {})), False)
    else:
        sheet = _from_csv(source, id_column, label_column, note_column, shown or {})
    if not sheet.lines:
        raise InvalidInput(
            f"{source.name}: must hold rows; it holds no rows below its header. Check that it was saved."
        )
    return sheet


def clean(text: str) -> str:
    """Text without the blanks around it, also the invisible ones."""
    return text.strip().strip(_INVISIBLE).strip()


def _from_csv(source: Source, id_column: str, label_column: str, note_column: str, shown: Mapping[str, str]) -> Sheet:
    file = CsvFile(source, advice=ADVICE)
    header = [unescape(clean(name)) for name in file.header]
    id_at = _place(source.name, header, id_column)
    label_at = _place(source.name, header, label_column)
    note_at = _place(source.name, header, note_column) if fold(note_column) in map(fold, header) else None
    places = {name: _places(header, column) for name, column in shown.items()}
    shown_at = {name: found[0] for name, found in places.items() if len(found) == 1}
    lines = [
        _line(number, cells, len(header), id_at, label_at, note_at, shown_at)
        for rows, numbers in file.rows(ROWS_AT_ONCE)
        for cells, number in zip(rows, numbers, strict=True)
        if any(map(clean, cells))
    ]
    return Sheet(tuple(lines), file.delimiter == ";")


def _line(
    number: int,
    cells: list[str],
    width: int,
    id_at: int,
    label_at: int,
    note_at: int | None,
    shown_at: Mapping[str, int],
) -> Line:
    item_id = cells[id_at] if id_at < len(cells) else ""
    item_id = unescape(item_id) if clean(item_id) else ""
    if len(cells) < width or any(map(clean, cells[width:])):
        cells_found = "1 cell" if len(cells) == 1 else f"{len(cells)} cells"
        broken = (
            f"the row has {cells_found}, but the header has {width}; put quotes around a cell that holds "
            "a comma or a semicolon, or copy the row again."
        )
        return Line(number, item_id, None, broken=broken)
    note = unescape(cells[note_at]) if note_at is not None else ""
    shown = {name: cells[place] for name, place in shown_at.items()}
    return Line(number, item_id, unescape(clean(cells[label_at])), note if clean(note) else "", shown=shown)


def _places(header: Sequence[str], wanted: str) -> list[int]:
    exact = [place for place, name in enumerate(header) if name == wanted]
    return exact or [place for place, name in enumerate(header) if fold(name) == fold(wanted)]


def _place(file: str, header: Sequence[str], wanted: str) -> int:
    found = _places(header, wanted)
    if len(found) == 1:
        return found[0]
    if found:
        raise InvalidInput(f"{file}: must have one column {wanted!r}; it has {len(found)}. Delete all but one.")
    has = listed(name for name in header if name)
    raise InvalidInput(
        f"{file}: must have a column {wanted!r}; its columns are {has}. Keep the header row as it was written."
    )


def _from_json(
    source: Source, id_column: str, label_column: str, note_column: str, shown: Mapping[str, str]
) -> list[Line]:
    lines = []
    missing: dict[str, None] = {fold(id_column): None, fold(label_column): None}
    names: dict[str, None] = {}
    for number, row in objects(source, hint=HINT):
        names.update(dict.fromkeys(row))
        item_id, label, note = (_value(row, name) for name in (id_column, label_column, note_column))
        text = "" if is_missing(item_id) else str(item_id)
        texts = {name: value for name, column in shown.items() if (value := _value(row, column)) is not None}
        note = "" if is_missing(note) else str(note)
        lines.append(Line(number, text if clean(text) else "", label, note, shown=texts))
    for name in names:
        missing.pop(fold(name), None)
    for name in (id_column, label_column):
        if lines and fold(name) in missing:
            _place(source.name, list(names), name)
    return lines


def _value(row: Mapping[str, Any], name: str) -> Any:
    if name in row:
        return row[name]
    return next((value for key, value in row.items() if fold(key) == fold(name)), None)
