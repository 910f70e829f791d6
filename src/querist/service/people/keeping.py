"""People: who there are, adding and changing them, and what each may change of themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from querist.access import passwords, roles
from querist.core.checks import one_of
from querist.core.errors import Conflict, Forbidden, InvalidInput, NotSignedIn
from querist.core.hashing import canonical
from querist.core.people import ROLES, PersonRole, Principal, full_name_of, person_name, skills_of
from querist.service.location import database_url
from querist.service.people.entering import attempt, in_person
from querist.service.people.permitting import allow
from querist.store import people, sessions
from querist.store.columns import utc_now
from querist.store.db import Connection, Database

HIGHEST_TIER = 100
PREFERENCES_BYTES = 16 * 1024
WORK = frozenset({"skills", "tier", "daily_cap"})  # how somebody works, which is a manager's business too
CHANGEABLE = WORK | {"role", "full_name", "disabled", "password"}


def database_at(url: str | None = None, *, create: bool = False) -> Database:
    """The database of people and projects: at this URL, or where the folder and the environment say.

    Raises
    ------
    NotFound
        If there is none and `create` is false.
    """
    return Database.open(database_url(url), create=create)


def me(database: Database, principal: Principal) -> people.Person:
    """The person who asks, with preferences.

    Raises
    ------
    NotSignedIn
        If there is no such person, as at the console.
    """
    with database.reading() as conn:
        found = people.find(conn, principal.name)
    if found is None or found.id != principal.person_id:
        raise NotSignedIn
    return found


def change_me(
    database: Database, principal: Principal, changes: Mapping[str, Any], *, now: datetime | None = None
) -> people.Person:
    """Change what everybody may change of themselves.

    Parameters
    ----------
    database : Database
    principal : Principal
    changes : mapping
        Any of `full_name`, `preferences` (a map of at most 16 KiB as JSON, which takes the old one's place), and
        `password` with `old_password`. A new password ends all other sessions.

    Raises
    ------
    InvalidInput
        If something is not as it must be; nothing is then changed.
    NotSignedIn
        If the old password is wrong.
    TooMany
        After too many wrong ones.
    Forbidden
        If a key asks for a new password.
    """
    moment = now or utc_now()
    _only(changes, {"full_name", "preferences", "password", "old_password"})
    columns: dict[str, Any] = {}
    if "full_name" in changes:
        columns["full_name"] = full_name_of(changes["full_name"])
    if "preferences" in changes:
        columns["preferences"] = _preferences(changes["preferences"])
    person = me(database, principal)
    if changes.get("password") is None:
        with database.transaction() as conn:
            return people.update(conn, person.id, **columns)
    in_person(principal, "change a password")
    passwords.check(changes["password"], name=person.name)
    with attempt(database, person.name, address=None, now=moment) as succeeded:
        with database.reading() as conn:
            proven = people.credentials(conn, person.name)
        old = None if proven is None else proven.password_hash
        if old is None:
            raise Forbidden(
                "password: must be there to be changed; you sign in at a provider. Change it there, or ask an admin."
            )
        if not passwords.verify(old, changes.get("old_password") or ""):
            raise NotSignedIn("old_password: must be the one you have; this one is not. Type it again.")
        columns["password_hash"] = passwords.hashed(changes["password"])
        with database.transaction() as conn:
            if people.hold(conn, person.id).password_hash != old:
                raise Conflict("password: must not be changed twice at once; somebody else just did. Sign in again.")
            succeeded(conn)
            sessions.end_all(conn, person.id, but=principal.proof)
            return people.update(conn, person.id, **columns)


def listed(database: Database, principal: Principal) -> list[people.Person]:
    """Everybody, by name.

    Raises
    ------
    Forbidden
        If the role does not allow to see what others do.
    """
    allow(principal, "audit")
    with database.reading() as conn:
        return people.listed(conn)


def add_person(
    database: Database,
    principal: Principal,
    name: str,
    role: PersonRole,
    *,
    password: str | None = None,
    full_name: str = "",
    skills: Sequence[str] = (),
    tier: int = 0,
    daily_cap: int | None = None,
    now: datetime | None = None,
) -> people.Person:
    """Add a person.

    Parameters
    ----------
    database : Database
    principal : Principal
    name : str
        It stands under the person's answers and cannot be changed.
    role : {"annotator", "adjudicator", "manager", "auditor", "admin"}
    password : str, optional
        None for somebody who signs in at the identity provider under this very name.
    full_name : str
    skills : sequence of str
    tier : int
    daily_cap : int, optional

    Raises
    ------
    Forbidden
        If the role does not allow to administer.
    Conflict
        If there is one whose name reads the same.
    InvalidInput
        If something is not as it must be.
    """
    allow(principal, "administer")
    name = person_name(name)
    columns = _columns({"full_name": full_name, "skills": skills, "tier": tier, "daily_cap": daily_cap})
    one_of("role", role, ROLES)
    if password is not None:
        passwords.check(password, name=name)
    password_hash = None if password is None else passwords.hashed(password)
    with database.transaction() as conn:
        return people.create(conn, name, role, password_hash=password_hash, now=now, **columns)


def change_person(
    database: Database,
    principal: Principal,
    name: str,
    changes: Mapping[str, Any],
    *,
    now: datetime | None = None,
) -> people.Person:
    """Change a person.

    Parameters
    ----------
    database : Database
    principal : Principal
    name : str
    changes : mapping
        Any of `role`, `full_name`, `disabled`, `password`, and, which managers may change too for those they may
        invite, `skills`, `tier`, `daily_cap`. Disabling ends sessions and revokes keys; so does no other change but a
        new password, which ends sessions.

    Raises
    ------
    Forbidden
        If the role does not allow it, or a key asks for a new password.
    Conflict
        If it would leave no admin who can sign in.
    NotFound
        If there is no such person.
    InvalidInput
        If something is not as it must be; nothing is then changed.
    """
    moment = now or utc_now()
    allow(principal, "manage" if set(changes) <= WORK else "administer")
    _only(changes, CHANGEABLE)
    columns = _columns(changes)
    if "role" in changes:
        columns["role"] = one_of("role", changes["role"], ROLES)
    with database.reading() as conn:
        there = people.get(conn, name)
    if changes.get("password") is not None:
        in_person(principal, "change a password")
        passwords.check(changes["password"], name=there.name)
        columns["password_hash"] = passwords.hashed(changes["password"])
    with database.transaction() as conn:
        person = people.get(conn, name)
        _may_change(principal, person)
        if changes.get("disabled") or changes.get("role", person.role) != person.role:
            _keep_an_admin(conn, person, disabled=bool(changes.get("disabled")), role=columns.get("role"))
        if "password_hash" in columns:
            sessions.end_all(conn, person.id)
        if changes.get("disabled") is False:
            columns["disabled_at"] = None
        changed = people.update(conn, person.id, **columns)
        return people.disable(conn, person.id, now=moment) if changes.get("disabled") else changed


def would_lose_the_last_admin(conn: Connection, person: people.Person) -> bool:
    """Whether this is the one admin left who may sign in. No admin changes until the transaction ends."""
    return people.hold_admins(conn) == [person.id]


def _keep_an_admin(conn: Connection, person: people.Person, *, disabled: bool, role: str | None) -> None:
    stays = not disabled and role in (None, "admin")
    if not stays and would_lose_the_last_admin(conn, person):
        raise Conflict(
            f"{'disabled' if disabled else 'role'}: must leave an admin; {person.name!r} is the last. "
            "Make somebody else one first."
        )


def _may_change(principal: Principal, person: people.Person) -> None:
    if not roles.may_invite(principal.role, person.role):
        raise Forbidden(
            f"role: must be above that of whom it changes; yours is {principal.role}, theirs {person.role}. "
            "Ask an admin."
        )


def _columns(changes: Mapping[str, Any]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if "full_name" in changes:
        columns["full_name"] = full_name_of(changes["full_name"])
    if "skills" in changes:
        columns["skills"] = skills_of(changes["skills"])
    if "tier" in changes:
        tier = changes["tier"]
        if not 0 <= tier <= HIGHEST_TIER:
            raise InvalidInput(f"tier: must be from 0 to {HIGHEST_TIER}; got {tier}. Choose one of these.")
        columns["tier"] = tier
    if "daily_cap" in changes:
        cap = changes["daily_cap"]
        if cap is not None and not 0 <= cap <= 1_000_000:
            raise InvalidInput(f"daily_cap: must be from 0 to a million, or none; got {cap}. Choose one of these.")
        columns["daily_cap"] = cap
    return columns


def _preferences(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"preferences: must be a map; got {type(value).__name__}. Send an object.")
    size = len(canonical(value).encode("utf-8", "surrogatepass"))
    if size > PREFERENCES_BYTES:
        raise InvalidInput(f"preferences: must have at most {PREFERENCES_BYTES} bytes; got {size}. Keep less in them.")
    return dict(value)


def _only(changes: Mapping[str, Any], known: frozenset[str] | set[str]) -> None:
    for name in changes:
        one_of("change", name, sorted(known))
