"""Looking ahead by closed forms, and what one core does with 50,000 items."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.speed import data, peers, plain
from benchmarks.speed.contest import Case, Contest, Results, check, faster, peer
from benchmarks.speed.contest import plain as as_written
from benchmarks.speed.coverage import ours, uncertain_herding
from querist import strategies

SAME_RANKS = "Spearman's correlation with refitting to the end"


def _error_reduction(quick: bool) -> Contest:
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    X, y = load_digits(return_X_y=True)
    X = X / 16
    order = np.random.default_rng(0).permutation(len(X))
    n = 20 if quick else 300
    rows, pool = order[:100], order[100 : 100 + n]
    model = LogisticRegression(max_iter=1000)
    probs = LogisticRegression(max_iter=1000).fit(X[rows], y[rows]).predict_proba(X)
    labeled = np.isin(np.arange(len(X)), rows)

    def run() -> np.ndarray:
        rng = np.random.default_rng(0)
        picks = strategies.expected_error_reduction(
            probs, X, labeled, n, candidates=pool, chosen=rows, rng=rng, targets=pool
        )
        utilities = np.empty(len(X))
        utilities[picks.rows] = picks.utilities
        return utilities[pool]

    def same_ranks(results: Results) -> float:
        from scipy.stats import spearmanr

        return float(spearmanr(results["ours"], -_refitted(X[rows], y[rows], X[pool]))[0])

    return Contest(
        f"digits, 100 labeled, {n} candidates",
        run,
        {
            "modAL": peer(lambda: peers.modal_error_reduction(X[rows], y[rows], X[pool], model)),
            "scikit-activeml": peer(
                lambda: peers.activeml_error_reduction(X[rows], y[rows], X[pool], model), minutes=True
            ),
        },
        {SAME_RANKS: same_ranks},
    )


def _refitted(X: np.ndarray, y: np.ndarray, candidates: np.ndarray) -> np.ndarray:
    """The entropy expected of the candidates' classes once each has its label, by fits that end at their minimum.

    Others fit to a tolerance of 1e-4, at which the order of the candidates is partly that of where the fits stopped.
    """
    from sklearn.linear_model import LogisticRegression

    def fitted(rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
        model = LogisticRegression(max_iter=10_000, tol=1e-8).fit(rows, labels)
        return np.asarray(model.predict_proba(candidates))

    now = fitted(X, y)
    expected = np.zeros(len(candidates))
    for i, row in enumerate(candidates):
        for label in range(now.shape[1]):
            probs = fitted(np.vstack([X, row]), np.append(y, label))
            expected[i] -= now[i, label] * np.sum(probs * np.log(np.maximum(probs, 1e-300))) / len(probs)
    return expected


def _variance_reduction(quick: bool) -> Contest:
    probs, X = data.unsure(50_000), data.clumps(50_000)

    def same(results: Results) -> float:
        return len(np.intersect1d(results["ours"], results["plain NumPy"])) / 100

    return Contest(
        "50,000 x 384, 20 classes, 200 labeled, pick 100",
        ours("weighted_variance_reduction", probs, X, n_chosen=200),
        {"plain NumPy": as_written(lambda: lambda: plain.weighted_variance_reduction(probs, X, 200))},
        {"picks in common with plain NumPy": same},
    )


def _weighted_k_means(quick: bool) -> Contest:
    probs, X = data.unsure(50_000), data.clumps(50_000)
    written: dict[str, Any] = {
        "plain NumPy": as_written(lambda: lambda: plain.weighted_k_means(probs, X)),
    }
    return Contest("50,000 x 384, 20 classes, pick 100 of 1,000", ours("weighted_k_means", probs, X), written)


SAME_PRODUCTS = (
    "Both do the same matrix products; what ours leaves out are the passes over memory between them, and how much that "
    "is depends on the machine."
)
CASES = (
    Case(
        "expected_error_reduction, digits",
        _error_reduction,
        (faster(50), check(SAME_RANKS, 0.95)),
        cores=1,
    ),
    Case(
        "weighted_variance_reduction, 50,000, one core",
        _variance_reduction,
        (faster(2, "plain"),),
        cores=1,
        if_missed=SAME_PRODUCTS,
    ),
    Case(
        "uncertainty_herding, 50,000, one core",
        lambda quick: uncertain_herding(50_000),
        (faster(2, "plain"),),
        cores=1,
    ),
    Case("weighted_k_means, 50,000, one core", _weighted_k_means, cores=1),
)
