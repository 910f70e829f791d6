"""A file's column of answers: which rows have one, and what they are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core.answer_text import SEPARATORS
from querist.core.answers import FORMS, as_objects, beyond, classes_in, named_in
from querist.core.checks import Array
from querist.core.errors import InvalidInput, RowProblem, RowsRejected
from querist.core.hashing import is_missing
from querist.core.schema import Schema, Task
from querist.formats.infer import NO_NUMBER, NUMBER_SHARE

MANY_NUMBERS = 20  # a column of numbers with more distinct values than this is a number to predict, not classes
FEW_PER_CLASS = 2  # with fewer rows a class on the mean, nothing can be both learned and measured
PARTED_SHARE = 0.1  # of cells with a separator, from which it may part labels
FEW_ROWS = 20  # below, as in a try-out by hand, classes may well be as many as half the rows
_NUMBER = Schema("number", task="number")
_DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of a file, and at which of its rows they stand.

    Parameters
    ----------
    values : (n,) array
        Numbers as float, all else as the file has it.
    rows : list of int
        The rows that have one, from 0.
    task : {"choice", "labels", "spans", "boxes", "number", "rating"}
    notes : tuple of str
        What was taken for what, where it may not be what was meant.
    """

    values: Array
    rows: list[int]
    task: Task
    notes: tuple[str, ...]


def read_answers(
    raw: Sequence[Any],
    lines: Sequence[int],
    *,
    target: str,
    file: str,
    task: Task | None = None,
    decimal_comma: bool = False,
) -> Answers:
    """What a column of answers holds.

    Empty and blank cells are no answers. Where at least 95 % of the others are numbers, so are `NA`, `?` and the like;
    and the answers are numbers to predict if they hold fractions or more than 20 distinct values.

    Parameters
    ----------
    raw : sequence
        The cells.
    lines : sequence of int
        Where each is in the file.
    target, file : str
        Names for messages.
    task : {"choice", "labels", "spans", "boxes", "number", "rating"}, optional
        What it is, where the user says so.
    decimal_comma : bool
        Whether 3,5 is a number: in a file whose cells are not parted by commas.

    Raises
    ------
    InvalidInput
        If no row has an answer, or there are more classes than one per two rows and nobody said that they are classes.
    RowsRejected
        If the answers are numbers but for a few.

    Examples
    --------
    >>> found = read_answers(["3,5", "NA", "4"], [2, 3, 4], target="euros", file="a.csv", decimal_comma=True)
    >>> found.values.tolist(), found.rows, found.task
    ([3.5, 4.0], [0, 2], 'number')
    """
    if task is not None:
        can_simulate(task)
    rows = [i for i, value in enumerate(raw) if not _blank(value)]
    if not rows:
        raise InvalidInput(
            f"target: must have answers; column {target!r} of {file} is empty in every row. Name another column."
        )
    if task is not None and task in FORMS:
        problems = [
            RowProblem(lines[i], None, str(named))
            for i, named in zip(rows, named_in([raw[i] for i in rows], task), strict=True)
            if isinstance(named, InvalidInput)
        ]
        if problems:
            raise _unreadable(target, problems, len(rows))
        return Answers(as_objects([raw[i] for i in rows]), rows, task, _left_out(raw, rows, rows, target))
    numbers = {i: _number(raw[i], decimal_comma) for i in rows}
    known = [i for i in rows if not _unknown(raw[i])]
    n_numbers = sum(numbers[i] is not None for i in known)
    if task in ("number", "rating") or (task is None and known and n_numbers >= NUMBER_SHARE * len(known)):
        if not known:
            raise InvalidInput(
                f"target: must have numbers; column {target!r} of {file} says {raw[rows[0]]!r} on line "
                f"{lines[rows[0]]}, and the like in every row. Name another column, or say --task choice."
            )
        if n_numbers < len(known):
            raise _odd(raw, [i for i in known if numbers[i] is None], lines, target, file, len(known))
        values = np.array([numbers[i] for i in known], dtype=np.float64)
        notes = _left_out(raw, known, rows, target)
        if task == "rating":
            return Answers(values, known, "rating", notes)
        if task == "number" or looks_numeric(values):
            return Answers(values, known, "number", notes)
        return Answers(np.array([raw[i] for i in known]), known, "choice", notes)
    _check_classes(raw, rows, lines, target, file, task)
    values = np.array([raw[i] for i in rows])
    notes = _left_out(raw, rows, rows, target) + (() if task == "choice" else _joined(values, target))
    return Answers(values, rows, "choice", notes)


def can_simulate(task: Task) -> None:
    """See that a study of this task is one that a model can be measured in.

    Raises
    ------
    InvalidInput
        If no model learns such answers, or they are learned as a choice, and a study of that says the same.
    """
    if task in ("pair", "review"):
        raise InvalidInput(
            f"task: must be one that is learned in its own way; a {task} is learned as a choice. Say choice, and let "
            "the target hold the classes."
        )
    if task in ("polygons", "ranking", "text"):
        raise InvalidInput(
            f"task: must be one that a model learns, so that strategies can be compared; none learns {task}. Compare "
            "them on another question about the same items."
        )


def read_sets(
    y: Any,
    task: Task,
    *,
    target: str,
    n_items: int,
    classes: Sequence[str] | None = None,
    contents: Sequence[Any] | None = None,
    lines: Sequence[int] | None = None,
) -> tuple[Schema, Array]:
    """The schema and the codes of answers that are sets.

    Parameters
    ----------
    y : sequence, or (n_items, n_labels) bool
        Answers as `querist.core.answers` reads them; for labels also which hold.
    task : {"labels", "spans", "boxes"}
    target : str
    n_items : int
    classes : sequence of str, optional
        By default those that occur, sorted.
    contents : sequence, optional
        The text or image that each answer lies in.
    lines : sequence of int, optional
        Where each answer is in its file; by default its number, from 1.

    Raises
    ------
    InvalidInput
        If there is not one answer per item, or no class in any of them.
    RowsRejected
        If an answer cannot be read, or reaches beyond its content; every such one is named.

    Examples
    --------
    >>> schema, codes = read_sets(["sad; quiet", "(none)", "sad"], "labels", target="mood", n_items=3)
    >>> schema.classes, codes.tolist()
    (('quiet', 'sad'), [(0, 1), (), (1,)])
    """
    values = _lists(y, task, classes)
    if len(values) != n_items:
        raise InvalidInput(f"y: must have one answer per item, {n_items}; got {len(values)}. Align them.")
    schema = Schema(target, tuple(classes_in(values, task) if classes is None else classes), task)
    lines = range(1, n_items + 1) if lines is None else lines
    codes, problems, outside = [], [], []
    for i, value in enumerate(values):
        try:
            stored: Any = schema.read(value)
        except InvalidInput as error:
            problems.append(RowProblem(lines[i], None, str(error)))
            continue
        wrong = None if contents is None else beyond(stored, task, contents[i])
        if wrong is not None:
            outside.append(RowProblem(lines[i], None, wrong))
        codes.append(schema.encode(stored))
    if problems:
        raise _unreadable(target, problems, n_items)
    if outside:
        raise RowsRejected(
            f"{target}: every answer must lie within its item; {len(outside)} of {n_items:,} do not. Mend them first.",
            tuple(outside),
        )
    return schema, as_objects(codes)


def _unreadable(target: str, problems: Sequence[RowProblem], n_rows: int) -> RowsRejected:
    return RowsRejected(
        f"{target}: every answer must be readable; {len(problems)} of {n_rows:,} cannot be read. Mend them first.",
        tuple(problems),
    )


def _is_table(y: Any) -> bool:
    """Whether lists of true and false, all of one length, say of each label whether it holds."""
    rows = y if isinstance(y, list | tuple) else ()
    return (
        bool(rows)
        and all(isinstance(row, list | tuple) and len(row) == len(rows[0]) > 0 for row in rows)
        and all(isinstance(value, bool) for row in rows for value in row)
    )


def _lists(y: Any, task: Task, classes: Sequence[str] | None) -> list[Any]:
    if task == "labels" and ((isinstance(y, np.ndarray) and y.ndim == 2) or _is_table(y)):
        y = np.asarray(y)
        if y.dtype.kind not in "biuf" or not np.isin(y, (0, 1)).all():
            raise InvalidInput(
                f"y: must be true or false, or 0 and 1, for each label of each item; got {y.dtype} values such as "
                f"{y.ravel()[0]!r}. Pass which labels hold, or their names."
            )
        names = list(classes) if classes is not None else [str(label) for label in range(y.shape[1])]
        if len(names) != y.shape[1]:
            raise InvalidInput(f"classes: must name the {y.shape[1]} columns of y; got {len(names)} names.")
        return [[name for name, holds in zip(names, row, strict=True) if holds] for row in y.tolist()]
    return list(y)


def _joined(values: Array, target: str) -> tuple[str, ...]:
    """A note where cells look like several labels in one: parted, and made of far fewer names than there are cells."""
    cells = [str(value) for value in values.tolist()]
    for mark in SEPARATORS[:2]:  # a comma stands in many a name
        parted = [cell for cell in cells if mark in cell]
        names = {part.strip() for cell in cells for part in cell.split(mark)}
        if len(parted) >= PARTED_SHARE * len(cells) and FEW_PER_CLASS * len(names) <= len(set(cells)):
            return (
                f"target: each cell of {target!r} is taken for one class, although {len(parted):,} of {len(cells):,} "
                f"hold {mark!r}. Say --task labels if they name several labels that hold together.",
            )
    return ()


def looks_numeric(values: Array) -> bool:
    """Whether these are numbers to predict rather than the numbers of classes: fractions, or many distinct values."""
    if values.dtype.kind not in "fiu":
        return False
    whole = bool(np.all(values == np.floor(values)))
    return not whole or len(np.unique(values)) > MANY_NUMBERS


def _number(value: Any, decimal_comma: bool) -> float | None:
    if decimal_comma and isinstance(value, str) and _DECIMAL_COMMA.fullmatch(value.strip()):
        value = value.replace(",", ".")
    try:
        return float(_NUMBER.read(value))
    except InvalidInput:
        return None


def _unknown(value: Any) -> bool:
    return isinstance(value, str) and value.strip().lower() in NO_NUMBER


def _blank(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, str) and not value.strip())


def _left_out(raw: Sequence[Any], kept: Sequence[int], filled: Sequence[int], target: str) -> tuple[str, ...]:
    if len(kept) == len(raw):
        return ()
    parts = [f"{len(raw) - len(filled):,} empty"] if len(filled) < len(raw) else []
    words = Counter(raw[i].strip() for i in filled if _unknown(raw[i])) if len(kept) < len(filled) else Counter[str]()
    parts += [f"{n:,} {word!r}" for word, n in words.most_common(3)]
    hint = f" Say --task choice if {words.most_common(1)[0][0]!r} is one of the classes." if words else ""
    return (
        f"target: rows without an answer are left out; {len(raw) - len(kept):,} of {len(raw):,} have none in "
        f"{target!r} ({', '.join(parts)}).{hint}",
    )


def _check_classes(
    raw: Sequence[Any], rows: Sequence[int], lines: Sequence[int], target: str, file: str, task: Task | None
) -> None:
    if any(isinstance(raw[i], list | dict) for i in rows):
        raise InvalidInput(
            f"target: must be classes or numbers; column {target!r} of {file} holds lists. Say --task labels, spans or "
            "boxes, whichever they are."
        )
    n_classes = len({str(raw[i]) for i in rows})
    if task == "choice" or len(rows) < FEW_ROWS or FEW_PER_CLASS * n_classes <= len(rows):
        return
    raise InvalidInput(
        f"target: each class must have {FEW_PER_CLASS} rows on the mean; column {target!r} of {file} has {n_classes:,} "
        f"distinct values in {len(rows):,} rows, the first {raw[rows[0]]!r} on line {lines[rows[0]]}. Say --task "
        "number if they are numbers to predict, --task choice if each of them is a class, or name another column."
    )


def _odd(
    raw: Sequence[Any], odd: Sequence[int], lines: Sequence[int], target: str, file: str, n_rows: int
) -> RowsRejected:
    first = odd[0]
    comma = isinstance(raw[first], str) and _DECIMAL_COMMA.fullmatch(raw[first].strip())
    hint = "Write 3.5 for 3,5" if comma else "Write them like 3.5, or leave them empty"
    return RowsRejected(
        f"target: each number must be finite; {len(odd):,} of {n_rows:,} cells of column {target!r} of {file} are not, "
        f"the first {raw[first]!r} on line {lines[first]}. {hint}; say --task choice if each value is a class.",
        tuple(RowProblem(lines[i], None, f"{raw[i]!r} is no finite number") for i in odd),
    )
