"""Copies of a database in use: whole at an instant, sound, and good to go on with."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import postgres
from querist.core.errors import InvalidInput, QueristError
from querist.service import backups
from querist.store import answers, audit
from querist.store.db import Database


def counted(url: str | Path, project_id: int) -> int:
    """How many events a database holds, which agree with each other."""
    with Database.open(url, create=False) as opened, opened.reading() as conn:
        assert audit.verify(conn, project_id) == []
        return answers.head(conn, project_id)[0]


@contextlib.contextmanager
def somebody_answering(shop: Any) -> Iterator[list[str]]:
    """Answers that keep coming in; those that were acknowledged."""
    stop, said = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            said.append(shop.act(len(said) % 10, "spam", annotator=f"ann-{len(said)}").event_id)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield said
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_copy_made_while_people_answer_is_whole_and_sound(shop: Any, database_url: str, tmp_path: Path) -> None:
    shop.ask(0, 1, 2)
    with somebody_answering(shop) as said:
        while len(said) < 20:
            pass
        n_before = len(said)
        made = backups.backup(database_url, tmp_path / "copy.db")
        n_after = len(said)
    assert (made.projects, made.checked) == (("shop",), True)
    assert n_before <= counted(made.path, shop.id) <= n_after + 1
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy.db"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_work_goes_on_from_a_restored_copy(shop: Any, database_url: str, tmp_path: Path) -> None:
    shop.ask(0, 1, 2)
    shop.act(0, "spam")
    backups.backup(database_url, tmp_path / "copy.db")
    shop.act(1, "ham")
    with Database.open(tmp_path / "copy.db", create=False) as shop.db:
        assert shop.labels() == {"item-0": "spam"}
        shop.act(2, "ham")
        assert (shop.labels(), shop.problems()) == ({"item-0": "spam", "item-2": "ham"}, [])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_copy_that_is_not_sound_is_not_kept(shop: Any, database_url: str, tmp_path: Path) -> None:
    shop.act(0, "spam")
    shop.sql("UPDATE tally SET n = 7 WHERE name = 'labeled.pool'")
    with pytest.raises(QueristError, match="must agree with itself"):
        backups.backup(database_url, tmp_path / "copy.db")
    assert not [path for path in tmp_path.iterdir() if "copy" in path.name]
    assert backups.backup(database_url, tmp_path / "copy.db", check=False).checked is False


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_copy_never_takes_the_place_of_a_file(shop: Any, database_url: str, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("mine")
    with pytest.raises(InvalidInput, match="must be a new file"):
        backups.backup(database_url, tmp_path / "copy.db")
    assert (tmp_path / "copy.db").read_text() == "mine"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_command_says_what_it_copied(shop: Any, database_url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "querist", "backup", str(tmp_path / "copy.db"), "--url", database_url, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["projects"] == ["shop"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_is_copied_and_restored_by_its_own_programs(shop: Any, database_url: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="pg_dump"):
        backups.backup(database_url, tmp_path / "copy.db")
    shop.ask(0, 1, 2)
    shop.act(0, "spam")
    programs = postgres.binaries_found()
    dump = str(programs / "pg_dump") if programs else shutil.which("pg_dump")
    restore = str(programs / "pg_restore") if programs else shutil.which("pg_restore")
    plain = database_url.replace("postgresql+psycopg://", "postgresql://")
    subprocess.run([dump, "--format=custom", f"--file={tmp_path / 'copy.dump'}", plain], check=True)
    shop.act(1, "ham")
    shop.db.close()
    subprocess.run(
        [restore, "--clean", "--if-exists", "--single-transaction", f"--dbname={plain}", str(tmp_path / "copy.dump")],
        check=True,
    )
    assert counted(database_url, shop.id) == 1
