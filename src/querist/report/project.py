"""A live project as its page shows it: what is labeled, what it taught the model, what was asked and why."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from markupsafe import Markup

from querist.core.copies import Copies
from querist.core.evidence import Point, Round
from querist.core.words import counted
from querist.report import formatting as fmt
from querist.report.charts import Line, line_chart, reliability_diagram
from querist.report.dots import Bar, bars
from querist.report.parts import Fact, RoundCard, both, facts, round_cards

CLASSES_SHOWN = 30
SMALL_METRICS = 4


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One frozen dataset version, or a model: its name, its content hash, and how many labels it holds."""

    name: str
    digest: str
    n_labels: int
    made_at: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProjectView:
    """What a project's page is made of; plain values only, filled by whoever reads the store.

    Parameters
    ----------
    name, target : str
        Of the project, and of what is asked.
    classes : mapping of str to int
        Labels of the pool by class, also of a class with none; empty for a number.
    splits : mapping of str to int
        Items in pool, test, calibration and excluded.
    n_labels, n_pending : int
        Labels resolved, and items out with annotators.
    points : tuple of Point
        Each model's scores on the frozen test set, in order.
    metric : str
        The one the large chart shows.
    rounds : tuple of Round
        What was asked and why.
    budget_labels, budget_usd : optional
        What may be bought in all; None is no limit.
    spent_usd : float
        What the answers so far cost.
    exploration, explored : float, float or None
        The share of random draws that was asked for, and the share of items that were, None before the first round.
    versions : tuple of VersionRow
        Frozen dataset versions and models, newest last.
    status : tuple of str
        Sentences on where the project stands; the first is the page's headline.
    calibration : tuple of (mean confidence, accuracy, share)
        Of the last model.
    n_test : int
        Labeled test items that the last model was measured on; 0 where that is not known.
    per_class : mapping
        Of the last model: precision, recall and F1 by class.
    next_steps : tuple of str
        What to do now; `code` between backticks.
    copies : Copies, optional
        Test and calibration items that have a copy elsewhere, as of now.
    facts : mapping
        How it is done: learner, policy, software versions.
    """

    name: str
    target: str
    classes: Mapping[str, int] = field(default_factory=dict)
    splits: Mapping[str, int] = field(default_factory=dict)
    n_labels: int = 0
    n_pending: int = 0
    points: tuple[Point, ...] = ()
    metric: str = "accuracy"
    rounds: tuple[Round, ...] = ()
    budget_labels: int | None = None
    budget_usd: float | None = None
    spent_usd: float = 0.0
    exploration: float | None = None
    explored: float | None = None
    versions: tuple[VersionRow, ...] = ()
    status: tuple[str, ...] = ()
    calibration: tuple[tuple[float, float, float], ...] = ()
    n_test: int = 0
    per_class: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    next_steps: tuple[str, ...] = ()
    copies: Copies | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProjectLayout:
    """Every sentence, cell and chart of a project's page."""

    headline: str
    sentences: tuple[str, ...]
    figures: tuple[tuple[str, str, str], ...]
    curve: Markup
    others: tuple[tuple[str, Markup], ...]
    classes: Markup | None
    n_classes_hidden: int
    splits: Markup | None
    rounds: tuple[RoundCard, ...]
    n_rounds: int
    calibration: Markup | None
    class_rows: tuple[tuple[str, str, str, str], ...]
    facts: tuple[Fact, ...]


def project_layout(view: ProjectView) -> ProjectLayout:
    """Lay out a project."""
    sentences = view.status or (_plain_status(view),)
    names = list(dict.fromkeys(name for point in view.points for name in point.metrics))
    main = view.metric if view.metric in names or not names else names[0]
    counted = sorted(view.classes.items(), key=lambda pair: -pair[1])
    return ProjectLayout(
        headline=sentences[0],
        sentences=tuple(sentences[1:]),
        figures=_figures(view, main),
        curve=both(lambda kind: _curve(view, main, kind)),
        others=tuple((fmt.metric_name(name), _curve(view, name, "small")) for name in names if name != main)[
            :SMALL_METRICS
        ],
        classes=bars([Bar(name, n, fmt.whole(n)) for name, n in counted[:CLASSES_SHOWN]], title="Labels by class")
        if counted
        else None,
        n_classes_hidden=max(len(counted) - CLASSES_SHOWN, 0),
        splits=bars([Bar(name, n, fmt.whole(n), 0) for name, n in view.splits.items()], title="Items by split")
        if view.splits
        else None,
        rounds=tuple(reversed(round_cards(view.rounds))),
        n_rounds=len(view.rounds),
        calibration=reliability_diagram(
            view.calibration, name=view.name, color=1, title="Reliability of the last model"
        )
        if view.calibration
        else None,
        class_rows=tuple(
            (name, *(fmt.decimal(row.get(key)) for key in ("precision", "recall", "f1")))  # type: ignore[misc]
            for name, row in view.per_class.items()
        ),
        facts=facts(view.facts),
    )


def _plain_status(view: ProjectView) -> str:
    if not view.n_labels:
        return "Nothing is labeled yet."
    waiting = f", {view.n_pending:,} out with annotators" if view.n_pending else ""
    return f"{view.n_labels:,} items are labeled{waiting}."


def _figures(view: ProjectView, main: str) -> tuple[tuple[str, str, str], ...]:
    budget = f"of {view.budget_labels:,}" if view.budget_labels is not None else "no limit set"
    rows = [("labels", fmt.whole(view.n_labels), budget)]
    if view.n_pending:
        rows.append(("out with annotators", fmt.whole(view.n_pending), ""))
    if view.spent_usd or view.budget_usd is not None:
        rows.append(
            (
                "spent",
                fmt.dollars(view.spent_usd),
                f"of {fmt.dollars(view.budget_usd)}" if view.budget_usd is not None else "no limit set",
            )
        )
    if view.points and main in view.points[-1].metrics:
        value = view.points[-1].metrics[main]
        rows.append((fmt.metric_name(main), fmt.decimal(value), _on_test(main, value, view.n_test)))
    if view.explored is not None:
        wanted = f"asked for {fmt.percent(view.exploration)}" if view.exploration is not None else ""
        rows.append(("drawn at random", fmt.percent(view.explored), wanted))
    return tuple(rows)


def _on_test(metric: str, value: float, n: int) -> str:
    if not n:
        return "on the frozen test set"
    said = f"on {counted(n, 'labeled test item')}"
    if metric != "accuracy":
        return said
    low, high = share_interval(value, n)
    return f"{said}, 95% interval {fmt.decimal(low, 2)} to {fmt.decimal(high, 2)}"


def share_interval(value: float, n: int, z: float = 1.96) -> tuple[float, float]:
    """Where a share of n items lies with 95 % confidence (Wilson, 1927): of use up to 0 and 1.

    Examples
    --------
    >>> [round(v, 3) for v in share_interval(0.9, 100)], share_interval(1.0, 4)[1]
    ([0.826, 0.945], 1.0)
    """
    center, half = value + z * z / (2 * n), z * math.sqrt(value * (1 - value) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max((center - half) / scale, 0.0), min((center + half) / scale, 1.0)


def _curve(view: ProjectView, metric: str, kind: str) -> Markup:
    points = [p for p in view.points if metric in p.metrics]
    name, y = fmt.metric_name(metric), [float(p.metrics[metric]) for p in points]
    end = fmt.decimal(y[-1]) if y else None
    line = Line(name, 1, [float(p.n_labels) for p in points], y, y, y, end=end)
    bounds = (0.0, 1.0) if metric in fmt.ONE_OR_LESS - fmt.BELOW_ZERO else None
    return line_chart([line], title=f"{name} against labels", x_label="labels", y_label=name, kind=kind, bounds=bounds)
