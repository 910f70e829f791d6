"""How often the interval of what a running project has saved holds what it really has.

Projects are run from end to end on synthetic items, by margin with a random share. What each has really saved is known
there: its own models are measured on items that it never saw, and random sampling's curve is the mean over all projects
of models of random labels. Beside the interval stands the naive reading: one random run of the same length, and a band
of a tenth around the ratio.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from querist.core.ports import silent
from querist.core.rng import generator
from querist.core.schema import Schema
from querist.learners import linear_learner
from querist.metrics.efficiency import reach
from querist.metrics.live import OF_THE_GAIN
from querist.modeling import Pool
from querist.service.expectation import FOLDS, random_curve
from querist.service.refits import Refits, sizes
from querist.service.saving import LEVEL, saved
from querist.strategies import margin

RUNS = 60
BETWEEN = (0.82, 1.0)  # of 60 runs at 90 %: two Monte Carlo standard errors down; too wide is no lie
N_CLASSES, N_DIMS, N_POOL, N_TEST, N_UNSEEN = 8, 12, 2000, 200, 6000
BATCH, N_ROUNDS, SHARE = 20, 8, 0.1


@dataclass(frozen=True)
class _Project:
    refits: Refits
    folds: list[Any]
    lived_truth: Any
    random_truth: Any


def run(runs: int = RUNS) -> list[dict[str, Any]]:
    """The coverage over `runs` projects of each world, printed as it comes."""
    print(f"{'world':12} {'runs':>5} {'ratio':>7} {'said':>7} {'holds':>7} {'low > 1':>8} {'naive':>7}")
    rows = []
    for world, spread in (("apart", 1.0), ("overlapping", 0.6)):
        rows.append(_world(world, spread, runs))
        row = rows[-1]
        print(
            f"{world:12} {row['runs']:5} {row['true_ratio']:7.2f} {row['ratio']:7.2f} {row['coverage']:7.1%} "
            f"{row['shown']:8.1%} {row['naive_coverage']:7.1%}"
        )
    return rows


def holds(row: dict[str, Any]) -> bool:
    """Whether the interval holds the truth about as often as it says, which the naive band does not."""
    return bool(BETWEEN[0] <= row["coverage"] <= BETWEEN[1] and row["naive_coverage"] < BETWEEN[0])


def _world(world: str, spread: float, runs: int) -> dict[str, Any]:
    centers = generator(7, "live", world).normal(0, spread, (N_CLASSES, N_DIMS))
    projects = [_project(centers, generator(seed, "live", world)) for seed in range(runs)]
    ladder = sizes(N_TEST * (FOLDS - 1) // FOLDS + _n_blind())
    random = np.mean([p.random_truth for p in projects], axis=0)
    found = []
    for p in projects:
        truth = _ratio(p.lived_truth, random, ladder)
        naive = _ratio(p.lived_truth, p.random_truth, ladder)
        until = time.monotonic() + 600
        drawn = random_curve(p.refits, p.folds, until, silent)
        said = saved(p.refits, drawn, "accuracy", p.folds, until)
        if said is not None and said.ratio is not None:
            found.append((truth, said.ratio.value, said.ratio.low, said.ratio.high, naive))
    truth, value, low, high, naive = np.array(found).T
    return {
        "world": world,
        "runs": len(found),
        "level": LEVEL,
        "true_ratio": float(np.median(truth)),
        "ratio": float(np.median(value)),
        "coverage": float(np.mean((low <= truth) & (truth <= high))),
        "shown": float(np.mean(low > 1)),
        "width": float(np.median(high - low)),
        "naive_coverage": float(np.mean(np.abs(naive - truth) <= 0.1 * truth)),
    }


def _n_blind() -> int:
    return BATCH + round((N_ROUNDS - 1) * BATCH * SHARE)


def _ratio(lived: Any, random: Any, ladder: list[int]) -> float:
    ours, theirs = (scipy.optimize.isotonic_regression(each).x[None, :] for each in (lived, random))
    start = theirs[:, 0]
    target = start + OF_THE_GAIN * (np.minimum(ours[:, -1], theirs[:, -1]) - start)
    n_lived = np.array(sizes(N_ROUNDS * BATCH), dtype=float)
    return float(reach(np.array(ladder, dtype=float), theirs, target)[0] / reach(n_lived, ours, target)[0])


def _items(centers: Any, n: int, rng: np.random.Generator) -> tuple[Any, Any]:
    which = rng.integers(len(centers), size=n)
    return centers[which] + rng.normal(0, 1, (n, N_DIMS)), which % N_CLASSES


def _project(centers: Any, rng: np.random.Generator) -> _Project:
    X, y = _items(centers, N_TEST + N_POOL, rng)
    unseen, truth = _items(centers, N_UNSEEN, rng)
    learner = linear_learner()

    def model(rows: Any) -> Any:
        return learner.fit(X[rows], y[rows], n_classes=N_CLASSES, rng=np.random.default_rng(0))

    def right(rows: Any) -> float:
        return float(np.mean(model(rows).predict_proba(unseen).argmax(axis=1) == truth))

    pool = np.arange(N_TEST, N_TEST + N_POOL)
    lived = rng.choice(pool, BATCH, replace=False)
    blind = [True] * BATCH
    for _ in range(N_ROUNDS - 1):
        rest = np.setdiff1d(pool, lived)
        probs = model(lived).predict_proba(X[rest])
        n_random = round(BATCH * SHARE)
        chosen = rest[np.argsort(-margin(probs))[: BATCH - n_random]]
        drawn = rng.choice(np.setdiff1d(rest, chosen), n_random, replace=False)
        lived = np.concatenate([lived, chosen, drawn])
        blind += [False] * len(chosen) + [True] * n_random
    places = N_TEST + np.arange(len(lived))
    seen = np.concatenate([np.arange(N_TEST), lived])
    refits = Refits(
        schema=Schema("class", tuple(map(str, range(N_CLASSES)))),
        seed=int(rng.integers(2**31)),
        number=1,
        learner=learner,
        seen=Pool(X[seen], lambda: X[seen]),
        y=y[seen],
        n_test=N_TEST,
        lived=places,
        blind=places[np.array(blind)],
    )
    ladder = sizes(N_TEST * (FOLDS - 1) // FOLDS + _n_blind())
    order = rng.permutation(pool)
    return _Project(
        refits=refits,
        folds=np.array_split(rng.permutation(N_TEST), FOLDS),
        lived_truth=np.array([right(lived[:n]) for n in sizes(len(lived))]),
        random_truth=np.array([right(order[:n]) for n in ladder]),
    )
