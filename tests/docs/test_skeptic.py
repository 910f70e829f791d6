"""The tutorial for a skeptic, followed to the letter: what it claims is held against the truth."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.docs.following import follow, run, shown, trimmed

pytestmark = pytest.mark.timeout(900)
PAGE = Path(__file__).parents[2] / "docs" / "skeptic.md"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder as the page leaves it, and everything its commands said."""
    folder = tmp_path_factory.mktemp("skeptic")
    return folder, follow(PAGE, folder)


def figures(folder: Path) -> dict[str, dict[str, float]]:
    found = json.loads((folder / "proof.json").read_text("utf-8"))["figures"]
    return {each["name"]: each["numbers"] for each in found}


def test_it_says_what_the_page_shows(followed: tuple[Path, str]) -> None:
    said = trimmed(followed[1])
    assert len(shown(PAGE)) == 2
    for text in shown(PAGE):
        assert trimmed(text) in said, f"the page shows what was not said:\n{text}\nIt was:\n{said}"


def test_dear_labels_are_worth_choosing_and_cheap_ones_are_not(followed: tuple[Path, str]) -> None:
    dear, cheap = followed[1].split("The curves are in advice.html")
    assert "Worth it" in dear
    assert "label at random" in cheap


def test_the_accuracy_on_all_test_items_lies_in_the_range_from_some_of_them(followed: tuple[Path, str]) -> None:
    folder, said = followed
    before = re.search(r"Accuracy of model \d+: between (0\.\d+) and (0\.\d+) in 90%", said)
    assert before is not None
    estimate = json.loads(run(folder, "querist", "estimate", "--json"))["estimate"]
    assert estimate["n_labels"] == estimate["n_items"], "all of the test split is labeled now"
    assert float(before[1]) <= estimate["value"] <= float(before[2])
    naive = re.search(r"A naive mean would say (0\.\d+)", said)
    assert naive is not None
    assert float(naive[1]) < float(before[1])


def test_the_saving_that_a_study_of_all_the_data_finds_lies_in_the_projects_interval(
    followed: tuple[Path, str],
) -> None:
    folder, _ = followed
    again = ["--target", "digit", "--seeds", "2", "--budget", "200", "--batch-size", "40", "--strategies", "auto"]
    study = json.loads(run(folder, "querist", "simulate", "full.jsonl", *again, "--json"))
    ratios = [each["ratio"]["value"] for each in study["efficiencies"] if each["ratio"] is not None]
    saved = figures(folder)["efficiency"]
    assert any(saved["low"] <= ratio <= saved["high"] for ratio in ratios)
    assert saved["value"] > 1


def test_the_gate_decides_twice_and_all_is_sound(followed: tuple[Path, str]) -> None:
    folder, said = followed
    assert said.count("Promoted: model") == 2
    assert "all items" in said, "each part is shown"
    assert (folder / "proof.html").stat().st_size > 10_000
    assert "Sound: every answer, label, version and split agrees" in said
