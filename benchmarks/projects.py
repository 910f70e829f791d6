"""Whole projects by the command line, answered by a script from the true labels, against random at the same budget.

`python -m benchmarks.projects FOLDER [--url postgresql://...]`, where FOLDER holds `banking77/` and `adult/` (see
`SETS`); a set that is not there is skipped, and said to be. Each project is `init`, `add` of the pool and of a labeled
test set, ten rounds of `ask`, filling in the worksheet, and `tell`, then `train`, `report`, `status`, `verify`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 10


@dataclass(frozen=True)
class DataSet:
    """A pool and a test set on disk."""

    name: str
    pool: str
    test: str
    target: str
    batch_size: int
    metric: str


SETS = (
    DataSet("banking77", "banking77/train.csv.gz", "banking77/test.csv.gz", "category", 77, "macro_f1"),
    DataSet("adult", "adult/adult-train.csv.gz", "adult/adult-test.csv.gz", "income", 60, "macro_f1"),
)


def querist(folder: Path, *words: str) -> dict[str, object]:
    """One command, its JSON."""
    command = [sys.executable, "-m", "querist", *words, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    found: dict[str, object] = json.loads(done.stdout)
    return found


def rows_of(path: Path, target: str) -> list[dict[str, str]]:
    """The rows of a CSV; where it has no header that names the target, its last column is the target."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    header = [name.strip() for name in rows[0]]
    if target not in header:
        if rows[0][0].strip().isdigit():
            header, rows = [f"field{i}" for i in range(len(rows[0]) - 1)] + [target], [[], *rows]
        else:
            header[-1] = target
    return [
        dict(zip(header, (cell.strip().rstrip(".") for cell in row), strict=True)) for row in rows[1:] if len(row) > 1
    ]


def write(path: Path, rows: list[dict[str, str]]) -> None:
    """Rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def fill(path: Path, truth: dict[str, str], target: str) -> None:
    """Answer a worksheet as a spreadsheet program would write it."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row[target] = truth[row["id"]]
    write(path, rows)


def project(data: DataSet, source: Path, strategy: str, seed: int, url: str | None) -> dict[str, object]:
    """One project, from nothing to its report; its curve and its times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pool = [{"id": f"p{i}", **row} for i, row in enumerate(rows_of(source / data.pool, data.target))]
        test = [{"id": f"t{i}", **row} for i, row in enumerate(rows_of(source / data.test, data.target))]
        write(folder / "pool.csv", [{k: v for k, v in row.items() if k != data.target} for row in pool])
        write(folder / "test.csv", test)
        truth = {row["id"]: row[data.target] for row in pool}
        classes = sorted(set(truth.values()))
        (folder / "classes.csv").write_text("\n".join([data.target, *classes]), "utf-8")
        where = ["--url", url] if url else []
        unique = f"{data.name}-{strategy}-{seed}-{uuid.uuid4().hex[:6]}"
        began = time.perf_counter()
        shares = ["--test-share", "0", "--calibration-share", "0"]
        start = ["--start", "random", "--exploration", "0"] if strategy == "random" else []
        querist(
            folder, "init", unique, "--target", data.target, "--classes-from", "classes.csv", "--strategy", strategy,
            "--batch-size", str(data.batch_size), "--seed", str(seed), *shares, *start, *where,
        )  # fmt: skip
        querist(folder, "add", "test.csv", "--split", "test", "--label", data.target)
        querist(folder, "add", "pool.csv")
        asking = []
        for _ in range(ROUNDS):
            at = time.perf_counter()
            querist(folder, "ask", "--to", "batch.csv")
            asking.append(time.perf_counter() - at)
            fill(folder / "batch.csv", truth, data.target)
            told = querist(folder, "tell", "batch.csv")
            assert told["n_labeled"] == data.batch_size, told
        trained = querist(folder, "train")
        querist(folder, "report")
        status = querist(folder, "status")
        assert querist(folder, "verify")["sound"]
        points = status["points"]
        assert isinstance(points, list)
        metrics = trained["metrics"]
        assert isinstance(metrics, dict)
        return {
            "data": data.name,
            "strategy": strategy,
            "seed": seed,
            "labels": trained["n_labels"],
            data.metric: round(metrics[data.metric], 4),
            "accuracy": round(metrics["accuracy"], 4),
            "balanced_accuracy": round(metrics["balanced_accuracy"], 4),
            "curve": [round(p["metrics"][data.metric], 3) for p in points],
            "ask_s": round(statistics.median(asking), 2),
            "whole_s": round(time.perf_counter() - began, 1),
        }


def main() -> int:
    """Print a line of JSON per project, then the means; exit 1 where random was not beaten."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--strategies", default="random,margin")
    parser.add_argument("--url", default=os.environ.get("QUERIST_BENCH_URL"))
    wanted = parser.parse_args()
    failed = False
    for data in SETS:
        if wanted.only and data.name != wanted.only:
            continue
        if not (wanted.folder / data.pool).exists():
            print(f"skipped: {wanted.folder / data.pool} is not there")
            continue
        means = {}
        for strategy in wanted.strategies.split(","):
            found = [project(data, wanted.folder, strategy, seed, wanted.url) for seed in range(wanted.seeds)]
            for one in found:
                print(json.dumps(one), flush=True)
            means[strategy] = statistics.mean(float(str(one[data.metric])) for one in found)
        print(json.dumps({"data": data.name, "metric": data.metric, "means": means}), flush=True)
        failed |= any(value <= means["random"] for name, value in means.items() if name != "random")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
