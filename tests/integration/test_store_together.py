"""Statements that are sent together: the same rows as one by one, all of them or none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from querist.store.db import Connection, Database
from querist.store.sql import together

TABLE = sa.table("kept", sa.column("id"), sa.column("words"))


@pytest.fixture
def kept(database_url: str) -> Iterator[Database]:
    with Database.open(database_url) as database:
        with database.transaction() as conn:
            conn.exec_driver_sql("CREATE TABLE kept (id INTEGER PRIMARY KEY, words TEXT)")
        yield database


def rows(conn: Connection) -> list[Any]:
    return [tuple(row) for row in conn.execute(sa.select(TABLE).order_by(TABLE.c.id))]


def test_all_of_them_are_there_afterwards_in_their_order(kept: Database) -> None:
    with kept.transaction() as conn:
        with together(conn):
            conn.execute(TABLE.insert(), [{"id": 1, "words": "one"}, {"id": 2, "words": "two"}])
            conn.execute(TABLE.update().where(TABLE.c.id == 2).values(words="too"))
            conn.execute(TABLE.delete().where(TABLE.c.id == 1))
            conn.execute(TABLE.insert(), {"id": 3, "words": "three"})
        assert rows(conn) == [(2, "too"), (3, "three")]
    with kept.reading() as conn:
        assert rows(conn) == [(2, "too"), (3, "three")]


def test_one_that_fails_takes_all_along(kept: Database) -> None:
    def clash() -> None:
        with kept.transaction() as conn, together(conn):
            conn.execute(TABLE.insert(), {"id": 1, "words": "one"})
            conn.execute(TABLE.insert(), {"id": 1, "words": "again"})
            conn.execute(TABLE.insert(), {"id": 2, "words": "two"})

    with pytest.raises(Exception, match=r"(?i)unique"):
        clash()
    with kept.reading() as conn:
        assert rows(conn) == []
    with kept.transaction() as conn, together(conn):
        conn.execute(TABLE.insert(), {"id": 1, "words": "the connection is as good as new"})
    with kept.reading() as conn:
        assert len(rows(conn)) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_is_read_among_them_is_no_silent_nothing(kept: Database) -> None:
    with kept.transaction() as conn:
        conn.execute(TABLE.insert(), {"id": 1, "words": "one"})
        with together(conn), pytest.raises(sa.exc.ResourceClosedError):
            rows(conn)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_none_waits_for_the_one_before_it(kept: Database) -> None:
    slowly = sa.text("DO $$ BEGIN PERFORM pg_sleep(0.4); END $$")
    with kept.transaction() as conn:
        began = time.perf_counter()
        with together(conn):
            conn.execute(slowly)
            conn.execute(TABLE.insert(), {"id": 1, "words": "one"})
            sent = time.perf_counter() - began
        took = time.perf_counter() - began
    assert sent < 0.4 <= took
