"""How much has been bought, and how much may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats
from querist.core.state import State

Mask = npt.NDArray[np.bool_]
ROUNDING = 1 + 1e-12  # prices summed in another order differ in the last digit


@dataclass(frozen=True, slots=True)
class Spending:
    """What was bought, what is on order, and what the budget leaves.

    Parameters
    ----------
    labels, usd : int, float
        Questions that are answered, and what the answers cost, by the prices expected when they were asked.
    labels_left, usd_left : int, float or None
        What may still be asked for: the budget less what is bought and what is on order. None is no limit.
    pending, pending_usd : int, float
        Questions that are open, and what their answers are expected to cost.
    """

    labels: int
    usd: float
    labels_left: int | None
    usd_left: float | None
    pending: int = 0
    pending_usd: float = 0.0


def spending(state: State) -> Spending:
    """What the answers to the items asked about cost, come or awaited. Labels that came with the data are not bought.

    An open question counts against the budget as an answered one does: its answer will have to be paid for.

    Examples
    --------
    >>> spending(State.start(4, labels={0: 1}))
    Spending(labels=0, usd=0.0, labels_left=None, usd_left=None, pending=0, pending_usd=0.0)
    """
    bought = [q for row, q in state.asked.items() if row in state.labels and row not in state.pending]
    bought += state.earlier
    waiting = [q for row, q in state.asked.items() if row in state.pending]
    usd = float(sum(q.cost_usd for q in bought))
    pending_usd = float(sum(q.cost_usd for q in waiting))
    committed = len(bought) + len(waiting)
    budget = state.policy.budget
    return Spending(
        labels=len(bought),
        usd=usd,
        labels_left=None if budget.labels is None else max(0, budget.labels - committed),
        usd_left=None if budget.usd is None else max(0.0, budget.usd - usd - pending_usd),
        pending=len(waiting),
        pending_usd=pending_usd,
    )


def charged(state: State, usd: Mapping[int, float]) -> State:
    """The state in which answers to these pending rows cost so much, whatever was expected when they were asked.

    Examples
    --------
    >>> from querist.core.state import Query
    >>> query = Query(1, 1, 0, None, 0.5, "random", "exploration", "it was drawn", cost_usd=0.1)
    >>> state = State(3, asked={1: query}, pending={1: query})
    >>> spending(charged(state, {1: 0.25})).pending_usd
    0.25
    """
    if not usd:
        return state
    priced = {row: replace(state.pending[row], cost_usd=price) for row, price in usd.items() if row in state.pending}
    return replace(state, pending={**state.pending, **priced}, asked={**state.asked, **priced})


def affordable(state: State, wanted: int, costs: Floats | None) -> int:
    """How many of `wanted` items the budget pays for, whichever of the candidates they turn out to be.

    Where prices differ, the dearest candidates are reckoned with: the batch never overspends, and how many are
    asked does not depend on which, so propensities stay exact.

    Parameters
    ----------
    costs : (n_candidates,) float or None
        The price of each candidate, in US dollars.
    """
    left = spending(state)
    return n_paid_by(wanted, costs, left.labels_left, left.usd_left)


def n_paid_by(wanted: int, costs: Floats | None, labels_left: int | None, usd_left: float | None) -> int:
    """How many of `wanted` items so much pays for, whichever of the candidates they turn out to be: see `affordable`.

    Examples
    --------
    >>> n_paid_by(5, np.array([0.1, 0.3, 0.2]), None, 0.5), n_paid_by(5, None, 2, None)
    (2, 2)
    """
    if labels_left is not None:
        wanted = min(wanted, labels_left)
    if usd_left is not None and costs is not None and wanted:
        dearest = -np.sort(-costs)[:wanted]
        wanted = int(np.searchsorted(np.cumsum(dearest), usd_left * ROUNDING, side="right"))
    return wanted


def answers_left(state: State, costs: Floats | None) -> int | None:
    """About how many answers the budget still allows, at the candidates' mean price; None where nothing limits them.

    Parameters
    ----------
    costs : (n_candidates,) float or None
        The price of each candidate, in US dollars.

    Examples
    --------
    >>> from querist.core.policy import Budget, Policy
    >>> answers_left(State.start(9, Policy(budget=Budget(usd=2.0))), np.array([0.2, 0.4]))
    6
    """
    left = spending(state)
    found = left.labels_left
    if left.usd_left is not None and costs is not None and len(costs) and costs.mean() > 0:
        paid = int(left.usd_left * ROUNDING / costs.mean())
        found = paid if found is None else min(found, paid)
    return found


def payable(state: State, costs: Floats) -> Mask:
    """Which candidates, by price, the money left can pay for at all: (n_candidates,) bool."""
    left = spending(state).usd_left
    return np.ones(len(costs), dtype=bool) if left is None else np.asarray(costs <= left * ROUNDING)
