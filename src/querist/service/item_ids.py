"""What an item's id may be, in a file or in a stream."""

from __future__ import annotations

from typing import Any

from querist.core.hashing import is_missing


def id_problem(value: Any) -> str | None:
    """What is wrong with an item's id, if there is one.

    Examples
    --------
    >>> id_problem(["a"]), id_problem(7), id_problem(None)
    ('its id must be text or a number; it is a list.', None, None)
    """
    if isinstance(value, list | dict):
        return f"its id must be text or a number; it is a {type(value).__name__}."
    if not is_missing(value) and not str(value).isprintable():
        return "its id holds a control character; remove it."
    return None
