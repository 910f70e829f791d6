"""Whether a strategy beats the baseline by more than luck: paired tests over the seeds both were run with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from querist.core.checks import Floats, vector
from querist.core.errors import InvalidInput
from querist.core.evidence import Comparison, Efficiency, Run, Study
from querist.core.rng import generator
from querist.metrics.curves import area, curve, paired, series, t_interval
from querist.metrics.efficiency import efficiencies
from querist.metrics.worth import worth

MOST_SEEDS_EXACT = 12  # 2^12 sign patterns; beyond, Student's t is as good and says the same as the interval beside it


def compare(
    runs_strategy: Sequence[Run],
    runs_baseline: Sequence[Run],
    metric: str,
    *,
    level: float = 0.95,
    higher_is_better: bool = True,
) -> Comparison:
    """Strategy against baseline by the area under the curve, paired over the seeds that both have.

    Parameters
    ----------
    runs_strategy, runs_baseline : sequence of Run
        Of one strategy each.
    metric : str
        A key of the points' metrics.
    level : float
        Confidence of the interval.
    higher_is_better : bool
        False for an error or a loss: a win is then the smaller area. The difference stays strategy minus baseline.

    Returns
    -------
    Comparison
        `p_adjusted` equals `p_value`: this is one comparison. `study` adjusts over several.

    Raises
    ------
    InvalidInput
        If they share fewer than two seeds: one difference has no spread to judge it by.

    Notes
    -----
    Each run's curve is averaged over the labels that all these runs cover, so a pair differs by one number in the
    metric's unit; the interval is Student's t on those differences. The p-value is that of `sign_flip`.
    """
    pairs = paired(runs_strategy, runs_baseline)
    name, base = pairs[0][0].strategy, pairs[0][1].strategy
    if len(pairs) < 2:
        raise InvalidInput(
            f"runs: must share at least two seeds; {name} and {base} share {len(pairs)}. Run more seeds, five or more."
        )
    measured = [series(run, metric)[0] for pair in pairs for run in pair]
    span = (max(float(labels[0]) for labels in measured), min(float(labels[-1]) for labels in measured))
    if span[0] > span[1]:
        raise InvalidInput(
            f"runs: must overlap in numbers of labels; one of {name} and {base} starts at {span[0]:g} where another "
            f"has ended at {span[1]:g}. Compare runs of like budgets."
        )
    differences = np.array([area(a, metric, span=span) - area(b, metric, span=span) for a, b in pairs])
    p_value = sign_flip(differences)
    return Comparison(
        strategy=name,
        baseline=base,
        metric=metric,
        difference=t_interval(differences, level),
        p_value=p_value,
        p_adjusted=p_value,
        n_seeds=len(pairs),
        wins=int(np.sum((differences > 0) if higher_is_better else (differences < 0))),
    )


def sign_flip(differences: npt.ArrayLike) -> float:
    """Two-sided p-value of paired differences against "which of the two came first in a pair was a coin toss".

    Up to 12 pairs, exactly: the share of all 2^n ways to flip signs whose mean is at least as far from 0 as the one
    seen. It assumes nothing but that under the null a difference is as likely as its negative, so it is never wrong
    more often than it says, however few the pairs. The price is that it cannot be small with few: the two-sided p is
    at least 2/2^n, that is 0.25 with 3 pairs, 0.125 with 4, 0.0625 with 5, 0.031 with 6. With five seeds no result,
    however clear, gets below 0.05. Beyond 12 pairs, Student's t on the differences, which the exact test then
    agrees with closely, and which never disagrees with the t-interval shown beside it. Preferred to Wilcoxon's
    signed ranks, which has the same floor and judges the ranks of the differences instead of the mean that we report.

    Notes
    -----
    Fisher (1935), The Design of Experiments, section 21.

    Examples
    --------
    >>> sign_flip([0.02, 0.03, 0.01, 0.04, 0.02])  # all five ahead: only this pattern and its mirror are as extreme
    0.0625
    >>> sign_flip([1.0, -1.0])
    1.0
    """
    d = vector("differences", differences).astype(np.float64)
    n = len(d)
    if n == 0:
        raise InvalidInput("differences: must hold at least one; got none. Run both sides with the same seeds.")
    if not np.any(d):
        return 1.0
    if n <= MOST_SEEDS_EXACT:
        signs = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        sums = np.abs(signs @ d)
        slack = 1e-12 * np.abs(d).sum()  # equal sums in another order of adding differ in the last bit
        return float(np.mean(sums >= sums[0] - slack))
    spread = d.std(ddof=1)
    return 0.0 if spread == 0 else float(2 * scipy.special.stdtr(n - 1, -abs(d.mean()) / (spread / np.sqrt(n))))


def holm(p_values: npt.ArrayLike) -> Floats:
    """Holm's adjusted p-values: below a bound where the chance of any false find among all of them is below it.

    The smallest is multiplied by their number, the next by one less, and so on; none ends below a smaller one's.

    Notes
    -----
    Holm (1979), Scandinavian Journal of Statistics 6(2).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    p = vector("p_values", p_values).astype(np.float64)
    outside = np.flatnonzero((p < 0) | (p > 1))
    if outside.size:
        raise InvalidInput(f"p_values: must lie in 0..1; row {outside[0]} is {p[outside[0]]:g}. Pass probabilities.")
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted


def study(
    title: str,
    runs: Sequence[Run],
    metric: str,
    *,
    baseline: str,
    facts: Mapping[str, Any] | None = None,
    higher_is_better: bool = True,
    level: float = 0.95,
    n_boot: int = 2000,
    seed: int = 0,
) -> Study:
    """Every run, and what the runs say together.

    Parameters
    ----------
    title : str
        Of the page.
    runs : sequence of Run
        Of all strategies, the baseline's among them.
    metric : str
        What efficiencies and comparisons are about. Curves are drawn for every metric that all runs have.
    baseline : str
        The strategy to beat, as a rule "random".
    facts : mapping, optional
        How it was measured: data, learner, seeds, versions.
    higher_is_better : bool
        False for an error or a loss. Kept among the facts, for who reads the study later.
    level : float
        Confidence of every interval.
    n_boot, seed : int
        Resamples for the intervals of the efficiencies, and the seed they are drawn with.

    Returns
    -------
    Study
        The baseline first, the others in the order of their first run. Comparisons are left out where fewer than
        two seeds are shared; their p-values are Holm's over the strategies of this study.
    """
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.strategy, []).append(run)
    if baseline not in groups:
        raise InvalidInput(
            f"baseline: must be one of the strategies run, {', '.join(map(repr, groups)) or 'none'}; got "
            f"{baseline!r}. Run it as well."
        )
    names = [baseline, *(name for name in groups if name != baseline)]
    ours = [name for name in names if name != baseline]
    metrics = [metric, *(m for m in _common_metrics(runs) if m != metric)]
    saved: list[Efficiency] = []
    for name in ours:
        saved += efficiencies(
            groups[name],
            groups[baseline],
            metric,
            rng=generator(seed, "efficiency", name),
            level=level,
            n_boot=n_boot,
            higher_is_better=higher_is_better,
        )
    tests = [
        compare(groups[name], groups[baseline], metric, level=level, higher_is_better=higher_is_better)
        for name in ours
        if len(paired(groups[name], groups[baseline])) > 1
    ]
    adjusted = holm([test.p_value for test in tests])
    bought = [
        worth(
            groups[name],
            groups[baseline],
            metric,
            rng=generator(seed, "worth", name),
            level=level,
            n_boot=n_boot,
            higher_is_better=higher_is_better,
        )
        for name in names
    ]
    return Study(
        title=title,
        metric=metric,
        baseline=baseline,
        runs=tuple(run for name in names for run in groups[name]),
        curves=tuple(curve(groups[name], m, level) for m in metrics for name in names),
        efficiencies=tuple(saved),
        comparisons=tuple(replace(test, p_adjusted=float(p)) for test, p in zip(tests, adjusted, strict=True)),
        facts={**(facts or {}), "higher_is_better": higher_is_better},
        worth=tuple(bought),
    )


def adjusted_together(studies: Sequence[Study]) -> tuple[Study, ...]:
    """Studies of one question whose p-values are Holm's over all their comparisons, since all were tried.

    How many these are is kept among the facts, as `n_tests`.
    """
    tests = [test for each in studies for test in each.comparisons]
    if not tests:
        return tuple(studies)
    p = iter(holm([test.p_value for test in tests]).tolist())
    return tuple(
        replace(
            each,
            comparisons=tuple(replace(test, p_adjusted=next(p)) for test in each.comparisons),
            facts={**each.facts, "n_tests": len(tests)},
        )
        for each in studies
    )


def _common_metrics(runs: Sequence[Run]) -> list[str]:
    """Metrics that every run has somewhere, in the order of the first run."""
    first = [name for point in runs[0].points for name in point.metrics]
    return [
        name
        for name in dict.fromkeys(first)
        if all(any(name in point.metrics and np.isfinite(point.metrics[name]) for point in run.points) for run in runs)
    ]
