"""`querist advise` from a file: the verdict, the page, and the same for machines."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

Cli = Callable[..., Any]


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    """120 rows with a coin for a label, 280 without any."""
    rng = np.random.default_rng(0)
    path = tmp_path / "leads.csv"
    with path.open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["size", "age", "won"])
        for i in range(400):
            out.writerow([f"{rng.normal():.4f}", f"{rng.normal():.4f}", rng.choice(["yes", "no"]) if i < 120 else ""])
    return path


def test_a_coin_is_advised_against_on_the_page_and_for_machines(leads: Path, tmp_path: Path, cli: Cli) -> None:
    page = tmp_path / "advice.html"
    done = cli(
        "advise",
        leads,
        "--target",
        "won",
        "--price",
        "2",
        "--jobs",
        "1",
        "--quick",
        "--time-limit-s",
        "0.01",
        "--to",
        page,
        "--json",
    )
    said = done.json
    assert said["verdict"] == "label nothing more"
    assert (said["n_labeled"], said["n_pool"], said["budget"]) == (120, 280, 280)
    assert said["plan"]["rounds"] == []
    assert "Label nothing more" in page.read_text("utf-8")


def test_what_is_wrong_is_said_before_anything_runs(leads: Path, cli: Cli) -> None:
    done = cli("advise", leads, "--target", "won", "--goal", "accuracy:90", "--json")
    assert done.code == 2
    assert done.json["error"]["message"].startswith("goal: must be a metric and a level")
