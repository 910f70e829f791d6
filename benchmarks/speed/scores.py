"""Scores of uncertainty with their best hundred, and what a committee says."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.speed import data, machine, peers, plain
from benchmarks.speed.contest import Case, Contest, Target, extra, faster, limit, near, peer
from benchmarks.speed.contest import plain as as_written
from benchmarks.speed.coverage import ONE_READ
from querist import strategies

OF_SMALL_TEXT = 50_000
THEIRS = {  # of scikit-activeml and of small-text, by ours; modAL's go by what it calls a sampling
    "entropy": ("entropy", "entropy", "PredictionEntropy"),
    "margin": ("margin", "margin_sampling", "BreakingTies"),
    "least_confidence": ("uncertainty", "least_confident", "LeastConfidence"),
}


def _best(name: str, n: int, n_classes: int) -> Contest:
    probs, rows = data.even(n, n_classes=n_classes), np.arange(n)
    score, written = getattr(strategies, name), getattr(plain, name)
    modal, activeml, small_text = THEIRS[name]
    slow = name != "least_confidence"
    part = probs[:OF_SMALL_TEXT] if slow else probs

    def ours() -> Any:
        return strategies.top_k(score(probs), 100, candidates=rows, rng=np.random.default_rng(0)).rows

    return Contest(
        f"float32, {probs.nbytes / 1e6:.0f} MB",
        ours,
        {
            "modAL": peer(lambda: peers.modal_best(modal, probs)),
            "scikit-activeml": peer(lambda: peers.activeml_best(activeml, probs)),
            "small-text": peer(
                lambda: peers.small_text_best(small_text, part),
                minutes=slow,
                size=f"{OF_SMALL_TEXT:,} items only" if slow else "",
            ),
            "plain NumPy": as_written(lambda: lambda: plain.best(written(probs))),
            ONE_READ: limit(machine.read(probs)),
        },
    )


def _bald(quick: bool) -> Contest:
    members = data.even(20, 100_000, n_classes=10)
    return Contest(
        "20 members x 100,000 x 10",
        lambda: strategies.bald(members),
        {
            "small-text": peer(lambda: peers.small_text_bald(members)),
            "baal": peer(lambda: peers.baal_bald(members)),
            "scikit-activeml": peer(lambda: peers.activeml_batch_bald(members, 1)),
            "batchbald_redux": peer(lambda: peers.redux_bald(members), minutes=True),
            "plain NumPy": as_written(lambda: lambda: plain.bald(members)),
            ONE_READ: limit(machine.read(members)),
        },
    )


def _batch_bald(quick: bool) -> Contest:
    members, rows = data.even(50, 2000, n_classes=10), np.arange(2000)

    def ours() -> Any:
        return strategies.batch_bald(members, 10, candidates=rows, chosen=[], rng=np.random.default_rng(0)).rows

    return Contest(
        "50 members x 2,000 x 10, 10,000 configurations",
        ours,
        {
            "scikit-activeml": peer(lambda: peers.activeml_batch_bald(members, 10, n_MC_samples=10_000), minutes=True),
            "batchbald_redux": peer(lambda: peers.redux_batch_bald(members, 10), minutes=True),
        },
    )


def _epig(quick: bool) -> Contest:
    members = data.even(50, 20_000, n_classes=10)
    targets = members[:, ::40].copy()
    n_members, n_items, n_classes = members.shape
    flat = members.reshape(n_members, -1).T[:4000].copy()
    aims = targets.reshape(n_members, -1)

    def product() -> None:
        for _ in range(n_items * n_classes // len(flat)):  # in blocks, since the whole table would take 4 GB
            flat @ aims

    return Contest(
        "50 members x 20,000 x 10, 500 targets",
        lambda: strategies.epig_scores(members, targets),
        {
            "baal": peer(lambda: peers.baal_epig(members, targets), minutes=True),
            "the formula in torch": as_written(lambda: plain.epig_in_torch(members, targets)),
            "its matrix product": limit(product),
        },
    )


def _of(name: str, n: int, n_classes: int, targets: tuple[Target, ...], if_missed: str = "") -> Case:
    words = name.replace("_", " ")
    return Case(
        f"{words}, best 100 of {n:,} x {n_classes}",
        lambda quick: _best(name, n, n_classes),
        targets,
        if_missed=if_missed,
    )


OF_LOGARITHMS = (
    "Most of it is ten million logarithms, which the formula cannot do without; a compiler could fuse them with the "
    "sum (decision 7)."
)
OF_SHORT_ROWS = (
    "A row of ten classes is short: NumPy takes many at a time, in one pass through the cache for each class, and a "
    "pass costs about what reading does. That the rows are distributions is looked at besides."
)
OF_SHARED_LOGARITHMS = (
    "Twenty million logarithms, which the fastest peer takes too, on one thread: two cores make little more than twice "
    "of it, and what is beyond that is won by staying in the cache."
)
SCARCE = extra(16)
READ = near(5, ONE_READ)
FEW = (SCARCE, READ)
CASES = (
    _of("entropy", 1_000_000, 10, (faster(5), *FEW), OF_LOGARITHMS),
    _of("margin", 1_000_000, 10, (faster(1), *FEW), OF_SHORT_ROWS),
    _of("least_confidence", 1_000_000, 10, (faster(1), *FEW), OF_SHORT_ROWS),
    _of("entropy", 200_000, 100, (faster(3),)),
    _of("margin", 200_000, 100, (faster(1),)),
    _of("least_confidence", 200_000, 100, ()),
    Case("bald of 100,000", _bald, (faster(4), extra(500)), if_missed=OF_SHARED_LOGARITHMS),
    Case("batch_bald, 10 of 2,000", _batch_bald, (faster(4), extra(500))),
    Case("epig of 20,000", _epig, (faster(4), extra(500))),
)
