"""Quantiles of a whole pool from labels of a part of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.evidence import Estimate
from querist.metrics.designs import Beside, Design

MOST_STEPS = 5000  # values at which the distribution is looked at; beyond, an even choice of them
AT_ONCE = 64


def estimate_quantile(
    q: float,
    y: npt.ArrayLike,
    design: Design,
    *,
    guess: npt.ArrayLike | None = None,
    level: float = 0.9,
    trust: float = 1.0,
) -> Estimate:
    """A quantile over a whole pool, from the labels of some of its items and how these came to be chosen.

    Parameters
    ----------
    q : float
        Of the values below it, in (0, 1): 0.5 is the median.
    y : array_like (n_labeled,)
        The labels of `design.rows`, in their order.
    design : Design
    guess : array_like (n_items,), optional
        What each item's value was expected to be.
    level : float
        Of the interval.
    trust : float
        How far to make use of the guesses, from 0 to 1.

    Returns
    -------
    Estimate
        `std_error` is that of the share of values below the quantile, not of the quantile.

    Notes
    -----
    The distribution function is estimated at each value as any mean is, and the interval goes from where it is not
    surely below `q` to where it surely is not any more: Woodruff (1952), JASA 47; with guesses, Angelopoulos et al.
    (2023), arXiv 2301.09633, whose interval ends one value earlier. O(n_labeled n_values).

    Examples
    --------
    >>> from querist.metrics.designs import Uniform
    >>> found = estimate_quantile(0.5, np.arange(41.0), Uniform(1000, np.arange(41)))
    >>> found.value, found.low, found.high
    (20.0, 15.0, 25.0)
    """
    if not 0 < q < 1:
        raise InvalidInput(f"q: must lie between 0 and 1; got {q:g}. Pass 0.5 for the median.")
    if not 0 < level < 1:
        raise InvalidInput(f"level: must lie between 0 and 1; got {level:g}. Pass 0.9 for nine in ten.")
    if not 0 <= trust <= 1:
        raise InvalidInput(f"trust: must lie in 0..1; got {trust:g}. Pass 0 for labels only.")
    rows = design.rows
    values = checks.numbers("y", y, n=len(rows))
    guesses = None if guess is None else checks.numbers("guess", guess, n=design.n_items)
    weights = design.weights() / (design.weights().sum() if design.normalizes else 1.0)
    base = np.full(design.n_items, 1.0)
    if isinstance(design, Beside):
        base[rows] = 0.0
    base /= base.sum()
    steps = _steps(values, guesses)
    below, spread = np.empty(len(steps)), np.empty(len(steps))
    for start in range(0, len(steps), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        below[some], spread[some] = _distribution(steps[some], values, guesses, design, weights, base, trust)
    reach = -scipy.special.ndtri((1 - level) / 2) * np.sqrt(spread)
    at, first = _first(below >= q), _first(below > q - reach)
    last = len(steps) - _first((below < q + reach)[::-1])  # the step after the last one that is not surely above
    n_effective = float(weights.sum() ** 2 / np.sum(weights**2))
    return Estimate(
        metric=f"quantile {q:g}",
        value=float(steps[at]),
        low=float(steps[first]),
        high=float(steps[min(last, len(steps) - 1)]),
        level=level,
        method=design.method,
        std_error=float(np.sqrt(spread[at])),
        n_labels=len(rows),
        n_items=design.n_items,
        n_effective=n_effective,
        n_uniform=min(q * (1 - q) / (spread[at] + q * (1 - q) / design.n_items), float(design.n_items)),
        naive=float(np.quantile(values, q)),
        trust=0.0 if guesses is None else trust,
    )


def _first(where: npt.NDArray[np.bool_]) -> int:
    """The first place where it holds; the last of all where it holds nowhere."""
    return int(where.argmax()) if where.any() else len(where) - 1


def _steps(values: Floats, guesses: Floats | None) -> Floats:
    steps = np.sort(values if guesses is None else np.concatenate([values, guesses]))
    if len(steps) <= MOST_STEPS:
        return steps
    even = np.linspace(0, len(steps) - 1, MOST_STEPS).astype(np.int64)
    return np.unique(np.concatenate([steps[even], values]))


def _distribution(
    steps: Floats,
    values: Floats,
    guesses: Floats | None,
    design: Design,
    weights: Floats,
    base: Floats,
    trust: float,
) -> tuple[Floats, Floats]:
    """The share of values up to each step, and its variance."""
    errors: npt.NDArray[Any] = np.asarray(values[:, None] <= steps, dtype=np.float64)
    expected: Floats = np.zeros(len(steps))
    beyond: Floats = np.zeros(len(steps))
    if guesses is not None:
        errors = errors - trust * (guesses[design.rows][:, None] <= steps)
        share = base @ (guesses[:, None] <= steps)
        expected = trust * share
        if isinstance(design, Beside):
            beyond = trust**2 * share * (1 - share) / design.n_unlabeled
    below = expected + weights @ errors
    if design.normalizes:
        errors = errors - weights @ errors
    spread: Floats = np.maximum(np.diag(design.covariance(errors)) + beyond, 0.0)  # below by rounding alone
    return below, spread
