"""Rounds and queries, on every database."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.state import Batch, Query
from querist.store import items, projects, rounds


def test_a_round_holds_everything_about_why(shop: Any) -> None:
    opened = shop.ask(4, 2, suggestions=[{"value": "spam", "score": 0.6}, None], context={"last_seq": 10})
    with shop.db.reading() as conn:
        assert rounds.get(conn, shop.id, 1) == opened
        assert rounds.listed(conn, shop.id) == [opened]
        first, second = rounds.queries(conn, shop.id, 1)
    assert (opened.state, opened.policy, opened.seed, opened.n_asked, opened.n_pending) == (
        "open",
        shop.policy,
        7,
        2,
        2,
    )
    assert (opened.schema_version, opened.instruction_version) == (1, 1)
    assert (opened.context, opened.n_answered, opened.n_random) == ({"last_seq": 10}, 0, 0)
    assert (first.item_id, first.rank, first.utility, first.propensity) == ("item-4", 0, 0.5, 1.0)
    assert (first.reason, first.cost_usd, first.fields) == ("it is unsure", 0.25, {"text": "text 4"})
    assert (first.suggestion, second.suggestion) == ({"value": "spam", "score": 0.6}, None)
    assert (first.state, first.value, first.annotator, first.split) == ("pending", None, None, "pool")


def test_pending_items_come_in_the_order_to_answer_them(shop: Any) -> None:
    shop.ask(4, 2)
    shop.ask(9, 0, number=2)
    assert shop.pending() == ["item-4", "item-2", "item-9", "item-0"]
    with shop.db.reading() as conn:
        assert rounds.n_pending(conn, shop.id) == 4
        assert [q.item_id for q in rounds.pending(conn, shop.id, number=2)] == ["item-9", "item-0"]
        assert [q.item_id for q in rounds.pending(conn, shop.id, seqs=[shop.seq(2), shop.seq(5)])] == ["item-2"]
        assert [q.item_id for q in rounds.pending(conn, shop.id, limit=1)] == ["item-4"]
        everything = rounds.all_queries(conn, shop.id)
        assert [(q.round, q.rank) for q in everything] == [(1, 0), (1, 1), (2, 0), (2, 1)]
        assert rounds.last_number(conn, shop.id) == 2


def test_nothing_is_asked_twice(shop: Any) -> None:
    shop.ask(4, 2)
    with pytest.raises(Conflict, match="'item-2' is already"):
        shop.ask(0, 2, number=2)
    with shop.db.reading() as conn:
        assert rounds.last_number(conn, shop.id) == 1, "nothing was written"


def test_the_database_itself_refuses_a_second_pending_query(shop: Any) -> None:
    shop.ask(4)
    import sqlalchemy as sa

    with pytest.raises(sa.exc.IntegrityError):
        shop.sql(
            "INSERT INTO query (round_id, project_id, item_seq, rank, propensity, strategy, purpose, reason, cost_usd,"
            " state) SELECT round_id + 0, project_id, item_seq, 1, 1, 'x', 'start', '', 0, state FROM query"
        )


def test_one_item_cannot_stand_twice_in_a_batch(shop: Any) -> None:
    with pytest.raises(Conflict, match="the database says"):
        shop.ask(4, 4)


@pytest.mark.parametrize("number", [1, 0, -3])
def test_a_number_that_is_taken_is_a_conflict(shop: Any, number: int) -> None:
    shop.ask(4)
    with pytest.raises(Conflict, match="round 1 is there"):
        shop.ask(5, number=number)


def test_an_item_of_another_project_cannot_be_asked(shop: Any) -> None:
    with shop.db.transaction() as conn:
        other = projects.create(conn, "other").id
        items.insert(conn, other, [items.pack({}, id="foreign")])
        foreign = items.existing(conn, other, ["foreign"])["foreign"].seq
        batch = Batch(1, (Query(0, 1, 0, None, 0.1, "random", "exploration", ""),), "random", "", 1)
        with pytest.raises(NotFound, match=f"number {foreign} is not"):
            rounds.open_round(conn, shop.id, batch=batch, seqs=[foreign], policy=shop.policy, purpose="start")
        for seqs, suggestions in (([], None), ([1, 2], None), ([1], [])):
            with pytest.raises(InvalidInput, match="batch: must be at least one query"):
                rounds.open_round(
                    conn,
                    shop.id,
                    batch=batch,
                    seqs=seqs,
                    policy=shop.policy,
                    purpose="start",
                    suggestions=suggestions,
                )


@pytest.mark.parametrize("utility", [None, math.inf, 1e-320])
def test_a_utility_may_be_none_and_must_be_a_number_else(shop: Any, utility: float | None) -> None:
    asked = Query(0, 1, 0, utility, 0.1, "random", "exploration", "")
    with shop.db.transaction() as conn:
        made = rounds.open_round(
            conn,
            shop.id,
            batch=Batch(1, (asked,), "random", "", 1, held_back="no trust yet"),
            seqs=[shop.seq(0)],
            policy=shop.policy,
            purpose="start",
        )
        kept = rounds.queries(conn, shop.id, 1)[0].utility
    assert kept == (utility if utility == 1e-320 else None)
    assert made.n_random == (0 if utility == 1e-320 else 1)
    assert made.held_back == "no trust yet"


def test_a_round_knows_what_became_of_its_queries(shop: Any) -> None:
    shop.ask(4, 2)
    shop.act(2, "ham", annotator="bea")
    with shop.db.reading() as conn:
        waiting, answered = rounds.queries(conn, shop.id, 1)
        kept = rounds.get(conn, shop.id, 1)
        assert rounds.spent_usd(conn, shop.id) == 0.25
    assert (waiting.state, answered.state, answered.value, answered.annotator) == ("pending", "answered", "ham", "bea")
    assert (kept.n_answered, kept.n_pending) == (1, 1)


def test_closing_keeps_what_is_late(shop: Any) -> None:
    shop.ask(4, 2)
    with shop.db.transaction() as conn:
        closed = rounds.close(conn, shop.id, 1)
    assert (closed.state, closed.closed_at is None) == ("closed", False)
    assert shop.pending() == ["item-4", "item-2"]
    with pytest.raises(Conflict, match="round 1 is closed"), shop.db.transaction() as conn:
        rounds.close(conn, shop.id, 1)
    with pytest.raises(NotFound, match="no round 5"), shop.db.transaction() as conn:
        rounds.close(conn, shop.id, 5)


def test_only_rounds_without_open_questions_are_closed(shop: Any) -> None:
    shop.ask(4)
    shop.ask(5, number=2)
    shop.act(4, "ham")
    with shop.db.transaction() as conn:
        assert rounds.close_answered(conn, shop.id) == [1]
        assert [r.state for r in rounds.listed(conn, shop.id)] == ["closed", "open"]


def test_withdrawn_items_may_be_asked_again(shop: Any) -> None:
    shop.ask(4, 2)
    shop.ask(5, number=2)
    shop.act(2, "ham")
    with shop.db.transaction() as conn:
        assert rounds.withdraw(conn, shop.id, 2) == 1
        assert rounds.withdraw(conn, shop.id) == 1
        assert rounds.withdraw(conn, shop.id) == 0
        states = [r.state for r in rounds.listed(conn, shop.id)]
    assert states == ["closed", "withdrawn"], "what was answered stays answered"
    assert shop.pending() == []
    shop.ask(4, 5, number=3)
    assert shop.pending() == ["item-4", "item-5"]
    assert shop.problems() == []


def test_single_questions_can_be_taken_back(shop: Any) -> None:
    shop.ask(4, 2)
    with shop.db.transaction() as conn:
        assert rounds.withdraw_queries(conn, shop.id, [shop.seq(4), shop.seq(9)]) == 1
    assert shop.pending() == ["item-2"]


def test_an_expected_version_that_is_not_there_is_a_conflict(shop: Any) -> None:
    with pytest.raises(Conflict, match="must fit what is stored"):
        shop.ask(4, model=3)


def test_the_versions_of_its_day_stay_with_a_round(shop: Any) -> None:
    with shop.db.transaction() as conn:
        projects.add_schema(conn, shop.id, replace(projects.schema(conn, shop.id), classes=("spam", "ham", "other")))
    assert shop.ask(4).schema_version == 2
    assert shop.ask(5, number=2, schema_version=1).schema_version == 1


def test_what_strategies_kept_last_is_found_again(shop: Any) -> None:
    with shop.db.transaction() as conn:
        assert rounds.memory(conn, shop.id) == {}
        contexts = [None, {"memory": {"weights": {"margin": 0.5}}}, {"split": "test"}, {"memory": {"weights": {}}}]
        for number, context in enumerate(contexts, 1):
            asked = Query(0, number, 0, None, 0.1, "random", "exploration", "")
            rounds.open_round(
                conn,
                shop.id,
                batch=Batch(number, (asked,), "random", "", 1),
                seqs=[shop.seq(number)],
                policy=shop.policy,
                purpose="strategy",
                context=context,
            )
        found = [rounds.memory(conn, shop.id, before=number) for number in (1, 2, 3, 4)]
        assert found == [{}, {}, {"weights": {"margin": 0.5}}, {"weights": {"margin": 0.5}}]
        assert rounds.memory(conn, shop.id) == {"weights": {}}
