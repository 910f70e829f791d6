"""The tutorial, followed to the letter."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.docs.following import follow, run, shown, trimmed

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder as the tutorial leaves it, and everything its commands said."""
    folder = tmp_path_factory.mktemp("tutorial")
    return folder, follow(TUTORIAL, folder)


def test_the_curve_rises(followed: tuple[Path, str]) -> None:
    folder, _ = followed
    points = json.loads(run(folder, "querist", "status", "--json"))["points"]
    assert [point["n_labels"] for point in points] == [25, 50, 75, 100]
    accuracy = [point["metrics"]["accuracy"] for point in points]
    assert accuracy == sorted(accuracy)
    assert accuracy[-1] > accuracy[0] + 0.2


def test_it_says_what_the_page_shows(followed: tuple[Path, str]) -> None:
    said = trimmed(followed[1])
    assert len(shown(TUTORIAL)) > 2
    for text in shown(TUTORIAL):
        assert trimmed(text) in said, f"the page shows what was not said:\n{text}\nIt was:\n{said}"


def test_both_starts_are_met_and_all_is_sound(followed: tuple[Path, str]) -> None:
    _, said = followed
    assert "chosen by k_means" in said
    assert "chosen by auto" in said
    assert "Sound: every answer, label, version and split agrees" in said
    assert "drawn again gives the same 25 items in the same order" in said


def test_the_export_holds_every_label_with_its_propensity(followed: tuple[Path, str]) -> None:
    folder, _ = followed
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as file:
        labels = list(csv.DictReader(file))
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = dict(csv.reader(file))
    assert len(labels) == 300
    assert all(row["topic"] == truth[row["id"]] and 0 < float(row["propensity"]) <= 1 for row in labels)
    assert (folder / "report.html").stat().st_size > 10_000
