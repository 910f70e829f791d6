"""What answers are about, as a transaction finds it: the items, their events and queries, and keys that are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from querist.core.errors import NotFound
from querist.store import chain
from querist.store.drafts import AnswerDraft
from querist.store.events import steps_of
from querist.store.sql import chunks, is_one_of, one_of
from querist.store.tables import answer_event, item, query, round_


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


def known_keys(
    conn: sa.Connection, project_id: int, drafts: Sequence[AnswerDraft]
) -> dict[tuple[str, str | None], Known]:
    """The events that are recorded under the keys of these drafts, by annotator and key."""
    keys = dict.fromkeys(d.idempotency_key for d in drafts if d.idempotency_key is not None)
    found: dict[tuple[str, str | None], Known] = {}
    for chunk in chunks(keys):
        asked = _by_key(conn.dialect.name, single=len(chunk) == 1)
        rows = conn.execute(asked, {"project": project_id, **one_of(conn, chunk)})
        found.update(((who, key), Known(*event)) for who, key, *event in rows)
    return found


@cache
def _by_key(dialect: str, *, single: bool) -> sa.Executable:
    c = answer_event.c
    return sa.select(c.annotator, c.idempotency_key, c.id, c.seq, c.item_seq, c.query_id).where(
        c.project_id == sa.bindparam("project"), is_one_of(dialect, c.idempotency_key, single=single)
    )


def subjects_of(conn: sa.Connection, project_id: int, seqs: Iterable[int]) -> dict[int, Subject]:
    """Items as a transaction about them finds them.

    Raises
    ------
    NotFound
        If one is not in the project.
    """
    found: dict[int, Subject] = {}
    for chunk in chunks(seqs):
        single, said = len(chunk) == 1, {"project": project_id, **one_of(conn, chunk)}
        these = conn.execute(_items(conn.dialect.name, single=single), said)
        found.update((row.seq, Subject(*row)) for row in these)
        if missing := [seq for seq in chunk if seq not in found]:
            raise NotFound(
                f"answers: each item must be in the project; number {missing[0]} is not. Look the numbers up again."
            )
        for seq, step in steps_of(conn, project_id, chunk):
            found[seq].steps.append(step)
            found[seq].n_stored += 1
        for row in conn.execute(_queries(conn.dialect.name, single=single), said):
            subject = found[row.item_seq]
            if row.state == "withdrawn":
                subject.withdrawn.add(row.id)
            else:
                subject.queries.append(row)
    return found


_OF_ROUND = (
    round_.c.schema_version,
    round_.c.instruction_version,
    round_.c.n_candidates,
    round_.c.model,
    round_.c.seed,
)


@cache
def _items(dialect: str, *, single: bool) -> sa.Executable:
    c = item.c
    return sa.select(c.seq, c.item_id, c.content_hash, c.split).where(
        c.project_id == sa.bindparam("project"), is_one_of(dialect, c.seq, single=single)
    )


@cache
def _queries(dialect: str, *, single: bool) -> sa.Executable:
    c = query.c
    return (
        sa.select(query, round_.c.number, round_.c.state.label("round_state"), *_OF_ROUND)
        .join(round_, round_.c.id == c.round_id)
        .where(c.project_id == sa.bindparam("project"), is_one_of(dialect, c.item_seq, single=single))
        .order_by(c.id)
    )
