"""What each model says of a fixed part of the pool, the stop set, recorded as a measurement when it is trained."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.items import take
from querist.core.ports import Model
from querist.core.schema import Schema, Task
from querist.loop.stopping import glance, stop_rows
from querist.modeling import Pool, kind
from querist.service.moves import left_pool
from querist.service.workspace import Held, Workspace
from querist.store import models, rounds
from querist.store.db import Connection

STOP_SET = "stop_set"  # the "split" under which a model's glance is recorded
GLANCED: tuple[Task, ...] = ("choice", "pair", "rating", "review")
CLASSES_KEPT = 100  # of which it is kept how much a model expects among what is left
StopSet = tuple[Rows, Rows | None, int]


def look(conn: Connection, work: Workspace, before: models.ModelRecord | None, pool: Held, seed: int) -> StopSet:
    """The rows of the stop set, the classes that the model before named of them, and the last item it was drawn from.

    The set stays as it was drawn, though items come in, until the pool has doubled that was too small to fill it, or
    items have left it.
    """
    if before is not None and left_pool(conn, work.project_id, before.number):
        before = None
    last = models.evaluations(conn, work.project_id, split=STOP_SET, number=before.number) if before else []
    detail = last[-1].detail if last else None
    if detail is not None:
        then = pool.until(int(detail["last_seq"]))
        rows = stop_rows(len(then), seed)
        if len(rows) < len(then) or len(pool) < 2 * len(then):
            named = np.frombuffer(base64.b64decode(detail["named"]), dtype=np.uint16).astype(np.int64)
            return rows, named if len(named) == len(rows) else None, then.last_seq
    return stop_rows(len(pool), seed), None, pool.last_seq


def looked(
    n_labels: int,
    model: Model,
    encoded: Pool,
    stop: StopSet,
    labeled: Rows,
    foretold: Sequence[tuple[bool, float]],
    schema: Schema,
) -> tuple[dict[str, float], dict[str, Any]] | None:
    """A model's glance at the stop set as a measurement to record, and its detail; None where it names no classes."""
    rows, before, last_seq = stop
    if schema.task not in GLANCED or not len(rows):
        return None
    probs: Floats = kind(schema).predict(model, take(encoded.features, rows))
    seen = glance(
        n_labels,
        probs,
        before,
        foretold=[right for right, _ in foretold],
        foretold_probs=[sure for _, sure in foretold],
    )
    metrics = {name: float(value) for name, value in asdict(seen).items() if name != "n_labels" and value is not None}
    # Sent as two bytes each, since a list of numbers in JSON takes thrice the room.
    named = base64.b64encode(probs.argmax(axis=1).astype(np.uint16).tobytes()).decode()
    open_ = probs[~np.isin(rows, labeled)]
    detail: dict[str, Any] = {"last_seq": int(last_seq), "named": named}
    if len(open_) and len(schema.options) <= CLASSES_KEPT:
        scale = (encoded.n_items - len(labeled)) / len(open_)
        sums, spreads = open_.sum(axis=0) * scale, (open_ * (1 - open_)).sum(axis=0) * scale
        detail["left"] = {
            name: [round(float(s), 4), round(float(v), 4)]
            for name, s, v in zip(schema.options, sums, spreads, strict=True)
        }
    return metrics, detail


def foretold(conn: Connection, work: Workspace, before: models.ModelRecord | None) -> list[tuple[bool, float]]:
    """Of what strategies chose by the model before: whether it had named the answer, and how sure it was."""
    if before is None:
        return []
    asked = [r.number for r in rounds.listed(conn, work.project_id) if r.model == before.number]
    return [
        (q.suggestion.get("value") == q.value, float(q.suggestion.get("score", 0.0)))
        for number in asked
        for q in rounds.queries(conn, work.project_id, number)
        if q.purpose == "strategy" and q.value is not None and q.suggestion
    ]
