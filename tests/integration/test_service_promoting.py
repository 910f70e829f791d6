"""Which model may serve: decided on the test set by what is lost, recorded, and followed online."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput, NotFound
from querist.core.gate import GateRules
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.opening import open as open_project
from querist.project import Project
from querist.service import promoting
from querist.store import findings

POLICY = Policy("margin", batch_size=30, near_duplicates=None, trust=False)
LOOSE = GateRules(margin=0.1, part_margin=0.3, small="together")


@pytest.fixture
def data(messages: Callable[..., Any]) -> Any:
    """Messages from two shops; those of the south are about something else than their words, now and then."""
    made = messages(600)
    rng = np.random.default_rng(0)
    for i, item in enumerate(made.items):
        item["shop"] = "north" if i % 2 else "south"
    topics = sorted(set(made.truth.values()))
    for item_id in rng.choice(sorted(made.truth), 60, replace=False):
        made.truth[item_id] = str(rng.choice(topics))
    return made


@pytest.fixture
def project(start: Callable[..., Project], data: Any, tmp_path: Path) -> Project:
    """Two models, of 30 and of 150 labels, and most of the test set labeled."""
    made = start(f"sqlite:///{tmp_path / 'p.db'}", policy=POLICY, shares={"test": 0.4}, strata="shop")
    made.add(data.items)
    made.tell(data.some([entry.item_id for entry in made.ask(180, split="test").entries]))
    made.tell(data.some([entry.item_id for entry in made.ask().entries]))
    made.train()
    return made


def learn(project: Project, data: Any, n: int) -> int:
    project.tell(data.some([entry.item_id for entry in project.ask(n).entries]))
    return project.train().number


def test_the_first_model_is_promoted_against_nothing_and_it_says_so(project: Project) -> None:
    found = project.gate()
    assert (found.opens, found.model, found.champion, found.promoted) == (True, 1, None, 1)
    assert found.parts == ()
    assert "the first to be measured, so that it was compared with nothing" in found.sentence
    with pytest.raises(InvalidInput, match="model: must be newer than the promoted one; model 1 is both"):
        project.gate()


def test_a_better_model_takes_its_place_and_each_cohorts_lift_is_kept(project: Project, data: Any) -> None:
    project.gate()
    number = learn(project, data, 120)
    found = project.gate(rules=LOOSE)
    assert found.opens, found.sentence
    assert (found.model, found.champion, found.promoted, found.look) == (number, 1, number, 1)
    assert found.level == pytest.approx(0.975), "half of what may go wrong is left for further looks"
    whole = found.parts[0]
    measured = [point.metrics["accuracy"] for point in project.curve()]
    assert (whole.old, whole.new) == pytest.approx((measured[0], measured[-1]))
    assert whole.n == 180
    assert set(found.lifts) == {"shop = north", "shop = south"}, "the strata field names the cohorts"
    assert sum(part.n for part in found.lifts.values()) == 180
    assert {part.name for part in found.parts if part.kind == "class"} == {"billing", "delivery", "account"}
    standing = project.gate_standing()
    assert standing.promoted == number
    assert [each.decision.model for each in standing.history] == [number, 1]
    assert standing.decision == found


def test_a_model_that_has_not_shown_it_stays_out(project: Project, data: Any) -> None:
    project.gate()
    learn(project, data, 1)
    found = project.gate()
    assert not found.opens, "180 items cannot show that two points are not lost"
    assert found.promoted == 1
    assert project.gate_standing().promoted == 1
    assert found.parts[0].n_wanted is not None
    assert found.parts[0].n_wanted > 180


def test_a_worse_model_stays_out_though_the_rules_are_loose(project: Project, data: Any) -> None:
    learn(project, data, 150)
    project.gate()
    wrong = {
        key: {"billing": "delivery", "delivery": "account", "account": "billing"}[v] for key, v in data.truth.items()
    }
    asked = [entry.item_id for entry in project.ask(150).entries]
    project.tell({item_id: wrong[item_id] for item_id in asked})
    project.train()
    found = project.gate(rules=LOOSE)
    assert not found.opens
    assert found.parts[0].verdict == "loss"
    assert "a loss in 'all items'" in found.sentence


def test_looking_again_with_more_labels_costs_certainty_and_with_the_same_does_not(project: Project, data: Any) -> None:
    project.gate()
    learn(project, data, 5)
    assert (project.gate().look, project.gate().look) == (1, 1)
    project.tell(data.some([entry.item_id for entry in project.ask(20, split="test").entries]))
    found = project.gate()
    assert found.look == 2
    assert found.level == pytest.approx(1 - 0.05 / 4)


def test_cohorts_are_a_fields_values_whichever_field(project: Project, data: Any) -> None:
    project.gate()
    learn(project, data, 60)
    with pytest.raises(InvalidInput, match="by: must be a field of the test items"):
        project.gate(by=["nonesuch"])
    with pytest.raises(InvalidInput, match="by: must be a field of at most 50 values; 'text' has"):
        project.gate(by=["text"])
    assert set(project.gate(by=["shop"]).lifts) == {"shop = north", "shop = south"}


def test_all_items_may_be_judged_by_a_metric_that_is_no_mean(project: Project, data: Any) -> None:
    project.gate()
    learn(project, data, 120)
    for metric in ("macro_f1", "auc"):
        found = project.gate(metric=metric, rules=GateRules(margin=0.01))
        assert found.metric == metric
        assert found.parts[0].method == "paired bootstrap"
        assert found.parts[0].new == pytest.approx(project.curve()[-1].metrics[metric])
        if found.opens:
            break
    else:
        assert found.promoted == 1


def test_unlabeled_test_items_can_help(project: Project, data: Any) -> None:
    project.gate()
    asked = [entry.item_id for entry in project.ask(60).entries]
    project.tell({item_id: data.truth[item_id] if i % 2 else "billing" for i, item_id in enumerate(asked)})
    project.train()
    alone, found = project.gate(), project.gate(unlabeled=True)
    one, other = alone.parts[0], found.parts[0]
    assert min(one.n_better, one.n_worse) >= 10, "as many differ either way as the normal interval asks for"
    assert (one.n_better, one.n_worse) == (other.n_better, other.n_worse)
    assert one.method == "exact score test of paired shares"
    assert other.method.startswith("PPI++ on a uniform draw")
    assert found.n_items > 180


def test_a_model_that_nobody_can_fit_again_is_compared_by_its_kept_answers(
    project: Project, data: Any, tmp_path: Path
) -> None:
    from sklearn.linear_model import SGDClassifier

    project.gate()
    by_itself = [point.metrics["accuracy"] for point in project.curve()][-1]
    url = project._work.database.url
    project.close()
    with open_project("topics", url, learner=SGDClassifier(loss="log_loss", random_state=0)) as again:
        learn(again, data, 60)
        found = again.gate(rules=LOOSE)
        assert found.champion == 1
        assert found.parts[0].old == pytest.approx(by_itself)
        assert "its answers are those kept when it was promoted" in found.sentence


def test_numbers_are_judged_by_how_far_they_are_off(start: Callable[..., Project], tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [{"id": f"n{i}", "a": float(a), "b": float(b)} for i, (a, b) in enumerate(rng.normal(size=(400, 2)))]
    truth = {row["id"]: 3 * row["a"] - row["b"] + float(rng.normal(0, 0.3)) for row in rows}
    project = start(
        f"sqlite:///{tmp_path / 'numbers.db'}",
        schema=Schema("size", (), "number"),
        policy=Policy("random", batch_size=10, near_duplicates=None, trust=False),
        shares={"test": 0.4},
    )
    project.add(rows)
    for n, split in ((100, "test"), (4, "pool")):
        project.tell({e.item_id: truth[e.item_id] for e in project.ask(n, split=split).entries})
    project.train()
    project.gate()
    project.tell({e.item_id: truth[e.item_id] for e in project.ask(120).entries})
    project.train()
    found = project.gate()
    assert found.metric == "mse"
    assert found.opens
    assert found.parts[0].new < found.parts[0].old
    with pytest.raises(InvalidInput, match="metric: must be left out for number"):
        project.gate(metric="auc")


def test_without_a_model_or_labels_it_says_what_to_do(start: Callable[..., Project], data: Any, tmp_path: Path) -> None:
    project = start(f"sqlite:///{tmp_path / 'new.db'}", policy=POLICY, shares={"test": 0.3})
    project.add(data.items)
    with pytest.raises(InvalidInput, match="querist train"):
        project.gate()
    project.tell(data.some([entry.item_id for entry in project.ask().entries]))
    project.train()
    with pytest.raises(InvalidInput, match="ask --split test"):
        project.gate()
    with pytest.raises(InvalidInput, match="metric: must be one of 'macro_f1', 'auc'"):
        project.gate(metric="accuracy")
    assert project.gate_standing().decision is None


def test_online_a_model_goes_a_step_at_a_time_and_serves_all_in_the_end(project: Project, data: Any) -> None:
    project.gate()
    number = learn(project, data, 60)
    first = project.gate_observe([[1, 0], [1, 1]], model=number)
    assert (first.share, first.stepped, first.champion, first.promoted) == (0.0, False, 1, 1)
    last = first
    for _ in range(10):
        last = project.gate_observe([[1, 0]] * 20)
    assert last.rollout.is_all
    assert last.promoted == number
    assert project.gate_standing().promoted == number
    with pytest.raises(InvalidInput, match=f"model {number} is both"):
        project.gate()


def test_online_harm_closes_it_and_gives_the_place_back(project: Project, data: Any) -> None:
    project.gate()
    number = learn(project, data, 120)
    assert project.gate(rules=LOOSE).promoted == number
    found = project.gate_observe([[0, 1]] * 60, model=number)
    assert found.rollout.is_closed
    assert (found.share, found.stepped, found.champion, found.promoted) == (0.0, True, 1, 1)
    assert project.gate_standing().promoted == 1
    assert project.gate_observe([[1, 0]] * 500).rollout == found.rollout, "for good"
    with pytest.raises(InvalidInput, match=f"must not have been closed on harm in use; model {number} was"):
        project.gate(rules=LOOSE)
    newer = learn(project, data, 20)
    found_then = project.gate(rules=LOOSE)
    assert (found_then.model, found_then.champion, found_then.look) == (newer, 1, 1)
    measured = [point.metrics["accuracy"] for point in project.curve()]
    assert found_then.parts[0].old == pytest.approx(measured[0]), "against the one that has its place back"


def test_what_was_closed_on_harm_stays_closed_although_another_was_tried_since(project: Project, data: Any) -> None:
    project.gate()
    harmful = learn(project, data, 30)
    closed = project.gate_observe([[0, 1]] * 60, model=harmful)
    assert closed.rollout.is_closed
    newer = learn(project, data, 30)
    project.gate_observe([[1, 0]] * 3, model=newer)
    again = project.gate_observe([[1, 0]] * 500, model=harmful)
    assert (again.rollout, again.share, again.promoted) == (closed.rollout, 0.0, 1)
    assert project.gate_standing().rollout_model == newer, "and what is under way goes on"


def test_a_model_that_was_left_for_another_goes_on_where_it_was(project: Project, data: Any) -> None:
    project.gate()
    first = learn(project, data, 30)
    before = project.gate_observe([[1, 0]] * 20, model=first)
    second = learn(project, data, 30)
    assert project.gate_observe([[1, 0]] * 3, model=second).rollout.n == 3
    assert project.gate_observe([[1, 0]] * 5, model=first).rollout.n == before.rollout.n + 5
    with pytest.raises(InvalidInput, match="margin: must stay as it was at the beginning"):
        project.gate_observe([[1, 0]], model=second, margin=0.3)


def test_other_rules_or_a_fit_again_to_the_same_labels_are_a_further_look(project: Project, data: Any) -> None:
    project.gate()
    first = learn(project, data, 30)
    strict = GateRules(margin=0.001)
    assert [project.gate(rules=strict).look for _ in range(2)] == [1, 1], "the same question again is none"
    second = project.train().number
    assert second > first
    assert project.gate(rules=strict).look == 1
    assert project.gate(rules=GateRules(margin=0.002)).look == 2


def test_pairs_sent_twice_count_once_and_those_of_two_sides_both_count(project: Project, data: Any) -> None:
    project.gate()
    number = learn(project, data, 30)
    for _ in range(2):
        found = project.gate_observe([[1, 1]] * 3, model=number, key="the first")
    assert found.rollout.n == 3
    sides = [threading.Thread(target=project.gate_observe, args=([[1, 1]] * 5,)) for _ in range(4)]
    for side in sides:
        side.start()
    for side in sides:
        side.join()
    standing = project.gate_standing()
    assert standing.rollout is not None
    assert standing.rollout.n == 23
    assert (standing.rollout_model, standing.rollout_champion) == (number, 1)


def test_what_the_online_gate_was_told_at_the_beginning_stays(project: Project, data: Any) -> None:
    with pytest.raises(InvalidInput, match="model: must be named where none is on its way"):
        project.gate_observe([[1, 0]])
    with pytest.raises(InvalidInput, match="model: must have one to be compared with"):
        project.gate_observe([[1, 0]], model=1)
    project.gate()
    with pytest.raises(InvalidInput, match="model 1 has none"):
        project.gate_observe([[1, 0]], model=1)
    with pytest.raises(NotFound):
        project.gate_observe([[1, 0]], model=99)
    number = learn(project, data, 30)
    project.gate_observe([], model=number, margin=0.05)
    with pytest.raises(InvalidInput, match=r"margin: must stay as it was at the beginning, 0\.05; got 0\.2"):
        project.gate_observe([], margin=0.2)
    for wrong in ([[1, 2]], [[1]], [[1, 0], [1]], [["a", 0]], [[float("nan"), 0]]):
        with pytest.raises(InvalidInput, match="pairs: must be pairs of scores in"):
            project.gate_observe(wrong)  # type: ignore[arg-type]


def test_every_decision_is_a_finding_that_says_all_of_it(project: Project, data: Any) -> None:
    project.gate()
    learn(project, data, 60)
    decision = promoting.decide(project._work, rules=LOOSE, who="ann")
    with project._work.database.reading() as conn:
        kept = findings.listed(conn, project._work.project_id, "gate")
    assert [found.model for found in kept] == [2, 1]
    assert kept[0].by == "ann"
    assert kept[0].body["decision"] == json.loads(json.dumps(decision.to_json()))


def test_the_command_says_all_of_it_and_exits_with_one_where_it_is_closed(
    project: Project, data: Any, cli: Callable[..., Any]
) -> None:
    where = ("--url", project._work.database.url, "-p", "topics")
    assert "Nothing was decided yet" in cli("gate", "--last", *where).out
    first = cli("gate", *where)
    assert (first.code, "Promoted: model 1." in first.out) == (0, True)
    learn(project, data, 60)
    closed = cli("gate", "--margin", "0.001", *where)
    assert closed.code == 1
    assert "Closed" in closed.out
    assert "shop = north" in closed.out
    assert "Promoted: model 1." in closed.out
    again = cli("gate", "--last", "--json", *where)
    assert again.code == 1
    assert again.json["rules"]["margin"] == 0.001
    assert cli("gate", "--small", "open", *where).code == 2
    opened = cli(
        "gate", "--margin", "0.3", "--part-margin", "0.5", "--small", "together", "--by", "shop", "--json", *where
    )
    assert (opened.code, opened.json["promoted"]) == (0, 2)
    project.gate_observe([[1, 1]], model=2)
    assert "Online, model 2 against 1: At shadow: 1 outcomes" in cli("gate", "--last", *where).out
