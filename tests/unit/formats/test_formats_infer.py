"""What columns are, rule by rule, and their values as that."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput, RowsRejected
from querist.core.items import FieldSpec
from querist.formats import coerce, infer_kinds

SENTENCES = [f"this is letter {i}" for i in range(40)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["", None, ""], "ignored"),
        (["x"] * 5, "ignored"),
        ([3.0] * 5, "ignored"),
        (["1", "", "2.5", "-3e4"], "number"),
        ([str(i) for i in range(95)] + ["n/a"] * 5, "number"),
        ([str(i) for i in range(94)] + ["n/a"] * 6, "number"),
        ([str(i) for i in range(94)] + [f"no{i}" for i in range(6)], "ignored"),
        (["NA", "n/a", "NA"], "category"),
        (["nan", "inf", "1_000", "x y"], "ignored"),
        ([np.int64(1), np.float32(2.5)], "number"),
        ([True, False, True, False], "category"),
        (SENTENCES, "text"),
        (["a long remark " * 6, "another long remark " * 6] * 30, "text"),
        (["今日は寒い", "明日は雨だ", "駅はどこ"], "text"),
        (["red", "blue", "red"], "category"),
        (["New York", "Los Angeles"] * 10, "category"),
        ([f"a-{i}" for i in range(40)], "ignored"),
        ([f"p{i}@example.org" for i in range(40)], "ignored"),
        ([[1, 2], [3, 4.5]], "vector"),
        (["[1, 2]", "[3, 4.5]", ""], "vector"),
        ([[1, 2], [3]], "ignored"),
        ([["a"], ["b"]], "ignored"),
        ([{"a": 1}, {"a": 2}], "ignored"),
        ([np.array([1.0, 2.0]), np.array([2.0, 1.0])], "vector"),
        (["[draft] do this now", "[draft] do that now"], "text"),
    ],
)
def test_each_rule_in_turn(values: list[Any], kind: str) -> None:
    assert infer_kinds({"field": values, "other": SENTENCES}).kinds["field"] == kind


def test_the_only_column_is_never_ignored() -> None:
    assert infer_kinds({"id": ["a1", "b2", "c3"]}).kinds == {"id": "text"}


def test_an_override_wins_and_must_be_a_kind() -> None:
    assert infer_kinds({"zip": ["12345", "54321"]}, overrides={"zip": "category"}).kinds == {"zip": "category"}
    with pytest.raises(InvalidInput, match="kind of 'zip': must be one of"):
        infer_kinds({"zip": ["1"]}, overrides={"zip": "categorical"})


def test_values_are_read_as_their_kind() -> None:
    spec = FieldSpec({"n": "number", "v": "vector", "t": "text"})
    columns = {"n": ["1", " ", 2, None], "v": ["[1, 2]", [3, 4], "", None], "t": ["", "x", None, " y"]}
    assert coerce(columns, spec) == {
        "n": [1.0, None, 2.0, None],
        "v": [[1.0, 2.0], [3.0, 4.0], None, None],
        "t": [None, "x", None, " y"],
    }


def test_words_for_an_unknown_number_are_read_as_missing() -> None:
    spec = FieldSpec({"n": "number", "c": "category"})
    given = {"n": ["1", "NA", "?", " n/a ", "NaN"], "c": ["NA", "?", "x", "y", "z"]}
    assert coerce(given, spec) == {"n": [1.0, None, None, None, None], "c": ["NA", "?", "x", "y", "z"]}


def test_each_value_of_another_kind_is_named_with_its_line() -> None:
    spec = FieldSpec({"n": "number", "v": "vector"})
    with pytest.raises(RowsRejected) as caught:
        coerce({"n": ["1", "two", "3"], "v": ["[1, 2]", "[1, 2]", "[1]"]}, spec, lines=[2, 5, 9])
    assert [str(row) for row in caught.value.rows] == [
        "line 5: the field 'n' must be a number; got 'two'. Write it like 3.5, leave it empty, "
        "or say that the `kind` of n is category",
        "line 9: the field 'v' must be a list of 2 numbers; got '[1]'. Write it like [1, 2.5]",
    ]
