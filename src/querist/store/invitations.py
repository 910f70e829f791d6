"""Invitations: one-time links that let somebody in. What is kept of a link is its hash.

The first admin's link is an invitation that nobody sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.core.people import PersonRole
from querist.store.columns import plain_text
from querist.store.people_tables import invitation, person
from querist.store.tables import project


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that is out. `invited_by` and its role are None for the first admin's."""

    id: int
    role: PersonRole
    project: str | None
    project_id: int | None
    skills: tuple[str, ...]
    note: str
    invited_by: str | None
    invited_by_role: PersonRole | None
    created_at: datetime
    expires_at: datetime


def create(
    conn: sa.Connection,
    token_hash: str,
    role: PersonRole,
    *,
    now: datetime,
    expires_at: datetime,
    project_id: int | None = None,
    skills: Sequence[str] = (),
    note: str = "",
    invited_by: int | None = None,
) -> Invitation:
    """A new link."""
    made = invitation.insert().values(
        hash=token_hash,
        role=role,
        project_id=project_id,
        skills=list(skills),
        note=plain_text("note", note),
        invited_by=invited_by,
        created_at=now,
        expires_at=expires_at,
    )
    number = conn.execute(made.returning(invitation.c.id)).scalar_one()
    return _read(conn.execute(_invitations().where(invitation.c.id == number)).one())


def look(conn: sa.Connection, token_hash: str, *, now: datetime) -> Invitation | None:
    """What a link is for, while it can be used."""
    row = conn.execute(_invitations().where(invitation.c.hash == token_hash, _open(now))).one_or_none()
    return None if row is None else _read(row)


def use(conn: sa.Connection, token_hash: str, *, now: datetime) -> Invitation | None:
    """Use a link up. None for all but the first who do, and for one that lapsed or was revoked."""
    used = sa.update(invitation).where(invitation.c.hash == token_hash, _open(now)).values(used_at=now)
    number = conn.execute(used.returning(invitation.c.id)).scalar_one_or_none()
    if number is None:
        return None
    return _read(conn.execute(_invitations().where(invitation.c.id == number)).one())


def used_by(conn: sa.Connection, number: int, person_id: int) -> None:
    """Write down whom a link let in."""
    conn.execute(sa.update(invitation).where(invitation.c.id == number).values(used_by=person_id))


def listed(conn: sa.Connection, *, now: datetime) -> list[Invitation]:
    """The links that somebody sent and that can still be used, newest first."""
    asked = _invitations().where(_open(now), invitation.c.invited_by.is_not(None)).order_by(invitation.c.id.desc())
    return [_read(row) for row in conn.execute(asked)]


def revoke(conn: sa.Connection, number: int, *, now: datetime) -> bool:
    """Take a link back; whether it was open."""
    gone = sa.update(invitation).where(invitation.c.id == number, _open(now)).values(revoked_at=now)
    return conn.execute(gone).rowcount > 0


def revoke_first(conn: sa.Connection, *, now: datetime) -> None:
    """Take back every link to become the first admin that is out."""
    c = invitation.c
    gone = sa.update(invitation).where(c.invited_by.is_(None), c.role == "admin", _open(now))
    conn.execute(gone.values(revoked_at=now))


def _open(now: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(invitation.c.used_at.is_(None), invitation.c.revoked_at.is_(None), invitation.c.expires_at > now)


def _invitations() -> sa.Select[Any]:
    return (
        sa.select(
            invitation,
            project.c.name.label("project"),
            person.c.name.label("sender"),
            person.c.role.label("sender_role"),
        )
        .join(project, project.c.id == invitation.c.project_id, isouter=True)
        .join(person, person.c.id == invitation.c.invited_by, isouter=True)
    )


def _read(row: sa.Row[Any]) -> Invitation:
    return Invitation(
        id=row.id,
        role=row.role,
        project=row.project,
        project_id=row.project_id,
        skills=tuple(row.skills),
        note=row.note,
        invited_by=row.sender,
        invited_by_role=row.sender_role,
        created_at=row.created_at,
        expires_at=row.expires_at,
    )
