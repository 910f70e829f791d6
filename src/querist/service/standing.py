"""Where a project's loop stands: the same State that a simulation has, read from the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from querist.catalogue import reads_answers
from querist.core.answers import Code
from querist.core.checks import Array, Rows
from querist.core.crowd import Said
from querist.core.schema import Schema
from querist.core.state import Query, State, Value
from querist.loop.coldstart import Trust
from querist.modeling import kind
from querist.service.moves import moves
from querist.service.workspace import Held, Workspace
from querist.store import answers, models, rounds
from querist.store import labels as stored
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


def measured_labels(work: Workspace, conn: Connection, held: Held, schema: Schema) -> Labels:
    """The labels of a held-out split that may be measured on: of a later draw from the pool, none before all are there.

    Until then those of its items that have a label are those a strategy chose, and no random ones.
    """
    known = labels(work, conn, held, schema)
    away: set[int] = set()
    labeled = set(held.seqs[known.rows].tolist())
    for move in moves(conn, work.project_id):
        drawn = set(move.seqs)
        if not drawn <= labeled and not drawn.isdisjoint(labeled):
            away |= drawn
    if not away:
        return known
    keep = ~np.isin(held.seqs[known.rows], sorted(away))
    return Labels(known.rows[keep], known.y[keep])


def coded(work: Workspace, conn: Connection, held: Held, schema: Schema) -> dict[int, Value]:
    """The current labels of these items by row, as the loop's state holds them."""
    return by_row(
        held, [(label.item_seq, schema.encode(label.value)) for label in stored.labels(conn, work.project_id)]
    )


def by_row(held: Held, found: list[tuple[int, Code]]) -> dict[int, Value]:
    """Pairs of item and code by the items' rows, in their order; what belongs to another split is left out."""
    rows = held.rows_of(np.array([seq for seq, _ in found], dtype=np.int64)).tolist()
    return {row: code for row, (_, code) in sorted(zip(rows, found, strict=True), key=itemgetter(0)) if row >= 0}


def as_labels(held: Held, found: list[tuple[int, Code]], schema: Schema) -> Labels:
    """Pairs of item and code as rows of these items; what belongs to another split is left out."""
    rows = held.rows_of(np.array([seq for seq, _ in found], dtype=np.int64))
    y = kind(schema).array([code for _, code in found], schema.n_classes)
    order = np.argsort(rows, kind="stable")
    order = order[rows[order] >= 0]
    return Labels(rows[order], y[order])


def said(work: Workspace, conn: Connection, held: Held, schema: Schema, *, until: int) -> dict[int, tuple[Said, ...]]:
    """What each annotator last said of these items, by their rows, when the chain of answers had come so far."""
    found = dict(answers.said(conn, work.project_id, until=until))
    rows = held.rows_of(np.array(list(found), dtype=np.int64)).tolist()
    return {
        row: tuple((step.annotator, schema.encode(schema.read(step.value))) for step in steps)
        for row, steps in zip(rows, found.values(), strict=True)
        if row >= 0
    }


@dataclass(frozen=True, slots=True)
class Questions:
    """The last query of every row ever asked, and those that were answered before their row was asked again.

    `pending` are the rows with an open one now, `n_asked` counts all queries.
    """

    asked: Mapping[int, Query]
    earlier: tuple[Query, ...]
    pending: tuple[int, ...]
    n_asked: int


def questions(held: Held, records: Sequence[rounds.QueryRecord], *, open_then: Collection[int] = ()) -> Questions:
    """All that was ever asked of these items in order to learn, of queries in their order.

    A query taken back counts only where its row has no other. `open_then` are rows whose last query was open at the
    moment in question, whatever became of it since.
    """
    rows = held.rows_of(np.array([record.item_seq for record in records], dtype=np.int64)).tolist()
    about = [(row, each) for row, each in zip(rows, records, strict=True) if row >= 0 and each.purpose != "evaluation"]
    last = {row: record.id for row, record in about}
    asked: dict[int, Query] = {}
    earlier: list[Query] = []
    counted: set[int] = set()
    for row, record in about:
        counts = record.state != "withdrawn" or (row in open_then and last[row] == record.id)
        if row in counted:
            if not counts:
                continue
            earlier.append(asked[row])
        if counts:
            counted.add(row)
        asked[row] = Query(
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
    pending = tuple(row for row, record in about if record.state == "pending")
    return Questions(asked, tuple(earlier), pending, len(about))


def state(work: Workspace, conn: Connection, pool: Held, schema: Schema) -> State:
    """The pool's state: labels, what is pending, and what was ever asked; who said what, where the policy reads it."""
    policy = work.policy(conn)
    again = reads_answers(policy)
    values = coded(work, conn, pool, schema)
    found = questions(pool, rounds.all_queries(conn, work.project_id))
    return State(
        n_items=len(pool),
        policy=policy,
        labels=values,
        answers=said(work, conn, pool, schema, until=answers.head(conn, work.project_id)[0]) if again else {},
        pending={row: found.asked[row] for row in found.pending if again or row not in values},
        asked=found.asked,
        earlier=found.earlier,
        round=rounds.last_number(conn, work.project_id),
        n_asked=found.n_asked,
        memory=rounds.memory(conn, work.project_id),
    )


def trust_in(work: Workspace, conn: Connection) -> Trust | None:
    """What was last said of trust; None once it was given, since it is not taken back."""
    record = models.last_trust(conn, work.project_id)
    return None if record is None or record["ok"] else Trust(**record)
