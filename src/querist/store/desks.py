"""What is on people's desks beside leases: drafts of answers, and the instructions that they have read."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from querist.core.state import Value
from querist.store.columns import utc_now
from querist.store.queue_tables import desk, slot_draft
from querist.store.sql import among, chunks, clock, upsert


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


def drafts_of(conn: sa.Connection, annotator: str, slot_ids: Sequence[int]) -> dict[int, tuple[Value | None, str]]:
    """What somebody has begun to answer of these slots: value and note."""
    c = slot_draft.c
    found: dict[int, tuple[Value | None, str]] = {}
    for chunk in chunks(slot_ids):
        rows = conn.execute(sa.select(slot_draft).where(among(conn, c.slot_id, chunk), c.annotator == annotator))
        found.update((row.slot_id, (row.value, row.note)) for row in rows)
    return found


def drop_draft(conn: sa.Connection, slot_id: int, annotator: str) -> None:
    """Forget somebody's draft: the answer is in."""
    c = slot_draft.c
    conn.execute(sa.delete(slot_draft).where(c.slot_id == slot_id, c.annotator == annotator))
