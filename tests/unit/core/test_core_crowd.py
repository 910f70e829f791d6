"""What several people's answers come to, by hand and by another way to say the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.crowd import answer_table, label_of, plurality, with_answer


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ([5], 0),
        ([5, 5], 0),  # agreement does not change which answer is the label
        ([5, 7], 1),
        ([5, 7, 5], 0),
        ([5, 7, 7], 1),
        ([5, 7, 9], 2),
        ([5, 5, 7, 7], 2),
        ([5, 7, 5, 7], 1),
        ([7, 5, 5, 7], 0),
        ([["b", 1], ["a", 2], ["b", 1]], 0),  # compared, never hashed
    ],
)
def test_the_first_of_what_most_say_is_the_label(values: list[Any], place: int) -> None:
    assert plurality(values) == place


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9))
def test_no_value_is_said_more_often_and_the_newest_wins_a_tie(values: list[int]) -> None:
    place = plurality(values)
    counts = Counter(values)
    assert counts[values[place]] == max(counts.values())
    assert place == values.index(values[place])
    tied = [value for value in counts if counts[value] == max(counts.values())]
    last = {value: len(values) - 1 - values[::-1].index(value) for value in tied}
    assert values[place] == max(tied, key=lambda value: last[value])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2)), min_size=1, max_size=12))
def test_one_annotator_has_one_answer_the_latest(acts: list[tuple[str, int]]) -> None:
    said: tuple[tuple[str, Any], ...] = ()
    for who, value in acts:
        said = with_answer(said, who, value)
    assert dict(said) == dict(acts)
    assert len(said) == len(dict(acts))
    assert said[-1] == acts[-1]
    if len(said) <= 2:
        assert label_of(said) == acts[-1][1], "the newest word stands while there are two at most"


@given(
    st.dictionaries(
        st.integers(0, 6), st.dictionaries(st.text("abc", min_size=1), st.integers(0, 300), max_size=4), max_size=5
    )
)
def test_the_table_holds_every_answer_and_nothing_else(said: dict[int, dict[str, int]]) -> None:
    table = answer_table(7, {row: tuple(given.items()) for row, given in said.items()})
    names = sorted({who for given in said.values() for who in given})
    assert table.shape == (7, max(1, len(names)))
    expected = np.full(table.shape, -1)
    for row, given_here in said.items():
        for who, value in given_here.items():
            expected[row, names.index(who)] = value
    np.testing.assert_array_equal(table, expected)


def test_a_table_of_nobody_has_one_column_for_whoever_will_answer() -> None:
    assert answer_table(2, {}).tolist() == [[-1], [-1]]
    assert answer_table(2, {0: (("a", 127),)}).dtype == np.int8
    assert answer_table(2, {0: (("a", 128),)}).dtype == np.int16
