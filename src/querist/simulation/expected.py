"""How efficient a strategy will be: what the labels on hand say, seen in the light of data sets measured in full."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from querist.core.checks import Floats
from querist.core.evidence import Interval
from querist.simulation.measured import CASES, Case

LEVEL = 0.9
PENALTY = 1.0  # as much as one data set that says that nothing can be foreseen
LEAST_SPREAD = 0.02  # of the logarithm of rates between sets: below, no seed would be heard at all
HEADROOM = (1.0, 8.0)  # between which 0.5 / error foresaw efficiencies; Mussmann and Liang (2018)


@dataclass(frozen=True, slots=True)
class Belief:
    """The logarithm of an efficiency, as Student's t around `center`."""

    center: float
    scale: float
    df: int

    def quantile(self, p: float) -> float:
        """The efficiency below which it lies with probability `p`."""
        return float(np.exp(self.center + self.scale * scipy.special.stdtrit(self.df, p)))

    def chance_above(self, ratio: float) -> float:
        """The probability that the efficiency is above a ratio.

        Examples
        --------
        >>> Belief(0.0, 1.0, 10).chance_above(1.0), Belief(0.0, 1.0, 10).chance_above(float("inf"))
        (0.5, 0.0)
        """
        if not np.isfinite(ratio):
            return 0.0
        if ratio <= 0:
            return 1.0
        return float(scipy.special.stdtr(self.df, (self.center - np.log(ratio)) / self.scale))

    def interval(self, level: float = LEVEL) -> Interval:
        """The middle and the range that holds it with probability `level`."""
        tail = (1 - level) / 2
        method = "simulated on the labels on hand, set right by data sets measured in full"
        return Interval(self.quantile(0.5), self.quantile(tail), self.quantile(1 - tail), level, method)

    def draws(self, rng: np.random.Generator, n: int) -> Floats:
        """(n,) efficiencies."""
        return np.exp(self.center + self.scale * rng.standard_t(self.df, size=n))


def belief(
    log_rate: float, std_error: float, final: float, *, without: Collection[str] = (), cases: Sequence[Case] = CASES
) -> Belief:
    """What to expect of the strategy on this data.

    Parameters
    ----------
    log_rate, std_error : float
        The rate at which the strategy moved along random's curve on the labels on hand, as a logarithm, and its
        standard error over seeds.
    final : float
        The metric with the labels on hand, of a model trained on random ones; 1 is perfect.
    without : collection of str
        Data sets to leave out: those on which a prediction is to be tried.
    cases : sequence of Case
        Data sets whose efficiency was measured in full, each with what small seeds of it said.

    Notes
    -----
    The rate is drawn toward the sets' mean by its reliability, the less the surer it is. A regression on it and on
    log(0.5 / error), with a penalty, foresees the logarithm of the measured efficiency. Its spread is what it missed
    sets by that were left out of it in turn, so that it holds what differs between data sets and no seed can show.
    """
    kept = [case for case in cases if case.name not in without]
    names = sorted({case.name for case in kept})
    x = _Features.of(kept)
    y = np.array([case.log_ratio for case in kept])
    weights = np.array([1 / sum(other.name == case.name for other in kept) for case in kept])
    errors = []
    for name in names:
        out = np.array([case.name == name for case in kept])
        rest = [case for case in kept if case.name != name]
        again = _Features.of(rest)
        fitted = _Line.fit(again.matrix(rest), y[~out], weights[~out])
        errors.append(np.mean((fitted.at(again.matrix([c for c in kept if c.name == name])) - y[out]) ** 2))
    line = _Line.fit(x.matrix(kept), y, weights)
    here = x.matrix([Case("", log_rate, std_error, final, 0.0)])
    return Belief(float(line.at(here)[0]), float(np.sqrt(np.mean(errors))), len(names) - 3)


@dataclass(frozen=True, slots=True)
class _Features:
    """How far a rate is heard: the sets' mean, and the spread of what they truly are around it."""

    mean: float
    spread: float

    @classmethod
    def of(cls, cases: Sequence[Case]) -> _Features:
        names = sorted({case.name for case in cases})
        sums = [[case for case in cases if case.name == name] for name in names]
        means = np.array([np.mean([case.log_rate for case in group]) for group in sums])
        noise = float(np.mean([np.mean([_bounded(case.std_error) ** 2 for case in group]) for group in sums]))
        return cls(float(means.mean()), max(float(means.var(ddof=1)) - noise, LEAST_SPREAD))

    def matrix(self, cases: Sequence[Case]) -> Floats:
        rates = [
            self.mean + (c.log_rate - self.mean) * self.spread / (self.spread + _bounded(c.std_error) ** 2)
            for c in cases
        ]
        heads = [np.log(np.clip(0.5 / max(1 - c.final, 1e-6), *HEADROOM)) for c in cases]
        return np.column_stack([rates, heads])


@dataclass(frozen=True, slots=True)
class _Line:
    """A regression with a penalty on its slopes, of features taken in units of their own spread."""

    center: Floats
    unit: Floats
    mean: float
    slopes: Floats

    @classmethod
    def fit(cls, x: Floats, y: Floats, weights: Floats) -> _Line:
        total = weights.sum()
        center = weights @ x / total
        unit = np.sqrt(np.maximum(weights @ (x - center) ** 2 / total, 1e-9))
        z = (x - center) / unit
        mean = float(weights @ y / total)
        gram = (z * weights[:, None]).T @ z + PENALTY * np.eye(z.shape[1])
        return cls(center, unit, mean, np.linalg.solve(gram, (z * weights[:, None]).T @ (y - mean)))

    def at(self, x: Floats) -> Floats:
        return np.asarray(self.mean + ((x - self.center) / self.unit) @ self.slopes)


def _bounded(std_error: float) -> float:
    return min(std_error, 10.0)
