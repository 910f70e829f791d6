"""Advice before spending, as a value: whether active learning is worth it here, and the plan that follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from querist.core.checks import Floats
from querist.core.evidence import Interval

Verdict = Literal["worth it", "label at random", "label nothing more", "prompt a model"]


@dataclass(frozen=True, slots=True)
class Outlook:
    """A learning curve drawn on beyond what was measured, and where the drawing on begins.

    Arrays are (n_points,). `low` and `high` hold the quality in `level` of what the seeds and, for a strategy, other
    data sets allow.
    """

    strategy: str
    n_labels: Floats
    mean: Floats
    low: Floats
    high: Floats
    measured_to: float
    level: float = 0.9


@dataclass(frozen=True, slots=True)
class Spend:
    """What a round leaves behind: labels and dollars so far, and the quality expected of each way to choose."""

    round: int
    n_labels: int
    usd: float | None
    random: float
    strategy: float


@dataclass(frozen=True, slots=True)
class SpendingPlan:
    """How to go on.

    Parameters
    ----------
    strategy : str
        `random` where choosing is not worth it.
    seed_size : int
        Labels at random before a strategy is of use.
    seed_missing : int
        Of those, the labels still to be given.
    batch_size, n_rounds : int
    overlap : int
        Answers of different people for each item.
    double : float
        Share of items to give to a second person, where `overlap` is 1, so that the noise stays known.
    exploration : float
        Share of each batch that is drawn at random.
    reserve : int
        Labels of the budget kept back, for when the world changes.
    rounds : tuple of Spend
    """

    strategy: str
    seed_size: int
    seed_missing: int
    batch_size: int
    n_rounds: int
    overlap: int
    double: float
    exploration: float
    reserve: int
    rounds: tuple[Spend, ...]


@dataclass(frozen=True, slots=True)
class Money:
    """What the budget costs, and what choosing saves of it, in dollars; `saving` is net of what the loop costs."""

    price: float
    loop_cost: float
    random_usd: float
    strategy_usd: Interval
    saving: Interval


@dataclass(frozen=True, slots=True)
class GoalLabels:
    """Labels in all to reach a level of the metric; None where it is not reached with the whole pool labeled."""

    metric: str
    level: float
    random: float | None
    strategy: float | None
    strategy_low: float | None
    strategy_high: float | None


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether active learning is worth it here, why, and how to go on.

    Parameters
    ----------
    title : str
        Of the data.
    verdict : {"worth it", "label at random", "label nothing more", "prompt a model"}
    headline : str
        The verdict in a sentence.
    reasons : tuple of str
        Each with the figures that it rests on.
    metric : str
    n_labeled, n_pool, budget : int
        Labels on hand, items without one, and labels that may be bought.
    efficiency : Interval
        Labels that random needs, over labels that the strategy needs, as predicted for the budget.
    simulated : Interval
        The same as simulated on the labels on hand alone, before other data sets were heard.
    chance : float
        How sure it is that choosing saves more than it costs, from 0 to 1.
    saved : Interval
        Labels of the budget that choosing saves.
    gain : Interval
        What the whole budget, spent at random, still adds to the metric.
    noise : float or None
        Share of answers that are wrong, as given, or as seen where items were answered more than once.
    plan : SpendingPlan
    money : Money or None
        None where no price was given.
    goal : GoalLabels or None
    outlooks : tuple of Outlook
        Random first.
    facts : mapping
        How it was found, as plain JSON.
    """

    title: str
    verdict: Verdict
    headline: str
    reasons: tuple[str, ...]
    metric: str
    n_labeled: int
    n_pool: int
    budget: int
    efficiency: Interval
    simulated: Interval
    chance: float
    saved: Interval
    gain: Interval
    noise: float | None
    plan: SpendingPlan
    money: Money | None
    goal: GoalLabels | None
    outlooks: tuple[Outlook, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def worth_it(self) -> bool:
        """Whether to choose by a strategy rather than at random, or not to label at all."""
        return self.verdict == "worth it"
