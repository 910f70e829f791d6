"""The best rows of which no two are look-alikes."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from querist.core import checks
from querist.core.blocks import Block, Partial
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.strategies._best import CARRY, Best, nested, part
from querist.strategies._reducing import Described, check_sizes
from querist.strategies._units import Units


@dataclass(frozen=True)
class Guarded(Described):
    """The `k` best rows of which no two are of one near-duplicate group, nor closer than a cosine.

    Parameters
    ----------
    k : int
    seed : int
    groups : bool
        Whether the pool's `duplicates` count: a group's number per row, below 0 for none.
    max_cosine : float, optional
        Two rows whose `embeddings` have a cosine above this are look-alikes.
    oversample : float, at least 1
        How many rows to hold with their embeddings, per pick.

    Notes
    -----
    By groups alone the picks are exact: those of `guarded_top_k` on the whole pool, up to the order of ties. By cosine
    the guard runs on the oversample · k best rows (of different groups). That is exact too as long as it finds k unlike
    rows there, that is, as long as at most (oversample - 1) · k of them are look-alikes of better ones; after that the
    best of the skipped fill up, and `Guarded.complete` is False. With both guards a group stands or falls with its best
    row.

    Propensities. Above the cut, 1 over the number of rows that tie for their group's best. At the cut, where units tie
    that did not fit, times the chance that the unit's key is below the lowest key left out: its inclusion probability
    given the keys of all others (Cohen and Kaplan, 2007), which is known without counting groups that were let go. All
    are 1, which then holds given all keys, where something filled up or a cosine made the guard skip a row.
    Memory O(k) rows, O(oversample · k) embeddings.

    Examples
    --------
    >>> unlike = Guarded(2, groups=True)
    >>> block = Block(0, 3, {"duplicates": np.array([5, 5, -1])}, np.array([0.9, 0.8, 0.7]))
    >>> unlike.finish(unlike.update(unlike.start(), block)).rows  # row 1 copies row 0
    array([0, 2])
    """

    k: int
    seed: int = 0
    groups: bool = True
    max_cosine: float | None = None
    oversample: float = 10

    def __post_init__(self) -> None:
        check_sizes(self.k, self.seed)
        checks.flag("groups", self.groups)
        if self.max_cosine is not None:
            checks.share("max_cosine", self.max_cosine)
        if isinstance(self.oversample, bool) or not 1 <= self.oversample < float("inf"):
            raise InvalidInput(f"oversample: must be a number of at least 1; got {self.oversample!r}.")

    @property
    def needs(self) -> tuple[str, ...]:
        """The arrays it reads from a block, beside the utilities."""
        return ("duplicates",) * self.groups + ("embeddings",) * (self.max_cosine is not None)

    @property
    def _units(self) -> Units:
        size = self.k if self.max_cosine is None else ceil(self.oversample * self.k)
        return Units(size + 1, self.seed, self.groups, ("embeddings",) * (self.max_cosine is not None))

    @property
    def _best(self) -> Best:
        return Best(self.k, self.seed, "ties")

    def start(self) -> Partial:
        """What is known before any block."""
        return nested({"units": self._units.start(), "any": self._best.start()})

    def update(self, state: Partial, block: Block) -> Partial:
        """What is known after one block more."""
        units = self._units.update(part("units", state), block)
        return nested({"units": units, "any": self._best.update(part("any", state), block)})

    def merge(self, a: Partial, b: Partial) -> Partial:
        """What is known of all that was seen in both places."""
        units = self._units.merge(part("units", a), part("units", b))
        return nested({"units": units, "any": self._best.merge(part("any", a), part("any", b))})

    def complete(self, state: Partial) -> bool:
        """Whether the picks are what the guard gives on the whole pool, and nothing had to fill up."""
        unlike, _ = self._unlike(part("units", state))
        return len(unlike) == self.k or len(unlike) == int(part("any", state)["n"])

    def finish(self, state: Partial) -> Picks:
        """The picks: the highest utility first, then what filled up."""
        units, any_row = part("units", state), part("any", state)
        unlike, skipped = self._unlike(units)
        rows, u = units["rows"][unlike], units["utilities"][unlike]
        room = min(self.k, int(any_row["n"])) - len(rows)
        propensities = np.ones(len(rows)) if skipped or room else self._propensities(units, unlike)
        if room:
            more, more_u = _not_in(rows, units, any_row)
            rows, u = np.concatenate([rows, more[:room]]), np.concatenate([u, more_u[:room]])
            propensities = np.concatenate([propensities, np.ones(room)])
        return Picks(rows, u, propensities)

    def _unlike(self, units: Partial) -> tuple[Rows, bool]:
        """The places of up to k unlike units, best first; and whether one that stands before the last was skipped."""
        n = min(len(units["rows"]), self._units.size - 1)
        if self.max_cosine is None or not n:
            return np.arange(min(self.k, n)), False
        vectors = _units(checks.features("embeddings", units[CARRY + "embeddings"][:n]))
        near = np.zeros(n, dtype=bool)
        unlike: list[int] = []
        while len(unlike) < self.k and not near.all():
            place = int(near.argmin())
            unlike.append(place)
            near |= np.minimum(vectors @ vectors[place], 1) > self.max_cosine  # rounding may exceed 1
            near[: place + 1] = True
        return np.array(unlike), unlike != list(range(min(self.k, n)))

    def _propensities(self, units: Partial, unlike: Rows) -> Floats:
        chance = 1 / units["same"][unlike]
        if len(unlike) < len(units["rows"]):
            u, out = units["utilities"], len(unlike)
            at_cut = u[unlike] == u[out]
            key = self._units.keys(units["rows"][out : out + 1], units["groups"][out : out + 1])
            chance[at_cut] *= float(key[0]) / 2.0**64
        return chance


def _not_in(rows: Rows, units: Partial, any_row: Partial) -> tuple[Rows, Floats]:
    """The best rows known that are not among these."""
    known = np.concatenate([any_row["rows"], units["rows"]])
    u = np.concatenate([any_row["utilities"], units["utilities"]])
    first = np.unique(known, return_index=True)[1]
    first = first[~np.isin(known[first], rows)]
    first = first[np.lexsort((known[first], -u[first]))]
    return known[first], u[first]


def _units(vectors: Floats) -> Floats:
    wide = vectors.astype(np.float64)
    norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    np.divide(wide, norms[:, None], out=wide, where=norms[:, None] > 0)
    return wide
