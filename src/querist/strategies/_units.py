"""The best row of each near-duplicate group, for as many groups as are wanted, from blocks that merge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from querist.core.blocks import Block, Partial
from querist.core.checks import Array, Rows
from querist.core.rng import row_keys
from querist.strategies._best import CARRY, at_least, utilities_of


@dataclass(frozen=True, slots=True)
class Units:
    """The `size` best units: a group by its best row, and each row that is of no group.

    Units stand in order of utility, then of a key that a group has by its number and a lone row by its own. A group
    that was let go comes back with a better row; the rows it had before no longer matter then, so the units held are
    exact whatever was seen first.
    """

    size: int
    seed: int
    grouped: bool
    carry: tuple[str, ...] = ()

    def start(self) -> Partial:
        none = np.empty(0, np.int64)
        return {"rows": none, "utilities": np.empty(0), "groups": none, "same": none}

    def update(self, state: Partial, block: Block) -> Partial:
        u = utilities_of(block)
        full = len(state["rows"]) == self.size
        passing = at_least(u, float(state["utilities"][-1])) if full else np.ones(block.n, dtype=bool)
        if block.eligible is not None:
            passing &= block.eligible
        places = np.flatnonzero(passing)
        if not len(places):
            return state
        groups = block["duplicates"][places].astype(np.int64) if self.grouped else np.full(len(places), -1)
        seen = {
            "rows": block.rows(places),
            "utilities": u[places].astype(np.float64),
            "groups": groups,
            "same": np.ones(len(places), np.int64),
        }
        kept, same = self._keep([state, seen])
        old = len(state["rows"])
        fresh = places[kept[kept >= old] - old]
        return self._taken([state, seen], kept, same) | {
            CARRY + name: _place(state.get(CARRY + name), block.at(name, fresh), kept, old) for name in self.carry
        }

    def merge(self, a: Partial, b: Partial) -> Partial:
        if not len(a["rows"]) or not len(b["rows"]):
            return a if len(a["rows"]) else b
        kept, same = self._keep([a, b])
        names = [CARRY + name for name in self.carry]
        old = len(a["rows"])
        return self._taken([a, b], kept, same) | {
            name: _place(a[name], b[name][kept[kept >= old] - old], kept, old) for name in names
        }

    def keys(self, rows: Rows, groups: Rows) -> npt.NDArray[np.uint64]:
        """The key that orders each unit among its equals."""
        alone = row_keys(rows, self.seed, "ties")
        return np.where(groups < 0, alone, row_keys(groups, self.seed, "groups")) if self.grouped else alone

    def _keep(self, parts: Sequence[Partial]) -> tuple[Rows, Rows]:
        """Places, among the parts' rows joined, of the units to hold, in order; and how many rows each is one of."""
        rows, u, groups, same = (
            np.concatenate([part[name] for part in parts]) for name in ("rows", "utilities", "groups", "same")
        )
        kept = np.arange(len(rows))
        if self.grouped and (groups >= 0).any():
            within = row_keys(rows, self.seed, "within")
            order = np.lexsort((within, -u, groups))
            order = order[groups[order] >= 0]
            first = np.flatnonzero(np.diff(groups[order], prepend=-1))
            best = np.repeat(u[order[first]], np.diff(first, append=len(order)))
            same[order[first]] = np.add.reduceat(np.where(u[order] == best, same[order], 0), first)
            kept = np.concatenate([np.flatnonzero(groups < 0), order[first]])
        if len(kept) > self.size:
            values = u[kept]
            kept = kept[values >= np.partition(values, len(kept) - self.size)[len(kept) - self.size]]
        kept = kept[np.lexsort((self.keys(rows[kept], groups[kept]), -u[kept]))][: self.size]
        return kept, same[kept]

    def _taken(self, parts: Sequence[Partial], kept: Rows, same: Rows) -> dict[str, Array]:
        taken = {name: np.concatenate([part[name] for part in parts])[kept] for name in ("rows", "utilities", "groups")}
        return taken | {"same": same}


def _place(old: Array | None, new: Array, kept: Rows, n_old: int) -> Array:
    """An array for the rows kept: those from the state's, and `new` for the others, in their order."""
    if old is None:
        return new
    out = np.empty((len(kept), *new.shape[1:]), dtype=np.result_type(old, new))
    fresh = kept >= n_old
    out[fresh], out[~fresh] = new, old[kept[~fresh]]
    return out
