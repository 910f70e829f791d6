"""A project's evidence: each figure as it was last found, and found anew only where something has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.project import Project
from querist.service import evidence, expectation
from querist.store import findings


@pytest.fixture
def project(start: Callable[..., Project], messages: Callable[..., Any], database_url: str) -> Project:
    """Three rounds of twenty, a model, and sixty labeled test items."""
    some = messages(400)
    rng = np.random.default_rng(0)
    topics = sorted(set(some.truth.values()))
    for item_id in rng.choice(sorted(some.truth), 60, replace=False):
        some.truth[item_id] = str(rng.choice(topics))
    made = start(database_url, policy=Policy("margin", start="random", batch_size=20), shares={"test": 0.3})
    made.add(some.items)
    made.tell(some.some([entry.item_id for entry in made.ask(60, split="test").entries]))
    for _ in range(3):
        made.tell(some.some([entry.item_id for entry in made.ask().entries]))
    made.train()
    return made


def by_name(figures: tuple[evidence.Figure, ...]) -> dict[str, evidence.Figure]:
    return {figure.name: figure for figure in figures}


def test_before_anything_is_known_each_figure_says_what_is_missing(
    start: Callable[..., Project], database_url: str
) -> None:
    figures = start(database_url).evidence()
    assert [figure.value for figure in figures] == ["–"] * len(figures)
    assert all(figure.sentence and figure.source and figure.page for figure in figures)


def test_the_estimate_is_kept_with_what_a_naive_mean_would_say(project: Project) -> None:
    figure = by_name(project.evidence())["estimate"]
    said = project.estimate()
    assert figure.numbers["value"] == said.estimate.value
    assert (figure.numbers["low"], figure.numbers["high"]) == (said.estimate.low, said.estimate.high)
    assert figure.numbers["naive"] == said.asked_right
    assert figure.model == said.model
    assert "naive mean" in figure.lines[0]


def test_what_was_saved_is_labels_over_labels_at_one_level(project: Project) -> None:
    project.evidence()
    with project._work.database.reading() as conn:
        found = findings.latest(conn, project._work.project_id, "efficiency")
    assert found is not None
    b = found.body
    assert (b["n_test"], b["n_lived"], found.model) == (60, 60, 3)
    assert b["n_random"] == 54 + 20 + 2 * 2, "nine tenths of the test items, the first round, and a tenth of two more"
    assert b["ratio"] == pytest.approx(b["random_labels"] / b["labels"])
    assert b["low"] <= b["ratio"] <= b["high"]
    assert 0 < b["labels"] <= 60
    figure = by_name(project.evidence(refresh=False))["efficiency"]
    assert figure.value == f"{b['ratio']:.1f}×"
    assert figure.numbers["even"] == 1


def test_nothing_is_found_twice_until_something_changes(project: Project) -> None:
    first = project.evidence()
    work = project._work
    with work.database.reading() as conn:
        last = findings.last_id(conn, work.project_id)
    assert project.evidence() == first
    with work.database.reading() as conn:
        assert findings.last_id(conn, work.project_id) == last
    assert expectation.refresh(work) == 0


def test_an_estimate_of_before_the_labels_were_counted_is_made_anew(project: Project) -> None:
    project.evidence()
    work = project._work
    with work.database.transaction() as conn:
        kept = findings.latest(conn, work.project_id, "estimate")
        assert kept is not None
        body = {name: value for name, value in kept.body.items() if name != "n_labeled"}
        old = findings.record(conn, work.project_id, "estimate", body, model=kept.model)
    project.evidence()
    with work.database.reading() as conn:
        newest = findings.latest(conn, work.project_id, "estimate")
    assert newest is not None
    assert newest.id > old.id
    assert newest.body["n_labeled"] == kept.body["n_labeled"]


def test_more_labels_of_the_test_set_are_a_reason_to_estimate_anew(
    project: Project, messages: Callable[..., Any]
) -> None:
    before = by_name(project.evidence())["estimate"]
    asked = [entry.item_id for entry in project.ask(20, split="test").entries]
    project.tell(messages(400).some(asked))
    after = by_name(project.evidence())["estimate"]
    assert (before.model, after.model) == (3, 3), "no other model was made"
    assert "from 60 labels" in before.sentence
    assert "from 80 labels" in after.sentence


def test_a_task_that_nothing_is_estimated_of_has_no_such_figure(
    start: Callable[..., Project], database_url: str
) -> None:
    made = start(database_url, schema=Schema("better", (), "text"))
    assert by_name(made.evidence())["estimate"].value == "–"


def test_the_gate_the_rules_and_the_test_set_stand_beside_them(project: Project) -> None:
    before = by_name(project.evidence())
    assert before["gate"].value == "–"
    assert before["stopping"].lines[0].startswith("Budget: ")
    assert before["test_set"].value == "3 looks", "one for each model"
    project.gate()
    after = by_name(project.evidence(refresh=False))
    assert (after["gate"].value, after["gate"].tone, after["gate"].model) == ("Open", "good", 3)
    assert after["test_set"].value == "4 looks"
    assert list(after) == ["estimate", "efficiency", "stopping", "gate", "drift", "test_set"]


def test_drift_is_told_as_it_was_last_found(project: Project, messages: Callable[..., Any]) -> None:
    fresh = [{"id": f"n{i}", "text": f"entirely other words number {i} about gardens"} for i in range(60)]
    found = project.drift(fresh)
    figure = by_name(project.evidence(refresh=False))["drift"]
    assert figure.sentence == found.plan.why
    assert (figure.model, figure.at) == (found.model, found.looked_at)
    assert figure.tone == "warn"
