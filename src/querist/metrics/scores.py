"""How good predictions are, as single numbers. Pure NumPy; a score that is undefined is None, never NaN.

Rules for a class that is missing, the same everywhere: a recall needs the class in the truth, a precision needs it
among the predictions, an F1 needs it in one of them, an area under the ROC curve needs items both in and out of the
class, an average precision needs one item in it. Means over classes are over those where the score is defined; only
within an F1 does a class that was never predicted count, as 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.schema import Task
from querist.metrics import inputs, ranked
from querist.metrics.calibration import ece

OF_CLASSES = ("accuracy", "balanced_accuracy", "macro_f1", "auc", "average_precision", "log_loss", "brier", "ece")
METRICS: Mapping[Task, tuple[str, ...]] = {
    "choice": OF_CLASSES,
    "pair": OF_CLASSES,
    "review": OF_CLASSES,
    "labels": ("macro_f1", "micro_f1", "subset_accuracy", "label_accuracy", "average_precision"),
    "spans": ("span_f1", "span_precision", "span_recall", "span_macro_f1", "character_f1"),
    "boxes": ("box_ap", "box_f1", "box_precision", "box_recall"),
    "number": ("r2", "rmse"),
    "rating": ("quadratic_kappa", "mae", "r2", "accuracy", "macro_f1", "log_loss", "ece"),
    "polygons": (),
    "ranking": (),
    "text": (),
}  # what `evaluate` and its like give; nothing where no model learns the answers
_ENDS = {
    "r2": (-math.inf, 1.0),
    "quadratic_kappa": (-1.0, 1.0),
    "rmse": (0.0, math.inf),
    "mae": (0.0, math.inf),
    "log_loss": (0.0, math.inf),
    "brier": (0.0, 2.0),
}


def ends_of(metric: str) -> tuple[float, float]:
    """The least and the most that one of `METRICS` can be.

    Examples
    --------
    >>> ends_of("accuracy"), ends_of("r2")
    ((0.0, 1.0), (-inf, 1.0))
    """
    return _ENDS.get(metric, (0.0, 1.0))


@dataclass(frozen=True, slots=True)
class PerClass:
    """Precision, recall, F1 and support of each class, as arrays (n_classes,).

    Where a score is undefined the array holds 0; `named` leaves it out instead.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: Rows
    n_predicted: Rows

    @classmethod
    def of_counts(cls, hits: Rows, support: Rows, n_predicted: Rows) -> PerClass:
        """The scores of each class, of how often it was found rightly, was there, and was predicted.

        Examples
        --------
        >>> PerClass.of_counts(np.array([1]), np.array([2]), np.array([4])).f1.round(3).tolist()  # 2 * 1 / (2 + 4)
        [0.333]
        """
        precision, recall = _ratio(hits, n_predicted), _ratio(hits, support)
        return cls(precision, recall, _ratio(2 * hits, support + n_predicted), support, n_predicted)

    def named(self, classes: Sequence[str]) -> dict[str, dict[str, float]]:
        """The same by class name, without what is undefined."""
        if len(classes) != len(self.support):
            raise InvalidInput(
                f"classes: must name all {len(self.support)} classes; got {len(classes)} names. Pass the schema's."
            )
        table: dict[str, dict[str, float]] = {}
        for c, name in enumerate(classes):
            row = {"support": float(self.support[c])}
            if self.n_predicted[c]:
                row["precision"] = float(self.precision[c])
            if self.support[c]:
                row["recall"] = float(self.recall[c])
            if self.support[c] or self.n_predicted[c]:
                row["f1"] = float(self.f1[c])
            table[name] = row
        return table


def accuracy(y: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Share of items whose predicted class is the true one.

    Examples
    --------
    >>> accuracy([0, 1, 1, 2], [0, 1, 2, 2])
    0.75
    """
    truth, guesses, _ = inputs.truth_and_predicted(y, predicted)
    return float(np.mean(truth == guesses))


def per_class(y: npt.ArrayLike, predicted: npt.ArrayLike, n_classes: int) -> PerClass:
    """Precision, recall and F1 of each class, and how many items truly are of it.

    Examples
    --------
    >>> found = per_class([0, 0, 1, 1], [0, 1, 1, 1], 3)
    >>> found.recall.tolist(), found.support.tolist()
    ([0.5, 1.0, 0.0], [2, 2, 0])
    >>> found.named(["cat", "dog", "owl"])["owl"]
    {'support': 0.0}
    """
    truth, guesses, _ = inputs.truth_and_predicted(y, predicted, n_classes)
    hits = np.bincount(truth[truth == guesses], minlength=n_classes)
    support = np.bincount(truth, minlength=n_classes)
    n_predicted = np.bincount(guesses, minlength=n_classes)
    return PerClass.of_counts(hits, support, n_predicted)


def balanced_accuracy(y: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Mean recall over the classes that occur in the truth: a rare class weighs as much as a common one.

    Examples
    --------
    >>> balanced_accuracy([0, 0, 0, 1], [0, 0, 0, 0])
    0.5
    """
    found = per_class(y, predicted, inputs.truth_and_predicted(y, predicted)[2])
    return float(found.recall[found.support > 0].mean())


def macro_f1(y: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Mean F1 over the classes that occur in the truth or among the predictions.

    Examples
    --------
    >>> round(macro_f1([0, 0, 1, 1], [0, 1, 1, 1]), 4)  # F1 of 2/3 and 4/5
    0.7333
    """
    found = per_class(y, predicted, inputs.truth_and_predicted(y, predicted)[2])
    return float(found.f1[(found.support > 0) | (found.n_predicted > 0)].mean())


def roc_auc(y: npt.ArrayLike, probs: npt.ArrayLike) -> float | None:
    """Chance that an item of the class is scored above one that is not, ties counting half.

    Of class 1 where there are two classes; else the mean over classes, each against the rest. None where no class
    has items both in and out of it.

    Examples
    --------
    >>> roc_auc([0, 0, 1, 1], [[0.9, 0.1], [0.5, 0.5], [0.5, 0.5], [0.2, 0.8]])  # 3.5 of 4 pairs in order
    0.875
    """
    truth, p = inputs.truth_and_probs(y, probs)
    return _over_classes(truth, p, ranked.auc)


def average_precision(y: npt.ArrayLike, probs: npt.ArrayLike) -> float | None:
    """Precision at each newly found item of the class, averaged: sum of (R_n - R_{n-1}) P_n over thresholds.

    Of class 1 where there are two classes; else the mean over classes, each against the rest. Without
    interpolation, as scikit-learn has it. None where no class has an item.

    Examples
    --------
    >>> round(average_precision([1, 0, 1], [[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]), 4)  # (1 + 2/3) / 2
    0.8333
    """
    truth, p = inputs.truth_and_probs(y, probs)
    return _over_classes(truth, p, ranked.average_precision)


def log_loss(y: npt.ArrayLike, probs: npt.ArrayLike) -> float:
    """Mean of -log of the true class's probability, in nats; a probability of 0 counts as the smallest step above it.

    Examples
    --------
    >>> round(log_loss([0, 1], [[0.5, 0.5], [0.0, 1.0]]), 4)  # log(2) / 2
    0.3466
    """
    truth, p = inputs.truth_and_probs(y, probs)
    eps = np.finfo(np.float64).eps
    return float(-np.log(np.clip(p[np.arange(len(truth)), truth], eps, 1 - eps)).mean())


def brier(y: npt.ArrayLike, probs: npt.ArrayLike) -> float:
    """Squared distance between the probabilities and the truth, summed over classes: 0 is perfect, 2 the worst.

    Brier's own form (1950), for two classes as for many: with two it is twice the one-column form.

    Examples
    --------
    >>> brier([0, 1], [[1.0, 0.0], [0.5, 0.5]])
    0.25
    """
    truth, p = inputs.truth_and_probs(y, probs)
    return float(np.mean(np.sum((p - np.eye(p.shape[1])[truth]) ** 2, axis=1)))


def r2(y: npt.ArrayLike, predicted: npt.ArrayLike) -> float | None:
    """Share of the truth's variance that the predictions explain; None where the truth does not vary.

    Examples
    --------
    >>> r2([1.0, 2.0, 3.0], [1.0, 2.0, 2.0])
    0.5
    """
    truth, guesses = inputs.truth_and_numbers(y, predicted)
    total = float(np.sum((truth - truth.mean()) ** 2))
    return None if total == 0 else 1 - float(np.sum((truth - guesses) ** 2)) / total


def rmse(y: npt.ArrayLike, predicted: npt.ArrayLike) -> float:
    """Root of the mean squared error, in the unit of `y`.

    Examples
    --------
    >>> rmse([1.0, 2.0], [1.0, 4.0])  # root of (0 + 4) / 2
    1.4142135623730951
    """
    truth, guesses = inputs.truth_and_numbers(y, predicted)
    return float(np.sqrt(np.mean((truth - guesses) ** 2)))


def token_f1(y: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float | None:
    """F1 of spans found exactly, over sequences of IOB2 tags, each span counting once (micro).

    A span counts where kind, start and end all agree. `B-x` opens a span, `I-x` goes on with one of its kind, anything
    else ends it; an `I-x` with nothing to go on with opens a span, as in CoNLL's own scorer. None where neither side
    holds a span.

    Raises
    ------
    InvalidInput
        If the sequences differ in number or length, or a tag is not `O`, `B-kind` or `I-kind`.

    Examples
    --------
    >>> token_f1([["B-PER", "I-PER", "O", "B-LOC"]], [["B-PER", "I-PER", "O", "B-ORG"]])  # one of two, both ways
    0.5
    """
    if len(y) != len(predicted):
        raise InvalidInput(f"predicted: must have {len(y)} sequences as y has; got {len(predicted)}. Pass the same.")
    hits = n_true = n_predicted = 0
    for row, (truth, guesses) in enumerate(zip(y, predicted, strict=True)):
        if len(truth) != len(guesses):
            raise InvalidInput(
                f"predicted: must tag every token; sequence {row} has {len(truth)} tokens and {len(guesses)} tags. "
                "Split both into the same tokens."
            )
        there, found = _spans("y", row, truth), _spans("predicted", row, guesses)
        hits += len(there & found)
        n_true += len(there)
        n_predicted += len(found)
    return 2 * hits / (n_true + n_predicted) if n_true + n_predicted else None


def evaluate(y: npt.ArrayLike, probs: npt.ArrayLike, *, classes: Sequence[str]) -> dict[str, float]:
    """The standard scores of a classifier on one test set.

    Parameters
    ----------
    y : (n_items,) int
        True class numbers.
    probs : (n_items, n_classes) float
        The model's probabilities; the predicted class is the most probable one, the first of equals.
    classes : sequence of str
        The classes' names, one per column.

    Returns
    -------
    dict
        accuracy, balanced_accuracy, macro_f1, auc, average_precision, log_loss, brier, ece. A score that is undefined
        on this test set is left out.

    Examples
    --------
    >>> scores = evaluate([0, 0], [[0.9, 0.1], [0.4, 0.6]], classes=["ham", "spam"])
    >>> scores["accuracy"], "auc" in scores
    (0.5, False)
    """
    truth, p = inputs.truth_and_probs(y, probs)
    if len(classes) != p.shape[1]:
        raise InvalidInput(f"classes: must name all {p.shape[1]} columns; got {len(classes)} names. Pass the schema's.")
    predicted = p.argmax(axis=1)
    return _defined(
        {
            "accuracy": accuracy(truth, predicted),
            "balanced_accuracy": balanced_accuracy(truth, predicted),
            "macro_f1": macro_f1(truth, predicted),
            "auc": roc_auc(truth, p),
            "average_precision": average_precision(truth, p),
            "log_loss": log_loss(truth, p),
            "brier": brier(truth, p),
            "ece": ece(truth, p),
        }
    )


def evaluate_number(y: npt.ArrayLike, predicted: npt.ArrayLike) -> dict[str, float]:
    """The standard scores of predicted numbers: r2 and rmse; r2 is left out where the truth does not vary.

    Examples
    --------
    >>> evaluate_number([2.0, 2.0], [2.0, 2.0])
    {'rmse': 0.0}
    """
    return _defined({"r2": r2(y, predicted), "rmse": rmse(y, predicted)})


def _ratio(part: Array, whole: Array) -> Floats:
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _defined(values: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}


def _over_classes(truth: Rows, p: Floats, score: Callable[[Array, Floats], float | None]) -> float | None:
    columns = [1] if p.shape[1] == 2 else range(p.shape[1])
    found = [value for c in columns if (value := score(truth == c, p[:, c])) is not None]
    return float(np.mean(found)) if found else None


def _spans(name: str, row: int, tags: Sequence[str]) -> set[tuple[str, int, int]]:
    spans: set[tuple[str, int, int]] = set()
    kind, start = "", 0
    for at, tag in enumerate([*tags, "O"]):
        mark, dash, of = tag.partition("-")
        if tag != "O" and (mark not in ("B", "I") or not dash or not of):
            raise InvalidInput(
                f"{name}: must hold IOB2 tags, O, B-kind or I-kind; sequence {row}, token {at} is {tag!r}. "
                "Convert the tags first."
            )
        if kind and (mark != "I" or of != kind):
            spans.add((kind, start, at))
            kind = ""
        if of and not kind:
            kind, start = of, at
    return spans
