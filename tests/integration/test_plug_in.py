"""A strategy of somebody else's package: the docs' ten lines, proven by the suite, known to the command line."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

DOCS = Path(__file__).parents[2] / "docs"
DIST = {
    "METADATA": "Metadata-Version: 2.1\nName: three\nVersion: 1.0\n",
    "entry_points.txt": "[querist.strategies]\ntop_three = three_strategies:top_three\n",
    "RECORD": "",
}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the package in it, as an installer would leave it."""
    page = (DOCS / "how-to" / "own-strategy.md").read_text("utf-8")
    first = re.search(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert first is not None
    lines = [line[4:] for line in first[1].splitlines() if line.startswith((">>> ", "... "))]
    code = [line for line in lines if line.strip()]
    assert len(code) <= 12, "ten lines, and the imports"
    site = tmp_path / "site"
    (site / "three-1.0.dist-info").mkdir(parents=True)
    for name, text in DIST.items():
        (site / "three-1.0.dist-info" / name).write_text(text, "utf-8")
    (site / "three_strategies.py").write_text("\n".join(lines) + "\n", "utf-8")
    return site


def run(site: Path, *words: str, cwd: Path) -> str:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])}
    done = subprocess.run([sys.executable, *words], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_listed_and_it_runs(installed: Path, tmp_path: Path) -> None:
    listed = json.loads(run(installed, "-m", "querist", "strategies", "--json", cwd=tmp_path))
    mine = next(row for row in listed if row["name"] == "top_three")
    assert mine["needs"] == ["probs"]
    assert mine["summary"] == "Entropy of the three likeliest classes, as if there were no others."
    rng = np.random.default_rng(0)
    X = rng.normal(size=(90, 2))
    with (tmp_path / "data.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["a", "b", "kind"])
        out.writerows([f"{a:.4f}", f"{b:.4f}", f"k{int(a > 0) + int(b > 0)}"] for a, b in X)
    words = ("simulate", "data.csv", "--target", "kind", "--strategies", "top_three", "--seeds", "2", "--budget", "30")
    study = json.loads(run(installed, "-m", "querist", *words, "--batch-size", "10", "--json", cwd=tmp_path))
    assert {row["strategy"] for row in study["runs"]} == {"random", "top_three"}
    run(installed, "-m", "querist", "init", "p", "--classes", "k0,k1", "--strategy", "top_three", cwd=tmp_path)


def test_it_passes_the_contract_suite(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_three.py").write_text(
        "from querist.testing.strategies import StrategyContract\n"
        "from three_strategies import top_three\n\n\n"
        "class TestTopThree(StrategyContract):\n"
        "    strategy = top_three\n",
        "utf-8",
    )
    said = run(
        installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "test_three.py", cwd=tmp_path
    )
    found = re.search(r"(\d+) passed", said)
    assert found is not None
    assert int(found[1]) >= 10, said
    assert "failed" not in said
