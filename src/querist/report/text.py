"""A study as rows of text, for a terminal; numbers are written as on the page."""

from __future__ import annotations

from collections.abc import Sequence

from querist.core.evidence import Study
from querist.core.words import counted
from querist.report.findings import (
    baseline_efficiency,
    finding,
    headline_efficiency,
    labels_text,
    main_curves,
    misses,
    p_floor,
    ratio_text,
)
from querist.report.formatting import decimal, dollars, metric_name, p_value, percent, signed, whole

SURE = 0.05  # the p-value at which a difference counts as shown, at the usual level of 95 %


def study_table(study: Study) -> list[list[str]]:
    """A header and one row per strategy, the baseline first.

    Columns: strategy, final metric, labels to the headline level, efficiency with its interval, difference in area,
    adjusted p, wins: narrow enough for 80 characters. Where labels have a price, what a point of the metric cost, and
    the efficiency with dollars counted in place of labels. The page has the intervals of these too.

    Examples
    --------
    >>> from querist.core.evidence import Curve
    >>> import numpy as np
    >>> c = Curve("random", "accuracy", np.array([10.0]), np.zeros(1), *[np.array([0.5])] * 3, n_runs=1)
    >>> study_table(Study("Digits", "accuracy", "random", (), (c,), (), ()))[1]
    ['random', '0.500', '–', '–', '–', '–', '–']
    """
    of_baseline, curves = baseline_efficiency(study), main_curves(study)
    level = percent(curves[0].level) if curves else "95%"
    header = [
        "strategy",
        metric_name(study.metric),
        f"to {decimal(of_baseline.target)}" if of_baseline else "labels",
        f"efficiency [{level}]",
        "area",
        "p",
        "wins",
    ]
    bought = {each.strategy: each for each in study.worth}
    priced = any(each.usd_per_point is not None or each.usd is not None for each in study.worth)
    rows = []
    tests = {c.strategy: c for c in study.comparisons}
    for curve in curves:
        saved, test = headline_efficiency(study, curve.strategy), tests.get(curve.strategy)
        labels, ratio = labels_text(saved), ratio_text(saved)
        if curve.strategy == study.baseline and of_baseline:
            labels = whole(of_baseline.baseline_labels)
        rows.append(
            [
                curve.strategy,
                decimal(float(curve.mean[-1]) if len(curve.mean) else None),
                labels,
                ratio,
                signed(test.difference.value) if test else "–",
                p_value(test.p_adjusted) if test else "–",
                f"{test.wins} of {test.n_seeds}" if test else "–",
            ]
        )
        if priced and (worth := bought.get(curve.strategy)):
            point = worth.usd_per_point
            rows[-1] += [dollars(point.value if point else None), ratio_text(worth.usd).partition(" [")[0]]
    return [[*header, "a point", "per dollar"] if priced else header, *rows]


def study_sentence(study: Study) -> str:
    """The headline of a study."""
    return finding(study).headline


def study_title(study: Study) -> str:
    """What the table is of: the data, the metric, and over how many seeds."""
    return f"{study.title}: {metric_name(study.metric)}, {counted(_n_seeds(study), 'seed')}"


def study_reading(studies: Sequence[Study]) -> str:
    """How to read the columns of these studies' tables, in lines of text."""
    n = max(map(_n_seeds, studies))
    floor = max(map(p_floor, studies))
    said = (
        "'to' is how many labels reach that level; efficiency is random's labels over the strategy's, with its "
        f"interval;\narea is the mean gain over the whole budget; p is of a paired test over {counted(n, 'seed')}, "
        "Holm-adjusted"
    )
    said += f": with so few it is at least {p_value(floor)}." if floor > SURE else "."
    if any(misses(headline_efficiency(study, c.strategy)) for study in studies for c in study.comparisons):
        said += "\nAn interval from 0.00: in some resamples of the seeds the strategy did not reach that level."
    return said


def _n_seeds(study: Study) -> int:
    return max((curve.n_runs for curve in study.curves), default=0)
