"""People, and the projects each may enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.core.checks import nearest
from querist.core.errors import Conflict, NotFound
from querist.core.people import PersonRole, folded, person_name
from querist.store.columns import plain_text, utc_now
from querist.store.people_tables import api_key, invitation, membership, person, session
from querist.store.tables import project


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may sign in.

    `skills` are words and `tier` a level by which work is given out, `daily_cap` the most answers a day.
    `has_password` and `by_provider` say which ways of signing in are open.
    """

    id: int
    name: str
    full_name: str
    role: PersonRole
    skills: tuple[str, ...]
    tier: int
    daily_cap: int | None
    preferences: Mapping[str, Any]
    created_at: datetime
    last_seen_at: datetime | None
    disabled_at: datetime | None
    has_password: bool
    by_provider: bool

    @property
    def disabled(self) -> bool:
        """Whether the person is kept out."""
        return self.disabled_at is not None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A person, and the hash of the password; None where there is none."""

    person: Person
    password_hash: str | None = field(repr=False)


def create(
    conn: sa.Connection,
    name: str,
    role: PersonRole,
    *,
    full_name: str = "",
    password_hash: str | None = None,
    oidc_subject: str | None = None,
    skills: Sequence[str] = (),
    tier: int = 0,
    daily_cap: int | None = None,
    now: datetime | None = None,
) -> Person:
    """A new person.

    Raises
    ------
    Conflict
        If there is one whose name reads the same, disabled or not: the name stands under answers.
    InvalidInput
        If a person may not be called so.
    """
    name = person_name(name)
    if find(conn, name) is not None:
        raise _taken(name)
    made = person.insert().values(
        name=name,
        folded=folded(name),
        full_name=plain_text("full_name", full_name),
        role=role,
        password_hash=password_hash,
        oidc_subject=oidc_subject,
        skills=list(skills),
        tier=tier,
        daily_cap=daily_cap,
        preferences={},
        created_at=now or utc_now(),
    )
    try:
        return read(conn.execute(made.returning(person)).one())
    except sa.exc.IntegrityError:  # another process was faster, after our look
        raise _taken(name) from None


def find(conn: sa.Connection, name: str) -> Person | None:
    """The person of this name, however its letters are cased; None where there is none."""
    row = conn.execute(sa.select(person).where(person.c.folded == _searched(name))).one_or_none()
    return None if row is None else read(row)


def get(conn: sa.Connection, name: str) -> Person:
    """The person of this name.

    Raises
    ------
    NotFound
        If there is none; the message names the nearest.
    """
    found = find(conn, name)
    if found is None:
        near = nearest(name, list(conn.scalars(sa.select(person.c.name).order_by(person.c.name))))
        hint = f"Did you mean {near!r}?" if near else "List the people there are."
        raise NotFound(f"name: must be a person's; got {name!r}. {hint}")
    return found


def by_subject(conn: sa.Connection, oidc_subject: str) -> Person | None:
    """The person whom an identity provider calls so."""
    row = conn.execute(sa.select(person).where(person.c.oidc_subject == oidc_subject)).one_or_none()
    return None if row is None else read(row)


def credentials(conn: sa.Connection, name: str) -> Credentials | None:
    """The person of this name, and what proves it."""
    row = conn.execute(sa.select(person).where(person.c.folded == _searched(name))).one_or_none()
    return None if row is None else Credentials(read(row), row.password_hash)


def hold(conn: sa.Connection, person_id: int) -> Credentials:
    """The person as it is now, and stays until the transaction ends.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    # FOR NO KEY UPDATE: whoever only refers to the person, as every new session does, is not made to wait.
    asked = sa.select(person).where(person.c.id == person_id).with_for_update(key_share=True)
    row = conn.execute(asked).one_or_none()
    if row is None:
        raise NotFound(f"person: must be one of this database's; there is none numbered {person_id}. List them.")
    return Credentials(read(row), row.password_hash)


def hold_admins(conn: sa.Connection) -> list[int]:
    """The numbers of the admins who may sign in; none of them changes until the transaction ends."""
    asked = sa.select(person.c.id).where(person.c.role == "admin", person.c.disabled_at.is_(None))
    return list(conn.scalars(asked.order_by(person.c.id).with_for_update(key_share=True)))


def hold_all(conn: sa.Connection) -> None:
    """Keep everybody else from adding or changing people until the transaction ends."""
    if conn.dialect.name == "postgresql":  # SQLite has one writer anyway
        conn.exec_driver_sql("LOCK TABLE person IN SHARE ROW EXCLUSIVE MODE")


def anyone(conn: sa.Connection) -> bool:
    """Whether there are people at all."""
    return conn.execute(sa.select(person.c.id).limit(1)).first() is not None


def listed(conn: sa.Connection) -> list[Person]:
    """Everybody, by name."""
    return [read(row) for row in conn.execute(sa.select(person).order_by(person.c.folded))]


def update(conn: sa.Connection, person_id: int, **changes: Any) -> Person:
    """The person with these columns changed.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    if "full_name" in changes:
        plain_text("full_name", changes["full_name"])
    if changes:
        conn.execute(sa.update(person).where(person.c.id == person_id).values(**changes))
    return hold(conn, person_id).person


def seen(conn: sa.Connection, person_id: int, now: datetime) -> None:
    """Write down that the person was here."""
    conn.execute(sa.update(person).where(person.c.id == person_id).values(last_seen_at=now))


def disable(conn: sa.Connection, person_id: int, *, now: datetime | None = None) -> Person:
    """Keep a person out from now on: sessions end, keys and open invitations are revoked. Answers stay.

    Raises
    ------
    NotFound
        If there is none of this number.
    """
    moment = now or utc_now()
    held = hold(conn, person_id).person
    conn.execute(sa.delete(session).where(session.c.person_id == person_id))
    keys = sa.update(api_key).where(api_key.c.person_id == person_id, api_key.c.revoked_at.is_(None))
    conn.execute(keys.values(revoked_at=moment))
    sent = sa.update(invitation).where(
        invitation.c.invited_by == person_id, invitation.c.used_at.is_(None), invitation.c.revoked_at.is_(None)
    )
    conn.execute(sent.values(revoked_at=moment))
    return held if held.disabled else update(conn, person_id, disabled_at=moment)


def join(conn: sa.Connection, project_id: int, person_id: int) -> None:
    """Let a person enter a project; nothing happens where they may already."""
    if not is_member(conn, project_id, person_id):
        hold(conn, person_id)
        if not is_member(conn, project_id, person_id):
            conn.execute(membership.insert().values(project_id=project_id, person_id=person_id))


def leave(conn: sa.Connection, project_id: int, person_id: int) -> bool:
    """Let a person enter a project no longer; whether they could."""
    gone = sa.delete(membership).where(membership.c.project_id == project_id, membership.c.person_id == person_id)
    return conn.execute(gone).rowcount > 0


def is_member(conn: sa.Connection, project_id: int, person_id: int) -> bool:
    """Whether a person was let into a project by name."""
    asked = sa.select(membership.c.person_id).where(
        membership.c.project_id == project_id, membership.c.person_id == person_id
    )
    return conn.execute(asked).one_or_none() is not None


def members(conn: sa.Connection, project_id: int) -> list[Person]:
    """Who was let into a project by name."""
    asked = sa.select(person).join(membership, membership.c.person_id == person.c.id)
    return [read(row) for row in conn.execute(asked.where(membership.c.project_id == project_id).order_by("folded"))]


def projects_of(conn: sa.Connection, person_id: int) -> frozenset[str]:
    """The names of the projects a person was let into."""
    asked = sa.select(project.c.name).join(membership, membership.c.project_id == project.c.id)
    return frozenset(conn.scalars(asked.where(membership.c.person_id == person_id)))


def read(row: sa.Row[Any]) -> Person:
    """A row of `person` as a person."""
    return Person(
        id=row.id,
        name=row.name,
        full_name=row.full_name,
        role=row.role,
        skills=tuple(row.skills),
        tier=row.tier,
        daily_cap=row.daily_cap,
        preferences=row.preferences,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        disabled_at=row.disabled_at,
        has_password=row.password_hash is not None,
        by_provider=row.oidc_subject is not None,
    )


def _searched(name: str) -> str:
    # What no name can hold is looked up as a name that nobody has, not refused: who asks learns nothing.
    usable = "\x00" not in name and name.isprintable()
    return folded(name.strip()) if usable else ""


def _taken(name: str) -> Conflict:
    return Conflict(f"name: must be new; there is a person {name!r} already. Choose another.")
