"""Items: in by the hundred thousand, out in chunks, found by id or by content."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

import sqlalchemy as sa

from querist.core import checks
from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.hashing import content_hash
from querist.core.items import SPLITS, Split
from querist.store import projects, tallies
from querist.store.columns import finite, json_text, plain_text
from querist.store.sql import CHUNK, among, chunks, flat, is_one_of, one_of, streamed, unindexed
from querist.store.tables import current_label, item


class NewItem(NamedTuple):
    """An item as it goes in. `fields` is canonical JSON; `duplicate_group` is None for an item without a twin."""

    id: str
    content_hash: str
    fields: str
    split: Split = "pool"
    duplicate_group: int | None = None
    sketch: bytes | None = None


Row = tuple[str, str, str, Split, int | None, bytes | None]  # a `NewItem`, or a plain tuple of the same


class Key(NamedTuple):
    """Everything about an item but its fields: what a pass over the whole pool can afford to read."""

    seq: int
    id: str
    content_hash: str
    split: Split
    duplicate_group: int | None
    sketch: bytes | None


class Found(NamedTuple):
    """Where an id is already, and with which content."""

    seq: int
    content_hash: str
    split: Split


@dataclass(frozen=True, slots=True)
class StoredItem:
    """An item and where it stands. `seq` is its place in the order of all imports."""

    seq: int
    item_id: str
    content_hash: str
    split: Split
    duplicate_group: int | None
    erased_at: datetime | None
    fields: Mapping[str, Any]


def pack(
    fields: Mapping[str, Any],
    *,
    id: str,
    split: Split = "pool",
    duplicate_group: int | None = None,
    sketch: bytes | None = None,
) -> NewItem:
    """An item ready to go in: its fields as canonical JSON, and their hash. A NaN is kept as null.

    Examples
    --------
    >>> pack({"text": "hi", "age": float("nan")}, id="a-1").fields
    '{"age":null,"text":"hi"}'
    """
    checks.shallow(f"item {id!r}", fields)
    try:
        text = json_text(fields)
    except InvalidInput:
        text = json_text(finite(fields))
    return NewItem(plain_text("id", id), content_hash(fields), text, split, duplicate_group, sketch)


def insert(conn: sa.Connection, project_id: int, new: Iterable[Row], *, import_id: int | None = None) -> int:
    """Add items, in their order, inside the caller's transaction. Returns how many.

    Raises
    ------
    Conflict
        If an id is in the project already, or comes twice. Nothing of the transaction then stands.

    Notes
    -----
    Rows go to the driver as they are: many to a statement on SQLite, COPY on PostgreSQL. One chunk is held at a time.
    """
    projects.lock(conn, project_id)
    driver = conn.connection.driver_connection
    assert driver is not None
    dbapi = conn.dialect.dbapi
    assert dbapi is not None
    put = _copy if conn.dialect.name == "postgresql" else _in_statements
    n = 0
    splits: Counter[str] = Counter()
    try:
        for chunk in chunks(new):
            put(driver, project_id, import_id, chunk)
            n += len(chunk)
            splits.update(row[3] for row in chunk)
    except dbapi.IntegrityError as error:
        raise Conflict(
            f"items: each id must be new to the project, and each split one of {', '.join(SPLITS)}; "
            f"the database says: {str(error).splitlines()[0]}. Look the ids up first."
        ) from None
    tallies.add(conn, project_id, {tallies.items(split): some for split, some in splits.items()})
    return n


def existing(conn: sa.Connection, project_id: int, ids: Iterable[str]) -> dict[str, Found]:
    """Those of these ids that the project has, each with its content hash: an equal one is the same item again."""
    found: dict[str, Found] = {}
    for chunk in chunks(ids):
        asked = _by_id(conn.dialect.name, single=len(chunk) == 1)
        rows = conn.execute(asked, {"project": project_id, **one_of(conn, chunk)})
        found.update((id, Found(seq, hash_, split)) for id, seq, hash_, split in rows)
    return found


@cache
def _by_id(dialect: str, *, single: bool) -> sa.Executable:
    c = item.c
    return sa.select(c.item_id, c.seq, c.content_hash, c.split).where(
        c.project_id == sa.bindparam("project"), is_one_of(dialect, c.item_id, single=single)
    )


def fetch(conn: sa.Connection, project_id: int, ids: Sequence[str]) -> list[StoredItem]:
    """These items, in this order.

    Raises
    ------
    NotFound
        If the project does not have one of them.
    """
    found = {stored.item_id: stored for stored in _fetch(conn, project_id, item.c.item_id, ids)}
    if missing := [id for id in ids if id not in found]:
        raise NotFound(
            f"items: each must be in the project; {missing[0]!r} is not ({len(missing)} such). Import them first."
        )
    return [found[id] for id in ids]


def fetch_seqs(conn: sa.Connection, project_id: int, seqs: Sequence[int]) -> list[StoredItem]:
    """The items at these places, in this order.

    Raises
    ------
    NotFound
        If the project does not have one of them.
    """
    found = {stored.seq: stored for stored in _fetch(conn, project_id, item.c.seq, seqs)}
    if missing := [seq for seq in seqs if seq not in found]:
        raise NotFound(f"items: each must be in the project; number {missing[0]} is not. Look the numbers up again.")
    return [found[seq] for seq in seqs]


def fields_of(conn: sa.Connection, seqs: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """The fields of the items at these places."""
    found: dict[int, Mapping[str, Any]] = {}
    for chunk in chunks(seqs):
        rows = conn.execute(sa.select(item.c.seq, item.c.fields).where(among(conn, item.c.seq, chunk)))
        found.update((seq, json.loads(fields)) for seq, fields in rows)
    return found


def stream(
    conn: sa.Connection, project_id: int, *, split: str | None = None, chunk: int = CHUNK
) -> Iterator[StoredItem]:
    """Items with their fields, in the order they came; one chunk is in memory at a time."""
    for rows in streamed(conn, _of_split(sa.select(*_STORED), project_id, split), chunk):
        yield from map(_stored, rows)


def keys(conn: sa.Connection, project_id: int, *, split: str | None = None, chunk: int = CHUNK) -> Iterator[list[Key]]:
    """Items without their fields, in the order they came, in chunks."""
    for rows in streamed(conn, _of_split(_keys(), project_id, split), chunk):
        yield [Key._make(row) for row in rows]


def seqs_at(conn: sa.Connection, project_id: int, places: Collection[int]) -> dict[int, int]:
    """The `seq` of the items at these places, from 0, in the order they came."""
    all_of = seqs(conn, project_id)
    return {place: all_of[place] for place in places}


def seqs(conn: sa.Connection, project_id: int) -> Sequence[int]:
    """The `seq` of every item, in the order they came."""
    seq = item.c.seq
    spanned = sa.select(sa.func.min(seq), sa.func.max(seq), sa.func.count()).where(item.c.project_id == project_id)
    first, last, n = conn.execute(spanned).one()
    if not n or last - first == n - 1:  # no gaps, as where a project is the only one: there is nothing to look up
        return range(first or 0, (first or 0) + n)
    return [found for (found,) in flat(streamed(conn, _of_split(sa.select(seq), project_id, None)))]


def counts(conn: sa.Connection, project_id: int) -> dict[Split, int]:
    """How many items each split has, read from an index alone."""
    asked = sa.select(item.c.split, sa.func.count()).where(item.c.project_id == project_id).group_by(item.c.split)
    found = {split: n for split, n in conn.execute(asked)}
    return {split: found.get(split, 0) for split in SPLITS}


def last_seq(conn: sa.Connection, project_id: int) -> int:
    """The place of the item that came last; 0 before the first."""
    newest = (
        conn.scalar(sa.select(sa.func.max(item.c.seq)).where(item.c.project_id == project_id, item.c.split == split))
        for split in SPLITS
    )
    return max(seq or 0 for seq in newest)


def next_group(conn: sa.Connection, project_id: int) -> int:
    """A number that no duplicate group has yet; the next ones are free too."""
    grouped = item.c.duplicate_group
    asked = sa.select(sa.func.max(grouped)).where(item.c.project_id == project_id, grouped.is_not(None))
    return int(conn.scalar(asked) or 0) + 1


def set_groups(conn: sa.Connection, project_id: int, groups: Mapping[int, int | None]) -> None:
    """Put items, by seq, into duplicate groups."""
    _update(conn, project_id, groups, "duplicate_group")


def set_splits(conn: sa.Connection, project_id: int, splits: Mapping[int, Split]) -> None:
    """Move items, by seq, to other splits: a copy of a test item out of the pool, say."""
    projects.lock(conn, project_id)
    changes: Counter[str] = Counter()
    for chunk in chunks(splits):
        c = item.c
        there = (
            sa.select(c.seq, c.split, current_label.c.item_seq)
            .outerjoin(current_label, current_label.c.item_seq == c.seq)
            .where(c.project_id == project_id, among(conn, c.seq, chunk))
        )
        for seq, before, has_label in conn.execute(there):
            for split, by in ((before, -1), (splits[seq], 1)):
                changes[tallies.items(split)] += by
                changes[tallies.labeled(split)] += by * (has_label is not None)
    _update(conn, project_id, splits, "split")
    tallies.add(conn, project_id, changes)


def merge_groups(conn: sa.Connection, project_id: int, merged: Mapping[int, int]) -> None:
    """Join whole duplicate groups: every item of a key moves to the group it maps to, chains followed to their end."""
    projects.lock(conn, project_id)
    changes = [{"old": old, "new": _end_of(merged, old)} for old in merged]
    if changes:
        conn.execute(
            sa.update(item)
            .where(item.c.project_id == project_id, item.c.duplicate_group == sa.bindparam("old"))
            .values(duplicate_group=sa.bindparam("new")),
            changes,
        )


# Each statement opens every index, and notes the last number given: once for so many rows, not for each. An SQLite
# before 3.32 takes no more than 999 values.
ROWS_AT_ONCE = 150

_COLUMNS = "project_id, import_id, item_id, content_hash, fields, split, duplicate_group, sketch"
_STORED = (
    item.c.seq,
    item.c.item_id,
    item.c.content_hash,
    item.c.split,
    item.c.duplicate_group,
    item.c.erased_at,
    item.c.fields,
)


def _in_statements(driver: Any, project_id: int, import_id: int | None, rows: list[Row]) -> None:
    # The two numbers that are alike in every row stand in the statement: binding them a million times takes seconds.
    one = f"({project_id:d},{'NULL' if import_id is None else format(import_id, 'd')},?,?,?,?,?,?)"
    insert = f"INSERT INTO item ({_COLUMNS}) VALUES "
    whole = len(rows) - len(rows) % ROWS_AT_ONCE
    many = (list(chain.from_iterable(rows[at : at + ROWS_AT_ONCE])) for at in range(0, whole, ROWS_AT_ONCE))
    driver.executemany(insert + ",".join([one] * ROWS_AT_ONCE), many).close()
    driver.executemany(insert + one, rows[whole:]).close()


def _copy(driver: Any, project_id: int, import_id: int | None, rows: list[Row]) -> None:
    with driver.cursor() as cursor, cursor.copy(f"COPY item ({_COLUMNS}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row((project_id, import_id, *row))


def _keys() -> sa.Select[Any]:
    c = item.c
    return sa.select(c.seq, c.item_id, c.content_hash, c.split, c.duplicate_group, c.sketch)


def _of_split(asked: sa.Select[Any], project_id: int, split: str | None) -> sa.Select[Any] | sa.CompoundSelect[Any]:
    asked = asked.where(item.c.project_id == project_id)
    if split is not None:
        return asked.where(item.c.split == split).order_by(item.c.seq)
    # Each split comes in order from the index, and the database merges them: nothing is sorted, nothing else is read.
    return sa.union_all(*(asked.where(item.c.split == each) for each in SPLITS)).order_by("seq")


def _fetch(conn: sa.Connection, project_id: int, column: sa.Column[Any], values: Sequence[Any]) -> Iterator[StoredItem]:
    for chunk in chunks(values):
        of_project = unindexed(item.c.project_id) if column is item.c.seq else item.c.project_id
        asked = sa.select(*_STORED).where(of_project == project_id, among(conn, column, chunk))
        yield from map(_stored, conn.execute(asked))


def _stored(row: Sequence[Any]) -> StoredItem:
    seq, id, hash_, split, group, erased_at, fields = row
    return StoredItem(seq, id, hash_, split, group, erased_at, json.loads(fields))


def _update(conn: sa.Connection, project_id: int, values: Mapping[int, Any], column: str) -> None:
    projects.lock(conn, project_id)
    if values:
        conn.execute(
            sa.update(item)
            .where(item.c.project_id == project_id, item.c.seq == sa.bindparam("at"))
            .values({column: sa.bindparam("value")}),
            [{"at": seq, "value": value} for seq, value in values.items()],
        )


def _end_of(merged: Mapping[int, int], group: int) -> int:
    seen = {group}
    while (after := merged.get(group, group)) != group:
        if after in seen:
            raise InvalidInput(
                f"groups: must end in one group each; {after} leads back to itself. Map each to its last."
            )
        seen.add(after)
        group = after
    return group
