"""The Bradley–Terry model with a normal posterior (Laplace), over features of pairs or over a few arms."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats, Rows
from querist.core.threads import in_threads
from querist.strategies._rowwise import row_blocks

STEP = 0.5  # of the trapezoid rule; for these bell-shaped integrands its error is far below rounding
NARROW = STEP * np.arange(-18, 19)  # standard deviations
WIDE = STEP * np.arange(-80, 81)  # differences of reward; the entropy beyond 40 is below 1e-15
NEWTON_STEPS = 100
CLOSE = 1e-12


def whitener(X: Floats, p: Floats, labeled: Rows, prior: float) -> Floats:
    """The matrix that takes a difference of features to a vector whose squared length is its reward's variance.

    The posterior's precision is prior · I + Σ p (1 - p) x xᵀ over the labeled pairs.
    """
    precision = np.zeros((X.shape[1], X.shape[1]))
    for block in row_blocks(len(labeled), X.shape[1]):
        rows = X[labeled[block]].astype(np.float64)
        chance = p[labeled[block]].astype(np.float64)
        precision += (rows * (chance * (1 - chance))[:, None]).T @ rows
    precision[np.diag_indices_from(precision)] += prior
    return np.asarray(np.linalg.inv(np.linalg.cholesky(precision)).T)


def reward_variances(X: Floats, rows: Rows | None, white: Floats) -> Floats:
    """Of the difference of rewards of each pair, in float64."""
    n = len(X) if rows is None else len(rows)
    variances = np.empty(n)

    def work(block: slice) -> None:
        part = (X[block] if rows is None else X[rows[block]]).astype(np.float64) @ white
        np.einsum("ij,ij->i", part, part, out=variances[block])

    in_threads(work, row_blocks(n, X.shape[1]))
    return variances


def information(mean: Floats, variance: Floats) -> Floats:
    """Mutual information, in nats, between an answer of chance sigmoid(d) and the difference d ~ Normal."""
    found = np.empty(len(mean))
    deviation = np.sqrt(variance)
    narrow = deviation < 1

    def work(block: slice) -> None:
        m, s, small = mean[block], deviation[block], narrow[block]
        part = np.empty(len(m))
        part[small] = _narrow(m[small], s[small])
        part[~small] = _wide(m[~small], s[~small])
        found[block] = part

    in_threads(work, row_blocks(len(mean), len(WIDE)))
    return np.maximum(found, 0, out=found)


def _narrow(m: Floats, s: Floats) -> Floats:
    """Nodes along the normal, over which sigmoid changes little."""
    weights = np.exp(-0.5 * NARROW**2)
    weights /= weights.sum()
    chance = _sigmoid(m[:, None] + s[:, None] * NARROW)
    return np.asarray(_entropy(chance @ weights) - _entropy(chance) @ weights)


def _wide(m: Floats, s: Floats) -> Floats:
    """Nodes along the sigmoid, over which the normal changes little; its mean by parts, ∫ sigmoid' · P(d > x)."""
    from scipy.special import ndtr

    chance = _sigmoid(WIDE)
    z = (WIDE - m[:, None]) / s[:, None]
    mean = ndtr(-z) @ (STEP * chance * (1 - chance))
    density = np.exp(-0.5 * z * z) / (s[:, None] * np.sqrt(2 * np.pi))
    return np.asarray(_entropy(np.clip(mean, 0, 1)) - density @ (STEP * _entropy(chance)))


def fitted(wins: Floats, prior: float) -> tuple[Floats, Floats]:
    """Mean and covariance of the arms' strengths, from the counts of wins of row over column, by Newton's method.

    Strengths have a normal prior of mean 0 and precision `prior`.
    """
    games = wins + wins.T
    won = wins.sum(axis=1)
    strengths = np.zeros(len(wins))
    for _ in range(NEWTON_STEPS):
        chance = _sigmoid(strengths[:, None] - strengths)
        gradient = won - (games * chance).sum(axis=1) - prior * strengths
        curvature = games * chance * (1 - chance)
        precision = np.diag(curvature.sum(axis=1) + prior) - curvature
        step = np.linalg.solve(precision, gradient)
        # A step of at most 1 in the strengths keeps Newton's method on a logistic likelihood from overshooting.
        strengths += step / max(1.0, float(np.abs(step).max(initial=0)))
        if np.abs(step).max(initial=0) < CLOSE:
            break
    return strengths, np.asarray(np.linalg.inv(precision))


def log_odds(p: Floats) -> Floats:
    """The difference of rewards that a chance speaks of, in float64; certainty counts as odds of 1e12."""
    chance = np.clip(p.astype(np.float64), 1e-12, 1 - 1e-12)
    return np.log(chance) - np.log1p(-chance)


def _sigmoid(x: Floats) -> Floats:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))


def _entropy(p: Floats) -> Floats:
    tiny = np.finfo(np.float64).tiny
    return np.asarray(-p * np.log(np.maximum(p, tiny)) - (1 - p) * np.log(np.maximum(1 - p, tiny)))
