"""The server is killed under load, again and again: every acknowledged answer is there, once, and the round goes on."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from tests.end_to_end.conftest import PASSWORD, Server, Site, texts

from benchmarks.annotators import Acknowledged, Annotators
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.service.workspaces import Workspaces
from querist.store import answers, audit, rounds

TOPIC = Schema("topic", ("card", "loan", "login"))
PEOPLE = ["ann", "bea", "cy", "dan"]


def check(url: str, acknowledged: list[Acknowledged]) -> list[Any]:
    """All that was acknowledged is there, once, and everything agrees with itself; the rounds."""
    with Workspaces.at(url) as opened:
        work = opened.open("tickets")
        with opened.database.reading() as conn:
            assert audit.verify(conn, work.project_id) == []
            events = list(answers.events(conn, work.project_id))
            done = rounds.listed(conn, work.project_id)
    there = Counter(event.idempotency_key for event in events)
    by_key = {event.idempotency_key: event.id for event in events}
    assert [each for each in acknowledged if there[each.key] != 1] == []
    assert [each for each in acknowledged if by_key[each.key] != each.event_id] == []
    assert max(Counter((event.annotator, event.item_id) for event in events).values()) == 1
    return done


def ready(site: Site, n: int = 3000) -> None:
    """A project whose rounds follow one another, and people to label it."""
    for name in PEOPLE:
        site.person(name)
    policy = Policy(batch_size=20, near_duplicates=None, start="random", trust=False, strategy="margin")
    site.project("tickets", texts(n), TOPIC, policy=policy, ask=20, lease_s=5)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("moments", [5, pytest.param(50, marks=pytest.mark.slow)])
def test_killed_at_random_moments_the_server_loses_nothing(
    site: Site, serve: Callable[..., Server], moments: int
) -> None:
    ready(site, 600 * moments)
    server = serve(site.url)
    rng = random.Random(7)
    people = Annotators(server.home, "tickets", PEOPLE, PASSWORD)
    people.start()
    for _ in range(moments):
        n_before = len(people.acknowledged)
        time.sleep(rng.uniform(0.3, 2.0))
        server.kill()
        server.start()
        deadline = time.monotonic() + 60
        while len(people.acknowledged) <= n_before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(people.acknowledged) > n_before, "the work goes on"
    people.stop()
    assert server.stop() in (0, -signal.SIGTERM)
    assert people.refused == []
    done = check(site.url, people.acknowledged)
    assert len(done) > 1, "rounds went on"
    print(f"\n{moments} kills, {len(people.acknowledged)} answers acknowledged, {len(done)} rounds")


def test_told_to_end_the_server_finishes_what_it_has_begun(site: Site, serve: Callable[..., Server]) -> None:
    ready(site, 600)
    server = serve(site.url)
    people = Annotators(server.home, "tickets", PEOPLE[:2], PASSWORD)
    people.start()
    time.sleep(3)
    assert server.stop() in (0, -signal.SIGTERM)
    server.start()
    people.stop()
    assert people.refused == []
    check(site.url, people.acknowledged)


@pytest.mark.timeout(900)
def test_postgresql_killed_underneath_loses_nothing(durable_postgres: Any, serve: Callable[..., Server]) -> None:
    site = Site(durable_postgres.url)
    ready(site)
    server = serve(durable_postgres.url)
    people = Annotators(server.home, "tickets", PEOPLE, PASSWORD)
    people.start()
    for _ in range(3):
        n_before = len(people.acknowledged)
        time.sleep(1.5)
        durable_postgres.kill()
        time.sleep(0.5)
        durable_postgres.start()
        deadline = time.monotonic() + 60
        while len(people.acknowledged) <= n_before + 5 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(people.acknowledged) > n_before + 5, "the server came back by itself"
    assert server.runs
    people.stop()
    assert people.refused == []
    check(durable_postgres.url, people.acknowledged)
    print(f"\n3 restarts of PostgreSQL, {len(people.acknowledged)} answers acknowledged")
