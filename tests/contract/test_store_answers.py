"""Answers: recorded once, projected to labels, never changed; on every database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.schema import Schema
from querist.store import answers, chain, projects, rounds

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def history(shop: Any, place: int) -> list[answers.Event]:
    with shop.db.reading() as conn:
        return answers.history(conn, shop.id, shop.seq(place))


def test_an_answer_answers_the_pending_query_and_becomes_the_label(shop: Any) -> None:
    shop.ask(3, suggestions=[{"value": "ham", "score": 0.7, "model": 2}])
    done = shop.act(
        3,
        "spam",
        note="obvious",
        shown_at=NOON,
        submitted_at=NOON + timedelta(seconds=4),
        active_ms=3500,
        client="page 1.0",
        suggestion_visible=True,
        suggestion_accepted=False,
    )
    assert (done.before, done.after, done.repeated) == (None, "spam", False)
    assert shop.labels() == {"item-3": "spam"}
    assert shop.pending() == []
    (event,) = history(shop, 3)
    assert (event.id, event.seq, event.item_id, event.round) == (done.event_id, 1, "item-3", 1)
    assert (event.value, event.note, event.annotator, event.role, event.action) == (
        "spam",
        "obvious",
        "ann",
        "annotator",
        "submit",
    )
    assert (event.schema_version, event.instruction_version) == (1, 1)
    assert (event.shown_at, event.active_ms, event.client) == (NOON, 3500, "page 1.0")
    assert event.suggestion == {"model": 2, "score": 0.7, "value": "ham", "was_accepted": False, "was_visible": True}
    assert event.acquisition == {
        "model": None,
        "pool_size": 10,
        "propensity": 1.0,
        "purpose": "strategy",
        "rank": 0,
        "seed": 7,
        "strategy": "margin",
        "utility": 0.5,
    }


def test_an_answer_nobody_asked_for_counts_too(shop: Any) -> None:
    done = shop.act(3, "spam")
    assert (done.query_id, shop.labels()) == (None, {"item-3": "spam"})
    assert history(shop, 3)[0].acquisition is None


@pytest.mark.parametrize("value", ["spam", 1, 1.0, -0.0, 2.5, "", "ä🙂", "\ud83d", "nul \x00"])
def test_a_value_is_kept_exactly(shop: Any, value: Any) -> None:
    shop.act(3, value)
    assert repr(shop.labels()["item-3"]) == repr(value)
    assert shop.problems() == []


def test_the_same_key_of_the_same_annotator_is_one_event(shop: Any) -> None:
    first = shop.act(3, "spam", idempotency_key="k")
    again = shop.act(3, "spam", idempotency_key="k")
    assert (again.event_id, again.seq, again.repeated) == (first.event_id, first.seq, True)
    assert (again.before, again.after) == ("spam", "spam")
    other = shop.act(3, "ham", annotator="bea", idempotency_key="k")
    assert (other.repeated, other.seq) == (False, 2)
    assert len(history(shop, 3)) == 2


def test_a_key_is_of_one_answer_alone(shop: Any) -> None:
    shop.act(3, ["spam", 1.0], idempotency_key="k")
    assert shop.act(3, ("spam", 1.0), idempotency_key="k").repeated, "written otherwise, but the same"
    with pytest.raises(Conflict, match="sent it with another answer before"):
        shop.act(3, ["ham", 1.0], idempotency_key="k")
    with pytest.raises(Conflict, match="sent it with another item before"):
        shop.act(2, ["spam", 1.0], idempotency_key="k")
    assert len(history(shop, 3)) == 1


def test_a_key_that_comes_twice_in_one_batch_is_one_event(shop: Any) -> None:
    one, two = shop.tell((3, "spam", {"idempotency_key": "k"}), (3, "spam", {"idempotency_key": "k"}))
    assert (one.repeated, two.repeated, one.event_id == two.event_id) == (False, True, True)


def test_without_a_key_every_send_is_an_act(shop: Any) -> None:
    shop.act(3, "spam")
    shop.act(3, "spam")
    assert [event.seq for event in history(shop, 3)] == [1, 2]


def test_the_chain_is_dense_over_batches_and_items(shop: Any) -> None:
    shop.tell(*((place, "spam", {}) for place in range(5)))
    shop.tell(*((place, "ham", {}) for place in range(4, 9)))
    with shop.db.reading() as conn:
        events = list(answers.events(conn, shop.id, chunk=3))
        assert [event.seq for event in answers.events(conn, shop.id, after=8)] == [9, 10]
        assert answers.head(conn, shop.id) == (10, events[-1].hash)
    assert [event.seq for event in events] == list(range(1, 11))
    assert [event.prev_hash for event in events] == [chain.GENESIS, *(event.hash for event in events[:-1])]


def test_two_projects_have_two_chains(shop: Any) -> None:
    shop.act(3, "spam")
    other = type(shop)(shop.db, name="other", n_items=2)
    assert other.act(0, "ham").seq == 1
    assert (shop.labels(), other.labels()) == ({"item-3": "spam"}, {"item-0": "ham"})
    with pytest.raises(NotFound, match="is not"), shop.db.transaction() as conn:
        answers.append(conn, other.id, [answers.AnswerDraft(shop.seq(3), "ham", "ann")])


def test_equal_events_have_equal_hashes_on_every_database(shop: Any) -> None:
    """The hash is written down here: it may depend neither on the database nor on the release."""
    shop.ask(3, suggestions=[{"value": "ham", "score": 0.7}])
    source = iter(range(256))
    later = NOON.astimezone(timezone(timedelta(hours=5)))
    done = shop.tell(
        (3, "spam", {"note": "ä", "submitted_at": later, "active_ms": 10, "idempotency_key": "k"}),
        (4, 2.5, {"role": "import", "action": "import"}),
        (3, None, {"action": "undo"}),
        now=NOON,
        entropy=lambda n: bytes(next(source) for _ in range(n)),
    )
    assert [event.id for event in history(shop, 3)] == [done[0].event_id, done[2].event_id]
    with shop.db.reading() as conn:
        assert answers.head(conn, shop.id) == (3, "611aef4be0c9a8fc08516c8ae95068fd19b537ec59dd5c30e47311d8a6a9f994")


def test_a_later_answer_is_the_label(shop: Any) -> None:
    shop.act(3, "spam")
    done = shop.act(3, "ham", annotator="bea")
    assert (done.before, done.after) == ("spam", "ham")
    with shop.db.reading() as conn:
        label = answers.current(conn, shop.id, [shop.seq(3), shop.seq(4)])[shop.seq(3)]
    assert (label.value, label.n_answers, label.event_id, label.split) == ("ham", 2, done.event_id, "pool")


def test_agreement_counts_and_leaves_the_label_the_first_ones(shop: Any) -> None:
    first = shop.act(3, "spam")
    agreed = shop.act(3, "spam", annotator="bea")
    assert (agreed.before, agreed.after, agreed.repeated) == ("spam", "spam", False)
    with shop.db.reading() as conn:
        label = answers.current(conn, shop.id, [shop.seq(3)])[shop.seq(3)]
    assert (label.event_id, label.n_answers) == (first.event_id, 2)
    assert shop.problems() == []


def test_most_annotators_outvote_one_and_the_newest_breaks_a_tie(shop: Any) -> None:
    shop.act(3, "spam")
    shop.act(3, "spam", annotator="bea")
    assert shop.act(3, "ham", annotator="cy").after == "spam"
    assert shop.act(3, "ham", annotator="di").after == "ham"
    assert shop.act(3, "spam", annotator="ed").after == "spam"
    assert shop.act(3, action="withdraw", annotator="ann").after == "spam", "two to two, and ed spoke last"
    assert shop.act(3, action="undo", annotator="ed").after == "ham"
    with shop.db.reading() as conn:
        assert answers.n_answers(conn, shop.id, "pool") == 3
        assert answers.n_answers(conn, shop.id, "test") == 0
    assert shop.problems() == []


def test_everybodys_latest_words_are_told_as_of_any_moment(shop: Any) -> None:
    shop.act(3, "spam")
    shop.act(4, "ham", annotator="bea")
    shop.act(3, "ham", annotator="bea")
    shop.act(3, "ham", action="revise")
    shop.act(4, action="undo", annotator="bea")

    def said(until: int) -> dict[int, list[tuple[str, Any]]]:
        with shop.db.reading() as conn:
            found = dict(answers.said(conn, shop.id, until=until))
        return {seq: [(step.annotator, step.value) for step in steps] for seq, steps in found.items()}

    assert said(0) == {}
    assert said(2) == {shop.seq(3): [("ann", "spam")], shop.seq(4): [("bea", "ham")]}
    assert said(3)[shop.seq(3)] == [("ann", "spam"), ("bea", "ham")]
    assert said(4)[shop.seq(3)] == [("bea", "ham"), ("ann", "ham")]
    assert said(5) == {shop.seq(3): [("bea", "ham"), ("ann", "ham")]}


def test_a_later_question_about_an_item_is_for_somebody_who_has_not_answered_it(shop: Any) -> None:
    shop.ask(3)
    first = shop.act(3, "spam")
    shop.ask(3, number=2)
    revised = shop.act(3, "ham", action="revise")
    assert revised.query_id == first.query_id
    assert shop.pending() == ["item-3"]
    second = shop.act(3, "ham", annotator="bea")
    with shop.db.reading() as conn:
        states = [(q.state, q.answered_event) for q in rounds.all_queries(conn, shop.id)]
    assert states == [("answered", first.event_id), ("answered", second.event_id)]
    assert (shop.pending(), shop.problems()) == ([], [])


def test_a_revision_supersedes_the_annotators_own_answer(shop: Any) -> None:
    shop.ask(3)
    first = shop.act(3, "spam")
    shop.act(3, "ham", annotator="bea")
    revised = shop.act(3, "ham", action="revise")
    assert history(shop, 3)[-1].supersedes == first.event_id
    assert revised.query_id == first.query_id
    with shop.db.reading() as conn:
        assert rounds.queries(conn, shop.id, 1)[0].answered_event == first.event_id
        assert next(iter(answers.labels(conn, shop.id))).n_answers == 2


def test_undo_walks_back_step_by_step(shop: Any) -> None:
    shop.ask(3)
    shop.act(3, "spam")
    shop.act(3, "ham", action="revise")
    assert shop.act(3, action="undo").after == "spam"
    assert shop.pending() == []
    assert shop.act(3, action="undo").after is None
    assert (shop.labels(), shop.pending()) == ({}, ["item-3"])
    with pytest.raises(InvalidInput, match="nothing that 'ann' said of 'item-3' stands"):
        shop.act(3, action="undo")
    assert shop.act(3, "ham").query_id is not None
    assert (shop.labels(), shop.pending(), shop.problems()) == ({"item-3": "ham"}, [], [])


def test_undo_of_the_first_leaves_the_revision(shop: Any) -> None:
    shop.ask(3)
    first = shop.act(3, "spam")
    second = shop.act(3, "ham", action="revise")
    shop.act(3, action="undo", supersedes=first.event_id)
    with shop.db.reading() as conn:
        assert rounds.queries(conn, shop.id, 1)[0].answered_event == second.event_id
    assert (shop.labels(), shop.problems()) == ({"item-3": "ham"}, [])


def test_undo_and_a_new_answer_in_one_batch_keep_the_question(shop: Any) -> None:
    shop.ask(3)
    shop.act(3, "spam")
    _, again = shop.tell((3, None, {"action": "undo"}), (3, "ham", {}))
    with shop.db.reading() as conn:
        assert rounds.queries(conn, shop.id, 1)[0].answered_event == again.event_id
    assert shop.problems() == []


def test_undo_in_a_withdrawn_round_does_not_ask_again(shop: Any) -> None:
    shop.ask(3, 4)
    shop.act(3, "spam")
    with shop.db.transaction() as conn:
        rounds.withdraw_queries(conn, shop.id, [shop.seq(4)])
    shop.sql("UPDATE round SET state = 'withdrawn'")
    shop.act(3, action="undo")
    assert (shop.pending(), shop.labels(), shop.problems()) == ([], {}, [])


def test_undo_does_not_make_an_item_pending_twice(shop: Any) -> None:
    shop.ask(3)
    first = shop.act(3, "spam")
    shop.ask(3, number=2)
    shop.act(3, action="undo", supersedes=first.event_id)
    with shop.db.reading() as conn:
        assert [q.state for q in rounds.all_queries(conn, shop.id)] == ["withdrawn", "pending"]
    assert (shop.pending(), shop.problems()) == (["item-3"], [])


def test_what_was_undone_cannot_be_undone_or_revised(shop: Any) -> None:
    first = shop.act(3, "spam")
    shop.act(3, action="undo")
    for action, value in (("undo", None), ("revise", "ham")):
        with pytest.raises(Conflict, match=f"{first.event_id} does not"):
            shop.act(3, value, action=action, supersedes=first.event_id)
    shop.act(4, "spam")
    with pytest.raises(Conflict, match="an event of 'item-4' that stands"):
        shop.act(4, action="undo", supersedes=first.event_id)


def test_withdrawing_takes_back_all_that_one_annotator_said(shop: Any) -> None:
    shop.act(3, "ham", annotator="bea")
    shop.act(3, "spam")
    shop.act(3, "ham", action="revise")
    taken = shop.act(3, action="withdraw")
    assert shop.labels() == {"item-3": "ham"}
    with shop.db.reading() as conn:
        assert answers.current(conn, shop.id, [shop.seq(3)])[shop.seq(3)].n_answers == 1
    with pytest.raises(InvalidInput, match="nothing that 'ann' said"):
        shop.act(3, action="withdraw")
    shop.act(3, action="undo", supersedes=taken.event_id)
    assert (shop.labels(), shop.problems()) == ({"item-3": "ham"}, [])
    with shop.db.reading() as conn:
        assert answers.current(conn, shop.id, [shop.seq(3)])[shop.seq(3)].n_answers == 2


@pytest.mark.parametrize("action", ["skip", "flag"])
def test_a_skip_or_a_flag_leaves_the_question_open(shop: Any, action: str) -> None:
    shop.ask(3)
    done = shop.act(3, action=action, note="cannot read it")
    assert (shop.labels(), shop.pending(), done.query_id is None) == ({}, ["item-3"], False)
    assert shop.problems() == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"action": "erase"}, "action: must be one of"),
        ({"action": "sumbit"}, "Did you mean 'submit'"),
        ({"role": "boss"}, "role: must be one of"),
        ({"value": None}, "value: must be an answer for 'submit'"),
        ({"action": "skip", "value": ["spam"]}, "value: must be a reason in words, or none, for 'skip'"),
        ({"action": "revise"}, "nothing that 'ann' said"),
        ({"value": float("nan")}, "must be plain JSON"),
        ({"note": "a\x00b"}, "note: must not hold a NUL"),
        ({"annotator": "\ud800"}, "annotator: must be valid Unicode"),
        ({"submitted_at": datetime(2026, 1, 1)}, "time: must say its zone"),
    ],
)
def test_a_wrong_draft_is_refused_with_all_that_came_with_it(shop: Any, change: dict[str, Any], message: str) -> None:
    wrong = {"value": "spam", **change}
    with pytest.raises(InvalidInput, match=message):
        shop.tell((2, "ham", {}), (3, wrong.pop("value"), wrong))
    assert shop.labels() == {}


def test_an_answer_says_by_which_question_and_instructions(shop: Any) -> None:
    shop.ask(3)
    with shop.db.transaction() as conn:
        projects.add_schema(conn, shop.id, Schema("kind", ("spam", "ham", "other")))
        projects.add_instructions(conn, shop.id, "Look again.")
    shop.act(3, "spam")
    shop.act(4, "other")
    shop.act(5, "spam", schema_version=1, instruction_version=1)
    versions = [(e.schema_version, e.instruction_version) for place in (3, 4, 5) for e in history(shop, place)]
    assert versions == [(1, 1), (2, 2), (1, 1)], "that of the round, the latest, and what was said"


def test_events_are_only_ever_added_to(shop: Any) -> None:
    shop.act(3, "spam")
    for statement in (
        "UPDATE answer_event SET annotator = 'eve'",
        "DELETE FROM answer_event",
        "UPDATE answer_event SET seq = 5 WHERE seq = 1",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="answer_event is only ever added to"):
            shop.sql(statement)
    assert history(shop, 3)[0].annotator == "ann"


def test_facts_say_who_answered_and_why_it_was_asked(shop: Any) -> None:
    shop.ask(3)
    asked = shop.act(3, "spam", submitted_at=NOON).event_id
    given = shop.act(4, "ham", annotator="bea").event_id
    with shop.db.reading() as conn:
        facts = answers.facts_of(conn, [asked, given])
    assert facts[asked] == {
        "annotator": "ann",
        "answered_at": NOON,
        "round": 1,
        "strategy": "margin",
        "purpose": "strategy",
        "utility": 0.5,
        "propensity": 1.0,
        "reason": "it is unsure",
        "note": None,
    }
    assert (facts[given]["annotator"], facts[given]["round"], facts[given]["reason"]) == ("bea", None, None)


def test_work_is_counted_by_annotator(shop: Any) -> None:
    shop.act(3, "spam")
    shop.act(3, "ham", action="revise")
    shop.act(3, action="undo")
    shop.act(4, "spam", annotator="bea")
    shop.act(5, annotator="cy", action="skip")
    with shop.db.reading() as conn:
        work = answers.workloads(conn, shop.id)
        assert answers.label_counts(conn, shop.id) == {"pool": 2, "test": 0, "calibration": 0, "excluded": 0}
    assert [(w.annotator, w.n_answers, w.n_items) for w in work] == [("ann", 2, 1), ("bea", 1, 1)]
    assert work[0].last_at.tzinfo is UTC


def test_nothing_to_record_is_nothing(shop: Any) -> None:
    assert shop.tell() == []


def test_a_project_without_a_schema_takes_no_answers(database: Any) -> None:
    from querist.store import items

    with database.transaction() as conn:
        bare = projects.create(conn, "bare").id
        items.insert(conn, bare, [items.pack({}, id="a")])
        seq = items.existing(conn, bare, ["a"])["a"].seq
        with pytest.raises(NotFound, match="schema"):
            answers.append(conn, bare, [answers.AnswerDraft(seq, "x", "ann")])
