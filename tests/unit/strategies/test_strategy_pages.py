"""What has no page does not exist, and what a page shows is so."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import numpy as np
import pytest

import querist.strategies
from querist.core.strategy import is_strategy, of

PAGES = Path(__file__).parents[3] / "docs" / "strategies"
STRATEGIES = {
    name: of(getattr(querist.strategies, name))
    for name in querist.strategies.__all__
    if is_strategy(getattr(querist.strategies, name))
}


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_every_strategy_has_a_page_with_its_facts(name: str) -> None:
    page = (PAGES / f"{name}.md").read_text("utf-8")
    headings = re.findall("^#+ (.*)$", page, flags=re.MULTILINE)
    headings = [heading for heading in headings if heading != "On the benchmark"]  # where it was measured
    assert headings == [name, "When it shines", "When it fails", "Facts", "Source", "Example"]
    assert f": {STRATEGIES[name].cost}." in page
    for need in () if STRATEGIES[name].kind == "composite" else STRATEGIES[name].needs:
        assert f"`{need}`" in page.partition("\nNeeds\n")[2].partition("\n\n")[0]


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.stem)
def test_what_a_page_shows_is_so(page: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    known = {name: getattr(querist.strategies, name) for name in querist.strategies.__all__} | {"np": np}
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), known, page.stem, str(page), 0)
    assert len(test.examples) >= 2
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    report: list[str] = []
    runner.run(test, out=report.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(report)


def test_the_index_lists_every_strategy_as_it_is_declared() -> None:
    index = (PAGES / "index.md").read_text("utf-8")
    listed = re.findall(r"^\| \[(\w+)\]\(\1\.md\) \| (\w+) \| (\w+) \| (.*?) \|", index, flags=re.MULTILINE)
    kinds = {"score": "score", "select": "selection", "composite": "composite"}
    assert listed == [
        (name, kinds[s.kind], s.family, ", ".join(f"`{need}`" for need in s.needs) or "nothing")
        for name, s in sorted(STRATEGIES.items())
    ]
    assert re.findall(r"^(\w+)$", index.partition("{toctree}")[2], flags=re.MULTILINE) == sorted(STRATEGIES)
