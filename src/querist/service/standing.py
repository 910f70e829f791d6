"""Where a project's loop stands: the same State that a simulation has, read from the store."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from querist.core.answers import Code
from querist.core.checks import Array, Rows
from querist.core.schema import Schema
from querist.core.state import Query, State, Value
from querist.modeling import kind
from querist.service.workspace import Held, Workspace
from querist.store import labels as stored
from querist.store import rounds
from querist.store.db import Connection


@dataclass(frozen=True, slots=True)
class Labels:
    """Labeled rows of a split, sorted, and their answers as a learner reads them."""

    rows: Rows
    y: Array

    def __len__(self) -> int:
        return len(self.rows)


def labels(work: Workspace, conn: Connection, held: Held, schema: Schema) -> Labels:
    """The current labels of these items."""
    found = [(label.item_seq, schema.encode(label.value)) for label in stored.labels(conn, work.project_id)]
    return as_labels(held, found, schema)


def coded(work: Workspace, conn: Connection, held: Held, schema: Schema) -> dict[int, Value]:
    """The current labels of these items by row, as the loop's state holds them."""
    found = [(label.item_seq, schema.encode(label.value)) for label in stored.labels(conn, work.project_id)]
    rows = held.rows_of(np.array([seq for seq, _ in found], dtype=np.int64)).tolist()
    return {row: code for row, (_, code) in sorted(zip(rows, found, strict=True), key=itemgetter(0)) if row >= 0}


def as_labels(held: Held, found: list[tuple[int, Code]], schema: Schema) -> Labels:
    """Pairs of item and code as rows of these items; what belongs to another split is left out."""
    rows = held.rows_of(np.array([seq for seq, _ in found], dtype=np.int64))
    y = kind(schema).array([code for _, code in found], schema.n_classes)
    order = np.argsort(rows, kind="stable")
    order = order[rows[order] >= 0]
    return Labels(rows[order], y[order])


def state(work: Workspace, conn: Connection, pool: Held, schema: Schema) -> State:
    """The pool's state: labels, what is pending, and what was ever asked."""
    values = coded(work, conn, pool, schema)
    pending: dict[int, Query] = {}
    asked: dict[int, Query] = {}
    n_asked = 0
    for record in rounds.all_queries(conn, work.project_id):
        row = int(pool.rows_of(np.array([record.item_seq]))[0])
        if row < 0 or record.purpose == "evaluation":
            continue
        query = Query(
            row=row,
            round=record.round,
            rank=record.rank,
            utility=record.utility,
            propensity=record.propensity,
            strategy=record.strategy,
            purpose=record.purpose,
            reason=record.reason,
            cost_usd=record.cost_usd,
        )
        n_asked += 1
        asked[row] = query
        if record.state == "pending":
            pending[row] = query
    return State(
        n_items=len(pool),
        policy=work.policy(conn),
        labels=values,
        pending={row: q for row, q in pending.items() if row not in values},
        asked=asked,
        round=rounds.last_number(conn, work.project_id),
        n_asked=n_asked,
        memory=rounds.memory(conn, work.project_id),
    )
