"""scikit-learn estimators as learners: what they read, what they may take, what a record keeps of them."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from scipy import sparse
from sklearn.ensemble import (
    ExtraTreesClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from querist.core.errors import InvalidInput, UnsuitableLearner
from querist.core.items import Columns
from querist.learners import (
    Calibrated,
    IdentityEncoder,
    RawEncoder,
    Recipe,
    SklearnLearner,
    bootstrap_committee,
    default_recipe,
    mixed_committee,
    recipe_for,
    recipe_from_json,
)

RNG = np.random.default_rng


def two_groups(n: int = 40, d: int = 3) -> tuple[np.ndarray, np.ndarray]:
    y = np.arange(n) % 2
    return RNG(0).normal(size=(n, d)) + 2 * y[:, None], y


def test_every_hidden_seed_is_drawn_from_the_generator() -> None:
    X, y = two_groups()
    nested = VotingClassifier(
        [("a", make_pipeline(StandardScaler(), RandomForestClassifier(5))), ("b", ExtraTreesClassifier(5))],
        voting="soft",
    )
    learner = SklearnLearner(nested)
    probs = [learner.fit(X, y, n_classes=2, rng=RNG(seed)).predict_proba(X) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(probs[0], probs[1])
    assert not np.array_equal(probs[0], probs[2])


def test_a_seed_that_the_user_set_is_kept() -> None:
    X, y = two_groups()
    learner = SklearnLearner(RandomForestClassifier(5, random_state=7))
    first, second = (learner.fit(X, y, n_classes=2, rng=RNG(seed)).predict_proba(X) for seed in (1, 2))
    np.testing.assert_array_equal(first, second)


def test_a_pipeline_from_text_reads_a_list_an_array_and_a_column() -> None:
    texts, y = ["good film", "bad film", "good play", "bad play"], np.array([1, 0, 1, 0])
    learner = SklearnLearner(make_pipeline(TfidfVectorizer(), MultinomialNB()))
    assert learner.reads_items
    expected = learner.fit(texts, y, n_classes=2, rng=RNG(0)).predict_proba(texts)
    for X in (np.array(texts), np.array(texts, dtype=object), Columns({"t": texts})):
        np.testing.assert_array_equal(learner.fit(X, y, n_classes=2, rng=RNG(0)).predict_proba(X), expected)


def test_a_pipeline_from_text_cannot_read_two_columns() -> None:
    learner = SklearnLearner(make_pipeline(CountVectorizer(), MultinomialNB()))
    with pytest.raises(InvalidInput, match="one column"):
        learner.fit(Columns({"a": ["x", "y"], "b": ["u", "v"]}), np.array([0, 1]), n_classes=2, rng=RNG(0))


def test_a_pipeline_that_imputes_takes_missing_values_and_so_do_trees_that_know_them() -> None:
    X, y = two_groups()
    X[3, 1] = np.nan
    for estimator in (make_pipeline(SimpleImputer(), LogisticRegression()), HistGradientBoostingClassifier(max_iter=5)):
        found = SklearnLearner(estimator).fit(X, y, n_classes=2, rng=RNG(0)).predict_proba(X)
        assert np.isfinite(found).all()


def test_a_missing_value_met_at_prediction_is_named_too() -> None:
    X, y = two_groups()
    model = SklearnLearner(LogisticRegression()).fit(X, y, n_classes=2, rng=RNG(0))
    X[17, 2] = np.nan
    with pytest.raises(InvalidInput, match="row 17, column 2 is nan"):
        model.predict_proba(X)


def test_a_missing_value_of_a_sparse_matrix_is_named() -> None:
    X = sparse.csr_array(np.array([[1.0, 0.0], [0.0, np.nan], [2.0, 1.0]]))
    with pytest.raises(InvalidInput, match="row 1, column 1"):
        SklearnLearner(LogisticRegression()).fit(X, np.array([0, 1, 0]), n_classes=2, rng=RNG(0))


def test_another_fault_of_an_estimator_is_not_called_a_missing_value() -> None:
    X, y = two_groups()
    with pytest.raises(ValueError, match="Negative values"):
        SklearnLearner(MultinomialNB()).fit(-np.abs(X), y, n_classes=2, rng=RNG(0))


@pytest.mark.parametrize("y", [np.array([0, 3]), np.array([-1, 1]), np.array([0.0, 1.0]), np.array([0]), np.array([])])
def test_labels_that_are_no_class_numbers_of_these_items_are_refused(y: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match=r"^y: "):
        SklearnLearner(LogisticRegression()).fit(np.zeros((2, 1)), y, n_classes=3, rng=RNG(0))


def test_a_classifier_cannot_be_given_numbers() -> None:
    with pytest.raises(UnsuitableLearner, match="is a classifier"):
        SklearnLearner(LogisticRegression()).fit(np.zeros((2, 1)), np.array([0.5, 1.5]), n_classes=0, rng=RNG(0))


def test_the_estimator_that_was_handed_in_is_never_fitted() -> None:
    X, y = two_groups()
    estimator = LogisticRegression()
    model = SklearnLearner(estimator).fit(X, y, n_classes=2, rng=RNG(0))
    assert not hasattr(estimator, "coef_")
    assert hasattr(model.estimator, "coef_")


@pytest.mark.parametrize(
    "estimator",
    [
        LogisticRegression(max_iter=1000),
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        SGDClassifier(loss="log_loss"),
        MLPClassifier((4,), max_iter=2000, tol=0.01),
    ],
    ids=["linear", "pipeline", "sgd", "mlp"],
)
def test_what_keeps_coefficients_goes_on_from_them(estimator) -> None:
    X, y = two_groups()
    learner = SklearnLearner(estimator)
    first = learner.fit(X[:30], y[:30], n_classes=2, rng=RNG(0))
    second = learner.fit(X, y, n_classes=2, rng=RNG(1), warm=first)
    assert second.warm_started
    assert learner.fit(X, y, n_classes=2, rng=RNG(1)).warm_started is False


def test_going_on_takes_fewer_steps_than_starting_anew() -> None:
    X, y = two_groups(400, 20)
    learner = SklearnLearner(LogisticRegression(C=100, max_iter=1000))
    first = learner.fit(X[:-1], y[:-1], n_classes=2, rng=RNG(0))
    anew = learner.fit(X, y, n_classes=2, rng=RNG(0))
    on = learner.fit(X, y, n_classes=2, rng=RNG(0), warm=first)
    assert on.estimator.n_iter_[0] < anew.estimator.n_iter_[0]
    np.testing.assert_allclose(on.predict_proba(X), anew.predict_proba(X), atol=0.01)


@pytest.mark.parametrize(
    ("now", "earlier"),
    [
        (LogisticRegression(solver="liblinear"), LogisticRegression(solver="liblinear")),
        (LogisticRegression(C=2), LogisticRegression(C=1)),
        (make_pipeline(StandardScaler(), LogisticRegression()), LogisticRegression()),
    ],
    ids=["its solver ignores it", "other parameters", "other steps"],
)
def test_a_model_of_another_kind_is_not_gone_on_from(now, earlier) -> None:
    X, y = two_groups()
    first = SklearnLearner(earlier).fit(X, y, n_classes=2, rng=RNG(0))
    assert not SklearnLearner(now).fit(X, y, n_classes=2, rng=RNG(0), warm=first).warm_started


def test_a_pipeline_whose_words_changed_is_fitted_anew() -> None:
    learner = SklearnLearner(make_pipeline(CountVectorizer(), LogisticRegression()))
    y = np.array([0, 1])
    first = learner.fit(["red car", "blue car"], y, n_classes=2, rng=RNG(0))
    assert learner.fit(["blue car", "red car"], y, n_classes=2, rng=RNG(0), warm=first).warm_started
    assert not learner.fit(["red bus", "blue bus"], y, n_classes=2, rng=RNG(0), warm=first).warm_started


def test_every_member_of_a_committee_goes_on_from_its_own() -> None:
    X, y = two_groups()
    linear = bootstrap_committee(LogisticRegression(), 3)
    assert linear.fit(X, y, n_classes=2, rng=RNG(1), warm=linear.fit(X, y, n_classes=2, rng=RNG(0))).warm_started
    mixed = mixed_committee()
    assert not mixed.fit(X, y, n_classes=2, rng=RNG(1), warm=mixed.fit(X, y, n_classes=2, rng=RNG(0))).warm_started


def test_a_bootstrap_loses_no_class_however_small() -> None:
    X, y = two_groups(30)
    y = y.copy()
    y[4] = 2
    model = bootstrap_committee(LogisticRegression(), 12).fit(X, y, n_classes=3, rng=RNG(0))
    assert (model.members(X)[:, :, 2] > 0).all()


def test_trees_of_a_forest_are_its_members_dense_or_sparse() -> None:
    X, y = two_groups()
    model = SklearnLearner(RandomForestClassifier(6)).fit(X, y * 2, n_classes=3, rng=RNG(0))
    members = model.members(X)
    assert members.shape == (6, 40, 3)
    assert members.dtype == np.float32
    np.testing.assert_array_equal(members, model.members(sparse.csr_array(X)))
    by_hand = [tree.predict_proba(X.astype(np.float32)) for tree in model.estimator.estimators_]
    np.testing.assert_allclose(members[:, :, [0, 2]], by_hand, atol=1e-6)


def test_the_default_mixed_committee_reads_sparse_features() -> None:
    X, y = two_groups()
    model = mixed_committee().fit(sparse.csr_array(X), y, n_classes=2, rng=RNG(0))
    assert model.members(sparse.csr_array(X)).shape == (3, 40, 2)


def test_predicting_a_large_pool_takes_little_beside_it() -> None:
    X = RNG(0).normal(size=(60_000, 128)).astype(np.float32)
    y = np.arange(300) % 3
    for estimator in (LogisticRegression(), make_pipeline(StandardScaler(), LogisticRegression())):
        model = SklearnLearner(estimator).fit(X[:300], y, n_classes=3, rng=RNG(0))
        model.predict_proba(X[:10])
        tracemalloc.start()
        probs = model.predict_proba(X)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert probs.dtype == np.float32
        assert peak < 0.5 * X.nbytes


def test_a_pool_in_blocks_is_predicted_as_in_one_piece() -> None:
    X = RNG(0).normal(size=(25_000, 200))
    y = np.arange(100) % 2
    model = SklearnLearner(LogisticRegression()).fit(X[:100], y, n_classes=2, rng=RNG(0))
    np.testing.assert_allclose(model.predict_proba(X), model.estimator.predict_proba(X), rtol=1e-9)


def test_the_record_of_a_pipeline_makes_the_same_pipeline() -> None:
    pipeline = Pipeline(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), dtype=np.float32)),
            ("fill", SimpleImputer(missing_values=np.nan)),
            ("model", LogisticRegression(class_weight={0: 1.0, 1: 5.0})),
        ]
    )
    recipe = Recipe(IdentityEncoder(), Calibrated(SklearnLearner(pipeline, "mine")))
    body = json.loads(json.dumps(recipe.describe(), allow_nan=False))
    made = recipe_from_json(body)
    assert made.describe() == recipe.describe()
    steps = dict(made.learner.learner.estimator.steps)
    assert steps["words"].ngram_range == (1, 2)
    assert steps["words"].dtype is np.float32
    assert np.isnan(steps["fill"].missing_values)
    assert steps["model"].class_weight == {0: 1.0, 1: 5.0}


def test_a_recipe_made_from_its_record_predicts_the_same() -> None:
    X, y = two_groups()
    for learner in (
        default_recipe(Columns({"a": X[:, 0]})).learner,
        mixed_committee(),
        Calibrated(LogisticRegression()),
    ):
        recipe = Recipe(IdentityEncoder(), learner)
        made = recipe_from_json(json.loads(json.dumps(recipe.describe())))
        first, second = (r.learner.fit(X, y, n_classes=2, rng=RNG(0)).predict_proba(X) for r in (recipe, made))
        np.testing.assert_array_equal(first, second)


def test_a_function_is_recorded_by_name_and_not_made_from_a_record() -> None:
    learner = SklearnLearner(make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()))
    body = Recipe(IdentityEncoder(), learner).describe()
    assert "0x" not in json.dumps(body)
    with pytest.raises(InvalidInput, match="Hand in the recipe itself"):
        recipe_from_json(body)


@pytest.mark.parametrize(
    ("place", "value"),
    [("memory", "/tmp/cache"), ("input", "filename")],
)
def test_a_record_that_would_read_files_is_refused(place: str, value: str) -> None:
    steps = make_pipeline(CountVectorizer(), MultinomialNB())
    body = Recipe(IdentityEncoder(), SklearnLearner(steps)).describe()
    params = body["learner"]["estimator"]["params"]
    if place == "input":
        params = params["steps"][0]["tuple"][1]["estimator"]["params"]
    params[place] = value
    with pytest.raises(InvalidInput, match="must not read files"):
        recipe_from_json(body)


@pytest.mark.parametrize(
    "body", [{}, {"encoder": {}, "learner": {}}, {"encoder": {"class": "os.system"}, "learner": {}}, 7]
)
def test_what_is_no_record_is_refused(body) -> None:
    with pytest.raises(InvalidInput):
        recipe_from_json(body)


def test_a_learner_of_ones_own_meets_the_items_it_can_read() -> None:
    texts = ["good film", "bad film", "good play", "bad play"]
    reads_text = make_pipeline(TfidfVectorizer(), MultinomialNB())
    assert isinstance(recipe_for(reads_text, texts).encoder, RawEncoder)
    assert type(recipe_for(LogisticRegression(), texts).encoder).__name__ == "TextEncoder"
    assert isinstance(recipe_for(LogisticRegression(), np.eye(3)).encoder, IdentityEncoder)
    holes = np.array([[1.0, np.nan], [2.0, 3.0]])
    kept = recipe_for(HistGradientBoostingClassifier(), holes)
    np.testing.assert_array_equal(kept.encoder.fit(holes).features(holes), holes)


def test_a_table_for_a_pipeline_needs_pandas_and_says_so() -> None:
    code = """
import sys
sys.modules["pandas"] = None
import numpy as np
from sklearn.linear_model import LogisticRegression
from querist.core.errors import MissingExtra
from querist.core.items import Columns
from querist.learners import SklearnLearner
try:
    table = Columns({"a": [1.0, 2.0]})
    SklearnLearner(LogisticRegression()).fit(table, np.array([0, 1]), n_classes=2, rng=np.random.default_rng(0))
except MissingExtra as error:
    sys.exit(0 if "pip install pandas" in str(error) else 1)
sys.exit(2)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
