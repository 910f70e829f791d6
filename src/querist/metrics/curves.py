"""Learning curves over repeated runs, and what one number says of a curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.evidence import Curve, Interval, Run, Unit


@dataclass(frozen=True, slots=True)
class Aligned:
    """Runs of one strategy as a table: `values` and `cost_usd` are (n_runs, n_points), over one grid of labels.

    Where they were aligned by dollars, `n_labels` holds these.
    """

    strategy: str
    seeds: tuple[int, ...]
    n_labels: Floats
    cost_usd: Floats
    values: Floats


def align(runs: Sequence[Run], metric: str, unit: Unit = "labels") -> Aligned:
    """Runs of one strategy on the numbers of labels where any of them was measured and all of them can be read.

    Between two points a run is read off a straight line; beyond its first and last point it is not read at all, so
    the grid is cut to what all runs cover. Points without the metric are passed over.

    Raises
    ------
    InvalidInput
        If there is no run, runs are of several strategies or repeat a seed, one never has the metric, or no number
        of labels is covered by all.
    """
    if not runs:
        raise InvalidInput("runs: must hold at least one run; got none. Simulate some seeds first.")
    names = sorted({run.strategy for run in runs})
    if len(names) > 1:
        raise InvalidInput(f"runs: must be of one strategy; got {', '.join(names)}. Group them first.")
    _one_per_seed(runs)
    lines = [series(run, metric, unit) for run in runs]
    first, last = max(labels[0] for labels, _, _ in lines), min(labels[-1] for labels, _, _ in lines)
    if first > last:
        raise InvalidInput(
            f"runs: must overlap in numbers of labels; a run of {names[0]} starts at {first:g} {unit} where another "
            f"has ended at {last:g}. Compare runs of like budgets."
        )
    grid = np.unique(np.concatenate([labels for labels, _, _ in lines]))
    grid = grid[(grid >= first) & (grid <= last)]
    return Aligned(
        strategy=names[0],
        seeds=tuple(run.seed for run in runs),
        n_labels=grid,
        cost_usd=np.stack([np.interp(grid, labels, cost) for labels, cost, _ in lines]),
        values=np.stack([np.interp(grid, labels, values) for labels, _, values in lines]),
    )


def paired(runs: Sequence[Run], baseline: Sequence[Run]) -> tuple[tuple[Run, Run], ...]:
    """Runs of two strategies that share a seed, in order of seed.

    Raises
    ------
    InvalidInput
        If they share none (the seed sets then differ, and so does more than the strategy), or one repeats a seed.
    """
    for group in (runs, baseline):
        _one_per_seed(group)
    other = {run.seed: run for run in baseline}
    pairs = tuple((run, other[run.seed]) for run in sorted(runs, key=lambda run: run.seed) if run.seed in other)
    if not pairs:
        raise InvalidInput(
            f"runs: must share seeds with the baseline's; got seeds {sorted(run.seed for run in runs)} against "
            f"{sorted(other)}. Run both with the same seeds."
        )
    return pairs


def curve(runs: Sequence[Run], metric: str, level: float = 0.95) -> Curve:
    """The mean over runs of one strategy, with the band that holds the true mean in `level` of repetitions.

    Parameters
    ----------
    runs : sequence of Run
        Of one strategy, each of another seed.
    metric : str
        A key of the points' metrics.
    level : float
        Confidence of the band, at each number of labels by itself (not of the whole curve at once).

    Notes
    -----
    Student's t over seeds: mean ± t · s / √n. A single run has no spread to learn from: its band is the line itself,
    and `n_runs` of 1 says so. Where runs were measured at different numbers of labels, see `align`.

    Examples
    --------
    >>> from querist.core.evidence import Point
    >>> runs = [Run("random", seed, (Point(10, 0.0, {"accuracy": a}),)) for seed, a in enumerate((0.6, 0.7, 0.8))]
    >>> c = curve(runs, "accuracy")
    >>> c.mean.round(3).tolist(), c.low.round(3).tolist()  # 0.7 - 4.303 * 0.1 / sqrt(3)
    ([0.7], [0.452])
    """
    table = align(runs, metric)
    mean, half = table.values.mean(axis=0), half_width(table.values, level)
    return Curve(
        strategy=table.strategy,
        metric=metric,
        n_labels=table.n_labels,
        cost_usd=table.cost_usd.mean(axis=0),
        mean=mean,
        low=mean - half,
        high=mean + half,
        n_runs=len(table.seeds),
        level=level,
    )


def area(run: Run, metric: str, *, span: tuple[float, float] | None = None) -> float:
    """Mean height of a run's curve over the labels bought (AUBC: area under the budget curve, over its width).

    In the metric's own unit, so that 0.9 reads as "on average over the budget, 0.9". `span` cuts the curve to this
    range of labels, which both runs of a comparison must share. A run of one point has that point's height.

    Examples
    --------
    >>> from querist.core.evidence import Point
    >>> run = Run("random", 0, tuple(Point(n, 0.0, {"accuracy": a}) for n, a in ((10, 0.5), (20, 0.7), (40, 0.7))))
    >>> round(area(run, "accuracy"), 4)  # (10 * 0.6 + 20 * 0.7) / 30
    0.6667
    """
    labels, _, values = series(run, metric)
    low, high = (labels[0], labels[-1]) if span is None else span
    if low > high or low < labels[0] or high > labels[-1]:
        raise InvalidInput(
            f"span: must lie within {labels[0]:g} to {labels[-1]:g} labels, where the run was measured; "
            f"got {low:g} to {high:g}. Cut it to what the runs share."
        )
    if low == high:
        return float(np.interp(low, labels, values))
    grid = np.r_[low, labels[(labels > low) & (labels < high)], high]
    return float(np.trapezoid(np.interp(grid, labels, values), grid) / (high - low))


def per_thousand(curve: Curve) -> float | None:
    """The label-to-quality ratio: how much of the metric 1,000 labels bought, from the curve's first point to its last.

    None where the curve has one point only. It falls as labels add up, so compare curves of like length only.

    Examples
    --------
    >>> c = Curve("margin", "accuracy", np.array([100.0, 300.0]), np.zeros(2), *[np.array([0.7, 0.9])] * 3, n_runs=1)
    >>> round(per_thousand(c), 3)
    1.0
    """
    width = curve.n_labels[-1] - curve.n_labels[0]
    return float((curve.mean[-1] - curve.mean[0]) / width * 1000) if width > 0 else None


def half_width(values: Floats, level: float) -> Floats:
    """Half the width of the t-interval of the mean over rows; 0 with one row. (n_runs, n_points) to (n_points,)."""
    n = len(values)
    if not 0 < level < 1:
        raise InvalidInput(f"level: must be a confidence above 0 and below 1; got {level!r}. Write 95 % as 0.95.")
    if n < 2:
        return np.zeros(values.shape[1])
    return np.asarray(scipy.special.stdtrit(n - 1, (1 + level) / 2) * values.std(axis=0, ddof=1) / np.sqrt(n))


def t_interval(values: Floats, level: float) -> Interval:
    """The t-interval of a mean, from at least two values."""
    half = float(half_width(values[:, None], level)[0])
    mean = float(values.mean())
    return Interval(mean, mean - half, mean + half, level, f"Student's t over {len(values)} seeds")


def series(run: Run, metric: str, unit: Unit = "labels") -> tuple[Floats, Floats, Floats]:
    """Labels, dollars and metric of one run, in order of labels; of two measurements at one number the later counts.

    With dollars for the unit, the first are dollars too.

    Raises
    ------
    InvalidInput
        If the run never has the metric.
    """
    at = [float(p.n_labels if unit == "labels" else p.cost_usd) for p in run.points]
    points = {
        x: p for x, p in zip(at, run.points, strict=True) if metric in p.metrics and np.isfinite(p.metrics[metric])
    }
    if not points:
        known = sorted({name for p in run.points for name in p.metrics})
        raise InvalidInput(
            f"metric: must have been measured in every run; {run.strategy}, seed {run.seed} never has {metric!r} "
            f"(it has {', '.join(known) or 'nothing'}). Choose one that all have."
        )
    kept = [points[n] for n in sorted(points)]
    return (
        np.array(sorted(points)),
        np.array([p.cost_usd for p in kept], dtype=np.float64),
        np.array([p.metrics[metric] for p in kept], dtype=np.float64),
    )


def _one_per_seed(runs: Sequence[Run]) -> None:
    seeds = [run.seed for run in runs]
    if len(set(seeds)) < len(seeds):
        again = next(seed for seed in seeds if seeds.count(seed) > 1)
        raise InvalidInput(
            f"runs: must have one run per seed; {runs[0].strategy} has seed {again} twice. Drop the repeat."
        )
