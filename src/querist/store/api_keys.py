"""API keys: how a program signs in as a person. What is kept of a key is its hash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from querist.core.people import Scope
from querist.store.columns import plain_text
from querist.store.people import Person, read
from querist.store.people_tables import api_key, person

TOUCHED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key, all but its secret."""

    id: int
    owner: str
    label: str
    scopes: tuple[Scope, ...]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    def is_stale(self, now: datetime) -> bool:
        """Whether it is time to write down again that it is in use; every request would be too often."""
        return self.used_at is None or now - self.used_at >= TOUCHED_EVERY


def create(
    conn: sa.Connection,
    key_hash: str,
    person_id: int,
    *,
    label: str,
    scopes: Sequence[Scope],
    now: datetime,
    expires_at: datetime | None = None,
) -> ApiKey:
    """A new key of a person."""
    made = api_key.insert().values(
        hash=key_hash,
        person_id=person_id,
        label=plain_text("label", label),
        scopes=list(scopes),
        created_at=now,
        expires_at=expires_at,
    )
    number = conn.execute(made.returning(api_key.c.id)).scalar_one()
    return _read(conn.execute(_keys().where(api_key.c.id == number)).one())


def find(conn: sa.Connection, key_hash: str, *, now: datetime) -> tuple[ApiKey, Person] | None:
    """The key of this hash and its owner, while the key lasts and the owner is not disabled."""
    asked = _keys().where(
        api_key.c.hash == key_hash,
        api_key.c.revoked_at.is_(None),
        sa.or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > now),
        person.c.disabled_at.is_(None),
    )
    row = conn.execute(asked).one_or_none()
    if row is None:
        return None
    owner = conn.execute(sa.select(person).where(person.c.id == row.person_id)).one()
    return _read(row), read(owner)


def touch(conn: sa.Connection, number: int, *, now: datetime) -> None:
    """Write down that it is in use."""
    conn.execute(sa.update(api_key).where(api_key.c.id == number).values(used_at=now))


def get(conn: sa.Connection, number: int) -> ApiKey | None:
    """The key of this number."""
    row = conn.execute(_keys().where(api_key.c.id == number)).one_or_none()
    return None if row is None else _read(row)


def listed(conn: sa.Connection, person_id: int | None = None) -> list[ApiKey]:
    """The keys that were not revoked, a person's or everybody's, newest first."""
    asked = _keys().where(api_key.c.revoked_at.is_(None)).order_by(api_key.c.id.desc())
    if person_id is not None:
        asked = asked.where(api_key.c.person_id == person_id)
    return [_read(row) for row in conn.execute(asked)]


def revoke(conn: sa.Connection, number: int, *, now: datetime) -> bool:
    """Let a key open nothing any longer; whether it did."""
    gone = sa.update(api_key).where(api_key.c.id == number, api_key.c.revoked_at.is_(None)).values(revoked_at=now)
    return conn.execute(gone).rowcount > 0


def _keys() -> sa.Select[Any]:
    return sa.select(api_key, person.c.name.label("owner")).join(person, person.c.id == api_key.c.person_id)


def _read(row: sa.Row[Any]) -> ApiKey:
    return ApiKey(
        row.id, row.owner, row.label, tuple(row.scopes), row.created_at, row.expires_at, row.used_at, row.revoked_at
    )
