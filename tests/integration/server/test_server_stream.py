"""The stream over HTTP: by a key, in milliseconds, into the queue that annotators are served from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from querist.service import streaming

PATH = "projects/topics/stream"


def test_items_are_decided_on_and_the_asked_are_handed_out(served: Any, text_of: Callable[[int], str]) -> None:
    body = {"items": [{"id": f"s{i}", "text": text_of(1000 + i)} for i in range(60)], "budget": 0.2}
    found = served["manager"].post(PATH, body)
    assert [each["id"] for each in found["decisions"]] == [f"s{i}" for i in range(60)]
    asked = [each["id"] for each in found["decisions"] if each["ask"]]
    assert (found["n_seen"], found["n_asked"], found["budget"]) == (60, len(asked), 0.2)
    assert 10 <= len(asked) <= 14
    assert all(0.02 <= each["propensity"] <= 1 for each in found["decisions"])
    assert streaming.enqueue(served.work) == len(asked), "the worker's part"
    waiting = served["auditor"].get("projects/topics/pending")["entries"]
    assert {each["item_id"] for each in waiting} >= set(asked)
    assert "".join(each["reason"] for each in waiting if each["item_id"] in asked).count("there is no model yet") > 5


def test_a_call_sent_again_is_answered_alike(served: Any, text_of: Callable[[int], str]) -> None:
    body = {"items": [{"id": f"s{i}", "text": text_of(3000 + i)} for i in range(20)], "key": "once"}
    first = served["manager"].post(PATH, body)
    assert served["manager"].post(PATH, body) == first
    other = served["manager"].ask("POST", PATH, json={"items": [{"text": text_of(1)}], "key": "once"})
    assert (other.status_code, other.json()["error"]["code"]) == (409, "conflict")
    assert served["manager"].post(PATH, {"items": []})["n_seen"] == 20


def test_only_managers_send_a_stream(served: Any, text_of: Callable[[int], str]) -> None:
    body = {"items": [{"text": text_of(2000)}]}
    assert served["ann"].ask("POST", PATH, json=body).status_code == 403
    assert served["auditor"].ask("POST", PATH, json=body).status_code == 403
    assert served.nobody.ask("POST", PATH, json=body).status_code == 401
    assert served.nobody.ask("POST", PATH, json=body, headers=served.key("manager", "manage")).status_code == 201


def test_a_wrong_item_is_refused_and_nothing_is_decided(served: Any, text_of: Callable[[int], str]) -> None:
    answer = served["manager"].ask("POST", PATH, json={"items": [{"text": text_of(1), "size": 3}]})
    assert answer.status_code == 422
    assert "must have fields of the project" in answer.json()["error"]["message"]
    assert served["manager"].post(PATH, {"items": []})["n_seen"] == 0
