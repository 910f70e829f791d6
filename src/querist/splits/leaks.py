"""A pool that holds its own answers teaches a model to read them off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from querist.core.hashing import is_missing
from querist.core.schema import Schema, fold

MOSTLY = 0.9


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
        if schema.task == "choice" and _are_classes(values, schema):
            return _message(name, "holds the classes themselves")
    return None


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
