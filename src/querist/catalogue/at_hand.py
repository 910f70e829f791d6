"""Strategies by name on the signals at hand, under a policy's prices and guards; composites call one another so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from querist.catalogue.names import resolve
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.signals import Signals
from querist.core.state import Past, Picks
from querist.core.strategy import Chosen, Spec, Strategy
from querist.strategies.select import guarded_top_k

NOTHING = np.empty(0, dtype=np.int64)


class AtHand:
    """What a composite strategy chooses by.

    Parameters
    ----------
    policy : Policy
        Whose prices and near-duplicate guard hold for every part.
    signals : Signals
    taken : (n_taken,) int
        Rows that are in the batch already, for another reason; what is like them is left out.
    past : Past, optional
        What was asked before; nothing by default.
    again : bool
        Whether candidates may be labeled already: parts that do not buy again then leave those out.
    """

    def __init__(
        self,
        policy: Policy,
        signals: Signals,
        taken: Rows = NOTHING,
        past: Past | None = None,
        *,
        again: bool = False,
    ) -> None:
        self.policy = policy
        self._signals = signals
        self._taken = taken
        self._past = past or Past()
        self._again = again

    @property
    def signals(self) -> Signals:
        """What is known of the items."""
        return self._signals

    @property
    def past(self) -> Past:
        """What was asked before, and what strategies kept of it."""
        return self._past

    @property
    def by_price(self) -> bool:
        """Whether the policy ranks by utility per dollar, and the prices are known."""
        return self.policy.costs.per_utility and self._signals.has("costs")

    def utilities(self, spec: Spec, /) -> Floats:
        """The utilities of a score, for every item.

        Raises
        ------
        InvalidInput
            If it is no score, or its parameters are not its arguments.
        """
        strategy, params = resolve(spec)
        if strategy.kind != "score":
            raise InvalidInput(f"score: must give every item a utility; {strategy.name} chooses sets. Use a score.")
        return np.asarray(self._run(strategy, params))

    def because(self, spec: Spec, utility: float, /) -> str:
        """A strategy's reason for an item of this utility."""
        return resolve(spec)[0].because(utility)

    def pick(
        self,
        spec: Spec,
        k: int,
        /,
        *,
        candidates: Rows,
        chosen: Rows,
        rng: np.random.Generator,
        params: Mapping[str, Any] | None = None,
        taken: Rows | None = None,
    ) -> Chosen:
        """`k` of the candidates by a strategy; `taken` are rows that others picked for this batch."""
        if taken is not None and len(taken):
            among = AtHand(self.policy, self._signals, np.union1d(self._taken, taken), again=self._again)
            return among.pick(spec, k, candidates=candidates, chosen=chosen, rng=rng, params=params)
        strategy, params = resolve(spec, params)
        if self._again and not strategy.buys_again:
            candidates = np.setdiff1d(candidates, chosen, assume_unique=True)
            k = min(k, len(candidates))
            if not k:
                return Chosen(Picks(NOTHING, np.empty(0), np.empty(0)), ())
        if strategy.kind == "score":
            picks = self.best(self._run(strategy, params), k, candidates=candidates, rng=rng)
        elif strategy.kind == "composite":  # its parts leave out what is taken, and its turn is that of the whole batch
            found: Chosen = self._run(strategy, params, k, candidates=candidates, chosen=chosen, rng=rng)
            return found
        else:
            rows = self._spread(strategy, k, candidates)
            out = np.union1d(chosen, self._taken)
            picks = self._run(strategy, params, k, candidates=rows, chosen=out, rng=rng)
        return Chosen(picks, tuple(strategy.because(float(u)) for u in picks.utilities))

    def _run(self, strategy: Strategy, params: Mapping[str, Any], *k: int, **said: Any) -> Any:
        if strategy.budget is not None and self._past.n_left is not None:
            params = {strategy.budget: self._past.n_left, **params}
        arrays = [self] if strategy.kind == "composite" else [self._signals.get(need) for need in strategy.needs]
        return strategy.run(*arrays, *k, **said, **params)

    def priced(self, utilities: Floats, /) -> Floats:
        """The utilities per dollar where the policy ranks so, else as they are.

        Raises
        ------
        InvalidInput
            If an answer costs nothing, or a utility is below 0.
        """
        if not self.by_price:
            return utilities
        costs = self._signals.get("costs")
        if (free := costs <= 0).any():
            row = int(np.flatnonzero(free)[0])
            raise InvalidInput(
                f"costs: must be above 0 to rank by utility per dollar; row {row} costs {costs[row]}. Price every item."
            )
        if utilities.size and utilities.min() < 0:
            raise InvalidInput(
                f"strategy: must give utilities of at least 0 to be divided by a price; got {utilities.min():.3g}. "
                "Turn off costs.per_utility."
            )
        return np.asarray(utilities / costs)

    def best(self, utilities: Floats, k: int, /, *, candidates: Rows, rng: np.random.Generator) -> Picks:
        """The `k` candidates of highest utility, per dollar and without look-alikes as the policy says."""
        guard, known = self.policy.near_duplicates, self._signals
        # Embeddings that are here already cost nothing to look at; computing them for the guard alone would.
        return guarded_top_k(
            self.priced(utilities),
            k,
            candidates=candidates,
            rng=rng,
            duplicates=known.get("duplicates") if guard is not None and known.has("duplicates") else None,
            embeddings=known.peek("embeddings") if guard is not None and known.ready("embeddings") else None,
            max_cosine=1.0 if guard is None else guard,
            taken=self._taken,
        )

    def _spread(self, strategy: Strategy, k: int, rows: Rows) -> Rows:
        """The candidates without look-alikes, where enough remain."""
        # A random draw stays as it is: taking one of each group would favor items without a double.
        if strategy.drawn or self.policy.near_duplicates is None or not self._signals.has("duplicates"):
            return rows
        groups = self._signals.get("duplicates")
        again = groups[self._taken]
        few = _one_of_each(rows[~np.isin(groups[rows], again[again >= 0])], groups)
        return few if len(few) >= k else rows


def _one_of_each(rows: Rows, duplicates: Array) -> Rows:
    """The first row of each near-duplicate group, and every row that has none."""
    groups = duplicates[rows]
    first = np.unique(groups, return_index=True)[1]
    keep = groups < 0
    keep[first] = True
    kept: Rows = rows[keep]
    return kept
