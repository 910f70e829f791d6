"""Simulation that resembles life: prices, rare classes, copies, cold starts, and comparisons of many at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_classification

from querist.core.errors import InvalidInput
from querist.core.evidence import Point, Run, Study
from querist.core.ports import Oracle, Questions, Reply
from querist.formats import open_table
from querist.metrics import holm
from querist.simulation import (
    Crowd,
    Function,
    HardCases,
    Labeled,
    Late,
    Perfect,
    Priced,
    Tired,
    Uniform,
    World,
    labeled,
    learners_named,
    parse,
    simulate,
    simulate_grid,
    write_page,
    write_runs,
)
from querist.simulation.runs_table import COLUMNS
from querist.simulation.worlds import thinned

SMALL: dict[str, Any] = {"seeds": 2, "budget": 40, "n_jobs": 1}


@dataclass
class Overheard:
    """An oracle, and all that it was asked and said."""

    of: Oracle
    heard: list[tuple[Questions, list[Reply]]] = field(default_factory=list)

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        replies = self.of.answer(asked, rng=rng)
        self.heard.append((asked, replies))
        return replies


@pytest.fixture(scope="module")
def data() -> Labeled:
    X, y = make_classification(300, 5, n_informative=3, n_redundant=0, n_classes=2, flip_y=0.1, random_state=0)
    return labeled(X, [("ham", "spam")[c] for c in y])


def one(data: Labeled, oracle: Oracle, **more: Any) -> Study:
    return simulate(data, strategies=["random"], oracle=oracle, batch_size=10, **{**SMALL, **more})


def test_what_annotators_are_paid_is_what_the_points_cost(data: Labeled) -> None:
    heard = Overheard(Crowd.tiers([(2, 0.7, 0.05), (1, 0.95, 1.0)]))
    (run,) = one(data, heard, seeds=1, cost_per_label=9.0).runs
    paid = np.cumsum([sum(reply.cost_usd or 0.0 for reply in replies) for _, replies in heard.heard])
    assert [point.cost_usd for point in run.points] == pytest.approx(paid.tolist())
    assert 40 * 0.05 < paid[-1] < 40 * 1.0, "some of each tier answered"


def test_late_answers_are_paid_when_they_come_and_silence_never(data: Labeled) -> None:
    (run,) = one(data, parse("abstaining:0.3+late:2+priced:0.5"), seeds=1).runs
    assert [point.cost_usd for point in run.points] == pytest.approx([0.5 * point.n_labels for point in run.points])
    assert run.points[-1].n_labels == 40


def test_what_is_hard_costs_more_and_who_asks_for_it_saves_less_money_than_labels() -> None:
    X, y = make_classification(600, 5, n_informative=3, n_redundant=0, flip_y=0.0, class_sep=1.0, random_state=1)
    oracle = Priced(0.1, hard_usd=0.4)
    study = simulate(X, y, strategies=["margin"], oracle=oracle, batch_size=10, seeds=8, budget=100, n_jobs=1)
    blind, chosen = (
        np.array([r.points[-1].cost_usd for r in study.runs if r.strategy == name]) for name in ("random", "margin")
    )
    # 0.1 and 0.4 on the mean item: what is drawn blindly pays 0.5, within what eight draws of it vary.
    assert abs(blind.mean() - 100 * 0.5) < 5 * blind.std(ddof=1) / np.sqrt(8)
    assert (chosen > blind).all(), "what is near the border is what is hard"
    of = {worth.strategy: worth for worth in study.worth}
    assert of["random"].usd is None
    money = of["margin"].usd
    assert money is not None
    assert money.unit == "usd"
    labels = study.efficiencies[1]  # at the same share of what random gained
    assert labels.ratio is not None
    assert money.ratio is not None
    assert money.ratio.value < labels.ratio.value


def test_hard_numbers_are_those_the_model_is_far_from() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    noisy = X[:, 0] > 0
    y = X @ [1.0, 2.0, 3.0] + np.where(noisy, 3.0, 0.05) * rng.normal(size=400)
    heard = Overheard(HardCases(0.2))
    simulate(X, y, task="number", strategies=["random"], oracle=heard, batch_size=50, seeds=1, budget=200, n_jobs=1)
    rows = np.concatenate([asked.rows for asked, _ in heard.heard])
    difficulty = np.concatenate([asked.difficulty for asked, _ in heard.heard])
    assert difficulty[noisy[rows]].mean() > 1.5 * difficulty[~noisy[rows]].mean()


def test_a_break_makes_a_tired_annotator_fresh() -> None:
    tired = Tired(0.0, per_hundred=1.0, most=1.0, session=50)
    asked = Questions(np.arange(5000), np.zeros(5000, dtype=int), np.full(5000, 0.5), 2, 0)
    wrong = np.array([reply.value != 0 for reply in tired.answer(asked, rng=np.random.default_rng(0))]).reshape(-1, 50)
    # 100 sittings: place i errs with chance i %, so the first ten places 4.5 % and the last ten 44.5 %.
    for places, p in ((slice(0, 10), 0.045), (slice(40, 50), 0.445)):
        assert abs(wrong[:, places].mean() - p) < 5 * np.sqrt(p * (1 - p) / 1000)
    first, last = wrong[:50].mean(), wrong[50:].mean()
    assert abs(first - last) < 5 * np.sqrt(2 * 0.245 * 0.755 / 2500), "the hundredth sitting is as the first"


def test_two_of_a_confused_crowd_make_mistakes_of_their_own() -> None:
    crowd = Crowd.confused(2, 0.6, 5, seed=1)
    one, two = (np.array(member.confusion) for member in crowd.members)  # type: ignore[attr-defined]
    for matrix in (one, two):
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
        off = matrix - np.diag(np.diag(matrix))
        # If wrong answers were any class alike, the largest of four would be a quarter of them.
        assert (off.max(axis=1) / off.sum(axis=1)).mean() > 0.5
    assert (one.argsort(axis=1)[:, -2] != two.argsort(axis=1)[:, -2]).any(), "another class is said for the truth"


def test_a_class_is_thinned_out_for_the_pool_and_the_test_set(data: Labeled) -> None:
    spam = data.schema.classes.index("spam")
    for seed in range(3):
        pool, test = World((spam, 0.1)).split(data, 0.3, 3000, seed)
        rows = np.r_[pool, test]
        assert len(set(rows)) == len(rows)
        assert np.mean(data.y[rows] == spam) == pytest.approx(0.1, abs=1 / len(rows))
        assert np.mean(data.y[test] == spam) == pytest.approx(0.1, abs=2 / len(test))
        others = np.flatnonzero(data.y != spam)
        assert set(others) <= set(rows), "nothing else is left out"
    a, b = (World((spam, 0.1)).split(data, 0.3, 3000, seed)[0] for seed in (0, 1))
    assert set(a[data.y[a] == spam]) != set(b[data.y[b] == spam]), "each seed leaves out others"


def test_copies_are_of_the_pool_alone_and_each_is_paid_for(data: Labeled) -> None:
    pool, test = World(copies=3).split(data, 0.3, 3000, 0)
    assert (np.unique(pool, return_counts=True)[1] == 3).all()
    assert len(set(test)) == len(test)
    assert not set(pool) & set(test)
    heard = Overheard(Uniform(0.2))
    studies = simulate_grid(
        data,
        oracles={"hasty": heard},
        copies=[3],
        strategies=["random"],
        batch_sizes=[50],
        seeds=1,
        budget=200,
        n_jobs=1,
    )
    asked = np.concatenate([asked.rows for asked, _ in heard.heard])
    assert len(asked) == 200 > len(set(asked)), "some items were asked twice"
    assert studies[0].runs[0].points[-1].n_labels == 200
    labels: dict[int, list[Any]] = {}
    for questions, replies in heard.heard:
        for row, reply in zip(questions.rows.tolist(), replies, strict=True):
            labels.setdefault(row, []).append(reply.value)
    assert any(len(set(said)) > 1 for said in labels.values()), "each copy has its own answer"


@pytest.mark.parametrize(
    ("share", "message"),
    [
        (0.9, "imbalance: must be a share below what the class has"),
        (0.004, "imbalance: must leave 2 items of 'spam'"),
    ],
)
def test_a_class_cannot_be_thinned_to_more_than_it_has_or_to_nothing(data: Labeled, share: float, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        thinned(data, data.schema.classes.index("spam"), share, rng=np.random.default_rng(0))


def test_numbers_have_no_class_to_thin_out() -> None:
    numbers = labeled(np.arange(60.0)[:, None], np.arange(60) / 7)
    with pytest.raises(InvalidInput, match="imbalance: must be of classes"):
        thinned(numbers, 0, 0.1, rng=np.random.default_rng(0))


def test_the_first_round_has_its_own_size_and_start(data: Labeled) -> None:
    studies = simulate_grid(
        data, strategies=["margin"], seed_sizes=[5, 30], starts=["random", "k_means"], batch_sizes=[10], **SMALL
    )
    firsts = [(s.facts["factors"]["start"], s.runs[-1].points[0].n_labels) for s in studies]
    assert firsts == [("random", 5), ("random", 30), ("k_means", 5), ("k_means", 30)]
    assert {run.points[-1].n_labels for study in studies for run in study.runs} == {40}
    asked = {s.facts["factors"]["start"]: {a.row for a in s.runs[-2].rounds[0].asked} for s in studies[1::2]}
    assert asked["random"] != asked["k_means"]


def test_a_grid_is_the_studies_it_is_made_of(data: Labeled, tmp_path: Path) -> None:
    people: dict[str, Oracle] = {"right": Perfect(), "hard": HardCases(0.2), "late": Late(1.0)}
    usual: dict[str, Any] = {"strategies": ["margin"], **SMALL}
    studies = simulate_grid(data, oracles=people, batch_sizes=[10], resume=tmp_path, **usual)
    for study, oracle in zip(studies, people.values(), strict=True):
        alone = simulate(data, oracle=oracle, batch_size=10, resume=tmp_path, **usual)
        assert study.runs == alone.runs, "the kept runs of one are those of the other"
        assert study.curves[0].mean.tolist() == alone.curves[0].mean.tolist()
    assert [study.title for study in studies] == ["data, oracle right", "data, oracle hard", "data, oracle late"]
    assert len(list(tmp_path.glob("*.json"))) == 3 * 2 * 2


def test_p_values_are_adjusted_for_all_comparisons_of_a_grid(data: Labeled) -> None:
    people: dict[str, Oracle] = {"right": Perfect(), "hasty": Uniform(0.2)}
    studies = simulate_grid(
        data, oracles=people, strategies=["margin", "entropy"], batch_sizes=[10], seeds=4, budget=30, n_jobs=1
    )
    tests = [test for study in studies for test in study.comparisons]
    assert len(tests) == 4
    assert [test.p_adjusted for test in tests] == holm([test.p_value for test in tests]).tolist()
    assert all(study.facts["n_tests"] == 4 for study in studies)
    alone = simulate(data, strategies=["margin", "entropy"], batch_size=10, seeds=4, budget=30, n_jobs=1).comparisons
    assert [test.p_value for test in alone] == [test.p_value for test in studies[0].comparisons]
    assert sum(t.p_adjusted for t in alone) < sum(t.p_adjusted for t in studies[0].comparisons)


def test_learners_are_crossed_with_oracles_in_one_page_and_one_table(data: Labeled, tmp_path: Path) -> None:
    studies = simulate_grid(
        data,
        oracles={"right": Perfect(), "crowd:3:0.8+priced:0.2": parse("crowd:3:0.8+priced:0.2")},
        learners=learners_named(["linear", "bayes"]),
        strategies=["margin"],
        batch_sizes=[20],
        **SMALL,
    )
    assert [(s.facts["factors"]["oracle"][:5], s.facts["learner"]) for s in studies] == [
        ("right", "LogisticRegression"),
        ("right", "GaussianNB"),
        ("crowd", "LogisticRegression"),
        ("crowd", "GaussianNB"),
    ]
    page = write_page(studies, tmp_path / "page.html", title="All").read_text("utf-8")
    assert page.count("<article") == 4
    assert 'id="overview"' in page
    assert page.count('href="#study-4"') == 2, "in the list and in the table"
    assert "Price of a point" in page
    table = open_table(write_runs(studies, tmp_path / "runs.parquet"))
    assert table.columns == COLUMNS
    columns = {name: [v for batch in table.batches() for v in batch.columns[name]] for name in COLUMNS}
    expected = sum(len(p.metrics) for s in studies for r in s.runs for p in r.points)
    assert {len(values) for values in columns.values()} == {expected}
    place = columns["metric"].index("accuracy")
    first = studies[0].runs[0]
    got = tuple(columns[name][place] for name in ("strategy", "seed", "n_labels", "value"))
    assert got == (first.strategy, first.seed, first.points[0].n_labels, first.points[0].metrics["accuracy"])
    assert set(columns["learner"]) == {"linear", "bayes"}
    assert max(columns["cost_usd"]) == pytest.approx(40 * 0.2)


def test_a_grid_that_cannot_be_is_refused_before_anything_runs(data: Labeled, tmp_path: Path) -> None:
    def never(row: int) -> int:
        raise AssertionError("something ran")

    for wrong, message in (
        ({"imbalances": [("eggs", 0.1)]}, "imbalance: must be one of 'ham', 'spam'"),
        ({"starts": ["sideways"]}, "start: must be one of"),
        ({"copies": [0]}, "copies: must be a whole number"),
        ({"batch_sizes": []}, "factors: must each have at least one level"),
        ({"seed_sizes": [39], "budget": 40, "batch_sizes": [10]}, "budget: must pay for the first 39 and a batch"),
        ({"resume": tmp_path}, "resume: must not be given with an oracle that holds a function"),
    ):
        with pytest.raises(InvalidInput, match=message):
            simulate_grid(data, oracles={"look-up": Function(never)}, **{"seeds": 1, "n_jobs": 1, **wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("confused:spam:ham", "must have its numbers"),
        ("confused:spam:ham:0.7:spam", "must have 3 behind colons, or 3 more at a time; got 4"),
        ("confused:spam:spam:0.7", "mistakes: must be from one of the 2 classes to another"),
        ("confused:spam:ham:0.7:spam:ham:1.2", "share"),
        ("tired:0.1:0", "session: must be a whole number"),
        ("tired:-1", "per_hundred: must be a number of at least 0"),
        ("drifting:20:spam:eggs", "class: must be one of"),
        ("priced:-1", "usd: must be a price of at least 0 dollars"),
        ('{"oracle": "uniform"}', "oracle uniform: must have its arguments, error, scale"),
        ('{"oracle": "uniform", "eror": 0.1}', "Did you mean 'error'"),
        ('{"oracle": "uniform", "error": 0.1', "must be words or JSON"),
        ('{"error": 0.1}', "must be a map with the name of an oracle"),
    ],
)
def test_words_and_maps_that_are_no_oracle_are_refused(words: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        parse(words, classes=("ham", "spam"))


def test_a_run_without_a_price_has_none_of_a_point() -> None:
    runs = [Run("random", seed, (Point(10, 0.0, {"a": 0.5}), Point(20, 0.0, {"a": 0.6}))) for seed in range(2)]
    from querist.metrics import study

    (worth,) = study("t", runs, "a", baseline="random").worth
    assert (worth.usd_per_point, worth.usd) == (None, None)
    assert worth.per_thousand is not None
    assert worth.per_thousand.value == pytest.approx(10.0)
