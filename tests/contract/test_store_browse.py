"""Looking at items: what is found, and that each look reads by an index, however many items there are."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.errors import NotFound
from querist.store import browse
from querist.store.browse import Wanted


def _found(shop: Any, wanted: Wanted, *, after: int = 0, most: int = 100) -> list[str]:
    with shop.db.reading() as conn:
        seqs = browse.candidates(conn, shop.id, wanted, after=after, most=most)
        return [row.item_id for row in browse.matching(conn, shop.id, wanted, seqs)]


def test_items_are_found_by_what_they_are(shop: Any) -> None:
    shop.ask(1, 2, 3)
    shop.act(2, "spam", annotator="bob")
    shop.act(5, "ham", annotator="ann")
    shop.add({"text": "a test"}, split="test")
    assert _found(shop, Wanted()) == [f"item-{i}" for i in range(11)]
    assert _found(shop, Wanted(split="test")) == ["item-10"]
    assert _found(shop, Wanted(state="pending")) == ["item-1", "item-3"]
    assert _found(shop, Wanted(state="labeled")) == ["item-2", "item-5"]
    assert _found(shop, Wanted(state="unlabeled", split="pool")) == [f"item-{i}" for i in (0, 4, 6, 7, 8, 9)]
    assert _found(shop, Wanted(annotator="ann")) == ["item-5"]
    assert _found(shop, Wanted(annotator="nobody")) == []
    assert _found(shop, Wanted(round=1)) == ["item-1", "item-2", "item-3"]
    assert _found(shop, Wanted(round=2)) == []
    assert _found(shop, Wanted(round=1, annotator="bob", labeled=True)) == ["item-2"]


def test_a_look_goes_on_where_the_last_one_ended(shop: Any) -> None:
    with shop.db.reading() as conn:
        first = browse.candidates(conn, shop.id, Wanted(), after=0, most=4)
        rest = browse.candidates(conn, shop.id, Wanted(), after=first[-1], most=100)
    assert len(first) == 4
    assert len({*first, *rest}) == 10


def test_another_projects_items_are_not_found(shop: Any) -> None:
    other = type(shop)(shop.db, "other", n_items=3)
    other.act(0, "spam")
    for wanted in (Wanted(), Wanted(state="labeled"), Wanted(state="pending"), Wanted(annotator="ann")):
        assert _found(other, wanted) == ([] if wanted.state == "pending" else _found(other, wanted)[:3])
    assert _found(shop, Wanted(state="labeled")) == []
    with shop.db.reading() as conn, pytest.raises(NotFound):
        browse.row_of(conn, shop.id, "item-99")


def test_an_item_knows_its_rounds_slots_and_versions(shop: Any) -> None:
    shop.ask(1)
    shop.act(1, "spam")
    shop.ask(2, number=2)
    with shop.db.reading() as conn:
        row = browse.row_of(conn, shop.id, "item-1")
        assert (row.state, row.label, row.n_answers, browse.fields_in(row)) == (
            "labeled",
            "spam",
            1,
            {"text": "text 1"},
        )
        assert browse.last_rounds(conn, shop.id, [row.seq]) == {row.seq: 1}
        assert [each["round"] for each in browse.queries_about(conn, shop.id, row.seq)] == [1]
        assert [(each.state, each.annotator) for each in browse.slots_about(conn, shop.id, row.seq)] == [
            ("done", "ann")
        ]
        assert browse.versions_with(conn, shop.id, "item-1") == []


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(split="pool"),
        Wanted(state="pending"),
        Wanted(state="labeled"),
        Wanted(state="unlabeled"),
        Wanted(annotator="ann"),
        Wanted(round=1),
    ],
    ids=str,
)
def test_no_look_reads_a_whole_table(shop: Any, wanted: Wanted) -> None:
    if shop.db.kind != "sqlite":
        return  # PostgreSQL plans by its counts, and reads a table of ten rows at once whatever its indexes
    statements: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    shop.ask(1, 2)
    shop.act(1, "spam")
    sa.event.listen(shop.db._engine, "before_cursor_execute", note)
    try:
        assert _found(shop, wanted, most=5)
    finally:
        sa.event.remove(shop.db._engine, "before_cursor_execute", note)
    with shop.db.reading() as conn:
        looks = [each for each in statements if each[0].startswith("SELECT")]
        plans = [
            str(step[-1])
            for statement, parameters in looks
            if "sqlite_master" not in statement
            for step in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert plans
    # A step that has the project alone to go by would read all of it.
    slow = [
        step for step in plans if step.endswith("(project_id=?)") or (step.startswith("SCAN") and "anon" not in step)
    ]
    assert not slow, slow
