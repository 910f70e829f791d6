"""When to stop: rules as values, each with its current figure, never silent."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import scipy

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.evidence import Point
from querist.core.words import counted, metric_name
from querist.loop.budget import Spending


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says now: whether to stop, the figure it looked at, and a sentence."""

    rule: str
    stop: bool
    figure: float | None
    sentence: str


class StoppingRule(Protocol):
    """Looks at the learning curve and the spending, and says whether to go on."""

    def verdict(self, points: Sequence[Point], spent: Spending) -> Verdict:
        """What the rule says now."""
        ...


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """Stop when the policy's budget has no room for another answer."""

    def verdict(self, points: Sequence[Point], spent: Spending) -> Verdict:
        """Stop where nothing is left."""
        parts, stop = [], False
        bought = f"{spent.labels} bought" + (
            f", {spent.pending} asked for and not answered yet" if spent.pending else ""
        )
        if spent.labels_left is not None:
            parts.append(f"{counted(spent.labels_left, 'label')} left")
            stop |= spent.labels_left == 0
        if spent.usd_left is not None:
            parts.append(f"{spent.usd_left:.2f} dollars left")
            stop |= spent.usd_left <= 0
        if not parts:
            return Verdict("budget", False, None, f"No budget is set; answers: {bought}.")
        figure = float(spent.labels_left) if spent.labels_left is not None else spent.usd_left
        return Verdict("budget", stop, figure, f"{' and '.join(parts).capitalize()}; {bought}.")


@dataclass(frozen=True, slots=True)
class TargetReached:
    """Stop when a metric on the test set has reached a level."""

    metric: str
    target: float

    def __post_init__(self) -> None:
        _finite("target", self.target)

    def verdict(self, points: Sequence[Point], spent: Spending) -> Verdict:
        """Stop where the last point is at the target or above."""
        value, name = _last(points, self.metric), metric_name(self.metric)
        if value is None:
            return Verdict("target", False, None, f"No {name} is measured yet; the target is {self.target:g}.")
        word = "has reached" if value >= self.target else "is below"
        sentence = f"{name} is {value:.4g}: it {word} the target of {self.target:g}."
        return Verdict("target", value >= self.target, value, sentence)


@dataclass(frozen=True, slots=True)
class MarginalGain:
    """Stop when the gain per 100 labels is surely below what it is worth.

    Parameters
    ----------
    metric : str
    least : float
        Gain per 100 labels under which another label is not worth its price.
    window : int
        Points of the learning curve looked at, at least 3.
    level : float
        Confidence of the upper bound.

    Notes
    -----
    The slope of a least-squares line through the last `window` points, with Student's t for its one-sided upper
    bound. The points share one test set and successive models share labels, so their errors are not independent
    and the bound is rougher than its level says; it guards against stopping on one flat round.
    """

    metric: str
    least: float
    window: int = 5
    level: float = 0.9

    def __post_init__(self) -> None:
        _finite("least", self.least)
        if self.window < 3:
            raise InvalidInput(f"window: must be at least 3 points; got {self.window}. A line needs a residual.")

    def verdict(self, points: Sequence[Point], spent: Spending) -> Verdict:
        """Stop where the upper bound of the slope is under `least`."""
        seen = [p for p in points if self.metric in p.metrics][-self.window :]
        x = np.array([p.n_labels for p in seen], dtype=float)
        if len(seen) < self.window or np.ptp(x) == 0:
            sentence = (
                f"{len(seen)} of the {self.window} measurements of {metric_name(self.metric)} it needs are there."
            )
            return Verdict("marginal_gain", False, None, sentence)
        slope, error = _line(x, np.array([p.metrics[self.metric] for p in seen]))
        upper = 100 * (slope + float(scipy.special.stdtrit(len(seen) - 2, self.level)) * error)
        sentence = (
            f"100 labels more bring {100 * slope:+.4f} {metric_name(self.metric)}, at most {upper:+.4f} "
            f"({self.level:.0%} bound); they are worth it from {self.least:g}."
        )
        return Verdict("marginal_gain", bool(upper < self.least), 100 * slope, sentence)


def rule_from_json(body: Mapping[str, Any]) -> StoppingRule:
    """A rule from plain JSON: `{"rule": "target", "metric": "macro_f1", "target": 0.9}`.

    Examples
    --------
    >>> rule_from_json({"rule": "target", "metric": "accuracy", "target": 0.9})
    TargetReached(metric='accuracy', target=0.9)
    """
    rules: dict[str, Callable[..., StoppingRule]] = {
        "budget": BudgetSpent,
        "target": TargetReached,
        "marginal_gain": MarginalGain,
    }
    kind = checks.one_of("rule", str(body.get("rule")), tuple(rules))
    try:
        return rules[kind](**{name: value for name, value in body.items() if name != "rule"})
    except TypeError as error:
        raise InvalidInput(f"rule {kind!r}: must have its own settings; {error}. See the page on stopping.") from None


def _finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise InvalidInput(f"{name}: must be a finite number to compare with; got {value}.")


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope of the least-squares line, and its standard error."""
    dx = x - x.mean()
    slope = float(dx @ y / (dx @ dx))
    residual = y - y.mean() - slope * dx
    return slope, float(np.sqrt(residual @ residual / (len(x) - 2) / (dx @ dx)))


def _last(points: Sequence[Point], metric: str) -> float | None:
    return next((p.metrics[metric] for p in reversed(points) if metric in p.metrics), None)
