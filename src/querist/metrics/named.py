"""The metrics that can be estimated, by name: of which quantities of an item each is made."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.metrics.estimands import Area, Moments, Precisions

LEAST_PROBABILITY = 1e-15
UNVARIED = "must vary for 'r2', the share of their variance that is explained"


def mean(y: Floats, n_items: int, guess: Floats | None, bounds: tuple[float, float]) -> Moments:
    """The mean of what is labeled, of which `guess` is what was expected of every item."""
    return _mean("mean", y, guess, between=(np.full(n_items, bounds[0]), np.full(n_items, bounds[1])))


def accuracy(y: Rows, rows: Rows, predicted: Rows, probs: Floats | None) -> Moments:
    """The share of items whose predicted class is right."""
    guess = None if probs is None else probs[np.arange(len(predicted)), predicted]
    return _mean("accuracy", (predicted[rows] == y).astype(np.float64), guess)


def share(y: Rows, of_class: int, probs: Floats | None) -> Moments:
    """The share of items of a class."""
    guess = None if probs is None else probs[:, of_class]
    return _mean("share", (y == of_class).astype(np.float64), guess)


def overconfidence(y: Rows, rows: Rows, probs: Floats) -> Moments:
    """By how much the confidence in the predicted class is above the share of right ones."""
    predicted, sure = probs.argmax(axis=1), probs.max(axis=1)
    right = (predicted[rows] == y).astype(np.float64)
    return _mean("overconfidence", sure[rows] - right, None, between=(sure - 1, sure))


def brier(y: Rows, rows: Rows, probs: Floats) -> Moments:
    """The mean squared distance of the probabilities from the truth, summed over classes."""
    squares = np.sum(probs**2, axis=1)
    loss = 1 - 2 * probs[rows, y] + squares[rows]
    between = 1 - 2 * probs.max(axis=1) + squares, 1 - 2 * probs.min(axis=1) + squares
    return _mean("brier", loss, 1 - squares, between=between, is_skewed=True)


def log_loss(y: Rows, rows: Rows, probs: Floats) -> Moments:
    """The mean negative logarithm of the probability of the truth."""
    logs = -np.log(np.maximum(probs, LEAST_PROBABILITY))
    between = logs.min(axis=1), logs.max(axis=1)
    return _mean("log_loss", logs[rows, y], np.sum(probs * logs, axis=1), between=between, is_skewed=True)


def errors(
    name: str, y: Floats, rows: Rows, predicted: Floats, guess: Floats | None, bounds: tuple[float, float]
) -> Moments:
    """The mean squared or absolute error, or the root of the former; `guess` is each item's expected one."""
    off, between = np.abs(y - predicted[rows]), _off(predicted, bounds)
    loss = off if name == "mae" else off**2
    if name != "mae":
        between = between[0] ** 2, between[1] ** 2
    if name != "rmse":
        return _mean(name, loss, guess, between=between, is_skewed=True)
    return Moments(
        "rmse",
        loss[:, None],
        None if guess is None else guess[:, None],
        lambda m: float(np.sqrt(max(m[0], 0.0))),
        lambda m: np.array([0.5 / np.sqrt(m[0]) if m[0] > 0 else 0.0]),
        in_unit=False,
        is_skewed=True,
        between=between,
    )


def r2(y: Floats, rows: Rows, predicted: Floats, bounds: tuple[float, float]) -> Moments:
    """The share of the variance that the predictions explain, the predictions themselves being the guess."""
    if np.ptp(y) == 0:
        raise InvalidInput(f"y: {UNVARIED}; all {len(y)} labels are {y[0]:g}. Label more, or take 'rmse'.")
    moments = np.column_stack([(y - predicted[rows]) ** 2, y, y**2])
    guesses = np.column_stack([np.zeros(len(predicted)), predicted, predicted**2])

    def value(m: Floats) -> float:
        spread = m[2] - m[1] ** 2
        if spread <= 0:
            raise InvalidInput(f"y: {UNVARIED}; by their weights the labels do not. Label more, or take 'rmse'.")
        return float(1 - m[0] / spread)

    def slopes(m: Floats) -> Floats:
        spread = m[2] - m[1] ** 2
        return np.array([-1 / spread, -2 * m[1] * m[0] / spread**2, m[0] / spread**2])

    least, most = _off(predicted, bounds)
    return Moments("r2", moments, guesses, value, slopes, in_unit=False, between=(least**2, most**2))


def of_class(name: str, y: Rows, rows: Rows, predicted: Rows, class_: int, probs: Floats | None) -> Moments:
    """Precision, recall or F1 of one class: ratios of found, predicted and there."""
    moments, guesses = _class_moments(y, rows, predicted, class_, probs)
    value, slopes = _RATIOS[name]
    return Moments(name, moments, guesses, value, slopes, bearing=moments @ _BELOW[name][:, None])


def macro(name: str, y: Rows, rows: Rows, predicted: Rows, n_classes: int, probs: Floats | None) -> Moments:
    """The mean over classes of precision, recall or F1; of a class that there is none of, nothing is said."""
    value, slopes = _RATIOS[name]
    # A class that is neither predicted nor among the labels adds nothing but noise of its absence.
    classes = [c for c in range(n_classes) if (predicted == c).any() or (y == c).any()]
    each = [_class_moments(y, rows, predicted, c, probs) for c in classes]

    def parts(m: Floats) -> list[Floats]:
        return np.split(m, len(classes))

    def mean_of(m: Floats) -> float:
        return float(np.mean([value(part) for part in parts(m)]))

    def slopes_of(m: Floats) -> Floats:
        return np.concatenate([slopes(part) for part in parts(m)]) / len(classes)

    return Moments(
        f"macro_{name}",
        np.hstack([moments for moments, _ in each]),
        None if probs is None else np.hstack([guesses for _, guesses in each if guesses is not None]),
        mean_of,
        slopes_of,
        bearing=np.column_stack([moments @ _BELOW[name] for moments, _ in each]),
        parts=tuple(of_class(name, y, rows, predicted, c, probs) for c in classes),
    )


def auc(y: Rows, rows: Rows, scores: npt.ArrayLike, class_: int, chances: Floats | None) -> Area:
    """The area under the ROC curve of a class."""
    s = checks.vector("scores", scores).astype(np.float64)
    is_class = y == class_
    if is_class.all() or not is_class.any():
        raise InvalidInput(f"y: must hold labels of class {class_} and of others; all {len(y)} are of one kind.")
    return Area(is_class, s, chances, rows)


def average_precision(y: Rows, rows: Rows, scores: npt.ArrayLike, class_: int, chances: Floats | None) -> Precisions:
    """The mean precision at the items of a class."""
    s = checks.vector("scores", scores).astype(np.float64)
    is_class = y == class_
    if is_class.all() or not is_class.any():
        raise InvalidInput(f"y: must hold labels of class {class_} and of others; all {len(y)} are of one kind.")
    return Precisions(is_class, s, chances, rows)


def _mean(
    name: str,
    values: Floats,
    guess: Floats | None,
    *,
    between: tuple[Floats, Floats] | None = None,
    is_skewed: bool = False,
) -> Moments:
    """A mean of what lies between 0 and 1, or else `between`."""
    return Moments(
        name,
        values[:, None],
        None if guess is None else guess[:, None],
        lambda m: float(m[0]),
        lambda m: np.ones(1),
        in_unit=between is None,
        is_skewed=is_skewed,
        between=between,
    )


def _off(predicted: Floats, bounds: tuple[float, float]) -> tuple[Floats, Floats]:
    """By how much each prediction is off at the least and at the most, of labels within the bounds."""
    low, high = bounds
    return np.maximum(0, np.maximum(low - predicted, predicted - high)), np.maximum(predicted - low, high - predicted)


def _class_moments(
    y: Rows, rows: Rows, predicted: Rows, class_: int, probs: Floats | None
) -> tuple[Floats, Floats | None]:
    """Whether each item is found rightly, predicted, and there.

    How many are predicted is known of the whole pool, yet its share among the labels stands below the ratio where
    nothing is guessed: who draws few predicted ones also draws few found ones.
    """
    said, there = predicted == class_, y == class_
    moments = np.column_stack([said[rows] & there, said[rows], there]).astype(np.float64)
    if probs is None:
        return moments, None
    return moments, np.column_stack([said * probs[:, class_], said, probs[:, class_]])


def _ratio(top: Floats, bottom: Floats) -> tuple[Callable[[Floats], float], Callable[[Floats], Floats]]:
    """A ratio of two sums of means, given by their coefficients; 0 where there is nothing below."""

    def value(m: Floats) -> float:
        below = float(bottom @ m)
        return float(top @ m) / below if below > 0 else 0.0

    def slopes(m: Floats) -> Floats:
        below = float(bottom @ m)
        return (top - value(m) * bottom) / below if below > 0 else np.zeros(len(m))

    return value, slopes


_FOUND, _SAID, _THERE = np.eye(3)
_BELOW = {"precision": _SAID, "recall": _THERE, "f1": _SAID + _THERE}
_RATIOS = {
    "precision": _ratio(_FOUND, _BELOW["precision"]),
    "recall": _ratio(_FOUND, _BELOW["recall"]),
    "f1": _ratio(2 * _FOUND, _BELOW["f1"]),
}
