"""Who did how much on which day, counted as it happens."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

import sqlalchemy as sa

from querist.store.columns import utc_now
from querist.store.queue_tables import workday
from querist.store.sql import upsert


@dataclass(frozen=True, slots=True)
class Workday:
    """One person's day in one project; `day` is a date in UTC, written YYYY-MM-DD."""

    annotator: str
    day: str
    n_answers: int
    n_skipped: int
    n_flagged: int
    active_ms: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Total:
    """All of one person's days in a project together, and today's answers."""

    n_answers: int
    n_skipped: int
    active_ms: int
    today: int
    last_at: datetime


def note(
    conn: sa.Connection,
    project_id: int,
    annotator: str,
    *,
    answers: int = 0,
    skipped: int = 0,
    flagged: int = 0,
    active_ms: int = 0,
    now: datetime | None = None,
) -> None:
    """Add what somebody has just done to their day."""
    at = now or utc_now()
    counts = {"n_answers": answers, "n_skipped": skipped, "n_flagged": flagged, "active_ms": active_ms}
    row = {"project_id": project_id, "annotator": annotator, "day": day_of(at), "last_at": at, **counts}
    conn.execute(_add(conn.dialect.name), row)


@cache
def _add(dialect: str) -> sa.Executable:
    c, new = workday.c, upsert(dialect, workday)
    more = {name: c[name] + new.excluded[name] for name in ("n_answers", "n_skipped", "n_flagged", "active_ms")}
    return new.on_conflict_do_update(
        index_elements=[c.project_id, c.day, c.annotator], set_={**more, "last_at": new.excluded.last_at}
    )


def day_of(moment: datetime) -> str:
    """The day that a moment counts to."""
    return moment.date().isoformat()


def of(
    conn: sa.Connection, project_id: int, *, annotator: str | None = None, since: str | None = None
) -> list[Workday]:
    """The days of everybody or of one person, oldest first, from a day on."""
    c = workday.c
    asked = sa.select(*(each for each in c if each.name != "project_id")).where(c.project_id == project_id)
    if annotator is not None:
        asked = asked.where(c.annotator == annotator)
    if since is not None:
        asked = asked.where(c.day >= since)
    return [Workday(**row._mapping) for row in conn.execute(asked.order_by(c.day, c.annotator))]


def totals(conn: sa.Connection, project_id: int, *, today: str) -> dict[str, Total]:
    """Everybody's days together."""
    c = workday.c
    asked = (
        sa.select(
            c.annotator,
            sa.func.sum(c.n_answers),
            sa.func.sum(c.n_skipped),
            sa.func.sum(c.active_ms),
            sa.func.sum(sa.case((c.day == today, c.n_answers), else_=0)),
            sa.func.max(c.last_at, type_=c.last_at.type),
        )
        .where(c.project_id == project_id)
        .group_by(c.annotator)
    )
    rows = conn.execute(asked)
    return {
        name: Total(int(n), int(skipped), int(active_ms), int(today_n), last)
        for name, n, skipped, active_ms, today_n, last in rows
    }
