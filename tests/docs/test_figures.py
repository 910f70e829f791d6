"""What the pages say was measured is what the results in the repository say."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

from benchmarks.evidence import advice, drifts, estimates, gates, leaks, live, streams
from benchmarks.speed import table
from benchmarks.speed.cases import CASES

DOCS = Path(__file__).parents[2] / "docs"


def figures():
    spec = importlib.util.spec_from_file_location("figures", DOCS / "figures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_speeds_has_a_line_for_each_measured_operation(tmp_path: Path) -> None:
    module = figures()
    results = json.loads(module.SPEED.read_text("utf-8"))
    path = module.write(tmp_path)[0]
    lines = path.read_text("utf-8").splitlines()
    shown = [line for line in lines if line.startswith("| `")]
    assert [re.match(r"\| `([^`]+)`", line)[1] for line in shown] == [row["name"] for row in results["rows"]]
    for row, line in zip(results["rows"], shown, strict=True):
        assert f"| {table.seconds(row['ours']['s'])}" in line
        assert line.count("|") == len(table.HEADER) + 1, row["name"]
    assert results["measured_at"]["commit"][:12] in lines[0]


def test_every_operation_is_among_the_results_or_said_not_to_be() -> None:
    results = json.loads(figures().SPEED.read_text("utf-8"))
    names = [row["name"] for row in results["rows"]]
    assert sorted(names + results["not_measured"]) == sorted(case.name for case in CASES)
    assert all(name in table.about(results) for name in results["not_measured"])
    assert not results["quick"]


def test_what_was_missed_is_listed_with_its_figure() -> None:
    results = json.loads(figures().SPEED.read_text("utf-8"))
    said = table.missed(results["rows"])
    for row in results["rows"]:
        short = any(target["met"] is False for target in row["targets"])
        assert (f"- **{row['name']}**" in said) == short


def test_the_page_includes_the_table() -> None:
    assert "```{include} measured/speed.inc" in (DOCS / "reference" / "speed.md").read_text("utf-8")


def test_the_table_of_the_server_says_what_was_measured_and_when(tmp_path: Path) -> None:
    module = figures()
    results = json.loads(module.SERVER.read_text("utf-8"))
    text = module.write(tmp_path)[1].read_text("utf-8")
    assert [one["database"] for one in results["found"]] == ["sqlite", "postgresql"]
    assert results["settings"] == {
        "items": 1_000_000,
        "asked": 1_000_000,
        "answered": 100_000,
        "overlap": 1,
        "people": 50,
        "think": 2.0,
    }
    for one in results["found"]:
        assert f"| {one['claim']['95']:.0f} ms | {one['submit']['95']:.0f} ms |" in text
    assert results["measured_at"]["commit"] in text
    assert "```{include} ../reference/measured/server.inc" in (DOCS / "how-to" / "deploy.md").read_text("utf-8")


def test_the_tables_of_drift_say_what_was_measured_and_all_of_it_holds(tmp_path: Path) -> None:
    module = figures()
    rows = json.loads(module.EVIDENCE.read_text("utf-8"))["drifts"]
    module.write(tmp_path)
    text = (tmp_path / "drift.inc").read_text("utf-8")
    for row in rows:
        if row["part"] == "look":
            assert f"| {row['world']} | {row['runs']:,} | {row['alarms']:.1%} | {row['naive_alarms']:.1%} |" in text
        if row["part"] == "detector":
            assert f"| {row['later']:.2f} | {row['detector']} | {row['false_alarms']:.1%} |" in text
    assert [row for row in rows if not drifts.holds(row)] == []
    assert "```{include} measured/drift.inc" in (DOCS / "reference" / "drift.md").read_text("utf-8")


def test_the_table_of_leaks_says_what_was_found_and_all_of_it_holds(tmp_path: Path) -> None:
    module = figures()
    rows = json.loads(module.EVIDENCE.read_text("utf-8"))["leaks"]
    text = next(p for p in module.write(tmp_path) if p.name == "leaks.inc").read_text("utf-8")
    assert len(rows) == len(leaks.SETS)
    for row in rows:
        assert f"| {row['recall']:.1%} | {row['recall_by_sketch']:.1%} | {row['precision']:.1%} |" in text
        assert leaks.holds(row)
        assert row["recall_by_sketch"] < leaks.LEAST
    assert "```{include} ../reference/measured/leaks.inc" in (DOCS / "ideas" / "splits.md").read_text("utf-8")


def test_the_table_of_streams_shows_the_best_of_each_library_and_all_of_it_holds(tmp_path: Path) -> None:
    module = figures()
    rows = json.loads(module.EVIDENCE.read_text("utf-8"))["streams"]
    text = next(p for p in module.write(tmp_path) if p.name == "streams.inc").read_text("utf-8")
    ours = [row for row in rows if "best_peer" in row]
    assert [(row["stream"], row["budget"], row["seeds"]) for row in ours] == [
        (name, budget, streams.SEEDS) for name in streams.FILES for budget in streams.BUDGETS
    ]
    for row in ours:
        assert f"| {row['accuracy']:.1%} ± {100 * row['spread']:.1f} |" in text
        assert f"{row['best_peer']:.1%} ({row['best_peer_is'].partition(': ')[2]})" in text
    assert streams.broken(rows) == []
    assert "```{include} measured/streams.inc" in (DOCS / "reference" / "streams.md").read_text("utf-8")


def test_the_table_of_running_projects_says_how_often_the_interval_held(tmp_path: Path) -> None:
    module = figures()
    rows = json.loads(module.EVIDENCE.read_text("utf-8"))["live"]
    text = next(p for p in module.write(tmp_path) if p.name == "live.inc").read_text("utf-8")
    assert [row["runs"] for row in rows] == [live.RUNS] * 2
    for row in rows:
        assert f"| {row['coverage']:.1%} |" in text
        assert live.holds(row)
    assert "```{include} ../reference/measured/live.inc" in (DOCS / "ideas" / "efficiency.md").read_text("utf-8")


def test_the_table_of_coverage_says_what_was_measured_and_what_did_not_hold(tmp_path: Path) -> None:
    module = figures()
    results = json.loads(module.EVIDENCE.read_text("utf-8"))
    text = module.write(tmp_path)[2].read_text("utf-8")
    for row in results["estimates"]:
        assert f"{row['truth']:.3f} | {row['coverage']:.1%} |" in text
    missed = {(row["pool"], row["design"]) for row in results["estimates"] if not estimates.holds(row)}
    assert missed == {("mammography", "rounds")}, "the page says so in words"
    page = (DOCS / "reference" / "estimates.md").read_text("utf-8")
    assert "as on mammography" in page
    assert "```{include} measured/evidence.inc" in page


def test_the_table_of_gates_shows_every_figure_and_each_holds(tmp_path: Path) -> None:
    module = figures()
    rows = json.loads(module.EVIDENCE.read_text("utf-8"))["gate"]
    path = next(path for path in module.write(tmp_path) if path.name == "gates.inc")
    lines = [
        line for line in path.read_text("utf-8").splitlines() if re.match(r"\| (online|offline|parts|macro|with)", line)
    ]
    assert len(lines) == len(rows) > 15
    for row, line in zip(rows, lines, strict=True):
        assert f"| {row['opens']:.1%} |" in line
        assert gates.holds(row), row


def test_the_table_of_advice_has_a_line_for_each_set_and_part_with_what_was_wrong(tmp_path: Path) -> None:
    module = figures()
    rows = json.loads(module.EVIDENCE.read_text("utf-8"))["advice"]
    path = next(path for path in module.write(tmp_path) if path.name == "advice.inc")
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith("| ")][1:]
    assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == [row["set"] for row in rows]
    assert [line.endswith("|  |") for line in lines] == [row["right"] and row["covers"] for row in rows]
    assert len(rows) == advice.N_SETS * len(advice.DRAWS)
    page = (DOCS / "ideas" / "advice.md").read_text("utf-8")
    assert "```{include} ../reference/measured/advice.inc" in page
