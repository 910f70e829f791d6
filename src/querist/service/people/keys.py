"""API keys: how a program signs in as a person, with a part of what that person may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from querist.access import roles, tokens
from querist.core.checks import one_of
from querist.core.errors import Forbidden, InvalidInput, NotFound
from querist.core.people import SCOPES, Principal
from querist.service.people.entering import in_person
from querist.store import api_keys, people
from querist.store.columns import utc_now
from querist.store.db import Database

LABEL_CHARACTERS = 200
MOST_DAYS = 3650
MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key that was made. `secret` is what to send, and nowhere else to be had again."""

    key: api_keys.ApiKey
    secret: str = field(repr=False)


def make_key(
    database: Database,
    principal: Principal,
    label: str,
    scopes: Sequence[str],
    *,
    days: int | None = None,
    owner: str | None = None,
    now: datetime | None = None,
) -> MadeKey:
    """Make a key.

    Parameters
    ----------
    database : Database
    principal : Principal
    label : str
        What it is for.
    scopes : sequence of {"read", "annotate", "manage", "admin"}
        Each opens what its name says; `annotate`, `manage` and `admin` let read too what they need.
    days : int, optional
        How long it is good; by default until it is revoked.
    owner : str, optional
        Whose it is, from the console; otherwise one's own.

    Raises
    ------
    Forbidden
        If a scope exceeds the owner's role, or a key asks for another key.
    InvalidInput
        If something is not as it must be.
    NotFound
        If there is no such owner.
    """
    moment = now or utc_now()
    in_person(principal, "make keys")
    if not scopes:
        raise InvalidInput(f"scopes: must be one at least; got none. Choose of {', '.join(SCOPES)}.")
    for scope in scopes:
        one_of("scopes", scope, SCOPES)
    if not label.strip() or len(label) > LABEL_CHARACTERS:
        raise InvalidInput(f"label: must have 1 to {LABEL_CHARACTERS} characters; got {len(label)}. Name its use.")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"days: must be from 1 to {MOST_DAYS}; got {days}. Choose one of these.")
    secret = tokens.new(tokens.KEY)
    with database.transaction() as conn:
        person_id = people.get(conn, owner or "").id if principal.kind == "console" else principal.person_id
        person = people.hold(conn, person_id).person
        if person.disabled:
            raise Forbidden(f"owner: must be somebody who may come in; {person.name!r} is disabled. Choose another.")
        beyond = [scope for scope in scopes if scope not in roles.scopes_of(person.role)]
        if beyond:
            raise Forbidden(
                f"scopes: must not exceed the role; {', '.join(beyond)} is more than {person.role}. "
                f"Choose of {', '.join(s for s in SCOPES if s in roles.scopes_of(person.role))}."
            )
        if len(api_keys.listed(conn, person.id)) >= MOST_KEYS:
            raise Forbidden(f"keys: must be at most {MOST_KEYS} a person; there are as many. Revoke one first.")
        made = api_keys.create(
            conn,
            tokens.digest(secret),
            person.id,
            label=label.strip(),
            scopes=[scope for scope in SCOPES if scope in scopes],
            now=moment,
            expires_at=None if days is None else moment + timedelta(days=days),
        )
    return MadeKey(made, secret)


def keys(database: Database, principal: Principal, *, everybodys: bool = False) -> list[api_keys.ApiKey]:
    """One's own keys, or, for an admin who asks, everybody's; newest first. Revoked ones are left out.

    Raises
    ------
    Forbidden
        If somebody asks for everybody's whose role does not allow to administer.
    """
    if everybodys and "administer" not in roles.permits(principal.role, principal.scopes):
        raise Forbidden(f"role: must be admin to see everybody's keys; yours is {principal.role}. Look at your own.")
    with database.reading() as conn:
        return api_keys.listed(conn, None if everybodys else principal.person_id)


def revoke_key(database: Database, principal: Principal, number: int, *, now: datetime | None = None) -> None:
    """Let a key open nothing any longer: one's own, or, for an admin, anybody's. A key may revoke itself only.

    Raises
    ------
    Forbidden
        If a key asks for another key of its owner.
    NotFound
        If there is no such key, or it is somebody else's, or revoked already.
    """
    moment = now or utc_now()
    own_only = "administer" not in roles.permits(principal.role, principal.scopes)
    with database.transaction() as conn:
        found = api_keys.get(conn, number)
        foreign = found is None or (own_only and found.owner != principal.name)
        itself = api_keys.find(conn, principal.proof or "", now=moment) if principal.kind == "key" else None
        if not foreign and (itself is None or itself[0].id != number):
            in_person(principal, "revoke other keys")
        if foreign or not api_keys.revoke(conn, number, now=moment):
            raise NotFound(f"key: must be one of yours that is good; {number} is none. Look at the list.")
