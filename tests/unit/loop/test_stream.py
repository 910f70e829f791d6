"""Streams: what is true of every budget manager, and the rules of each by hand."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.core.rng import generator
from querist.loop.crowding import crowding
from querist.loop.ledger import Ledger, lent, reopened
from querist.loop.managers import MANAGERS, Manager, manager, manager_from_json
from querist.loop.stream import Verdicts, decide

NAMES = sorted(MANAGERS)
SPENDS_ALL = ("balanced_incremental_quantile", "density", "importance_weighted", "variable", "split")


def stream(n: int, seed: int = 0) -> tuple[Any, Any]:
    """Utilities and features of a stream whose doubts come in waves."""
    rng = generator(seed, "test stream")
    wave = 0.25 + 0.2 * np.sin(np.arange(n) / 150)
    return np.clip(wave * rng.random(n) * 2, 0, 0.5), rng.normal(size=(n, 4))


def run(
    kind: Manager, utilities: Any, X: Any, *, seed: int = 3, cuts: list[int] | None = None, ledger: Ledger | None = None
) -> tuple[Ledger, Verdicts]:
    """The stream decided on in batches that end at `cuts`, each from the JSON that the one before left."""
    ledger, parts = ledger or Ledger(), []
    edges = [0, *sorted(cuts or []), len(utilities)]
    for low, high in itertools.pairwise(edges):
        ledger, said = decide(kind, ledger, utilities[low:high], seed=seed, X=X[low:high])
        ledger = Ledger.from_json(json.loads(json.dumps(ledger.to_json())))
        parts.append(said)
    return ledger, Verdicts(*(np.concatenate([getattr(p, name) for p in parts]) for name in Verdicts.__slots__))


@pytest.mark.parametrize("name", NAMES)
@given(cuts=st.lists(st.integers(0, 400), max_size=8), seed=st.integers(0, 99), budget=st.sampled_from([0.03, 0.2]))
@settings(deadline=None, max_examples=12)
def test_the_decisions_do_not_hang_on_the_batches(name: str, cuts: list[int], seed: int, budget: float) -> None:
    utilities, X = stream(400, seed)
    kind = manager(name, budget=budget, window=30)
    whole, at_once = run(kind, utilities, X, seed=seed)
    parts, in_turn = run(kind, utilities, X, seed=seed, cuts=cuts)
    for what in Verdicts.__slots__:
        np.testing.assert_array_equal(getattr(at_once, what), getattr(in_turn, what))
    assert whole == parts


@pytest.mark.parametrize("name", NAMES)
def test_one_by_one_is_as_all_at_once(name: str) -> None:
    utilities, X = stream(150)
    kind = manager(name, budget=0.1, window=20)
    at_once, in_turn = run(kind, utilities, X)[1], run(kind, utilities, X, cuts=list(range(150)))[1]
    np.testing.assert_array_equal(at_once.ask, in_turn.ask)
    np.testing.assert_array_equal(at_once.propensities, in_turn.propensities)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("budget", [0.05, 0.1])
def test_nobody_spends_more_than_the_budget_and_one_in_a_hundred(name: str, budget: float) -> None:
    utilities, X = stream(20_000)
    ledger, said = run(manager(name, budget=budget), utilities, X)
    assert ledger.asked == said.ask.sum()
    assert said.ask.mean() <= budget * 1.01
    within = np.convolve(said.ask, np.ones(1000), "valid") / 1000
    assert within.max() <= budget + 0.015  # in any thousand items


@pytest.mark.parametrize("name", ["balanced_incremental_quantile", "density", "importance_weighted"])
@pytest.mark.parametrize("budget", [0.05, 0.1])
def test_those_that_save_spend_the_budget_to_one_in_a_hundred(name: str, budget: float) -> None:
    utilities, X = stream(20_000)
    said = run(manager(name, budget=budget), utilities, X)[1]
    assert abs(said.ask.mean() / budget - 1) <= 0.01


@pytest.mark.parametrize("name", NAMES)
def test_propensities_are_right_in_the_mean(name: str) -> None:
    gaps, spread, blind = [], 0.0, []
    for seed in range(30):
        utilities, X = stream(2000, seed)
        said = run(manager(name, budget=0.1), utilities, X, seed=seed)[1]
        p = said.propensities
        gaps.append(float((said.ask - p).sum()))
        blind.append(float((said.ask - p)[said.random].sum()))
        spread += float((p * (1 - p)).sum())
        assert p.min() >= 0.01 - 1e-12  # a tenth of a tenth: nothing is out of reach
    # Asked less its chance is a martingale, so the sum over streams has the variance of independent coins.
    assert abs(sum(gaps)) <= 4 * math.sqrt(spread)
    assert abs(sum(blind)) > 4 * math.sqrt(spread)  # and among those picked for having been asked it is far off


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_decides_the_same_and_another_does_not(name: str) -> None:
    utilities, X = stream(2000)
    kind = manager(name, budget=0.1)
    one, again, other = (run(kind, utilities, X, seed=seed)[1] for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.ask, again.ask)
    assert (one.ask != other.ask).any()


@pytest.mark.parametrize("name", NAMES)
def test_the_random_share_is_flagged_and_of_its_size(name: str) -> None:
    utilities, X = stream(20_000)
    said = run(manager(name, budget=0.1, random_share=0.3), utilities, X)[1]
    expected, sd = 600, math.sqrt(20_000 * 0.03 * 0.97)
    assert abs(said.random.sum() - expected) <= 4 * sd
    assert said.ask[said.random].all()
    assert run(manager(name, budget=0.1, random_share=0.0), utilities, X)[1].random.sum() == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_manager_is_what_its_json_says(name: str) -> None:
    kind = manager(name, budget=0.07, window=44)
    assert manager_from_json(json.loads(json.dumps(kind.describe()))) == kind


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level", [0.0, 0.5])
def test_utilities_all_alike_do_not_break_the_budget(name: str, level: float) -> None:
    _, X = stream(3000)
    said = run(manager(name, budget=0.1), np.full(3000, level), X)[1]
    assert said.ask.sum() <= 306


def test_a_stream_of_random_draws_alone_asks_nothing_else() -> None:
    utilities, X = stream(5000)
    for name in NAMES:
        said = run(manager(name, budget=0.1, random_share=1.0), utilities, X)[1]
        np.testing.assert_array_equal(said.ask, said.random)
        np.testing.assert_allclose(said.propensities, 0.1)


def test_chosen_items_are_the_doubtful_ones() -> None:
    utilities, X = stream(20_000)
    for name in NAMES:
        said = run(manager(name, budget=0.05, random_share=0.0), utilities, X)[1]
        assert utilities[said.ask].mean() > utilities.mean() + 0.005, name  # the drawn threshold chooses little


def test_the_variable_threshold_moves_as_the_paper_says() -> None:
    kind = manager("variable", budget=0.5, random_share=0.0)
    ledger, said = decide(kind, Ledger(), [0.4], seed=0)
    assert said.ask.tolist() == [True]  # 0.6 < 1, and half a label is there to spend
    assert ledger.memory == {"theta": 0.99}
    ledger, said = decide(kind, ledger, [0.4], seed=0)
    assert said.ask.tolist() == [False]  # the credit is used up: -0.5 + 0.5
    assert ledger.memory == {"theta": 0.99}  # and the threshold rests meanwhile
    ledger, said = decide(kind, ledger, [0.0], seed=0)
    assert said.ask.tolist() == [False]  # 1.0 is not under 0.99
    assert ledger.memory == {"theta": 0.99 * 1.01}


def test_the_fixed_threshold_lies_the_budgets_share_above_a_guess() -> None:
    kind = manager("fixed", budget=0.2, random_share=0.0, n_classes=4)
    said = decide(kind, Ledger(credit=5.0), [1 - 0.39, 1 - 0.41], seed=0)[1]
    assert said.ask.tolist() == [True, False]  # 1/4 + 0.2 * 3/4 = 0.4


def test_the_drawn_threshold_has_the_chance_of_its_normal_draw() -> None:
    kind = manager("randomized_variable", budget=0.5, random_share=0.0)
    said = decide(kind, Ledger(memory={"theta": 0.6}), [0.4], seed=0)[1]
    assert said.propensities[0] == pytest.approx(0.5)  # confidence equals threshold: above or below is a toss
    said = decide(kind, Ledger(memory={"theta": 0.3}), [0.4], seed=0)[1]
    assert said.propensities[0] == pytest.approx(0.158655, abs=1e-6)  # one standard deviation off


def test_the_quantile_is_numpys_and_its_bar_moves_with_the_account() -> None:
    rng = np.random.default_rng(0)
    utilities, window, budget = rng.random(400), 25, 0.2
    kind = manager(budget=budget, window=window, tolerance=50.0, random_share=0.0)
    said = decide(kind, Ledger(), utilities, seed=0)[1]
    asked, expected = 0, []
    for t in range(400):
        recent = utilities[max(0, t - window + 1) : t + 1]
        left = budget * (t + 1) - asked
        bar = np.quantile(recent, 1 - budget) - (recent.max() - recent.min()) * left / 50
        expected.append(bool(utilities[t] >= bar))
        asked += expected[-1]
    assert said.ask.tolist() == expected


def test_importance_chances_stand_to_each_other_as_their_gaps_say() -> None:
    kind = manager("importance_weighted", budget=0.1, random_share=0.0)
    p = [decide(kind, Ledger(credit=0.0), [1 - gap], seed=0)[1].propensities[0] for gap in (1.0, 0.5)]
    assert p[0] == pytest.approx(0.1)
    assert p[1] / p[0] == pytest.approx((1 / 0.25 + 1 / 0.5) / 2)


def test_a_lonely_item_has_less_weight_than_a_crowded_one() -> None:
    rng = np.random.default_rng(1)
    X = np.concatenate([rng.normal(size=(60, 3)), np.zeros((1, 3)), np.full((1, 3), 8.0)])
    density, _ = crowding(X, {}, window=50)
    assert density[-1] < 0.01 < density[-2]
    kind = manager("density", budget=0.1, random_share=0.0)
    said = decide(kind, Ledger(), np.full(62, 0.4), seed=0, X=X)[1]
    np.testing.assert_array_equal(said.utilities, 0.4 * crowding(X, {}, window=100)[0])


def test_reopened_spending_is_more_at_first_and_the_same_in_the_end() -> None:
    rng = np.random.default_rng(2)
    utilities, X = rng.random(12_000), np.zeros((12_000, 1))
    kind = manager(budget=0.1)
    before = run(kind, utilities[:2000], X[:2000])[0]
    ledger, said = run(kind, utilities[2000:], X[2000:], ledger=reopened(before, labels=50, items=500))
    assert said.ask[:500].sum() >= 90  # 50 of its own and nearly all that was lent
    assert abs(ledger.asked - 1200) <= 12
    assert ledger.owed == 0


def test_what_is_lent_at_once_is_paid_back() -> None:
    rng = np.random.default_rng(2)
    utilities = rng.random(5000)
    ledger, said = run(manager(budget=0.1), utilities, np.zeros((5000, 1)), ledger=lent(Ledger(), 20))
    assert abs(ledger.asked - 500) <= 5
    assert said.ask[:200].sum() > 25


@pytest.mark.parametrize(
    ("name", "wrong", "says"),
    [
        ("variable", {"budget": 0.0}, "budget: must be over 0"),
        ("variable", {"budget": 0.1, "random_share": 2}, "random_share: must lie between 0 and 1"),
        ("variable", {"budget": 0.1, "step": 1.5}, "step: must lie between 0 and 1"),
        ("density", {"budget": 0.1, "tolerance": 0}, "tolerance: must be over 0"),
        ("importance_weighted", {"budget": 0.1, "tolerance": 0}, "tolerance: must be over 0"),
        ("fixed", {"budget": 0.1, "window": 0}, "window: must be 1 or more"),
        ("fixed", {"budget": 0.1, "thresold": 0.5}, "must be set by"),
        ("fixed", {}, "budget: must be given"),
        ("varible", {"budget": 0.1}, "Did you mean 'variable'"),
    ],
)
def test_a_wrong_setting_says_what_is_right(name: str, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        manager(name, **wrong)


def test_utilities_and_features_are_checked() -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1 for 'variable'"):
        decide(manager("variable", budget=0.1), Ledger(), [0.2, 1.4], seed=0)
    with pytest.raises(InvalidInput, match="row 1 is NaN"):
        decide(manager(budget=0.1), Ledger(), [0.2, math.nan], seed=0)
    with pytest.raises(InvalidInput, match="X: must be given for 'density'"):
        decide(manager("density", budget=0.1), Ledger(), [0.2], seed=0)
    with pytest.raises(InvalidInput, match="a row per utility, 2; got 1"):
        decide(manager("density", budget=0.1), Ledger(), [0.2, 0.3], seed=0, X=[[1.0]])
    with pytest.raises(InvalidInput, match="labels: must not be negative"):
        reopened(Ledger(), labels=-1, items=5)
    with pytest.raises(InvalidInput, match="items: must be 1 or more"):
        reopened(Ledger(), labels=1, items=0)
