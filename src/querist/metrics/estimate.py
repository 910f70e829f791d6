"""Numbers that stay true although the labels were chosen: a pool's metric from labels of a part of it."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.evidence import Estimate
from querist.metrics.designs import Beside, Design
from querist.metrics.estimands import Linear
from querist.metrics.parts import ESTIMATED, Part, Said, part_of

Target = Literal["pool", "source"]
ROUNDING = 1e-20  # of a variance that would be nothing if numbers had no end
FEW = 30  # below as many labels a quantile of Student's t stands in for the normal one


def estimate(
    metric: str,
    y: npt.ArrayLike,
    design: Design,
    *,
    predicted: npt.ArrayLike | None = None,
    probs: npt.ArrayLike | None = None,
    scores: npt.ArrayLike | None = None,
    guess: npt.ArrayLike | None = None,
    of_class: int = 1,
    where: npt.ArrayLike | None = None,
    clusters: npt.ArrayLike | None = None,
    level: float = 0.9,
    target: Target = "pool",
    trust: float | None = None,
) -> Estimate:
    """A metric over a whole pool, from the labels of some of its items and how these came to be chosen.

    Predictions narrow the interval where they are good and never bias it: the labels correct what they say. How far
    they are trusted is measured on the labels themselves.

    Parameters
    ----------
    metric : str
        A key of `ESTIMATED`. `share`, `precision`, `recall`, `f1`, `auc` and `average_precision` are of the class
        `of_class`.
    y : array_like (n_labeled,)
        The labels of `design.rows`, in their order: class numbers, or numbers.
    design : Design
        `Uniform`, `Independent`, `Sequential`, `Rounds` or `Beside`.
    predicted : array_like (n_items,), optional
        Each item's predicted class, by default the most probable; or its predicted number.
    probs : array_like (n_items, n_classes), optional
    scores : array_like (n_items,), optional
        What `auc` and `average_precision` rank by; by default the probability of the class.
    guess : array_like (n_items,), optional
        For `mean`, what each item's value was expected to be; for `mse`, `rmse` and `mae`, its expected error.
    of_class : int
    where : array_like of bool (n_items,), optional
        The cohort that the number is about; by default all items.
    clusters : array_like (n_labeled,), optional
        Whose label each is, where one annotator's errors are alike: the interval then takes annotators, not labels,
        for independent.
    level : float
        Of the interval.
    target : {"pool", "source"}
        Whether the number is about these items, or about what they were drawn from.
    trust : float, optional
        How far to make use of the predictions, from 0 to 1; by default what makes the interval narrowest.

    Raises
    ------
    InvalidInput
        If something could not have been asked, arrays are not of the same items, or there is nothing to estimate from.

    Notes
    -----
    The estimate is trust * mean(g) + sum w (h - trust * g), with w the design's weights, g what the predictions say
    and h what the labels say of each item; a metric that is no mean is linearized (the delta method). Intervals of what
    lies between 0 and 1 are made on the scale of log-odds; those of losses and of average precision, of which few
    labels may hold much, allow for the skewness of the sum (Hall, 1992, J. R. Statist. Soc. B 54). Where all labels
    agree, the interval is Clopper and Pearson's of the effective number of labels that bear on it. O(n_items), for
    `auc` and `average_precision` times its logarithm.

    Examples
    --------
    Eight of a hundred items, drawn blindly, six of them predicted rightly:

    >>> from querist.metrics.designs import Uniform
    >>> drawn = [3, 14, 25, 36, 47, 58, 69, 80]
    >>> predicted = np.zeros(100, dtype=int)
    >>> found = estimate("accuracy", [0, 0, 0, 1, 0, 0, 1, 0], Uniform(100, drawn), predicted=predicted)
    >>> found.value, found.n_labels, found.n_items
    (0.75, 8, 100)
    """
    checks.one_of("metric", metric, ESTIMATED)
    checks.one_of("target", target, ("pool", "source"))
    if not 0 < level < 1:
        raise InvalidInput(f"level: must lie between 0 and 1; got {level:g}. Pass 0.9 for nine in ten.")
    if trust is not None and not 0 <= trust <= 1:
        raise InvalidInput(f"trust: must lie in 0..1; got {trust:g}.")
    said = Said(predicted, probs, scores, guess, of_class)
    part = part_of(design, y, where, said, metric)
    weights = part.weights / part.weights.sum() if design.normalizes else part.weights
    start = part.estimand.at(part.rows, weights, part.base, 0.0)
    chosen = trust if trust is not None else _trust(design, part, weights, start)
    found = part.estimand.at(part.rows, weights, part.base, chosen)
    errors = found.labeled - (0.0 if found.guessed is None else chosen * found.guessed[part.rows])
    if design.normalizes:
        errors = errors - weights @ errors
    variance = of_choice = float(part.covariance(design, errors[:, None])[0, 0])
    n_effective = part.estimand.n_bearing(weights)
    degrees = max(1, round(n_effective) - 1)
    if clusters is not None:
        by, n_clusters = _by_cluster(clusters, len(design.rows), part, weights * errors)
        variance, degrees = max(variance, by), n_clusters - 1
    spread = _spread(found.labeled, weights)
    if spread < ROUNDING:  # all labels agree
        variance = spread = 0.0
    elif variance < ROUNDING * spread:
        variance = 0.0
    if isinstance(design, Beside):
        unlabeled = part.base > 0
        variance += (
            0.0 if found.guessed is None else float(chosen**2 * found.guessed[unlabeled].var() / unlabeled.sum())
        )
        target = "source"
    elif target == "source":
        variance += spread / part.n_items
    # A share may come out beyond 0 or 1, being unbiased; what it estimates cannot.
    value = float(np.clip(found.value, 0, 1)) if part.estimand.in_unit else found.value
    skewness = 0.0
    if part.estimand.is_skewed and variance > 0:
        # What else adds to the variance is symmetric.
        skewness = part.skewness(design, errors) * (min(of_choice, variance) / variance) ** 1.5
    low, high = _interval(value, variance, level, part, degrees, n_effective, target, skewness)
    return Estimate(
        metric=metric,
        value=value,
        low=low,
        high=high,
        level=level,
        method=design.method,
        std_error=float(np.sqrt(variance)),
        n_labels=len(part.rows),
        n_items=part.n_items,
        n_effective=n_effective,
        n_uniform=_n_uniform(spread, variance, part, target),
        naive=part.estimand.naive(),
        trust=chosen if found.guessed is not None else 0.0,
    )


def _trust(design: Design, part: Part, weights: Floats, start: Linear) -> float:
    """How far to trust the guesses for the narrowest interval: the slope of the labels' part on theirs."""
    if start.guessed is None:
        return 0.0
    guessed = start.guessed[part.rows]
    if isinstance(design, Beside):
        n, rest = len(part.rows), int(np.sum(part.base > 0))
        together = float(np.mean((start.labeled - start.labeled.mean()) * (guessed - guessed.mean())))
        alone = float(np.var(start.guessed, ddof=1)) * (1 + n / rest)
    else:
        pair = np.column_stack([start.labeled, guessed])
        if design.normalizes:
            pair = pair - weights @ pair
        spread = part.covariance(design, pair)
        together, alone = float(spread[0, 1]), float(spread[1, 1])
    return float(np.clip(together / alone, 0, 1)) if alone > 0 else 0.0


def _by_cluster(clusters: npt.ArrayLike, n_labels: int, part: Part, parts: Floats) -> tuple[float, int]:
    """The variance where only clusters are independent of each other, and how many there are."""
    of = np.asarray(clusters)
    if of.shape != (n_labels,):
        raise InvalidInput(
            f"clusters: must be one per label, {n_labels}; got shape {of.shape}. Name each label's annotator."
        )
    names, number = np.unique(of[part.labeled], return_inverse=True)
    if len(names) < 2:
        raise InvalidInput("clusters: must be at least two; all labels are of one. Have somebody else label some.")
    sums = np.bincount(number, weights=parts)
    return float(len(names) / (len(names) - 1) * np.sum(sums**2)), len(names)


def _spread(values: Floats, weights: Floats) -> float:
    """The variance of what each label adds, in the pool."""
    share = weights / weights.sum()
    n = len(values)
    return float(share @ (values - share @ values) ** 2) * n / (n - 1)


def _n_uniform(spread: float, variance: float, part: Part, target: Target) -> float:
    floor = spread / part.n_items if target == "pool" else 0.0
    if variance == 0:  # all labels agree, or every item is labeled
        return float(len(part.rows))
    return min(spread / (variance + floor), float(part.n_items))


def _unskewed(z: float, skewness: float) -> float:
    """The quantile of a studentized sum whose normal quantile is z: Hall's cubic transformation (1992), inverted."""
    if abs(skewness) < ROUNDING:
        return float(z)
    return float(3 / skewness * (np.cbrt(1 + skewness * (z - skewness / 6)) - 1))


def _interval(
    value: float,
    variance: float,
    level: float,
    part: Part,
    degrees: int,
    n_effective: float,
    target: Target,
    skewness: float,
) -> tuple[float, float]:
    in_unit, tail = part.estimand.in_unit, (1 - level) / 2
    if variance == 0:
        if not in_unit or (len(part.rows) == part.n_items and target == "pool"):
            return value, value
        hits = value * n_effective
        low = scipy.special.betaincinv(hits, n_effective - hits + 1, tail) if hits > 0 else 0.0
        high = scipy.special.betaincinv(hits + 1, n_effective - hits, 1 - tail) if hits < n_effective else 1.0
        return float(low), float(high)
    normal = -scipy.special.ndtri(tail) if degrees >= FEW - 1 else -scipy.special.stdtrit(degrees, tail)
    if part.estimand.is_skewed:
        low, high = (value - float(np.sqrt(variance)) * _unskewed(z, skewness) for z in (normal, -normal))
        return (max(low, 0.0), min(high, 1.0)) if in_unit else (low, high)
    reach = float(normal * np.sqrt(variance))
    if not in_unit:
        return value - reach, value + reach
    if not 1e-12 < value < 1 - 1e-12:
        return max(0.0, value - reach), min(1.0, value + reach)
    middle, by = scipy.special.logit(value), reach / (value * (1 - value))
    return float(scipy.special.expit(middle - by)), float(scipy.special.expit(middle + by))
