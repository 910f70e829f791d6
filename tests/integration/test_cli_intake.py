"""Files as they are found: without a header, with quotes that are none, with commas in their numbers."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from querist.core.schema import Schema
from querist.project import Project
from querist.service import projects
from querist.simulation import from_table

Cli = Callable[..., Any]
SMS = (
    'kind\ttext\nham\t"Ok lar... Joking wif u oni\nspam\tFree "entry" in 2 a wkly comp\nham\tU dun say so early hor"\n'
)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """A folder with a project of spam and ham, and nothing in it yet."""
    work = projects.create(tmp_path / "querist.db", "sms", schema=Schema("kind", ("spam", "ham")), shares={})
    with Project(work):
        projects.remember(work, tmp_path)
    return tmp_path


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """The same of numbers to predict."""
    schema = Schema("price", task="number")
    work = projects.create(tmp_path / "querist.db", "prices", schema=schema, shares={})
    with Project(work):
        projects.remember(work, tmp_path)
    return tmp_path


def fields(folder: Path) -> list[dict[str, Any]]:
    """The items of the folder's project as they are asked about, in the order of their texts and numbers."""
    with projects.open_at(projects.Location(f"sqlite:///{folder / 'querist.db'}", _name(folder))) as work:
        asked = Project(work).ask(50)
        return sorted((entry.fields for entry in asked.entries), key=repr)


def _name(folder: Path) -> str:
    return (folder / "querist.toml").read_text("utf-8").split('"')[1]


def test_a_header_of_numbers_is_one_where_the_user_says_so_and_from_then_on(texts: Path, cli: Cli) -> None:
    header = "1,2,kind\n"
    (texts / "a.csv").write_text(header + "one text,3,spam\nanother text,4,ham\n", "utf-8")
    (texts / "b.csv").write_text(header + "a third text,5,ham\n", "utf-8")
    refused = cli("add", "a.csv", "--label", "kind")
    assert refused.code == 2
    assert "'1' is a number. Add one, or say with `header` that it is one." in refused.err
    assert cli("add", "a.csv", "--label", "kind", "--header", "--json").json["n_added"] == 2
    assert cli("add", "b.csv", "--label", "kind", "--json").json["n_added"] == 1, "it names the fields there are"


def test_a_header_that_names_an_answer_is_one_where_the_user_says_so(texts: Path, cli: Cli) -> None:
    (texts / "a.csv").write_text("spam,text\nspam,one text\nham,another text\n", "utf-8")
    assert "'spam' is an answer" in cli("add", "a.csv", "--label", "spam").err
    assert cli("add", "a.csv", "--label", "spam", "--header", "--json").json["n_labels"] == 2


def test_quotes_are_characters_where_the_user_says_so(texts: Path, cli: Cli) -> None:
    (texts / "sms.tsv").write_text(SMS, "utf-8")
    refused = cli("add", "sms.tsv", "--label", "kind")
    assert (refused.code, "say that the `quote` is none" in refused.err) == (2, True), refused
    assert cli("add", "sms.tsv", "--quote", "none", "--json", "--drop", "kind").json["n_added"] == 3
    assert [item["text"] for item in fields(texts)] == [
        '"Ok lar... Joking wif u oni',
        'Free "entry" in 2 a wkly comp',
        'U dun say so early hor"',
    ]


def test_a_study_reads_its_file_the_same_way(tmp_path: Path, cli: Cli) -> None:
    rows = [f'{("ham", "spam")[i % 2]}\t{"call" if i % 2 else "hello"} {i} "{chr(97 + i)} {i * 7}' for i in range(20)]
    study = ("--seeds", "1", "--jobs", "1", "--batch-size", "2", "--budget", "6", "--json", "--quote", "none")
    (tmp_path / "bare.tsv").write_text("\n".join(rows) + "\n", "utf-8")
    refused = cli("simulate", "bare.tsv", "--target", "ham", *study)
    assert refused.code == 2
    assert "'ham' is an answer" in refused.json["error"]["message"]
    (tmp_path / "named.tsv").write_text("kind\ttext\n" + "\n".join(rows) + "\n", "utf-8")
    assert cli("simulate", "named.tsv", "--target", "kind", *study).code == 0
    numbers = "\n".join(f"{i},{i * i % 7},{i / 3}" for i in range(20))
    (tmp_path / "numbers.csv").write_text(f"1,2,3\n{numbers}\n", "utf-8")
    refused = cli("simulate", "numbers.csv", "--target", "3", *study[:-2])
    assert "'1' is a number" in refused.json["error"]["message"]
    assert cli("simulate", "numbers.csv", "--target", "3", "--header", *study[:-2]).code == 0


def test_a_decimal_comma_is_read_in_every_file_of_the_project(prices: Path, cli: Cli) -> None:
    (prices / "a.csv").write_text("id;size;price\na;3,5;1,25\nb;4;2\nc;-0,5;\n", "utf-8")
    (prices / "b.csv").write_text("id,size\nd,7.5\n", "utf-8")
    (prices / "c.csv").write_text("id;size\ne;8,5\n", "utf-8")
    (prices / "d.csv").write_text("id;size\nf;8,5\ng;1.234\n", "utf-8")
    added = cli("add", "a.csv", "--label", "price", "--json").json
    assert (added["kinds"], added["n_labels"]) == ({"size": "number"}, 2)
    assert cli("add", "b.csv").code == cli("add", "c.csv").code == 0
    mixed = cli("add", "d.csv")
    assert (mixed.code, "line 2: the field 'size' must be a number; got '8,5'." in mixed.err) == (2, True), mixed.err
    with projects.open_at(projects.Location(f"sqlite:///{prices / 'querist.db'}", "prices")) as work:
        Project(work).export(prices / "out.jsonl")
    labels = [json.loads(line) for line in (prices / "out.jsonl").read_text("utf-8").splitlines()]
    assert [(row["id"], row["size"], row["price"]) for row in labels] == [("a", 3.5, 1.25), ("b", 4.0, 2.0)]
    assert [item["size"] for item in fields(prices)] == [-0.5, 7.5, 8.5]


def test_a_study_reads_decimal_commas_in_features_and_answers(tmp_path: Path) -> None:
    rows = "".join(f"{i},5;{i * 2},25\n" for i in range(30))
    path = tmp_path / "a.csv"
    path.write_text("size;price\n" + rows, "utf-8")
    data = from_table(path, "price")
    assert data.schema.task == "number"
    assert data.y[:2].tolist() == [0.25, 2.25]
    assert data.X["size"][:2].tolist() == [0.5, 1.5]


def test_a_column_that_is_nearly_numbers_is_noted(texts: Path, cli: Cli) -> None:
    rows = "".join(f"a{i},text number {i},{i if i % 10 else 'inf'}\n" for i in range(40))
    (texts / "a.csv").write_text("id,text,size\n" + rows, "utf-8")
    said = cli("add", "a.csv")
    assert said.code == 0
    assert "Note: the column 'size' is taken as ignored: 90 % of its values are numbers, " in said.out
    assert "and 95 % must be; 'inf' is not." in said.out


def test_items_without_any_text_are_noted(texts: Path, cli: Cli) -> None:
    rows = ("a,title one,body one", "b,, ", "c,,", "d,title four,", "e,title five,body five")
    (texts / "a.csv").write_text("\n".join(["id,title,body", *rows, ""]), "utf-8")
    kinds = ("--kind", "title=text", "--kind", "body=text")
    said = cli("add", "a.csv", *kinds)
    assert "Note: 2 items hold no text: every text field of theirs ('title', 'body') is blank" in said.out
    assert "hold no text" not in cli("add", "a.csv").out, "they are known by now"


def test_repeats_in_a_file_are_told_from_what_was_known(texts: Path, cli: Cli) -> None:
    (texts / "a.csv").write_text("text\nfirst one\nsecond one\nfirst one\nfirst one\n", "utf-8")
    (texts / "b.csv").write_text("text\nfirst one\nthird one\nthird one\n", "utf-8")
    said = cli("add", "a.csv").out
    assert said.startswith("2 items added (2 pool), 0 known already, 2 repeated inside the file.\n")
    assert "Note: 2 rows have the content of another row of the file" in said
    assert cli("add", "b.csv").out.startswith("1 items added (1 pool), 1 known already, 1 repeated inside the file.\n")
    again = cli("add", "b.csv", "--json").json
    assert (again["n_added"], again["n_repeated"], again["n_inside"]) == (0, 3, 0)
    (texts / "c.csv").write_text("id,text\nx,fourth one\nx,fourth one\n", "utf-8")
    assert "Note" not in cli("add", "c.csv").out


def test_an_id_made_from_content_is_text_to_every_program(texts: Path, cli: Cli) -> None:
    (texts / "a.csv").write_text("text\n" + "".join(f"text number {i}\n" for i in range(50)), "utf-8")
    assert cli("add", "a.csv").code == 0
    ids = [entry["item_id"] for entry in cli("ask", "-n", "50", "--json").json["entries"]]
    assert len(ids) == 50
    assert all(re.fullmatch("i[0-9a-f]{16}", item_id) for item_id in ids)


def test_a_project_of_before_goes_on_with_the_ids_it_has(texts: Path, cli: Cli) -> None:
    (texts / "a.csv").write_text("text\nfirst one\nsecond one\n", "utf-8")
    assert cli("add", "a.csv").code == 0
    with sqlite3.connect(texts / "querist.db") as raw:
        settings = json.loads(raw.execute("SELECT settings FROM project").fetchone()[0])
        del settings["id_prefix"]
        raw.execute("UPDATE project SET settings = ?", [json.dumps(settings)])
        raw.execute("UPDATE item SET item_id = substr(item_id, 2)")
    raw.close()
    assert cli("add", "a.csv").out.startswith("0 items added (none), 2 known already.")


def test_asking_in_an_empty_project_says_how_to_fill_it(texts: Path, cli: Cli) -> None:
    for more in ((), ("--split", "test")):
        said = cli("ask", *more)
        assert (said.code, said.err) == (
            2,
            "Error: items: must be there before one can be asked about; the project 'sms' has no items yet. Add some "
            "with `querist add FILE`.\n",
        )


def test_text_reaches_the_terminal_without_its_commands(texts: Path, cli: Cli) -> None:
    (texts / "a.csv").write_text("id,text\na\u202e,a \x1b[31mred\x1b[0m \x9b2J word\nb,another word\n", "utf-8")
    refused = cli("add", "a.csv")
    assert not set("\x1b\x9b\u202e") & set(refused.err)
    (texts / "a.csv").write_text("id,text\na,a \x1b[31mred\x1b[0m \x9b2J word\nb,another word\n", "utf-8")
    assert cli("add", "a.csv").code == 0
    as_json = cli("ask", "-n", "2", "--json")
    assert not set("\x1b\x9b") & set(as_json.out)
    assert {entry["fields"]["text"] for entry in as_json.json["entries"]} >= {"a \x1b[31mred\x1b[0m \x9b2J word"}
    cli("withdraw")
    shown = cli("ask", "-n", "2").out
    assert not set("\x1b\x9b\u202e") & set(shown)
    assert r"a \x1b[31mred\x1b[0m \x9b2J word" in shown


def test_asking_says_how_to_answer(tmp_path: Path, cli: Cli) -> None:
    assert cli("init", "p", "--target", "t[red]", "--classes", "a,b", "--test-share", "0").code == 0
    (tmp_path / "a.csv").write_text("id,text\na,one text\nb,another text\n", "utf-8")
    assert cli("add", "a.csv").code == 0
    assert cli("ask", "-n", "1").out.endswith(
        "To answer: `querist ask --again --to batch.csv`, fill in the column 't[red]', then `querist tell batch.csv`.\n"
    )
    assert "fill in the column 't[red]', then `querist tell b.csv`." in cli("ask", "-n", "1", "--to", "b.csv").out


def test_a_number_that_may_be_a_thousand_is_not_guessed(prices: Path, cli: Cli) -> None:
    (prices / "a.csv").write_text("id,text\n" + "".join(f"{c},text of {c} and more\n" for c in "abc"), "utf-8")
    assert cli("add", "a.csv").code == 0
    (prices / "told.csv").write_text("id;price\na;1.234\nb;3,5\nc;1.5\n", "utf-8")
    said = cli("tell", "told.csv", "--json")
    assert (said.code, said.json["problems"]) == (
        2,
        [
            "line 2 (a): the label '1.234' may be read in two ways, since other cells have a decimal comma; write 1234 "
            "or 1,234."
        ],
    )
    (prices / "told.csv").write_text("id;price\na;1.234\nb;3.5\n", "utf-8")
    assert cli("tell", "told.csv", "--json").json["n_labeled"] == 2


@pytest.mark.parametrize(("alike", "said"), [(True, True), (False, False)])
def test_a_pool_that_near_copies_emptied_is_told_of(
    start: Callable[..., Project], tmp_path: Path, alike: bool, said: bool
) -> None:
    rng = np.random.default_rng(0)
    words = [" ".join(f"w{n}" for n in rng.integers(0, 5000, 12)) for _ in range(120)]
    like = [f"Your order number {n} has been shipped today and will arrive soon" for n in range(120)]
    project = start(f"sqlite:///{tmp_path}/p.db", name="alike", shares={"test": 0.2, "calibration": 0.05})
    added = project.add([{"id": f"i{n}", "text": text} for n, text in enumerate(like if alike else words)])
    assert any("were to be expected: near copies stay on one side" in note for note in added.notes) is said
