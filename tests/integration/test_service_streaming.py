"""A project's stream: asked or predicted at once, the asked join the queue, and no crash makes it forget."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from querist.core.errors import Conflict, InvalidInput
from querist.core.policy import Policy
from querist.project import Project
from querist.service import intake, streaming
from querist.service import projects as projects_service
from querist.service.driving import Driver
from querist.service.location import Location
from querist.service.workspace import Workspace
from querist.service.workspaces import Workspaces
from querist.store import findings
from querist.store import rounds as stored
from querist.streaming import Decision


@pytest.fixture
def data(messages: Callable[..., Any]) -> Any:
    return messages(500)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'p.db'}"


@pytest.fixture
def project(start: Callable[..., Project], data: Any, url: str) -> Project:
    """A model of forty labels; four hundred messages are yet to come."""
    made = start(url, policy=Policy("margin", near_duplicates=None, seed=3), shares={"test": 0.0, "calibration": 0.0})
    made.add(data.items[:100])
    made.tell(data.some([entry.item_id for entry in made.ask(40).entries]))
    made.train()
    return made


def at(url: str) -> Workspace:
    return projects_service.open_at(Location(url, "topics"))


def test_a_tenth_is_asked_and_waits_in_the_queue_with_its_propensity(project: Project, data: Any) -> None:
    by_id = {}
    for low in range(100, 500, 50):
        found = project.decide(data.items[low : low + 50])
        by_id |= {each.id: each for each in found.decisions}
    assert (found.n_seen, found.manager, found.budget, found.model) == (400, "balanced_incremental_quantile", 0.1, 1)
    asked = {id for id, each in by_id.items() if each.ask}
    assert 35 <= len(asked) == found.n_asked <= 45
    entries = {entry.item_id: entry for entry in project.pending().entries}
    assert set(entries) == asked
    for id, entry in entries.items():
        said = by_id[id]
        assert entry.propensity == said.propensity
        assert (entry.suggestion, entry.utility is None) == (said.prediction, said.random)
        assert said.reason in entry.reason
    assert all(each.propensity >= 0.01 for each in by_id.values())
    right = [each.prediction == data.truth[id] for id, each in by_id.items()]
    assert sum(right) / 400 > 0.8
    told = project.tell(data.some(sorted(asked)))
    assert told.n_labeled == len(asked)
    assert project.train().n_labels == 40 + len(asked)


def test_batches_make_no_difference(project: Project, data: Any, url: str) -> None:
    with at(url) as work:
        one = streaming.decide_on(work, data.items[100:200])
    whole = [(each.id, each.ask, each.propensity) for each in one.decisions]
    with at(url) as work, work.database.transaction() as conn:
        first = findings.latest(conn, work.project_id, "stream")
        assert first is not None
        anew = {"ledger": streaming.Ledger().to_json(), "joined": first.id, "items": []}
        findings.record(conn, work.project_id, "stream", {**first.body, **anew})
    with at(url) as work:
        parts = [streaming.decide_on(work, data.items[low : low + 20]).decisions for low in range(100, 200, 20)]
    assert [(each.id, each.ask, each.propensity) for part in parts for each in part] == whole


def test_what_is_not_asked_is_kept_where_that_is_wished(project: Project, data: Any) -> None:
    before = project.status().splits[0].n_items
    project.decide(data.items[100:150])
    few = project.status().splits[0].n_items
    project.decide(data.items[150:200], keep="all")
    assert few - before == len(project.decide([]).decisions) + len(
        [e for e in project.pending().entries if e.item_id in {i["id"] for i in data.items[100:150]}]
    )
    assert project.status().splits[0].n_items == few + 50


def test_what_a_killed_process_said_is_asked_by_the_next(project: Project, data: Any, url: str) -> None:
    project.close()
    child = (
        "import json, os, signal, sys\n"
        "from querist.service import projects, streaming\n"
        "from querist.service.location import Location\n"
        "items = json.load(sys.stdin)\n"
        "work = projects.open_at(Location(sys.argv[1], 'topics'))\n"
        "found = streaming.decide_on(work, items)\n"
        "print(json.dumps([each.id for each in found.decisions if each.ask]), flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    ran = subprocess.run(
        [sys.executable, "-c", child, url],
        input=json.dumps(data.items[100:300]),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    said = json.loads(ran.stdout)
    with at(url) as work:
        found = streaming.decide_on(work, data.items[300:301])
        assert (found.n_seen, found.n_asked >= len(said)) == (201, True)
        assert streaming.enqueue(work) >= len(said)
        assert streaming.enqueue(work) == 0, "nothing is asked twice"
        with work.database.reading() as conn:
            waiting = {each.item_id for each in stored.pending(conn, work.project_id)}
    assert set(said) <= waiting


def test_it_starts_without_a_model_and_without_items(start: Callable[..., Project], data: Any, url: str) -> None:
    made = start(url, policy=Policy(seed=1), shares={"test": 0.0, "calibration": 0.0})
    found = made.decide(data.items[:60], budget=0.2)
    assert found.model is None
    assert {each.prediction for each in found.decisions} == {None}
    assert 10 <= found.n_asked <= 14
    made.tell(data.some([entry.item_id for entry in made.pending().entries]))
    made.train()
    later = made.decide(data.items[60:120])
    assert (later.model, later.budget) == (1, 0.2)
    assert later.decisions[0].prediction is not None


def test_another_manager_goes_on_with_the_same_account(project: Project, data: Any) -> None:
    project.decide(data.items[100:200], budget=0.05)
    found = project.decide(data.items[200:300], manager="randomized_variable")
    assert (found.manager, found.budget, found.n_seen) == ("randomized_variable", 0.05, 200)
    assert any(0.01 < each.propensity < 0.99 for each in found.decisions)


def test_what_is_wrong_is_said_and_decides_nothing(project: Project, data: Any) -> None:
    fields = {name for name in data.items[0] if name != "id"}
    text = next(iter(fields))
    with pytest.raises(InvalidInput, match="is in the project already"):
        project.decide(data.items[:3])
    with pytest.raises(InvalidInput, match="comes twice"):
        project.decide([data.items[100], data.items[100]])
    with pytest.raises(InvalidInput, match="must have fields of the project"):
        project.decide([{"id": "x", text: "words", "colour": "red"}])
    with pytest.raises(InvalidInput, match="must have a field each"):
        project.decide([{"id": "x"}])
    with pytest.raises(InvalidInput, match="manager: must be one of"):
        project.decide(data.items[100:101], manager="density")
    with pytest.raises(InvalidInput, match="budget: must be over 0"):
        project.decide(data.items[100:101], budget=0.0)
    with pytest.raises(InvalidInput, match="keep: must be one of"):
        project.decide(data.items[100:101], keep="some")
    assert project.decide([]).n_seen == 0


def test_a_streams_round_is_not_drawn_again_but_says_why(project: Project, data: Any) -> None:
    project.decide(data.items[100:200])
    with pytest.raises(InvalidInput, match="took what came by a stream"):
        project.replay(2)


def test_the_worker_brings_questions_into_the_queue(project: Project, data: Any, url: str) -> None:
    with Workspaces.at(url) as here:
        work = here.open("topics")
        found = streaming.decide_on(work, data.items[100:200])
        Driver(here).step()
        with work.database.reading() as conn:
            waiting = {each.item_id for each in stored.pending(conn, work.project_id)}
    assert waiting == {each.id for each in found.decisions if each.ask}


def test_a_call_sent_again_is_told_the_same_and_decides_once(project: Project, data: Any, url: str) -> None:
    first = project.decide(data.items[100:200], key="call 1")
    assert project.decide(data.items[200:250], key="call 2").n_seen == 150
    with at(url) as later:
        assert streaming.decide_on(later, data.items[100:200], key="call 1") == first
        with pytest.raises(Conflict, match="'call 1' came with other items"):
            streaming.decide_on(later, data.items[250:300], key="call 1")
    assert project.decide([]).n_seen == 150
    assert len(project.pending().entries) == project.decide([]).n_asked


def test_calls_of_one_key_at_once_decide_once(project: Project, data: Any, url: str) -> None:
    together = Barrier(4)

    def call() -> streaming.Decided:
        with at(url) as work:
            together.wait()
            return streaming.decide_on(work, data.items[100:150], key="one")

    with ThreadPoolExecutor(4) as threads:
        found = [each.result() for each in [threads.submit(call) for _ in range(4)]]
    assert all(each == found[0] for each in found)
    assert project.decide([]).n_seen == 50


def test_items_that_are_asked_about_are_refused_before_they_joined_too(project: Project, data: Any, url: str) -> None:
    with at(url) as work:
        found = streaming.decide_on(work, data.items[100:150])
        asked = [each.id for each in found.decisions if each.ask]
        with pytest.raises(InvalidInput, match=f"items: must be new; '{asked[0]}' is being asked about"):
            streaming.decide_on(work, data.items[100:150])
        others = [item for item in data.items[100:150] if item["id"] not in asked]
        again = streaming.decide_on(work, others, keep="all")  # what was predicted alone left no trace
        assert again.n_seen == 100 - len(asked)
        with pytest.raises(InvalidInput, match="is being taken in since an earlier call"):
            streaming.decide_on(work, [next(item for item in others if not known(again, item["id"]).ask)])
        n_more = sum(each.ask for each in again.decisions)
        assert streaming.enqueue(work) == len(asked) + n_more


def known(found: streaming.Decided, id: str) -> Decision:
    return next(each for each in found.decisions if each.id == id)


def test_an_item_that_the_pool_refuses_holds_up_no_other(project: Project, data: Any, url: str) -> None:
    with at(url) as work:
        found = streaming.decide_on(work, data.items[100:200], budget=0.5)
        first = next(each.id for each in found.decisions if each.ask)
        intake.add_items(work, [{"id": first, "text": "quite another text of the same name"}])  # in between
        assert streaming.enqueue(work) == sum(each.ask for each in found.decisions) - 1
        with work.database.reading() as conn:
            waiting = {each.item_id for each in stored.pending(conn, work.project_id)}
    assert first not in waiting
