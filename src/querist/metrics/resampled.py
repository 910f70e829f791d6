"""The difference of two models by metrics that are no means over items, from items drawn again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.metrics import inputs
from querist.metrics.paired import Paired, check_level, check_margin

Resampled = Literal["macro_f1", "auc"]
RESAMPLED: tuple[Resampled, ...] = ("macro_f1", "auc")
N_BOOT = 2000
BLOCK = 2_000_000  # weights held at a time: 16 MB
Scored = Callable[[Floats], Floats]


def paired_metric(
    metric: Resampled,
    y: npt.ArrayLike,
    new: npt.ArrayLike,
    old: npt.ArrayLike,
    *,
    margin: float,
    level: float = 0.95,
    n_boot: int = N_BOOT,
    rng: np.random.Generator,
) -> Paired:
    """The difference of two models by macro-F1 or by the area under the ROC curve.

    Parameters
    ----------
    metric : {"macro_f1", "auc"}
    y : array_like of int (n_items,)
        True classes.
    new, old : array_like (n_items, n_classes)
        The two models' probabilities.
    margin, level : float
        As for `paired_shares`.
    n_boot : int
    rng : Generator

    Raises
    ------
    InvalidInput
        If the arrays are not of the same items, or the area is of no class.

    Notes
    -----
    The paired bootstrap: items are drawn with replacement, and both models measured on each draw; the interval's ends
    are quantiles of the differences (Efron and Tibshirani, 1993, section 13.3). Its level is kept about, not exactly:
    docs/ideas/gate.md says what was measured. Time in proportion to `n_boot` times the items.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.integers(2, size=300)
    >>> good = np.where(rng.random(300) < 0.9, y, 1 - y)
    >>> found = paired_metric("macro_f1", y, np.eye(2)[good], np.full((300, 2), 0.5), margin=0.02, rng=rng)
    >>> found.low > 0.4, found.p_no_loss < 0.001
    (True, True)
    """
    checks.one_of("metric", metric, RESAMPLED)
    checks.positive("n_boot", n_boot)
    tail = 1 - check_level(level)
    check_margin(margin)
    truth, p_new = inputs.truth_and_probs(y, new)
    _, p_old = inputs.truth_and_probs(y, old)
    if p_new.shape != p_old.shape:
        raise InvalidInput(f"old: must have the classes of new, {p_new.shape[1]}; got {p_old.shape[1]}.")
    n = len(truth)
    scored = [_scored(metric, truth, p) for p in (p_new, p_old)]
    value_new, value_old = (float(score(np.ones((1, n)))[0]) for score in scored)
    step = max(1, BLOCK // n)
    differences = np.concatenate(
        [
            scored[0](weights) - scored[1](weights)
            for start in range(0, n_boot, step)
            for weights in [rng.multinomial(n, np.full(n, 1 / n), size=min(step, n_boot - start)).astype(np.float64)]
        ]
    )
    differences = differences[np.isfinite(differences)]
    right = [p.argmax(axis=1) == truth for p in (p_new, p_old)]
    low, high = np.quantile(differences, [tail, 1 - tail], method="inverted_cdf")
    return Paired(
        n=n,
        n_better=int(np.sum(right[0] & ~right[1])),
        n_worse=int(np.sum(right[1] & ~right[0])),
        new=value_new,
        old=value_old,
        difference=value_new - value_old,
        low=float(low),
        high=float(high),
        p_no_loss=_share(differences <= -margin),
        p_loss=_share(differences >= 0),
        method="paired bootstrap",
    )


def _share(hits: Array) -> float:
    """How often it was so, never nothing: so many draws cannot show less."""
    return float((np.sum(hits) + 1) / (len(hits) + 1))


def _scored(metric: Resampled, truth: Rows, probs: Floats) -> Scored:
    if metric == "macro_f1":
        return _macro_f1(truth, probs.argmax(axis=1), probs.shape[1])
    columns = [1] if probs.shape[1] == 2 else range(probs.shape[1])
    areas = [_area(truth == c, probs[:, c]) for c in columns if 0 < np.sum(truth == c) < len(truth)]
    if not areas:
        raise InvalidInput("y: must hold items both in and out of a class for 'auc'; all are alike. Label others.")

    def mean(weights: Floats) -> Floats:
        found: Floats = np.mean([area(weights) for area in areas], axis=0)
        return found

    return mean


def _macro_f1(truth: Rows, predicted: Rows, n_classes: int) -> Scored:
    """Of items so weighted, a draw a row (n_draws, n_items)."""
    classes = np.arange(n_classes)
    there, said = truth[:, None] == classes, predicted[:, None] == classes
    both = (there & said).astype(np.float64)
    either = there.astype(np.float64) + said

    def score(weights: Floats) -> Floats:
        hits, named = weights @ both, weights @ either
        counted = named > 0
        f1 = np.divide(2 * hits, named, out=np.zeros_like(named), where=counted)
        found: Floats = f1.sum(axis=1) / counted.sum(axis=1)
        return found

    return score


def _area(positive: Array, score: Floats) -> Scored:
    """Of items so weighted, ties counting half; NaN for a draw that has no item in, or out of, the class."""
    order = np.argsort(score, kind="stable")
    starts = np.r_[0, np.flatnonzero(np.diff(score[order])) + 1]
    inside = positive[order]

    def area(weights: Floats) -> Floats:
        ranked = weights[:, order]
        hits = np.add.reduceat(ranked * inside, starts, axis=1)
        misses = np.add.reduceat(ranked * ~inside, starts, axis=1)
        below = np.cumsum(misses, axis=1) - misses / 2
        pairs = hits.sum(axis=1) * misses.sum(axis=1)
        found: Floats = np.divide(
            np.sum(hits * below, axis=1), pairs, out=np.full(len(weights), np.nan), where=pairs > 0
        )
        return found

    return area
