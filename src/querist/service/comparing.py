"""Two models on the same test items: what each says of them, by which scores they are compared, in which cohorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from querist.core.checks import Array, Floats, listed
from querist.core.errors import InvalidInput
from querist.core.gate import GateDecision, GateRules
from querist.core.hashing import digest
from querist.core.items import take
from querist.core.ports import Progress
from querist.core.rng import generator
from querist.core.schema import Schema, Task
from querist.metrics import RESAMPLED, Around, gate, middle_levels, paired_metric
from querist.modeling import kind
from querist.service.standing import Labels
from querist.service.training import model_of
from querist.service.workspace import Held, Workspace
from querist.store import items, models
from querist.store.db import Connection

JUDGED: Mapping[Task, str] = {
    "choice": "accuracy",
    "pair": "accuracy",
    "review": "accuracy",
    "rating": "mae",
    "number": "mse",
}
LOSSES = ("mae", "mse")
MOST_VALUES = 50  # of a field that names cohorts: beyond, it is an id or a measurement
MISSING = "(none)"


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of the test set: class probabilities or numbers; `there` marks the items it is known of."""

    values: Floats
    there: Array
    kept: bool = False


def compared(
    said: Said,
    was: Said,
    tested: Labels,
    schema: Schema,
    cohorts: Mapping[str, list[str]],
    metric: str,
    rules: GateRules,
    level: float,
    unlabeled: bool,
    n_items: int,
) -> GateDecision:
    known = was.there[tested.rows]
    rows, y = tested.rows[known], tested.y[known]
    if not len(rows):
        raise InvalidInput(
            "champion: must be there to compare with; it cannot be fitted again with today's learner, and none of the "
            "items that it was kept on is labeled any more. Open the project with the learner that it was fitted with."
        )
    losses = JUDGED[schema.task] in LOSSES
    scores = [_scores(schema, y, each.values[rows]) for each in (said, was)]
    classes = None if schema.task == "number" else [str(schema.classes[c]) for c in y.tolist()]
    overall = None
    if metric in RESAMPLED:
        rng = generator(0, "gate", metric, digest_of(tested))
        probs = [each.values[rows] for each in (said, was)]
        overall = paired_metric(metric, y, *probs, margin=rules.margin, level=level, rng=rng)
    around = None
    if unlabeled and not losses and bool(was.there.all()):
        around = Around(rows, _guess(said, was), cohorts)
    found = gate(
        scores[0],
        scores[1],
        metric=metric,
        losses=losses,
        classes=classes,
        cohorts={name: [values[row] for row in rows] for name, values in cohorts.items()},
        rules=rules,
        level=level,
        overall=overall,
        around=around,
    )
    sentence = found.sentence
    if was.kept:
        sentence += " The old model could not be fitted again: its answers are those kept when it was promoted."
    return replace(found, sentence=sentence, n_items=n_items)


def _scores(schema: Schema, y: Array, values: Floats) -> Floats:
    """Whether each answer is right, or how wrong it is."""
    if schema.task == "number":
        return np.asarray((values - y) ** 2, dtype=np.float64)
    if schema.task == "rating":
        return np.abs(middle_levels(values) - y).astype(np.float64)
    right: Floats = (values.argmax(axis=1) == y).astype(np.float64)
    return right


def _guess(said: Said, was: Said) -> Floats:
    """What both models together make one expect of every item's difference; nothing where they answer alike."""
    mean = said.values if was.kept else (said.values + was.values) / 2
    at = np.arange(len(mean))
    guess: Floats = mean[at, said.values.argmax(axis=1)] - mean[at, was.values.argmax(axis=1)]
    return guess


def said_of(work: Workspace, number: int, schema: Schema, test: Held, pool: Held, progress: Progress) -> Said:
    """What a model says of the whole test set."""
    with work.database.reading() as conn:
        last_seq = models.get(conn, work.project_id, number).recipe["last_seq"]
        knew = work.pool_of(conn, number, last_seq)
        recipe = work.chosen_recipe(conn, knew)
    model = model_of(work, number)
    _, encoding = work.encoded(recipe, pool, knew=knew, progress=progress)
    work.prepare(recipe, test, progress)
    values = kind(schema).predict(model, take(encoding.features(test.inputs), np.arange(len(test))))
    return Said(np.asarray(values, dtype=np.float64), np.ones(len(test), dtype=bool))


def said_of_champion(
    work: Workspace,
    number: int,
    schema: Schema,
    test: Held,
    pool: Held,
    kept: Mapping[str, Any] | None,
    progress: Progress,
) -> Said:
    """What the promoted model says: fitted again, or, where today's learner is another, as was kept of it."""
    with work.database.reading() as conn:
        newest = models.latest(conn, work.project_id)
    now = None if newest is None else work.remembered(newest.number)
    try:
        return said_of(work, number, schema, test, pool, progress)
    except InvalidInput:
        if kept is None:
            raise
    finally:
        if newest is not None and now is not None:
            work.remember_model(newest.number, now)
    seqs = np.array(kept["seqs"], dtype=np.int64)
    rows = test.rows_of(seqs)
    place = {name: code for code, name in enumerate(map(str, schema.classes))}
    values = np.zeros(len(test) if schema.task == "number" else (len(test), schema.n_classes))
    there = np.zeros(len(test), dtype=bool)
    for row, answer in zip(rows.tolist(), kept["answers"], strict=True):
        if row < 0 or (schema.task != "number" and answer not in place):
            continue
        there[row] = True
        values[row if schema.task == "number" else (row, place[answer])] = answer if schema.task == "number" else 1.0
    return Said(values, there, kept=True)


def kept_of(said: Said, schema: Schema, test: Held) -> dict[str, Any]:
    """A promoted model's answers, by item: what is left of it should nobody be able to fit it again."""
    if schema.task == "number":
        answers: list[Any] = said.values.tolist()
    else:
        best = middle_levels(said.values) if schema.task == "rating" else said.values.argmax(axis=1)
        answers = [str(schema.classes[c]) for c in best.tolist()]
    return {"seqs": test.seqs.tolist(), "answers": answers}


def cohorts_of(conn: Connection, work: Workspace, test: Held, by: Sequence[str]) -> dict[str, list[str]]:
    """Each test item's value of each field that names cohorts."""
    strata = work.settings(conn).get("strata")
    wanted = list(dict.fromkeys(by)) or ([strata] if strata else [])
    if not wanted:
        return {}
    fields = items.fields_of(conn, test.seqs.tolist())
    found = {}
    for name in wanted:
        if not any(name in fields[seq] for seq in test.seqs.tolist()):
            known = sorted({key for each in fields.values() for key in each})
            raise InvalidInput(f"by: must be a field of the test items, of {listed(known)}; got {name!r}. Name one.")
        values = [_text(fields[seq].get(name)) for seq in test.seqs.tolist()]
        if (n := len(set(values))) > MOST_VALUES:
            raise InvalidInput(
                f"by: must be a field of at most {MOST_VALUES} values; {name!r} has {n:,}. Add one that groups them."
            )
        found[name] = values
    return found


def _text(value: Any) -> str:
    return MISSING if value is None or value == "" else str(value)


def digest_of(tested: Labels) -> str:
    return digest([tested.rows.tolist(), np.asarray(tested.y).tolist()])
