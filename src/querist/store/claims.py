"""Claims: the next open slots for somebody. One statement gives one; the database keeps two people apart."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from querist.store import tallies
from querist.store.leases import TOKEN_BYTES, Lease, lease_of, note_given, sweep
from querist.store.queue_tables import ONE_EACH, desk, slot, tally
from querist.store.sql import clock, clock_of, is_listed, listed, together, upsert


class Collided(Exception):
    """Another window of the same person took the same item at the same moment: the transaction is to be begun anew."""


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
    most: int | None = None,
    skills: Sequence[str] = (),
    tier: int = 0,
) -> list[Lease]:
    """Take the next open slots for somebody: at most `n`, fewer where there are fewer for them.

    Nobody is given an item that they answered, skipped or hold already, nor, by `most`, so many that they would hold
    more than that in all. Leases that lapsed are given back first.

    Raises
    ------
    Collided
        If another window of theirs took the same item at this moment; nothing can follow in this transaction.

    Notes
    -----
    A search begins where the person's last one ended, for everything before that was not for them; after something
    came back to the queue it begins anew.
    """
    dialect, who = conn.dialect.name, {"project": project_id, "me": annotator}
    seen = conn.execute(_outlook(dialect), who).one()
    if seen.n_lapsed:
        sweep(conn, project_id)
        seen = conn.execute(_outlook(dialect), who).one()  # what they held themselves may be among it
    reopened = seen.reopened or 0
    begin: int = seen.place if seen.place is not None and seen.searched == reopened else 0
    wanted = n if most is None else min(n, most - seen.n_leased)
    statement = _claim(dialect, bool(skills))
    said = {**who, "for_s": lease_s, **_person(conn, skills, tier)}
    taken: list[Lease] = []
    while len(taken) < wanted:
        said["new_token"] = secrets.token_hex(TOKEN_BYTES)
        try:
            row = conn.execute(statement, said | {"begin": begin}).one_or_none()
            if row is None and begin:
                row = conn.execute(statement, said | {"begin": 0}).one_or_none()
        except sa.exc.IntegrityError as error:
            if ONE_EACH not in str(error.orig):
                raise
            raise Collided from None
        if row is None:
            break
        taken.append(lease_of(row))
        begin = row.place
    place = {"project_id": project_id, "annotator": annotator, "place": begin, "reopened": reopened}
    with together(conn):
        note_given(conn, annotator, taken)
        conn.execute(_sit(dialect), place)  # last, and once: two windows of one person would else wait for each other
    return taken


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


@cache
def _outlook(dialect: str) -> sa.Executable:
    """What a claim goes by, in one look: what there is to sweep, what they hold, where their last search ended."""
    s, d, t = slot.c, desk.c, tally.c
    project_id, me = sa.bindparam("project", type_=sa.BigInteger), sa.bindparam("me", type_=sa.Text)
    leased = sa.and_(s.project_id == project_id, s.state == sa.literal_column("'leased'"))
    lapsed = sa.select(s.id).where(leased, s.lease_until < clock_of(dialect)).limit(1).subquery()
    own = sa.and_(d.project_id == project_id, d.annotator == me)
    reopened = sa.select(t.n).where(t.project_id == project_id, t.name == tallies.REOPENED)
    return sa.select(
        sa.select(sa.func.count()).select_from(lapsed).scalar_subquery().label("n_lapsed"),
        sa.select(sa.func.count()).where(leased, s.annotator == me).scalar_subquery().label("n_leased"),
        reopened.scalar_subquery().label("reopened"),
        sa.select(d.place).where(own).scalar_subquery().label("place"),
        sa.select(d.reopened).where(own).scalar_subquery().label("searched"),
    )


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
        able = sa.or_(able, is_listed(dialect, of.c.skill, "my_skills"))
    return sa.and_(able, of.c.tier <= sa.bindparam("my_tier", type_=sa.Integer))


def _person(conn: sa.Connection, skills: Sequence[str], tier: int) -> dict[str, Any]:
    """The parameters of `_fits`."""
    return {"my_tier": tier, "my_skills": listed(conn, skills)} if skills else {"my_tier": tier}


@cache
def _sit(dialect: str) -> sa.Executable:
    c, new = desk.c, upsert(dialect, desk).values(seen_at=clock_of(dialect))
    said = {name: new.excluded[name] for name in ("place", "reopened", "seen_at")}
    return new.on_conflict_do_update(index_elements=[c.project_id, c.annotator], set_=said)
