"""What a reducer holds: the best rows seen so far, in an order that no blocking can change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from querist.core.blocks import Block, Partial
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.rng import row_keys

CARRY = "carry:"  # what goes before the name of an array that is kept for the rows held


@dataclass(frozen=True, slots=True)
class Best:
    """The `size` best rows by utility, then by their key; with the exact number of rows tied at the cut.

    Keys are made anew from the rows whenever they are needed, so a row that cannot be kept costs one comparison.
    """

    size: int
    seed: int
    stream: str
    carry: tuple[str, ...] = ()

    def start(self) -> Partial:
        return {"rows": np.empty(0, np.int64), "utilities": np.empty(0), "n": count(0), "at_cut": count(0)}

    def update(self, state: Partial, block: Block) -> Partial:
        u = utilities_of(block)
        n = count(state["n"] + block.n_eligible)
        full = bool(len(state["rows"]) == self.size)
        passing = at_least(u, state["utilities"][-1]) if full else np.ones(block.n, dtype=bool)
        if block.eligible is not None:
            passing &= block.eligible
        places = np.flatnonzero(passing)
        if not len(places):
            return {**state, "n": n}
        if len(places) > self.size:  # spares what is below the block's own cut the sorting and the keys
            among = u[places]
            places = places[among >= np.partition(among, len(places) - self.size)[len(places) - self.size]]
        kept = self._keep(u[places].astype(np.float64), block.rows(places), state)
        held = kept["held"]
        fresh = held >= 0
        carried = {
            CARRY + name: joined(state.get(CARRY + name), kept["before"], block.at(name, places[held[fresh]]), fresh)
            for name in self.carry
        }
        return {**{name: kept[name] for name in ("rows", "utilities", "at_cut")}, "n": n, **carried}

    def merge(self, a: Partial, b: Partial) -> Partial:
        n = count(a["n"] + b["n"])
        if not len(a["rows"]) or not len(b["rows"]):
            return {**(a if len(a["rows"]) else b), "n": n}
        kept = self._keep(b["utilities"], b["rows"], a, forgotten=b)
        fresh = kept["held"] >= 0
        carried = {
            name: joined(a[name], kept["before"], b[name][kept["held"][fresh]], fresh)
            for name in (CARRY + c for c in self.carry)
        }
        return {**{name: kept[name] for name in ("rows", "utilities", "at_cut")}, "n": n, **carried}

    def tied(self, state: Partial, value: float) -> int:
        """How many of all the rows seen have this utility, which is not below the cut."""
        u = state["utilities"]
        if len(u) == self.size and value == u[-1]:
            return int(state["at_cut"])
        return int((u == value).sum())

    def _keep(self, u: Floats, rows: Rows, state: Partial, forgotten: Partial | None = None) -> dict[str, Array]:
        """The state's rows and these, cut to size. `held` is the place of each among these, -1 for one of the state's;
        `before` the place of those in the state."""
        all_u, all_rows = np.concatenate([state["utilities"], u]), np.concatenate([state["rows"], rows])
        old = len(state["rows"])
        if len(all_u) > self.size:
            cut = np.partition(all_u, len(all_u) - self.size)[len(all_u) - self.size]
            above, level = np.flatnonzero(all_u > cut), np.flatnonzero(all_u == cut)
            room = self.size - len(above)
            if room < len(level):
                keys = row_keys(all_rows[level], self.seed, self.stream)
                level = level[np.argpartition(keys, room - 1)[:room]]
            kept = np.concatenate([above, level])
        else:
            kept = np.arange(len(all_u))
        kept = kept[np.lexsort((row_keys(all_rows[kept], self.seed, self.stream), -all_u[kept]))]
        last = all_u[kept[-1]]
        at_cut = (all_u == last).sum()
        for part in (state, forgotten):  # of a part that is full, some rows tied at its own cut were let go
            if part is not None and len(part["rows"]) == self.size and part["utilities"][-1] == last:
                at_cut += part["at_cut"] - (part["utilities"] == last).sum()
        return {
            "rows": all_rows[kept],
            "utilities": all_u[kept],
            "at_cut": count(at_cut),
            "held": np.where(kept < old, -1, kept - old),
            "before": kept[kept < old],
        }


@dataclass(frozen=True, slots=True)
class Sample:
    """A simple random sample of the eligible rows: those of the lowest keys, in the order of their keys."""

    size: int
    seed: int
    stream: str

    def start(self) -> Partial:
        return {"rows": np.empty(0, np.int64), "utilities": np.empty(0), "n": count(0)}

    def update(self, state: Partial, block: Block) -> Partial:
        rows = block.rows(np.arange(block.n))
        keys = row_keys(rows, self.seed, self.stream)
        n = count(state["n"] + block.n_eligible)
        passing = np.ones(block.n, dtype=bool)
        if len(state["rows"]) == self.size:
            passing = keys < row_keys(state["rows"][-1:], self.seed, self.stream)
        if block.eligible is not None:
            passing &= block.eligible
        places = np.flatnonzero(passing)
        if not len(places):
            return {**state, "n": n}
        if len(places) > self.size:
            places = places[np.argpartition(keys[places], self.size - 1)[: self.size]]
        u = np.full(len(places), np.nan) if block.utilities is None else block.utilities[places].astype(np.float64)
        return self.merge(state, {"rows": rows[places], "utilities": u, "n": count(n - state["n"])})

    def merge(self, a: Partial, b: Partial) -> Partial:
        rows = np.concatenate([a["rows"], b["rows"]])
        order = np.argsort(row_keys(rows, self.seed, self.stream))[: self.size]
        utilities = np.concatenate([a["utilities"], b["utilities"]])
        return {"rows": rows[order], "utilities": utilities[order], "n": count(a["n"] + b["n"])}


def count(n: npt.ArrayLike) -> Array:
    """A number as the plain array that a state holds."""
    return np.asarray(n, dtype=np.int64)


def at_least(u: Floats, value: float) -> Array:
    """Which utilities are not below a value, compared without converting them where nothing is lost by that."""
    own = u.dtype.type(value)
    found: Array = u >= own if float(own) == float(value) else u.astype(np.float64) >= value
    return found


def utilities_of(block: Block) -> Floats:
    """The block's utilities, finite wherever a row is eligible; all 0 where nothing scored."""
    if block.utilities is None:
        return np.zeros(block.n)
    u = block.utilities
    finite = np.isfinite(u)
    if not finite.all():
        bad = ~finite if block.eligible is None else ~finite & block.eligible
        if bad.any():
            place = int(np.flatnonzero(bad)[0])
            raise InvalidInput(
                f"utilities: must be finite; row {block.start + place} is {u[place]}. Exclude what may not be picked."
            )
    return u


def joined(old: Array | None, before: Rows, new: Array, fresh: Array) -> Array:
    """An array for rows of which some are `fresh` and the others come from `before` in the state's array."""
    if old is None or not len(before):
        return new
    out = np.empty(
        (len(fresh), *old.shape[1:]), dtype=np.result_type(old, new) if old.dtype != new.dtype else old.dtype
    )
    if old.shape[1:] != new.shape[1:]:
        raise InvalidInput(
            f"pool: an array must have one width; got {old.shape[1:]} and {new.shape[1:]}. Check its files."
        )
    out[fresh], out[~fresh] = new, old[before]
    return out


def prefixed(name: str, state: Partial) -> dict[str, Array]:
    """A state as part of a larger one."""
    return {f"{name}/{key}": value for key, value in state.items()}


def part(name: str, state: Partial) -> dict[str, Array]:
    """The reverse of `prefixed`."""
    start = f"{name}/"
    return {key.removeprefix(start): value for key, value in state.items() if key.startswith(start)}


def nested(parts: Mapping[str, Partial]) -> Partial:
    """Several states as one."""
    return {key: value for name, state in parts.items() for key, value in prefixed(name, state).items()}


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Names without repeats, in their order."""
    return tuple(dict.fromkeys(names))
