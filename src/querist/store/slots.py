"""Slots: how many answers each query wants, of whom, in which order, and which of them are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import sqlalchemy as sa

from querist.core.checks import positive
from querist.core.errors import InvalidInput
from querist.store import chain, tallies
from querist.store.queue_tables import slot
from querist.store.sql import among, chunks, clock_of, is_one_of, one_of
from querist.store.tables import query

LIVE = ("open", "leased")
SETTLED = ("state", "annotator", "token", "lease_until", "answered_event")


@dataclass(frozen=True, slots=True)
class Wants:
    """How many answers of different people a query wants, and of whom.

    Parameters
    ----------
    overlap : int
        Slots of each query.
    tiers : sequence of int
        The least tier of whoever fills the first slot, the second, and so on; the last holds for the rest.
    skills : mapping of int to str
        The skill that whoever answers must have, by the item's number; an item that is not named asks for none.

    Examples
    --------
    >>> Wants(3, tiers=(0, 2)).tier(2)
    2
    """

    overlap: int = 1
    tiers: Sequence[int] = ()
    skills: Mapping[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        positive("overlap", self.overlap)
        if any(isinstance(tier, bool) or not isinstance(tier, int) or tier < 0 for tier in self.tiers):
            raise InvalidInput(f"tiers: must be whole numbers of at least 0; got {list(self.tiers)}.")

    def tier(self, number: int) -> int:
        """The least tier for the slot of this number, from 0."""
        return self.tiers[min(number, len(self.tiers) - 1)] if self.tiers else 0


ONE_EACH = Wants()


def open_for(conn: sa.Connection, project_id: int, round_id: int, wants: Wants) -> None:
    """Open the slots of a round's queries, behind all that are there, the best query first."""
    c = query.c
    asked = sa.select(c.id, c.item_seq).where(c.round_id == round_id).order_by(c.rank)
    place = tallies.one(conn, project_id, tallies.PLACE)
    n = 0
    for chunk in chunks(conn.execute(asked).all()):
        rows = [
            _open(project_id, query_id, seq, number, place + n + i, wants)
            for i, (query_id, seq) in enumerate(chunk, start=1)
            for number in range(wants.overlap)
        ]
        conn.execute(slot.insert(), rows)
        n += len(chunk)
    tallies.add(conn, project_id, {tallies.PLACE: n, tallies.LIVE: n * wants.overlap})


@dataclass(frozen=True, slots=True)
class Asked:
    """What slots follow, of one item: the answers that stand, and which of its queries are pending or withdrawn."""

    latest: Sequence[chain.Step]
    pending: Sequence[int]
    withdrawn: Collection[int]


def take_back(conn: sa.Connection, project_id: int, query_ids: Iterable[int]) -> None:
    """Withdraw what nobody has answered of these queries' slots."""
    for chunk in chunks(query_ids):
        _withdraw(conn, project_id, among(conn, slot.c.query_id, chunk))


def take_back_rounds(conn: sa.Connection, project_id: int, round_ids: Iterable[int]) -> None:
    """Withdraw what nobody has answered of these rounds' slots, also of queries that have one answer of several."""
    for chunk in chunks(round_ids):
        of_rounds = sa.select(query.c.id).where(among(conn, query.c.round_id, chunk))
        _withdraw(conn, project_id, slot.c.query_id.in_(of_rounds))


def n_awaited(conn: sa.Connection, round_id: int, *, limit: int) -> int:
    """How many slots of a round are open or leased and were skipped by nobody, counted up to a limit.

    What somebody skipped is left to others, but not waited for: there may be nobody else.
    """
    c, skipped = slot.c, slot.alias("skipped")
    by_somebody = sa.select(sa.literal(1)).where(
        skipped.c.query_id == c.query_id, skipped.c.state == sa.literal_column("'skipped'")
    )
    some = (
        sa.select(c.id)
        .join(query, query.c.id == c.query_id)
        .where(query.c.round_id == round_id, c.state.in_(LIVE), ~by_somebody.exists())
        .limit(limit)
    )
    return conn.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def unshown(conn: sa.Connection, project_id: int) -> list[tuple[int, int, int, int]]:
    """The open slots, in the order of work: each slot's number in the store, its query, its item and its place."""
    c = slot.c
    asked = sa.select(c.id, c.query_id, c.item_seq, c.place).where(c.project_id == project_id, c.state == "open")
    return [tuple(row) for row in conn.execute(asked.order_by(c.place, c.id))]


def rerank(conn: sa.Connection, project_id: int, order: Sequence[int]) -> None:
    """Serve the open slots of these queries in this order, in the places that they have now among all.

    What is leased keeps its place: it is on somebody's screen. The caller holds the project's lock.
    """
    wanted = {query_id: at for at, query_id in enumerate(order)}
    there = [row for row in unshown(conn, project_id) if row[1] in wanted]
    places = sorted({place for *_, place in there})
    queries = sorted({query_id for _, query_id, *_ in there}, key=wanted.__getitem__)
    # Several slots of one query share a place; two queries never do, unless a query's slots were parted.
    new = dict(zip(queries, places, strict=False))
    changes = [
        {"at": id_, "to": new[query_id]} for id_, query_id, _, place in there if new.get(query_id, place) != place
    ]
    if changes:
        moved = sa.update(slot).where(slot.c.id == sa.bindparam("at"), slot.c.state == "open")
        conn.execute(moved.values(place=sa.bindparam("to")), changes)
        tallies.add(conn, project_id, {tallies.REOPENED: 1})


class Following:
    """The slots of some items, made to follow the answers that stand; read at once, written by `write`.

    `counts` are the changes to the counts that are kept.
    """

    def __init__(self, conn: sa.Connection, project_id: int, seqs: Iterable[int]) -> None:
        self._conn, self._project = conn, project_id
        self._slots: dict[int, list[dict[str, Any]]] = {seq: [] for seq in seqs}
        dialect = conn.dialect.name
        for chunk in chunks(self._slots):
            single, said = len(chunk) == 1, {"project": project_id, **one_of(conn, chunk)}
            for row in conn.execute(_slots_of(dialect, single=single), said):
                self._slots[row.item_seq].append(dict(row._mapping))
        self._changed: dict[int, dict[str, Any]] = {}
        self._new: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()

    @property
    def filling(self) -> set[str]:
        """The events that fill a slot."""
        return {s["answered_event"] for some in self._slots.values() for s in some if s["state"] == "done"}

    def settle(self, seq: int, asked: Asked, named: Mapping[tuple[int, str], int]) -> None:
        """Make one item's slots follow: filled where there is an answer of their annotator, else open.

        An answer fills its annotator's own lease first, then any open slot of its query that asks for no experience,
        or that they had been given (`named`, by item and annotator); where none is left, or there was no query, it is
        one more than was asked for, and no slot is filled.
        """
        there = self._slots[seq]
        by = {step.annotator: step for step in asked.latest}
        for each in there:
            if each["state"] == "done" and each["annotator"] not in by:
                self._become(each, "withdrawn" if each["query_id"] in asked.withdrawn else "open")
        for step in asked.latest:
            own = next((s for s in there if s["annotator"] == step.annotator and s["state"] != "skipped"), None)
            if own is None:
                given = named.get((seq, step.annotator))
                free = [s for s in there if s["state"] == "open" and s["query_id"] == step.query_id]
                # What asks for experience is for those who were given it; anybody's answer fills the rest.
                own = next((s for s in free if s["tier"] == 0 or s["id"] == given), None)
                if own is not None:
                    self._leave_skipped(there, step.annotator)
            if own is not None and (own["state"] != "done" or own["answered_event"] != step.event_id):
                self._become(own, "done", annotator=step.annotator, event=step.event_id)
        for query_id in asked.pending:
            if not any(s["query_id"] == query_id and s["state"] in (*LIVE, "skipped") for s in there):
                self._open_again(seq, query_id)

    def write(self) -> None:
        """Put everything into the database."""
        if self._changed:
            # Those that free an annotator's name come first: one person holds an item once.
            changes = sorted(self._changed.values(), key=lambda s: s["annotator"] is not None)
            self._conn.execute(
                _settle_each(self._conn.dialect.name),
                [
                    {"at": s["id"], "is_done": s["state"] == "done", **{f"to_{name}": s[name] for name in SETTLED}}
                    for s in changes
                ],
            )
        if self._new:
            self._conn.execute(slot.insert().inline(), self._new)  # else their numbers would be read back

    def _become(
        self, each: dict[str, Any], state: str, *, annotator: str | None = None, event: str | None = None
    ) -> None:
        was_live = each["state"] in LIVE
        self.counts[tallies.LIVE] += (state in LIVE) - was_live
        self.counts[tallies.DONE] += (state == "done") - (each["state"] == "done")
        self.counts[tallies.SKIPPED] += (state == "skipped") - (each["state"] == "skipped")
        self.counts[tallies.REOPENED] += state == "open"
        each.update(state=state, annotator=annotator, token=None, lease_until=None, answered_event=event)
        self._changed[each["id"]] = each

    def _leave_skipped(self, there: list[dict[str, Any]], annotator: str) -> None:
        """Who skipped an item and answers it after all holds the slot of the answer; the other stays as nobody's."""
        for each in there:
            if each["annotator"] == annotator and each["state"] == "skipped":
                self._become(each, "withdrawn")

    def _open_again(self, seq: int, query_id: int) -> None:
        before = [s for s in self._slots[seq] if s["query_id"] == query_id]
        like: dict[str, Any] = before[0] if before else {"skill": None, "tier": 0, "place": 0}
        number = 1 + max((s["number"] for s in before), default=-1)
        new = _open(self._project, query_id, seq, number, like["place"], ONE_EACH)
        self._new.append({**new, "skill": like["skill"], "tier": like["tier"]})
        self.counts[tallies.LIVE] += 1
        self.counts[tallies.REOPENED] += 1


@cache
def _slots_of(dialect: str, *, single: bool) -> sa.Executable:
    """The slots of items; kept from others on PostgreSQL: a lease that lapses at this moment is either ours or not."""
    c = slot.c
    here = c.project_id == sa.bindparam("project")
    mine = sa.select(slot).where(here, is_one_of(dialect, c.item_seq, single=single)).order_by(c.id)
    return mine.with_for_update() if dialect == "postgresql" else mine


@cache
def _settle_each(dialect: str) -> sa.Executable:
    done_at = sa.case((sa.bindparam("is_done"), clock_of(dialect)), else_=sa.null())
    to: dict[str, Any] = {name: sa.bindparam(f"to_{name}") for name in SETTLED}
    return sa.update(slot).where(slot.c.id == sa.bindparam("at")).values(to | {"done_at": done_at})


def _open(project_id: int, query_id: int, seq: int, number: int, place: int, wants: Wants) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "query_id": query_id,
        "item_seq": seq,
        "number": number,
        "place": place,
        "state": "open",
        "skill": wants.skills.get(seq),
        "tier": wants.tier(number),
        "n_lapsed": 0,
    }


def _withdraw(conn: sa.Connection, project_id: int, which: sa.ColumnElement[bool]) -> None:
    live = sa.update(slot).where(slot.c.project_id == project_id, slot.c.state.in_(LIVE), which)
    n = conn.execute(live.values(state="withdrawn", annotator=None, token=None, lease_until=None)).rowcount
    tallies.add(conn, project_id, {tallies.LIVE: -n})
