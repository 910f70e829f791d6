"""A pool met block by block, and what boils it down: partial results that merge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.signals import BY_MEMBER, SIGNALS
from querist.core.state import Picks

Partial = Mapping[str, Array]
"""What a reducer knows after some blocks: plain arrays by name, so that it can be sent, and kept in a file."""


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a pool.

    Parameters
    ----------
    start : int
        The row, in the pool, of the first.
    n : int
        How many there are.
    arrays : mapping of str to array
        What is known of them, by the names of `SIGNALS` or of a pool's own columns.
    utilities : (n,) float, optional
        What the score gave them; None where nothing scored.
    eligible : (n,) bool, optional
        Which of them may be picked; None is all.
    """

    start: int
    n: int
    arrays: Mapping[str, Array] = field(default_factory=dict)
    utilities: Floats | None = None
    eligible: npt.NDArray[np.bool_] | None = None

    @property
    def n_eligible(self) -> int:
        """Rows that may be picked."""
        return self.n if self.eligible is None else int(np.count_nonzero(self.eligible))

    def __getitem__(self, name: str) -> Array:
        """An array by name.

        Raises
        ------
        InvalidInput
            If the block has none of that name.
        """
        try:
            return self.arrays[name]
        except KeyError:
            meaning = f" ({SIGNALS[name]})" if name in SIGNALS else ""
            raise InvalidInput(
                f"pool: must provide {name!r}{meaning}; it has {sorted(self.arrays)}. Name the column that holds it."
            ) from None

    def at(self, name: str, places: Rows) -> Array:
        """Some rows of an array, items along its first axis: a copy."""
        values = self[name]
        return np.ascontiguousarray(np.moveaxis(values[:, places], 1, 0) if name in BY_MEMBER else values[places])

    def rows(self, places: Rows) -> Rows:
        """The pool's numbers of some of its rows."""
        return places.astype(np.int64, copy=False) + self.start

    def with_(self, **changes: Any) -> Block:
        """A copy with these values changed."""
        return replace(self, **changes)


class Reducer(Protocol):
    """Boils a pool down to picks, from blocks in any order and in any number of places.

    The result of `finish` depends on the rows that were seen, and on nothing else: not on how they were cut into
    blocks, on the blocks' order, nor on what was merged with what.
    """

    @property
    def k(self) -> int:
        """How many picks there are at most."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """The arrays it reads from a block, beside the utilities."""
        ...

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about it: two with one description give the same picks."""
        ...

    def start(self) -> Partial:
        """What is known before any block."""
        ...

    def update(self, state: Partial, block: Block, /) -> Partial:
        """What is known after one block more; `state` is left as it was."""
        ...

    def merge(self, a: Partial, b: Partial, /) -> Partial:
        """What is known of all that was seen in both places, which may have no row in common."""
        ...

    def finish(self, state: Partial, /) -> Picks:
        """The picks, best first."""
        ...
