"""The contract of a learner whose answers are sets: labels, spans or boxes."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from querist.core.answers import as_objects
from querist.core.checks import Array
from querist.core.errors import OneClassOnly
from querist.core.ports import Detects, Learner, Model, ProbesLabels, Tags
from querist.metrics import evaluate_boxes, evaluate_labels, evaluate_spans

N_ITEMS = 40
N_CLASSES = 3  # of which no answer names the last
CLASSES = ("0", "1", "2")
GOOD = 0.6  # F1 or average precision on its own labels, which lie plain to see
NAMES, PLACES = ("Ann Lee", "Bo", "Cy Dunn", "Di Ray"), ("Rome", "Lima", "Oslo", "New York")
SIDE, STROKE = 20, 8  # pixels of an image and of what is in it


class SetLearnerContract:
    """What Querist takes for granted of every learner of labels, spans or boxes. Subclass it, and run pytest.

    It fits the learner on made-up items, as the loop does: feature vectors for labels, texts for spans, grayscale
    images for boxes. What a model must have is in `querist.core.ports`: `ProbesLabels`, `Tags`, `Detects`.

    Attributes
    ----------
    make : callable
        Makes the learner, without arguments.
    task : {'labels', 'spans', 'boxes'}

    Examples
    --------
    >>> from querist.learners import SpanTagger
    >>> class TestSpanTagger(SetLearnerContract):
    ...     make = staticmethod(SpanTagger)
    ...     task = "spans"
    >>> TestSpanTagger().test_the_same_seed_gives_the_same_predictions()
    """

    make: ClassVar[Callable[..., Learner]]
    task: ClassVar[str]

    def test_it_has_a_name_and_a_description_in_json(self) -> None:
        learner = self.make()
        assert learner.name.strip(), "the name must not be empty"
        described = learner.describe()
        assert json.loads(json.dumps(described, allow_nan=False)) == described, "describe() must come back from JSON"
        assert self.make().describe() == described, "a record must not depend on when it was made"
        self.fitted(learner)
        assert learner.describe() == described, "fit must return a model and leave the recipe alone"

    def test_it_learns(self) -> None:
        X, y = self.data()
        found = self.score(self.fitted(), X, y)
        assert found > GOOD, f"what lies plain to see must be learned; its own labels score {found:.2f}"

    def test_every_item_has_a_prediction_of_the_right_form(self) -> None:
        X, _ = self.data()
        model = self.fitted()
        if isinstance(model, ProbesLabels):
            probs = model.label_probs(X)
            assert probs.shape == (N_ITEMS, N_CLASSES), f"must have a column for every label; got {probs.shape}"
            assert ((probs >= 0) & (probs <= 1)).all(), "must be probabilities"
        elif isinstance(model, Tags):
            assert len(model.predict_spans(X)) == N_ITEMS
            for text, spans, tokens in zip(X, model.predict_spans(X), model.tokens(X), strict=True):
                assert all(0 <= start < end <= len(text) and 0 <= c < N_CLASSES for start, end, c in spans), spans
                assert tokens.shape[1] == 2 * N_CLASSES + 1, f"must have tags of every class; got {tokens.shape}"
                np.testing.assert_allclose(tokens.sum(axis=1), 1, atol=1e-4)
        else:
            assert isinstance(model, Detects), "the model must have what core.ports says of its task"
            for boxes, table in zip(model.predict_boxes(X), model.boxes(X), strict=True):
                assert table.shape == (len(boxes), N_CLASSES), "boxes() must have a row for each predicted box"
                assert all(width > 0 and height > 0 and 0 <= c < N_CLASSES for _, _, width, height, c in boxes), boxes
                if len(boxes):
                    np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-4)

    def test_the_same_seed_gives_the_same_predictions(self) -> None:
        X, _ = self.data()
        assert self.told(self.fitted(seed=3), X) == self.told(self.fitted(seed=3), X)

    def test_its_input_is_left_alone(self) -> None:
        X, y = self.data()
        before = pickle.dumps((X, y))
        self.told(self.fitted(data=(X, y)), X)
        assert pickle.dumps((X, y)) == before, "the learner wrote into its input"

    def test_one_item_can_be_predicted_alone(self) -> None:
        X, _ = self.data()
        model = self.fitted()
        assert self.told(model, X[:1]) == self.told(model, X)[:1]

    def test_few_labels_will_do(self) -> None:
        X, y = self.data()
        model = self.fitted(data=(X[:3], y[:3]))
        assert len(self.told(model, X)) == N_ITEMS

    def test_answers_of_which_nothing_holds(self) -> None:
        X, y = self.data()
        nothing = np.zeros_like(y) if self.task == "labels" else as_objects([()] * N_ITEMS)
        try:
            found = self.told(self.fitted(data=(X, nothing)), X)
        except OneClassOnly:
            assert self.task == "labels", "spans and boxes of which there are none are a model that finds none"
            return
        assert self.task != "labels", "labels that are all alike must raise OneClassOnly"
        assert not any(found), "what was taught that nothing is there must find nothing"

    def test_the_recipe_and_the_model_can_be_sent_to_another_process(self) -> None:
        X, _ = self.data()
        model = self.fitted(pickle.loads(pickle.dumps(self.make())))
        assert self.told(pickle.loads(pickle.dumps(model)), X) == self.told(model, X)

    def test_warm_starting_is_told_truthfully_and_leaves_the_earlier_model_alone(self) -> None:
        X, y = self.data()
        first = self.fitted()
        assert first.warm_started is False, "there was nothing to go on from"
        before = self.told(first, X)
        second = self.make().fit(X, y, n_classes=N_CLASSES, rng=np.random.default_rng(1), warm=first)
        assert isinstance(second.warm_started, bool), f"must be a bool; got {second.warm_started!r}"
        assert len(self.told(second, X)) == N_ITEMS
        assert self.told(first, X) == before

    def data(self) -> tuple[Any, Array]:
        """Made-up items and what holds of them; the last class never does."""
        rng = np.random.default_rng(0)
        if self.task == "labels":
            X = rng.normal(size=(N_ITEMS, 4))
            return X, np.column_stack([X[:, 0] > 0, X[:, 1] > 0.5, np.zeros(N_ITEMS, dtype=bool)])
        if self.task == "spans":
            texts, spans = [], []
            for i in range(N_ITEMS):
                who, where = NAMES[i % 4], PLACES[(i // 4) % 4]
                text = f"{who} went to {where} on day {i}" if i % 5 else f"nobody went anywhere on day {i}"
                place = text.find(where)
                texts.append(text)
                spans.append(((0, len(who), 0), (place, place + len(where), 1)) if i % 5 else ())
            return texts, as_objects(spans)
        images, boxes = rng.normal(0, 0.05, size=(N_ITEMS, SIDE, SIDE)), []
        for i, image in enumerate(images):
            x, y = (int(side) for side in rng.integers(0, SIDE - STROKE, size=2))
            stroke = np.eye(STROKE) if i % 2 else np.eye(STROKE)[::-1] + np.eye(STROKE)
            image[y : y + STROKE, x : x + STROKE] += stroke
            boxes.append(((x, y, STROKE, STROKE, i % 2),))
        return images, as_objects(boxes)

    def fitted(self, learner: Learner | None = None, *, data: tuple[Any, Array] | None = None, seed: int = 0) -> Model:
        """The learner's model of the made-up answers, or of others."""
        X, y = data if data is not None else self.data()
        made = learner if learner is not None else self.make()
        return made.fit(X, y, n_classes=N_CLASSES, rng=np.random.default_rng(seed))

    def told(self, model: Any, X: Any) -> list[Any]:
        """What the model says of each item, comparable."""
        if self.task == "labels":
            return [tuple(row) for row in np.round(model.label_probs(X), 5).tolist()]
        return list(model.predict_spans(X) if self.task == "spans" else model.predict_boxes(X))

    def score(self, model: Any, X: Any, y: Array) -> float:
        """How good the predictions are: F1, or average precision of boxes."""
        if self.task == "labels":
            return evaluate_labels(y, model.label_probs(X), classes=CLASSES)["micro_f1"]
        if self.task == "spans":
            return evaluate_spans(y, model.predict_spans(X), classes=CLASSES)["span_f1"]
        return evaluate_boxes(y, *model.scored_boxes(X), classes=CLASSES)["box_ap"]
