"""Chats and traces of agents as fields of an item: what is one, its steps, and the text in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SPOKEN = ("content", "tool_calls", "function_call")  # one of them makes a map with a role a message
TOOL_ROLES = ("tool", "function")
OF_A_STEP = ("tool", "tool_name", "tool_calls", "action", "observation", "thought", "arguments")
LISTS = ("messages", "steps")  # under which a map holds a chat or a trace


def as_json(value: Any) -> Any:
    """What a text says that is the JSON of a list or a map; anything else as it is.

    Examples
    --------
    >>> as_json('[{"role": "user", "content": "Hi"}]'), as_json("[sic]")
    ([{'role': 'user', 'content': 'Hi'}], '[sic]')
    """
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return found if isinstance(found, list | dict) else value


def steps_of(value: Any) -> list[Mapping[str, Any]] | None:
    """The messages of a chat or the steps of a trace, in their order; None of what is neither.

    A chat is a list of maps with a role and a content; a trace is one with calls of tools in it, or a list of maps of
    which each names a tool, an action, an observation or a thought. Either may also stand under `messages` or `steps`
    of a map, or be the JSON of it.

    Examples
    --------
    >>> steps_of({"messages": [{"role": "user", "content": "Hi"}]})
    [{'role': 'user', 'content': 'Hi'}]
    >>> steps_of(["Hi"]) is None
    True
    """
    found = as_json(value)
    if isinstance(found, Mapping):
        found = next((found[name] for name in LISTS if isinstance(found.get(name), list | tuple)), None)
    if not isinstance(found, list | tuple) or not found or not all(isinstance(step, Mapping) for step in found):
        return None
    return list(found) if all(_is_message(step) or _is_step(step) for step in found) else None


def n_steps(value: Any) -> int | None:
    """How many messages or steps there are; None of what is neither chat nor trace."""
    found = steps_of(value)
    return None if found is None else len(found)


def is_trace(steps: Sequence[Mapping[str, Any]]) -> bool:
    """Whether these steps do more than talk.

    Examples
    --------
    >>> is_trace([{"role": "user", "content": "Hi"}]), is_trace([{"tool": "search", "input": "weather"}])
    (False, True)
    """
    return any(_is_step(step) or step.get("role") in TOOL_ROLES or "function_call" in step for step in steps)


def text_of(value: Any) -> str:
    """What a field says in words: a text itself, a chat line by line, and the texts and numbers within other JSON.

    Examples
    --------
    >>> parts = [{"type": "text", "text": "Hi"}]
    >>> text_of([{"role": "user", "content": parts}, {"role": "assistant", "content": "Yes?"}])
    'user: Hi\\nassistant: Yes?'
    >>> text_of({"city": "Rome", "tags": ["old", "warm"]})
    'Rome old warm'
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    steps = steps_of(value)
    return " ".join(_leaves(value)) if steps is None else "\n".join(map(_line, steps))


def _is_message(step: Mapping[str, Any]) -> bool:
    return isinstance(step.get("role"), str) and any(name in step for name in SPOKEN)


def _is_step(step: Mapping[str, Any]) -> bool:
    return any(name in step for name in OF_A_STEP)


def _line(step: Mapping[str, Any]) -> str:
    who = next((str(step[name]) for name in ("role", "tool", "tool_name") if step.get(name)), "")
    rest = {name: value for name, value in step.items() if name not in ("role", "tool", "tool_name", "id")}
    said = " ".join(_leaves(rest))
    return f"{who}: {said}" if who else said


def _leaves(value: Any) -> Iterator[str]:
    """The texts and numbers in a value of JSON, in their order; the kinds of content parts say nothing."""
    if isinstance(value, Mapping):
        for name, part in value.items():
            if not (name == "type" and isinstance(part, str)):
                yield from _leaves(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, str):
        if value.strip():
            yield value.strip()
    elif value is not None and not isinstance(value, bool):
        yield str(value)
