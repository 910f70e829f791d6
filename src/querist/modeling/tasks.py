"""Every task's `Kind`: those that have one of their own, those learned as a choice, and those that no model learns.

The loop, the simulation and the service ask a `Kind` instead of asking which task they have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NoReturn

import numpy as np

from querist.core.answers import Code, as_objects
from querist.core.checks import Array, Rows
from querist.core.errors import UnsuitableLearner
from querist.core.ports import Model
from querist.core.schema import Schema, Task
from querist.core.signals import Signals
from querist.loop.coldstart import Trust, no_trust, trust_numbers
from querist.metrics import evaluate_ratings, expected_levels, middle_levels, per_class, reliability
from querist.modeling.fitting import Standing
from querist.modeling.kind import Detail, Kind, Sources, suggested
from querist.modeling.kinds import Boxes, Choice, Labels, Number, Spans


class Pair(Choice):
    """Which of two is better: a choice whose classes have no names that would say anything beforehand."""

    task: ClassVar[Task] = "pair"

    def sources(self, now: Standing) -> Sources:
        return {name: source for name, source in super().sources(now).items() if name != "prior"}


class Rating(Pair):
    """A whole number within ends: a choice of levels that are in order (docs/decisions/0010-more-tasks.md)."""

    task: ClassVar[Task] = "rating"

    def evaluate(self, truth: Array, predicted: Any, classes: Sequence[str]) -> dict[str, float]:
        return evaluate_ratings(truth, predicted, levels=classes)

    def detail(self, truth: Array, predicted: Any, classes: Sequence[str]) -> Detail:
        found = per_class(truth, middle_levels(predicted), len(classes))
        return Detail(found.named(classes), tuple(reliability(truth, predicted)))

    def suggest(self, known: Signals, rows: Rows, schema: Schema) -> list[dict[str, Any] | None]:
        if not known.ready("probs"):
            return [None] * len(rows)
        probs = known.get("probs")[rows]
        return [suggested(schema.decode(c), probs[i, c]) for i, c in enumerate(middle_levels(probs).tolist())]

    def trusted(self, predicted: Any, y: Array, n_classes: int) -> Trust:
        return trust_numbers(expected_levels(predicted), y.astype(np.float64))


class Review(Pair):
    """A verdict on a chat or a trace, which is learned as a choice; what is said of its steps is kept, not learned."""

    task: ClassVar[Task] = "review"

    def learned(self, code: Code) -> Code:
        verdict: Code = code[0]  # type: ignore[index]
        return verdict

    def array(self, codes: Sequence[Any], n_classes: int) -> Array:
        return super().array([self.learned(code) for code in codes], n_classes)

    def suggest(self, known: Signals, rows: Rows, schema: Schema) -> list[dict[str, Any] | None]:
        found = super().suggest(known, rows, schema)
        return [None if said is None else {**said, "value": {"verdict": said["value"], "steps": []}} for said in found]


class Unlearned(Kind):
    """Answers that no model learns: they are asked for, kept and written out, and strategies look at the items only."""

    learns = False

    def array(self, codes: Sequence[Any], n_classes: int) -> Array:
        return as_objects(codes)

    def check(self, y: Array) -> NoReturn:
        raise UnsuitableLearner(
            f"task: must be one that a model learns; none learns {self.task}. Go on asking: `querist export` writes "
            "the answers, `querist freeze` keeps them."
        )

    def predict(self, model: Model, X: Any) -> NoReturn:
        self.check(as_objects(()))

    def guess(self, y: Array, n_items: int, n_classes: int) -> NoReturn:
        self.check(y)

    def evaluate(self, truth: Array, predicted: Any, classes: Sequence[str]) -> dict[str, float]:
        return {}

    def trusted(self, predicted: Any, y: Array, n_classes: int) -> Trust:
        return no_trust(f"no model learns {self.task}")

    def sources(self, now: Standing) -> Sources:
        return {}


class Polygons(Unlearned):
    """Polygons and boxes in an image."""

    task: ClassVar[Task] = "polygons"


class Ranking(Unlearned):
    """Options in their order."""

    task: ClassVar[Task] = "ranking"


class Text(Unlearned):
    """A text written anew."""

    task: ClassVar[Task] = "text"


KINDS: Mapping[Task, Kind] = {
    kind.task: kind
    for kind in (
        Choice(),
        Labels(),
        Spans(),
        Boxes(),
        Number(),
        Pair(),
        Rating(),
        Review(),
        Polygons(),
        Ranking(),
        Text(),
    )
}
