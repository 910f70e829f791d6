"""Leases: who holds which slot, for how long. One statement per claim; the database keeps two people apart."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from querist.core.errors import Conflict
from querist.store import tallies
from querist.store.queue_tables import desk, slot, slot_grant
from querist.store.sql import among, clock, clock_of, upsert

TOKEN_BYTES = 16
SWEPT_AT_ONCE = 100  # lapsed leases given back by one claim: bounded, whoever comes next goes on
TRIES = 3  # another tab of the same person may take the same item in the same instant


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
    """What became of a slot: its state, who has it, and whether `token` is still the one that it was leased with."""

    slot_id: int
    query_id: int
    item_seq: int
    state: str
    annotator: str | None
    holds: bool
    lapsed: bool


@dataclass(frozen=True, slots=True)
class Supply:
    """Why there is nothing for somebody.

    `some_open` says that something is open which they could answer by their skills, had they not done so;
    `some_beyond_skill` that something is, but only for others.
    """

    n_live: int
    n_leased: int
    some_open: bool
    some_beyond_skill: bool
    next_lapse_s: float | None


def claim(
    conn: sa.Connection,
    project_id: int,
    annotator: str,
    n: int = 1,
    *,
    lease_s: float,
    skills: Sequence[str] = (),
    tier: int = 0,
) -> list[Lease]:
    """Take the next open slots for somebody: at most `n`, fewer where there are fewer for them.

    Nobody is given an item that they answered, skipped or hold already. Leases that lapsed are given back first.

    Notes
    -----
    A search begins where the person's last one ended, for everything before that was not for them; after something
    came back to the queue it begins anew.
    """
    sweep(conn, project_id)
    reopened = tallies.one(conn, project_id, tallies.REOPENED)
    begin = _cursor(conn, project_id, annotator, reopened)
    statement = _claim(conn.dialect.name, bool(skills))
    said = {"project": project_id, "me": annotator, "for_s": lease_s, **_person(conn, skills, tier)}
    taken: list[Lease] = []
    while len(taken) < n:
        row = _take(conn, statement, said, begin)
        if row is None:
            break
        taken.append(_lease(row))
        begin = row.place
    _note(conn, annotator, taken)
    # Last, and once: two windows of one person would else wait for each other.
    _remember(conn, project_id, annotator, begin, reopened)
    return taken


def _take(conn: sa.Connection, statement: sa.Executable, said: dict[str, Any], begin: int) -> sa.Row[Any] | None:
    for _ in range(TRIES):
        said["new_token"] = secrets.token_hex(TOKEN_BYTES)
        try:
            with _apart(conn):
                row = conn.execute(statement, said | {"begin": begin}).one_or_none()
                if row is None and begin:
                    row = conn.execute(statement, said | {"begin": 0}).one_or_none()
                return row
        except sa.exc.IntegrityError:  # another window of the same person took the same item at this moment
            continue
    raise Conflict("queue: another window of yours took the same item at this moment. Ask again.")


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
        return _lease(row) if row.state == "leased" else None
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
    _note(conn, annotator, [_lease(row)])
    return _lease(row)


def look(conn: sa.Connection, project_id: int, slot_id: int, token: str | None, annotator: str) -> Held | None:
    """A slot as it is now, and whether this token still holds it; None where it was never given to them by it."""
    c, g = slot.c, slot_grant.c
    given = sa.select(g.token).where(g.token == token, g.slot_id == slot_id, g.annotator == annotator)
    if token is None or conn.scalar(given) is None:
        return None
    lapsed = sa.func.coalesce(c.lease_until < clock(conn), sa.false()).label("lapsed")
    row = conn.execute(
        sa.select(c.id, c.query_id, c.item_seq, c.state, c.annotator, c.token, lapsed).where(
            c.id == slot_id, c.project_id == project_id
        )
    ).one_or_none()
    if row is None:
        return None
    holds = row.token == token
    return Held(row.id, row.query_id, row.item_seq, row.state, row.annotator, holds, bool(row.lapsed))


def held_by(conn: sa.Connection, project_id: int, annotator: str) -> list[Lease]:
    """What somebody holds now, in the order of work."""
    c = slot.c
    mine = sa.select(slot).where(c.project_id == project_id, c.annotator == annotator, c.state == "leased")
    return [_lease(row) for row in conn.execute(mine.order_by(c.place, c.id))]


def supply(
    conn: sa.Connection, project_id: int, annotator: str, *, skills: Sequence[str] = (), tier: int = 0
) -> Supply:
    """What there is in the queue that somebody did not get, to tell them why."""
    c = slot.c
    here = (c.project_id == project_id, c.state == sa.literal_column("'open'"))
    fits = _fits(conn.dialect.name, bool(skills))
    who = _person(conn, skills, tier)
    leased = sa.select(sa.func.count(), sa.func.min(c.lease_until) - clock(conn)).where(
        c.project_id == project_id, c.state == sa.literal_column("'leased'")
    )
    n_leased, next_lapse = conn.execute(leased).one()
    anything = sa.select(c.id).where(*here).order_by(c.place, c.id).limit(1)  # in the order of the index of open ones
    some, fitting = conn.scalar(anything) is not None, conn.scalar(anything.where(fits), who) is not None
    return Supply(
        n_live=tallies.one(conn, project_id, tallies.LIVE),
        n_leased=n_leased,
        some_open=fitting,
        some_beyond_skill=some and not fitting,
        next_lapse_s=None if next_lapse is None else max(0.0, float(next_lapse)),
    )


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


def _note(conn: sa.Connection, annotator: str, taken: Sequence[Lease]) -> None:
    """Write down that these leases were given."""
    rows = [{"token": lease.token, "slot_id": lease.slot_id, "annotator": annotator} for lease in taken]
    if rows:
        conn.execute(slot_grant.insert().values(granted_at=clock(conn)), rows)


def _apart(conn: sa.Connection) -> AbstractContextManager[Any]:
    """Around a claim: what it breaks must not end the transaction. SQLite has one writer, and nothing can break."""
    return nullcontext() if conn.dialect.name == "sqlite" else conn.begin_nested()


def _lease(row: sa.Row[Any]) -> Lease:
    return Lease(row.id, row.query_id, row.item_seq, row.token, row.lease_until, row.place)


@cache
def _claim(dialect: str, skilled: bool) -> sa.Executable:
    """The one statement of a claim, built once: building it takes longer than running it."""
    s, other = slot.alias("s"), slot.alias("other")
    me = sa.bindparam("me", type_=sa.Text)
    project_id = sa.bindparam("project", type_=sa.BigInteger)
    theirs = sa.select(sa.literal(1)).where(
        other.c.project_id == project_id, other.c.annotator == me, other.c.item_seq == s.c.item_seq
    )
    best = (
        sa.select(s.c.id)
        .where(
            s.c.project_id == project_id,
            s.c.state == sa.literal_column("'open'"),  # written out: the index is of such only
            s.c.place >= sa.bindparam("begin"),
            _fits(dialect, skilled, s),
            ~theirs.exists(),
        )
        .order_by(s.c.place, s.c.id)
        .limit(1)
        .with_for_update(of=s, skip_locked=True)
    )
    c, now = slot.c, clock_of(dialect)
    values = {
        "state": "leased",
        "annotator": me,
        "token": sa.bindparam("new_token"),
        "granted_at": now,
        "lease_until": now + sa.bindparam("for_s", type_=sa.Double),
    }
    taken = sa.update(slot).where(c.id == best.scalar_subquery(), c.state == sa.literal_column("'open'"))
    return taken.values(values).returning(c.id, c.query_id, c.item_seq, c.token, c.lease_until, c.place)


def _fits(dialect: str, skilled: bool, of: sa.FromClause = slot) -> sa.ColumnElement[bool]:
    able: sa.ColumnElement[bool] = of.c.skill.is_(None)
    if skilled:
        if dialect == "sqlite":
            mine = sa.select(sa.func.json_each(sa.bindparam("my_skills", type_=sa.Text)).table_valued("value").c.value)
            able = sa.or_(able, of.c.skill.in_(mine))
        else:
            able = sa.or_(able, of.c.skill == sa.any_(sa.bindparam("my_skills", type_=postgresql.ARRAY(sa.Text))))
    return sa.and_(able, of.c.tier <= sa.bindparam("my_tier", type_=sa.Integer))


def _person(conn: sa.Connection, skills: Sequence[str], tier: int) -> dict[str, Any]:
    """The parameters of `_fits`."""
    if not skills:
        return {"my_tier": tier}
    return {"my_tier": tier, "my_skills": json.dumps(list(skills)) if conn.dialect.name == "sqlite" else list(skills)}


def _cursor(conn: sa.Connection, project_id: int, annotator: str, reopened: int) -> int:
    c = desk.c
    row = conn.execute(
        sa.select(c.place, c.reopened).where(c.project_id == project_id, c.annotator == annotator)
    ).one_or_none()
    return row.place if row is not None and row.reopened == reopened else 0


def _remember(conn: sa.Connection, project_id: int, annotator: str, place: int, reopened: int) -> None:
    row = {"project_id": project_id, "annotator": annotator, "place": place, "reopened": reopened}
    conn.execute(_sit(conn.dialect.name), row)


@cache
def _sit(dialect: str) -> sa.Executable:
    c, new = desk.c, upsert(dialect, desk).values(seen_at=clock_of(dialect))
    said = {name: new.excluded[name] for name in ("place", "reopened", "seen_at")}
    return new.on_conflict_do_update(index_elements=[c.project_id, c.annotator], set_=said)
