"""A pool file larger than the memory it is chosen from: speed beside a bare scan of the same columns, and peak memory.

Run with `python -m benchmarks.speed_scale`. 20,000,000 rows of 10 class probabilities, margin and entropy, best 100;
and 5,000,000 rows with 128 numbers of half precision, weighted k-means on candidates. Each in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from querist.core.blocks import Block, Partial
from querist.core.state import Picks
from querist.scale import Pool, run
from querist.strategies import entropy, margin, weighted_k_means
from querist.strategies.reduce import Candidates, Mixed, TopK

CLASSES, DIMS, PICKS = 10, 128, 100
ROW_GROUP = 1 << 18
SPEED_SHARE = 0.6
PEAK_BYTES = 10**9


class Nothing:
    """Reads what a strategy would, and does nothing with it."""

    k = 1

    def __init__(self, *needs: str) -> None:
        self.needs = needs

    def describe(self) -> dict[str, Any]:
        """Nothing to say."""
        return {}

    def start(self) -> Partial:
        """Nothing known."""
        return {}

    def update(self, state: Partial, block: Block) -> Partial:
        """Nothing learned."""
        return state

    def merge(self, a: Partial, b: Partial) -> Partial:
        """Nothing to join."""
        return a

    def finish(self, state: Partial) -> Picks:
        """Nothing picked."""
        return Picks(np.empty(0, np.int64), np.empty(0), np.empty(0))


def make(path: Path, n: int, *, lists: bool, dims: int) -> None:
    """A made-up pool, written in chunks: probabilities as one list column or as a column each, and embeddings."""
    rng = np.random.default_rng(0)
    fields = (
        [("probs", pa.list_(pa.float32(), CLASSES))]
        if lists
        else [(f"probs_{i}", pa.float32()) for i in range(CLASSES)]
    )
    schema = pa.schema(fields + ([("embeddings", pa.list_(pa.float16(), dims))] if dims else []))
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for start in range(0, n, ROW_GROUP):
            m = min(ROW_GROUP, n - start)
            probs = rng.random((m, CLASSES), dtype=np.float32) ** 4 + np.float32(1e-9)
            probs /= probs.sum(axis=1, keepdims=True)
            if lists:
                columns = [pa.FixedSizeListArray.from_arrays(pa.array(probs.ravel()), CLASSES)]
            else:
                columns = [pa.array(np.ascontiguousarray(probs[:, i])) for i in range(CLASSES)]
            if dims:
                vectors = rng.standard_normal((m, dims), dtype=np.float32).astype(np.float16)
                columns.append(pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), dims))
            writer.write_table(pa.table(columns, schema=schema))


def scan(pool: Pool, names: tuple[str, ...]) -> float:
    """Seconds in which pyarrow reads the columns, on all cores, and hands them over as Arrow."""
    columns = [column for name in names for column in pool.columns[name]]
    began = time.perf_counter()
    for path in pool.source.paths:  # type: ignore[attr-defined]
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches(1 << 16, columns=columns, use_threads=True):
                pass
    return time.perf_counter() - began


def timed(pool: Pool, score: Any, reducer: Any) -> float:
    """Seconds of one pass."""
    began = time.perf_counter()
    run(pool, score, reducer)
    return time.perf_counter() - began


def measure(path: str, repeats: int) -> dict[str, Any]:
    """Shares of the scan's speed, each pass measured between two scans; and the peak."""
    pool = Pool.from_parquet(path)
    work: dict[str, tuple[tuple[str, ...], Any, Any]] = {
        "read_only": (("probs",), None, Nothing("probs")),
        "margin": (("probs",), margin, TopK(PICKS)),
        "entropy": (("probs",), entropy, TopK(PICKS)),
        "margin_with_random_share": (("probs",), margin, Mixed(TopK(PICKS - 10), 10)),
    }
    if pool.has("embeddings"):
        names = ("probs", "embeddings")
        work = {
            "read_only": (names, None, Nothing(*names)),
            "weighted_k_means": (names, margin, Candidates(weighted_k_means, PICKS, 10 * PICKS)),
        }
    for _, score, reducer in work.values():
        run(pool, score, reducer)
    scale = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale  # before any scan, which holds more by far
    figures: dict[str, Any] = {"rows": pool.n_items, "bytes": Path(path).stat().st_size, "peak_bytes": peak}
    for name, (columns, score, reducer) in work.items():
        scans, passes = [scan(pool, columns)], []
        for _ in range(repeats):
            passes.append(timed(pool, score, reducer))
            scans.append(scan(pool, columns))
        shares = [(a + b) / 2 / p for a, b, p in zip(scans, scans[1:], passes, strict=False)]
        figures[name] = {
            "million_rows_per_s": round(pool.n_items / statistics.median(passes) / 1e6, 2),
            "scan_million_rows_per_s": round(pool.n_items / statistics.median(scans) / 1e6, 2),
            "share_of_scan_speed": round(statistics.median(shares), 2),
        }
    return figures


def pools(rows: int, embedded_rows: int) -> Iterator[tuple[str, dict[str, Any], int]]:
    """What is measured: a name, how it is made, and its rows."""
    yield "probabilities_in_columns", {"lists": False, "dims": 0}, rows
    yield "probabilities_in_a_list", {"lists": True, "dims": 0}, rows
    yield "with_embeddings", {"lists": True, "dims": DIMS}, embedded_rows


def main() -> int:
    """Print the figures as JSON; exit 1 where a limit is broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--embedded-rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", help="One of the pools, by its name in the figures.")
    parser.add_argument("--folder", help="Where to put the files for the time being.")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.measure:
        print(json.dumps(measure(wanted.measure, wanted.repeats)))
        return 0
    figures: dict[str, Any] = {"share_of_scan_speed_wanted": SPEED_SHARE, "peak_bytes_allowed": PEAK_BYTES}
    broken = False
    for name, how, rows in pools(wanted.rows, wanted.embedded_rows):
        if wanted.only not in (None, name):
            continue
        with tempfile.TemporaryDirectory(dir=wanted.folder) as folder:
            path = Path(folder) / "pool.parquet"
            make(path, rows, **how)
            command = [sys.executable, "-m", "benchmarks.speed_scale", "--measure", str(path)]
            done = subprocess.run(
                [*command, "--repeats", str(wanted.repeats)], check=True, capture_output=True, text=True
            )
        figures[name] = found = json.loads(done.stdout)
        shares = [each["share_of_scan_speed"] for each in found.values() if isinstance(each, dict)]
        broken |= found["peak_bytes"] > PEAK_BYTES or min(shares) < SPEED_SHARE
    print(json.dumps(figures, indent=2))
    return int(broken)


if __name__ == "__main__":
    sys.exit(main())
