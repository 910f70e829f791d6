"""Querist decides which human judgment to buy next, gets it, and proves that it was worth its price.

>>> import querist as q
>>> probs = [[0.9, 0.1], [0.55, 0.45]]
>>> q.strategies.margin(probs).round(2)
array([0.2, 0.9])
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from querist._version import __version__

if TYPE_CHECKING:
    from querist import learners, metrics, strategies
    from querist.catalogue import ask, register
    from querist.client import Client
    from querist.core.errors import QueristError
    from querist.core.items import Columns, Item
    from querist.core.policy import Budget, Costs, Policy
    from querist.core.schema import Schema
    from querist.core.signals import Signals
    from querist.core.state import State
    from querist.core.strategy import strategy
    from querist.loop.coldstart import SeedRule
    from querist.loop.step import explain, tell
    from querist.opening import open
    from querist.project import Project
    from querist.scale import Pool
    from querist.selection import select
    from querist.simulation import advise, simulate
    from querist.streaming import Stream

# Each name loads its module at first use, so that `import querist` costs no more than a few imports of NumPy.
_HOMES = {
    "Budget": "querist.core.policy",
    "Client": "querist.client",
    "Columns": "querist.core.items",
    "Costs": "querist.core.policy",
    "Item": "querist.core.items",
    "Policy": "querist.core.policy",
    "Pool": "querist.scale",
    "Project": "querist.project",
    "QueristError": "querist.core.errors",
    "Schema": "querist.core.schema",
    "SeedRule": "querist.loop.coldstart",
    "Signals": "querist.core.signals",
    "State": "querist.core.state",
    "Stream": "querist.streaming",
    "advise": "querist.simulation",
    "ask": "querist.catalogue",
    "explain": "querist.loop.step",
    "learners": "",
    "metrics": "",
    "open": "querist.opening",
    "register": "querist.catalogue",
    "select": "querist.selection",
    "simulate": "querist.simulation",
    "strategies": "",
    "strategy": "querist.core.strategy",
    "tell": "querist.loop.step",
}

__all__ = [
    "Budget",
    "Client",
    "Columns",
    "Costs",
    "Item",
    "Policy",
    "Pool",
    "Project",
    "QueristError",
    "Schema",
    "SeedRule",
    "Signals",
    "State",
    "Stream",
    "__version__",
    "advise",
    "ask",
    "explain",
    "learners",
    "metrics",
    "open",
    "register",
    "select",
    "simulate",
    "strategies",
    "strategy",
    "tell",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'querist' has no attribute {name!r}")
    home = _HOMES[name]
    found = getattr(importlib.import_module(home), name) if home else importlib.import_module(f"querist.{name}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
