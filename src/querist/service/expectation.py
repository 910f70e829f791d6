"""What labels drawn at random would be expected to reach, and what the project has saved beside them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core.checks import Rows
from querist.core.errors import Conflict
from querist.core.items import Columns, take
from querist.core.ports import Progress, silent
from querist.core.rng import generator
from querist.core.state import Query
from querist.modeling import kind, pool_of
from querist.service.curves import RANDOM, Z, metric_of
from querist.service.refits import Refits, Said, sizes
from querist.service.saving import plain, saved
from querist.service.standing import Labels, labels, measured_labels, questions
from querist.service.workspace import Held, Workspace
from querist.store import findings, models, rounds
from querist.store.db import Connection

FOLDS = 10
LEAST = 20  # labels of the test set, below which a tenth of them measures nothing
LONGEST_S = 20.0  # what is not done by then is left out: the page can do without, the next round cannot wait
NEWER = 1.1  # how many times the labels of before make it worth doing again


@dataclass(frozen=True, slots=True)
class Expected:
    """What so many random labels reached on the test items that they were not drawn from, over the folds."""

    n_labels: int
    metrics: dict[str, float]
    low: dict[str, float]
    high: dict[str, float]


@dataclass(frozen=True, slots=True)
class Drawn(Said):
    """Models of random labels, a model for each fold of the test items that did not see it, and how each did on it."""

    scores: tuple[dict[str, float], ...]


def refresh(work: Workspace, *, progress: Progress = silent) -> int:
    """Estimate the curve of random labels anew, where there are enough more of them; how many points it has.

    The items of the test set are drawn at random, and so is a share of what is asked of the pool. A model that is
    fitted on some of those stands where random sampling would stand with as many labels. It is measured on test items
    that it did not see: ten folds, each fitted on more and more of the other nine and of the random share. The curve
    ends where those do. Beside it, models of the first so many labels that the project really bought are measured on
    the same test items, and labels over labels at one level is what the project has saved so far.

    Notes
    -----
    Nothing is chosen by it, so the test set stays what it is for. The random share of a round is drawn from what was
    left of the pool then; in a pool of which little is labeled that is as good as from all of it.
    """
    with work.database.reading() as conn:
        newest = models.latest(conn, work.project_id)
        schema, seed = work.schema(conn), work.policy(conn).seed
        if newest is None or not kind(schema).learns or not _due(conn, work):
            return 0
        pool, test = work.held(conn, "pool"), work.held(conn, "test")
        tested, known = measured_labels(work, conn, test, schema), labels(work, conn, pool, schema)
        asked = questions(pool, rounds.all_queries(conn, work.project_id)).asked
        recipe = work.chosen_recipe(conn, pool)
        metric = metric_of(conn, work, schema)
    if len(tested) < LEAST:
        return 0
    _, encoding = work.encoded(recipe, pool)
    order = sorted(range(len(known)), key=lambda i: _turn(asked.get(int(known.rows[i]))))
    lived = len(tested) + np.arange(len(order))
    blind = np.array([_is_blind(asked.get(int(known.rows[i]))) for i in order], dtype=bool)
    both = _joined(test, tested, pool, known.rows[order])
    refits = Refits(
        schema=schema,
        seed=seed,
        number=newest.number,
        learner=recipe.learner,
        seen=pool_of(encoding, both),
        y=np.concatenate([tested.y, known.y[order]]),
        n_test=len(tested),
        lived=lived,
        blind=lived[blind],
    )
    until = time.monotonic() + LONGEST_S
    folds = np.array_split(generator(seed, "folds", newest.number).permutation(len(tested)), FOLDS)
    drawn = random_curve(refits, folds, until, progress)
    found = saved(refits, drawn, metric, folds, until) if metric and drawn else None
    with work.database.transaction() as conn:
        latest = models.latest(conn, work.project_id)
        if latest is None or latest.number != newest.number:
            raise Conflict("model: must be the newest still; another was made meanwhile. The next one is looked at.")
        for point in map(_expected, drawn):
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
        if found is not None:
            body = plain(found) | {"n_test": len(tested), "n_lived": len(lived), "n_random": drawn[-1].n_labels}
            findings.record(conn, work.project_id, "efficiency", body, model=newest.number)
    return len(drawn)


def _due(conn: Connection, work: Workspace) -> bool:
    measured = models.evaluations(conn, work.project_id, split="test")
    before = models.evaluations(conn, work.project_id, split=RANDOM)
    if not measured or measured[-1].n_items < LEAST:
        return False
    if not before or measured[-1].n_items >= NEWER * before[-1].n_items:
        return True
    saved = findings.latest(conn, work.project_id, "efficiency")
    return saved is not None and measured[-1].n_labels >= NEWER * saved.body["n_lived"]


def _turn(query: Query | None) -> tuple[int, int]:
    """Labels that nobody was asked for were there first."""
    return (0, 0) if query is None else (query.round, query.rank)


def _is_blind(query: Query | None) -> bool:
    return query is not None and query.strategy == "random"


def _joined(test: Held, tested: Labels, pool: Held, rows: Rows) -> Columns:
    parts = test.inputs.take(tested.rows), pool.inputs.take(rows)
    return Columns({name: np.concatenate([part[name] for part in parts]) for name in parts[0].names})


def random_curve(refits: Refits, folds: Sequence[Rows], until: float, progress: Progress) -> list[Drawn]:
    """Models of more and more random labels, one for each fold of the test items, measured on it; at most as long."""
    rng = generator(refits.seed, "expectation", refits.number)
    drawable = [np.concatenate([np.setdiff1d(np.arange(refits.n_test), fold), refits.blind]) for fold in folds]
    ladder = sizes(min(map(len, drawable)))
    found: list[Drawn] = []
    for done, size in enumerate(reversed(ladder)):  # the far end first: it is what the curve is compared with
        progress(done, len(ladder), "evaluating")
        said = [
            refits.predictions(rng.permutation(some)[:size], fold) for some, fold in zip(drawable, folds, strict=True)
        ]
        if all(each is not None for each in said):
            scores = tuple(refits.scored(fold, each) for fold, each in zip(folds, said, strict=True))
            found.append(Drawn(size, _in_order(said, np.concatenate(folds)), scores))
        if time.monotonic() > until:
            break
    return found[::-1]


def _in_order(said: list[Any], order: Rows) -> Any:
    """Predictions of the folds as one, in the order of the test items."""
    whole = np.concatenate(said) if isinstance(said[0], np.ndarray) else [each for part in said for each in part]
    return take(whole, np.argsort(order))


def _expected(point: Drawn) -> Expected:
    names = set.intersection(*(set(each) for each in point.scores))
    values = {name: np.array([each[name] for each in point.scores], dtype=float) for name in sorted(names)}
    means = {name: float(v.mean()) for name, v in values.items()}
    # The folds share their training items, so this is a rough band: where the mean of five such measurements lies.
    spread = {name: Z * float(v.std(ddof=1)) / len(v) ** 0.5 for name, v in values.items()}
    low = {name: means[name] - spread[name] for name in means}
    high = {name: means[name] + spread[name] for name in means}
    return Expected(point.n_labels, means, low, high)
