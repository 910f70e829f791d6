"""Does everything stored agree with itself? Every check reads, and says where and what; none mends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import sqlalchemy as sa

from querist.core.errors import QueristError
from querist.core.hashing import content_hash, digest
from querist.core.items import SPLITS
from querist.core.ports import Progress, silent
from querist.store import audit_work, chain, projects, versions
from querist.store.events import RAW_EVENT, stored_steps
from querist.store.sql import flat, streamed
from querist.store.tables import (
    answer_content,
    answer_event,
    current_label,
    dataset_entry,
    instruction_version,
    item,
    policy_version,
    query,
    round_,
    schema_version,
)

Kind = Literal["chain", "content", "item", "label", "query", "dataset", "version", "split", "count", "slot"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that does not agree: what kind, where it is, and what is wrong with it."""

    kind: Kind
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


def verify(conn: sa.Connection, project_id: int, *, progress: Progress = silent) -> list[Problem]:
    """Check everything of a project, in one reading.

    Returns
    -------
    problems : list of Problem
        Empty where all is sound. In turn: the chain of answers and their words; labels and queries, built anew from the
        answers; dataset versions; schema, instructions and policies; items and their hashes; near-duplicate groups,
        which may not stand on two sides of the test set; counts that are kept; and who filled which slot.

    Notes
    -----
    Whoever can write to the database can also compute a whole new chain. Against that, keep `answers.head` and the
    digests of dataset versions somewhere else, and compare. Linear in what is stored.
    """
    checks = (_chain, _labels_and_queries, _datasets, _bodies, _items, _groups, _counts, _slots)
    found: list[Problem] = []
    for done, check in enumerate(checks):
        progress(done, len(checks), "checking")
        found.extend(check(conn, project_id))
    progress(len(checks), len(checks), "checking")
    return found


def _chain(conn: sa.Connection, project_id: int) -> Iterator[Problem]:
    words = answer_content.c
    asked = (
        sa.select(
            RAW_EVENT,
            words.event_id,
            sa.type_coerce(words.value, sa.Text).label("words_value"),
            words.note,
            words.salt,
            words.erased_at.is_not(None).label("erased"),
            item.c.item_id.label("at_id"),
            item.c.project_id.label("at_project"),
            item.c.content_hash.label("at_hash"),
            item.c.erased_at.is_not(None).label("at_erased"),
            round_.c.number.label("asked_in"),
            query.c.item_seq.label("asked_about"),
        )
        .join(item, item.c.seq == RAW_EVENT.c.item_seq)
        .outerjoin(answer_content, words.event_id == RAW_EVENT.c.id)
        .outerjoin(query, query.c.id == RAW_EVENT.c.query_id)
        .outerjoin(round_, round_.c.id == query.c.round_id)
        .where(RAW_EVENT.c.project_id == project_id)
        .order_by(RAW_EVENT.c.seq)
    )
    seq, prev_hash = 0, chain.GENESIS
    for row in flat(streamed(conn, asked)):
        where = f"answer {row.seq}"
        if row.seq != seq + 1:
            yield Problem("chain", where, f"answers {seq + 1} to {row.seq - 1} are missing before it.")
        elif row.prev_hash != prev_hash:
            yield Problem("chain", where, "the hash it holds of the answer before it is not that answer's.")
        if chain.event_hash(row._asdict()) != row.hash:
            yield Problem("chain", where, "it is not what was hashed: one of its values was changed.")
        yield from (Problem("content", where, message) for message in _words(row))
        yield from (Problem("chain", where, message) for message in _links(row, project_id))
        seq, prev_hash = row.seq, row.hash


def _words(row: sa.Row[Any]) -> Iterator[str]:
    if row.event_id is None:
        yield "its words are gone without having been erased."
    elif not row.erased:
        try:
            value = None if row.words_value is None else json.loads(row.words_value)
            same = chain.content_digest(row.salt, value, row.note) == row.content_digest
        except ValueError:
            same = False
        if not same:
            yield "its value or note is not what was recorded."


def _links(row: sa.Row[Any], project_id: int) -> Iterator[str]:
    if row.at_project != project_id:
        yield f"it was about item {row.item_id!r}, and points to one of another project."
    elif row.at_id != row.item_id:
        yield f"it was about item {row.item_id!r}, and points to {row.at_id!r}."
    elif row.at_hash != row.item_content_hash and not row.at_erased:
        yield f"item {row.item_id!r} has other content now than when it was answered."
    if row.round != row.asked_in or (row.asked_about is not None and row.asked_about != row.item_seq):
        yield f"it was asked in round {row.round}, and points to a query of round {row.asked_in}."


def _labels_and_queries(conn: sa.Connection, project_id: int) -> Iterator[Problem]:
    c = current_label.c
    asked = sa.select(c.item_seq, c.event_id, sa.type_coerce(c.value, sa.Text), c.n_answers)
    stored = flat(streamed(conn, asked.where(c.project_id == project_id).order_by(c.item_seq)))
    label = next(stored, None)
    answered: dict[int, str] = {}
    for seq, steps in groupby(stored_steps(conn, project_id), key=lambda pair: pair[0]):
        events = [step for _, step in steps]
        now = chain.standing(events)
        answered.update(now.answered())
        while label is not None and label[0] < seq:
            yield Problem("label", f"item number {label[0]}", "it has a label, and nobody answered it.")
            label = next(stored, None)
        there = None
        if label is not None and label[0] == seq:
            there, label = tuple(label)[1:], next(stored, None)
        due = None if now.label is None else (now.label.event_id, now.label.value, now.n_answers)
        if there != due:
            yield Problem("label", f"item number {seq}", "its label is not what its answers come to.")
    while label is not None:
        yield Problem("label", f"item number {label[0]}", "it has a label, and nobody answered it.")
        label = next(stored, None)
    yield from _queries(conn, project_id, answered)


def _queries(conn: sa.Connection, project_id: int, answered: dict[int, str]) -> Iterator[Problem]:
    waiting: set[int] = set()
    asked = (
        sa.select(
            query.c.id,
            query.c.item_seq,
            query.c.state,
            query.c.answered_event,
            round_.c.number,
            round_.c.state.label("round_state"),
        )
        .join(round_, round_.c.id == query.c.round_id)
        .where(query.c.project_id == project_id)
        .order_by(query.c.id)
    )
    for row in flat(streamed(conn, asked)):
        where = f"query {row.id} of round {row.number}"
        by = answered.get(row.id)
        if row.state == "answered" and row.answered_event != by:
            yield Problem("query", where, f"it says that {row.answered_event} answered it; what stands is {by}.")
        elif row.state != "answered" and by is not None:
            yield Problem("query", where, f"it is {row.state}, and {by} answered it.")
        if row.state == "pending":
            if row.round_state == "withdrawn":
                yield Problem("query", where, "it is pending, and its round was withdrawn.")
            if row.item_seq in waiting:
                yield Problem("query", where, f"item number {row.item_seq} is pending twice.")
            waiting.add(row.item_seq)


def _datasets(conn: sa.Connection, project_id: int) -> Iterator[Problem]:
    e = answer_event.c
    for version in versions.listed(conn, project_id):
        where = f"dataset version {version.number}"
        if _computed(_redone, conn, project_id, version) != (version.digest, version.n_items):
            yield Problem("dataset", where, "its entries are not what was frozen.")
        at = sa.select(e.hash).where(e.project_id == project_id, e.seq == version.chain_seq)
        if version.chain_seq and conn.scalar(at) != version.chain_hash:
            yield Problem("chain", where, f"answer {version.chain_seq} is not the one that was there when it was made.")


def _redone(conn: sa.Connection, project_id: int, version: versions.DatasetVersion) -> tuple[str, int]:
    schema = projects.schema_digest(conn, project_id, version.schema_version)
    entries = versions.entries(conn, project_id, version.number)
    n_items = conn.scalar(sa.select(sa.func.count()).where(dataset_entry.c.version_id == version.id))
    return versions.digest_of(schema, entries), n_items or 0


def _bodies(conn: sa.Connection, project_id: int) -> Iterator[Problem]:
    # The stored bodies themselves: read into objects, an old one would take on what later versions added.
    kinds: tuple[tuple[sa.Table, str, Callable[[str], str]], ...] = (
        (schema_version, "schema", _digest_of),
        (instruction_version, "instructions", digest),
        (policy_version, "policy", _digest_of),
    )
    for table, name, of in kinds:
        body = sa.type_coerce(table.c.body, sa.Text)
        asked = sa.select(table.c.version, body, table.c.digest).where(table.c.project_id == project_id)
        for version, text, kept in conn.execute(asked.order_by(table.c.version)):
            if _computed(of, text) != kept:
                yield Problem("version", f"{name} version {version}", "it is not what was recorded.")
    r = round_.c
    used = sa.select(r.number, sa.type_coerce(r.policy, sa.Text), r.policy_digest).where(r.project_id == project_id)
    for number, text, kept in conn.execute(used.order_by(r.number)):
        if _computed(_digest_of, text) != kept:
            yield Problem("version", f"round {number}", "its policy is not what was recorded.")


def _digest_of(body: str) -> str:
    return digest(json.loads(body))


def _items(conn: sa.Connection, project_id: int) -> Iterator[Problem]:
    c = item.c
    asked = sa.select(c.item_id, c.fields, c.content_hash).where(c.project_id == project_id, c.erased_at.is_(None))
    for row in flat(streamed(conn, asked)):
        item_id, fields, kept = tuple(row)
        if _computed(_hash_of, fields) != kept:
            yield Problem("item", f"item {item_id!r}", "its fields are not what came in.")


def _hash_of(fields: str) -> str:
    return content_hash(json.loads(fields))


def _computed(compute: Callable[..., Any], *given: Any) -> Any:
    """What comes out, or None: what cannot even be read is not what was kept."""
    try:
        return compute(*given)
    except (QueristError, ValueError, LookupError, TypeError, AttributeError):
        return None


def _groups(conn: sa.Connection, project_id: int) -> Iterator[Problem]:
    c = item.c
    used = [split for split in SPLITS if split != "excluded"]
    asked = (
        sa.select(c.duplicate_group, sa.func.min(c.item_id))
        .where(c.project_id == project_id, c.duplicate_group.is_not(None), c.split.in_(used))
        .group_by(c.duplicate_group)
        .having(sa.func.count(c.split.distinct()) > 1)
        .order_by(c.duplicate_group)
    )
    for group, first in conn.execute(asked):
        yield Problem(
            "split", f"near-duplicate group {group}", f"its items, {first!r} among them, stand in more than one split."
        )


def _counts(conn: sa.Connection, project_id: int) -> Iterator[Problem]:
    return (Problem("count", *found) for found in audit_work.counts(conn, project_id))


def _slots(conn: sa.Connection, project_id: int) -> Iterator[Problem]:
    return (Problem("slot", *found) for found in audit_work.slots(conn, project_id))
