"""One number or category among new items and old."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.metrics.marginals import (
    black_box_shares,
    category_shift,
    counted_shift,
    numeric_shift,
    psi,
    simes,
)

COUNTS = st.lists(st.integers(0, 500), min_size=2, max_size=8)


def test_a_number_is_tested_by_kolmogorov_and_smirnov() -> None:
    # The distribution functions are furthest apart below 3: 2 of 4 there, 0 of 4 here.
    found = numeric_shift([1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0])
    assert found.statistic == 0.5
    assert found.p_value == pytest.approx(54 / 70, abs=1e-9)


def test_a_missing_number_counts_as_a_value_of_its_own() -> None:
    old, new = np.arange(100.0), np.where(np.arange(100) % 2, np.nan, np.arange(100.0))
    assert numeric_shift(old, new).p_value < 1e-6
    assert numeric_shift(new, new).p_value == 1.0


def test_a_category_is_tested_by_chi_squared() -> None:
    found = counted_shift([30, 20, 50], [50, 10, 40])
    expected = scipy.stats.chi2_contingency([[30, 20, 50], [50, 10, 40]], correction=False)
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))


def test_levels_that_are_rare_are_counted_together() -> None:
    many = [f"name {i}" for i in range(200)]
    assert category_shift(many, many).p_value == 1.0
    found = category_shift(["a"] * 100 + ["b"] * 2, ["a"] * 100 + ["c"] * 2)
    assert (found.statistic, found.p_value) == (0.0, 1.0)


@given(
    COUNTS.flatmap(
        lambda old: st.tuples(st.just(old), st.lists(st.integers(0, 500), min_size=len(old), max_size=len(old)))
    )
)
def test_the_population_stability_index_is_symmetric_and_zero_only_for_like_shares(pair: tuple[list, list]) -> None:
    old, new = pair
    assert psi(old, new) == pytest.approx(psi(new, old))
    assert psi(old, new) >= -1e-12
    assert psi(old, old) == 0


def test_the_population_stability_index_is_its_formula() -> None:
    assert psi([199.5, 99.5], [99.5, 199.5]) == pytest.approx(2 * (1 / 3) * math.log(2))


def test_p_values_are_even_where_nothing_has_changed() -> None:
    n = 400
    p_values = {"number": [], "category": []}
    for seed in range(n):
        rng = np.random.default_rng(seed)
        p_values["number"].append(numeric_shift(rng.gamma(1, 1, 150), rng.gamma(1, 1, 80)).p_value)
        rare = rng.choice(30, 300, p=rng.dirichlet(np.full(30, 0.3))).tolist()
        p_values["category"].append(category_shift(rare[:200], rare[200:]).p_value)
    slack = 3 * math.sqrt(0.05 * 0.95 / n)
    for found in p_values.values():
        assert 0.02 <= np.mean(np.array(found) <= 0.05) <= 0.05 + slack


def test_simes_is_never_above_bonferroni_and_keeps_its_level() -> None:
    rng = np.random.default_rng(0)
    p = rng.random((2000, 50))
    found = np.array([simes(row) for row in p])
    assert (found <= np.minimum(p.min(axis=1) * 50, 1) + 1e-12).all()
    slack = 3 * math.sqrt(0.05 * 0.95 / 2000)
    assert np.mean(found <= 0.05) <= 0.05 + slack
    assert np.mean(p.min(axis=1) <= 0.05) > 0.8  # any of fifty, without a correction


def test_the_shares_of_unlabeled_items_follow_from_predictions_that_err() -> None:
    found = black_box_shares([[80, 20, 0], [10, 80, 10], [0, 20, 80]], [28, 44, 28])
    assert found is not None
    # 0.8 a + 0.1 b = 0.28 and so on, solved by (0.3, 0.4, 0.3).
    assert found == pytest.approx([0.3, 0.4, 0.3])
    assert black_box_shares([[50, 50], [50, 50]], [50, 50]) is None
    assert black_box_shares([[50, 50], [0, 0]], [50, 50]) is None


def test_what_is_empty_is_refused() -> None:
    with pytest.raises(InvalidInput, match="reference: must be 1-D numbers of at least one item"):
        numeric_shift([], [1.0])
    with pytest.raises(InvalidInput, match="one side is empty"):
        category_shift([], ["a"])
    with pytest.raises(InvalidInput, match="p_values: must hold at least one"):
        simes([])
