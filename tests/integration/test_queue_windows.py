"""Two windows of one person act on one item in the same instant: one after the other, each knowing of the one before.

Both acts wait for somebody who holds the project; the second must not go by what it saw before the first was recorded.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from tests.integration.test_queue_races import make

from querist.core.errors import InvalidInput
from querist.service import answering, queue
from querist.store import answers, audit, claims, projects

ANN = queue.Annotator("ann")
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def work(database_url: str) -> Any:
    all_of, work = make(database_url, 10, overlap=1, lease_s=600)
    yield work
    with work.database.reading() as conn:
        assert audit.verify(conn, work.project_id) == []
    all_of.close()


def does(work: Any, one: Any, action: str, key: str, **more: Any) -> Callable[[], answering.Acted]:
    did = {"slot": one.slot, "token": one.token, **more}
    return lambda: answering.act(work, ANN, answering.Act(key=key, action=action, item_id=one.item_id, **did))


def one_behind_the_other(work: Any, *acts: Callable[[], Any]) -> list[Any]:
    """What became of acts that all wait for the project's lock, in this order."""
    out: list[Any] = [None] * len(acts)

    def run(i: int) -> None:
        try:
            out[i] = acts[i]()
        except Exception as error:
            out[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(acts))]
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        for n, thread in enumerate(threads, start=1):
            thread.start()
            deadline = time.monotonic() + 20
            while conn.exec_driver_sql(WAITING).scalar_one() < n:
                assert time.monotonic() < deadline
                time.sleep(0.01)
    for thread in threads:
        thread.join(20)
    return out


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    ("first", "second"), [("submit", "submit"), ("submit", "skip"), ("skip", "skip"), ("skip", "submit")]
)
def test_what_the_second_window_says_is_kept_and_is_not_late(work: Any, first: str, second: str) -> None:
    one = queue.claim(work, ANN, 1).assignments[0]
    said = {"submit": "left", "skip": None}
    other = {"submit": "right", "skip": None}
    before, after = one_behind_the_other(
        work,
        does(work, one, first, "a", value=said[first]),
        does(work, one, second, "b", value=other[second]),
    )
    assert (before.late, before.repeated) == (False, False)
    assert (after.late, after.repeated) == (False, False)
    assert after.value == {"submit": "right", "skip": before.value}[second]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_nobody_answers_what_they_have_just_undone_without_a_lease(work: Any) -> None:
    one = queue.claim(work, ANN, 1).assignments[0]
    done = does(work, one, "submit", "a", value="left")()
    none = {"slot": None, "token": None}
    undone, refused = one_behind_the_other(
        work,
        does(work, one, "undo", "b", supersedes=done.event_id, **none),
        does(work, one, "submit", "c", value="right", **none),
    )
    assert undone.assignment is not None
    assert isinstance(refused, InvalidInput)


def test_a_collision_with_ones_other_window_is_tried_again(work: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, collisions = claims.claim, iter([True, True])

    def collides(conn: Any, *args: Any, **more: Any) -> Any:
        if next(collisions, False):
            conn.execute(sa.text("UPDATE project SET name = 'half done'"))
            raise claims.Collided
        return claim(conn, *args, **more)

    monkeypatch.setattr(claims, "claim", collides)
    assert len(queue.claim(work, ANN, 1).assignments) == 1
    with work.database.reading() as conn:
        assert projects.name_of(conn, work.project_id) == work.name, "nothing of what was begun is kept"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_two_windows_that_reach_for_the_two_slots_of_one_item_collide(database_url: str) -> None:
    """The second does not see yet what the first has taken: the database keeps one person from an item's two places."""
    all_of, work = make(database_url, 10, overlap=2, lease_s=600)
    found: list[Any] = []

    def other() -> None:
        try:
            with work.database.transaction() as second:
                found.extend(claims.claim(second, work.project_id, "ann", lease_s=60))
        except claims.Collided as error:
            found.append(error)

    thread = threading.Thread(target=other)
    with all_of:
        with work.database.transaction() as first:
            taken = claims.claim(first, work.project_id, "ann", lease_s=60)
            thread.start()
            deadline = time.monotonic() + 20
            while first.exec_driver_sql(WAITING).scalar_one() < 1:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        thread.join(20)
        assert [type(each) for each in found] == [claims.Collided]
        again = queue.claim(work, ANN, 1).assignments
        assert [one.slot for one in again] != [lease.slot_id for lease in taken]
        with work.database.reading() as conn:
            assert audit.verify(conn, work.project_id) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_slot_stays_as_it_was_looked_at_until_the_act_is_recorded(work: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another window gives it back between the look and the record: one after the other, and the skip is a skip."""
    one = queue.claim(work, ANN, 1).assignments[0]
    released: list[Any] = []
    thread = threading.Thread(target=lambda: released.extend(queue.release(work, ANN, {one.slot: one.token})))
    append = answers.append

    def slow(conn: Any, *args: Any, **more: Any) -> Any:
        thread.start()
        deadline = time.monotonic() + 20
        while conn.exec_driver_sql(WAITING).scalar_one() < 1:
            assert time.monotonic() < deadline, "the other window does not wait"
            time.sleep(0.01)
        return append(conn, *args, **more)

    monkeypatch.setattr(answers, "append", slow)
    acted = does(work, one, "skip", "a")()
    thread.join(20)
    assert (acted.action, acted.late) == ("skip", False)
    assert released == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_six_windows_that_open_at_once_are_all_given_something(database_url: str) -> None:
    all_of, work = make(database_url, 30, overlap=6, lease_s=600)
    with all_of, ThreadPoolExecutor(6) as windows:
        gate = threading.Barrier(6)

        def opens(_: int) -> int:
            gate.wait()
            return len(queue.claim(work, ANN, 1).assignments)

        assert list(windows.map(opens, range(6))) == [1] * 6
