"""Scores, Bayesian batches and look-ahead beside other libraries, in time and in extra memory.

Run with `python -m benchmarks.speed_bayes [NAME ...]` where the peers are installed; what is missing is left out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from querist.strategies import (
    bald,
    batch_bald,
    entropy,
    epig_scores,
    expected_error_reduction,
    least_confidence,
    margin,
    top_k,
)

Work = Callable[[], Any]


class Told:
    """A model that predicts what it is shown, for libraries that score through a model."""

    def predict_proba(self, X: np.ndarray, **_: Any) -> np.ndarray:
        """`X` itself."""
        return X


def cases(names: list[str] | None = None) -> Iterator[dict[str, Any]]:
    """The cases, made one by one: `name`, `ours`, and `peers` by name."""
    for name, make in CASES.items():
        if not names or name in names:
            ours, peers = make()
            yield {"name": name, "ours": ours, "peers": _present(peers)}


def _present(makers: dict[str, Callable[[], Work]]) -> dict[str, Work]:
    found = {}
    for name, make in makers.items():
        try:
            found[name] = make()
        except ImportError:
            continue
    return found


def _drawn(*size: int, n_classes: int) -> np.ndarray:
    return np.random.default_rng(0).dirichlet(np.ones(n_classes), size=size).astype(np.float32)


def _modal(score: str, probs: np.ndarray) -> Callable[[], Work]:
    def make() -> Work:
        import modAL.uncertainty

        return lambda: getattr(modAL.uncertainty, score)(Told(), probs)

    return make


def _best_by_entropy() -> tuple[Work, dict[str, Callable[[], Work]]]:
    probs, rows = _drawn(1_000_000, n_classes=10), np.arange(1_000_000)

    def modal() -> Work:
        from modAL.uncertainty import entropy_sampling

        return lambda: entropy_sampling(Told(), probs, n_instances=100)

    rng = np.random.default_rng(0)
    peers = {"modAL": modal, "one read of the array": lambda: probs.sum}
    return lambda: top_k(entropy(probs), 100, candidates=rows, rng=rng), peers


def _score(
    ours: Callable[[np.ndarray], np.ndarray], theirs: str, n_items: int, n_classes: int
) -> Callable[[], tuple[Work, dict[str, Callable[[], Work]]]]:
    def make() -> tuple[Work, dict[str, Callable[[], Work]]]:
        probs = _drawn(n_items, n_classes=n_classes)
        return lambda: ours(probs), {"modAL": _modal(theirs, probs)}

    return make


def _bald() -> tuple[Work, dict[str, Callable[[], Work]]]:
    members = _drawn(20, 100_000, n_classes=10)

    def small_text() -> Work:
        from small_text.query_strategies.bayesian import _bald

        by_item = members.transpose(1, 0, 2).copy()
        return lambda: _bald(by_item)

    def baal() -> Work:
        from baal.active.heuristics import BALD

        by_item = members.transpose(1, 2, 0).copy()
        return lambda: BALD().compute_score(by_item)

    return lambda: bald(members), {"small-text": small_text, "baal": baal}


def _batch_bald() -> tuple[Work, dict[str, Callable[[], Work]]]:
    members, rows = _drawn(50, 2000, n_classes=10), np.arange(2000)

    def redux() -> Work:
        import torch
        from batchbald_redux.batchbald import get_batchbald_batch

        logs = torch.tensor(np.log(members).transpose(1, 0, 2).copy())
        return lambda: get_batchbald_batch(logs, 10, 10_000, dtype=torch.double)

    def activeml() -> Work:
        from skactiveml.pool import batch_bald as theirs

        return lambda: theirs(members, 10, n_MC_samples=10_000, random_state=0)

    def ours() -> Any:
        return batch_bald(members, 10, candidates=rows, chosen=[], rng=np.random.default_rng(0))

    return ours, {"scikit-activeml": activeml, "batchbald_redux": redux}


def _epig() -> tuple[Work, dict[str, Callable[[], Work]]]:
    members = _drawn(50, 20_000, n_classes=10)
    targets = members[:, ::40].copy()

    def baal() -> Work:
        from baal.active.heuristics import EPIG

        by_item, aims = members.transpose(1, 2, 0).copy(), targets.transpose(1, 2, 0).copy()
        return lambda: EPIG().compute_score(by_item, aims)

    def plain() -> Work:
        import torch

        p, q = torch.tensor(members), torch.tensor(targets).reshape(50, -1)

        def run() -> torch.Tensor:
            # The authors' formula in steps of 200 items, as the whole table would take 4 GB.
            own = -torch.special.xlogy(p.mean(0), p.mean(0)).sum(-1)
            aims = q.mean(0)
            theirs = -torch.special.xlogy(aims, aims).sum() / 500
            parts = []
            for start in range(0, 20_000, 200):
                joint = p[:, start : start + 200].permute(1, 2, 0) @ q / 50
                parts.append(torch.special.xlogy(joint, joint).sum((1, 2)) / 500)
            return own + theirs + torch.cat(parts)

        return run

    return lambda: epig_scores(members, targets), {"baal": baal, "the formula in torch": plain}


def _look_ahead() -> tuple[Work, dict[str, Callable[[], Work]]]:
    from sklearn.datasets import load_digits
    from sklearn.linear_model import LogisticRegression

    X, y = load_digits(return_X_y=True)
    X = X / 16
    order = np.random.default_rng(0).permutation(len(X))
    labeled, pool = order[:100], order[100:400]
    probs = LogisticRegression(max_iter=1000).fit(X[labeled], y[labeled]).predict_proba(X)
    known = np.isin(np.arange(len(X)), labeled)

    def ours() -> Any:
        return expected_error_reduction(
            probs, X, known, 10, candidates=pool, chosen=labeled, rng=np.random.default_rng(0), targets=pool
        )

    def modal() -> Work:
        setattr(np, "float", float)  # noqa: B010 - modAL 0.4 was written for a NumPy that had it
        from modAL.expected_error import expected_error_reduction as theirs
        from modAL.models import ActiveLearner

        learner = ActiveLearner(LogisticRegression(max_iter=1000), X_training=X[labeled], y_training=y[labeled])
        return lambda: theirs(learner, X[pool], loss="log")

    return ours, {"modAL": modal}


CASES: dict[str, Callable[[], tuple[Work, dict[str, Callable[[], Work]]]]] = {
    "entropy and the best 100 of 1M x 10": _best_by_entropy,
    "margin of 1M x 10": _score(margin, "classifier_margin", 1_000_000, 10),
    "least confidence of 1M x 10": _score(least_confidence, "classifier_uncertainty", 1_000_000, 10),
    "entropy of 200k x 100": _score(entropy, "classifier_entropy", 200_000, 100),
    "margin of 200k x 100": _score(margin, "classifier_margin", 200_000, 100),
    "least confidence of 200k x 100": _score(least_confidence, "classifier_uncertainty", 200_000, 100),
    "BALD of 100k x 20 x 10": _bald,
    "BatchBALD, 10 of 2,000": _batch_bald,
    "EPIG of 20k x 50 x 10, 500 targets": _epig,
    "expected error reduction, 300 digits": _look_ahead,
}


def measured(work: Work, repeats: int) -> dict[str, float]:
    """Median seconds of wall time, median processor seconds, and megabytes above what was there before."""
    wall, processor, extra = [], [], 0.0
    for _ in range(repeats):
        with _Watch() as watch:
            started, used = time.perf_counter(), time.process_time()
            work()
            wall.append(time.perf_counter() - started)
            processor.append(time.process_time() - used)
        extra = max(extra, watch.extra_mb)
    return {"s": statistics.median(wall), "cpu_s": statistics.median(processor), "extra_mb": extra}


class _Watch:
    """Looks at the process's resident memory every few milliseconds."""

    def __enter__(self) -> _Watch:
        self._before = self._peak = _resident_mb()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def extra_mb(self) -> float:
        return self._peak - self._before

    def _look(self) -> None:
        while not self._over.wait(0.005):
            self._peak = max(self._peak, _resident_mb())


def _resident_mb() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main() -> int:
    """Print, per case, what ours and each peer took, and the ratio of their medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=f"some of: {', '.join(CASES)}")
    parser.add_argument("--repeats", type=int, default=5)
    wanted = parser.parse_args()
    warnings.simplefilter("ignore")
    for case in cases(wanted.names):
        case["ours"]()
        ours = measured(case["ours"], wanted.repeats)
        row: dict[str, Any] = {"name": case["name"], "ours": ours, "peers": {}}
        for name, work in case["peers"].items():
            theirs = measured(work, 1 if ours["s"] > 60 else min(3, wanted.repeats))
            row["peers"][name] = {
                **theirs,
                "times_ours": theirs["s"] / ours["s"],
                "times_our_cpu": theirs["cpu_s"] / ours["cpu_s"],
            }
        print(json.dumps(row), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
