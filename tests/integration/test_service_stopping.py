"""Stopping rules on a project: what models say of the stop set, draws that certify, and searches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from querist.core.errors import InvalidInput
from querist.core.policy import Budget, Policy
from querist.core.schema import Schema
from querist.loop.stopping import Verdict
from querist.project import Project
from querist.service import projects, rounds
from querist.service.certifying import certified_draws
from querist.store import labels, models

RULES = (
    "stable_predictions:0.5:1",
    "minimal_error",
    "error_bound:0.2:0.9",
    "hypergeometric:billing",
    "recall_bound:billing",
)


@pytest.fixture
def data(messages: Callable[..., Any]) -> Any:
    """Messages of three topics."""
    return messages(240)


@pytest.fixture
def project(start: Callable[..., Project], data: Any, tmp_path: Path) -> Project:
    """A project with five rules, of which two models were trained."""
    made = start(
        f"sqlite:///{tmp_path / 'p.db'}",
        policy=Policy("margin", batch_size=30, start="random", trust=False),
        stopping=[projects.stopping_rule(text) for text in RULES],
    )
    made.add(data.items)
    for _ in range(3):
        answer(made, data)
    return made


def answer(project: Project, data: Any, n: int | None = None, **more: Any) -> rounds.Asked:
    asked = project.ask(n, **more)
    project.tell(data.some([entry.item_id for entry in asked.entries]))
    return asked


def verdict(project: Project, rule: str) -> Verdict:
    return next(v for v in project.status().verdicts if v.rule == rule)


def test_each_model_leaves_what_it_says_of_the_stop_set(project: Project, data: Any) -> None:
    project.train()
    work = project._work
    with work.database.reading() as conn:
        first, *later = models.evaluations(conn, work.project_id, split="stop_set")
    assert "kappa" not in first.metrics
    assert len(later) == 2
    for found in later:
        assert {"kappa", "changed", "delta_f", "uncertainty", "confidence", "batch_right"} <= set(found.metrics)
        assert found.n_items == 240
    assert [v.rule for v in project.status().verdicts] == ["budget", *(text.split(":")[0] for text in RULES)]
    assert "kappa of" in verdict(project, "stable_predictions").sentence
    assert "foretold" in verdict(project, "minimal_error").sentence


def test_a_certificate_is_drawn_answered_and_proven(project: Project, data: Any) -> None:
    assert "Not known yet" in verdict(project, "error_bound").sentence
    asked = answer(project, data, 20, certify=True)
    assert asked.strategy == "by_doubt"
    assert asked.trained is not None
    assert all(0 < entry.propensity < 1 and entry.suggestion is not None for entry in asked.entries)
    before = verdict(project, "error_bound")
    assert before.certified
    assert "by 20 draws" in before.sentence
    more = answer(project, data, 60, certify=True)
    assert more.trained is None, "a certificate is gone on with, by the same model"
    after = verdict(project, "error_bound")
    assert "of 150 unlabeled items" in after.sentence
    assert "by 80 draws" in after.sentence
    work = project._work
    with work.database.reading() as conn:
        known = {label.item_seq: label.value for label in labels.labels(conn, work.project_id)}
        draws = certified_draws(conn, work, known)
    assert draws is not None
    assert draws.looks == 1
    assert draws.chances[20] == pytest.approx(more.entries[0].propensity)


def test_an_answer_that_is_awaited_holds_up_those_behind_it(project: Project, data: Any) -> None:
    asked = project.ask(10, certify=True)
    ids = [entry.item_id for entry in asked.entries]
    project.tell(data.some(ids[:3] + ids[4:]))
    assert "by 3 draws" in verdict(project, "error_bound").sentence
    project.withdraw()
    assert "by 10 draws" in verdict(project, "error_bound").sentence


def test_another_model_or_other_labels_begin_another_certificate(project: Project, data: Any) -> None:
    answer(project, data, 10, certify=True)
    answer(project, data)  # trains, and asks about others
    assert "Not known yet" in verdict(project, "error_bound").sentence
    answer(project, data, 5, certify=True)
    work = project._work
    with work.database.reading() as conn:
        draws = certified_draws(conn, work, {})
    assert draws is not None
    assert (draws.looks, len(draws)) == (2, 5)


def test_a_search_is_read_in_the_order_in_which_it_went(project: Project) -> None:
    found = verdict(project, "hypergeometric")
    assert "among 90" in found.sentence
    assert found.figure is not None
    # The start drew 30 at random, so the bound knows more than that all 150 left may be relevant.
    bound = verdict(project, "recall_bound")
    assert bound.certified
    assert bound.figure is not None
    assert 0.1 < bound.figure < 0.95


def test_certifying_is_priced_and_refused_where_it_cannot_be(
    start: Callable[..., Project], data: Any, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'q.db'}"
    few = start(url, policy=Policy("random", batch_size=10, budget=Budget(labels=15)), name="few")
    few.add(data.items)
    with pytest.raises(InvalidInput, match="model: must be trained"):
        few.ask(5, certify=True)
    answer(few, data)
    few.train()
    assert len(few.ask(50, certify=True).entries) == 5
    with pytest.raises(InvalidInput, match="certify: must be of the pool"):
        few.ask(5, split="test", certify=True)
    numbers = start(url, schema=Schema("size", task="number"), name="numbers")
    with pytest.raises(InvalidInput, match="certify: must be of a project whose answers are right or wrong"):
        numbers.ask(5, certify=True)
    for text, match in (
        ("error_bound", "stop: must not be 'error_bound' where"),
        ("delta_f", "stop: must not be 'delta_f' where"),
    ):
        with pytest.raises(InvalidInput, match=match):
            start(url, schema=Schema("size", task="number"), name=text, stopping=[projects.stopping_rule(text)])
    with pytest.raises(InvalidInput, match="stop: must be one of 'billing'"):
        start(url, name="knee", stopping=[projects.stopping_rule("knee:wish")])


def test_status_and_report_show_each_rule_with_its_forecast(
    project: Project, cli: Callable[..., Any], tmp_path: Path
) -> None:
    url = project._work.database.url
    shown = " ".join(cli("status", "--url", url, "-p", "topics").out.split())
    assert "error_bound (certified): go on." in shown
    assert "No forecast: nothing was drawn." in shown
    said = cli("status", "--url", url, "-p", "topics", "--json").json["verdicts"]
    assert {"rule", "stop", "figure", "sentence", "certified", "forecast", "outlook"} == set(said[0])
    page = project.report(tmp_path / "r.html").read_text()
    assert "error_bound (certified)" in page
