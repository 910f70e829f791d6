"""From labels to what a strategy reads: fit, ask whether to trust it, and offer its signals by need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from querist.core.checks import Array, Rows
from querist.core.ports import Learner, Model
from querist.core.schema import Schema
from querist.core.signals import NO_LEARNER, Signals
from querist.learners import kind_of
from querist.loop.coldstart import Trust
from querist.modeling.fitting import Standing, fit
from querist.modeling.kind import Detail, Kind
from querist.modeling.pool import Pool, pool_of, zero_shot_prior
from querist.modeling.tasks import KINDS

__all__ = ["Detail", "Kind", "Pool", "fit", "kind", "pool_of", "predict", "signals", "trust", "zero_shot_prior"]


def kind(schema: Schema) -> Kind:
    """What the answers of this schema are to a model."""
    return KINDS[schema.task]


def predict(model: Model, X: Any, *, schema: Schema) -> Any:
    """What the model says of items, in the form that the task's metrics take."""
    return kind(schema).predict(model, X)


def trust(learner: Learner, pool: Pool, rows: Rows, y: Array, *, schema: Schema, seed: int, number: int) -> Trust:
    """What cross-validation on the labeled rows says of the learner."""
    return kind(schema).trust(learner, pool, rows, y, n_classes=schema.n_classes, seed=seed, number=number)


def signals(
    pool: Pool,
    model: Model | None,
    *,
    schema: Schema,
    learner: Learner,
    labeled: Callable[[], tuple[Rows, Array]],
    seed: int,
    number: int,
    costs: Array | None = None,
    strata: Array | None = None,
    strata_names: Sequence[str] = (),
    duplicates: Array | None = None,
    votes: Array | None = None,
    answers: Callable[[], Array] | None = None,
    unseen: bool = False,
) -> Signals:
    """What is known of the pool, each computed only when a strategy needs it; `unseen` is as `Standing` has it."""
    known: Callable[[], tuple[Rows, Array]] = cache(labeled)
    now = Standing(pool, model, learner, known, schema, seed, number, unseen, answers)
    return Signals(
        pool.n_items,
        classes=schema.options,
        strata_names=strata_names,
        learner_kind=kind_of(model) if kind(schema).learns else NO_LEARNER,
        labeled=lambda: np.isin(np.arange(pool.n_items), known()[0]),
        embeddings=pool.embeddings,
        costs=costs,
        strata=strata,
        duplicates=duplicates,
        votes=votes,
        **kind(schema).sources(now),
    )
