"""Two samples of rows, told apart or not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.metrics.two_samples import c2st, mmd

N_WORLDS = 300
TESTS = {"c2st": c2st, "mmd": mmd}


@pytest.mark.parametrize("name", sorted(TESTS))
def test_p_values_are_even_where_nothing_has_changed(name: str) -> None:
    # Skewed, tied, correlated rows, and sides of unequal size: the test must not mind.
    p_values = []
    for seed in range(N_WORLDS):
        rng = np.random.default_rng(seed)
        rows = np.exp(rng.normal(size=(90, 1)) + rng.normal(size=(90, 4))).round(1)
        p_values.append(TESTS[name](rows[:60], rows[60:], rng=rng, n_permutations=99).p_value)
    for level in (0.05, 0.2, 0.5):
        share, slack = np.mean(np.array(p_values) <= level), 3 * np.sqrt(level * (1 - level) / N_WORLDS)
        assert level - slack - 0.01 <= share <= level + slack


def test_a_shifted_mean_is_seen_by_both_and_a_wider_spread_by_the_kernel_alone() -> None:
    found = {(name, what): 0 for name in TESTS for what in ("mean", "spread")}
    for seed in range(30):
        rng = np.random.default_rng(seed)
        old, new = rng.normal(size=(2, 150, 3))
        for name, test in TESTS.items():
            found[name, "mean"] += test(old, new + 0.5, rng=rng, n_permutations=99).p_value <= 0.05
            found[name, "spread"] += test(old, new * 2, rng=rng, n_permutations=99).p_value <= 0.05
    assert min(found["c2st", "mean"], found["mmd", "mean"], found["mmd", "spread"]) >= 28
    assert found["c2st", "spread"] <= 8


def test_rows_that_are_far_apart_have_an_auc_of_one_and_newness_ranks_them() -> None:
    rng = np.random.default_rng(1)
    old, new = rng.normal(0, 0.1, (50, 3)), rng.normal(5, 0.1, (50, 3))
    found = c2st(old, new, rng=rng)
    assert found.statistic == 1.0
    assert found.newness(new).min() > found.newness(old).max()
    with pytest.raises(InvalidInput, match="must have the features that were compared, 3; got 2"):
        found.newness(new[:, :2])


def test_the_distance_of_kernels_is_that_of_its_definition() -> None:
    rng = np.random.default_rng(4)
    old, new = rng.normal(size=(12, 2)), rng.normal(1, 1, size=(15, 2))
    rows = np.concatenate([old, new])
    rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
    apart = ((rows[:, None] - rows) ** 2).sum(axis=2)
    kernel = np.exp(-apart / np.median(apart[np.triu_indices(27, 1)]))
    a, b, both = kernel[:12, :12], kernel[12:, 12:], kernel[:12, 12:]
    by_hand = (a.sum() - 12) / (12 * 11) + (b.sum() - 15) / (15 * 14) - 2 * both.mean()
    assert mmd(old, new, rng=rng, n_permutations=1).statistic == pytest.approx(by_hand, abs=1e-5)


def test_large_samples_are_drawn_from_and_the_seed_says_how() -> None:
    rows = np.random.default_rng(0).normal(size=(5000, 2))
    first, again = (c2st(rows[:4000], rows[4000:], rng=np.random.default_rng(7), most=200) for _ in range(2))
    assert (first.n_reference, first.n_recent) == (200, 200)
    assert first.p_value == again.p_value


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1000), st.floats(-100, 100))
def test_the_unit_of_a_feature_does_not_matter(seed: int, factor: float, offset: float) -> None:
    rng = np.random.default_rng(seed)
    old, new = rng.normal(size=(2, 30, 3))
    unit = np.array([factor, 1.0, 1.0])
    for test in TESTS.values():
        plain = test(old, new, rng=np.random.default_rng(0), n_permutations=9)
        other = test(old * unit + offset, new * unit + offset, rng=np.random.default_rng(0), n_permutations=9)
        assert other.statistic == pytest.approx(plain.statistic, abs=0.02)


def test_features_that_never_vary_and_rows_that_are_all_alike_show_no_drift() -> None:
    same = np.ones((20, 3))
    for test in TESTS.values():
        assert test(same, same, rng=np.random.default_rng(0), n_permutations=19).p_value == 1.0
    assert c2st(same, same, rng=np.random.default_rng(0), n_permutations=19).statistic == 0.5


def test_too_few_rows_and_unlike_features_are_refused() -> None:
    rng = np.random.default_rng(0)
    for test in TESTS.values():
        with pytest.raises(InvalidInput, match="recent: must hold at least 10 items"):
            test(np.ones((20, 2)), np.ones((9, 2)), rng=rng)
        with pytest.raises(InvalidInput, match="must have the features of the reference, 2; got 3"):
            test(np.ones((20, 2)), np.ones((20, 3)), rng=rng)
