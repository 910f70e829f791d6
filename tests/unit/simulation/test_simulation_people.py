"""Several annotators in a simulation: answers are counted, none is bought twice of one person, and second ones pay."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import make_classification

from querist.core.crowd import label_of, with_answer
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.ports import Questions, Reply
from querist.simulation import Crowd, HardCases, Labeled, Perfect, Uniform, labeled, parse, simulate
from querist.simulation.run import Plan


@dataclass
class Overheard:
    """A crowd, and all that it said: for each run, each row's truth and who said what."""

    of: Crowd
    runs: list[dict[int, tuple[Any, tuple[tuple[str, Any], ...]]]] = field(default_factory=list)

    @property
    def n_annotators(self) -> int:
        return self.of.n_annotators

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        if asked.n_before == 0:
            self.runs.append({})
        replies = self.of.answer(asked, rng=rng)
        for reply, truth in zip(replies, asked.truth.tolist(), strict=True):
            _, said = self.runs[-1].get(reply.row, (truth, ()))
            assert reply.annotator not in dict(said), "asked twice"
            self.runs[-1][reply.row] = (truth, with_answer(said, reply.annotator, reply.value))
        return replies

    def answers(self) -> list[list[int]]:
        """How many answers each row of each run got."""
        return [[len(said) for _, said in run.values()] for run in self.runs]

    def right(self) -> list[float]:
        """The share of labels that are right, of each run."""
        return [float(np.mean([label_of(said) == truth for truth, said in run.values()])) for run in self.runs]


@pytest.fixture(scope="module")
def data() -> Labeled:
    X, y = make_classification(300, 5, n_informative=3, n_redundant=0, n_classes=2, class_sep=1.5, random_state=0)
    return labeled(X, y)


def pure(strategy: str, **changes: Any) -> Policy:
    base = Policy(strategy, start="random", batch_size=20, exploration=0.0, near_duplicates=None, trust=False)
    return base.with_(**changes)


def heard(data: Labeled, strategy: str, **how: Any) -> tuple[Overheard, list[list[int]]]:
    """What a crowd said in the runs of a strategy alone, and the numbers of labels that its points stand at."""
    crowd = Overheard(Crowd(tuple(Uniform(error) for error in (0.3, 0.32, 0.34, 0.36, 0.38, 0.4))))
    policies = {"random": pure(strategy, **how.pop("changes", {}))}  # nothing else runs beside the baseline
    study = simulate(data, strategies=policies, oracle=crowd, n_jobs=1, **how)
    return crowd, [[point.n_labels for point in run.points] for run in study.runs]


@pytest.mark.parametrize("strategy", ["active_label", "relabel_value"])
def test_second_answers_give_cleaner_labels_than_first_ones_alone(data: Labeled, strategy: str) -> None:
    """At 160 answers of people who are right in 60 % to 70 %: fewer items, of which more have the right label.

    One answer per item is right in 65 %. Where all of three answer, most are right in 0.65³ + 3 · 0.65² · 0.35 = 72 %;
    what is answered once stays at 65 %. The difference of two shares, over some 105 and 160 items, has a standard error
    of at most sqrt(0.25 / 105 + 0.25 / 160) = 0.063 in one run, and of 0.014 over twenty: a difference of 0.04 is seen.
    """
    seeds = 20
    once, _ = heard(data, "margin", seeds=seeds, budget=160)
    again, n_labels = heard(data, strategy, seeds=seeds, budget=160)
    assert {sum(run) for run in once.answers()} == {sum(run) for run in again.answers()} == {160}
    assert {n for run in once.answers() for n in run} == {1}
    assert max(n for run in again.answers() for n in run) == 3
    assert [counts[-1] for counts in n_labels] == [160] * seeds, "a point counts answers, not items"
    gain = np.subtract(again.right(), once.right())
    # Were there no gain, a run of twenty would pass this by chance once in a hundred.
    assert gain.mean() > stats.t.ppf(0.99, seeds - 1) * gain.std(ddof=1) / np.sqrt(seeds), gain


def test_a_budget_larger_than_the_pool_buys_second_answers(data: Labeled) -> None:
    crowd, n_labels = heard(data, "active_label", seeds=1, budget=10_000, batch_size=50, changes={"max_answers": 2})
    assert set(crowd.answers()[0]) == {2}
    assert n_labels[0][-1] == 2 * len(crowd.runs[0])
    study = simulate(data, strategies=["margin"], oracle=crowd, seeds=1, budget=10_000, batch_size=50, n_jobs=1)
    assert study.facts["budget"] == len(crowd.runs[0]), "a strategy that asks once has no use for more"


def test_one_annotator_is_never_asked_the_same_again(data: Labeled) -> None:
    usual: dict[str, Any] = {"seeds": 1, "budget": 60, "batch_size": 20, "n_jobs": 1}
    study = simulate(data, strategies=["active_label"], oracle=Uniform(0.3), **usual)
    for run in study.runs:
        assert [point.n_labels for point in run.points] == [20, 40, 60]


def test_a_crowd_whose_answers_are_late_is_waited_for(data: Labeled) -> None:
    usual: dict[str, Any] = {"seeds": 2, "budget": 80, "batch_size": 20, "n_jobs": 1}
    study = simulate(data, strategies=["active_label"], oracle=parse("crowd:4:0.7+abstaining:0.2+late:1"), **usual)
    for run in study.runs:
        counts = [point.n_labels for point in run.points]
        assert counts == sorted(counts)
        assert counts[-1] == 80


def test_hard_cases_are_hard_for_the_members_of_a_crowd_too(data: Labeled) -> None:
    """600 answers, of which a fifth is wrong, whichever member gives them: a standard error of 0.016."""
    wrong: list[dict[int, bool]] = []
    for members in (1, 3):
        crowd = Overheard(Crowd((HardCases(0.2),) * members))
        simulate(data, strategies={"random": pure("random")}, oracle=crowd, seeds=3, budget=200, n_jobs=1)
        assert abs(np.mean(crowd.right()) - 0.8) < 5 * 0.016
        wrong += [{row: label_of(said) != truth for row, (truth, said) in run.items()} for run in crowd.runs]
    both = [one[row] and other[row] for one, other in combinations(wrong, 2) for row in one.keys() & other.keys()]
    # Were all items missed alike, two answers to one would both be wrong in 0.2² = 4 %.
    assert np.mean(both) > 0.08


def test_the_kept_runs_of_a_crowd_that_holds_a_function_are_refused(data: Labeled, tmp_path: Any) -> None:
    from querist.simulation import Function

    with pytest.raises(InvalidInput, match="resume: must not be given"):
        simulate(data, seeds=1, oracle=Crowd((Perfect(), Function(lambda row: row % 2))), resume=tmp_path)
    first, second = (
        Plan("margin", Policy("margin"), 20, 0, oracle=Crowd.drawn(3, 0.7, seed=seed)).to_json() for seed in (0, 1)
    )
    assert first != second


def test_a_strategy_that_reads_answers_is_refused_for_numbers() -> None:
    X = np.random.default_rng(0).normal(size=(60, 2))
    with pytest.raises(InvalidInput, match="strategy: must suit a number; 'relabel_value' needs probs"):
        simulate(X, X[:, 0], strategies=["relabel_value"], seeds=1, task="number")
