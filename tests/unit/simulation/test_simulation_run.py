"""One simulated loop: what oracles do to it, and that nothing is lost on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist.core.evidence import Run
from querist.core.policy import Policy
from querist.learners import recipe_for
from querist.loop.stopping import Hypergeometric, MinimalError, QuantCI, RecallBound, StablePredictions, TargetReached
from querist.simulation import Abstaining, Biased, Function, Late, Perfect, Plan, Tired, Uniform, labeled, run
from querist.simulation.data import Labeled


@pytest.fixture(scope="module")
def blobs() -> Labeled:
    """Two classes that a line parts well."""
    rng = np.random.default_rng(0)
    y = np.arange(240) % 2
    return labeled(rng.normal(size=(240, 4)) + 1.5 * y[:, None], y)


def go(data: Labeled, **more: Any) -> Run:
    plan = {
        "strategy": "random",
        "policy": Policy("random", start="random", batch_size=10, exploration=0.0, trust=False),
        "budget": 60,
        "seed": 1,
        **more,
    }
    recipe = recipe_for(LogisticRegression(), data.X)
    return run(data, Plan(**plan), recipe.encoder, recipe.learner)


def counts(done: Run) -> list[int]:
    return [point.n_labels for point in done.points]


def test_each_round_adds_a_batch_until_the_budget_is_spent(blobs: Labeled) -> None:
    done = go(blobs)
    assert counts(done) == [10, 20, 30, 40, 50, 60]
    assert done.points[-1].metrics["accuracy"] > 0.9
    assert go(blobs).points == done.points
    assert go(blobs, seed=2).points != done.points


def test_late_answers_all_arrive_in_the_end(blobs: Labeled) -> None:
    done = go(blobs, oracle=Late(2.0))
    assert counts(done)[-1] == 60
    assert counts(done) == sorted(counts(done))
    assert counts(done)[0] < 10, "some of the first batch were late"
    assert done.points[-1].metrics == pytest.approx(go(blobs).points[-1].metrics), "the same labels at the end"


def test_silence_is_set_aside_and_its_money_spent_on_another(blobs: Labeled) -> None:
    done = go(blobs, oracle=Abstaining(0.5))
    assert counts(done)[-1] == 60, "an answer that nobody gave is not paid for"
    assert counts(done)[0] < 10
    nobody = go(blobs, oracle=Abstaining(1.0))
    assert nobody.points == ()


def test_the_pool_may_end_before_the_budget(blobs: Labeled) -> None:
    done = go(blobs, budget=1000, policy=Policy("random", start="random", batch_size=60, exploration=0.0))
    assert counts(done) == [60, 120, 168], "72 of 240 are held out"


def test_errors_cost_accuracy(blobs: Labeled) -> None:
    right = go(blobs, oracle=Perfect()).points[-1].metrics["accuracy"]
    wrong = go(blobs, oracle=Uniform(1.0)).points[-1].metrics["accuracy"]
    assert right > 0.9
    assert wrong < 0.1, "of two classes, always the other one"
    biased = go(blobs, oracle=Biased(0, 0.9)).points[-1].metrics["balanced_accuracy"]
    assert biased < right - 0.2
    assert counts(go(blobs, oracle=Tired(0.2)))[-1] == 60


def test_a_function_answers_by_the_row_of_the_data(blobs: Labeled) -> None:
    seen: list[int] = []

    def look_up(row: int) -> int:
        seen.append(row)
        return row % 2

    go(blobs, oracle=Function(look_up))
    assert len(seen) == len(set(seen)) == 60
    assert 168 <= max(seen) < 240, "rows of the data, not of the pool"


def test_a_rule_ends_the_run_early(blobs: Labeled) -> None:
    done = go(blobs, stop=(TargetReached("accuracy", 0.8),))
    values = [point.metrics["accuracy"] for point in done.points]
    assert values[-1] >= 0.8
    assert all(value < 0.8 for value in values[:-1])
    assert len(values) < 6


def test_a_seed_of_one_class_waits_for_the_second(blobs: Labeled) -> None:
    for trust in (True, False):
        done = go(
            blobs,
            strategy="margin",
            policy=Policy("margin", start="random", batch_size=10, exploration=0.0, trust=trust),
            oracle=Function(lambda row: int(row > 150)),
        )
        assert counts(done)[-1] == 60


def test_a_traced_run_shows_what_was_asked_and_why(blobs: Labeled) -> None:
    done = go(blobs, traced=True)
    assert [r.number for r in done.rounds] == [1, 2, 3, 4, 5, 6]
    assert all(len(r.asked) == 10 for r in done.rounds)
    assert {asked.label for r in done.rounds for asked in r.asked} == {"0", "1"}
    assert go(blobs).rounds == ()
    assert set(done.per_class) == {"0", "1"}
    assert sum(share for _, _, share in done.calibration) == pytest.approx(1.0)


def test_rules_of_the_stop_set_and_of_a_search_see_what_a_project_would(blobs: Labeled) -> None:
    stable = go(blobs, budget=168, stop=(StablePredictions(0.9, 2),))
    assert 30 <= counts(stable)[-1] < 168
    looked = go(blobs, budget=168, stop=(Hypergeometric("1", 0.8, 0.9),))
    assert counts(looked)[-1] < 168, "random draws find about 84 of them evenly; what is left is soon bounded"
    drawn = go(blobs, budget=168, stop=(RecallBound("1", 0.8, 0.9),))
    assert counts(looked)[-1] <= counts(drawn)[-1] < 168
    policy = Policy("positive_first", start="random", batch_size=10, exploration=0.2, trust=False, params={"target": 1})
    for rule in (MinimalError(0.9), QuantCI("1", 0.7)):
        assert counts(go(blobs, budget=168, policy=policy, stop=(rule,)))[-1] < 168
