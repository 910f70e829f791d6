"""Coverage of the estimates: in worlds whose faults are known, and on real sets of which every label is known.

Of each pool a part is labeled, 500 times over, in four ways, and its accuracy estimated each time from those labels
alone; the truth is that of all labels. Beside it stands what the mean over the same labels would have said.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evidence.worlds import DESIGNS, WORLDS, Choose, world
from benchmarks.labels import data
from querist.core.rng import generator
from querist.metrics import estimate

RUNS = 500
LEVEL = 0.9
BETWEEN = (0.86, 0.94)
MOST_BIAS = 3.0  # Monte Carlo standard errors
N_SEED = 300
SETS = ("trec", "subj", "sst2", "phoneme", "mammography")


@dataclass(frozen=True)
class Labeled:
    """A pool of which every label is known, and what a model says of it."""

    name: str
    y: Any
    probs: Any

    @property
    def doubt(self) -> Any:
        """How unsure the model is of each item."""
        top = self.probs.max(axis=1)
        return np.sqrt(top * (1 - top)) + 1e-3

    @property
    def truth(self) -> float:
        """The model's accuracy."""
        return float(np.mean(self.probs.argmax(axis=1) == self.y))


def worlds() -> Iterator[Labeled]:
    """The synthetic pools: two classes, of which the second is the one predicted."""
    for kind in WORLDS:
        g, y = world(kind)
        yield Labeled(kind, y, np.column_stack([1 - g, g]))


def real(folder: Path) -> Iterator[Labeled]:
    """Real sets, with a model that learned from 300 of their items; the pool is the others."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for name in SETS:
        try:
            some = data.load(name, folder)
        except data.Missing:
            continue
        rows = generator(0, "evidence", name).permutation(len(some))
        seed, pool = rows[:N_SEED], rows[N_SEED:]
        is_text = isinstance(some.items[0], str)
        first = TfidfVectorizer(sublinear_tf=True) if is_text else StandardScaler()
        model = make_pipeline(first, LogisticRegression(max_iter=1000))
        items = np.asarray(some.items, dtype=object) if is_text else np.asarray(some.items)
        model.fit(items[seed], some.y[seed])
        probs = np.zeros((len(pool), len(some.classes)))
        probs[:, model.classes_] = model.predict_proba(items[pool])
        yield Labeled(name, some.y[pool], probs)


def measured(pool: Labeled, name: str, choose: Choose, runs: int = RUNS) -> dict[str, Any]:
    """What became of so many estimates of the pool's accuracy."""
    found = []
    for number in range(runs):
        design = choose(pool.doubt, generator(number, "evidence", pool.name, name))
        found.append(estimate("accuracy", pool.y[design.rows], design, probs=pool.probs, level=LEVEL))
    values, naive = np.array([each.value for each in found]), np.array([each.naive for each in found])
    half = np.array([each.high - each.low for each in found]) / 2
    inside = np.array([each.low <= pool.truth <= each.high for each in found])
    return {
        "pool": pool.name,
        "design": name,
        "n_items": len(pool.y),
        "n_labels": float(np.mean([each.n_labels for each in found])),
        "truth": pool.truth,
        "coverage": float(inside.mean()),
        "bias": float(values.mean() - pool.truth),
        "bias_in_errors": float((values.mean() - pool.truth) / (values.std(ddof=1) / np.sqrt(runs))),
        "width": float(2 * half.mean()),
        "n_uniform": float(np.mean([each.n_uniform for each in found])),
        "naive_bias": float(naive.mean() - pool.truth),
        "naive_coverage": float(np.mean(np.abs(naive - pool.truth) <= half)),
    }


def holds(row: dict[str, Any]) -> bool:
    """Whether the intervals cover as they say and nothing is biased."""
    return BETWEEN[0] <= row["coverage"] <= BETWEEN[1] and abs(row["bias_in_errors"]) < MOST_BIAS


def run(folder: Path, runs: int = RUNS) -> list[dict[str, Any]]:
    """Every pool in every way, printed as it comes."""
    rows = []
    for pool in (*worlds(), *real(folder)):
        for name, choose in DESIGNS.items():
            row = measured(pool, name, choose, runs)
            rows.append(row)
            print(
                f"{row['pool']:<12} {name:<12} truth {row['truth']:.3f}  cover {row['coverage']:.3f}  "
                f"bias {row['bias']:+.4f} ({row['bias_in_errors']:+.1f} se)  width {row['width']:.3f}  "
                f"as {row['n_uniform']:5.0f} blind  naive bias {row['naive_bias']:+.3f} "
                f"cover {row['naive_coverage']:.2f}" + ("" if holds(row) else "  NOT HELD"),
                flush=True,
            )
    return rows
