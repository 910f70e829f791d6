"""Whatever is handed in: a message that says what to do, exit code 2, and nothing changed."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from querist.core.schema import Schema
from querist.project import Project
from querist.service import projects

GOOD = "id,text,size\n" + "".join(f"a{i},the text number {i} of a few,{i}\n" for i in range(12))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a project `kinds` of twelve items, of which two are asked about."""
    folder = tmp_path_factory.mktemp("kinds")
    (folder / "good.csv").write_text(GOOD, "utf-8")
    schema = Schema("kind", ("spam", "ham"))
    work = projects.create(f"sqlite:///{folder / 'querist.db'}", "kinds", schema=schema, shares={})
    with Project(work) as project:
        project.add(folder / "good.csv")
        project.ask(2, to=folder / "batch.csv")
        projects.remember(work, folder)
    return folder


@pytest.fixture
def here(made: Path, tmp_path: Path) -> Path:
    """A copy of it, and a folder `a.html`, for one test to spoil."""
    (tmp_path / "a.html").mkdir()
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def contents(folder: Path) -> dict[str, list[Any]]:
    """Every row of every table."""
    engine = sa.create_engine(f"sqlite:///{folder / 'querist.db'}")
    tables = sa.MetaData()
    with engine.connect() as conn:
        tables.reflect(conn)
        found = {name: sorted(map(repr, conn.execute(sa.select(t)))) for name, t in tables.tables.items()}
    engine.dispose()
    return found


def text(content: str | bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return write


ROW = "b1,another text,7\n"
HEAD = "id,text,size\n"
REFUSED: dict[str, tuple[str, str | bytes, tuple[str, ...], str]] = {
    "latin-1 bytes": (
        "x.csv",
        (HEAD + "b1,déjà vu,7\n").encode("latin-1"),
        (),
        "x.csv: must be UTF-8 text; line 2, byte 5 is 0xE9, which is not. Save the file as UTF-8, or say which "
        "`encoding` it has, often latin-1 or cp1252.",
    ),
    "an encoding nobody knows": (
        "x.csv",
        HEAD + ROW,
        ("--encoding", "klingon"),
        "encoding: must be one Python knows; got 'klingon'. Try utf-8 or cp1252.",
    ),
    "a ragged row": (
        "x.csv",
        HEAD + ROW + "b2,one, two,8\n",
        (),
        "x.csv: each row must have as many fields as the header, 3; line 3 has 4. Put quotes around cells that hold "
        "the delimiter ','.",
    ),
    "a quote never closed": (
        "x.csv",
        HEAD + 'b1,"never closed,7\n',
        (),
        "x.csv: each quote must be closed; the row that begins on line 2 breaks this (unexpected end of data). Write "
        "a quote inside a quoted cell twice, or, where quotes are characters like any other, say that the `quote` is "
        "none.",
    ),
    "an id twice with other content": (
        "x.csv",
        HEAD + ROW + "b1,something else,7\n",
        (),
        "line 3 (b1): an item of this id is there already with other content; give it an id of its own, or leave it "
        "out.",
    ),
    "an id of an earlier import with other content": (
        "x.csv",
        HEAD + "a3,changed since,3\n",
        (),
        "line 2 (a3): an item of this id is there already with other content; give it an id of its own, or leave it "
        "out.",
    ),
    "a missing id": ("x.csv", HEAD + ",no id at all,7\n", (), "line 2: it has no id; fill in the column 'id'."),
    "an empty file": (
        "x.csv",
        "",
        (),
        "x.csv: must hold rows; it holds no rows, it is empty. Check that it was saved.",
    ),
    "a header and nothing else": (
        "x.csv",
        HEAD,
        (),
        "x.csv: must hold rows; it holds no rows below its header. Check that it was saved.",
    ),
    "two columns of one name": (
        "x.csv",
        "id,text,text\nb1,a,b\n",
        (),
        "x.csv: column names must differ; 'text' is column 2 and column 3. Rename one.",
    ),
    "the answers, by their name": (
        "x.csv",
        "id,text,size,Kind\nb1,another text,7,spam\n",
        (),
        "column 'Kind': must not be among the items, for it has the name of what is asked, and the model would read "
        "the answer off it. Take its values as answers by naming it as the `label`, or leave it out with "
        "`drop`.",
    ),
    "the answers, by their values": (
        "x.csv",
        "id,text,size,mark\n" + "".join(f"b{i},text {i} of b,{i},{('Spam', 'ham')[i % 2]}\n" for i in range(8)),
        (),
        "column 'mark': must not be among the items",
    ),
    "a column the project has not": (
        "x.csv",
        "id,text,size,color\nb1,another text,7,red\n",
        (),
        "column: must be a field of the project, which are 'size', 'text'; got 'color'. Rename it, or leave it out "
        "with `drop`.",
    ),
    "a column of the project missing": (
        "x.csv",
        "id,size\nb1,7\n",
        (),
        "x.csv: must have every field of the project, which are 'size', 'text'; it lacks 'text'. Name the column so, "
        "or add an empty one where there is nothing to say.",
    ),
    "a number that is text": (
        "x.csv",
        HEAD + "b1,another text,tall\n",
        (),
        "line 2: the field 'size' must be a number; got 'tall'. Write it like 3.5, leave it empty, or say that "
        "the `kind` of size is category",
    ),
    "an infinite number": (
        "x.csv",
        HEAD + "b1,another text,inf\n",
        (),
        "the field 'size' must be a number; got 'inf'.",
    ),
    "a label that is none": (
        "x.csv",
        "id,text,size,kind\nb1,another text,7,spma\n",
        ("--label", "kind"),
        "line 2 (b1): the label 'spma' is not in the schema; did you mean 'spam'?",
    ),
    "--drop of no column": (
        "x.csv",
        HEAD + ROW,
        ("--drop", "nope"),
        "column: must be one of x.csv; got 'nope'. It has 'id', 'text', 'size'.",
    ),
    "--label of no column": (
        "x.csv",
        HEAD + ROW,
        ("--label", "nope"),
        "column: must be one of x.csv; got 'nope'. It has 'id', 'text', 'size'.",
    ),
    "--id of no column": (
        "x.csv",
        HEAD + ROW,
        ("--id", "nope"),
        "column: must be one of x.csv; got 'nope'. It has 'id', 'text', 'size'.",
    ),
    "--kind that is none": ("x.csv", HEAD + ROW, ("--kind", "text=prose"), "kind: must be one of 'text', 'number'"),
    "--kind without a name": ("x.csv", HEAD + ROW, ("--kind", "text"), "kind: must be NAME=KIND; got 'text'."),
    "--split that is none": ("x.csv", HEAD + ROW, ("--split", "train"), "split: must be one of 'pool', 'test'"),
    "a spreadsheet": (
        "x.csv",
        b"PK\x03\x04" + bytes(40),
        (),
        "x.csv: must be text such as CSV; it is a spreadsheet program's own format.",
    ),
    "a web page": ("x.csv", "<!doctype html><p>Sign in", (), "x.csv: must be a table; it is a web page."),
    "JSON by the name of CSV": (
        "x.csv",
        json.dumps([{"id": f"b{i}", "text": f"a text {i}"} for i in range(5_000)]),
        (),
        "x.csv: must be a table of text; it begins like JSON. Write one object per line, and name the file .jsonl.",
    ),
    "no header, but a number": (
        "x.csv",
        "b1,another text,7\nb2,one more,8\n",
        (),
        "x.csv: must begin with a header, the names of its columns; line 1 looks like data, not a header: '7' is a "
        "number. Add one, or say with `header` that it is one.",
    ),
    "no header, but a number of a comma country": (
        "x.csv",
        "\n\nb1;another text;7,5\nb2;one more;8\n",
        (),
        "line 3 looks like data, not a header: '7,5' is a number.",
    ),
    "no header, but an answer": (
        "x.tsv",
        "HAM\tanother text\nspam\tone more\n",
        ("--label", "HAM"),
        "x.tsv: must begin with a header, the names of its columns; line 1 looks like data, not a header: 'HAM' is "
        "an answer. Add one, or say with `header` that it is one.",
    ),
    "quotes that are none": ("x.csv", HEAD + ROW, ("--quote", "single"), "quote: must be one of 'double', 'none';"),
    "quotes in JSON": (
        "x.jsonl",
        '{"id": "b1", "text": "a", "size": 1}\n',
        ("--quote", "none"),
        "quote: must be left out for jsonl, which has none; got 'none'. Leave it out.",
    ),
    "columns without end": (
        "x.csv",
        "id," + ",".join(f"text {i}" for i in range(99)) + "\n" + "b1" + ",x" * 99 + "\n",
        ("--label", "nope"),
        "'text 10' and 88 more.",
    ),
    "a suffix of nothing": ("x.doc", HEAD + ROW, (), "path: must end in one of .csv,"),
    "JSON that is cut off": (
        "x.jsonl",
        '{"id": "b1", "text": "a", "size": 1}\n{"id": "b2", "te',
        (),
        "x.jsonl: each line must be a JSON object; line 2 is not",
    ),
    "JSON that is a list": ("x.jsonl", "[1, 2]\n", (), "each line must be a JSON object like"),
    "Parquet that is none": ("x.parquet", b"PAR1 but not really", (), "x.parquet: must be Parquet;"),
    "gzip that is cut off": ("x.csv.gz", gzip.compress(GOOD.encode())[:-9], (), "x.csv.gz: must be gzipped whole;"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_refused_import_says_why_and_changes_nothing(here: Path, cli: Callable[..., Any], why: str) -> None:
    name, content, more, message = REFUSED[why]
    text(content)(here / name)
    before = contents(here)
    said = cli("add", name, *more)
    assert (said.code, said.out) == (2, ""), said.out
    assert message in said.err.replace("\n", " ") or message in said.err
    assert "Traceback" not in said.err
    as_json = cli("add", name, *more, "--json")
    assert as_json.code == 2
    error = as_json.json["error"]
    assert set(error) >= {"code", "message", "hint"}
    assert error["code"] in ("invalid_input", "rows_rejected", "leak_found")
    assert contents(here) == before
    assert cli("verify").code == 0


def test_a_file_whose_last_batch_is_wrong_leaves_nothing_of_the_first(here: Path, cli: Callable[..., Any]) -> None:
    rows = [f"c{i},a text with the number {i} in it,{i}\n" for i in range(20_500)]
    (here / "long.csv").write_text(HEAD + "".join(rows) + "c9,not the same as before,9\n", "utf-8")
    before = contents(here)
    said = cli("add", "long.csv")
    assert said.code == 2
    assert "line 20502 (c9): an item of this id is there already with other content" in said.err
    assert contents(here) == before


WORDS: dict[str, tuple[tuple[str, ...], str, str]] = {
    "a project of this name": (
        ("init", "kinds", "--classes", "a,b"),
        "conflict",
        "name: must be new; there is a project 'kinds' already. Choose another, or open that one.",
    ),
    "one class": (("init", "p", "--classes", "spam"), "invalid_input", "classes: must be at least two; got ['spam']."),
    "no class": (("init", "p"), "invalid_input", "classes: must be at least two; got []."),
    "two alike": (("init", "p", "--classes", "spam,Spam "), "invalid_input", "classes: must differ by more than case"),
    "an empty class": (("init", "p", "--classes", "a,,b"), "invalid_input", "classes: must be non-empty text; got ''."),
    "an unknown strategy": (
        ("init", "p", "--classes", "a,b", "--strategy", "margim"),
        "invalid_input",
        "got 'margim'. Did you mean 'margin'?",
    ),
    "an unknown start": (
        ("init", "p", "--classes", "a,b", "--start", "luck"),
        "invalid_input",
        "start: must be one of",
    ),
    "a start by rules without any": (
        ("init", "p", "--classes", "a,b", "--start", "rules"),
        "invalid_input",
        "'rules' needs seed rules, and there are none. Write them to a file and name it",
    ),
    "a start by groups without a field": (
        ("init", "p", "--classes", "a,b", "--start", "stratified"),
        "invalid_input",
        "'stratified' needs a field whose values are the groups, and none is named.",
    ),
    "a stop at no metric": (
        ("init", "p", "--classes", "a,b", "--stop", "target:foo:0.9"),
        "invalid_input",
        "stop: must be one of 'accuracy', 'balanced_accuracy'",
    ),
    "a stop at a number's metric": (
        ("init", "p", "--classes", "a,b", "--stop", "target:r2:0.9"),
        "invalid_input",
        "got 'r2'.",
    ),
    "a project without a name": (
        ("init", "", "--classes", "a,b"),
        "invalid_input",
        "name: must not be empty; got ''. Name the project: `querist init tickets`.",
    ),
    "a batch of none": (
        ("init", "p", "--classes", "a,b", "--batch-size", "0"),
        "invalid_input",
        "batch_size: must be a whole number of at least 1; got 0.",
    ),
    "more exploring than all": (
        ("init", "p", "--classes", "a,b", "--exploration", "1.5"),
        "invalid_input",
        "exploration: must be a share between 0 and 1; got 1.5. Write 10 % as 0.1.",
    ),
    "a seed below zero": (("init", "p", "--classes", "a,b", "--seed", "-1"), "invalid_input", "seed: must be a whole"),
    "a budget below one": (("init", "p", "--classes", "a,b", "--budget", "0"), "invalid_input", "budget.labels: must"),
    "a price that is none": (("init", "p", "--classes", "a,b", "--price", "nan"), "invalid_input", "costs.per_label"),
    "a stopping rule of nothing": (
        ("init", "p", "--classes", "a,b", "--stop", "soon"),
        "invalid_input",
        "stop: must be one of 'target', 'marginal_gain', 'performance_gradient'",
    ),
    "a target that is no number": (
        ("init", "p", "--classes", "a,b", "--stop", "target:accuracy:nan"),
        "invalid_input",
        "target: must be a finite number to compare with; got nan.",
    ),
    "shares that leave nothing": (
        ("init", "p", "--classes", "a,b", "--test-share", "0.9", "--calibration-share", "0.2"),
        "invalid_input",
        "shares: must leave items to ask about",
    ),
    "instructions of no file": (
        ("init", "p", "--classes", "a,b", "--instructions", "@nowhere.txt"),
        "invalid_input",
        "instructions: must be a file of UTF-8 text; 'nowhere.txt'",
    ),
    "a database of another kind": (
        ("status", "--url", "mysql://db/x"),
        "invalid_input",
        "database: must be a file, sqlite:/// or postgresql://; got a URL that begins mysql://. Use one of these.",
    ),
    "a database that is not there": (
        ("status", "--url", "elsewhere.db"),
        "not_found",
        "database: must be there already; there is no file",
    ),
    "a server that does not answer": (
        ("status", "--url", "postgresql://nobody@127.0.0.1:9/x"),
        "error",
        "database: must be reachable; postgresql://nobody@127.0.0.1:9/x:",
    ),
    "a file that is no database": (
        ("status", "--url", "good.csv"),
        "invalid_input",
        "database: must be a SQLite file;",
    ),
    "a project nobody made": (("status", "-p", "others"), "not_found", "must be one of this database's; got 'others'."),
    "a number below one": (("ask", "-n", "-3"), "invalid_input", "n: must be a whole number of at least 1; got -3."),
    "a split that is none": (("ask", "--split", "moon"), "invalid_input", "split: must be one of 'pool', 'test'"),
    "a test set of nobody": (("ask", "--split", "test"), "pool_exhausted", "Every item of the test split is labeled"),
    "a worksheet in no folder": (("ask", "--to", "no/where.csv"), "invalid_input", "path: its folder must exist;"),
    "a worksheet of a spreadsheet program": (("ask", "--to", "b.xlsx"), "invalid_input", "path: must end in one of"),
    "a worksheet of another format": (
        ("ask", "--to", "b.parquet"),
        "invalid_input",
        "path: a worksheet must be .csv or .jsonl; got 'b.parquet'. Rename it.",
    ),
    "a worksheet that is not there": (("tell", "gone.csv"), "invalid_input", "path: must be a file; there is none at"),
    "a folder for a worksheet": (("tell", "."), "invalid_input", "path: must be a file; '.' is a folder or device."),
    "a model of nothing": (("train",), "invalid_input", "labels: must be there before a model can be; none is."),
    "a round that is none": (("withdraw", "--round", "7"), "not_found", "round: must be one of the project's;"),
    "a round to replay that is none": (("replay", "7"), "not_found", "there is no round 7. List them."),
    "a round that is no number": (("replay", "x"), "invalid_input", "Invalid value for 'number': "),
    "a version that is none": (("export", "e.csv", "--version", "9"), "not_found", "there is no dataset version 9"),
    "an export of no format": (("export", "e.csv", "--format", "xls"), "invalid_input", "format: must be one of 'csv'"),
    "an export in no folder": (("export", "no/where.csv"), "invalid_input", "path: its folder must exist;"),
    "a report in no folder": (("report", "--to", "no/where.html"), "invalid_input", "path: its folder must exist;"),
    "a report over a folder": (("report", "--to", "."), "invalid_input", "path: must end in .html; got '.'"),
    "a study of no file": (("simulate", "gone.csv", "--target", "kind"), "invalid_input", "path: must be a file;"),
    "a study of no column": (
        ("simulate", "good.csv", "--target", "kind"),
        "invalid_input",
        "target: must be a column of good.csv; got 'kind'. It has 'id', 'text', 'size'.",
    ),
    "a study without a target": (("simulate", "good.csv"), "invalid_input", "Missing option '--target'. See --help."),
    "a demo where a file is": (("demo", "good.csv"), "error", "file: must be there and open to you;"),
    "a command that is none": (("guess",), "invalid_input", "No such command 'guess'. See --help."),
    "an option that is none": (("status", "--deep"), "invalid_input", "No such option: --deep"),
}


@pytest.mark.parametrize("why", WORDS)
def test_a_wrong_command_says_why_and_changes_nothing(here: Path, cli: Callable[..., Any], why: str) -> None:
    words, code, message = WORDS[why]
    before = contents(here)
    said = cli(*words, "--json")
    assert (said.code, said.err) == (2, "")
    error = said.json["error"]
    assert set(error) == {"code", "message", "hint"}
    assert (error["code"], message in f"{error['message']}. {error['hint']}") == (code, True), error
    told = cli(*words)
    assert (told.code, told.out) == (2, "")
    assert told.err
    assert "Traceback" not in told.err
    after = contents(here)
    assert {name for name in after if after[name] != before[name]} <= {"dataset_version"}


STUDIES: dict[str, tuple[tuple[str, ...], str]] = {
    "a misspelt metric": (
        ("--metric", "acuracy"),
        "metric: must be one of 'accuracy', 'balanced_accuracy', 'macro_f1', 'auc', 'average_precision', 'log_loss', "
        "'brier', 'ece'; got 'acuracy'. Did you mean 'accuracy'?",
    ),
    "no process": (
        ("--jobs", "0"),
        "jobs: must be a whole number of at least 1; got 0. Leave it out for one process per core.",
    ),
    "no strategy": (
        ("--strategies", ""),
        "strategies: must name at least one; got none. Leave them out for the usual ones: margin, default.",
    ),
    "no seeds": (("--seeds", "0"), "seeds: must be a whole number of at least 1; got 0."),
    "a budget below two batches": (("--budget", "3"), "budget: must pay for at least two batches of 2; got 3"),
    "a batch below one": (("--batch-size", "-2"), "batch_size: must be a whole number of at least 1; got -2."),
    "an unknown strategy": (("--strategies", "margim"), "got 'margim'. Did you mean 'margin'?"),
    "an unknown oracle": (("--oracle", "delphi"), "oracle: must be one of 'perfect', 'uniform'"),
    "an oracle without its number": (("--oracle", "uniform"), "oracle 'uniform': must have its numbers behind colons"),
    "an oracle that errs too much": (("--oracle", "uniform:1.5"), "error: must be a share between 0 and 1; got 1.5."),
    "an oracle biased to no class": (("--oracle", "biased:x:0.2"), "class: must be one of"),
    "a price below zero": (("--price", "-1"), "costs.per_label: must be a price of at least 0 dollars; got -1.0."),
    "a level that is no number": (("--until", "nan"), "target: must be a finite number to compare with; got nan."),
    "numbers that are text": (
        ("--task", "number"),
        "each number must be finite; 20 of 20 cells of column 'kind' of study.csv are not",
    ),
    "a column to drop that is none": (("--drop", "nope"), "drop: must be columns of study.csv; got 'nope'."),
    "runs kept in a file": (("--runs", "study.csv"), "file: must be there and open to you;"),
}


@pytest.mark.parametrize("why", STUDIES)
def test_a_wrong_study_is_refused(cli: Callable[..., Any], tmp_path: Path, why: str) -> None:
    rows = [f"{chr(97 + i) * 9} {chr(98 + i) * 5} {i},{('spam', 'ham')[i % 2]}" for i in range(20)]
    (tmp_path / "study.csv").write_text("text,kind\n" + "\n".join(rows) + "\n", "utf-8")
    more, message = STUDIES[why]
    usual = ["simulate", "study.csv", "--target", "kind", "--seeds", "1", "--jobs", "1", "--batch-size", "2"]
    said = cli(*usual, *more)
    assert (said.code, said.out) == (2, "")
    assert message in said.err
    assert cli(*usual, *more, "--json").json["error"]["message"]
    assert not (tmp_path / "simulation.html").exists()


def test_a_project_is_not_found_where_nothing_names_one(cli: Callable[..., Any], tmp_path: Path) -> None:
    said = cli("status")
    assert said.code == 2
    assert said.err == (
        "Error: project: must be named; there is no querist.toml here or above, and QUERIST_PROJECT is not set. "
        "Run `querist init NAME` first, or go to the folder where you did.\n"
    )
    (tmp_path / "querist.toml").write_text("project = [", "utf-8")
    assert "querist.toml: must be TOML" in cli("status").err


def test_a_file_of_other_columns_may_be_added_without_the_strange_ones(here: Path, cli: Callable[..., Any]) -> None:
    (here / "other.csv").write_text("id,text,color,size\nb1,a text of another file,red,\n", "utf-8")
    said = cli("add", "other.csv", "--drop", "color")
    assert said.code == 0
    assert "1 items added (1 pool), 0 known already." in said.out
    assert cli("verify").code == 0


@pytest.mark.parametrize("partial", [False, True])
def test_partial_takes_the_right_rows_and_lists_the_others(here: Path, cli: Callable[..., Any], partial: bool) -> None:
    ids = [entry["item_id"] for entry in cli("ask", "--again", "--json").json["entries"]]
    (here / "batch.csv").write_text(f"id,kind\n{ids[0]},ham\n{ids[1]},spma\n", "utf-8")
    said = cli("tell", "batch.csv", "--json", *(["--partial"] if partial else []))
    assert said.code == (0 if partial else 2)
    assert (said.json["taken"], said.json["n_labeled"], said.json["n_pending"]) == (partial, int(partial), 2 - partial)
    assert [str(problem) for problem in said.json["problems"]] == [
        f"line 3 ({ids[1]}): the label 'spma' is not in the schema; did you mean 'spam'?"
    ]
    assert cli("verify").code == 0


JUNK = {
    "half a surrogate pair": "\ud800".encode("utf-8", "surrogatepass"),
    "zeros": b"\x00" * 99,
    "ones": b"\xff" * 99,
    "an empty object": b"{}",
    "a bracket": b"[",
    "a word": b"id",
}


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".arrow", ".csv.gz", ".tsv"])
def test_junk_in_any_file_is_a_message(here: Path, cli: Callable[..., Any], suffix: str, junk: bytes) -> None:
    (here / f"junk{suffix}").write_bytes(junk)
    before = contents(here)
    for words in (("add",), ("tell",), ("simulate", "--target", "id")):
        said = cli(words[0], f"junk{suffix}", *words[1:], "--json")
        assert said.code == 2, said.out
        assert json.loads(said.out)["error"]["message"]
    assert contents(here) == before
