"""Rules that look at the spending and at the learning curve of the test set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.evidence import Point
from querist.core.words import counted, metric_name
from querist.loop.budget import Spending
from querist.loop.stopping.verdict import NOTHING, Evidence, Verdict, crossing, finite, outlook


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """Stop when the policy's budget has no room for another answer."""

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
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
            sentence = f"No budget is set; answers: {bought}."
            return Verdict("budget", False, None, sentence, False, None, "without a budget it never fires")
        figure = float(spent.labels_left) if spent.labels_left is not None else spent.usd_left
        sentence = f"{' and '.join(parts).capitalize()}; {bought}."
        ahead = 0 if stop else _affordable(spent)
        why = "at the mean price of those bought" if spent.usd_left is not None else "what the budget leaves"
        return Verdict(
            "budget", stop, figure, sentence, False, ahead, why if ahead is not None else "no price is known"
        )


@dataclass(frozen=True, slots=True)
class TargetReached:
    """Stop when a metric on the test set has reached a level."""

    metric: str
    target: float

    def __post_init__(self) -> None:
        finite("target", self.target)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where the last point is at the target or above."""
        value, name = _last(points, self.metric), metric_name(self.metric)
        if value is None:
            sentence = f"No {name} is measured yet; the target is {self.target:g}."
            return Verdict("target", False, None, sentence, False, None, "nothing is measured yet")
        word = "has reached" if value >= self.target else "is below"
        sentence = f"{name} is {value:.4g}: it {word} the target of {self.target:g}."
        stop = value >= self.target
        seen = [p for p in points if self.metric in p.metrics]
        ahead = crossing([p.n_labels for p in seen], [p.metrics[self.metric] for p in seen], self.target)
        return Verdict("target", stop, value, sentence, False, *outlook(stop, ahead, len(seen)))


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
        finite("least", self.least)
        if self.window < 3:
            raise InvalidInput(f"window: must be at least 3 points; got {self.window}. A line needs a residual.")

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where the upper bound of the slope is under `least`."""
        seen = [p for p in points if self.metric in p.metrics][-self.window :]
        x = np.array([p.n_labels for p in seen], dtype=float)
        if len(seen) < self.window or np.ptp(x) == 0:
            sentence = (
                f"{len(seen)} of the {self.window} measurements of {metric_name(self.metric)} it needs are there."
            )
            return Verdict("marginal_gain", False, None, sentence, False, None, "the measurements are not there yet")
        slope, error = _line(x, np.array([p.metrics[self.metric] for p in seen]))
        upper = 100 * (slope + float(scipy.special.stdtrit(len(seen) - 2, self.level)) * error)
        sentence = (
            f"100 labels more bring {100 * slope:+.4f} {metric_name(self.metric)}, at most {upper:+.4f} "
            f"({self.level:.0%} bound); they are worth it from {self.least:g}."
        )
        stop = bool(upper < self.least)
        # A curve that is a line in log(n) gains ever less per label: slope times n stays the same.
        ahead = None if slope <= 0 or self.least <= 0 else max(1, round(float(x[-1]) * (upper / self.least - 1)))
        why = "where the curve flattens as a line in the logarithm of the labels" if ahead else "it does not rise"
        forecast, why = outlook(True, 0, len(seen)) if stop else (ahead, why)
        return Verdict("marginal_gain", stop, 100 * slope, sentence, False, forecast, why)


@dataclass(frozen=True, slots=True)
class PerformanceGradient:
    """Stop when the moving median of a metric rises no more.

    Parameters
    ----------
    metric : str
    least : float
        Gain per 100 labels under which another label is not worth its price.
    window : int
        Moving medians through which the line is drawn, at least 2; each is of `median` measurements.
    median : int

    Notes
    -----
    Laws and Schuetze (2008). The median passes over a single lucky or unlucky round; there is no interval.
    """

    metric: str
    least: float
    window: int = 3
    median: int = 3

    def __post_init__(self) -> None:
        finite("least", self.least)
        if self.window < 2 or self.median < 1:
            raise InvalidInput(
                f"window, median: must be at least 2 and 1; got {self.window} and {self.median}. "
                "A slope needs two points."
            )

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where the slope of the last medians is under `least`."""
        seen = [p for p in points if self.metric in p.metrics]
        needed = self.window + self.median - 1
        last = seen[-needed:]
        x = np.array([p.n_labels for p in last], dtype=float)
        if len(last) < needed or np.ptp(x[self.median - 1 :]) == 0:
            sentence = f"{len(last)} of the {needed} measurements of {metric_name(self.metric)} it needs are there."
            return Verdict(
                "performance_gradient", False, None, sentence, False, None, "the measurements are not there yet"
            )
        values = np.array([p.metrics[self.metric] for p in last])
        medians = np.median(np.lib.stride_tricks.sliding_window_view(values, self.median), axis=1)
        dx = x[self.median - 1 :] - x[self.median - 1 :].mean()
        slope = 100 * float(dx @ medians / (dx @ dx))
        stop = slope < self.least
        sentence = (
            f"The moving median of {metric_name(self.metric)} changes by {slope:+.4f} per 100 labels; "
            f"they are worth it from {self.least:g}."
        )
        ahead = None if self.least <= 0 else max(1, round(float(x[-1]) * (slope / self.least - 1)))
        why = "where the curve flattens as a line in the logarithm of the labels"
        forecast, why = outlook(True, 0, len(seen)) if stop else (ahead, why if ahead else "no gain is little enough")
        return Verdict("performance_gradient", stop, slope, sentence, False, forecast, why)


def _line(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope of the least-squares line, and its standard error."""
    dx = x - x.mean()
    slope = float(dx @ y / (dx @ dx))
    residual = y - y.mean() - slope * dx
    return slope, float(np.sqrt(residual @ residual / (len(x) - 2) / (dx @ dx)))


def _last(points: Sequence[Point], metric: str) -> float | None:
    return next((p.metrics[metric] for p in reversed(points) if metric in p.metrics), None)


def _affordable(spent: Spending) -> int | None:
    """Labels that the budget still pays for."""
    found = spent.labels_left
    if spent.usd_left is not None:
        if not (spent.labels and spent.usd > 0):
            return found
        paid = int(spent.usd_left / (spent.usd / spent.labels))
        found = paid if found is None else min(found, paid)
    return found
