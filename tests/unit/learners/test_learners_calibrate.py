"""Calibration: temperatures by hand, what is left out, and that it helps."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from querist.core.errors import UnsuitableLearner
from querist.core.ports import HasMembers
from querist.learners import Calibrated, SklearnLearner, bootstrap_committee
from querist.learners.calibrate import best_temperature

RNG = np.random.default_rng


def twice_told(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Ten copies of one noisy column: naive Bayes believes it ten times over."""
    rng = RNG(seed)
    y = np.arange(n) % 2
    one = rng.normal(size=n) + y
    return np.tile(one[:, None], 10), y


def log_loss(probs: np.ndarray, y: np.ndarray) -> float:
    return float(-np.log(np.maximum(probs[np.arange(len(y)), y], 1e-12)).mean())


@pytest.mark.parametrize(("margin", "share_right"), [(4.0, 0.75), (1.0, 0.9)])
def test_a_constant_margin_gets_the_temperature_that_makes_it_true(margin: float, share_right: float) -> None:
    n = 100_000
    z = np.tile([margin, 0.0], (n, 1))
    y = (np.arange(n) >= share_right * n).astype(int)
    assert best_temperature(z, y) == pytest.approx(margin / np.log(share_right / (1 - share_right)), rel=1e-3)


def test_twenty_labels_that_are_all_right_do_not_make_a_model_certain() -> None:
    z = np.tile([1.0, 0.0], (20, 1))
    t = best_temperature(z, np.zeros(20, dtype=int))
    assert 0.15 < t < 0.6


def test_an_overconfident_model_is_cooled_and_loses_less() -> None:
    X, y = twice_told(400)
    X_new, y_new = twice_told(2000, seed=1)
    bare = SklearnLearner(GaussianNB()).fit(X, y, n_classes=2, rng=RNG(0))
    for method in ("temperature", "isotonic"):
        model = Calibrated(SklearnLearner(GaussianNB()), method).fit(X, y, n_classes=2, rng=RNG(0))
        assert log_loss(model.predict_proba(X_new), y_new) < 0.6 * log_loss(bare.predict_proba(X_new), y_new)
    model = Calibrated(SklearnLearner(GaussianNB())).fit(X, y, n_classes=2, rng=RNG(0))
    assert model.calibration.temperature is not None
    assert model.calibration.temperature > 2


def test_scores_become_probabilities_with_a_column_for_every_class() -> None:
    rng = RNG(0)
    y = np.array([0, 1, 3])[np.arange(60) % 3]
    X = rng.normal(size=(60, 4))
    X[np.arange(60), y] += 3
    probs = Calibrated(LinearSVC(), "temperature").fit(X, y, n_classes=4, rng=rng).predict_proba(X)
    np.testing.assert_allclose(probs.sum(axis=1), 1)
    assert (probs[:, 2] == 0).all()
    assert (probs.argmax(axis=1) == y).mean() > 0.9


def test_a_class_with_one_label_is_left_out_and_named() -> None:
    X, y = twice_told(41)
    y = y.copy()
    y[0] = 2
    for method in ("temperature", "isotonic"):
        model = Calibrated(SklearnLearner(LogisticRegression()), method).fit(X, y, n_classes=3, rng=RNG(0))
        assert model.calibration.n_rows == 40
        assert "[2]" in model.calibration.note
        assert (model.predict_proba(X)[:, 2] > 0).any()


def test_too_few_labels_are_said_in_the_record() -> None:
    X, y = twice_told(19)
    record = Calibrated(SklearnLearner(LogisticRegression())).fit(X, y, n_classes=2, rng=RNG(0)).calibration.to_json()
    assert record["temperature"] == 1.0
    assert record["note"] == "not calibrated: 19 labels of classes that have two, 20 are needed"


def test_twenty_labels_are_enough() -> None:
    X, y = twice_told(20)
    found = Calibrated(SklearnLearner(LogisticRegression())).fit(X, y, n_classes=2, rng=RNG(0)).calibration
    assert (found.n_rows, found.n_folds, found.note) == (20, 5, "")


def test_a_calibrated_committee_keeps_its_members() -> None:
    X, y = twice_told(40)
    for learner in (bootstrap_committee(LogisticRegression(), 3), SklearnLearner(RandomForestClassifier(3))):
        model = Calibrated(learner).fit(X, y, n_classes=2, rng=RNG(0))
        assert isinstance(model, HasMembers)
        assert model.members(X).shape == (3, 40, 2)
    assert not isinstance(Calibrated(LogisticRegression()).fit(X, y, n_classes=2, rng=RNG(0)), HasMembers)


def test_the_model_behind_goes_on_from_the_earlier_one() -> None:
    X, y = twice_told(40)
    learner = Calibrated(LogisticRegression())
    first = learner.fit(X, y, n_classes=2, rng=RNG(0))
    assert learner.fit(X, y, n_classes=2, rng=RNG(0), warm=first).warm_started


def test_numbers_cannot_be_calibrated() -> None:
    with pytest.raises(UnsuitableLearner, match="number"):
        Calibrated(LogisticRegression()).fit(np.zeros((2, 1)), np.array([0.5, 1.0]), n_classes=0, rng=RNG(0))
