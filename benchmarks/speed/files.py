"""A pool file larger than the memory it is chosen from, beside a bare scan of the same columns.

`python -m benchmarks.speed.files PATH ROWS DIMS {columns,list}` makes such a file.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.speed.contest import Case, Contest, limit, near, peak
from querist.scale import Pool, run
from querist.strategies import cluster_margin, entropy, margin
from querist.strategies.reduce import Candidates, Mixed, TopK

CLASSES, PICKS = 10, 100
ROW_GROUP = 1 << 18
SCAN = "a scan of the same columns"
SPEED_SHARE = 0.6
QUICK_SHARE = 20  # a quick run's file is so many times smaller


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


def scan(pool: Pool, names: tuple[str, ...]) -> Callable[[], None]:
    """pyarrow reads the columns, on all cores, and hands them over as Arrow."""
    columns = [column for name in names for column in pool.columns[name]]

    def read() -> None:
        for path in pool.source.paths:  # type: ignore[attr-defined]
            with pq.ParquetFile(path) as file:
                for _ in file.iter_batches(1 << 16, columns=columns, use_threads=True):
                    pass

    return read


def _case(name: str, rows: int, score: Any, reducer: Any, *, lists: bool = False, dims: int = 0, **more: Any) -> Case:
    def contest(quick: bool) -> Contest:
        n = rows // QUICK_SHARE if quick else rows
        folder = Path(tempfile.mkdtemp())
        path = folder / "pool.parquet"
        # In a process of its own, since what writing holds would count as what choosing does.
        words = [str(path), str(n), str(dims), "list" if lists else "columns"]
        subprocess.run([sys.executable, "-m", "benchmarks.speed.files", *words], check=True)
        pool = Pool.from_parquet(path)
        names = ("probs", "embeddings") if dims else ("probs",)
        what = f"{n:,} x {CLASSES}" + (f", and x {dims} float16" if dims else "")
        return Contest(
            f"{what}, best {PICKS}, file of {path.stat().st_size / 1e9:.2g} GB",
            lambda: run(pool, score, reducer),
            {SCAN: limit(scan(pool, names))},
            close=lambda: shutil.rmtree(folder),
        )

    targets = (peak(1000),) if dims else (peak(1000), near(1 / SPEED_SHARE, SCAN))
    return Case(name, contest, targets, large=True, **more)


OF_LOGARITHMS = (
    "Its logarithms alone, one for each value in the file, take about as long as the scan does on all cores."
)
N, N_EMBEDDED, DIMS = 20_000_000, 5_000_000, 128
CASES = (
    _case("margin over a Parquet file, a column each", N, margin, TopK(PICKS)),
    _case("entropy over a Parquet file, a column each", N, entropy, TopK(PICKS), if_missed=OF_LOGARITHMS),
    _case("margin over a Parquet file, one list column", N, margin, TopK(PICKS), lists=True),
    _case("margin and a random tenth over a Parquet file", N, margin, Mixed(TopK(PICKS - 10), 10)),
    _case(
        "cluster_margin over a Parquet file",
        N_EMBEDDED,
        margin,
        Candidates(cluster_margin, PICKS, 10 * PICKS),
        lists=True,
        dims=DIMS,
    ),
)

if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]), dims=int(sys.argv[3]), lists=sys.argv[4] == "list")
