"""What the machine allows: how fast it reads memory, and how fast it multiplies."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from benchmarks.speed.peers import DISTRIBUTIONS
from querist.core.threads import in_threads, n_threads

ENTRIES = 1 << 26  # of float32: more than any cache holds
SIDE = 2048
REPEATS = 7


def read(array: np.ndarray) -> Callable[[], Any]:
    """One pass over a contiguous array, each core a part: its product with itself, which needs each number once."""
    parts = np.array_split(array.reshape(-1), n_threads())
    return lambda: in_threads(lambda part: np.dot(part, part), parts)


def description() -> dict[str, Any]:
    """The machine in words, with no name of its own, and what is installed there."""
    blas = next((found for found in threadpool_info() if found["user_api"] == "blas"), {})
    return {
        "cores": n_threads(),
        "processor": _processor(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "system": platform.system(),
        "blas": f"{blas.get('internal_api', 'unknown')} {blas.get('version', '')}".strip(),
        "blas_threads": blas.get("num_threads"),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "peers": _versions(),
    }


def limits() -> dict[str, Any]:
    """Gigabytes a second and thousands of millions of operations a second, on one core and on all."""
    x, out = np.ones(ENTRIES, dtype=np.float32), np.empty(ENTRIES, dtype=np.float32)
    a = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    bytes_, operations = x.nbytes / 1e9, 2 * SIDE**3 / 1e9
    with threadpool_limits(1):
        alone = {
            "read_one_core_gb_s": bytes_ / _median(lambda: np.dot(x, x)),
            "product_one_core_gflop_s": operations / _median(lambda: a @ a),
        }
    found = {
        "read_gb_s": bytes_ / _median(read(x)),
        "copy_gb_s": 2 * bytes_ / _median(lambda: np.copyto(out, x)),
        "product_gflop_s": operations / _median(lambda: a @ a),
    }
    return {name: round(value, 1) for name, value in {**found, **alone}.items()}


def _versions() -> dict[str, str]:
    found = {}
    for name, distribution in DISTRIBUTIONS.items():
        with suppress(PackageNotFoundError):
            found[name] = version(distribution)
    return found


def _median(work: Callable[[], Any]) -> float:
    work()
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    said = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return said or platform.machine()
