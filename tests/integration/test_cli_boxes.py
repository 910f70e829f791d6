"""Boxes in images, on the command line: studied from a file, and labeled in a spreadsheet."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from querist.formats import open_table
from querist.simulation import digit_scenes

SIDES = ("x", "y", "width", "height")


def scenes(n: int, side: int = 24) -> list[dict[str, Any]]:
    """Synthetic scenes as the rows of a file, with where each zero and one is."""
    X, y = digit_scenes(n, rng=np.random.default_rng(0), side=side, most=2, digits=(0, 1))
    return [
        {
            "id": f"s{i}",
            "image": np.round(image, 3).tolist(),
            "what": [{**dict(zip(SIDES, box, strict=False)), "label": "01"[box[4]]} for box in boxes],
        }
        for i, (image, boxes) in enumerate(zip(X.astype(float), y, strict=True))
    ]


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def cell(boxes: list[dict[str, Any]]) -> str:
    """Boxes as a person writes them into a spreadsheet."""
    return "; ".join(f"{','.join(f'{b[s]:g}' for s in SIDES)} {b['label']}" for b in boxes) or "(none)"


@pytest.mark.parametrize("name", ["scenes.jsonl", "scenes.parquet"])
def test_boxes_are_studied_from_a_file(cli: Callable[..., Any], tmp_path: Path, name: str) -> None:
    rows = scenes(60)
    rows[7] |= {"image": rows[3]["image"], "what": rows[3]["what"]}
    if name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / name)
    else:
        write(tmp_path / name, rows)
    usual = ("simulate", name, "--target", "what", "--task", "boxes", "--drop", "id", "--jobs", "1", "--json")
    said = cli(*usual, "--strategies", "box_uncertainty", "--seeds", "2", "--budget", "30", "--batch-size", "10")
    assert said.code == 0, said.err
    study = json.loads(said.out)
    assert (study["metric"], study["facts"]["classes"]) == ("box_ap", ["0", "1"])
    assert max(run["points"][-1]["metrics"]["box_ap"] for run in study["runs"]) > 0.3


def test_a_study_names_the_line_of_a_box_beyond_its_image(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = scenes(30)
    rows[2]["what"] = None
    rows[6]["what"] = [{"x": 20, "y": 0, "width": 8, "height": 8, "label": "0"}]
    write(tmp_path / "scenes.jsonl", rows)
    said = cli("simulate", "scenes.jsonl", "--target", "what", "--task", "boxes", "--drop", "id")
    assert said.code == 2
    assert "what: every answer must lie within its item; 1 of 29 do not. Mend them first.\n  line 7: " in said.err
    assert "the box 20,0,8,8 must lie within the image, which is 24 pixels wide and 24 high." in said.err


def test_a_study_names_the_line_of_a_span_beyond_its_text(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = [{"text": f"Ann left on day {i} of the year", "who": "0-3 PER"} for i in range(30)]
    rows[4]["who"] = "0-99 PER"
    write(tmp_path / "texts.jsonl", rows)
    said = cli("simulate", "texts.jsonl", "--target", "who", "--task", "spans")
    assert said.code == 2
    length = len(rows[4]["text"])
    assert f"line 5: the span 0-99 must end within the text, which has {length} characters. Count from 0" in said.err


@pytest.mark.parametrize("command", ["add", "simulate"])
def test_an_image_without_rows_is_refused_with_how_to_write_one(
    cli: Callable[..., Any], tmp_path: Path, command: str
) -> None:
    rows = [{**row, "image": np.ravel(row["image"]).tolist()} for row in scenes(25, side=8)]
    write(tmp_path / "flat.jsonl", rows)
    if command == "add":
        assert cli("init", "cells", "--target", "what", "--task", "boxes", "--classes", "0,1").code == 0
        said = cli("add", "flat.jsonl", "--label", "what")
    else:
        said = cli("simulate", "flat.jsonl", "--target", "what", "--task", "boxes", "--drop", "id")
    assert said.code == 2
    assert "must be a grayscale image, where the answers are boxes; got a list of 64 numbers. " in said.err
    assert "Write an image as a list of its rows" in said.err
    if command == "add":
        write(tmp_path / "rows.jsonl", scenes(25, side=8))
        assert cli("add", "rows.jsonl", "--label", "what").code == 0, "nothing of the wrong file was kept"


@pytest.mark.parametrize("name", ["scenes.jsonl", "scenes.csv"])
def test_a_box_beyond_its_image_is_refused_where_it_comes_in(
    cli: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    rows = scenes(25)
    rows[5]["what"] = [{"x": 20, "y": 0, "width": 8, "height": 8, "label": "0"}]
    if name.endswith("csv"):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["id", "image", "what"])
            out.writerows([row["id"], json.dumps(row["image"]), cell(row["what"])] for row in rows)
    else:
        write(tmp_path / name, rows)
    assert cli("init", "digits", "--target", "what", "--task", "boxes", "--classes", "0,1").code == 0
    said = cli("add", name, "--label", "what")
    assert said.code == 2
    assert f"line {6 + name.endswith('csv')} (s5): the box 20,0,8,8 must lie within the image" in said.err


def test_boxes_from_a_file_to_an_export_by_worksheet(cli: Callable[..., Any], tmp_path: Path) -> None:
    rows = scenes(60)
    truth = {row["id"]: row["what"] for row in rows}
    write(tmp_path / "scenes.jsonl", [{"id": row["id"], "image": row["image"]} for row in rows])

    def run(*words: str) -> str:
        said = cli(*words)
        assert (said.code, said.err) == (0, ""), f"{words}: {said.out}{said.err}"
        return str(said.out)

    def fill(name: str, answers: dict[str, list[dict[str, Any]]]) -> list[dict[str, str]]:
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            filled = [{**row, "what": cell(answers[row["id"]])} for row in csv.DictReader(file)]
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, filled[0].keys())
            out.writeheader()
            out.writerows(filled)
        return filled

    run("init", "digits", "--target", "what", "--task", "boxes", "--classes", "0,1", "--batch-size", "12")
    run("add", "scenes.jsonl")
    run("ask", "--split", "test", "-n", "8", "--to", "test.csv")
    n_test = len(fill("test.csv", truth))
    run("tell", "test.csv")
    for _ in range(2):
        run("ask", "--to", "batch.csv")
        asked = fill("batch.csv", truth)
        assert run("tell", "batch.csv").startswith(f"{len(asked)} labels taken")
    assert max(len(line) for line in asked[0]["image"].splitlines()) <= 2 * 24, "two characters to a pixel"
    beyond = {"x": 20, "y": 3, "width": 5, "height": 2, "label": "0"}
    fill("batch.csv", {item_id: [beyond] for item_id in truth})
    said = cli("tell", "batch.csv")
    assert said.code == 2
    assert "the box 20,3,5,2 must lie within the image, which is 24 pixels wide and 24 high" in f"{said.out}{said.err}"
    assert f"On {n_test} test items: box_ap " in run("train")
    for name in ("boxes.jsonl", "boxes.csv"):
        run("export", name)
        (batch,) = open_table(tmp_path / name).batches()
        assert len(batch.lines) == n_test + 24
        for item_id, found in zip(batch.columns["id"], batch.columns["what"], strict=True):
            stored = json.loads(found) if isinstance(found, str) else found
            assert sorted(cell(stored).split("; ")) == sorted(cell(truth[item_id]).split("; "))
