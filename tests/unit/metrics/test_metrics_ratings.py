"""Scores of ratings by hand, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.metrics import METRICS, evaluate_ratings, expected_levels, mae, middle_levels, quadratic_kappa

LEVELS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=30)


@given(LEVELS)
def test_the_kappa_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    from sklearn.metrics import cohen_kappa_score

    truth, guesses = np.array(pairs).T
    found = quadratic_kappa(truth, guesses)
    if found is None:
        assert len({*truth, *guesses}) == 1
    else:
        theirs = cohen_kappa_score(truth, guesses, weights="quadratic", labels=range(5))
        assert found == pytest.approx(theirs, abs=1e-12)


def test_the_middle_level_is_least_far_off_in_the_mean() -> None:
    probs = np.random.default_rng(0).dirichlet(np.full(5, 0.5), size=200)
    off = np.abs(np.arange(5)[:, None] - np.arange(5)) @ probs.T  # (level said, item)
    said = middle_levels(probs)
    np.testing.assert_allclose(off[said, np.arange(200)], off.min(axis=0))
    np.testing.assert_allclose(expected_levels(probs), (probs * np.arange(5)).sum(axis=1))
    assert middle_levels([[0.1] * 5 + [0.5]]).tolist() == [4], "of two that are as good the lower, whatever the sum"


def test_all_scores_are_given_and_undefined_ones_left_out() -> None:
    probs = np.array([[0.8, 0.2, 0.0], [0.0, 0.6, 0.4], [0.1, 0.1, 0.8]])
    found = evaluate_ratings([0, 2, 2], probs, levels=["1", "2", "3"])
    assert set(found) == set(METRICS["rating"])
    assert found["mae"] == mae([0, 2, 2], [0, 1, 2]) == pytest.approx(1 / 3)
    same = evaluate_ratings([1, 1], [[0.0, 1.0, 0.0]] * 2, levels=["1", "2", "3"])
    assert "quadratic_kappa" not in same
    assert "r2" not in same
    with pytest.raises(InvalidInput, match="levels: must name all 3 columns; got 2"):
        evaluate_ratings([1], [[0.0, 1.0, 0.0]], levels=["1", "2"])
