"""What labels say of new items and old, and a project's newest model of items that it has not learned from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.drift import DriftCheck
from querist.core.items import take
from querist.core.rng import generator
from querist.core.schema import Schema
from querist.metrics import confidence_check, error_check, share_check
from querist.metrics.drift import FEWEST_ERRORS
from querist.modeling import kind
from querist.service.drift_samples import BLIND, Sides, drawn
from querist.service.standing import Labels
from querist.service.training import model_of
from querist.service.workspace import Workspace
from querist.store import rounds
from querist.store.db import Connection

OF_CLASSES = ("choice", "pair", "rating", "review")
FEWEST_LABELS = 20  # on either side, to compare the shares of classes
MOST_SCORED = 5000


@dataclass(frozen=True, slots=True)
class Measured:
    """Labeled items that no strategy may choose and no model learns from, and its losses, in the order they came in."""

    seqs: Rows
    losses: Floats
    is_new: Floats

    def risen(self, looks: Iterable[DriftCheck]) -> Measured:
        """Those since the error rose; where no check says when that was, the new ones, or all where none is."""
        cuts = [each.detail["cut"] for each in looks if each.name == "error" and each.drifted]
        some = np.arange(len(self.seqs)) >= cuts[0] if cuts else self.is_new > 0
        some = some if some.any() else np.ones(len(self.seqs), dtype=bool)
        return Measured(self.seqs[some], self.losses[some], self.is_new[some])


def guesses(conn: Connection, work: Workspace, schema: Schema) -> list[float]:
    """Whether the model of the time was wrong about each item of the random share, in the order of the questions."""
    if schema.task not in OF_CLASSES:
        return []
    return [
        float(each.suggestion.get("value") != each.value)
        for each in rounds.all_queries(conn, work.project_id)
        if each.purpose == "exploration" and each.suggestion is not None and each.value is not None
    ]


def labels_check(found: Sides, marked: Mapping[str, Labels], schema: Schema, notes: list[str]) -> list[DriftCheck]:
    """The shares of the classes among labels that no strategy has asked for, where there are enough.

    The random share of the pool is left out: it is drawn from what strategies have left, which has other shares.
    """
    old: list[int] = []
    new: list[int] = []
    for split in BLIND:
        known = marked[split]
        after = found.held[split].seqs[known.rows] > found.boundary
        old += known.y[~after].tolist()
        new += known.y[after].tolist()
    if min(len(old), len(new)) < FEWEST_LABELS:
        notes.append(
            f"Labels were not compared: of items kept from every strategy, {len(old):,} old and {len(new):,} new ones "
            f"have one, and it takes {FEWEST_LABELS} of each."
        )
        return []
    return [share_check(old, new, schema.options)]


def scored(
    work: Workspace,
    found: Sides,
    marked: Mapping[str, Labels],
    schema: Schema,
    notes: list[str],
) -> tuple[list[DriftCheck], Measured | None]:
    """What the newest model says of items that it has not learned from, and how wrong it is about them."""
    assert found.model is not None
    if schema.task not in (*OF_CLASSES, "number"):
        notes.append(f"Scores and errors are compared for classes and numbers, and not for {schema.task}.")
        return [], None
    with work.database.reading() as conn:
        knew = work.pool_of(conn, found.model.number, found.learned_until)
        recipe = work.chosen_recipe(conn, knew)
    model = model_of(work, found.model.number)
    _, encoding = work.encoded(recipe, found.held["pool"], knew=knew)
    of = kind(schema)

    def predicted(table: Any) -> Floats:
        return np.asarray(of.predict(model, encoding.features(table)))

    rng = generator(found.model.seed, "drift", "scores")
    old, _ = drawn([found.held[s].inputs.take(found.unseen(s)[0]) for s in found.held], rng, MOST_SCORED)
    new_parts = [found.held[s].inputs.take(found.unseen(s)[1]) for s in found.held]
    new, _ = drawn(new_parts if found.brought is None else [found.brought], rng, MOST_SCORED)
    looks = []
    if min(len(old), len(new)) >= FEWEST_LABELS:
        scores, scores_new = predicted(old), predicted(new)
        if schema.task == "number":
            looks.append(confidence_check(scores, scores_new))
        else:
            looks.append(confidence_check(scores.max(axis=1), scores_new.max(axis=1)))
            answers = scores.argmax(axis=1), scores_new.argmax(axis=1)
            looks.append(share_check(*answers, schema.options, name="predicted_classes"))
    else:
        notes.append(
            f"Scores were not compared: there are {len(old):,} old and {len(new):,} new items that the model has not "
            f"learned from, and it takes {FEWEST_LABELS} of each."
        )
    measured = _measured(found, marked, predicted)
    if len(measured.seqs) < 2 * FEWEST_ERRORS:
        notes.append(
            f"Errors were not compared: of items that the model has not learned from and no strategy chose, "
            f"{len(measured.seqs):,} have a label, and it takes {2 * FEWEST_ERRORS}. `querist ask --split test` draws "
            "some."
        )
    else:
        looks.append(error_check(measured.losses, rng=generator(found.model.seed, "drift", "errors")))
    return looks, measured


def _measured(found: Sides, marked: Mapping[str, Labels], predicted: Any) -> Measured:
    seqs, losses = [], []
    for split in BLIND:
        held, known = found.held[split], marked[split]
        if not len(known):
            continue
        said = predicted(take(held.inputs, known.rows))
        losses.append(np.abs(said - known.y) if said.ndim == 1 else (said.argmax(axis=1) != known.y).astype(np.float64))
        seqs.append(held.seqs[known.rows])
    if not seqs:
        return Measured(np.empty(0, dtype=np.int64), np.empty(0), np.empty(0))
    at = np.concatenate(seqs)
    order = np.argsort(at, kind="stable")
    return Measured(at[order], np.concatenate(losses)[order], (at[order] > found.boundary).astype(np.float64))
