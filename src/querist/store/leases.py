"""Leases: who holds which slot, for how long."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from querist.core.errors import Conflict
from querist.store import tallies
from querist.store.queue_tables import desk, slot, slot_draft, slot_grant
from querist.store.sql import among, clock, clock_of

TOKEN_BYTES = 16
SWEPT_AT_ONCE = 100  # lapsed leases given back by one claim: bounded, whoever comes next goes on


@dataclass(frozen=True, slots=True)
class Lease:
    """A slot in somebody's hands. `until` is in seconds since 1970, by the database's clock."""

    slot_id: int
    query_id: int
    item_seq: int
    token: str
    until: float
    place: int


@dataclass(frozen=True, slots=True)
class Held:
    """What became of a slot: its state, who has it, and whether `token` is still the one that it was leased with.

    `has_draft` says whether whoever asks has begun an answer.
    """

    slot_id: int
    query_id: int
    item_seq: int
    state: str
    annotator: str | None
    holds: bool
    lapsed: bool
    has_draft: bool


def renew(
    conn: sa.Connection, project_id: int, annotator: str, tokens: Mapping[int, str | None], *, lease_s: float
) -> dict[int, float]:
    """Hold these slots longer; returns until when, by slot, for those that are still held by their tokens.

    None in place of a token is whatever token the person holds the slot by.

    One that lapsed, and that nobody has taken since, is held again.
    """
    c = slot.c
    until = clock(conn) + lease_s
    held: dict[int, float] = {}
    for slot_id, token in sorted(tokens.items()):
        mine = sa.update(slot).where(
            c.id == slot_id,
            c.project_id == project_id,
            c.annotator == annotator,
            c.token.is_not(None) if token is None else c.token == token,
        )
        found = conn.scalar(mine.values(lease_until=until).returning(c.lease_until))
        if found is not None:
            held[slot_id] = found
    return held


def release(conn: sa.Connection, project_id: int, annotator: str, tokens: Mapping[int, str]) -> list[int]:
    """Give slots back unanswered; returns those that were held by their tokens."""
    c = slot.c
    done = []
    for slot_id, token in sorted(tokens.items()):
        mine = sa.update(slot).where(
            c.id == slot_id, c.project_id == project_id, c.annotator == annotator, c.token == token
        )
        freed = mine.values(state="open", annotator=None, token=None, lease_until=None)
        if conn.execute(freed).rowcount:
            done.append(slot_id)
    tallies.add(conn, project_id, {tallies.REOPENED: len(done)})
    return done


def sweep(conn: sa.Connection, project_id: int, *, limit: int = SWEPT_AT_ONCE) -> int:
    """Give leases that lapsed back to the queue. Returns how many."""
    c = slot.c
    lapsed = (
        sa.select(c.id)
        .where(c.project_id == project_id, c.state == sa.literal_column("'leased'"), c.lease_until < clock(conn))
        .order_by(c.lease_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(conn.scalars(lapsed))
    if not ids:
        return 0
    freed = sa.update(slot).where(among(conn, c.id, ids), c.state == "leased")
    n = conn.execute(
        freed.values(state="open", annotator=None, token=None, lease_until=None, n_lapsed=c.n_lapsed + 1)
    ).rowcount
    tallies.add(conn, project_id, {tallies.REOPENED: n})
    return n


def pass_over(conn: sa.Connection, project_id: int, slot_id: int, annotator: str, *, most: int) -> bool:
    """Let somebody else answer: the slot stays theirs as skipped, and another one opens in its place.

    Returns
    -------
    opened : bool
        False where as many as `most` people skipped it already: then no further slot opens.

    Raises
    ------
    Conflict
        If the slot is not in their hands.
    """
    c = slot.c
    mine = sa.update(slot).where(
        c.id == slot_id, c.project_id == project_id, c.annotator == annotator, c.state == "leased"
    )
    row = conn.execute(
        mine.values(state="skipped", token=None, lease_until=None, done_at=clock(conn)).returning(slot)
    ).one_or_none()
    if row is None:
        raise Conflict("slot: must be in your hands to be skipped; its lease lapsed, or it was answered. Go on.")
    there = conn.execute(sa.select(c.state, c.number).where(c.query_id == row.query_id)).all()
    again: bool = sum(each.state == "skipped" for each in there) < most
    if again:
        new = {name: getattr(row, name) for name in ("project_id", "query_id", "item_seq", "place", "skill", "tier")}
        number = 1 + max(each.number for each in there)
        conn.execute(slot.insert().values(**new, number=number, state="open", n_lapsed=0))
    counts = {tallies.SKIPPED: 1, tallies.LIVE: 0 if again else -1, tallies.REOPENED: int(again)}
    tallies.add(conn, project_id, counts)
    return again


def take_again(conn: sa.Connection, project_id: int, annotator: str, item_seq: int, *, lease_s: float) -> Lease | None:
    """Hand an item back to who has just taken back what they said of it, or their skip: an open slot of it, leased.

    What they hold already is what they get; None where no slot of it is open, or an answer of theirs fills one.
    """
    c = slot.c
    own = sa.select(slot).where(
        c.project_id == project_id, c.annotator == annotator, c.item_seq == item_seq, c.state.in_(("leased", "done"))
    )
    if (row := conn.execute(own).one_or_none()) is not None:
        return lease_of(row) if row.state == "leased" else None
    skipped = sa.update(slot).where(
        c.project_id == project_id, c.annotator == annotator, c.item_seq == item_seq, c.state == "skipped"
    )
    n = conn.execute(skipped.values(state="withdrawn", annotator=None)).rowcount
    tallies.add(conn, project_id, {tallies.SKIPPED: -n})
    free = (
        sa.select(c.id)
        .where(c.project_id == project_id, c.item_seq == item_seq, c.state == "open")
        .order_by(c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    values = {
        "state": "leased",
        "annotator": annotator,
        "token": secrets.token_hex(TOKEN_BYTES),
        "granted_at": clock(conn),
        "lease_until": clock(conn) + lease_s,
    }
    taken = sa.update(slot).where(c.id == free.scalar_subquery(), c.state == "open").values(values)
    row = conn.execute(taken.returning(slot)).one_or_none()
    if row is None:
        return None
    note_given(conn, annotator, [lease_of(row)])
    return lease_of(row)


def look(conn: sa.Connection, project_id: int, slot_id: int, token: str | None, annotator: str) -> Held | None:
    """A slot, and whether this token still holds it; None where it was never given to them by it.

    It stays so until the transaction ends: a lease is given back or lapses without the project's lock.
    """
    if token is None:
        return None
    asked = {"slot": slot_id, "project": project_id, "token": token, "me": annotator}
    row = conn.execute(_look(conn.dialect.name), asked).one_or_none()
    if row is None:
        return None
    return Held(
        slot_id=row.id,
        query_id=row.query_id,
        item_seq=row.item_seq,
        state=row.state,
        annotator=row.annotator,
        holds=row.token == token,
        lapsed=bool(row.lapsed),
        has_draft=row.begun is not None,
    )


@cache
def _look(dialect: str) -> sa.Executable:
    c, g = slot.c, slot_grant.c
    lapsed = sa.func.coalesce(c.lease_until < clock_of(dialect), sa.false()).label("lapsed")
    seen = (
        sa.select(
            *(c.id, c.query_id, c.item_seq, c.state, c.annotator, c.token, lapsed, slot_draft.c.slot_id.label("begun"))
        )
        .outerjoin(slot_draft, sa.and_(slot_draft.c.slot_id == c.id, slot_draft.c.annotator == sa.bindparam("me")))
        .join(slot_grant, sa.and_(g.slot_id == c.id, g.token == sa.bindparam("token")))
        .where(
            c.id == sa.bindparam("slot"),
            c.project_id == sa.bindparam("project"),
            g.annotator == sa.bindparam("me"),
        )
    )
    return seen.with_for_update(of=slot) if dialect == "postgresql" else seen


def held_by(conn: sa.Connection, project_id: int, annotator: str) -> list[Lease]:
    """What somebody holds now, in the order of work."""
    c = slot.c
    mine = sa.select(slot).where(c.project_id == project_id, c.annotator == annotator, c.state == "leased")
    return [lease_of(row) for row in conn.execute(mine.order_by(c.place, c.id))]


def n_leased(conn: sa.Connection, project_id: int, annotator: str | None = None) -> int:
    """How many slots are in people's hands, or in this person's."""
    c = slot.c
    held = sa.select(sa.func.count()).where(c.project_id == project_id, c.state == sa.literal_column("'leased'"))
    return conn.scalar(held if annotator is None else held.where(c.annotator == annotator)) or 0


def leased_per_person(conn: sa.Connection, project_id: int) -> dict[str, int]:
    """How many slots each person holds, of those who hold any."""
    c = slot.c
    held = sa.select(c.annotator, sa.func.count()).where(
        c.project_id == project_id, c.state == sa.literal_column("'leased'")
    )
    return {name: n for name, n in conn.execute(held.group_by(c.annotator))}


def idle_s(conn: sa.Connection, project_id: int) -> dict[str, float]:
    """Seconds since each person last asked for work here."""
    c = desk.c
    rows = conn.execute(sa.select(c.annotator, clock(conn) - c.seen_at).where(c.project_id == project_id))
    return {name: float(seconds) for name, seconds in rows}


def note_given(conn: sa.Connection, annotator: str, taken: Sequence[Lease]) -> None:
    """Write down that these leases were given."""
    rows = [{"token": lease.token, "slot_id": lease.slot_id, "annotator": annotator} for lease in taken]
    if rows:
        conn.execute(_given(conn.dialect.name), rows)


@cache
def _given(dialect: str) -> sa.Executable:
    return slot_grant.insert().values(granted_at=clock_of(dialect))


def lease_of(row: sa.Row[Any]) -> Lease:
    """A slot's row as a lease."""
    return Lease(row.id, row.query_id, row.item_seq, row.token, row.lease_until, row.place)
