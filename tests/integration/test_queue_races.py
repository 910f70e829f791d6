"""Eight processes at the queue at once: every item answered by exactly two different people, on both databases.

Each process is two people with two windows each, who abandon one lease in twenty: it lapses and goes to somebody else.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.core.state import Batch, Query
from querist.service import projects
from querist.service.workspaces import Workspaces
from querist.store import claims, items, rounds, slots
from querist.store.db import Database
from querist.store.queue_tables import slot
from querist.store.sql import clock
from querist.store.tables import answer_event

PROCESSES, PEOPLE_EACH, WINDOWS, OVERLAP, ABANDONED = 8, 2, 2, 2, 0.05

WORKER = """
import json, random, sys, threading, time
from querist.core.errors import Conflict
from querist.service import answering, queue
from querist.service.workspaces import Workspaces
from querist.store.db import Database

url, number, people, windows, abandoned = sys.argv[1], *map(float, sys.argv[2:])
number, people, windows = int(number), int(people), int(windows)
all_of = Workspaces(Database.open(url))
work = all_of.open("race")
granted, errors = [], []

def window(who, at, rng):
    try:
        while True:
            claimed = queue.claim(work, who, 2)
            for one in claimed.assignments:
                granted.append((who.name, one.item_id, one.slot, one.token, time.time()))
                if rng.random() < abandoned:
                    continue
                did = answering.Act(f"{one.slot}-{one.token}", "submit", one.item_id, one.slot, one.token, "left")
                answering.act(work, who, did)
            if not claimed.assignments:
                if claimed.nothing.code == "all_done":
                    return
                time.sleep(1.0)  # what is left is with others, or waits for others: it may yet come here
    except Exception as error:
        errors.append(repr(error))

print("ready", flush=True)
sys.stdin.readline()
threads = [
    threading.Thread(target=window, args=(queue.Annotator(f"p{number}-{p}"), w, random.Random(f"{number}-{p}-{w}")))
    for p in range(people) for w in range(windows)
]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(json.dumps({"granted": granted, "errors": errors}), flush=True)
all_of.close()
"""


def make(url: str, n_items: int, *, overlap: int = OVERLAP, lease_s: int = 5) -> Any:
    """A project with one round that asks about all of its items, the most useful first."""
    all_of = Workspaces(Database.open(url))
    work = all_of.create("race", schema=Schema("side", ("left", "right")), policy=Policy())
    projects.set_queue(work, {"overlap": overlap, "lease_s": lease_s, "auto_rounds": False, "max_leases": 50})
    utilities = np.sort(np.random.default_rng(1).random(n_items))[::-1]
    with work.database.transaction() as conn:
        items.insert(conn, work.project_id, [items.pack({"text": f"text {i}"}, id=f"i{i:05d}") for i in range(n_items)])
    with work.database.transaction() as conn:
        seqs = [key.seq for chunk in items.keys(conn, work.project_id) for key in chunk]
        queries = tuple(
            Query(i, 1, i, float(u), 1.0, "margin", "strategy", "it is unsure", 0.0) for i, u in enumerate(utilities)
        )
        batch = Batch(1, queries, "margin", Policy().digest, n_items)
        rounds.open_round(
            conn,
            work.project_id,
            batch=batch,
            seqs=seqs,
            policy=Policy(),
            purpose="strategy",
            wants=slots.Wants(overlap),
        )
    return all_of, work


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("n_items", [300, pytest.param(4000, marks=pytest.mark.slow)])
def test_every_item_is_answered_by_exactly_two_people(database_url: str, n_items: int) -> None:
    all_of, work = make(database_url, n_items)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, database_url, *map(str, (number, PEOPLE_EACH, WINDOWS, ABANDONED))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [json.loads(process.communicate(timeout=1400)[0]) for process in processes]
    assert [error for each in said for error in each["errors"]] == []
    granted = [grant for each in said for grant in each["granted"]]
    assert len({token for _, _, _, token, _ in granted}) == len(granted), "no lease was handed out twice"
    with work.database.reading() as conn:
        events = conn.execute(sa.select(answer_event.c.item_id, answer_event.c.annotator)).all()
        lapsed = conn.scalar(sa.select(sa.func.sum(slot.c.n_lapsed)))
        states = {
            row[0]: row[1] for row in conn.execute(sa.select(slot.c.state, sa.func.count()).group_by(slot.c.state))
        }
    who = Counter((item, annotator) for item, annotator in events)
    assert set(who.values()) == {1}, "nobody answered an item twice"
    assert Counter(Counter(item for item, _ in who).values()) == {OVERLAP: n_items}
    assert states == {"done": OVERLAP * n_items}
    assert len(granted) == OVERLAP * n_items + lapsed
    assert lapsed > 0.5 * ABANDONED * OVERLAP * n_items, "leases were abandoned, and came back"
    all_of.close()


def test_the_order_served_follows_the_utilities_with_ten_annotators(database_url: str) -> None:
    all_of, work = make(database_url, 600, overlap=1, lease_s=600)

    def annotate(number: int) -> list[tuple[float, int]]:
        served = []
        while True:
            with work.database.transaction() as conn:
                taken = claims.claim(conn, work.project_id, f"ann{number}", lease_s=600)
                at = conn.scalar(sa.select(clock(conn)))
            if not taken:
                return served
            served.append((at, taken[0].place))

    with ThreadPoolExecutor(10) as pool:
        served = sorted(grant for each in pool.map(annotate, range(10)) for grant in each)
    assert len(served) == 600
    assert spearman([place for _, place in served]) > 0.99
    all_of.close()


def test_find_then_update_hands_items_out_twice(database_url: str) -> None:
    """The way that looks right and is not, by the same measure: two statements where one must do."""
    all_of, work = make(database_url, 200, overlap=1)

    def annotate(number: int) -> list[int]:
        taken = []
        for _ in range(60):
            with work.database.reading() as conn:
                first = sa.select(slot.c.id).where(slot.c.state == "open").order_by(slot.c.place).limit(1)
                found = conn.scalar(first)
            if found is None:
                break
            with work.database.transaction() as conn:
                mine = {"state": "leased", "annotator": f"ann{number}-{len(taken)}", "token": "t"}
                conn.execute(sa.update(slot).where(slot.c.id == found).values(mine))
            taken.append(found)
        return taken

    with ThreadPoolExecutor(8) as pool:
        taken = [each for some in pool.map(annotate, range(8)) for each in some]
    assert max(Counter(taken).values()) > 1
    all_of.close()


def spearman(order: list[int]) -> float:
    """Rank correlation of the order in which places were served with the places themselves."""
    ranks = np.argsort(np.argsort(order))
    return float(np.corrcoef(ranks, np.arange(len(order)))[0, 1])
