"""The tables of a study's page: each cell as it is written, so that the template only places it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from querist.core.evidence import Curve, Interval, Run, Study
from querist.report import formatting as fmt
from querist.report.findings import baseline_efficiency, headline_efficiency, labels_text, ratio_text, verdict


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One strategy's line of the table of results."""

    strategy: str
    color: int
    is_baseline: bool
    final: str
    labels: str
    ratio: str
    ratio_range: str
    area: str
    area_range: str
    p: str
    wins: str
    verdict: str


@dataclass(frozen=True, slots=True)
class LevelTable:
    """Labels needed at every level: a column for each, a row for each strategy with (labels, ratio) cells."""

    levels: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[tuple[str, str], ...]], ...]


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one strategy's runs cost on the mean, and what that bought."""

    strategy: str
    color: int
    labels: str
    dollars: str
    area: str
    area_range: str
    per_thousand: str
    per_thousand_range: str
    per_point: str
    per_point_range: str
    per_dollar: str
    per_dollar_range: str
    seconds: str


@dataclass(frozen=True, slots=True)
class PointTable:
    """The numbers a curve is drawn from: (labels, mean, band) a row."""

    strategy: str
    color: int
    rows: tuple[tuple[str, str, str], ...]


def runs_of(study: Study, strategy: str) -> list[Run]:
    """The runs of one strategy."""
    return [run for run in study.runs if run.strategy == strategy]


def results(study: Study, curves: Sequence[Curve], colors: Mapping[str, int]) -> tuple[ResultRow, ...]:
    """A row for each strategy: where it ended, what it saved, and whether that could be luck."""
    tests = {c.strategy: c for c in study.comparisons}
    of_baseline = baseline_efficiency(study)
    rows = []
    for c in curves:
        saved, test = headline_efficiency(study, c.strategy), tests.get(c.strategy)
        judged = verdict(study, test) if test else ""
        ratio, _, inside = ratio_text(saved).partition(" [")
        is_baseline = c.strategy == study.baseline
        labels = fmt.whole(of_baseline.baseline_labels) if is_baseline and of_baseline else labels_text(saved)
        rows.append(
            ResultRow(
                strategy=c.strategy,
                color=colors[c.strategy],
                is_baseline=is_baseline,
                final=fmt.decimal(float(c.mean[-1]) if len(c.mean) else None),
                labels=labels,
                ratio=ratio,
                ratio_range=inside.removesuffix("]"),
                area=fmt.signed(test.difference.value) if test else fmt.NOTHING,
                area_range=fmt.between(test.difference, sign=True) if test else "",
                p=fmt.p_value(test.p_adjusted) if test else fmt.NOTHING,
                wins=f"{test.wins} of {test.n_seeds}" if test else fmt.NOTHING,
                verdict="no difference shown" if judged == "same" else judged,
            )
        )
    return tuple(rows)


def levels(study: Study, colors: Mapping[str, int]) -> LevelTable | None:
    """Labels needed at every level; None where there is but one."""
    names = list(dict.fromkeys(e.strategy for e in study.efficiencies))
    by_name = {name: [e for e in study.efficiencies if e.strategy == name] for name in names}
    if not names or len(by_name[names[0]]) < 2:
        return None
    first = by_name[names[0]]
    rows = [(study.baseline, 0, tuple((fmt.whole(e.baseline_labels), "") for e in first))]
    for name in names:
        cells = tuple((labels_text(e), "" if ratio_text(e) == labels_text(e) else ratio_text(e)) for e in by_name[name])
        rows.append((name, colors[name], cells))
    return LevelTable(tuple(fmt.decimal(e.target) for e in first), tuple(rows))


def costs(study: Study, curves: Sequence[Curve], colors: Mapping[str, int]) -> tuple[CostRow, ...]:
    """A row for each strategy: labels, dollars and computing time of its runs on the mean, and what that bought."""
    rows, bought = [], {each.strategy: each for each in study.worth}
    for c in curves:
        worth = bought.get(c.strategy)
        area, slope, point = (worth.area, worth.per_thousand, worth.usd_per_point) if worth else (None, None, None)
        per_dollar, _, inside = ratio_text(worth.usd if worth else None).partition(" [")
        spent = [run.seconds for run in runs_of(study, c.strategy)]
        rows.append(
            CostRow(
                strategy=c.strategy,
                color=colors[c.strategy],
                labels=fmt.whole(float(c.n_labels[-1])) if len(c.n_labels) else fmt.NOTHING,
                dollars=fmt.dollars(float(c.cost_usd[-1])) if len(c.cost_usd) else fmt.NOTHING,
                area=fmt.decimal(area.value if area else None),
                area_range=_inside(area),
                per_thousand=fmt.signed(slope.value if slope else None),
                per_thousand_range=_inside(slope, sign=True),
                per_point=fmt.dollars(point.value if point else None),
                per_point_range=_prices(point),
                per_dollar=per_dollar,
                per_dollar_range=inside.removesuffix("]"),
                seconds=fmt.seconds(float(np.mean(spent))) if spent else fmt.NOTHING,
            )
        )
    return tuple(rows)


def _inside(interval: Interval | None, *, sign: bool = False) -> str:
    return fmt.between(interval, sign=sign) if fmt.known(interval) else ""


def _prices(interval: Interval | None) -> str:
    if interval is None or not fmt.known(interval):
        return ""
    high = fmt.dollars(interval.high) if np.isfinite(interval.high) else "no bound"
    return f"{fmt.dollars(interval.low)} to {high}"


def points(curves: Sequence[Curve], colors: Mapping[str, int]) -> tuple[PointTable, ...]:
    """The curves as numbers, for who cannot or will not read them off a chart."""
    return tuple(
        PointTable(
            c.strategy,
            colors[c.strategy],
            tuple(
                (fmt.whole(float(n)), fmt.decimal(float(m)), f"{fmt.decimal(float(lo))} to {fmt.decimal(float(hi))}")
                for n, m, lo, hi in zip(c.n_labels, c.mean, c.low, c.high, strict=True)
            ),
        )
        for c in curves
    )
