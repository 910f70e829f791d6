"""Findings are kept as they were said, on every database."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.errors import InvalidInput, NotFound
from querist.store import findings


def record(shop: Any, kind: Any, body: dict[str, Any], **more: Any) -> findings.Finding:
    with shop.db.transaction() as conn:
        return findings.record(conn, shop.id, kind, body, **more)


def listed(shop: Any, kind: Any, **more: Any) -> list[findings.Finding]:
    with shop.db.reading() as conn:
        return findings.listed(conn, shop.id, kind, **more)


def test_a_finding_comes_back_as_it_was_said(shop: Any) -> None:
    said = record(shop, "gate", {"open": False, "why": "少ない"}, by="ann")
    assert (said.kind, said.model, said.by, said.body) == (
        "gate",
        None,
        "ann",
        {"open": False, "why": "少ない"},
    )
    assert listed(shop, "gate") == [said]


def test_the_newest_of_a_kind_comes_first(shop: Any) -> None:
    for number in range(4):
        record(shop, "drift", {"number": number})
        record(shop, "gate", {"number": -number})
    assert [found.body["number"] for found in listed(shop, "drift")] == [3, 2, 1, 0]
    assert [found.body["number"] for found in listed(shop, "drift", limit=2)] == [3, 2]
    with shop.db.reading() as conn:
        newest = findings.latest(conn, shop.id, "gate")
        assert newest is not None
        assert newest.body == {"number": -3}
        assert findings.latest(conn, shop.id, "stream") is None


def test_a_key_names_one_finding_of_a_kind(shop: Any) -> None:
    first = record(shop, "stream", {"number": 1}, key="a")
    record(shop, "gate", {"number": 2}, key="a")
    for _ in range(2):
        record(shop, "stream", {"number": 3})
    with pytest.raises(sa.exc.IntegrityError):
        record(shop, "stream", {"number": 4}, key="a")
    with shop.db.reading() as conn:
        assert findings.keyed(conn, shop.id, "stream", "a") == first
        assert findings.keyed(conn, shop.id, "stream", "b") is None


def test_an_unknown_kind_is_refused(shop: Any) -> None:
    with pytest.raises(InvalidInput, match="kind: must be one of"):
        record(shop, "gates", {})


def test_a_model_that_is_not_there_is_refused(shop: Any) -> None:
    with pytest.raises(sa.exc.IntegrityError):
        record(shop, "gate", {}, model=7)


@pytest.mark.parametrize("statement", ["UPDATE finding SET body = '{}'", "DELETE FROM finding"])
def test_what_was_found_cannot_be_changed(shop: Any, statement: str) -> None:
    record(shop, "gate", {"open": True})
    with pytest.raises(sa.exc.IntegrityError, match="only ever added to"):
        shop.sql(statement)
    assert listed(shop, "gate")[0].body == {"open": True}


def test_one_finding_is_had_by_its_id_and_by_its_project_alone(shop: Any) -> None:
    said = record(shop, "gate", {"open": True})
    with shop.db.reading() as conn:
        assert findings.get(conn, shop.id, said.id) == said
        with pytest.raises(NotFound, match=f"finding: must be one of this project; {said.id + 1} is none"):
            findings.get(conn, shop.id, said.id + 1)
        with pytest.raises(NotFound):
            findings.get(conn, shop.id + 1, said.id)


def test_those_that_say_one_thing_of_themselves_are_counted(shop: Any) -> None:
    for what in ("decision", "rollout", "decision"):
        record(shop, "gate", {"what": what})
    record(shop, "drift", {"what": "decision"})
    record(shop, "gate", {})
    with shop.db.reading() as conn:
        assert findings.count(conn, shop.id, "gate", "decision") == 2
        assert findings.last_id(conn, shop.id, "drift") < findings.last_id(conn, shop.id)
        assert findings.last_id(conn, shop.id, "split") == 0
