"""A comparison killed at any moment: what was finished is not made again, and it ends as one never killed."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits

from querist.cli.output import plain
from querist.formats import open_table
from querist.simulation import from_table, learners_named, parse, simulate_grid, write_page, write_runs

ORACLES = ("perfect", "hard:0.1+late:1", "confused_crowd:4:0.8+priced:0.05")
STRATEGIES = "random,margin,entropy,k_center,default"
N_RUNS = len(ORACLES) * 5


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of small pictures, a number for each pixel, and which of four digits it is."""
    X, y = load_digits(n_class=4, return_X_y=True)
    path = tmp_path_factory.mktemp("digits") / "digits.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow([*(f"p{i}" for i in range(20, 44)), "digit"])
        out.writerows([*row[20:44], f"d{label}"] for row, label in zip(X[:260].tolist(), y[:260].tolist(), strict=True))
    return path


def command(data: Path, folder: Path, name: str) -> list[str]:
    words = [sys.executable, "-m", "querist", "simulate", str(data), "--target", "digit", "--seeds", "1"]
    words += ["--strategies", STRATEGIES, "--budget", "30", "--batch-size", "10", "--jobs", "2", "--json"]
    words += ["--learner", "linear"]
    words += [word for oracle in ORACLES for word in ("--oracle", oracle)]
    words += ["--runs", str(folder / "runs"), "--to", str(folder / f"{name}.html")]
    return [*words, "--table", str(folder / f"{name}.parquet")]


def kept(folder: Path) -> dict[Path, tuple[int, int, bytes]]:
    """Every finished run by its file: the inode, when it was written, and what is in it."""
    found = sorted((folder / "runs").glob("*/*.json"))
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes()) for path in found}


def timeless(path: Path) -> str:
    """A page without its one column that no two runs have alike: how long the computing took."""
    return re.sub(r"<td>[\d.,]+ (ms|s|min|h)</td>", "<td></td>", path.read_text("utf-8"))


def whole(words: list[str], folder: Path, env: dict[str, str]) -> Any:
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return without_seconds(json.loads(done.stdout)["studies"])


def without_seconds(studies: Any) -> Any:
    for study in studies:
        for run in study["runs"]:
            del run["seconds"]
    return studies


def uninterrupted(data: Path, folder: Path) -> Any:
    """What the command does, in this process."""
    table = from_table(data, "digit")
    studies = simulate_grid(
        table,
        strategies=STRATEGIES.split(","),
        oracles={words: parse(words, classes=table.schema.options) for words in ORACLES},
        learners=learners_named(["linear"]),
        seeds=1,
        budget=30,
        batch_sizes=[10],
        n_jobs=1,
    )
    write_page(studies, folder / "never.html", title=f"What active learning saves on {data.name}")
    write_runs(studies, folder / "never.parquet")
    return without_seconds(json.loads(json.dumps(plain(studies))))


def test_a_comparison_killed_at_random_goes_on_and_ends_as_one_never_killed(
    digits: Path, tmp_path: Path, clean_environment: dict[str, str]
) -> None:
    rng = np.random.default_rng()
    popen: dict[str, Any] = {"cwd": tmp_path, "env": clean_environment, "stdout": -1, "stderr": -1}
    before: dict[Path, tuple[int, int, bytes]] = {}
    for _ in range(2):
        n_more = len(before) + int(rng.integers(1, 6))
        with subprocess.Popen(command(digits, tmp_path, "killed"), start_new_session=True, **popen) as process:
            while len(kept(tmp_path)) < n_more and process.poll() is None:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, 0.2))
            assert process.poll() is None, "it was over before it was killed: make the comparison larger"
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=60)
        assert process.returncode == -signal.SIGKILL
        after = kept(tmp_path)
        assert {path: after[path] for path in before} == before, "what was finished was made again"
        assert n_more <= len(after) < N_RUNS
        before = after
    assert not (tmp_path / "killed.html").exists(), "a page is whole or not there"

    resumed = whole(command(digits, tmp_path, "killed"), tmp_path, clean_environment)
    after = kept(tmp_path)
    assert {path: after[path] for path in before} == before
    assert len(after) == N_RUNS

    # Once more, never killed, elsewhere, and in one process.
    never = uninterrupted(digits, tmp_path)
    assert resumed == never
    assert timeless(tmp_path / "killed.html") == timeless(tmp_path / "never.html")
    tables = [
        [batch.columns for batch in open_table(tmp_path / f"{name}.parquet").batches()] for name in ("killed", "never")
    ]
    assert tables[0] == tables[1]
