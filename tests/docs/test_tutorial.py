"""The tutorial, followed to the letter."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder as the tutorial leaves it, and everything its commands said."""
    folder = tmp_path_factory.mktemp("tutorial")
    said = []
    for language, block in BLOCK.findall(TUTORIAL.read_text("utf-8")):
        if language == "python":
            name = re.match(r"# (\w+\.py)\n", block)
            assert name is not None, f"a script must begin with its name; got {block[:40]!r}"
            (folder / name[1]).write_text(block, "utf-8")
        else:
            said.append(_run(folder, "bash", "-euo", "pipefail", "-c", block))
    return folder, "".join(said)


def test_the_curve_rises(followed: tuple[Path, str]) -> None:
    folder, _ = followed
    points = json.loads(_run(folder, "querist", "status", "--json"))["points"]
    assert [point["n_labels"] for point in points] == [25, 50, 75, 100]
    accuracy = [point["metrics"]["accuracy"] for point in points]
    assert accuracy == sorted(accuracy)
    assert accuracy[-1] > accuracy[0] + 0.2


def test_it_says_what_the_page_shows(followed: tuple[Path, str]) -> None:
    said = _trimmed(followed[1])
    shown = re.findall(r"^```text\n(.*?)^```$", TUTORIAL.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert len(shown) > 2
    for text in shown:
        assert _trimmed(text) in said, f"the page shows what was not said:\n{text}\nIt was:\n{said}"


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


def _trimmed(text: str) -> str:
    """The lines with single blanks: how wide a column is says nothing about what stands in it."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def _run(folder: Path, *command: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {name: value for name, value in os.environ.items() if not name.startswith("QUERIST_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**env, "PATH": path, "COLUMNS": "120", "PYTHONWARNINGS": "error", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
