"""Strategies for a number against numbers worked out by hand and against plain loops over all pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.strategies import greedy_x, greedy_xy, greedy_y, k_center, query_by_variance, variance

RNG = np.random.default_rng


def plain(distance, n_free: int, before: list[int], k: int, first: int) -> tuple[list[int], list[float]]:
    """The greedy loop, with the distance of every pair computed anew. Candidates are the first rows."""
    picked: list[int] = []
    values: list[float] = []
    for _ in range(k):
        held = [*before, *picked]
        if not held:
            picked.append(first)
            values.append(np.nan)
            continue
        utility = [-1 if i in picked else min(distance(i, j) for j in held) for i in range(n_free)]
        picked.append(int(np.argmax(utility)))
        values.append(max(utility))
    return picked, values


def made(seed: int, n: int, n_labeled: int):
    rng = RNG(seed)
    X = rng.integers(0, 5, size=(n + n_labeled, 2)).astype(float)
    predictions = rng.integers(0, 9, size=n + n_labeled).astype(float)
    labeled = np.arange(n + n_labeled) >= n
    labels = np.where(labeled, rng.integers(0, 9, size=n + n_labeled), np.nan)
    numbers = np.where(labeled, labels, predictions)
    return X, predictions, labels, labeled, numbers


def test_query_by_variance_is_variance() -> None:
    members = RNG(0).normal(size=(4, 30))
    np.testing.assert_array_equal(query_by_variance(members), variance(members))
    np.testing.assert_allclose(query_by_variance(np.array([[2.0], [4.0], [9.0]])), [26 / 3])


def test_greedy_x_is_the_loop_of_k_center() -> None:
    X = RNG(0).normal(size=(200, 3))
    ours = greedy_x(X, 20, candidates=np.arange(150), chosen=np.arange(150, 200), rng=RNG(0))
    theirs = k_center(X, 20, candidates=np.arange(150), chosen=np.arange(150, 200), rng=RNG(0))
    np.testing.assert_array_equal(ours.rows, theirs.rows)
    np.testing.assert_array_equal(ours.utilities, theirs.utilities)


@given(st.integers(0, 10**6), st.integers(1, 15), st.integers(0, 6), st.integers(1, 15))
def test_greedy_y_equals_its_plain_loop(seed: int, n: int, n_labeled: int, k: int) -> None:
    _, predictions, labels, labeled, numbers = made(seed, n, n_labeled)
    free, chosen = np.arange(n), np.arange(n, n + n_labeled)
    picks = greedy_y(predictions, labels, labeled, k, candidates=free, chosen=chosen, rng=RNG(0))
    first = int(np.abs(predictions[:n] - predictions[:n].mean()).argmin())
    rows, values = plain(lambda i, j: abs(numbers[i] - numbers[j]), n, list(chosen), min(k, n), first)
    assert picks.rows.tolist() == rows
    np.testing.assert_array_equal(picks.utilities, values)


@given(st.integers(0, 10**6), st.integers(1, 15), st.integers(1, 6), st.integers(1, 15))
def test_greedy_xy_takes_the_greatest_least_product(seed: int, n: int, n_labeled: int, k: int) -> None:
    X, predictions, labels, labeled, numbers = made(seed, n, n_labeled)
    free, chosen = np.arange(n), np.arange(n, n + n_labeled)
    picks = greedy_xy(X, predictions, labels, labeled, k, candidates=free, chosen=chosen, rng=RNG(0))

    def product(i: int, j: int) -> float:
        return float(np.linalg.norm(X[i] - X[j]) * abs(numbers[i] - numbers[j]))

    held = list(chosen)
    for row, utility in zip(picks.rows, picks.utilities, strict=True):
        left = [i for i in free if i not in held]
        best = max(min(product(i, j) for j in held) for i in left)
        np.testing.assert_allclose(utility, best, atol=1e-9)
        np.testing.assert_allclose(min(product(row, j) for j in held), best, atol=1e-9)
        held.append(row)


@pytest.mark.parametrize("n_labeled", [0, 50])
def test_the_lazy_loop_over_many_working_sets_picks_the_same(monkeypatch, n_labeled: int) -> None:
    monkeypatch.setattr("querist.strategies._lazy.WORKING_SET_VALUES", 1)
    monkeypatch.setattr("querist.strategies._lazy.WORKING_SET_AT_LEAST", 16)
    monkeypatch.setattr("querist.strategies._lazy.UPDATE_ROWS", 5)
    rng = RNG(0)
    n = 400
    X, predictions = rng.normal(size=(n + n_labeled, 3)), rng.normal(size=n + n_labeled) * 7 + 1000
    labeled = np.arange(n + n_labeled) >= n
    labels = np.where(labeled, rng.normal(size=n + n_labeled) * 7 + 1000, np.nan)
    numbers = np.where(labeled, labels, predictions)
    picks = greedy_xy(
        X, predictions, labels, labeled, 60, candidates=np.arange(n), chosen=np.flatnonzero(labeled), rng=RNG(0)
    )
    table = np.linalg.norm(X[:n, None] - X[None], axis=2) * np.abs(numbers[:n, None] - numbers)
    first = int(np.linalg.norm(X[:n] - X[:n].mean(axis=0), axis=1).argmin())
    rows, values = plain(lambda i, j: table[i, j], n, np.flatnonzero(labeled).tolist(), 60, first)
    assert picks.rows.tolist() == rows
    np.testing.assert_allclose(picks.utilities, values, rtol=1e-7)


def test_labels_count_where_predictions_are_wrong_about_them() -> None:
    # Row 0 is labeled 9 though 0 is predicted: row 2, predicted 0, is then the farthest.
    labels, labeled = np.array([9.0, np.nan, np.nan]), np.array([True, False, False])
    picks = greedy_y(np.array([0.0, 8.0, 0.0]), labels, labeled, 1, candidates=[1, 2], chosen=[0], rng=RNG(0))
    assert picks.rows.tolist() == [2]
    np.testing.assert_array_equal(picks.utilities, [9])


def test_a_pending_row_stands_for_its_prediction() -> None:
    labels, labeled = np.array([0.0, 0.0, 0.0, 0.0]), np.array([True, False, False, False])
    picks = greedy_y(np.array([0.0, 9.0, 8.0, 4.0]), labels, labeled, 1, candidates=[2, 3], chosen=[0, 1], rng=RNG(0))
    assert picks.rows.tolist() == [3]


def test_equal_numbers_leave_only_the_lowest_rows_to_take() -> None:
    X = RNG(0).normal(size=(4, 2))
    picks = greedy_xy(
        X, np.ones(4), np.ones(4), np.array([True] + [False] * 3), 2, candidates=[1, 2, 3], chosen=[0], rng=RNG(0)
    )
    assert picks.rows.tolist() == [1, 2]
    np.testing.assert_array_equal(picks.utilities, [0, 0])


def test_what_is_no_number_is_refused() -> None:
    X, labeled = np.eye(2), np.array([True, False])
    with pytest.raises(InvalidInput, match="predictions: must be finite; row 1 is inf"):
        greedy_y(np.array([0.0, np.inf]), np.zeros(2), labeled, 1, candidates=[1], chosen=[0], rng=RNG(0))
    with pytest.raises(InvalidInput, match="labels: must be finite where labeled; row 0 is not"):
        greedy_y(np.zeros(2), np.array([np.nan, 0]), labeled, 1, candidates=[1], chosen=[0], rng=RNG(0))
    with pytest.raises(InvalidInput, match="embeddings: must have one row per prediction, 2; got 3"):
        greedy_xy(np.eye(3), np.zeros(2), np.zeros(2), labeled, 1, candidates=[1], chosen=[0], rng=RNG(0))
    with pytest.raises(InvalidInput, match="labeled: must be true or false"):
        greedy_xy(X, np.zeros(2), np.zeros(2), np.array([True]), 1, candidates=[1], chosen=[0], rng=RNG(0))
