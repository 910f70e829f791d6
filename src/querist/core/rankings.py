"""Rankings as an answer: options in their order, the best first, each once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from querist.core.answer_text import Find, from_json, storable
from querist.core.checks import listed, nearest, short
from querist.core.errors import InvalidInput

SEPARATORS = (">", ";", "|", ",")


def read(raw: Any, find: Find) -> list[str]:
    """The options in their order.

    Parameters
    ----------
    raw : list of str, or text
        The names; or a text of them parted by `>`, `;`, `|` or `,`, or a JSON list.
    find : callable
        The option that a name stands for.

    Raises
    ------
    InvalidInput
        If it is no such list, holds no option, or one twice.

    Examples
    --------
    >>> read("b > a > c", str), read(["b", "a"], str)
    (['b', 'a', 'c'], ['b', 'a'])
    """
    names = _parted(raw, find) if isinstance(raw, str) else [find(name) for name in _names(raw)]
    if not names:
        raise InvalidInput(f"the answer {raw!r} must name the options, best first; write them like 'b > a > c'.")
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidInput(f"the answer {short(raw, 80)} must name each option once; {name!r} comes twice.")
        seen.add(name)
    return names


def options_of(content: Any) -> list[str]:
    """The options that an item brings along: a list of texts, or its JSON.

    Raises
    ------
    InvalidInput
        If it is no list of at least two options that differ.

    Examples
    --------
    >>> options_of('["Rome", "Oslo"]')
    ['Rome', 'Oslo']
    """
    given = content
    if isinstance(content, str):
        try:
            given = json.loads(content)
        except (ValueError, RecursionError):
            given = None
    options = [option_name(name) for name in given] if isinstance(given, list | tuple) else []
    if len(set(options)) < 2 or len(set(options)) < len(options):
        raise InvalidInput(
            f"the options must be a list of at least two texts that differ; got {short(content)}. Write it like "
            '["Rome", "Oslo"].'
        )
    return options


def ordered(ranking: Sequence[str], options: Sequence[str], *, missing_hint: str = "Rank every option.") -> list[str]:
    """The ranking in the options' own spelling, if it orders all of them and nothing else.

    Raises
    ------
    InvalidInput
        If it names none of them, or leaves one out.

    Examples
    --------
    >>> ordered(["Oslo", "Rome"], ["Rome", "Oslo"])
    ['Oslo', 'Rome']
    """
    known, ranked = set(options), set(ranking)
    for name in ranking:
        if name not in known:
            near = nearest(name, options)
            hint = f"did you mean {near!r}?" if near else f"it has {listed(options, 6)}."
            raise InvalidInput(f"the option {name!r} is not among the item's; {hint}")
    left_out = [name for name in options if name not in ranked]
    if left_out:
        raise InvalidInput(
            f"the answer {short(' > '.join(ranking), 80)} must rank all {len(options)} options; {left_out[0]!r} is "
            f"missing. {missing_hint}"
        )
    return list(ranking)


def option_name(raw: Any) -> str:
    """An option as text; a number is one too."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise InvalidInput(f"the option {short(raw)} must be a name; got a {type(raw).__name__}.")
    name = storable(str(raw), "option")
    if not name:
        raise InvalidInput(f"the option {raw!r} must be a name; it is blank.")
    return name


def _names(raw: Any) -> list[Any]:
    if not isinstance(raw, list | tuple):
        raise InvalidInput(
            f"the answer {short(raw)} must be a list of options, best first; write them like 'b > a > c'."
        )
    return [option_name(name) for name in raw]


def _parted(text: str, find: Find) -> list[str]:
    """The options in a line: by the first separator that parts it into options, else all of it as one."""
    if text.lstrip().startswith("["):
        return [find(name) for name in _names(from_json(text.strip(), "a ranking"))]
    wrong: InvalidInput | None = None
    for separator in SEPARATORS:
        names = [name for part in text.split(separator) if (name := part.strip())]
        if separator not in text or not names:
            continue
        try:
            return [find(name) for name in names]
        except InvalidInput as error:
            wrong = wrong or error
    try:
        return [find(option_name(text))]
    except InvalidInput:
        raise wrong or InvalidInput(
            f"the answer {text!r} must name the options, best first; write them like 'b > a > c'."
        ) from None
