"""Copies planted in synthetic texts are found, little else is, and the sketches alone would miss too many."""

from __future__ import annotations

import itertools
import random
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.evidence import leaks
from querist.core.items import FieldSpec
from querist.splits import SURELY, alike_texts, alike_vectors, candidates, texts_in
from querist.splits import copies as module

SYLLABLES = ("ban", "ca", "de", "fo", "gri", "ho", "lu", "mer", "no", "pel", "ra", "sti", "to")


def texts(n: int, seed: int = 0) -> list[str]:
    rng = random.Random(seed)
    words = ["".join(rng.choices(SYLLABLES, k=rng.choice([1, 2, 2, 3]))) for _ in range(300)]
    return [" ".join(rng.choices(words, k=rng.randrange(7, 15))) for _ in range(n)]


def test_planted_copies_are_found_and_little_else() -> None:
    row = leaks.measured("synthetic", texts(2000), 300)
    assert leaks.holds(row), row
    # The naive way, the sketches by which an import places its items, fails the same test.
    assert row["recall_by_sketch"] < leaks.LEAST


def test_texts_of_one_kind_are_no_copies_and_stay_few() -> None:
    some = texts(600)
    one, other = candidates(leaks.sketched(some[:300]), leaks.sketched(some[300:]))
    pairs = list(zip(one.tolist(), other.tolist(), strict=True))
    assert sum(alike_texts(some[i], some[300 + j]) >= module.ALIKE_TEXTS for i, j in pairs) == 0


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_is_symmetric_and_a_share(one: str, other: str) -> None:
    assert alike_texts(one, other) == alike_texts(other, one)
    assert 0 <= alike_texts(one, other) <= 1


@given(st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=8), st.randoms())
def test_the_order_of_words_their_case_and_punctuation_do_not_count(words: list[str], rng: random.Random) -> None:
    other = rng.sample(words, len(words))
    assert alike_texts(" ".join(words), ", ".join(other).upper() + "!") == 1.0


def test_likeness_by_hand() -> None:
    # " ab ": ' a','ab','b ' and ' ab','ab '; " ac ": ' a','ac','c ' and ' ac','ac '. One of five is common.
    assert alike_texts("ab", "ac") == pytest.approx(1 / 5)
    assert alike_texts("", "") == alike_texts("?!", "?!") == 0.0


def test_equal_items_are_candidates_although_they_have_no_text_to_speak_of() -> None:
    both = leaks.sketched(["ok", "no", "ok"])
    one, other = candidates(both[:2], both[2:])
    assert (one.tolist(), other.tolist()) == ([0], [0])


@pytest.mark.parametrize("many", [(0, 10**12), (0, 0)])
def test_where_there_are_many_pairs_more_hashes_must_agree_and_copies_are_found_still(
    many: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MANY", many)
    row = leaks.measured("synthetic", texts(1000), 150)
    assert row["recall"] > 0.9
    assert row["precision"] > leaks.LEAST


def test_of_too_many_candidates_those_with_most_in_common_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    some = texts(200)
    both = leaks.sketched([*some, *some[:10]])
    monkeypatch.setattr(module, "MOST_PAIRS", 10)
    one, other = candidates(both[:10], both[10:])
    assert set(zip(one.tolist(), other.tolist(), strict=True)) == {(i, 190 + i) for i in range(10)}


def test_vectors_beside_a_twentieth_of_noise_are_copies_and_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    test, pool = rng.normal(size=(40, 32)), rng.normal(size=(200, 32))
    pool[:20] = test[:20] + rng.normal(size=(20, 32)) * 0.05
    (one, other), alike = alike_vectors(test, pool)
    assert one.tolist() == other.tolist() == list(range(20))
    assert (alike > 0.98).all()
    monkeypatch.setattr(module, "OPERATIONS", 10)
    (one, _), _ = alike_vectors(test, pool)
    assert len(one) == 0


def test_a_pool_of_texts_that_share_most_of_their_runs_takes_no_time_to_speak_of() -> None:
    rng = random.Random(0)
    words = ["".join(three) for three in itertools.product(SYLLABLES, repeat=3)]
    some = leaks.sketched([" ".join(rng.choices(words, k=9)) for _ in range(10_000)])
    began = time.process_time()
    one, _ = candidates(some[:2_000], some[2_000:], least=SURELY)
    # A tenth of a second on an idle core; looking at every pair that shares two hashes took seconds.
    assert time.process_time() - began < 3
    assert len(one) < 5_000


def test_the_texts_of_items_are_those_of_their_fields_of_text() -> None:
    fields = [{"title": "One", "n": 3, "body": "two"}, {"title": None, "body": "three"}]
    spec = FieldSpec({"title": "text", "n": "number", "body": "text"})
    assert texts_in(fields, spec) == ["One two", "three"]
    assert texts_in(fields, FieldSpec({"n": "number"})) == ["", ""]
