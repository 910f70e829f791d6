"""Signing in at an identity provider: whom it sends back, and who that is here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from querist.access.oidc import OidcClient, OidcPerson, OidcStart
from querist.core.errors import Forbidden, InvalidInput
from querist.core.people import FULL_NAME_CHARACTERS, full_name_of, person_name
from querist.service.people.entering import SignedIn, begin_session
from querist.service.people.keeping import would_lose_the_last_admin
from querist.store import people
from querist.store.columns import utc_now
from querist.store.db import Connection, Database


def oidc_begin(client: OidcClient) -> OidcStart:
    """Where to send the browser, and what to keep for it in a cookie that no script can read, for ten minutes.

    Raises
    ------
    NotSignedIn
        If the provider cannot be reached.
    MissingExtra
        If the extra `oidc` is not installed.
    """
    return client.begin()


def oidc_sign_in(
    database: Database,
    client: OidcClient,
    answer: Mapping[str, str],
    kept: str | None,
    *,
    now: datetime | None = None,
) -> SignedIn:
    """Sign in whom the provider sent back.

    A person is known by what the provider calls them for ever. The first time, one who was added here under the name
    that it says, without a password, is taken to be meant; otherwise the person is added, where the provider's words
    or the default give a role. Where a claim for roles is set, the role follows it at each sign-in, and whom it no
    longer gives one may no longer come in.

    Parameters
    ----------
    database : Database
    client : OidcClient
    answer : mapping of str to str
        What stands in the URL to which the browser came back.
    kept : str or None
        The cookie that `oidc_begin` asked to keep.

    Raises
    ------
    NotSignedIn
        If the provider's word does not hold.
    Forbidden
        If the person is disabled, or has no role here, or bears the name of somebody else.
    """
    moment = now or utc_now()
    found = client.finish(answer, kept)
    by_claim = client.provider.role_claim is not None
    if by_claim and found.role is None:
        raise _no_role()
    with database.transaction() as conn:
        known = people.by_subject(conn, found.subject)
        person = _new(conn, found, moment) if known is None else people.hold(conn, known.id).person
        if person.disabled:
            raise Forbidden(f"person: must not be disabled; {person.name!r} is. Ask an admin.")
        if by_claim and found.role != person.role and not would_lose_the_last_admin(conn, person):
            person = people.update(conn, person.id, role=found.role)
        return begin_session(conn, person, now=moment)


def _new(conn: Connection, found: OidcPerson, now: datetime) -> people.Person:
    try:
        name = person_name(found.name)
    except InvalidInput as error:
        raise Forbidden(f"name: must be one a person may have here; the provider's is not: {error}") from None
    there = people.find(conn, name)
    if there is not None:
        if there.has_password or there.by_provider:
            raise Forbidden(
                f"name: must not be somebody else's; there is a {there.name!r} who signs in otherwise. Ask an admin."
            )
        return people.update(conn, people.hold(conn, there.id).person.id, oidc_subject=found.subject)
    if found.role is None:
        raise _no_role()
    full_name = full_name_of(found.full_name[:FULL_NAME_CHARACTERS])
    return people.create(conn, name, found.role, full_name=full_name, oidc_subject=found.subject, now=now)


def _no_role() -> Forbidden:
    return Forbidden("role: must be given to you at the provider, or here; neither is. Ask an admin to let you in.")
