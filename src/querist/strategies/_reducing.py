"""What all reducers share: a description, what one wraps, and picks that know how they came about."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.blocks import Block, Partial, Reducer
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import is_strategy, of


@dataclass(frozen=True, slots=True)
class BatchPicks(Picks):
    """Picks of a whole batch, each with its part in it.

    Parameters
    ----------
    by_quota, at_random : (n,) bool
        Which fill a quota, and which were drawn at random for exploration.
    inclusion : (n,) float
        The probability with which a row is in the batch by any way, before anything is drawn; NaN where not known.
        `propensities`, in contrast, are those of the draw that picked the row, given the picks made before it.
    """

    by_quota: npt.NDArray[np.bool_]
    at_random: npt.NDArray[np.bool_]
    inclusion: Floats


@runtime_checkable
class KnowsChances(Protocol):
    """A reducer that can tell with which probability it picks a row."""

    def chances(self, state: Partial, utilities: Floats, /) -> Floats:
        """The inclusion probability of rows of these utilities, whether they were picked or not."""
        ...


class Described:
    """Plain JSON from a dataclass's fields; arrays by their hash."""

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about it: two with one description give the same picks."""
        named = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}  # type: ignore[arg-type]
        return {"reducer": type(self).__name__, **named}


class Wrapping(Described):
    """Does as another reducer does; subclasses change what it gets to see."""

    reducer: Reducer

    @property
    def k(self) -> int:
        """How many picks there are at most."""
        return self.reducer.k

    @property
    def needs(self) -> tuple[str, ...]:
        """The arrays it reads from a block, beside the utilities."""
        return self.reducer.needs

    def start(self) -> Partial:
        """What is known before any block."""
        return self.reducer.start()

    def update(self, state: Partial, block: Block) -> Partial:
        """What is known after one block more."""
        return self.reducer.update(state, self.seen(block))

    def seen(self, block: Block) -> Block:
        """What the reducer inside gets to see of a block."""
        return block

    def merge(self, a: Partial, b: Partial) -> Partial:
        """What is known of all that was seen in both places."""
        return self.reducer.merge(a, b)

    def finish(self, state: Partial) -> Picks:
        """The picks, best first."""
        return self.reducer.finish(state)


def check_sizes(k: int, seed: int) -> None:
    """Refuse a number of picks or a seed that is none."""
    checks.positive("k", k)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidInput(f"seed: must be a whole number of at least 0; got {seed!r}.")


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        exact = np.ascontiguousarray(value)
        return {
            "array": hashlib.sha256(exact.tobytes()).hexdigest(),
            "shape": list(value.shape),
            "type": str(value.dtype),
        }
    if hasattr(value, "describe"):
        return value.describe()
    if is_strategy(value):
        return of(value).name
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.item() if isinstance(value, np.generic) else value
