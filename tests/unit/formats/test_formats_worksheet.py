"""Worksheets: what people and spreadsheet programs do to them, and what each is told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from querist.core.errors import InvalidInput
from querist.core.schema import Schema
from querist.formats import Mark, Worksheet, WorksheetRow, read_worksheet, write_worksheet

KIND = Schema("kind", ("spam", "ham", "1-2", "=x"))
COST = Schema("cost", task="number")
IDS = {"a-1", "a-2", "a-3", "00123", "12", " b "}


def known(ids: Sequence[str]) -> set[str]:
    return IDS & set(ids)


def read(folder: Path, content: str | bytes, *, schema: Schema = KIND, name: str = "sheet.csv") -> Worksheet:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_worksheet(path, schema=schema, known_ids=known)


def test_a_worksheet_has_the_fields_the_empty_target_and_the_models_guess(tmp_path: Path) -> None:
    rows = [WorksheetRow("a-1", {"text": "=1+1", "ID": 7}, "spam", 0.87654321, "unsure", 3)]
    path = write_worksheet(tmp_path / "s.csv", target="kind", fields=["text", "ID"], rows=rows)
    assert path.read_bytes().decode("utf-8-sig") == (
        "id,text,field:ID,kind,note,suggestion,suggestion_confidence,why,round\r\n"
        "a-1,'=1+1,7,,,spam,0.8765,unsure,3\r\n"
    )


def test_a_target_named_like_another_column_is_told_apart_and_found_again(tmp_path: Path) -> None:
    path = write_worksheet(tmp_path / "s.csv", target="note", fields=["label:note"], rows=[WorksheetRow("a-1", {})])
    header, row = path.read_text("utf-8-sig").splitlines()
    assert header == "id,field:label:note,label:note,note,suggestion,suggestion_confidence,why,round"
    path.write_text(f"{header}\n{row.replace('a-1,,,', 'a-1,,good,seen')}\n")
    sheet = read_worksheet(path, schema=Schema("note", ("good", "bad")), known_ids=known)
    assert sheet.accepted == (Mark(2, "a-1", "good", "seen"),)


def test_a_jsonl_worksheet_is_written_filled_in_and_read(tmp_path: Path) -> None:
    path = write_worksheet(
        tmp_path / "n.csv", target="kind", fields=["n", "x"], rows=[WorksheetRow("a", {"n": 4.0, "x": 4.5})]
    )
    assert path.read_text("utf-8-sig").splitlines()[1].startswith("a,4,4.5,")
    path = write_worksheet(tmp_path / "s.jsonl", target="kind", fields=["t"], rows=[WorksheetRow("a-1", {"t": [1]})])
    row = json.loads(path.read_text())
    assert row["t"] == [1]
    assert row["kind"] is None
    assert read_worksheet(path, schema=KIND, known_ids=known).n_blank == 1
    path.write_text(json.dumps(row | {"kind": "Spam", "note": "=sure"}))
    assert read_worksheet(path, schema=KIND, known_ids=known).accepted == (Mark(1, "a-1", "spam", "=sure"),)


def test_a_jsonl_worksheet_may_hold_numbers(tmp_path: Path) -> None:
    content = '{"id": 12, "cost": 3.5}\n{"ID": "a-1", "Cost": null}\n{"id": "a-2", "cost": "much"}\n'
    sheet = read(tmp_path, content, schema=COST, name="s.jsonl")
    assert sheet.accepted == (Mark(1, "12", 3.5),)
    assert (sheet.n_blank, sheet.n_rows) == (1, 3)
    assert list(map(str, sheet.problems)) == ["line 3 (a-2): the label 'much' is not a number; write it like 3.5."]


def test_a_worksheet_of_another_format_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"a worksheet must be \.csv or \.jsonl; got 's\.parquet'"):
        write_worksheet(tmp_path / "s.parquet", target="kind", fields=[], rows=[])


PLAIN = "id,text,kind,note\na-1,hi,spam,\na-2,ho,,\n"


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.encode("utf-8-sig"),
        PLAIN.encode("utf-16"),
        PLAIN.replace(",", "\t").encode("utf-16"),
        PLAIN.replace(",", ";"),
        "sep=;\r\n" + PLAIN.replace(",", ";"),
        PLAIN.replace("\n", "\r\n"),
        "kind,mine,ID\nspam,x,a-1\n,y,a-2\n",
        " Id ,KIND\n a-1 , SPAM \na-2,\u200b\n",
        "id,kind,,\na-1,spam,,\na-2,,,\n,,,\n,,,\n",
        "id,kind\na-1,spam,,\na-2,,\n\n\n",
    ],
)
def test_what_people_and_programs_do_to_a_worksheet_is_forgiven(tmp_path: Path, content: str | bytes) -> None:
    sheet = read(tmp_path, content)
    assert [(mark.item_id, mark.value) for mark in sheet.accepted] == [("a-1", "spam")]
    assert (sheet.problems, sheet.n_blank, sheet.n_rows, sheet.n_repeated) == ((), 1, 2, 0)


def test_lines_are_counted_through_quoted_newlines(tmp_path: Path) -> None:
    sheet = read(tmp_path, 'id,text,kind\na-1,"two\nlines",spam\na-2,x,ham\n')
    assert [mark.line for mark in sheet.accepted] == [2, 4]


def test_a_note_is_kept_as_it_was_written(tmp_path: Path) -> None:
    assert read(tmp_path, "id,kind,note\na-1,ham,'=not sure\n").accepted == (Mark(2, "a-1", "ham", "=not sure"),)


def test_a_class_that_looks_like_a_formula_is_read(tmp_path: Path) -> None:
    sheet = read(tmp_path, "id,kind\na-1,=x\na-2,'=x\n")
    assert [mark.value for mark in sheet.accepted] == ["=x", "=x"]


def test_the_same_label_twice_is_counted_once(tmp_path: Path) -> None:
    sheet = read(tmp_path, "id,kind,note\na-1,spam,\na-1,Spam,why\na-1,,\n")
    assert sheet.accepted == (Mark(2, "a-1", "spam", "why"),)
    assert (sheet.n_repeated, sheet.n_blank, sheet.n_rows) == (1, 1, 3)


def test_two_labels_for_one_id_are_a_problem_and_neither_is_taken(tmp_path: Path) -> None:
    sheet = read(tmp_path, "id,kind\na-1,spam\na-2,ham\na-1,ham\n")
    assert [mark.item_id for mark in sheet.accepted] == ["a-2"]
    assert list(map(str, sheet.problems)) == [
        "line 4 (a-1): the label is 'ham' here, but 'spam' on line 2 for the same id; keep one of the two rows."
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("a-1,spma", "line 2 (a-1): the label 'spma' is not in the schema; did you mean 'spam'?"),
        ("a-1,eggs", "line 2 (a-1): the label 'eggs' is not in the schema; it has 'spam', 'ham', '1-2', '=x'."),
        (",spam", "line 2: there is a label but no id; copy the id from the worksheet as it was written."),
        ("zz,spam", "line 2 (zz): the id 'zz' is not in the project; leave the ids as they were written."),
        (
            "123,spam",
            "line 2 (123): the id '123' is not in the project; it was probably '00123', changed by a spreadsheet "
            "program; set the id column to text and write the id again.",
        ),
        (
            "12.0,spam",
            "line 2 (12.0): the id '12.0' is not in the project; it was probably '12', changed by a spreadsheet "
            "program; set the id column to text and write the id again.",
        ),
        (
            "1.23E+02,spam",
            "line 2 (1.23E+02): the id '1.23E+02' is not in the project; it was probably '00123', changed by a "
            "spreadsheet program; set the id column to text and write the id again.",
        ),
        (
            "a-1,=cmd|' /C calc'!A0",
            "line 2 (a-1): the label \"=cmd|' /C calc'!A0\" is not in the schema; it looks like a formula, which is "
            "never run. Write the label itself.",
        ),
        (
            'a-1,"=HYPERLINK(""http://x"")"',
            "line 2 (a-1): the label '=HYPERLINK(\"http://x\")' is not in the schema; it looks like a formula, which "
            "is never run. Write the label itself.",
        ),
        (
            "a-1,#N/A",
            "line 2 (a-1): the label '#N/A' is not in the schema; it is an error of the spreadsheet program. "
            "Write the label again.",
        ),
        (
            "a-1,#REF!",
            "line 2 (a-1): the label '#REF!' is not in the schema; it is an error of the spreadsheet program. "
            "Write the label again.",
        ),
        (
            "a-1,02-Jan",
            "line 2 (a-1): the label '02-Jan' is not in the schema; a spreadsheet program turns '1-2' into a date. "
            "Set the column to text and write the label again.",
        ),
        (
            "a-1,2024-02-01",
            "line 2 (a-1): the label '2024-02-01' is not in the schema; a spreadsheet program turns '1-2' into a "
            "date. Set the column to text and write the label again.",
        ),
        (
            "a-1,spam,and so on",
            "line 2 (a-1): the row has 3 cells, but the header has 2; put quotes around a cell that holds a comma "
            "or a semicolon, or copy the row again.",
        ),
        (
            "a-1",
            "line 2 (a-1): the row has 1 cell, but the header has 2; put quotes around a cell that holds a comma "
            "or a semicolon, or copy the row again.",
        ),
    ],
)
def test_a_wrong_row_is_told_what_is_wrong_and_the_others_are_read(tmp_path: Path, row: str, problem: str) -> None:
    sheet = read(tmp_path, f"id,kind\n{row}\na-2,ham\n")
    assert list(map(str, sheet.problems)) == [problem]
    assert sheet.accepted == (Mark(3, "a-2", "ham"),)
    assert sheet.n_rows == 2


def test_a_decimal_comma_is_read_where_semicolons_part_the_cells(tmp_path: Path) -> None:
    assert read(tmp_path, "id;cost\na-1;3,5\n", schema=COST).accepted == (Mark(2, "a-1", 3.5),)
    sheet = read(tmp_path, 'id,cost\na-1,"3,5"\n', schema=COST)
    assert list(map(str, sheet.problems)) == ["line 2 (a-1): the label '3,5' is not a number; write it like 3.5."]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "sheet.csv: must hold rows; it holds no rows, it is empty. Check that it was saved."),
        (" \n\n", "sheet.csv: must hold rows; it holds no rows, it is empty. Check that it was saved."),
        ("id,kind\n,\n", "sheet.csv: must hold rows; it holds no rows below its header. Check that it was saved."),
        (
            "text,kind\nhi,spam\n",
            "sheet.csv: must have a column 'id'; its columns are 'text', 'kind'. "
            "Keep the header row as it was written.",
        ),
        (
            "id,label\na-1,spam\n",
            "sheet.csv: must have a column 'kind'; its columns are 'id', 'label'. "
            "Keep the header row as it was written.",
        ),
        (
            "id,Kind,KIND\na-1,spam,ham\n",
            "sheet.csv: must have one column 'kind'; it has 2. Delete all but one.",
        ),
        (
            "id,text,kind\na-1,café,spam\n".encode("cp1252"),
            "sheet.csv: must be UTF-8 text; line 2, byte 8 is 0xE9, which is not. "
            'Save it again as UTF-8 (in Excel: "CSV UTF-8 (Comma delimited)").',
        ),
        (
            b"PK\x03\x04\x14\x00",
            "sheet.csv: must be text such as CSV; it is a spreadsheet program's own format. "
            "Open it there and save it as CSV (in Excel: CSV UTF-8).",
        ),
        (
            "\n<!doctype html>\n<html></html>",
            "sheet.csv: must be a table; it is a web page. Download the file itself.",
        ),
        (
            'id,kind\na-1,"spam\n',
            "sheet.csv: each quote must be closed; the row that begins on line 2 breaks this (unexpected end of data). "
            "Write a quote inside a quoted cell twice.",
        ),
    ],
)
def test_a_file_that_is_no_worksheet_is_told_so(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, content)
    assert str(caught.value) == message


def test_a_jsonl_worksheet_without_the_label_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(tmp_path, '{"id": "a-1", "text": "hi"}\n', name="s.jsonl")
    assert str(caught.value) == (
        "s.jsonl: must have a column 'kind'; its columns are 'id', 'text'. Keep the header row as it was written."
    )


def test_other_columns_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "s.csv"
    path.write_text("key,answer\na-1,spam\n")
    sheet = read_worksheet(path, schema=KIND, known_ids=known, id_column="key", label_column="answer")
    assert sheet.accepted == (Mark(2, "a-1", "spam"),)


def test_an_id_with_blanks_around_it_is_found_as_it_is(tmp_path: Path) -> None:
    assert read(tmp_path, "id,kind\n b ,spam\n").accepted == (Mark(2, " b ", "spam"),)


def test_what_is_written_is_read_back_label_for_label(tmp_path: Path) -> None:
    rows = [WorksheetRow(item_id, {"text": f'"{item_id}",\n;=x'}) for item_id in ("a-1", "a-2", "a-3")]
    path = write_worksheet(tmp_path / "s.csv", target="kind", fields=["text"], rows=rows)
    sheet = read_worksheet(path, schema=KIND, known_ids=known)
    assert (sheet.n_rows, sheet.n_blank, sheet.problems) == (3, 3, ())
