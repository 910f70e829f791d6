"""Opening: what is refused, and in which words."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from querist.core.errors import Conflict, InvalidInput, MissingExtra, NotFound, QueristError
from querist.store import db, projects
from querist.store.db import Database


@pytest.mark.parametrize("form", ["path", "text", "url", "driver"])
def test_a_file_opens_by_path_and_by_url(tmp_path: Path, form: str) -> None:
    path = tmp_path / "my labels #1?.db" if form in ("path", "text") else tmp_path / "labels.db"
    given = {"path": path, "text": str(path), "url": f"sqlite:///{path}", "driver": f"sqlite+pysqlite:///{path}"}[form]
    with Database.open(given) as database, database.transaction() as conn:
        projects.create(conn, "kept")
    assert path.exists()
    with Database.open(path, create=False) as database, database.reading() as conn:
        assert projects.get(conn, "kept").name == "kept"


def test_a_url_is_shown_in_the_form_that_opens_again(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db") as database:
        assert database.url == f"sqlite:///{tmp_path / 'a.db'}"


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", ":memory:", ""])
def test_a_database_that_would_be_lost_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="database: must be a file"):
        Database.open(url)


@pytest.mark.parametrize("url", ["mysql://root:secret@host/x", "postgresql+psycopg2://u:secret@host/x", "http://x"])
def test_another_kind_of_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(InvalidInput, match="must be a file, sqlite:/// or postgresql://") as caught:
        Database.open(url)
    assert "secret" not in str(caught.value)


def test_a_url_that_cannot_be_read_is_refused_without_its_password() -> None:
    with pytest.raises(InvalidInput, match="this one cannot be read") as caught:
        Database.open("postgresql://user:secret@host:port/name")
    assert "secret" not in str(caught.value)


def test_a_server_that_cannot_be_reached_is_named_without_the_password() -> None:
    url = "postgresql://user:s%40cret@127.0.0.1:1/name?connect_timeout=2"
    with pytest.raises(QueristError, match=r"must be reachable; postgresql://user:\*\*\*@127.0.0.1:1") as caught:
        Database.open(url)
    assert "cret@" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_missing_driver_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'querist\[postgres\]'"):
        Database.open("postgres://user@host/name")


def test_what_is_not_there_is_not_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="there is no file"):
        Database.open(tmp_path / "none.db", create=False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotFound, match="its folder must exist"):
        Database.open(tmp_path / "no" / "folder.db")
    with pytest.raises(InvalidInput, match="is a folder"):
        Database.open(tmp_path)


def test_an_empty_file_is_not_a_project_unless_it_may_become_one(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    with pytest.raises(NotFound, match="holds no project yet"):
        Database.open(path, create=False)
    Database.open(path).close()
    Database.open(path, create=False).close()


def test_a_file_of_something_else_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("These are notes, and longer than a SQLite header would be: " * 3)
    with pytest.raises(InvalidInput, match="must be a SQLite file"):
        Database.open(text)
    other = tmp_path / "places.db"
    with sqlite3.connect(other) as theirs:
        theirs.execute("CREATE TABLE bookmarks (url TEXT)")
    theirs.close()
    with pytest.raises(InvalidInput, match="it holds bookmarks of something else"):
        Database.open(other)
    theirs = sqlite3.connect(other)
    assert theirs.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    theirs.close()


def pragma(conn: sa.Connection, name: str) -> object:
    return conn.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_an_answer_is_on_disk_before_it_is_acknowledged(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db") as database:
        for block in (database.transaction, database.reading):
            with block() as conn:
                assert (pragma(conn, "journal_mode"), pragma(conn, "synchronous")) == ("wal", 2)
                assert pragma(conn, "foreign_keys") == 1


def test_other_engines_of_the_process_are_left_alone(tmp_path: Path) -> None:
    Database.open(tmp_path / "a.db").close()
    engine = sa.create_engine("sqlite://")
    with engine.connect() as conn:
        assert (pragma(conn, "foreign_keys"), pragma(conn, "query_only")) == (0, 0)
    engine.dispose()


def test_a_reader_cannot_write_and_a_writer_can_after_it(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db") as database:
        with pytest.raises(sa.exc.OperationalError, match="readonly"), database.reading() as conn:
            projects.create(conn, "x")
        with database.transaction() as conn:
            projects.create(conn, "x")


def test_a_writer_that_is_kept_waiting_too_long_hears_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "BUSY_S", 0.05)
    with Database.open(tmp_path / "a.db") as one, Database.open(tmp_path / "a.db") as two:
        with (
            one.transaction(),
            pytest.raises(Conflict, match="only one may write at a time"),
            two.transaction(),
        ):
            pass
        with two.transaction() as conn:
            projects.create(conn, "free again")


def test_errors_do_not_carry_what_people_wrote(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db") as database:
        with pytest.raises(sa.exc.IntegrityError) as caught, database.transaction() as conn:
            conn.execute(sa.text("INSERT INTO project (name) VALUES (:name)"), {"name": "my secret"})
        assert "my secret" not in str(caught.value)
