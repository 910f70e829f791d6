"""`querist stream` in a pipe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from querist.core.policy import Budget, Policy
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


def test_what_is_wrong_is_said_without_a_number_or_a_trace(
    start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'p.db'}"
    start(url, policy=Policy(seed=2)).add(messages(30).items)
    gone = run(url, str(tmp_path / "gone.jsonl"))
    assert (gone.returncode, "No such file or directory: " in gone.stderr, "Errno" in gone.stderr) == (2, True, False)
    nothing = run(url, given="\n")
    assert (nothing.returncode, nothing.stdout, "No items came" in nothing.stderr) == (0, "", True)
    quiet = run(url, "--json", given="")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


@pytest.mark.parametrize(("given", "code"), [("not json\n", 2), ('{"text": "my parcel is late"}\n' * 2, 2)])
def test_an_error_that_nobody_reads_leaves_no_traceback(
    start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path, given: str, code: int
) -> None:
    url = f"sqlite:///{tmp_path / 'p.db'}"
    start(url, policy=Policy(seed=2)).add(messages(30).items)
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "querist", "stream", "--json", "--url", url, "--project", "topics"]
    done = subprocess.run(command, input=given, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (code, "")


def test_decisions_that_nobody_reads_leave_no_traceback(
    start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'p.db'}"
    start(url, policy=Policy(seed=2)).add(messages(30).items)
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "querist", "stream", "--json", "--url", url, "--project", "topics"]
    given = '{"text": "my parcel is late"}\n'
    done = subprocess.run(command, input=given, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_budget_that_is_used_up_is_said(
    start: Callable[..., Project], messages: Callable[..., Any], tmp_path: Path
) -> None:
    url, data = f"sqlite:///{tmp_path / 'p.db'}", messages(60)
    start(url, policy=Policy(seed=2, budget=Budget(labels=3)), shares={"test": 0.0, "calibration": 0.0})
    done = run(url, "--budget", "0.5", given="\n".join(json.dumps(item) for item in data.items))
    assert done.returncode == 0, done.stderr
    assert sum(json.loads(line)["ask"] for line in done.stdout.splitlines()) == 3
    assert "3 of 60 items asked" in done.stderr
    assert "The project's budget is used up" in done.stderr
