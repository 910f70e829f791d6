"""Models as records: how each was made, from which labels, and how it did. The model itself can be fitted again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.core.errors import Conflict, NotFound
from querist.store import projects, versions
from querist.store.columns import finite, utc_now
from querist.store.tables import evaluation, model

TRUST = "cross_validation"  # the "split" under which it is recorded whether a model's scores may be trusted


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """How to fit a model again: recipe, labels, seed, and the model it went on from.

    `dataset` is a dataset version's number, `warm_from` another model's. `probe_digest` tells whether a second fit
    came out the same.
    """

    id: int
    number: int
    recipe: Mapping[str, Any]
    dataset: int
    seed: int
    warm_from: int | None
    probe_digest: str | None
    seconds: float
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One measurement of one model. A metric that is not defined is None."""

    id: int
    model: int
    dataset: int
    split: str
    n_items: int
    n_labels: int
    cost_usd: float
    metrics: Mapping[str, float | None]
    detail: Mapping[str, Any]
    created_at: datetime


def save(
    conn: sa.Connection,
    project_id: int,
    *,
    number: int,
    recipe: Mapping[str, Any],
    dataset: int,
    seed: int,
    seconds: float,
    warm_from: int | None = None,
    probe_digest: str | None = None,
    now: datetime | None = None,
) -> ModelRecord:
    """Record a model that was fitted.

    Raises
    ------
    Conflict
        If `number` is not the next: somebody else trained in between.
    """
    projects.lock(conn, project_id)
    newest = latest(conn, project_id)
    due = 1 if newest is None else newest.number + 1
    if number != due:
        raise Conflict(f"model: must be the next; got {number}, and the next is {due}. Train again.")
    made = model.insert().values(
        project_id=project_id,
        number=number,
        recipe=dict(recipe),
        dataset=dataset,
        seed=seed,
        warm_from=warm_from,
        probe_digest=probe_digest,
        seconds=seconds,
        created_at=now or utc_now(),
    )
    conn.execute(made)
    return get(conn, project_id, number)


def get(conn: sa.Connection, project_id: int, number: int) -> ModelRecord:
    """The model of this number.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = conn.execute(_models(project_id).where(model.c.number == number)).one_or_none()
    if row is None:
        raise NotFound(f"model: must be one of the project's; there is no model {number}. List them.")
    return ModelRecord(**row._mapping)


def latest(conn: sa.Connection, project_id: int) -> ModelRecord | None:
    """The model recorded last, or None before the first."""
    row = conn.execute(_models(project_id).order_by(model.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else ModelRecord(**row._mapping)


def listed(conn: sa.Connection, project_id: int) -> list[ModelRecord]:
    """Every model, in order."""
    return [ModelRecord(**row._mapping) for row in conn.execute(_models(project_id).order_by(model.c.number))]


def is_current(conn: sa.Connection, project_id: int) -> bool:
    """Whether the latest model was fitted on the labels as they are now."""
    newest = latest(conn, project_id)
    if newest is None:
        return False
    return versions.get(conn, project_id, newest.dataset).digest == versions.digest_now(conn, project_id)


def record_evaluation(
    conn: sa.Connection,
    model_id: int,
    *,
    split: str,
    n_items: int,
    n_labels: int,
    cost_usd: float,
    metrics: Mapping[str, float],
    detail: Mapping[str, Any] | None = None,
    now: datetime | None = None,
) -> None:
    """Add a measurement of a model, by the model's `id`; NaN and infinity become None."""
    conn.execute(
        evaluation.insert().values(
            model_id=model_id,
            split=split,
            n_items=n_items,
            n_labels=n_labels,
            cost_usd=cost_usd,
            metrics=finite(metrics),
            detail=finite(detail or {}),
            created_at=now or utc_now(),
        )
    )


def evaluations(
    conn: sa.Connection, project_id: int, *, split: str | None = None, number: int | None = None
) -> list[Evaluation]:
    """Measurements in the order of the models. Those on the test set are the learning curve."""
    asked = _evaluations(project_id).order_by(model.c.number, evaluation.c.id)
    if split is not None:
        asked = asked.where(evaluation.c.split == split)
    if number is not None:
        asked = asked.where(model.c.number == number)
    return [Evaluation(**row._mapping) for row in conn.execute(asked)]


def n_evaluations(conn: sa.Connection, project_id: int) -> int:
    """How many measurements there are, of whatever: a few for each model."""
    asked = sa.select(sa.func.count(evaluation.c.id)).join(model, model.c.id == evaluation.c.model_id)
    return conn.scalar(asked.where(model.c.project_id == project_id)) or 0


def last_trust(conn: sa.Connection, project_id: int, until: int | None = None) -> Mapping[str, Any] | None:
    """What was last said of whether models may be trusted, up to model `until`; None if nothing was yet."""
    asked = _evaluations(project_id).where(evaluation.c.split == TRUST).order_by(evaluation.c.id.desc()).limit(1)
    if until is not None:
        asked = asked.where(model.c.number <= until)
    row = conn.execute(asked).one_or_none()
    return None if row is None else Evaluation(**row._mapping).detail


def was_trusted(conn: sa.Connection, project_id: int) -> bool:
    """Whether the last word on trust was yes, for good."""
    said = last_trust(conn, project_id)
    return said is not None and bool(said.get("ok")) and bool(said.get("lasting", True))


def _models(project_id: int) -> sa.Select[Any]:
    return sa.select(*(c for c in model.c if c.name != "project_id")).where(model.c.project_id == project_id)


def _evaluations(project_id: int) -> sa.Select[Any]:
    return (
        sa.select(*(c for c in evaluation.c if c.name != "model_id"), model.c.number.label("model"), model.c.dataset)
        .join(model, model.c.id == evaluation.c.model_id)
        .where(model.c.project_id == project_id)
    )
