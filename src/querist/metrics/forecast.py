"""Learning curves drawn on beyond what was measured, and how much faster than its baseline a strategy moves along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, positive
from querist.core.errors import InvalidInput
from querist.core.evidence import Run
from querist.metrics.curves import align, paired

POWERS = np.geomspace(0.15, 2.0, 28)  # of published learning curves nearly all lie between; below, a curve has no end
RATES = np.exp(np.linspace(np.log(0.2), np.log(20.0), 461))  # steps of one percent, far below what seeds can tell
FEWEST_POINTS = 4  # a curve of three numbers needs one more to be held to


@dataclass(frozen=True, slots=True)
class Law:
    """Power laws, quality = ceiling - drop * n^-power, one in each place of the arrays: (n_draws,) each."""

    ceiling: Floats
    drop: Floats
    power: Floats

    def at(self, n_labels: npt.ArrayLike) -> Floats:
        """The quality with so many labels, (n_draws, n_points); `n_labels` is (n_points,) or (n_draws, n_points).

        Examples
        --------
        >>> Law(np.array([0.9]), np.array([1.0]), np.array([0.5])).at([25.0, 100.0]).tolist()
        [[0.7, 0.8]]
        """
        n = np.maximum(np.asarray(n_labels, dtype=np.float64), 1.0)
        power = self.power[:, None]
        return np.asarray(self.ceiling[:, None] - self.drop[:, None] * np.atleast_2d(n) ** -power)

    def labels_to(self, level: float) -> Floats:
        """How many labels it takes to reach a level, (n_draws,); infinite where it never does.

        Examples
        --------
        >>> Law(np.array([0.9]), np.array([1.0]), np.array([0.5])).labels_to(0.8).round(6).tolist()
        [100.0]
        """
        gap = self.ceiling - level
        out = np.full(len(gap), np.inf)
        there = gap > 0
        share = np.maximum(self.drop[there], 0.0) / gap[there]
        with np.errstate(over="ignore"):
            out[there] = np.maximum(share, 1e-12) ** (1 / self.power[there])
        return np.asarray(np.maximum(out, 1.0))


@dataclass(frozen=True, slots=True)
class Forecast:
    """What repeated runs say of the curves beyond their end.

    Row 0 of each array is of the mean over all seeds, the others of resampled seeds.

    Parameters
    ----------
    law : Law
        Of the baseline.
    rates : (1 + n_boot,) float
        Labels of the baseline that one of the strategy is worth, after the first batch; 1 where the curve is level,
        for then nothing tells one from another.
    start : float
        Labels of the first batch, which both drew alike.
    end : float
        Labels with which the measuring ended.
    gains : (1 + n_boot,) float
        What the baseline gained from `start` to `end`, read off its law.
    n_seeds : int
    """

    law: Law
    rates: Floats
    start: float
    end: float
    gains: Floats
    n_seeds: int

    def baseline(self, n_labels: npt.ArrayLike) -> Floats:
        """The baseline's quality with so many labels, (1 + n_boot, n_points)."""
        return self.law.at(n_labels)

    @property
    def log_rate(self) -> tuple[float, float]:
        """The logarithm of the rate, and its standard error over seeds."""
        logs = np.log(self.rates)
        return float(logs[0]), float(logs[1:].std(ddof=1)) if len(logs) > 2 else float("inf")


def forecast(
    runs_strategy: Sequence[Run],
    runs_baseline: Sequence[Run],
    metric: str,
    *,
    rng: np.random.Generator,
    n_boot: int = 400,
    most: float = 1.0,
) -> Forecast:
    """A power law for the baseline's mean curve, and the rate at which the strategy moves along it.

    Parameters
    ----------
    runs_strategy, runs_baseline : sequence of Run
        Of one strategy each, with the same first batch in each seed. Only seeds that both have are used.
    metric : str
        A key of the points' metrics, of which more is better.
    rng : Generator
        For the bootstrap over seeds.
    n_boot : int
    most : float
        What the metric cannot exceed, and so no ceiling can.

    Raises
    ------
    InvalidInput
        If the curves have fewer than four points in common.

    Notes
    -----
    A power law with a ceiling fits learning curves of nearly all learners well (Viering and Loog, 2023, The Shape of
    Learning Curves, arXiv:2103.10948); the power is found on a grid, the rest by least squares. The strategy's curve
    is the baseline's with its labels after the first batch stretched, s(n) = b(n0 + r (n - n0)), by the rate r that
    fits best. Unlike the labels to one level, that uses all points, and stays finite where a level is missed. The
    bootstrap draws whole seeds, the same for both sides.

    Examples
    --------
    >>> from querist.core.evidence import Point
    >>> def runs(name, rate):
    ...     at = range(10, 130, 20)
    ...     height = lambda n, seed: 0.9 - (10 + rate * (n - 10)) ** -0.5 + 0.01 * seed
    ...     return [Run(name, s, tuple(Point(n, 0.0, {"accuracy": height(n, s)}) for n in at)) for s in range(3)]
    >>> found = forecast(runs("auto", 2), runs("random", 1), "accuracy", rng=np.random.default_rng(0))
    >>> round(float(found.rates[0]), 1)
    2.0
    """
    positive("n_boot", n_boot)
    pairs = paired(runs_strategy, runs_baseline)
    ours, base = (align([pair[side] for pair in pairs], metric) for side in (0, 1))
    n = len(pairs)
    if min(len(ours.n_labels), len(base.n_labels)) < FEWEST_POINTS:
        raise InvalidInput(
            f"runs: must have at least {FEWEST_POINTS} points of {metric}; got "
            f"{min(len(ours.n_labels), len(base.n_labels))}. Ask in smaller batches."
        )
    draws = rng.multinomial(n, np.full(n, 1 / n), size=n_boot if n > 1 else 0) / n
    weights = np.vstack([np.full(n, 1 / n), draws])
    law = fit_law(base.n_labels, weights @ base.values, most=most)
    start, end = float(base.n_labels[0]), float(base.n_labels[-1])
    rates = _rates(law, start, ours.n_labels, weights @ ours.values)
    ends = law.at([start, end])
    return Forecast(law, rates, start, end, ends[:, 1] - ends[:, 0], n)


def learning_law(
    groups: Sequence[Sequence[Run]],
    metric: str,
    *,
    rng: np.random.Generator,
    n_boot: int = 400,
    most: float = 1.0,
) -> tuple[Law, Floats]:
    """One power law through runs that were measured at several numbers of labels, and the mean curve it was fitted to.

    Parameters
    ----------
    groups : sequence of sequence of Run
        Each of one strategy, all with the same seeds.

    Returns
    -------
    law : Law
        Row 0 of the mean over all seeds, the others of resampled seeds.
    measured : (2, n_points) float
        Labels, rising, and the mean quality with them.

    Raises
    ------
    InvalidInput
        If a group lacks a seed that another has.
    """
    tables = [align(sorted(runs, key=lambda run: run.seed), metric) for runs in groups]
    if len({table.seeds for table in tables}) != 1:
        raise InvalidInput(
            f"groups: must have the same seeds; got {' and '.join(str(list(table.seeds)) for table in tables)}. "
            "Run each with all of them."
        )
    n = len(tables[0].seeds)
    draws = rng.multinomial(n, np.full(n, 1 / n), size=n_boot if n > 1 else 0) / n
    at = np.concatenate([table.n_labels for table in tables])
    values = np.concatenate([table.values for table in tables], axis=1)
    weights = np.vstack([np.full(n, 1 / n), draws])
    grid = np.unique(at)
    mean = np.array([values[:, at == n_labels].mean() for n_labels in grid])
    return fit_law(at, weights @ values, most=most), np.stack([grid, mean])


def fit_law(n_labels: Floats, quality: Floats, *, most: float = 1.0) -> Law:
    """The rising power law of least squares through each row: (n_points,) and (n_draws, n_points)."""
    y = np.atleast_2d(quality)
    best = np.full(len(y), np.inf)
    ceiling, drop, power = np.zeros(len(y)), np.zeros(len(y)), np.ones(len(y))
    for c in POWERS:
        x = n_labels**-c
        centered = x - x.mean()
        b = np.maximum(-(y @ centered) / (centered @ centered), 0.0)
        a = y.mean(axis=1) + b * x.mean()
        over = a > most
        b = np.where(over, np.maximum(((most - y) @ x) / (x @ x), 0.0), b)
        a = np.where(over, most, a)
        error = ((y - a[:, None] + b[:, None] * x) ** 2).sum(axis=1)
        better = error < best
        best = np.where(better, error, best)
        ceiling, drop, power = np.where(better, a, ceiling), np.where(better, b, drop), np.where(better, c, power)
    return Law(ceiling, drop, power)


def _rates(law: Law, start: float, n_labels: Floats, quality: Floats) -> Floats:
    after = n_labels > start
    n, y = n_labels[after], quality[:, after]
    tried = RATES[np.argsort(np.abs(np.log(RATES)), kind="stable")]  # of equally good rates the one nearest to 1
    errors = np.stack([((law.at(start + rate * (n - start)) - y) ** 2).sum(axis=1) for rate in tried], axis=1)
    level = law.drop <= 0
    return np.asarray(np.where(level, 1.0, tried[errors.argmin(axis=1)]))
