"""Items in and out, on every database."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.hashing import content_hash
from querist.store import imports, items, projects
from querist.store.db import Database


def test_items_come_back_in_the_order_they_came(shop: Any) -> None:
    with shop.db.reading() as conn:
        stored = list(items.stream(conn, shop.id, chunk=3))
    assert [s.item_id for s in stored] == [f"item-{i}" for i in range(10)]
    assert [s.fields for s in stored] == [{"text": f"text {i}"} for i in range(10)]
    assert [s.seq for s in stored] == sorted(s.seq for s in stored)
    assert stored[3].content_hash == content_hash({"text": "text 3"})


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "naïve — “quoted” 🙂 \u202e\t\n\r\\N \\. ,"},
        {"text": "nul \x00 inside"},
        {"text": "half a pair \ud83d"},
        {"x": 1, "y": 1.0, "z": 1e300, "n": -0.0, "big": 2**70, "on": True, "none": None},
        {"pixels": [0.1, 0.2, [1, 2]], "nested": {"a": [], "b": 1}},
        {},
    ],
)
def test_any_json_is_kept_exactly(shop: Any, fields: dict[str, Any]) -> None:
    shop.add(fields)
    with shop.db.reading() as conn:
        stored = items.fetch(conn, shop.id, ["item-10"])[0]
    assert repr(dict(sorted(stored.fields.items()))) == repr(dict(sorted(fields.items())))
    assert stored.content_hash == content_hash(fields)
    assert shop.problems() == []


def test_a_nan_is_a_missing_value(shop: Any) -> None:
    shop.add({"age": math.nan, "text": "x"})
    with shop.db.reading() as conn:
        assert items.fetch(conn, shop.id, ["item-10"])[0].fields == {"age": None, "text": "x"}


@pytest.mark.parametrize("id", ["a\x00", "\ud800"])
def test_an_id_that_no_database_can_hold_is_refused(id: str) -> None:
    with pytest.raises(InvalidInput, match="id: must"):
        items.pack({}, id=id)


def test_an_id_comes_once_in_a_project_and_again_in_another(shop: Any) -> None:
    again = items.pack({"text": "new"}, id="item-3")
    with pytest.raises(Conflict, match="each id must be new"), shop.db.transaction() as conn:
        items.insert(conn, shop.id, [items.pack({}, id="fine"), again])
    with shop.db.reading() as conn:
        assert items.existing(conn, shop.id, ["fine"]) == {}, "all or nothing"
    with shop.db.transaction() as conn:
        other = projects.create(conn, "other").id
        assert items.insert(conn, other, [again]) == 1


def test_a_split_is_one_of_four(shop: Any) -> None:
    wrong = items.pack({}, id="new", split="train")  # type: ignore[arg-type]
    with pytest.raises(Conflict, match="each split one of pool, test"), shop.db.transaction() as conn:
        items.insert(conn, shop.id, [wrong])


def test_known_ids_are_found_with_their_content(shop: Any) -> None:
    with shop.db.reading() as conn:
        found = items.existing(conn, shop.id, ["item-2", "nope", "item-9", "item-2"])
        assert items.existing(conn, shop.id, []) == {}
    assert {id: place.content_hash for id, place in found.items()} == {
        "item-2": content_hash({"text": "text 2"}),
        "item-9": content_hash({"text": "text 9"}),
    }


def test_more_ids_than_a_statement_takes_parameters_are_looked_up(shop: Any) -> None:
    with shop.db.reading() as conn:
        asked = [f"item-{i}" for i in range(70_000)]
        assert len(items.existing(conn, shop.id, asked)) == 10


def test_more_items_than_a_statement_takes_keep_their_order(shop: Any) -> None:
    n = 2 * items.ROWS_AT_ONCE + 7
    new = [items.pack({"n": i}, id=f"new-{n - i}", duplicate_group=i) for i in range(n)]
    with shop.db.transaction() as conn:
        assert items.insert(conn, shop.id, map(tuple, new)) == n
    with shop.db.reading() as conn:
        stored = list(items.stream(conn, shop.id))[10:]
    assert [(s.item_id, s.fields["n"], s.duplicate_group) for s in stored] == [(f"new-{n - i}", i, i) for i in range(n)]


@pytest.mark.parametrize("twice", [3, -2])
def test_an_id_that_comes_twice_among_many_brings_none_in(shop: Any, twice: int) -> None:
    new = [items.pack({}, id=f"new-{i}") for i in range(items.ROWS_AT_ONCE + 9)]
    new[twice] = new[0]
    with pytest.raises(Conflict, match="each id must be new"), shop.db.transaction() as conn:
        items.insert(conn, shop.id, new)
    with shop.db.reading() as conn:
        assert items.counts(conn, shop.id)["pool"] == 10


def test_the_numbers_of_items_are_found_by_their_places_with_gaps_and_without(shop: Any) -> None:
    with shop.db.transaction() as conn:
        other = projects.create(conn, "other").id
        items.insert(conn, other, [items.pack({}, id="a")])
    with shop.db.reading() as conn:
        assert items.seqs_at(conn, shop.id, [9, 0]) == {0: shop.seq(0), 9: shop.seq(9)}
    shop.add({"text": "after a gap"})
    with shop.db.reading() as conn:
        assert items.seqs_at(conn, shop.id, [10, 0]) == {0: shop.seq(0), 10: shop.seq(10)}
        assert shop.seq(10) == shop.seq(9) + 2


def test_items_are_fetched_in_the_order_asked(shop: Any) -> None:
    with shop.db.reading() as conn:
        got = items.fetch(conn, shop.id, ["item-7", "item-1"])
        assert [s.item_id for s in got] == ["item-7", "item-1"]
        assert items.fetch_seqs(conn, shop.id, [s.seq for s in got]) == got
        assert items.fields_of(conn, [got[0].seq]) == {got[0].seq: {"text": "text 7"}}
        with pytest.raises(NotFound, match="'nope' is not"):
            items.fetch(conn, shop.id, ["item-1", "nope"])
        with pytest.raises(NotFound, match="number 99999 is not"):
            items.fetch_seqs(conn, shop.id, [99999])


def test_splits_are_counted_and_read_one_by_one(shop: Any) -> None:
    shop.add({"text": "a"}, {"text": "b"}, split="test", duplicate_group=5, sketch=b"\x00\xff")
    with shop.db.reading() as conn:
        assert items.counts(conn, shop.id) == {"pool": 10, "test": 2, "calibration": 0, "excluded": 0}
        keys = [key for chunk in items.keys(conn, shop.id, split="test", chunk=1) for key in chunk]
        everything = [key.id for chunk in items.keys(conn, shop.id, chunk=5) for key in chunk]
        last = items.last_seq(conn, shop.id)
    assert [(key.id, key.split, key.duplicate_group, key.sketch) for key in keys] == [
        ("item-10", "test", 5, b"\x00\xff"),
        ("item-11", "test", 5, b"\x00\xff"),
    ]
    assert everything == [f"item-{i}" for i in range(12)]
    assert last == keys[-1].seq


def test_an_empty_project_has_no_last_item(database: Any) -> None:
    with database.transaction() as conn:
        empty = projects.create(conn, "empty").id
        assert items.last_seq(conn, empty) == 0
        assert items.next_group(conn, empty) == 1
        assert list(items.stream(conn, empty)) == []


def groups_of(shop: Any) -> list[int | None]:
    with shop.db.reading() as conn:
        return [key.duplicate_group for chunk in items.keys(conn, shop.id) for key in chunk]


def test_duplicate_groups_are_set_and_merged_along_chains(shop: Any) -> None:
    with shop.db.transaction() as conn:
        items.set_groups(conn, shop.id, {shop.seq(0): 1, shop.seq(1): 2, shop.seq(2): 3, shop.seq(3): 4})
        assert items.next_group(conn, shop.id) == 5
        items.merge_groups(conn, shop.id, {3: 2, 2: 1})
    assert groups_of(shop)[:5] == [1, 1, 1, 4, None]
    with shop.db.transaction() as conn:
        items.set_groups(conn, shop.id, {shop.seq(0): None})
        items.set_groups(conn, shop.id, {})
        items.merge_groups(conn, shop.id, {})
    assert groups_of(shop)[:2] == [None, 1]


def test_groups_that_merge_in_a_circle_are_refused(shop: Any) -> None:
    with pytest.raises(InvalidInput, match="leads back to itself"), shop.db.transaction() as conn:
        items.merge_groups(conn, shop.id, {1: 2, 2: 1})


def test_an_item_can_be_moved_out_of_the_pool(shop: Any) -> None:
    with shop.db.transaction() as conn:
        items.set_splits(conn, shop.id, {shop.seq(4): "excluded"})
    with shop.db.reading() as conn:
        assert items.counts(conn, shop.id)["excluded"] == 1
        assert "item-4" not in [s.item_id for s in items.stream(conn, shop.id, split="pool")]


def test_an_import_is_on_record(shop: Any) -> None:
    with shop.db.transaction() as conn:
        started = imports.start(conn, shop.id, source="mails.csv")
        items.insert(conn, shop.id, [items.pack({"text": "new"}, id="new")], import_id=started.id)
        imports.finish(conn, started.id, sha256="ab" * 32, n_rows=2, n_added=1, n_repeated=1, splits={"pool": 1})
    with shop.db.reading() as conn:
        (kept,) = imports.listed(conn, shop.id)
    assert (kept.source, kept.n_rows, kept.n_added, kept.n_repeated, kept.splits) == ("mails.csv", 2, 1, 1, {"pool": 1})
    with pytest.raises(NotFound, match="none numbered 77"), shop.db.transaction() as conn:
        imports.finish(conn, 77, sha256="", n_rows=0, n_added=0, n_repeated=0, splits={})


def indexes(conn: Any) -> set[str]:
    return {str(index["name"]) for index in sa.inspect(conn).get_indexes("item")}


def test_a_first_import_leaves_every_index_behind(database: Any) -> None:
    with database.transaction() as conn:
        before = indexes(conn)
        project = projects.create(conn, "first").id
        with imports.first(conn):
            items.insert(conn, project, [items.pack({}, id="a"), items.pack({}, id="b")])
        assert indexes(conn) == before
        with imports.first(conn):  # not the first any more
            assert indexes(conn) == before


def test_a_first_import_that_fails_leaves_every_index_behind(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db") as database, database.transaction() as conn:
        before = indexes(conn)
        project = projects.create(conn, "first").id
        with pytest.raises(Conflict), imports.first(conn):
            items.insert(conn, project, [items.pack({}, id="a"), items.pack({}, id="a")])
        assert indexes(conn) == before
