"""The part of a pool that an estimate is about, and what is estimated of it, from what was said of every item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.metrics import inputs, named
from querist.metrics.designs import Beside, Design, Rounds
from querist.metrics.estimands import Estimand

OF_CLASS = ("share", "precision", "recall", "f1", "auc", "average_precision")
_Ranked = Callable[[Rows, Rows, npt.ArrayLike, int, Floats | None], Estimand]
OF_RANKS: dict[str, _Ranked] = {"auc": named.auc, "average_precision": named.average_precision}
OF_CLASSES = ("accuracy", "macro_precision", "macro_recall", "macro_f1", "brier", "log_loss", "overconfidence")
OF_NUMBERS = ("mean", "mse", "rmse", "mae", "r2")
ESTIMATED = (*OF_CLASS, *OF_CLASSES, *OF_NUMBERS)
_OF_PROBS = {"brier": named.brier, "log_loss": named.log_loss, "overconfidence": named.overconfidence}


@dataclass(frozen=True)
class Said:
    """What was said of every item without looking at its label."""

    predicted: npt.ArrayLike | None
    probs: npt.ArrayLike | None
    scores: npt.ArrayLike | None
    guess: npt.ArrayLike | None
    of_class: int
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True)
class Part:
    """The part of a pool that a number is about: which of its items are labeled, and how these weigh in it."""

    estimand: Estimand
    rows: Rows  # among the items of the part
    labeled: Rows  # which of the design's labels they are
    weights: Floats
    base: Floats  # of each item of the part
    share: float  # of the pool

    @property
    def n_items(self) -> int:
        return len(self.base)

    def covariance(self, design: Design, values: Floats) -> Floats:
        """Of weighted sums over the labels of the part."""
        all_of = np.zeros((len(design.rows), values.shape[1]))
        all_of[self.labeled] = values / self.share
        return design.covariance(all_of)

    def skewness(self, design: Design, values: Floats) -> float:
        """Of a weighted sum over the labels of the part."""
        all_of = np.zeros(len(design.rows))
        all_of[self.labeled] = values / self.share
        return design.skewness(all_of)


def part_of(design: Design, y: npt.ArrayLike, where: npt.ArrayLike | None, said: Said, metric: str) -> Part:
    if metric == "average_precision" and isinstance(design, Rounds):
        raise InvalidInput(
            "design: must be another than a loop's rounds for 'average_precision', since its interval from their few "
            "random draws does not cover; got Rounds. Draw some items blindly, and pass them as `Uniform`."
        )
    inside = np.ones(design.n_items, dtype=bool) if where is None else np.asarray(where)
    if inside.dtype != np.bool_ or inside.shape != (design.n_items,):
        raise InvalidInput(
            f"where: must be true or false for each of {design.n_items} items; got {inside.dtype} of {inside.shape}."
        )
    labels = np.asarray(y)
    inputs.same_length("design", len(design.rows), len(labels))
    labeled = np.flatnonzero(inside[design.rows])
    if len(labeled) < 2:
        raise InvalidInput(
            f"where: must hold at least two labeled items; got {len(labeled)}. Label some of this cohort at random."
        )
    number = np.cumsum(inside) - 1
    rows = number[design.rows[labeled]]
    share = float(inside.mean())
    base = inside.astype(np.float64)
    if isinstance(design, Beside):
        base[design.rows] = 0.0
    base = base[inside] / base.sum()
    estimand = _estimand(metric, labels[labeled], rows, inside, said)
    return Part(estimand, rows, labeled, design.weights()[labeled] / share, base, share)


def _estimand(metric: str, y: npt.NDArray[Any], rows: Rows, inside: Array, said: Said) -> Estimand:
    n = len(inside)
    if metric in OF_NUMBERS:
        guess = None if said.guess is None else checks.numbers("guess", said.guess, n=n)[inside]
        truth, bounds = checks.numbers("y", y), _bounds(y, said.bounds)
        if metric == "mean":
            return named.mean(truth, int(inside.sum()), guess, bounds)
        if said.predicted is None:
            raise InvalidInput(
                f"predicted: must be given for {metric!r}; got none. Pass every item's predicted number."
            )
        numbers = checks.numbers("predicted", said.predicted, n=n)[inside]
        return (
            named.r2(truth, rows, numbers, bounds)
            if metric == "r2"
            else named.errors(metric, truth, rows, numbers, guess, bounds)
        )
    if said.bounds is not None:
        raise InvalidInput(f"bounds: must be left out for {metric!r}, of which they are known; got {said.bounds!r}.")
    probs = None
    if said.probs is not None:
        probs = checks.probabilities("probs", said.probs).astype(np.float64)
        inputs.same_length("probs", len(probs), n)
        probs = probs[inside]
    labels = inputs.class_numbers("y", y, None if probs is None else probs.shape[1])
    return _of_classes(metric, labels, rows, inside, probs, said)


def _of_classes(metric: str, y: Rows, rows: Rows, inside: Array, probs: Floats | None, said: Said) -> Estimand:
    class_ = said.of_class
    if class_ < 0 or (probs is not None and class_ >= probs.shape[1]):
        most = "" if probs is None else probs.shape[1] - 1
        raise InvalidInput(f"of_class: must be a class number in 0..{most}; got {class_}. Pass one of these.")
    if metric == "share":
        return named.share(y, class_, probs)
    if metric in OF_RANKS:
        chances = None if probs is None else probs[:, class_]
        if said.scores is not None:
            scores = checks.vector("scores", said.scores, n=len(inside))[inside]
            return OF_RANKS[metric](y, rows, scores, class_, chances)
        if chances is None:
            raise InvalidInput(
                f"scores: must be given for {metric!r}, or probs; got neither. Pass what ranks the items."
            )
        return OF_RANKS[metric](y, rows, chances, class_, chances)
    if metric in _OF_PROBS:
        if probs is None:
            raise InvalidInput(f"probs: must be given for {metric!r}; got none. Pass every item's class probabilities.")
        return _OF_PROBS[metric](y, rows, probs)
    if said.predicted is not None:
        predicted = inputs.class_numbers("predicted", said.predicted, None if probs is None else probs.shape[1])
        inputs.same_length("predicted", len(predicted), len(inside))
        predicted = predicted[inside]
    elif probs is not None:
        predicted = probs.argmax(axis=1)
    else:
        raise InvalidInput(f"predicted: must be given for {metric!r}, or probs; got neither. Pass every item's class.")
    if metric == "accuracy":
        return named.accuracy(y, rows, predicted, probs)
    if metric.startswith("macro_"):
        n_classes = int(max(y.max(), predicted.max())) + 1 if probs is None else probs.shape[1]
        return named.macro(metric.removeprefix("macro_"), y, rows, predicted, n_classes, probs)
    return named.of_class(metric, y, rows, predicted, class_, probs)


def _bounds(y: npt.NDArray[Any], bounds: tuple[float, float] | None) -> tuple[float, float]:
    """Between what every label lies, seen or not."""
    if bounds is None:
        return (0.0, 1.0) if y.dtype == np.bool_ else (-np.inf, np.inf)
    low, high = (float(end) for end in bounds)
    if not low < high:
        raise InvalidInput(f"bounds: must be the least and the most that a label can be; got {low:g} and {high:g}.")
    outside = y[(y < low) | (y > high)]
    if outside.size:
        raise InvalidInput(
            f"bounds: must hold every label, {low:g} to {high:g}; got a label of {outside[0]:g} ({outside.size} "
            "outside). Leave them out where nothing is known."
        )
    return low, high
