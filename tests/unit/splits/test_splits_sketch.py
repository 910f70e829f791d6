from __future__ import annotations

import random

import numpy as np
import pytest

from querist.core.hashing import content_hash
from querist.core.items import FieldSpec
from querist.splits import Sketches, sketch
from querist.splits.sketch import BLOCK_BYTES

TEXT = FieldSpec({"text": "text"})


def sketched(texts: list[str]) -> Sketches:
    return sketch({"text": texts}, TEXT, [content_hash({"text": t}) for t in texts])


def agreement(a: str, b: str) -> float:
    both = sketched([a, b])
    return float((both.minhash[0] == both.minhash[1]).mean())


def test_case_blanks_and_punctuation_do_not_count() -> None:
    assert agreement("How do I top up my card?", "  how do i TOP-UP my\n\ncard ") == 1.0


def test_unrelated_texts_do_not_agree() -> None:
    assert agreement("How do I top up my card?", "The weather in Lima was fine on Sunday") <= 2 / 16


def test_other_alphabets_are_told_apart_and_matched() -> None:
    assert agreement("Как пополнить карту в банке?", "как пополнить карту в банке") == 1.0
    assert agreement("Как пополнить карту в банке?", "Где найти ближайший банкомат?") <= 4 / 16
    assert agreement("如何给我的银行卡充值呢", "如何给我的银行卡充值呢!") == 1.0


def test_too_short_a_text_is_not_hashed() -> None:
    assert sketched(["ok", "", "a long enough text"]).hashed.tolist() == [False, False, True]


def test_a_sketch_does_not_depend_on_its_batch() -> None:
    texts = ["first text of some length", "a\x00b with a NUL inside", "third text of some length", "x"]
    together = sketched(texts)
    for i, text in enumerate(texts):
        np.testing.assert_array_equal(sketched([text]).minhash[0], together.minhash[i])


def test_a_batch_of_many_blocks_is_sketched_as_its_texts_are_one_by_one() -> None:
    rng = random.Random(0)
    lengths = [
        0,
        1,
        4,
        5,
        6,
        7,
        8,
        9,
        BLOCK_BYTES - 1,
        BLOCK_BYTES,
        BLOCK_BYTES + 1,
        *(rng.randrange(300) for _ in range(900)),
    ]
    texts = ["".join(rng.choices("abcdefgh ,é", k=length)) for length in lengths]
    together = sketched(texts)
    for i, text in enumerate(texts):
        alone = sketched([text])
        assert alone.hashed[0] == together.hashed[i]
        if alone.hashed[0]:
            np.testing.assert_array_equal(alone.minhash[0], together.minhash[i])


def test_a_sketch_stored_by_an_earlier_version_is_still_the_same() -> None:
    hashes = ["0123456789abcdef" * 4]
    text = sketch({"text": ["Wie lade ich meine Karte auf, bitte?"]}, TEXT, hashes)
    assert text.exact.tolist() == [0x0123456789ABCDEF]
    # fmt: off
    assert text.minhash.tolist() == [
        [28645, 16224, 42340, 63430, 4007, 22190, 60412, 15373, 47375, 55843, 55277, 52813, 25905, 53356, 32655, 3483]
    ]
    vector = [0.1, -2.5, 3.0, 0.0, 1.0, 7.5, -7.0, 2.2, 4.1, 6.0]
    assert sketch({"v": [vector]}, FieldSpec({"v": "vector"}), hashes).minhash.tolist() == [
        [4156, 25481, 46660, 65066, 25391, 1562, 33654, 6632, 26644, 4684, 52637, 17032, 60191, 27990, 53880, 45138]
    ]
    # fmt: on


def test_min_hashes_estimate_the_jaccard_similarity() -> None:
    rng = random.Random(0)
    words = [f"w{i}" for i in range(500)]
    truth, estimate = [], []
    for _ in range(600):
        a = rng.choices(words, k=30)
        b = [w if rng.random() < 0.9 else rng.choice(words) for w in a]
        x, y = " ".join(a), " ".join(b)
        s, t = ({v[i : i + 5] for i in range(len(v) - 4)} for v in (x, y))
        truth.append(len(s & t) / len(s | t))
        estimate.append(agreement(x, y))
    error = np.array(estimate) - np.array(truth)
    spread = np.sqrt(np.mean(np.array(truth) * (1 - np.array(truth))) / 16)
    # Multiplicative hashing is not perfectly min-wise: allow a bias of a third of a hash beyond the sampling error.
    assert abs(error.mean()) < 1 / 48 + 4 * spread / np.sqrt(600)
    assert error.std() == pytest.approx(spread, rel=0.15)


def test_vectors_are_alike_by_position_and_level() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 17, 64).astype(float)
    speck = image.copy()
    speck[3] = 16 - speck[3]
    columns = {"pixels": [image.tolist(), speck.tolist(), rng.integers(0, 17, 64).tolist(), None]}
    found = sketch(columns, FieldSpec({"pixels": "vector"}), ["0" * 64] * 4)
    assert (found.minhash[0] == found.minhash[1]).mean() >= 12 / 16
    assert (found.minhash[0] == found.minhash[2]).mean() <= 4 / 16
    assert found.hashed.tolist() == [True, True, True, False]


def test_two_drawings_are_not_alike_because_both_are_mostly_paper() -> None:
    rng = np.random.default_rng(0)
    drawings = np.full((2, 400), 255.0)
    for drawing in drawings:
        drawing[rng.permutation(400)[:60]] = 0.0
    dark = 255.0 - drawings
    for pair in (drawings, dark):
        found = sketch({"pixels": pair.tolist()}, FieldSpec({"pixels": "vector"}), ["0" * 64] * 2)
        assert found.hashed.all()
        assert (found.minhash[0] == found.minhash[1]).mean() <= 6 / 16


def test_an_empty_drawing_is_alike_to_nothing() -> None:
    found = sketch({"pixels": [[0.0] * 64, [1.0] * 64]}, FieldSpec({"pixels": "vector"}), ["0" * 64] * 2)
    assert not found.hashed.any()


def test_tables_are_alike_only_where_they_are_equal() -> None:
    found = sketch({"age": [31, 31]}, FieldSpec({"age": "number"}), [content_hash({"age": 31})] * 2)
    assert not found.hashed.any()
    assert found.exact[0] == found.exact[1]


def test_sketches_survive_storage() -> None:
    texts = ["a long enough text", "ok", "another long enough text"]
    found = sketched(texts)
    again = Sketches.from_bytes([content_hash({"text": t}) for t in texts], found.to_bytes())
    np.testing.assert_array_equal(again.exact, found.exact)
    np.testing.assert_array_equal(again.minhash[found.hashed], found.minhash[found.hashed])
    np.testing.assert_array_equal(again.hashed, found.hashed)


def test_lone_surrogates_do_not_stop_it() -> None:
    assert sketched(["half a pair \ud800 in a text"]).hashed.all()
