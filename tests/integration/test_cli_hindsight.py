"""A project looks back: from what is stored to the command's table and JSON."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.project import Project
from querist.service.answered import answered
from querist.simulation import hindsight_rows
from querist.store import answers


def labeled_project(start: Callable[..., Project], url: str, *, exploration: float = 0.3) -> Project:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(240, 3))
    truth = {f"i{i}": "ham" if X[i, 0] + X[i, 1] > 0 else "spam" for i in range(240)}
    policy = Policy("margin", start="k_means", batch_size=10, exploration=exploration, trust=False, seed=1)
    project = start(url, schema=Schema("kind", ("ham", "spam")), policy=policy, shares={"test": 0.2}, name="mail")
    project.add([{"id": f"i{i}", **{f"x{j}": float(X[i, j]) for j in range(3)}} for i in range(240)])
    project.tell({e.item_id: truth[e.item_id] for e in project.ask(40, split="test").entries})
    for _ in range(9):
        project.tell({e.item_id: truth[e.item_id] for e in project.ask().entries})
    project.tell({next(i for i in truth if i not in labels_of(project)): "ham"})  # volunteered: nobody asked
    return project


def labels_of(project: Project) -> set[str]:
    work = project._work
    with work.database.reading() as conn:
        return {label.item_id for label in answers.labels(conn, work.project_id)}


def test_what_was_asked_comes_with_its_chances_and_what_was_not_stays_out(
    start: Callable[..., Project], tmp_path: Path
) -> None:
    project = labeled_project(start, f"sqlite:///{tmp_path / 'db'}")
    past = answered(project._work)
    assert past.n_asked == 90, "and not the one that nobody asked about"
    assert past.n_test == 40
    assert past.rounds.tolist() == sorted(past.rounds.tolist())
    assert 0.2 * 90 < past.drawn.sum() < 0.4 * 90
    assert set(past.chances) == set(past.rounds[past.drawn].tolist())
    for number, chance in past.chances.items():
        n_drawn = int((past.drawn & (past.rounds == number)).sum())
        left = past.n_pool - int((past.rounds < number).sum()) - int(((past.rounds == number) & ~past.drawn).sum())
        assert chance == pytest.approx(n_drawn / left)
    assert past.n_lost == 0


def test_a_later_draw_of_the_test_set_counts_once_all_of_it_is_labeled(
    start: Callable[..., Project], tmp_path: Path
) -> None:
    project = labeled_project(start, f"sqlite:///{tmp_path / 'db'}")
    drawn = project.extend(60)
    assert drawn.n_open < 60, "a strategy has chosen some of them before"
    assert answered(project._work).n_test == 40
    asked = project.ask(200, split="test").entries
    project.tell({entry.item_id: "ham" for entry in asked})
    assert answered(project._work).n_test == 40 + len(asked) + 60 - drawn.n_open


def test_the_command_says_what_the_project_says(
    start: Callable[..., Project], cli: Callable[..., Any], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'db'}"
    project = labeled_project(start, url)
    told = project.hindsight(seeds=3)
    words = ["hindsight", "--seeds", "3", "--jobs", "1", "--project", "mail", "--url", url]
    said = cli(*words, "--json")
    assert (said.code, said.err) == (0, "")
    assert said.json["n_representative"] == told.n_representative
    assert said.json["random"] == [asdict(known) for known in told.random]
    shown = cli(*words)
    assert shown.code == 0
    for row in hindsight_rows(told):
        assert all(cell in shown.out for cell in row)
    assert "Of 90 labels of the pool's" in shown.out
    assert "Assumed:" in shown.out


def test_a_project_that_drew_nothing_at_random_is_told_to(start: Callable[..., Project], tmp_path: Path) -> None:
    project = labeled_project(start, f"sqlite:///{tmp_path / 'db'}", exploration=0.0)
    with pytest.raises(InvalidInput, match="exploration: must have drawn at least 20 labeled items at random"):
        project.hindsight()
