"""What holds of learners and encoders whatever the data."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.naive_bayes import GaussianNB

from querist.core.items import Columns, FieldSpec
from querist.learners import SklearnLearner, TableEncoder, TextEncoder, VectorEncoder, out_of_fold
from querist.learners.calibrate import COOLEST, HOTTEST, best_temperature, softmax
from querist.learners.estimators import _from_json, _to_json
from querist.learners.reduce import unit_norm

LEARNER = SklearnLearner(GaussianNB(var_smoothing=0.1))
LOGITS = hnp.arrays(np.float64, st.tuples(st.integers(1, 8), st.integers(2, 5)), elements=st.floats(-30, 30))
LABELS = st.lists(st.integers(0, 3), min_size=4, max_size=30).filter(lambda y: len(set(y)) > 1)


@given(LOGITS, st.floats(COOLEST, HOTTEST))
def test_no_temperature_changes_the_likeliest_class(z, temperature) -> None:
    p = softmax(z, temperature)
    np.testing.assert_allclose(p.sum(axis=1), 1)
    rows = np.arange(len(z))
    assert (p[rows, z.argmax(axis=1)] == p.max(axis=1)).all()


@settings(max_examples=50)
@given(LOGITS, st.data())
def test_the_best_temperature_is_no_worse_than_leaving_it_alone(z, data) -> None:
    y = data.draw(hnp.arrays(np.int64, len(z), elements=st.integers(0, z.shape[1] - 1)))

    def loss(t: float) -> float:
        p = softmax(z, t)[np.arange(len(y)), y]
        return float(-np.log(np.maximum(p, 1e-300)).sum() + np.log(t) ** 2 / 2)

    t = best_temperature(z, y)
    assert COOLEST <= t <= HOTTEST
    assert loss(t) <= loss(1.0) + 1e-3


@settings(max_examples=50, deadline=None)
@given(LABELS, st.integers(2, 6), st.integers(0, 5))
def test_every_item_of_a_class_with_two_is_predicted_once_and_the_others_never(y, n_folds, seed) -> None:
    y = np.array(y)
    X = np.random.default_rng(0).normal(size=(len(y), 2))
    probs, rows = out_of_fold(LEARNER, X, y, n_classes=4, rng=np.random.default_rng(seed), n_folds=n_folds)
    counts = np.bincount(y, minlength=4)
    np.testing.assert_array_equal(rows, np.flatnonzero(counts[y] > 1))
    assert probs.shape == (len(rows), 4)
    np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-6)
    assert (probs[:, counts == 0] == 0).all()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)), min_size=1, max_size=12),
    st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers(-3, 3)), min_size=12, max_size=12),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=12, max_size=12),
)
def test_any_table_becomes_finite_features_row_by_row(pool_numbers, categories, later_numbers) -> None:
    spec = FieldSpec({"a": "number", "c": "category"})
    pool = Columns({"a": pool_numbers, "c": categories[: len(pool_numbers)]})
    encoding = TableEncoder(spec).fit(pool)
    later = Columns({"a": later_numbers, "c": categories})
    found = encoding.features(later)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.abs(found).max() <= 10
    np.testing.assert_array_equal(encoding.features(later.take([7, 2])), found[[7, 2]])
    assert np.isfinite(encoding.embeddings(later)).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=12), min_size=1, max_size=15), st.integers(1, 4))
def test_any_text_with_a_word_is_a_unit_vector_and_any_other_is_zero(texts, n_dims) -> None:
    pool = [*texts, "one word"]
    encoding = TextEncoder(n_dims=n_dims).fit(pool)
    lengths = np.sqrt(encoding.features(pool).power(2).sum(axis=1))
    assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths <= 1))
    assert np.isfinite(encoding.embeddings(pool)).all()
    assert abs(lengths[-1] - 1) < 1e-3 or n_dims < 4


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=st.floats(-1e6, 1e6)))
def test_any_vectors_become_finite_and_no_longer_than_one(X) -> None:
    encoding = VectorEncoder(n_landmarks=6, n_dims=2).fit(X)
    for found in (encoding.features(X), encoding.embeddings(X)):
        assert len(found) == len(X)
        assert np.isfinite(found).all()
        assert (np.linalg.norm(found, axis=1) <= 1.01).all()


@given(hnp.arrays(np.float64, (5, 3), elements=st.floats(-1e6, 1e6)))
def test_unit_length_does_not_turn_a_row(X) -> None:
    found = unit_norm(X)
    lengths = np.linalg.norm(X, axis=1)
    np.testing.assert_allclose(found * lengths[:, None], X, rtol=1e-6, atol=1e-9)


PARAMS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(PARAMS)
def test_parameters_come_back_from_a_record_as_they_were(value) -> None:
    assert _from_json(_to_json(value), "here") == value
