"""What the docs say was measured is what the results in the repository hold."""

from __future__ import annotations

import importlib.util
import json
import re
import statistics
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def loaded(name: str):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def measured():
    sys.modules["measured"] = loaded("measured")
    return sys.modules["measured"]


@pytest.fixture(scope="module")
def results(measured) -> dict:
    return json.loads((measured.RESULTS / "labels.json").read_text("utf-8"))


def test_each_measured_strategy_shows_it_on_its_page(measured, tmp_path: Path) -> None:
    parts = [*measured.write(tmp_path), *(f"{name}-tasks" for name in loaded("measured_tasks").write(tmp_path))]
    assert {"auto", "auto-tasks", "margin", "mnlp-tasks"} <= set(parts)
    showing = {
        part
        for page in (DOCS / "strategies").glob("*.md")
        for part in re.findall(r"```\{include\} measured/(\S+)\.inc\n", page.read_text("utf-8"))
    }
    assert showing == set(parts)
    for part in parts:
        name = part.removesuffix("-tasks")
        assert f"measured/{part}.inc\n" in (DOCS / "strategies" / f"{name}.md").read_text("utf-8")
        assert f"measured/{part}.svg)" in (tmp_path / "strategies" / "measured" / f"{part}.inc").read_text("utf-8")
        root = ElementTree.parse(tmp_path / "strategies" / "measured" / f"{part}.svg").getroot()
        assert name in root.find("{http://www.w3.org/2000/svg}title").text
    table = (tmp_path / "reference" / "measured" / "labels.inc").read_text("utf-8")
    for picture in re.findall(r"\]\((\S+\.svg)\)", table):
        assert (tmp_path / "reference" / picture).exists(), picture


def test_the_sentences_hold_the_figures(measured, results: dict) -> None:
    sets = [body["strategies"] for body in results["sets"] if body["setting"] == "linear"]
    paired = []
    for of in sets:
        if "auto" in of:
            seeds = of["auto"]["aubc"].keys() & of["random"]["aubc"].keys()
            paired.append(statistics.mean(of["auto"]["aubc"][s] - of["random"]["aubc"][s] for s in seeds))
    told = measured.told("auto", results)
    assert f"on {len(paired)} sets: its curve lies {statistics.mean(paired):+.3f} above `random`'s" in told
    assert f"ahead on {sum(d > 0 for d in paired)} sets" in told
    assert f"with {min(paired):+.3f}".replace("-", "−") in told


def test_the_results_say_where_and_how_often_they_were_measured(results: dict) -> None:
    assert re.fullmatch("[0-9a-f]{40}", results["measured_at"]["commit"])
    assert not results["measured_at"]["changed"]
    for body in results["sets"]:
        for name, found in body["strategies"].items():
            assert len(found["aubc"]) == len(found["seeds"]) >= 1, (body["set"], name)
