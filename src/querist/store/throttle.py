"""Counts of attempts within a span of time, for all processes together."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from querist.store.people_tables import throttle


def count(conn: sa.Connection, bucket: str, *, span: timedelta, now: datetime) -> tuple[int, datetime]:
    """Count one attempt more; how many there are in this span, and when it began.

    A span begins with the first attempt after the last one's end.
    """
    insert = postgresql.insert if conn.dialect.name == "postgresql" else sqlite.insert
    made = insert(throttle).values(bucket=bucket, n=1, since=now)
    over = throttle.c.since <= now - span
    counted = made.on_conflict_do_update(
        index_elements=[throttle.c.bucket],
        set_={
            "n": sa.case((over, 1), else_=throttle.c.n + 1),
            "since": sa.case((over, made.excluded.since), else_=throttle.c.since),
        },
    )
    row = conn.execute(counted.returning(throttle.c.n, throttle.c.since)).one()
    return row.n, row.since


def take_back(conn: sa.Connection, bucket: str) -> None:
    """Count one attempt less."""
    conn.execute(sa.update(throttle).where(throttle.c.bucket == bucket, throttle.c.n > 0).values(n=throttle.c.n - 1))


def forget(conn: sa.Connection, before: datetime) -> None:
    """Drop the counts whose span began before a moment, but for those that somebody is changing just now."""
    old = sa.select(throttle.c.bucket).where(throttle.c.since < before).with_for_update(skip_locked=True)
    conn.execute(sa.delete(throttle).where(throttle.c.bucket.in_(old)))
