"""Synthetic pools with predictions of known faults, and ways of labeling a part of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from querist.metrics.designs import Independent, Round, Rounds, Sequential, Uniform

N_ITEMS, N_LABELS = 5000, 300


Choose = Callable[[Any, np.random.Generator], Any]


def world(kind: str, n: int = N_ITEMS, seed: int = 1) -> tuple[Any, Any]:
    """The probability that the predictions give each item of being right, and whether it is."""
    rng = np.random.default_rng(seed)
    g = rng.beta(8, 1.7, n)
    if kind == "calibrated":
        y = rng.random(n) < g
    elif kind == "blind":  # one item in twelve is mostly wrong, and the predictions do not know
        y = rng.random(n) < np.where(rng.random(n) < 0.08, 0.15, g - 0.04)
    else:  # sharp but for a hard part, where they know that they do not know
        hard = rng.random(n) < 0.15
        g = np.where(hard, rng.uniform(0.3, 0.7, n), np.where(rng.random(n) < 0.8, 0.985, 0.015))
        y = rng.random(n) < g
    return g, y.astype(np.int64)


def uniform(doubt: Any, rng: np.random.Generator) -> Uniform:
    """Drawn blindly."""
    return Uniform(len(doubt), rng.choice(len(doubt), N_LABELS, replace=False))


def independent(doubt: Any, rng: np.random.Generator) -> Independent:
    """Each by its own coin, four fifths of the chance in proportion to the doubt."""
    p = np.clip(0.8 * doubt * N_LABELS / doubt.sum() + 0.2 * N_LABELS / len(doubt), 1e-3, 1)
    return Independent(p, np.flatnonzero(rng.random(len(doubt)) < p))


def sequential(doubt: Any, rng: np.random.Generator) -> Sequential:
    """One after another, each in proportion to the same chances among what is left."""
    q = 0.8 * doubt / doubt.sum() + 0.2 / len(doubt)
    order = np.argsort(-(np.log(q) + rng.gumbel(size=len(doubt))))[:N_LABELS]
    left = 1 - np.r_[0, np.cumsum(q[order])[:-1]]
    return Sequential(len(doubt), order, q[order] / left)


def rounds(doubt: Any, rng: np.random.Generator) -> Rounds:
    """Fifteen rounds of fourteen items most in doubt and six at random."""
    known, done = np.array([], dtype=np.int64), []
    by_doubt = np.argsort(-doubt, kind="stable")
    for _ in range(15):
        picks = by_doubt[~np.isin(by_doubt, known)][:14]
        known = np.r_[known, picks]
        drawn = rng.choice(np.setdiff1d(np.arange(len(doubt)), known), 6, replace=False)
        done.append(Round(known, drawn))
        known = np.r_[known, drawn]
    return Rounds(len(doubt), done)


WORLDS = ("calibrated", "blind", "sharp")
DESIGNS: dict[str, Choose] = {
    "uniform": uniform,
    "independent": independent,
    "sequential": sequential,
    "rounds": rounds,
}
