"""Tokens, their features and their tags, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.learners import tokens_of
from querist.learners.bio import best_tags, n_tags, spans_at, tags_of
from querist.learners.token_features import token_features
from querist.learners.tokens import tokenized


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in tokens_of(text)]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Dr. Li's F16", ["Dr", ".", "Li", "'", "s", "F16"]),
        ("3.5 %", ["3", ".", "5", "%"]),
        ("snake_case", ["snake", "_", "case"]),
        ("...", [".", ".", "."]),
        ("東京タワーへ", ["東", "京", "タワー", "へ"]),
        ("トム・クルーズ", ["トム", "・", "クルーズ"]),
        ("Tシャツ", ["T", "シャツ"]),
        ("iPhone手机", ["iPhone", "手", "机"]),
        ("서울에서", ["서", "울", "에", "서"]),
        ("हिन्दी नमस्ते", ["हिन्दी", "नमस्ते"]),
        ("สวัสดี", ["ส", "วั", "ส", "ดี"]),
        ("e\u0301te\u0301", ["e\u0301te\u0301"]),
        ("a\u00a0b\u3000c\x00d\te", ["a", "b", "c", "d", "e"]),
        ("\u0301x", ["\u0301x"]),
        ("\U0001f469\u200d\U0001f4bb!", ["\U0001f469\u200d", "\U0001f4bb", "!"]),
        ("a\ud800b", ["a", "\ud800", "b"]),
        ("Ärger und İzmir", ["Ärger", "und", "İzmir"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_a_text_is_cut_where_the_rule_says(text: str, tokens: list[str]) -> None:
    assert cut(text) == tokens


def test_offsets_are_code_points_also_behind_a_character_of_two_code_units() -> None:
    assert tokens_of("\U0001f600 Bo") == [(0, 1), (2, 4)]


def test_texts_do_not_run_into_one_another() -> None:
    table = tokenized(["ab", "", "\u0301c", "d"])
    assert table.firsts.tolist() == [0, 1, 1, 2, 3]
    assert (table.ends - table.starts).tolist() == [2, 2, 1]


def features(*texts: str) -> np.ndarray:
    return token_features(tokenized(texts), 1 << 24)


def test_a_words_features_tell_case_neighbors_and_place_apart() -> None:
    alone = features("Bo met Ann Lee in Rome today")[2]
    assert (features("Bo met Ann Lee in Rome today")[2] == alone).all()
    for other in ("Bo met ann Lee in Rome today", "Bo saw Ann Lee in Rome today", "Bo met Ann Chu in Rome today"):
        changed = features(other)[2] != alone
        assert 0 < changed.sum() < len(alone)
    further = features("Once Bo met Ann Lee in Rome today")[3]
    assert 0 < (further != alone).sum() <= 2


def test_a_neighbor_in_another_text_is_none() -> None:
    assert (features("Ann", "Lee")[1] == features("Lee")[0]).all()
    assert (features("Ann Lee")[1] != features("Lee")[0]).any()


def test_an_affix_longer_than_the_word_stops_at_its_border() -> None:
    # Were the prefix of four of "Bo" to reach into what follows, or the suffix into what stands before, the two texts
    # would differ in the token's own features, and not only in those of the neighbors.
    here, there = features("in Bo at")[1], features("of Bo by")[1]
    assert (here[:12] == there[:12]).all()


def test_words_of_one_pattern_share_a_shape() -> None:
    berlin, rome, usa = (features(f"{word} is")[0] for word in ("Berlin", "Rome", "USA"))
    assert berlin[2] == rome[2] != usa[2]


def test_a_shape_begins_anew_with_each_token() -> None:
    assert features("東京")[1][2] == features("京")[0][2]


def test_the_same_word_in_two_places_is_two_features() -> None:
    found = features("bo bo bo bo bo")[2]
    assert len(set(found.tolist())) == len(found)


def test_buckets_stay_within_their_number() -> None:
    found = token_features(tokenized(["some words, and 7 more"]), 5)
    assert found.dtype == np.int32
    assert 0 <= found.min() <= found.max() < 5
    assert token_features(tokenized([]), 5).shape == token_features(tokenized(["", " "]), 5).shape


def tags(text: str, *spans: tuple[int, int, int]) -> list[int]:
    return tags_of(tokenized([text]), np.zeros(len(spans), np.int64), np.array(spans).reshape(-1, 3)).tolist()


@pytest.mark.parametrize(
    ("spans", "wanted"),
    [
        ([(0, 3, 1)], [3, 0, 0, 0]),
        ([(0, 7, 1)], [3, 4, 0, 0]),
        ([(1, 5, 0)], [1, 2, 0, 0]),  # widened to whole tokens
        ([(3, 4, 0)], [0, 0, 0, 0]),  # a blank alone
        ([(3, 7, 0)], [0, 1, 0, 0]),  # the blank before belongs to no token
        ([(0, 3, 0), (4, 7, 0)], [1, 1, 0, 0]),  # side by side, both begin
        ([(4, 7, 0), (0, 11, 1)], [3, 4, 4, 0]),  # the longest of those that overlap
        ([(0, 7, 0), (4, 11, 1)], [1, 2, 0, 0]),  # the first of the longest
        ([(0, 2, 0), (2, 3, 1)], [1, 0, 0, 0]),  # two within one token
        ([(0, 16, 1)], [3, 4, 4, 4]),
    ],
)
def test_spans_become_tags_of_whole_tokens(spans: list[tuple[int, int, int]], wanted: list[int]) -> None:
    assert tags("Ann Lee met today", *spans) == wanted


def test_a_span_behind_its_text_is_refused_though_another_text_follows() -> None:
    with pytest.raises(InvalidInput, match="item 0 has 3 characters, and a span that ends at 5"):
        tags_of(tokenized(["Ann", "Lee met"]), np.array([0]), np.array([[0, 5, 0]]))


def test_the_best_tags_give_up_a_likely_tag_that_nothing_began() -> None:
    # Token by token the tags would be outside, then inside: 0.6 * 0.6. Of the legal ones begin, inside is the best:
    # 0.3 * 0.6 = 0.18 against 0.6 * 0.25 = 0.15 for outside, outside.
    probs = np.array([[0.6, 0.3, 0.1], [0.25, 0.15, 0.6]])
    assert best_tags(np.log(probs), np.array([0, 2])).tolist() == [1, 2]
    assert best_tags(np.log(probs), np.array([0, 1, 2])).tolist() == [0, 0]  # two texts: nothing is carried over


def test_an_inside_follows_its_own_class_only() -> None:
    probs = np.full((2, n_tags(2)), 0.025)
    probs[0, 1] = 0.9  # begins class 0
    probs[1, 4] = 0.9  # goes on with class 1
    found = best_tags(np.log(probs), np.array([0, 2]))
    assert found.tolist() != [1, 4]
    assert found.tolist() in ([1, 0], [1, 1], [1, 2], [1, 3], [3, 4])


def test_spans_side_by_side_and_at_the_borders_are_read_off() -> None:
    table = tokenized(["Ann Lee Bo", "", "Rome"])
    assert spans_at(table, np.array([1, 2, 1, 3])).tolist() == [((0, 7, 0), (8, 10, 0)), (), ((0, 4, 1),)]
