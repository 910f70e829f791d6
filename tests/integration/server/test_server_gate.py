"""The gate over HTTP: decided, told of, and followed while a model is in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from querist.client import Client
from querist.core.errors import InvalidInput
from querist.core.gate import GateRules
from querist.service.driving import Driver


@pytest.fixture
def client(served: Any) -> Iterator[Client]:
    """A client with the key of a manager."""
    key = served.key("manager", "read", "annotate", "manage")["Authorization"].removeprefix("Bearer ")
    with Client("http://testserver", key=key, transport=served.client._transport) as opened:
        yield opened


@pytest.fixture
def moods(client: Client, served: Any, text_of: Callable[[int], str]) -> Any:
    """A project with a labeled test set, and a way to learn from some more items."""
    project = client.create("moods", classes=["glad", "sad"], target="mood", test_share=0.5, settings={"overlap": 1})
    project.add({"id": f"t{i}", "text": f"{text_of(i)} {'sun' if i % 2 else 'rain'}"} for i in range(120))
    driver = Driver(served.state.workspaces)

    def tell(asked: Any) -> None:
        project.tell({entry.item_id: "glad" if int(entry.item_id[1:]) % 2 else "sad" for entry in asked.entries})

    def learn(n: int) -> None:
        tell(project.ask(n))
        project.train(wait_s=None)
        assert driver.step()

    tell(project.ask(40, split="test"))
    learn(6)
    return project, learn


def test_a_decision_is_made_and_told_of(served: Any, moods: Any) -> None:
    project, learn = moods
    assert project.gate_standing().promoted is None
    assert project.gate().promoted == 1
    learn(30)
    found = project.gate(rules=GateRules(margin=0.001))
    newest = found.model
    assert (found.opens, found.champion, found.promoted) == (False, 1, 1)
    opened = project.gate(rules=GateRules(margin=0.5, part_margin=0.6, small="together"))
    assert (opened.opens, opened.promoted) == (True, newest)
    standing = project.gate_standing()
    assert [each.decision for each in standing.history[:2]] == [opened, found]
    assert standing.history[0].by == "manager"
    body = served["auditor"].get("projects/moods/gate")
    assert body["promoted"] == newest
    assert "kept" not in str(body), "what was answered of each item stays where it is"
    with pytest.raises(InvalidInput, match="must be newer than the promoted one"):
        project.gate()


def test_outcomes_come_in_while_a_model_is_in_use(moods: Any) -> None:
    project, learn = moods
    project.gate()
    learn(20)
    newest = len(project.curve())
    first = project.gate_observe([[1, 0], [1, 1]], model=newest, key="one")
    again = project.gate_observe([[1, 0], [1, 1]], model=newest, key="one")
    assert first.rollout == again.rollout
    assert (first.rollout.n, first.share, first.champion) == (2, 0.0, 1)
    assert project.gate_observe([[1, 0]] * 10).share == 0.01
    assert project.gate_observe([[0, 1]] * 100).share == 0.0
    assert project.gate_standing().rollout.is_closed


@pytest.mark.parametrize(
    "body",
    [
        {"pairs": [[1, 0, 1]]},
        {"pairs": [[1, 2]]},
        {"pairs": [1, 0]},
        {"pairs": [[1, 0]], "margin": 0},
        {"pairs": [[1, 0]], "level": 0.2},
    ],
)
def test_pairs_that_are_none_are_refused(served: Any, body: Any) -> None:
    answer = served["manager"].ask("POST", "projects/topics/gate/observe", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "invalid_input"


def test_only_managers_decide_and_only_those_who_may_see_items_look(served: Any) -> None:
    for visitor in (served["annotator"], served["auditor"]):
        assert visitor.ask("POST", "projects/topics/gate", json={}).status_code == 403
        assert visitor.ask("POST", "projects/topics/gate/observe", json={"pairs": []}).status_code == 403
    assert served["annotator"].ask("GET", "projects/topics/gate").status_code == 403
    assert served["auditor"].get("projects/topics/gate")["history"] == []
