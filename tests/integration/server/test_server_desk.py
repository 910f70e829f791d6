"""The annotator's desk over HTTP. What the queue does is tested below it; here, that it can be had by a page."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

PROJECT = "projects/topics"


def _act(assignment: dict[str, Any], key: str, action: str = "submit", **more: Any) -> dict[str, Any]:
    body = {"key": key, "action": action, "slot": assignment["slot"], "token": assignment["token"]}
    body |= {"item_id": assignment["item_id"], "content_hash": assignment["content_hash"]}
    return body | {"schema_version": assignment["schema_version"]} | more


def test_a_page_that_is_gone_before_its_request_was_here_is_no_fault(
    served: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    ann = served["ann"]
    scope = {
        "type": "http",
        "method": "POST",
        "scheme": "http",
        "path": f"/api/{PROJECT}/release",
        "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"cookie", f"querist_session={ann.cookie}".encode())],
        "client": ("testclient", 1),
        "server": ("testserver", 80),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(served.app(scope, receive, send))
    assert sent == []
    said = capsys.readouterr()
    assert '"status": 499' in said.out + said.err
    assert "ClientDisconnect" not in said.out + said.err


def test_a_page_is_given_items_up_to_what_it_wants_to_hold(served: Any) -> None:
    ann = served["ann"]
    first = ann.post(f"{PROJECT}/claims", {"n": 2, "tab": "one"})
    assert len(first["assignments"]) == 2
    held = [each["slot"] for each in first["assignments"]]
    more = ann.post(f"{PROJECT}/claims", {"n": 3, "tab": "one", "have": held})["assignments"]
    assert len(more) == 1
    assert more[0]["slot"] not in held
    assert more[0]["purpose"] == "label"
    assert more[0]["fields"].keys() == {"text"}
    until = datetime.fromisoformat(more[0]["lease_until"])
    assert abs(until - datetime.now(UTC) - timedelta(seconds=more[0]["lease_s"])) < timedelta(seconds=5)
    assert ann.post(f"{PROJECT}/claims", {"n": 1, "have": held}) == {"assignments": [], "nothing": None}


def test_what_a_page_holds_no_longer_is_not_counted_as_held(served: Any) -> None:
    ann = served["ann"]
    first = ann.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    ann.post(f"{PROJECT}/release", {"slots": [{"slot": first["slot"], "token": first["token"]}]})
    more = ann.post(f"{PROJECT}/claims", {"n": 1, "have": [first["slot"], first["slot"], 9999]})
    assert len(more["assignments"]) == 1


def test_there_is_a_word_on_why_there_is_nothing(served: Any) -> None:
    served["manager"].post(f"{PROJECT}/pause")
    nothing = served["ann"].post(f"{PROJECT}/claims", {"n": 1})["nothing"]
    assert nothing["code"] == "paused"
    assert nothing["message"].endswith(".")
    assert nothing["retry_s"] > 0


def test_what_another_window_holds_can_be_taken_over(served: Any) -> None:
    ann = served["ann"]
    first = ann.post(f"{PROJECT}/claims", {"n": 50, "tab": "one"})["assignments"]
    assert ann.post(f"{PROJECT}/claims", {"n": 1, "tab": "two"})["nothing"]["code"] == "held_by_you"
    taken = ann.post(f"{PROJECT}/claims", {"n": 50, "tab": "two", "take": True})["assignments"]
    assert {each["item_id"] for each in taken} == {each["item_id"] for each in first}


def test_answers_are_kept_once_under_their_key(served: Any) -> None:
    ann = served["ann"]
    assignment = ann.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    act = _act(assignment, "key 1", value="billing", shown_at="2026-03-01T12:00:00Z", active_ms=1200)
    first = ann.post(f"{PROJECT}/answers", act)
    assert (first["state"], first["late"], first["repeated"], first["value"]) == ("done", False, False, "billing")
    again = ann.post(f"{PROJECT}/answers", act)
    assert again == first | {"repeated": True, "late": again["late"]}
    life = served["manager"].get(f"{PROJECT}/items/{assignment['item_id']}")
    assert [event["id"] for event in life["events"]] == [first["event_id"]]


def test_an_undo_hands_the_item_back(served: Any) -> None:
    ann = served["ann"]
    assignment = ann.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    done = ann.post(f"{PROJECT}/answers", _act(assignment, "key 1", value="billing"))
    undo = {"key": "key 2", "action": "undo", "item_id": assignment["item_id"], "supersedes": done["event_id"]}
    back = ann.post(f"{PROJECT}/answers", undo)
    assert back["assignment"]["item_id"] == assignment["item_id"]
    assert back["value"] is None


def test_what_was_overtaken_is_told_with_both_words(served: Any) -> None:
    ann = served["ann"]
    assignment = ann.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    first = ann.post(f"{PROJECT}/answers", _act(assignment, "key 1", value="billing"))
    undo = {"key": "key 2", "action": "undo", "item_id": assignment["item_id"], "supersedes": first["event_id"]}
    second = ann.post(f"{PROJECT}/answers", undo)
    revise = _act(assignment, "key 3", "revise", value="delivery", supersedes=first["event_id"])
    late = ann.ask("POST", f"{PROJECT}/answers", json=revise)
    body = late.json()
    assert (late.status_code, body["error"]["code"], body["mine"]) == (409, "conflict", "delivery")
    assert (body["theirs"]["id"], body["theirs"]["action"]) == (second["event_id"], "undo")


def test_nobody_is_shown_what_others_said(served: Any) -> None:
    served["manager"].patch(PROJECT, {"settings": {"overlap": 2}})
    ann, bob = served["ann"], served["bob"]
    bobs = bob.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    bob.post(f"{PROJECT}/answers", _act(bobs, "bob 1", value="billing"))
    told = {"key": "ann 1", "action": "undo", "item_id": bobs["item_id"], "supersedes": "none"}
    refused = ann.ask("POST", f"{PROJECT}/answers", json=told)
    assert refused.status_code >= 400
    assert "billing" not in refused.text
    for path in ("items", f"items/{bobs['item_id']}", "rounds/1", "people", "status", "export", "report", "pending"):
        assert ann.ask("GET", f"{PROJECT}/{path}").status_code == 403, path
    assert "billing" not in json.dumps(ann.get(f"{PROJECT}/history"))


def test_an_answer_that_is_none_changes_nothing(served: Any) -> None:
    ann = served["ann"]
    assignment = ann.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    for wrong in (
        {"value": "biling"},
        {"value": None},
        {"value": ["billing"]},
        {"value": "billing", "content_hash": "other"},
        {"value": "billing", "item_id": "m039" if assignment["item_id"] != "m039" else "m038"},
        {"value": "billing", "shown_at": "yesterday"},
        {"value": "billing", "active_ms": -1},
        {"value": "bil\x00ling"},
    ):
        answer = ann.ask("POST", f"{PROJECT}/answers", json=_act(assignment, "key", **wrong))
        assert answer.status_code in (409, 422), wrong
        assert answer.json()["error"]["message"]
    assert ann.get(f"{PROJECT}/pace")["total"] == 0


def test_leases_are_renewed_lost_and_given_back_by_a_page_that_closes(served: Any) -> None:
    ann, bob = served["ann"], served["bob"]
    held = ann.post(f"{PROJECT}/claims", {"n": 2})["assignments"]
    slots = [{"slot": each["slot"], "token": each["token"]} for each in held]
    kept = ann.post(f"{PROJECT}/leases", {"slots": [*slots, {"slot": 999, "token": "x"}]})
    assert ([each["slot"] for each in kept["kept"]], kept["lost"]) == ([each["slot"] for each in held], [999])
    assert bob.post(f"{PROJECT}/leases", {"slots": slots})["kept"] == []
    beacon = json.dumps({"slots": slots, "csrf": ann.csrf})
    headers = {"Content-Type": "text/plain;charset=UTF-8", "Origin": "http://testserver"}
    forged = beacon.replace(ann.csrf, bob.csrf)
    assert ann.ask("POST", f"{PROJECT}/release", csrf=False, content=forged, headers=headers).status_code == 403
    sent = ann.ask("POST", f"{PROJECT}/release", csrf=False, content=beacon, headers=headers)
    assert sent.json() == {"released": sorted(each["slot"] for each in held)}


def test_what_was_begun_is_there_after_a_reload(served: Any) -> None:
    ann = served["ann"]
    assignment = ann.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    draft = {"token": assignment["token"], "value": "billing", "note": "perhaps"}
    assert ann.ask("PUT", f"{PROJECT}/drafts/{assignment['slot']}", json=draft).status_code == 204
    released = {"slots": [{"slot": assignment["slot"], "token": assignment["token"]}]}
    ann.post(f"{PROJECT}/release", released)
    again = ann.post(f"{PROJECT}/claims", {"n": 5})["assignments"]
    drafts = {each["item_id"]: each["draft"] for each in again}
    assert drafts[assignment["item_id"]] in (None, {"value": "billing", "note": "perhaps"})


def test_history_and_pace_are_ones_own(served: Any) -> None:
    ann, bob = served["ann"], served["bob"]
    for i, each in enumerate(ann.post(f"{PROJECT}/claims", {"n": 3})["assignments"]):
        ann.post(f"{PROJECT}/answers", _act(each, f"key {i}", value="billing", active_ms=2000))
    page = ann.get(f"{PROJECT}/history?limit=2")
    assert len(page["acts"]) == 2
    assert page["acts"][0]["preview"]
    assert page["acts"][0]["editable"] is True
    rest = ann.get(f"{PROJECT}/history?before={page['next']}")
    assert (len(rest["acts"]), rest["next"]) == (1, None)
    assert bob.get(f"{PROJECT}/history") == {"acts": [], "next": None}
    pace = ann.get(f"{PROJECT}/pace")
    assert (pace["today"], pace["total"], pace["median_s"], pace["left"]) == (3, 3, 2.0, 2)


def test_instructions_have_versions_that_one_has_read(served: Any) -> None:
    ann, manager = served["ann"], served["manager"]
    assert ann.get(f"{PROJECT}/instructions")["version"] is None
    manager.patch(PROJECT, {"instructions": "Read it **twice**."})
    told = ann.get(f"{PROJECT}/instructions")
    assert (told["version"], told["text"], told["read_version"]) == (1, "Read it **twice**.", None)
    ann.post(f"{PROJECT}/instructions/read", {"version": 1})
    assert ann.get(f"{PROJECT}/instructions")["read_version"] == 1
    manager.patch(PROJECT, {"instructions": "Read it once."})
    told = ann.get(f"{PROJECT}/instructions")
    assert (told["version"], told["read_version"]) == (2, 1)


def test_a_project_is_changed_all_of_it_or_nothing(served: Any) -> None:
    manager = served["manager"]
    before = manager.get(PROJECT)
    for wrong in (
        {"settings": {"overlap": 0}},
        {"settings": {"quorum": 2.0}},
        {"settings": {"odd": 1}},
        {"policy": {"batch_size": 0}},
        {"policy": {"strategy": "nonesuch"}},
        {"display": {"text": "odd"}},
        {"display": {"nonesuch": "text"}},
    ):
        answer = manager.ask("PATCH", PROJECT, json={"instructions": "New.", **wrong})
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input"), wrong
    assert manager.get(PROJECT) == before
    changed = manager.patch(
        PROJECT,
        {
            "settings": {"overlap": 3, "deadline_s": 60},
            "policy": {"batch_size": 7, "budget": {"labels": 100}},
            "display": {"text": "markdown"},
        },
    )
    assert (changed["settings"]["overlap"], changed["settings"]["lease_s"]) == (3, 600)
    assert (changed["policy"]["batch_size"], changed["policy"]["budget"]) == (7, {"labels": 100, "usd": None})
    assert changed["display"] == {"text": "markdown"}
    assert manager.patch(PROJECT, {"settings": {"deadline_s": None}})["settings"]["deadline_s"] is None


def test_webhooks_are_kept_and_their_secret_shown_once(served: Any) -> None:
    manager = served["manager"]
    made = manager.post(f"{PROJECT}/webhooks", {"url": "https://example.org/hook", "events": ["answer.recorded"]})
    assert made["secret"].startswith("whsec_")
    assert "secret" not in manager.get(f"{PROJECT}/webhooks")["webhooks"][0]
    item = "m001"
    manager.post(f"{PROJECT}/tell", {"answers": [{"item_id": item, "value": "billing"}]})
    path = f"{PROJECT}/webhooks/{made['id']}"
    assert [each["state"] for each in manager.get(f"{path}/deliveries")["deliveries"]] in ([], ["waiting"])
    assert manager.ask("DELETE", path).status_code == 204
    assert manager.get(f"{PROJECT}/webhooks") == {"webhooks": []}
    for url in ("ftp://example.org/x", "https://u:p@example.org/x", "nothing at all"):
        body = {"url": url, "events": ["answer.recorded"]}
        assert manager.ask("POST", f"{PROJECT}/webhooks", json=body).status_code == 422


def test_progress_and_curve_are_for_everybody_who_labels(served: Any) -> None:
    progress = served["ann"].get(f"{PROJECT}/progress")
    assert progress["items"]["pool"] + progress["items"]["test"] == 40
    assert progress["queue"] == {"open": 5, "leased": 0, "done": 0, "skipped": 0, "flagged": 0}
    assert progress["rounds"] == {"number": 1, "n_asked": 5, "n_answered": 0}
    assert progress["state"] == "labeling"
    curve = served["ann"].get(f"{PROJECT}/curve")
    assert (curve["points"], curve["random"]) == ([], None)
    assert curve["note"].startswith("No model was measured yet")


def test_a_key_is_of_one_act_alone(served: Any) -> None:
    ann = served["ann"]
    assignment = ann.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    flag = _act(assignment, "one", "flag")
    ann.post(f"{PROJECT}/answers", flag)
    assert ann.post(f"{PROJECT}/answers", flag)["repeated"]
    for other in (_act(assignment, "one", "skip"), _act(assignment, "one", value="billing")):
        refused = ann.ask("POST", f"{PROJECT}/answers", json=other)
        assert refused.status_code == 409
        assert "with another" in refused.json()["error"]["message"]
    done = ann.post(f"{PROJECT}/answers", _act(assignment, "two", value="billing"))
    undo = _act(assignment, "one", "undo", supersedes=done["event_id"])
    assert ann.ask("POST", f"{PROJECT}/answers", json=undo).status_code == 409
    skipped = ann.post(f"{PROJECT}/answers", _act(assignment, "three", "undo", supersedes=done["event_id"]))
    assert not skipped["repeated"]


def test_an_act_that_was_recorded_is_acknowledged_again_whatever_came_after_it(served: Any) -> None:
    ann = served["ann"]
    assignment = ann.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    first = ann.post(f"{PROJECT}/answers", _act(assignment, "first", value="billing"))
    bare = {"key": "revised", "action": "revise", "item_id": assignment["item_id"], "value": "delivery"}
    revised = ann.post(f"{PROJECT}/answers", bare | {"supersedes": first["event_id"]})
    for number, event in enumerate((revised["event_id"], first["event_id"])):
        ann.post(f"{PROJECT}/answers", _act(assignment, f"undo {number}", "undo", supersedes=event))
    again = ann.post(f"{PROJECT}/answers", bare | {"supersedes": first["event_id"]})
    assert (again["repeated"], again["event_id"]) == (True, revised["event_id"])


def test_what_cannot_be_kept_or_is_not_there_is_refused_and_changes_nothing(served: Any) -> None:
    ann = served["ann"]
    assignment = ann.post(f"{PROJECT}/claims", {"n": 1})["assignments"][0]
    deep: Any = "x"
    for _ in range(260):
        deep = [deep]
    for status, more in (
        (404, {"instruction_version": 7}),
        (422, {"instruction_version": 2**31}),
        (404, {"schema_version": 2**31 - 1}),
        (422, {"schema_version": 2**31}),
        (422, {"shown_at": "9999-12-31T23:59:59-12:00"}),
        (422, {"shown_at": "0001-01-01T00:00:00+12:00"}),
        (422, {"value": deep}),
        (422, {"value": deep, "content_hash": "other"}),
    ):
        refused = ann.ask("POST", f"{PROJECT}/answers", json=_act(assignment, "odd", value="billing") | more)
        assert refused.status_code == status, (more if "value" not in more else "deep", refused.text[:200])
        assert set(refused.json()) == {"error"}
    for version in (2, 2**31 - 1, 2**53 - 1):
        refused = ann.ask("POST", f"{PROJECT}/instructions/read", json={"version": version})
        assert refused.status_code == (404 if version < 2**31 else 422)
    refused = ann.ask("PATCH", "me", json={"preferences": {"a": deep}})
    assert refused.status_code == 422
    manager = served["manager"]
    refused = manager.ask(
        "POST", f"{PROJECT}/items", json={"items": [{"id": "deep", "fields": {"text": "a", "more": deep}}]}
    )
    assert refused.status_code == 422
    ann.get("session")
    assert ann.post(f"{PROJECT}/answers", _act(assignment, "odd", value="billing"))["state"] == "done"
