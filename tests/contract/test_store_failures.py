"""What either database says when it cannot go on comes as an error of ours; what is our own mistake does not."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.errors import QueristError
from querist.store import projects


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
