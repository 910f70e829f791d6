"""The Python client: the verbs of `querist.open`, against a server."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

import querist
from querist.client import Client
from querist.core.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    NotSignedIn,
    PoolExhausted,
    QueristError,
    RowsRejected,
    TooMany,
)
from querist.core.schema import Schema
from querist.core.state import Answer
from querist.service.driving import Driver


@pytest.fixture
def client(served: Any) -> Iterator[Client]:
    """A client with the key of a manager."""
    key = served.key("manager", "read", "annotate", "manage")["Authorization"].removeprefix("Bearer ")
    with Client("http://testserver", key=key, transport=served.client._transport) as opened:
        yield opened


def test_a_project_is_made_labeled_and_exported_from_python(
    client: Client, served: Any, tmp_path: Path, text_of: Callable[[int], str]
) -> None:
    project = client.create("moods", classes=["glad", "sad"], target="mood", test_share=0.25, settings={"overlap": 1})
    added = project.add({"id": f"t{i}", "text": text_of(i)} for i in range(40))
    assert (added.n_added, added.kinds, added.source) == (40, {"text": "text"}, "python")
    test = project.ask(6, split="test")
    asked = project.ask(8)
    assert asked.target == "mood"
    assert len(asked.entries) == len({entry.item_id for entry in asked.entries}) == 8
    truth = {
        entry.item_id: "glad" if int(entry.item_id[1:]) % 2 else "sad" for entry in (*test.entries, *asked.entries)
    }
    told = project.tell(truth)
    assert (told.n_labeled, told.n_pending) == (14, 0)
    assert project.pending().entries == ()
    driver = Driver(served.state.workspaces)
    job = project.train(wait_s=None)
    assert (job.state, job.kind, job.requested_by) == ("waiting", "train", "manager")
    assert driver.step()
    assert project.jobs()[0].state == "done"
    assert [set(point.metrics) >= {"accuracy"} for point in project.curve()] == [True]
    status = project.status()
    assert status.project == "moods"
    assert {each.split: each.n_labeled for each in status.splits}["pool"] == 8
    assert project.freeze("for June").created is False  # training has frozen these very labels
    written = project.export(tmp_path / "labels.csv")
    with (tmp_path / "labels.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["id"]: row["mood"] for row in rows} == truth
    assert written.n_rows == len(truth)
    assert project.report(tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")
    assert project.verify() == []


def test_a_file_is_added_as_one_says_how_to_read_it(client: Client, tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_bytes(
        'id,text,year\n1,caf\u00e9 "open,1999\n1,caf\u00e9 shut,2001\n'.encode("latin-1")
    )
    project = client.create("old", classes=["a", "b"], test_share=0)
    how = {"encoding": "latin-1", "quote": "none", "kinds": {"year": "category"}, "id_column": ""}
    assert dict(project.add(tmp_path / "old.csv", **how).kinds) == {
        "id": "ignored",
        "text": "text",
        "year": "category",
    }
    with querist.open("old", f"sqlite:///{tmp_path}/p.db", classes=["a", "b"], test_share=0) as local:
        assert local.add(tmp_path / "old.csv", **how).n_added == 2


def test_answers_told_twice_count_once(client: Client) -> None:
    project = client.project("topics")
    first = project.pending().entries[0].item_id
    answer = Answer(first, "billing", "somebody else", idempotency_key="k1")
    assert project.tell([answer]).n_labeled == 1
    assert project.tell([answer]).n_repeated == 1
    assert [row.item_id for row in project.items(annotator="somebody else")] == [first]


def test_a_program_answers_beside_people(client: Client) -> None:
    project = client.project("topics")
    claimed = project.claim(3)
    assert claimed.nothing is None
    first, second, third = claimed.assignments
    assert project.submit(first, "billing").state == "done"
    assert project.submit(first, "billing", key="again").value == "billing"
    assert project.skip(second, "unclear").state == "open"
    assert project.release([third]) == [third.slot]
    assert project.submit(second, "delivery").value == "delivery"


def test_every_item_is_read_page_by_page(client: Client, text_of: Callable[[int], str]) -> None:
    project = client.project("topics")
    project.add({"id": f"more {i}", "text": f"One more: {text_of(1000 + i)}"} for i in range(450))
    assert len({row.item_id for row in project.items()}) == 490
    assert len(list(project.items(search="one MORE"))) == 450
    assert len(list(project.items(state="pending"))) == 5


def test_rounds_are_made_by_the_worker_and_undone(client: Client, served: Any) -> None:
    project = client.project("topics")
    project.open_round(4, wait_s=None)
    with pytest.raises(Conflict):
        project.open_round(wait_s=None)
    Driver(served.state.workspaces).step()
    assert len(project.pending().entries) == 9
    assert project.withdraw(2) == 4
    project.pause()
    claimed = project.claim()
    assert claimed.nothing is not None
    assert claimed.nothing.code == "paused"
    project.resume()
    assert project.claim().assignments


@pytest.mark.parametrize(
    ("do", "error"),
    [
        (lambda c: c.project("nonesuch"), NotFound),
        (lambda c: c.project("topics").ask(1, split="elsewhere"), InvalidInput),
        (lambda c: c.project("topics").ask(5000) and c.project("topics").ask(5000), PoolExhausted),
        (lambda c: c.create("topics", classes=["a", "b"]), Conflict),
        (lambda c: c.project("topics").tell({"nonesuch": "billing"}), InvalidInput),
        (lambda c: c.project("topics").add("no/such/file.csv"), InvalidInput),
        (lambda c: c.create("odd", schema=Schema("n", (), "number")).add([{"id": "1"}]), InvalidInput),
        (lambda c: c._wire.post("people", {"name": "x", "role": "admin", "password": "x" * 12}), Forbidden),
    ],
)
def test_an_error_of_the_server_is_raised_as_the_class_that_it_is_there(client: Client, do: Any, error: type) -> None:
    with pytest.raises(error) as raised:
        do(client)
    assert ": must" in str(raised.value) or "Ask" in str(raised.value) or "Every item" in str(raised.value)


def test_a_project_says_which_it_is(client: Client) -> None:
    assert repr(client.project("topics")) == "RemoteProject('topics' at http://testserver)"
    with Client("http://ann:secret@host:8700/", key="qk_no") as other:
        assert other._wire.url == "http://host:8700"


def test_refused_rows_come_with_their_lines(client: Client) -> None:
    with pytest.raises(RowsRejected) as raised:
        client.project("topics").add([{"id": "a", "text": "one"}, {"id": None, "text": "two"}])
    assert [(row.line, row.message) for row in raised.value.rows] == [(2, "it has no id; fill in the column 'id'.")]


def test_a_key_that_is_not_good_is_refused(served: Any) -> None:
    with (
        Client("http://testserver", key="qk_no", transport=served.client._transport) as client,
        pytest.raises(NotSignedIn),
    ):
        client.projects()


def test_a_key_as_it_is_read_from_a_file_is_good(served: Any) -> None:
    key = served.key("manager", "read")["Authorization"].removeprefix("Bearer ")
    with Client("http://testserver", key=f" {key}\r\n", transport=served.client._transport) as client:
        assert [each.name for each in client.projects()]


@pytest.mark.parametrize("key", ["", " \n", "qk_secret\nqk_secret", "qk_secr\x00et", "qk_secr\u00e9t", None])
def test_a_key_that_no_header_can_hold_is_refused_without_being_repeated(key: Any) -> None:
    with pytest.raises(InvalidInput, match="key: must be") as raised:
        Client("http://testserver", key=key)
    assert "secr" not in str(raised.value)


class Broken(httpx2.BaseTransport):
    """A network that breaks at the given requests, before or after they reached the server."""

    def __init__(self, inner: Any, *breaks: Exception | int | None) -> None:
        self._inner = inner
        self._breaks = list(breaks)
        self.sent = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent += 1
        trouble = self._breaks.pop(0) if self._breaks else None
        if isinstance(trouble, httpx2.ConnectError):
            raise trouble
        if isinstance(trouble, int):
            return httpx2.Response(trouble, headers={"Retry-After": "0"}, json={"error": {}})
        answer: httpx2.Response = self._inner.handle_request(request)
        if trouble is not None:
            raise trouble
        return answer


@pytest.fixture
def broken(served: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a client on a broken network."""
    monkeypatch.setattr("querist.client.wire.FIRST_PAUSE_S", 0.001)
    key = served.key("manager", "read", "annotate", "manage")["Authorization"].removeprefix("Bearer ")

    def make(*breaks: Exception | int | None) -> tuple[Client, Broken]:
        network = Broken(served.client._transport, *breaks)
        return Client("http://testserver", key=key, transport=network), network

    return make


def test_an_answer_whose_acknowledgment_was_lost_is_sent_again_and_counts_once(broken: Any) -> None:
    client, network = broken(None, None, httpx2.ReadError("gone"), httpx2.ReadTimeout("late"))
    project = client.project("topics")
    first = project.pending().entries[0].item_id
    told = project.tell({first: "billing"})
    assert network.sent == 5
    assert (told.n_repeated, told.n_labeled) == (1, 0)  # the first time it was taken in
    assert [row.n_answers for row in project.items(state="labeled")] == [1]


def test_what_would_count_twice_is_not_sent_again(broken: Any) -> None:
    client, network = broken(None, httpx2.ReadError("gone"))
    project = client.project("topics")
    with pytest.raises(QueristError, match="server: must be reachable"):
        project.ask(3)
    assert network.sent == 2
    assert len(project.pending().entries) == 8  # it was asked, once


def test_a_server_that_starts_up_or_is_busy_is_waited_for(broken: Any) -> None:
    client, network = broken(httpx2.ConnectError("refused"), 503, 502, None)
    assert client.project("topics").name == "topics"
    assert network.sent == 4


def test_a_server_that_is_gone_is_said_to_be(broken: Any) -> None:
    client, network = broken(*[httpx2.ConnectError("refused")] * 9)
    with pytest.raises(QueristError, match=r"server: must be reachable; http://testserver.*: refused\. Check"):
        client.projects()
    assert network.sent == 5


def test_too_many_attempts_say_when_to_come_back(served: Any) -> None:
    def many(_: Any) -> httpx2.Response:
        body = {"error": {"code": "too_many", "message": "password: too many.", "hint": "Wait."}}
        return httpx2.Response(429, headers={"Retry-After": "77"}, json=body)

    with (
        Client("http://testserver", key="qk_x", transport=httpx2.MockTransport(many)) as client,
        pytest.raises(TooMany) as raised,
    ):
        client.projects()
    assert raised.value.retry_after_s == 77


def test_what_is_no_server_of_ours_is_said_to_be_none() -> None:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(404, text="<html>nothing here</html>"))
    with (
        Client("http://testserver", key="qk_x", transport=transport) as client,
        pytest.raises(QueristError, match="must answer as Querist does; it answered 404"),
    ):
        client.projects()


def test_the_client_is_a_name_of_the_package() -> None:
    assert querist.Client is Client
