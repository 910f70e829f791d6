"""One round on a large pool: what Querist adds to the model's own fit and predict, in time and in memory.

Run with `make bench`. 100,000 items of 384 float32 numbers, 10 classes, logistic regression, margin, batch 100.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time

import numpy as np

from querist.catalogue import PolicyChooser
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.core.signals import Signals
from querist.core.state import State
from querist.learners import IdentityEncoder, SklearnLearner
from querist.loop.step import ask, tell
from querist.modeling import fit, pool_of, predict

TIME_SHARE = 0.10
MEMORY_RATIO = 2.5


def pool(n: int, d: int, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping Gaussian classes, unit-norm."""
    rng = np.random.default_rng(0)
    y = rng.integers(n_classes, size=n)
    centers = rng.normal(size=(n_classes, d)).astype(np.float32)
    X = np.empty((n, d), dtype=np.float32)
    for start in range(0, n, 10_000):
        rows = slice(start, start + 10_000)
        X[rows] = centers[y[rows]] * 0.15 + rng.normal(size=(len(y[rows]), d)).astype(np.float32)
        X[rows] /= np.linalg.norm(X[rows], axis=1, keepdims=True)
    return X, y


def peak_bytes() -> int:
    """The process's largest resident size so far."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale


def main() -> int:
    """Print the figures as JSON; exit 1 where a limit is broken."""
    from sklearn.linear_model import LogisticRegression

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    wanted = parser.parse_args()
    learner = SklearnLearner(LogisticRegression(C=20, max_iter=1000))
    small, codes = pool(1000, 384, 10)
    learner.fit(small, codes, n_classes=10, rng=np.random.default_rng(0)).predict_proba(small)
    before = peak_bytes()  # with every library loaded, and before the pool is there
    X, y = pool(wanted.items, 384, 10)

    encoding = IdentityEncoder().fit(X)
    held = pool_of(encoding, X)
    schema = Schema("class", tuple("abcdefghij"))
    state = State.start(len(X), Policy("margin", batch_size=100), labels={i: int(y[i]) for i in range(1000)})
    chooser = PolicyChooser(state.policy)
    rounds, models = [], []
    for number in range(wanted.rounds):
        began = time.perf_counter()
        rows = np.array(sorted(state.labels))
        codes = np.array([state.labels[row] for row in rows.tolist()])
        t0 = time.perf_counter()
        model = fit(learner, held, rows, codes, schema=schema, seed=0, number=number, warm=None)
        t1 = time.perf_counter()
        probs = predict(model, held.features, schema=schema)
        t2 = time.perf_counter()
        known = Signals(len(X), classes=schema.classes, probs=probs, embeddings=held.embeddings())
        state, batch = ask(state, known, chooser)
        state = tell(state, {row: int(y[row]) for row in batch.ids.tolist()})
        total = time.perf_counter() - began
        rounds.append(total)
        models.append((t1 - t0) + (t2 - t1))
    share = statistics.median(1 - m / t for m, t in zip(models, rounds, strict=True))
    memory = (peak_bytes() - before) / X.nbytes
    figures = {
        "items": len(X),
        "round_s": round(statistics.median(rounds), 3),
        "fit_and_predict_s": round(statistics.median(models), 3),
        "share_of_the_rest": round(share, 4),
        "share_allowed": TIME_SHARE,
        "peak_over_embeddings": round(memory, 3),
        "peak_allowed": MEMORY_RATIO,
    }
    print(json.dumps(figures, indent=2))
    return int(share > TIME_SHARE or memory > MEMORY_RATIO)


if __name__ == "__main__":
    sys.exit(main())
