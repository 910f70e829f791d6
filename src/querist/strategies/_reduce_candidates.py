"""Any selection, on the rows that a score puts first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.blocks import Block, Partial
from querist.core.checks import Array, Rows
from querist.core.errors import InvalidInput
from querist.core.rng import generator
from querist.core.signals import BY_MEMBER, OF_THE_MODEL
from querist.core.state import Picks
from querist.core.strategy import Strategy, of
from querist.strategies._best import CARRY, Best, nested, part
from querist.strategies._reducing import Described, check_sizes

KNOWN = ("labels", "labeled", *OF_THE_MODEL)  # signals that come with the reducer, not with the pool


@dataclass(frozen=True)
class Candidates(Described):
    """A strategy of a set, choosing `k` among the `m` rows that a score puts first.

    Parameters
    ----------
    strategy : callable or Strategy
        A declared selection, such as `weighted_k_means` or `k_center`.
    k, m : int
        Picks, and rows to pick them from. Without a score, the m are a simple random sample of the pool.
    seed : int
    params : mapping, optional
        Arguments of the strategy other than its arrays.
    chosen : (n_chosen,) int
        Rows labeled or pending: never picked, but shown to the strategy with what the pool knows of them.
    labels : (n_chosen,) int or float, optional
        The labels of the chosen rows, for strategies that read them. All chosen rows then count as labeled.
    given : mapping of str to array
        Signals of the model and not of items, such as `head`.

    Notes
    -----
    Memory O((m + n_chosen) · width of the strategy's arrays). What it picks from is exact under any blocking, and put
    in ascending order of rows before the strategy sees it, so the picks are the same too. Propensities are the
    strategy's own, given the candidates.

    Examples
    --------
    >>> from querist.strategies import k_center
    >>> two = Candidates(k_center, 2, 3)
    >>> X = np.array([[0.0], [9.0], [1.0], [2.0]])
    >>> block = Block(0, 4, {"embeddings": X}, np.array([0.9, 0.1, 0.8, 0.7]))
    >>> two.finish(two.update(two.start(), block)).rows  # row 1 is far off, but no candidate
    array([2, 0])
    """

    strategy: Callable[..., Any] | Strategy
    k: int
    m: int
    seed: int = 0
    params: Mapping[str, Any] = field(default_factory=dict)
    chosen: Rows = field(default_factory=lambda: np.empty(0, np.int64), repr=False, compare=False)
    labels: Array | None = field(default=None, repr=False, compare=False)
    given: Mapping[str, Array] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_sizes(self.k, self.seed)
        checks.positive("m", self.m)
        if self.m < self.k:
            raise InvalidInput(f"m: must be at least k = {self.k}; got {self.m}. Ten times k is a good start.")
        if self.declared.kind != "select":
            raise InvalidInput(
                f"strategy: must choose a set; {self.declared.name} rates items one by one. Use TopK or Guarded."
            )
        rows = np.asarray(self.chosen)
        highest = int(rows.max(initial=-1)) if rows.dtype.kind in "iu" else 0
        rows = checks.rows("chosen", rows, n_items=highest + 1)
        order = np.argsort(rows)
        object.__setattr__(self, "chosen", rows[order])
        if self.labels is not None:
            labels = np.asarray(self.labels)
            if labels.shape != rows.shape:
                raise InvalidInput(f"labels: must be one per chosen row, {rows.shape}; got {labels.shape}.")
            object.__setattr__(self, "labels", labels[order])

    @property
    def declared(self) -> Strategy:
        """What the strategy says of itself."""
        return self.strategy if isinstance(self.strategy, Strategy) else of(self.strategy)

    @property
    def needs(self) -> tuple[str, ...]:
        """The arrays it reads from a block, beside the utilities."""
        return tuple(need for need in self.declared.needs if need not in KNOWN)

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about it: two with one description give the same picks."""
        return {**Described.describe(self), "strategy": self.declared.name}

    @property
    def _best(self) -> Best:
        return Best(self.m, self.seed, "candidates", self.needs)

    @property
    def _known(self) -> Best:
        return Best(max(1, len(self.chosen)), self.seed, "chosen", self.needs)

    def start(self) -> Partial:
        """What is known before any block."""
        return nested({"best": self._best.start(), "known": self._known.start()})

    def update(self, state: Partial, block: Block) -> Partial:
        """What is known after one block more."""
        first, last = np.searchsorted(self.chosen, [block.start, block.start + block.n])
        known = part("known", state)
        if first < last:
            places = self.chosen[first:last] - block.start
            mine, others = np.zeros(block.n, dtype=bool), np.ones(block.n, dtype=bool)
            mine[places], others[places] = True, False
            known = dict(self._known.update(known, block.with_(eligible=mine, utilities=None)))
            block = block.with_(eligible=others if block.eligible is None else others & block.eligible)
        return nested({"best": self._best.update(part("best", state), block), "known": known})

    def merge(self, a: Partial, b: Partial) -> Partial:
        """What is known of all that was seen in both places."""
        best = self._best.merge(part("best", a), part("best", b))
        return nested({"best": best, "known": self._known.merge(part("known", a), part("known", b))})

    def finish(self, state: Partial) -> Picks:
        """The picks, in the strategy's order."""
        best, known = part("best", state), part("known", state)
        n, n_known = len(best["rows"]), len(known["rows"])
        if not n:
            return Picks(np.empty(0, np.int64), np.empty(0), np.empty(0))
        rows = np.concatenate([best["rows"], known["rows"]])
        order = np.argsort(rows)
        is_known = np.arange(n + n_known)[order] >= n
        picks: Picks = self.declared.run(
            *(self._signal(need, best, known, order, is_known) for need in self.declared.needs),
            self.k,
            candidates=np.flatnonzero(~is_known),
            chosen=np.flatnonzero(is_known),
            rng=generator(self.seed, "candidates"),
            **self.params,
        )
        return Picks(rows[order][picks.rows], picks.utilities, picks.propensities)

    def _signal(self, need: str, best: Partial, known: Partial, order: Rows, is_known: Array) -> Array:
        if need in self.given:
            return self.given[need]
        if need == "labeled" and self.labels is not None:
            return is_known
        if need == "labels" and self.labels is not None:
            out = np.zeros(len(order), dtype=self.labels.dtype)
            out[is_known] = self.labels[np.isin(self.chosen, known["rows"])]
            return out
        if need in KNOWN:
            raise InvalidInput(
                f"{'given' if need in OF_THE_MODEL else 'labels'}: must hold what {self.declared.name} reads, {need}; "
                "got none. Pass it to Candidates."
            )
        held = [p[CARRY + need] for p in (best, known) if len(p["rows"])]
        joined = np.concatenate(held)[order]
        return np.moveaxis(joined, 0, 1) if need in BY_MEMBER else joined
