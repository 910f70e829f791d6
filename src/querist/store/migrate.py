"""Bringing a database's tables to this version, and refusing one that is ahead of it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from querist.core.errors import InvalidInput
from querist.store import people_tables, queue_tables, tables
from querist.store.parts import metadata

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")
TABLES = (tables, queue_tables, people_tables)  # whose import fills `metadata`
VERSION_TABLE = "querist_version"
MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x71756572697374  # "querist": PostgreSQL's advisory locks are numbers


def revision_of(conn: sa.Connection) -> str | None:
    """The database's revision, or None where Querist has never been."""
    if not sa.inspect(conn).has_table(VERSION_TABLE):
        return None
    return conn.scalar(sa.select(sa.column("version_num")).select_from(sa.table(VERSION_TABLE)))


def is_current(revision: str | None) -> bool:
    """Whether nothing needs to be done.

    Raises
    ------
    InvalidInput
        If a newer Querist wrote the database.
    """
    if revision is not None and revision not in REVISIONS:
        raise InvalidInput(
            f"database: must not be ahead of this Querist; its tables are of revision {revision!r} and the newest "
            f"known here is {REVISIONS[-1]!r}. Upgrade querist."
        )
    return revision == REVISIONS[-1]


def upgrade(conn: sa.Connection) -> None:
    """Run what is missing, inside the caller's write transaction; a second process waits, then finds nothing to do."""
    if conn.dialect.name == "postgresql":
        conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    revision = revision_of(conn)
    if is_current(revision):
        return
    if revision is None:
        _check_free(conn)
    from alembic.migration import MigrationContext  # 0.3 s, and most openings need none of it
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(MIGRATIONS))
    context = MigrationContext.configure(conn, opts={"version_table": VERSION_TABLE})
    missing = list(scripts.iterate_revisions("head", revision or "base"))
    with Operations.context(context):
        for script in reversed(missing):
            script.module.upgrade()
            context.stamp(scripts, script.revision)


def _check_free(conn: sa.Connection) -> None:
    there = set(sa.inspect(conn).get_table_names())
    foreign = there if conn.dialect.name == "sqlite" else there & set(metadata.tables)
    if foreign:
        raise InvalidInput(
            f"database: must be Querist's, or empty; it holds {', '.join(sorted(foreign)[:4])} of something else. "
            "Name another one."
        )
