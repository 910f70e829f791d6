"""What answers are about, as a transaction finds it: the items, their events and queries, and keys that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

import sqlalchemy as sa

from querist.core.errors import NotFound
from querist.store import chain
from querist.store.drafts import AnswerDraft
from querist.store.sql import chunks, is_one_of, one_of, unindexed
from querist.store.tables import answer_content, answer_event, item, query, round_


@dataclass(slots=True)
class Subject:
    """An item in the course of `append`: its events so far, and the queries about it that were not taken back.

    `withdrawn` are the numbers of those that were.
    """

    seq: int
    item_id: str
    content_hash: str
    split: str
    steps: list[chain.Step] = field(default_factory=list)
    queries: list[sa.Row[Any]] = field(default_factory=list)
    withdrawn: set[int] = field(default_factory=set)
    n_stored: int = 0

    @property
    def touched(self) -> bool:
        """Whether anything was done about it since it was read."""
        return len(self.steps) > self.n_stored

    def asked_by(self, draft: AnswerDraft, supersedes: str | None) -> sa.Row[Any] | None:
        """The query a draft is about: the pending one, or else that of the event it supersedes.

        Who has answered about the item speaks of the same question again: a later one is for others.
        """
        if draft.query_id is not None:
            return next((asked for asked in self.queries if asked.id == draft.query_id), None)
        stands = chain.standing(self.steps)
        own = stands.of(draft.annotator) if draft.action in chain.ANSWERS else None
        if own is not None:
            return next((asked for asked in self.queries if asked.id == own.query_id), None)
        answered = stands.answered()
        if draft.action not in ("undo", "withdraw"):
            for asked in self.queries:
                if asked.id not in answered and (asked.state == "pending" or asked.round_state != "withdrawn"):
                    return asked
        about = next((step.query_id for step in self.steps if step.event_id == supersedes), None)
        return next((asked for asked in self.queries if asked.id == about), None)


class Known(NamedTuple):
    """An event that was recorded under a key."""

    id: str
    seq: int
    item_seq: int
    query_id: int | None


@dataclass(slots=True)
class Past:
    """What drafts go on from: their items, the place and hash of the last event, and those under the drafts' keys."""

    subjects: dict[int, Subject]
    seq: int = 0
    hash: str = chain.GENESIS
    known: dict[tuple[str, str | None], Known] = field(default_factory=dict)


def past_of(conn: sa.Connection, project_id: int, drafts: Sequence[AnswerDraft]) -> Past:
    """What is there before these drafts are recorded; the caller holds the project's lock.

    Raises
    ------
    NotFound
        If an item is not in the project.
    """
    seqs = list(dict.fromkeys(draft.item_seq for draft in drafts))
    keys = list(dict.fromkeys(draft.idempotency_key for draft in drafts if draft.idempotency_key is not None))
    past = Past(_subjects(conn, project_id, seqs))
    none: list[Any] = []  # there may be more chunks of the one than of the other
    for those, named in zip_longest(chunks(seqs), chunks(keys), fillvalue=none):
        asked = _events(conn.dialect.name, single=len(those) == 1, single_key=len(named) == 1)
        said = {"project": project_id, **one_of(conn, those), **one_of(conn, named, "keys")}
        for row in sorted(conn.execute(asked, said), key=lambda row: row.seq):
            if row.arm == "item":
                subject = past.subjects[row.item_seq]
                step = (row.id, row.action, row.annotator, row.supersedes, row.query_id, row.value, bool(row.erased))
                subject.steps.append(chain.Step(*step))
                subject.n_stored += 1
            elif row.arm == "key":
                past.known[row.annotator, row.idempotency_key] = Known(row.id, row.seq, row.item_seq, row.query_id)
            else:
                past.seq, past.hash = row.seq, row.hash
    return past


def _subjects(conn: sa.Connection, project_id: int, seqs: Sequence[int]) -> dict[int, Subject]:
    found: dict[int, Subject] = {}
    for chunk in chunks(seqs):
        single, said = len(chunk) == 1, {"project": project_id, **one_of(conn, chunk)}
        for row in conn.execute(_items(conn.dialect.name, single=single), said):
            subject = found.setdefault(row.seq, Subject(row.seq, row.item_id, row.content_hash, row.split))
            if row.state == "withdrawn":
                subject.withdrawn.add(row.id)
            elif row.id is not None:
                subject.queries.append(row)
        if missing := [seq for seq in chunk if seq not in found]:
            raise NotFound(
                f"answers: each item must be in the project; number {missing[0]} is not. Look the numbers up again."
            )
    return found


@cache
def _events(dialect: str, *, single: bool, single_key: bool) -> sa.Executable:
    """Events about some items, events under some keys, and the last one: in one trip, while others wait for it.

    In no order: for one over all three, SQLite walks the whole chain instead of going by each part's own index.
    """
    e, words = answer_event.c, answer_content.c
    here = e.project_id == sa.bindparam("project", type_=sa.BigInteger)
    columns = (e.seq, e.item_seq, e.id, e.action, e.annotator, e.supersedes, e.query_id, e.idempotency_key, e.hash)
    no_words = (sa.cast(sa.null(), words.value.type).label("value"), sa.false().label("erased"))
    about = (
        sa.select(*columns, words.value, words.erased_at.is_not(None).label("erased"), _arm("item"))
        .outerjoin(answer_content, words.event_id == e.id)
        .where(here, is_one_of(dialect, e.item_seq, single=single))
    )
    under = sa.select(*columns, *no_words, _arm("key")).where(
        here, is_one_of(dialect, e.idempotency_key, single=single_key, name="keys")
    )
    last = sa.select(*columns, *no_words, _arm("last")).where(here).order_by(e.seq.desc()).limit(1).subquery()
    return sa.union_all(about, under, sa.select(last))


def _arm(name: str) -> sa.ColumnElement[str]:
    return sa.literal_column(f"'{name}'", sa.Text).label("arm")


_OF_ROUND = (
    round_.c.number,
    round_.c.state.label("round_state"),
    round_.c.schema_version,
    round_.c.instruction_version,
    round_.c.n_candidates,
    round_.c.model,
    round_.c.seed,
)


@cache
def _items(dialect: str, *, single: bool) -> sa.Executable:
    """The items, one row for each query about them, and one where there is none."""
    i, q, project_id = item.c, query.c, sa.bindparam("project", type_=sa.BigInteger)
    about = sa.and_(q.item_seq == i.seq, q.project_id == project_id)
    of_project = i.project_id if single else unindexed(i.project_id)
    return (
        sa.select(i.seq, i.item_id, i.content_hash, i.split, query, *_OF_ROUND)
        .outerjoin(query, about)
        .outerjoin(round_, round_.c.id == q.round_id)
        .where(of_project == project_id, is_one_of(dialect, i.seq, single=single))
        .order_by(q.id)
    )
