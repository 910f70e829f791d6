"""Encoders: what becomes of text, tables, vectors and features that were given."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_digits
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from querist.core.errors import InvalidInput
from querist.core.items import Columns, FieldSpec
from querist.core.rng import generator
from querist.learners import (
    IdentityEncoder,
    ImageEncoder,
    RawEncoder,
    SklearnLearner,
    TableEncoder,
    TextEncoder,
    VectorEncoder,
)
from querist.learners.reduce import unit_norm

NOUNS = ("prize", "lunch", "meeting", "money", "train", "garden", "ticket", "doctor")


def texts(n: int) -> list[str]:
    rng = generator(1, "texts")
    return [" ".join(rng.choice(NOUNS, size=4)) + f" number{i % 40}" for i in range(n)]


def test_words_without_topics_are_plain_tf_idf() -> None:
    pool = ["free prize now", "win a free prize", "see you at lunch"]
    found = TextEncoder(topic_share=0).fit(pool).features(pool)
    expected = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b").fit_transform(pool)
    np.testing.assert_allclose(found.toarray(), expected.toarray(), rtol=1e-5)


def test_topics_have_their_share_of_a_rows_squared_length() -> None:
    pool = texts(200)
    encoding = TextEncoder(n_dims=5, topic_share=0.75).fit(pool)
    squares = encoding.features(pool).power(2)
    np.testing.assert_allclose(squares[:, -5:].sum(axis=1), 0.75, rtol=1e-4)
    np.testing.assert_allclose(squares.sum(axis=1), 1, rtol=1e-4)


def test_words_in_one_context_are_close_in_topics_without_sharing_one() -> None:
    pool = ["cat purrs milk", "kitten purrs milk", "stock rises bank", "share rises bank"] * 5
    found = TextEncoder(n_dims=2).fit(pool).embeddings(["cat", "kitten", "stock"])
    assert found[0] @ found[1] > 0.9
    assert found[0] @ found[2] < 0.1


def test_a_large_pool_is_hashed_and_needs_no_vocabulary() -> None:
    pool = texts(50)
    encoding = TextEncoder(hash_above=49, n_dims=4).fit(pool)
    found = encoding.features(pool)
    assert found.shape == (50, 2**18 + 4)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.sqrt(found.power(2).sum(axis=1)), 1, rtol=1e-4)


def test_the_pool_again_and_a_copy_of_it_have_the_same_features() -> None:
    pool = texts(60)
    encoding = TextEncoder(n_dims=4).fit(pool)
    np.testing.assert_allclose(encoding.features(pool).toarray(), encoding.features(list(pool)).toarray(), atol=1e-6)


def test_a_text_field_that_is_not_named_is_asked_for() -> None:
    with pytest.raises(InvalidInput, match="fields"):
        TextEncoder().fit(Columns({"title": ["a"], "body": ["b"]}))


def test_texts_without_words_are_refused() -> None:
    with pytest.raises(InvalidInput, match="words"):
        TextEncoder().fit(["!!!", "", None])


@pytest.mark.parametrize("n", [1, 999, 1000, 2000])
def test_where_no_word_recurs_each_is_kept(n: int) -> None:
    pool = [f"code{i:04d}" for i in range(n)]
    encoding = TextEncoder(n_dims=4).fit(pool)
    assert (np.diff(TextEncoder(topic_share=0).fit(pool).features(pool).indptr) == 1).all()
    assert encoding.embeddings(pool).shape[0] == n


def test_an_item_that_is_no_text_is_named() -> None:
    with pytest.raises(InvalidInput, match="row 1 is of type dict"):
        TextEncoder().fit(["a", {"b": 1}])


def test_a_missing_number_becomes_the_median_and_is_flagged() -> None:
    encoding = TableEncoder(FieldSpec({"a": "number"})).fit(Columns({"a": [1.0, 2.0, 9.0, None]}))
    sd = np.std([1, 2, 9])
    np.testing.assert_allclose(
        encoding.features(Columns({"a": [9.0, None]})), [[(9 - 4) / sd, 0], [(2 - 4) / sd, 1]], rtol=1e-5
    )


def test_one_slip_of_the_decimal_point_does_not_flatten_a_column() -> None:
    column = np.append(np.linspace(0, 1, 50), 1e30)
    found = TableEncoder(FieldSpec({"a": "number"})).fit(Columns({"a": column})).features(Columns({"a": column}))
    assert found.max() <= 10
    assert found[:50].std() > 0.1


def test_infinite_numbers_are_clipped() -> None:
    encoding = TableEncoder().fit(np.array([[0.0], [1.0], [2.0], [3.0], [np.inf]]))
    assert encoding.features(np.array([[np.inf], [-np.inf]])).tolist() == [[10.0], [-10.0]]


def test_a_number_that_is_none_is_named_with_its_row() -> None:
    with pytest.raises(InvalidInput, match="age: must be numbers; row 1 is 'forty'"):
        TableEncoder(FieldSpec({"age": "number"})).fit(Columns({"age": [31, "forty"]}))


def test_rare_new_and_missing_categories_have_their_columns() -> None:
    pool = Columns({"c": ["x", "x", "y", "y", "z", None]})
    encoding = TableEncoder(FieldSpec({"c": "category"}), min_count=2).fit(pool)
    found = encoding.features(Columns({"c": ["x", "y", "z", "new", None]}))
    assert found.argmax(axis=1).tolist() == [0, 1, 2, 2, 3]
    assert (found.sum(axis=1) == 1).all()


def test_a_category_is_the_same_whether_a_file_gave_text_or_a_number() -> None:
    encoding = TableEncoder(FieldSpec({"c": "category"}), min_count=1).fit(Columns({"c": ["1", "2", "2"]}))
    found = encoding.features(Columns({"c": np.array([1.0, 2.0])}))
    np.testing.assert_array_equal(found, encoding.features(Columns({"c": ["1", "2"]})))


def test_only_the_most_frequent_categories_have_columns() -> None:
    pool = Columns({"c": ["a"] * 3 + ["b"] * 2 + ["c"] * 2})
    assert TableEncoder(FieldSpec({"c": "category"}), min_count=1, max_levels=2).fit(pool).features(pool).shape == (
        7,
        3,
    )


def test_text_beside_numbers_weighs_as_much_as_they_do() -> None:
    table = Columns({"a": np.arange(40.0), "b": np.arange(40.0) ** 2, "t": texts(40)})
    spec = FieldSpec({"a": "number", "b": "number", "t": "text"})
    found = TableEncoder(spec, n_dims=4).fit(table).features(table)
    assert sparse.issparse(found)
    squares = found.power(2)
    np.testing.assert_allclose(squares[:, :2].sum() / 40, 1, rtol=1e-4)
    np.testing.assert_allclose(squares[:, 2:].sum() / 40, 1, rtol=1e-4)


def test_ignored_fields_change_nothing() -> None:
    table = Columns({"a": [1.0, 2.0, 3.0], "id": ["x1", "x2", "x3"]})
    with_id = TableEncoder(FieldSpec({"a": "number", "id": "ignored"})).fit(table).features(table)
    without = TableEncoder(FieldSpec({"a": "number"})).fit(table).features(table)
    np.testing.assert_array_equal(with_id, without)


def test_a_table_of_ignored_fields_is_refused() -> None:
    with pytest.raises(InvalidInput, match="fields to read"):
        TableEncoder(FieldSpec({"id": "ignored"})).fit(Columns({"id": ["a"]}))


def test_unit_vectors_are_their_own_features_without_a_copy() -> None:
    X = unit_norm(generator(0).normal(size=(30, 8)).astype(np.float32))
    encoding = VectorEncoder().fit(X)
    assert encoding.features(X) is X
    assert encoding.embeddings(X) is X


def test_columns_of_other_units_do_not_drown_the_rest() -> None:
    rng = generator(0, "units")
    X = rng.normal(size=(100, 2)) * [1, 1e6]
    near = X.copy()
    near[:, 0] += 3
    encoding = VectorEncoder().fit(X)
    moved = np.einsum("ij,ij->i", encoding.features(X), encoding.features(near))
    assert moved.mean() < 0.5


def test_the_kernel_tells_what_a_straight_line_cannot() -> None:
    rng = generator(0, "ring")
    X = rng.normal(size=(200, 2))
    y = (np.linalg.norm(X, axis=1) > 1.2).astype(int)
    F = VectorEncoder(n_landmarks=50).fit(X).features(X)
    learner = SklearnLearner(LogisticRegression(C=20, max_iter=1000))

    def accuracy(features: np.ndarray) -> float:
        model = learner.fit(features[:100], y[:100], n_classes=2, rng=rng)
        return float((model.predict_proba(features[100:]).argmax(axis=1) == y[100:]).mean())

    assert accuracy(F) > 0.9
    assert accuracy(X) < 0.75


def test_three_hundred_labels_of_digits_are_nearly_enough() -> None:
    digits = load_digits()
    F = ImageEncoder().fit(digits.images).features(digits.images)
    order = generator(0, "digits").permutation(len(F))
    labeled, rest = order[:300], order[300:]
    learner = SklearnLearner(LogisticRegression(C=20, max_iter=1000))
    model = learner.fit(F[labeled], digits.target[labeled], n_classes=10, rng=generator(0))
    assert (model.predict_proba(F[rest]).argmax(axis=1) == digits.target[rest]).mean() > 0.95


def test_wide_vectors_are_reduced_to_embeddings_of_unit_length() -> None:
    X = generator(0).normal(size=(40, 30))
    found = VectorEncoder(n_dims=6).fit(X).embeddings(X)
    assert found.shape == (40, 6)
    assert found.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-4)


def test_vectors_of_another_width_are_refused() -> None:
    encoding = VectorEncoder().fit(np.arange(12.0).reshape(4, 3))
    with pytest.raises(InvalidInput, match="3 columns; got 2"):
        encoding.features(np.ones((4, 2)))


def test_a_vector_field_of_a_table_is_found_by_name() -> None:
    vectors = np.arange(12.0).reshape(4, 3)
    table = Columns({"id": ["a", "b", "c", "d"], "at": vectors})
    np.testing.assert_array_equal(
        VectorEncoder("at").fit(table).features(table), VectorEncoder().fit(vectors).features(vectors)
    )


def test_given_sparse_features_stay_sparse_and_have_dense_embeddings() -> None:
    X = sparse.random_array((50, 300), density=0.05, format="csr", dtype=np.float32, rng=generator(0))
    encoding = IdentityEncoder(n_dims=10).fit(X)
    assert encoding.features(X) is X
    assert encoding.embeddings(X).shape == (50, 10)


def test_an_infinite_cell_of_a_sparse_matrix_is_named() -> None:
    X = sparse.csr_array(np.array([[0.0, 1.0], [0.0, np.inf]]))
    with pytest.raises(InvalidInput, match="row 1, column 1"):
        IdentityEncoder().fit(X)


def test_raw_items_are_handed_on_and_embedded_by_the_inner_encoder() -> None:
    pool = texts(30)
    encoding = RawEncoder(TextEncoder(n_dims=4)).fit(pool)
    assert encoding.features(pool) is pool
    np.testing.assert_array_equal(encoding.embeddings(pool), TextEncoder(n_dims=4).fit(pool).embeddings(pool))


@pytest.mark.parametrize(
    ("encoder", "pool"),
    [
        (TextEncoder(n_dims=4), texts(60)),
        (VectorEncoder(n_landmarks=20, n_dims=3), np.arange(200.0).reshape(40, 5) % 7),
        (ImageEncoder(n_landmarks=20, n_dims=3), (np.arange(320).reshape(20, 4, 4) % 11).astype(np.uint8)),
        (TableEncoder(n_dims=2), np.arange(200.0).reshape(40, 5) % 7),
    ],
    ids=lambda value: type(value).__name__,
)
def test_encoding_again_gives_the_same_numbers_and_leaves_the_pool_alone(encoder, pool) -> None:
    before = list(pool) if isinstance(pool, list) else pool.copy()
    first, second = encoder.fit(pool), encoder.fit(pool)
    np.testing.assert_array_equal(first.embeddings(pool), second.embeddings(pool))
    a, b = first.features(pool), second.features(pool)
    np.testing.assert_array_equal(a.toarray() if sparse.issparse(a) else a, b.toarray() if sparse.issparse(b) else b)
    np.testing.assert_array_equal(pool, before)
