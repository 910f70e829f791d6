"""Killed at any instant inside `tell`: no acknowledged answer is lost, and the same command again mends all."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from querist.core.policy import Policy
from querist.opening import open as open_project
from querist.project import Project
from querist.store import answers

N_DEATHS = 20

# One process that has loaded everything forks a child per death: each child opens the database by itself, and sends
# itself SIGKILL at the k-th point. A point is just before a statement, just before a COMMIT, or just after one.
FORKS = """
import json, os, signal, sys
import sqlalchemy as sa
from querist.service import labeling, projects
from querist.service.location import Location

def child(url, path, k, trace):
    points = []
    def point(name):
        points.append(name)
        if len(points) == k:
            os.kill(os.getpid(), signal.SIGKILL)
    sa.event.listen(sa.Engine, "before_cursor_execute", lambda c, cur, sql, *_: point(sql.split()[0]))
    sa.event.listen(sa.Engine, "commit", lambda c: point("before COMMIT"))
    sa.event.listen(sa.pool.Pool, "checkin", lambda *_: point("after the transaction"))
    with projects.open_at(Location(url, "topics")) as work:
        told = labeling.tell_file(work, path, annotator="ada")
    with open(trace, "w") as out:
        json.dump({"points": points, "labeled": told.n_labeled, "repeated": told.n_repeated}, out)

print("ready", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            child(**order)
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    print(-os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), flush=True)
"""


class Teller:
    """Tells a worksheet in a process that may have to die."""

    def __init__(self, process: subprocess.Popen[str], trace: Path) -> None:
        self._process = process
        self._trace = trace

    def __call__(self, url: str, path: Path, k: int = 0) -> dict[str, Any] | None:
        """What it did, or None if it was killed at point `k`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._trace.unlink(missing_ok=True)
        order = {"url": url, "path": str(path), "k": k, "trace": str(self._trace)}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        assert status in (0, -9), f"the child ended with {status}"
        if status:
            assert not self._trace.exists()
            return None
        found: dict[str, Any] = json.loads(self._trace.read_text("utf-8"))
        return found


@pytest.fixture
def teller(tmp_path: Path, clean_environment: dict[str, str]) -> Iterator[Teller]:
    process = subprocess.Popen(
        [sys.executable, "-c", FORKS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=clean_environment,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Teller(process, tmp_path / "trace.json")
        assert process.stdin is not None
        process.stdin.close()


def test_a_kill_at_any_point_of_tell_leaves_all_or_nothing(
    database_url: str, messages: Callable[..., Any], start: Callable[..., Project], teller: Teller, tmp_path: Path
) -> None:
    data = messages(40)
    sheet = tmp_path / "batch.csv"

    def asked(name: str) -> tuple[Project, list[str]]:
        project = start(database_url, policy=Policy("random", batch_size=6, seed=1), name=name)
        project.add(data.items)
        return project, [entry.item_id for entry in project.ask().entries]

    # What an undisturbed run comes to, and how many points it passes.
    project, ids = asked("topics")
    write_answers(sheet, data.some(ids))
    whole = teller(database_url, sheet)
    assert whole is not None
    assert whole["labeled"] == 6
    expected = state_of(project)
    names = whole["points"]
    commit = names.index("before COMMIT") + 1
    assert names[commit] == "after the transaction"
    assert names[commit - 2] in ("UPDATE", "INSERT", "SELECT")

    spread = {1 + round(i * (len(names) - 1) / (N_DEATHS - 4)) for i in range(N_DEATHS - 3)}
    deaths = sorted({*spread, commit - 1, commit, commit + 1})
    assert len(deaths) >= min(N_DEATHS - 3, len(names))
    n_lost = n_kept = 0
    for k in deaths:
        rename(project, f"done-{k}")
        project, ids = asked("topics")
        assert teller(database_url, sheet, k) is None

        labels, n_events = state_of(project)
        assert project.verify() == []
        assert (labels, n_events) in (({}, 0), expected), f"killed at point {k}, {names[k - 1]}"
        n_lost, n_kept = n_lost + (n_events == 0), n_kept + (n_events > 0)
        assert (n_events > 0) == (k > commit), "what was committed is there, and nothing else"

        again = teller(database_url, sheet)
        assert again is not None
        assert again["labeled"] + again["repeated"] == 6
        assert again["repeated"] == n_events
        assert state_of(project) == expected
        assert project.pending().entries == ()
        assert project.verify() == []
    assert n_lost > 10
    assert n_kept >= 1


def write_answers(path: Path, answers: dict[str, str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id", "topic"], *answers.items()])


def state_of(project: Project) -> tuple[dict[str, Any], int]:
    """The labels by id, and how many answers are on record."""
    work = project._work
    with work.database.reading() as conn:
        labels = {label.item_id: label.value for label in answers.labels(conn, work.project_id)}
        return labels, answers.head(conn, work.project_id)[0]


def rename(project: Project, name: str) -> None:
    """Make room for another project of its name: a test's own doing, no command's."""
    with project._work.database.transaction() as conn:
        conn.exec_driver_sql(f"UPDATE project SET name = '{name}' WHERE name = 'topics'")


def test_a_process_killed_from_outside_is_forgotten_by_the_next(
    database_url: str, messages: Callable[..., Any], start: Callable[..., Project], tmp_path: Path
) -> None:
    data = messages(12)
    project = start(database_url, policy=Policy("random", batch_size=4))
    project.add(data.items)
    asked = [entry.item_id for entry in project.ask().entries]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS_THE_LOCK, database_url], stdout=subprocess.PIPE, encoding="utf-8"
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "writing\n"
        holder.kill()
    with open_project("topics", database_url) as again:
        told = again.tell(data.some(asked))
        assert (told.n_labeled, told.n_volunteered) == (4, 0)
        assert again.verify() == []


HOLDS_THE_LOCK = """
import sys, time
from querist.store import projects
from querist.store.db import Database

with Database.open(sys.argv[1]) as database, database.transaction() as conn:
    project = projects.get(conn, "topics")
    projects.update_settings(conn, project.id, {"half": "written"})
    print("writing", flush=True)
    time.sleep(60)
"""
