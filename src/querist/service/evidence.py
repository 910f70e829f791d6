"""What is known of a project's worth: each figure with where it comes from, and how it is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from querist.core.ports import Progress, silent
from querist.core.words import counted, metric_name
from querist.service import estimating, expectation
from querist.service.workspace import Workspace
from querist.store import findings, models
from querist.store.findings import Finding

Name = Literal["estimate", "efficiency"]
Tone = Literal["good", "warn", "bad", "quiet"]
NOT_YET = "–"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of evidence.

    Parameters
    ----------
    name, title : str
    value : str
        Short, as it is shown large; a dash where nothing is known yet.
    sentence : str
        What it says, or what is missing.
    source : str
        Where it comes from.
    page : str
        The page of the documentation that explains it.
    tone : {"good", "warn", "bad", "quiet"}
    lines : tuple of str
        What else there is to say, a sentence each.
    numbers : mapping of str to float
        For a picture: `value`, `low`, `high`, and what it is compared with.
    model : int, optional
        The model that it is about.
    at : datetime, optional
        When it was found.
    """

    name: Name
    title: str
    value: str
    sentence: str
    source: str
    page: str
    tone: Tone = "quiet"
    lines: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    model: int | None = None
    at: datetime | None = None


def evidence(work: Workspace) -> tuple[Figure, ...]:
    """Every figure as it was last found; nothing is fitted, so that it is told at once."""
    with work.database.reading() as conn:
        found = {kind: findings.latest(conn, work.project_id, kind) for kind in findings.KINDS}
    return _estimate(found["estimate"]), _efficiency(found["efficiency"])


def refresh(work: Workspace, *, progress: Progress = silent) -> tuple[Figure, ...]:
    """Find anew what has changed since the last look, keep it, and tell all of it."""
    expectation.refresh(work, progress=progress)
    _refresh_estimate(work, progress)
    return evidence(work)


def _refresh_estimate(work: Workspace, progress: Progress) -> None:
    with work.database.reading() as conn:
        newest = models.latest(conn, work.project_id)
        before = findings.latest(conn, work.project_id, "estimate")
        measured = models.evaluations(conn, work.project_id, split="test")
        suits = work.schema(conn).task in estimating.OF_TASK
    if newest is None or not measured or measured[-1].n_items < 2 or not suits:
        return
    if before is not None and before.model == newest.number:
        return
    said = estimating.believe(work, progress=progress)
    e = said.estimate
    body: dict[str, Any] = {
        "metric": e.metric,
        "value": e.value,
        "low": e.low,
        "high": e.high,
        "level": e.level,
        "method": e.method,
        "n_labels": e.n_labels,
        "n_items": e.n_items,
        "n_uniform": e.n_uniform,
        "trust": e.trust,
        "asked_right": said.asked_right,
        "n_asked": said.n_asked,
    }
    with work.database.transaction() as conn:
        findings.record(conn, work.project_id, "estimate", body, model=said.model)


def _estimate(found: Finding | None) -> Figure:
    source = (
        "Labels of the test set, which was drawn at random and which no strategy chooses from; the model's own "
        "predictions on all of it narrow the range, and cannot bias it."
    )
    page = "ideas/estimates"
    if found is None:
        sentence = "Nothing is measured yet: items of the test set must be labeled, and a model made."
        return Figure("estimate", "How good the model is", NOT_YET, sentence, source, page)
    b = found.body
    name = metric_name(b["metric"])
    sentence = (
        f"{name[0].upper()}{name[1:]} of model {found.model}: between {b['low']:.3f} and {b['high']:.3f} in "
        f"{b['level']:.0%} of repetitions, from {counted(b['n_labels'], 'label')}."
    )
    lines = []
    numbers = {"value": b["value"], "low": b["low"], "high": b["high"]}
    if b["asked_right"] is not None:
        lines.append(
            f"A naive mean would say {b['asked_right']:.3f}: so many of the {b['n_asked']:,} questions that strategies "
            "chose the model had guessed rightly. They were chosen for being hard."
        )
        if b["metric"] == "accuracy":
            numbers["naive"] = b["asked_right"]
    if b["trust"] > 0 and b["n_uniform"] > b["n_labels"]:
        lines.append(f"Without the predictions, so narrow a range would take about {b['n_uniform']:,.0f} labels.")
    return Figure(
        "estimate",
        "How good the model is",
        f"{b['value']:.3f}",
        sentence,
        source,
        page,
        lines=tuple(lines),
        numbers=numbers,
        model=found.model,
        at=found.created_at,
    )


def _efficiency(found: Finding | None) -> Figure:
    source = (
        "Models of the first so many labels that this project bought, beside models of as many labels drawn at random "
        "(other test items and the random share of each round), all measured on the same test items."
    )
    title, page = "What it has saved", "ideas/efficiency"
    if found is None:
        sentence = "Not known yet: it takes some dozens of labeled test items, a model, and two points of each curve."
        return Figure("efficiency", title, NOT_YET, sentence, source, page)
    b = found.body
    name = metric_name(b["metric"])
    if b["ratio"] is None:
        sentence = f"Neither curve rises in {name}: there is nothing to save, or it is too early to tell."
        return Figure("efficiency", title, NOT_YET, sentence, source, page, model=found.model, at=found.created_at)
    sentence = (
        f"{name[0].upper()}{name[1:]} {b['target']:.3f} took {b['labels']:,.0f} labels here; random sampling would "
        f"need {b['random_labels']:,.0f}. The ratio lies between {b['low']:.2f} and {b['high']:.2f} in "
        f"{b['level']:.0%} of repetitions."
    )
    surely, tone = _worth(b["low"], b["high"])
    numbers = {"value": b["ratio"], "low": b["low"], "high": b["high"], "even": 1.0}
    return Figure(
        "efficiency",
        title,
        f"{b['ratio']:.1f}×",
        sentence,
        source,
        page,
        tone=tone,
        lines=(surely,),
        numbers=numbers,
        model=found.model,
        at=found.created_at,
    )


def _worth(low: float, high: float) -> tuple[str, Tone]:
    if low > 1:
        return "It saves labels.", "good"
    if high < 1:
        return "Random sampling would have done better: change the policy's strategy to random.", "bad"
    return "No difference from random sampling is shown yet.", "quiet"
