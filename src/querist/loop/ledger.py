"""What a stream's budget has earned and spent, as a value: it survives a restart because it is plain JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from querist.core import plain
from querist.core.errors import InvalidInput

REPAID = 0.25  # of what items earn, while there is a debt: a loan that was spent in one window is back in four


@dataclass(frozen=True, slots=True)
class Ledger:
    """Where a stream stands with its budget.

    Parameters
    ----------
    seen, asked : int
        Items decided on, and those of them that were asked.
    credit : float
        Labels earned and not yet spent; below zero where the random share ran ahead.
    extra : float
        What an item earns beyond the budget while spending is reopened.
    until : int
        Spending is reopened up to this many items seen.
    owed : float
        Labels that were earned ahead of time and are paid back out of what later items earn.
    memory : mapping of str to JSON value
        What the budget manager keeps: a threshold, the last utilities.

    Examples
    --------
    >>> Ledger.from_json(Ledger(seen=10, asked=1).to_json()).seen
    10
    """

    seen: int = 0
    asked: int = 0
    credit: float = 0.0
    extra: float = 0.0
    until: int = 0
    owed: float = 0.0
    memory: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same ledger."""
        return {
            "seen": self.seen,
            "asked": self.asked,
            "credit": self.credit,
            "extra": self.extra,
            "until": self.until,
            "owed": self.owed,
            "memory": dict(self.memory),
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Ledger:
        """The ledger that `to_json` wrote down."""
        return plain.read(cls, body)


def reopened(ledger: Ledger, *, labels: float, items: int) -> Ledger:
    """The ledger with so many labels lent to it over the next items, to be paid back out of later ones.

    The whole stream's budget stays what it was: while there is a debt, a quarter of what items earn goes to it.

    Parameters
    ----------
    labels : float
        How many labels more than the budget gives.
    items : int
        Over how many items they are given out.

    Raises
    ------
    InvalidInput
        If `labels` is negative or `items` not positive.

    Examples
    --------
    >>> reopened(Ledger(seen=500), labels=10, items=100)
    Ledger(seen=500, asked=0, credit=0.0, extra=0.1, until=600, owed=0.0, memory={})
    """
    if not labels >= 0:
        raise InvalidInput(f"labels: must not be negative; got {labels}. Say how many more may be asked for.")
    if items < 1:
        raise InvalidInput(f"items: must be 1 or more; got {items}. Say over how many items spending is reopened.")
    return replace(ledger, extra=labels / items, until=ledger.seen + items)


def lent(ledger: Ledger, labels: float) -> Ledger:
    """The ledger with so many labels to spend at once, to be paid back out of what later items earn.

    Examples
    --------
    >>> lent(Ledger(), 20).owed
    20.0
    """
    return replace(ledger, credit=ledger.credit + labels, owed=ledger.owed + labels)
