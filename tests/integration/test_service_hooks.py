"""News to the outside, over real HTTP: signed, once each where all goes well, tried again where not."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from querist.core.errors import InvalidInput, NotFound
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.service import hooks, intake, labeling, rounds, training
from querist.service.courier import DEADLINE_S, Courier, post
from querist.service.workspaces import Workspaces
from querist.store import outbox
from querist.store.db import Database


class Listener:
    """Somebody who listens for news, and may be in a bad mood."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                listener.heard.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(listener.status)
                if listener.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *words: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    opened = Listener()
    yield opened
    opened.close()


@pytest.fixture
def work(database_url: str) -> Iterator[Any]:
    with Workspaces(Database.open(database_url)) as all_of:
        made = all_of.create(
            "tickets",
            schema=Schema("topic", ("bug", "wish")),
            policy=Policy(start="random", near_duplicates=None),
            shares={"test": 0.0, "calibration": 0.0},
        )
        intake.add_items(made, [{"id": f"t{i}", "text": f"It is {i} {'no' * (i % 2)}"} for i in range(12)])
        yield made


def later(work: Any) -> None:
    """So much later that everything is due."""
    with work.database.transaction() as conn:
        conn.exec_driver_sql("UPDATE delivery SET not_before = 0 WHERE state = 'waiting'")


def test_what_happens_is_told_in_order_and_signed(work: Any, listener: Listener) -> None:
    hook = hooks.add(work, listener.url, hooks.EVENTS)
    asked = rounds.ask(work, 4)
    labeling.tell(work, {entry.item_id: "bug" if i % 2 else "wish" for i, entry in enumerate(asked.entries)})
    training.train(work)
    assert hooks.deliver(work.database, post) == 11
    told = [json.loads(body) for _, body in listener.heard]
    of_answers = ["answer.recorded", "label.changed"] * 4
    assert [each["type"] for each in told] == ["round.opened", *of_answers, "round.closed", "model.trained"]
    assert told[0]["data"] == {"round": 1, "n_asked": 4, "strategy": "random", "purpose": "start"}
    headers, body = listener.heard[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(hook.secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert hooks.deliver(work.database, post) == 0, "each is told once"
    assert {each.state for each in hooks.deliveries(work, hook.id)} == {"sent"}


def test_only_what_was_asked_for_is_told(work: Any, listener: Listener) -> None:
    hooks.add(work, listener.url, ["model.trained"])
    rounds.ask(work, 4)
    assert hooks.deliver(work.database, post) == 0


@pytest.mark.parametrize("status", [500, 404, 302])
def test_what_was_not_taken_is_tried_again_and_then_given_up_where_it_can_be_seen(
    work: Any, listener: Listener, status: int
) -> None:
    hook = hooks.add(work, listener.url, ["round.opened"])
    rounds.ask(work, 2)
    listener.status = status
    for _ in range(len(hooks.AGAIN_S)):
        assert hooks.deliver(work.database, post) == 1
        assert hooks.deliver(work.database, post) == 0, "not at once"
        later(work)
    assert hooks.deliver(work.database, post) == 1
    [gone] = hooks.deliveries(work, hook.id)
    assert (gone.state, gone.last_status, gone.attempts) == ("dead", status, len(hooks.AGAIN_S) + 1)
    assert len({headers["webhook-id"] for headers, _ in listener.heard}) == 1, "the same piece of news"
    listener.status = 204
    hooks.send_again(work, gone.id)
    assert hooks.deliver(work.database, post) == 1
    assert hooks.deliveries(work, hook.id)[0].state == "sent"
    with pytest.raises(NotFound):
        hooks.send_again(work, gone.id)


def test_nobody_at_home_is_no_reason_to_fail(work: Any, listener: Listener) -> None:
    hook = hooks.add(work, listener.url, ["round.opened"])
    listener.close()
    rounds.ask(work, 2)
    assert hooks.deliver(work.database, post) == 1
    [waiting] = hooks.deliveries(work, hook.id)
    assert (waiting.state, waiting.last_status) == ("waiting", None)
    assert waiting.last_error


def test_a_removed_webhook_hears_nothing_more(work: Any, listener: Listener) -> None:
    hook = hooks.add(work, listener.url, ["round.opened"])
    rounds.ask(work, 2)
    hooks.remove(work, hook.id)
    rounds.ask(work, 2)
    assert hooks.deliver(work.database, post) == 0
    assert listener.heard == []
    with pytest.raises(NotFound):
        hooks.remove(work, hook.id)


def test_a_courier_delivers_by_itself(work: Any, listener: Listener) -> None:
    hooks.add(work, listener.url, ["round.opened"])
    courier = Courier(work.database, poll_s=0.05)
    courier.start()
    rounds.ask(work, 2)
    waiting = threading.Event()
    for _ in range(200):
        if listener.heard:
            break
        waiting.wait(0.05)
    courier.stop()
    assert len(listener.heard) == 1


@pytest.mark.parametrize(
    ("url", "events", "message"),
    [
        ("ftp://example.org", ["round.opened"], "url: must be"),
        ("https://ann:secret@example.org", ["round.opened"], "url: must be"),
        ("/hook", ["round.opened"], "url: must be"),
        ("http://host:99999/", ["round.opened"], "a port that there can be"),
        ("http://host:port/", ["round.opened"], "a port that there can be"),
        ("http://host:0/", ["round.opened"], "url: must be"),
        ("http://[::1", ["round.opened"], "the name of a host"),
        ("http://a..b/", ["round.opened"], "the name of a host"),
        ("http://host/a b", ["round.opened"], "no blanks"),
        ("http://host/\tb", ["round.opened"], "no blanks"),
        ("http://host/\x00", ["round.opened"], "no blanks"),
        (" http://host/", ["round.opened"], "no blanks"),
        ("http://host/ü", ["round.opened"], "only ASCII"),
        ("https://example.org", [], "events: must be at least one"),
        ("https://example.org", ["round.opend"], "Did you mean 'round.opened'"),
    ],
)
def test_a_wrong_webhook_is_refused(work: Any, url: str, events: list[str], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        hooks.add(work, url, events)
    assert hooks.listed(work) == []


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64!", "whsec_abc", "whsec_ü", "\ud800 and more of it"])
def test_a_secret_that_could_sign_nothing_is_refused(work: Any, secret: str) -> None:
    with pytest.raises(InvalidInput, match="secret: must be"):
        hooks.add(work, "https://example.org", ["round.opened"], secret=secret)
    assert hooks.listed(work) == []


def test_any_text_may_be_a_secret(work: Any) -> None:
    assert hooks.add(work, "https://example.org:8443/a?b=c", ["round.opened"], secret="any other text").secret


def test_a_delivery_that_cannot_be_made_is_put_off_with_nothing_of_what_it_said(work: Any) -> None:
    hook = hooks.add(work, "https://example.org", ["round.opened"])
    rounds.ask(work, 2)
    rounds.ask(work, 2)

    def broken(url: str, body: bytes, headers: Any) -> int:
        raise ValueError(f"cannot send {body!r}")

    assert hooks.deliver(work.database, broken) == 2, "the first does not keep the second from being tried"
    for each in hooks.deliveries(work, hook.id):
        assert (each.state, each.last_error) == ("waiting", "ValueError")


def test_a_delivery_whose_stored_secret_is_damaged_is_put_off(work: Any, listener: Listener) -> None:
    hook = hooks.add(work, listener.url, ["round.opened"])
    rounds.ask(work, 2)
    with work.database.transaction() as conn:
        conn.exec_driver_sql("UPDATE webhook SET secret = 'whsec_abc'")
    assert hooks.deliver(work.database, post) == 1
    assert listener.heard == []
    assert hooks.deliveries(work, hook.id)[0].last_error == "Error"


@pytest.mark.parametrize(
    ("url", "why"), [("http://[::1", "ValueError"), ("http://host:99999/", "ValueError"), ("http:///", "no host")]
)
def test_an_address_that_leads_nowhere_is_no_answer(url: str, why: str) -> None:
    with pytest.raises(OSError, match=why):
        post(url, b"{}", {})


def test_one_who_answers_a_letter_at_a_time_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        ended = threading.Event()

        def drip() -> None:
            other, _ = server.accept()
            with other, contextlib.suppress(OSError):
                other.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not ended.wait(0.02):
                    other.sendall(b"a")

        dripping = threading.Thread(target=drip)
        dripping.start()
        began = time.monotonic()
        try:
            with pytest.raises(TimeoutError, match=r"within 0\.3 s"):
                post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, within_s=0.3)
        finally:
            ended.set()
            dripping.join()
    assert time.monotonic() - began < 5
    assert DEADLINE_S < outbox.BUSY_S


def test_a_courier_goes_on_after_an_error_of_any_kind(
    work: Any, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks.add(work, listener.url, ["round.opened"])
    deliver = hooks.deliver
    noticed: list[Any] = []
    told = threading.Event()

    def once_broken(*words: Any, **options: Any) -> int:
        if not noticed:
            raise RuntimeError
        n = deliver(*words, **options)
        if n:
            told.set()
        return n

    monkeypatch.setattr(hooks, "deliver", once_broken)
    courier = Courier(work.database, poll_s=0.02, notice=lambda *said: noticed.append(said))
    courier.start()
    rounds.ask(work, 2)
    assert told.wait(10)
    courier.stop()
    assert noticed == [("courier.trouble", {"error": "RuntimeError"})]
