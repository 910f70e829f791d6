"""What each column is, from its first rows, and its values as that kind."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.chats import steps_of
from querist.core.errors import RowProblem, RowsRejected
from querist.core.hashing import is_missing
from querist.core.items import FIELD_KINDS, FieldKind, FieldSpec

NUMBER_SHARE = 0.95
LONG_CHARACTERS = 60  # mean length from which prose is text even where it repeats
FEW_SHARE = 0.5  # distinct values per value, up to which a column is categories
FEW_ROWS = 20  # below, one repetition is all that can be expected of categories
PROBLEMS_SHOWN = 3
NO_NUMBER = frozenset(
    {"na", "n/a", "#n/a", "nan", "null", "none", "nil", "?", "-", "–", "."}
)  # how files write "unknown"


def infer_kinds(columns: Mapping[str, Sequence[Any]], *, overrides: Mapping[str, str] | None = None) -> FieldSpec:
    """What each column is, by the first of these rules that holds; empty cells count for nothing.

    0. What `overrides` says.
    1. *ignored*: all empty, or one and the same value in two rows or more.
    2. *vector*: lists of finite numbers, or lists of such lists (an image's rows of pixels), or their JSON text, all of
       one shape. Chats and traces, which are lists of messages or steps, are
       *text*; other lists and maps are *ignored*.
    3. *number*: at least 95 % are finite numbers or their text (true and false are not); `NA`, `?` and the like, as
       files write an unknown number, count for nothing.
    4. *text*: at least half are prose (blanks between words, or a script written without them), and they are either
       60 characters long on average, or mostly distinct (more than one distinct value per two).
    5. *category*: at most one distinct value per two; below 20 values, any that repeats.
    6. *ignored*: what is left, mostly distinct short strings without blanks, such as ids and e-mail addresses.

    A column that is the only one is never ignored: where the rules would, it is text.

    Parameters
    ----------
    columns : mapping of str to sequence
        The first batch's values.
    overrides : mapping of str to kind, optional
        Columns it names that are not there are passed over.

    Raises
    ------
    InvalidInput
        If an override is no kind.

    Examples
    --------
    >>> spec = infer_kinds({"id": ["a1", "a2", "a3"], "age": ["31", "", "44"], "city": ["Bonn", "Lima", "Bonn"]})
    >>> dict(spec.kinds)
    {'id': 'ignored', 'age': 'number', 'city': 'category'}
    """
    said = overrides or {}
    for name, kind in said.items():
        checks.one_of(f"kind of {name!r}", kind, FIELD_KINDS)
    kinds: dict[str, FieldKind] = {}
    for name, values in columns.items():
        if name in said:
            kinds[name] = next(kind for kind in FIELD_KINDS if kind == said[name])
            continue
        found = _kind(values)
        kinds[name] = "text" if found == "ignored" and len(columns) == 1 else found
    return FieldSpec(kinds)


def coerce(
    columns: Mapping[str, Sequence[Any]], spec: FieldSpec, *, lines: Sequence[int] | None = None
) -> dict[str, list[Any]]:
    """The columns with each value as its kind: numbers as float, vectors as lists of float, others as they are.

    An empty value is None, and in a number field so is `NA`, `?` and the like.

    Parameters
    ----------
    columns : mapping of str to sequence
    spec : FieldSpec
        Columns it does not name are kept as they are.
    lines : sequence of int, optional
        Where each row is in its file; by default its number, from 1.

    Raises
    ------
    RowsRejected
        If a value in a number field is no finite number, or one in a vector field no list of the others' length.

    Examples
    --------
    >>> coerce({"age": ["31", ""]}, FieldSpec({"age": "number"}))
    {'age': [31.0, None]}
    """
    problems: list[RowProblem] = []
    out: dict[str, list[Any]] = {}
    for name, values in columns.items():
        kind = spec.kinds.get(name)
        if kind == "number":
            out[name] = _numbers(name, values, lines, problems)
        elif kind == "vector":
            out[name] = _vectors(name, values, lines, problems)
        else:
            out[name] = _given(values)
    if problems:
        problems.sort(key=lambda problem: problem.line)
        shown = "; ".join(map(str, problems[:PROBLEMS_SHOWN]))
        more = f"; and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
        raise RowsRejected(f"rows: each value must be of its field's kind; {shown}{more}.", tuple(problems))
    return out


def _kind(values: Sequence[Any]) -> FieldKind:
    present = [value for value in values if not is_empty(value)]
    if not present:
        return "ignored"
    nested = any(isinstance(value, list | tuple | dict | np.ndarray) for value in present)
    if nested or all(isinstance(value, str) and value.lstrip().startswith("[") for value in present):
        vectors = [_vector(value) for value in present]
        if None not in vectors and len({shape_of(vector) for vector in vectors if vector}) == 1:
            return "vector" if len(present) == 1 or any(vector != vectors[0] for vector in vectors) else "ignored"
        if nested:
            return "text" if all(steps_of(value) is not None for value in present) else "ignored"
    n_distinct = len(set(present))
    if n_distinct == 1 and len(present) > 1:
        return "ignored"
    known = [value for value in present if not is_unknown(value)]
    if known and sum(number_of(value) is not None for value in known) >= NUMBER_SHARE * len(known):
        return "number"
    texts = [str(value) for value in present]
    distinct = n_distinct / len(texts)
    if 2 * sum(map(_is_prose, texts)) >= len(texts) and (
        distinct > FEW_SHARE or sum(map(len, texts)) >= LONG_CHARACTERS * len(texts)
    ):
        return "text"
    if distinct <= FEW_SHARE or (len(texts) < FEW_ROWS and distinct < 1):
        return "category"
    return "ignored"


def _is_prose(text: str) -> bool:
    return len(text.split(None, 1)) > 1 or any(_has_no_blanks(letter) for letter in text)


def _has_no_blanks(letter: str) -> bool:
    """Whether the letter is of a script written without blanks: Thai to Burmese, Khmer, Chinese and Japanese."""
    return "\u0e00" <= letter <= "\u109f" or "\u1780" <= letter <= "\u17ff" or "\u2e80" <= letter <= "\u9fff"


def number_of(value: Any) -> float | None:
    """The finite number that a value is, or whose text it is; None of anything else."""
    if isinstance(value, bool | np.bool_) or (isinstance(value, str) and "_" in value):
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def shape_of(vector: Sequence[Any]) -> tuple[int, ...]:
    """How many numbers a vector has, or how many rows of how many.

    Examples
    --------
    >>> shape_of([1.0, 2.0, 3.0]), shape_of([[1.0, 2.0, 3.0]])
    ((3,), (1, 3))
    """
    return (len(vector), len(vector[0])) if vector and isinstance(vector[0], list | tuple) else (len(vector),)


def _vector(value: Any) -> list[Any] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    elif hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple) or not value:
        return None
    if isinstance(value[0], list | tuple):
        rows = [_row(row) if isinstance(row, list | tuple) and row else None for row in value]
        return rows if len({None if row is None else len(row) for row in rows}) == 1 and None not in rows else None
    return _row(value)


def _row(values: Sequence[Any]) -> list[float] | None:
    parts = [None if isinstance(part, str) else number_of(part) for part in values]
    found = [part for part in parts if part is not None]
    return found if len(found) == len(parts) else None


def _numbers(
    name: str, values: Sequence[Any], lines: Sequence[int] | None, problems: list[RowProblem]
) -> list[float | None]:
    if (plain := _plain_numbers(values)) is not None:
        return plain
    out: list[float | None] = []
    for row, value in enumerate(values):
        found = number_of(value)
        if found is None and not (is_empty(value) or is_unknown(value)):
            problems.append(
                RowProblem(
                    _line(row, lines),
                    None,
                    f"the field {name!r} must be a number; got {checks.short(value)}. Write it like 3.5, "
                    f"leave it empty, or say that the `kind` of {name} is category",
                )
            )
        out.append(found)
    return out


def _given(values: Sequence[Any]) -> list[Any]:
    if set(map(type, values)) == {str}:
        return [value or None for value in values] if "" in values else list(values)
    return [None if not isinstance(value, np.ndarray) and is_missing(value) else value for value in values]


def _plain_numbers(values: Sequence[Any]) -> list[float | None] | None:
    """All values at once where each is a finite number's text; None where one may not be: most files are that plain."""
    try:
        text = "".join(values)
        if "_" in text or "n" in text.lower():  # 1_000 is a number to Python only; inf and nan have an n
            return None
        numbers = [*map(float, values)]
        return [*numbers] if all(map(math.isfinite, numbers)) else None  # 1e999 is infinite
    except (TypeError, ValueError):
        return None


def _vectors(
    name: str, values: Sequence[Any], lines: Sequence[int] | None, problems: list[RowProblem]
) -> list[list[Any] | None]:
    out: list[list[Any] | None] = []
    shape: tuple[int, ...] = ()
    for row, value in enumerate(values):
        found = None if is_empty(value) else _vector(value)
        if found is not None:
            shape = shape or shape_of(found)
        if not is_empty(value) and (found is None or shape_of(found) != shape):
            wanted = f"{' x '.join(map(str, shape))} numbers" if shape else "numbers"
            problems.append(
                RowProblem(
                    _line(row, lines),
                    None,
                    f"the field {name!r} must be a list of {wanted}; got {checks.short(value)}. Write it like [1, 2.5]",
                )
            )
        out.append(found)
    return out


def is_empty(value: Any) -> bool:
    """None, NaN or blank text; an array is never empty, and cannot be compared."""
    return not isinstance(value, np.ndarray) and (is_missing(value) or (isinstance(value, str) and not value.strip()))


def is_unknown(value: Any) -> bool:
    """Whether it is one of the words for a number that is not known."""
    return isinstance(value, str) and value.strip().lower() in NO_NUMBER


def _line(row: int, lines: Sequence[int] | None) -> int:
    return row + 1 if lines is None else lines[row]
