"""A worksheet after people and spreadsheet programs have been at it: forgiven, or refused with a line for each row."""

from __future__ import annotations

import csv
import gzip
import io
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.project import Project
from querist.service import projects

Rows = list[list[str]]
IDS = ("007", "008", "009", "010", "0011", "1e5")
TRUTH = dict(zip(IDS, ("spam", "ham", "spam", "1-2", "ham", "spam"), strict=True))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project of six items, all asked about, and their worksheet."""
    folder = tmp_path_factory.mktemp("mail")
    work = projects.create(
        f"sqlite:///{folder / 'querist.db'}",
        "mail",
        schema=Schema("kind", ("spam", "ham", "1-2")),
        policy=Policy("random", batch_size=6),
        shares={},
    )
    texts = ["buy, now", "hello\nthere", "=SUM(A1)", "naïve “quotes”", "semi;colon", "plain words"]
    with Project(work) as project:
        project.add(
            [{"id": item_id, "text": f"{text} {i}"} for i, (item_id, text) in enumerate(zip(IDS, texts, strict=True))]
        )
        project.ask(to=folder / "batch.csv")
        projects.remember(work, folder)
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Path:
    """A copy of it, for one test to spoil."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def filled(folder: Path) -> Rows:
    """The worksheet's rows, filled in, in the order of `IDS`: id, text, kind, note and what the model thinks."""
    with (folder / "batch.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    rows.sort(key=lambda row: IDS.index(row[0]))
    for row in rows:
        row[2] = TRUTH[row[0]]
    return [header, *rows]


def dump(rows: Rows, *, delimiter: str = ",", end: str = "\n", quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(rows)
    return text.getvalue()


def at(rows: Rows, row: int, column: str, value: str) -> Rows:
    """The rows with one cell changed."""
    return [
        [value if i == row and name == column else cell for name, cell in zip(rows[0], cells, strict=True)]
        for i, cells in enumerate(rows)
    ]


def only(rows: Rows, names: list[str]) -> Rows:
    places = [rows[0].index(name) for name in names]
    return [[row[place] for place in places] for row in rows]


FORGIVEN: dict[str, tuple[Callable[[Rows], str | bytes], dict[str, int]]] = {
    "nothing at all": (lambda r: dump(r), {}),
    "rows in another order": (lambda r: dump([r[0], *reversed(r[1:])]), {}),
    "columns in another order": (lambda r: dump([list(reversed(row)) for row in r]), {}),
    "columns deleted": (lambda r: dump(only(r, ["kind", "id"])), {}),
    "columns added": (lambda r: dump([[*row, "x", "y"] for row in r[:1]] + [[*row, "1", ""] for row in r[1:]]), {}),
    "rows deleted": (lambda r: dump(r[:4]), {"n_labeled": 3, "n_pending": 3}),
    "labels left empty": (
        lambda r: dump(at(at(r, 1, "kind", ""), 2, "kind", "  ")),
        {"n_labeled": 4, "n_blank": 2, "n_pending": 2},
    ),
    "a byte order mark": (lambda r: b"\xef\xbb\xbf" + dump(r).encode(), {}),
    "UTF-16": (lambda r: dump(r).encode("utf-16"), {}),
    "semicolons": (lambda r: dump(r, delimiter=";"), {}),
    "tabs": (lambda r: dump(r, delimiter="\t"), {}),
    "a sep= line": (lambda r: "sep=;\r\n" + dump(r, delimiter=";", end="\r\n"), {}),
    "the line ends of Windows": (lambda r: dump(r, end="\r\n"), {}),
    "the line ends of old Macs": (lambda r: dump(at(r, 2, "text", "hello there 1"), end="\r"), {}),
    "quotes round everything": (lambda r: dump(r, quoting=csv.QUOTE_ALL), {}),
    "newlines in a cell": (lambda r: dump(at(r, 3, "note", 'two\nlines, and "quotes"')), {}),
    "capitals and blanks in labels": (lambda r: dump(at(at(r, 1, "kind", " SPAM "), 2, "kind", "Ham\u200b")), {}),
    "capitals and blanks in headers": (lambda r: dump([[f" {name.upper()} " for name in r[0]], *r[1:]]), {}),
    "empty rows at the end": (lambda r: dump(r) + "\n\n,,,,,,,\n" + "," * (len(r[0]) - 1) + "\n", {}),
    "capitals and blanks in the text, and no guard": (
        lambda r: dump(at(at(r, 2, "text", " HELLO  there 1"), 3, "text", "=sum(a1) 2")),
        {},
    ),
    "a text emptied": (lambda r: dump(at(r, 1, "text", " ")), {}),
    "a text saved in an encoding that lacks its letters": (
        lambda r: dump(at(r, 4, "text", "na?ve ?quotes? 3")),
        {},
    ),
    "a row twice": (lambda r: dump([*r, r[1]]), {"n_repeated": 1, "n_rows": 7}),
    "blanks round an id": (lambda r: dump(at(r, 1, "id", " 007 ")), {}),
    "JSON lines": (
        lambda r: "".join(f'{{"id": "{row[0]}", "kind": "{row[2]}"}}\n' for row in r[1:]).encode(),
        {},
    ),
    "gzip": (lambda r: gzip.compress(dump(r).encode()), {}),
}


@pytest.mark.parametrize("damage", FORGIVEN)
def test_what_changes_no_meaning_is_forgiven(here: Path, cli: Callable[..., Any], damage: str) -> None:
    spoil, differs = FORGIVEN[damage]
    content = spoil(filled(here))
    name = {"JSON lines": "back.jsonl", "gzip": "back.csv.gz"}.get(damage, "back.csv")
    (here / name).write_bytes(content.encode() if isinstance(content, str) else content)
    said = cli("tell", name, "--json")
    assert (said.code, said.err) == (0, ""), said.out
    expected = {"n_rows": 6, "n_labeled": 6, "n_blank": 0, "n_pending": 0, "n_repeated": 0, "taken": True, **differs}
    if damage == "rows deleted":
        expected["n_rows"] = 3
    assert {key: said.json[key] for key in expected} == expected
    assert said.json["problems"] == []
    labels = labels_of(here)
    assert len(labels) == expected["n_labeled"]
    assert labels.items() <= TRUTH.items()
    again = cli("tell", name, "--json").json
    assert (again["n_labeled"], again["n_revised"]) == (0, 0)
    assert cli("verify").code == 0


def lost(line: int, found: str, before: str) -> str:
    """The line about an id that a spreadsheet program has changed."""
    return (
        f"line {line} ({found}): the id {found!r} is not in the project; it was probably {before!r}, changed by a "
        "spreadsheet program; set the id column to text and write the id again."
    )


REFUSED: dict[str, tuple[Callable[[Rows], str], list[str], int]] = {
    "a typing slip": (
        lambda r: dump(at(r, 1, "kind", "spma")),
        ["line 2 (007): the label 'spma' is not in the schema; did you mean 'spam'?"],
        5,
    ),
    "a label of nobody": (
        lambda r: dump(at(r, 2, "kind", "purple")),
        ["line 3 (008): the label 'purple' is not in the schema; it has 'spam', 'ham', '1-2'."],
        5,
    ),
    "a formula": (
        lambda r: dump(at(r, 1, "kind", "=HYPERLINK(A1)")),
        [
            "line 2 (007): the label '=HYPERLINK(A1)' is not in the schema; it looks like a formula, which is never "
            "run. Write the label itself."
        ],
        5,
    ),
    "an error of the program": (
        lambda r: dump(at(r, 1, "kind", "#REF!")),
        [
            "line 2 (007): the label '#REF!' is not in the schema; it is an error of the spreadsheet program. Write "
            "the label again."
        ],
        5,
    ),
    "a label turned into a date": (
        lambda r: dump(at(r, 4, "kind", "2-Jan")),
        [
            "line 6 (010): the label '2-Jan' is not in the schema; a spreadsheet program turns '1-2' into a date. Set "
            "the column to text and write the label again."
        ],
        5,
    ),
    "an id that lost its zeros": (
        lambda r: dump(at(r, 1, "id", "7")),
        [lost(2, "7", "007")],
        5,
    ),
    "an id turned into another item's": (
        lambda r: dump(at(r, 1, "id", "008")[:2] + r[3:]),
        [
            "line 2 (008): the field 'text' is the text of the item '007', not of '008': the id was changed, or a "
            "column was sorted without the others; write the id '007' if the label is meant for this text."
        ],
        4,
    ),
    "a column sorted without the others": (
        lambda r: dump([r[0], [r[1][0], r[2][1], *r[1][2:]], [r[2][0], r[1][1], *r[2][2:]], *r[3:]]),
        [
            f"line {line} ({here}): the field 'text' is the text of the item '{there}', not of '{here}': the id was "
            f"changed, or a column was sorted without the others; write the id '{there}' if the label is meant for "
            "this text."
            for line, here, there in ((2, "007", "008"), (4, "008", "007"))
        ],
        4,
    ),
    "a text of nobody": (
        lambda r: dump(at(r, 1, "text", "I never wrote that")),
        [
            "line 2 (007): the field 'text' is not the text of the item '007', so that the label may be meant for "
            "another; copy the text from the worksheet as it was written, or empty it if you changed it yourself."
        ],
        5,
    ),
    "an id wrapped up as text": (
        lambda r: dump(at(at(r, 1, "id", "'007"), 2, "id", '="008"')),
        [lost(2, "'007", "007"), lost(3, '="008"', "008")],
        4,
    ),
    "an id turned into a fraction": (
        lambda r: dump(at(r, 5, "id", "11.0")),
        [lost(7, "11.0", "0011")],
        5,
    ),
    "an id turned into a large number": (
        lambda r: dump(at(r, 6, "id", "100000")),
        [lost(8, "100000", "1e5")],
        5,
    ),
    "an unknown id": (
        lambda r: dump(at(r, 1, "id", "stranger")),
        ["line 2 (stranger): the id 'stranger' is not in the project; leave the ids as they were written."],
        5,
    ),
    "a missing id": (
        lambda r: dump(at(r, 1, "id", "")),
        ["line 2: there is a label but no id; copy the id from the worksheet as it was written."],
        5,
    ),
    "a row twice with two labels": (
        lambda r: dump([*at(r, 2, "text", "hello there 1"), [*r[1][:2], "ham", *r[1][3:]]]),
        ["line 8 (007): the label is 'ham' here, but 'spam' on line 2 for the same id; keep one of the two rows."],
        5,
    ),
    "a row cut short": (
        lambda r: dump([r[0], r[1][:2], *r[2:]]),
        [
            "line 2 (007): the row has 2 cells, but the header has 8; put quotes around a cell that holds a comma or a "
            "semicolon, or copy the row again."
        ],
        5,
    ),
    "a row too long": (
        lambda r: dump([r[0], [*r[1][:1], "buy", *r[1][1:]], *r[2:]]),
        [
            "line 2 (007): the row has 9 cells, but the header has 8; put quotes around a cell that holds a comma or a "
            "semicolon, or copy the row again."
        ],
        5,
    ),
    "several at once": (
        lambda r: dump(at(at(at(r, 1, "kind", "eggs"), 2, "text", "hello there 1"), 3, "id", "9")),
        [
            "line 2 (007): the label 'eggs' is not in the schema; it has 'spam', 'ham', '1-2'.",
            lost(4, "9", "009"),
        ],
        4,
    ),
}


@pytest.mark.parametrize("damage", REFUSED)
def test_what_may_change_meaning_is_refused_row_by_row(here: Path, cli: Callable[..., Any], damage: str) -> None:
    spoil, problems, n_right = REFUSED[damage]
    (here / "back.csv").write_text(spoil(filled(here)), "utf-8")
    said = cli("tell", "back.csv", "--json")
    assert (said.code, said.json["problems"], said.json["taken"]) == (2, problems, False)
    assert said.json["n_labeled"] == 0
    assert labels_of(here) == {}, "nothing is taken where one row is wrong"
    told = cli("tell", "back.csv")
    assert told.code == 2
    n_rows = said.json["n_rows"]
    assert told.out.startswith(
        f"Nothing was taken, because {len(problems)} of {n_rows} rows are wrong:\n  {problems[0]}\n"
    )

    partly = cli("tell", "back.csv", "--partial", "--json")
    assert (partly.code, partly.json["problems"]) == (0, problems)
    assert partly.json["n_labeled"] == len(labels_of(here)) == n_right
    assert labels_of(here).items() <= TRUTH.items()
    assert cli("verify").code == 0


UNREADABLE: dict[str, tuple[Callable[[Rows], bytes], str]] = {
    "cp1252": (
        lambda r: dump(at(r, 2, "text", "hello there 1")).encode("cp1252"),
        'back.csv: must be UTF-8 text; line 5, byte 7 is 0xEF, which is not. Save it again as UTF-8 (in Excel: "CSV '
        'UTF-8 (Comma delimited)").',
    ),
    "xlsx": (
        lambda r: b"PK\x03\x04" + bytes(200),
        "back.csv: must be text such as CSV; it is a spreadsheet program's own format. Open it there and save it as "
        "CSV (in Excel: CSV UTF-8).",
    ),
    "an empty file": (
        lambda r: b"",
        "back.csv: must hold rows; it holds no rows, it is empty. Check that it was saved.",
    ),
    "a header alone": (
        lambda r: dump(r[:1]).encode(),
        "back.csv: must hold rows; it holds no rows below its header. Check that it was saved.",
    ),
    "the column of labels gone": (
        lambda r: dump(only(r, ["id", "text"])).encode(),
        "back.csv: must have a column 'kind'; its columns are 'id', 'text'. Keep the header row as it was written.",
    ),
    "the column of labels renamed": (
        lambda r: dump([["id", "label"], *([row[0], row[2]] for row in r[1:])]).encode(),
        "back.csv: must have a column 'kind'; its columns are 'id', 'label'. Keep the header row as it was written.",
    ),
    "the ids gone": (
        lambda r: dump(only(r, ["text", "kind"])).encode(),
        "back.csv: must have a column 'id'; its columns are 'text', 'kind'. Keep the header row as it was written.",
    ),
    "the header gone": (
        lambda r: dump(only(r, ["id", "kind"])[1:]).encode(),
        "back.csv: must have a column 'id'; its columns are '007', 'spam'. Keep the header row as it was written.",
    ),
    "two columns of labels": (
        lambda r: dump([["id", "KIND", "Kind"], *([row[0], row[2], "x"] for row in r[1:])]).encode(),
        "back.csv: must have one column 'kind'; it has 2. Delete all but one.",
    ),
    "a quote never closed": (
        lambda r: b'id,kind\n007,"spam\n',
        "back.csv: each quote must be closed; the row that begins on line 2 breaks this (unexpected end of data). "
        "Write a quote inside a quoted cell twice.",
    ),
    "NUL bytes": (
        lambda r: b"id,kind\n007,sp\0am\n",
        'back.csv: must be plain text; line 2 holds a NUL byte. Save it again as UTF-8 (in Excel: "CSV UTF-8 (Comma '
        'delimited)").',
    ),
    "JSON by the name of CSV": (
        lambda r: b'[{"id": "007", "kind": "spam"}]',
        "back.csv: must be a table of text; it begins like JSON. Write one object per line, and name the file .jsonl.",
    ),
    "a web page": (
        lambda r: b"<html><body>Please sign in</body></html>",
        "back.csv: must be a table; it is a web page. Download the file itself.",
    ),
}


@pytest.mark.parametrize("damage", UNREADABLE)
@pytest.mark.parametrize("partial", [False, True])
def test_what_cannot_be_read_as_a_worksheet_is_an_error(
    here: Path, cli: Callable[..., Any], damage: str, partial: bool
) -> None:
    spoil, message = UNREADABLE[damage]
    (here / "back.csv").write_bytes(spoil(filled(here)))
    said = cli("tell", "back.csv", *(["--partial"] if partial else []))
    assert (said.code, said.out, said.err) == (2, "", f"Error: {message}\n")
    assert labels_of(here) == {}


def test_a_worksheet_holds_no_cell_that_would_run(here: Path) -> None:
    with (here / "batch.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert "'=SUM(A1) 2" in cells
    assert not any(cell.startswith(("=", "+", "@")) for cell in cells)


def labels_of(folder: Path) -> dict[str, str]:
    with sqlite3.connect(folder / "querist.db") as raw:
        asked = "SELECT item_id, value FROM current_label JOIN item ON item.seq = current_label.item_seq"
        found = {item_id: value.strip('"') for item_id, value in raw.execute(asked)}
    raw.close()
    return found
