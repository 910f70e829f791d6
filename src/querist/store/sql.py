"""The few turns of SQL that every module here needs, one form for both databases."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY

T = TypeVar("T")

CHUNK = 10_000


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """Lists of at most `size` values.

    Examples
    --------
    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    left = iter(values)
    while chunk := list(islice(left, size)):
        yield chunk


def among(conn: sa.Connection, column: sa.ColumnElement[Any], values: Sequence[Any]) -> sa.ColumnElement[bool]:
    """`column IN values` with one parameter, however many values: neither database's limit on parameters is met."""
    if len(values) == 1:
        # What an answer is about is one item: to build the rest of this costs more than to run it.
        one: sa.ColumnElement[bool] = column == values[0]
        return one
    if conn.dialect.name == "sqlite":
        each = sa.func.json_each(json.dumps(values)).table_valued("value")
        return column.in_(sa.select(each.c.value))
    kind = sa.BigInteger() if isinstance(column.type, sa.BigInteger) else sa.Text()
    return column == sa.any_(sa.literal(list(values), ARRAY(kind)))


def listed(conn: sa.Connection, values: Sequence[Any]) -> Any:
    """Values as the one parameter of `is_listed`."""
    return json.dumps(list(values)) if conn.dialect.name == "sqlite" else list(values)


def is_listed(dialect: str, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """`column IN values`, for a statement that is built once and run often; `listed` makes the parameter `name`."""
    if dialect == "sqlite":
        each = sa.func.json_each(sa.bindparam(name, type_=sa.Text)).table_valued("value")
        return column.in_(sa.select(each.c.value))
    kind = sa.BigInteger() if isinstance(column.type, sa.BigInteger) else sa.Text()
    return column == sa.any_(sa.bindparam(name, type_=ARRAY(kind)))


def is_one_of(
    dialect: str, column: sa.ColumnElement[Any], *, single: bool, name: str = "these"
) -> sa.ColumnElement[bool]:
    """The same, with a form of its own for a single value, which a database finds its way by more surely.

    What an answer is about is one item. `one_of` makes the parameter.
    """
    return column == sa.bindparam(name, type_=column.type) if single else is_listed(dialect, column, name)


def one_of(conn: sa.Connection, values: Sequence[Any], name: str = "these") -> dict[str, Any]:
    """Values as the parameter of `is_one_of`."""
    return {name: values[0] if len(values) == 1 else listed(conn, values)}


def unindexed(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """A column of numbers in a form that no index is chosen by.

    Of `project_id = ? AND seq IN (…)` SQLite takes the index that begins with the project, and reads it all.
    """
    return column + 0


def streamed(
    conn: sa.Connection,
    statement: sa.Select[Any] | sa.CompoundSelect[Any],
    chunk: int = CHUNK,
    *,
    said: Mapping[str, Any] | None = None,
) -> Iterator[Sequence[sa.Row[Any]]]:
    """The rows in chunks, of which only one is held at a time. Write nothing on this connection meanwhile."""
    with conn.execute(statement, said, execution_options={"yield_per": chunk}) as result:
        yield from result.partitions()


def flat(partitions: Iterable[Sequence[T]]) -> Iterator[T]:
    """The rows of every chunk, one by one."""
    for rows in partitions:
        yield from rows


@contextmanager
def together(conn: sa.Connection) -> Iterator[None]:
    """Statements that nothing is read from: PostgreSQL is sent one after the other, and waited for once, at the end.

    What one of them breaks is raised by a later one or at the end, as the driver says it, and none of them stands.
    SQLite is in this process: there nothing is waited for.
    """
    driver: Any = conn.connection.driver_connection
    if conn.dialect.name == "sqlite" or not conn.dialect.loaded_dbapi.Pipeline.is_supported():
        yield
        return
    with driver.pipeline():
        yield


def upsert(dialect: str, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
    """An insert that may say what to do where the row is there already: both databases say it alike."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def clock(conn: sa.Connection) -> sa.ColumnElement[float]:
    """Seconds since 1970 by the database's own clock, the one that all who ask for work share."""
    return clock_of(conn.dialect.name)


@cache
def clock_of(dialect: str) -> sa.ColumnElement[float]:
    """The same for a database of this kind."""
    if dialect == "sqlite":
        return sa.literal_column("((julianday('now') - 2440587.5) * 86400.0)", sa.Double)
    return sa.cast(sa.func.extract("epoch", sa.func.clock_timestamp()), sa.Double)
