"""What a project's stopping rules look at: what models said of the stop set, draws that certify, and searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

import numpy as np

from querist.core.schema import Schema
from querist.core.state import Value
from querist.loop.stopping import Evidence, Glance, Screened, StoppingRule, in_order
from querist.service.certifying import certified_draws
from querist.service.glancing import STOP_SET
from querist.service.workspace import Held, Workspace
from querist.store import labels as stored
from querist.store import models, rounds
from querist.store.db import Connection


def evidence(work: Workspace, conn: Connection, rules: Sequence[StoppingRule], schema: Schema) -> Evidence:
    """All that is recorded of what these rules look at."""
    said = models.evaluations(conn, work.project_id, split=STOP_SET)
    names = {f.name for f in fields(Glance)}
    glances = tuple(
        Glance(n_labels=row.n_labels, **{k: v for k, v in row.metrics.items() if k in names}) for row in said
    )
    known = {label.item_seq: label.value for label in stored.labels(conn, work.project_id)}
    wanted = sorted({of for rule in rules if isinstance(of := getattr(rule, "of", None), str)})
    left = said[-1].detail.get("left", {}) if said else {}
    searches = {}
    if wanted:
        pool = work.held(conn, "pool")
        order, chances = _order(conn, work, pool, known)
        searches = {of: _screened(of, schema, len(pool), order, chances, known, left.get(of)) for of in wanted}
    return Evidence(glances, certified_draws(conn, work, known), searches)


def _order(conn: Connection, work: Workspace, pool: Held, known: Mapping[int, Value]) -> tuple[list[int], list[float]]:
    """Labeled items of the pool in the order in which they were asked about, each with its chance; NaN for a pick."""
    in_pool = set(pool.seqs.tolist())
    asked: dict[int, list[tuple[int, bool]]] = {}
    for q in rounds.all_queries(conn, work.project_id):
        if q.purpose != "evaluation" and q.item_seq in in_pool:
            asked.setdefault(q.round, []).append((q.item_seq, q.strategy == "random"))
    n_candidates = {r.number: r.n_candidates for r in rounds.listed(conn, work.project_id)}
    questioned = {seq for each in asked.values() for seq, _ in each}
    unasked = [seq for seq in pool.seqs.tolist() if seq in known and seq not in questioned]
    return in_order(unasked, [(n_candidates[number], each) for number, each in sorted(asked.items())], known)


def _screened(
    of: str,
    schema: Schema,
    n_items: int,
    order: Sequence[int],
    chances: Sequence[float],
    known: Mapping[int, Value],
    left: Sequence[float] | None,
) -> Screened:
    relevant = np.array([of in schema.classes_of(known[seq]) for seq in order], dtype=bool)
    expected, variance = (None, None) if left is None else (float(left[0]), float(left[1]))
    return Screened(n_items, relevant, np.array(chances, dtype=np.float64), expected, variance)
