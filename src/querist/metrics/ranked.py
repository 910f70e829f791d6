"""How well a score ranks the items of a class before the others."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Array, Floats, Rows


def auc(positive: Array, score: Floats) -> float | None:
    """Chance that an item of the class is scored above one that is not, ties counting half; None without either."""
    hits, misses = _steps(positive, score)
    if hits[-1] == 0 or misses[-1] == 0:
        return None
    return float(np.trapezoid(np.r_[0, hits], np.r_[0, misses]) / (hits[-1] * misses[-1]))


def average_precision(positive: Array, score: Floats) -> float | None:
    """Sum of (R_n - R_{n-1}) P_n over the distinct scores from the highest down; None without an item of the class."""
    hits, misses = _steps(positive, score)
    if hits[-1] == 0:
        return None
    return float(np.sum(np.diff(hits, prepend=0) * hits / (hits + misses)) / hits[-1])


def _steps(positive: Array, score: Floats) -> tuple[Rows, Rows]:
    """Items of the class, and not of it, at or above each distinct score from the highest down."""
    order = np.argsort(-score, kind="stable")
    last_of_ties = np.r_[np.flatnonzero(np.diff(score[order])), len(score) - 1]
    hits = np.cumsum(positive[order].astype(np.int64))[last_of_ties]
    return hits, last_of_ties + 1 - hits
