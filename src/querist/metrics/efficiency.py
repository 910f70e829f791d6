"""How many labels a strategy saves: labels the baseline needs to reach a level, over labels the strategy needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from querist.core.checks import Floats, positive, share
from querist.core.errors import InvalidInput
from querist.core.evidence import Efficiency, Interval, Run, Unit
from querist.metrics.curves import align, paired

SHARES = (0.9, 0.95, 1.0)


def efficiency(
    runs_strategy: Sequence[Run],
    runs_baseline: Sequence[Run],
    metric: str,
    target: float | None = None,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_boot: int = 2000,
    higher_is_better: bool = True,
    unit: Unit = "labels",
) -> Efficiency:
    """Labels the baseline needs, divided by labels the strategy needs, to reach `target`; above 1 labels are saved.

    Labels are counted from the first, the seed set included, on the rising fit of the mean curve over seeds.

    Parameters
    ----------
    runs_strategy, runs_baseline : sequence of Run
        Of one strategy each. Only seeds that both have are used.
    metric : str
        A key of the points' metrics.
    target : float, optional
        The level to reach. By default the baseline's own final level: "how much sooner are we where it ended?"
    rng : Generator
        For the bootstrap.
    level : float
        Confidence of the interval.
    n_boot : int
        Resamples of the seeds.
    higher_is_better : bool
        False for an error or a loss: the level is then reached from above.
    unit : {"labels", "usd"}
        What is needed to reach it.

    Returns
    -------
    Efficiency
        `labels`, `baseline_labels` and `ratio` are None where the target was not reached; where only the baseline
        fell short, `at_least` bounds the ratio by the baseline's whole budget.

    Notes
    -----
    A raw mean curve crosses a level many times; its least-squares monotone fit (isotonic regression: pool adjacent
    violators, Barlow et al. 1972) crosses it once, and is read off straight lines between its points.

    The interval is a percentile bootstrap over seeds, each resample drawing the same seeds for both sides, since they
    share their seed set and their noise. Bootstrap intervals from few seeds are too short, so the percentiles are
    taken wider by Hesterberg's rule (2015, arXiv:1411.5279, section 4.2), which makes that of a mean as long as
    Student's. A default target is found anew in each resample, since it is itself measured. Where a given target is
    missed by the strategy in a resample, that counts as a ratio of 0; where by the baseline, as if it were reached
    with its last label (which can only shorten the interval at the top); where by both, the resample says nothing.
    With one seed there is nothing to resample: the interval is the value itself, and `method` says so.

    No bootstrap interval reaches past the most extreme seed: on made-up curves those of 95 % covered 0.75 of the time
    with three seeds, 0.93 with five, 0.94 with eight. The baseline's final level is the hardest to measure: the end of
    a rising fit is biased upward by noise, so the ratio there leans low and its interval is wide; 95 % of the gain
    (see `efficiencies`) is the better headline.
    """
    sides = _Sides.of(runs_strategy, runs_baseline, metric, rng, n_boot, higher_is_better, unit)
    return sides.efficiency(sides.baseline_level(1.0) if target is None else sides.fixed_level(target), level)


def efficiencies(
    runs_strategy: Sequence[Run],
    runs_baseline: Sequence[Run],
    metric: str,
    *,
    rng: np.random.Generator,
    shares: Sequence[float] = SHARES,
    level: float = 0.95,
    n_boot: int = 2000,
    higher_is_better: bool = True,
    unit: Unit = "labels",
) -> tuple[Efficiency, ...]:
    """`efficiency` at several shares of what the baseline gained between its first point and its last.

    One level can flatter or wrong a strategy: near the baseline's end its curve is flat, and a small difference in
    height is a large one in labels. The same resamples serve all levels.
    """
    sides = _Sides.of(runs_strategy, runs_baseline, metric, rng, n_boot, higher_is_better, unit)
    return tuple(sides.efficiency(sides.baseline_level(share("shares", part)), level) for part in shares)


def labels_to_reach(n_labels: Floats, quality: Floats, target: float) -> float | None:
    """Where the rising fit of a curve first reaches `target`; None where it does not.

    Examples
    --------
    >>> labels_to_reach(np.array([0.0, 10, 20, 30]), np.array([0.0, 0.6, 0.4, 1.0]), 0.75)  # fit: 0, 0.5, 0.5, 1
    25.0
    """
    found = float(reach(n_labels, scipy.optimize.isotonic_regression(quality).x[None, :], np.array([target]))[0])
    return found if np.isfinite(found) else None


@dataclass(frozen=True, slots=True)
class _Sides:
    """Rising fits of both mean curves: row 0 of what was measured, the others of resampled seeds."""

    names: tuple[str, str]
    metric: str
    n_seeds: int
    sign: float
    labels: tuple[Floats, Floats]
    fits: tuple[Floats, Floats]
    unit: Unit

    @classmethod
    def of(
        cls,
        runs_strategy: Sequence[Run],
        runs_baseline: Sequence[Run],
        metric: str,
        rng: np.random.Generator,
        n_boot: int,
        higher_is_better: bool,
        unit: Unit,
    ) -> _Sides:
        positive("n_boot", n_boot)
        pairs = paired(runs_strategy, runs_baseline)
        tables = [align([pair[side] for pair in pairs], metric, unit) for side in (0, 1)]
        n, sign = len(pairs), 1.0 if higher_is_better else -1.0
        draws = rng.multinomial(n, np.full(n, 1 / n), size=n_boot if n > 1 else 0) / n
        weights = np.vstack([np.full(n, 1 / n), draws])
        fits = [
            np.stack([scipy.optimize.isotonic_regression(row).x for row in weights @ (sign * table.values)])
            for table in tables
        ]
        return cls(
            names=(tables[0].strategy, tables[1].strategy),
            metric=metric,
            n_seeds=n,
            sign=sign,
            labels=(tables[0].n_labels, tables[1].n_labels),
            fits=(fits[0], fits[1]),
            unit=unit,
        )

    def baseline_level(self, part: float) -> Floats:
        """The level at this share of the baseline's gain, in each resample its own."""
        fit = self.fits[1]
        return np.asarray(fit[:, -1] - (1 - part) * (fit[:, -1] - fit[:, 0]))

    def fixed_level(self, target: float) -> Floats:
        if not np.isfinite(target):
            raise InvalidInput(f"target: must be a finite level of {self.metric}; got {target!r}. Name one to reach.")
        return np.full(len(self.fits[1]), self.sign * target)

    def efficiency(self, targets: Floats, level: float) -> Efficiency:
        needed, base = (reach(self.labels[side], self.fits[side], targets) for side in (0, 1))
        labels, baseline_labels = _finite(needed[0]), _finite(base[0])
        at_least = ratio = None
        if labels is not None and baseline_labels is not None:
            ratio = self._interval(baseline_labels / labels, needed[1:], base[1:], level)
        elif labels is not None:
            at_least = float(self.labels[1][-1]) / labels
        return Efficiency(
            strategy=self.names[0],
            baseline=self.names[1],
            metric=self.metric,
            target=float(self.sign * targets[0]),
            labels=labels,
            baseline_labels=baseline_labels,
            ratio=ratio,
            at_least=at_least,
            unit=self.unit,
        )

    def _interval(self, value: float, needed: Floats, base: Floats, level: float) -> Interval:
        if self.n_seeds < 2:
            return Interval(value, value, value, level, "one seed: no interval")
        short = np.isinf(needed)
        told = ~(short & np.isinf(base))
        base = np.where(np.isinf(base), self.labels[1][-1], base)
        ratios = np.where(short, 0.0, base / np.where(short, 1.0, needed))[told]
        method = f"percentile bootstrap over {self.n_seeds} seeds, {len(base)} resamples"
        if missed := int(short.sum()):
            method += f"; the strategy missed the target in {missed}"
        tail = widened_tail(self.n_seeds, level)
        low, high = np.quantile(ratios, [tail, 1 - tail])
        return Interval(value, float(min(low, value)), float(max(high, value)), level, method)


def widened_tail(n_seeds: int, level: float) -> float:
    """The share to cut off each end of a bootstrap's resamples of so few seeds: Hesterberg's rule (see `efficiency`).

    Examples
    --------
    >>> round(widened_tail(5, 0.95), 4), round(widened_tail(1000, 0.95), 4)
    (0.001, 0.0248)
    """
    if not 0 < level < 1:
        raise InvalidInput(f"level: must be a confidence above 0 and below 1; got {level!r}. Write 95 % as 0.95.")
    return float(
        scipy.special.ndtr(-np.sqrt(n_seeds / (n_seeds - 1)) * scipy.special.stdtrit(n_seeds - 1, (1 + level) / 2))
    )


def reach(n_labels: Floats, fits: Floats, targets: Floats) -> Floats:
    """First number of labels at which each rising row is at its target; infinite where it never is."""
    there = fits >= targets[:, None]
    at = there.argmax(axis=1)
    rows = np.arange(len(fits))
    before = np.maximum(at - 1, 0)
    low, high = fits[rows, before], fits[rows, at]
    part = np.divide(targets - low, high - low, out=np.zeros(len(fits)), where=high > low)
    labels = np.where(at > 0, n_labels[before] + part * (n_labels[at] - n_labels[before]), n_labels[0])
    return np.where(there.any(axis=1), labels, np.inf)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
