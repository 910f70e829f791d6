from __future__ import annotations

import pytest

from querist.core.items import FieldKind, FieldSpec
from querist.core.schema import Schema
from querist.splits import find_giveaways, find_target_leak

KIND = Schema("kind", ("spam", "ham"))


def test_a_column_named_like_the_target_is_a_leak() -> None:
    message = find_target_leak({"text": ["x"], " Kind ": ["?"]}, KIND)
    assert message is not None
    assert "--label  Kind " in message
    assert "--drop" in message


def test_a_column_that_holds_the_classes_is_a_leak_under_any_name() -> None:
    assert "'y'" in str(find_target_leak({"text": ["x"] * 3, "y": ["Spam", "ham", ""]}, KIND))


@pytest.mark.parametrize("values", [["spam", "spam"], ["spam", "eggs", "toast"], [], [None, ""], [["spam"], ["ham"]]])
def test_a_column_that_only_looks_a_little_like_it_is_none(values: list[object]) -> None:
    assert find_target_leak({"y": values}, KIND) is None


def test_counts_are_not_taken_for_classes_that_are_digits() -> None:
    digits = Schema("digit", tuple("0123456789"))
    assert find_target_leak({"n": ["3", "1", "2"]}, digits) is None
    assert find_target_leak({"digit": ["3", "1", "2"]}, digits) is not None


def test_a_number_leaks_by_its_name_only() -> None:
    price = Schema("price", task="number")
    assert find_target_leak({"size": ["3"]}, price) is None
    assert find_target_leak({"PRICE": ["3"]}, price) is not None


def kinds_of(**kinds: FieldKind) -> FieldSpec:
    return FieldSpec(kinds)


def test_a_column_whose_codes_go_with_the_classes_is_noted() -> None:
    labels = ["a", "b"] * 20
    codes = {"code": [7.0, 9.0] * 20, "size": [float(i % 7) for i in range(40)]}
    (note,) = find_giveaways(codes, kinds_of(code="number", size="number"), labels)
    assert note == (
        "column 'code': should not tell what is asked; in 40 of 40 labeled rows its value goes with one class "
        "(7 with 'a', 9 with 'b'). If it is known only once the label is, leave it out with `--drop code`."
    )
    assert find_giveaways(codes, kinds_of(code="ignored", size="number"), labels) == ()
    assert find_giveaways({"code": ["x", "y"] * 20}, kinds_of(code="category"), labels)


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([7, 9] * 14, ["a", "b"] * 14),  # 28 rows are too few
        ([7] * 40, ["a", "b"] * 20),  # constant
        ([str(i) for i in range(40)], ["a", "b"] * 20),  # unique per row
        ([7, 9] * 19 + [9, 7], ["a", "b"] * 20),  # 38 of 40 are 95 %
        (list(range(10)) * 20, ["a"] * 199 + ["b"]),  # as pure as naming the largest class
        ([7] * 38 + [9] * 2, ["a"] * 38 + ["b"] * 2),  # two rows of one value: luck
        ([7, 9] * 20, ["a", None] * 20),
    ],
)
def test_a_column_that_does_not_tell_the_class_is_not_noted(values: list[object], labels: list[str | None]) -> None:
    assert find_giveaways({"code": values}, kinds_of(code="category"), labels) == ()
