"""What every score checks of its arguments, once, at its door."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput


def class_numbers(name: str, values: npt.ArrayLike, n_classes: int | None = None) -> Rows:
    """`values` as class numbers (n_items,), at least one, each in [0, n_classes).

    Raises
    ------
    InvalidInput
        If it is empty, not 1-D, not whole numbers, or holds a number outside the classes.
    """
    a = np.asarray(values)
    if a.ndim != 1 or a.size == 0 or a.dtype.kind not in "biu":
        raise InvalidInput(
            f"{name}: must be 1-D class numbers of at least one item; got {a.dtype} of shape {a.shape}. "
            "Encode labels with the schema first."
        )
    y = a.astype(np.int64)
    outside = np.flatnonzero((y < 0) | (y >= n_classes)) if n_classes is not None else np.flatnonzero(y < 0)
    if outside.size:
        most = "" if n_classes is None else n_classes - 1
        raise InvalidInput(
            f"{name}: must lie in 0..{most}; row {outside[0]} is {y[outside[0]]} ({outside.size} outside). "
            "Encode with the schema that the probabilities have."
        )
    return y


def truth_and_probs(y: npt.ArrayLike, probs: npt.ArrayLike) -> tuple[Rows, Floats]:
    """The truth and the probabilities of the same items, in float64."""
    p = checks.probabilities("probs", probs).astype(np.float64)
    labels = class_numbers("y", y, p.shape[1])
    same_length("probs", len(p), len(labels))
    return labels, p


def truth_and_predicted(
    y: npt.ArrayLike, predicted: npt.ArrayLike, n_classes: int | None = None
) -> tuple[Rows, Rows, int]:
    """The truth and the predicted class of the same items, and how many classes there are."""
    labels, guesses = class_numbers("y", y, n_classes), class_numbers("predicted", predicted, n_classes)
    same_length("predicted", len(guesses), len(labels))
    return labels, guesses, n_classes or int(max(labels.max(), guesses.max())) + 1


def truth_and_numbers(y: npt.ArrayLike, predicted: npt.ArrayLike) -> tuple[Floats, Floats]:
    """The true and the predicted numbers of the same items, in float64."""
    truth = checks.numbers("y", y)
    if not len(truth):
        raise InvalidInput("y: must hold at least one item; got none. Evaluate on a test set that is not empty.")
    return truth, checks.numbers("predicted", predicted, n=len(truth))


def same_length(name: str, got: int, wanted: int) -> None:
    """Refuse arrays that are not about the same items."""
    if got != wanted:
        raise InvalidInput(f"{name}: must have one row per item of y, {wanted}; got {got}. Pass the same items.")
