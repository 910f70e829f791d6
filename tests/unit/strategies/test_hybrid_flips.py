"""Strategies on flipped predictions and on clusters of the uncertain, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.strategies import alfa_mix, cluster_margin, drop_query, margin

RNG = np.random.default_rng


def a_task(n=200, n_classes=3, d=5, seed=0):
    rng = RNG(seed)
    X, head = rng.normal(size=(n, d)), rng.normal(size=(n_classes, d + 1))
    logits = X @ head[:, :-1].T + head[:, -1]
    probs = np.exp(logits - logits.max(axis=1, keepdims=True))
    return probs / probs.sum(axis=1, keepdims=True), X, head


def test_dropout_flips_as_often_as_it_must() -> None:
    # One feature decides, and is left out with probability 0.6; then the bias alone says class 1.
    n = 4000
    probs, X, head = np.tile([0.6, 0.4], (n, 1)), np.ones((n, 1)), np.array([[1.0, -0.5], [0.0, 0.0]])
    picks = drop_query(probs, X, head, n, candidates=range(n), chosen=[], rng=RNG(0), n_passes=5, dropout=0.6)
    shares = np.bincount((picks.utilities * 5).round().astype(int), minlength=6) / n
    expected = [0.4**5, 5 * 0.6 * 0.4**4, 10 * 0.36 * 0.4**3, 10 * 0.6**3 * 0.16, 5 * 0.6**4 * 0.4, 0.6**5]
    np.testing.assert_allclose(shares, expected, atol=5 * 0.5 / n**0.5)  # five standard deviations at the most
    assert (np.diff((picks.utilities > 0.5).astype(int)) <= 0).all()  # what changes comes first


def test_kept_features_make_up_for_those_left_out() -> None:
    # Twice the feature is what it takes to turn class 1 to class 0: 1 / (1 - 0.5) - 1.5 > 0 when it is kept.
    probs, X, head = np.tile([0.4, 0.6], (50, 1)), np.ones((50, 1)), np.array([[1.0, -1.5], [0.0, 0.0]])
    picks = drop_query(probs, X, head, 50, candidates=range(50), chosen=[], rng=RNG(0), n_passes=1, dropout=0.5)
    assert 10 < (picks.utilities == 1).sum() < 40


def test_drop_query_without_flips_is_margin() -> None:
    probs, X, head = a_task()
    picks = drop_query(probs, X, head, 5, candidates=range(200), chosen=[], rng=RNG(0), dropout=0.0)
    assert picks.rows.tolist() == np.argsort(-margin(probs), kind="stable")[:5].tolist()
    np.testing.assert_array_equal(picks.utilities, np.zeros(5))


def test_drop_query_is_the_same_on_any_number_of_cores(monkeypatch) -> None:
    probs, X, head = a_task(n=5000)
    found = []
    for threads in ("1", "3"):
        monkeypatch.setenv("QUERIST_NUM_THREADS", threads)
        found.append(drop_query(probs, X, head, 20, candidates=range(5000), chosen=[], rng=RNG(0)).rows)
    np.testing.assert_array_equal(*found)


def naive_alfa_mix(probs, X, head, labels, labeled, epsilon):
    """The share of labeled classes that turn each item, by the paper's division, feature by feature."""
    classes = np.unique(labels[labeled])
    flips = np.zeros(len(X))
    for i, z in enumerate(X):
        predicted = probs[i].argmax()
        error = probs[i].copy()
        error[predicted] -= 1
        gradient = head[:, :-1].T @ error
        for c in classes:
            way = X[labeled & (labels == c)].mean(axis=0) - z
            alpha = epsilon * np.linalg.norm(way) * gradient / np.linalg.norm(gradient) / way
            mixed = z + np.clip(alpha, 0, epsilon) * way
            flips[i] += (head[:, :-1] @ mixed + head[:, -1]).argmax() != predicted
    return flips / len(classes)


def test_alfa_mix_flips_what_the_formula_flips() -> None:
    probs, X, head = a_task(n=1500)
    labeled = np.arange(1500) < 30
    labels = RNG(1).integers(3, size=1500)
    expected = naive_alfa_mix(probs, X, head, labels, labeled, 0.2)
    picks = alfa_mix(probs, X, head, labels, labeled, 1470, candidates=range(30, 1500), chosen=[], rng=RNG(0))
    np.testing.assert_allclose(picks.utilities, expected[picks.rows])
    assert 0.05 < (expected > 0).mean() < 0.95
    some = alfa_mix(probs, X, head, labels, labeled, 10, candidates=range(30, 1500), chosen=[], rng=RNG(0))
    assert (expected[some.rows] > 0).all()


def test_alfa_mix_without_labels_is_margin() -> None:
    probs, X, head = a_task()
    nothing = np.zeros(200, dtype=bool)
    picks = alfa_mix(probs, X, head, np.zeros(200, int), nothing, 5, candidates=range(200), chosen=[], rng=RNG(0))
    assert picks.rows.tolist() == np.argsort(-margin(probs), kind="stable")[:5].tolist()


def test_what_does_not_fit_is_refused() -> None:
    probs, X, head = a_task()
    with pytest.raises(InvalidInput, match=r"head: must be \(n_classes, n_dims \+ 1\), \(3, 6\); got shape \(3, 5\)"):
        drop_query(probs, X, head[:, :-1], 1, candidates=[0], chosen=[], rng=RNG(0))
    with pytest.raises(InvalidInput, match="dropout: must be below 1"):
        drop_query(probs, X, head, 1, candidates=[0], chosen=[], rng=RNG(0), dropout=1)
    with pytest.raises(InvalidInput, match="n_passes: must be at most 1000; got 1001"):
        drop_query(probs, X, head, 1, candidates=[0], chosen=[], rng=RNG(0), n_passes=1001)
    with pytest.raises(InvalidInput, match="labeled: must be true or false"):
        alfa_mix(probs, X, head, np.zeros(200, int), np.zeros(200), 1, candidates=[0], chosen=[], rng=RNG(0))
    with pytest.raises(InvalidInput, match="epsilon: must be a share"):
        alfa_mix(probs, X, head, np.zeros(200, int), np.zeros(200, bool), 1, candidates=[0], chosen=[],
                 rng=RNG(0), epsilon=2)  # fmt: skip
    with pytest.raises(InvalidInput, match=r"ratio: must be a number of at least 1; got 0\.5"):
        cluster_margin(probs, X, 1, candidates=[0], chosen=[], rng=RNG(0), ratio=0.5)


def test_clusters_are_visited_in_rounds_the_smallest_first() -> None:
    # Clusters of one, two and five, all as unsure; seven picks go 1, 2, 5, 2, 5, 5, 5.
    X = np.repeat([[0.0], [50.0], [200.0]], [5, 2, 1], axis=0) + 0.01 * np.arange(8)[:, None]
    picks = cluster_margin(
        np.full((8, 2), 0.5), X, 7, candidates=range(8), chosen=[], rng=RNG(0), ratio=2, n_clusters=3
    )
    cluster = np.array([5, 5, 5, 5, 5, 2, 2, 1])
    assert cluster[picks.rows].tolist() == [1, 2, 5, 2, 5, 5, 5]


def test_only_the_most_uncertain_are_clustered() -> None:
    rng = RNG(0)
    probs, X = rng.dirichlet(np.ones(3), size=400), rng.normal(size=(400, 4))
    picks = cluster_margin(probs, X, 10, candidates=range(400), chosen=[], rng=RNG(0), ratio=4)
    assert set(picks.rows) <= set(np.argsort(-margin(probs))[:40])
    alone = cluster_margin(probs, X, 10, candidates=range(400), chosen=[], rng=RNG(0), ratio=1)
    assert set(alone.rows) == set(np.argsort(-margin(probs))[:10])
