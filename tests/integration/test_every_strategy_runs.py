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
from querist.catalogue.names import ONLY_GIVEN, find, suited
from querist.core.errors import InvalidInput
from querist.core.items import Columns
from querist.core.policy import Policy
from querist.core.schema import TASKS, Schema, Task
from querist.project import Project
from querist.simulation import simulate

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


_MAKERS: dict[Task, Callable[[], Question]] = {"choice": _choice, "number": _number, "labels": _labels}


def of(name: str) -> Task:
    """The first task that a strategy suits."""
    for task in TASKS:
        try:
            suited(name, task)
        except InvalidInput:
            continue
        return task
    raise AssertionError(f"{name} suits no task")


ALL = sorted(set(strategy_names()) - set(STARTS))
CASES = [
    *((of(name), name) for name in ALL if not set(find(name).needs) & set(ONLY_GIVEN)),
    *((task, "auto") for task in TASKS if task != of("auto") and task in _MAKERS),
    *((task, "typiclust") for task in TASKS if task != of("typiclust") and task in _MAKERS),
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


@pytest.mark.parametrize("name", [name for name in ALL if set(find(name).needs) & set(ONLY_GIVEN)])
def test_what_nothing_in_a_project_knows_is_refused_in_words(name: str) -> None:
    asked = question("choice")
    with pytest.raises(InvalidInput, match="Bring it yourself"):
        simulate(asked.X, asked.answers, strategies=[name], seeds=1)
