"""Diverse selections by distances, gradients and clusters, beside the matrix product that some cannot do without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.speed import data, peers, plain
from benchmarks.speed.contest import Case, Contest, Other, Results, check, extra, faster, limit, near, peer
from benchmarks.speed.contest import plain as as_written
from benchmarks.speed.coverage import ours
from querist import strategies

SAME_PICKS = "picks in common with exact greedy"
PRODUCT = "its matrix product"


def _k_center(quick: bool) -> Contest:
    X = data.vectors(100_000)

    def same(results: Results) -> float:
        return float(np.mean(results["ours"] == results["plain NumPy"]))

    return Contest(
        "100,000 x 384, 100 labeled, pick 100",
        ours("k_center", X, n_chosen=100),
        {
            "scikit-activeml": peer(lambda: peers.activeml("CoreSet", X, n_chosen=100)),
            "bmdal_reg": peer(lambda: peers.bmdal_k_center(X, 100)),
            "ALiPy": peer(lambda: peers.alipy_k_center(X, 100)),
            "plain NumPy": as_written(lambda: lambda: plain.k_center(X, 100)),
            PRODUCT: limit(lambda: X @ X[:100].T),
        },
        {SAME_PICKS: same},
    )


def _badge(n_classes: int) -> Callable[[bool], Contest]:
    def make(quick: bool) -> Contest:
        probs, X = data.even(20_000, n_classes=n_classes), data.vectors(20_000)
        return Contest(
            f"20,000 x 384, {n_classes} classes, pick 100",
            ours("badge", probs, X),
            {
                "bmdal_reg": peer(lambda: peers.bmdal_badge(probs, X)),
                "scikit-activeml": peer(lambda: peers.activeml_model("Badge", probs, X), minutes=True),
                "plain NumPy": as_written(lambda: lambda: plain.badge(probs, X)),
            },
        )

    return make


def _lcmd(quick: bool) -> Contest:
    X = data.vectors(20_000)
    return Contest("20,000 x 384, pick 100", ours("lcmd", X), {"bmdal_reg": peer(lambda: peers.bmdal_lcmd(X))})


def _falcun(quick: bool) -> Contest:
    probs, X = data.even(20_000, n_classes=10), data.vectors(20_000)
    others: dict[str, Other] = {"scikit-activeml": peer(lambda: peers.activeml_model("Falcun", probs, X))}
    return Contest("20,000, 10 classes, pick 100", ours("falcun", probs), others)


def _contrastive(quick: bool) -> Contest:
    probs, X = data.even(20_000, n_classes=10), data.vectors(20_000)
    labeled = np.arange(len(X)) < 1000
    neighbors = {"n_neighbors": 10}
    return Contest(
        "20,000 x 384, 10 classes, 1,000 labeled",
        lambda: strategies.contrastive(probs, X, labeled),
        {
            "scikit-activeml": peer(
                lambda: peers.activeml_model("ContrastiveAL", probs, X, 1000, nearest_neighbors_dict=neighbors),
                minutes=True,
            )
        },
    )


def _cluster_margin(quick: bool) -> Contest:
    probs, X = data.even(50_000, n_classes=10), data.vectors(50_000)
    return Contest("50,000 x 384, 10 classes, pick 100 of 1,000", ours("cluster_margin", probs, X))


def _discriminative(quick: bool) -> Contest:
    X = data.vectors(50_000)
    labeled, rows = np.arange(len(X)) < 1000, np.arange(len(X))

    def run() -> Any:
        rng = np.random.default_rng(0)
        return strategies.discriminative(X, labeled, 100, candidates=rows[1000:], chosen=rows[:1000], rng=rng).rows

    return Contest("50,000 x 384, 1,000 labeled, pick 100", run)


def _by_head(name: str) -> Callable[[bool], Contest]:
    def make(quick: bool) -> Contest:
        X, rng = data.vectors(50_000), np.random.default_rng(2)
        head = rng.normal(size=(10, 385)).astype(np.float32) / 20
        probs = np.exp(X @ head[:, :-1].T + head[:, -1])
        probs /= probs.sum(axis=1, keepdims=True)
        rows = np.arange(len(X))
        known = (rng.integers(10, size=len(X)), rows < 1000) if name == "alfa_mix" else ()
        select = getattr(strategies, name)

        def run() -> Any:
            chosen = {"candidates": rows[1000:], "chosen": rows[:1000]}
            return select(probs, X, head, *known, 100, rng=np.random.default_rng(0), **chosen).rows

        return Contest("50,000 x 384, 10 classes, 1,000 labeled, pick 100", run)

    return make


TWO_FACTORS = (
    "bmdal_reg is called at its best here, with each gradient as a product of two short vectors, so that it reads as "
    "little for a pick as plain code on the two factors does."
)
CASES = (
    Case(
        "k_center, 100,000",
        _k_center,
        (faster(10), check(SAME_PICKS, 1), near(2, PRODUCT)),
        if_missed="Beside the product, the distances that it gives are compared with the nearest so far, which reads "
        "them once more.",
    ),
    Case(
        "badge, 20,000, 10 classes",
        _badge(10),
        (faster(10), faster(1, "plain"), extra(20)),
        if_missed=TWO_FACTORS,
    ),
    Case(
        "badge, 20,000, 50 classes",
        _badge(50),
        (faster(10), faster(1, "plain"), extra(20)),
        if_missed=TWO_FACTORS,
    ),
)
BESIDE = (
    Case("lcmd, 20,000", _lcmd),
    Case("falcun, 20,000", _falcun),
    Case("contrastive, 20,000", _contrastive),
    Case("cluster_margin, 50,000", _cluster_margin),
    Case("discriminative, 50,000", _discriminative),
    Case("drop_query, 50,000", _by_head("drop_query")),
    Case("alfa_mix, 50,000", _by_head("alfa_mix")),
)
