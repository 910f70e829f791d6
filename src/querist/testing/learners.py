"""The contract of a learner, as a test suite to subclass."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import ClassVar

import numpy as np

from querist.core.checks import Array, Floats
from querist.core.errors import OneClassOnly
from querist.core.ports import Classifies, HasMembers, Learner, Model, Predicts

N_ITEMS = 48
N_DIMS = 5
N_CLASSES = 4  # of which the labels hold the classes 0, 1 and 3


class LearnerContract:
    """What Querist takes for granted of every learner. Subclass it, say how yours is made, and run pytest.

    It fits the learner on made-up features, as the loop does. A learner of numbers sets `task = "number"`.

    Attributes
    ----------
    make : callable
        Makes the learner, without arguments.
    task : {'choice', 'number'}

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from querist.learners import SklearnLearner
    >>> class TestLogisticRegression(LearnerContract):
    ...     make = staticmethod(lambda: SklearnLearner(LogisticRegression()))
    >>> TestLogisticRegression().test_the_same_seed_gives_the_same_predictions()
    """

    make: ClassVar[Callable[..., Learner]]
    task: ClassVar[str] = "choice"

    def test_it_has_a_name(self) -> None:
        name = self.make().name
        assert isinstance(name, str), f"the name must be text; got {name!r}"
        assert name.strip(), "the name must not be empty"

    def test_its_description_is_json(self) -> None:
        described = self.make().describe()
        again = json.loads(json.dumps(described, allow_nan=False))
        assert again == described, "describe() must come back from JSON as it was"

    def test_two_alike_describe_themselves_alike(self) -> None:
        assert self.make().describe() == self.make().describe(), "a record must not depend on when it was made"

    def test_fitting_does_not_change_the_description(self) -> None:
        learner = self.make()
        before = learner.describe()
        self.fitted(learner)
        assert learner.describe() == before, "fit must return a model and leave the recipe alone"

    def test_every_item_has_a_finite_prediction(self) -> None:
        X, _ = self.data()
        found = self.predicted(self.fitted(), X)
        assert found.shape == self._shape(N_ITEMS), f"must be of shape {self._shape(N_ITEMS)}; got {found.shape}"
        assert found.dtype.kind == "f", f"must be floats; got {found.dtype}"
        assert np.isfinite(found).all(), "must be finite"

    def test_probabilities_sum_to_one(self) -> None:
        if self.task == "choice":
            X, _ = self.data()
            found = self.predicted(self.fitted(), X)
            assert (found >= 0).all(), "probabilities must not be negative"
            np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)

    def test_a_class_that_was_never_seen_has_a_column(self) -> None:
        if self.task == "choice":
            X, y = self.data()
            found = self.predicted(self.fitted(), X)
            assert 2 not in y
            np.testing.assert_allclose(found[:, 2], found[:, 2].clip(0, 0.5), err_msg="an unseen class looks likely")

    def test_it_learns(self) -> None:
        X, y = self.data()
        found = self.predicted(self.fitted(), X)
        if self.task == "choice":
            right = float((found.argmax(axis=1) == y).mean())
            assert right > 0.6, f"classes far apart must be told apart; only {right:.0%} of its own labels are right"
        else:
            assert np.corrcoef(found, y)[0, 1] > 0.5, "a plain line must be followed"

    def test_the_same_seed_gives_the_same_predictions(self) -> None:
        X, _ = self.data()
        first = self.predicted(self.fitted(seed=3), X)
        np.testing.assert_array_equal(self.predicted(self.fitted(seed=3), X), first)

    def test_its_input_is_left_alone(self) -> None:
        X, y = self.data()
        X_before, y_before = X.copy(), y.copy()
        model = self.fitted(data=(X, y))
        self.predicted(model, X)
        np.testing.assert_array_equal(X, X_before, err_msg="the learner wrote into its features")
        np.testing.assert_array_equal(y, y_before, err_msg="the learner wrote into its labels")

    def test_read_only_arrays_will_do(self) -> None:
        X, y = self.data()
        X.flags.writeable = y.flags.writeable = False
        self.predicted(self.fitted(data=(X, y)), X)

    def test_float32_will_do(self) -> None:
        X, y = self.data()
        single = X.astype(np.float32)
        found = self.predicted(self.fitted(data=(single, y)), single)
        assert found.shape == self._shape(N_ITEMS)
        assert np.isfinite(found).all()

    def test_one_item_can_be_predicted_alone(self) -> None:
        X, _ = self.data()
        model = self.fitted()
        alone = self.predicted(model, X[:1])
        assert alone.shape == self._shape(1), f"must be of shape {self._shape(1)}; got {alone.shape}"
        np.testing.assert_allclose(alone, self.predicted(model, X)[:1], atol=1e-5)

    def test_few_labels_will_do(self) -> None:
        X, y = self.data()
        rows = np.array([0, int(np.flatnonzero(y != y[0])[0])])
        found = self.predicted(self.fitted(data=(X[rows], y[rows])), X)
        assert found.shape == self._shape(N_ITEMS)

    def test_one_class_alone_is_refused(self) -> None:
        if self.task == "choice":
            X, _ = self.data()
            try:
                self.fitted(data=(X, np.ones(N_ITEMS, dtype=np.int64)))
            except OneClassOnly:
                return
            raise AssertionError("labels of one class must raise OneClassOnly")

    def test_members_have_a_prediction_for_every_item(self) -> None:
        X, _ = self.data()
        model = self.fitted()
        if isinstance(model, HasMembers):
            members = model.members(X)
            assert members.shape[1:] == self._shape(N_ITEMS), f"got shape {members.shape}"
            assert len(members) > 1, "a committee has at least two members"
            np.testing.assert_allclose(members.mean(axis=0), self.predicted(model, X), rtol=1e-3, atol=1e-4)

    def test_the_recipe_and_the_model_can_be_sent_to_another_process(self) -> None:
        X, _ = self.data()
        learner = pickle.loads(pickle.dumps(self.make()))
        model = self.fitted(learner)
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(self.predicted(again, X), self.predicted(model, X))

    def test_warm_starting_is_told_truthfully(self) -> None:
        X, y = self.data()
        first = self.fitted()
        assert first.warm_started is False, "there was nothing to go on from"
        second = self.make().fit(X, y, n_classes=self._n_classes, rng=np.random.default_rng(1), warm=first)
        assert isinstance(second.warm_started, bool), f"must be a bool; got {second.warm_started!r}"
        assert self.predicted(second, X).shape == self._shape(N_ITEMS)

    def test_going_on_leaves_the_earlier_model_alone(self) -> None:
        X, y = self.data()
        first = self.fitted()
        before = self.predicted(first, X).copy()
        self.make().fit(X[::-1], y, n_classes=self._n_classes, rng=np.random.default_rng(1), warm=first)
        np.testing.assert_array_equal(self.predicted(first, X), before)

    def data(self) -> tuple[Floats, Array]:
        """Features and labels, the classes a few standard deviations apart."""
        rng = np.random.default_rng(0)
        codes = np.array([0, 1, 3])[np.arange(N_ITEMS) % 3]
        X = rng.normal(size=(N_ITEMS, N_DIMS))
        X[np.arange(N_ITEMS), codes] += 4
        return (X, codes) if self.task == "choice" else (X, 2 * X[:, 0] - X[:, 1])

    def fitted(
        self, learner: Learner | None = None, *, data: tuple[Floats, Array] | None = None, seed: int = 0
    ) -> Model:
        """The learner's model of the made-up labels, or of others."""
        X, y = data if data is not None else self.data()
        made = learner if learner is not None else self.make()
        return made.fit(X, y, n_classes=self._n_classes, rng=np.random.default_rng(seed))

    def predicted(self, model: Model, X: Floats) -> Floats:
        """Probabilities, or numbers."""
        if self.task == "choice":
            assert isinstance(model, Classifies), "the model must have predict_proba"
            return model.predict_proba(X)
        assert isinstance(model, Predicts), "the model must have predict"
        return model.predict(X)

    @property
    def _n_classes(self) -> int:
        return N_CLASSES if self.task == "choice" else 0

    def _shape(self, n: int) -> tuple[int, ...]:
        return (n, N_CLASSES) if self.task == "choice" else (n,)
