"""A disk that is full, read-only, broken or in use: one line that says what to do, exit code 2, nothing half done."""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from querist.store import db

ITEMS = "id,text\n" + "".join(f"a{i},text number {i} of a few\n" for i in range(12))
MORE = "id,text\n" + "".join(f"b{i},{i} more: {'abcdefgh' * 40}\n" for i in range(900))
NOBODY = 65534


@pytest.fixture
def here(cli: Callable[..., Any], tmp_path: Path) -> Path:
    """A folder with a project of twelve items, of which two are asked about."""
    (tmp_path / "items.csv").write_text(ITEMS, "utf-8")
    (tmp_path / "more.csv").write_text(MORE, "utf-8")
    for words in (
        ("init", "p", "--classes", "spam,ham", "--test-share", "0"),
        ("add", "items.csv"),
        ("ask", "-n", "2"),
    ):
        assert cli(*words).code == 0
    return tmp_path


def refused(said: Any, rule: str, remedy: str) -> None:
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"Error: {rule}; "), said.err
    assert said.err.endswith(f". {remedy}\n"), said.err
    assert said.err.count("\n") == 1
    assert "sqlalche" not in said.err


def test_a_database_that_cannot_grow_keeps_nothing_of_an_import(
    here: Path, cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    connected = db._connect_writer

    def small(connection: sqlite3.Connection, record: object) -> None:
        connected(connection, record)
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 2}").close()

    with monkeypatch.context() as full:
        full.setattr(db, "_connect_writer", small)
        rule = "database: must have room to grow"
        refused(
            cli("add", "more.csv"), rule, "Free some space on its disk, then run the command again: nothing was kept."
        )
        error = cli("add", "more.csv", "--json").json["error"]
    assert error["code"] == "error"
    assert error["message"].startswith(rule)
    assert error["message"].endswith("database or disk is full")
    assert error["hint"] == "Free some space on its disk, then run the command again: nothing was kept."
    assert "900 items added" in cli("add", "more.csv").out
    assert cli("verify").code == 0


@contextmanager
def files_of_at_most(size_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_may_not_grow_is_named(here: Path, cli: Callable[..., Any]) -> None:
    with files_of_at_most(1 << 18):  # less than what is added, however large the database is without it
        said = cli("add", "more.csv")
    remedy = "Check the disk and your quota on it, then run the command again."
    refused(said, "database: must be on a disk that works", remedy)
    assert cli("verify").code == 0
    assert "900 items added" in cli("add", "more.csv").out
    assert cli("ask", "-n", "500").code == 0
    with files_of_at_most(1 << 16):
        said = cli("ask", "--again", "--to", "batch.csv")
    refused(said, "file: must fit on its disk", "Free some space, then run the command again.")
    assert [path.name for path in here.iterdir() if "batch" in path.name] == []


@pytest.fixture
def theirs(here: Path) -> Iterator[Path]:
    """A copy of the folder that belongs to somebody else, and this process as a user to whom permissions apply."""
    folder = Path(tempfile.mkdtemp())  # not in pytest's own, which is closed to others
    folder.chmod(0o755)
    for name in ("querist.db", "querist.toml", "more.csv"):
        shutil.copy(here / name, folder)
        (folder / name).chmod(0o644)
    before = os.geteuid()
    os.chdir(folder)
    try:
        if before == 0:
            os.seteuid(NOBODY)
        else:
            folder.chmod(0o555)
        yield folder
    finally:
        os.seteuid(before)
        folder.chmod(0o755)
        shutil.rmtree(folder)


OPEN = (
    "database: must be open to writing, and its folder too",
    "Give yourself permission to write to both, or work on a copy elsewhere.",
)


@pytest.mark.parametrize("words", [("add", "more.csv"), ("ask",), ("freeze",), ("policy", "--set", "batch_size=3")])
def test_a_database_that_may_only_be_read_is_not_written_to(
    theirs: Path, cli: Callable[..., Any], words: tuple[str, ...]
) -> None:
    os.chdir(theirs)
    before = (theirs / "querist.db").read_bytes()
    refused(cli(*words), *OPEN)
    assert (theirs / "querist.db").read_bytes() == before


def test_a_new_database_where_none_may_be_made(theirs: Path, cli: Callable[..., Any]) -> None:
    os.chdir(theirs)
    said = cli("init", "q", "--url", "new.db", "--classes", "a,b")
    refused(said, "database: must be open to you, and its folder too", "Check the path, and your permissions on both.")


def test_a_database_that_somebody_holds_is_waited_for_and_then_given_up(
    here: Path, cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "BUSY_S", 0.05)
    with closing(sqlite3.connect(here / "querist.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused(cli("add", "more.csv"), "database: only one may write at a time", "Try again when it is done.")
        assert cli("status").code == 0, "who only reads need not wait"
        assert cli("freeze", "--json").json["error"]["code"] == "busy"


@pytest.mark.parametrize("damage", ["cut off", "overwritten"])
def test_a_database_that_is_damaged_is_named(here: Path, cli: Callable[..., Any], damage: str) -> None:
    path = here / "querist.db"
    content = path.read_bytes()
    path.write_bytes(content[:50_000] if damage == "cut off" else content[:8192] + b"\xff" * len(content[8192:]))
    refused(cli("status"), "database: must be whole", "Go back to a copy of it; `querist verify` checks one.")
