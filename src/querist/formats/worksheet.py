"""The spreadsheet way: a table to fill in, written, and read back whatever a person or a program did to it."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from querist.core.atomic import writable
from querist.core.errors import InvalidInput, RowProblem
from querist.core.schema import Schema, fold
from querist.core.state import Value
from querist.formats.decimals import has_decimal_comma
from querist.formats.names import format_of
from querist.formats.worksheet_cells import probable_ids, read_label
from querist.formats.worksheet_rows import Line, open_lines
from querist.formats.worksheet_text import FieldsOf, owner, shows, shows_exactly
from querist.formats.writing import write_table

FACTS = ("suggestion", "suggestion_confidence", "why", "round")
ID, NOTE = "id", "note"
WHOLE = 1e15  # from here on a float holds no whole numbers but some

Known = Callable[[Sequence[str]], Container[str]]


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts that a project's items are known by.

    Parameters
    ----------
    fields : sequence of str
        All fields of the project, in their order.
    named : sequence of str
        Those of text.
    of : callable
        Given ids, the fields of those items that are there.
    open : callable
        The ids of the items that are asked about and not answered.
    """

    fields: Sequence[str]
    named: Sequence[str]
    of: FieldsOf
    open: Callable[[], Sequence[str]]


@dataclass(frozen=True, slots=True)
class WorksheetRow:
    """One item to label.

    Parameters
    ----------
    item_id : str
    fields : mapping of str to value
        What the annotator sees.
    suggestion, confidence : value and float, or None
        The model's guess, where it is shown.
    why : str
        Why the item was asked about.
    round : int
    """

    item_id: str
    fields: Mapping[str, Any]
    suggestion: Value | None = None
    confidence: float | None = None
    why: str = ""
    round: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """A label somebody wrote into a worksheet, as the schema has it."""

    line: int
    item_id: str
    value: Value
    note: str = ""


@dataclass(frozen=True, slots=True)
class Worksheet:
    """A worksheet read back.

    `accepted` are the labels, `problems` the rows that are wrong; `n_blank` rows have no label yet, `n_repeated` say
    again what another row says, `n_rows` are all that hold anything.
    """

    accepted: tuple[Mark, ...]
    problems: tuple[RowProblem, ...]
    n_blank: int
    n_rows: int
    n_repeated: int


def write_worksheet(path: str | Path, *, target: str, fields: Sequence[str], rows: Iterable[WorksheetRow]) -> Path:
    """Write items as a worksheet to fill in: id, the fields, the empty `target`, note, and what the model thinks.

    A field named like one of the other columns is written as `field:` and its name; a target named like one, as
    `label:` and its name.

    Parameters
    ----------
    path : path
        CSV, safe for a spreadsheet program, or `.jsonl`.
    target : str
        The column to fill in.
    fields : sequence of str
        The fields to show, in order.
    rows : iterable of WorksheetRow

    Returns
    -------
    path : Path
    """
    file_format = check_worksheet_path(path)
    label = label_column_of(target)
    shown = field_columns(target, fields).values()
    write_table(
        path,
        [ID, *shown, label, NOTE, *FACTS],
        (
            [
                row.item_id,
                *(_shown(row.fields.get(field)) for field in fields),
                None,
                None,
                row.suggestion,
                None if row.confidence is None else round(row.confidence, 4),
                row.why,
                row.round,
            ]
            for row in rows
        ),
        format="excel-csv" if file_format == "csv" else "jsonl",
    )
    return Path(path)


def field_columns(target: str, fields: Sequence[str]) -> dict[str, str]:
    """The column that each field has in a worksheet."""
    taken = [ID, label_column_of(target), NOTE, *FACTS]
    shown = {}
    for field in fields:
        name = field
        while fold(name) in map(fold, taken):
            name = f"field:{name}"
        taken.append(name)
        shown[field] = name
    return shown


def check_worksheet_path(path: str | Path) -> str:
    """The format that a worksheet at this path has.

    Raises
    ------
    InvalidInput
        If none can be written there.
    """
    writable(path)
    file_format = format_of(Path(path))
    if file_format not in ("csv", "jsonl"):
        raise InvalidInput(f"path: a worksheet must be .csv or .jsonl; got {Path(path).name!r}. Rename it.")
    return file_format


def label_column_of(target: str) -> str:
    """The name of a worksheet's column of labels."""
    return f"label:{target}" if fold(target) in map(fold, (ID, NOTE, *FACTS)) else target


def read_worksheet(
    path: str | Path,
    *,
    schema: Schema,
    known_ids: Known,
    texts: Texts | None = None,
    id_column: str = ID,
    label_column: str | None = None,
) -> Worksheet:
    """The labels in a worksheet, and every row that is wrong, with what to do about it.

    Rows and columns may stand in any order, others may be added, and case and blanks in headers and labels do not
    matter. Nothing is guessed: an id or a label that a spreadsheet program has changed is a problem, whose message
    says what it probably was; so is a row that shows the text of another item than its id names, and, where answers
    are spans, a text in which a blank was changed, for places counted in it are others.

    Parameters
    ----------
    path : path
        CSV with any usual delimiter and encoding, or `.jsonl`.
    schema : Schema
        Which labels there are.
    known_ids : callable
        Given ids, those that the project has.
    texts : Texts, optional
        The items' texts, to see that each row shows its item.
    id_column, label_column : str
        By default `id` and the schema's target.

    Raises
    ------
    InvalidInput
        If the file as a whole cannot be read as a worksheet.
    """
    wanted = label_column_of(schema.target) if label_column is None else label_column
    columns = {} if texts is None else field_columns(schema.target, texts.fields)
    shown = {} if texts is None else {name: columns[name] for name in texts.named}
    sheet = open_lines(path, id_column=id_column, label_column=wanted, note_column=NOTE, shown=shown)
    problems = [RowProblem(line.number, line.item_id or None, line.broken) for line in sheet.lines if line.broken]
    whole = [line for line in sheet.lines if not line.broken]
    labeled = [line for line in whole if line.has_label]
    nameless = [line for line in labeled if not line.item_id]
    problems += [RowProblem(line.number, None, _NAMELESS) for line in nameless]
    named, unknown = _known(known_ids, [line for line in labeled if line.item_id])
    problems += unknown
    if texts is not None:
        named, strangers = _own(texts, named, [line.item_id.strip() for line in whole])
        problems += strangers
        if schema.task == "spans":
            named, moved = _in_place(texts, named)
            problems += moved
    commas_used = sheet.decimal_comma and any(has_decimal_comma(line.label) for line in labeled)
    marks: dict[str, list[Mark]] = {}
    for line, item_id in named:
        try:
            value = read_label(schema, line.label, decimal_comma=sheet.decimal_comma, commas_used=commas_used)
        except InvalidInput as error:
            problems.append(RowProblem(line.number, item_id, str(error)))
        else:
            marks.setdefault(item_id, []).append(Mark(line.number, item_id, value, line.note))
    accepted, n_repeated = [], 0
    for same in marks.values():
        first = same[0]
        other = next((mark for mark in same if mark.value != first.value), None)
        if other is None:
            note = next((mark.note for mark in same if mark.note), "")
            accepted.append(Mark(first.line, first.item_id, first.value, note))
            n_repeated += len(same) - 1
        else:
            message = (
                f"the label is {other.value!r} here, but {first.value!r} on line {first.line} for the same id; "
                "keep one of the two rows."
            )
            problems.append(RowProblem(other.line, other.item_id, message))
    return Worksheet(
        accepted=tuple(sorted(accepted, key=lambda mark: mark.line)),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
        n_blank=len(whole) - len(labeled),
        n_rows=len(sheet.lines),
        n_repeated=n_repeated,
    )


def _shown(value: Any) -> Any:
    """A whole number as a person wrote it: a field of numbers keeps 4 as 4.0."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < WHOLE else value


_NAMELESS = "there is a label but no id; copy the id from the worksheet as it was written."


def _own(
    texts: Texts, named: list[tuple[Line, str]], others: Sequence[str]
) -> tuple[list[tuple[Line, str]], list[RowProblem]]:
    """The rows that show the item whose id they have, and a problem for each that shows another's text."""
    if not any(line.shown for line, _ in named):
        return named, []
    stored = texts.of([item_id for _, item_id in named])
    strange = {
        line.number: next(name for name, value in line.shown.items() if not shows(stored[item_id].get(name), value))
        for line, item_id in named
        if not all(shows(stored[item_id].get(name), value) for name, value in line.shown.items())
    }
    if not strange:
        return named, []
    guesses = [guess for line, item_id in named if line.number in strange for guess in probable_ids(item_id)]
    candidates = texts.of(list(dict.fromkeys([*texts.open(), *others, *guesses])))
    problems = [
        RowProblem(line.number, item_id, _another(strange[line.number], item_id, owner(line.shown, candidates)))
        for line, item_id in named
        if line.number in strange
    ]
    return [(line, item_id) for line, item_id in named if line.number not in strange], problems


def _in_place(texts: Texts, named: list[tuple[Line, str]]) -> tuple[list[tuple[Line, str]], list[RowProblem]]:
    """The rows in whose text an annotator could count, and a problem for each in whose text something moved."""
    stored = texts.of([item_id for line, item_id in named if line.shown])
    found, problems = [], []
    for line, item_id in named:
        changed = [name for name, value in line.shown.items() if not shows_exactly(stored[item_id].get(name), value)]
        if changed:
            message = (
                f"the field {changed[0]!r} differs in blanks or letters from the text of the item, so that the offsets "
                "of spans would move; copy the text from the worksheet as it was written, and count in it. If you "
                "counted in the text as it was, empty the field."
            )
            problems.append(RowProblem(line.number, item_id, message))
        else:
            found.append((line, item_id))
    return found, problems


def _another(field: str, item_id: str, whose: str | None) -> str:
    if whose is None or whose == item_id:
        return (
            f"the field {field!r} is not the text of the item {item_id!r}, so that the label may be meant for another; "
            "copy the text from the worksheet as it was written, or empty it if you changed it yourself."
        )
    return (
        f"the field {field!r} is the text of the item {whose!r}, not of {item_id!r}: the id was changed, or a column "
        f"was sorted without the others; write the id {whose!r} if the label is meant for this text."
    )


def _known(known_ids: Known, lines: list[Line]) -> tuple[list[tuple[Line, str]], list[RowProblem]]:
    asked = list(dict.fromkeys(form for line in lines for form in (line.item_id, line.item_id.strip())))
    known = known_ids(asked) if asked else ()
    found, lost = [], []
    for line in lines:
        item_id = next((form for form in (line.item_id, line.item_id.strip()) if form in known), None)
        if item_id is None:
            lost.append(line)
        else:
            found.append((line, item_id))
    guesses = {line.item_id: probable_ids(line.item_id.strip()) for line in lost}
    asked = list(dict.fromkeys(guess for group in guesses.values() for guess in group))
    known = known_ids(asked) if asked else ()
    problems = []
    for line in lost:
        guess = next((guess for guess in guesses[line.item_id] if guess in known), None)
        hint = (
            "leave the ids as they were written."
            if guess is None
            else f"it was probably {guess!r}, changed by a spreadsheet program; set the id column to text and "
            "write the id again."
        )
        problems.append(RowProblem(line.number, line.item_id, f"the id {line.item_id!r} is not in the project; {hint}"))
    return found, problems
