"""The learning curve of a project as its page draws it: bands where they are known, beside what chance would reach."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from querist.core.schema import Schema
from querist.core.words import metric_name
from querist.metrics import METRICS
from querist.service.workspace import Workspace
from querist.store import findings, models, rounds, versions
from querist.store.db import Connection

Z = 1.959963984540054  # of a band of 95 %
COUNTED = ("accuracy",)  # shares of test items: what a binomial band suits
MANY_CLASSES = 10
SKEW = 2 / 3
RANDOM = "random"  # the "split" under which it is recorded what labels drawn at random would reach


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One model on the test set; `low` and `high` are None where no band is known for the metric."""

    model: int
    n_labels: int
    cost_usd: float
    value: float
    low: float | None
    high: float | None
    metrics: Mapping[str, float | None]
    round: int | None


@dataclass(frozen=True, slots=True)
class RandomPoint:
    """What so many labels drawn at random are expected to reach."""

    n_labels: int
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """What each model measured, by the metric that suits the project, and a sentence on how to read it."""

    metric: str
    points: tuple[CurvePoint, ...]
    random: tuple[RandomPoint, ...] | None
    note: str


def learning_curve(work: Workspace) -> LearningCurve:
    """The curve so far."""
    with work.database.reading() as conn:
        metric = metric_of(conn, work, work.schema(conn))
        measured = models.evaluations(conn, work.project_id, split="test")
        chance = models.evaluations(conn, work.project_id, split=RANDOM)
        after = {
            record.dataset_after: record.number
            for record in rounds.listed(conn, work.project_id)
            if record.dataset_after is not None and record.purpose != "evaluation"
        }
    points = tuple(
        CurvePoint(
            model=row.model,
            n_labels=row.n_labels,
            cost_usd=row.cost_usd,
            value=value,
            low=band[0],
            high=band[1],
            metrics=row.metrics,
            round=after.get(row.dataset),
        )
        for row in measured
        if (value := row.metrics.get(metric)) is not None
        for band in [_band(metric, value, row.n_items)]
    )
    last = chance[-1].model if chance else None
    random = tuple(
        RandomPoint(row.n_labels, value, _number(row.detail, "low", metric), _number(row.detail, "high", metric))
        for row in chance
        if row.model == last and (value := row.metrics.get(metric)) is not None
    )
    n_test = measured[-1].n_items if measured else 0
    return LearningCurve(metric, points, random or None, _note(metric, len(points), n_test, bool(random)))


def n_measured(work: Workspace) -> tuple[int, int]:
    """How often models were measured, and the last finding's number: they change as the curve and the evidence do."""
    with work.database.reading() as conn:
        return models.n_evaluations(conn, work.project_id), findings.last_id(conn, work.project_id)


def metric_of(conn: Connection, work: Workspace, schema: Schema) -> str:
    """The metric that suits the project, by its task and by the labels of the newest dataset version.

    Empty where no model learns the answers.
    """
    if METRICS[schema.task] != METRICS["choice"]:
        return next(iter(METRICS[schema.task]), "")
    newest = versions.latest(conn, work.project_id)
    counts = {} if newest is None else newest.counts
    skewed = max(counts.values(), default=0) > SKEW * max(sum(counts.values()), 1)
    return "macro_f1" if skewed or schema.n_classes > MANY_CLASSES else "accuracy"


def wilson(share: float, n: int) -> tuple[float, float]:
    """Wilson's interval of 95 % for a share of `n`.

    Examples
    --------
    >>> [round(end, 3) for end in wilson(0.8, 100)]
    [0.711, 0.867]
    """
    center = share + Z * Z / (2 * n)
    spread = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return (center - spread) / (1 + Z * Z / n), (center + spread) / (1 + Z * Z / n)


def _band(metric: str, value: float, n: int) -> tuple[float | None, float | None]:
    if metric not in COUNTED or n < 1:
        return None, None
    return wilson(min(max(value, 0.0), 1.0), n)


def _number(detail: Mapping[str, Any], end: str, metric: str) -> float | None:
    found = detail.get(end, {}).get(metric)
    return float(found) if isinstance(found, int | float) else None


def _note(metric: str, n_points: int, n_test: int, random: bool) -> str:
    if not metric:
        return "No model learns answers of this kind, so there is nothing to measure."
    if not n_points:
        return "No model was measured yet: some items of the test set must be labeled, and a model made."
    name = metric_name(metric)
    said = f"{name[0].upper()}{name[1:]} on {n_test:,} labeled items of the test set, which no strategy chooses from."
    if metric in COUNTED:
        said += " The band is where the true value lies in 95 of 100 cases."
    if random:
        said += (
            " Random labels are expected to reach the other line: it is measured on models of some of the test items, "
            "which were drawn at random, and ends where those do."
        )
    return said
