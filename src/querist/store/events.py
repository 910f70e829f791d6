"""Events as they are read back: one item's history, the whole stream, and what was known of each answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa

from querist.core.state import Value
from querist.store import chain
from querist.store.sql import CHUNK, among, chunks, flat, is_one_of, one_of, streamed
from querist.store.tables import Action, Role, answer_content, answer_event, query

# The columns as they are stored, without their types: what is hashed is what is written.
RAW_EVENT = sa.table("answer_event", *(sa.column(c.name) for c in answer_event.c))

_LAST = (
    sa.select(answer_event.c.seq, answer_event.c.hash)
    .where(answer_event.c.project_id == sa.bindparam("project"))
    .order_by(answer_event.c.seq.desc())
    .limit(1)
)

_WORK = (
    sa.select(answer_event.c.action, answer_event.c.received_at, answer_event.c.active_ms)
    .where(answer_event.c.project_id == sa.bindparam("project"), answer_event.c.annotator == sa.bindparam("me"))
    .order_by(answer_event.c.seq.desc())
    .limit(sa.bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Event:
    """One act of one annotator, as it is on record. `value` and `note` are None once erased."""

    id: str
    seq: int
    idempotency_key: str | None
    item_seq: int
    item_id: str
    item_content_hash: str
    round: int | None
    query_id: int | None
    annotator: str
    role: Role
    action: Action
    supersedes: str | None
    schema_version: int
    instruction_version: int | None
    suggestion: Mapping[str, Any] | None
    acquisition: Mapping[str, Any] | None
    shown_at: datetime | None
    submitted_at: datetime | None
    received_at: datetime
    active_ms: int | None
    client: str
    content_digest: str
    prev_hash: str
    hash: str
    value: Value | None
    note: str | None
    erased_at: datetime | None


def history(conn: sa.Connection, project_id: int, item_seq: int) -> list[Event]:
    """Everything that was done about one item, oldest first."""
    asked = _events(project_id).where(answer_event.c.item_seq == item_seq).order_by(answer_event.c.seq)
    return [Event(**row._mapping) for row in conn.execute(asked)]


def events(conn: sa.Connection, project_id: int, *, after: int = 0, chunk: int = CHUNK) -> Iterator[Event]:
    """Every event of the project past a place in its chain, in order; one chunk is in memory at a time."""
    asked = _events(project_id).where(answer_event.c.seq > after).order_by(answer_event.c.seq)
    for row in flat(streamed(conn, asked, chunk)):
        yield Event(**row._mapping)


def events_of(
    conn: sa.Connection, project_id: int, annotator: str, *, limit: int, before: int | None = None
) -> list[Event]:
    """What one annotator did, newest first; `before` goes on from a place in the chain."""
    asked = _events(project_id).where(answer_event.c.annotator == annotator)
    if before is not None:
        asked = asked.where(answer_event.c.seq < before)
    rows = conn.execute(asked.order_by(answer_event.c.seq.desc()).limit(limit))
    return [Event(**row._mapping) for row in rows]


class Worked(NamedTuple):
    """When an act of somebody came in, what it was, and how long they worked on it."""

    action: Action
    received_at: datetime
    active_ms: int | None


def work_of(conn: sa.Connection, project_id: int, annotator: str, *, limit: int) -> list[Worked]:
    """One annotator's last acts, newest first, as far as they tell how the work goes."""
    return [Worked(*row) for row in conn.execute(_WORK, {"project": project_id, "me": annotator, "most": limit})]


def did(conn: sa.Connection, project_id: int, annotator: str, item_seq: int) -> bool:
    """Whether somebody has ever done anything about an item."""
    e = answer_event.c
    asked = sa.select(e.id).where(e.project_id == project_id, e.item_seq == item_seq, e.annotator == annotator)
    return conn.scalar(asked.limit(1)) is not None


def undone(conn: sa.Connection, project_id: int, seqs: Sequence[int]) -> set[str]:
    """The events about these items that were undone."""
    e = answer_event.c
    found: set[str] = set()
    for chunk in chunks(seqs):
        asked = sa.select(e.supersedes).where(
            e.project_id == project_id, among(conn, e.item_seq, chunk), e.action == "undo"
        )
        found.update(conn.scalars(asked))
    return found


def last_received(conn: sa.Connection, project_id: int, n: int) -> list[datetime]:
    """When the last answers came in, newest first."""
    e = answer_event.c
    last = head(conn, project_id)[0]
    asked = sa.select(e.received_at).where(
        e.project_id == project_id, e.seq > last - n, e.action.in_(sorted(chain.ANSWERS))
    )
    return list(conn.scalars(asked.order_by(e.seq.desc())))


def facts_of(conn: sa.Connection, event_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Who answered and when, and why the item was asked: by event, for an export's columns.

    The keys are annotator, answered_at, round, strategy, purpose, utility, propensity, reason and note; what is about
    a query is None where nobody asked, and so is a note that was not given, or was erased.
    """
    e, q = answer_event.c, query.c
    found: dict[str, dict[str, Any]] = {}
    for chunk in chunks(event_ids):
        asked = (
            sa.select(
                e.id,
                e.annotator,
                sa.func.coalesce(e.submitted_at, e.received_at).label("answered_at"),
                e.round,
                q.strategy,
                q.purpose,
                q.utility,
                q.propensity,
                q.reason,
                sa.func.nullif(answer_content.c.note, "").label("note"),
            )
            .outerjoin(query, q.id == e.query_id)
            .outerjoin(answer_content, answer_content.c.event_id == e.id)
            .where(among(conn, e.id, chunk))
        )
        for row in conn.execute(asked):
            facts = dict(row._mapping)
            found[facts.pop("id")] = facts
    return found


def last_taken_back(conn: sa.Connection, project_id: int, seqs: Sequence[int]) -> dict[int, str]:
    """The last undo or withdrawal about each of these items that has one: the event's id, by item."""
    e = answer_event.c
    found: dict[int, str] = {}
    for chunk in chunks(seqs):
        back = (
            sa.select(e.item_seq, e.id)
            .where(e.project_id == project_id, among(conn, e.item_seq, chunk), e.action.in_(("undo", "withdraw")))
            .order_by(e.item_seq, e.seq)
        )
        found.update((row.item_seq, row.id) for row in conn.execute(back))
    return found


def head(conn: sa.Connection, project_id: int) -> tuple[int, str]:
    """The place and the hash of the project's last event: written down elsewhere, they prove what was there."""
    row = conn.execute(_LAST, {"project": project_id}).one_or_none()
    return (0, chain.GENESIS) if row is None else (row.seq, row.hash)


def steps_of(conn: sa.Connection, project_id: int, seqs: Sequence[int]) -> Iterator[tuple[int, chain.Step]]:
    """The events of these items, in order, as far as they decide the label; each with its item."""
    for chunk in chunks(seqs):
        said = {"project": project_id, **one_of(conn, chunk)}
        if len(chunk) == 1:
            rows: Iterable[sa.Row[Any]] = conn.execute(_steps_about(conn.dialect.name, single=True), said)
        else:
            rows = flat(streamed(conn, _steps_about(conn.dialect.name, single=False), said=said))
        yield from map(_step, rows)


@cache
def _steps_about(dialect: str, *, single: bool) -> sa.Select[Any]:
    which = is_one_of(dialect, answer_event.c.item_seq, single=single)
    return _steps(answer_content.c.value, answer_event.c.project_id == sa.bindparam("project"), which)


def standings(conn: sa.Connection, project_id: int, seqs: Sequence[int]) -> dict[int, chain.Standing]:
    """What stands of these items' answers, for those of them that anything was done about."""
    return {
        seq: chain.standing(step for _, step in steps)
        for seq, steps in groupby(steps_of(conn, project_id, sorted(seqs)), key=itemgetter(0))
    }


def said(conn: sa.Connection, project_id: int, *, until: int) -> Iterator[tuple[int, tuple[chain.Step, ...]]]:
    """Everybody's latest answers to each item that has any, by the chain up to a place in it; each with its item.

    Notes
    -----
    Linear in all events of the project.
    """
    e = answer_event.c
    asked = _steps(answer_content.c.value, e.project_id == project_id, e.seq <= until)
    for seq, those in groupby(map(_step, flat(streamed(conn, asked))), key=itemgetter(0)):
        if latest := chain.standing(step for _, step in those).latest:
            yield seq, latest


def stored_steps(conn: sa.Connection, project_id: int) -> Iterator[tuple[int, chain.Step]]:
    """The events of every item, item by item, with each value as the text that is stored, whatever it is."""
    asked = _steps(sa.type_coerce(answer_content.c.value, sa.Text), answer_event.c.project_id == project_id)
    yield from map(_step, flat(streamed(conn, asked)))


def _steps(value: sa.ColumnElement[Any], *which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    e, words = answer_event.c, answer_content.c
    erased = words.erased_at.is_not(None)
    return (
        sa.select(e.item_seq, e.id, e.action, e.annotator, e.supersedes, e.query_id, value, erased)
        .outerjoin(answer_content, words.event_id == e.id)
        .where(*which)
        .order_by(e.item_seq, e.seq)
    )


def _step(row: sa.Row[Any]) -> tuple[int, chain.Step]:
    return row[0], chain.Step(*tuple(row)[1:])


def _events(project_id: int) -> sa.Select[Any]:
    words = answer_content.c
    return (
        sa.select(*(c for c in answer_event.c if c.name != "project_id"), words.value, words.note, words.erased_at)
        .outerjoin(answer_content, words.event_id == answer_event.c.id)
        .where(answer_event.c.project_id == project_id)
    )
