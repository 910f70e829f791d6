"""Whether a model is right as often as it says it is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows, positive
from querist.metrics import inputs

Bins = tuple[tuple[float, float, float], ...]


def ece(y: npt.ArrayLike, probs: npt.ArrayLike, *, n_bins: int = 15, equal_mass: bool = False) -> float:
    """Expected calibration error: the mean gap between how sure the model is and how often it is right.

    Over bins of the top class's probability, each weighted by its share of the items; 0 is perfect, 1 the worst.

    Parameters
    ----------
    y : (n_items,) int
        True class numbers.
    probs : (n_items, n_classes) float
        The model's probabilities.
    n_bins : int
        How many bins, of equal width over [0, 1] (a bin is open below and closed above), or with `equal_mass` of as
        nearly equal numbers of items as can be, cut in order of confidence.

    Notes
    -----
    Guo, Pleiss, Sun and Weinberger (2017), arXiv:1706.04599, with its 15 bins; equal mass after Nixon et al. (2019),
    arXiv:1904.01685. Biased upward on small test sets: with few items a bin, chance alone makes gaps.

    Examples
    --------
    >>> round(ece([0, 1], [[0.8, 0.2], [0.8, 0.2]]), 3)  # one bin: 0.8 sure, right half the time
    0.3
    """
    confidence, right = _top(y, probs)
    bins = _mass_bins(confidence, n_bins) if equal_mass else _width_bins(confidence, n_bins)
    return float(sum(share * abs(sure - true) for sure, true, share in _summary(confidence, right, bins)))


def reliability(y: npt.ArrayLike, probs: npt.ArrayLike, n_bins: int = 10) -> Bins:
    """Rows of (mean confidence, accuracy, share of items), one per equal-width bin that holds an item.

    The bins of `ece`, for a reliability diagram; the shares sum to 1.

    Examples
    --------
    >>> reliability([0, 1, 0, 0], [[1.0, 0.0], [1.0, 0.0], [0.5, 0.5], [0.5, 0.5]], n_bins=2)
    ((0.5, 1.0, 0.5), (1.0, 0.5, 0.5))
    """
    confidence, right = _top(y, probs)
    return _summary(confidence, right, _width_bins(confidence, n_bins))


def _top(y: npt.ArrayLike, probs: npt.ArrayLike) -> tuple[Floats, Floats]:
    truth, p = inputs.truth_and_probs(y, probs)
    return p.max(axis=1), (p.argmax(axis=1) == truth).astype(np.float64)


def _width_bins(confidence: Floats, n_bins: int) -> Rows:
    edges = np.linspace(0, 1, positive("n_bins", n_bins) + 1)
    return np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, n_bins - 1)


def _mass_bins(confidence: Floats, n_bins: int) -> Rows:
    n = len(confidence)
    bins = np.empty(n, dtype=np.int64)
    bins[np.argsort(confidence, kind="stable")] = np.arange(n) * min(positive("n_bins", n_bins), n) // n
    return bins


def _summary(confidence: Floats, right: Floats, bins: Rows) -> Bins:
    counts = np.bincount(bins)
    held = np.flatnonzero(counts)
    sure = np.bincount(bins, weights=confidence)[held] / counts[held]
    true = np.bincount(bins, weights=right)[held] / counts[held]
    share = counts[held] / len(confidence)
    return tuple((float(s), float(t), float(w)) for s, t, w in zip(sure, true, share, strict=True))
