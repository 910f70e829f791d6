"""Learners, by hand: folds, warm starts, errors, records, defaults."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.svm import LinearSVC

from querist.core.errors import InvalidInput, OneClassOnly, UnsuitableLearner
from querist.core.items import Columns, FieldSpec
from querist.core.ports import HasMembers
from querist.learners import (
    Calibrated,
    IdentityEncoder,
    SklearnLearner,
    TableEncoder,
    TextEncoder,
    bootstrap_committee,
    default_recipe,
    out_of_fold,
    recipe_from_json,
)

RNG = np.random.default_rng


def linear() -> SklearnLearner:
    return SklearnLearner(LogisticRegression(max_iter=1000))


def blobs(n: int = 60, n_classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    y = np.arange(n) % n_classes
    X = RNG(0).normal(size=(n, 4))
    X[np.arange(n), y] += 3
    return X, y


def test_importing_the_room_does_not_load_scikit_learn():
    code = "import sys, querist.learners; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_only_item_of_a_class_is_never_predicted_out_of_fold():
    X, y = blobs(31, 2)
    y = y.copy()
    y[7] = 2
    predicted, rows = out_of_fold(linear(), X, y, n_classes=3, rng=RNG(0))
    assert rows.tolist() == [row for row in range(31) if row != 7]
    assert predicted.shape == (30, 3)


def test_out_of_fold_predictions_cannot_know_their_own_label():
    X = np.arange(40.0)[:, None]
    y = RNG(3).permutation(np.arange(40) % 2)
    memory = SklearnLearner(RandomForestClassifier(20, max_features=1.0, bootstrap=False))
    predicted, rows = out_of_fold(memory, X, y, n_classes=2, rng=RNG(0))
    assert (predicted.argmax(axis=1) == y[rows]).mean() < 0.8
    assert (memory.fit(X, y, n_classes=2, rng=RNG(0)).predict_proba(X).argmax(axis=1) == y).all()


def test_numbers_are_predicted_for_every_row():
    X = np.arange(20.0)[:, None]
    predicted, rows = out_of_fold(SklearnLearner(Ridge(alpha=1e-6)), X, 3 * X[:, 0], n_classes=0, rng=RNG(0))
    np.testing.assert_array_equal(rows, np.arange(20))
    np.testing.assert_allclose(predicted, 3 * X[:, 0], atol=1e-3)


def test_logistic_regression_goes_on_where_the_classes_are_the_same():
    X, y = blobs()
    first = linear().fit(X, y, n_classes=3, rng=RNG(0))
    assert linear().fit(X, y, n_classes=3, rng=RNG(0), warm=first).warm_started
    assert not linear().fit(X[y < 2], y[y < 2], n_classes=3, rng=RNG(0), warm=first).warm_started


def test_a_forest_is_fitted_anew():
    X, y = blobs()
    forest = SklearnLearner(RandomForestClassifier(5))
    first = forest.fit(X, y, n_classes=3, rng=RNG(0))
    second = forest.fit(X, y, n_classes=3, rng=RNG(0), warm=first)
    assert not second.warm_started
    assert second.members(X).shape == (5, 60, 3)


def test_only_a_model_with_members_has_the_attribute():
    X, y = blobs()
    assert not isinstance(linear().fit(X, y, n_classes=3, rng=RNG(0)), HasMembers)
    assert isinstance(bootstrap_committee(linear(), 2).fit(X, y, n_classes=3, rng=RNG(0)), HasMembers)


def test_a_committee_predicts_its_members_mean():
    X, y = blobs()
    model = bootstrap_committee(linear(), 4).fit(X, y, n_classes=3, rng=RNG(0))
    np.testing.assert_allclose(model.predict_proba(X), model.members(X).mean(axis=0), atol=1e-6)


@pytest.mark.parametrize("estimator", [KMeans(), LinearSVC(), LogisticRegression])
def test_an_estimator_that_cannot_rank_is_refused_at_once(estimator):
    with pytest.raises(UnsuitableLearner):
        SklearnLearner(estimator)


def test_scores_alone_are_told_to_be_calibrated():
    with pytest.raises(UnsuitableLearner, match="Calibrated"):
        SklearnLearner(LinearSVC())


def test_a_missing_feature_is_named_by_row_and_column():
    X, y = blobs()
    X[5, 2] = np.nan
    with pytest.raises(InvalidInput, match="row 5, column 2"):
        linear().fit(X, y, n_classes=3, rng=RNG(0))


def test_labels_of_one_class_are_refused():
    X, y = blobs()
    with pytest.raises(OneClassOnly):
        linear().fit(X, np.zeros_like(y), n_classes=3, rng=RNG(0))


def test_temperature_changes_no_decision():
    X, y = blobs(90)
    y = np.where(RNG(1).random(90) < 0.2, (y + 1) % 3, y)
    plain = linear().fit(X, y, n_classes=3, rng=RNG(0)).predict_proba(X)
    warm = Calibrated(linear()).fit(X, y, n_classes=3, rng=RNG(0))
    np.testing.assert_array_equal(warm.predict_proba(X).argmax(axis=1), plain.argmax(axis=1))


def test_too_few_labels_are_left_uncalibrated():
    X, y = blobs(12)
    model = Calibrated(linear()).fit(X, y, n_classes=3, rng=RNG(0))
    plain = linear().fit(X, y, n_classes=3, rng=RNG(0)).predict_proba(X)
    np.testing.assert_allclose(model.predict_proba(X), plain, atol=1e-6)
    assert model.calibration.note


def test_identity_features_are_not_copied_and_must_be_finite():
    X, _ = blobs()
    encoding = IdentityEncoder().fit(X)
    assert encoding.features(X) is X
    X[3, 1] = np.inf
    with pytest.raises(InvalidInput, match="row 3, column 1"):
        IdentityEncoder().fit(X)


def test_a_missing_text_is_a_row_of_zeros():
    pool = ["good film", None, "bad film"]
    features = TextEncoder().fit(pool).features(pool)
    np.testing.assert_allclose(np.sqrt(features.multiply(features).sum(axis=1)).ravel(), [1, 0, 1], atol=1e-5)


def test_a_constant_column_and_an_unseen_category_are_finite():
    spec = FieldSpec({"a": "number", "c": "category"})
    encoding = TableEncoder(spec).fit(Columns({"a": [5, 5, 5], "c": ["x", "y", "x"]}))
    assert np.isfinite(encoding.features(Columns({"a": [9, None], "c": ["new", None]}))).all()


@pytest.mark.parametrize(
    ("X", "task"),
    [
        (["a b", "c d", "e f"], "choice"),
        (["a b", "c d", "e f"], "number"),
        (np.eye(3), "choice"),
        (np.eye(3), "number"),
        (np.zeros((3, 2, 2)), "choice"),
        (Columns({"a": [1, 2, 3], "c": ["x", "y", "x"]}), "choice"),
        (Columns({"a": [1, 2, 3], "c": ["x", "y", "x"]}), "number"),
    ],
)
def test_a_default_recipe_comes_back_from_its_record(X, task):
    recipe = default_recipe(X, task=task)
    body = json.loads(json.dumps(recipe.describe()))
    assert recipe_from_json(body).describe() == recipe.describe()


@pytest.mark.parametrize("path", ["os.system", "subprocess.Popen", "sklearn.utils.os", "sklearn.datasets.load_files"])
def test_a_record_cannot_name_code_of_its_choice(path):
    body = default_recipe(["a b", "c d"]).describe()
    body["learner"]["estimator"]["class"] = path
    with pytest.raises(InvalidInput):
        recipe_from_json(body)
