"""What holds of tokens, tags and the spans they are of, whatever the text."""

from __future__ import annotations

from itertools import pairwise, product
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.learners import SpanTagger, tokens_of
from querist.learners.bio import best_tags, n_tags, spans_at, tags_of
from querist.learners.token_features import token_features
from querist.learners.tokens import tokenized

# Letters, digits, marks, blanks, signs, Han, Kana, Hangul, Thai, a joiner, an emoji and a lone surrogate, all close by.
CHARACTERS = "abAB19 \n\t._-'\u0301\u0308東京のカナー한글สวั\u200d\U0001f600\ud800\u00a0\x00éİß"
TEXTS = st.text(st.sampled_from(CHARACTERS), max_size=20) | st.text(max_size=12)
N_CLASSES = 2


@st.composite
def labeled_texts(draw: Any, least: int = 1) -> tuple[list[str], list[list[tuple[int, int, int]]]]:
    """Texts and any spans within them, overlapping or not."""
    texts = draw(st.lists(TEXTS, min_size=least, max_size=5))
    y = []
    for text in texts:
        ends = st.integers(0, len(text))
        cuts = draw(st.lists(st.tuples(ends, ends, st.integers(0, N_CLASSES - 1)), max_size=4))
        y.append([(min(a, b), max(a, b), c) for a, b, c in cuts if a != b])
    return texts, y


@given(st.lists(TEXTS, max_size=5))
def test_tokens_hold_every_character_but_blanks_once_and_in_order(texts: list[str]) -> None:
    table = tokenized(texts)
    for row, text in enumerate(texts):
        alone = tokens_of(text)
        first, last = table.firsts[row : row + 2]
        together = zip(
            table.starts[first:last] - table.texts[row], table.ends[first:last] - table.texts[row], strict=True
        )
        assert [(int(a), int(b)) for a, b in together] == alone
        covered = [at for start, end in alone for at in range(start, end)]
        assert covered == sorted(set(covered))
        assert all(start < end for start, end in alone)
        left = set(range(len(text))) - set(covered)
        assert all(text[at].isspace() or not text[at].isprintable() for at in left)
        assert not any(text[at].isspace() for at in covered)


@given(st.lists(TEXTS, max_size=5), st.integers(1, 1 << 20))
def test_features_of_a_text_do_not_depend_on_the_others(texts: list[str], n_buckets: int) -> None:
    together = token_features(tokenized(texts), n_buckets)
    apart = [token_features(tokenized([text]), n_buckets) for text in texts]
    np.testing.assert_array_equal(together, np.concatenate([*apart, together[:0]]))


@given(labeled_texts())
def test_any_spans_become_tags_of_spans_and_what_is_read_off_gives_the_tags_again(data: Any) -> None:
    texts, y = data
    table = tokenized(texts)
    items = np.repeat(np.arange(len(y)), [len(spans) for spans in y])
    tags = tags_of(table, items, np.array([s for spans in y for s in spans], dtype=np.int64).reshape(-1, 3))
    found = spans_at(table, tags)
    flat = np.array([span for spans in found for span in spans], dtype=np.int64).reshape(-1, 3)
    rows = np.repeat(np.arange(len(found)), [len(spans) for spans in found])
    np.testing.assert_array_equal(tags_of(table, rows, flat), tags)
    for text, given_spans, read in zip(texts, y, found, strict=True):
        tokens = tokens_of(text)
        touched = [([t for t in tokens if t[0] < b and a < t[1]], c) for a, b, c in given_spans]
        widened = {(part[0][0], part[-1][1], c) for part, c in touched if part}
        assert set(read) <= widened
        assert bool(read) == bool(widened)
        assert all(before[1] <= after[0] for before, after in pairwise(read))


@settings(max_examples=60)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.integers(0, 2**32 - 1))
def test_the_best_tags_are_the_best_of_all_that_are_legal(sizes: list[int], seed: int) -> None:
    firsts = np.concatenate([[0], np.cumsum(sizes)])
    logs = np.log(np.random.default_rng(seed).dirichlet(np.full(n_tags(N_CLASSES), 0.4), size=firsts[-1]) + 1e-9)
    found = best_tags(logs, firsts)
    for first, size in zip(firsts, sizes, strict=False):
        part = logs[first : first + size]
        legal = [tags for tags in product(range(n_tags(N_CLASSES)), repeat=size) if _legal(tags)]
        best = max(sum(part[at, tag] for at, tag in enumerate(tags)) for tags in legal)
        own = tuple(found[first : first + size].tolist())
        assert _legal(own)
        assert abs(sum(part[at, tag] for at, tag in enumerate(own)) - best) < 1e-9


@settings(max_examples=40)
@given(labeled_texts(), st.lists(TEXTS, max_size=4), st.integers(1, 2))
def test_whatever_it_is_fitted_on_it_predicts_spans_of_any_text(data: Any, later: list[str], n_members: int) -> None:
    texts, y = data
    learner = SpanTagger(n_members=n_members, max_steps=5, n_buckets=1 << 10)
    model = learner.fit(texts, y, n_classes=N_CLASSES, rng=np.random.default_rng(0))
    for text, probs, spans in zip(later, model.tokens(later), model.predict_spans(later), strict=True):
        tokens = tokens_of(text)
        assert probs.shape == (len(tokens), n_tags(N_CLASSES))
        np.testing.assert_allclose(probs.sum(axis=1), 1, atol=1e-5)
        starts, ends = {start for start, _ in tokens}, {end for _, end in tokens}
        assert all(start in starts and end in ends and 0 <= of < N_CLASSES for start, end, of in spans)
        assert all(before[1] <= after[0] for before, after in pairwise(spans))


def _legal(tags: tuple[int, ...]) -> bool:
    before = 0
    for tag in tags:
        if tag and tag % 2 == 0 and before not in (tag - 1, tag):
            return False
        before = tag
    return True
