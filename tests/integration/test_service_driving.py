"""The round worker: rounds follow one another by themselves, each once, whoever dies on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from querist.core.errors import Conflict
from querist.core.policy import Budget, Policy
from querist.core.schema import Schema
from querist.service import answering, driving, intake, projects, queue, watching
from querist.service import rounds as asking
from querist.service.driving import Driver
from querist.service.workspaces import Workspaces
from querist.store import jobs, rounds, slots
from querist.store import projects as stored_projects
from querist.store.db import Database

ANN, BEA = queue.Annotator("ann"), queue.Annotator("bea")


@pytest.fixture
def open_project(database_url: str) -> Iterator[Any]:
    """Makes a project of two clouds of points: `open_project(**settings)` gives its workspaces and itself."""
    opened = []

    def make(*, n: int = 60, batch: int = 6, budget: Budget | None = None, **settings: Any) -> Any:
        all_of = Workspaces(Database.open(database_url))
        opened.append(all_of)
        policy = Policy(batch_size=batch, budget=budget or Budget(), near_duplicates=None)
        work = all_of.create(
            "points", schema=Schema("side", ("left", "right")), policy=policy, shares={"test": 0.2, "calibration": 0.0}
        )
        rng = np.random.default_rng(0)
        rows = [{"id": f"p{i:03d}", "v": (rng.normal(size=3) + (i % 2) * 4).tolist()} for i in range(n)]
        intake.add_items(work, rows)
        projects.set_queue(work, settings)
        return all_of, work

    yield make
    for each in opened:
        each.close()


def answered(work: Any, who: queue.Annotator, n: int = 100) -> int:
    """How many items somebody could answer, rightly."""
    done = 0
    while done < n:
        claimed = queue.claim(work, who, 1)
        if not claimed.assignments:
            break
        one = claimed.assignments[0]
        value = "right" if int(one.item_id[1:]) % 2 else "left"
        did = answering.Act(f"{who.name}-{one.slot}", "submit", one.item_id, one.slot, one.token, value)
        assert answering.act(work, who, did).state == "done"
        done += 1
    return done


def listed(work: Any) -> list[Any]:
    with work.database.reading() as conn:
        return rounds.listed(conn, work.project_id)


def test_the_next_round_opens_once_the_answers_are_in(open_project: Any) -> None:
    all_of, work = open_project()
    driver = Driver(all_of)
    assert not driver.step(), "the first round is for a person to ask for"
    driving.request(work, by="mia")
    assert driver.step()
    assert answered(work, ANN, 5) == 5
    assert not driver.step(), "one answer is missing"
    assert answered(work, ANN) == 1
    assert queue.claim(work, ANN).nothing.code == "training"
    assert driver.step()
    assert [(r.number, r.state, r.n_asked, r.n_answered) for r in listed(work)] == [
        (1, "closed", 6, 6),
        (2, "open", 6, 0),
    ]
    done = driving.listed(work)
    assert [(job.state, job.attempts, job.requested_by) for job in done] == [("done", 1, "querist"), ("done", 1, "mia")]
    assert done[0].result["model"] == 1


def test_a_round_waits_for_every_answer_that_was_wanted(open_project: Any) -> None:
    all_of, work = open_project(overlap=2)
    driver = Driver(all_of)
    driving.request(work, by="mia")
    driver.step()
    assert answered(work, ANN) == 6
    assert queue.claim(work, ANN).nothing.code == "done_by_you"
    assert not driver.step()
    assert answered(work, BEA) == 6
    assert driver.step()
    assert [r.number for r in listed(work)] == [1, 2]


def test_a_quorum_is_enough_and_the_rest_is_put_in_order_anew(open_project: Any) -> None:
    all_of, work = open_project(quorum=0.5)
    driver = Driver(all_of)
    driving.request(work, by="mia")
    driver.step()
    assert answered(work, ANN, 2) == 2
    assert not driver.step()
    on_screen = queue.claim(work, ANN).assignments[0]
    assert answered(work, BEA, 1) == 1
    assert driver.step()
    assert [r.number for r in listed(work)] == [1, 2]
    with work.database.reading() as conn:
        waiting = slots.unshown(conn, work.project_id)
        held = [lease.slot_id for lease in queue.leases.held_by(conn, work.project_id, "ann")]
    assert held == [on_screen.slot]
    assert len(waiting) == 2 + 6
    assert on_screen.slot not in [slot_id for slot_id, *_ in waiting]
    assert len({place for *_, place in waiting}) == len(waiting)


def test_what_the_only_person_skipped_is_not_waited_for(open_project: Any) -> None:
    all_of, work = open_project()
    driver = Driver(all_of)
    driving.request(work, by="mia")
    driver.step()
    one = queue.claim(work, ANN).assignments[0]
    answering.act(work, ANN, answering.Act("skip", "skip", one.item_id, one.slot, one.token, reason="unclear"))
    assert not driver.step()
    assert answered(work, ANN) == 5
    assert driver.step()
    assert [r.number for r in listed(work)] == [1, 2]
    assert queue.claim(work, BEA).assignments[0].item_id == one.item_id, "others are still asked about it"


def test_a_round_past_its_deadline_is_not_waited_for(open_project: Any) -> None:
    all_of, work = open_project(deadline_s=3600)
    driver = Driver(all_of)
    driving.request(work, by="mia")
    driver.step()
    answered(work, ANN, 2)
    assert not driver.step()
    with work.database.transaction() as conn:
        conn.exec_driver_sql("UPDATE round SET created_at = '2020-01-01T00:00:00.000000Z'")
    assert driver.step()
    assert [r.number for r in listed(work)] == [1, 2]


def test_some_test_items_are_asked_beside_each_round_until_there_are_enough(open_project: Any) -> None:
    all_of, work = open_project(test_per_round=2, test_labels=3)
    driver = Driver(all_of)
    driving.request(work, by="mia")
    for _ in range(3):
        driver.step()
        answered(work, ANN)
    assert [(r.purpose, r.n_asked) for r in listed(work)] == [
        ("start", 6),
        ("evaluation", 2),
        (listed(work)[2].purpose, 6),
        ("evaluation", 1),
        (listed(work)[4].purpose, 6),
    ]


def test_a_spent_budget_stops_the_project_and_says_so(open_project: Any) -> None:
    all_of, work = open_project(budget=Budget(labels=6))
    driver = Driver(all_of)
    driving.request(work, by="mia")
    driver.step()
    answered(work, ANN)
    assert driver.step()
    nothing = queue.claim(work, ANN).nothing
    assert nothing.code == "stopped"
    assert "budget" in nothing.message
    assert not driver.step()
    with work.database.reading() as conn:
        assert work.settings(conn)["stopped"]


def test_nothing_is_handed_out_or_chosen_while_paused(open_project: Any) -> None:
    all_of, work = open_project()
    driver = Driver(all_of)
    driving.request(work, by="mia")
    driver.step()
    held = queue.claim(work, ANN).assignments[0]
    driving.pause(work)
    assert queue.claim(work, BEA).nothing.code == "paused"
    did = answering.Act("k", "submit", held.item_id, held.slot, held.token, "left")
    assert answering.act(work, ANN, did).state == "done", "what is on a screen can be answered"
    assert not driver.step()
    driving.resume(work)
    assert answered(work, BEA) == 5
    assert driver.step()


def test_one_job_is_under_way_at_a_time(open_project: Any) -> None:
    _, work = open_project()
    driving.request(work, by="mia")
    with pytest.raises(Conflict, match="under way already"):
        driving.request(work, by="mia")


def test_a_job_whose_worker_fell_silent_is_taken_over_and_done_once(open_project: Any) -> None:
    all_of, work = open_project()
    driving.request(work, by="mia")
    with work.database.transaction() as conn:
        dead = jobs.take(conn, "dead", lease_s=-1.0, tries=3)
    driving.open_next(work, dead, lambda *_: None)  # it opened the round, and died before it could say so
    assert Driver(all_of).step()
    assert [r.number for r in listed(work)] == [1]
    assert [(job.state, job.attempts) for job in driving.listed(work)] == [("done", 2)]
    with pytest.raises(Conflict, match="this worker's"), work.database.transaction() as conn:
        jobs.finish(conn, dead.id, "dead", {})


def test_what_fails_is_tried_again_and_then_left_with_its_error(
    open_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of, work = open_project()
    driving.request(work, by="mia")

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("no reason")

    with monkeypatch.context() as broke:
        broke.setattr(driving.rounds, "ask", broken)
        for _ in range(driving.TRIES):
            assert Driver(all_of).step()
            with work.database.transaction() as conn:
                conn.exec_driver_sql("UPDATE job SET not_before = 0")
    job = driving.listed(work)[0]
    assert (job.state, job.attempts) == ("failed", driving.TRIES)
    assert job.error.startswith("ZeroDivisionError in test_service_driving.py:"), "its words may hold an answer"
    shown = watching.progress(work)
    assert (shown.job, shown.state) == (job, "idle"), "whoever watches sees that it failed, and that nothing runs"
    driving.retry(work, job.id)
    assert watching.progress(work).job.state == "waiting"
    assert Driver(all_of).step()
    assert driving.listed(work)[0].state == "done"
    assert watching.progress(work).job is None, "it failed no longer"


def test_a_round_that_nobody_asked_for_and_that_fails_is_not_asked_for_without_end(
    open_project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_of, work = open_project()
    driver = Driver(all_of)
    driving.request(work, by="mia")
    driver.step()
    answered(work, ANN)

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr(driving.rounds, "ask", broken)
    for _ in range(10):
        driver.step()
        with work.database.transaction() as conn:
            conn.exec_driver_sql("UPDATE job SET not_before = 0")
    assert [(job.state, job.attempts) for job in driving.listed(work)] == [("failed", driving.TRIES), ("done", 1)]


def test_a_job_whose_workers_all_died_is_left_for_a_person_to_see(open_project: Any) -> None:
    all_of, work = open_project()
    driving.request(work, by="mia")
    for _ in range(driving.TRIES):
        with work.database.transaction() as conn:
            assert jobs.take(conn, "dead", lease_s=-1.0, tries=driving.TRIES) is not None
    assert not Driver(all_of).step()
    assert [(job.state, job.error) for job in driving.listed(work)] == [("failed", "its workers died of it")]


def test_one_project_that_cannot_be_read_does_not_keep_the_others_waiting(open_project: Any) -> None:
    all_of, work = open_project()
    other = all_of.create("other", schema=Schema("side", ("left", "right")))
    with work.database.transaction() as conn:
        said = stored_projects.settings(conn, other.project_id)
        stored_projects.update_settings(conn, other.project_id, {**said, "queue": {"of_a_later_version": 1}})
    heard: list[str] = []
    driver = Driver(all_of, notice=lambda what, facts: heard.append(what))
    driving.request(work, by="mia")
    assert driver.step()
    assert [r.number for r in listed(work)] == [1]
    assert "project.trouble" in heard


def test_a_worker_outlives_what_is_no_error_of_ours(open_project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    all_of, work = open_project()
    heard: list[dict[str, Any]] = []

    def broken(*_: Any, **__: Any) -> None:
        raise ValueError("could not convert 'somebody's answer'")

    driver = Driver(all_of, notice=lambda what, facts: heard.append({"what": what, **facts}), poll_s=0.01)
    with monkeypatch.context() as broke:
        broke.setattr(driving.jobs, "some_ready", broken)
        driver.start()
        deadline = time.monotonic() + 10
        while not heard and time.monotonic() < deadline:
            time.sleep(0.01)
    driving.request(work, by="mia")
    while not listed(work) and time.monotonic() < deadline:
        time.sleep(0.01)
    driver.stop()
    assert [r.number for r in listed(work)] == [1]
    assert heard[0]["what"] == "worker.trouble"
    assert "answer" not in heard[0]["error"]


def test_a_project_that_was_never_told_how_to_hand_out_asks_nothing_by_itself(open_project: Any) -> None:
    all_of, work = open_project()
    with work.database.transaction() as conn:
        said = dict(stored_projects.settings(conn, work.project_id))
        del said["queue"]
        stored_projects.update_settings(conn, work.project_id, said)
    asking.ask(work, 6)
    answered(work, ANN)
    assert not Driver(all_of).step()


def test_a_round_that_was_taken_back_is_not_followed_by_itself(open_project: Any) -> None:
    all_of, work = open_project()
    driver = Driver(all_of)
    driving.request(work, by="mia")
    driver.step()
    answered(work, ANN, 2)
    asking.withdraw(work, 1)
    assert queue.claim(work, ANN).nothing is not None
    assert not driver.step(), "somebody wanted it to end"
    driving.request(work, by="mia")
    driver.step()
    assert [(r.number, r.state) for r in listed(work)] == [(1, "closed"), (2, "open")]
