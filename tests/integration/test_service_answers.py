"""Answers as they come: late, in part, out of order, twice, unasked, by two people, changed and changed back."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from querist.core.errors import Conflict, InvalidInput
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.core.state import Answer
from querist.formats import open_table
from querist.project import Project
from querist.service import datasets
from querist.service import rounds as service_rounds
from querist.store import answers, rounds
from querist.store import items as stored_items

COLORS = Schema("color", ("red", "green", "blue"))
TEXTS = [{"id": f"i{n:02d}", "text": f"the {n}th thing of {n % 7} and {n % 5} that we look at"} for n in range(20)]


@pytest.fixture
def colors(database_url: str, start: Callable[..., Project]) -> Project:
    """Twenty items, of which a random batch of six is out."""
    project = start(database_url, schema=COLORS, policy=Policy("random", batch_size=6, seed=3), name="colors")
    project.add(TEXTS)
    project.ask()
    return project


def pending(project: Project) -> list[str]:
    return [entry.item_id for entry in project.pending().entries]


def counts(told: Any) -> tuple[int, int, int, int]:
    return told.n_labeled, told.n_volunteered, told.n_revised, told.n_repeated


def history(project: Project, item_id: str) -> list[tuple[str, Any, str, int | None]]:
    """Every word on an item: who, what, how, and of which round."""
    work = project._work
    with work.database.reading() as conn:
        seq = stored_items.existing(conn, work.project_id, [item_id])[item_id].seq
        events = answers.history(conn, work.project_id, seq)
    return [(event.annotator, event.value, event.action, event.round) for event in events]


def label(project: Project, item_id: str) -> Any:
    work = project._work
    with work.database.reading() as conn:
        found = {each.item_id: each.value for each in answers.labels(conn, work.project_id)}
    return found.get(item_id)


def sheet(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "color"), *rows])
    return path


@pytest.fixture(params=["by call", "by file"])
def say(request: pytest.FixtureRequest, colors: Project, tmp_path: Path) -> Callable[..., Any]:
    """Tells answers, as a mapping or as a worksheet."""

    def tell(given: dict[str, str], annotator: str = "ann") -> Any:
        if request.param == "by call":
            return colors.tell(given, annotator=annotator)
        return colors.tell(sheet(tmp_path / "sheet.csv", list(given.items())), annotator=annotator)

    return tell


def test_answers_in_part_and_out_of_order_leave_the_rest_pending(colors: Project, say: Callable[..., Any]) -> None:
    asked = pending(colors)
    assert counts(say({asked[4]: "red", asked[1]: "blue"})) == (2, 0, 0, 0)
    assert pending(colors) == [item for item in asked if item not in (asked[4], asked[1])]
    assert counts(say({asked[0]: "green"})) == (1, 0, 0, 0)
    status = colors.status()
    assert (status.splits[0].n_labeled, status.splits[0].n_pending) == (3, 3)
    assert [(r.n_asked, r.n_answered, r.state) for r in status.rounds] == [(6, 3, "open")]
    assert colors.verify() == []


def test_an_answer_that_comes_after_the_next_round_belongs_to_its_own(colors: Project, say: Callable[..., Any]) -> None:
    late = pending(colors)
    say(dict.fromkeys(late[:2], "red"))
    colors.ask()
    assert not {entry.item_id for entry in colors.pending().entries if entry.round == 2} & set(late)
    assert counts(say({late[5]: "blue"})) == (1, 0, 0, 0)
    assert history(colors, late[5]) == [("ann", "blue", "submit", 1)]
    assert [(r.n_asked, r.n_answered) for r in colors.status().rounds] == [(6, 3), (6, 0)]
    assert colors.verify() == []


def test_the_same_answers_twice_are_one_event_each(colors: Project, say: Callable[..., Any]) -> None:
    given = dict.fromkeys(pending(colors), "red")
    assert counts(say(given)) == (6, 0, 0, 0)
    assert counts(say(given)) == (0, 0, 0, 6)
    assert all(len(history(colors, item)) == 1 for item in given)
    assert pending(colors) == []
    assert colors.verify() == []


def test_an_answer_to_a_question_taken_back_counts_as_volunteered(colors: Project, say: Callable[..., Any]) -> None:
    asked = pending(colors)
    assert colors.withdraw() == 6
    assert pending(colors) == []
    assert counts(say({asked[0]: "red"})) == (1, 1, 0, 0)
    assert history(colors, asked[0]) == [("ann", "red", "submit", None)]
    drawn = [entry.item_id for entry in colors.ask(14).entries]
    assert asked[0] not in drawn, "what is labeled is not asked"
    assert set(asked[1:]) & set(drawn), "what was taken back may be asked again"
    assert colors.verify() == []


def test_an_answer_nobody_asked_for_is_kept_and_the_item_is_not_asked(colors: Project, say: Callable[..., Any]) -> None:
    asked = pending(colors)
    unasked = next(item["id"] for item in TEXTS if item["id"] not in asked)
    assert counts(say({unasked: "green"})) == (1, 1, 0, 0)
    assert sorted(pending(colors)) == sorted(asked)
    assert len(colors.ask(20).entries) == 20 - 6 - 1
    spent = colors.status().spent
    assert (spent.labels, spent.pending) == (0, 19), "a volunteered answer was not bought, an open question not yet"
    assert colors.verify() == []


def test_a_mind_changed_and_changed_back_leaves_three_words(colors: Project, say: Callable[..., Any]) -> None:
    item = pending(colors)[0]
    assert counts(say({item: "red"})) == (1, 0, 0, 0)
    assert counts(say({item: "blue"})) == (0, 0, 1, 0)
    assert counts(say({item: "red"})) == (0, 0, 1, 0)
    assert counts(say({item: "red"})) == (0, 0, 0, 1)
    assert history(colors, item) == [
        ("ann", "red", "submit", 1),
        ("ann", "blue", "revise", 1),
        ("ann", "red", "revise", 1),
    ]
    assert label(colors, item) == "red"
    assert colors.verify() == []


def test_of_two_people_the_later_word_stands_and_both_are_kept(colors: Project, say: Callable[..., Any]) -> None:
    item = pending(colors)[0]
    say({item: "red"}, annotator="ann")
    assert counts(say({item: "green"}, annotator="bea")) == (0, 0, 1, 0)
    assert label(colors, item) == "green"
    assert [(who, what) for who, what, _, _ in history(colors, item)] == [("ann", "red"), ("bea", "green")]
    assert colors.verify() == []


def test_several_words_on_one_item_in_one_call_are_taken_in_their_order(colors: Project) -> None:
    first, second = pending(colors)[:2]
    told = colors.tell(
        [
            Answer(first, "red", "ann"),
            Answer(second, "red", "ann"),
            Answer(first, "green", "bea"),
            Answer(first, "red", "ann", note="on second thought"),
            Answer(first, "red", "ann"),
        ]
    )
    assert counts(told) == (2, 0, 2, 1)
    assert [(who, what) for who, what, _, _ in history(colors, first)] == [
        ("ann", "red"),
        ("bea", "green"),
        ("ann", "red"),
    ]
    assert (label(colors, first), label(colors, second)) == ("red", "red")
    assert colors.verify() == []
    # And where a label stood before the call: each word builds on the one before it.
    assert counts(colors.tell([Answer(first, "blue", "ann"), Answer(first, "green", "bea")])) == (0, 0, 2, 0)
    assert label(colors, first) == "green"
    assert len(history(colors, first)) == 5
    assert colors.verify() == []


def test_a_key_sent_again_after_others_spoke_changes_nothing(colors: Project) -> None:
    item = pending(colors)[0]
    colors.tell([Answer(item, "red", "ann", idempotency_key="one")])
    colors.tell([Answer(item, "blue", "bea", idempotency_key="two")])
    assert counts(colors.tell([Answer(item, "red", "ann", idempotency_key="one")])) == (0, 0, 0, 1)
    assert label(colors, item) == "blue"
    assert len(history(colors, item)) == 2
    assert colors.verify() == []


def test_one_wrong_answer_of_a_call_takes_none(colors: Project) -> None:
    asked = pending(colors)
    with pytest.raises(InvalidInput, match=r"the label 'gren' is not in the schema; did you mean 'green'\?"):
        colors.tell({asked[0]: "red", asked[1]: "gren"})
    with pytest.raises(InvalidInput, match="answers: must be about items of the project; 'nobody' is none"):
        colors.tell({asked[0]: "red", "nobody": "red"})
    assert pending(colors) == asked
    assert history(colors, asked[0]) == []
    assert colors.verify() == []


def take_back(project: Project, item_id: str, action: Any) -> None:
    work = project._work
    with work.database.transaction() as conn:
        seq = stored_items.existing(conn, work.project_id, [item_id])[item_id].seq
        answers.append(conn, work.project_id, [answers.AnswerDraft(seq, None, "ann", action=action)])


@pytest.mark.parametrize("action", ["undo", "withdraw"])
def test_an_answer_that_was_taken_back_can_be_given_again(
    colors: Project, say: Callable[..., Any], action: str
) -> None:
    item = pending(colors)[0]
    for _ in range(3):
        assert counts(say({item: "red"})) == (1, 0, 0, 0)
        assert counts(say({item: "red"})) == (0, 0, 0, 1)
        assert label(colors, item) == "red"
        take_back(colors, item, action)
        assert label(colors, item) is None
        assert item in pending(colors)
    assert len(history(colors, item)) == 6
    assert colors.verify() == []


def test_a_change_that_was_undone_can_be_made_again(colors: Project, say: Callable[..., Any]) -> None:
    item = pending(colors)[0]
    say({item: "red"})
    for _ in range(2):
        assert counts(say({item: "blue"})) == (0, 0, 1, 0)
        take_back(colors, item, "undo")
        assert label(colors, item) == "red"
    assert colors.verify() == []


def test_a_file_added_again_does_not_bring_back_a_label_that_was_taken_back(
    database_url: str, start: Callable[..., Project]
) -> None:
    project = start(database_url, schema=COLORS, policy=Policy("random", batch_size=6), name="again")
    rows = [{**item, "color": "red"} for item in TEXTS[:3]]
    assert project.add(rows, label="color").n_labels == 3
    work = project._work
    with work.database.transaction() as conn:
        seq = stored_items.existing(conn, work.project_id, ["i01"])["i01"].seq
        who = answers.history(conn, work.project_id, seq)[0].annotator
        answers.append(conn, work.project_id, [answers.AnswerDraft(seq, None, who, action="undo")])
    assert project.add(rows, label="color").n_labels == 0
    assert label(project, "i01") is None


def test_a_note_is_kept_with_the_answer(colors: Project, tmp_path: Path) -> None:
    item = pending(colors)[0]
    path = tmp_path / "noted.csv"
    path.write_text(f"id,color,note\n{item},red,looks worn\n", "utf-8")
    colors.tell(path)
    work = colors._work
    with work.database.reading() as conn:
        assert [event.note for event in answers.events(conn, work.project_id)] == ["looks worn"]


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.jsonl", "out.parquet", "out.arrow"])
def test_a_note_is_exported_where_there_is_one(colors: Project, tmp_path: Path, name: str) -> None:
    first, second = pending(colors)[:2]
    colors.tell({second: "blue"})
    colors.export(tmp_path / f"none-{name}")
    assert "note" not in open_table(tmp_path / f"none-{name}").columns
    colors.tell([Answer(first, "red", "ann", note="=1+1 looks worn")])
    colors.export(tmp_path / name)
    (batch,) = open_table(tmp_path / name).batches()
    notes = dict(zip(batch.columns["id"], batch.columns["note"], strict=True))
    assert notes == {first: "=1+1 looks worn", second: "" if name.endswith("sv") else None}
    colors.tell({first: "green"})
    colors.export(tmp_path / name)
    assert "note" not in open_table(tmp_path / name).columns, "the answer that stands now has none"


def test_a_field_named_note_is_told_from_the_note(
    start: Callable[..., Project], tmp_path: Path, database_url: str
) -> None:
    project = start(database_url, schema=COLORS, policy=Policy("random", batch_size=2), name="noted")
    project.add([{"id": f"i{n}", "note": f"a note on {n} of the seller's"} for n in range(4)])
    project.tell([Answer("i1", "red", "ann", note="my own")])
    project.export(tmp_path / "out.jsonl")
    row = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert (row["field:note"], row["note"]) == ("a note on 1 of the seller's", "my own")


@pytest.mark.parametrize("target", datasets.OWN)
def test_a_question_named_like_a_fact_is_told_from_it(
    start: Callable[..., Project], tmp_path: Path, target: str
) -> None:
    schema = Schema(target, ("red", "blue"))
    project = start(f"sqlite:///{tmp_path}/p.db", schema=schema, policy=Policy("random"), name="named")
    project.add([{"id": f"i{n}", "text": f"item {n}"} for n in range(4)])
    project.tell([Answer("i1", "red", "ann", note="my own")])
    for _ in range(2):  # the second time it knows its own file
        project.export(tmp_path / "out.jsonl")
    row = json.loads((tmp_path / "out.jsonl").read_text("utf-8"))
    assert (row[f"label:{target}"], row["id"], row["annotator"], row["note"]) == ("red", "i1", "ann", "my own")


# Two processes of one project. Each says `ready`, and goes on when it is told to.
TELLS = """
import sys
from querist.opening import open
with open("colors", sys.argv[1]) as project:
    print("ready", flush=True)
    sys.stdin.readline()
    told = project.tell(sys.argv[2])
    print(told.n_labeled, told.n_repeated, told.n_revised, flush=True)
"""
ASKS = """
import sys
from querist.core.errors import Conflict
from querist.opening import open
with open("colors", sys.argv[1]) as project:
    project.status()
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        print(*[entry.item_id for entry in project.ask().entries], flush=True)
    except Conflict as error:
        print("conflict", flush=True)
"""


def at_once(program: str, environment: dict[str, str], *words: str, n: int = 2) -> list[list[str]]:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=environment,
        )
        for _ in range(n)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate(timeout=60)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0] * n
    return said


def test_one_file_told_by_two_processes_at_once_is_one_set_of_answers(
    colors: Project, database_url: str, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    asked = pending(colors)
    path = sheet(tmp_path / "same.csv", [(item, "red") for item in asked])
    said = at_once(TELLS, clean_environment, database_url, str(path))
    assert sorted(said) == [["0", "6", "0"], ["6", "0", "0"]]
    assert all(len(history(colors, item)) == 1 for item in asked)
    assert pending(colors) == []
    assert colors.verify() == []


def test_two_processes_that_ask_at_once_never_ask_one_item_twice(
    colors: Project, database_url: str, clean_environment: dict[str, str]
) -> None:
    before = pending(colors)
    said = at_once(ASKS, clean_environment, database_url, n=3)
    drawn = [item for each in said if each != ["conflict"] for item in each]
    out = pending(colors)
    assert len(out) == len(set(out)) == len(before) + len(drawn)
    assert sorted(out) == sorted([*before, *drawn])
    numbers = [r.number for r in colors.status().rounds]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 2, "at least one of them got its round"
    assert colors.verify() == []


def test_a_round_drawn_while_another_came_first_is_a_conflict_and_leaves_nothing(
    colors: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = colors._work
    real = service_rounds.ask_state

    def slow(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(service_rounds, "ask_state", real)
        colors.ask(2)  # somebody else, between the reading and the writing
        return real(*given, **more)

    monkeypatch.setattr(service_rounds, "ask_state", slow)
    with pytest.raises(Conflict, match="got 2, and round 2 is there: another command asked meanwhile"):
        colors.ask()
    with work.database.reading() as conn:
        assert rounds.last_number(conn, work.project_id) == 2
    assert len(pending(colors)) == 8
    assert colors.verify() == []
