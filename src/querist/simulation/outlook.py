"""What the two ways to choose will come to: curves, labels and dollars, from what was simulated and what is wanted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.core.advice import GoalLabels, Money, Outlook
from querist.core.checks import Floats, Rows
from querist.core.evidence import Interval
from querist.metrics import Law
from querist.simulation.expected import LEVEL, Belief
from querist.simulation.pilot import STRATEGY, Pilot

LEAST_EFFICIENCY = 1.1  # a tenth more labels at random: below, keeping a loop costs more care than it saves
DRAWS = 2000
TAILS = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)
SHOWN_BEFORE = 0.2
POINTS_BEFORE, POINTS_AFTER = 15, 27


@dataclass(frozen=True, slots=True)
class Wants:
    """What is asked for, all of it checked.

    Parameters
    ----------
    budget, n_pool : int
        Labels that may be bought, and items without one.
    price : float or None
        Dollars for one answer.
    loop_cost : float
        Dollars that choosing costs beside the labels.
    overlap : int
        Answers bought for each item.
    exploration : float
        Share of what is asked that is drawn at random.
    goal : float or None
        Of the metric.
    least_gain : float
        The least addition to the metric that is worth any labels.
    model_quality, model_cost : float or None
        What a model that is prompted scores on the metric, and its dollars for an item.
    """

    budget: int
    n_pool: int
    price: float | None = None
    loop_cost: float = 0.0
    overlap: int = 1
    exploration: float = 0.0
    goal: float | None = None
    least_gain: float = 0.0
    model_quality: float | None = None
    model_cost: float | None = None

    @property
    def label_usd(self) -> float | None:
        """Dollars for an item's label, all its answers."""
        return None if self.price is None else self.price * self.overlap


def kept(ratio: Floats | float, exploration: float) -> Floats:
    """The efficiency of batches of which a share is drawn at random, where each label counts as one.

    Examples
    --------
    >>> round(float(kept(2.0, 0.1)), 6)
    1.9
    """
    return np.asarray(exploration + (1 - exploration) * np.asarray(ratio, dtype=np.float64))


def least_worth(wants: Wants) -> float:
    """The efficiency from which on choosing saves more than it costs; infinite where none would.

    Examples
    --------
    >>> least_worth(Wants(budget=1000, n_pool=5000, price=1.0, loop_cost=500.0))  # half of 1,000 dollars must be saved
    2.0
    """
    if wants.label_usd is None:
        return LEAST_EFFICIENCY
    whole = wants.budget * wants.label_usd
    if wants.loop_cost >= whole:
        return float("inf")
    rate = 1 / (1 - wants.loop_cost / whole)
    return max(LEAST_EFFICIENCY, (rate - wants.exploration) / (1 - wants.exploration))


def labels_saved(wants: Wants, efficiency: Interval) -> Interval:
    """Labels of the budget left over when what it buys at random is reached by choosing.

    Examples
    --------
    >>> found = labels_saved(Wants(budget=1000, n_pool=5000), Interval(2.0, 1.0, 4.0))
    >>> found.value, found.low, found.high
    (500.0, 0.0, 750.0)
    """
    middle, low, high = (
        float(wants.budget * (1 - 1 / kept(ratio, wants.exploration)))
        for ratio in (efficiency.value, efficiency.low, efficiency.high)
    )
    return Interval(middle, low, high, efficiency.level, efficiency.method)


def money(wants: Wants, saved: Interval) -> Money | None:
    """Dollars of both ways, and what choosing saves net of what it costs; None without a price.

    Examples
    --------
    >>> found = money(Wants(budget=1000, n_pool=5000, price=0.5, loop_cost=100.0), Interval(400.0, 200.0, 600.0))
    >>> found.random_usd, found.strategy_usd.value, found.saving.low, found.saving.high
    (500.0, 400.0, 0.0, 200.0)
    """
    if wants.label_usd is None or wants.price is None:
        return None
    whole = wants.budget * wants.label_usd
    net = [labels * wants.label_usd - wants.loop_cost for labels in (saved.value, saved.low, saved.high)]
    return Money(
        price=wants.price,
        loop_cost=wants.loop_cost,
        random_usd=whole,
        strategy_usd=Interval(whole - net[0], whole - net[2], whole - net[1], saved.level, saved.method),
        saving=Interval(net[0], net[1], net[2], saved.level, saved.method),
    )


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves that the seeds and other data sets allow: each draw is one of random's laws with one efficiency.

    From the labels on hand on, a label of the strategy moves on as many of random's as the efficiency says.
    """

    found: Pilot
    wants: Wants
    which: Rows
    rates: Floats

    @classmethod
    def drawn(cls, found: Pilot, expected: Belief, wants: Wants, rng: np.random.Generator) -> Curves:
        """Draws of both, independent of one another."""
        n_laws = len(found.law.ceiling)
        which = rng.integers(min(1, n_laws - 1), n_laws, size=DRAWS)
        return cls(found, wants, which, kept(expected.draws(rng, DRAWS), wants.exploration))

    @property
    def now(self) -> float:
        """Labels on hand."""
        return float(self.found.data.n_items)

    def random(self) -> Outlook:
        """Random's curve to the end of the budget, from where it no longer dwarfs what is to come."""
        first = max(float(self.found.measured[0, 0]), SHOWN_BEFORE * self.now)
        last = self.now + self.wants.budget
        at = np.unique(np.r_[np.linspace(first, self.now, POINTS_BEFORE), np.linspace(self.now, last, POINTS_AFTER)])
        laws = self.found.law.at(at)
        return _outlook("random", at, laws[0], laws[1:], float(self.found.measured[0, -1]))

    def strategy(self, level_off: bool) -> Outlook:
        """The strategy's, from the labels on hand on; that of random where the curve is level."""
        at = np.linspace(self.now, self.now + self.wants.budget, POINTS_AFTER)
        rates = np.ones(DRAWS) if level_off else self.rates
        many = self.laws.at(self.now + rates[:, None] * (at - self.now))
        middle = self.found.law.at(self.now + np.median(rates) * (at - self.now))[0]
        return _outlook(STRATEGY, at, middle, many, self.now)

    def gain(self) -> Interval:
        """What the whole budget, spent at random, still adds."""
        ends = self.found.law.at([self.now, self.now + self.wants.budget])
        steps = ends[:, 1] - ends[:, 0]
        low, high = _range(steps[1:], steps[0])
        return Interval(float(steps[0]), low, high, LEVEL, f"power laws over {self.found.n_seeds} seeds")

    def end(self) -> float:
        """Random's quality at the end of the budget."""
        return float(self.found.law.at([self.now + self.wants.budget])[0, 0])

    def labels_to(self, level: float) -> GoalLabels:
        """Labels in all to reach a level of the metric."""
        most = self.now + self.wants.n_pool
        random = max(float(self.found.law.labels_to(level)[0]), self.now)
        many = self.now + (np.maximum(self.laws.labels_to(level), self.now) - self.now) / self.rates
        middle = self.now + (random - self.now) / float(np.median(self.rates))
        low, high = np.quantile(many, TAILS, method="inverted_cdf")  # between two infinities there is no middle
        return GoalLabels(
            self.found.metric, level, *(float(v) if v <= most else None for v in (random, middle, low, high))
        )

    @property
    def laws(self) -> Law:
        """Random's law of each draw."""
        law = self.found.law
        return Law(law.ceiling[self.which], law.drop[self.which], law.power[self.which])


def _outlook(name: str, at: Floats, mean: Floats, many: Floats, measured_to: float) -> Outlook:
    low, high = np.quantile(many, TAILS, axis=0) if len(many) else (mean, mean)
    return Outlook(name, at, mean, np.minimum(low, mean), np.maximum(high, mean), measured_to, LEVEL)


def _range(values: Floats, middle: float) -> tuple[float, float]:
    if not len(values):
        return float(middle), float(middle)
    low, high = np.quantile(values, TAILS)
    return float(min(low, middle)), float(max(high, middle))
