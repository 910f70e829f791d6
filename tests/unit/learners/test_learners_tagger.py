"""The learner of spans, on sentences made from templates."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.core.items import Columns
from querist.core.ports import HasTagMembers, Tags
from querist.learners import IdentityEncoder, SpanTagger, recipe_for, recipe_from_json, tokens_of
from querist.learners.recipe import Recipe

RNG = np.random.default_rng
FIRST = ["Ann", "Bo", "Carla", "Dev", "Ella", "Femi", "Goran", "Hana"]
LAST = ["Abel", "Brandt", "Costa", "Dorr", "Eriksen", "Fofana"]
PLACES = ["Lima", "Oslo", "Quito", "Bonn", "Porto", "Turku", "Accra", "Cebu", "Tunis", "Graz"]
PERSON, PLACE = 0, 1


def sentences(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Texts with persons of one or two names and places, each word of which only its surroundings give away."""
    rng = RNG(seed)
    X, y = np.empty(n, dtype=object), np.empty(n, dtype=object)
    for row in range(n):
        person = " ".join([rng.choice(FIRST), rng.choice(LAST)][: rng.integers(1, 3)])
        place = str(rng.choice(PLACES))
        words = [
            ["Yesterday", (person, PERSON), "went to", (place, PLACE), "."],
            ["In", (place, PLACE), ", it rained."],
            ["Mrs", (person, PERSON), "said no."],
            ["Nothing happened at all."],
            ["We saw", (person, PERSON), "and", (person, PERSON), "."],
        ][rng.integers(5)]
        text, spans = "", []
        for part in words:
            told, of = part if isinstance(part, tuple) else (part, None)
            text += " " if text else ""
            if of is not None:
                spans.append((len(text), len(text) + len(told), of))
            text += told
        X[row], y[row] = text, tuple(spans)
    return X, y


def fitted(n: int = 60, **params: object):
    X, y = sentences(n)
    return SpanTagger(**params).fit(X, y, n_classes=2, rng=RNG(0))


def f1(truth: np.ndarray, found: np.ndarray) -> float:
    pairs = [(set(a), set(b)) for a, b in zip(truth, found, strict=True)]
    return 2 * sum(len(a & b) for a, b in pairs) / sum(len(a) + len(b) for a, b in pairs)


def test_it_learns_and_more_with_more_labels() -> None:
    X, y = sentences(200, seed=1)
    few, many = (f1(y, fitted(n).predict_spans(X)) for n in (5, 100))
    assert many > 0.95
    assert few < many


def test_it_finds_names_it_has_never_seen_by_what_stands_beside_them() -> None:
    text = "Mrs Ximena Quist said no."
    assert fitted(100).predict_spans([text])[0] == ((4, 16, PERSON),)


def test_it_offers_a_distribution_over_tags_for_every_token() -> None:
    X, _ = sentences(20, seed=2)
    found = fitted().tokens(X)
    assert found.shape == (20,)
    for text, probs in zip(X, found, strict=True):
        assert probs.shape == (len(tokens_of(text)), 5)
        assert probs.dtype == np.float32
        np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
        assert (probs >= 0).all()


def test_members_are_told_apart_and_their_mean_predicts() -> None:
    X, y = sentences(10, seed=3)
    model = fitted(10, n_members=4)
    members, mean = model.member_tokens(X), model.tokens(X)
    for row in range(10):
        assert members[row].shape == (4, len(tokens_of(X[row])), 5)
        np.testing.assert_allclose(members[row].mean(axis=0), mean[row], atol=1e-6)
    assert max(float(np.ptp(part, axis=0).max()) for part in members) > 0.05
    assert f1(y, fitted(60, n_members=4).predict_spans(X)) > 0.9


def test_only_a_committee_has_members() -> None:
    assert isinstance(fitted(), Tags)
    assert not isinstance(fitted(), HasTagMembers)
    assert isinstance(fitted(n_members=2), HasTagMembers)


def test_a_text_without_tokens_has_no_rows_and_no_spans() -> None:
    for model in (fitted(), fitted(n_members=3)):
        found = model.tokens(["", " \n", "Ann"])
        assert [part.shape for part in found] == [(0, 5), (0, 5), (1, 5)]
        assert model.predict_spans(["", " \n"]).tolist() == [(), ()]
    assert fitted(n_members=3).member_tokens([""])[0].shape == (3, 0, 5)
    assert fitted().tokens([]).shape == fitted().predict_spans([]).shape == (0,)


def test_labels_without_a_span_make_a_model_that_says_outside() -> None:
    for n_members in (1, 3):
        model = SpanTagger(n_members=n_members).fit(["Ann met", ""], [(), ()], n_classes=2, rng=RNG(0))
        assert model.predict_spans(["Ann met Bo"]).tolist() == [()]
        np.testing.assert_array_equal(model.tokens(["Ann met Bo"])[0], [[1, 0, 0, 0, 0]] * 3)


def test_texts_without_tokens_can_be_all_there_is() -> None:
    model = SpanTagger().fit(["", " "], [(), ()], n_classes=1, rng=RNG(0))
    np.testing.assert_array_equal(model.tokens(["Ann"])[0], [[1, 0, 0]])


def test_a_class_without_a_span_has_columns_of_zero() -> None:
    X, y = sentences(40)
    probs = SpanTagger().fit(X, y, n_classes=3, rng=RNG(0)).tokens(X)[0]
    assert probs.shape[1] == 7
    assert (probs[:, 5:] == 0).all()


def test_one_label_where_every_token_is_inside_a_span_will_do() -> None:
    model = SpanTagger().fit(["Ann Lee"], [[(0, 7, 0)]], n_classes=1, rng=RNG(0))
    assert model.predict_spans(["Ann Lee"]).tolist() == [((0, 7, 0),)]


def test_overlapping_spans_do_not_stop_it_and_the_longest_is_learned() -> None:
    X = ["Bank of Norway fell"] * 2
    y = [[(8, 14, PLACE), (0, 14, PERSON)], [(0, 14, PERSON), (0, 14, PERSON)]]
    assert SpanTagger().fit(X, y, n_classes=2, rng=RNG(0)).predict_spans(X[:1]).tolist() == [((0, 14, PERSON),)]


def test_a_text_is_read_alike_alone_and_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    X, _ = sentences(40, seed=4)
    model = fitted()
    together, spans = model.tokens(X), model.predict_spans(X)
    for row in (0, 17, 39):
        np.testing.assert_array_equal(model.tokens(X[row : row + 1])[0], together[row])
    monkeypatch.setattr("querist.learners.tagger.BLOCK_CHARACTERS", 50)  # some blocks of one text, others of several
    for again, before in zip(model.tokens(X), together, strict=True):
        np.testing.assert_array_equal(again, before)
    assert model.predict_spans(X).tolist() == spans.tolist()


def test_the_same_seed_gives_the_same_members_and_another_does_not() -> None:
    X, y = sentences(20)
    first, again, other = (SpanTagger(n_members=2).fit(X, y, n_classes=2, rng=RNG(s)) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.coefficients, again.coefficients)
    assert (first.coefficients != other.coefficients).any()
    single = [SpanTagger().fit(X, y, n_classes=2, rng=RNG(s)).coefficients for s in (1, 2)]
    np.testing.assert_array_equal(*single)


def test_an_earlier_model_is_gone_on_from_and_left_alone() -> None:
    X, y = sentences(60)
    first = SpanTagger().fit(X[:20], y[:20], n_classes=2, rng=RNG(0))
    before = first.coefficients.copy()
    assert not first.warm_started
    cold, warm = (SpanTagger().fit(X, y, n_classes=2, rng=RNG(0), warm=m) for m in (None, first))
    assert warm.warm_started
    np.testing.assert_array_equal(first.coefficients, before)
    for one, other in zip(cold.tokens(X), warm.tokens(X), strict=True):
        np.testing.assert_allclose(one, other, atol=0.05)  # both stop short of the same optimum
    one_step = SpanTagger(max_steps=1).fit(X, y, n_classes=2, rng=RNG(0), warm=cold)
    assert one_step.predict_spans(X).tolist() == cold.predict_spans(X).tolist()


def test_a_model_of_another_kind_is_not_gone_on_from() -> None:
    X, y = sentences(20)
    for other in (fitted(n_members=2), fitted(n_buckets=99), SpanTagger().fit(X, y, n_classes=3, rng=RNG(0))):
        assert not SpanTagger().fit(X, y, n_classes=2, rng=RNG(0), warm=other).warm_started


def test_a_class_that_is_new_is_learned_from_a_warm_start_too() -> None:
    X, y = sentences(60)
    persons = np.empty(60, dtype=object)
    persons[:] = [tuple(span for span in spans if span[2] == PERSON) for spans in y]
    first = SpanTagger().fit(X, persons, n_classes=2, rng=RNG(0))
    assert f1(y, SpanTagger().fit(X, y, n_classes=2, rng=RNG(0), warm=first).predict_spans(X)) > 0.95


def test_the_input_is_left_alone_and_may_be_read_only() -> None:
    X, y = sentences(20)
    before = X.tolist(), y.tolist()
    X.flags.writeable = y.flags.writeable = False
    SpanTagger().fit(X, y, n_classes=2, rng=RNG(0)).tokens(X)
    assert (X.tolist(), y.tolist()) == before


def test_recipe_and_model_can_be_sent_to_another_process() -> None:
    X, _ = sentences(5)
    model = fitted(n_members=2)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.member_tokens(X)[0], model.member_tokens(X)[0])
    assert pickle.loads(pickle.dumps(SpanTagger(C=2.0))) == SpanTagger(C=2.0)


def test_a_record_brings_the_recipe_back() -> None:
    recipe = Recipe(IdentityEncoder(), SpanTagger(C=3.0, n_members=4, n_buckets=1 << 12, max_steps=20))
    assert recipe_from_json(json.loads(json.dumps(recipe.describe()))) == recipe
    assert SpanTagger().name == "SpanTagger"
    assert SpanTagger(n_members=4).name == "4 x SpanTagger"


def test_it_gets_the_texts_themselves() -> None:
    X, _ = sentences(5)
    assert type(recipe_for(SpanTagger(), X).encoder).__name__ == "RawEncoder"
    column = Columns({"text": X})
    assert fitted().predict_spans(column).tolist() == fitted().predict_spans(X).tolist()


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (["Ann"], [], "one entry per item, 1; got 0"),
        ([], [], "one entry per item, 0; got 0"),
        (["Ann"], [[(0, 4, 0)]], "item 0 has 3 characters, and a span that ends at 4"),
        (["Ann"], [[(0, 3, 2)]], "class must lie in 0..1; item 0 has 2"),
        (["Ann"], [[(3, 3, 0)]], "0 <= start < end"),
        (["Ann"], [None], "item 0 is None"),
        ([7.5, ["Ann"]], [(), ()], "X: must be text; row 1 is of type list"),
        (Columns({"a": ["Ann"], "b": ["Bo"]}), [()], "X: must be one text per item; got the columns 'a', 'b'"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_place(X: object, y: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        SpanTagger().fit(X, y, n_classes=2, rng=RNG(0))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"C": 0.0}, "C: must be a positive number; got 0.0"),
        ({"C": float("nan")}, "C: must be a positive number"),
        ({"C": True}, "C: must be a positive number"),
        ({"n_members": 0}, "n_members: must be a whole number of at least 1"),
        ({"n_buckets": 1 << 40}, "n_buckets: must be at most"),
        ({"max_steps": 1.5}, "max_steps"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(params: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        SpanTagger(**params)
