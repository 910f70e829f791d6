"""How people write answers that have parts: lines of text, JSON, and the numbers and names in them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from querist.core.checks import short
from querist.core.errors import InvalidInput

NONE_HOLDS = "(none)"  # in a cell: nothing of it is there, which an empty cell does not say
SEPARATORS = (";", "|", ",")

Find = Callable[[Any], str]  # the class that a name stands for, or InvalidInput

_SOMETHING = re.compile(r"[^\s;|,]")
_UNFIT = re.compile("[\x00\ud800-\udfff]")


def from_text(raw: Any, what: str) -> Any:
    """What JSON says, an empty list where nothing holds, or the text itself."""
    if isinstance(raw, Mapping) and what != "labels":
        return [raw]
    if not isinstance(raw, str):
        return raw
    text = raw.strip()
    if not _SOMETHING.search(text):
        raise InvalidInput(f"the answer {raw!r} must name {what}; write '{NONE_HOLDS}' where none holds.")
    if text.casefold() == NONE_HOLDS:
        return []
    if text.startswith(("[", "{")):
        found = from_json(text, what)
        return [found] if isinstance(found, dict) and what != "labels" else found
    return text


def from_json(text: str, what: str) -> Any:
    """What a text that looks like JSON says.

    Raises
    ------
    InvalidInput
        If it is none.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidInput(f"the answer {short(text)} must be {what}; it looks like JSON, and is none.") from None


def named(text: str, find: Find, separators: Sequence[str] = SEPARATORS) -> list[str]:
    """The names in a text: all of it where that is a class, else parted by the first separator that parts it well."""
    try:
        return [find(text)]
    except InvalidInput as whole:
        wrong: InvalidInput = whole
    for separator in separators:
        if separator not in text:
            continue
        names = [name for part in text.split(separator) if (name := part.strip())]
        try:
            return [find(name) for name in names]
        except InvalidInput as error:
            wrong = error
    raise wrong


def parts_of(raw: Any, what: str, forms: Sequence[re.Pattern[str]], example: str) -> list[Any]:
    """The parts of an answer, each a map or a list of fields; those of a text by the first form that fits."""
    given = from_text(raw, what)
    if isinstance(given, str):
        found = []
        for part in (stripped for piece in given.split(";") if (stripped := piece.strip())):
            match = next((match for form in forms if (match := form.fullmatch(part)) is not None), None)
            if match is None:
                raise InvalidInput(
                    f"the answer {part!r} must be one of the {what} as in '{example}', or '{NONE_HOLDS}' where there "
                    "is none."
                )
            found.append(list(match.groups()))
        return found
    if not isinstance(given, list | tuple):
        raise InvalidInput(
            f"the answer {raw!r} must be a list of {what}; write them as in '{example}', or '{NONE_HOLDS}' where there "
            "is none."
        )
    return list(given)


def fields_of(part: Any, names: tuple[str, ...], raw: Any) -> list[Any]:
    """The named fields of one part, which is a map of them or a list in their order."""
    if isinstance(part, Mapping):
        if missing := [name for name in names if name not in part]:
            raise InvalidInput(f"the answer {raw!r} must give {', '.join(names)} for each; {missing[0]} is missing.")
        return [part[name] for name in names]
    if not isinstance(part, list | tuple) or len(part) != len(names):
        raise InvalidInput(f"the answer {raw!r} must give {', '.join(names)} for each; got {part!r}.")
    return list(part)


def whole(value: Any, raw: Any, what: str = "characters") -> int:
    """A number that counts whole things."""
    found = finite(value, raw)
    if found != int(found):
        raise InvalidInput(f"the answer {raw!r} must count whole {what}; got {value!r}.")
    return int(found)


def finite(value: Any, raw: Any) -> int | float:
    """A finite number, whole where it can be."""
    try:
        found = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise InvalidInput(f"the answer {raw!r} must hold finite numbers; got {value!r}.")
    return plain(found)


def plain(value: float) -> int | float:
    """A whole number as one."""
    return int(value) if float(value).is_integer() else float(value)


def storable(value: Any, what: str) -> str:
    """A text without blanks around it, as both databases can hold it: with no NUL, and no half of a surrogate pair.

    Raises
    ------
    InvalidInput
        If it is no text, or holds such a character.
    """
    if not isinstance(value, str):
        raise InvalidInput(f"the {what} {short(value)} must be text; got a {type(value).__name__}. Write it as text.")
    if (odd := _UNFIT.search(value)) is not None:
        raise InvalidInput(
            f"the {what} {short(value)} must be text that can be stored; it holds {odd[0]!r}. Take that character out."
        )
    return value.strip()


def joined(written: Sequence[str]) -> str:
    """The parts of an answer in one line."""
    return "; ".join(written) or NONE_HOLDS
