"""A policy applied: its strategy by name, its quotas, and the reasons that annotators read."""

from __future__ import annotations

import numpy as np

from querist.catalogue.at_hand import AtHand
from querist.catalogue.names import resolve
from querist.core.checks import Rows
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.signals import Signals
from querist.core.state import Batch, Picks, State
from querist.core.strategy import Strategy
from querist.loop import step
from querist.loop.coldstart import Trust
from querist.loop.step import Choice
from querist.strategies.select import with_quotas


class PolicyChooser:
    """Chooses as a policy says. The loop calls it; it never changes the state.

    Parameters
    ----------
    policy : Policy
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def find(self, name: str, /) -> Strategy:
        """The declaration of a strategy, with the needs that the policy's parameters give it."""
        return resolve(name, self.policy.params if name == self.policy.strategy else None)[0]

    def choose(
        self, name: str, k: int, *, candidates: Rows, chosen: Rows, rng: np.random.Generator, signals: Signals
    ) -> Choice:
        """`k` of the candidates by this strategy, best first."""
        params = self.policy.params if name == self.policy.strategy else None
        at_hand = AtHand(self.policy, signals)
        reasons: dict[int, str] = {}

        def pick(n: int, rows: Rows, taken: Rows) -> Picks:
            found = at_hand.pick(name, n, candidates=rows, chosen=chosen, rng=rng, taken=taken, params=params)
            reasons.update(zip(found.picks.rows.tolist(), found.reasons, strict=True))
            return found.picks

        if self.policy.quotas and signals.has("probs") and name == self.policy.strategy:
            groups, minimum = signals.get("probs").argmax(axis=1), self._minimum(k, signals)
            filled = with_quotas(pick, groups, minimum, k, candidates=candidates)
            picks, in_quota = filled.picks, filled.by_quota
        else:
            picks = pick(min(k, len(candidates)), candidates, np.empty(0, dtype=np.int64))
            in_quota = np.zeros(len(picks), dtype=bool)
        said = tuple(
            reasons[row] + (", to fill its class's quota" if quota else "")
            for row, quota in zip(picks.rows.tolist(), in_quota, strict=True)
        )
        return Choice(picks, said, in_quota)

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
