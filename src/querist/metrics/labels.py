"""How good predictions are where several labels may hold of one item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.metrics import ranked
from querist.metrics.inputs import same_length
from querist.metrics.scores import PerClass


def evaluate_labels(y: npt.ArrayLike, probs: npt.ArrayLike, *, classes: Sequence[str]) -> dict[str, float]:
    """The scores of `METRICS["labels"]`, without those that are undefined.

    A label is predicted where its probability is above one half. `micro_f1` counts hits over all labels together,
    `macro_f1` is the mean over the labels that occur in the truth or among the predictions, `subset_accuracy` the share
    of items with every label right, `label_accuracy` the share of single decisions that are right (one minus the
    Hamming loss), and `average_precision` the mean over the labels that some item has.

    Parameters
    ----------
    y : (n_items, n_labels) bool
        Which labels hold.
    probs : (n_items, n_labels) float
        The probability of each.
    classes : sequence of str
        The labels' names.

    Raises
    ------
    InvalidInput
        If the arrays are not of the same items and labels.

    Examples
    --------
    >>> found = evaluate_labels([[1, 0], [1, 1]], [[0.9, 0.2], [0.8, 0.4]], classes=["a", "b"])
    >>> round(found["micro_f1"], 4), found["subset_accuracy"], found["label_accuracy"]  # 2 hits, 1 missed
    (0.8, 0.5, 0.75)
    """
    held, p = _inputs(y, probs, len(classes))
    guessed = p > 0.5
    found = per_label(held, guessed)
    hits, support, n_predicted = (held & guessed).sum(), held.sum(), guessed.sum()
    scores = {
        "subset_accuracy": float((held == guessed).all(axis=1).mean()),
        "label_accuracy": float((held == guessed).mean()),
    }
    if support + n_predicted:
        scores["micro_f1"] = float(2 * hits / (support + n_predicted))
        scores["macro_f1"] = float(found.f1[(found.support > 0) | (found.n_predicted > 0)].mean())
    precisions = [ranked.average_precision(held[:, c], p[:, c]) for c in range(p.shape[1])]
    if known := [precision for precision in precisions if precision is not None]:
        scores["average_precision"] = float(np.mean(known))
    return scores


def per_label(y: npt.ArrayLike, predicted: npt.ArrayLike) -> PerClass:
    """Precision, recall and F1 of each label, and how many items truly have it.

    Parameters
    ----------
    y, predicted : (n_items, n_labels) bool

    Examples
    --------
    >>> per_label([[1, 0], [1, 1]], [[1, 0], [0, 1]]).recall.tolist()
    [0.5, 1.0]
    """
    held, guessed = np.asarray(y, dtype=bool), np.asarray(predicted, dtype=bool)
    hits, support, n_predicted = (held & guessed).sum(axis=0), held.sum(axis=0), guessed.sum(axis=0)
    return PerClass.of_counts(hits, support, n_predicted)


def _inputs(y: npt.ArrayLike, probs: npt.ArrayLike, n_labels: int) -> tuple[npt.NDArray[np.bool_], Floats]:
    held, p = np.asarray(y), checks.features("probs", probs).astype(np.float64)
    if held.ndim != 2 or held.dtype.kind not in "biu" or not len(held) or held.shape[1] != n_labels:
        raise InvalidInput(
            f"y: must be true or false for at least one item and {n_labels} labels; got {held.dtype} of shape "
            f"{held.shape}. Encode answers with the schema first."
        )
    same_length("probs", len(p), len(held))
    if p.shape != held.shape:
        raise InvalidInput(f"probs: must have a column for each of the {n_labels} labels; got shape {p.shape}.")
    return held > 0, p
