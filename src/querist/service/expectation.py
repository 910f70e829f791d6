"""What labels drawn at random would be expected to reach, from labels that were drawn at random: the test set's own."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core.checks import Array, Rows
from querist.core.errors import Conflict, QueristError
from querist.core.items import take
from querist.core.ports import Progress, silent
from querist.core.rng import generator
from querist.core.schema import Schema
from querist.modeling import Pool, fit, kind, pool_of
from querist.service.curves import RANDOM, Z
from querist.service.standing import Labels, labels
from querist.service.workspace import Workspace
from querist.store import models
from querist.store.db import Connection

FOLDS = 5
LEAST = 20  # labels of the test set, below which a fifth of them measures nothing
SIZES = 6
SMALLEST = 10
LONGEST_S = 20.0  # what is not done by then is left out: the page can do without, the next round cannot wait
NEWER = 1.1  # how many times the labels of before make it worth doing again


@dataclass(frozen=True, slots=True)
class Expected:
    """What so many random labels reached on the test items that they were not drawn from, over the folds."""

    n_labels: int
    metrics: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]


def refresh(work: Workspace, *, progress: Progress = silent) -> int:
    """Estimate the curve of random labels anew, where there are enough more of them; how many points it has.

    The items of the test set are drawn at random, so a model that is fitted on some of them stands where random
    sampling would stand with as many labels. It is measured on the others: five folds, each fitted on more and more of
    the other four. The curve ends where those do.

    Notes
    -----
    Nothing is chosen by it, so the test set stays what it is for.
    """
    with work.database.reading() as conn:
        newest = models.latest(conn, work.project_id)
        schema, seed = work.schema(conn), work.policy(conn).seed
        if newest is None or not kind(schema).learns or not _due(conn, work):
            return 0
        pool, test = work.held(conn, "pool"), work.held(conn, "test")
        tested = labels(work, conn, test, schema)
        recipe = work.chosen_recipe(conn, pool)
    if len(tested) < LEAST:
        return 0
    _, encoding = work.encoded(recipe, pool)
    seen = pool_of(encoding, test.inputs)
    found = _curve(recipe.learner, seen, tested, schema, seed, newest.number, progress)
    with work.database.transaction() as conn:
        latest = models.latest(conn, work.project_id)
        if latest is None or latest.number != newest.number:
            raise Conflict("model: must be the newest still; another was made meanwhile. The next one is looked at.")
        for point in found:
            models.record_evaluation(
                conn,
                newest.id,
                split=RANDOM,
                n_items=len(tested),
                n_labels=point.n_labels,
                cost_usd=0.0,
                metrics=point.metrics,
                detail={"low": point.low, "high": point.high},
            )
    return len(found)


def _due(conn: Connection, work: Workspace) -> bool:
    measured = models.evaluations(conn, work.project_id, split="test")
    before = models.evaluations(conn, work.project_id, split=RANDOM)
    n_now = measured[-1].n_items if measured else 0
    return n_now >= LEAST and (not before or n_now >= NEWER * before[-1].n_items)


def _curve(
    learner: Any, seen: Pool, tested: Labels, schema: Schema, seed: int, number: int, progress: Progress
) -> list[Expected]:
    rng = generator(seed, "expectation", number)
    order = rng.permutation(len(tested))
    folds = np.array_split(order, FOLDS)
    most = len(tested) - max(map(len, folds))
    sizes = np.unique(np.geomspace(min(SMALLEST, most), most, SIZES).round().astype(int)).tolist()
    until = time.monotonic() + LONGEST_S
    found = []
    for done, size in enumerate(reversed(sizes)):  # the far end first: it is what the curve is compared with
        progress(done, len(sizes), "evaluating")
        scores = [
            scored
            for fold in folds
            if (scored := _scored(learner, seen, tested, fold, size, schema, rng, number)) is not None
        ]
        if len(scores) == FOLDS:
            found.append(_expected(size, scores))
        if time.monotonic() > until:
            break
    return found[::-1]


def _scored(
    learner: Any,
    seen: Pool,
    tested: Labels,
    fold: Rows,
    size: int,
    schema: Schema,
    rng: np.random.Generator,
    number: int,
) -> dict[str, float] | None:
    """What a model of `size` labels outside a fold measures on it; None where they do not make a model."""
    others = np.setdiff1d(np.arange(len(tested)), fold)
    some = rng.permutation(others)[:size]
    y: Array = tested.y[some]
    try:
        model = fit(learner, seen, tested.rows[some], y, schema=schema, seed=0, number=number, warm=None)
    except (QueristError, ValueError):  # of one class only, say
        return None
    of = kind(schema)
    predicted = of.predict(model, take(seen.features, tested.rows[fold]))
    return of.evaluate(tested.y[fold], predicted, schema.classes)


def _expected(size: int, scores: list[dict[str, float]]) -> Expected:
    names = set.intersection(*(set(each) for each in scores))
    values = {name: np.array([each[name] for each in scores], dtype=float) for name in sorted(names)}
    means = {name: float(v.mean()) for name, v in values.items()}
    # The folds share their training items, so this is a rough band: where the mean of five such measurements lies.
    spread = {name: Z * float(v.std(ddof=1)) / len(v) ** 0.5 for name, v in values.items()}
    low = {name: means[name] - spread[name] for name in means}
    high = {name: means[name] + spread[name] for name in means}
    return Expected(size, means, low, high)
