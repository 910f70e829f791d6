"""What a review found wrong in simulations, held right."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from querist.catalogue import register
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.items import Columns, FieldSpec
from querist.core.policy import Costs, Policy
from querist.core.ports import Questions, Reply
from querist.core.strategy import strategy
from querist.learners import recipe_for
from querist.simulation import (
    Abstaining,
    Function,
    HardCases,
    Labeled,
    Late,
    Perfect,
    Plan,
    Uniform,
    labeled,
    run,
    simulate,
)
from querist.simulation.data import hold_out, preview, span

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 2, 200)
X = RNG.normal(size=(200, 3)) + 1.5 * Y[:, None]
WORDS = ("apple", "bridge", "candle", "dragon", "engine", "forest", "garden", "hammer", "island", "jungle", "kettle")


def study(X: Any = X, y: Any = Y, **more: Any) -> Any:
    usual = {"strategies": ["random"], "seeds": 2, "budget": 30, "batch_size": 10, "n_jobs": 1}
    return simulate(X, y, **{"learner": LogisticRegression(), **usual, **more})


def timeless(found: Any) -> list[Any]:
    return [replace(done, seconds=0.0) for done in found.runs]


class Counting:
    """The truth, and how often it was missed by `of`."""

    def __init__(self, of: Any) -> None:
        self.of = of
        self.asked = self.wrong = 0

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        replies: list[Reply] = self.of.answer(asked, rng=rng)
        self.asked += len(replies)
        self.wrong += sum(r.value != t for r, t in zip(replies, asked.truth, strict=True))
        return replies


def test_a_function_is_asked_about_the_users_own_rows() -> None:
    assert timeless(study(oracle=Function(lambda row: int(Y[row])))) == timeless(study(oracle=Perfect()))


def test_an_oracle_may_not_reply_for_rows_it_was_not_asked() -> None:
    class Elsewhere:
        def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
            return [Reply(-1, 0)]

    with pytest.raises(InvalidInput, match="oracle: must reply for the rows it was asked; got row -1"):
        study(oracle=Elsewhere())


@pytest.mark.parametrize("wrap", [lambda o: o, lambda o: Abstaining(0.1, Late(1.0, o))])
@pytest.mark.parametrize("oracle", [Function(lambda row: 0), Counting(Perfect())])
def test_an_oracle_that_cannot_be_told_from_another_is_not_resumed(tmp_path: Path, oracle: Any, wrap: Any) -> None:
    with pytest.raises(InvalidInput, match="resume: must not be given with an oracle that holds a function"):
        study(oracle=wrap(oracle), resume=tmp_path / "runs")
    study(oracle=wrap(Uniform(0.1)), resume=tmp_path / "runs")
    assert len(list((tmp_path / "runs").glob("*.json"))) == 2


class Frame:
    """As much of a data frame as is read of one."""

    def __init__(self, *columns: Any) -> None:
        self.parts = [np.asarray(column) for column in columns]
        self.columns = [f"c{i}" for i in range(len(columns))]
        self.shape = (len(self.parts[0]), len(columns))
        self.iloc = self

    def __getitem__(self, key: Any) -> Any:
        part = self.parts[key[1]]
        return type("Series", (), {"to_numpy": lambda self: part})()

    def __iter__(self) -> Any:
        return iter(self.columns)

    def itertuples(self, **_: Any) -> Any:
        return zip(*self.parts, strict=True)


def test_frames_that_differ_in_a_cell_have_another_digest() -> None:
    one, two = Frame(["a", "b", "c"], [1, 2, 3]), Frame(["a", "b", "c"], [1, 2, 4])
    digests = {labeled(frame, [0, 1, 0]).digest for frame in (one, two)}
    assert len(digests) == 2
    assert labeled(Frame(["a", "b", "c"], [1, 2, 3]), [0, 1, 0]).digest in digests


def test_the_start_does_not_see_the_true_labels() -> None:
    policy = Policy("margin", start="stratified", batch_size=10, exploration=0.0)
    recipe = recipe_for(LogisticRegression(), X)
    done = run(labeled(X, Y), Plan("s", policy, 30, 0, traced=True), recipe.encoder, recipe.learner)
    assert done.rounds[0].strategy == "random"
    assert done.rounds[0].held_back


def prose(n: int) -> list[str]:
    rng = np.random.default_rng(1)
    return [" ".join([*rng.choice(WORDS, 9), f"number{i}"]) for i in range(n)]


def test_a_group_too_large_for_the_test_set_does_not_end_it() -> None:
    data = labeled(["one text that stands here again and again"] * 60 + prose(60), [0, 1] * 60)
    for seed in range(20):
        assert len(hold_out(data, 0.3, 1000, np.random.default_rng(seed))[1]) == 36


def test_too_few_items_to_hold_out_are_refused() -> None:
    data = labeled(["one text that stands here again and again"] * 115 + prose(5), [0, 1] * 60)
    with pytest.raises(InvalidInput, match="so many items are copies of one another that 5 of the 36 wanted"):
        hold_out(data, 0.3, 1000, np.random.default_rng(0))


def test_the_facts_give_the_real_number_of_test_items() -> None:
    texts = ["one text that stands here again and again"] * 100 + prose(20)
    found = simulate(texts, [0, 1] * 60, strategies=["random"], seeds=1, budget=20, batch_size=10, n_jobs=1)
    assert found.facts["test_items"] == 20, "36 are wanted, and 20 are not of the large group"


@pytest.mark.parametrize("wrap", [np.asarray, sp.csr_array, lambda rows: Columns({"a": rows[:, 0], "b": rows[:, 1]})])
def test_equal_rows_are_copies_only_where_most_rows_differ(wrap: Any) -> None:
    few = np.stack([np.arange(40) % 4, np.arange(40) % 2], axis=1).astype(float)
    assert len(np.unique(labeled(wrap(few), [0, 1] * 20).groups)) == 40, "4 distinct rows of 40"
    many = np.stack([np.arange(40) // 1.5 // 1, np.arange(40) // 20], axis=1).astype(float)
    groups = labeled(wrap(many), [0, 1] * 20).groups
    expected = np.unique(many, axis=0, return_inverse=True)[1].ravel()
    assert len(np.unique(expected)) > 20
    assert ((groups[:, None] == groups) == (expected[:, None] == expected)).all()


def test_sparse_rows_are_compared_without_being_made_dense() -> None:
    rows = sp.random_array((300, 2_000_000_000), density=1e-8, rng=np.random.default_rng(0), format="csr")
    both = sp.vstack([rows, rows[:20]]).tocsr()
    groups = labeled(both, np.arange(320) % 2).groups
    assert groups[300:].tolist() == groups[:20].tolist()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_registered_strategy_runs_in_other_processes(n_jobs: int) -> None:
    @strategy(needs=["probs"], name="least_sure_of_findings")
    def least_sure(probs: Floats) -> Floats:
        return np.asarray(1 - probs.max(axis=1))

    register(least_sure)
    found = study(strategies=["least_sure_of_findings"], n_jobs=n_jobs)
    assert [len(done.points) for done in found.runs] == [3, 3, 3, 3]


@pytest.mark.parametrize("error", [0.1, 0.4, 0.7])
def test_hard_cases_are_missed_at_the_rate_asked_for(error: float) -> None:
    y = np.arange(1500) % 2
    data = labeled(np.random.default_rng(2).normal(size=(1500, 2)) + 3.0 * y[:, None], y)
    oracle = HardCases(error)
    recipe = recipe_for(LogisticRegression(), data.X)
    counting = Counting(oracle)
    policy = Policy("random", start="random", batch_size=1050, exploration=0.0)
    run(data, Plan("random", policy, 1050, 0, oracle=counting), recipe.encoder, recipe.learner)
    assert counting.asked == 1050
    # Five standard errors of a binomial share, which draws of unequal chance do not exceed.
    assert abs(counting.wrong / 1050 - error) < 5 * np.sqrt(error * (1 - error) / 1050)


@pytest.mark.parametrize("name", ["budget", "batch_size"])
def test_nothing_is_not_the_same_as_not_given(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"{name}: must be"):
        study(**{name: 0})


def test_characters_are_paid_for() -> None:
    texts = [text.ljust(120, "x") for text in prose(60)]
    policy = Policy("random", start="random", batch_size=10, exploration=0.0, costs=Costs(1.0, 0.5))
    found = simulate(texts, [0, 1] * 30, strategies={"paid": policy}, seeds=1, budget=20, batch_size=10, n_jobs=1)
    paid = next(done for done in found.runs if done.strategy == "paid")
    assert [point.cost_usd for point in paid.points] == pytest.approx([610.0, 1220.0]), "10 (1 + 120 / 2) a batch"
    with pytest.raises(InvalidInput, match=r"costs\.per_character: must be 0 where the items hold no text"):
        study(strategies={"paid": policy})


def test_an_oracle_that_never_answers_is_named() -> None:
    with pytest.raises(InvalidInput, match="oracle: must answer some questions; no answer came in the run of random"):
        study(oracle=Abstaining(1.0))


def test_a_picture_lies_between_the_least_and_the_greatest_value() -> None:
    pictures = np.arange(250.0).reshape(10, 25)
    data: Labeled = labeled(pictures, [0, 1] * 5)
    assert span(pictures) == (0.0, 249.0)
    assert preview(data, 9, span(pictures))[-1][-1] == 1.0
    assert span(np.ones((2, 2))) == (1.0, 2.0), "no division by zero"
    assert span(["text"]) == (0.0, 1.0)


def test_pictures_in_a_column_are_shown_as_those_in_an_array() -> None:
    pictures = np.arange(120.0).reshape(10, 3, 4)
    boxes = ["0,0,4,3 a"] * 10
    table = Columns({"place": ["x", "y"] * 5, "image": pictures})
    for X in (pictures, table, list(pictures)):
        data = labeled(X, boxes, task="boxes", spec=FieldSpec({"image": "vector"}))
        shown = preview(data, 9, span(data.X))
        assert np.shape(shown) == (3, 4)
        assert shown[-1][-1] == 1.0


def test_a_run_ends_where_the_studys_own_metric_is_reached() -> None:
    found = study(until=0.5, budget=60)
    assert found.metric == "accuracy"
    for done in found.runs:
        values = [point.metrics["accuracy"] for point in done.points]
        assert values[-1] >= 0.5
        assert all(value < 0.5 for value in values[:-1])
        assert len(values) < 6
