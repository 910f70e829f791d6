"""What a choice, labels, spans, boxes and a number are to a model: how they become an array, what is predicted of them,
and how that is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from querist.core.answers import as_objects
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import OneClassOnly
from querist.core.ports import Classifies, Detects, Model, Predicts, ProbesLabels, Tags
from querist.core.schema import Schema, Task
from querist.core.signals import Signals
from querist.loop.coldstart import (
    Trust,
    trust_classes,
    trust_labels,
    trust_numbers,
    trust_scattered,
    trust_sets,
)
from querist.metrics import (
    evaluate,
    evaluate_boxes,
    evaluate_labels,
    evaluate_number,
    evaluate_spans,
    per_class,
    per_class_spans,
    per_label,
    reliability,
    right_boxes,
)
from querist.modeling.fitting import Standing, head_of, lacks, members_of, tag_members_of, unseen_of
from querist.modeling.kind import FOLDS, PROBE_DIGITS, Detail, Kind, Sources, scattered, suggested
from querist.modeling.pool import zero_shot_prior

FEW_FOLDS = 2
MANY_LABELS = 50  # each is a fit of its own in every fold: from here on few folds must do
SURE = 0.5  # score from which on a box counts


class Choice(Kind):
    """One of the classes."""

    task: ClassVar[Task] = "choice"

    def array(self, codes: Sequence[Any], n_classes: int) -> Array:
        return np.array(codes, dtype=np.int64)

    def check(self, y: Array) -> None:
        if len(np.unique(y)) < 2:
            raise OneClassOnly

    def predict(self, model: Model, X: Any) -> Floats:
        return model.predict_proba(X) if isinstance(model, Classifies) else lacks("predict_proba", model)

    def guess(self, y: Array, n_items: int, n_classes: int) -> Floats:
        shares = np.bincount(y, minlength=n_classes) + 1.0
        return np.tile(shares / shares.sum(), (n_items, 1))

    def evaluate(self, truth: Array, predicted: Any, classes: Sequence[str]) -> dict[str, float]:
        return evaluate(truth, predicted, classes=classes)

    def detail(self, truth: Array, predicted: Any, classes: Sequence[str]) -> Detail:
        found = per_class(truth, predicted.argmax(axis=1), len(classes))
        return Detail(found.named(classes), tuple(reliability(truth, predicted)))

    def suggest(self, known: Signals, rows: Rows, schema: Schema) -> list[dict[str, Any] | None]:
        if not known.ready("probs"):
            return [None] * len(rows)
        probs = known.get("probs")[rows]
        best = probs.argmax(axis=1)
        return [suggested(schema.classes[c], probs[i, c]) for i, c in enumerate(best.tolist())]

    def unmeasured(self, y: Array) -> Trust | None:
        return trust_scattered(y)

    def trusted(self, predicted: Any, y: Array, n_classes: int) -> Trust:
        return trust_classes(predicted, y)

    def sources(self, now: Standing) -> Sources:
        pool, model = now.pool, now.model
        found: Sources = {"labels": lambda: scattered(pool.n_items, *now.known())}
        if pool.embed is not None:
            found["prior"] = lambda: zero_shot_prior(pool, now.schema.classes)
        if now.answers is not None:
            found["answers"] = now.answers
        if model is not None:
            found["probs"] = lambda: self._probs(now, model)
            found["members"] = lambda: members_of(now)
            found["head"] = lambda: head_of(now)
        return found

    def _probs(self, now: Standing, model: Model) -> Floats:
        probs = self.predict(model, now.pool.features)
        return unseen_of(now, probs) if now.unseen else probs


class Number(Kind):
    """A number."""

    task = "number"

    def array(self, codes: Sequence[Any], n_classes: int) -> Array:
        return np.array(codes, dtype=np.float64)

    def predict(self, model: Model, X: Any) -> Floats:
        return model.predict(X) if isinstance(model, Predicts) else lacks("predict", model)

    def guess(self, y: Array, n_items: int, n_classes: int) -> Floats:
        return np.full(n_items, y.mean())

    def evaluate(self, truth: Array, predicted: Any, classes: Sequence[str]) -> dict[str, float]:
        return evaluate_number(truth, predicted)

    def trusted(self, predicted: Any, y: Array, n_classes: int) -> Trust:
        return trust_numbers(predicted, y)

    def sources(self, now: Standing) -> Sources:
        pool, model = now.pool, now.model
        found: Sources = {"labels": lambda: scattered(pool.n_items, *now.known())}
        if model is not None:
            found["predictions"] = lambda: self.predict(model, pool.features)
            found["member_predictions"] = lambda: members_of(now)
        return found


class Labels(Kind):
    """Any of the classes, together or none."""

    task = "labels"

    def array(self, codes: Sequence[Any], n_classes: int) -> Array:
        held = np.zeros((len(codes), n_classes), dtype=bool)
        for row, code in enumerate(codes):
            held[row, list(code)] = True
        return held

    def check(self, y: Array) -> None:
        if bool((y == y[0]).all()):
            raise OneClassOnly(
                "All answers so far name the same labels, so there is nothing to learn. Label other items."
            )

    def predict(self, model: Model, X: Any) -> Floats:
        return model.label_probs(X) if isinstance(model, ProbesLabels) else lacks("label_probs", model)

    def guess(self, y: Array, n_items: int, n_classes: int) -> Floats:
        return np.tile((y.sum(axis=0) + 1) / (len(y) + 2), (n_items, 1))

    def evaluate(self, truth: Array, predicted: Any, classes: Sequence[str]) -> dict[str, float]:
        return evaluate_labels(truth, predicted, classes=classes)

    def detail(self, truth: Array, predicted: Any, classes: Sequence[str]) -> Detail:
        return Detail(per_label(truth, predicted > 0.5).named(classes))

    def suggest(self, known: Signals, rows: Rows, schema: Schema) -> list[dict[str, Any] | None]:
        if not known.ready("label_probs"):
            return [None] * len(rows)
        probs = known.get("label_probs")[rows]
        held = probs > 0.5
        sure = np.maximum(probs, 1 - probs).min(axis=1)  # of the label that it knows least about
        answers = [schema.decode(np.flatnonzero(row).tolist()) for row in held]
        return [suggested(answer, score) for answer, score in zip(answers, sure, strict=True)]

    def n_folds(self, n_classes: int) -> int:
        return FEW_FOLDS if n_classes > MANY_LABELS else FOLDS

    def trusted(self, predicted: Any, y: Array, n_classes: int) -> Trust:
        return trust_labels(predicted, y)

    def sources(self, now: Standing) -> Sources:
        pool, model = now.pool, now.model
        found: Sources = {"label_matrix": lambda: scattered(pool.n_items, *now.known())}
        if model is not None:
            found["label_probs"] = lambda: self.predict(model, pool.features)
        return found


class Spans(Kind):
    """Stretches of a text, each of a class."""

    task = "spans"

    def array(self, codes: Sequence[Any], n_classes: int) -> Array:
        return as_objects(codes)

    def predict(self, model: Model, X: Any) -> Array:
        return model.predict_spans(X) if isinstance(model, Tags) else lacks("predict_spans", model)

    def guess(self, y: Array, n_items: int, n_classes: int) -> Array:
        return as_objects([()] * n_items)

    def evaluate(self, truth: Array, predicted: Any, classes: Sequence[str]) -> dict[str, float]:
        return evaluate_spans(truth, predicted, classes=classes)

    def detail(self, truth: Array, predicted: Any, classes: Sequence[str]) -> Detail:
        return Detail(per_class_spans(truth, predicted, len(classes)).named(classes))

    def trusted(self, predicted: Any, y: Array, n_classes: int) -> Trust:
        hits, by_chance = (_shared(truth, predicted) for truth in (y, np.roll(y, 1)))
        return trust_sets(hits, by_chance, n_true=_n_parts(y), n_predicted=_n_parts(predicted))

    def sources(self, now: Standing) -> Sources:
        pool, model = now.pool, now.model
        if model is None:
            return {}
        return {
            "tokens": lambda: model.tokens(pool.features) if isinstance(model, Tags) else lacks("tokens", model),
            "member_tokens": lambda: tag_members_of(now),
        }

    def plain(self, predicted: Any) -> Any:
        return [[list(span) for span in spans] for spans in predicted]


class Boxes(Kind):
    """A prediction is, for each item, its boxes and their scores."""

    task = "boxes"

    def array(self, codes: Sequence[Any], n_classes: int) -> Array:
        return as_objects(codes)

    def predict(self, model: Model, X: Any) -> Array:
        if not isinstance(model, Detects):
            return lacks("scored_boxes", model)
        return as_objects(list(zip(*model.scored_boxes(X), strict=True)))

    def guess(self, y: Array, n_items: int, n_classes: int) -> Array:
        return as_objects([((), np.empty(0))] * n_items)

    def evaluate(self, truth: Array, predicted: Any, classes: Sequence[str]) -> dict[str, float]:
        boxes, scores = zip(*predicted, strict=True)
        return evaluate_boxes(truth, boxes, scores, classes=classes, threshold=SURE)

    def trusted(self, predicted: Any, y: Array, n_classes: int) -> Trust:
        boxes, scores = zip(*predicted, strict=True) if len(predicted) else ((), ())
        hits = right_boxes(y, boxes, scores, n_classes=n_classes, threshold=SURE)
        by_chance = right_boxes(np.roll(y, 1), boxes, scores, n_classes=n_classes, threshold=SURE)
        n_predicted = sum(int(np.sum(np.asarray(each) >= SURE)) for each in scores)
        return trust_sets(hits, by_chance, n_true=_n_parts(y), n_predicted=n_predicted)

    def sources(self, now: Standing) -> Sources:
        pool, model = now.pool, now.model
        if model is None:
            return {}
        return {"boxes": lambda: model.boxes(pool.features) if isinstance(model, Detects) else lacks("boxes", model)}

    def plain(self, predicted: Any) -> Any:
        return [
            [[round(float(side), PROBE_DIGITS) for side in (*box, score)] for box, score in zip(*item, strict=True)]
            for item in predicted
        ]


def _shared(truth: Array, predicted: Array) -> Rows:
    return np.array([len({*there} & {*found}) for there, found in zip(truth, predicted, strict=True)], dtype=np.int64)


def _n_parts(answers: Array) -> int:
    return sum(map(len, answers))
