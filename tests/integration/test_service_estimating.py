"""What a project knows of its model: from what was drawn blindly, beside what the chosen questions would say."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.metrics import Uniform, estimate
from querist.project import Project

POLICY = Policy("margin", batch_size=20, near_duplicates=None, trust=False)


@pytest.fixture
def data(messages: Callable[..., Any]) -> Any:
    """Messages of which one in five is about something else than its words."""
    made = messages(400)
    rng = np.random.default_rng(0)
    topics = sorted(set(made.truth.values()))
    for item_id in rng.choice(sorted(made.truth), 80, replace=False):
        made.truth[item_id] = str(rng.choice(topics))
    return made


@pytest.fixture
def project(start: Callable[..., Project], data: Any, tmp_path: Path) -> Project:
    """Four rounds of twenty, and half of the test set labeled."""
    made = start(f"sqlite:///{tmp_path / 'p.db'}", policy=POLICY, shares={"test": 0.3})
    made.add(data.items)
    made.tell(data.some([entry.item_id for entry in made.ask(60, split="test").entries]))
    for _ in range(4):
        made.tell(data.some([entry.item_id for entry in made.ask().entries]))
    made.train()
    return made


def test_it_is_the_estimate_of_the_test_splits_labels(project: Project, data: Any) -> None:
    found = project.estimate("accuracy")
    e = found.estimate
    assert (e.metric, e.n_labels, e.level) == ("accuracy", 60, 0.9)
    assert 60 < e.n_items < 200, "the whole split"
    assert e.low < e.value < e.high
    assert e.naive == pytest.approx(project.curve()[-1].metrics["accuracy"]), "on the labeled ones alone"
    alone = estimate("share", (np.arange(60) < round(60 * e.naive)).astype(int), Uniform(e.n_items, np.arange(60)))
    assert e.std_error < 1.5 * alone.std_error


def test_beside_it_stands_what_the_chosen_questions_say(project: Project, data: Any) -> None:
    found = project.estimate("accuracy")
    assert found.n_asked == 3 * 18, "eighteen of each twenty were chosen, in the rounds that had a model"
    assert found.asked_right is not None
    assert found.asked_right < found.estimate.value, "they were chosen for being hard"


def test_a_metric_of_one_class_asks_which(project: Project) -> None:
    with pytest.raises(InvalidInput, match="of: must be the class that 'recall' is about, of 'billing', 'delivery'"):
        project.estimate("recall")
    found = project.estimate("recall", of="delivery")
    assert found.of == "delivery"
    assert 0 <= found.estimate.low <= found.estimate.high <= 1
    with pytest.raises(InvalidInput, match="of: must be left out"):
        project.estimate("accuracy", of="delivery")
    with pytest.raises(InvalidInput, match="metric: must be one of"):
        project.estimate("rmse")
    with pytest.raises(InvalidInput, match="level: must lie between"):
        project.estimate("accuracy", level=1.0)


def test_without_a_model_or_labels_it_says_what_to_do(start: Callable[..., Project], data: Any, tmp_path: Path) -> None:
    project = start(f"sqlite:///{tmp_path / 'new.db'}", policy=POLICY, shares={"test": 0.3})
    project.add(data.items)
    with pytest.raises(InvalidInput, match="querist train"):
        project.estimate()
    project.tell(data.some([entry.item_id for entry in project.ask().entries]))
    project.train()
    with pytest.raises(InvalidInput, match="ask --split test"):
        project.estimate()


def test_the_command_says_all_of_it(project: Project, cli: Callable[..., Any]) -> None:
    where = ("--url", project._work.database.url, "-p", "topics")
    shown = cli("estimate", "accuracy", *where).out
    assert "Accuracy of model" in shown
    assert "in 90% of repetitions" in shown
    assert "60 labeled items of the test set" in shown
    assert "no accuracy, since they were chosen" in shown
    body = json.loads(cli("estimate", "f1", "--of", "billing", "--json", *where).out)
    assert body["of"] == "billing"
    assert body["estimate"]["low"] <= body["estimate"]["value"] <= body["estimate"]["high"]


def test_of_two_classes_it_says_which_one_it_took(
    start: Callable[..., Project], tmp_path: Path, cli: Callable[..., Any]
) -> None:
    rng = np.random.default_rng(0)
    truth = {f"i{i}": "yes" if i % 3 else "no" for i in range(200)}
    rows = [{"id": key, "text": f"{said} {rng.integers(50)} {rng.integers(50)}"} for key, said in truth.items()]
    url = f"sqlite:///{tmp_path / 'two.db'}"
    project = start(url, policy=POLICY, shares={"test": 0.3}, schema=Schema("topic", ("no", "yes")))
    project.add(rows)
    project.tell({e.item_id: truth[e.item_id] for e in project.ask(40, split="test").entries})
    project.tell({e.item_id: truth[e.item_id] for e in project.ask().entries})
    project.train()
    assert project.estimate("recall").of == "yes"
    assert "Recall of 'yes' of model 1" in cli("estimate", "recall", "--url", url, "-p", "topics").out


def test_numbers_are_measured_by_their_errors(start: Callable[..., Project], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [{"id": f"n{i}", "a": float(a), "b": float(b)} for i, (a, b) in enumerate(rng.normal(size=(200, 2)))]
    truth = {row["id"]: 3 * row["a"] - row["b"] + float(rng.normal(0, 0.3)) for row in rows}
    url = f"sqlite:///{tmp_path / 'numbers.db'}"
    policy = Policy("random", batch_size=30, near_duplicates=None, trust=False)
    project = start(url, policy=policy, shares={"test": 0.3}, schema=Schema("topic", (), "number"))
    project.add(rows)
    project.tell({e.item_id: truth[e.item_id] for e in project.ask(40, split="test").entries})
    project.tell({e.item_id: truth[e.item_id] for e in project.ask().entries})
    project.train()
    for metric in ("rmse", "r2"):
        found = project.estimate(metric)
        assert found.estimate.low < found.estimate.value < found.estimate.high
        assert found.estimate.naive == pytest.approx(project.curve()[-1].metrics[metric])
    assert project.estimate().estimate.metric == "r2"
    with pytest.raises(InvalidInput, match="metric: must be one of mse"):
        project.estimate("accuracy")
