from __future__ import annotations

import pytest

from querist.core.items import FieldKind, FieldSpec
from querist.core.schema import Schema
from querist.splits import find_giveaways, find_repeats, find_target_leak

KIND = Schema("kind", ("spam", "ham"))
MOODS = Schema("m", ("a", "b", "c"), "labels")
NAMES = Schema("who", ("PER", "LOC"), "spans")
DIGITS = tuple("0123456789")
CARS = Schema("car", ("car", "bus"), "boxes")


def test_a_column_named_like_the_target_is_a_leak() -> None:
    message = find_target_leak({"text": ["x"], " Kind ": ["?"]}, KIND)
    assert message is not None
    assert message.endswith("Take its values as answers by naming it as the `label`, or leave it out with `drop`.")


def test_a_column_that_holds_the_classes_is_a_leak_under_any_name() -> None:
    assert "'y'" in str(find_target_leak({"text": ["x"] * 3, "y": ["Spam", "ham", ""]}, KIND))


@pytest.mark.parametrize("values", [["spam", "spam"], ["spam", "eggs", "toast"], [], [None, ""], [["spam"], ["ham"]]])
def test_a_column_that_only_looks_a_little_like_it_is_none(values: list[object]) -> None:
    assert find_target_leak({"y": values}, KIND) is None


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        (MOODS, ["a; b", "C", "b|a", "(none)", None]),
        (MOODS, ['["a", "b"]', "[]", "c"]),
        (MOODS, [["a", "b"], [], ["c"]]),
        (MOODS, [*["a; b", "c"] * 10, "d"]),
        (NAMES, ["0-4 per; 9-14 LOC", "(none)", ""]),
        (NAMES, ['[{"start": 0, "end": 4, "label": "PER"}]', '[[2, 3, "LOC"]]']),
        (NAMES, [[{"start": 0, "end": 4, "label": "PER"}], [(2, 3, "LOC")], []]),
        (CARS, ["1,2,3,4 car", "1,2,3,4.5 bus; 9,9,1,1 car"]),
        (CARS, [[[1, 2, 3, 4, "car"]], []]),
        (Schema("n", DIGITS, "boxes"), ["1,2,3,4 7", "1,2,3,4 8"]),
    ],
)
def test_a_column_that_holds_sets_of_answers_is_a_leak(schema: Schema, values: list[object]) -> None:
    message = find_target_leak({"text": ["x"] * len(values), "gold": values}, schema)
    assert message is not None
    assert message.startswith("column 'gold': must not be among the items, for it holds answers themselves, and")


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        (MOODS, ["a; b", "b; a", "a, b"]),  # all alike
        (MOODS, ["-", "(none)", "[]", []]),
        (MOODS, [*["a; b", "c"] * 9, "d", "e"]),  # nine tenths, not more
        (MOODS, ["a bad day, b", "c is what I had", "a"]),
        (MOODS, [1.5, 2, True]),
        (MOODS, [[0.5, 1.0], [0.25, 2.0]]),
        (Schema("m", DIGITS, "labels"), ["1; 2", "3"]),
        (NAMES, ["Ann Lee went to Rome", "0-4", "[brackets]", "{x}"]),
        (NAMES, ["2-1 PER", "3-3 LOC"]),
        (NAMES, [3, 4.0]),
        (Schema("n", DIGITS, "spans"), [[[1, 2, 3], [4, 5, 6]], [[0, 9, 1], [0, 5, 2]]]),
        (Schema("n", DIGITS, "boxes"), [[[1, 2, 3, 4, 5]], [[5, 4, 3, 2, 1]]]),
        (Schema("n", DIGITS, "boxes"), ["[[1, 2, 3, 4, 5]]", "[[5, 4, 3, 2, 1]]\n"]),
        (CARS, ["1,2,3,4", "5,6,7,8"]),
        (CARS, [{"x": 1}, {"y": 2}]),
    ],
)
def test_text_and_numbers_are_not_taken_for_sets_of_answers(schema: Schema, values: list[object]) -> None:
    assert find_target_leak({"field": values}, schema) is None


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
        "(7 with 'a', 9 with 'b'). If it is known only once the label is, leave it out with `drop`."
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


SPANS = [[{"start": i % 5, "end": 9, "label": "PER"}] if i % 2 else [] for i in range(40)]


def test_a_column_that_repeats_answers_that_are_sets_is_noted() -> None:
    columns = {
        "gold": [NAMES.cell(said) for said in SPANS],
        "text": ["0-9 PER is no answer"] * 40,
        "unused": [NAMES.cell(said) for said in SPANS],
    }
    spec = kinds_of(gold="category", text="text", unused="ignored")
    assert find_repeats(columns, spec, NAMES, SPANS) == (
        "column 'gold': should not tell what is asked; in 40 of 40 labeled rows it holds the answer itself. "
        "If it is known only once the label is, leave it out with `drop`.",
    )
    held = {"m": ["a; b", "1", "c"] * 20, "code": [1.0, 2.0, 1.0] * 20}
    assert find_repeats(held, kinds_of(m="category", code="number"), MOODS, ["b|a", "b", "c"] * 20) == ()
    digits = Schema("d", DIGITS, "labels")
    (note,) = find_repeats({"n": [1.0, 2.0] * 20}, kinds_of(n="number"), digits, [["1"], ["2"]] * 20)
    assert note.startswith("column 'n'")


@pytest.mark.parametrize(
    ("n", "wrong", "noted"),
    [(29, 0, False), (30, 0, True), (30, 1, False), (200, 2, True), (200, 3, False)],
)
def test_99_percent_of_at_least_30_rows_must_repeat_the_answer(n: int, wrong: int, noted: bool) -> None:
    answers = [["a"], ["b", "c"]] * 100
    column = ["c"] * wrong + [MOODS.cell(said) for said in answers[wrong:n]]
    spec = kinds_of(m="category")
    assert bool(find_repeats({"m": [*column, None]}, spec, MOODS, [*answers[:n], ["a"]])) is noted
    assert bool(find_repeats({"m": [*column, "c"]}, spec, MOODS, [*answers[:n], None])) is noted


def test_a_column_that_repeats_what_nearly_all_answers_are_is_not_noted() -> None:
    spec = kinds_of(m="category")
    assert find_repeats({"m": ["(none)"] * 1000}, spec, MOODS, [*[[]] * 994, *[["a"]] * 6]) == ()
    assert find_repeats({"m": ["(none)"] * 1000}, spec, MOODS, [[]] * 1000) == ()


@pytest.mark.parametrize(
    ("values", "schema"),
    [
        ([[]] * 95 + [["a"]] + [["foo"]] * 4, MOODS),
        (["(none)"] * 40 + ["a"] + ["x; y"] * 3, MOODS),
        ([[]] * 95 + [[[0, 3, "PER"]]] + [[[0, 3, "ORG"]]] * 4, NAMES),
        ([[0, 0, 0], [1, 0, 0], [1, 1, 1]] * 20, Schema("m", ("0", "1", "unsure"), "labels")),
        (["[" * 5000, "b"] * 20, NAMES),
        (['[[0, %s, "PER"]]' % ("9" * 400)] * 3, NAMES),
    ],
)
def test_a_column_that_names_hardly_anything_gives_no_answers_away(values: list[object], schema: Schema) -> None:
    assert find_target_leak({"tags": values}, schema) is None


PAIR = Schema("better", task="pair", sides=("one", "two"))
REVIEW = Schema("verdict", ("done", "failed"), "review")
ORDER = Schema("order", ("red", "green", "blue"), "ranking")


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        (PAIR, ["a", "B", "tie"]),
        (REVIEW, ["done", "failed; 2 bad", None]),
        (REVIEW, [{"verdict": "done"}, {"verdict": "failed", "steps": [{"step": 1, "verdict": "bad"}]}]),
        (ORDER, ["red > green > blue", ["blue", "red", "green"]]),
        (Schema("w", ("car",), "polygons"), ["0,0 4,0 0,3 car", "(none)", "1,1,2,2 car"]),
    ],
)
def test_answers_of_other_tasks_are_seen_under_any_name(schema: Schema, values: list[object]) -> None:
    assert "'y'" in str(find_target_leak({"y": values}, schema))


@pytest.mark.parametrize(
    ("schema", "values"),
    [
        (Schema("stars", task="rating", low=1, high=5), [1, 2, 5, 4]),
        (Schema("better", task="text"), ["any text", "is none"]),
        (Schema("order", task="ranking", sides=("these",)), [["x", "y"], ["z", "w"]]),
        (PAIR, ["a cat", "a dog", "b"]),
        (REVIEW, [[{"role": "user", "content": "done"}], [{"role": "user", "content": "failed"}]]),
    ],
)
def test_what_any_column_could_hold_gives_no_answer_away(schema: Schema, values: list[object]) -> None:
    assert find_target_leak({"y": values}, schema) is None
    assert find_repeats({"y": values * 20}, FieldSpec({"y": "text"}), schema, values * 20) == ()
    assert find_target_leak({schema.target: values}, schema) is not None
