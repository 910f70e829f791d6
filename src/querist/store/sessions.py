"""Sessions: who is signed in on the page. What is kept of a token is its hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from querist.store.people import Person, read
from querist.store.people_tables import person, session

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
TOUCHED_EVERY = timedelta(minutes=1)


_LASTING = (
    sa.select(session.c.hash, session.c.csrf, session.c.seen_at, session.c.expires_at, person)
    .join(person, person.c.id == session.c.person_id)
    .where(
        session.c.hash == sa.bindparam("token_hash"),
        session.c.expires_at > sa.bindparam("now"),
        session.c.seen_at > sa.bindparam("long_ago"),
        person.c.disabled_at.is_(None),
    )
)


@dataclass(frozen=True, slots=True)
class Session:
    """One browser, signed in."""

    hash: str = field(repr=False)
    person: Person
    csrf: str = field(repr=False)
    seen_at: datetime
    expires_at: datetime

    def is_stale(self, now: datetime) -> bool:
        """Whether it is time to write down again that it is in use; every request would be too often."""
        return now - self.seen_at >= TOUCHED_EVERY


def start(conn: sa.Connection, token_hash: str, person_id: int, csrf: str, *, now: datetime) -> None:
    """Begin one, and forget those of the person that have ended."""
    over = sa.or_(session.c.expires_at <= now, session.c.seen_at <= now - IDLE)
    conn.execute(sa.delete(session).where(session.c.person_id == person_id, over))
    conn.execute(
        session.insert().values(
            hash=token_hash, person_id=person_id, csrf=csrf, created_at=now, seen_at=now, expires_at=now + LONGEST
        )
    )


def find(conn: sa.Connection, token_hash: str, *, now: datetime) -> Session | None:
    """The session of this hash, while it lasts and its person is not disabled."""
    row = conn.execute(_LASTING, {"token_hash": token_hash, "now": now, "long_ago": now - IDLE}).one_or_none()
    return None if row is None else Session(row.hash, read(row), row.csrf, row.seen_at, row.expires_at)


def touch(conn: sa.Connection, token_hash: str, *, now: datetime) -> None:
    """Write down that it is in use."""
    conn.execute(sa.update(session).where(session.c.hash == token_hash, session.c.seen_at < now).values(seen_at=now))


def end(conn: sa.Connection, token_hash: str) -> bool:
    """End one; whether there was one."""
    return conn.execute(sa.delete(session).where(session.c.hash == token_hash)).rowcount > 0


def end_all(conn: sa.Connection, person_id: int, *, but: str = "") -> int:
    """End a person's sessions, all or all but one; how many."""
    over = sa.delete(session).where(session.c.person_id == person_id, session.c.hash != but)
    return conn.execute(over).rowcount
