"""Dataset versions: the labels of one moment, frozen under one hash."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist._version import __version__
from querist.core.errors import NotFound
from querist.core.hashing import canonical
from querist.core.items import Split
from querist.core.state import Value
from querist.store import projects
from querist.store.columns import plain_text, utc_now
from querist.store.events import head
from querist.store.sql import CHUNK, flat, streamed
from querist.store.tables import answer_content, answer_event, current_label, dataset_entry, dataset_version, item


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """Labels that will not change. The same answers about the same items have the same digest, whenever frozen.

    `counts` is the number of items of each class (empty for a number); `parent` is the version before; `chain_seq` and
    `chain_hash` are the last event there was.
    """

    id: int
    number: int
    digest: str
    parent: int | None
    schema_version: int
    n_items: int
    counts: Mapping[str, int]
    note: str
    chain_seq: int
    chain_hash: str
    created_at: datetime
    software: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One labeled item of a version: which content, which answer."""

    item_seq: int
    item_id: str
    content_hash: str
    event_id: str
    event_hash: str
    value: Value
    split: Split


@dataclass(frozen=True, slots=True)
class Change:
    """One item between two versions. `what` says which of value, content and split differ."""

    item_id: str
    before: Value | None
    after: Value | None
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diff:
    """What came, went and changed from one version to another, by item id."""

    added: tuple[Change, ...]
    removed: tuple[Change, ...]
    changed: tuple[Change, ...]


def freeze(conn: sa.Connection, project_id: int, *, note: str = "", now: datetime | None = None) -> DatasetVersion:
    """The labels as they are now, as a version: the latest one if it has the same content, else a new one."""
    projects.lock(conn, project_id)
    schema = projects.schema(conn, project_id)
    counts: Counter[str] = Counter()
    n_items = 0

    def counted() -> Iterator[Entry]:
        nonlocal n_items
        for entry in _entries(conn, _current(project_id)):
            n_items += 1
            counts.update(schema.classes_of(entry.value))
            yield entry

    digest = digest_of(projects.schema_digest(conn, project_id, schema.version), counted())
    before = latest(conn, project_id)
    if before is not None and before.digest == digest:
        return before
    chain_seq, chain_hash = head(conn, project_id)
    made = dataset_version.insert().values(
        project_id=project_id,
        number=1 if before is None else before.number + 1,
        digest=digest,
        parent=None if before is None else before.number,
        schema_version=schema.version,
        n_items=n_items,
        counts=dict(counts),
        note=plain_text("note", note),
        chain_seq=chain_seq,
        chain_hash=chain_hash,
        created_at=now or utc_now(),
        software=f"querist {__version__}",
    )
    version = _version(conn.execute(made.returning(dataset_version)).one())
    columns = ["version_id", "item_id", "item_seq", "content_hash", "event_id", "value", "split"]
    copied = (
        sa.select(
            sa.literal(version.id, sa.BigInteger),
            item.c.item_id,
            item.c.seq,
            item.c.content_hash,
            current_label.c.event_id,
            current_label.c.value,
            item.c.split,
        )
        .join(item, item.c.seq == current_label.c.item_seq)
        .where(current_label.c.project_id == project_id)
    )
    conn.execute(dataset_entry.insert().from_select(columns, copied))
    return version


def digest_of(schema_digest: str, entries: Iterator[Entry]) -> str:
    """SHA-256 over the schema's digest and a line of canonical JSON per entry, sorted by item id."""
    found = hashlib.sha256(f"{schema_digest}\n".encode())
    for e in entries:
        line = canonical([e.item_id, e.content_hash, e.split, e.value, e.event_hash])
        found.update(f"{line}\n".encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def digest_now(conn: sa.Connection, project_id: int) -> str:
    """The digest that `freeze` would give its version at this moment."""
    return digest_of(projects.schema_digest(conn, project_id), _entries(conn, _current(project_id)))


def get(conn: sa.Connection, project_id: int, number: int) -> DatasetVersion:
    """The version of this number.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = conn.execute(_versions(project_id).where(dataset_version.c.number == number)).one_or_none()
    if row is None:
        raise NotFound(f"version: must be one of the project's; there is no dataset version {number}. List them.")
    return _version(row)


def latest(conn: sa.Connection, project_id: int) -> DatasetVersion | None:
    """The newest version, or None before the first."""
    row = conn.execute(_versions(project_id, newest_first=True).limit(1)).one_or_none()
    return None if row is None else _version(row)


def listed(conn: sa.Connection, project_id: int) -> list[DatasetVersion]:
    """Every version, in order."""
    return [_version(row) for row in conn.execute(_versions(project_id))]


def entries(conn: sa.Connection, project_id: int, number: int, *, chunk: int = CHUNK) -> Iterator[Entry]:
    """The labels of a version, sorted by item id; one chunk is in memory at a time."""
    return _entries(conn, _frozen(get(conn, project_id, number).id), chunk)


def entry_chunks(conn: sa.Connection, project_id: int, number: int, *, chunk: int = CHUNK) -> Iterator[list[Entry]]:
    """The labels of a version, sorted by item id, in chunks."""
    for rows in streamed(conn, _frozen(get(conn, project_id, number).id), chunk):
        yield [Entry(*tuple(row)) for row in rows]


def has_notes(conn: sa.Connection, project_id: int, number: int) -> bool:
    """Whether a note was given with one of the answers that a version holds."""
    c = dataset_entry.c
    noted = (
        sa.select(c.item_id)
        .join(answer_content, answer_content.c.event_id == c.event_id)
        .where(c.version_id == get(conn, project_id, number).id, answer_content.c.note != "")
    )
    return bool(conn.scalar(sa.select(noted.exists())))


def diff(conn: sa.Connection, project_id: int, a: int, b: int) -> Diff:
    """What came, went and changed from version `a` to version `b`."""
    added, removed, changed = [], [], []
    olds, news = entries(conn, project_id, a), entries(conn, project_id, b)
    old, new = next(olds, None), next(news, None)
    while old or new:  # both are sorted by id: walk them side by side
        if new is None or (old is not None and old.item_id < new.item_id):
            assert old is not None
            removed.append(Change(old.item_id, old.value, None))
            old = next(olds, None)
        elif old is None or new.item_id < old.item_id:
            added.append(Change(new.item_id, None, new.value))
            new = next(news, None)
        else:
            pairs = {
                "value": (old.value, new.value),
                "content": (old.content_hash, new.content_hash),
                "split": (old.split, new.split),
            }
            if what := tuple(name for name, (before, after) in pairs.items() if before != after):
                changed.append(Change(old.item_id, old.value, new.value, what))
            old, new = next(olds, None), next(news, None)
    return Diff(tuple(added), tuple(removed), tuple(changed))


def _versions(project_id: int, *, newest_first: bool = False) -> sa.Select[Any]:
    c = dataset_version.c
    order = c.number.desc() if newest_first else c.number
    return (
        sa.select(*(each for each in c if each.name != "project_id")).where(c.project_id == project_id).order_by(order)
    )


def _version(row: sa.Row[Any]) -> DatasetVersion:
    return DatasetVersion(**{name: value for name, value in row._mapping.items() if name != "project_id"})


def _current(project_id: int) -> sa.Select[Any]:
    c = current_label.c
    return (
        sa.select(
            c.item_seq, item.c.item_id, item.c.content_hash, c.event_id, answer_event.c.hash, c.value, item.c.split
        )
        .join(item, item.c.seq == c.item_seq)
        .join(answer_event, answer_event.c.id == c.event_id)
        .where(c.project_id == project_id)
        .order_by(item.c.item_id)
    )


def _frozen(version_id: int) -> sa.Select[Any]:
    c = dataset_entry.c
    return (
        sa.select(c.item_seq, c.item_id, c.content_hash, c.event_id, answer_event.c.hash, c.value, c.split)
        .join(answer_event, answer_event.c.id == c.event_id)
        .where(c.version_id == version_id)
        .order_by(c.item_id)
    )


def _entries(conn: sa.Connection, asked: sa.Select[Any], chunk: int = CHUNK) -> Iterator[Entry]:
    for row in flat(streamed(conn, asked, chunk)):
        yield Entry(*tuple(row))
