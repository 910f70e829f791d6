"""A pool that holds its own answers teaches a model to read them off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from querist.core.answers import FORMS, Code
from querist.core.errors import InvalidInput
from querist.core.hashing import is_missing
from querist.core.items import FieldSpec
from querist.core.schema import ONE_CLASS, WITHOUT_CLASSES, Schema, fold

MOSTLY = 0.9
PURE = 0.99  # of the rows; what is pure to a lesser share may well be an honest clue
LEAST_ROWS = 30  # with fewer, a column of two or three values is pure by luck now and then
MOST_ROWS = 20_000  # which tell; counting a million cells of every column would be felt
LEAST_OTHERS = 5  # rows outside the largest class; with fewer, that a value falls to them alone is luck as well
_PLAIN = str | int | float  # what a cell of a table is; each distinct one is read once
BETTER = 0.1  # of the rows that naming the largest class gets wrong: where it is 99.5 %, every column is 99 % pure


def find_target_leak(columns: Mapping[str, Sequence[Any]], schema: Schema) -> str | None:
    """What is wrong with a column that is the label, and what to do; None where there is none.

    A column is taken for the label where it has the target's name, or where more than nine tenths of its values can be
    read as answers of the schema, and not all as the same one.

    Examples
    --------
    >>> find_target_leak({"text": ["a", "b"]}, Schema("kind", ("spam", "ham"))) is None
    True
    >>> find_target_leak({"gold": ["0-3 PER", "(none)"]}, Schema("who", ("PER",), "spans"))[:45]
    "column 'gold': must not be among the items, f"
    """
    for name, values in columns.items():
        if fold(name) == fold(schema.target):
            return _message(name, "has the name of what is asked")
        if _can_be_told(schema) and _are_answers(values, schema):
            what = "the classes" if schema.task in ONE_CLASS else "answers"
            return _message(name, f"holds {what} themselves")
    return None


def find_giveaways(
    columns: Mapping[str, Sequence[Any]], spec: FieldSpec, labels: Sequence[str | None]
) -> tuple[str, ...]:
    """Notes on columns whose values tell the class of labeled rows: the label by another name, or an honest clue.

    A category or number tells it where at least 99 % of at least 30 rows have the class that is most frequent at their
    value. A value that comes once tells nothing, so that no column of ids is noted; nor is one that hardly does better
    than naming the largest class.

    Parameters
    ----------
    columns : mapping of str to sequence
    spec : FieldSpec
        What each column is.
    labels : sequence of str or None
        The class of each row, None where it has none.

    Examples
    --------
    >>> codes, kinds = [7, 9] * 20, ["spam", "ham"] * 20
    >>> [note[:14] for note in find_giveaways({"code": codes}, FieldSpec({"code": "number"}), kinds)]
    ["column 'code':"]
    """
    named = {*spec.named("category"), *spec.named("number")}
    found = (_giveaway(name, values, labels) for name, values in columns.items() if name in named)
    return tuple(note for note in found if note is not None)


def find_repeats(
    columns: Mapping[str, Sequence[Any]], spec: FieldSpec, schema: Schema, answers: Sequence[Any]
) -> tuple[str, ...]:
    """Notes on columns that say what is asked once more, where an answer is a set: of labels, spans or boxes.

    A column does where it holds the same answer, however it is written, in at least 99 % of at least 30 rows. As for a
    choice, one that hardly does better than the most frequent answer is not noted.

    Parameters
    ----------
    columns : mapping of str to sequence
    spec : FieldSpec
        What each column is.
    schema : Schema
    answers : sequence
        The answer of each row as the schema reads it, None where it has none.

    Examples
    --------
    >>> moods = Schema("mood", ("sad", "calm"), "labels")
    >>> held = [["sad"], ["sad", "calm"]] * 20
    >>> notes = find_repeats({"m": ["sad", "calm; sad"] * 20}, FieldSpec({"m": "category"}), moods, held)
    >>> notes[0][:64]
    "column 'm': should not tell what is asked; in 40 of 40 labeled r"
    """
    if not _can_be_told(schema):
        return ()
    codes = [None if is_missing(answer) else _code(answer, schema) for answer in answers[:MOST_ROWS]]
    found = ((name, _repeat(values, codes, schema)) for name, values in columns.items() if name in spec.used)
    return tuple(_note(name, "it holds the answer itself", *counts) for name, counts in found if counts is not None)


def _can_be_told(schema: Schema) -> bool:
    """Whether what reads as an answer is likely to be one: any text does as a text, any count as a rating."""
    return schema.task not in WITHOUT_CLASSES and not (schema.task == "ranking" and schema.sides)


def _repeat(values: Sequence[Any], codes: Sequence[Any], schema: Schema) -> tuple[int, int] | None:
    """In how many rows, of how many, a column has the answer; None where that tells nothing."""
    pairs = [
        (value, code)
        for value, code in zip(values[:MOST_ROWS], codes, strict=True)
        if code is not None and not is_missing(value)
    ]
    n = len(pairs)
    others = n - max(Counter(code for _, code in pairs).values(), default=0)
    allowed = min((1 - PURE) * n, BETTER * others)
    if n < LEAST_ROWS or others < LEAST_OTHERS:
        return None
    missed = 0
    for value, code in pairs:
        if _code(value, schema) != code and (missed := missed + 1) > allowed:
            return None
    return n - missed, n


def _giveaway(name: str, values: Sequence[Any], labels: Sequence[str | None]) -> str | None:
    pairs = Counter(
        (value, label)
        for value, label in zip(values[:MOST_ROWS], labels[:MOST_ROWS], strict=True)
        if label is not None and not is_missing(value)
    )
    n = pairs.total()
    classes: Counter[str] = Counter()
    best: dict[Any, tuple[str, int]] = {}
    for (value, label), count in pairs.items():
        classes[label] += count
        if count > best.get(value, ("", 1))[1]:
            best[value] = label, count
    others = n - max(classes.values(), default=0)
    hits = sum(count for _, count in best.values())
    if n < LEAST_ROWS or others < LEAST_OTHERS or hits < PURE * n or n - hits > BETTER * others:
        return None
    shown = ", ".join(f"{_short(value)} with {label!r}" for value, (label, _) in list(best.items())[:3])
    more = " …" if len(best) > 3 else ""
    return _note(name, f"its value goes with one class ({shown}{more})", hits, n)


def _note(name: str, what: str, hits: int, n: int) -> str:
    return (
        f"column {name!r}: should not tell what is asked; in {hits:,} of {n:,} labeled rows {what}. "
        "If it is known only once the label is, leave it out with `drop`."
    )


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _are_answers(values: Sequence[Any], schema: Schema) -> bool:
    if schema.task in ("choice", "labels", "ranking") and _plain_numbers(schema):
        return False
    present = [value for value in values if not is_missing(value)]
    if schema.task in ONE_CLASS:
        present = [value for value in present if not isinstance(value, list | dict)]
    plain = Counter(value for value in present if isinstance(value, _PLAIN))
    nested = ((value, 1) for value in present if not isinstance(value, _PLAIN))
    allowed = (1 - MOSTLY) * len(present)
    missed, n_named = 0, 0
    answers = set()
    for value, n in chain(plain.items(), nested):
        if (found := _code(value, schema)) is None:
            if (missed := missed + n) > allowed:
                return False
        else:
            answers.add(found)
            n_named += n * (found != ())
    # An empty list says nothing of what it is a list of: only cells that name something can give the answers away.
    return len(answers) > 1 and n_named > 0 and missed <= (1 - MOSTLY) * (n_named + missed)


def _code(value: Any, schema: Schema) -> Code | None:
    """The answer that a value can be read as, so that equal ones are equal; None where it is none.

    As `Schema.read` has it, which would look for the nearest class at every cell of every text.
    """
    if schema.task in ONE_CLASS:
        found = schema.find(value)
        return None if found is None else schema.classes.index(found)
    if _ends_in_a_number(value) if schema.task != "labels" else _is_of_numbers(value):
        return None

    def find(raw: Any) -> str:
        if (found := schema.find(raw)) is None:
            raise InvalidInput(f"the label {raw!r} is not in the schema.")
        return found

    form = FORMS[schema.task]
    try:
        return form.encode(form.read(value, find), schema.classes.index)
    except InvalidInput:
        return None


def _is_of_numbers(value: Any) -> bool:
    """A vector is no list of labels, even if its numbers are names of some."""
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(v, int | float | list) for v in value)


def _ends_in_a_number(value: Any) -> bool:
    """A vector or an image is no list of spans or boxes, even if its numbers are names of classes: theirs come last."""
    if isinstance(value, str):
        return value.lstrip().startswith("[") and value.rstrip("] \n").endswith(tuple("0123456789."))
    while isinstance(value, list | tuple) and value:
        value = value[-1]
    return isinstance(value, int | float)


def _plain_numbers(schema: Schema) -> bool:
    """Classes named 0, 1, 2 are also the values of any count or flag: the name alone decides then."""
    return all(name.lstrip("-").isdigit() for name in schema.classes)


def _message(name: str, why: str) -> str:
    return (
        f"column {name!r}: must not be among the items, for it {why}, and the model would read the answer off it. "
        "Take its values as answers by naming it as the `label`, or leave it out with `drop`."
    )
