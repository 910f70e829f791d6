"""Several people label one project: second opinions are asked for, kept beside the first, and count."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sklearn.tree import DecisionTreeClassifier

from querist.core.errors import Conflict, InvalidInput, PoolExhausted
from querist.core.policy import Budget, Policy
from querist.core.schema import Schema
from querist.project import Project
from querist.service import labeling, projects
from querist.store import answers, rounds, versions

N_ITEMS = 24
OTHER = {"billing": "delivery", "delivery": "account", "account": "billing"}


@pytest.fixture
def crowded(database_url: str, start: Callable[..., Project], messages: Callable[..., Any]) -> tuple[Project, Any]:
    """A project of few items, all of them answered once by ann, who is always right."""
    data = messages(N_ITEMS)
    policy = Policy("active_label", batch_size=6, exploration=0.0, trust=False, budget=Budget(labels=100))
    project = start(database_url, policy=policy)
    project.add(data.items)
    project.tell(data.some([entry.item_id for entry in project.ask(N_ITEMS).entries]), annotator="ann")
    return project, data


def labels(project: Project) -> dict[str, Any]:
    work = project._work
    with work.database.reading() as conn:
        return {each.item_id: (each.value, each.n_answers) for each in answers.labels(conn, work.project_id)}


def events(project: Project) -> list[Any]:
    work = project._work
    with work.database.reading() as conn:
        return list(answers.events(conn, work.project_id))


def test_a_second_opinion_is_asked_for_and_kept_beside_the_first(crowded: tuple[Project, Any]) -> None:
    project, data = crowded
    assert project.status().next_step == "querist ask --to batch.csv", "all is labeled, and more can be learned of it"
    asked = project.ask()
    assert (asked.strategy, len(asked.entries)) == ("active_label", 6)
    first, second, third = (entry.item_id for entry in asked.entries[:3])
    told = project.tell({first: data.truth[first], second: OTHER[data.truth[second]]}, annotator="bea")
    assert (told.n_labeled, told.n_confirmed, told.n_revised, told.n_pending) == (0, 1, 1, 4)
    assert labels(project)[first] == (data.truth[first], 2)
    assert labels(project)[second] == (OTHER[data.truth[second]], 2)
    assert labels(project)[third] == (data.truth[third], 1)
    assert project.tell({second: data.truth[second]}, annotator="cy").n_revised == 1
    assert labels(project)[second] == (data.truth[second], 3)
    spent = project.status().spent
    assert (spent.labels, spent.pending, spent.labels_left) == (N_ITEMS + 2, 4, 100 - N_ITEMS - 6)
    project.train()
    assert project.verify() == []
    assert project.replay(2).same


def test_who_will_answer_is_asked_nothing_that_they_answered(crowded: tuple[Project, Any]) -> None:
    project, data = crowded
    with pytest.raises(PoolExhausted, match="'ann' has answered every item that may be asked about; ask somebody else"):
        project.ask(annotator="ann")
    asked = project.ask(annotator="bea")
    bea = {entry.item_id for entry in asked.entries}
    project.tell(data.some(sorted(bea)), annotator="bea")
    while True:
        try:
            batch = {entry.item_id for entry in project.ask(annotator="bea").entries}
        except PoolExhausted:
            break
        assert not batch & bea
        bea |= batch
        project.tell(data.some(sorted(batch)), annotator="bea")
    assert len(bea) == N_ITEMS, "all of them, once"
    number = project.status().rounds[-1].number
    assert all(project.replay(n).same for n in range(1, number + 1))
    assert project.verify() == []


def test_nobody_is_heard_twice_and_no_item_beyond_the_most(crowded: tuple[Project, Any]) -> None:
    project, data = crowded
    heard: dict[str, list[str]] = {}
    for _ in range(8):
        for entry in project.ask().entries:
            who = "cy" if entry.item_id in heard else "bea"
            heard.setdefault(entry.item_id, []).append(who)
            assert project.tell(data.some([entry.item_id]), annotator=who).n_confirmed == 1
    counts = {n for _, n in labels(project).values()}
    assert counts == {3}
    assert {tuple(said) for said in heard.values()} == {("bea", "cy")}
    with pytest.raises(PoolExhausted):
        project.ask()
    assert "all 24 items of the pool are labeled" in project.status().next_step
    assert sum(n for _, n in labels(project).values()) == N_ITEMS + 8 * 6
    assert project.status().spent.labels == N_ITEMS + 8 * 6
    assert project.verify() == []
    for number in range(1, 10):
        assert project.replay(number).same


def test_the_same_person_cannot_give_the_second_opinion(crowded: tuple[Project, Any]) -> None:
    project, data = crowded
    items = [entry.item_id for entry in project.ask(3).entries]
    for _ in range(2):
        told = project.tell(data.some(items), annotator="ann")
        assert (told.n_repeated, told.n_for_others, told.n_pending) == (3, 3, 3)
    told = project.tell({items[0]: OTHER[data.truth[items[0]]]}, annotator="ann")
    assert (told.n_revised, told.n_for_others, told.n_pending) == (1, 1, 3)
    told = project.tell(data.some(items), annotator="bea")
    assert (told.n_revised, told.n_confirmed, told.n_for_others, told.n_pending) == (1, 2, 0, 0)
    assert project.verify() == []


def test_an_import_was_never_asked_for_a_second_opinion(
    database_url: str, start: Callable[..., Project], messages: Callable[..., Any]
) -> None:
    data = messages(N_ITEMS)
    policy = Policy("active_label", batch_size=6, exploration=0.0, trust=False)
    project = start(database_url, policy=policy)
    rows = [{**item, "topic": data.truth[item["id"]]} for item in data.items]
    project.add(rows, label="topic")
    (who,) = {event.annotator for event in events(project)}
    items = [entry.item_id for entry in project.ask().entries]
    again = labeling.tell(project._work, data.some(items), annotator=who, role="import")
    assert (again.n_repeated, again.n_for_others, again.n_pending) == (6, 0, 6)
    person = labeling.tell(project._work, data.some(items), annotator=who)
    assert (person.n_repeated, person.n_for_others, person.n_pending) == (6, 6, 6)


def test_what_the_model_says_of_labeled_items_is_from_folds_that_did_not_see_them(
    database_url: str, start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path
) -> None:
    """A tree that is grown to the end knows each label it saw by heart, also those that are wrong."""
    data = messages(N_ITEMS)
    policy = Policy("active_label", batch_size=N_ITEMS, exploration=0.0, trust=False)
    project = start(database_url, policy=policy, own=DecisionTreeClassifier(random_state=0))
    project.add(data.items)
    ids = [entry.item_id for entry in project.ask().entries]
    said = {id_: OTHER[data.truth[id_]] if i % 6 == 0 else data.truth[id_] for i, id_ in enumerate(ids)}
    project.tell(said, annotator="ann")
    asked = project.ask(to=tmp_path / "second.csv")
    assert asked.strategy == "active_label"
    with (tmp_path / "second.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == set(ids)
    assert {row["suggestion"] for row in rows} <= set(OTHER)
    by_heart = [row["id"] for row in rows if row["suggestion"] == said[row["id"]]]
    assert len(by_heart) < 0.9 * len(ids), "the model was asked about labels that it had learned"
    assert project.replay(2).same


def test_agreement_makes_no_new_version_and_no_new_model(crowded: tuple[Project, Any]) -> None:
    project, data = crowded
    asked = project.ask()
    assert asked.trained is not None
    project.tell(data.some([entry.item_id for entry in asked.entries]), annotator="bea")
    again = project.ask()
    assert again.trained is None
    assert project.replay(3).same, "what was known of the answers differs, though the labels do not"
    work = project._work
    with work.database.reading() as conn:
        assert len(versions.listed(conn, work.project_id)) == len({"empty", "labeled"})


def test_a_policy_changed_to_one_that_asks_once_asks_nobody_again(crowded: tuple[Project, Any]) -> None:
    project, _ = crowded
    extra = [{"id": f"x{i}", "text": f"card box {i}"} for i in range(3)]
    project.add(extra)
    projects.agree(project._work, schema=None, policy=Policy("margin", trust=False), instructions="", encoder=None)
    assert {entry.item_id for entry in project.ask().entries} == {"x0", "x1", "x2"}


def test_a_worksheet_for_a_second_opinion_does_not_show_the_first(crowded: tuple[Project, Any], tmp_path: Path) -> None:
    project, data = crowded
    path = tmp_path / "second.csv"
    asked = project.ask(to=path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == [entry.item_id for entry in asked.entries]
    for row in rows:
        assert row["topic"] == ""
        said = {word for name, word in row.items() if name not in ("suggestion", "text")}
        assert not said & set(OTHER)
        assert data.truth[row["id"]] not in row["why"]
        assert "ann" not in row["why"].split()


def test_answers_of_a_second_opinion_are_not_written_over(crowded: tuple[Project, Any], tmp_path: Path) -> None:
    project, data = crowded
    path = tmp_path / "batch.jsonl"
    items = [entry.item_id for entry in project.ask(2, to=path).entries]
    path.write_text("".join(json.dumps({"id": i, "topic": data.truth[i]}) + "\n" for i in items), "utf-8")
    with pytest.raises(Conflict, match="holds 2"):
        project.ask(2, to=path)
    assert project.tell(path, annotator="bea").n_confirmed == 2
    project.ask(2, to=path)


def test_an_outvoted_worksheet_counts_as_told(crowded: tuple[Project, Any], tmp_path: Path) -> None:
    project, data = crowded
    (item,) = (entry.item_id for entry in project.ask(1).entries)
    project.tell(data.some([item]), annotator="bea")
    path = tmp_path / "late.jsonl"
    path.write_text(json.dumps({"id": item, "topic": OTHER[data.truth[item]]}) + "\n", "utf-8")
    told = project.tell(path, annotator="cy")
    assert (told.n_outvoted, labels(project)[item]) == (1, (data.truth[item], 3))
    assert project.tell(path, annotator="cy").n_repeated == 1
    project.ask(1, to=path)
    assert project.verify() == []


def test_a_file_added_again_outvotes_nobody(
    database_url: str, start: Callable[..., Project], messages: Callable[..., Any]
) -> None:
    data = messages(6)
    project = start(database_url, policy=Policy("random", batch_size=2))
    rows = [{**item, "topic": data.truth[item["id"]]} for item in data.items]
    assert project.add(rows, label="topic").n_labels == 6
    item = data.items[0]["id"]
    assert project.tell(data.some([item]), annotator="ann").n_confirmed == 1
    changed = [{**item, "topic": OTHER[data.truth[item["id"]]]} for item in data.items]
    assert project.add(changed, label="topic").n_labels == 5
    assert labels(project)[item] == (data.truth[item], 2)
    assert project.verify() == []


def test_a_number_has_no_second_opinion_to_ask_for(tmp_path: Path, start: Callable[..., Project]) -> None:
    for name in ("active_label", "relabel_value"):
        with pytest.raises(InvalidInput, match=f"strategy: must suit a number; '{name}' needs probs"):
            start(f"sqlite:///{tmp_path / name}", policy=Policy(name), schema=Schema("price", task="number"))


def test_two_annotators_on_the_command_line(
    cli: Callable[..., Any], messages: Callable[..., Any], tmp_path: Path, database_url: str
) -> None:
    data = messages(16)
    data.write(tmp_path / "messages.csv")

    def run(*words: str) -> Any:
        said = cli(*words)
        assert (said.code, said.err) == (0, ""), f"{words}: {said.out}{said.err}"
        return said

    def fill(name: str) -> list[str]:
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, rows[0])
            out.writeheader()
            out.writerows({**row, "topic": data.truth[row["id"]]} for row in rows)
        return [row["id"] for row in rows]

    classes = "billing,delivery,account"
    run(
        "init",
        "topics",
        "--target",
        "topic",
        "--classes",
        classes,
        "--strategy",
        "relabel_value",
        "--url",
        database_url,
    )
    run("policy", "--set", "max_answers=2", "--set", "trust=false", "--set", "exploration=0")
    run("add", "messages.csv", "--split", "pool")
    run("ask", "-n", "16", "--to", "first.csv")
    fill("first.csv")
    assert run("tell", "first.csv", "-a", "ann").out.startswith("16 labels taken")
    assert "chosen by relabel_value" in run("ask", "-n", "5", "--to", "second.csv").out
    items = fill("second.csv")
    said = run("tell", "second.csv", "-a", "ann").out
    assert "5 said before, 0 left empty; 5 questions still open." in said
    assert "5 of the open questions ask for another person's answer" in said
    assert "0 changed, 5 confirmed, 0 said before" in run("tell", "second.csv", "-a", "bea").out
    assert run("tell", "second.csv", "-a", "bea", "--json").json["n_repeated"] == 5
    assert not set(items) & {entry["item_id"] for entry in run("ask", "-n", "16", "--json").json["entries"]}
    assert run("verify").out.startswith("Sound: ")
    assert run("replay", "2", "--json").json["same"]
    run("export", "labels.csv")
    with (tmp_path / "labels.csv").open(encoding="utf-8", newline="") as file:
        exported = list(csv.DictReader(file))
    assert {(row["id"], row["topic"]) for row in exported} == set(data.truth.items())
    assert {row["annotator"] for row in exported} == {"ann"}, "agreement does not change whose answer is the label"


TELLS = """
import json, sys
from querist.opening import open
with open("topics", sys.argv[1]) as project:
    print("ready", flush=True)
    sys.stdin.readline()
    told = project.tell(json.loads(sys.argv[2]), annotator=sys.argv[3])
    print(told.n_confirmed, told.n_revised, told.n_outvoted, flush=True)
"""


def test_two_people_who_answer_at_once_are_both_heard(
    crowded: tuple[Project, Any], database_url: str, clean_environment: dict[str, str]
) -> None:
    project, data = crowded
    items = [entry.item_id for entry in project.ask(4).entries]
    telling = [
        subprocess.Popen(
            [sys.executable, "-c", TELLS, database_url, json.dumps(data.some(items)), who],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=clean_environment,
        )
        for who in ("bea", "cy")
    ]
    for process in telling:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    said = [process.communicate("\n", timeout=60)[0].split() for process in telling]
    assert said == [["4", "0", "0"]] * 2
    assert {labels(project)[item] for item in items} == {(data.truth[item], 3) for item in items}
    work = project._work
    with work.database.reading() as conn:
        assert rounds.n_pending(conn, work.project_id) == 0
    assert project.verify() == []
