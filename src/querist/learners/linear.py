"""What can be read off a fitted model's inside: its coefficients where it is linear, and which family it is of."""

from __future__ import annotations

from typing import Any

import numpy as np

from querist.core.checks import Floats
from querist.learners.calibrate import CalibratedModel
from querist.learners.estimators import last_step
from querist.learners.models import Fitted
from querist.learners.sklearn import SklearnLearner

NEVER = -50.0  # the bias of a class without a label: its probability is then below any float32


def linear_learner() -> SklearnLearner:
    """The multinomial logistic regression fitted beside a model that is not linear in the embeddings."""
    from sklearn.linear_model import LogisticRegression

    return SklearnLearner(LogisticRegression(C=20.0, max_iter=1000))


def linear_head(model: object) -> Floats | None:
    """(n_classes, n_dims + 1) coefficients, the bias last, whose softmax the model predicts; None if it is not linear.

    Examples
    --------
    >>> X, y = np.array([[0.0], [1.0]]), np.array([0, 2])
    >>> model = linear_learner().fit(X, y, n_classes=3, rng=np.random.default_rng(0))
    >>> linear_head(model).shape
    (3, 2)
    """
    from sklearn.linear_model import LogisticRegression

    # A pipeline is linear in what its first steps made of the features, not in the features.
    if not isinstance(model, Fitted) or not isinstance(model.estimator, LogisticRegression):
        return None
    estimator = model.estimator
    own = np.column_stack([estimator.coef_, np.broadcast_to(estimator.intercept_, len(estimator.coef_))])
    if len(own) == 1:
        own = np.concatenate([np.zeros_like(own), own])
    out = np.zeros((model.n_classes, own.shape[1]))
    out[:, -1] = NEVER
    out[np.asarray(estimator.classes_).astype(np.int64)] = own
    return out


def kind_of(model: object) -> str:
    """`linear`, `trees`, or empty for every other family."""
    estimator = _estimator(model)
    if estimator is None:
        return ""
    if hasattr(estimator, "coef_"):
        return "linear"
    module = type(estimator).__module__
    return "trees" if module.startswith(("sklearn.ensemble", "sklearn.tree")) else ""


def _estimator(model: object) -> Any:
    if isinstance(model, CalibratedModel):
        model = model.model
    return last_step(model.estimator) if isinstance(model, Fitted) else None
