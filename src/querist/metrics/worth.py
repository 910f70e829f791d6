"""What labels bought: the height of a curve, what 1,000 labels add, and what a point costs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from querist.core.checks import Floats
from querist.core.evidence import Efficiency, Interval, Run, Worth
from querist.metrics.curves import area, series, t_interval
from querist.metrics.efficiency import efficiencies, widened_tail

POINT = 0.01  # what is called a point of a metric
HEADLINE = 0.95  # share of the baseline's gain at which dollars are compared, as labels are


def worth(
    runs: Sequence[Run],
    baseline: Sequence[Run],
    metric: str,
    *,
    rng: np.random.Generator,
    level: float = 0.95,
    n_boot: int = 2000,
    higher_is_better: bool = True,
) -> Worth:
    """The figures of one strategy's runs; against the baseline's, what its dollars bought.

    Parameters
    ----------
    runs, baseline : sequence of Run
        Of one strategy each; the same ones for the baseline itself.
    metric : str
    rng : Generator
        For the bootstrap.
    level : float
        Of every interval.
    n_boot : int
        Resamples of the seeds.
    higher_is_better : bool
        False for an error or a loss, whose gain is how far it fell.

    Notes
    -----
    Area and gain per 1,000 labels are means over seeds with Student's t. A price is a ratio of means, dollars spent
    over points gained, with a percentile bootstrap over seeds widened as that of `efficiency` is.

    Examples
    --------
    >>> from querist.core.evidence import Point
    >>> def run(seed, end):
    ...     points = (Point(10, 1.0, {"accuracy": 0.5}), Point(110, 11.0, {"accuracy": end}))
    ...     return Run("margin", seed, points)
    >>> both = [run(0, 0.7), run(1, 0.8)]
    >>> found = worth(both, both, "accuracy", rng=np.random.default_rng(0))
    >>> round(found.area.value, 3), round(found.per_thousand.value, 3)  # (0.5 + 0.75) / 2; 0.25 / 100 * 1000
    (0.625, 2.5)
    >>> round(found.usd_per_point.value, 3)  # 10 dollars for 25 points
    0.4
    """
    lines = [series(run, metric) for run in runs]
    sign = 1.0 if higher_is_better else -1.0
    bought = np.array([labels[-1] - labels[0] for labels, _, _ in lines])
    paid = np.array([usd[-1] - usd[0] for _, usd, _ in lines])
    gained = np.array([sign * (values[-1] - values[0]) for _, _, values in lines])
    priced = bool((paid > 0).all())
    against: Efficiency | None = None
    if runs[0].strategy != baseline[0].strategy and _spends(runs, metric) and _spends(baseline, metric):
        (against,) = efficiencies(
            runs,
            baseline,
            metric,
            rng=rng,
            shares=(HEADLINE,),
            level=level,
            n_boot=n_boot,
            higher_is_better=higher_is_better,
            unit="usd",
        )
    return Worth(
        strategy=runs[0].strategy,
        metric=metric,
        area=_mean(np.array([area(run, metric) for run in runs]), level),
        per_thousand=_mean(1000 * gained / bought, level) if (bought > 0).all() else None,
        usd_per_point=_price(paid, gained / POINT, rng, level, n_boot) if priced else None,
        usd=against,
    )


def _spends(runs: Sequence[Run], metric: str) -> bool:
    """Whether there is a range of dollars that all the runs went through."""
    spent = [series(run, metric)[1] for run in runs]
    return bool(max(usd[0] for usd in spent) < min(usd[-1] for usd in spent))


def _mean(values: Floats, level: float) -> Interval:
    if len(values) < 2:
        return Interval(float(values[0]), float(values[0]), float(values[0]), level, "one seed: no interval")
    return t_interval(values, level)


def _price(paid: Floats, points: Floats, rng: np.random.Generator, level: float, n_boot: int) -> Interval | None:
    """Dollars a point; None where the seeds gained nothing on the mean."""
    n = len(paid)
    if points.mean() <= 0:
        return None
    value = float(paid.mean() / points.mean())
    if n < 2:
        return Interval(value, value, value, level, "one seed: no interval")
    draws = rng.multinomial(n, np.full(n, 1 / n), size=n_boot)
    spent, got = draws @ paid, draws @ points
    prices = np.divide(spent, got, out=np.full(n_boot, np.inf), where=got > 0)
    tail = widened_tail(n, level)
    low, high = np.quantile(prices, [tail, 1 - tail], method="inverted_cdf")
    method = f"percentile bootstrap over {n} seeds, {n_boot} resamples"
    return Interval(value, min(float(low), value), max(float(high), value), level, method)
