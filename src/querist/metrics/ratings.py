"""How good predictions of ratings are: whole numbers in an order, of which near ones are nearly right."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.metrics import inputs, scores
from querist.metrics.calibration import ece


def middle_levels(probs: npt.ArrayLike) -> Rows:
    """The level in the middle of each distribution: the rating that is least far off in the mean.

    Parameters
    ----------
    probs : (n_items, n_levels) float
        Of each level, in order.

    Returns
    -------
    levels : (n_items,) int
        The lowest level up to which at least half of the probability lies.

    Examples
    --------
    >>> middle_levels([[0.4, 0.25, 0.35], [0.1, 0.1, 0.8]]).tolist()
    [1, 2]
    """
    cumulative = np.cumsum(np.asarray(probs, dtype=np.float64), axis=1)
    # One rounding away from half is half: two levels of 0.5 each must not depend on the order of a sum.
    reached: Rows = (cumulative >= 0.5 - 1e-9).argmax(axis=1)
    return reached


def expected_levels(probs: npt.ArrayLike) -> Floats:
    """The mean of each distribution over the levels: (n_items,).

    Examples
    --------
    >>> expected_levels([[0.5, 0.0, 0.5]]).tolist()
    [1.0]
    """
    p = np.asarray(probs, dtype=np.float64)
    means: Floats = p @ np.arange(p.shape[1], dtype=np.float64)
    return means


def quadratic_kappa(y: npt.ArrayLike, predicted: npt.ArrayLike) -> float | None:
    """Agreement beyond chance, where a miss by two levels weighs four times a miss by one.

    1 where every rating is right, 0 for guesses that only have the right shares, below it for worse. None where the
    truth and the predictions are all of one level, so that there is nothing to agree on.

    Notes
    -----
    Cohen (1968), Psychological Bulletin 70(4), with weights that grow as the square of the distance: one minus the
    mean squared difference over that of independent draws from the two distributions.

    Examples
    --------
    >>> quadratic_kappa([0, 1, 2], [0, 1, 2]), quadratic_kappa([0, 1, 2], [2, 1, 0]), quadratic_kappa([1, 1], [1, 1])
    (1.0, -1.0, None)
    """
    truth, guesses, _ = inputs.truth_and_predicted(y, predicted)
    by_chance = float(truth.var() + guesses.var() + (truth.mean() - guesses.mean()) ** 2)
    return 1 - float(np.mean((truth - guesses) ** 2)) / by_chance if by_chance else None


def mae(y: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """How far predictions are off in the mean, in the unit of `y`.

    Examples
    --------
    >>> mae([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    truth, guesses = inputs.truth_and_numbers(y, predicted)
    return float(np.mean(np.abs(truth - guesses)))


def evaluate_ratings(y: npt.ArrayLike, probs: npt.ArrayLike, *, levels: Sequence[str]) -> dict[str, float]:
    """The scores of `METRICS["rating"]`, without those that are undefined.

    The rating that counts as predicted is the middle level, but for `r2`, which goes by the mean.

    Parameters
    ----------
    y : (n_items,) int
        True levels, from 0.
    probs : (n_items, n_levels) float
        The model's probabilities.
    levels : sequence of str
        The levels' names, one per column.

    Examples
    --------
    >>> found = evaluate_ratings([0, 2], [[0.8, 0.2, 0.0], [0.0, 0.6, 0.4]], levels=["1", "2", "3"])
    >>> found["accuracy"], found["mae"], round(found["quadratic_kappa"], 3)  # one miss, by one
    (0.5, 0.5, 0.667)
    """
    truth, p = inputs.truth_and_probs(y, probs)
    if len(levels) != p.shape[1]:
        raise InvalidInput(f"levels: must name all {p.shape[1]} columns; got {len(levels)}. Pass the schema's options.")
    middle = middle_levels(p)
    found = {
        "quadratic_kappa": quadratic_kappa(truth, middle),
        "mae": mae(truth, middle),
        "r2": scores.r2(truth, expected_levels(p)),
        "accuracy": scores.accuracy(truth, middle),
        "macro_f1": scores.macro_f1(truth, middle),
        "log_loss": scores.log_loss(truth, p),
        "ece": ece(truth, p),
    }
    return {name: value for name, value in found.items() if value is not None}
