"""What the tests need of a machine: a service that is missing may be passed over at a desk, never in CI."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
BROWSER = ROOT / "tests" / "end_to_end" / "test_pages_in_a_browser.py"


@pytest.mark.parametrize("ci", ["true", "1", "True"])
def test_in_ci_a_missing_service_fails_the_test(
    missing: Callable[[str], NoReturn], monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.fail.Exception, match="no browser"):
        missing("no browser")


@pytest.mark.parametrize("ci", ["", "false"])
def test_at_a_desk_a_missing_service_skips_the_test(
    missing: Callable[[str], NoReturn], monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.skip.Exception, match="no browser"):
        missing("no browser")


@pytest.mark.parametrize(("ci", "outcome"), [("true", "1 error"), ("", "1 skipped")])
def test_the_browser_tests_know_that_there_is_none(tmp_path: Path, ci: str, outcome: str) -> None:
    env = {**os.environ, "PATH": str(tmp_path), "CI": ci, "PYTEST_ADDOPTS": ""}
    words = ["-q", "-p", "no:cacheprovider", f"{BROWSER}::test_pages_follow_the_dark[study]"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert outcome in done.stdout, done.stdout + done.stderr
    assert (done.returncode == 0) == (ci == "")


def test_a_service_is_passed_over_in_one_place() -> None:
    for path in sorted((ROOT / "tests").rglob("*.py")):
        if path.parent.name == "peers":
            continue  # another library is no service: whoever has it compares with it
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in ("pytest.skip", "pytest.importorskip"):
                assert path.name in ("conftest.py", Path(__file__).name), f"{path}:{node.lineno}: call `missing`"


def test_ci_installs_what_the_tests_look_for() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    names = next(
        ast.literal_eval(node.value)
        for node in ast.parse(BROWSER.read_text("utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NAMES"
    )
    assert f"command -v {' '.join(names)}" in script
    assert "missing+=(postgresql)" in script
    assert "missing+=(chromium" in script
    assert "export CI=true" in script
