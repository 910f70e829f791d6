"""The pages on the server list the routes and the settings that there are."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def _interface() -> Any:
    spec = importlib.util.spec_from_file_location("interface", DOCS / "interface.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["http.md", "configuration.md"])
def test_a_page_on_the_server_lists_what_there_is(page: str) -> None:
    path = DOCS / "reference" / page
    assert _interface().written(path) == path.read_text("utf-8"), "run: python docs/interface.py"
