"""A strategy by name, its signals, and the policy's quotas, prices and guards, joined into one choice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from querist.catalogue.names import find
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.signals import Signals
from querist.core.state import Batch, Picks, State
from querist.core.strategy import Strategy
from querist.loop import step
from querist.loop.coldstart import Trust
from querist.loop.step import Choice
from querist.strategies.select import guarded_top_k, with_quotas

Pick = Callable[[int, Rows, Rows], Picks]


class PolicyChooser:
    """Chooses as a policy says. The loop calls it; it never changes the state.

    Parameters
    ----------
    policy : Policy
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def find(self, name: str, /) -> Strategy:
        """The declaration of a strategy."""
        return find(name)

    def choose(
        self, name: str, k: int, *, candidates: Rows, chosen: Rows, rng: np.random.Generator, signals: Signals
    ) -> Choice:
        """`k` of the candidates by this strategy, best first."""
        strategy = find(name)
        params: dict[str, Any] = dict(self.policy.params) if name == self.policy.strategy else {}
        arrays = [signals.get(need) for need in strategy.needs]
        try:
            if strategy.kind == "score":
                utilities = self._priced(strategy.run(*arrays, **params), strategy, signals)
                pick = self._by_score(utilities, signals, rng)
            else:
                pick = self._by_set(strategy, arrays, params, chosen, signals, rng)
        except TypeError as error:
            if params and "keyword argument" in str(error):
                raise InvalidInput(f"params: must be arguments of {name}; {error}. See its page.") from None
            raise
        if self.policy.quotas and signals.has("probs") and name == self.policy.strategy:
            filled = with_quotas(
                pick,
                signals.get("probs").argmax(axis=1),
                self._minimum(k, signals),
                k,
                candidates=candidates,
            )
            picks, in_quota = filled.picks, filled.by_quota
        else:
            picks = pick(min(k, len(candidates)), candidates, np.empty(0, dtype=np.int64))
            in_quota = np.zeros(len(picks), dtype=bool)
        reasons = tuple(
            strategy.because(float(utility)) + (", to fill its class's quota" if quota else "")
            for utility, quota in zip(picks.utilities, in_quota, strict=True)
        )
        return Choice(picks, reasons, in_quota)

    def _priced(self, utilities: Floats, strategy: Strategy, signals: Signals) -> Floats:
        if not self.policy.costs.per_utility or not signals.has("costs"):
            return utilities
        costs = signals.get("costs")
        if (free := costs <= 0).any():
            row = int(np.flatnonzero(free)[0])
            raise InvalidInput(
                f"costs: must be above 0 to rank by utility per dollar; row {row} costs {costs[row]}. Price every item."
            )
        if utilities.size and utilities.min() < 0:
            raise InvalidInput(
                f"strategy: must give utilities of at least 0 to be divided by a price; {strategy.name} gives "
                f"{utilities.min():.3g}. Turn off costs.per_utility."
            )
        return np.asarray(utilities / costs)

    def _by_score(self, utilities: Floats, signals: Signals, rng: np.random.Generator) -> Pick:
        guard = self.policy.near_duplicates
        # Embeddings that are here already cost nothing to look at; computing them for the guard alone would.
        embeddings = signals.peek("embeddings") if guard is not None and signals.ready("embeddings") else None
        duplicates = signals.get("duplicates") if guard is not None and signals.has("duplicates") else None

        def pick(k: int, rows: Rows, taken: Rows) -> Picks:
            return guarded_top_k(
                utilities,
                k,
                candidates=rows,
                rng=rng,
                duplicates=duplicates,
                embeddings=embeddings,
                max_cosine=1.0 if guard is None else guard,
                taken=taken,
            )

        return pick

    def _by_set(
        self,
        strategy: Strategy,
        arrays: list[Array],
        params: dict[str, Any],
        chosen: Rows,
        signals: Signals,
        rng: np.random.Generator,
    ) -> Pick:
        # A random draw stays as it is: taking one of each group would favor items without a double.
        drawn = not strategy.needs or strategy.family == "start"
        spread = self.policy.near_duplicates is not None and signals.has("duplicates") and not drawn
        duplicates = signals.get("duplicates") if spread else None

        def pick(k: int, rows: Rows, taken: Rows) -> Picks:
            few = rows if duplicates is None else _one_of_each(rows, duplicates)
            picks: Picks = strategy.run(
                *arrays,
                k,
                candidates=few if len(few) >= k else rows,
                chosen=np.union1d(chosen, taken),
                rng=rng,
                **params,
            )
            return picks

        return pick

    def _minimum(self, k: int, signals: Signals) -> dict[int, int]:
        """Least picks per class: its share of the whole batch, of which the random share takes its part elsewhere."""
        names = signals.classes
        for name in self.policy.quotas:
            if name not in names:
                raise InvalidInput(
                    f"quotas: must be of the schema's classes; got {name!r}. They are {', '.join(map(repr, names))}."
                )
        whole = k / (1 - self.policy.exploration) if self.policy.exploration < 1 else k
        exact = {names.index(name): least * whole for name, least in self.policy.quotas.items()}
        minimum = {group: int(share + 1e-9) for group, share in exact.items()}
        room = min(k, round(sum(exact.values()))) - sum(minimum.values())
        for group in sorted(exact, key=lambda g: minimum[g] - exact[g])[: max(0, room)]:
            minimum[group] += 1  # largest remainders first (Hamilton)
        return minimum


def _one_of_each(rows: Rows, duplicates: Array) -> Rows:
    """The first row of each near-duplicate group, and every row that has none."""
    groups = duplicates[rows]
    first = np.unique(groups, return_index=True)[1]
    keep = groups < 0
    keep[first] = True
    kept: Rows = rows[keep]
    return kept


def ask(state: State, signals: Signals, *, k: int | None = None, trust: Trust | None = None) -> tuple[State, Batch]:
    """The next batch of a bare state, by its policy: for people who keep their own storage.

    Parameters
    ----------
    state : State
    signals : Signals
        What is known of all its items; arrays, or callables that make them at need.
    k : int, optional
        Items to ask, the policy's batch size by default.
    trust : Trust, optional
        What cross-validation says of the model; None takes it as trusted.

    Returns
    -------
    state : State
        In which the batch is pending.
    batch : Batch
        Rows to ask, each with utility, propensity and reason.

    Raises
    ------
    PoolExhausted, BudgetSpent
        If there is nothing left to ask, or nothing left to pay with.

    Examples
    --------
    >>> probs = np.array([[0.9, 0.1], [0.5, 0.5], [0.6, 0.4]])
    >>> state = State.start(3, Policy("margin", batch_size=2, exploration=0.0))
    >>> state, batch = ask(state, Signals(3, probs=probs))
    >>> batch.ids.tolist(), batch.propensities.tolist()
    ([1, 2], [1.0, 1.0])
    """
    return step.ask(state, signals, PolicyChooser(state.policy), k=k, trust=trust)
