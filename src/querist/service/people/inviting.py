"""Invitations: a link for somebody who is not there yet, good once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from querist.access import passwords, roles, tokens
from querist.core.checks import one_of
from querist.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from querist.core.people import ROLES, PersonRole, Principal, full_name_of, person_name, skills_of
from querist.service.people.entering import SignedIn, begin_session, in_person
from querist.service.people.permitting import allow
from querist.store import invitations as links
from querist.store import people, projects
from querist.store.columns import utc_now
from querist.store.db import Connection, Database

DAYS = 7
MOST_DAYS = 90
NOTE_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class Invited:
    """A link that was made. `token` is what it is opened with, and nowhere else to be had again."""

    invitation: links.Invitation
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody who was invited may know before they accept."""

    role: PersonRole
    project: str | None
    invited_by: str | None


def invite(
    database: Database,
    principal: Principal,
    role: PersonRole,
    *,
    project: str | None = None,
    skills: Sequence[str] = (),
    note: str = "",
    days: int = DAYS,
    now: datetime | None = None,
) -> Invited:
    """Make a link for somebody to come in by.

    Parameters
    ----------
    database : Database
    principal : Principal
    role : {"annotator", "adjudicator", "manager", "auditor", "admin"}
        A manager may invite annotators and adjudicators only.
    project : str, optional
        Which they are let into.
    skills : sequence of str
        Which they are taken to have.
    note : str
        For whom it is, for those who look at the list.
    days : int
        How long it is good, 90 at most.

    Raises
    ------
    Forbidden
        If the role does not allow it, or a key asks.
    NotFound
        If there is no such project.
    InvalidInput
        If something is not as it must be.
    """
    moment = now or utc_now()
    allow(principal, "manage")
    in_person(principal, "invite people")
    one_of("role", role, ROLES)
    if not roles.may_invite(principal.role, role):
        raise Forbidden(f"role: must be annotator or adjudicator for a manager's invitation; got {role}. Ask an admin.")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"days: must be from 1 to {MOST_DAYS}; got {days}. Choose one of these.")
    if len(note) > NOTE_CHARACTERS:
        raise InvalidInput(f"note: must have at most {NOTE_CHARACTERS} characters; got {len(note)}. Shorten it.")
    token = tokens.new(tokens.LINK)
    with database.transaction() as conn:
        made = links.create(
            conn,
            tokens.digest(token),
            role,
            now=moment,
            expires_at=moment + timedelta(days=days),
            project_id=None if project is None else projects.get(conn, project).id,
            skills=skills_of(skills),
            note=note,
            invited_by=principal.person_id or None,
        )
    return Invited(made, token)


def invitations(database: Database, principal: Principal, *, now: datetime | None = None) -> list[links.Invitation]:
    """The links that are out and still good, newest first.

    Raises
    ------
    Forbidden
        If the role does not allow to manage.
    """
    allow(principal, "manage")
    with database.reading() as conn:
        return links.listed(conn, now=now or utc_now())


def revoke_invitation(database: Database, principal: Principal, number: int, *, now: datetime | None = None) -> None:
    """Take a link back.

    Raises
    ------
    Forbidden
        If the role does not allow to invite such people.
    NotFound
        If there is no such link, or it is used, revoked or past its time.
    """
    moment = now or utc_now()
    allow(principal, "manage")
    with database.transaction() as conn:
        found = next((link for link in links.listed(conn, now=moment) if link.id == number), None)
        if found is None or not links.revoke(conn, number, now=moment):
            raise NotFound(f"invitation: must be one that is out; there is none numbered {number}. Look at the list.")
        if not roles.may_invite(principal.role, found.role):
            raise Forbidden(f"role: must allow to invite a {found.role}; yours is {principal.role}. Ask an admin.")


def look(database: Database, token: str, *, now: datetime | None = None) -> Look:
    """What a link is for.

    Raises
    ------
    NotFound
        If it is not one that is good.
    """
    with database.reading() as conn:
        try:
            found = _good(links.look(conn, tokens.digest(token), now=now or utc_now()))
        except Conflict as error:
            raise NotFound(str(error)) from None
    return Look(found.role, found.project, found.invited_by)


def accept(
    database: Database,
    token: str,
    name: str,
    password: str,
    *,
    full_name: str = "",
    now: datetime | None = None,
) -> SignedIn:
    """Come in by a link. Of two who do at once, one does.

    Raises
    ------
    Conflict
        If the link is used, revoked or past its time, or the name is taken: the link then stays good.
    InvalidInput
        If the name or the password will not do; the link stays good.
    """
    moment = now or utc_now()
    with database.reading() as conn:
        _good(links.look(conn, tokens.digest(token), now=moment))
    name = person_name(name)
    passwords.check(password, name=name)
    full_name = full_name_of(full_name)
    password_hash = passwords.hashed(password)
    with database.transaction() as conn:
        used = _good(links.use(conn, tokens.digest(token), now=moment))
        person = people.create(
            conn,
            name,
            used.role,
            full_name=full_name,
            password_hash=password_hash,
            skills=used.skills,
            now=moment,
        )
        links.used_by(conn, used.id, person.id)
        _enter(conn, used, person)
        return begin_session(conn, person, now=moment)


def _enter(conn: Connection, used: links.Invitation, person: people.Person) -> None:
    if used.project_id is not None:
        people.join(conn, used.project_id, person.id)


def _good(found: links.Invitation | None) -> links.Invitation:
    """The link, if it is one somebody sent whose role still allows to."""
    if found is None or found.invited_by_role is None or not roles.may_invite(found.invited_by_role, found.role):
        raise Conflict(
            "token: must be of an invitation that is good; this one is used, revoked, past its time, or was never "
            "sent. Ask whoever invited you for a new one."
        )
    return found
