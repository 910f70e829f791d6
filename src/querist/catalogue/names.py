"""Strategies by name: our own, those of installed packages, and those a user registers."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from querist import strategies
from querist.core.checks import nearest
from querist.core.errors import InvalidInput
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
