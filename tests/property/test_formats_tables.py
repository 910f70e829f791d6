"""What is written is what is read, whatever the text; and line numbers count the lines of the file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from querist.formats import open_table, write_table

cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12) | st.text(
    alphabet="\"'\r\n,;|\t=-ax", max_size=6
)
tables = st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1))


@pytest.mark.parametrize("file_format", ["csv", "tsv", "excel-csv", "jsonl", "parquet", "arrow"])
@settings(max_examples=40, deadline=None)
@given(tables)
def test_text_comes_back_as_it_was(file_format: str, rows: list[list[str]]) -> None:
    names = [f"c{i}" for i in range(len(rows[0]))]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table")
        write_table(path, names, rows, format=file_format)
        back = [
            list(row)
            for batch in open_table(path, format=file_format).batches(2)
            for row in zip(*batch.columns.values(), strict=True)
        ]
    assert back == rows


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.integers(1, 5))
def test_a_row_is_on_the_line_it_begins_on(breaks: list[int], size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "table.csv")
        path.write_text("a,b\n" + "".join(f'x,"{chr(10) * n}"\n' for n in breaks), newline="")
        lines = [line for batch in open_table(path).batches(size) for line in batch.lines]
    assert lines == [2 + i + sum(breaks[:i]) for i in range(len(breaks))]
