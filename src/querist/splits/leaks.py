"""A pool that holds its own answers teaches a model to read them off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from querist.core.hashing import is_missing
from querist.core.items import FieldSpec
from querist.core.schema import Schema, fold

MOSTLY = 0.9
PURE = 0.99  # of the rows; what is pure to a lesser share may well be an honest clue
LEAST_ROWS = 30  # with fewer, a column of two or three values is pure by luck now and then
MOST_ROWS = 20_000  # which tell; counting a million cells of every column would be felt
LEAST_OTHERS = 5  # rows outside the largest class; with fewer, that a value falls to them alone is luck as well
BETTER = 0.1  # of the rows that naming the largest class gets wrong: where it is 99.5 %, every column is 99 % pure


def find_target_leak(columns: Mapping[str, Sequence[Any]], schema: Schema) -> str | None:
    """What is wrong with a column that is the label, and what to do; None where there is none.

    A column is taken for the label where it has the target's name, or where more than nine tenths of its values are
    classes of the schema, and not all the same one.

    Examples
    --------
    >>> find_target_leak({"text": ["a", "b"]}, Schema("kind", ("spam", "ham"))) is None
    True
    """
    for name, values in columns.items():
        if fold(name) == fold(schema.target):
            return _message(name, "has the name of what is asked")
        if schema.task in ("choice", "labels") and _are_classes(values, schema):
            return _message(name, "holds the classes themselves")
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
    return (
        f"column {name!r}: should not tell what is asked; in {hits:,} of {n:,} labeled rows its value goes with one "
        f"class ({shown}{more}). If it is known only once the label is, leave it out with `--drop {name}`."
    )


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else repr(value)


def _are_classes(values: Sequence[Any], schema: Schema) -> bool:
    if _plain_numbers(schema):
        return False
    counts = Counter(value for value in values if not (isinstance(value, list | dict) or is_missing(value)))
    allowed = (1 - MOSTLY) * counts.total()
    missed = 0
    classes = set()
    for value, n in counts.items():
        if (found := schema.find(value)) is not None:
            classes.add(found)
        elif (missed := missed + n) > allowed:
            return False
    return len(classes) > 1


def _plain_numbers(schema: Schema) -> bool:
    """Classes named 0, 1, 2 are also the values of any count or flag: the name alone decides then."""
    return all(name.lstrip("-").isdigit() for name in schema.classes)


def _message(name: str, why: str) -> str:
    return (
        f"column {name!r}: must not be among the items, for it {why}, and the model would read the answer off it. "
        f"Take its values as answers with `--label {name}`, or leave it out with `--drop {name}`."
    )
