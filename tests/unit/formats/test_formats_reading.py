"""Tables in: what is read, and what each broken file is told."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from querist.core.errors import InvalidInput
from querist.formats import files, open_table


def columns_of(path: Path, **options: Any) -> dict[str, list[Any]]:
    (batch,) = open_table(path, **options).batches()
    return batch.columns


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_an_encoding_that_is_of_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(InvalidInput, match="encoding: must be"):
        list(open_table(tmp_path / "t.csv", encoding="undefined").batches())


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, mark: str) -> None:
    path = put(tmp_path, "t.csv", f'a{mark}"b , ; | c"\n1{mark}2\n')
    assert columns_of(path) == {"a": ["1"], "b , ; | c": ["2"]}


def test_a_first_line_that_names_the_delimiter_is_honored_and_counted(tmp_path: Path) -> None:
    (batch,) = open_table(put(tmp_path, "t.csv", "sep=;\r\na,b;c\r\n1;2\r\n")).batches()
    assert batch.columns == {"a,b": ["1"], "c": ["2"]}
    assert batch.lines == [3]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path: Path, encoding: str) -> None:
    assert columns_of(put(tmp_path, "t.csv", "a,b\né,ü\n".encode(encoding))) == {"a": ["é"], "b": ["ü"]}


def test_blank_lines_are_passed_over_and_quoted_ones_counted(tmp_path: Path) -> None:
    reader = open_table(put(tmp_path, "t.csv", '\n\na,b\n\n1,"x\n\ny"\n\n2,z\n'))
    assert [line for batch in reader.batches(1) for line in batch.lines] == [5, 9]


def test_a_given_encoding_and_delimiter_are_used(tmp_path: Path) -> None:
    path = put(tmp_path, "t.csv", "a:b\né:ü\n".encode("cp1252"))
    assert columns_of(path, encoding="cp1252", delimiter=":") == {"a": ["é"], "b": ["ü"]}


def test_long_cells_are_read_and_the_limit_is_left_as_it_was(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    assert len(columns_of(put(tmp_path, "t.csv", f"a,b\n{'x' * 500_000},y\n"))["a"][0]) == 500_000
    assert csv.field_size_limit() == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", "a,b\n1,2\n1,2,3\n", "each row must have as many fields as the header, 2; line 3 has 3. Put"),
        ("t.csv", 'a,b\n"1\n",2\n1\n', "each row must have as many fields as the header, 2; line 4 has 1. Put"),
        ("t.csv", "a,b,a\n1,2,3\n", "column names must differ; 'a' is column 1 and column 3. Rename one."),
        ("t.csv", "a,,c\n1,2,3\n", "each column must have a name; column 2 of 3 has none. Add it."),
        ("t.csv", "", "it holds no rows"),
        ("t.csv", "a,b\n", "it holds no rows"),
        ("t.csv", "a,b\n1,2\n1,\0\n", "must be plain text; line 3 holds a NUL byte."),
        ("t.csv", 'a,b\n1,2\n3,"open\n', "each quote must be closed; the row that begins on line 3 breaks this"),
        ("t.csv", b"a,b\n1,2\nx,caf\xe9\n", "must be UTF-8 text; line 3, byte 6 is 0xE9, which is not."),
        ("t.csv", b"a,b\nx,caf\xe9\n", "say which `encoding` it has, often latin-1 or cp1252"),
        ("t.csv", b"PK\x03\x04 and so on", "save it as CSV"),
        ("t.csv", "<!DOCTYPE html><html>", "it is a web page. Download the file itself."),
        ("t.jsonl", "", "it holds no rows"),
        ("t.jsonl", '{"a": 1}\n\n{"a": \n', "line 3 is not (Expecting value)"),
        ("t.jsonl", '{"a": 1}\n[1]\n', "line 2 is a list. Name each value."),
        ("t.jsonl", '{"a": Infinity}\n', "Infinity is no JSON number"),
        ("t.jsonl", b'{"a": "\xe9"}\n', "line 1, byte 8 is 0xE9"),
        ("t.parquet", "PAR1 no", "t.parquet: must be Parquet;"),
        ("t.arrow", "nothing like it", "t.arrow: must be Arrow IPC;"),
        ("t.xlsx", "x", "save it as CSV (in Excel: CSV UTF-8)"),
        ("t.json", "[]", "Write one object per line"),
        ("t.csv.gz", b"no gzip", "must be gzipped whole"),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 9, mtime=0)[:-9], "must be gzipped whole"),
        ("t.csv.gz", gzip.compress(b"a,b\n1,2\n" * 9, mtime=0)[:10] + b"\xff" * 20, "must be gzipped whole"),
        ("t.jsonl.gz", gzip.compress(b"a,b\n1,2\n" * 9, mtime=0)[:10] + b"\xff" * 20, "must be gzipped whole"),
    ],
)
def test_a_broken_file_is_told_what_is_wrong(tmp_path: Path, name: str, content: str | bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        list(open_table(put(tmp_path, name, content)).batches())
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("t.csv", b"a,b\n1,"),
        ("t.csv.gz", b"a,b\n1,"),
        ("t.csv", b"a,b\n\xe9,"),
        ("t.jsonl", b'{"a": "'),
        ("t.conll", b"w O\n"),
    ],
)
def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, start: bytes
) -> None:
    monkeypatch.setattr(files, "LINE_BYTES", 1 << 20)
    content = start + b"x" * (3 << 20)
    path = put(tmp_path, name, gzip.compress(content, 1) if name.endswith(".gz") else content)
    monkeypatch.setattr(files, "UNZIPPED_TIMES", 10_000)
    with pytest.raises(InvalidInput, match="each line must have at most 1 MB; one has more"):
        list(open_table(path).batches())


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_many_lines_are_no_long_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str) -> None:
    monkeypatch.setattr(files, "LINE_BYTES", 1 << 19)
    path = put(tmp_path, "t.csv", f"a,b{end}" + f"x,yy{end}" * (1 << 18))
    assert sum(len(batch.lines) for batch in open_table(path).batches()) == 1 << 18


def test_a_file_that_unzips_to_far_more_than_text_does_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"a,b\n" + b"1,2\n" * 500_000
    path = put(tmp_path, "t.csv.gz", gzip.compress(content))
    assert len(content) > 200 * path.stat().st_size
    assert sum(len(batch.lines) for batch in open_table(path).batches()) == 500_000, "a small one may"
    monkeypatch.setattr(files, "UNZIPPED_BYTES", 1 << 20)
    with pytest.raises(InvalidInput, match=r"t\.csv\.gz: must be gzipped text; it unzips to more than 200 times"):
        list(open_table(path).batches())


def test_a_wrong_byte_far_into_a_file_is_found_on_its_line(tmp_path: Path) -> None:
    path = put(tmp_path, "t.csv", b"a,b\n" + b"1,2\n" * 300_000 + b"x,\xff\n")
    with pytest.raises(InvalidInput, match="line 300002, byte 3 is 0xFF"):
        list(open_table(path).batches())


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"there is none at .*t\.csv"):
        open_table(tmp_path / "t.csv")


def test_an_unknown_encoding_or_format_is_refused(tmp_path: Path) -> None:
    path = put(tmp_path, "t.csv", "a,b\n1,2\n")
    with pytest.raises(InvalidInput, match="encoding: must be one Python knows; got 'utf-9'"):
        open_table(path, encoding="utf-9")
    with pytest.raises(InvalidInput, match="format: must be one of"):
        open_table(path, format="cvs")


def test_a_file_that_changes_while_it_is_read_has_no_hash(tmp_path: Path) -> None:
    path = put(tmp_path, "t.csv", "a,b\n1,2\n")
    reader = open_table(path)
    path.write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(InvalidInput, match="must not change while it is read"):
        _ = reader.sha256


def test_a_key_of_a_late_line_is_a_column_from_the_first(tmp_path: Path) -> None:
    (batch,) = open_table(put(tmp_path, "t.jsonl", '{"a": NaN}\n\n{"b": {"c": [1, null]}}\n')).batches()
    assert batch.columns == {"a": [None, None], "b": [None, {"c": [1, None]}]}
    assert batch.lines == [1, 3]


def test_parquet_dates_are_text_and_lists_are_lists(tmp_path: Path) -> None:
    day = pa.array([19_000, None], pa.date32())
    table = pa.table({"day": day, "v": [[1.0, 2.0], [3.0]], "kind": pa.array(["a", "b"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "t.parquet")
    assert columns_of(tmp_path / "t.parquet") == {
        "day": ["2022-01-08", None],
        "v": [[1.0, 2.0], [3.0]],
        "kind": ["a", "b"],
    }


def test_an_arrow_stream_is_read_too(tmp_path: Path) -> None:
    table = pa.table({"a": [1, 2, 3]})
    with pa.OSFile(str(tmp_path / "t.arrow"), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table)
    assert columns_of(tmp_path / "t.arrow") == {"a": [1, 2, 3]}
