"""Uncertainty scores against numbers worked out by hand."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import querist.strategies
from querist.core.errors import InvalidInput
from querist.core.signals import PREDICTED
from querist.core.strategy import is_strategy, of
from querist.strategies import entropy, least_confidence, margin

SCORES = (least_confidence, margin, entropy)
# Cover and Thomas, Elements of Information Theory, example 2.1.1: an entropy of 1.75 bits.
COVER_THOMAS = np.array([[1 / 2, 1 / 4, 1 / 8, 1 / 8]])


def test_entropy_of_the_textbook_distribution_is_1_75_bits() -> None:
    np.testing.assert_allclose(entropy(COVER_THOMAS), [1.75 * math.log(2)])


def test_margin_and_least_confidence_of_the_textbook_distribution() -> None:
    np.testing.assert_allclose(margin(COVER_THOMAS), [0.75])  # 1 - (1/2 - 1/4)
    np.testing.assert_allclose(least_confidence(COVER_THOMAS), [0.5])


def test_certainty_is_worth_nothing_and_evenness_the_most() -> None:
    probs = np.array([[0.0, 1.0, 0.0], [1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_allclose(least_confidence(probs), [0, 2 / 3])
    np.testing.assert_allclose(margin(probs), [0, 1])
    np.testing.assert_allclose(entropy(probs), [0, math.log(3)])


def test_margin_sees_two_rivals_that_entropy_ranks_below_a_spread_tail() -> None:
    rivals, tail = [0.48, 0.48, 0.01, 0.01, 0.02], [0.6, 0.1, 0.1, 0.1, 0.1]
    assert margin(np.array([rivals, tail])).argmax() == 0
    assert entropy(np.array([rivals, tail])).argmax() == 1


@pytest.mark.parametrize("score", SCORES)
def test_one_class_leaves_nothing_to_ask(score) -> None:
    np.testing.assert_array_equal(score(np.array([[1.0], [0.99999]])), [0, 0])


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("n_classes", [2, 3, 39, 40, 41, 200])
def test_many_classes_in_many_blocks_agree_with_the_plain_formula(score, n_classes) -> None:
    probs = np.random.default_rng(0).dirichlet(np.full(n_classes, 0.3), size=180_000 // n_classes)
    ordered = np.sort(probs, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = {
            least_confidence: 1 - ordered[:, -1],
            margin: 1 - (ordered[:, -1] - ordered[:, -2]),
            entropy: -np.nansum(probs * np.log(probs), axis=1),
        }
    np.testing.assert_allclose(score(probs), plain[score], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("n_classes", [3, 100])
def test_the_float_type_is_kept_but_half_precision_is_computed_in_single(score, n_classes) -> None:
    probs = np.random.default_rng(0).dirichlet(np.ones(n_classes), size=20)
    assert score(probs).dtype == np.float64
    assert score(probs.astype(np.float32)).dtype == np.float32
    assert score(np.array([[0.25, 0.75]], dtype=np.float16)).dtype == np.float32


@pytest.mark.parametrize("score", SCORES)
def test_a_row_that_sums_to_a_hair_over_one_stays_in_bounds(score) -> None:
    assert score(np.array([[1.00005, 0.0]]))[0] == 0


@pytest.mark.parametrize("score", SCORES)
def test_an_empty_pool_gives_no_utilities(score) -> None:
    assert score(np.empty((0, 3))).shape == (0,)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(
    ("probs", "message"),
    [
        ([[2.0, -1.0]], "probs: must not be negative; row 0, column 1"),
        ([[0.5, 0.5], [3.0, 1.0]], "probs: each row must sum to 1 .* row 1 sums to 4"),
        ([[np.nan, 1.0]], "probs: each row must sum to 1"),
        ([0.5, 0.5], "probs: must be 2-D"),
        ([["a", "b"]], "probs: must be numbers"),
    ],
)
def test_what_is_no_distribution_is_refused(score, probs, message) -> None:
    with pytest.raises(InvalidInput, match=message):
        score(probs)


@pytest.mark.parametrize("score", SCORES)
def test_extra_memory_is_a_small_part_of_the_input(score) -> None:
    probs = np.full((100_000, 20), 0.05, dtype=np.float32)
    score(probs)  # the first call loads a library
    tracemalloc.start()
    score(probs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.3 * probs.nbytes


def test_every_strategy_says_what_it_is_what_it_costs_and_where_it_comes_from() -> None:
    declared = [
        of(function)
        for function in (getattr(querist.strategies, name) for name in querist.strategies.__all__)
        if is_strategy(function)
    ]
    assert len(declared) >= 13
    for strategy in declared:
        assert strategy.summary.endswith("."), strategy.name
        assert "that of" in strategy.cost if strategy.kind == "composite" else "O(" in strategy.cost, strategy.name
        assert strategy.source, strategy.name
        assert strategy.trusts_model == bool(set(PREDICTED) & set(strategy.needs))


def test_reasons_read_as_sentences() -> None:
    assert of(margin).because(0.9) == "margin: its two best classes are only 0.10 apart"
    assert of(entropy).because(0.6931) == "entropy: its class probabilities have an entropy of 0.69 nats"


def test_the_names_are_sorted_and_true() -> None:
    assert sorted(querist.strategies.__all__) == querist.strategies.__all__
    assert all(callable(getattr(querist.strategies, name)) for name in querist.strategies.__all__)


def test_importing_the_room_loads_neither_scikit_learn_nor_scipy() -> None:
    code = "import sys, json, querist.strategies; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert not {"sklearn", "scipy"} & set(loaded)
