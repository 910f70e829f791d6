"""A project's new items against its old ones: what is found, what is kept, and what to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.policy import Budget, Policy
from querist.core.schema import Schema
from querist.learners import TextEncoder
from querist.metrics import c2st
from querist.project import Project
from querist.service import drifting
from querist.store import findings

CITIES = ("Bonn", "Lima", "Oslo")


class Source:
    """Where items come from: two numbers that tell the class, two that do not, and a city."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = np.random.default_rng(seed)
        self._n = 0
        self.truth: dict[str, str] = {}

    def draw(self, n: int, *, shift: float = 0.0, share: float = 0.5, turned: float = 0.0) -> list[dict[str, Any]]:
        """So many items, `shift`ed in a number that means nothing, `share` of them yes, `turned` answers round."""
        items = []
        for _ in range(n):
            yes = self._rng.random() < share
            x = self._rng.normal(size=4)
            x[:2] += 1.2 if yes else -1.2
            x[2] += shift
            item_id = f"i{self._n:05d}"
            self._n += 1
            values = {f"x{j}": round(float(value), 4) for j, value in enumerate(x)}
            items.append({"id": item_id, **values, "city": str(self._rng.choice(CITIES))})
            self.truth[item_id] = "yes" if yes != (self._rng.random() < turned) else "no"
        return items

    def answers(self, asked: Any) -> dict[str, str]:
        return {entry.item_id: self.truth[entry.item_id] for entry in asked.entries}


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def project(start: Callable[..., Project], source: Source, tmp_path: Path) -> Iterator[Project]:
    """A model of 40 labels, measured on 120 of the test set."""
    made = start(
        f"sqlite:///{tmp_path / 'p.db'}",
        schema=Schema("answer", ("no", "yes")),
        policy=Policy("margin", batch_size=40, near_duplicates=None, trust=False),
        shares={"test": 0.4},
    )
    made.add(source.draw(500))
    made.tell(source.answers(made.ask(120, split="test")))
    made.tell(source.answers(made.ask()))
    made.train()
    return made


def drifted(found: drifting.Drift) -> set[str]:
    return {check.name for check in found.checks if check.drifted}


def test_new_items_of_the_same_source_are_no_drift(project: Project, source: Source) -> None:
    for n in (1, 9):  # wherever the last of the old items went
        project.add(source.draw(n))
        project.train()
    project.add(source.draw(300))
    found = project.drift()
    assert drifted(found) == set()
    assert (found.plan.action, found.command, found.items) == ("watch", "querist drift", ())
    assert (found.n_reference, found.n_recent, found.recent) == (510, 300, "the items added since model 3")
    assert {check.name for check in found.checks} == {
        "classifier",
        "mmd",
        "fields",
        "confidence",
        "predicted_classes",
        "error",
    }


def test_items_from_elsewhere_are_found_and_a_random_draw_is_asked_for(project: Project, source: Source) -> None:
    project.add(source.draw(300, shift=2.0))
    found = project.drift()
    assert {"classifier", "mmd", "fields"} <= drifted(found)
    fields = next(check for check in found.checks if check.name == "fields").detail["fields"]
    assert fields[0]["field"] == "x2"
    assert (found.plan.action, found.plan.rule) == ("reopen", 7)
    assert found.command == f"querist ask --split test -n {found.plan.n_labels}"
    assert int(found.items[0][1:]) >= 500, "new items, those least like the old ones first"


def test_answers_that_turned_round_are_asked_again_where_the_error_rose(
    project: Project, source: Source, tmp_path: Path
) -> None:
    project.add(source.draw(400, turned=0.9))
    project.tell(source.answers(project.ask(150, split="test")))
    found = project.drift()
    assert "error" in drifted(found)
    assert not drifted(found) & {"classifier", "mmd", "fields"}
    assert (found.plan.action, found.plan.rule) == ("relabel", 4)
    assert found.command == "querist drift --to relabel.csv"
    assert 0 < len(found.items) <= 40
    again = project.drift(to=tmp_path / "again.csv")
    assert again.command == f"querist tell {tmp_path / 'again.csv'}"
    sheet = (tmp_path / "again.csv").read_text("utf-8")
    assert all(item_id in sheet for item_id in again.items[: again.plan.n_labels])


def test_labels_that_came_in_since_are_learned_from_first(project: Project, source: Source) -> None:
    project.add(source.draw(400, turned=0.9))
    project.tell(source.answers(project.ask(150, split="test")))
    pool = [item for item in source.draw(60, turned=0.9)]
    project.add(pool, split="pool")
    project.tell({item["id"]: source.truth[item["id"]] for item in pool})
    found = project.drift()
    assert (found.plan.action, found.plan.rule, found.command) == ("retrain", 2, "querist train")


def test_what_the_budget_does_not_allow_is_raised_first(project: Project) -> None:
    from querist.core.drift import DriftPlan

    plan = DriftPlan("reopen", "Because.", 3, 60)
    assert drifting.command(plan, None, None, 80, 40) == "querist policy --set budget.labels=100 && querist ask -n 60"
    assert drifting.command(plan, "new.csv", None, None, 40) == "querist add new.csv && querist ask -n 60"
    assert Budget(100).labels == 100


def test_a_file_is_compared_without_being_added(project: Project, source: Source, tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    rows = source.draw(200, shift=2.0)
    names = [name for name in rows[0] if name != "id"]
    lines = [",".join(str(row[name]) for name in names) for row in rows]
    path.write_text("\n".join([",".join(names), *lines]) + "\n", "utf-8")
    found = project.drift(path)
    assert "classifier" in drifted(found)
    assert (found.recent, found.n_recent) == ("the rows of new.csv", 200)
    assert found.items[0].startswith("line ")
    assert found.command.startswith(f"querist add {path} && ")
    assert {split.split: split.n_items for split in project.status().splits}["pool"] < 500
    again = project.drift(source.draw(200))
    assert drifted(again) == set()


def test_a_look_is_kept_with_its_model_and_read_back_as_it_was(project: Project, source: Source) -> None:
    work = project._work
    assert drifting.last(work) is None
    project.add(source.draw(200, shift=2.0))
    found = drifting.look(work, by="ann")
    kept = drifting.last(work)
    assert kept is not None
    assert kept.plan == found.plan
    assert [check.name for check in kept.checks] == [check.name for check in found.checks]
    assert (kept.command, kept.items, kept.model) == (found.command, found.items, 1)
    assert abs(kept.looked_at - datetime.now(UTC)) < timedelta(minutes=5)
    with work.database.reading() as conn:
        record = findings.latest(conn, work.project_id, "drift")
    assert record is not None
    assert (record.model, record.by) == (1, "ann")


def test_the_same_look_finds_the_same(project: Project, source: Source) -> None:
    project.add(source.draw(200))
    first, second = project.drift(), project.drift()
    assert first.checks == second.checks


def test_where_nothing_came_since_the_model_the_last_import_is_new(project: Project, source: Source) -> None:
    with pytest.raises(InvalidInput, match="recent: must hold items that came in later than the rest"):
        project.drift()
    project.add(source.draw(200, shift=2.0))
    project.train()
    found = project.drift()
    assert found.recent == "the items of the last import, python"
    assert found.n_recent == 200
    assert "classifier" in drifted(found)


def test_a_time_parts_old_from_new(project: Project, source: Source) -> None:
    time.sleep(0.01)
    between = datetime.now(UTC)
    project.add(source.draw(150))
    project.add(source.draw(50))
    found = project.drift(since=between)
    assert (found.n_reference, found.n_recent) == (500, 200)
    assert found.recent.startswith("the items added since 2")
    with pytest.raises(InvalidInput, match="reference: must hold at least 10 items"):
        project.drift(since=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(InvalidInput, match="recent: must hold at least 10 items"):
        project.drift(since=datetime.now(UTC) + timedelta(days=1))
    with pytest.raises(InvalidInput, match="since: must be left out"):
        project.drift(source.draw(20), since=datetime.now(UTC))


def test_items_that_lack_a_field_are_refused(project: Project) -> None:
    with pytest.raises(InvalidInput, match=r"source: must have every field .* it lacks 'x3'\."):
        project.drift([{"x0": 1.0, "x1": 1.0, "x2": 1.0, "city": "Bonn"}] * 20)
    with pytest.raises(InvalidInput, match="level: must lie between 0 and 1"):
        project.drift(level=0)


def test_new_words_in_the_same_proportions_are_no_drift(
    start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path
) -> None:
    """An encoder that has read the old texts alone tells them from the new ones by their unknown words."""
    alarms = naive = 0
    n_projects = 5
    for seed in range(n_projects):
        made = start(f"sqlite:///{tmp_path / f'{seed}.db'}", policy=Policy("margin", batch_size=30, trust=False))
        old, new = messages(150, seed=seed), messages(100, seed=100 + seed, first=150)
        made.add(old.items)
        made.tell(old.some([entry.item_id for entry in made.ask().entries]))
        made.train()
        made.add(new.items)
        alarms += bool(drifted(made.drift()))
        texts = [[item["text"] for item in some.items] for some in (old, new)]
        encoding = TextEncoder().fit(texts[0])
        naive += c2st(*map(encoding.embeddings, texts), rng=np.random.default_rng(0)).p_value <= 0.05
    assert alarms <= 1
    assert naive >= n_projects - 1
