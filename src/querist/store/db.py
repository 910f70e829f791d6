"""Opening a database, and its two kinds of transaction: one that writes, one that sees everything at one instant."""

from __future__ import annotations

import math
import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url

from querist.core.errors import Busy, InvalidInput, MissingExtra, NotFound
from querist.store import migrate
from querist.store.failures import in_our_words, shown, unreachable

__all__ = ["Connection", "Database"]

# A server's threads each have one; most are let go after use. The last one back goes out first: what it read is warm.
CONNECTIONS = {"pool_size": 10, "max_overflow": 50, "pool_use_lifo": True}
READERS = CONNECTIONS | {"max_overflow": -1}  # a file bears as many as there are threads
ONE = {"pool_size": 1, "max_overflow": 0}
IDLE_S = 5.0
BUSY_S = 30  # one writer at a time on SQLite: an import of a million rows holds it for some seconds
LOOKS_AGAIN_S = (0.0005, 0.004)


class Database:
    """One database, which holds many projects.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Database.open(f"{folder}/labels.db") as db:
    ...     with db.reading() as conn:
    ...         conn.dialect.name
    'sqlite'
    """

    def __init__(self, engine: sa.Engine, writer: sa.Engine | None = None) -> None:
        self._engine = engine
        self._writer = writer or engine
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = engine.execution_options(**(options if writer is None else {}))
        # On SQLite a transaction costs nothing, and its driver takes this option for leave to begin others by itself.
        self._glancer = engine.execution_options(**({"isolation_level": "AUTOCOMMIT"} if writer is None else {}))
        self._writing = None if writer is None else threading.Lock()

    @classmethod
    def open(cls, url: str | Path, *, create: bool = True) -> Database:
        """The database at a path or URL, its tables brought to this version.

        Parameters
        ----------
        url : str or Path
            A file (SQLite), ``sqlite:///path``, or ``postgresql://user@host/name``.
        create : bool
            Whether to make the file and the tables where there are none.

        Raises
        ------
        NotFound
            If there is no database of Querist's and `create` is false.
        InvalidInput
            If the URL cannot be read, or the database belongs to something else or to a newer Querist.
        MissingExtra
            If the URL is of PostgreSQL and its driver is not installed.
        """
        where = _url(url)
        if where.get_backend_name() == "sqlite":
            _check_file(Path(str(where.database)), create=create)
        database = cls(*_engines(where))
        try:
            with database.reading() as conn:
                revision = migrate.revision_of(conn)
            if revision is None and not create:
                raise NotFound(
                    f"database: must be there already; {shown(where)} holds no project yet. Create it first."
                )
            if not migrate.is_current(revision):
                with database.transaction() as conn:
                    migrate.upgrade(conn)
        except sa.exc.DBAPIError as error:
            database.close()
            raise unreachable(where, error) from None
        except BaseException:
            database.close()
            raise
        return database

    @property
    def url(self) -> str:
        """Where it is, without the password."""
        return shown(self._engine.url)

    @property
    def kind(self) -> str:
        """Which of the two it is: `sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection that writes: all of the block, or nothing of it; it is on the disk when the block ends.

        A lease must be too: of an item that nobody was given, by what is on record, an answer would be refused.

        Raises
        ------
        Busy
            If another process held the database for too long, or the two got in each other's way.
        QueristError
            If the disk is full or the database cannot be written to; nothing of the block is then kept.
        """
        with in_our_words(self._engine, writes=True), self._turn(), self._writer.begin() as conn:
            yield conn

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One thread of this process at a time, where the database has one writer anyway."""
        if self._writing is None:
            yield
            return
        if not self._writing.acquire(timeout=BUSY_S):
            raise Busy("database: only one may write at a time; another thread was in the way. Try again.")
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that only reads, and sees the database as it is now, whatever others write meanwhile."""
        with in_our_words(self._engine, writes=False), self._reader.connect() as conn:
            if conn.dialect.name == "postgresql":
                conn.exec_driver_sql("SELECT 1")  # a snapshot begins at the first read, not at BEGIN
            else:
                conn.begin()
            yield conn

    @contextmanager
    def glancing(self) -> Iterator[Connection]:
        """A connection that reads a row here and there, each as it is when it is read: half the way of `reading`.

        PostgreSQL would let it write; it is not for that.
        """
        with in_our_words(self._engine, writes=False), self._glancer.connect() as conn:
            yield conn

    def copy_to(self, path: Path) -> None:
        """Write the whole database, as it is at this instant, into a new file; whoever writes meanwhile is not held up.

        Raises
        ------
        InvalidInput
            If this is no SQLite database: PostgreSQL's own programs copy its.
        """
        if self._engine.dialect.name != "sqlite":
            raise InvalidInput(
                "database: must be a SQLite file to be copied so; this one is PostgreSQL. "
                "Run pg_dump --format=custom, which copies it while it is in use."
            )
        with in_our_words(self._engine, writes=False), self._engine.connect() as conn:
            driver = conn.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA query_only=OFF").close()  # the copy is a write, elsewhere
            try:
                driver.execute("VACUUM INTO ?", (str(path),)).close()
            finally:
                driver.execute("PRAGMA query_only=ON").close()

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()
        self._writer.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _url(url: str | Path) -> URL:
    if isinstance(url, Path) or "://" not in url:
        return URL.create("sqlite+pysqlite", database=str(url))
    scheme, _, rest = url.partition("://")
    drivers = dict.fromkeys(("postgres", "postgresql", "postgresql+psycopg"), "postgresql+psycopg")
    drivers |= dict.fromkeys(("sqlite", "sqlite+pysqlite"), "sqlite+pysqlite")
    if scheme not in drivers:
        raise InvalidInput(
            f"database: must be a file, sqlite:/// or postgresql://; got a URL that begins {scheme}://. "
            "Use one of these."
        )
    try:
        return make_url(f"{drivers[scheme]}://{rest}")
    except (sa.exc.ArgumentError, ValueError):
        raise InvalidInput(
            f"database: must be a URL like {scheme}://user@host:5432/name; this one cannot be read. "
            "Escape special characters in the password with %."
        ) from None


def _check_file(path: Path, *, create: bool) -> None:
    if str(path) in ("None", "", ":memory:", "."):
        raise InvalidInput("database: must be a file, so that no answer is lost; got none. Name one, like labels.db.")
    if path.is_dir():
        raise InvalidInput(f"database: must be a file; {path} is a folder. Name a file in it.")
    if not path.exists():
        if not create:
            raise NotFound(f"database: must be there already; there is no file {path}. Check the path, or create it.")
        if not path.absolute().parent.is_dir():
            raise NotFound(f"database: its folder must exist; there is no {path.parent}. Make it first.")


def _engines(url: URL) -> tuple[sa.Engine, sa.Engine | None]:
    """The connections that read, and the one that writes; None where the same do both.

    SQLite drops what a connection has read of the file as soon as another writes: its one writer stays the same.
    """
    # hide_parameters: an error's text must not carry people's answers into a log.
    if url.get_backend_name() == "sqlite":
        said: dict[str, Any] = {"hide_parameters": True, "connect_args": {"timeout": BUSY_S}}
        reader, writer = sa.create_engine(url, **said, **READERS), sa.create_engine(url, **said, **ONE)
        for engine, connect, begin in (
            (reader, _connect_reader, _begin_to_read),
            (writer, _connect_writer, _begin_to_write),
        ):
            sa.event.listen(engine, "connect", connect)
            sa.event.listen(engine, "begin", begin)
        return reader, writer
    try:
        engine = sa.create_engine(url, hide_parameters=True, **CONNECTIONS)
    except ImportError:
        raise MissingExtra(
            "database: PostgreSQL needs the driver psycopg; it is not installed. Run: pip install 'querist[postgres]'"
        ) from None
    sa.event.listen(engine, "checkin", _note_use)
    sa.event.listen(engine, "checkout", partial(_ping, engine.dialect))
    return engine, None


def _note_use(connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _ping(dialect: Any, connection: Any, record: Any, _: object) -> None:
    """See that a server which may have been started anew meanwhile still knows a connection that lay idle.

    SQLAlchemy's own `pool_pre_ping` asks each time, which is a fourth of what a short read waits for.
    """
    if time.monotonic() - record.info.get("used_at", math.inf) > IDLE_S:
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise sa.exc.InvalidatePoolError from error


def _connect(connection: sqlite3.Connection) -> None:
    connection.isolation_level = None  # Python's driver would begin transactions of its own, late and deferred
    deadline = time.monotonic() + BUSY_S
    while True:  # the change to WAL does not wait for a lock as everything else does
        try:
            connection.execute("PRAGMA journal_mode=WAL").close()
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    connection.execute("PRAGMA foreign_keys=ON").close()
    connection.execute("PRAGMA cache_size=-32768").close()  # 32 MiB: the default 2 MiB thrashes on a million items


def _connect_reader(connection: sqlite3.Connection, _: object) -> None:
    _connect(connection)
    connection.execute("PRAGMA query_only=ON").close()


def _connect_writer(connection: sqlite3.Connection, _: object) -> None:
    _connect(connection)
    connection.execute("PRAGMA busy_timeout=0").close()  # `_begin_to_write` looks itself
    # What is acknowledged is on the disk: NORMAL may lose the last of it when the power goes.
    connection.execute("PRAGMA synchronous=FULL").close()


# Both talk to the driver itself: every request begins two transactions or three.
def _begin_to_read(conn: Connection) -> None:
    driver: Any = conn.connection.driver_connection
    driver.execute("BEGIN").close()
    driver.execute("SELECT 1 FROM sqlite_master LIMIT 1").close()  # a snapshot begins at the first read, not at BEGIN


def _begin_to_write(conn: Connection) -> None:
    """Take SQLite's one write lock, looking for it often.

    SQLite itself looks ever more seldom while it waits, in the end ten times a second: of many who wait, most sleep
    while the lock is free, and some never get it. A read that turns into a write would fail at once when another
    writes.
    """
    driver: Any = conn.connection.driver_connection
    deadline = time.monotonic() + BUSY_S
    while True:
        try:
            driver.execute("BEGIN IMMEDIATE").close()
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(*LOOKS_AGAIN_S))
