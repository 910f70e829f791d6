"""Coverage and density strategies beside other libraries: medians, ratios and extra peak memory, as JSON.

Run as `python -m benchmarks.speed_coverage [--only WORD] [--repeats N] [--naive]`. A library that is not installed is
left out. Each case runs ours and the others in turn, in one process.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from querist import strategies

Call = Callable[[], Any]
RNG = np.random.default_rng


def pool(n: int, d: int = 384, seed: int = 0) -> np.ndarray:
    """Unit-norm float32 vectors in fifty overlapping clumps, with the falling spectrum of sentence embeddings."""
    rng = RNG(seed)
    spectrum = (1 / np.sqrt(1 + np.arange(d))).astype(np.float32)
    middles = rng.normal(size=(50, d)).astype(np.float32) * spectrum
    X = np.empty((n, d), dtype=np.float32)
    for start in range(0, n, 10_000):
        part = X[start : start + 10_000]
        part[:] = rng.normal(size=part.shape)
        part *= 0.9 * spectrum
        part += middles[rng.integers(50, size=len(part))]
        part /= np.linalg.norm(part, axis=1, keepdims=True)
    return X


def ours(name: str, *arrays: np.ndarray, k: int = 100, n_chosen: int = 0, **params: Any) -> Call:
    """A call of our strategy on a pool of which the first rows are chosen."""
    n = len(arrays[0])
    rows = {"candidates": np.arange(n_chosen, n), "chosen": np.arange(n_chosen)}
    return lambda: getattr(strategies, name)(*arrays, k, rng=RNG(0), **rows, **params).rows


def density(X: np.ndarray) -> Call:
    """A call of our information density."""
    return lambda: strategies.information_density(X)


def activeml(name: str, X: np.ndarray, k: int = 100, n_chosen: int = 0, **params: Any) -> Call:
    """A call of scikit-activeml's strategy."""
    from skactiveml import pool as theirs

    y = np.full(len(X), np.nan)
    y[:n_chosen] = 0
    return lambda: getattr(theirs, name)(random_state=0, **params).query(X, y, batch_size=k)


def apricot(X: np.ndarray, k: int = 100, optimizer: str = "lazy") -> Call:
    """A call of apricot's facility location."""
    from apricot import FacilityLocationSelection

    return lambda: FacilityLocationSelection(k, metric="cosine", optimizer=optimizer).fit(X).ranking


def modal(X: np.ndarray) -> Call:
    """A call of modAL's information density."""
    from modAL.density import information_density

    return lambda: information_density(X, metric="cosine")


def numpy_density(X: np.ndarray) -> Call:
    """The mean of a table of cosines, in blocks, as one would write it."""
    return lambda: np.concatenate([(X[i : i + 1000] @ X.T).mean(axis=1) for i in range(0, len(X), 1000)])


def numpy_herding(probs: np.ndarray, X: np.ndarray, k: int = 100, n_chosen: int = 0, r: int = 3000) -> Call:
    """Uncertainty herding as one would write it: a table against the references, every gain anew for every pick."""

    def run() -> np.ndarray:
        candidates = np.arange(n_chosen, len(X))
        references = np.sort(RNG(0).choice(candidates, r, replace=False))
        top = np.sort(probs[references], axis=1)
        u = (1 - (top[:, -1] - top[:, -2])).astype(np.float32)
        K = np.exp(2 * (X[candidates] @ X[references].T) - 2)
        covered = np.exp(2 * (X[:n_chosen] @ X[references].T) - 2).max(axis=0, initial=0)
        picked = []
        for _ in range(k):
            gains = np.maximum(K - covered, 0) @ u
            gains[picked] = -1
            picked.append(int(gains.argmax()))
            covered = np.maximum(covered, K[picked[-1]])
        return candidates[picked]

    return run


def numpy_lazy_herding(probs: np.ndarray, X: np.ndarray, k: int = 100, n_chosen: int = 0, r: int = 3000) -> Call:
    """The same with a heap of bounds, one candidate at a time."""
    import heapq

    def run() -> np.ndarray:
        candidates = np.arange(n_chosen, len(X))
        references = np.sort(RNG(0).choice(candidates, r, replace=False))
        top = np.sort(probs[references], axis=1)
        u = (1 - (top[:, -1] - top[:, -2])).astype(np.float32)
        R = X[references]
        covered = np.exp(2 * (X[:n_chosen] @ R.T) - 2).max(axis=0, initial=0)
        parts = np.array_split(candidates, 50)
        first = np.concatenate([np.maximum(np.exp(2 * (X[p] @ R.T) - 2) - covered, 0) @ u for p in parts])
        heap = [(-g, c, 0) for g, c in zip(first.tolist(), candidates.tolist(), strict=True)]
        heapq.heapify(heap)
        picked: list[int] = []
        while len(picked) < k:
            _, row, seen = heapq.heappop(heap)
            similar = np.exp(2 * (R @ X[row]) - 2)
            if seen == len(picked):
                picked.append(row)
                covered = np.maximum(covered, similar)
            else:
                heapq.heappush(heap, (-float(np.maximum(similar - covered, 0) @ u), row, len(picked)))
        return np.array(picked)

    return run


def cases() -> list[dict[str, Any]]:
    """What is compared: `name`, and makers of `ours` and of each of the `peers`, so that data is made only when run."""

    def unsure(n: int) -> np.ndarray:
        logits = RNG(1).normal(size=(n, 20)) * 2
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (powers / powers.sum(axis=1, keepdims=True)).astype(np.float32)

    labeled = {"n_chosen": 100}
    return [
        {
            "name": "facility location, 10,000 x 384, pick 100",
            "ours": lambda: ours("facility_location", pool(10_000)),
            "peers": {"apricot": lambda: apricot(pool(10_000))},
        },
        {
            "name": "facility location, 10,000 x 384, 100 labeled, pick 100",
            "ours": lambda: ours("facility_location", pool(10_000), **labeled),
            "peers": {"apricot": lambda: apricot(pool(10_000), 200)},
        },
        {
            "name": "max herding, 5,000 x 384, all references, pick 100",
            "ours": lambda: ours("max_herding", pool(5000), n_reference=None),
            "peers": {"skactiveml": lambda: activeml("MaxHerding", pool(5000), metric_dict={"gamma": 1.0})},
        },
        {
            "name": "max herding, 100,000 x 384, 3,000 references, pick 100",
            "ours": lambda: ours("max_herding", pool(100_000)),
            "peers": {},
        },
        {
            "name": "uncertainty herding, 50,000 x 384, 3,000 references, 200 labeled, pick 100",
            "ours": lambda: ours("uncertainty_herding", unsure(50_000), pool(50_000), n_chosen=200),
            "peers": {
                "numpy": lambda: numpy_herding(unsure(50_000), pool(50_000), n_chosen=200),
                "numpy with a heap": lambda: numpy_lazy_herding(unsure(50_000), pool(50_000), n_chosen=200),
            },
        },
        {
            "name": "typiclust, 20,000 x 384, pick 100",
            "ours": lambda: ours("typiclust", pool(20_000)),
            "peers": {"skactiveml": lambda: activeml("TypiClust", pool(20_000))},
        },
        {
            "name": "probcover, 20,000 x 384, radius 0.6, pick 100",
            "ours": lambda: ours("probcover", pool(20_000), delta=0.6, n_reference=None),
            "peers": {"skactiveml": lambda: activeml("ProbCover", pool(20_000), deltas=[0.6])},
        },
        {
            "name": "information density, 20,000 x 384",
            "ours": lambda: density(pool(20_000)),
            "peers": {"numpy": lambda: numpy_density(pool(20_000)), "modAL": lambda: modal(pool(20_000))},
        },
        *(
            {
                "name": f"{name}, 200,000 x 384, pick 100",
                "ours": lambda name=name: ours(name, pool(200_000)),
                "peers": {},
            }
            for name in ("typiclust", "probcover")
        ),
        {
            "name": "information density, 200,000 x 384",
            "ours": lambda: density(pool(200_000)),
            "peers": {},
        },
    ]


def resident() -> int:
    """Bytes that this process holds now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as said:
            return int(said.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def measured(call: Call) -> dict[str, float]:
    """Seconds on the clock and on the processors, and the most memory held beyond what was held before, in MB."""
    before, most, done = resident(), [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.005):
            most[0] = max(most[0], resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    wall, cpu = time.perf_counter(), time.process_time()
    call()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    done.set()
    watcher.join()
    return {"seconds": wall, "cpu_seconds": cpu, "extra_mb": max(0, most[0] - before) / 1e6}


def main() -> int:
    """Print the figures as JSON, a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="run the cases whose name holds this")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    wanted = parser.parse_args()
    for case in cases():
        if wanted.only not in case["name"]:
            continue
        calls = {"ours": case["ours"]()}
        for name, make in {} if wanted.no_peers else case["peers"].items():
            try:
                calls[name] = make()
            except ImportError:
                continue
        runs: dict[str, list[dict[str, float]]] = {name: [] for name in calls}
        for _ in range(wanted.repeats):
            for name, call in calls.items():
                runs[name].append(measured(call))
        figures = {
            name: {what: round(statistics.median(run[what] for run in found), 3) for what in found[0]}
            for name, found in runs.items()
        }
        for name in set(figures) - {"ours"}:
            for what in ("seconds", "cpu_seconds"):
                figures[name][f"times_ours_{what}"] = round(figures[name][what] / figures["ours"][what], 1)
        print(json.dumps({"case": case["name"], **figures}), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
