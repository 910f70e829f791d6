"""Answers that are sets, on the command line: from a file of texts to exported spans, and a study of labels."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.schema import Schema

PEOPLE, PLACES = ("Ann Lee", "Bo", "Zoë 😀 Dunn", "Di", "Ed Ray"), ("Rome", "Lima", "Oslo", "New York", "北京")
MOODS_AS_DIGITS = str.maketrans({"s": "1", "c": "2", **dict.fromkeys("adlm")})


def texts(n: int) -> dict[str, tuple[str, str]]:
    """Made-up sentences by id, each with who and where in it as a worksheet's cell; code points count."""
    rng = np.random.default_rng(0)
    found = {}
    for i in range(n):
        who, where = rng.choice(PEOPLE), rng.choice(PLACES)
        text = f"{who} {rng.choice(['went to', 'came from', 'never left'])} {where} on day {i} of the year"
        spans = [f"{text.index(where)}-{text.index(where) + len(where)} loc", f"0-{len(who)} PER"]
        found[f"t{i}"] = (text, "; ".join(spans[i % 3 == 0 :]))
    return found


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.DictWriter(file, rows[0].keys())
        out.writeheader()
        out.writerows(rows)


def fill(path: Path, answers: dict[str, str]) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [{**row, "who": answers[row["id"]]} for row in csv.DictReader(file)]
    write(path, rows)
    return rows


def test_spans_from_a_file_to_an_export(cli: Callable[..., Any], tmp_path: Path) -> None:
    known = texts(90)
    truth = {item_id: cell for item_id, (_, cell) in known.items()}
    write(tmp_path / "texts.csv", [{"id": item_id, "text": text} for item_id, (text, _) in known.items()])

    def run(*words: str) -> str:
        said = cli(*words)
        assert (said.code, said.err) == (0, ""), f"{words}: {said.out}{said.err}"
        return str(said.out)

    begun = run("init", "names", "--target", "who", "--task", "spans", "--classes", "PER,LOC", "--batch-size", "15")
    assert begun.startswith("Project names asks for who: spans of 2 classes.")
    run("add", "texts.csv")
    run("ask", "--split", "test", "-n", "15", "--to", "test.csv")
    n_test = len(fill(tmp_path / "test.csv", truth))
    assert run("tell", "test.csv").startswith(f"{n_test} labels taken")
    for _ in range(3):
        run("ask", "--to", "batch.csv")
        fill(tmp_path / "batch.csv", truth)
        assert run("tell", "batch.csv").startswith("15 labels taken")
    assert "0 labels taken, 0 changed, 15 said before" in run("tell", "batch.csv")
    assert f"On {n_test} test items: span_f1 " in run("train")
    assert "Round 4 drawn again gives the same 15 items" in run("replay", "4")
    assert "Sound" in run("verify")
    assert "Written to report.html" in run("report")

    run("export", "spans.jsonl")
    for line in (tmp_path / "spans.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        cell = "; ".join(f"{s['start']}-{s['end']} {s['label']}" for s in row["who"])
        assert sorted(cell.upper().split("; ")) == sorted(truth[row["id"]].upper().split("; "))
        for span in row["who"]:
            assert row["text"][span["start"] : span["end"]] in PEOPLE + PLACES
    run("export", "spans.csv")
    assert run("init", "again", "--target", "who", "--task", "spans", "--classes-from", "spans.csv:who")
    assert cli("add", "spans.csv", "-p", "again", "--label", "who", "--drop", "split").code == 2, "facts are no fields"


def test_a_span_beyond_its_text_is_refused_where_it_comes_in(cli: Callable[..., Any], tmp_path: Path) -> None:
    known = texts(20)
    rows = [{"id": item_id, "text": text, "who": cell} for item_id, (text, cell) in known.items()]
    assert (
        cli("init", "names", "--target", "who", "--task", "spans", "--classes", "PER,LOC", "--test-share", "0").code
        == 0
    )
    wrong = [*rows[:3], {**rows[3], "who": f"0-{len(rows[3]['text']) + 1} PER"}, *rows[4:]]
    write(tmp_path / "wrong.csv", wrong)
    said = cli("add", "wrong.csv", "--label", "who")
    assert said.code == 2
    length = len(rows[3]["text"])
    message = f"the span 0-{length + 1} must end within the text, which has {length} characters."
    assert message in " ".join(f"{said.out}{said.err}".split())
    write(tmp_path / "texts.csv", [{"id": row["id"], "text": row["text"]} for row in rows])
    assert cli("add", "texts.csv").code == 0
    assert cli("ask", "-n", "4", "--to", "batch.csv").code == 0
    asked = fill(tmp_path / "batch.csv", {row["id"]: "0-500 PER" for row in rows})
    said = cli("tell", "batch.csv")
    assert said.code == 2
    assert f"all {len(asked)}" in said.out or f"{len(asked)} of {len(asked)} rows are wrong" in said.out
    fill(tmp_path / "batch.csv", {row["id"]: "(none)" for row in rows})
    assert cli("tell", "batch.csv").out.startswith("4 labels taken")


def test_spans_counted_in_a_text_whose_blanks_were_changed_are_refused(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = [{"id": f"d{i}", "text": f"=Day  {i}:\t then  Ann Lee met Bo of number {i}"} for i in range(6)]
    write(tmp_path / "texts.csv", rows)
    usual = ("init", "names", "--target", "who", "--task", "spans", "--classes", "PER", "--test-share", "0")
    assert cli(*usual).code == 0
    assert cli("add", "texts.csv").code == 0
    assert cli("ask", "-n", "6", "--to", "batch.csv").code == 0
    asked = fill(tmp_path / "batch.csv", {row["id"]: "1-4 PER" for row in rows})
    assert asked[0]["text"] == f"'{next(row['text'] for row in rows if row['id'] == asked[0]['id'])}"
    changed = [{**row, "text": " ".join(row["text"].split())} for row in asked[:2]]
    emptied = [{**row, "text": ""} for row in asked[2:4]]
    write(tmp_path / "batch.csv", [*changed, *emptied, *asked[4:]])
    said = cli("tell", "batch.csv")
    assert said.code == 2
    assert "Nothing was taken, because 2 of 6 rows are wrong:" in said.out
    assert (
        f"line 2 ({asked[0]['id']}): the field 'text' differs in blanks or letters from the text of the item, so that "
        "the offsets of spans would move; copy the text"
    ) in " ".join(said.out.split())
    assert cli("tell", "batch.csv", "--partial").out.startswith("4 labels taken")
    cli("init", "kinds", "--target", "who", "--classes", "a,b", "--test-share", "0")
    cli("add", "texts.csv", "-p", "kinds")
    cli("ask", "-n", "6", "--to", "kinds.csv", "-p", "kinds")
    asked = fill(tmp_path / "kinds.csv", {row["id"]: "a" for row in rows})
    write(tmp_path / "kinds.csv", [{**row, "text": " ".join(row["text"].split())} for row in asked])
    assert cli("tell", "kinds.csv", "-p", "kinds").out.startswith("6 labels taken"), "a class has no place in the text"


def test_a_column_that_repeats_the_answers_is_refused_and_noted(cli: Callable[..., Any], tmp_path: Path) -> None:
    moods = ("calm", "sad; calm", "(none)", "sad")
    rows = [
        {"id": f"g{i}", "size": i * 37 % 101, "m": moods[i % 4], "mood": "; ".join(reversed(moods[i % 4].split("; ")))}
        for i in range(80)
    ]
    write(tmp_path / "g.csv", rows)
    assert cli("init", "songs", "--target", "m", "--task", "labels", "--classes", "sad,calm").code == 0
    for asking in (("--drop", "m"), ("--label", "m")):
        said = cli("add", "g.csv", *asking)
        assert said.code == 2
        assert "column 'mood': must not be among the items, for it holds answers themselves" in said.err
    assert cli("add", "g.csv", "--label", "m", "--drop", "mood").code == 0
    usual = ("simulate", "g.csv", "--target", "m", "--task", "labels", "--seeds", "1", "--strategies", "random")
    note = "Note: column 'mood': should not tell what is asked; in 80 of 80 labeled rows it holds the answer itself."
    study = (*usual, "--budget", "20", "--batch-size", "10", "--jobs", "1")
    assert note in " ".join(cli(*study).err.split())
    assert "Note: column" not in cli(*study, "--drop", "mood").err

    digits = [
        {**row, "m": row["m"].translate(MOODS_AS_DIGITS), "mood": row["mood"].translate(MOODS_AS_DIGITS)}
        for row in rows
    ]
    write(tmp_path / "digits.csv", digits)
    assert cli("init", "digits", "--target", "m", "--task", "labels", "--classes", "1,2").code == 0
    notes = cli("add", "digits.csv", "-p", "digits", "--label", "m", "--json").json["notes"]
    assert note.removeprefix("Note: ") in {said[: len(note) - len("Note: ")] for said in notes}


def test_spans_among_the_items_are_refused_noted_or_not_looked_at(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = [{"id": i, "text": text, "who": cell.upper(), "gold": cell} for i, (text, cell) in texts(60).items()]
    write(tmp_path / "cells.csv", rows)
    schema = Schema("who", ("PER", "LOC"), "spans")
    lines = [json.dumps({**row, "gold": schema.read(row["gold"])}) for row in rows]
    (tmp_path / "maps.jsonl").write_text("\n".join(lines), "utf-8")
    assert cli("init", "names", "--target", "who", "--task", "spans", "--classes", "PER,LOC").code == 0
    usual = ("--target", "who", "--task", "spans", "--seeds", "1", "--strategies", "random", "--budget", "20")
    for name, noted in (("cells.csv", True), ("maps.jsonl", False)):  # a study learns from no column of maps
        said = cli("add", name, "--label", "who")
        assert (said.code, "column 'gold': must not be among the items" in said.err) == (2, True)
        said = cli("simulate", name, *usual, "--batch-size", "10", "--jobs", "1")
        assert said.code == 0
        assert ("column 'gold': should not tell what is asked" in said.err) is noted


def test_two_fields_of_text_are_one_too_many_for_spans(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = [{"id": i, "title": f"the title number {i} of a few", "text": text} for i, (text, _) in texts(20).items()]
    write(tmp_path / "texts.csv", rows)
    assert cli("init", "names", "--target", "who", "--task", "spans", "--classes", "PER").code == 0
    said = cli("add", "texts.csv")
    assert said.code == 2
    assert (
        "spans: must lie in the one text of an item; there are 2 fields of the kind text ('title', 'text')" in said.err
    )
    assert cli("add", "texts.csv", "--drop", "title").code == 0


def test_labels_that_hold_together_are_studied_from_a_file(cli: Callable[..., Any], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    names = ("sour", "sweet", "hot, or so")
    rows = [
        {**{f"x{c}": x[c] for c in range(3)}, "taste": "; ".join(n for n, v in zip(names, x, strict=True) if v > 0)}
        for x in X
    ]
    write(tmp_path / "soups.csv", [{**row, "taste": row["taste"] or "(none)"} for row in rows])
    usual = ("simulate", "soups.csv", "--target", "taste", "--seeds", "2", "--budget", "40", "--batch-size", "10")
    said = cli(*usual, "--task", "labels", "--strategies", "mmc", "--jobs", "1", "--json")
    assert said.code == 0, said.err
    study = json.loads(said.out)
    assert study["metric"] == "macro_f1"
    assert study["facts"]["classes"] == ["hot, or so", "sour", "sweet"]
    assert "Say --task labels if they name several labels that hold together." in cli(*usual, "--jobs", "1").err
    last = [run["points"][-1]["metrics"] for run in study["runs"]]
    assert all(set(found) >= {"macro_f1", "micro_f1", "subset_accuracy", "label_accuracy"} for found in last)
    assert min(found["label_accuracy"] for found in last) > 0.7
    spoiled = [
        {**row, "taste": "[sour"} if i in (4, 9) else {**row, "taste": row["taste"] or "(none)"}
        for i, row in enumerate(rows)
    ]
    write(tmp_path / "soups.csv", spoiled)
    said = cli(*usual, "--task", "labels")
    assert said.code == 2
    assert "taste: every answer must be readable; 2 of 120 cannot be read. Mend them first.\n  line 6: " in said.err


def test_a_conll_file_is_texts_with_spans(cli: Callable[..., Any], tmp_path: Path) -> None:
    lines = []
    for i in range(60):
        who, where = PEOPLE[i % 2], PLACES[i % 4]
        marks = [("B-PER" if n == 0 else "I-PER") for n in range(len(who.split()))]
        marks += ["O", "O"] + [("B-LOC" if n == 0 else "I-LOC") for n in range(len(where.split()))] + ["O"]
        words = [*who.split(), "went", "to", *where.split(), f"day{i}"]
        lines += [*(f"{word} {mark}" for word, mark in zip(words, marks, strict=True)), ""]
    (tmp_path / "names.conll").write_text("\n".join(lines), "utf-8")
    said = cli(
        "simulate", "names.conll", "--target", "spans", "--task", "spans", "--strategies", "mnlp",
        "--seeds", "1", "--budget", "20", "--batch-size", "10", "--jobs", "1", "--json",
    )  # fmt: skip
    assert said.code == 0, said.err
    study = json.loads(said.out)
    assert study["facts"]["classes"] == ["LOC", "PER"]
    assert study["runs"][0]["points"][-1]["metrics"]["span_f1"] > 0.5
    assert cli("init", "names", "--target", "who", "--task", "spans", "--classes", "PER,LOC").code == 0
    added = cli("add", "names.conll", "--label", "spans")
    assert added.code == 0, added.err
    assert "60 items added" in added.out
