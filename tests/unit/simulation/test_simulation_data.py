"""Labeled data for simulations: what is held out, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput, RowsRejected
from querist.core.items import Columns, FieldSpec
from querist.core.schema import Task
from querist.simulation import digit_scenes, from_table, labeled, simulate
from querist.simulation.data import hold_out

WORDS = ["apple", "bridge", "candle", "dragon", "engine", "forest", "garden", "hammer", "island", "jungle", "kettle"]


def prose(n: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join([*rng.choice(WORDS, 9), f"number{i}x{seed}"]) for i in range(n)]


def test_no_near_duplicate_group_stands_on_both_sides() -> None:
    texts = prose(80)
    copies = [text + "!" for text in texts[:40]]
    data = labeled(texts + copies, [i % 2 for i in range(80)] + [i % 2 for i in range(40)])
    assert len(np.unique(data.groups)) == 80, "each copy is in its original's group"
    for seed in range(20):
        pool, test = hold_out(data, 0.3, 1000, np.random.default_rng(seed))
        assert sorted([*pool, *test]) == list(range(120))
        assert not set(data.groups[pool]) & set(data.groups[test])
        assert 0 < len(test) <= 36


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_each_class_is_held_out_in_proportion(share: float) -> None:
    y = np.repeat([0, 1, 2], [400, 100, 20])
    data = labeled(np.random.default_rng(0).normal(size=(520, 3)), y)
    for seed in range(10):
        _, test = hold_out(data, share, 1000, np.random.default_rng(seed))
        assert len(test) == round(share * 520)
        taken = np.bincount(data.y[test], minlength=3)
        # Places are evenly spaced within each class, so each count is within one of its share, and rounding adds one.
        assert np.abs(taken - share * np.array([400, 100, 20])).max() <= 2


def test_no_more_than_the_most_are_held_out() -> None:
    data = labeled(np.random.default_rng(0).normal(size=(500, 2)), np.arange(500) % 2)
    assert len(hold_out(data, 0.5, 60, np.random.default_rng(0))[1]) == 60


def test_data_of_one_near_duplicate_group_cannot_be_split() -> None:
    data = labeled(["the very same text of some words"] * 10, [0, 1] * 5)
    with pytest.raises(InvalidInput, match="10 items come to 1 near-duplicate groups"):
        hold_out(data, 0.3, 100, np.random.default_rng(0))


def test_classes_and_numbers_are_told_apart() -> None:
    X = np.arange(60.0).reshape(30, 2)
    assert labeled(X, np.arange(30) % 3).schema.classes == ("0", "1", "2")
    assert labeled(X, np.arange(30) / 7).schema.task == "number"
    assert labeled(X, np.arange(30)).schema.task == "number", "more than twenty distinct"
    assert labeled(X, np.arange(30), task="choice").schema.n_classes == 30
    assert labeled(X, ["10", "9", "8"] * 10).schema.classes == ("8", "9", "10"), "in the order of numbers"
    assert labeled(X, ["b", "a"] * 15, classes=["b", "a"]).y.tolist() == [0, 1] * 15


def test_answers_that_do_not_fit_are_refused() -> None:
    X = np.arange(8.0).reshape(4, 2)
    with pytest.raises(InvalidInput, match=r"y: must have one answer per item, 4; got shape \(3,\)"):
        labeled(X, [0, 1, 0])
    with pytest.raises(InvalidInput, match="classes: must be at least two"):
        labeled(X, [1, 1, 1, 1])
    with pytest.raises(InvalidInput, match="the label 'c' is not in the schema"):
        labeled(X, ["a", "b", "c", "a"], classes=["a", "b"])


@pytest.mark.parametrize(
    ("answers", "task", "classes"),
    [
        ([f"{i / 7:.2f}" for i in range(40)], "number", ()),
        ([str(i) for i in range(40)], "number", ()),
        ([str(i % 3) for i in range(40)], "choice", ("0", "1", "2")),
        ([f"{i % 3}.0" for i in range(40)], "choice", ("0.0", "1.0", "2.0")),
        (["nan", "inf"] * 20, "choice", ("inf", "nan")),
        (["1", "many"] * 20, "choice", ("1", "many")),
    ],
)
def test_a_file_of_numbers_is_told_from_one_of_classes(
    tmp_path: Path, answers: list[str], task: str, classes: tuple[str, ...]
) -> None:
    path = tmp_path / "old.csv"
    rows = zip(prose(40), answers, strict=True)
    path.write_text("text,answer\n" + "".join(f"{text},{answer}\n" for text, answer in rows), "utf-8")
    schema = from_table(path, "answer").schema
    assert (schema.task, schema.classes) == (task, classes)
    assert from_table(path, "answer", task="choice").schema.n_classes == len(set(answers))


def test_a_table_is_read_without_the_rows_that_have_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "old.csv"
    rows = [f"{text},{i % 5},{'' if i % 4 == 0 else 'ab'[i % 2]}" for i, text in enumerate(prose(40))]
    path.write_text("text,size,kind\n" + "\n".join(rows) + "\n", "utf-8")
    data = from_table(path, "kind")
    assert (data.n_items, data.schema.classes, data.name) == (30, ("a", "b"), "old.csv")
    assert isinstance(data.X, Columns)
    assert data.X.names == ("text", "size")
    assert from_table(path, "kind", drop=["size"]).X.names == ("text",)
    for wrong, message in (
        ({"target": "kin"}, "target: must be a column of old.csv; got 'kin'. It has 'text', 'size', 'kind'."),
        ({"target": "kind", "drop": ["siez"]}, "drop: must be columns of old.csv; got 'siez'. It has 'text'"),
        ({"target": "kind", "drop": ["text", "size"]}, "must hold something to learn from beside 'kind'"),
    ):
        with pytest.raises(InvalidInput) as caught:
            from_table(path, **wrong)  # type: ignore[arg-type]
        assert message in str(caught.value)


def test_data_that_differ_in_a_cell_have_another_digest() -> None:
    X = np.random.default_rng(0).normal(size=(20, 2))
    y = np.arange(20) % 2
    other = X.copy()
    other[3, 1] += 1e-9
    digests = {labeled(X, y).digest, labeled(other, y).digest, labeled(X, 1 - y).digest, labeled(X, y, name="b").digest}
    assert len(digests) == 4
    assert labeled(X.copy(), y.copy()).digest == labeled(X, y).digest


def houses(path: Path, prices: list[str], *, delimiter: str = ",") -> Path:
    rows = [delimiter.join([str(i % 7), str(i * 37 % 101), price]) for i, price in enumerate(prices)]
    path.write_text(delimiter.join(["rooms", "size", "price"]) + "\n" + "\n".join(rows) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_decimal_comma_is_one_where_cells_are_not_parted_by_commas(tmp_path: Path, delimiter: str) -> None:
    path = houses(tmp_path / "houses.csv", [f"{i / 8:.3f}".replace(".", ",") for i in range(60)], delimiter=delimiter)
    data = from_table(path, "price")
    assert data.schema.task == "number"
    assert data.y.tolist() == [i / 8 for i in range(60)]


def test_numbers_that_are_not_known_are_left_out_and_counted(tmp_path: Path) -> None:
    prices = [f"{i / 8}" for i in range(60)]
    prices[3], prices[4], prices[5], prices[6] = "nan", "NaN", "?", ""
    data = from_table(houses(tmp_path / "houses.csv", prices), "price")
    assert (data.schema.task, data.n_items) == ("number", 56)
    assert data.X["rooms"].tolist() == [float(i % 7) for i in range(60) if i not in (3, 4, 5, 6)]
    (note,) = data.notes
    assert note == (
        "target: rows without an answer are left out; 4 of 60 have none in 'price' (1 empty, 1 'nan', 1 'NaN', 1 '?'). "
        "Say --task choice if 'nan' is one of the classes."
    )


def test_a_slip_among_numbers_is_named_and_not_taken_for_a_class(tmp_path: Path) -> None:
    prices = [f"{i / 8}" for i in range(60)]
    prices[9], prices[20] = "inf", "many"
    path = houses(tmp_path / "houses.csv", prices)
    for task in (None, "number"):
        with pytest.raises(RowsRejected) as caught:
            from_table(path, "price", task=task)  # type: ignore[arg-type]
        assert str(caught.value) == (
            "target: each number must be finite; 2 of 60 cells of column 'price' of houses.csv are not, the first "
            "'inf' on line 11. Write them like 3.5, or leave them empty; say --task choice if each value is a class."
        )
        assert [row.line for row in caught.value.rows] == [11, 22]
    assert from_table(path, "price", task="choice").schema.n_classes == 60


def test_more_classes_than_half_the_rows_are_refused_unless_they_were_said_to_be_classes(tmp_path: Path) -> None:
    path = houses(tmp_path / "houses.csv", [f"code {i}" for i in range(31)] + ["code 0"] * 29)
    with pytest.raises(InvalidInput) as caught:
        from_table(path, "price")
    assert str(caught.value) == (
        "target: each class must have 2 rows on the mean; column 'price' of houses.csv has 31 distinct values in 60 "
        "rows, the first 'code 0' on line 2. Say --task number if they are numbers to predict, --task choice if each "
        "of them is a class, or name another column."
    )
    assert from_table(path, "price", task="choice").schema.n_classes == 31


def test_words_for_unknown_are_classes_among_classes(tmp_path: Path) -> None:
    data = from_table(houses(tmp_path / "houses.csv", ["none", "cheap", "dear"] * 20), "price")
    assert data.schema.classes == ("cheap", "dear", "none")
    assert data.notes == ()


def test_a_column_that_tells_the_class_is_noted(tmp_path: Path) -> None:
    path = houses(tmp_path / "houses.csv", ["low" if i % 7 < 3 else "high" for i in range(70)])
    (note,) = from_table(path, "price").notes
    assert note.startswith("column 'rooms': should not tell what is asked; in 70 of 70 labeled rows")
    assert from_table(path, "price", drop=["rooms"]).notes == ()


def test_equal_images_are_one_group_however_they_come() -> None:
    images = np.random.default_rng(0).random((12, 6, 5))
    images[9] = images[4]
    y = ["0,0,5,6 a"] * 12
    forms = (images, list(images), images.tolist(), Columns({"image": images}), Columns({"image": images.tolist()}))
    for X in forms:
        groups = labeled(X, y, task="boxes").groups
        assert groups[9] == groups[4]
        assert len(np.unique(groups)) == 11


def test_a_list_of_arrays_is_studied_as_the_array_is() -> None:
    X, y = digit_scenes(40, rng=np.random.default_rng(0), side=20, most=2, digits=(0, 1))
    answers = [[(*box[:4], "01"[box[4]]) for box in boxes] for boxes in y]
    usual = {"task": "boxes", "strategies": ["random"], "seeds": 1, "budget": 20, "batch_size": 10, "n_jobs": 1}
    found = [simulate(form, answers, **usual) for form in (X, list(X))]
    assert found[0].runs[0].points[-1].metrics == found[1].runs[0].points[-1].metrics


@pytest.mark.parametrize(
    ("X", "y", "task", "said"),
    [
        ([np.zeros((4, 5)), np.zeros((4, 6))], ["(none)"] * 2, "boxes", r"item 0 is \(4, 5\) and item 1 is \(4, 6\)"),
        (np.zeros((2, 64)), ["0,0,1,1 a"] * 2, "boxes", "must be a grayscale image.*got a list of 64 numbers"),
        (np.zeros((2, 4, 4, 3)), ["0,0,1,1 a"] * 2, "boxes", r"must be a grayscale image.*the shape \(4, 4, 3\)"),
        (np.zeros((2, 4, 5)), ["0,0,5,4 a", "0,0,4,5 a"], "boxes", "must lie within its item; 1 of 2 do not"),
        (["Ann", "Bo"], ["0-3 PER", "0-3 PER"], "spans", "must lie within its item; 1 of 2 do not"),
        (Columns({"t": ["Ann", "Bo"]}), ["0-3 PER", "0-3 PER"], "spans", "must lie within its item; 1 of 2 do not"),
    ],
)
def test_answers_beyond_their_items_are_refused(X: Any, y: list[str], task: Task, said: str) -> None:
    spec = FieldSpec({"t": "text"}) if isinstance(X, Columns) else None
    with pytest.raises(InvalidInput, match=said) as refused:
        labeled(X, y, task=task, spec=spec)
    if isinstance(refused.value, RowsRejected):
        assert [row.line for row in refused.value.rows] == [2]
