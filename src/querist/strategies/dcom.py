"""Density while little is covered, uncertainty once much is."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies._balls import Balls, Mask, pure_radius
from querist.strategies._coverage import subsample
from querist.strategies._doors import above_zero, generator, nothing, pool_rows, same_items
from querist.strategies._labeled import class_numbers, labeled_rows
from querist.strategies.uncertainty import margin

PURITY = 0.4  # of a labeled item's ball while nothing is covered, and what full coverage adds to it
PURITY_BY_COVERAGE = 0.2


@strategy(
    needs=("probs", "embeddings", "labels", "labeled"),
    kind="select",
    family="hybrid",
    reason="density where no labeled item stands, and the model's doubt, together make {utility:.3g}",
    cost="O(n_candidates · n_reference · n_dims) time, O(n_candidates + n_reference · n_dims) memory",
    source="Mishal and Weinshall (2024), DCoM: active learning for all learners, arXiv:2407.01804",
)
def dcom(
    probs: Floats,
    embeddings: Floats,
    labels: npt.NDArray[np.generic],
    labeled: npt.NDArray[np.bool_],
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    delta: float | None = None,
    steepness: float = 50.0,
    center: float = 0.8,
    normalize: bool = True,
    n_reference: int | None = 10_000,
) -> Picks:
    """The densest of what labeled items do not cover, turning into the most uncertain as they come to cover the pool.

    `probcover` and `margin` in one, with a radius of its own for each labeled item: as far as the model predicts the
    item's label around it. Passes from few labels to many by itself; only as good as the embeddings at first.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        A vector per item.
    labels : (n_items,) int
        Class numbers of the labeled items; elsewhere anything.
    labeled : (n_items,) bool
        Which items are labeled. A candidate counts as unlabeled.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked, and that are to be covered.
    chosen : (n_chosen,) int
        Rows labeled or pending. One that is pending covers with the labeled items' mean radius.
    rng : numpy.random.Generator
        Of the reference sample, and of what finds the largest radius.
    delta : float, above 0, optional
        The largest radius. By default that of `probcover`, with as many clusters as there are classes.
    steepness, center : float, above 0
        Of the logistic curve from density to doubt: how fast it turns, and at which share of the pool covered.
    normalize : bool
        Whether to bring each vector to unit length first.
    n_reference : int or None
        Where there are more candidates, only so many of them, drawn at random, are to be covered; None for all.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is the weighted mean of density and doubt at that turn, from 0 to 1;
        propensities are 1, which says no more than that the choice is fixed once the seed is. Empty where there are no
        candidates.

    Raises
    ------
    InvalidInput
        If the arrays are not of the same items or not sound, the rows are not unique rows of them, or a parameter is
        out of its range.

    Notes
    -----
    Mishal and Weinshall (2024), arXiv:2407.01804. A labeled item's radius is the largest, up to `delta`, with which a
    share of 0.4 + 0.2 c of its ball, itself included, is predicted to be of its class; c is the share of the references
    that the labeled items cover with the radius `delta`. With c' the share that they cover with their own, doubt weighs
    w = (1 + e^(-s (1 - a))) / (1 + e^(-s (c' - a))), s and a being `steepness` and `center`. A candidate's density is
    the number of uncovered references within the mean radius of it; its doubt is that of `margin`, moved so that the
    least is 0. Each is divided at every turn by its largest among what is left, as the authors do. They keep radii
    from round to round, and look for them by bisection; here they follow from the labels and the model at hand, and are
    exact. Ties go to the lowest row.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [20.0]])
    >>> probs = np.array([[0.9, 0.1], [0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7], [0.5, 0.5]])
    >>> labels, labeled = np.array([0, 0, 0, 0, 0, 0]), np.array([True, False, False, False, False, False])
    >>> rows = {"candidates": [1, 2, 3, 4, 5], "chosen": [0], "rng": np.random.default_rng(0)}
    >>> dcom(probs, X, labels, labeled, 1, delta=2.5, normalize=False, **rows).rows  # two of five covered: by density
    array([3])
    >>> dcom(probs, X, labels, labeled, 1, delta=2.5, normalize=False, center=0.2, **rows).rows  # by doubt
    array([5])
    """
    X = checks.features("embeddings", embeddings)
    doubt = margin(probs)
    same_items(X, doubt)
    checks.positive("k", k)
    if n_reference is not None:
        checks.positive("n_reference", n_reference)
    for name, value in (("delta", delta), ("steepness", steepness), ("center", center)):
        if value is not None:
            above_zero(name, value)
    free, taken = pool_rows(candidates, chosen, len(X))
    generator(rng)
    if not len(free):
        return nothing()
    p = np.asarray(probs)
    known = np.setdiff1d(labeled_rows(labeled, len(X)), free, assume_unique=True)
    radius = pure_radius(X, free, p.shape[1], 0.95, normalize, rng) if delta is None else float(delta)
    references = subsample(free, n_reference, rng)
    balls = Balls(X, references, unit=normalize)
    radii = _radii(balls, known, class_numbers(labels, known, len(X)), p[references].argmax(axis=1), radius**2)
    mean = float(np.sqrt(radii).mean()) ** 2 if len(known) else radius**2
    covered = balls.inside(known, radii)
    weight = _competence(float(covered.mean()), steepness, center)
    pending = np.setdiff1d(taken, known, assume_unique=True)
    covered |= balls.inside(pending, np.full(len(pending), mean))
    rows, utilities = _greedy(balls, free, min(k, len(free)), mean, covered, doubt[free].astype(np.float64), weight)
    return Picks(rows, utilities, np.ones(len(rows)))


def _radii(balls: Balls, known: Rows, classes: Rows, predicted: Rows, most: float) -> Floats:
    coverage = float(balls.inside(known, np.full(len(known), most)).mean())
    return balls.own_radii(known, classes, predicted, most, PURITY + PURITY_BY_COVERAGE * coverage)


def _competence(coverage: float, steepness: float, center: float) -> float:
    """The weight of doubt: a logistic of coverage that is 1 where all is covered."""
    # By the logarithms of both, for a steepness at which the exponentials overflow.
    return math.exp(np.logaddexp(0, -steepness * (1 - center)) - np.logaddexp(0, -steepness * (coverage - center)))


def _greedy(
    balls: Balls, free: Rows, k: int, squared_radius: float, covered: Mask, doubt: Floats, weight: float
) -> tuple[Rows, Floats]:
    """The `k` rows of highest score, one at a time, and their scores.

    Each score is relative to the largest density that is left, so that no bound of an earlier turn holds and the lazy
    engine will not do; but each reference is covered only once, so that counting down costs one pass in all.
    """
    density = balls.counts(free, squared_radius, ~covered)
    doubt = doubt - doubt.min()
    left = np.ones(len(free), dtype=bool)
    picked, utilities = np.empty(k, dtype=np.int64), np.empty(k)
    for turn in range(k):
        score = (1 - weight) * _relative(density, left) + weight * _relative(doubt, left)
        score[~left] = -1
        place = int(score.argmax())
        picked[turn], utilities[turn] = place, score[place]
        left[place] = False
        new = balls.inside(free[place : place + 1], np.array([squared_radius])) & ~covered
        if new.any() and turn < k - 1:
            density = np.maximum(density - balls.counts(free, squared_radius, new), 0)
            covered |= new
    return free[picked], utilities


def _relative(values: npt.NDArray[np.generic], left: Mask) -> Floats:
    numbers = values.astype(np.float64)
    most = numbers[left].max()
    return numbers / most if most > 0 else np.zeros(len(numbers))
