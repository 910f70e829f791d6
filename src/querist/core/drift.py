"""What was found when new items were held against old ones, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

About = Literal["inputs", "scores", "labels", "error"]
Action = Literal["watch", "retrain", "relabel", "reopen"]


@dataclass(frozen=True, slots=True)
class DriftCheck:
    """One way of telling new items from old ones, and what it found.

    Parameters
    ----------
    name : str
    about : {"inputs", "scores", "labels", "error"}
        What changed, if anything did.
    statistic : float
        How large the difference is, in the check's own unit.
    p_value : float, optional
        How often a difference as large comes about where nothing has changed; None where the check has a threshold.
    threshold : float, optional
        What the statistic must exceed; None where the check has a p-value.
    drifted : bool
        Whether that is too much to be chance: of a check alone by its own level, after `judge` by the family's.
    sentence : str
        The figure in words.
    n_reference, n_recent : int
        How many of each it looked at.
    p_adjusted : float, optional
        Holm's, over all checks of one look.
    detail : mapping
        What else is worth keeping: the fields that differ, the shares of classes, where the change lies.
    """

    name: str
    about: About
    statistic: float
    p_value: float | None
    threshold: float | None
    drifted: bool
    sentence: str
    n_reference: int
    n_recent: int
    p_adjusted: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DriftPlan:
    """What to do, and why.

    Parameters
    ----------
    action : {"watch", "retrain", "relabel", "reopen"}
        Nothing yet; fit a model anew; ask again about old labels; buy labels of new items.
    why : str
    rule : int
        Which of the rules of `plan` spoke.
    n_labels : int
        How many answers to buy; 0 where none.
    """

    action: Action
    why: str
    rule: int
    n_labels: int = 0
