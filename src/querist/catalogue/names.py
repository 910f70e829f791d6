"""Strategies by name: our own, those of installed packages, and those a user registers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from querist import strategies
from querist.core.checks import nearest
from querist.core.errors import InvalidInput
from querist.core.schema import Task
from querist.core.strategy import Strategy, is_strategy, of
from querist.loop import coldstart

ENTRY_POINT = "querist.strategies"
_registered: dict[str, Strategy] = {}


def register(function: Callable[..., Any]) -> Strategy:
    """Make a decorated function known by its name, for this process.

    Raises
    ------
    InvalidInput
        If it is not decorated, or one of our own strategies has the name.
    """
    declared = of(function)
    if declared.name in _own():
        raise InvalidInput(f"strategy: must have a name of its own; {declared.name!r} is taken. Rename it.")
    _registered[declared.name] = declared
    return declared


def find(name: str) -> Strategy:
    """The strategy of this name.

    Raises
    ------
    InvalidInput
        If there is none; the message names the nearest.

    Examples
    --------
    >>> find("margin").needs
    ('probs',)
    """
    known = _known()
    if name not in known:
        near = nearest(name, list(known))
        hint = f"Did you mean {near!r}?" if near else "`querist strategies` lists them."
        raise InvalidInput(f"strategy: must be one of the {len(known)} known; got {name!r}. {hint}")
    return known[name]


def default_strategy(task: Task) -> str:
    """What chooses where nothing was said: the margin between classes, or the variance of a number's predictions."""
    return "margin" if task == "choice" else "variance"


def suited(name: str, task: Task) -> Strategy:
    """The strategy of this name, if it can choose for this kind of answer.

    Raises
    ------
    InvalidInput
        If there is none, or it reads class probabilities where the answer is a number, or the reverse.

    Examples
    --------
    >>> suited("margin", "number")
    Traceback (most recent call last):
    querist.core.errors.InvalidInput: strategy: must suit a number; 'margin' needs probs. Use 'variance'.
    """
    strategy = find(name)
    foreign = {"choice": ("predictions", "member_predictions"), "number": ("probs", "members")}[task]
    if lacking := [need for need in strategy.needs if need in foreign]:
        answer = "a choice of classes" if task == "choice" else "a number"
        raise InvalidInput(
            f"strategy: must suit {answer}; {name!r} needs {lacking[0]}. Use {default_strategy(task)!r}."
        )
    return strategy


def strategy_names() -> tuple[str, ...]:
    """Every name, sorted."""
    return tuple(sorted(_known()))


def _known() -> dict[str, Strategy]:
    return {**_plugged(), **_registered, **_own()}


@cache
def _own() -> dict[str, Strategy]:
    functions = [getattr(strategies, name) for name in strategies.__all__]
    functions += [coldstart.stratified, coldstart.rules]
    return {of(f).name: of(f) for f in functions if is_strategy(f)}


@cache
def _plugged() -> dict[str, Strategy]:
    return {of(f).name: of(f) for f in (point.load() for point in entry_points(group=ENTRY_POINT))}
