"""Items over HTTP: in from files and lists, found again page by page, and never more than data, whatever they hold."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "=cmd|'/c calc'!A1",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "'; DROP TABLE item; --",
    "../../../etc/passwd",
    "\u202eevil\u2066",
    "שלום עולם",
    "汉字 かな 한글",
    "👩‍👩‍👧‍👦 🏳️‍🌈 e\u0301",
    "\ufeffmark",
    "a" * 100_000,
]


def test_a_file_is_looked_into_before_anything_is_stored(served: Any) -> None:
    rows = "id,text,intent,price\n" + "".join(f"{i},some words about {i},{'ab'[i % 2]},{i}.5\n" for i in range(60))
    found = served["manager"].post("look", files={"file": ("tickets.csv", rows.encode())})
    assert [(c["name"], c["kind"], c["display"]) for c in found["columns"]] == [
        ("id", "number", "number"),
        ("text", "text", "text"),
        ("intent", "category", "text"),
        ("price", "number", "number"),
    ]
    assert found["suggested"] == {
        "label": "intent",
        "task": "choice",
        "classes": ["a", "b"],
        "id": "id",
        "text": "text",
    }
    assert (found["n_rows_seen"], len(found["rows"]), len(found["columns"][1]["examples"])) == (60, 10, 5)
    assert [each["name"] for each in served["manager"].get("projects")["projects"]] == ["topics"]


def test_the_classes_of_a_sorted_file_are_all_found(served: Any) -> None:
    rows = "text,topic\n" + "".join(f"words of number {i},class {i // 400:02d}\n" for i in range(12_000))
    found = served["manager"].post("look", files={"file": ("sorted.csv", rows.encode())})
    assert len(found["suggested"]["classes"]) == 30


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 excel", b"\x00\x01\x02", b"\xff\xfe\x00", b"a,a\n1,2\n", b"{}{"])
def test_what_is_no_table_is_refused(served: Any, content: bytes) -> None:
    for path in ("look", "projects/topics/items"):
        answer = served["manager"].ask("POST", path, files={"file": ("odd.csv", content)})
        assert (answer.status_code, answer.json()["error"]["code"]) in ((422, "invalid_input"), (422, "rows_rejected"))


def test_a_form_without_a_file_or_with_strange_fields_is_refused(served: Any) -> None:
    manager = served["manager"]
    for more in (
        {"data": {"label": "x"}, "files": {"other": ("x.csv", b"a\n1\n")}},
        {"files": {"file": (None, b"text")}},
    ):
        assert manager.ask("POST", "projects/topics/items", **more).status_code == 422
    strange = manager.ask(
        "POST", "projects/topics/items", data={"colour": "red"}, files={"file": ("x.csv", b"text\na\n")}
    )
    assert "form: must have known fields only; got 'colour'" in strange.json()["error"]["message"]


def test_a_file_is_added_with_its_labels_and_without_what_is_dropped(
    served: Any, text_of: Callable[[int], str]
) -> None:
    rows = [{"key": f"f{i}", "text": text_of(500 + i), "topic": "billing", "secret": f"s{i}"} for i in range(20)]
    body = "\n".join(map(json.dumps, rows)).encode()
    form = {"label": "topic", "drop": ["secret"], "id_column": "key", "split": "pool"}
    added = served["manager"].post("projects/topics/items", data=form, files={"file": ("x.jsonl", body)})
    assert (added["n_added"], added["n_labels"], added["splits"]) == (20, 20, {"pool": 20})
    page = served["manager"].get("projects/topics/items?state=labeled&label=billing")
    assert {row["item_id"] for row in page["items"]} == {f"f{i}" for i in range(20)}
    assert all(row["fields"].keys() == {"text"} for row in page["items"])


@pytest.mark.parametrize("wish", [{"drop": "id"}, {"id_column": ""}])
def test_a_column_named_id_that_names_no_item_is_no_id(served: Any, wish: dict[str, str]) -> None:
    manager = served["manager"]
    manager.post("projects", {"name": "turns", "target": "y", "classes": ["a", "b"], "test_share": 0})
    rows = b"id,text\nann,one is said\nann,two is said\nbob,three is said\n"
    file = {"file": ("turns.csv", rows)}
    assert manager.ask("POST", "projects/turns/items", files=file).json()["error"]["code"] == "rows_rejected"
    assert manager.post("projects/turns/items", files=file, data=wish)["n_added"] == 3
    # Whoever adds to it need not say again that it is a field.
    more = {} if "id_column" in wish else wish
    added = manager.post("projects/turns/items", files=file, data=more)
    assert (added["n_added"], added["n_repeated"]) == (0, 3)
    fields = manager.get("projects/turns/items")["items"][0]["fields"]
    assert fields == ({"text": "one is said"} if "drop" in wish else {"id": "ann", "text": "one is said"})


def test_a_file_is_read_as_the_form_says(served: Any) -> None:
    manager = served["manager"]
    manager.post("projects", {"name": "old", "target": "y", "classes": ["a", "b"], "test_share": 0})
    file = {"file": ("old.csv", 'id,text,year\n1,caf\u00e9 "open,1999\n2,caf\u00e9 shut,2001\n'.encode("latin-1"))}
    for path in ("look", "projects/old/items"):
        error = manager.ask("POST", path, files=file).json()["error"]
        assert error["hint"].endswith("say which `encoding` it has, often latin-1 or cp1252."), error
        assert "--" not in str(error)
        error = manager.ask("POST", path, files=file, data={"encoding": "klingon"}).json()["error"]
        assert error["message"].startswith("encoding: must be one Python knows"), error
        error = manager.ask("POST", path, files=file, data={"encoding": "latin-1", "quote": "?"}).json()["error"]
        assert error["message"].startswith("quote: must be one of 'double', 'none'"), error
    how = {"encoding": "latin-1", "quote": "none"}
    assert manager.post("look", files=file, data=how)["rows"][0]["text"] == 'caf\u00e9 "open'
    error = manager.ask("POST", "projects/old/items", files=file, data={**how, "kind": "year"}).json()["error"]
    assert error["message"] == "kind: must be NAME=KIND; got 'year'."
    added = manager.post("projects/old/items", files=file, data={**how, "kind": "year=category"})
    assert added["kinds"] == {"text": "text", "year": "category"}


def test_items_given_one_by_one_are_of_the_kinds_that_are_said(served: Any) -> None:
    manager = served["manager"]
    manager.post("projects", {"name": "years", "target": "y", "classes": ["a", "b"], "test_share": 0})
    items = [{"text": f"some words of {year}", "year": year} for year in (1999, 2001)]
    added = manager.post("projects/years/items", {"items": items, "kinds": {"year": "category"}})
    assert added["kinds"] == {"text": "text", "year": "category"}


def test_wrong_rows_are_named_and_none_is_taken(served: Any) -> None:
    rows = b"id,text,topic\n1,one,billing\n2,two,biling\n3,three,billing\n"
    answer = served["manager"].ask(
        "POST", "projects/topics/items", data={"label": "topic"}, files={"file": ("x.csv", rows)}
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "rows_rejected")
    assert error["message"] == "x.csv: every row must be right; 1 is not, so none was added."
    assert error["hint"] == "Mend it, then add again."
    assert error["rows"] == ["line 3 (2): the label 'biling' is not in the schema; did you mean 'billing'?"]
    assert served["manager"].ask("GET", "projects/topics/items/1").status_code == 404


@pytest.mark.parametrize("depth", [101, 400, 900])
def test_a_row_nested_too_deep_to_be_shown_is_refused_by_its_line(served: Any, depth: int) -> None:
    manager = served["manager"]
    deep = '{"id": "deep", "text": "some words", "more": ' + "[" * depth + "]" * depth + "}\n"
    rows = '{"id": "flat", "text": "other words", "more": [1]}\n' + deep
    found = manager.post("look", files={"file": ("deep.jsonl", rows.encode())})
    assert [row["more"] for row in found["rows"]] == [[1], "(nested more than 100 deep)"]
    assert manager.ask("POST", "projects", json={"name": "deep", "target": "y", "classes": ["a", "b"]}).is_success
    path = "projects/deep/items"
    answer = manager.ask("POST", path, files={"file": ("deep.jsonl", rows.encode())})
    assert answer.json()["error"]["rows"] == [
        "line 2: the field 'more' must be nested at most 100 deep; this is deeper. Flatten it."
    ]
    added = manager.post(path, files={"file": ("deep.jsonl", rows.encode())}, data={"drop": "more"})
    assert added["n_added"] == 2


def test_a_row_nested_as_deep_as_may_be_is_shown(served: Any) -> None:
    manager = served["manager"]
    manager.post("projects", {"name": "deep", "target": "y", "classes": ["a", "b"], "test_share": 0})
    rows = '{"id": "deep", "text": "some words", "more": ' + "[" * 100 + "]" * 100 + "}\n"
    manager.post("look", files={"file": ("deep.jsonl", rows.encode())})
    manager.post("projects/deep/items", files={"file": ("deep.jsonl", rows.encode())})
    assert [each["item_id"] for each in manager.get("projects/deep/items")["items"]] == ["deep"]
    assert manager.get("projects/deep/items/deep")["item"]["fields"]["text"] == "some words"


def test_a_file_larger_than_a_body_may_be_is_taken_and_gone_afterwards(
    served: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    rows = "id,text\n" + "".join(f"big{i},{'word ' * 1000}{i}\n" for i in range(300))
    added = served["manager"].post("projects/topics/items", files={"file": ("big.csv", rows.encode())})
    assert added["n_added"] == 300
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_file_over_the_limit_is_refused_while_it_comes(served: Any) -> None:
    served.state.settings.max_upload_mb = 2.0
    answer = served["manager"].ask("POST", "look", files={"file": ("big.csv", b"text\n" + b"x" * 2_100_000)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


def test_hostile_items_come_back_as_they_went_in(served: Any) -> None:
    manager = served["manager"]
    items = [{"id": f"h{i}", "text": text} for i, text in enumerate(HOSTILE)]
    manager.post("projects/topics/items", {"items": items, "split": "pool"})
    for i, text in enumerate(HOSTILE):
        answer = manager.ask("GET", f"projects/topics/items/h{i}")
        assert answer.json()["item"]["fields"]["text"] == text
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-content-type-options"] == "nosniff"
        found = manager.get("projects/topics/items", params={"search": text[:150]})["items"]
        assert f"h{i}" in {row["item_id"] for row in found}
    report = manager.ask("GET", "projects/topics/report")
    assert "<script>alert" not in report.text
    assert report.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("item_id", ["a/b", "a b", "ä", "100%", "a?b", "a#b", "..a", "🏳", "a\\b", "a;b=c"])
def test_an_item_of_any_id_is_found(served: Any, item_id: str) -> None:
    from urllib.parse import quote

    served["manager"].post("projects/topics/items", {"items": [{"id": item_id, "text": "something else entirely"}]})
    life = served["manager"].get(f"projects/topics/items/{quote(item_id, safe='')}")
    assert life["item"]["item_id"] == item_id


def test_pages_follow_one_another_and_leave_nothing_out(served: Any) -> None:
    manager = served["manager"]
    seen, after = [], ""
    while after is not None:
        page = manager.get("projects/topics/items", params={"limit": 7, "after": after})
        seen += [row["item_id"] for row in page["items"]]
        after = page["next"]
    assert seen == sorted(set(seen))
    assert len(seen) == 40


def test_a_list_holds_the_beginning_of_long_texts_where_that_is_asked_for(served: Any) -> None:
    manager = served["manager"]
    said = "words and more words " * 1000
    sent = {"text": said, "url": "data:image/png;base64," + "A" * 3000, "chat": json.dumps([{"content": said}])}
    added = {"items": [{"id": f"long-{name}", "text": text} for name, text in sent.items()]}
    assert manager.post("projects/topics/items", added)["n_added"] == 3
    rows = lambda more: manager.get(f"projects/topics/items?search=long-{more}")["items"]  # noqa: E731
    texts = lambda more: {row["item_id"].removeprefix("long-"): row["fields"]["text"] for row in rows(more)}  # noqa: E731
    assert texts("") == sent
    assert texts("&cut=2000") == {**sent, "text": said[:2000]}, "half a picture, or half of JSON, would be nothing"
    assert manager.get("projects/topics/items/long-text")["item"]["fields"]["text"] == said
    assert manager.ask("GET", "projects/topics/items?cut=0").status_code == 422


def test_items_are_found_by_state_round_annotator_and_label(served: Any) -> None:
    manager = served["manager"]
    pending = [row["item_id"] for row in manager.get("projects/topics/items?state=pending")["items"]]
    assert len(pending) == 5
    told = {"item_id": pending[0], "value": "billing", "annotator": "ann"}
    manager.post("projects/topics/tell", {"answers": [told]})
    ask = lambda query: [row["item_id"] for row in manager.get(f"projects/topics/items?{query}")["items"]]  # noqa: E731
    assert ask("state=labeled") == ask("annotator=ann") == ask("label=billing") == [pending[0]]
    assert ask("label=delivery") == ask("annotator=bob") == ask("round=2") == ask("search=nothing like it") == []
    assert sorted(ask("round=1")) == sorted(pending)
    assert len(ask("state=unlabeled")) == 35
    assert ask("split=test&state=pending") == []
    both = manager.get("projects/topics/items?split=pool&round=1&label=billing&annotator=ann")["items"][0]
    assert (both["state"], both["label"], both["n_answers"], both["round"]) == ("labeled", "billing", 1, 1)


def test_a_filter_that_is_none_is_refused(served: Any) -> None:
    for query in ("state=odd", "split=odd", "limit=0", "limit=9999", "after=x", "round=0", "round=x"):
        answer = served["manager"].ask("GET", f"projects/topics/items?{query}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_input"), query


def test_an_items_whole_life_is_told(served: Any) -> None:
    manager, ann = served["manager"], served["ann"]
    first = ann.post("projects/topics/claims", {"n": 1})["assignments"][0]
    act = {"key": "k1", "action": "submit", "slot": first["slot"], "token": first["token"]}
    act |= {"item_id": first["item_id"], "value": "billing", "note": "sure"}
    submitted = ann.post("projects/topics/answers", act)
    manager.post("projects/topics/freeze", {"note": "one"})
    undo = {"key": "k2", "action": "undo", "item_id": first["item_id"], "supersedes": submitted["event_id"]}
    back = ann.post("projects/topics/answers", undo)["assignment"]
    flag = {"key": "k3", "action": "flag", "item_id": first["item_id"], "reason": "odd", "slot": back["slot"]}
    ann.post("projects/topics/answers", flag | {"token": back["token"]})
    life = manager.get(f"projects/topics/items/{first['item_id']}")
    assert [(e["action"], e["value"], e["reason"], e["late"]) for e in life["events"]] == [
        ("submit", "billing", None, False),
        ("undo", None, None, False),
        ("flag", None, "odd", False),
    ]
    assert [(q["round"], q["strategy"]) for q in life["queries"]] == [(1, "random")]
    assert [(s["round"], s["number"]) for s in life["slots"]] == [(1, 0)]
    assert life["versions"] == [2]


@pytest.mark.parametrize("kind", ["csv", "excel-csv", "jsonl", "parquet", "arrow"])
def test_labels_are_exported_as_a_file_to_save(served: Any, kind: str) -> None:
    manager = served["manager"]
    manager.post("projects/topics/tell", {"answers": [{"item_id": "m001", "value": "billing", "note": "=1+1"}]})
    answer = manager.ask("GET", f"projects/topics/export?format={kind}")
    suffix = {"excel-csv": "csv"}.get(kind, kind)
    assert answer.headers["content-disposition"] == f'attachment; filename="topics.{suffix}"'
    assert answer.headers["x-querist-rows"] == "1"
    if kind == "jsonl":
        assert json.loads(answer.text)["topic"] == "billing"
    elif kind == "parquet":
        assert pq.read_table(io.BytesIO(answer.content)).column("topic").to_pylist() == ["billing"]
    elif kind == "csv":
        assert next(csv.DictReader(io.StringIO(answer.text)))["note"] == "=1+1"
    elif kind == "excel-csv":
        assert "'=1+1" in answer.text


def test_an_auditor_exports_what_was_frozen_and_writes_nothing(served: Any) -> None:
    manager, auditor = served["manager"], served["auditor"]
    before = manager.get("projects/topics/versions")["versions"]
    manager.post("projects/topics/tell", {"answers": [{"item_id": "m001", "value": "billing"}]})
    answer = auditor.ask("GET", "projects/topics/export")
    assert answer.headers["x-querist-rows"] == "0"  # the round froze a version before anything was labeled
    assert manager.get("projects/topics/versions")["versions"] == before
    manager.post("projects/topics/freeze")
    assert auditor.ask("GET", "projects/topics/export?version=2").headers["x-querist-rows"] == "1"
    assert auditor.ask("GET", "projects/topics/export?version=9").status_code == 404
