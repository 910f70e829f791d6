"""The softmax regression of the tagger, against scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy
from sklearn.linear_model import LogisticRegression

from querist.learners import softmax
from querist.learners.softmax import softmax_regression

RNG = np.random.default_rng(5)
X = scipy.sparse.csr_array(RNG.integers(0, 3, size=(80, 6)).astype(float))
Y = RNG.integers(3, size=80)
WEIGHTS = RNG.exponential(size=80)


@pytest.mark.parametrize("C", [0.1, 2.0])
def test_it_is_the_regression_of_scikit_learn(monkeypatch: pytest.MonkeyPatch, C: float) -> None:
    monkeypatch.setattr(softmax, "TOLERANCE", 1e-12)
    ours = softmax_regression(X, Y, WEIGHTS, start=np.zeros((7, 3)), C=C, max_steps=500)
    theirs = LogisticRegression(C=C, tol=1e-8, max_iter=5000).fit(X, Y, sample_weight=WEIGHTS)
    np.testing.assert_allclose(ours[:-1].T, theirs.coef_, atol=1e-3)
    np.testing.assert_allclose(np.diff(ours[-1]), np.diff(theirs.intercept_), atol=1e-3)


def test_from_another_start_it_ends_in_the_same_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(softmax, "TOLERANCE", 1e-12)
    starts = np.zeros((7, 3)), RNG.normal(size=(7, 3))
    cold, warm = (softmax_regression(X, Y, WEIGHTS, start=start, C=1.0, max_steps=500) for start in starts)
    np.testing.assert_allclose(cold[:-1], warm[:-1], atol=1e-3)


def test_a_row_that_weighs_nothing_teaches_nothing() -> None:
    weights = (np.arange(80) < 60).astype(float)
    wrong = np.where(np.arange(80) < 60, Y, (Y + 1) % 3)
    found = [softmax_regression(X, y, weights, start=np.zeros((7, 3)), C=1.0, max_steps=50) for y in (Y, wrong)]
    np.testing.assert_array_equal(*found)


def test_no_more_steps_are_taken_than_allowed() -> None:
    far, near = (softmax_regression(X, Y, WEIGHTS, start=np.zeros((7, 3)), C=50.0, max_steps=n) for n in (200, 1))
    assert np.abs(near).max() < np.abs(far).max()
