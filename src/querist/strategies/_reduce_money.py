"""Utility per dollar, and as much utility as a sum of money buys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.core import checks
from querist.core.blocks import Block, Partial, Reducer
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.rng import row_keys
from querist.core.state import Picks
from querist.strategies._best import at_least, count, utilities_of
from querist.strategies._reducing import Described, Wrapping, check_sizes

ROUNDING = 1 + 1e-12  # prices summed in another order differ in the last digit


@dataclass(frozen=True)
class PerDollar(Wrapping):
    """Another reducer, which sees utilities per dollar; the pool holds the `costs`.

    Examples
    --------
    >>> from querist.strategies.reduce import TopK
    >>> cheap = PerDollar(TopK(1))
    >>> block = Block(0, 2, {"costs": np.array([3.0, 1.0])}, np.array([0.9, 0.5]))
    >>> cheap.finish(cheap.update(cheap.start(), block)).rows
    array([1])
    """

    reducer: Reducer

    @property
    def needs(self) -> tuple[str, ...]:
        """The arrays it reads from a block, beside the utilities."""
        return tuple(dict.fromkeys(("costs", *self.reducer.needs)))

    def seen(self, block: Block) -> Block:
        """The block with its utilities divided by its costs."""
        return block.with_(utilities=_ratios(utilities_of(block), block))


@dataclass(frozen=True)
class Payable(Wrapping):
    """Another reducer, to which rows that cost more than `usd` are not shown; the pool holds the `costs`.

    Examples
    --------
    >>> from querist.strategies.reduce import TopK
    >>> some = Payable(TopK(1), 2.0)
    >>> block = Block(0, 2, {"costs": np.array([3.0, 1.0])}, np.array([0.9, 0.5]))
    >>> some.finish(some.update(some.start(), block)).rows
    array([1])
    """

    reducer: Reducer
    usd: float

    @property
    def needs(self) -> tuple[str, ...]:
        """The arrays it reads from a block, beside the utilities."""
        return tuple(dict.fromkeys(("costs", *self.reducer.needs)))

    def seen(self, block: Block) -> Block:
        """The block with what is too dear out of the choice."""
        payable = checks.vector("costs", block["costs"], n=block.n) <= self.usd * ROUNDING
        return block.with_(eligible=payable if block.eligible is None else payable & block.eligible)


@dataclass(frozen=True)
class Knapsack(Described):
    """The rows that a sum of money buys the most utility with, to within a factor of two.

    Parameters
    ----------
    usd : float
        What all of them may cost together.
    limit : int
        Picks at most, a bound on memory as well.
    seed : int
        Breaks ties.

    Notes
    -----
    Goes down the rows by utility per dollar, leaving out each that costs more than all the money, for as long as they
    can be paid; then takes the single best row instead where it has more utility than all of those together. The better
    of the two has at least half the utility that any choice could have (Dantzig's bound), as long as `limit` does not
    end the list early. Memory O(picks). Propensities are 1: they hold given the keys that break ties.

    Examples
    --------
    >>> sack = Knapsack(3.0)
    >>> block = Block(0, 3, {"costs": np.array([3.0, 1.0, 2.0])}, np.array([0.8, 0.5, 0.6]))
    >>> sack.finish(sack.update(sack.start(), block)).rows  # 0.5 a dollar, then 0.3 a dollar: 1.1 for 3 dollars
    array([1, 2])
    """

    usd: float
    limit: int = 10_000
    seed: int = 0

    needs = ("costs",)

    def __post_init__(self) -> None:
        check_sizes(self.limit, self.seed)
        if isinstance(self.usd, bool) or not isinstance(self.usd, int | float) or not 0 < self.usd < float("inf"):
            raise InvalidInput(f"usd: must be a sum above 0 dollars; got {self.usd!r}.")

    @property
    def k(self) -> int:
        """How many picks there are at most."""
        return self.limit

    def start(self) -> Partial:
        """What is known before any block."""
        return {"rows": np.empty(0, np.int64), "utilities": np.empty(0), "costs": np.empty(0), **_best(None)}

    def update(self, state: Partial, block: Block) -> Partial:
        """What is known after one block more."""
        u = utilities_of(block)
        passing = block["costs"] <= self.usd * ROUNDING
        if block.eligible is not None:
            passing &= block.eligible
        places = np.flatnonzero(passing)
        ratios = _ratios(u, block)[places]
        u, costs = u[places].astype(np.float64), block["costs"][places].astype(np.float64)
        best = None
        if len(places):
            top = np.flatnonzero(u == u.max())
            lowest = top[row_keys(block.rows(places[top]), self.seed, "ties").argmin()]
            best = (block.start + int(places[lowest]), float(u[lowest]), float(costs[lowest]))
        if self._closed(state):
            near = at_least(ratios, float(state["utilities"][-1] / state["costs"][-1]))
            places, u, costs = places[near], u[near], costs[near]
        return self.merge(state, {"rows": block.rows(places), "utilities": u, "costs": costs, **_best(best)})

    def merge(self, a: Partial, b: Partial) -> Partial:
        """What is known of all that was seen in both places."""
        rows, u, costs = (np.concatenate([a[name], b[name]]) for name in ("rows", "utilities", "costs"))
        order = np.lexsort((row_keys(rows, self.seed, "ties"), -(u / costs)))
        paid = np.searchsorted(np.cumsum(costs[order]), self.usd * ROUNDING, side="right")
        order = order[
            : min(int(paid) + 1, self.limit)
        ]  # with the first that is too dear: what follows it never matters
        best = max(a, b, key=self._rank)
        return {
            "rows": rows[order],
            "utilities": u[order],
            "costs": costs[order],
            **{name: best[name] for name in ("best_row", "best_utility", "best_cost")},
        }

    def finish(self, state: Partial) -> Picks:
        """The picks: the most utility per dollar first."""
        n = int(np.searchsorted(np.cumsum(state["costs"]), self.usd * ROUNDING, side="right"))
        rows, u = state["rows"][:n], state["utilities"][:n]
        if state["best_row"] >= 0 and state["best_utility"] > u.sum():
            rows, u = state["best_row"].reshape(1), state["best_utility"].reshape(1)
        return Picks(rows, u, np.ones(len(rows)))

    def _closed(self, state: Partial) -> bool:
        """Whether what is worse than the last row held can never be paid for, or is over the limit."""
        n = len(state["rows"])
        return n > 0 and (n == self.limit or float(np.cumsum(state["costs"])[-1]) > self.usd * ROUNDING)

    def _rank(self, state: Partial) -> tuple[float, int]:
        row = int(state["best_row"])
        if row < 0:
            return (-np.inf, 0)
        return (float(state["best_utility"]), -int(row_keys(np.array([row]), self.seed, "ties")[0]))


def _best(found: tuple[int, float, float] | None) -> Partial:
    row, utility, cost = (-1, 0.0, 0.0) if found is None else found
    return {"best_row": count(row), "best_utility": np.asarray(utility), "best_cost": np.asarray(cost)}


def _ratios(u: Floats, block: Block) -> Floats:
    costs = checks.vector("costs", block["costs"], n=block.n)
    free = np.ones(block.n, dtype=bool) if block.eligible is None else block.eligible
    if (bad := (costs <= 0) & free).any():
        place = int(np.flatnonzero(bad)[0])
        raise InvalidInput(
            f"costs: must be above 0 to rank by utility per dollar; row {block.start + place} costs {costs[place]}. "
            "Price every item."
        )
    if (bad := (u < 0) & free).any():
        place = int(np.flatnonzero(bad)[0])
        raise InvalidInput(
            f"utilities: must be at least 0 to be divided by a price; row {block.start + place} has {u[place]:.3g}. "
            "Use a score that is never negative."
        )
    return np.divide(u, costs, out=np.zeros(block.n, dtype=np.float64), where=costs > 0)
