"""The whole way on the command line, each command a process: from a CSV to labels, a model, a report, and proof."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from querist import server
from querist.cli.app import app

COMMANDS = tuple(each.name or each.callback.__name__ for each in app.registered_commands if each.callback)


def fill(path: Path, truth: dict[str, str]) -> None:
    """Label a worksheet, and save it as a spreadsheet program of a comma country does."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    text = io.StringIO()
    out = csv.DictWriter(text, [*reversed(rows[0].keys()), "checked"], delimiter=";", lineterminator="\r\n")
    out.writeheader()
    for row in reversed(rows):
        out.writerow({**row, "topic": f" {truth[row['id']].upper()} ", "checked": "yes"})
    path.write_bytes(text.getvalue().encode("utf-16"))


def test_the_whole_way_from_a_file_to_proven_labels(
    program: Callable[..., Any], cli: Callable[..., Any], messages: Callable[..., Any], tmp_path: Path
) -> None:
    data = messages(150)
    data.write(tmp_path / "messages.csv")

    def run(*words: str, by: Callable[..., Any] = program) -> str:
        said = by(*words)
        assert (said.code, said.err) == (0, ""), f"{words}: {said.out}{said.err}"
        return str(said.out)

    out = run("init", "topics", "--target", "topic", "--classes", "billing,delivery,account", "--batch-size", "20")
    assert out == "Project topics asks for topic: one of 3 classes.\nNext: querist add FILE\n"
    assert (tmp_path / "querist.toml").read_text("utf-8") == 'project = "topics"\nurl = "sqlite:///querist.db"\n'
    assert "150 items added (" in run("add", "messages.csv")
    assert "0 items added (none), 150 known already." in run("add", "messages.csv", by=cli)

    run("ask", "--split", "test", "-n", "20", "--to", "test.csv", by=cli)
    fill(tmp_path / "test.csv", data.truth)
    assert run("tell", "test.csv", by=cli).startswith("20 labels taken, 0 changed")
    for number, by in ((2, cli), (3, program), (4, cli)):
        assert f"Round {number}: 20 items asked" in run("ask", "--to", "batch.csv", by=by)
        fill(tmp_path / "batch.csv", data.truth)
        assert run("tell", "batch.csv", "--annotator", "ada", by=by).startswith("20 labels taken")
    assert "0 labels taken, 0 changed, 20 said before" in run("tell", "batch.csv", "--annotator", "ada", by=cli)
    assert "On 20 test items: accuracy" in run("train", by=cli)
    told = run("status", by=cli)
    assert "60 of the pool's" in told
    assert "Next: querist ask --to batch.csv" in told
    assert "Written to report.html" in run("report", by=cli)
    assert (tmp_path / "report.html").read_text("utf-8").startswith("<!doctype html>")
    assert run("freeze", by=cli).startswith("Version 4 was already 80 labels")

    exported = {}
    for name in ("labels.csv", "labels.jsonl", "labels.parquet", "excel.csv"):
        more = ["--format", "excel-csv"] if name == "excel.csv" else []
        by = program if name == "labels.csv" else cli
        assert f"80 labels written to {name}" in run("export", name, *more, by=by)
        exported[name] = read(tmp_path / name)
    truths = [(row["id"], row["topic"], row["annotator"]) for row in exported["labels.csv"]]
    for rows in exported.values():
        assert [(row["id"], row["topic"], row["annotator"]) for row in rows] == truths
        assert all(0 < float(row["propensity"]) <= 1 for row in rows)
    assert all(data.truth[item_id] == topic for item_id, topic, _ in truths)
    assert {who for _, _, who in truths} == {"ada", "anonymous"}

    assert run("verify").startswith("Sound: ")
    for number in (2, 3, 4):
        assert f"Round {number} drawn again gives the same 20 items" in run("replay", str(number), by=cli)


def read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        return list(pq.read_table(path).to_pylist())
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_command_speaks_json(cli: Callable[..., Any], messages: Callable[..., Any], tmp_path: Path) -> None:
    data = messages(60)
    data.write(tmp_path / "messages.csv")
    data.write(tmp_path / "labeled.csv", label=True)

    def run(*words: str) -> Any:
        said = cli(*words, "--json")
        assert said.code == 0, said.out + said.err
        assert said.err == ""
        return said.json

    made = run("init", "topics", "--target", "topic", "--classes", "billing,delivery,account", "--budget", "50")
    assert (made["project"], made["policy"]["budget"]["labels"]) == ("topics", 50)
    assert run("add", "messages.csv")["n_added"] == 60
    asked = run("ask", "-n", "12", "--to", "batch.csv")
    assert [entry["rank"] for entry in asked["entries"]] == list(range(12))
    assert run("ask", "--again")["entries"] == asked["entries"]
    fill(tmp_path / "batch.csv", data.truth)
    assert run("tell", "batch.csv")["n_labeled"] == 12
    assert run("train")["n_labels"] == 12
    assert run("ask", "-n", "3")["round"] == 2
    assert run("withdraw") == {"withdrawn": 3}
    assert run("status")["splits"][0]["n_labeled"] == 12
    assert Path(run("report", "--to", "page.html")["path"]).name == "page.html"
    assert run("freeze")["number"] >= 1
    assert run("export", "labels.csv")["n_rows"] == 12
    verified = run("verify")
    assert (verified["sound"], verified["problems"], verified["copies"]["n_equal"]) == (True, [], 0)
    assert run("replay", "1")["same"] is True
    assert "margin" in {each["name"] for each in run("strategies")}
    more = ("--seeds", "1", "--budget", "20", "--batch-size", "10", "--jobs", "1", "--strategies", "margin")
    study = run("simulate", "labeled.csv", "--target", "topic", *more)
    assert {each["strategy"] for each in study["runs"]} == {"random", "margin"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(cli: Callable[..., Any], command: str) -> None:
    said = cli(command, "--help")
    assert said.code == 0
    assert f" {command} [OPTIONS]" in said.out
    assert "--json" in said.out


def test_the_list_of_commands_is_whole(cli: Callable[..., Any]) -> None:
    said = cli("--help")
    assert said.code == 0
    assert all(f" {command} " in said.out for command in COMMANDS)
    assert cli("--version").out.startswith("querist ")


def test_the_server_says_where_it_is_as_json(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def serve(settings: Any, *, chosen_host: bool, announce: Callable[[str, str | None], None]) -> None:
        announce("http://127.0.0.1:8700", "http://127.0.0.1:8700/setup?token=ql_x")

    monkeypatch.setattr(server, "serve", serve)
    said = cli("serve", "--json")
    assert said.json == {"address": "http://127.0.0.1:8700", "link": "http://127.0.0.1:8700/setup?token=ql_x"}
    assert said.out.count("\n") == 1


def test_verify_and_replay_that_find_something_end_with_1(
    cli: Callable[..., Any], messages: Callable[..., Any], tmp_path: Path
) -> None:
    data = messages(30)
    data.write(tmp_path / "messages.csv")
    cli("init", "topics", "--target", "topic", "--classes", "billing,delivery,account", "--strategy", "random")
    cli("add", "messages.csv")
    cli("ask", "-n", "4", "--to", "batch.csv")
    fill(tmp_path / "batch.csv", data.truth)
    cli("tell", "batch.csv")
    with sqlite3.connect(tmp_path / "querist.db") as raw:
        for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {trigger}")  # somebody who can write to the file can do that too
        raw.execute("UPDATE round SET seed = 99, policy = replace(policy, '\"seed\":0', '\"seed\":99')")
        raw.execute("UPDATE answer_event SET annotator = 'eve' WHERE seq = 2")
    raw.close()
    said = cli("verify")
    assert said.code == 1
    assert "chain answer 2: it is not what was hashed: one of its values was changed." in said.out
    found = cli("verify", "--json")
    assert (found.code, found.json["sound"]) == (1, False)
    assert {problem["where"] for problem in found.json["problems"]} >= {"answer 2", "round 1"}
    drawn = cli("replay", "1")
    assert drawn.code == 1
    assert "Round 1 drawn again differs" in drawn.out


def test_a_round_that_keeps_too_little_to_be_drawn_again_is_refused(
    cli: Callable[..., Any], messages: Callable[..., Any], tmp_path: Path
) -> None:
    messages(30).write(tmp_path / "messages.csv")
    cli("init", "topics", "--target", "topic", "--classes", "billing,delivery,account", "--strategy", "random")
    cli("add", "messages.csv")
    cli("ask", "-n", "4")
    with sqlite3.connect(tmp_path / "querist.db") as raw:
        raw.execute("UPDATE round SET context = json_remove(context, '$.trust', '$.groups')")
    raw.close()
    said = cli("replay", "1")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "Error: round: must hold what a draw rests on; round 1 lacks groups, trust, for an earlier version asked it. "
        "Replay a round that was asked since.\n"
    )


def test_a_target_of_numbers_is_noticed_and_can_be_overruled(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = [f"{(i * 37) % 101},{(i * 53) % 97},{((i * 37) % 101) / 8}" for i in range(120)]
    (tmp_path / "houses.csv").write_text("a,b,price\n" + "\n".join(rows) + "\n", "utf-8")
    usual = ("simulate", "houses.csv", "--target", "price", "--seeds", "1", "--jobs", "1", "--budget", "20")
    said = cli(*usual, "--batch-size", "10", "--json")
    assert (said.code, said.json["metric"]) == (0, "r2")
    assert said.err.startswith("Note: target: the column 'price' holds numbers to predict, ")
    assert "Say --task number if that is right, or --task choice if each of them is a class.\n" in said.err
    assert cli(*usual, "--batch-size", "10", "--task", "number").err == ""


def test_many_classes_and_few_labels_bring_no_words_of_another_library(
    program: Callable[..., Any], tmp_path: Path
) -> None:
    rows = [f"{i % 40 + (i * 7 % 10) / 10},{i * 13 % 17},class {i % 40}" for i in range(160)]
    (tmp_path / "many.csv").write_text("a,b,kind\n" + "\n".join(rows) + "\n", "utf-8")
    usual = ("simulate", "many.csv", "--target", "kind", "--seeds", "1", "--budget", "40", "--batch-size", "20")
    for jobs in ("1", "2"):
        said = program(*usual, "--strategies", "margin", "--jobs", jobs, "--runs", f"runs{jobs}")
        assert said.code == 0, said.err
        assert "Warning" not in said.err
        assert "site-packages" not in said.err


def test_labels_added_with_a_column_that_tells_them_bring_a_note(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = [f"{i},{i * 37 % 101},{(7, 9)[i % 2]},{'ab'[i % 2]}" for i in range(40)]
    (tmp_path / "old.csv").write_text("id,size,code,kind\n" + "\n".join(rows) + "\n", "utf-8")
    assert cli("init", "old", "--target", "kind", "--classes", "a,b").code == 0
    said = cli("add", "old.csv", "--label", "kind", "--json")
    (note,) = said.json["notes"]
    assert note.startswith("column 'code': should not tell what is asked; in 40 of 40 labeled rows")


def test_a_note_that_comes_too_late_is_not_lost_in_silence(
    cli: Callable[..., Any], messages: Callable[..., Any], tmp_path: Path
) -> None:
    messages(12).write(tmp_path / "labeled.csv", label=True)
    cli("init", "topics", "--target", "topic", "--classes", "billing,delivery,account")
    cli("add", "labeled.csv", "--label", "topic")
    first = cli("freeze", "--note", "as it came")
    assert (first.code, first.err) == (0, "")
    assert first.out.startswith("Version 1 is 12 labels, ")
    assert cli("freeze").err == cli("freeze", "--note", "as it came").err == ""
    late = cli("freeze", "--note", "for June")
    assert late.out.startswith("Version 1 was already 12 labels, ")
    assert late.err == (
        "Note: note: must be given when the version is made, since no version is ever changed; its note is "
        "'as it came', so 'for June' was not kept. Freeze with a note before `train` and `ask`: they freeze too.\n"
    )
    assert cli("freeze", "--note", "for June", "--json").json["note"] == "as it came"


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path, clean_environment: dict[str, str]) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "querist", "strategies"],
        cwd=tmp_path,
        env=clean_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) in (0, 1)
