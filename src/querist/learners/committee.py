"""Learners that sit together: their disagreement says what labels would settle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.checks import Array, Floats, Rows, positive
from querist.core.errors import InvalidInput, UnsuitableLearner
from querist.core.items import n_rows, take
from querist.core.ports import Classifies, Learner, Model, Predicts
from querist.learners.sklearn import SklearnLearner, as_learner, labels


@dataclass(frozen=True, slots=True)
class Committee:
    """Several learners fitted on the same labels, or each on a bootstrap of them; it predicts their mean.

    Parameters
    ----------
    learners : sequence of Learner
        One for each member.
    bootstrap : bool
        Whether each member draws its labels with replacement, within each class, so that none is lost.

    Notes
    -----
    Query by committee: Seung, Opper and Sompolinsky (1992); by bagging: Abe and Mamitsuka (1998).

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> X, y = np.array([[0.0], [1.0], [8.0], [9.0]]), np.array([0, 0, 1, 1])
    >>> committee = bootstrap_committee(SklearnLearner(GaussianNB(var_smoothing=0.1)), 3)
    >>> model = committee.fit(X, y, n_classes=2, rng=np.random.default_rng(0))
    >>> model.members(X).shape, model.predict_proba(X).argmax(axis=1).tolist()
    ((3, 4, 2), [0, 0, 1, 1])
    """

    learners: tuple[Learner, ...]
    bootstrap: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "learners", tuple(self.learners))
        if len(self.learners) < 2:
            raise InvalidInput(f"learners: must be two at least; got {len(self.learners)}. One cannot disagree.")

    @property
    def name(self) -> str:
        """Its members' names."""
        names = list(dict.fromkeys(learner.name for learner in self.learners))
        return f"{len(self.learners)} x {names[0]}" if len(names) == 1 else " + ".join(names)

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        learners = [learner.describe() for learner in self.learners]
        return {"class": "Committee", "learners": learners, "bootstrap": self.bootstrap}

    def fit(
        self, X: Any, y: Array, /, *, n_classes: int, rng: np.random.Generator, warm: Model | None = None
    ) -> CommitteeClassifier | CommitteeRegressor:
        """A model of every member; each goes on from its own earlier one."""
        y = labels("y", y, n_items=n_rows(X), n_classes=n_classes)
        earlier: Sequence[Model | None] = [None] * len(self.learners)
        if isinstance(warm, CommitteeClassifier | CommitteeRegressor) and len(warm.models) == len(self.learners):
            earlier = warm.models
        models: list[Model] = []
        for learner, child, old in zip(self.learners, rng.spawn(len(self.learners)), earlier, strict=True):
            if self.bootstrap:
                rows = _bootstrap(y, n_classes, child)
                models.append(learner.fit(take(X, rows), y[rows], n_classes=n_classes, rng=child, warm=old))
            else:
                models.append(learner.fit(X, y, n_classes=n_classes, rng=child, warm=old))
        return (CommitteeClassifier if n_classes else CommitteeRegressor)(tuple(models), n_classes)


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    models: tuple[Model, ...]
    n_classes: int

    @property
    def warm_started(self) -> bool:
        """Whether every member went on from an earlier model."""
        return all(model.warm_started for model in self.models)


@dataclass(frozen=True, slots=True, eq=False)
class CommitteeClassifier(_Fitted):
    """A fitted committee of classifiers."""

    def predict_proba(self, X: Any, /) -> Floats:
        """(n_items, n_classes): the members' mean."""
        total = np.zeros((n_rows(X), self.n_classes))
        for model in self.models:
            total += _probabilities(model, X)
        return total / len(self.models)

    def members(self, X: Any, /) -> npt.NDArray[np.float32]:
        """(n_members, n_items, n_classes) float32."""
        out = np.empty((len(self.models), n_rows(X), self.n_classes), dtype=np.float32)
        for k, model in enumerate(self.models):
            out[k] = _probabilities(model, X)
        return out


@dataclass(frozen=True, slots=True, eq=False)
class CommitteeRegressor(_Fitted):
    """A fitted committee of models of a number."""

    def predict(self, X: Any, /) -> Floats:
        """(n_items,): the members' mean."""
        return np.asarray(self.members(X).mean(axis=0, dtype=np.float64))

    def members(self, X: Any, /) -> npt.NDArray[np.float32]:
        """(n_members, n_items) float32."""
        out = np.empty((len(self.models), n_rows(X)), dtype=np.float32)
        for k, model in enumerate(self.models):
            out[k] = _number(model, X)
        return out


def bootstrap_committee(learner: Any, n_members: int = 8) -> Committee:
    """A committee of one learner, each member on its own bootstrap of the labels."""
    return Committee((as_learner(learner),) * positive("n_members", n_members), bootstrap=True)


def mixed_committee(learners: Sequence[Any] | None = None) -> Committee:
    """A committee of different learners on the same labels.

    By default logistic regression, a random forest and naive Bayes on whether a feature is positive: one straight,
    one in steps, one that counts, and all three take dense and sparse features and two labels.
    """
    if learners is not None:
        return Committee(tuple(as_learner(learner) for learner in learners))
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.naive_bayes import BernoulliNB

    defaults = (LogisticRegression(C=20, max_iter=1000), RandomForestClassifier(100), BernoulliNB())
    return Committee(tuple(SklearnLearner(estimator) for estimator in defaults))


def _bootstrap(y: Array, n_classes: int, rng: np.random.Generator) -> Rows:
    if n_classes == 0:
        return np.sort(rng.integers(len(y), size=len(y)))
    groups = [np.flatnonzero(y == c) for c in np.unique(y)]
    return np.sort(np.concatenate([rng.choice(rows, len(rows)) for rows in groups]))


def _probabilities(model: Model, X: Any) -> Floats:
    if not isinstance(model, Classifies):
        raise UnsuitableLearner(f"learners: must give probabilities; {type(model).__name__} does not. Leave it out.")
    return model.predict_proba(X)


def _number(model: Model, X: Any) -> Floats:
    if not isinstance(model, Predicts):
        raise UnsuitableLearner(f"learners: must predict a number; {type(model).__name__} does not. Leave it out.")
    return model.predict(X)
