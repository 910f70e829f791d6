"""Drift over HTTP and by the client."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from querist.client import Client
from querist.core.errors import InvalidInput
from querist.service import drifting


def fresh(text_of: Callable[[int], str], n: int) -> list[dict[str, str]]:
    return [{"text": f"{text_of(1000 + i)} zebra zebra"} for i in range(n)]


def test_a_look_is_made_kept_and_shown(served: Any, text_of: Callable[[int], str]) -> None:
    manager, auditor = served["manager"], served["auditor"]
    assert auditor.get("projects/topics/drift") == {"drift": None}
    found = manager.post("projects/topics/drift", {"items": fresh(text_of, 60), "level": 0.1})
    assert found["recent"] == "the items given"
    assert (found["n_reference"], found["n_recent"], found["level"], found["model"]) == (40, 60, 0.1, None)
    assert {check["name"] for check in found["checks"]} >= {"classifier", "mmd", "fields"}
    assert found["plan"]["action"] == "reopen"
    assert found["items"][0].startswith("item ")
    assert auditor.get("projects/topics/drift")["drift"] == found
    assert drifting.last(served.work).command == found["command"]


@pytest.mark.parametrize("body", [{"level": 0}, {"items": []}, {"since": "yesterday"}, {"items": [{"text": "a"}]}])
def test_a_look_that_cannot_be_is_refused_and_not_kept(served: Any, body: dict[str, Any]) -> None:
    answer = served["manager"].ask("POST", "projects/topics/drift", json=body)
    assert answer.status_code == 422
    assert served["auditor"].get("projects/topics/drift") == {"drift": None}


def test_the_client_looks_and_reads_what_was_found(served: Any, text_of: Callable[[int], str]) -> None:
    key = served.key("manager", "read", "annotate", "manage")["Authorization"].removeprefix("Bearer ")
    with Client("http://testserver", key=key, transport=served.client._transport) as client:
        project = client.project("topics")
        assert project.last_drift() is None
        found = project.drift(fresh(text_of, 60))
        assert {check.name for check in found.checks if check.drifted} >= {"classifier"}
        assert project.last_drift() == found
        with pytest.raises(InvalidInput, match="recent: must hold items that came in later than the rest"):
            project.drift()
