"""Looking into a file before anything is stored: its columns, its first rows, and what it seems to be for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from querist.core import checks
from querist.core.answers import FORMS, classes_in
from querist.core.display import Display, infer_display
from querist.core.errors import InvalidInput
from querist.core.hashing import is_missing
from querist.core.items import FieldKind
from querist.core.schema import Task
from querist.formats import RawBatch, infer_kinds, open_table

ROWS_SEEN = 5000
LABEL_ROWS = 200_000
ROWS_SHOWN = 10
EXAMPLES = 5
EXAMPLE_CHARACTERS = 400
MOST_CLASSES = 1000
LABEL_NAMES = ("label", "labels", "class", "category", "target", "topic", "intent", "sentiment", "y", "answer", "tag")
ID_NAMES = ("id", "item_id", "uid", "uuid", "key", "_id")
TOO_DEEP = f"(nested more than {checks.MOST_DEPTH} deep)"
READ_BY_EYE = ("text", "markdown", "chat", "trace")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the first rows: what a learner would take it for, how a page would show it, and what is in it."""

    name: str
    kind: FieldKind
    display: Display
    n_distinct: int
    n_missing: int
    examples: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Suggested:
    """What the columns seem to be: the one of labels, if any, its task and classes, the one of ids, the main text."""

    label: str | None
    task: Task
    classes: tuple[str, ...]
    id: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a file holds, by its first rows."""

    columns: tuple[Column, ...]
    n_rows_seen: int
    rows: tuple[Mapping[str, Any], ...]
    suggested: Suggested


def look(
    path: str | Path, *, file_format: str | None = None, encoding: str | None = None, quote: str | None = None
) -> Look:
    """Look into a table: at its first 5,000 rows, and for the answers in the column of labels at 200,000.

    The rest is as for `add_file`, where it is not plain to see how to read the file.

    Raises
    ------
    InvalidInput
        If the file cannot be read as one.
    """
    reader = open_table(path, format=file_format, encoding=encoding, quote=quote)
    batches = reader.batches(ROWS_SEEN)
    batch = next(batches, None)
    if batch is None:
        raise InvalidInput(f"{reader.name}: must hold rows; it holds none. Check that it was saved.")
    seen = {name: _shallow(values) for name, values in batch.columns.items()}
    spec = infer_kinds(seen)
    columns = tuple(_column(name, values, spec.kinds[name]) for name, values in seen.items())
    n = len(batch.lines)
    rows = tuple({name: short(values[i]) for name, values in seen.items()} for i in range(min(n, ROWS_SHOWN)))
    suggested = _suggested(columns, seen, n)
    if suggested.label is not None and suggested.classes:
        suggested = replace(suggested, classes=_all_classes(suggested, batches))
    return Look(columns, n, rows, suggested)


def short(value: Any) -> Any:
    """A value as a preview holds it, its end cut off where it is long.

    Examples
    --------
    >>> short("x" * 1000)[-3:], short([1.0, 2.0])
    ('xx…', [1.0, 2.0])
    """
    if isinstance(value, str):
        return value if len(value) <= EXAMPLE_CHARACTERS else value[: EXAMPLE_CHARACTERS - 1] + "…"
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bool | int | float) or value is None:
        return value
    if isinstance(value, list | dict) and len(str(value)) <= EXAMPLE_CHARACTERS * 10:
        return value
    return short(str(value))


def _shallow(values: Sequence[Any]) -> Sequence[Any]:
    """The values, with words in place of each that is nested too deep to be looked at: to import it is refused."""
    if not {list, dict} & set(map(type, values)):
        return values
    return [value if checks.is_shallow([value]) else TOO_DEEP for value in values]


def _all_classes(suggested: Suggested, rest: Iterator[RawBatch]) -> tuple[str, ...]:
    """The classes of the rows to come too: a file is often sorted by them."""
    assert suggested.label is not None
    found = set(suggested.classes)
    for batch in islice(rest, LABEL_ROWS // ROWS_SEEN):
        present = [value for value in _shallow(batch.columns[suggested.label]) if not _is_empty(value)]
        found.update(classes_in(present, suggested.task) if suggested.task in FORMS else map(str, present))
        if len(found) >= MOST_CLASSES:
            break
    return tuple(sorted(found))[:MOST_CLASSES]


def _column(name: str, values: Sequence[Any], kind: FieldKind) -> Column:
    present = [value for value in values if not _is_empty(value)]
    distinct = dict.fromkeys(_key(value) for value in present)
    examples: dict[str, Any] = {}
    for value in present:
        examples.setdefault(_key(value), short(value))
        if len(examples) == EXAMPLES:
            break
    display = infer_display(present, kind)
    return Column(name, kind, display, len(distinct), len(values) - len(present), tuple(examples.values()))


def _suggested(columns: Sequence[Column], values: Mapping[str, Sequence[Any]], n: int) -> Suggested:
    ids = [c for c in columns if c.name.lower() in ID_NAMES and c.n_distinct == n and not c.n_missing]
    id_ = ids[0].name if ids else None
    texts = [c for c in columns if c.display in READ_BY_EYE and c.kind in ("text", "ignored") and c.name != id_]
    longest = max(texts, key=lambda c: (c.kind == "text", _mean_length(values[c.name])), default=None)
    label = _label(columns, values, {id_, None if longest is None else longest.name}, n)
    task, classes = ("choice", ()) if label is None else _task(label, values[label.name])
    name = None if label is None else label.name
    return Suggested(name, task, classes, id_, None if longest is None else longest.name)


def _label(
    columns: Sequence[Column], values: Mapping[str, Sequence[Any]], taken: set[str | None], n: int
) -> Column | None:
    """The column whose name or whose few repeated values look like answers."""
    free = [c for c in columns if c.name not in taken and c.n_distinct > 1]
    named = [c for c in free if c.name.lower() in LABEL_NAMES]
    if named:
        return min(named, key=lambda c: LABEL_NAMES.index(c.name.lower()))
    few = [c for c in free if c.kind == "category" and c.n_distinct <= min(MOST_CLASSES, max(2, n // 2))]
    return few[0] if len(few) == 1 else None


def _task(label: Column, values: Sequence[Any]) -> tuple[Task, tuple[str, ...]]:
    present = [value for value in values if not _is_empty(value)]
    tasks: tuple[Task, ...] = ("spans", "boxes", "polygons", "labels")
    if any(isinstance(value, list | dict) or str(value).lstrip().startswith("[") for value in present):
        for task in tasks:
            if task in FORMS:
                try:
                    return task, tuple(classes_in(present, task))[:MOST_CLASSES]
                except InvalidInput:
                    continue
    if label.kind == "number" and label.n_distinct > 20:
        return "number", ()
    return "choice", tuple(sorted({str(value) for value in present}))[:MOST_CLASSES]


def _is_empty(value: Any) -> bool:
    return not hasattr(value, "tolist") and (is_missing(value) or (isinstance(value, str) and not value.strip()))


def _key(value: Any) -> str:
    return value if isinstance(value, str) else repr(value.tolist() if hasattr(value, "tolist") else value)


def _mean_length(values: Sequence[Any]) -> float:
    return sum(len(value) for value in values if isinstance(value, str)) / max(1, len(values))
