"""Verify finds each kind of tampering, on every database."""

from __future__ import annotations

from typing import Any

import pytest

from querist.store import answers, audit, items, projects, rounds, versions

GUARDED = (
    "answer_event",
    "dataset_entry",
    "dataset_version",
    "schema_version",
    "instruction_version",
    "policy_version",
)


@pytest.fixture
def told(shop: Any) -> Any:
    """A project in which something of everything has happened, its triggers gone: who tampers drops them first."""
    shop.ask(0, 1, 2)
    shop.tell((0, "spam", {"note": "sure"}), (1, "ham", {}), (7, "ham", {"role": "import", "action": "import"}))
    with shop.db.transaction() as conn:
        versions.freeze(conn, shop.id)
    shop.ask(4, 5, number=2)
    shop.act(4, "spam")
    shop.act(1, "spam", action="revise")
    shop.act(1, action="undo")
    shop.act(3, "spam", annotator="bea")
    with shop.db.transaction() as conn:
        versions.freeze(conn, shop.id)
        items.set_groups(conn, shop.id, {shop.seq(8): 1, shop.seq(9): 1})
        for table in GUARDED:
            if conn.dialect.name == "sqlite":
                conn.exec_driver_sql(f"DROP TRIGGER {table}_refuses_update")
                conn.exec_driver_sql(f"DROP TRIGGER {table}_refuses_delete")
            else:
                conn.exec_driver_sql(f"DROP TRIGGER {table}_refuses_changes ON {table}")
    assert shop.problems() == []
    return shop


TAMPERING = [
    ("UPDATE answer_event SET annotator = 'eve' WHERE seq = 2", "chain", "answer 2"),
    ("UPDATE answer_event SET item_id = 'item-9' WHERE seq = 2", "chain", "answer 2"),
    ("UPDATE answer_event SET received_at = '2020-01-01T00:00:00.000000Z' WHERE seq = 2", "chain", "answer 2"),
    ("UPDATE answer_event SET acquisition = '{}' WHERE seq = 2", "chain", "answer 2"),
    ("UPDATE answer_event SET prev_hash = 'x' WHERE seq = 2", "chain", "answer 2"),
    ("UPDATE answer_event SET hash = 'x' WHERE seq = 2", "chain", "answer 3"),
    ("UPDATE answer_event SET item_seq = item_seq + 1 WHERE seq = 3", "chain", "answer 3"),
    ("UPDATE answer_event SET query_id = 3 WHERE seq = 1", "chain", "answer 1"),
    ("UPDATE answer_event SET query_id = NULL WHERE seq = 1", "chain", "answer 1"),
    ("UPDATE answer_content SET value = '\"ham\"' WHERE note = 'sure'", "content", "answer 1"),
    ("UPDATE answer_content SET value = '\"ham\"' WHERE note = 'sure'", "label", "item number"),
    ("UPDATE answer_content SET value = 'no json' WHERE note = 'sure'", "content", "answer 1"),
    ("UPDATE answer_content SET note = 'unsure' WHERE note = 'sure'", "content", "answer 1"),
    ("UPDATE answer_content SET salt = NULL WHERE note = 'sure'", "content", "answer 1"),
    ("DELETE FROM answer_content WHERE note = 'sure'", "content", "answer 1"),
    ("UPDATE current_label SET value = '\"ham\"' WHERE value = '\"spam\"'", "label", "item number"),
    ("UPDATE current_label SET value = 'no json'", "label", "item number"),
    ("UPDATE current_label SET n_answers = 5", "label", "item number"),
    ("DELETE FROM current_label", "label", "item number"),
    ("UPDATE current_label SET item_seq = item_seq + 100 WHERE 1 = 0", None, ""),
    ("UPDATE dataset_entry SET value = '\"ham\"' WHERE item_id = 'item-0'", "dataset", "dataset version 1"),
    ("UPDATE dataset_entry SET value = 'no json' WHERE item_id = 'item-0'", "dataset", "dataset version 1"),
    ("UPDATE dataset_entry SET split = 'test' WHERE item_id = 'item-0'", "dataset", "dataset version 2"),
    ("DELETE FROM dataset_entry WHERE item_id = 'item-0'", "dataset", "dataset version 1"),
    ("UPDATE dataset_version SET digest = 'x' WHERE number = 1", "dataset", "dataset version 1"),
    ("UPDATE dataset_version SET n_items = 9 WHERE number = 1", "dataset", "dataset version 1"),
    ("UPDATE dataset_version SET chain_hash = 'x' WHERE number = 2", "chain", "dataset version 2"),
    ("UPDATE query SET state = 'pending', answered_event = NULL WHERE id = 1", "query", "query 1 of round 1"),
    ("UPDATE query SET state = 'withdrawn', answered_event = NULL WHERE id = 1", "query", "query 1 of round 1"),
    ("UPDATE query SET answered_event = 'nobody' WHERE id = 1", "query", "query 1 of round 1"),
    ("UPDATE query SET state = 'answered', answered_event = 'nobody' WHERE id = 3", "query", "query 3 of round 1"),
    ("UPDATE round SET state = 'withdrawn' WHERE number = 1", "query", "query 3 of round 1"),
    ("UPDATE round SET policy = '{}' WHERE number = 1", "version", "round 1"),
    ('UPDATE schema_version SET body = \'{"classes":["a","b"]}\'', "version", "schema version 1"),
    ("UPDATE schema_version SET digest = 'x'", "dataset", "dataset version 1"),
    ("UPDATE instruction_version SET body = 'Say spam.'", "version", "instructions version 1"),
    ("UPDATE policy_version SET body = 'no json'", "version", "policy version 1"),
    ("UPDATE item SET fields = '{\"text\":\"other\"}' WHERE item_id = 'item-6'", "item", "item 'item-6'"),
    ("UPDATE item SET fields = 'no json' WHERE item_id = 'item-6'", "item", "item 'item-6'"),
    ("UPDATE item SET content_hash = 'x' WHERE item_id = 'item-0'", "chain", "answer 1"),
    ("UPDATE item SET split = 'test' WHERE item_id = 'item-9'", "split", "near-duplicate group 1"),
    ("UPDATE item SET split = 'excluded' WHERE item_id = 'item-9'", "count", "count items.excluded"),
]


@pytest.mark.parametrize(("statement", "kind", "where"), TAMPERING, ids=[t[0][:70] for t in TAMPERING])
def test_tampering_is_found_and_named(told: Any, statement: str, kind: str | None, where: str) -> None:
    told.sql(statement)
    found = told.problems()
    if kind is None:
        assert found == []
    else:
        assert [p for p in found if p.kind == kind and p.where.startswith(where)], [str(p) for p in found]


def test_an_answer_cut_out_of_the_middle_leaves_a_gap(told: Any) -> None:
    for statement in (
        "DELETE FROM answer_content WHERE event_id = (SELECT id FROM answer_event WHERE annotator = 'bea')",
        "DELETE FROM dataset_entry WHERE event_id = (SELECT id FROM answer_event WHERE annotator = 'bea')",
        "DELETE FROM current_label WHERE event_id = (SELECT id FROM answer_event WHERE annotator = 'bea')",
        "DELETE FROM answer_event WHERE annotator = 'bea'",
    ):
        told.sql(statement)
    told.act(6, "spam")
    found = [str(p) for p in told.problems() if p.kind == "chain"]
    assert "dataset version 2: answer 7 is not the one that was there when it was made." in found


def test_an_answer_slipped_out_unnoticed_leaves_a_gap(told: Any) -> None:
    told.act(6, "spam", annotator="cy")
    told.act(6, "ham", annotator="cy", action="revise")
    for statement in (
        "DELETE FROM answer_content WHERE event_id = (SELECT id FROM answer_event WHERE seq = 8)",
        "UPDATE answer_event SET supersedes = NULL WHERE seq = 9",
        "DELETE FROM answer_event WHERE seq = 8",
    ):
        told.sql(statement)
    assert "answer 9: answers 8 to 8 are missing before it." in [str(p) for p in told.problems()]


def test_a_label_that_nobody_gave_is_found(told: Any) -> None:
    for place in (2, 9):  # before, and after, the items that were answered
        told.sql(
            "INSERT INTO current_label (project_id, item_seq, value, event_id, n_answers)"
            f" SELECT project_id, {told.seq(place)}, value, event_id, 1 FROM current_label"
            f" WHERE item_seq = {told.seq(0)}"
        )
    assert [p.where for p in told.problems() if "nobody answered" in p.message] == [
        f"item number {told.seq(2)}",
        f"item number {told.seq(9)}",
    ]


def test_two_pending_queries_about_one_item_are_found(told: Any) -> None:
    told.sql("DROP INDEX uq_query_one_pending_per_item")
    told.sql(
        "INSERT INTO query"
        " (round_id, project_id, item_seq, rank, propensity, strategy, purpose, reason, cost_usd, state)"
        " SELECT (SELECT id FROM round WHERE number = 2), project_id, item_seq, 9, 1, 'x', 'start', '', 0, state"
        " FROM query WHERE id = 3"
    )
    assert [p.kind for p in told.problems()] == ["query", "count", "count"]


def test_erased_words_leave_the_chain_verifiable(told: Any) -> None:
    """What an erasure will do: the words and their salt go, the event and its digest stay."""
    told.act(6, "spam", annotator="cy", note="my own name")
    told.sql(
        "UPDATE answer_content SET value = NULL, note = NULL, salt = NULL, erased_at = '2026-03-01T00:00:00.000000Z'"
        " WHERE note = 'my own name'"
    )
    assert [p.kind for p in told.problems()] == ["label"], "an erased answer is nobody's label any more"
    told.sql(f"DELETE FROM current_label WHERE item_seq = {told.seq(6)}")
    told.sql("UPDATE tally SET n = n - 1 WHERE name = 'labeled.pool'")
    assert told.problems() == []
    with told.db.reading() as conn:
        (event,) = answers.history(conn, told.id, told.seq(6))
    assert (event.value, event.note, event.erased_at is None) == (None, None, False)


def test_an_erased_item_leaves_the_chain_verifiable(told: Any) -> None:
    told.sql(
        "UPDATE item SET fields = '{}', content_hash = 'gone', erased_at = '2026-03-01T00:00:00.000000Z'"
        " WHERE item_id = 'item-3'"
    )
    assert [p.where for p in told.problems() if p.kind in ("item", "chain")] == []


def test_other_projects_are_left_alone(told: Any) -> None:
    other = type(told)(told.db, name="other")
    other.act(0, "spam")
    told.sql("UPDATE answer_event SET annotator = 'eve' WHERE seq = 2")
    assert (len(told.problems()) > 0, other.problems()) == (True, [])


def test_an_answer_moved_to_another_project_is_found(told: Any) -> None:
    other = type(told)(told.db, name="other")
    told.sql(f"UPDATE answer_event SET project_id = {other.id} WHERE seq = 3")
    messages = [p.message for p in other.problems()]
    assert "it was about item 'item-7', and points to one of another project." in messages


def test_progress_is_told(told: Any) -> None:
    seen: list[tuple[int, int | None]] = []
    with told.db.reading() as conn:
        audit.verify(conn, told.id, progress=lambda done, total, what: seen.append((done, total)))
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_a_problem_reads_as_a_sentence() -> None:
    assert str(audit.Problem("chain", "answer 2", "it was changed.")) == "answer 2: it was changed."


def test_an_empty_project_is_sound(database: Any) -> None:
    with database.transaction() as conn:
        empty = projects.create(conn, "empty").id
        assert audit.verify(conn, empty) == []
        assert rounds.listed(conn, empty) == []
