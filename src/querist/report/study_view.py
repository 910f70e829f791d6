"""A study laid out for its page: every sentence, cell and chart, so that the template only places them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from querist.core.evidence import Curve, Run, Study
from querist.report import formatting as fmt
from querist.report.charts import Line, Saving, color_class, line_chart, reliability_diagram
from querist.report.dots import Estimate, Pair, interval_chart, pair_chart
from querist.report.findings import (
    FEWER,
    Finding,
    baseline_efficiency,
    finding,
    headline_efficiency,
    main_curves,
    ratio_text,
)
from querist.report.parts import Fact, RoundCard, both, facts, round_cards
from querist.report.study_tables import (
    CostRow,
    LevelTable,
    PointTable,
    ResultRow,
    costs,
    levels,
    points,
    results,
    runs_of,
)

CLASSES_SHOWN = 24
OTHER_METRICS = (
    "accuracy",
    "macro_f1",
    "ece",
    "auc",
    "r2",
    "rmse",
    "mae",
    "log_loss",
    "average_precision",
    "balanced_accuracy",
)
UNSHOWN = ("higher_is_better", "factors", "n_tests")  # what the page says elsewhere
MOST_OTHERS = 4
MOST_BANDS = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its caption."""

    caption: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run of one strategy asked."""

    strategy: str
    color: int
    seed: int
    rounds: tuple[RoundCard, ...]
    n_rounds: int


@dataclass(frozen=True, slots=True)
class StudyView:
    """Everything the page shows of one study."""

    anchor: str
    title: str
    metric: str
    baseline: str
    level: str
    n_seeds: int
    finding: Finding
    headline: Markup
    colors: Mapping[str, int]
    curves: Markup
    banded: tuple[str, ...]
    others: tuple[Figure, ...]
    target: str | None
    results: tuple[ResultRow, ...]
    savings: Markup | None
    levels: LevelTable | None
    per_class: Markup | None
    n_classes_hidden: int
    asked: Asked | None
    calibration: tuple[Figure, ...]
    costs: tuple[CostRow, ...]
    has_price: bool
    has_seconds: bool
    points: tuple[PointTable, ...]
    facts: tuple[Fact, ...]


def strategy_colors(studies: Sequence[Study]) -> dict[str, int]:
    """A color for each strategy, the same in all studies of a page; baselines share the gray one, 0."""
    baselines = {study.baseline: 0 for study in studies}
    names = dict.fromkeys(c.strategy for study in studies for c in study.curves if c.strategy not in baselines)
    return baselines | {name: i for i, name in enumerate(names, start=1)}


def study_view(study: Study, colors: Mapping[str, int], number: int = 1) -> StudyView:
    """Lay out one study, the `number`-th of its page."""
    curves = main_curves(study)
    found = finding(study)
    shown = {study.baseline, found.strategy} if len(curves) > MOST_BANDS else {c.strategy for c in curves}
    reference = found.efficiency or baseline_efficiency(study)
    has_price = any(float(np.max(c.cost_usd, initial=0)) > 0 for c in curves)
    name = fmt.metric_name(study.metric)
    classes, hidden = _per_class(study, found, colors)
    return StudyView(
        anchor=f"study-{number}",
        title=study.title,
        metric=name,
        baseline=study.baseline,
        level=fmt.percent(curves[0].level) if curves else "95%",
        n_seeds=max((c.n_runs for c in curves), default=0),
        finding=found,
        headline=_colored(found.headline, colors),
        colors=colors,
        curves=both(lambda kind: _curves(study, _lines(curves, colors, shown), found, kind)),
        banded=() if len(shown) == len(curves) else tuple(c.strategy for c in curves if c.strategy in shown),
        others=_others(study, colors, shown, has_price),
        target=fmt.decimal(reference.target) if reference else None,
        results=results(study, curves, colors),
        savings=_savings(study, colors),
        levels=levels(study, colors),
        per_class=classes,
        n_classes_hidden=hidden,
        asked=_asked(study, found, colors),
        calibration=_calibration(study, found, colors),
        costs=costs(study, curves, colors),
        has_price=has_price,
        has_seconds=any(run.seconds > 0 for run in study.runs),
        points=points(curves, colors),
        facts=facts({key: value for key, value in study.facts.items() if key not in UNSHOWN}),
    )


def _lines(
    curves: Sequence[Curve], colors: Mapping[str, int], shown: Collection[str | None], *, money: bool = False
) -> list[Line]:
    return [
        Line(
            name=c.strategy,
            color=colors[c.strategy],
            x=[float(v) for v in (c.cost_usd if money else c.n_labels)],
            y=[float(v) for v in c.mean],
            low=[float(v) for v in c.low],
            high=[float(v) for v in c.high],
            faint=c.strategy not in shown,
        )
        for c in curves
    ]


def _bounds(metric: str) -> tuple[float, float] | None:
    return (float("-inf") if metric in fmt.BELOW_ZERO else 0.0, 1.0) if metric in fmt.ONE_OR_LESS else None


def _curves(study: Study, lines: Sequence[Line], found: Finding, kind: str) -> Markup:
    name, saved, saving = fmt.metric_name(study.metric), found.efficiency, None
    told = found.verdict in ("better", "likely better")
    if told and saved and saved.ratio and saved.ratio.value >= FEWER and saved.labels and saved.baseline_labels:
        saving = Saving(saved.target, saved.labels, saved.baseline_labels, f"{fmt.times(saved.ratio.value)} fewer")
    return line_chart(
        lines,
        title=f"{name} against labels",
        x_label="labels",
        y_label=name,
        kind=kind,
        bounds=_bounds(study.metric),
        saving=saving,
    )


def _others(
    study: Study, colors: Mapping[str, int], shown: Collection[str | None], has_price: bool
) -> tuple[Figure, ...]:
    figures = []
    if has_price:
        chart = line_chart(
            _lines(main_curves(study), colors, shown, money=True),
            title=f"{fmt.metric_name(study.metric)} against cost",
            x_label="spent",
            y_label=fmt.metric_name(study.metric),
            kind="small",
            bounds=_bounds(study.metric),
            x_text=fmt.dollars,
        )
        figures.append(Figure(f"{fmt.metric_name(study.metric)}, against what was spent", chart))
    measured = list(dict.fromkeys(c.metric for c in study.curves if c.metric != study.metric))
    chosen = [m for m in OTHER_METRICS if m in measured] + [m for m in measured if m not in OTHER_METRICS]
    for metric in chosen[: MOST_OTHERS - len(figures)]:
        name = fmt.metric_name(metric)
        curves = [c for c in study.curves if c.metric == metric]
        chart = line_chart(
            _lines(curves, colors, shown),
            title=name,
            x_label="labels",
            y_label=name,
            kind="small",
            bounds=_bounds(metric),
        )
        lower = " (lower is better)" if metric in fmt.LOWER_IS_BETTER else ""
        figures.append(Figure(f"{name}{lower}", chart))
    return tuple(figures)


def _savings(study: Study, colors: Mapping[str, int]) -> Markup | None:
    rows = []
    for name in dict.fromkeys(e.strategy for e in study.efficiencies):
        e = headline_efficiency(study, name)
        if e is None:
            continue
        sure = fmt.known(e.ratio)
        rows.append(
            Estimate(
                name=name,
                color=colors[name],
                value=e.ratio.value if e.ratio else e.at_least,
                low=e.ratio.low if e.ratio and sure else None,
                high=e.ratio.high if e.ratio and sure else None,
                text=ratio_text(e),
                open_=e.ratio is None and e.at_least is not None,
            )
        )
    if not rows:
        return None
    axis = f"labels {study.baseline} needs, per label the strategy needs"
    return both(lambda kind: interval_chart(rows, title="Label efficiency", axis=axis, kind=kind))


def _mean_by_class(runs: Sequence[Run], key: str) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for run in runs:
        for name, row in run.per_class.items():
            if key in row and np.isfinite(row[key]) and row.get("support", 1) > 0:
                values.setdefault(name, []).append(float(row[key]))
    return {name: float(np.mean(v)) for name, v in values.items()}


def _subject(study: Study, found: Finding) -> str:
    return found.strategy or study.baseline


def _per_class(study: Study, found: Finding, colors: Mapping[str, int]) -> tuple[Markup | None, int]:
    shown = _subject(study, found)
    base, ours = (_mean_by_class(runs_of(study, name), "recall") for name in (study.baseline, shown))
    rows = [Pair(name, base[name], ours[name], fmt.signed(ours[name] - base[name], 2)) for name in ours if name in base]
    if not rows or shown == study.baseline:
        return None, 0
    kept = sorted(rows, key=lambda r: -abs(r.ours - r.baseline))[:CLASSES_SHOWN]
    rows_kept = [row for row in rows if row in kept]
    chart = both(
        lambda kind: pair_chart(
            rows_kept,
            title="Recall by class",
            axis="recall with all labels bought",
            names=(study.baseline, shown),
            color=colors[shown],
            kind=kind,
        )
    )
    return chart, len(rows) - len(rows_kept)


def _asked(study: Study, found: Finding, colors: Mapping[str, int]) -> Asked | None:
    shown = _subject(study, found)
    run = next((r for r in runs_of(study, shown) if any(x.asked or x.held_back for x in r.rounds)), None)
    if run is None:
        return None
    return Asked(shown, colors[shown], run.seed, round_cards(run.rounds), len(run.rounds))


def _calibration(study: Study, found: Finding, colors: Mapping[str, int]) -> tuple[Figure, ...]:
    figures = []
    for name in dict.fromkeys((study.baseline, _subject(study, found))):
        pooled = _pooled([run.calibration for run in runs_of(study, name)])
        if pooled:
            chart = reliability_diagram(
                pooled, name=name, color=colors[name], title=f"Reliability of the last models of {name}"
            )
            figures.append(Figure(name, chart))
    return tuple(figures)


def _pooled(tables: Sequence[Sequence[tuple[float, float, float]]]) -> list[tuple[float, float, float]]:
    """Reliability bins of several runs as one: rows put in ten bins by confidence and averaged by their shares."""
    rows = np.array([row for table in tables for row in table], dtype=np.float64).reshape(-1, 3)
    rows = rows[np.isfinite(rows).all(axis=1) & (rows[:, 2] > 0)]
    if not len(rows):
        return []
    bins = np.clip(np.ceil(rows[:, 0] * 10) - 1, 0, 9).astype(int)
    share = np.bincount(bins, weights=rows[:, 2])
    held = np.flatnonzero(share)
    sure = np.bincount(bins, weights=rows[:, 0] * rows[:, 2])[held] / share[held]
    right = np.bincount(bins, weights=rows[:, 1] * rows[:, 2])[held] / share[held]
    return list(zip(sure.tolist(), right.tolist(), (share[held] / share.sum()).tolist(), strict=True))


def _colored(sentence: str, colors: Mapping[str, int]) -> Markup:
    """The sentence with each strategy's name in its color, so that words and lines are seen to belong together."""
    out, rest = Markup(""), sentence
    names = sorted(colors, key=len, reverse=True)
    while rest:
        hits = [(at, name) for name in names if (at := rest.find(name)) >= 0 and _alone(rest, at, len(name))]
        if not hits:
            return out + rest
        at, name = min(hits, key=lambda hit: (hit[0], -len(hit[1])))
        out += rest[:at] + Markup('<b class="name {}">{}</b>').format(color_class(colors[name]), name)
        rest = rest[at + len(name) :]
    return out


def _alone(text: str, at: int, size: int) -> bool:
    before, after = text[at - 1 : at], text[at + size : at + size + 1]
    return not (before.isalnum() or before == "_" or after.isalnum() or after == "_")
