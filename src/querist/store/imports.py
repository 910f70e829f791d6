"""Imports: one file or list taken in, all of it or nothing, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.core.errors import NotFound
from querist.store import projects
from querist.store.columns import plain_text, utc_now
from querist.store.tables import import_batch, item

MADE_LAST = tuple(index for index in item.indexes if index.name == "ix_item_project_id_split_seq")


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """One file or list taken in, all of it or nothing. `splits` counts the added items by split."""

    id: int
    source: str
    sha256: str
    n_rows: int
    n_added: int
    n_repeated: int
    splits: Mapping[str, int]
    created_at: datetime


@contextmanager
def first(conn: sa.Connection) -> Iterator[None]:
    """Around the inserts of one import: on an empty SQLite database an index is then made once, at its end.

    Sorted in one go it costs a third of what it costs row by row. Elsewhere it does nothing.
    """
    if conn.dialect.name != "sqlite" or conn.scalar(sa.select(item.c.seq).limit(1)) is not None:
        yield
        return
    for index in MADE_LAST:
        index.drop(conn)
    try:
        yield
    finally:  # also after an error: the caller may catch it and commit the rest
        for index in MADE_LAST:
            index.create(conn)


def start(conn: sa.Connection, project_id: int, *, source: str, now: datetime | None = None) -> ImportBatch:
    """Note where items are about to come from; hand its id to `items.insert`, and end with `finish`."""
    projects.lock(conn, project_id)
    made = import_batch.insert().values(
        project_id=project_id,
        source=plain_text("source", source),
        sha256="",
        n_rows=0,
        n_added=0,
        n_repeated=0,
        splits={},
        created_at=now or utc_now(),
    )
    return _import(conn.execute(made.returning(import_batch)).one())


def finish(
    conn: sa.Connection,
    import_id: int,
    *,
    sha256: str,
    n_rows: int,
    n_added: int,
    n_repeated: int,
    splits: Mapping[str, int],
) -> ImportBatch:
    """Note what came of an import, in the transaction that it was made in."""
    done = (
        sa.update(import_batch)
        .where(import_batch.c.id == import_id)
        .values(sha256=sha256, n_rows=n_rows, n_added=n_added, n_repeated=n_repeated, splits=dict(splits))
    )
    row = conn.execute(done.returning(import_batch)).one_or_none()
    if row is None:
        raise NotFound(f"import: must have been started; there is none numbered {import_id}. Start it first.")
    return _import(row)


def listed(conn: sa.Connection, project_id: int) -> list[ImportBatch]:
    """Every import, oldest first."""
    asked = sa.select(import_batch).where(import_batch.c.project_id == project_id).order_by(import_batch.c.id)
    return [_import(row) for row in conn.execute(asked)]


def last_seq_before(conn: sa.Connection, project_id: int, moment: datetime) -> int:
    """The place of the item that had come last when an import began at this time or later; 0 where none had."""
    asked = (
        sa.select(sa.func.max(item.c.seq))
        .join(import_batch, import_batch.c.id == item.c.import_id)
        .where(item.c.project_id == project_id, import_batch.c.created_at < moment)
    )
    return int(conn.scalar(asked) or 0)


def _import(row: sa.Row[Any]) -> ImportBatch:
    return ImportBatch(
        row.id, row.source, row.sha256, row.n_rows, row.n_added, row.n_repeated, row.splits, row.created_at
    )
