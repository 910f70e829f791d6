"""Diverse and hybrid selections beside other libraries' and beside the matrix product that they cannot do without.

Run as `python -m benchmarks.speed_hybrid [--only NAME] [--alone] [--repeats N]`. Ours and each peer take turns in one
process; a peer that is not installed is left out. Memory is the most that arrays of ours held, the input aside.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from querist import strategies

Case = dict[str, Any]


def cases() -> list[Case]:
    """Each with a name, `ours`, and `peers` by name: callables that make their data and return the call to be timed."""
    return [
        {
            "name": "k_center 100,000 x 384, 100 labeled, pick 100",
            "ours": _ours_k_center,
            "peers": {"one product": _product, "scikit-activeml": _skactiveml_k_center},
        },
        *(
            {
                "name": f"badge 20,000 x 384, {n_classes} classes, pick 100",
                "ours": lambda n=n_classes: _ours_probs("badge", 20_000, n),
                "peers": {
                    "bmdal_reg": lambda n=n_classes: _bmdal_badge(n),
                    "scikit-activeml": lambda n=n_classes: _skactiveml("Badge", 20_000, n),
                },
            }
            for n_classes in (10, 50)
        ),
        {"name": "lcmd 20,000 x 384, pick 100", "ours": _ours_lcmd, "peers": {"bmdal_reg": _bmdal_lcmd}},
        {
            "name": "weighted_k_means 50,000 x 384, 10 classes, pick 100 of 1,000",
            "ours": lambda: _ours_probs("weighted_k_means", 50_000, 10),
            "peers": {},
        },
        {
            "name": "cluster_margin 50,000 x 384, 10 classes, pick 100 of 1,000",
            "ours": lambda: _ours_probs("cluster_margin", 50_000, 10),
            "peers": {},
        },
        {
            "name": "falcun 20,000, 10 classes, pick 100",
            "ours": lambda: _ours_probs("falcun", 20_000, 10, embeddings=False),
            "peers": {"scikit-activeml": lambda: _skactiveml("Falcun", 20_000, 10)},
        },
        {
            "name": "contrastive 20,000 x 384, 10 classes, 1,000 labeled",
            "ours": _ours_contrastive,
            "peers": {"scikit-activeml": lambda: _skactiveml("ContrastiveAL", 20_000, 10, neighbors=True)},
        },
        {"name": "discriminative 50,000 x 384, 1,000 labeled, pick 100", "ours": _ours_discriminative, "peers": {}},
        {
            "name": "drop_query 50,000 x 384, 10 classes, pick 100",
            "ours": lambda: _ours_head("drop_query"),
            "peers": {},
        },
        {"name": "alfa_mix 50,000 x 384, 10 classes, pick 100", "ours": lambda: _ours_head("alfa_mix"), "peers": {}},
    ]


def vectors(n: int, d: int = 384) -> np.ndarray:
    """Standard normal, float32."""
    return np.random.default_rng(0).normal(size=(n, d)).astype(np.float32)


def probabilities(n: int, n_classes: int) -> np.ndarray:
    """Even draws from all distributions, float32."""
    return np.random.default_rng(1).dirichlet(np.ones(n_classes), size=n).astype(np.float32)


def _rng() -> np.random.Generator:
    return np.random.default_rng(0)


def _ours_k_center() -> Callable[[], Any]:
    X = vectors(100_000)
    return lambda: (
        strategies.k_center(X, 100, candidates=np.arange(100, len(X)), chosen=np.arange(100), rng=_rng()).rows
    )


def _product() -> Callable[[], Any]:
    X = vectors(100_000)
    return lambda: X @ X[:100].T


def _ours_probs(name: str, n: int, n_classes: int, *, embeddings: bool = True) -> Callable[[], Any]:
    arrays = (probabilities(n, n_classes), *([vectors(n)] if embeddings else []))
    select = getattr(strategies, name)
    return lambda: select(*arrays, 100, candidates=np.arange(n), chosen=[], rng=_rng()).rows


def _ours_lcmd() -> Callable[[], Any]:
    X = vectors(20_000)
    return lambda: strategies.lcmd(X, 100, candidates=np.arange(len(X)), chosen=[], rng=_rng()).rows


def _ours_contrastive() -> Callable[[], Any]:
    P, X = probabilities(20_000, 10), vectors(20_000)
    labeled = np.arange(len(X)) < 1000
    return lambda: strategies.contrastive(P, X, labeled)


def _ours_discriminative() -> Callable[[], Any]:
    X = vectors(50_000)
    labeled = np.arange(len(X)) < 1000
    free = np.arange(1000, len(X))
    return lambda: strategies.discriminative(X, labeled, 100, candidates=free, chosen=np.arange(1000), rng=_rng()).rows


def _ours_head(name: str) -> Callable[[], Any]:
    X, rng = vectors(50_000), np.random.default_rng(2)
    head = rng.normal(size=(10, 385)).astype(np.float32) / 20
    P = np.exp(X @ head[:, :-1].T + head[:, -1])
    P /= P.sum(axis=1, keepdims=True)
    labeled, free = np.arange(len(X)) < 1000, np.arange(1000, len(X))
    known = (rng.integers(10, size=len(X)), labeled) if name == "alfa_mix" else ()
    select = getattr(strategies, name)
    return lambda: select(P, X, head, *known, 100, candidates=free, chosen=np.arange(1000), rng=_rng()).rows


def _skactiveml_k_center() -> Callable[[], Any]:
    from skactiveml.pool import CoreSet

    X = vectors(100_000)
    y = np.where(np.arange(len(X)) < 100, 0.0, np.nan)
    return lambda: CoreSet(missing_label=np.nan, random_state=0).query(X, y, batch_size=100)


def _skactiveml(name: str, n: int, n_classes: int, *, neighbors: bool = False) -> Callable[[], Any]:
    import skactiveml.pool
    from skactiveml.base import SkactivemlClassifier

    P, X = probabilities(n, n_classes), vectors(n)

    class Known(SkactivemlClassifier):  # type: ignore[misc, unused-ignore]
        """Predicts what is known beforehand, in the order in which it is asked."""

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Known:
            return self

        def predict_proba(self, X: Any) -> Any:
            return (P[: len(X)] if len(X) <= 1000 else P[-len(X) :]).copy()

    y = np.where(np.arange(n) < (1000 if neighbors else 0), 0.0, np.nan)
    model = Known(classes=np.arange(n_classes))
    options = {"nearest_neighbors_dict": {"n_neighbors": 10}} if neighbors else {}
    query = getattr(skactiveml.pool, name)(random_state=0, **options)
    return lambda: query.query(X, y, model, fit_clf=False, batch_size=100)


def _bmdal(name: str, features: Any, **options: Any) -> Callable[[], Any]:
    setattr(np, "Inf", np.inf)  # noqa: B010 - it was written for NumPy 1
    import bmdal_reg.bmdal.selection as selection

    method = getattr(selection, name)
    return lambda: method(features, features, sel_with_train=False, **options).select(100).numpy()


def _bmdal_badge(n_classes: int) -> Callable[[], Any]:
    import torch
    from bmdal_reg.bmdal.feature_data import ListFeatureData, TensorFeatureData
    from bmdal_reg.bmdal.feature_maps import IdentityFeatureMap, ProductFeatureMap
    from bmdal_reg.bmdal.features import Features

    P, X = probabilities(20_000, n_classes), vectors(20_000)
    P[np.arange(len(P)), P.argmax(axis=1)] -= 1
    parts = ListFeatureData([TensorFeatureData(torch.from_numpy(part)) for part in (P, X)])
    maps = ProductFeatureMap([IdentityFeatureMap(n_features=n_classes), IdentityFeatureMap(n_features=X.shape[1])])
    return _bmdal("KmeansppSelectionMethod", Features(maps, parts))


def _bmdal_lcmd() -> Callable[[], Any]:
    import torch
    from bmdal_reg.bmdal.feature_data import TensorFeatureData
    from bmdal_reg.bmdal.feature_maps import IdentityFeatureMap
    from bmdal_reg.bmdal.features import Features

    X = vectors(20_000)
    features = Features(IdentityFeatureMap(n_features=X.shape[1]), TensorFeatureData(torch.from_numpy(X)))
    return _bmdal("LargestClusterMaxDistSelectionMethod", features)


def measure(case: Case, repeats: int) -> dict[str, Any]:
    """Median seconds of ours and of each peer, by turns, and how often ours fits into each."""
    calls = {"ours": case["ours"]()}
    for name, make in case["peers"].items():
        try:
            calls[name] = make()
        except ImportError as missing:
            print(f"{name}: left out, {missing}", file=sys.stderr)
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats + 1):  # the first, which loads and warms up, does not count
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - began)
    medians = {name: statistics.median(t[1:]) for name, t in times.items()}
    return {
        "name": case["name"],
        "median_s": {name: round(t, 4) for name, t in medians.items()},
        "times_ours": {name: round(t / medians["ours"], 2) for name, t in medians.items() if name != "ours"},
        "extra_mb": round(peak(calls["ours"]), 1),
    }


def peak(call: Callable[[], Any]) -> float:
    """Megabytes that one call holds at most, its input aside."""
    tracemalloc.start()
    call()
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held / 1e6


def main() -> int:
    """Print a line of JSON for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="cases whose names begin so")
    parser.add_argument("--alone", action="store_true", help="leave the peers out")
    parser.add_argument("--repeats", type=int, default=3)
    wanted = parser.parse_args()
    warnings.simplefilter("ignore")
    for case in cases():
        if case["name"].startswith(wanted.only):
            if wanted.alone:
                case["peers"] = {}
            print(json.dumps(measure(case, wanted.repeats)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
