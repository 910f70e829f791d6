"""Whether one number, or one category, is spread among new items as among old ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput

BINS = 10
FEWEST_EXPECTED = 5  # per cell, from which chi-squared is as good as exact; levels with fewer are counted together
EXACT_UP_TO = 10_000  # pairs of items, up to which the exact distribution of Kolmogorov and Smirnov costs little


@dataclass(frozen=True, slots=True)
class Shift:
    """How one quantity differs between two samples.

    Parameters
    ----------
    statistic : float
        KS: the largest difference of the two distribution functions, 0..1. Chi-squared: the statistic.
    p_value : float
    psi : float
        Population stability index: 0 where the shares of the bins are alike; by custom, from 0.1 on worth a look and
        from 0.25 on large. It is no test: by chance alone it is about (bins - 1) (1/n + 1/m).
    test : {"ks", "chi2"}
    """

    statistic: float
    p_value: float
    psi: float
    test: str


def numeric_shift(reference: npt.ArrayLike, recent: npt.ArrayLike) -> Shift:
    """The Kolmogorov-Smirnov test of a number; NaN, a value that is missing, counts as lower than all others.

    Raises
    ------
    InvalidInput
        If either is empty or not 1-D.

    Examples
    --------
    >>> shift = numeric_shift(np.arange(100.0), np.arange(50.0, 150.0))
    >>> round(shift.statistic, 2), shift.p_value < 1e-9
    (0.5, True)
    """
    old, new = _numbers("reference", reference), _numbers("recent", recent)
    pairs = len(old) * len(new)
    found = scipy.stats.ks_2samp(old, new, method="exact" if pairs <= EXACT_UP_TO else "asymp")
    edges = np.unique(np.quantile(old, np.linspace(0, 1, BINS + 1)[1:-1], method="lower"))
    bins = len(edges) + 1
    counts = [np.bincount(np.searchsorted(edges, x, side="left"), minlength=bins) for x in (old, new)]
    return Shift(float(found.statistic), min(float(found.pvalue), 1.0), psi(*counts), "ks")


def category_shift(reference: Sequence[Hashable], recent: Sequence[Hashable]) -> Shift:
    """The chi-squared test of a category, with levels that are rare in both counted together.

    Examples
    --------
    >>> round(category_shift(["a"] * 50 + ["b"] * 50, ["a"] * 80 + ["b"] * 20).p_value, 6)
    9e-06
    """
    if not len(reference) or not len(recent):
        raise InvalidInput("values: must be there on both sides; one side is empty. Wait for more items.")
    old, new = Counter(reference), Counter(recent)
    levels = sorted({*old, *new}, key=lambda level: (-old[level] - new[level], repr(level)))
    table = np.array([[old[level] for level in levels], [new[level] for level in levels]])
    return counted_shift(table[0], table[1])


def counted_shift(reference: npt.ArrayLike, recent: npt.ArrayLike) -> Shift:
    """The chi-squared test of counts by category, with those that are rare in both counted together.

    Parameters
    ----------
    reference, recent : (n_levels,) int

    Examples
    --------
    >>> counted_shift([50, 50], [50, 50]).p_value
    1.0
    """
    table = _whole_enough(np.array([reference, recent], dtype=np.float64))
    if table.shape[1] < 2:
        return Shift(0.0, 1.0, 0.0, "chi2")
    sides = table.sum(axis=1)
    expected = np.outer(sides, table.sum(axis=0)) / sides.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    p_value = float(scipy.special.chdtrc(table.shape[1] - 1, statistic))
    return Shift(statistic, p_value, psi(*table), "chi2")


def psi(reference: npt.ArrayLike, recent: npt.ArrayLike) -> float:
    """The population stability index of counts by bin: sum of (q - p) log(q / p) over the shares of the bins.

    Half an item is added to each bin, so that an empty one is not infinitely far from one that is not.

    Examples
    --------
    >>> psi([100, 100], [100, 100]), round(psi([5000, 5000], [8000, 2000]), 2)
    (0.0, 0.42)
    """
    counts = [np.asarray(side, dtype=np.float64) + 0.5 for side in (reference, recent)]
    p, q = (side / side.sum() for side in counts)
    return float(np.sum((q - p) * np.log(q / p)))


def simes(p_values: Sequence[float]) -> float:
    """Whether any of several p-values is too small: the smallest of Benjamini and Hochberg's adjusted ones.

    More powerful than Holm's smallest where several features moved a little. It keeps its level where the p-values are
    independent or rise and fall together.

    Examples
    --------
    >>> simes([0.01, 0.02, 0.03])
    0.03
    """
    p = np.sort(checks.vector("p_values", p_values))
    if not len(p):
        raise InvalidInput("p_values: must hold at least one; got none. Test something first.")
    return float(min(np.min(p * len(p) / np.arange(1, len(p) + 1)), 1.0))


def black_box_shares(confusion: npt.ArrayLike, predicted: npt.ArrayLike) -> Floats | None:
    """The shares of the classes among unlabeled items, from how often each is predicted and how often wrongly.

    Parameters
    ----------
    confusion : (n_classes, n_classes) float
        Of labeled items of the reference: row true, column predicted, as counts.
    predicted : (n_classes,) float
        How many of the recent items are predicted to be of each class.

    Returns
    -------
    shares : (n_classes,) float or None
        None where the predictions tell the classes apart too badly to say, or a class has no labeled item.

    Notes
    -----
    Black-box shift estimation: Lipton, Wang and Smola (2018), arXiv 1802.03916. It holds where only the shares have
    changed, and items of a class look as before.

    Examples
    --------
    >>> black_box_shares([[80, 20], [10, 90]], [45, 55]).round(2).tolist()  # 0.45 = 0.8 s + 0.1 (1 - s)
    [0.5, 0.5]
    """
    table = checks.features("confusion", confusion).astype(np.float64)
    counts = checks.vector("predicted", predicted, n=table.shape[1]).astype(np.float64)
    of_class = table.sum(axis=1)
    if counts.sum() == 0 or not of_class.all():
        return None
    given_class = (table / of_class[:, None]).T
    if np.linalg.cond(given_class) > 100:
        return None
    shares = np.maximum(np.linalg.solve(given_class, counts / counts.sum()), 0)
    return np.asarray(shares / shares.sum())


def _numbers(name: str, values: npt.ArrayLike) -> Floats:
    x = checks.as_float(name, values).astype(np.float64)
    if x.ndim != 1 or not len(x):
        raise InvalidInput(f"{name}: must be 1-D numbers of at least one item; got shape {x.shape}. Wait for more.")
    return np.where(np.isnan(x), -np.inf, x)


def _whole_enough(table: Floats) -> Floats:
    """The counts with rare levels together, so that every cell expects `FEWEST_EXPECTED`; the rest joins the rarest."""
    table = table[:, table.sum(axis=0) > 0]
    smaller = table.sum(axis=1).min() / max(table.sum(), 1)
    order = np.argsort(-table.sum(axis=0), kind="stable")
    table = table[:, order]
    enough = table.sum(axis=0) * smaller >= FEWEST_EXPECTED
    kept, rest = table[:, enough], table[:, ~enough].sum(axis=1, keepdims=True)
    if not rest.any():
        return kept
    if rest.sum() * smaller >= FEWEST_EXPECTED or not kept.shape[1]:
        return np.concatenate([kept, rest], axis=1)
    return np.concatenate([kept[:, :-1], kept[:, -1:] + rest], axis=1)
