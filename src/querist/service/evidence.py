"""What is known of a project's worth: each figure with where it comes from, and how it is to be read."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from querist.core.gate import bounded
from querist.core.ports import Progress, silent
from querist.service import drifting, estimating, expectation, figures, promoting, status
from querist.service.curves import metric_of
from querist.service.figures import Figure
from querist.service.slices import test_use
from querist.service.workspace import Workspace
from querist.store import answers, findings, models


def evidence(work: Workspace) -> tuple[Figure, ...]:
    """Every figure as it was last found; nothing is fitted, so that it is told at once."""
    with work.database.reading() as conn:
        estimate = findings.latest(conn, work.project_id, "estimate")
        efficiency = findings.latest(conn, work.project_id, "efficiency")
        stopping = findings.latest(conn, work.project_id, "stopping")
        used = test_use(work, conn)
    return (
        figures.of_estimate(estimate),
        figures.of_efficiency(efficiency),
        figures.of_stopping(stopping),
        figures.of_gate(promoting.standing(work, limit=1)),
        figures.of_drift(drifting.last(work)),
        figures.of_test_use(used),
    )


def refresh(work: Workspace, *, progress: Progress = silent) -> tuple[Figure, ...]:
    """Find anew what has changed since the last look, keep it, and tell all of it."""
    expectation.refresh(work, progress=progress)
    _refresh_estimate(work, progress)
    _refresh_stopping(work)
    return evidence(work)


def _refresh_estimate(work: Workspace, progress: Progress) -> None:
    with work.database.reading() as conn:
        newest = models.latest(conn, work.project_id)
        before = findings.latest(conn, work.project_id, "estimate")
        measured = models.evaluations(conn, work.project_id, split="test")
        schema = work.schema(conn)
        suits = schema.task in estimating.OF_TASK
        metric = metric_of(conn, work, schema)
        n_labeled = answers.label_counts(conn, work.project_id)["test"]
    if newest is None or not measured or measured[-1].n_items < 2 or not suits:
        return
    if measured[-1].metrics.get(metric) is None:  # as R² of labels that are all the same
        return
    if before is not None and (before.model, before.body.get("n_labeled")) == (newest.number, n_labeled):
        return
    said = estimating.believe(work, progress=progress)
    e = said.estimate
    body: dict[str, Any] = {
        "metric": e.metric,
        "value": e.value,
        "low": bounded(e.low),
        "high": bounded(e.high),
        "level": e.level,
        "method": e.method,
        "n_labels": e.n_labels,
        "n_labeled": n_labeled,
        "n_items": e.n_items,
        "n_uniform": e.n_uniform,
        "trust": e.trust,
        "asked_right": said.asked_right,
        "n_asked": said.n_asked,
    }
    with work.database.transaction() as conn:
        findings.record(conn, work.project_id, "estimate", body, model=said.model)


def _refresh_stopping(work: Workspace) -> None:
    body = {"verdicts": [asdict(each) for each in status.status(work).verdicts]}
    with work.database.transaction() as conn:
        newest = models.latest(conn, work.project_id)
        before = findings.latest(conn, work.project_id, "stopping")
        if newest is not None and (before is None or (before.model, before.body) != (newest.number, body)):
            findings.record(conn, work.project_id, "stopping", body, model=newest.number)
