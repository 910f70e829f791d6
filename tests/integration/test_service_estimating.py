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
    with pytest.raises(InvalidInput, match="of: must be the class that 'recall' is about, of billing, delivery"):
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
