"""A model for each label: what it learns, what it says of labels it cannot learn, and that a record holds it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from querist.core.errors import InvalidInput, OneClassOnly
from querist.learners import EachLabel, IdentityEncoder, Recipe, SklearnLearner, recipe_from_json

LEARNER = EachLabel(SklearnLearner(LogisticRegression()))


def made(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(n, 3))
    return X, X > 0  # label c holds where column c is positive


def test_each_label_is_learned_by_itself() -> None:
    X, y = made()
    model = LEARNER.fit(X, y, n_classes=3, rng=np.random.default_rng(1))
    assert ((model.label_probs(X) > 0.5) == y).mean() > 0.95
    alone = SklearnLearner(LogisticRegression()).fit(X, y[:, 1].astype(int), n_classes=2, rng=np.random.default_rng(2))
    np.testing.assert_allclose(model.label_probs(X)[:, 1], alone.predict_proba(X)[:, 1], atol=1e-6)


def test_a_label_of_all_or_none_has_its_share_and_the_others_are_learned() -> None:
    X, y = made(8)
    y[:, 0], y[:, 2] = True, False
    probs = LEARNER.fit(X, y, n_classes=3, rng=np.random.default_rng(1)).label_probs(X)
    assert set(probs[:, 0]) == {9 / 10}
    assert set(probs[:, 2]) == {1 / 10}
    assert len(set(probs[:, 1])) > 1
    with pytest.raises(OneClassOnly, match="all 8 are labeled alike"):
        LEARNER.fit(X, np.tile([True, False, True], (8, 1)), n_classes=3, rng=np.random.default_rng(1))


def test_it_goes_on_from_an_earlier_model_where_its_learner_does() -> None:
    X, y = made()
    first = LEARNER.fit(X, y, n_classes=3, rng=np.random.default_rng(1))
    assert not first.warm_started
    again = LEARNER.fit(X, y, n_classes=3, rng=np.random.default_rng(1), warm=first)
    assert again.warm_started


def test_a_record_holds_it() -> None:
    recipe = Recipe(IdentityEncoder(), LEARNER)
    assert recipe_from_json(recipe.describe()).describe() == recipe.describe()
    assert LEARNER.name == "LogisticRegression for each label"


@pytest.mark.parametrize("y", [np.zeros(8, dtype=bool), np.zeros((8, 2), dtype=bool), np.zeros((8, 3))])
def test_answers_of_another_form_are_refused(y: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match=r"y: must be true or false, \(8, 3\)"):
        LEARNER.fit(np.zeros((8, 3)), y, n_classes=3, rng=np.random.default_rng(0))
