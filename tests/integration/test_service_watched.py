"""What is shown of a project while it goes on: the curve with its bands, what chance would reach, news to webhooks."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.project import Project
from querist.service import courier, curves, expectation, hooks, waiting
from querist.service.driving import Driver, request
from querist.service.workspaces import Workspaces
from querist.store.db import Database

Messages = Any


def _labeled(start: Callable[..., Project], url: str, some: Messages, *, n_test: int, n: int) -> Project:
    project = start(
        url, shares={"test": 0.4, "calibration": 0.0}, policy=Policy("margin", start="random", batch_size=n)
    )
    project.add(some.items)
    project.tell(some.some([e.item_id for e in project.ask(n_test, split="test").entries]))
    project.tell(some.some([e.item_id for e in project.ask(n).entries]))
    project.train()
    return project


def test_the_curve_has_a_band_and_what_chance_would_reach(
    messages: Callable[..., Messages], start: Callable[..., Project], database_url: str
) -> None:
    project = _labeled(start, database_url, messages(300), n_test=60, n=40)
    work = project._work
    before = curves.learning_curve(work)
    assert (before.metric, len(before.points), before.random) == ("accuracy", 1, None)
    (point,) = before.points
    assert point.low is not None
    assert point.high is not None
    assert point.low < point.value < point.high
    assert (point.model, point.n_labels, point.round) == (1, 40, 2)
    assert expectation.refresh(work) == len(curves.learning_curve(work).random or ())
    random = curves.learning_curve(work).random
    assert random is not None
    assert [each.n_labels for each in random] == sorted({each.n_labels for each in random})
    assert random[-1].n_labels == 54 + 40  # nine tenths of the test items, and the round, which began at random
    assert random[-1].value > 0.6  # three topics that the words tell apart
    assert random[0].value < random[-1].value
    assert all(each.low is not None and each.low <= each.value <= (each.high or 0) for each in random)
    assert expectation.refresh(work) == 0  # no labels have come since
    assert project.verify() == []


def test_few_labels_say_nothing_of_chance(
    messages: Callable[..., Messages], start: Callable[..., Project], database_url: str
) -> None:
    project = _labeled(start, database_url, messages(60), n_test=15, n=20)
    assert expectation.refresh(project._work) == 0
    assert curves.learning_curve(project._work).random is None


def test_a_project_without_a_model_has_no_curve_and_says_why(start: Callable[..., Project], database_url: str) -> None:
    project = start(database_url)
    assert expectation.refresh(project._work) == 0
    found = curves.learning_curve(project._work)
    assert (found.points, found.random) == ((), None)
    assert found.note.startswith("No model was measured yet")
    texts = start(database_url, name="texts", schema=Schema("better", (), "text"))
    assert curves.learning_curve(texts._work).note.startswith("No model learns answers of this kind")


def test_a_metric_without_a_known_band_has_none(
    messages: Callable[..., Messages], start: Callable[..., Project], database_url: str
) -> None:
    some = messages(120)
    project = start(database_url, schema=Schema("size", (), "number"), policy=Policy("greedy_x", start="random"))
    project.add(some.items)
    numbers = {item["id"]: float(i) for i, item in enumerate(some.items)}
    project.add([{"id": f"t{i}", "text": f"test of number {i}"} for i in range(10)], split="test")
    project.tell({f"t{i}": float(i) for i in range(10)})
    project.tell({e.item_id: numbers[e.item_id] for e in project.ask(20).entries})
    project.train()
    (point,) = curves.learning_curve(project._work).points
    assert (point.low, point.high) == (None, None)


def test_waiting_ends_with_the_job(
    messages: Callable[..., Messages], start: Callable[..., Project], database: Database
) -> None:
    workspaces = Workspaces(database)
    work = workspaces.create("topics", schema=Schema("topic", ("a", "b")), policy=Policy(start="random"))
    Project(work).add(messages(20).items)
    job = request(work, by="ada", n=3)
    assert waiting.wait(work, job.id, longest_s=0).state == "waiting"
    working = threading.Thread(target=Driver(workspaces).step)
    working.start()
    assert waiting.wait(work, job.id).state == "done"
    working.join()


class Listener(BaseHTTPRequestHandler):
    """Takes in news; what it answers is set by its server."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        status = self.server.answers.pop(0) if self.server.answers else 204  # type: ignore[attr-defined]
        self.send_response(status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[Any]:
    """A server that listens for news."""
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        server.heard, server.answers = [], []  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_news_is_brought_signed_and_redirections_are_not_followed(
    messages: Callable[..., Messages], start: Callable[..., Project], database_url: str, listener: Any
) -> None:
    project = start(database_url, policy=Policy(start="random"))
    work = project._work
    hook = hooks.add(work, f"http://127.0.0.1:{listener.server_port}/hook?x=1", ["round.opened"])
    listener.answers = [302]
    project.add(messages(20).items)
    project.ask(3)
    if not hooks.deliveries(work, hook.id):
        pytest.fail("opening a round tells nobody")
    assert hooks.deliver(work.database, courier.post) == 1
    (delivery,) = hooks.deliveries(work, hook.id)
    assert (delivery.state, delivery.last_status) == ("waiting", 302)
    path, headers, body = listener.heard[0]
    assert path == "/hook?x=1"
    said = json.loads(body)
    assert said["type"] == "round.opened"
    names = {name.lower(): value for name, value in headers.items()}
    at = int(names["webhook-timestamp"])
    assert (
        names["webhook-signature"] == hooks.signed(hook.secret, names["webhook-id"], body, at=at)["webhook-signature"]
    )


def test_an_address_where_nobody_is_at_home_is_an_error_of_the_system(free_port: int) -> None:
    for url in (f"http://127.0.0.1:{free_port}/x", "http:///x", f"https://127.0.0.1:{free_port}/x"):
        with pytest.raises(OSError, match=r"\w"):
            courier.post(url, b"{}", {})


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with HTTPServer(("127.0.0.1", 0), Listener) as server:
        return server.server_port
