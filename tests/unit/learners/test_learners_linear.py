"""Coefficients and families are read off models as they are, and never guessed."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from querist.learners import Calibrated, SklearnLearner, kind_of, linear_head


def fitted(estimator, codes, n_classes):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)) + np.eye(3)[np.asarray(codes)[np.arange(60) % len(codes)] % 3]
    y = np.asarray(codes)[np.arange(60) % len(codes)]
    return X, SklearnLearner(estimator).fit(X, y, n_classes=n_classes, rng=rng)


@pytest.mark.parametrize(("codes", "n_classes"), [([0, 1], 2), ([0, 1, 2], 3), ([1, 3], 4), ([0, 2, 3], 5)])
def test_the_softmax_of_the_head_is_what_the_model_predicts(codes: list[int], n_classes: int) -> None:
    X, model = fitted(LogisticRegression(max_iter=1000), codes, n_classes)
    logits = np.column_stack([X, np.ones(len(X))]) @ linear_head(model).T
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    np.testing.assert_allclose(powers / powers.sum(axis=1, keepdims=True), model.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("estimator", [GaussianNB(), make_pipeline(StandardScaler(), LogisticRegression())])
def test_what_is_not_linear_in_its_input_has_no_head(estimator) -> None:
    _, model = fitted(estimator, [0, 1], 2)
    assert linear_head(model) is None


@pytest.mark.parametrize(
    ("estimator", "kind"),
    [
        (LogisticRegression(), "linear"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "linear"),
        (RandomForestClassifier(n_estimators=3), "trees"),
        (HistGradientBoostingClassifier(max_iter=3), "trees"),
        (GaussianNB(), ""),
    ],
)
def test_the_family_of_a_model_is_known(estimator, kind: str) -> None:
    _, model = fitted(estimator, [0, 1], 2)
    assert kind_of(model) == kind


def test_calibration_does_not_hide_the_family() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), np.arange(40) % 2
    model = Calibrated(SklearnLearner(LogisticRegression())).fit(X, y, n_classes=2, rng=rng)
    assert kind_of(model) == "linear"
    assert linear_head(model) is None
