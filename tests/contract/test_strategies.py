"""Every shipped strategy keeps the contract, a user's own can prove it does, and a broken one is caught."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import querist.strategies
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import is_strategy, strategy
from querist.strategies import (
    bald,
    consensus_entropy,
    density_weighted,
    entropy,
    k_center,
    k_means,
    kl_to_consensus,
    least_confidence,
    margin,
    random,
    variance,
    vote_entropy,
    weighted_k_means,
)
from querist.testing.strategies import N_ITEMS, N_MEMBERS, StrategyContract


class TestLeastConfidence(StrategyContract):
    strategy = least_confidence

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, 1 - 1 / n_classes


class TestMargin(StrategyContract):
    strategy = margin

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, min(1, n_classes - 1)


class TestEntropy(StrategyContract):
    strategy = entropy

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(n_classes)


class TestVoteEntropy(StrategyContract):
    strategy = vote_entropy

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(min(n_classes, N_MEMBERS))


class TestConsensusEntropy(StrategyContract):
    strategy = consensus_entropy

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(n_classes)


class TestKlToConsensus(StrategyContract):
    strategy = kl_to_consensus

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.log(min(n_classes, N_MEMBERS))


class TestBald(TestKlToConsensus):
    strategy = bald


class TestVariance(StrategyContract):
    strategy = variance

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, math.inf


class TestRandom(StrategyContract):
    strategy = random


class TestKCenter(StrategyContract):
    strategy = k_center


class TestKMeans(StrategyContract):
    strategy = k_means


class TestDensityWeighted(StrategyContract):
    strategy = density_weighted

    def bounds(self, n_classes: int) -> tuple[float, float]:
        return 0, min(1, n_classes - 1)


class TestDensityWeightedWithEveryParameter(StrategyContract):
    strategy = density_weighted
    params = {"score": "entropy", "beta": 0.5}  # noqa: RUF012


class TestWeightedKMeans(StrategyContract):
    strategy = weighted_k_means


@strategy(needs=["probs"], reason="its best class has only {gap:.2f}")
def unsure(probs):
    """A user's own score."""
    return 1 - probs.max(axis=1)


class TestAUsersOwnScore(StrategyContract):
    strategy = unsure


@strategy(needs=["costs"], kind="select", reason="among the cheapest")
def cheapest(costs, k, *, candidates, chosen, rng):
    """A user's own selection."""
    rows = candidates[np.argsort(costs[candidates], kind="stable")[:k]]
    return Picks(rows, -costs[rows], np.ones(len(rows)))


class TestAUsersOwnSelection(StrategyContract):
    strategy = cheapest


def test_every_shipped_strategy_is_held_to_the_contract() -> None:
    shipped = {name for name in querist.strategies.__all__ if is_strategy(getattr(querist.strategies, name))}
    assert shipped <= {name for path in Path(__file__).parent.glob("test_strategies*.py") for name in _held(path)}


def _held(path: Path) -> Iterator[str]:
    """The strategies that the suites of a file name."""
    for suite in ast.parse(path.read_text("utf-8")).body:
        if isinstance(suite, ast.ClassDef) and suite.name.startswith("Test"):
            for line in suite.body:
                if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "strategy":
                    yield ast.unparse(line.value).removeprefix("staticmethod(").rstrip(")")


@strategy(needs=["probs"])
def writes(probs):
    probs[:, 0] = 0
    return 1 - probs.max(axis=1)


@strategy(needs=["probs"])
def returns_a_column(probs):
    return 1 - probs.max(axis=1, keepdims=True)


@strategy(needs=["probs"])
def rolls_dice(probs):
    return np.random.default_rng().random(len(probs))


@strategy(needs=["probs"])
def takes_bare_logarithms(probs):
    with np.errstate(all="ignore"):
        return -(probs * np.log(probs)).sum(axis=1)


@strategy(needs=["probs"])
def leans_on_the_order(probs):
    return (1 - probs.max(axis=1)) * np.linspace(0.5, 1, len(probs))


@strategy(needs=["probs"])
def exceeds_its_bounds(probs):
    return 2 - probs.max(axis=1)


@strategy(needs=["probs"], reason="{nonsense}")
def gives_no_reason(probs):
    return 1 - probs.max(axis=1)


@strategy(needs=["embeddings"], kind="select")
def repeats(embeddings, k, *, candidates, chosen, rng):
    return Picks(rng.choice(candidates, size=k), np.zeros(k), np.ones(k))


@strategy(needs=[], kind="select")
def ignores_its_seed(k, *, candidates, chosen, rng):
    rows = np.random.default_rng().choice(candidates, size=k, replace=False)
    return Picks(rows, np.zeros(k), np.ones(k))


@strategy(needs=["embeddings"], kind="select")
def picks_anything(embeddings, k, *, candidates, chosen, rng):
    return Picks(np.arange(k), np.zeros(k), np.ones(k))


@strategy(needs=["embeddings"], kind="select")
def picks_too_few(embeddings, k, *, candidates, chosen, rng):
    rows = np.unique(candidates[embeddings[candidates, 0].argsort()][: max(1, k - 1)])
    return Picks(rows, np.zeros(len(rows)), np.ones(len(rows)))


@strategy(needs=["embeddings"], kind="select")
def claims_the_impossible(embeddings, k, *, candidates, chosen, rng):
    return Picks(candidates[:k], np.zeros(k), np.zeros(k))


@pytest.mark.parametrize(
    ("broken", "caught_by"),
    [
        (writes, "test_its_input_is_left_alone"),
        (returns_a_column, "test_every_item_has_a_finite_utility"),
        (rolls_dice, "test_the_same_seed_gives_the_same_answer"),
        (takes_bare_logarithms, "test_certain_and_even_probabilities_have_finite_utilities"),
        (leans_on_the_order, "test_permuting_the_items_permutes_the_utilities"),
        (exceeds_its_bounds, "test_utilities_keep_their_bounds"),
        (gives_no_reason, "test_its_reason_can_be_filled_in"),
        (repeats, "test_only_candidates_are_picked_and_none_twice"),
        (ignores_its_seed, "test_the_same_seed_gives_the_same_answer"),
        (picks_anything, "test_only_candidates_are_picked_and_none_twice"),
        (picks_too_few, "test_it_can_pick_all"),
        (claims_the_impossible, "test_it_can_pick_one"),
    ],
    ids=lambda v: getattr(v, "__name__", ""),
)
def test_a_broken_strategy_is_caught(broken: Callable[..., Any], caught_by: str) -> None:
    class Suite(StrategyContract):
        strategy = broken

        def bounds(self, n_classes: int) -> tuple[float, float]:
            return 0, 1

    with pytest.raises((AssertionError, KeyError)):
        getattr(Suite(), caught_by)()


def test_a_sound_strategy_is_not_caught_by_any_test() -> None:
    names = [name for name in dir(TestAUsersOwnScore) if name.startswith("test_")]
    run = [name for name in names if getattr(TestAUsersOwnScore, name) is not None]
    assert len(run) >= 12
    for name in run:
        getattr(TestAUsersOwnScore(), name)()


def test_a_function_that_is_not_declared_is_refused_by_the_suite() -> None:
    with pytest.raises(InvalidInput, match="must be declared"):

        class Suite(StrategyContract):
            strategy = np.max


def test_tests_of_the_other_kind_are_not_collected() -> None:
    assert TestMargin.test_it_can_pick_one is None
    assert TestRandom.test_permuting_the_items_permutes_the_utilities is None
    assert TestAUsersOwnScore.test_utilities_keep_their_bounds is None
    assert callable(TestMargin.test_utilities_keep_their_bounds)
    assert N_ITEMS >= 40
