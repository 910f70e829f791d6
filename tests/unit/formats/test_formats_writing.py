"""Tables out: exact bytes, and what a format cannot hold."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.core.errors import InvalidInput
from querist.formats import write_table


def test_excel_csv_has_a_byte_order_mark_and_no_formula(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv", ["a", "b"], [["=1+1", -2], ["@x", "'-"], ["-2", 0.5]], format="excel-csv")
    assert (tmp_path / "t.csv").read_bytes() == b"\xef\xbb\xbfa,b\r\n'=1+1,-2\r\n'@x,''-\r\n-2,0.5\r\n"


def test_values_that_are_not_text_are_written_plainly(tmp_path: Path) -> None:
    row = [
        True,
        np.float32(0.5),
        np.int64(7),
        float("nan"),
        np.array([1.0, 2.0]),
        {"k": "é"},
        datetime.date(2024, 5, 1),
    ]
    write_table(tmp_path / "t.tsv", list("abcdefg"), [row])
    assert (tmp_path / "t.tsv").read_text().splitlines()[1] == (
        'true\t0.5\t7\t\t[1.0, 2.0]\t"{""k"": ""é""}"\t2024-05-01'
    )


def test_half_a_character_is_kept_in_jsonl_and_refused_in_csv(tmp_path: Path) -> None:
    write_table(tmp_path / "t.jsonl", ["a"], [["\ud83d"]])
    assert (tmp_path / "t.jsonl").read_text() == '{"a": "\\ud83d"}\n'
    with pytest.raises(InvalidInput, match="CSV cannot hold half a character"):
        write_table(tmp_path / "t.csv", ["a"], [["\ud83d"]])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("t.csv", "\0", "rows: CSV cannot hold a NUL character; row 1 has one. Write JSONL."),
        ("t.jsonl", float("inf"), "rows: must hold plain JSON values"),
        ("t.jsonl", object(), "rows: must hold plain JSON values; object is none"),
        ("t.parquet", 2**70, "rows: a column must hold values of one kind; 'a' does not"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path: Path, name: str, value: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        write_table(tmp_path / name, ["a"], [[value]])
    assert message in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_column_of_text_and_numbers_is_refused_by_arrow(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="'a' does not"):
        write_table(tmp_path / "t.arrow", ["a"], [["x"], [1]])


def test_a_missing_folder_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="path: its folder must exist"):
        write_table(tmp_path / "no" / "t.csv", ["a"], [["x"]])
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(InvalidInput, match=r"path: must be a file; .* is a folder"):
        write_table(tmp_path / "t.csv", ["a"], [["x"]])


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_replaced_file_keeps_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.touch()
    path.chmod(0o640)
    write_table(path, ["a"], [["x"]])
    assert path.stat().st_mode & 0o777 == 0o640
