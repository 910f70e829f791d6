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
from querist.metrics.estimands import Linear, Moments
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
    bounds: tuple[float, float] | None = None,
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
    bounds : (float, float), optional
        For `mean`, `mse`, `rmse`, `mae` and `r2`, the least and the most that any label can be, where that is known: of
        ratings their ends. By default 0 and 1 of labels that are true or false, and else unknown.

    Raises
    ------
    InvalidInput
        If something could not have been asked, arrays are not of the same items, or there is nothing to estimate from.

    Notes
    -----
    The estimate is trust * mean(g) + sum w (h - trust * g), with w the design's weights, g what the predictions say
    and h what the labels say of each item; a metric that is no mean is linearized (the delta method). Intervals of what
    lies between 0 and 1 are made on the scale of log-odds; those of losses and of average precision, of which few
    labels may hold much, allow for the skewness of the sum (Hall, 1992, J. R. Statist. Soc. B 54).

    Where all labels agree, nothing varies, and yet it is unknown what none of them has shown. Of what lies between 0
    and 1 the interval then is Clopper and Pearson's of the effective number n of labels that bear on it. Of other
    numbers up to 1 - ((1 - level) / 2)^(1/n) of all items may be otherwise, about 3/n at a level of 0.9, and these as
    far off as their labels can make them; so it is, too, where all losses are as small as they can be, for a model that
    has every label right may be sure and wrong elsewhere. Where a label can be anything, an end is then infinite: no
    labels that agree bound a mean. In macro precision, recall and F1, a class whose labels all agree is as far off as
    Clopper and Pearson's interval is, added to the others' in squares (Zou and Donner, 2008, Statist. Med. 27).
    O(n_items), for `auc`, `average_precision` and where labels agree times its logarithm.

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
    said = Said(predicted, probs, scores, guess, of_class, bounds)
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
    # Contributions to what has a unit are large or small with it; to what has none they vanish.
    unit = 1.0 if part.estimand.in_unit else float(np.max(found.labeled**2))
    if spread <= ROUNDING * unit:  # all labels agree
        variance = of_choice = spread = 0.0
    elif variance < ROUNDING * spread:
        variance = of_choice = 0.0
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
    if len(part.rows) == part.n_items and target == "pool":
        low = high = value
    else:
        low, high = _interval(value, variance, level, part, degrees, n_effective, skewness)
        low, high = _with_unseen(low, high, value, part, weights, chosen, level, varies=of_choice > 0)
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
    skewness: float,
) -> tuple[float, float]:
    in_unit, tail = part.estimand.in_unit, (1 - level) / 2
    if variance == 0:
        return _exact(value, n_effective, tail) if in_unit else (value, value)
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


def _exact(share: float, n: float, tail: float) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share of n, which may be no whole number; of none, all that there is."""
    hits = share * n
    low = scipy.special.betaincinv(hits, n - hits + 1, tail) if hits > 0 else 0.0
    high = scipy.special.betaincinv(hits + 1, n - hits, 1 - tail) if hits < n else 1.0
    return float(low), float(high)


def _with_unseen(
    low: float,
    high: float,
    value: float,
    part: Part,
    weights: Floats,
    trust: float,
    level: float,
    *,
    varies: bool,
) -> tuple[float, float]:
    """The interval, with what labels that are alike cannot have shown."""
    of, tail = part.estimand, (1 - level) / 2
    if not isinstance(of, Moments):
        return low, high
    share = 1 - tail ** (1 / of.n_bearing(weights)) if of.between is not None else 0.0
    otherwise = of.unseen(part.rows, weights, part.base, trust, share, varies=varies)
    if otherwise is not None:
        return min(low, otherwise[0]), max(high, otherwise[1])
    if not varies or not of.parts:
        return low, high
    below = above = 0.0
    for one in of.parts:
        alike = one.at(part.rows, weights, part.base, 0.0)
        if _spread(alike.labeled, weights) > ROUNDING:
            continue
        mean = float(np.clip(one.at(part.rows, weights, part.base, trust).value, 0, 1))
        least, most = _exact(mean, one.n_bearing(weights), tail)
        below, above = below + ((mean - least) / len(of.parts)) ** 2, above + ((most - mean) / len(of.parts)) ** 2
    return (
        max(0.0, value - float(np.hypot(value - low, np.sqrt(below)))),
        min(1.0, value + float(np.hypot(high - value, np.sqrt(above)))),
    )
