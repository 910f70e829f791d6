from __future__ import annotations

import pytest

from querist.core.schema import Schema
from querist.splits import find_target_leak

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
