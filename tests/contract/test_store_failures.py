"""What either database says when it cannot go on comes as an error of ours; what is our own mistake does not."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.errors import QueristError
from querist.store import db, projects


def test_tables_that_are_not_there_are_named(shop: Any) -> None:
    shop.sql("DROP TABLE current_label")
    with pytest.raises(QueristError, match=r"must have the tables of this Querist; .*current_label.*\. Go back to a"):
        shop.labels()


def test_a_column_that_is_not_there_is_named(shop: Any) -> None:
    shop.sql("ALTER TABLE round DROP COLUMN context")
    with pytest.raises(QueristError, match=r"must have the tables of this Querist; .*context.*\. Go back to a copy"):
        shop.ask(1)


def create_where_only_reading(shop: Any) -> None:
    with shop.db.transaction() as conn:
        sqlite = conn.dialect.name == "sqlite"
        conn.exec_driver_sql("PRAGMA query_only=ON" if sqlite else "SET TRANSACTION READ ONLY")
        try:
            projects.create(conn, "another")
        finally:
            if sqlite:
                conn.exec_driver_sql("PRAGMA query_only=OFF")


def test_a_database_that_only_reads_is_named(shop: Any) -> None:
    with pytest.raises(QueristError, match="must be open to writing"):
        create_where_only_reading(shop)
    shop.act(1, "spam")
    assert shop.labels() == {"item-1": "spam"}, "the next transaction writes"


def test_a_mistake_of_ours_is_left_as_it_is(shop: Any) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="syntax error"), shop.db.reading() as conn:
        conn.exec_driver_sql("SELEC 1")
    with pytest.raises(sa.exc.IntegrityError), shop.db.transaction() as conn:
        conn.exec_driver_sql("INSERT INTO project (name) VALUES ('p')")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_connections_that_died_while_they_lay_idle_are_made_anew(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def kill_all() -> None:
        mine = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        shop.sql(f"{mine} AND pid <> pg_backend_pid() AND state <> 'active'")

    def three_at_once() -> None:
        with shop.db.reading(), shop.db.reading(), shop.db.reading() as conn:
            assert projects.listed(conn)

    three_at_once()
    kill_all()
    with pytest.raises(QueristError, match="must be reachable"):  # not asked, since it has just been used
        three_at_once()
    three_at_once()
    monkeypatch.setattr(db, "IDLE_S", 0.0)
    kill_all()
    three_at_once()
    kill_all()
    with shop.db.glancing() as conn:
        assert projects.listed(conn)
