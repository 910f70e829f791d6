"""From labels to a measured model: freeze, fit, measure, record."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from querist.core.answers import Code
from querist.core.errors import Conflict, InvalidInput
from querist.core.hashing import digest
from querist.core.items import take
from querist.core.policy import Policy
from querist.core.ports import Model, Progress, silent
from querist.core.schema import Schema
from querist.core.state import Value
from querist.learners import Recipe
from querist.loop.coldstart import Trust
from querist.modeling import Pool, fit, kind
from querist.modeling import trust as cross_validated
from querist.service import glancing
from querist.service.moves import left_pool
from querist.service.standing import Labels, as_labels, by_row, measured_labels
from querist.service.workspace import Held, Workspace
from querist.store import answers, models, outbox, rounds, versions
from querist.store.columns import finite
from querist.store.db import Connection

PROBE_ITEMS = 256  # enough to tell two fits apart; few enough to cost nothing


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, what it was fitted on, and how it did."""

    number: int
    version: int
    n_labels: int
    n_test: int
    metrics: Mapping[str, float]
    trust: str | None
    trusted: bool
    warm_started: bool
    seconds: float


def train(work: Workspace, *, progress: Progress = silent) -> Trained:
    """Fit a model on the labels as they are now, and measure it on the test set.

    Raises
    ------
    OneClassOnly
        If the labels hold one class only.
    InvalidInput
        If nothing is labeled yet.
    UnsuitableLearner
        If no model learns such answers.
    """
    with work.database.reading() as conn:
        if not (of := kind(work.schema(conn))).learns:
            of.check(np.empty(0))
    progress(0, 1, "freezing")
    with work.database.transaction() as conn:
        version = versions.freeze(conn, work.project_id, note="")
        close_answered(conn, work, version.number)
        n_answers = answers.n_answers(conn, work.project_id, "pool")
    with work.database.reading() as conn:
        schema, policy = work.schema(conn), work.policy(conn)
        pool, test = work.held(conn, "pool"), work.held(conn, "test")
        known = at_version(work, conn, version.number, pool, schema)
        tested = measured_labels(work, conn, test, schema)
        recipe = work.chosen_recipe(conn, pool)
        before = models.latest(conn, work.project_id)
        trusted_before = before is not None and models.was_trusted(conn, work.project_id)
        warm_start = bool(work.settings(conn).get("warm_start", False))
        stop = glancing.look(conn, work, before, pool, policy.seed)
        foretold = glancing.foretold(conn, work, before)
    if not len(known):
        raise InvalidInput("labels: must be there before a model can be; none is. `querist ask`, then `querist tell`.")
    kind(schema).check(known.y)  # before anything is encoded
    began = time.perf_counter()
    encoded, encoding = work.encoded(recipe, pool, progress=progress)
    if len(tested):
        work.prepare(recipe, test, progress)
    progress(0, 3, "fitting")
    warm_from = before if warm_start else None
    warm = None if warm_from is None else _refitted(work, warm_from.number, pool)
    number = 1 + (0 if before is None else before.number)
    model = fit(recipe.learner, encoded, known.rows, known.y, schema=schema, seed=policy.seed, number=number, warm=warm)
    seconds = time.perf_counter() - began
    progress(1, 3, "fitting")
    trust = None if trusted_before else _trust(recipe, encoded, known, schema, policy, number)
    progress(2, 3, "fitting")
    progress(0, 1, "evaluating")
    measured, detail = _measured(model, encoding.features(test.inputs) if len(tested) else None, tested, schema)
    glanced = glancing.looked(n_answers, model, encoded, stop, known.rows, foretold, schema)
    with work.database.transaction() as conn:
        latest = models.latest(conn, work.project_id)
        if (0 if latest is None else latest.number) != number - 1:
            raise Conflict
        record = models.save(
            conn,
            work.project_id,
            number=number,
            recipe=described(recipe, pool),
            dataset=version.number,
            seed=policy.seed,
            warm_from=None if warm_from is None else warm_from.number,
            probe_digest=probe(model, encoded, schema),
            seconds=seconds,
        )
        models.record_evaluation(
            conn,
            record.id,
            split="test",
            n_items=len(tested),
            n_labels=n_answers,
            cost_usd=rounds.spent_usd(conn, work.project_id),
            metrics=measured,
            detail=detail,
        )
        if glanced is not None:
            models.record_evaluation(
                conn,
                record.id,
                split=glancing.STOP_SET,
                n_items=len(stop[0]),
                n_labels=n_answers,
                cost_usd=0.0,
                metrics=glanced[0],
                detail=glanced[1],
            )
        told = {"model": number, "dataset": version.number, "metrics": finite(measured)}
        outbox.post(conn, work.project_id, ("model.trained", told))
        if trust is not None:
            models.record_evaluation(
                conn,
                record.id,
                split="cross_validation",
                n_items=len(known),
                n_labels=len(known),
                cost_usd=0.0,
                metrics={"trusted": float(trust.ok)},
                detail=asdict(trust),
            )
    work.remember_model(number, model)
    progress(3, 3, "fitting")
    return Trained(
        number=number,
        version=version.number,
        n_labels=len(known),
        n_test=len(tested),
        metrics=measured,
        trust=None if trust is None else trust.reason,
        trusted=trusted_before or trust is None or trust.ok,
        warm_started=model.warm_started,
        seconds=seconds,
    )


def close_answered(conn: Connection, work: Workspace, version: int) -> None:
    """Close the rounds whose answers are all in this dataset version, and tell those who wait for it."""
    for closed in rounds.close_answered(conn, work.project_id, dataset_after=version):
        outbox.post(conn, work.project_id, ("round.closed", {"round": closed, "dataset": version}))


def at_version(work: Workspace, conn: Connection, number: int, held: Held, schema: Schema) -> Labels:
    """The labels of a dataset version, as rows of these items."""
    return as_labels(held, _entries(work, conn, number, schema), schema)


def codes_at(work: Workspace, conn: Connection, number: int, held: Held, schema: Schema) -> dict[int, Value]:
    """The same by row, as the loop's state holds them."""
    return by_row(held, _entries(work, conn, number, schema))


def _entries(work: Workspace, conn: Connection, number: int, schema: Schema) -> list[tuple[int, Code]]:
    return [
        (entry.item_seq, schema.encode(schema.read(entry.value)))
        for entry in versions.entries(conn, work.project_id, number)
    ]


def model_of(work: Workspace, number: int) -> Model:
    """A recorded model: the one this process fitted, or the same fitted again from its record.

    Raises
    ------
    InvalidInput
        If the learner, or a version it rests on, is not the one recorded.
    """
    kept = work.remembered(number)
    if kept is None:
        kept = _refitted(work, number)
        work.remember_model(number, kept)
    return kept


def described(recipe: Recipe, pool: Held) -> dict[str, Any]:
    """A recipe and the items it was applied to, as a model's record holds them."""
    return {**recipe.describe(), "last_seq": pool.last_seq}


def is_due(work: Workspace, conn: Connection) -> bool:
    """Whether a model fitted now would differ from the latest: labels came in, items left, or the learner is another.

    Never where no model learns such answers.
    """
    if not kind(work.schema(conn)).learns:
        return False
    newest = models.latest(conn, work.project_id)
    if newest is None or not models.is_current(conn, work.project_id):
        return True
    if left_pool(conn, work.project_id, newest.number):
        return True
    pool = work.held(conn, "pool").until(newest.recipe["last_seq"])
    return digest(described(work.chosen_recipe(conn, pool), pool)) != digest(newest.recipe)


def probe(model: Model, pool: Pool, schema: Schema) -> str:
    """A digest of the model's predictions on the pool's first items."""
    first = take(pool.features, np.arange(min(PROBE_ITEMS, pool.n_items)))
    of = kind(schema)
    return digest(of.plain(of.predict(model, first)))


def _refitted(work: Workspace, number: int, pool: Held | None = None) -> Model:
    """A model fitted again, on its own items, or on those of the model that goes on from it."""
    with work.database.reading() as conn:
        record = models.get(conn, work.project_id, number)
        schema = work.schema(conn)
        goes_on = pool is not None
        if pool is None:
            pool = work.pool_of(conn, number, record.recipe["last_seq"])
        known = at_version(work, conn, record.dataset, pool, schema)
        recipe = work.chosen_recipe(conn, pool)
    if not goes_on and digest(described(recipe, pool)) != digest(record.recipe):
        raise InvalidInput(
            f"learner: must be the one that model {number} was fitted with, by the same versions; got "
            f"{recipe.learner.name}. Open the project with that learner, or train anew."
        )
    warm = None if record.warm_from is None else _refitted(work, record.warm_from, pool)
    encoded, _ = work.encoded(recipe, pool)
    return fit(recipe.learner, encoded, known.rows, known.y, schema=schema, seed=record.seed, number=number, warm=warm)


def _trust(recipe: Recipe, pool: Pool, known: Labels, schema: Schema, policy: Policy, number: int) -> Trust:
    return cross_validated(recipe.learner, pool, known.rows, known.y, schema=schema, seed=policy.seed, number=number)


def _measured(
    model: Model, features: object, tested: Labels, schema: Schema
) -> tuple[dict[str, float], dict[str, object]]:
    if features is None:
        return {}, {}
    of = kind(schema)
    predicted = of.predict(model, take(features, tested.rows))
    measured = of.evaluate(tested.y, predicted, schema.options)
    return measured, of.detail(tested.y, predicted, schema.options).to_json()
