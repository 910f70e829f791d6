"""Labels as they stand: what every item's answers come to at this moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.core.items import SPLITS, Split
from querist.core.state import Value
from querist.store import chain
from querist.store.sql import CHUNK, among, chunks, flat, streamed
from querist.store.tables import answer_event, current_label, item, query


@dataclass(frozen=True, slots=True)
class CurrentLabel:
    """An item's label: the answer that stands for it, and how many annotators have one that stands."""

    item_seq: int
    item_id: str
    split: Split
    value: Value
    event_id: str
    n_answers: int


@dataclass(frozen=True, slots=True)
class Workload:
    """What one annotator has done: answers given, distinct items answered, and when last."""

    annotator: str
    n_answers: int
    n_items: int
    last_at: datetime


def labels(conn: sa.Connection, project_id: int, *, chunk: int = CHUNK) -> Iterator[CurrentLabel]:
    """Every label, in the order of the items; one chunk is in memory at a time."""
    asked = _labels(project_id).order_by(current_label.c.item_seq)
    for row in flat(streamed(conn, asked, chunk)):
        yield CurrentLabel(*tuple(row))


def current(conn: sa.Connection, project_id: int, seqs: Sequence[int]) -> dict[int, CurrentLabel]:
    """The labels of those of these items that have one."""
    found: dict[int, CurrentLabel] = {}
    for chunk in chunks(seqs):
        asked = _labels(project_id).where(among(conn, current_label.c.item_seq, chunk))
        found.update((row.item_seq, CurrentLabel(*row)) for row in conn.execute(asked))
    return found


def guessed(conn: sa.Connection, project_id: int) -> list[tuple[Value, Value]]:
    """What models suggested for the items that strategies chose, each with the label that the item has now."""
    asked = (
        sa.select(query.c.suggestion, current_label.c.value)
        .join(current_label, current_label.c.item_seq == query.c.item_seq)
        .where(
            query.c.project_id == project_id,
            current_label.c.project_id == project_id,
            query.c.purpose == "strategy",
            query.c.suggestion.is_not(None),
        )
        .order_by(query.c.id)
    )
    return [(suggestion.get("value"), value) for suggestion, value in conn.execute(asked)]


def label_counts(conn: sa.Connection, project_id: int) -> dict[Split, int]:
    """How many items of each split are labeled."""
    asked = (
        sa.select(item.c.split, sa.func.count())
        .join(current_label, current_label.c.item_seq == item.c.seq)
        .where(current_label.c.project_id == project_id)
        .group_by(item.c.split)
    )
    found = {split: n for split, n in conn.execute(asked)}
    return {split: found.get(split, 0) for split in SPLITS}


def n_answers(conn: sa.Connection, project_id: int, split: Split) -> int:
    """How many answers of different annotators the labels of a split rest on."""
    asked = (
        sa.select(sa.func.sum(current_label.c.n_answers))
        .join(item, current_label.c.item_seq == item.c.seq)
        .where(current_label.c.project_id == project_id, item.c.split == split)
    )
    return int(conn.scalar(asked) or 0)


def workloads(conn: sa.Connection, project_id: int) -> list[Workload]:
    """Who answered how much, by name. Answers undone later count: they were work."""
    e = answer_event.c
    asked = (
        sa.select(
            e.annotator,
            sa.func.count(),
            sa.func.count(e.item_seq.distinct()),
            sa.func.max(e.received_at, type_=e.received_at.type),
        )
        .where(e.project_id == project_id, e.action.in_(sorted(chain.ANSWERS)))
        .group_by(e.annotator)
    )
    return sorted((Workload(*row) for row in conn.execute(asked)), key=lambda each: each.annotator)


def _labels(project_id: int) -> sa.Select[Any]:
    c = current_label.c
    return (
        sa.select(c.item_seq, item.c.item_id, item.c.split, c.value, c.event_id, c.n_answers)
        .join(item, item.c.seq == c.item_seq)
        .where(c.project_id == project_id)
    )
