"""Each figure of an account means one thing, and together they come to the whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from querist.core.policy import Budget, Costs, Policy
from querist.project import Project
from querist.store import answers

POLICY = Policy("random", batch_size=6, costs=Costs(per_label=0.5), budget=Budget(labels=30))


@pytest.fixture
def project(start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path) -> Project:
    """Thirty messages, of which some are for testing: a round of six is out, and of an earlier six two are answered."""
    data = messages(30)
    made = start(f"sqlite:///{tmp_path / 'p.db'}", policy=POLICY, shares={"test": 0.3})
    made.add(data.items)
    held = made.ask(4, split="test")
    made.tell(data.some([entry.item_id for entry in held.entries]))
    first = [entry.item_id for entry in made.ask().entries]
    made.tell(data.some(first[:2]))
    assert made.withdraw() == 4
    made.ask()
    return made


def test_bought_is_what_was_answered_and_pending_is_what_is_out(project: Project) -> None:
    status = project.status()
    spent = status.spent
    assert (spent.labels, spent.usd) == (2, 1.0)
    assert (spent.pending, spent.pending_usd) == (6, 3.0)
    assert (spent.labels_left, spent.usd_left) == (30 - 2 - 6, None)
    pool = status.splits[0]
    assert (pool.split, pool.n_labeled, pool.n_pending) == ("pool", 2, 6)
    assert [(r.n_asked, r.n_answered, r.n_pending) for r in status.rounds] == [(4, 4, 0), (6, 2, 0), (6, 0, 6)]
    assert status.story == (
        f"30 items, 2 of the pool's {pool.n_items} labeled. 2 rounds asked 12 questions of the pool: 2 answered, "
        "6 open, 4 taken back. 1 round drew 4 items to measure on. The answers cost 1.00 dollars; the open questions "
        "are expected to cost 3.00 more."
    )
    assert status.verdicts[0].sentence == "22 labels left; 2 bought, 6 asked for and not answered yet."


def test_labels_of_the_test_set_are_counted_by_themselves(project: Project, cli: Callable[..., Any]) -> None:
    status = project.status()
    assert sum(status.classes.values()) == status.splits[0].n_labeled == 2
    assert sum(status.test_classes.values()) == 4
    shown = cli("status", "--url", project._work.database.url, "-p", "topics").out
    assert "Labels of the pool: " in shown
    assert "Labels of the test set: " in shown


def test_a_pool_that_is_labeled_whole_is_not_asked_about(
    start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path
) -> None:
    data = messages(9)
    project = start(f"sqlite:///{tmp_path / 'all.db'}", policy=Policy("random", batch_size=9, budget=Budget(labels=9)))
    project.add(data.items)
    project.ask()
    project.tell(data.truth)
    assert project.status().next_step == (
        "all 9 items of the pool are labeled: `querist export labels.csv` writes them, `querist freeze` keeps them as "
        "a version, `querist add FILE` brings more."
    )
    project.add(messages(3, first=9, seed=1).items)
    assert "stop asking: budget says so" in project.status().next_step


def test_what_was_told_comes_to_all_rows(project: Project, messages: Callable[..., Any], tmp_path: Path) -> None:
    data = messages(30)
    out = [entry.item_id for entry in project.pending().entries]
    labeled = [entry.item_id for entry in project.ask(1, split="test").entries]
    project.tell(data.some(labeled))
    with project._work.database.reading() as conn:
        known = {label.item_id for label in answers.labels(conn, project._work.project_id)}
    unasked = next(item_id for item_id in data.truth if item_id not in known | set(out))
    rows = [(out[0], data.truth[out[0]]), (out[1], ""), (out[2], "nonsense"), (unasked, data.truth[unasked])]
    rows += [(labeled[0], data.truth[labeled[0]]), ("nobody", "billing")]
    text = "".join(f"{item_id},{value}\n" for item_id, value in rows)
    (tmp_path / "sheet.csv").write_text("id,topic\n" + text, "utf-8")
    told = project.tell(tmp_path / "sheet.csv", partial=True)
    parts = (told.n_labeled, told.n_revised, told.n_repeated, told.n_blank, len(told.problems))
    assert parts == (2, 0, 1, 1, 2)
    assert sum(parts) == told.n_rows == 6
    assert told.n_volunteered == 1, "of those that got a label"
