"""No command writes over what is dear: answers not told, the database, somebody's project."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from querist.core.errors import Conflict, InvalidInput
from querist.core.schema import Schema
from querist.core.state import Answer
from querist.demo import leave_project
from querist.formats import write_table
from querist.project import Project
from querist.service import projects


@pytest.fixture
def project(tmp_path: Path) -> Project:
    work = projects.create(tmp_path / "querist.db", "p", schema=Schema("kind", ("spam", "ham")), shares={})
    opened = Project(work)
    opened.add([{"id": f"i{n}", "text": f"message number {n} of its own words {n * 7919}"} for n in range(40)])
    return opened


def fill(path: Path) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["kind"] = "spam"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_filled_worksheet_is_not_written_over_before_it_is_told(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "batch.csv"
    with project:
        project.ask(5, to=path)
        project.ask(5, to=path)  # nobody has filled it in: nothing is lost
        fill(path)
        before = path.read_bytes()
        pending = len(project.pending().entries)
        with pytest.raises(Conflict, match=r"holds 5\. Run `querist tell"):
            project.ask(5, to=path)
        assert path.read_bytes() == before
        assert len(project.pending().entries) == pending
        project.tell(path)
        assert len(project.ask(5, to=path).entries) == 5


def test_another_file_is_not_written_over_by_a_worksheet(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "notes.csv"
    path.write_text("what,ever\n1,2\n", "utf-8")
    with project, pytest.raises(Conflict, match="Name another file"):
        project.ask(5, to=path)
    assert path.read_text("utf-8") == "what,ever\n1,2\n"


@pytest.mark.parametrize("name", ["out.csv", "out.jsonl", "out.parquet", "out.arrow"])
def test_an_export_is_written_over_an_earlier_one_and_over_nothing_else(
    project: Project, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.touch()
    with project:
        project.export(path)  # an empty file, then an export without a row
        project.export(path)
        project.tell([Answer("i1", "spam", "ada", note="sure")])
        assert project.export(path).n_rows == 1
        assert project.export(path).n_rows == 1
        write_table(path, ["id", "text", "kind"], [["i1", "mine", "ham"]])
        before = path.read_bytes()
        project.tell({"i2": "ham"})
        with pytest.raises(Conflict, match=r"must be a new file, or an earlier export of this project; .* --force"):
            project.export(path)
        assert path.read_bytes() == before
        assert project.export(path, force=True).version == 3, "what was refused froze nothing"


def test_an_export_spares_worksheets_and_what_is_no_table(project: Project, tmp_path: Path) -> None:
    with project:
        project.ask(5, to=tmp_path / "batch.csv")
        fill(tmp_path / "batch.csv")
        (tmp_path / "notes.csv").write_bytes(b"\xff\xfe\x00 not a table")
        (tmp_path / "notes.parquet").write_bytes(b"not a table")
        for name in ("batch.csv", "notes.csv", "notes.parquet"):
            before = (tmp_path / name).read_bytes()
            with pytest.raises(Conflict, match="Name another file, or say --force"):
                project.export(tmp_path / name)
            assert (tmp_path / name).read_bytes() == before


def test_a_page_is_written_to_html_only_and_an_export_never_over_the_database(project: Project, tmp_path: Path) -> None:
    with project:
        for name in ("querist.db", "batch.csv"):
            with pytest.raises(InvalidInput, match=r"must end in \.html"):
                project.report(tmp_path / name)
        with pytest.raises(InvalidInput, match="own database"):
            project.export(tmp_path / "querist.db", file_format="csv")
        assert project.verify() == []


def test_the_demo_leaves_a_project_that_is_there(project: Project, tmp_path: Path) -> None:
    with project:
        leave_project(tmp_path, lambda done, total, what: None)
        assert project.name == "p"
        assert project.status().splits[0].n_items == 40
