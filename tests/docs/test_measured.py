"""What the docs say was measured is what the results in the repository hold."""

from __future__ import annotations

import importlib.util
import json
import re
import statistics
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def measured():
    spec = importlib.util.spec_from_file_location("measured", DOCS / "measured.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def results(measured) -> dict:
    return json.loads((measured.RESULTS / "labels.json").read_text("utf-8"))


def test_each_measured_strategy_shows_it_on_its_page(measured, tmp_path: Path) -> None:
    names = measured.write(tmp_path)
    assert {"auto", "margin", "uncertainty_herding"} <= set(names)
    shows = "```{include} measured/"
    showing = {page.stem for page in (DOCS / "strategies").glob("*.md") if shows in page.read_text("utf-8")}
    assert showing == set(names)
    for name in names:
        assert f"{shows}{name}.inc\n" in (DOCS / "strategies" / f"{name}.md").read_text("utf-8")
        root = ElementTree.parse(tmp_path / "strategies" / "measured" / f"{name}.svg").getroot()
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
