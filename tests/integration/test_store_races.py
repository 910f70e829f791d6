"""Several at once: nothing is lost, nothing is doubled, and the chain stays whole."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from querist.core.errors import Conflict
from querist.core.state import Batch, Query
from querist.store import answers, items, rounds
from querist.store.db import Database

WRITER = """
import sys
from querist.store import answers, items, projects
from querist.store.db import Database

url, who, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Database.open(url) as database:
    with database.reading() as conn:
        project = projects.get(conn, "shop").id
        seqs = [key.seq for chunk in items.keys(conn, project) for key in chunk]
    print("ready", flush=True)
    sys.stdin.readline()
    for i in range(n):
        draft = answers.AnswerDraft(seqs[i % 10], "spam", who, idempotency_key=f"{i}")
        with database.transaction() as conn:
            done = answers.append(conn, project, [draft])[0]
        print(done.event_id, done.repeated, flush=True)
"""


def writer(url: str, who: str, n: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, url, who, str(n)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_processes_that_answer_at_once_keep_a_dense_chain(shop: Any, database_url: str) -> None:
    shop.ask(0, 1, 2)
    writers = [writer(database_url, who, 25) for who in ("ann", "bea", "cy")]
    for each in writers:
        go(each)
    for each in writers:
        out, errors = each.communicate(timeout=60)
        assert errors == ""
        assert out.count("False") == 25
    with shop.db.reading() as conn:
        events = list(answers.events(conn, shop.id))
    assert [event.seq for event in events] == list(range(1, 76))
    assert len({event.annotator for event in events[:60]}) > 1, "they did take turns"
    assert shop.problems() == []


def test_one_key_sent_by_two_processes_is_one_event(shop: Any, database_url: str) -> None:
    writers = [writer(database_url, "ann", 20) for _ in range(2)]
    for each in writers:
        go(each)
    said = [line.split() for each in writers for line in each.communicate(timeout=60)[0].splitlines()]
    assert sum(repeated == "False" for _, repeated in said) == 20
    assert len({event for event, _ in said}) == 20
    with shop.db.reading() as conn:
        assert answers.head(conn, shop.id)[0] == 20
    assert shop.problems() == []


def test_a_process_killed_while_it_writes_loses_no_acknowledged_answer(shop: Any, database_url: str) -> None:
    process = writer(database_url, "ann", 100_000)
    go(process)
    assert process.stdout is not None
    acknowledged = [process.stdout.readline().split()[0] for _ in range(20)]
    process.kill()
    rest, _ = process.communicate(timeout=60)
    acknowledged += [line.split()[0] for line in rest.splitlines() if len(line.split()) == 2]
    with Database.open(database_url) as reopened, reopened.reading() as conn:
        kept = {event.id for event in answers.events(conn, shop.id)}
    assert set(acknowledged) <= kept
    assert shop.problems() == []
    assert shop.act(0, "ham", annotator="bea").seq == len(kept) + 1


def open_round(shop: Any, number: int, places: list[int]) -> None:
    queries = tuple(
        Query(place, number, rank, None, 0.2, "random", "exploration", "") for rank, place in enumerate(places)
    )
    batch = Batch(number, queries, "random", shop.policy.digest, 10)
    with shop.db.reading() as conn:
        known = items.existing(conn, shop.id, [f"item-{place}" for place in places])
    seqs = [known[f"item-{place}"].seq for place in places]
    with shop.db.transaction() as conn:
        rounds.open_round(conn, shop.id, batch=batch, seqs=seqs, policy=shop.policy, purpose="strategy")


def race(shop: Any, asks: list[tuple[int, list[int]]]) -> list[str]:
    barrier = Barrier(len(asks))

    def ask(number: int, places: list[int]) -> str:
        barrier.wait()
        try:
            open_round(shop, number, places)
        except Conflict:
            return "conflict"
        return "asked"

    with ThreadPoolExecutor(len(asks)) as threads:
        return sorted(threads.map(lambda each: ask(*each), asks))


def test_of_two_rounds_of_one_number_one_is_a_conflict(shop: Any) -> None:
    for number in range(1, 6):
        assert race(shop, [(number, [0, 1]), (number, [2, 3])]) == ["asked", "conflict"]
        with shop.db.transaction() as conn:
            rounds.withdraw(conn, shop.id)
    assert shop.problems() == []


def test_of_rounds_about_the_same_item_one_gets_it(shop: Any) -> None:
    said = race(shop, [(n, [0, n]) for n in range(1, 5)])
    assert said == ["asked", "conflict", "conflict", "conflict"]
    assert sum(item == "item-0" for item in shop.pending()) == 1
    assert shop.problems() == []


def test_threads_that_answer_at_once_share_one_database(shop: Any) -> None:
    shop.ask(*range(10))
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda place: shop.act(place, "spam"), [*range(10), *range(10)]))
    assert sorted(each.seq for each in done) == list(range(1, 21))
    assert shop.pending() == []
    assert shop.problems() == []


def test_a_reader_sees_one_instant(shop: Any) -> None:
    with shop.db.reading() as conn:
        shop.act(0, "spam")
        assert list(answers.labels(conn, shop.id)) == []
        assert answers.head(conn, shop.id)[0] == 0
    assert shop.labels() == {"item-0": "spam"}


def test_a_transaction_that_fails_leaves_nothing(shop: Any) -> None:
    shop.ask(0)

    class PowerCut(Exception):
        pass

    try:
        with shop.db.transaction() as conn:
            answers.append(conn, shop.id, [answers.AnswerDraft(rounds.pending(conn, shop.id)[0].item_seq, "x", "ann")])
            raise PowerCut
    except PowerCut:
        pass
    assert (shop.labels(), shop.pending(), shop.problems()) == ({}, ["item-0"], [])
    assert shop.act(0, "spam").seq == 1
