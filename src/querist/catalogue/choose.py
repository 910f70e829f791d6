"""A policy applied: its strategy by name, its quotas, and the reasons that annotators read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from querist.catalogue.at_hand import AtHand
from querist.catalogue.names import resolve
from querist.core.checks import Rows
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.signals import Signals
from querist.core.state import Batch, Past, Picks, State
from querist.core.strategy import Strategy
from querist.loop import step
from querist.loop.coldstart import Trust
from querist.loop.step import Choice
from querist.strategies.select import with_demands


class PolicyChooser:
    """Chooses as a policy says. The loop calls it; it never changes the state.

    Parameters
    ----------
    policy : Policy
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def find(self, name: str, /, *, n_chosen: int | None = None) -> Strategy:
        """The declaration of a strategy, with the needs that the policy's parameters give it.

        `n_chosen` says how many items are labeled or pending, where only what is needed now is asked for.
        """
        return resolve(name, self.policy.params if name == self.policy.strategy else None, n_chosen=n_chosen)[0]

    def choose(
        self,
        name: str,
        k: int,
        *,
        candidates: Rows,
        chosen: Rows,
        rng: np.random.Generator,
        signals: Signals,
        past: Past | None = None,
    ) -> Choice:
        """`k` of the candidates by this strategy, best first."""
        params = self.policy.params if name == self.policy.strategy else None
        reasons: dict[int, str] = {}
        before = past or Past()
        memory: Mapping[str, Any] | None = None
        again = self.find(name, n_chosen=len(chosen)).buys_again

        def pick(n: int, rows: Rows, taken: Rows) -> Picks:
            nonlocal memory
            then = before if memory is None else replace(before, memory=memory)
            at_hand = AtHand(self.policy, signals, taken, then, again=again)
            found = at_hand.pick(name, n, candidates=rows, chosen=chosen, rng=rng, params=params)
            memory = memory if found.memory is None else found.memory
            reasons.update(zip(found.picks.rows.tolist(), found.reasons, strict=True))
            return found.picks

        demands = self._demands(k, signals, by_class=name == self.policy.strategy)
        filled = with_demands(pick, demands, min(k, len(candidates)), candidates=candidates, n_items=signals.n_items)
        picks, in_quota = filled.picks, filled.by_quota
        said = tuple(
            reasons[row] + (", to fill a quota" if quota else "")
            for row, quota in zip(picks.rows.tolist(), in_quota, strict=True)
        )
        return Choice(picks, said, in_quota, memory)

    def _demands(self, k: int, signals: Signals, *, by_class: bool) -> list[tuple[npt.NDArray[np.bool_], int]]:
        """Which items the quotas speak of, and the least picks from each: classes first, then groups."""
        demands = []
        if self.policy.quotas and by_class and signals.has("probs"):
            predicted = signals.get("probs").argmax(axis=1)
            least = least_picks("quotas", "the schema's classes", self.policy, signals.classes, k)
            demands += [(predicted == group, n) for group, n in least.items()]
        if self.policy.group_quotas and signals.has("strata"):
            strata = signals.get("strata")
            names = "the values of the strata field"
            least = least_picks("group_quotas", names, self.policy, signals.strata_names, k)
            demands += [(strata == group, n) for group, n in least.items()]
        return demands


def least_picks(
    kind: Literal["quotas", "group_quotas"], what: str, policy: Policy, names: Sequence[str], k: int
) -> dict[int, int]:
    """The least picks of each group, by its number, among the `k` that a policy's strategy makes.

    A quota is a share of the whole batch, of which the random share takes its part elsewhere. What does not divide goes
    to the largest remainders (Hamilton).

    Parameters
    ----------
    kind, what : str
        Which of the policy's quotas, and what they are of, for the error.
    policy : Policy
    names : sequence of str
        The groups by number.
    k : int
        Picks of the strategy.

    Raises
    ------
    InvalidInput
        If a quota is of no such group.

    Examples
    --------
    >>> policy = Policy(exploration=0.0, quotas={"a": 0.25, "b": 0.25})
    >>> least_picks("quotas", "the classes", policy, ["a", "b", "c"], 10)  # 2.5 each, and 5 in all
    {0: 3, 1: 2}
    """
    quotas: Mapping[str, float] = getattr(policy, kind)
    for name in quotas:
        if name not in names:
            raise InvalidInput(f"{kind}: must be of {what}; got {name!r}. They are {', '.join(map(repr, names[:20]))}.")
    whole = k / (1 - policy.exploration) if policy.exploration < 1 else k
    exact = {names.index(name): share * whole for name, share in quotas.items()}
    least = {group: int(share + 1e-9) for group, share in exact.items()}
    room = min(k, round(sum(exact.values()))) - sum(least.values())
    for group in sorted(exact, key=lambda g: least[g] - exact[g])[: max(0, room)]:
        least[group] += 1
    return least


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
