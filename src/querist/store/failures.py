"""What a database says when it cannot go on, in our words: whose fault it is, and what to do."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import URL

from querist.core.errors import Busy, Conflict, InvalidInput, QueristError

_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_RETRY = ("40001", "40P01", "55P03")  # PostgreSQL: serialization failure, deadlock, lock not available
_NO_SUCH = re.compile(r"no such (table|column)|has no column named")

_RULES = {
    "full": ("must have room to grow", "Free some space on its disk, then run the command again: nothing was kept."),
    "readonly": (
        "must be open to writing, and its folder too",
        "Give yourself permission to write to both, or work on a copy elsewhere.",
    ),
    "closed": ("must be open to you, and its folder too", "Check the path, and your permissions on both."),
    "disk": ("must be on a disk that works", "Check the disk and your quota on it, then run the command again."),
    "damaged": ("must be whole", "Go back to a copy of it; `querist verify` checks one."),
    "tables": ("must have the tables of this Querist", "Go back to a copy of it, or start anew with `querist init`."),
    "gone": ("must be reachable", "Check that it runs and that you may use it."),
}
_SQLITE = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "readonly",
    sqlite3.SQLITE_PERM: "closed",
    sqlite3.SQLITE_CANTOPEN: "closed",
    sqlite3.SQLITE_IOERR: "disk",
    sqlite3.SQLITE_CORRUPT: "damaged",
}
_POSTGRES = {"53100": "full", "25006": "readonly", "42501": "closed", "42P01": "tables", "42703": "tables"}


@contextmanager
def in_our_words(engine: sa.Engine, *, writes: bool) -> Iterator[None]:
    """Turn what is the database's fault, or its neighbors', into an error of ours; leave what is our own fault.

    Raises
    ------
    Busy
        If another process held the database for too long, or the two got in each other's way.
    InvalidInput
        If the file is no database.
    QueristError
        If the disk is full or broken, the file or its folder closed or read-only, or the server gone.
    """
    driver = engine.dialect.loaded_dbapi
    try:
        yield
    except sa.exc.TimeoutError:
        raise Busy("database: all connections that one process may have are in use. Try again in a moment.") from None
    except (sa.exc.DBAPIError, driver.Error) as error:  # what many rows are written with is the driver itself
        ours = _named(engine, error, writes)
        if ours is None:
            raise
        # What a driver says of its server may hold the password.
        raise ours from (None if engine.url.password and not isinstance(ours, Conflict) else error)


def shown(url: URL) -> str:
    """The URL in the form that opens again, without its password."""
    return url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)


def unreachable(url: URL, error: Exception) -> QueristError:
    """The error for a database that could not be opened, for whatever reason."""
    return _said("gone", url, error)


def _named(engine: sa.Engine, error: Exception, writes: bool) -> QueristError | None:
    url, original = engine.url, _original(error)
    if isinstance(original, sqlite3.Error):
        # An error that Python's driver raises itself, such as for a wrong parameter, has no code: it is a bug.
        code = getattr(original, "sqlite_errorcode", None)
        if code is None:
            return None
        if code == sqlite3.SQLITE_READONLY and getattr(error, "statement", None) and not writes:
            return None  # a read-only connection of ours was told to write
        busy, kind = code & 0xFF in _BUSY, _SQLITE.get(code & 0xFF)
        if code & 0xFF == sqlite3.SQLITE_NOTADB:
            return InvalidInput(f"database: must be a SQLite file; {shown(url)} is something else. Name another file.")
        if _NO_SUCH.search(str(original)):
            kind = "tables"
    else:
        state = getattr(original, "sqlstate", None)
        busy, kind = state in _RETRY, _POSTGRES.get(state or "")
        if kind is None and isinstance(original, engine.dialect.loaded_dbapi.OperationalError):
            kind = "gone"
    if busy:
        return Busy(
            "database: only one may write at a time; another process was in the way. Try again when it is done."
        )
    return None if kind is None else _said(kind, url, error)


def _said(kind: str, url: URL, error: Exception) -> QueristError:
    reason = " ".join(str(_original(error)).split())
    if url.password:
        reason = reason.replace(str(url.password), "***")
    rule, remedy = _RULES[kind]
    return QueristError(f"database: {rule}; {shown(url)}: {reason}. {remedy}")


def _original(error: Exception) -> BaseException:
    """What the driver said, without what SQLAlchemy adds to it."""
    return (error.orig or error) if isinstance(error, sa.exc.DBAPIError) else error
