"""Every strategy that can choose on a plane is drawn on its page, and the drawing shows its picks."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree

DOCS = Path(__file__).parents[2] / "docs"


def pictures():
    spec = importlib.util.spec_from_file_location("pictures", DOCS / "pictures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_can_be_drawn_is_on_its_page(tmp_path: Path) -> None:
    module = pictures()
    drawn = module.write(tmp_path)
    assert len(drawn) > 40
    shown = {
        page.stem for page in (DOCS / "strategies").glob("*.md") if f"](pictures/{page.stem}.svg)" in page.read_text()
    }
    assert shown == set(drawn)
    for name in drawn:
        root = ElementTree.parse(tmp_path / f"{name}.svg").getroot()
        numbers = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
        assert numbers == [str(rank) for rank in range(1, module.N_PICKS + 1)], name
        assert re.search(rf"\b{name}\b", root.find("{http://www.w3.org/2000/svg}title").text)
