"""What every task's answers must be able to say to a model: a `Kind`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from querist.core.answers import Code
from querist.core.checks import Array, Rows
from querist.core.errors import OneClassOnly
from querist.core.items import take
from querist.core.ports import Learner, Model
from querist.core.rng import generator
from querist.core.schema import Schema, Task
from querist.core.signals import Signals
from querist.learners import fold_outputs
from querist.loop.coldstart import Trust, no_trust
from querist.modeling.fitting import Standing
from querist.modeling.pool import Pool

FOLDS = 5
PROBE_DIGITS = 4  # predictions are compared to this many: other processors round differently further down
Sources = dict[str, Callable[[], Array]]


@dataclass(frozen=True, slots=True)
class Detail:
    """What a report shows of a model beside its metrics; empty where the task has no such thing."""

    per_class: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    calibration: tuple[tuple[float, float, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, without what is empty."""
        body: dict[str, Any] = {"per_class": dict(self.per_class)} if self.per_class else {}
        return body | ({"calibration": [list(row) for row in self.calibration]} if self.calibration else {})


class Kind(ABC):
    """The answers of one task; `learns` says whether any model learns them."""

    task: ClassVar[Task]
    learns: ClassVar[bool] = True

    @abstractmethod
    def array(self, codes: Sequence[Any], n_classes: int) -> Array:
        """Codes of the schema as what a learner reads, a row per item."""

    def learned(self, code: Code) -> Code:
        """What a model learns of an answer's code: by default all of it."""
        return code

    def check(self, y: Array) -> None:
        """See that there is something to learn.

        Raises
        ------
        OneClassOnly
            If all answers are alike, where that leaves nothing to learn.
        """
        return

    @abstractmethod
    def predict(self, model: Model, X: Any) -> Any:
        """What the model says of items, in the form that `evaluate` takes."""

    @abstractmethod
    def guess(self, y: Array, n_items: int, n_classes: int) -> Any:
        """As `predict`, from the labels alone, where there is no model yet."""

    @abstractmethod
    def evaluate(self, truth: Array, predicted: Any, classes: Sequence[str]) -> dict[str, float]:
        """The task's metrics."""

    @abstractmethod
    def trusted(self, predicted: Any, y: Array, n_classes: int) -> Trust:
        """Whether predictions from folds that did not see the items beat guessing."""

    @abstractmethod
    def sources(self, now: Standing) -> Sources:
        """The signals that only this task has."""

    def detail(self, truth: Array, predicted: Any, classes: Sequence[str]) -> Detail:
        """What else a report shows of a model."""
        return Detail()

    def suggest(self, known: Signals, rows: Rows, schema: Schema) -> list[dict[str, Any] | None]:
        """What the model would answer of these rows, and how sure it is, where its say is at hand; else None."""
        return [None] * len(rows)

    def trust(
        self, learner: Learner, pool: Pool, rows: Rows, y: Array, *, n_classes: int, seed: int, number: int
    ) -> Trust:
        """What cross-validation on the labeled rows says of the learner."""
        if (found := self.unmeasured(y)) is not None:
            return found
        try:
            predicted, folded = fold_outputs(
                learner,
                take(pool.features, rows),
                y,
                self.predict,
                n_classes=n_classes,
                rng=generator(seed, "trust", number),
                n_folds=self.n_folds(n_classes),
            )
        except OneClassOnly:
            return no_trust("all labeled items are of one class")
        return self.trusted(predicted, y[folded], n_classes)

    def unmeasured(self, y: Array) -> Trust | None:
        """What is to be said of trust where these labels are such that cross-validation can say nothing."""
        return None

    def n_folds(self, n_classes: int) -> int:
        """Folds of the cross-validation that trust goes by."""
        return FOLDS

    def plain(self, predicted: Any) -> Any:
        """Predictions as plain JSON, rounded, by which two fits are told apart."""
        return (np.round(predicted.astype(np.float64), PROBE_DIGITS) + 0.0).tolist()


def suggested(value: Any, score: float) -> dict[str, Any]:
    """What a model would answer, as it is kept beside a question."""
    return {"value": value, "score": round(float(score), 6)}


def scattered(n_items: int, rows: Rows, y: Array) -> Array:
    """Answers of these rows among all items; what is elsewhere means nothing."""
    out = np.zeros((n_items, *y.shape[1:]), dtype=y.dtype)
    out[rows] = y
    return out
