"""What a stream is made with, each choice checked once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from querist.core.checks import Floats, nearest
from querist.core.errors import InvalidInput
from querist.loop.managers import Manager
from querist.loop.managers import manager as named_manager
from querist.strategies import entropy, least_confidence, margin
from querist.streaming.decisions import Label
from querist.streaming.settings import Settings

UTILITIES: Mapping[str, Callable[[Floats], Floats]] = {
    "entropy": entropy,
    "least_confidence": least_confidence,
    "margin": margin,
}


def checked_classes(classes: Sequence[Label]) -> tuple[Label, ...]:
    found = tuple(each.item() if isinstance(each, np.generic) else each for each in classes)
    if len(set(found)) != len(found) or len(found) < 2:
        raise InvalidInput(f"classes: must be two or more, each once; got {list(found)!r:.80}. Name what items may be.")
    return found


def checked_manager(manager: str | Manager, budget: float, window: int | None, n_classes: int) -> Manager:
    if isinstance(manager, Manager):
        return manager
    settings: dict[str, Any] = {"budget": budget}
    if window is not None:
        settings["window"] = window
    if manager == "fixed":
        settings["n_classes"] = n_classes
    return named_manager(manager, **settings)


def checked_settings(settings: Settings | None, named: Mapping[str, Any]) -> Settings:
    if settings is not None and named:
        raise InvalidInput(f"settings: must be given whole or by name; got both ({', '.join(named)}). Choose one.")
    for name in named:
        if name not in Settings.__dataclass_fields__:
            known = tuple(Settings.__dataclass_fields__)
            near = nearest(name, known)
            hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(known)}."
            raise InvalidInput(f"settings: must be one of a stream's; got {name!r}. {hint}")
    return settings or Settings(**named)


def checked_utility(utility: str | Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    if callable(utility):
        return utility
    if utility not in UTILITIES:
        raise InvalidInput(
            f"utility: must be one of {', '.join(map(repr, UTILITIES))}, or a function; got {utility!r}. "
            "A function takes class probabilities and gives a number per item."
        )
    return UTILITIES[utility]
