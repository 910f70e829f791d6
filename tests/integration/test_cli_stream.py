"""`querist stream` in a pipe."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from querist.core.policy import Policy
from querist.project import Project


def run(url: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "querist", "stream", *words, "--url", url, "--project", "topics"]
    return subprocess.run(command, input=given, capture_output=True, text=True, check=False)


def test_items_go_in_and_decisions_come_out(
    start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path
) -> None:
    url, data = f"sqlite:///{tmp_path / 'p.db'}", messages(60)
    start(url, policy=Policy(seed=2), shares={"test": 0.0, "calibration": 0.0})
    lines = [json.dumps(item) for item in data.items]
    done = run(url, "--budget", "0.2", "--batch", "25", given="\n".join([*lines[:40], "", *lines[40:]]))
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [each["id"] for each in found] == [item["id"] for item in data.items]
    n_asked = sum(each["ask"] for each in found)
    assert f"{n_asked} of 60 items asked" in done.stderr
    wrong = run(url, given="not json\n")
    assert (wrong.returncode, "line 1: must be a JSON object" in wrong.stderr) == (2, True)
