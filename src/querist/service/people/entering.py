"""Signing in and out, and who it is that asks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from querist.access import limits, passwords, roles, tokens
from querist.core.errors import Conflict, Forbidden, ForeignRequest, NotSignedIn, TooMany
from querist.core.people import Principal, full_name_of, person_name
from querist.store import api_keys, invitations, people, sessions, throttle
from querist.store.columns import utc_now
from querist.store.db import Connection, Database

FIRST_LINK_LASTS = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody who has just signed in. `token` is for the cookie, and nowhere else to be had again."""

    principal: Principal
    person: people.Person
    token: str = field(repr=False)


def needs_setup(database: Database) -> bool:
    """Whether there is nobody yet who could sign in."""
    with database.reading() as conn:
        return not people.anyone(conn)


def first_link(database: Database, *, now: datetime | None = None) -> str | None:
    """A one-time token by which the first admin is made; None where there are people already.

    It is good for a day, or until the next is made. Show it to whoever starts the server, and to nobody else.
    """
    moment = now or utc_now()
    if not needs_setup(database):
        return None
    with database.transaction() as conn:
        people.hold_all(conn)
        if people.anyone(conn):
            return None
        invitations.revoke_first(conn, now=moment)
        token = tokens.new(tokens.LINK)
        invitations.create(conn, tokens.digest(token), "admin", now=moment, expires_at=moment + FIRST_LINK_LASTS)
    return token


def set_up(
    database: Database,
    token: str,
    name: str,
    password: str,
    *,
    full_name: str = "",
    now: datetime | None = None,
) -> SignedIn:
    """Make the first admin, and sign them in.

    Raises
    ------
    Conflict
        If there are people already, or the token is not one that is good.
    InvalidInput
        If the name or the password will not do; the token stays good.
    """
    moment = now or utc_now()
    with database.reading() as conn:
        _first(conn, token, moment)
    name = person_name(name)
    passwords.check(password, name=name)
    full_name = full_name_of(full_name)
    password_hash = passwords.hashed(password)
    with database.transaction() as conn:
        people.hold_all(conn)
        _first(conn, token, moment)
        used = invitations.use(conn, tokens.digest(token), now=moment)
        if used is None:
            raise _no_link()
        person = people.create(conn, name, "admin", full_name=full_name, password_hash=password_hash, now=moment)
        invitations.used_by(conn, used.id, person.id)
        return begin_session(conn, person, now=moment)


def sign_in(
    database: Database, name: str, password: str, *, address: str | None = None, now: datetime | None = None
) -> SignedIn:
    """Sign in by name and password.

    Parameters
    ----------
    database : Database
    name : str
        However its letters are cased.
    password : str
    address : str, optional
        Where the request came from.

    Raises
    ------
    NotSignedIn
        If the two do not belong together; it is not said, nor does it take another time, whether there is such a name.
    TooMany
        After 5 wrong passwords for a name, or 30 from an address, within 5 minutes.
    """
    moment = now or utc_now()
    with attempt(database, name, address=address, now=moment) as succeeded:
        with database.reading() as conn:
            found = people.credentials(conn, name)
        fits = passwords.verify(found.password_hash if found else None, password)
        if not fits or found is None or found.password_hash is None or found.person.disabled:
            raise _wrong()
        renewed = passwords.hashed(password) if passwords.needs_rehash(found.password_hash) else None
        with database.transaction() as conn:
            held = people.hold(conn, found.person.id)
            if held.person.disabled or held.password_hash != found.password_hash:
                raise _wrong()  # disabled, or given another password, while this one was being checked
            if renewed is not None:
                people.update(conn, held.person.id, password_hash=renewed)
            begun = begin_session(conn, held.person, now=moment)
            succeeded(conn)
    return begun


def sign_out(database: Database, token: str) -> None:
    """End a session. One that has ended already is no error."""
    with database.transaction() as conn:
        sessions.end(conn, tokens.digest(token))


def who(
    database: Database, *, session: str | None = None, key: str | None = None, now: datetime | None = None
) -> Principal:
    """Who asks.

    Parameters
    ----------
    database : Database
    session : str, optional
        The token in the cookie.
    key : str, optional
        The API key. Where both are there, the key decides.

    Raises
    ------
    NotSignedIn
        If neither is there, or what is there is not good, or no longer.
    """
    moment = now or utc_now()
    with database.reading() as conn:
        found = recognize(conn, session=session, key=key, now=moment)
    note_use(database, found, now=moment)
    return found.principal


@dataclass(frozen=True, slots=True)
class Recognized:
    """Whoever asks, known by their session or their key; `stale` where it is time to note that it is in use."""

    principal: Principal
    person: people.Person
    stale: bool
    key_id: int | None = None


def recognize(conn: Connection, *, session: str | None, key: str | None, now: datetime) -> Recognized:
    """Whom a session or a key belongs to, as `who` says it.

    Raises
    ------
    NotSignedIn
        If neither is there, or what is there is not good, or no longer.
    """
    if key is not None:
        return _by_key(conn, key, now)
    if session is not None:
        return _by_session(conn, session, now)
    raise NotSignedIn


def note_use(database: Database, found: Recognized, *, now: datetime | None = None) -> None:
    """Note that a session or a key is in use, where that is not noted yet."""
    if not found.stale:
        return
    now = now or utc_now()
    with contextlib.suppress(Conflict), database.transaction() as conn:  # a long import must not keep people out
        if found.key_id is None:
            sessions.touch(conn, found.principal.proof, now=now)
        else:
            api_keys.touch(conn, found.key_id, now=now)
        people.seen(conn, found.person.id, now)


def check_csrf(principal: Principal, given: str | None) -> None:
    """See that a change comes from the page somebody signed in to. Only a session can be made to act unawares.

    Raises
    ------
    ForeignRequest
        If it brings another token than the session's, or none.
    """
    if principal.kind == "session" and not tokens.same(principal.csrf or "", given or "\0"):
        raise ForeignRequest


def in_person(principal: Principal, what: str) -> None:
    """See that somebody acts, not a key of theirs: one that leaked shall not be able to make itself last.

    Raises
    ------
    Forbidden
        If a key asks.
    """
    if principal.kind == "key":
        raise Forbidden(f"key: must not {what}; this request came with one. Sign in, then do it.")


def check_writes(principal: Principal) -> None:
    """See that whoever changes something does not hold a key that may only read.

    Raises
    ------
    Forbidden
        If they do.
    """
    if principal.kind == "key" and principal.scopes <= {"read"}:
        raise Forbidden("key: must have another scope than read to change anything; this one has none. Make another.")


def begin_session(conn: Connection, person: people.Person, *, now: datetime) -> SignedIn:
    """Sign a person in, whatever proved who it is."""
    token, csrf = tokens.new(tokens.SESSION), tokens.new(tokens.CSRF)
    sessions.start(conn, tokens.digest(token), person.id, csrf, now=now)
    people.seen(conn, person.id, now)
    return SignedIn(_principal(person, csrf=csrf, proof=tokens.digest(token)), person, token)


@contextlib.contextmanager
def attempt(database: Database, name: str, *, address: str | None, now: datetime) -> Iterator[_Succeeded]:
    """Count an attempt at a password before it is looked at; the block calls what it is given when it was right.

    Raises
    ------
    TooMany
        If there were too many; this one is then not counted, nor looked at.
    """
    buckets = [(limits.name_bucket(name), limits.PER_NAME)]
    if address is not None:
        buckets.append((limits.address_bucket(address), limits.PER_ADDRESS))
    with database.transaction() as conn:
        for bucket, limit in buckets:
            span = timedelta(seconds=limit.span_s)
            n, since = throttle.count(conn, bucket, span=span, now=now)
            if n > limit.n:
                left_s = max(1, round((since + span - now).total_seconds()))
                raise TooMany(
                    f"password: must be right within {limit.n} attempts in {limit.span_s // 60} minutes; there were "
                    f"more. Try again in {left_s} seconds.",
                    retry_after_s=left_s,
                )
        throttle.forget(conn, now - 2 * timedelta(seconds=max(limit.span_s for _, limit in buckets)))
    yield _Succeeded(tuple(bucket for bucket, _ in buckets))


@dataclass(frozen=True, slots=True)
class _Succeeded:
    """Takes an attempt back, since only wrong ones count. The others of the name stay: they may be somebody else's."""

    buckets: tuple[str, ...]

    def __call__(self, conn: Connection) -> None:
        for bucket in self.buckets:
            throttle.take_back(conn, bucket)


def _by_session(conn: Connection, token: str, now: datetime) -> Recognized:
    if not tokens.is_one(tokens.SESSION, token):
        raise NotSignedIn
    found = sessions.find(conn, tokens.digest(token), now=now)
    if found is None:
        raise NotSignedIn
    principal = _principal(found.person, csrf=found.csrf, proof=found.hash)
    return Recognized(principal, found.person, found.is_stale(now))


def _by_key(conn: Connection, key: str, now: datetime) -> Recognized:
    if not tokens.is_one(tokens.KEY, key):
        raise NotSignedIn
    found = api_keys.find(conn, tokens.digest(key), now=now)
    if found is None:
        raise NotSignedIn
    made, owner = found
    # Whoever is no longer a manager has no key of one either.
    scopes = frozenset(made.scopes) & roles.scopes_of(owner.role)
    principal = Principal(owner.name, owner.role, "key", owner.id, scopes, proof=tokens.digest(key))
    return Recognized(principal, owner, made.is_stale(now), made.id)


def _principal(person: people.Person, *, csrf: str, proof: str) -> Principal:
    return Principal(person.name, person.role, "session", person.id, csrf=csrf, proof=proof)


def _first(conn: Connection, token: str, now: datetime) -> None:
    if people.anyone(conn):
        raise Conflict("setup: must come before there are people; there are some. Sign in, or ask an admin.")
    found = invitations.look(conn, tokens.digest(token), now=now)
    if found is None or found.invited_by is not None or found.role != "admin":
        raise _no_link()


def _no_link() -> Conflict:
    return Conflict(
        "token: must be the newest that the server showed, at most a day old; this one is not. "
        "Start the server again: it shows a new one."
    )


def _wrong() -> NotSignedIn:
    return NotSignedIn(
        "password: must be that of the name; this one is not. Check both; an admin can give you a new password."
    )
