"""Looking at items page by page: each look reads a bounded number of rows, however many there are, and by an index."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, Literal

import sqlalchemy as sa

from querist.core.errors import NotFound
from querist.core.items import SPLITS, Split
from querist.core.state import Value
from querist.store import chain
from querist.store.queue_tables import slot
from querist.store.sql import among
from querist.store.tables import (
    answer_content,
    answer_event,
    current_label,
    dataset_entry,
    dataset_version,
    item,
    query,
    round_,
)

ItemState = Literal["unlabeled", "labeled", "pending"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are looked for; None looks for any.

    Parameters
    ----------
    split : str, optional
    state : {"unlabeled", "labeled", "pending"}, optional
        An item is pending while a question about it is open, whatever else; of the others those with a label are
        labeled.
    annotator : str, optional
        Somebody who has answered it.
    round : int, optional
        One that asked about it.
    labeled : bool
        Whether only items with a label can be meant, as where one looks for a label.
    """

    split: str | None = None
    state: ItemState | None = None
    annotator: str | None = None
    round: int | None = None
    labeled: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """An item as a list shows it. `fields` is still JSON: most rows are only looked through."""

    seq: int
    item_id: str
    split: Split
    fields: str
    label: Value | None
    n_answers: int
    has_label: bool
    pending: bool

    @property
    def state(self) -> ItemState:
        """Where the item stands."""
        return "pending" if self.pending else "labeled" if self.has_label else "unlabeled"


@dataclass(frozen=True, slots=True)
class SlotRow:
    """One answer wanted of one person about an item."""

    id: int
    round: int
    number: int
    state: str
    annotator: str | None
    skill: str | None
    tier: int
    n_lapsed: int


def candidates(conn: sa.Connection, project_id: int, wanted: Wanted, *, after: int, most: int) -> list[int]:
    """The next items past a place that may be what is wanted, in their order: at most so many, by the best index.

    `matching` then tells which of them are.
    """
    if wanted.round is not None:
        return _of_round(conn, project_id, wanted.round, after, most)
    if wanted.state == "pending":
        return _pending(conn, project_id, after, most)
    if wanted.state == "labeled" or wanted.labeled or wanted.annotator is not None:
        return _labeled(conn, project_id, after, most)
    splits = SPLITS if wanted.split is None else (wanted.split,)
    c = item.c
    each = (
        list(
            conn.scalars(
                sa.select(c.seq)
                .where(c.project_id == project_id, c.split == split, c.seq > after)
                .order_by(c.seq)
                .limit(most)
            )
        )
        for split in splits
    )
    return list(islice(merge(*each), most))


def matching(conn: sa.Connection, project_id: int, wanted: Wanted, seqs: Sequence[int]) -> Iterator[Row]:
    """Those of these items, all of the project, that are wanted; in their order."""
    c, label = item.c, current_label.c
    waits = (
        sa.select(query.c.id)
        .where(query.c.project_id == project_id, query.c.item_seq == c.seq, query.c.state == "pending")
        .exists()
    )
    asked = (
        sa.select(
            c.seq,
            c.item_id,
            c.split,
            c.fields,
            label.value,
            sa.func.coalesce(label.n_answers, 0),
            label.item_seq.is_not(None),
            waits.label("waits"),
        )
        .outerjoin(current_label, sa.and_(label.project_id == project_id, label.item_seq == c.seq))
        # Not also by project: SQLite would then read the whole project by an index of it, and look each item up in the
        # list. The same below: an index by annotator would lead to all that somebody ever said.
        .where(among(conn, c.seq, seqs))
        .order_by(c.seq)
    )
    if wanted.split is not None:
        asked = asked.where(c.split == wanted.split)
    if wanted.state == "pending":
        asked = asked.where(waits)
    elif wanted.state == "labeled":
        asked = asked.where(label.item_seq.is_not(None), ~waits)
    elif wanted.state == "unlabeled":
        asked = asked.where(label.item_seq.is_(None), ~waits)
    if wanted.labeled:
        asked = asked.where(label.item_seq.is_not(None))
    if wanted.annotator is not None:
        e = answer_event.c
        answered = sa.select(e.id).where(
            e.project_id == project_id,
            e.item_seq == c.seq,
            sa.func.coalesce(e.annotator, "") == wanted.annotator,
            e.action.in_(sorted(chain.ANSWERS)),
        )
        asked = asked.where(answered.exists())
    for row in conn.execute(asked):
        yield Row(*tuple(row))


def row_of(conn: sa.Connection, project_id: int, item_id: str) -> Row:
    """One item, by its id.

    Raises
    ------
    NotFound
        If the project has none.
    """
    seq = conn.scalar(sa.select(item.c.seq).where(item.c.project_id == project_id, item.c.item_id == item_id))
    if seq is None:
        raise NotFound(f"item: must be one of the project's; there is no {item_id[:80]!r}. Look its id up in the list.")
    return next(matching(conn, project_id, Wanted(), [seq]))


def last_rounds(conn: sa.Connection, project_id: int, seqs: Sequence[int]) -> dict[int, int]:
    """The last round that asked about each of these items, for those that were asked about."""
    c = query.c
    asked = (
        sa.select(c.item_seq, sa.func.max(round_.c.number))
        .join(round_, round_.c.id == c.round_id)
        .where(c.project_id == project_id, among(conn, c.item_seq, seqs))
        .group_by(c.item_seq)
    )
    return {seq: number for seq, number in conn.execute(asked)}


def queries_of(
    conn: sa.Connection, project_id: int, round_id: int, *, after: int, most: int
) -> list[Mapping[str, Any]]:
    """A round's queries past a rank, each with its item's fields, still JSON, and its outcome: at most so many."""
    c = query.c
    names = ("rank", "utility", "propensity", "strategy", "purpose", "reason", "state")
    asked = (
        sa.select(
            *(c[name] for name in names),
            item.c.item_id,
            item.c.fields,
            answer_event.c.annotator,
            answer_content.c.value,
        )
        .join(item, item.c.seq == c.item_seq)
        .outerjoin(answer_event, answer_event.c.id == c.answered_event)
        .outerjoin(answer_content, answer_content.c.event_id == c.answered_event)
        .where(c.round_id == round_id, c.rank > after)
        .order_by(c.rank)
        .limit(most)
    )
    return [dict(row._mapping) | {"fields": json.loads(row.fields)} for row in conn.execute(asked)]


def queries_about(conn: sa.Connection, project_id: int, seq: int) -> list[Mapping[str, Any]]:
    """Each time that one item was asked about, oldest first."""
    c = query.c
    names = ("rank", "strategy", "purpose", "utility", "propensity", "reason", "state", "suggestion", "cost_usd")
    asked = (
        sa.select(round_.c.number.label("round"), *(c[name] for name in names))
        .join(round_, round_.c.id == c.round_id)
        .where(c.project_id == project_id, c.item_seq == seq)
        .order_by(c.id)
    )
    return [dict(row._mapping) for row in conn.execute(asked)]


def slots_about(conn: sa.Connection, project_id: int, seq: int) -> list[SlotRow]:
    """Each answer that was wanted of one item, oldest first."""
    c = slot.c
    asked = (
        sa.select(c.id, round_.c.number, c.number, c.state, c.annotator, c.skill, c.tier, c.n_lapsed)
        .join(query, query.c.id == c.query_id)
        .join(round_, round_.c.id == query.c.round_id)
        .where(c.project_id == project_id, c.item_seq == seq)
        .order_by(c.id)
    )
    return [SlotRow(*tuple(row)) for row in conn.execute(asked)]


def versions_with(conn: sa.Connection, project_id: int, item_id: str) -> list[int]:
    """The dataset versions that hold an item, in order."""
    v, e = dataset_version.c, dataset_entry.c
    held = sa.select(e.item_id).where(e.version_id == v.id, e.item_id == item_id).exists()
    return list(conn.scalars(sa.select(v.number).where(v.project_id == project_id, held).order_by(v.number)))


def fields_in(row: Row) -> dict[str, Any]:
    """A row's fields."""
    found: dict[str, Any] = json.loads(row.fields)
    return found


def _of_round(conn: sa.Connection, project_id: int, number: int, after: int, most: int) -> list[int]:
    c = query.c
    id_ = sa.select(round_.c.id).where(round_.c.project_id == project_id, round_.c.number == number)
    asked = sa.select(c.item_seq).where(c.round_id == id_.scalar_subquery(), c.item_seq > after)
    return list(conn.scalars(asked.order_by(c.item_seq).limit(most)))


def _pending(conn: sa.Connection, project_id: int, after: int, most: int) -> list[int]:
    c = query.c
    # Written out, not bound: a partial index serves only where the planner can see the very condition it was made for.
    waits = c.state == sa.literal_column("'pending'")
    asked = sa.select(c.item_seq).where(c.project_id == project_id, waits, c.item_seq > after)
    return list(conn.scalars(asked.order_by(c.item_seq).limit(most)))


def _labeled(conn: sa.Connection, project_id: int, after: int, most: int) -> list[int]:
    c = current_label.c
    asked = sa.select(c.item_seq).where(c.project_id == project_id, c.item_seq > after)
    return list(conn.scalars(asked.order_by(c.item_seq).limit(most)))
