"""What is on people's desks: all that a leased item's screen shows, drafts of answers, the instructions they read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from querist.core.state import Purpose, Value
from querist.store.columns import utc_now
from querist.store.queue_tables import desk, slot, slot_draft
from querist.store.sql import clock, is_listed, listed, upsert
from querist.store.tables import instruction_version, item, query, round_, schema_version

_DROPPED = sa.delete(slot_draft).where(
    slot_draft.c.slot_id == sa.bindparam("slot"), slot_draft.c.annotator == sa.bindparam("me")
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen shows of a slot: the item, why it was asked, and the answer that was begun, where one was."""

    item_id: str
    content_hash: str
    fields: Mapping[str, Any]
    round: int
    rank: int
    purpose: Purpose
    reason: str
    suggestion: Mapping[str, Any] | None
    model: int | None
    schema_version: int
    instruction_version: int | None
    draft: Draft | None


class Draft(NamedTuple):
    """An answer that somebody has begun."""

    value: Value | None
    note: str


def shown(conn: sa.Connection, project_id: int, annotator: str, slot_ids: Sequence[int]) -> dict[int, Shown]:
    """What somebody's screen shows of these slots, by slot."""
    asked = {"project": project_id, "me": annotator, "these": listed(conn, slot_ids)}
    return {row.id: _shown(row) for row in conn.execute(_screens(conn.dialect.name), asked)}


def note_read(conn: sa.Connection, project_id: int, annotator: str, version: int) -> None:
    """Note the version of the instructions that somebody has read."""
    row = {"place": 0, "reopened": 0, "seen_at": clock(conn), "read_instructions": version}
    new = upsert(conn.dialect.name, desk).values(project_id=project_id, annotator=annotator, **row)
    conn.execute(
        new.on_conflict_do_update(
            index_elements=[desk.c.project_id, desk.c.annotator], set_={"read_instructions": version}
        )
    )


def version_read(conn: sa.Connection, project_id: int, annotator: str) -> int | None:
    """The version of the instructions that somebody has read last; None for none."""
    c = desk.c
    read: int | None = conn.scalar(
        sa.select(c.read_instructions).where(c.project_id == project_id, c.annotator == annotator)
    )
    return read


def save_draft(conn: sa.Connection, slot_id: int, annotator: str, value: Value | None, note: str) -> None:
    """Keep what somebody has begun to answer."""
    row = {"slot_id": slot_id, "annotator": annotator, "value": value, "note": note, "saved_at": utc_now()}
    new = upsert(conn.dialect.name, slot_draft).values(**row)
    conn.execute(new.on_conflict_do_update(index_elements=[slot_draft.c.slot_id], set_=row))


def drop_draft(conn: sa.Connection, slot_id: int, annotator: str) -> None:
    """Forget somebody's draft: the answer is in."""
    conn.execute(_DROPPED, {"slot": slot_id, "me": annotator})


@cache
def _screens(dialect: str) -> sa.Executable:
    s, d, i = slot.c, slot_draft.c, item.c
    project_id = sa.bindparam("project", type_=sa.BigInteger)
    newest = {
        name: sa.select(sa.func.max(table.c.version)).where(table.c.project_id == project_id).scalar_subquery()
        for name, table in (("schema_version", schema_version), ("instruction_version", instruction_version))
    }
    return (
        sa.select(
            *(s.id, i.item_id, i.content_hash, i.fields, round_.c.number, round_.c.model),
            *(query.c.rank, query.c.purpose, query.c.reason, query.c.suggestion),
            *(d.slot_id.label("begun"), d.value, d.note),
            *(version.label(name) for name, version in newest.items()),
        )
        .join(query, query.c.id == s.query_id)
        .join(round_, round_.c.id == query.c.round_id)
        .join(item, i.seq == s.item_seq)
        .outerjoin(slot_draft, sa.and_(d.slot_id == s.id, d.annotator == sa.bindparam("me")))
        .where(is_listed(dialect, s.id, "these"))
    )


def _shown(row: sa.Row[Any]) -> Shown:
    return Shown(
        item_id=row.item_id,
        content_hash=row.content_hash,
        fields=json.loads(row.fields),
        round=row.number,
        rank=row.rank,
        purpose=row.purpose,
        reason=row.reason,
        suggestion=row.suggestion,
        model=row.model,
        schema_version=row.schema_version,
        instruction_version=row.instruction_version,
        draft=None if row.begun is None else Draft(row.value, row.note),
    )
