"""Slices that grow by later draws, copies that are found and set aside, and a test set whose looks are counted."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput, PoolExhausted
from querist.core.policy import Policy
from querist.project import Project
from querist.service import moves, training
from querist.store import findings, models

POLICY = Policy("margin", batch_size=20, near_duplicates=None, trust=False)
SHARES = {"test": 0.2, "calibration": 0.1}


SYLLABLES = ("ban", "ca", "de", "fo", "gri", "ho", "lu", "mer", "no", "pel", "ra", "sti", "to")


@pytest.fixture
def data(messages: Callable[..., Any]) -> Any:
    """Messages whose idle words are told apart by more than a number, by which any two would be much alike."""
    made = messages(300)
    words = dict(enumerate("".join(three) for three in product(SYLLABLES, repeat=3)))
    for item in made.items:
        item["text"] = re.sub(r"word(\d+)", lambda found: words[int(found[1]) * 10], item["text"])
    return made


@pytest.fixture
def project(start: Callable[..., Project], data: Any, tmp_path: Path) -> Project:
    """Three rounds of twenty, half of the test set labeled, and a model."""
    made = start(f"sqlite:///{tmp_path / 'p.db'}", policy=POLICY, shares=SHARES)
    made.add(data.items)
    made.tell(data.some([entry.item_id for entry in made.ask(30, split="test").entries]))
    for _ in range(3):
        made.tell(data.some([entry.item_id for entry in made.ask().entries]))
    made.train()
    return made


def items_of(project: Project, split: str) -> tuple[str, ...]:
    with project._work.database.reading() as conn:
        return project._work.held(conn, split).ids


def n_measured(project: Project) -> int:
    with project._work.database.reading() as conn:
        return models.evaluations(conn, project._work.project_id, split="test")[-1].n_items


def test_a_draw_from_the_pool_is_the_next_version_and_counts_once_it_is_labeled(project: Project, data: Any) -> None:
    before, pool = items_of(project, "test"), items_of(project, "pool")
    drawn = project.extend(40)
    after = items_of(project, "test")
    new = sorted(set(after) - set(before))
    assert set(before) < set(after)
    assert len(new) == drawn.n_added == 40
    assert set(new) <= set(pool)
    assert not set(new) & set(items_of(project, "pool"))
    first, second = (version for version in project.slices() if version.split == "test")
    assert (first.version, first.n_items, first.how) == (1, len(before), "import of python")
    assert (second.version, second.n_items, second.n_added, second.n_open) == (2, len(after), 40, drawn.n_open)
    assert 0 < drawn.n_open < 40, "some of them a strategy had asked about"
    project.train()
    assert n_measured(project) == 30, "none of the draw counts while those labeled are those a strategy chose"
    project.tell(data.some(new))
    project.train()
    assert n_measured(project) == 70
    assert project.slices()[1].n_open == 0
    assert project.verify() == []


def test_a_draw_holds_each_item_of_the_pool_with_the_same_chance_labeled_or_not(
    start: Callable[..., Project], data: Any, tmp_path: Path
) -> None:
    shares = []
    for seed in range(8):
        made = start(f"sqlite:///{tmp_path / f'{seed}.db'}", policy=POLICY.with_(strategy="random", seed=seed))
        made.add(data.items)
        made.tell(data.some([item["id"] for item in data.items[:150]]))
        made.extend(60)
        shares.append(np.mean([int(name[1:]) < 150 for name in items_of(made, "test")]))
    # Half of the pool is labeled: a draw of 60 varies by 0.058, the mean of eight by 0.021.
    assert np.mean(shares) == pytest.approx(0.5, abs=0.07)


def test_what_was_before_a_draw_can_be_redone(project: Project) -> None:
    work = project._work
    with work.database.reading() as conn:
        newest = models.latest(conn, work.project_id)
        test, pool = work.held(conn, "test"), work.held(conn, "pool")
    assert newest is not None
    project.extend(60)
    work._models.clear()
    work._encoded = None
    again = training.model_of(work, newest.number)
    with work.database.reading() as conn:
        then = work.pool_of(conn, newest.number, newest.recipe["last_seq"])
        schema = work.schema(conn)
        recipe = work.chosen_recipe(conn, then)
    assert then.ids == pool.ids
    assert then.groups.tolist() == pool.groups.tolist()
    assert training.probe(again, work.encoded(recipe, then)[0], schema) == newest.probe_digest
    for number in (2, 3, 4):
        assert project.replay(number).same
    assert project.estimate("accuracy").model == newest.number, "it reads what that model reads"
    assert len(test) < len(items_of(project, "test"))
    assert project.train().number == newest.number + 1
    project.ask()
    assert project.replay(5).same


def test_open_questions_about_what_is_drawn_are_taken_back(project: Project) -> None:
    asked = {entry.item_id for entry in project.ask(100).entries}
    project.extend(60)
    drawn = set(items_of(project, "test"))
    assert asked & drawn
    assert {entry.item_id for entry in project.pending().entries} == asked - drawn
    assert project.verify() == []


def test_a_draw_follows_one_that_is_labeled_and_leaves_a_pool(project: Project) -> None:
    n_pool = len(items_of(project, "pool"))
    with pytest.raises(PoolExhausted, match=f"below the {n_pool} items"):
        project.extend(n_pool)
    with pytest.raises(InvalidInput, match="split"):
        project.extend(5, split="pool")
    project.extend(40)
    with pytest.raises(InvalidInput, match="must follow one that is labeled"):
        project.extend(5)
    assert project.extend(5, split="calibration").version == 2


def test_strata_have_their_share_of_a_draw(start: Callable[..., Project], data: Any, tmp_path: Path) -> None:
    made = start(
        f"sqlite:///{tmp_path / 's.db'}", policy=Policy("random", start="stratified", batch_size=5), strata="language"
    )
    made.add([{**item, "language": "en" if i % 10 else "de"} for i, item in enumerate(data.items)])
    made.extend(100)
    n_german = sum(int(name[1:]) % 10 == 0 for name in items_of(made, "test"))
    assert 9 <= n_german <= 11


def test_copies_are_told_at_import_shown_and_set_aside(project: Project, data: Any, tmp_path: Path) -> None:
    assert project.copies().n_pairs == 0
    tested = items_of(project, "test")[:6]
    texts = {item["id"]: item["text"] for item in data.items}
    more = [{"id": f"c{i}", "text": "Re: " + texts[name].rpartition(" ")[0]} for i, name in enumerate(tested)]
    added = project.add(more, split="pool")
    assert added.splits.get("excluded", 0) < len(tested), "the import's own look does not see all of them"
    told = [note for note in added.notes if "may be copies" in note]
    assert len(told) == 1
    found = project.copies()
    assert {pair.item_id for pair in found.pairs} <= set(tested)
    assert found.n_pairs == found.n_tested == added.splits["pool"] > 0
    assert "copies" in found.sentence
    assert project.verify() == [], "to judge it is a person's"
    page = project.report(tmp_path / "r.html").read_text("utf-8")
    assert "Copies across the test set" in page
    assert found.pairs[0].other_id in page
    assert project.set_copies_aside() == found.n_pairs
    assert project.copies().n_pairs == 0
    assert items_of(project, "test")[:6] == tested, "the test set stays as it was drawn"
    assert "Copies across the test set" not in project.report(tmp_path / "r.html").read_text("utf-8")
    assert project.replay(3).same


def test_equal_items_on_two_sides_are_a_problem(project: Project) -> None:
    work = project._work
    project.add([{"id": "twin", "text": "an entirely different text about nothing of the kind"}], split="pool")
    project.add([{"id": "other", "text": "an entirely different text about nothing of the kind"}], split="pool")
    with work.database.transaction() as conn:
        seqs = [int(seq) for seq, name in zip(*_held(work, conn), strict=True) if name == "other"]
        moves.move(conn, work.project_id, seqs, origin="pool", to="test")
    kinds = {problem.kind for problem in project.verify()}
    assert kinds == {"split"}
    assert project.copies().n_equal == 1


def _held(work: Any, conn: Any) -> tuple[Any, Any]:
    pool = work.held(conn, "pool")
    return pool.seqs, pool.ids


def test_vectors_that_are_almost_the_same_are_copies(start: Callable[..., Project], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    made = start(f"sqlite:///{tmp_path / 'v.db'}", shares={"test": 0.3})
    vectors = rng.normal(size=(80, 16))
    made.add([{"id": f"v{i}", "v": row.tolist()} for i, row in enumerate(vectors)], kinds={"v": "vector"})
    tested = items_of(made, "test")[:5]
    copies = [vectors[int(name[1:])] + rng.normal(size=16) * 0.05 for name in tested]
    made.add([{"id": f"c{i}", "v": row.tolist()} for i, row in enumerate(copies)], split="pool")
    found = made.copies()
    in_pool = set(items_of(made, "pool"))
    planted = {(name, f"c{i}") for i, name in enumerate(tested) if f"c{i}" in in_pool}
    assert planted
    assert {(pair.item_id, pair.other_id) for pair in found.pairs} == planted
    assert {pair.how for pair in found.pairs} == {"vector"}


def test_each_model_that_was_measured_is_a_look_at_the_test_set(project: Project, data: Any) -> None:
    use = project.status().test_use
    assert (use.n_models, use.n_items, use.n_decisions, use.refresh) == (len(project.curve()), 30, 0, False)
    work = project._work
    with work.database.transaction() as conn:
        newest = models.latest(conn, work.project_id)
        assert newest is not None
        findings.record(conn, work.project_id, "gate", {"what": "decision"})
        findings.record(conn, work.project_id, "gate", {"what": "rollout"})
    assert project.status().test_use.n_decisions == 1
    with work.database.transaction() as conn:
        for _ in range(25):
            models.record_evaluation(
                conn, newest.id, split="test", n_items=30, n_labels=60, cost_usd=0, metrics={"accuracy": 0.5}
            )
    use = project.status().test_use
    assert use.refresh
    assert "Refresh it" in use.sentence
    assert use.share == 1
    with work.database.transaction() as conn:
        models.record_evaluation(
            conn, newest.id, split="test", n_items=300, n_labels=60, cost_usd=0, metrics={"accuracy": 0.5}
        )
    assert not project.status().test_use.refresh, "nine of ten items are fresh"


def test_the_commands_show_copies_and_versions(cli: Callable[..., Any], data: Any, tmp_path: Path) -> None:
    path = data.write(tmp_path / "m.csv")
    assert cli("init", "topics", "--target", "topic", "--classes", "billing,delivery,account").code == 0
    assert cli("add", path).code == 0
    assert "No item of the test set" in cli("copies").out
    assert cli("copies", "--json").json["n_pairs"] == 0
    assert "items set aside" in cli("copies", "--set-aside").out
    drawn = cli("extend", "-n", "20")
    assert "Version 2 of the test slice" in drawn.out
    assert "querist ask --split test -n 20" in drawn.out
    assert "a draw of 20" in cli("extend").out
    versions = cli("extend", "--json").json["versions"]
    assert [(each["split"], each["version"]) for each in versions] == [("test", 1), ("test", 2), ("calibration", 1)]
    assert cli("extend", "-n", "20").code == 2
    assert cli("verify").code == 0
    assert cli("verify", "--json").json["copies"]["n_pairs"] == 0
