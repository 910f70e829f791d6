"""Selections that meet the pool block by block: each a value, its partial results plain arrays that merge.

A reducer has `start`, `update`, `merge` and `finish` (`querist.core.blocks.Reducer`). Chance enters only through a key
that each row has by its number and the seed, so the same rows give the same picks however they are cut into blocks, in
whatever order these come, and on any number of processes. Memory is one block and what is held: O(k) rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from querist.core import checks
from querist.core.blocks import Block, Partial, Reducer
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.strategies._best import Best, Sample, nested, part
from querist.strategies._reduce_candidates import Candidates
from querist.strategies._reduce_guarded import Guarded
from querist.strategies._reduce_money import Knapsack, Payable, PerDollar
from querist.strategies._reducing import BatchPicks, Described, KnowsChances, Wrapping, check_sizes

__all__ = [
    "BatchPicks",
    "Candidates",
    "Excluding",
    "Guarded",
    "Knapsack",
    "Mixed",
    "Payable",
    "PerDollar",
    "Quotas",
    "Reservoir",
    "TopK",
]


@dataclass(frozen=True)
class TopK(Described):
    """The `k` rows of highest utility; ties at the cut are broken at random, by the rows' keys.

    Parameters
    ----------
    k : int
    seed : int
        Of the keys.

    Notes
    -----
    Propensities are exact inclusion probabilities: 1 above the cut, m / t for the t rows tied at the cut of which m
    fit. Time is a comparison a row, memory O(k).

    Examples
    --------
    >>> top = TopK(2)
    >>> first = top.update(top.start(), Block(0, 3, utilities=np.array([0.1, 0.9, 0.5])))
    >>> rest = top.update(top.start(), Block(3, 1, utilities=np.array([0.5])))
    >>> picks = top.finish(top.merge(rest, first))
    >>> picks.rows[0], picks.propensities  # row 1 for certain, then one of two
    (np.int64(1), array([1. , 0.5]))
    """

    k: int
    seed: int = 0

    needs = ()

    def __post_init__(self) -> None:
        check_sizes(self.k, self.seed)

    @property
    def _best(self) -> Best:
        return Best(self.k, self.seed, "ties")

    def start(self) -> Partial:
        """What is known before any block."""
        return self._best.start()

    def update(self, state: Partial, block: Block) -> Partial:
        """What is known after one block more."""
        return self._best.update(state, block)

    def merge(self, a: Partial, b: Partial) -> Partial:
        """What is known of all that was seen in both places."""
        return self._best.merge(a, b)

    def chances(self, state: Partial, utilities: Floats) -> Floats:
        """The inclusion probability of rows of these utilities."""
        held = state["utilities"]
        if len(held) < self.k:
            return np.ones(len(utilities))
        cut = held[-1]
        share = float((held == cut).sum() / self._best.tied(state, cut))
        return np.where(utilities > cut, 1.0, np.where(utilities == cut, share, 0.0))

    def finish(self, state: Partial) -> Picks:
        """The picks: the highest utility first, the lower row first among equals."""
        rows, u = state["rows"], state["utilities"]
        order = np.lexsort((rows, -u))
        return Picks(rows[order], u[order], self.chances(state, u[order]))


@dataclass(frozen=True)
class Reservoir(Described):
    """A simple random sample of `k` rows, the same however the pool is cut.

    Parameters
    ----------
    k : int
    seed : int

    Notes
    -----
    The rows with the k lowest keys. Unlike a reservoir that replaces its rows by chance (Vitter, 1985), it merges, and
    does not depend on the order of the rows. Propensities are k / n, exactly; utilities are NaN.

    Examples
    --------
    >>> sample = Reservoir(2, seed=7)
    >>> picks = sample.finish(sample.update(sample.start(), Block(0, 8)))
    >>> len(picks), picks.propensities
    (2, array([0.25, 0.25]))
    """

    k: int
    seed: int = 0

    needs = ()

    def __post_init__(self) -> None:
        check_sizes(self.k, self.seed)

    @property
    def _sample(self) -> Sample:
        return Sample(self.k, self.seed, "sample")

    def start(self) -> Partial:
        """What is known before any block."""
        return self._sample.start()

    def update(self, state: Partial, block: Block) -> Partial:
        """What is known after one block more."""
        return self._sample.update(state, block)

    def merge(self, a: Partial, b: Partial) -> Partial:
        """What is known of all that was seen in both places."""
        return self._sample.merge(a, b)

    def finish(self, state: Partial) -> Picks:
        """The picks, in random order."""
        rows = state["rows"]
        return Picks(rows, np.full(len(rows), np.nan), np.full(len(rows), len(rows) / max(1, int(state["n"]))))


@dataclass(frozen=True)
class Quotas(Described):
    """The best rows of some groups up to a least number of each, then the best of all that is left.

    Parameters
    ----------
    minimum : mapping of int to int
        Least number of picks per group, served in this order.
    k : int
        How many to pick in all.
    seed : int
    of : str
        The array that holds the groups: whole numbers, or `probs` for the class predicted.

    Notes
    -----
    What `with_quotas` does with `top_k`. A group with fewer rows than its minimum gives all of them, and the rest of
    its share goes to the others. Each propensity is that of the draw which picked the row, given the draws before it:
    every group, and the rest, have keys of their own.

    Examples
    --------
    >>> quotas = Quotas({1: 1}, 2, of="strata")
    >>> u = np.array([0.9, 0.8, 0.2, 0.1])
    >>> state = quotas.update(quotas.start(), Block(0, 4, {"strata": np.array([0, 0, 1, 1])}, u))
    >>> picks = quotas.finish(state)
    >>> picks.rows, picks.by_quota
    (array([2, 0]), array([ True, False]))
    """

    minimum: Mapping[int, int]
    k: int
    seed: int = 0
    of: str = "probs"

    def __post_init__(self) -> None:
        check_sizes(self.k, self.seed)
        for name, least in self.minimum.items():
            if isinstance(least, bool) or not isinstance(least, int | np.integer) or least < 0:
                raise InvalidInput(f"minimum[{name!r}]: must be a whole number of at least 0; got {least!r}.")
        if (total := sum(self.minimum.values())) > self.k:
            raise InvalidInput(f"minimum: must add up to at most k = {self.k}; got {total}. Lower them, or raise k.")

    @property
    def needs(self) -> tuple[str, ...]:
        """The arrays it reads from a block, beside the utilities."""
        return (self.of,)

    def _parts(self) -> dict[str, tuple[int | None, Best]]:
        groups: dict[str, tuple[int | None, Best]] = {
            f"group {group}": (int(group), Best(least, self.seed, f"quota/{group}"))
            for group, least in self.minimum.items()
            if least
        }
        return groups | {"rest": (None, Best(self.k, self.seed, "ties"))}

    def start(self) -> Partial:
        """What is known before any block."""
        return nested({name: best.start() for name, (_, best) in self._parts().items()})

    def update(self, state: Partial, block: Block) -> Partial:
        """What is known after one block more."""
        group = block[self.of].argmax(axis=1) if self.of == "probs" else block[self.of]
        free = np.ones(block.n, dtype=bool) if block.eligible is None else block.eligible
        seen = {
            name: block if number is None else block.with_(eligible=free & (group == number))
            for name, (number, _) in self._parts().items()
        }
        return nested({name: best.update(part(name, state), seen[name]) for name, (_, best) in self._parts().items()})

    def merge(self, a: Partial, b: Partial) -> Partial:
        """What is known of all that was seen in both places."""
        return nested({name: best.merge(part(name, a), part(name, b)) for name, (_, best) in self._parts().items()})

    def finish(self, state: Partial) -> BatchPicks:
        """The picks: the quotas' first, group by group."""
        taken: list[Picks] = []
        by_quota = np.empty(0, np.int64)
        for name, (number, best) in self._parts().items():
            held = part(name, state)
            if number is not None:
                taken.append(TopK(best.size, self.seed).finish(held))
                by_quota = np.concatenate([by_quota, taken[-1].rows])
            else:
                taken.append(_best_of_the_rest(best, held, taken, self.k - len(by_quota)))
        rows, u, p = (
            np.concatenate([getattr(t, name) for t in taken]) for name in ("rows", "utilities", "propensities")
        )
        in_quota = np.arange(len(rows)) < len(by_quota)
        return BatchPicks(rows, u, p, in_quota, np.zeros(len(rows), dtype=bool), np.full(len(rows), np.nan))


def _best_of_the_rest(best: Best, held: Partial, taken: Sequence[Picks], k: int) -> Picks:
    left = ~np.isin(held["rows"], np.concatenate([np.empty(0, np.int64), *(t.rows for t in taken)]))
    rows, u = held["rows"][left][:k], held["utilities"][left][:k]
    propensities = np.ones(len(rows))
    if len(rows):
        cut = u[-1]
        tied = best.tied(held, cut) - sum(int((t.utilities == cut).sum()) for t in taken)
        propensities[u == cut] = (u == cut).sum() / tied
    order = np.lexsort((rows, -u))
    return Picks(rows[order], u[order], propensities[order])


@dataclass(frozen=True)
class Mixed(Described):
    """A strategy's picks, and `n_random` more drawn from all the rows it left.

    Parameters
    ----------
    reducer : Reducer
        The strategy's picks.
    n_random : int
    seed : int

    Notes
    -----
    Keeps the rows with the k + n_random lowest keys, of a stream of their own. At most k of them turn out to be picks
    of the strategy, and the first n_random of the others are a simple random sample of what it left. So a random pick's
    propensity is n_random over the rows left, exactly, given the strategy's picks.

    `inclusion` is s + (1 - s) · n_random / (n - k) for a row that the strategy picks with probability s: with it as
    weight, 1 / inclusion, a sum over the batch estimates the sum over the whole pool without bias, whatever the
    strategy. It is exact where s is, as for `TopK`, and NaN where the strategy cannot tell.

    Examples
    --------
    >>> mixed = Mixed(TopK(1), 1)
    >>> picks = mixed.finish(mixed.update(mixed.start(), Block(0, 5, utilities=np.array([0.1, 0.9, 0.2, 0.3, 0.4]))))
    >>> picks.rows[0], picks.at_random, picks.propensities
    (np.int64(1), array([False,  True]), array([1.  , 0.25]))
    """

    reducer: Reducer
    n_random: int
    seed: int = 0

    def __post_init__(self) -> None:
        check_sizes(self.n_random, self.seed)

    @property
    def k(self) -> int:
        """How many picks there are at most."""
        return self.reducer.k + self.n_random

    @property
    def needs(self) -> tuple[str, ...]:
        """The arrays it reads from a block, beside the utilities."""
        return self.reducer.needs

    @property
    def _sample(self) -> Sample:
        return Sample(self.k, self.seed, "exploration")

    def start(self) -> Partial:
        """What is known before any block."""
        return nested({"picked": self.reducer.start(), "drawn": self._sample.start()})

    def update(self, state: Partial, block: Block) -> Partial:
        """What is known after one block more."""
        picked = self.reducer.update(part("picked", state), block)
        return nested({"picked": picked, "drawn": self._sample.update(part("drawn", state), block)})

    def merge(self, a: Partial, b: Partial) -> Partial:
        """What is known of all that was seen in both places."""
        picked = self.reducer.merge(part("picked", a), part("picked", b))
        return nested({"picked": picked, "drawn": self._sample.merge(part("drawn", a), part("drawn", b))})

    def finish(self, state: Partial) -> BatchPicks:
        """The picks: the strategy's first, then the random ones."""
        held, sample = part("picked", state), part("drawn", state)
        picks = self.reducer.finish(held)
        left = ~np.isin(sample["rows"], picks.rows)
        rows, u = sample["rows"][left][: self.n_random], sample["utilities"][left][: self.n_random]
        share = len(rows) / max(1, int(sample["n"]) - len(picks))
        strategy_s = [picks.propensities, np.full(len(rows), np.nan)]
        if isinstance(self.reducer, KnowsChances):
            strategy_s[1] = self.reducer.chances(held, u)
        else:
            strategy_s[0] = np.full(len(picks), np.nan)
        s = np.concatenate(strategy_s)
        by_quota = picks.by_quota if isinstance(picks, BatchPicks) else np.zeros(len(picks), dtype=bool)
        return BatchPicks(
            np.concatenate([picks.rows, rows]),
            np.concatenate([picks.utilities, np.full(len(rows), np.nan)]),
            np.concatenate([picks.propensities, np.full(len(rows), share)]),
            np.concatenate([by_quota, np.zeros(len(rows), dtype=bool)]),
            np.arange(len(s)) >= len(picks),
            s + (1 - s) * share,
        )


@dataclass(frozen=True)
class Excluding(Wrapping):
    """Another reducer, to which some rows are not shown: those labeled, pending, or kept for testing.

    Parameters
    ----------
    reducer : Reducer
    rows : (n,) int
        In any order.

    Notes
    -----
    Memory O(rows). A block is looked up in the sorted rows once.

    Examples
    --------
    >>> top = Excluding(TopK(1), np.array([1]))
    >>> top.finish(top.update(top.start(), Block(0, 3, utilities=np.array([0.1, 0.9, 0.5])))).rows
    array([2])
    """

    reducer: Reducer
    rows: Rows = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        given = np.asarray(self.rows)
        highest = int(given.max(initial=-1)) if given.dtype.kind in "iu" else 0
        object.__setattr__(self, "rows", np.sort(checks.rows("rows", given, n_items=highest + 1)))

    def seen(self, block: Block) -> Block:
        """The block with these rows out of the choice."""
        first, last = np.searchsorted(self.rows, [block.start, block.start + block.n])
        if first == last:
            return block
        eligible = np.ones(block.n, dtype=bool) if block.eligible is None else block.eligible.copy()
        eligible[self.rows[first:last] - block.start] = False
        return block.with_(eligible=eligible)
