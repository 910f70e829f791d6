"""What cannot be asked, learned or paid for: refused in Python as on the command line, with nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, RidgeClassifier

from querist.core.errors import BudgetSpent, InvalidInput, OneClassOnly, PoolExhausted, UnsuitableLearner
from querist.core.items import Columns
from querist.core.policy import Budget, Policy
from querist.core.schema import Schema
from querist.learners import SklearnLearner
from querist.project import Project
from querist.simulation import simulate


def test_the_start_goes_on_while_the_seed_is_of_one_class(
    messages: Callable[..., Any], start: Callable[..., Project], tmp_path: Path
) -> None:
    data = messages(30)
    project = start(f"sqlite:///{tmp_path / 'one.db'}", policy=Policy("margin", batch_size=4))
    project.add(data.items)
    for number in (1, 2):
        asked = project.ask()
        assert (asked.round, asked.strategy) == (number, "k_means")
        project.tell(dict.fromkeys([entry.item_id for entry in asked.entries], "billing"))
    with pytest.raises(OneClassOnly):
        project.train()
    assert project.ask().held_back is not None
    assert project.verify() == []


def test_a_learner_without_probabilities_is_refused_before_anything_is_asked(
    messages: Callable[..., Any], start: Callable[..., Project], tmp_path: Path
) -> None:
    with pytest.raises(UnsuitableLearner, match=r"RidgeClassifier has only decision_function\. Wrap it: Calibrated"):
        SklearnLearner(RidgeClassifier())
    data = messages(12)
    project = start(f"sqlite:///{tmp_path / 'own.db'}", policy=Policy("margin", batch_size=4), own=RidgeClassifier())
    project.add(data.items)
    with pytest.raises(UnsuitableLearner, match="must give class probabilities"):
        project.ask()
    assert project.pending().entries == ()
    assert project.verify() == []


def test_a_number_is_asked_for_and_text_is_refused(start: Callable[..., Project], tmp_path: Path) -> None:
    project = start(
        f"sqlite:///{tmp_path / 'number.db'}",
        schema=Schema("euros", task="number"),
        policy=Policy("random", batch_size=3),
    )
    project.add([{"id": f"n{i}", "size": i * 1.5, "text": f"room {i} of the house"} for i in range(12)])
    asked = [entry.item_id for entry in project.ask().entries]
    for wrong, message in (("dear", "the label 'dear' is not a number"), ("inf", "is not finite"), ("1_000", "number")):
        with pytest.raises(InvalidInput, match=message):
            project.tell({asked[0]: wrong})
    assert project.tell({asked[0]: "12.5", asked[1]: 3}).n_labeled == 2
    assert len(project.pending().entries) == 1


def test_a_budget_that_is_spent_ends_the_asking(
    messages: Callable[..., Any], start: Callable[..., Project], tmp_path: Path
) -> None:
    data = messages(20)
    policy = Policy("random", batch_size=4, budget=Budget(labels=6))
    project = start(f"sqlite:///{tmp_path / 'spent.db'}", policy=policy)
    project.add(data.items)
    assert [len(project.ask().entries) for _ in range(2)] == [4, 2]
    with pytest.raises(BudgetSpent):
        project.ask()
    assert project.withdraw(2) == 2
    assert len(project.ask().entries) == 2, "what was taken back was not bought"
    assert [verdict.stop for verdict in project.status().verdicts] == [True]


def test_a_pool_that_is_exhausted_ends_the_asking(
    messages: Callable[..., Any], start: Callable[..., Project], tmp_path: Path
) -> None:
    data = messages(5)
    project = start(f"sqlite:///{tmp_path / 'small.db'}", policy=Policy("random", batch_size=4))
    with pytest.raises(PoolExhausted):
        project.ask()
    project.add(data.items)
    assert [len(project.ask().entries) for _ in range(2)] == [4, 1]
    with pytest.raises(PoolExhausted):
        project.ask()


def test_infinite_features_are_named_and_missing_ones_in_a_table_are_not_a_fault() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3))
    y = (X[:, 0] > 0).astype(int)
    few = {"strategies": ["margin"], "seeds": 1, "budget": 20, "batch_size": 10, "n_jobs": 1}
    broken = X.copy()
    broken[4, 1] = np.inf
    with pytest.raises(InvalidInput, match=r"row \d+, column 1 is inf"):
        simulate(broken, y, learner=LogisticRegression(), **few)
    holed = X.copy()
    holed[rng.random(X.shape) < 0.2] = np.nan
    holed[:, 0] = X[:, 0]
    table = Columns({f"x{i}": holed[:, i] for i in range(3)})
    study = simulate(table, y, **few)
    assert study.runs[0].points[-1].metrics["accuracy"] > 0.6
