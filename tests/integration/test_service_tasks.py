"""Every task goes the whole way: asked, told, trained where it can be, exported, drawn again, verified and frozen."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import querist
from querist import Policy, Project, Schema
from querist.catalogue.names import LEARNED_AS, UNLEARNED
from querist.core.errors import InvalidInput, RowsRejected, UnsuitableLearner
from querist.core.schema import TASKS
from querist.modeling import kind
from querist.modeling.tasks import KINDS

N = 40


def said(i: int) -> str:
    """A text of which one word tells what a model may learn; the others are made up, so that no two texts are alike."""
    rng = random.Random(i)
    made_up = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(9)]
    return f"{'good' if i % 2 else 'bad'} {' '.join(made_up)}"


def chat(i: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"{i}?"}, {"role": "assistant", "content": said(i)}]


def items_of(task: str) -> list[dict[str, Any]]:
    base: list[dict[str, Any]] = [{"id": f"t{i:02}"} for i in range(N)]
    for i, item in enumerate(base):
        match task:
            case "pair":
                item |= {"prompt": f"Review {i}", "one": said(i), "two": said(i + 1)}
            case "ranking":
                item |= {"prompt": said(i), "options": [f"first {i}", f"second {i}", f"third {i}"]}
            case "review":
                item |= {"trace": chat(i)}
            case "polygons":
                item |= {"image": f"scans/{i}.png", "page": f"https://example.org/{i}"}
            case _:
                item |= {"draft": said(i), "meta": {"from": "shop", "n": i}}
    return base


SCHEMAS = {
    "pair": Schema("better", ("a", "b", "tie"), "pair", sides=("one", "two")),
    "rating": Schema("stars", task="rating", low=1, high=5),
    "ranking": Schema("order", task="ranking", sides=("options",)),
    "text": Schema("rewritten", task="text", sides=("draft",)),
    "polygons": Schema("where", ("word", "line"), "polygons"),
    "review": Schema("verdict", ("good", "bad"), "review", sides=("trace",)),
}


def answer(task: str, item_id: str, *, way: int = 0) -> Any:
    i = int(item_id[1:])
    match task:
        case "pair":
            return "a" if i % 2 else "b"
        case "rating":
            return 5 if i % 2 else 1 + i % 2
        case "ranking":
            return [f"{nth} {i}" for nth in ("third", "first", "second")]
        case "text":
            return f"=Better, {i}."
        case "polygons":
            box = {"x": i, "y": 2, "width": 3, "height": 4.5, "label": "word"}
            return [box, {"points": [[0, 0], [9, 0], [0, 9]], "label": "line"}] if i % 3 else []
    return {"verdict": "good" if i % 2 else "bad", "steps": [{"step": 1, "verdict": "good", "note": f"see {i}"}]}


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Starts a project of a task, its items added."""
    opened: list[Project] = []

    def make(task: str, **more: Any) -> Project:
        settings: dict[str, Any] = {"test_share": 0.0, "calibration_share": 0.0, "policy": Policy(batch_size=8)}
        project = querist.open(task, str(tmp_path / "q.db"), schema=SCHEMAS[task], **{**settings, **more})
        opened.append(project)
        project.add(items_of(task)[:-8], split="pool")
        project.add(items_of(task)[-8:], split="test")
        return project

    yield make
    for project in opened:
        project.close()


def test_every_task_has_a_kind_and_the_catalogue_knows_which_are_learned() -> None:
    assert set(KINDS) == set(TASKS)
    assert {task for task in TASKS if not KINDS[task].learns} == set(UNLEARNED)
    assert all(isinstance(KINDS[task], type(KINDS[alike])) for task, alike in LEARNED_AS.items())


@pytest.mark.parametrize("task", SCHEMAS)
def test_a_project_goes_the_whole_way(task: str, start: Callable[..., Project], tmp_path: Path) -> None:
    project = start(task)
    learns = kind(SCHEMAS[task]).learns
    for entry in project.ask(4, split="test").entries:
        project.tell({entry.item_id: answer(task, entry.item_id)})
    rounds = [project.ask() for _ in range(1)]
    for _ in range(3):
        project.tell({entry.item_id: answer(task, entry.item_id) for entry in rounds[-1].entries})
        rounds.append(project.ask())
    assert [len(asked.entries) for asked in rounds] == [8, 8, 8, 8]
    assert (rounds[-1].trained is not None) == learns
    if not learns:
        assert rounds[0].held_back is not None
        assert "auto needs a model" in rounds[0].held_back
        assert any("answers that no model learns" in entry.reason for entry in rounds[-1].entries)
    status = project.status()
    assert status.splits[0].n_labeled == 24
    assert all(done.state == "closed" for done in status.rounds[:-1] if done.purpose != "evaluation")
    assert bool(project.curve()) == learns
    if learns:
        assert status.metric in project.curve()[-1].metrics
    assert all(project.replay(asked.round).same for asked in rounds)
    assert project.report(tmp_path / "report.html").exists()
    exported = project.export(tmp_path / "labels.jsonl")
    assert exported.n_rows == 28
    rows = [json.loads(line) for line in (tmp_path / "labels.jsonl").read_text("utf-8").splitlines()]
    assert {row["id"]: row[SCHEMAS[task].target] for row in rows} == {
        row["id"]: answer(task, row["id"]) for row in rows
    }
    assert project.freeze().n_items == 28
    assert project.verify() == []


@pytest.mark.parametrize("task", SCHEMAS)
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_worksheet_is_filled_in_and_told(
    task: str, suffix: str, start: Callable[..., Project], tmp_path: Path
) -> None:
    import csv

    project, schema = start(task), SCHEMAS[task]
    sheet = tmp_path / f"batch{suffix}"
    project.ask(5, to=sheet)
    if suffix == ".csv":
        with sheet.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for row in rows:
            row[schema.target] = str(schema.cell(answer(task, row["id"])))
        with sheet.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        rows = [json.loads(line) for line in sheet.read_text("utf-8").splitlines()]
        for row in rows:
            row[schema.target] = answer(task, row["id"])
        sheet.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    told = project.tell(sheet)
    assert told.problems == ()
    assert told.n_labeled == 5
    project.export(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            assert schema.read(row[schema.target].removeprefix("'")) == answer(task, row["id"])


@pytest.mark.parametrize("task", SCHEMAS)
def test_labels_that_come_with_the_items_are_taken_in(task: str, start: Callable[..., Project]) -> None:
    project, target = start(task), SCHEMAS[task].target
    known = [{**item, "known": answer(task, item["id"])} for item in items_of(task)[:6]]
    assert project.add(known, label="known").n_labels == 6
    assert project.status().splits[0].n_labeled + project.status().splits[1].n_labeled == 6
    with pytest.raises(querist.QueristError, match=f"column '{target}': must not be among the items"):
        project.add([{**item, target: answer(task, item["id"])} for item in items_of(task)])


@pytest.mark.parametrize("task", UNLEARNED)
def test_what_needs_a_model_is_refused_where_none_learns(task: str, start: Callable[..., Project]) -> None:
    with pytest.raises(InvalidInput, match=r"which no model learns; 'margin' needs probs\. Use 'auto', 'random'"):
        start(task, policy=Policy("margin"))
    with pytest.raises(InvalidInput, match="quotas: must be left out"):
        start(task, policy=Policy(quotas={"word": 0.1}))
    for strategy in ("random", "k_means", "typiclust", "max_herding", "k_center"):
        asked = querist.open(f"{task} {strategy}", schema=SCHEMAS[task], policy=Policy(strategy, start="random"))
        with asked:
            asked.add(items_of(task))
            assert asked.ask(3).strategy == strategy
    project = start(task)
    for entry in project.ask(4).entries:
        project.tell({entry.item_id: answer(task, entry.item_id)})
    with pytest.raises(UnsuitableLearner, match=rf"none learns {task}\. Go on asking"):
        project.train()


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("task", LEARNED_AS)
def test_what_reads_the_names_of_classes_is_refused_where_they_say_nothing(task: str) -> None:
    for start in ("zero_shot", "rules"):
        with pytest.raises(InvalidInput, match="start: must suit a"):
            querist.open(task, schema=SCHEMAS[task], policy=Policy(start=start))


def test_reviews_of_one_verdict_leave_the_choice_to_the_start(start: Callable[..., Project]) -> None:
    project = start("review")
    for entry in project.ask(6).entries:
        note = {"step": 0, "verdict": "bad", "note": entry.item_id}
        project.tell({entry.item_id: {"verdict": "good", "steps": [note]}})
    asked = project.ask(3)
    assert asked.trained is None
    assert asked.held_back is not None
    assert "all labels are of one class" in asked.held_back


def test_a_model_of_reviews_and_ratings_suggests_what_can_be_told(start: Callable[..., Project]) -> None:
    for task in ("review", "rating", "pair"):
        project = start(task, policy=Policy("margin", start="random", trust=False, batch_size=12))
        for _ in range(2):
            for entry in project.ask().entries:
                project.tell({entry.item_id: answer(task, entry.item_id)})
        shown = [entry.suggestion for entry in project.pending().entries] or [
            entry.suggestion for entry in project.ask(3).entries
        ]
        assert all(SCHEMAS[task].read(suggestion) for suggestion in shown if suggestion is not None)
        assert any(suggestion is not None for suggestion in shown)


def test_an_answer_is_held_against_its_item(start: Callable[..., Project]) -> None:
    ranked = start("ranking")
    with pytest.raises(InvalidInput, match="must rank all 3 options; 'third 1' is missing"):
        ranked.tell({"t01": ["first 1", "second 1"]})
    with pytest.raises(InvalidInput, match="the option 'first 2' is not among the item's; did you mean 'first 1'"):
        ranked.tell({"t01": ["first 2", "second 1", "third 1"]})
    reviewed = start("review")
    with pytest.raises(InvalidInput, match="the step 2 must be one of the 2 that there are"):
        reviewed.tell({"t01": {"verdict": "good", "steps": [{"step": 2, "verdict": "bad"}]}})


def test_items_must_have_what_the_question_is_about(tmp_path: Path) -> None:
    with querist.open("pair", schema=SCHEMAS["pair"]) as project, pytest.raises(InvalidInput, match="about 'two'"):
        project.add([{"id": "1", "one": said(1), "prompt": said(2)}])
    with querist.open("ranking", schema=SCHEMAS["ranking"]) as project:
        items = items_of("ranking")
        items[3]["options"] = ["alone"]
        with pytest.raises(RowsRejected) as refused:
            project.add(items)
        assert "the options must be a list of at least two texts that differ" in str(refused.value.rows[0])
        assert refused.value.rows[0].item_id == "t03"


def test_a_polygon_lies_in_the_only_image_of_an_item(tmp_path: Path) -> None:
    with querist.open("shapes", schema=SCHEMAS["polygons"]) as project:
        project.add([{"id": f"s{i}", "image": [[float(i), 0.0, 1.0], [0.0, 1.0, 0.0]]} for i in range(4)])
        project.tell({"s1": "0,0 3,0 0,2 word"})
        with pytest.raises(InvalidInput, match="must lie within the image, which is 3 pixels wide and 2 high"):
            project.tell({"s1": "0,0 4,0 0,2 word"})


def test_near_copies_of_chats_are_kept_on_one_side_of_the_test_set(start: Callable[..., Project]) -> None:
    project = start("review")
    copies = [{"id": f"c{i}", "trace": [*chat(7), {"role": "user", "content": "!" * (i + 1)}]} for i in range(6)]
    splits = project.add(copies).splits
    assert len([split for split, n in splits.items() if n]) == 1


def test_a_stopping_rule_by_a_metric_is_refused_where_there_is_none() -> None:
    from querist.service import projects

    with pytest.raises(InvalidInput, match="stop: must not go by a metric where no model learns the answers"):
        projects.create(
            "q.db", "texts", schema=SCHEMAS["text"], stopping=[projects.stopping_rule("target:accuracy:0.9")]
        )


def test_the_command_line_starts_each_task(cli: Callable[..., Any], tmp_path: Path) -> None:
    sides = {"pair": "one,two", "ranking": "options", "text": "draft", "review": "trace"}
    for task, schema in SCHEMAS.items():
        words = ["init", task, "--target", schema.target, "--task", task, "--json"]
        words += ["--classes", ",".join(schema.classes)] if schema.classes else []
        words += ["--low", "1", "--high", "5"] if task == "rating" else []
        words += ["--sides", sides[task]] if task in sides else []
        said = cli(*words)
        assert said.code == 0, said.err
        assert json.loads(said.out)["schema"] == schema.to_json()
    refused = cli("init", "more", "--target", "stars", "--task", "rating")
    assert refused.code != 0
    assert "low: must be a whole number for a rating; got None" in refused.err


@pytest.mark.parametrize("task", SCHEMAS)
def test_every_database_keeps_an_answer_as_it_was_told(task: str, database_url: str, tmp_path: Path) -> None:
    schema = SCHEMAS[task]
    odd = {
        "text": "Zoë’s “line”\nand \u2028 one more \U0001f600 \\u0000",
        "polygons": [{"points": [[0.1, 0], [1e15, 0.30000000000000004], [0, 9]], "label": "line"}],
        "review": {"verdict": "bad", "steps": [{"step": 0, "verdict": "bad", "note": 'a "quoted"; note\n'.strip()}]},
    }
    with querist.open(task, database_url, schema=schema, test_share=0.0, calibration_share=0.0) as project:
        project.add(items_of(task))
        told = {f"t{i:02}": answer(task, f"t{i:02}") for i in range(1, 6)} | ({"t07": odd[task]} if task in odd else {})
        assert project.tell(told).n_labeled == len(told)
        assert project.tell(told).n_repeated == len(told)
        project.export(tmp_path / "all.jsonl")
        rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text("utf-8").strip().split("\n")]
        assert {row["id"]: row[schema.target] for row in rows} == told
        assert project.verify() == []


def test_a_header_that_names_the_sides_of_a_pair_is_one_though_they_are_named_as_the_answers(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("id,a,b\n1,to be,not to be\n2,to see,not to see\n", "utf-8")
    with querist.open("pairs", schema=Schema("better", task="pair", sides=("a", "b"))) as project:
        assert project.add(tmp_path / "pairs.csv").n_added == 2


def test_an_error_of_a_spreadsheet_program_is_no_text(start: Callable[..., Project], tmp_path: Path) -> None:
    project = start("text")
    (tmp_path / "sheet.csv").write_text("id,rewritten\nt01,#REF!\nt02,=1+1 is two\n", "utf-8")
    told = project.tell(tmp_path / "sheet.csv")
    assert [problem.item_id for problem in told.problems] == ["t01"]
    assert "an error of the spreadsheet program" in str(told.problems[0])
    assert project.tell(tmp_path / "sheet.csv", partial=True).n_labeled == 1
