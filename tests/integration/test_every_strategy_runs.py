"""Every strategy, in a study and in a project on disk, on a question that it suits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression

from querist.catalogue import strategy_names
from querist.catalogue.names import suited
from querist.core.errors import InvalidInput
from querist.core.items import Columns
from querist.core.policy import Policy
from querist.core.schema import Schema, Task
from querist.project import Project
from querist.simulation import digit_scenes, simulate
from querist.simulation.data import labeled

N_ITEMS, BATCH = 80, 10
STARTS = ("rules", "stratified", "zero_shot")  # a policy's start, not its strategy


@dataclass(frozen=True)
class Question:
    """Items as a study has them, the same as rows of a file, and the true answers."""

    schema: Schema
    X: Any
    rows: list[dict[str, Any]]
    answers: list[Any]


@cache
def question(task: Task) -> Question:
    return _MAKERS[task]()


def _table(schema: Schema, X: np.ndarray, answers: list[Any]) -> Question:
    columns = Columns({f"x{i}": X[:, i] for i in range(X.shape[1])})
    rows = [{name: float(columns[name][i]) for name in columns.names} for i in range(len(X))]
    return Question(schema, columns, rows, answers)


def _choice() -> Question:
    X, y = make_classification(N_ITEMS, 4, n_informative=3, n_redundant=0, random_state=0)
    return _table(Schema("kind", ("0", "1")), X, [str(c) for c in y])


def _number() -> Question:
    X, y = make_regression(N_ITEMS, 4, n_informative=3, noise=5.0, random_state=0)
    return _table(Schema("price", task="number"), X, y.tolist())


def _labels() -> Question:
    X, y = make_multilabel_classification(N_ITEMS, 5, n_classes=3, n_labels=2, random_state=0)
    names = ("red", "round", "ripe")
    answers = [[name for name, holds in zip(names, row, strict=True) if holds] for row in y]
    return _table(Schema("looks", names, "labels"), X, answers)


def _spans() -> Question:
    """Made-up sentences of who went where."""
    rng = np.random.default_rng(0)
    people, places = ("Ann Lee", "Bo", "Cy Dunn", "Di", "Ed Ray"), ("Rome", "Lima", "Oslo", "New York", "Bonn")
    rows, answers = [], []
    for i in range(N_ITEMS):
        who, where = rng.choice(people), rng.choice(places)
        text, spans = f"{who} ", [(0, len(who), "PER")]
        text += f"{rng.choice(['went to', 'came from', 'has seen', 'never left'])} "
        if i % 4:
            spans.append((len(text), len(text) + len(where), "LOC"))
            text += str(where)
        rows.append({"text": f"{text} on day {i} of the year"})
        answers.append([{"start": a, "end": b, "label": c} for a, b, c in spans])
    texts = Columns({"text": [row["text"] for row in rows]})
    return Question(Schema("who", ("PER", "LOC"), "spans"), texts, rows, answers)


def _boxes() -> Question:
    X, y = digit_scenes(N_ITEMS, rng=np.random.default_rng(0), side=24, most=2, digits=(0, 1, 2))
    names = tuple("0123456789")
    sides = ("x", "y", "width", "height")
    answers = [[{**dict(zip(sides, box, strict=False)), "label": names[box[4]]} for box in boxes] for boxes in y]
    return Question(Schema("digits", names, "boxes"), X, [{"image": image.tolist()} for image in X], answers)


def _rating() -> Question:
    X, y = make_regression(N_ITEMS, 4, n_informative=3, noise=5.0, random_state=0)
    return _table(
        Schema("stars", task="rating", low=1, high=4), X, (1 + np.argsort(np.argsort(y)) * 4 // N_ITEMS).tolist()
    )


_MAKERS: dict[Task, Callable[[], Question]] = {
    "choice": _choice,
    "labels": _labels,
    "spans": _spans,
    "boxes": _boxes,
    "number": _number,
    "rating": _rating,
}  # the other tasks are learned as a choice or not at all, and go the whole way in test_service_tasks


def of(name: str) -> Task:
    """The first task that a strategy suits."""
    for task in _MAKERS:
        try:
            suited(name, task)
        except InvalidInput:
            continue
        return task
    raise AssertionError(f"{name} suits no task")


ALL = sorted(set(strategy_names()) - set(STARTS))
CASES = [
    *((of(name), name) for name in ALL),
    *((task, "auto") for task in _MAKERS if task != of("auto")),
    *((task, "typiclust") for task in _MAKERS if task != of("typiclust")),
]


@pytest.mark.parametrize(("task", "name"), CASES)
def test_it_runs_in_a_study(task: Task, name: str) -> None:
    asked = question(task)
    usual: dict[str, Any] = {"seeds": 1, "budget": 3 * BATCH, "batch_size": BATCH, "n_jobs": 1}
    study = simulate(asked.X, asked.answers, strategies=[name], task=task, **usual)
    assert [run.points[-1].n_labels for run in study.runs] == [3 * BATCH] * len(study.runs)
    assert {run.strategy for run in study.runs} == {"random", name}


@pytest.mark.parametrize(("task", "name"), CASES)
def test_it_runs_in_a_project(task: Task, name: str, start: Callable[..., Project], tmp_path: Path) -> None:
    asked = question(task)
    policy = Policy(name, batch_size=8, trust=False, start="random")
    project = start(f"sqlite:///{tmp_path / 'db'}", policy=policy, schema=asked.schema)
    project.add([{"id": str(i), **row} for i, row in enumerate(asked.rows)])
    chosen_by = set()
    for _ in range(3):
        batch = project.ask()
        assert len(batch.entries) == len({entry.item_id for entry in batch.entries}) == 8
        assert all(0 < entry.propensity <= 1 and entry.reason for entry in batch.entries)
        chosen_by.add(batch.strategy)
        project.tell({entry.item_id: asked.answers[int(entry.item_id)] for entry in batch.entries})
    assert name in chosen_by
    assert project.verify() == []
    assert project.replay(3).same


@pytest.mark.parametrize("task", list(_MAKERS))
def test_what_another_task_has_is_refused_in_words(task: Task, start: Callable[..., Project], tmp_path: Path) -> None:
    asked = question(task)
    other = "variance" if task != "number" else "margin"
    with pytest.raises(InvalidInput, match=f"strategy: must suit .*; '{other}' needs"):
        simulate(asked.X, asked.answers, strategies=[other], task=task, seeds=1)
    with pytest.raises(InvalidInput, match=f"strategy: must suit .*; '{other}' needs"):
        start(f"sqlite:///{tmp_path / 'db'}", policy=Policy(other), schema=asked.schema)


@pytest.mark.parametrize("task", [task for task in _MAKERS if task not in ("choice", "rating")])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start": "zero_shot"}, "start: must suit .*; 'zero_shot' is for a choice of classes"),
        ({"start": "rules"}, "start: must suit .*; 'rules' is for a choice of classes"),
        ({"quotas": {"red": 0.5}}, "quotas: must be left out where the answer is"),
    ],
)
def test_what_goes_by_one_class_is_refused_where_an_answer_is_none(
    task: Task, changes: dict[str, Any], said: str, start: Callable[..., Project], tmp_path: Path
) -> None:
    asked = question(task)
    policy = Policy(batch_size=8, **changes)
    with pytest.raises(InvalidInput, match=said):
        start(f"sqlite:///{tmp_path / 'db'}", policy=policy, schema=asked.schema)
    with pytest.raises(InvalidInput, match=said):
        simulate(asked.X, asked.answers, strategies={"mine": policy}, task=task, seeds=1)


def test_answers_of_which_nothing_holds_are_answers(start: Callable[..., Project], tmp_path: Path) -> None:
    asked = question("labels")
    project = start(f"sqlite:///{tmp_path / 'db'}", policy=Policy(batch_size=8, trust=False), schema=asked.schema)
    project.add([{"id": str(i), **row} for i, row in enumerate(asked.rows)])
    project.tell({entry.item_id: [] for entry in project.ask().entries})
    assert project.status().classes == {"red": 0, "round": 0, "ripe": 0, "(none)": 8}
    project.tell({entry.item_id: asked.answers[int(entry.item_id)] for entry in project.ask().entries})
    project.ask()
    assert [project.replay(number).same for number in (1, 2, 3)] == [True] * 3
    assert project.verify() == []


def test_labels_come_as_a_table_of_zeros_and_ones_too() -> None:
    asked = question("labels")
    names = asked.schema.classes
    table = [[int(name in answer) for name in names] for answer in asked.answers]
    flags = [[bool(value) for value in row] for row in table]
    for y in (flags, np.array(table), np.array(table, dtype=float), np.array(table, dtype=bool)):
        data = labeled(asked.X, y, task="labels", classes=names)
        assert [data.schema.decode(code) for code in data.y] == asked.answers
    with pytest.raises(InvalidInput, match="y: must be true or false, or 0 and 1"):
        labeled(asked.X, np.array(table) * 2, task="labels", classes=names)


def test_lists_of_label_numbers_are_names_however_long_they_are() -> None:
    for y in ([[1], [0], [1]], [[1, 2], [0, 1], [2, 0]], [[1], [0, 1], []]):
        data = labeled(np.arange(6.0).reshape(3, 2), y, task="labels")
        assert [[int(name) for name in data.schema.decode(code)] for code in data.y] == [sorted(row) for row in y]
