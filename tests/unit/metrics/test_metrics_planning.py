"""Plans of what to label next: as many as asked for, where it helps, and blind where it does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.evidence.worlds import world
from querist.core.errors import InvalidInput
from querist.metrics import Uniform, estimate, plan_labels
from querist.metrics.planning import LEAST_SHARE

RUNS = 600


@given(st.integers(0, 1000), st.integers(1, 900), st.floats(0.0, 3.0))
@settings(max_examples=40, deadline=None)
def test_the_propensities_add_up_to_the_labels_wanted_and_leave_nobody_out(seed: int, n: int, power: float) -> None:
    rng = np.random.default_rng(seed)
    doubts = rng.random(1000) ** 3
    pilot = rng.choice(1000, 80, replace=False)
    plan = plan_labels(n, 1000, pilot, rng.normal(size=80) * doubts[pilot] ** power, doubts)
    assert plan.propensities.sum() == pytest.approx(n, rel=1e-6)
    assert plan.propensities.min() >= LEAST_SHARE * n / 1000 * 0.999
    assert plan.propensities.max() <= 1
    assert plan.std_error <= plan.uniform_std_error * 1.0001


def planned(kind: str, seed: int, n_pilot: int = 150, n: int = 300) -> tuple[float, float, float, float]:
    """The error of an estimate by a plan, of one by as many blind draws, and what the plan foresaw of both."""
    g, y = world(kind)
    rng = np.random.default_rng(seed)
    probs, right = np.column_stack([1 - g, g]), np.ones(len(y), dtype=np.int64)
    pilot = rng.choice(len(y), n_pilot, replace=False)
    plan = plan_labels(n, len(y), pilot, y[pilot] - g[pilot], g * (1 - g))
    rows = plan.draw(rng)
    blind = rng.choice(len(y), n, replace=False)
    by_plan = estimate("accuracy", y[rows], plan.design(rows), predicted=right, probs=probs)
    by_luck = estimate("accuracy", y[blind], Uniform(len(y), blind), predicted=right, probs=probs)
    return by_plan.value - y.mean(), by_luck.value - y.mean(), plan.std_error, plan.uniform_std_error


def test_a_plan_beats_blind_draws_where_the_model_knows_what_it_does_not_know() -> None:
    found = np.array([planned("sharp", seed) for seed in range(RUNS)])
    by_plan, by_luck = (np.sqrt(np.mean(found[:, column] ** 2)) for column in (0, 1))
    assert by_plan < 0.95 * by_luck
    assert np.mean(found[:, 2]) == pytest.approx(by_plan, rel=0.25)
    assert np.mean(found[:, 3]) == pytest.approx(by_luck, rel=0.25)


def test_a_plan_costs_little_where_the_model_is_wrong_and_sure_of_itself() -> None:
    found = np.array([planned("blind", seed) for seed in range(RUNS)])
    by_plan, by_luck = (np.sqrt(np.mean(found[:, column] ** 2)) for column in (0, 1))
    assert by_plan < 1.1 * by_luck
    assert abs(found[:, 0].mean()) < 3 * found[:, 0].std(ddof=1) / np.sqrt(RUNS)


def test_errors_that_no_doubt_foresees_are_looked_for_blindly() -> None:
    shares = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        pilot = rng.choice(2000, 100, replace=False)
        shares.append(plan_labels(200, 2000, pilot, rng.normal(size=100), rng.random(2000)).uniform_share)
    assert np.mean(np.array(shares) == 1.0) >= 0.7


def test_a_pilot_that_is_too_small_is_refused() -> None:
    with pytest.raises(InvalidInput, match="at least 50"):
        plan_labels(10, 100, np.arange(10), np.zeros(10), np.zeros(100))
    with pytest.raises(InvalidInput, match="at most the pool"):
        plan_labels(101, 100, np.arange(60), np.zeros(60), np.zeros(100))
