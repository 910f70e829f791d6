"""Migrations make the tables the code believes in, once, however many open the database."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from querist.core.errors import InvalidInput, NotFound
from querist.store import claims, migrate, people_tables, projects, queue_tables
from querist.store.columns import json_text
from querist.store.db import Database
from querist.store.parts import metadata
from querist.store.tables import APPEND_ONLY, ROUND_COUNTS


def test_the_migrated_tables_are_those_of_the_code(database: Any) -> None:
    with database.reading() as conn:
        options = {"compare_type": True, "version_table": migrate.VERSION_TABLE}
        assert compare_metadata(MigrationContext.configure(conn, opts=options), metadata) == []


def described(conn: sa.Connection, schema: str | None) -> dict[str, Any]:
    """All that a comparison of metadata overlooks: checks, the conditions of indexes, collations, what may be null."""
    inspector = sa.inspect(conn)
    found: dict[str, Any] = {}
    for table in metadata.tables:
        unordered = [
            *inspector.get_check_constraints(table, schema=schema),
            *inspector.get_indexes(table, schema=schema),
            *inspector.get_unique_constraints(table, schema=schema),
            *({**key, "referred_schema": None} for key in inspector.get_foreign_keys(table, schema=schema)),
        ]
        found[table] = {
            "columns": [
                {name: repr(value) for name, value in column.items()}
                for column in inspector.get_columns(table, schema=schema)
            ],
            "key": inspector.get_pk_constraint(table, schema=schema),
            "rest": sorted(json.dumps(each, sort_keys=True, default=str) for each in unordered),
        }
    return found


def test_made_from_the_code_the_tables_are_the_same_to_the_last_condition(database: Any) -> None:
    with database.transaction() as conn:
        sqlite = conn.dialect.name == "sqlite"
        if not sqlite:
            conn.exec_driver_sql("CREATE SCHEMA twin")
            metadata.create_all(conn.execution_options(schema_translate_map={None: "twin"}), checkfirst=False)
            assert described(conn, "twin") == described(conn, None)
    if sqlite:
        engine = sa.create_engine("sqlite://")
        with engine.begin() as twin, database.reading() as conn:
            metadata.create_all(twin)
            assert described(twin, None) == described(conn, None)
        engine.dispose()


def test_the_known_revisions_are_those_that_are_shipped() -> None:
    shipped = [script.revision for script in ScriptDirectory(str(migrate.MIGRATIONS)).walk_revisions()]
    assert tuple(reversed(shipped)) == migrate.REVISIONS


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_every_table_that_is_only_added_to_is_guarded(database: Any, table: str) -> None:
    with database.reading() as conn:
        if conn.dialect.name == "sqlite":
            triggers = "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{}'"
            assert conn.exec_driver_sql(triggers.format(table)).scalar() == 2
        else:
            verbs = (
                "SELECT string_agg(event_manipulation, ' ' ORDER BY event_manipulation)"
                " FROM information_schema.triggers WHERE event_object_table = '{}'"
            )
            assert conn.exec_driver_sql(verbs.format(table)).scalar() == "DELETE UPDATE"


def test_truncate_is_refused_too(database: Any) -> None:
    with database.reading() as conn:
        if conn.dialect.name == "sqlite":
            return  # it has no such statement
    with pytest.raises(sa.exc.DBAPIError, match="only ever added to"), database.transaction() as conn:
        conn.exec_driver_sql("TRUNCATE answer_event CASCADE")


def test_a_database_of_a_newer_version_is_refused(database: Any, database_url: str) -> None:
    with database.transaction() as conn:
        conn.exec_driver_sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(InvalidInput, match=r"revision '9999' and the newest known here is '\d+'. Upgrade querist"):
        Database.open(database_url)


LATER = {
    name
    for module in (queue_tables, people_tables)
    for name, found in vars(module).items()
    if isinstance(found, sa.Table)
} | {"finding"}


def back_to(shop: Any, revision: str) -> None:
    """The database as an earlier Querist left it: without what came after revision 0002."""
    for table in reversed(metadata.sorted_tables):
        if table.name in LATER:
            shop.sql(f"DROP TABLE {table.name}")
    with shop.db.transaction() as conn:
        if conn.dialect.name == "postgresql":
            conn.exec_driver_sql("DROP FUNCTION finding_refuse")
    shop.sql("DROP INDEX ix_answer_event_project_id_annotator_seq")
    for count in ROUND_COUNTS:
        shop.sql(f"ALTER TABLE round DROP COLUMN {count}")
    shop.sql(f"UPDATE {migrate.VERSION_TABLE} SET version_num = '{revision}'")


def test_labels_of_several_annotators_are_resolved_anew(shop: Any, database_url: str) -> None:
    """Until revision 0002 the newest answer was the label, whoever gave it."""
    first = shop.act(3, "spam").event_id
    shop.act(3, "spam", annotator="bea")
    last = shop.act(3, "ham", annotator="cy").event_id
    shop.act(4, "ham")
    shop.sql(f"UPDATE current_label SET value = '\"ham\"', event_id = '{last}' WHERE event_id = '{first}'")
    back_to(shop, "0001")
    Database.open(database_url).close()
    assert shop.labels() == {"item-3": "spam", "item-4": "ham"}
    assert shop.problems() == []


def test_lengths_of_vectors_become_shapes(shop: Any, database_url: str) -> None:
    """Until revision 0002 a project kept how long each vector is; a vector may have more dimensions than one since."""
    with shop.db.transaction() as conn:
        project = sa.table("project", *map(sa.column, ("name", "settings")))
        old = [("old", {"kinds": {"v": "vector", "w": "vector"}, "lengths": {"v": 3, "w": 12}}), ("none", {"a": 1})]
        for name, settings in old:
            projects.create(conn, name)
            conn.execute(sa.update(project).where(project.c.name == name).values(settings=json_text(settings)))
        before = projects.settings(conn, shop.id)
    back_to(shop, "0001")
    with Database.open(database_url) as opened, opened.reading() as conn:
        found = {name: projects.get(conn, name).settings for name, _ in old}
        assert projects.settings(conn, shop.id) == before
    assert found == {
        "old": {"kinds": {"v": "vector", "w": "vector"}, "shapes": {"v": [3], "w": [12]}},
        "none": {"a": 1},
    }


def test_slots_and_counts_begin_with_what_an_earlier_version_left(shop: Any, database_url: str) -> None:
    """Revision 0003 counts what is there, and gives every pending query a slot in the order of work."""
    shop.ask(3, 1, 0, 2)
    shop.act(3, "spam")
    shop.ask(6, number=2)
    numbers = {shop.seq(place): place for place in range(10)}
    back_to(shop, "0002")
    with Database.open(database_url) as opened, opened.transaction() as conn:
        taken = claims.claim(conn, shop.id, "ann", 4, lease_s=60)
        assert [numbers[lease.item_seq] for lease in taken] == [1, 0, 2, 6]
    assert shop.problems() == []


def test_a_blank_database_is_no_project_unless_it_may_become_one(blank_url: str) -> None:
    if blank_url.startswith("postgresql"):
        with pytest.raises(NotFound, match="holds no project yet"):
            Database.open(blank_url, create=False)
    with Database.open(blank_url) as opened, opened.reading() as conn:
        assert migrate.revision_of(conn) == migrate.REVISIONS[-1]


def test_tables_of_another_program_under_our_names_are_left_alone(blank_url: str) -> None:
    url = blank_url.replace("postgresql://", "postgresql+psycopg://")
    engine = sa.create_engine(url)
    with engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE project (id integer)")
    with pytest.raises(InvalidInput, match="it holds project of something else"):
        Database.open(blank_url)
    with engine.begin() as conn:
        assert sa.inspect(conn).get_table_names() == ["project"]
    engine.dispose()


OPEN = """
import json, sys
from querist.store.db import Database
sys.stdin.readline()
with Database.open(sys.argv[1]) as database, database.reading() as conn:
    conn.exec_driver_sql("SELECT count(*) FROM answer_event")
print(json.dumps("alembic" in sys.modules))
"""


def started(url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", OPEN, url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_several_processes_may_open_a_blank_database_at_once(blank_url: str) -> None:
    openers = [started(blank_url) for _ in range(4)]
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("\n")
        opener.stdin.flush()
    for opener in openers:
        _, errors = opener.communicate(timeout=60)
        assert (opener.returncode, errors) == (0, "")


def test_opening_a_current_database_loads_no_migration_tool(database_url: str) -> None:
    out, _ = started(database_url).communicate("\n", timeout=60)
    assert json.loads(out) is False
