"""Reviews of a chat or an agent's trace as an answer: a verdict on the whole, and on single steps of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from querist.core.answer_text import Find, from_json, storable, whole
from querist.core.checks import short
from querist.core.errors import InvalidInput

STEP_VERDICTS = ("bad", "good")  # their numbers in a code
EXAMPLE = "correct; 2 bad: wrong tool; 4 good"

_STEP = re.compile(r"(\d+)\s+(\w+)\s*(?::\s*(.*))?", re.DOTALL)


def read(raw: Any, find: Find) -> dict[str, Any]:
    """A review as stored; its steps count from 0, as the messages of a chat do, and are sorted.

    Parameters
    ----------
    raw : map, or text
        `verdict`, and maybe `steps`, a list of maps with step, verdict and maybe note; or a text such as
        `correct; 2 bad: wrong tool; 4 good`, or JSON. A class alone is a verdict without steps.
    find : callable
        The class that a verdict stands for.

    Raises
    ------
    InvalidInput
        If there is no verdict, a step is judged twice, or a step's verdict is neither good nor bad.

    Examples
    --------
    >>> read("correct; 2 BAD: wrong tool", str)
    {'verdict': 'correct', 'steps': [{'step': 2, 'verdict': 'bad', 'note': 'wrong tool'}]}
    """
    given = _from_text(raw, find) if isinstance(raw, str) else raw
    if not isinstance(given, Mapping):
        raise InvalidInput(
            f"the answer {short(raw)} must be a verdict, and maybe verdicts on steps; write it like '{EXAMPLE}'."
        )
    if "verdict" not in given:
        raise InvalidInput(f"the answer {short(raw)} must give a verdict on the whole; it has none. Add it.")
    steps = given.get("steps", [])
    if not isinstance(steps, list | tuple):
        raise InvalidInput(f"the answer {short(raw)} must give its steps as a list; got {short(steps)}.")
    found: dict[int, dict[str, Any]] = {}
    for part in steps:
        step = _step(part, raw)
        if step["step"] in found:
            raise InvalidInput(
                f"the answer {short(raw, 80)} must judge each step once; step {step['step']} comes twice."
            )
        found[step["step"]] = step
    return {"verdict": find(given["verdict"]), "steps": [found[at] for at in sorted(found)]}


def encode(stored: Mapping[str, Any], number: Callable[[str], int]) -> tuple[Any, ...]:
    """The verdict's number, and each step's, its verdict's, and its note."""
    steps = ((s["step"], STEP_VERDICTS.index(s["verdict"]), s["note"]) for s in stored["steps"])
    return number(stored["verdict"]), tuple(steps)


def decode(code: Sequence[Any], classes: Sequence[str]) -> dict[str, Any]:
    """The reverse of `encode`."""
    verdict, steps = code
    return {
        "verdict": classes[int(verdict)],
        "steps": [{"step": int(at), "verdict": STEP_VERDICTS[int(how)], "note": str(note)} for at, how, note in steps],
    }


def cell(stored: Mapping[str, Any]) -> str:
    """A review as a line of text."""
    steps = (f"{s['step']} {s['verdict']}{': ' if s['note'] else ''}{s['note']}" for s in stored["steps"])
    return "; ".join([stored["verdict"], *steps])


def _from_text(text: str, find: Find) -> Any:
    if text.lstrip().startswith("{"):
        return from_json(text.strip(), "a review")
    verdict, *rest = (part.strip() for part in text.split(";"))
    steps = []
    for part in filter(None, rest):
        if (match := _STEP.fullmatch(part)) is None:
            break
        steps.append({"step": match[1], "verdict": match[2], "note": match[3] or ""})
    else:
        return {"verdict": verdict, "steps": steps}
    try:
        return {"verdict": find(text)}  # a class's name may hold a semicolon
    except InvalidInput:
        raise InvalidInput(
            f"the answer {part!r} must be a step's number and its verdict, good or bad, as in '{EXAMPLE}'."
        ) from None


def _step(part: Any, raw: Any) -> dict[str, Any]:
    if not isinstance(part, Mapping) or "step" not in part or "verdict" not in part:
        raise InvalidInput(f"the answer {short(raw)} must give step and verdict for each step; got {short(part)}.")
    at = whole(part["step"], raw, "steps")
    if at < 0:
        raise InvalidInput(f"the answer {short(raw)} must count steps from 0; got {at}.")
    verdict = str(part["verdict"]).strip().casefold()
    if verdict not in STEP_VERDICTS:
        raise InvalidInput(f"the verdict on step {at} must be good or bad; got {short(part['verdict'])}.")
    note = part.get("note")
    return {"step": at, "verdict": verdict, "note": "" if note is None else storable(note, "note")}
