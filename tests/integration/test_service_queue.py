"""The queue as people meet it: what they are given, why nothing, and what becomes of each act."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.service import answering, driving, history, intake, labeling, projects, queue, rounds, watching
from querist.service.workspaces import Workspaces
from querist.store import answers, audit, jobs
from querist.store import rounds as stored_rounds
from querist.store.db import Database

ANN, BEA = queue.Annotator("ann"), queue.Annotator("bea")


@pytest.fixture
def tickets(database_url: str) -> Iterator[Any]:
    """Makes a project with one round of six items: `tickets(**settings)`; nothing in it may disagree at the end."""
    opened = []

    def make(*, ask: int | None = 6, **settings: Any) -> Any:
        all_of = Workspaces(Database.open(database_url))
        work = all_of.create(
            "tickets",
            schema=Schema("topic", ("bug", "wish")),
            policy=Policy(start="random", near_duplicates=None),
            shares={"test": 0.0, "calibration": 0.0},
            instructions="Read it.",
        )
        opened.append((all_of, work))
        intake.add_items(work, [{"id": f"t{i}", "text": f"It is {i}, please", "language": "en"} for i in range(20)])
        projects.set_queue(work, {"auto_rounds": False, **settings})
        if ask:
            rounds.ask(work, ask)
        return work

    yield make
    for all_of, work in opened:
        with work.database.reading() as conn:
            assert audit.verify(conn, work.project_id) == []
        all_of.close()


def given(work: Any, who: queue.Annotator = ANN, n: int = 1) -> Any:
    claimed = queue.claim(work, who, n)
    assert claimed.nothing is None, claimed.nothing
    return claimed.assignments[0] if n == 1 else claimed.assignments


def does(work: Any, action: str, one: Any, who: queue.Annotator = ANN, **more: Any) -> Any:
    did = {
        "key": f"{action}-{one.slot}-{one.token}-{sorted(more.items())}",
        "slot": one.slot,
        "token": one.token,
        **more,
    }
    return answering.act(work, who, answering.Act(action=action, item_id=one.item_id, **did))


def events(work: Any) -> list[Any]:
    with work.database.reading() as conn:
        return list(answers.events(conn, work.project_id))


def label_of(work: Any, item_id: str) -> Any:
    with work.database.reading() as conn:
        return next((each.value for each in answers.labels(conn, work.project_id) if each.item_id == item_id), None)


def test_an_item_comes_with_all_that_its_screen_shows(tickets: Any) -> None:
    work = tickets(lease_s=120)
    one = given(work)
    assert one.fields["text"].startswith("It is")
    assert one.reason.startswith("random")
    assert (one.round, one.schema_version, one.instruction_version, one.lease_s) == (1, 1, 1, 120)
    assert one.suggestion is None
    assert 100 < (one.lease_until - datetime.now(UTC)).total_seconds() < 130


def test_the_reason_can_be_kept_from_annotators(tickets: Any) -> None:
    assert given(tickets(show_reason=False)).reason is None


@pytest.mark.parametrize("mode", ["visible", "hidden", "after"])
def test_a_suggestion_is_shown_as_the_project_wants_and_recorded_in_any_case(tickets: Any, mode: str) -> None:
    work = tickets(suggestions=mode)
    with work.database.transaction() as conn:
        conn.exec_driver_sql("""UPDATE query SET suggestion = '{"score":0.7,"value":"bug"}'""")
    one = given(work)
    if mode == "hidden":
        assert one.suggestion is None
    else:
        assert one.suggestion == {"value": "bug", "confidence": 0.7, "model": None, "visible": mode == "visible"}
    does(work, "submit", one, value="bug", suggestion_visible=mode == "visible", suggestion_accepted=True)
    assert events(work)[0].suggestion["value"] == "bug"
    assert events(work)[0].suggestion["was_visible"] is (mode == "visible")


def test_one_person_holds_no_more_than_they_may(tickets: Any) -> None:
    work = tickets(max_leases=2)
    both = given(work, n=5)
    assert len(both) == 2
    nothing = queue.claim(work, ANN, 3, have=[one.slot for one in both]).nothing
    assert nothing.code == "all_leased"
    assert "2 items" in nothing.message
    assert given(work, BEA)


def test_what_another_window_of_ones_own_holds_can_be_taken_over(tickets: Any) -> None:
    work = tickets(ask=2)
    first = given(work, n=2)
    nothing = queue.claim(work, ANN, 3).nothing
    assert (nothing.code, "2 items" in nothing.message) == ("held_by_you", True)
    taken = queue.claim(work, ANN, 3, take=True).assignments
    assert [(one.slot, one.token) for one in taken] == [(one.slot, one.token) for one in first]
    assert queue.claim(work, BEA, 1).nothing.code == "all_leased"


def test_what_is_on_a_screen_stays_there_while_the_project_is_paused(tickets: Any) -> None:
    work = tickets()
    one = given(work)
    driving.pause(work)
    time.sleep(0.01)
    assert queue.claim(work, ANN, 2, have=[one.slot]).nothing.code == "paused"
    [held] = queue.held(work, ANN)
    assert held.token == one.token
    assert held.lease_until > one.lease_until


def test_who_comes_back_after_all_leases_lapsed_is_given_items_at_once(tickets: Any) -> None:
    work = tickets(max_leases=3)
    assert len(given(work, n=5)) == 3
    with work.database.transaction() as conn:
        conn.exec_driver_sql("UPDATE slot SET lease_until = 1 WHERE state = 'leased'")
    assert len(given(work, n=5)) == 3


def test_what_measures_the_model_does_not_show_that_it_does(tickets: Any) -> None:
    work = tickets()
    with work.database.transaction() as conn:
        conn.exec_driver_sql("UPDATE query SET purpose = 'evaluation', reason = 'of the test split, to measure on'")
    assert given(work).reason == "random: drawn blindly"


def test_a_day_has_an_end(tickets: Any) -> None:
    work = tickets(daily_cap=2)
    both = given(work, n=5)
    assert len(both) == 2, "no more than may be answered"
    for one in both:
        does(work, "submit", one, value="bug")
    assert queue.claim(work, ANN, 1).nothing.code == "cap_reached"
    capped = queue.Annotator("cy", daily_cap=1)
    does(work, "submit", given(work, capped), capped, value="bug")
    assert queue.claim(work, capped, 1).nothing.code == "cap_reached"


@pytest.mark.parametrize(
    ("setting", "code"),
    [({"ask": None}, "no_round"), ({"skill_field": "language"}, "no_skill")],
)
def test_why_there_is_nothing_at_the_beginning(tickets: Any, setting: dict[str, Any], code: str) -> None:
    assert queue.claim(tickets(**setting), ANN, 1).nothing.code == code


def test_who_has_the_skill_is_given_what_asks_for_it(tickets: Any) -> None:
    assert given(tickets(skill_field="language"), queue.Annotator("eva", skills=("en",)))


def test_why_there_is_nothing_at_the_end(tickets: Any) -> None:
    work = tickets(ask=1, overlap=2)
    one = given(work)
    assert queue.claim(work, ANN, 2, have=[one.slot]).nothing.code == "done_by_you"
    other = given(work, BEA)
    assert queue.claim(work, queue.Annotator("cy"), 1).nothing.code == "all_leased"
    does(work, "submit", one, value="bug")
    does(work, "submit", other, BEA, value="bug")
    assert queue.claim(work, ANN, 1).nothing.code == "all_done"


def test_nobody_waits_for_questions_whose_choosing_failed(tickets: Any) -> None:
    work = tickets(ask=1, auto_rounds=True)
    does(work, "submit", given(work), value="bug")
    assert queue.claim(work, ANN, 1).nothing.code == "training"
    with work.database.transaction() as conn:
        made = jobs.add(conn, work.project_id, "round", wanted={}, requested_by="")
        jobs.take(conn, "w", lease_s=60, tries=1)
        jobs.fail(conn, made.id, "w", "the disk is full")
    found = queue.claim(work, ANN, 1).nothing
    assert (found.code, found.message[:34]) == ("no_round", "Choosing the next questions failed")


def test_an_act_that_is_sent_again_is_the_same_act(tickets: Any) -> None:
    work = tickets()
    one = given(work)
    first = does(work, "submit", one, value="bug")
    again = does(work, "submit", one, value="bug")
    assert (again.event_id, again.repeated, first.repeated) == (first.event_id, True, False)
    assert (again.late, first.late) == (False, False), "the slot is filled by now, and was not when it was answered"
    assert (again.state, first.state) == ("done", "done")
    assert len(events(work)) == 1
    assert history.pace(work, ANN).today == 1


def test_undo_hands_the_item_back_also_where_the_first_word_of_it_was_lost(tickets: Any) -> None:
    work = tickets()
    one = given(work)
    did = does(work, "submit", one, value="bug")
    back = does(work, "undo", one, supersedes=did.event_id)
    assert back.assignment.item_id == one.item_id
    assert (back.value, label_of(work, one.item_id)) == (None, None)
    lost = does(work, "undo", one, supersedes=did.event_id)
    assert (lost.repeated, lost.assignment) == (True, back.assignment)
    assert does(work, "submit", back.assignment, value="wish").state == "done"
    assert label_of(work, one.item_id) == "wish"


def test_undo_of_a_change_of_mind_brings_the_first_word_back(tickets: Any) -> None:
    work = tickets()
    one = given(work)
    first = does(work, "submit", one, value="bug")
    changed = does(work, "revise", one, value="wish", supersedes=first.event_id)
    back = does(work, "undo", one, supersedes=changed.event_id)
    assert (back.value, back.assignment) == ("bug", None)


def test_a_skip_with_its_reason_lets_others_answer_until_enough_have_skipped(tickets: Any) -> None:
    work = tickets(ask=1, max_skips=2)
    one = given(work)
    assert does(work, "skip", one, reason="unclear").state == "open"
    assert (events(work)[0].action, events(work)[0].value) == ("skip", "unclear")
    assert queue.claim(work, ANN, 1).nothing.code == "done_by_you"
    does(work, "skip", given(work, BEA), BEA)
    assert queue.claim(work, queue.Annotator("cy"), 1).nothing.code == "all_done"


def test_a_skip_can_be_undone(tickets: Any) -> None:
    work = tickets(ask=1)
    one = given(work)
    did = does(work, "skip", one)
    back = does(work, "undo", one, supersedes=did.event_id)
    assert back.assignment.item_id == one.item_id
    assert does(work, "submit", back.assignment, value="bug").state == "done"


def test_a_flag_is_raised_beside_the_answer(tickets: Any) -> None:
    work = tickets()
    one = given(work)
    does(work, "flag", one, reason="broken", note="half of it is missing")
    assert does(work, "submit", one, value="bug").state == "done"
    assert [(e.action, e.value, e.note) for e in events(work)] == [
        ("flag", "broken", "half of it is missing"),
        ("submit", "bug", ""),
    ]
    assert watching.progress(work).queue.flagged == 1


def test_a_late_answer_is_marked_and_fills_the_place_if_it_is_free(tickets: Any) -> None:
    work = tickets(ask=1)
    one = given(work)
    with work.database.transaction() as conn:
        conn.exec_driver_sql("UPDATE slot SET lease_until = 0")
    other = given(work, BEA)
    does(work, "submit", other, BEA, value="wish")
    late = does(work, "submit", one, value="bug")
    assert (late.late, late.state, late.value) == (True, "kept_extra", "bug")
    assert events(work)[1].acquisition["grant"] == {"slot": one.slot, "late": True}
    assert events(work)[0].acquisition["grant"]["late"] is False


def test_a_second_window_of_one_person_changes_the_answer_and_adds_none(tickets: Any) -> None:
    work = tickets()
    one = given(work)
    does(work, "submit", one, value="bug")
    does(work, "submit", one, value="wish", key="other window")
    assert [(e.action, e.value) for e in events(work)] == [("submit", "bug"), ("revise", "wish")]
    assert history.pace(work, ANN).today == 1


def test_nobody_sees_what_others_said(tickets: Any) -> None:
    work = tickets(ask=1, overlap=2)
    one, other = given(work), given(work, BEA)
    does(work, "submit", one, value="bug")
    said = does(work, "submit", other, BEA, value="wish")
    assert said.value == "wish"
    assert not hasattr(said, "label")


def test_an_item_that_changed_since_it_was_shown_is_not_answered(tickets: Any) -> None:
    work = tickets()
    one = given(work)
    with pytest.raises(Conflict, match="other content"):
        does(work, "submit", one, value="bug", content_hash="0" * 64)
    assert does(work, "submit", one, value="bug", content_hash=one.content_hash).state == "done"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"value": "spma"}, InvalidInput, "not in the schema"),
        ({"value": None}, InvalidInput, "must be an answer"),
        ({"value": "bug", "key": ""}, InvalidInput, "key: must be"),
        ({"value": "bug", "active_ms": -1}, InvalidInput, "active_ms"),
        ({"value": "bug", "item_id": "nonesuch"}, NotFound, "must be in the project"),
        ({"value": "bug", "schema_version": 7}, NotFound, "no version 7"),
        ({"value": "bug", "slot": None}, InvalidInput, "Claim it first"),
        ({"value": "bug", "slot": 10**6}, InvalidInput, "Claim it first"),
        ({"action": "undo"}, InvalidInput, "must name the event"),
        ({"action": "undo", "supersedes": "nonesuch"}, Conflict, "that stands"),
        ({"action": "revise", "value": "bug"}, InvalidInput, "must have something to revise"),
        ({"action": "skip", "value": "bug"}, InvalidInput, "must be none"),
        ({"action": "bow"}, InvalidInput, "action: must be one of"),
    ],
)
def test_a_wrong_act_changes_nothing(
    tickets: Any, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    work = tickets()
    one = given(work)
    act = {"key": "k", "action": "submit", "item_id": one.item_id, "slot": one.slot, "token": one.token} | change
    with pytest.raises(error, match=message):
        answering.act(work, ANN, answering.Act(**act))
    assert events(work) == []


def test_nobody_undoes_what_another_said(tickets: Any) -> None:
    work = tickets(ask=1, overlap=2)
    one, other = given(work), given(work, BEA)
    done = does(work, "submit", one, value="bug")
    with pytest.raises(Conflict, match="that stands"):
        does(work, "undo", other, BEA, supersedes=done.event_id)
    assert label_of(work, one.item_id) == "bug"


def test_a_slot_answers_to_whom_it_was_given_alone(tickets: Any) -> None:
    work = tickets(ask=1, slot_tiers=[2])
    expert = queue.Annotator("eva", tier=2)
    one = given(work, expert)
    assert queue.save_draft(work, expert, one.slot, one.token, "bug", "mine")
    for token in (None, "guessed", one.token):
        with pytest.raises(InvalidInput, match="Claim it first"):
            answering.act(work, ANN, answering.Act(f"k{token}", "submit", one.item_id, one.slot, token, "wish"))
    assert queue.held(work, expert)[0].draft == {"value": "bug", "note": "mine"}
    assert events(work) == []


def test_a_worksheet_does_not_fill_the_place_of_an_expert(tickets: Any) -> None:
    work = tickets(ask=1, overlap=2, slot_tiers=[0, 2])
    item_id = rounds.pending(work).entries[0].item_id
    labeling.tell(work, {item_id: "bug"}, annotator="ann")
    labeling.tell(work, {item_id: "bug"}, annotator="bea")
    assert given(work, queue.Annotator("eva", tier=2)).item_id == item_id


def test_a_key_that_was_another_acts_is_refused_and_no_answer_lost_in_silence(tickets: Any) -> None:
    work = tickets()
    one, two = given(work, n=2)
    does(work, "submit", one, value="bug", key="twice")
    with pytest.raises(Conflict, match="one act alone"):
        does(work, "submit", two, value="bug", key="twice")


def test_after_an_undo_a_withdrawn_question_is_handed_to_nobody(tickets: Any) -> None:
    work = tickets(ask=1)
    one = given(work)
    done = does(work, "submit", one, value="bug")
    with work.database.transaction() as conn:
        conn.exec_driver_sql("UPDATE round SET state = 'withdrawn'")
    back = does(work, "undo", one, supersedes=done.event_id)
    assert back.assignment is None
    assert queue.claim(work, BEA, 1).assignments == ()


def test_a_flag_after_the_last_skip_asks_nobody_again(tickets: Any) -> None:
    work = tickets(ask=1, max_skips=1)
    one = given(work)
    does(work, "flag", one, reason="broken")
    does(work, "skip", one)
    does(work, "flag", one, reason="broken", key="again", note="really")
    assert queue.claim(work, BEA, 1).assignments == ()


def test_a_slot_is_about_its_own_item(tickets: Any) -> None:
    work = tickets()
    one, two = given(work, n=2)
    with pytest.raises(InvalidInput, match="about another"):
        answering.act(work, ANN, answering.Act("k", "submit", two.item_id, one.slot, one.token, "bug"))


def test_a_draft_comes_back_with_its_item(tickets: Any) -> None:
    work = tickets()
    one = given(work)
    assert queue.save_draft(work, ANN, one.slot, one.token, "bug", "hm")
    assert not queue.save_draft(work, BEA, one.slot, one.token, "wish", "")
    assert queue.held(work, ANN)[0].draft == {"value": "bug", "note": "hm"}
    does(work, "submit", one, value="bug")
    assert queue.held(work, ANN) == []


def test_a_worksheet_and_the_page_answer_the_same_round(tickets: Any) -> None:
    work = tickets(ask=3)
    one = given(work)
    others = [entry.item_id for entry in rounds.pending(work).entries if entry.item_id != one.item_id]
    labeling.tell(work, {others[0]: "bug"}, annotator="bea")
    assert given(work).item_id == others[1]
    does(work, "submit", one, value="wish")
    with work.database.reading() as conn:
        assert stored_rounds.get(conn, work.project_id, 1).n_answered == 2


def test_history_shows_ones_own_acts_newest_first_and_what_can_be_changed(tickets: Any) -> None:
    work = tickets()
    one, two, three = given(work, n=3)
    first = does(work, "submit", one, value="bug")
    does(work, "submit", two, value="bug")
    does(work, "skip", three, reason="unclear")
    does(work, "undo", one, supersedes=first.event_id)
    does(work, "submit", given(work, BEA), BEA, value="bug")
    found = history.history(work, ANN)
    assert [(act.action, act.item_id, act.undone, act.editable) for act in found.acts] == [
        ("undo", one.item_id, False, False),
        ("skip", three.item_id, False, False),
        ("submit", two.item_id, False, True),
        ("submit", one.item_id, True, False),
    ]
    page = history.history(work, ANN, limit=3)
    assert [act.item_id for act in history.history(work, ANN, before=page.next).acts] == [one.item_id]


def test_an_item_of_before_can_be_opened_by_who_did_something_about_it_alone(tickets: Any) -> None:
    work = tickets()
    one, two = given(work, n=2)
    done = does(work, "submit", one, value="bug")
    mine = history.own_item(work, ANN, one.item_id)
    assert (mine.fields, mine.value, mine.event_id) == (one.fields, "bug", done.event_id)
    for who, item_id in ((BEA, one.item_id), (ANN, two.item_id), (ANN, "nonesuch")):
        with pytest.raises(NotFound, match="answered or skipped"):
            history.own_item(work, who, item_id)


def test_what_a_program_tells_counts_to_its_day(tickets: Any) -> None:
    work = tickets(ask=2)
    labeling.tell(work, {entry.item_id: "bug" for entry in rounds.pending(work).entries}, annotator="robot")
    assert {each.name: each.today for each in watching.people(work)} == {"robot": 2}


def test_pace_and_progress_are_about_what_was_done(tickets: Any) -> None:
    work = tickets(overlap=2)
    for _ in range(3):
        does(work, "submit", given(work), value="bug", active_ms=4000)
    pace = history.pace(work, ANN)
    assert (pace.today, pace.total, pace.session, pace.median_s, pace.per_hour, pace.left) == (3, 3, 3, 4.0, 900.0, 9)
    given(work, BEA)
    progress = watching.progress(work)
    assert (progress.queue.open, progress.queue.leased, progress.queue.done) == (8, 1, 3)
    assert (progress.items["pool"], progress.labeled["pool"], progress.state) == (20, 3, "labeling")
    assert progress.rate_per_hour > 0
    assert progress.drain_s is not None
    people = {each.name: each for each in watching.people(work)}
    assert (people["ann"].today, people["ann"].working, people["bea"].leased) == (3, True, 1)


def test_instructions_that_were_read_are_remembered(tickets: Any) -> None:
    work = tickets()
    assert history.instructions_read(work, ANN) is None
    history.read_instructions(work, ANN, 1)
    given(work)
    assert history.instructions_read(work, ANN) == 1
