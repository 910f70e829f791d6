"""Coverage of the pool, herding, and density."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.speed import data, machine, peers, plain
from benchmarks.speed.contest import Case, Contest, Other, Results, check, extra, faster, limit, peak, peer
from benchmarks.speed.contest import plain as as_written
from querist import strategies

SAME_VALUE = "value beside exact greedy"
ONE_READ = "one read of the input"
ALL_PAIRS = "one product with all references"


def ours(name: str, *arrays: np.ndarray, k: int = 100, n_chosen: int = 0, **params: Any) -> Callable[[], Any]:
    """A call of our strategy on a pool of which the first rows are chosen."""
    n = len(arrays[0])
    rows = {"candidates": np.arange(n_chosen, n), "chosen": np.arange(n_chosen)}
    select = getattr(strategies, name)
    return lambda: select(*arrays, k, rng=np.random.default_rng(0), **rows, **params).rows


def products(X: np.ndarray, R: np.ndarray) -> Other:
    """The similarities of all rows to all references, in blocks and not kept."""

    def run() -> None:
        for start in range(0, len(X), 2000):
            X[start : start + 2000] @ R.T

    return limit(run)


def same_value(
    similar: plain.Score, R: np.ndarray, weights: np.ndarray, X: np.ndarray, beside: str, n_chosen: int = 0
) -> Callable[[Results], float | None]:
    """What our picks cover, of what the exact greedy's cover; None where that was left out."""

    def share(results: Results) -> float | None:
        if beside not in results:
            return None
        first = np.arange(n_chosen)
        mine, greedy = (
            plain.covered(similar, R, weights, X, np.concatenate([first, results[who]])) for who in ("ours", beside)
        )
        return mine / greedy

    return share


def _facility(quick: bool) -> Contest:
    X = data.clumps(10_000)
    ones = np.ones(len(X), dtype=np.float32)
    return Contest(
        "10,000 x 384, pick 100",
        ours("facility_location", X),
        {
            "apricot": peer(lambda: peers.apricot(X)),
            "plain NumPy, lazy greedy": as_written(
                lambda: lambda: plain.lazy_herding(plain.positive, X, ones, X, 0), minutes=True
            ),
            ALL_PAIRS: products(X, X),
        },
        {SAME_VALUE: same_value(plain.positive, X, ones, X, "plain NumPy, lazy greedy")},
    )


def _small_herding(quick: bool) -> Contest:
    X = data.clumps(5000)
    return Contest(
        "5,000 x 384, all of them references, pick 100",
        ours("max_herding", X, n_reference=None),
        {
            "scikit-activeml": peer(
                lambda: peers.activeml("MaxHerding", X, metric_dict={"gamma": 1.0}),
                minutes=True,
            ),
            ALL_PAIRS: products(X, X),
        },
    )


def _herding(quick: bool) -> Contest:
    X = data.clumps(100_000)
    R = X[plain.references(0, len(X))]
    ones = np.ones(len(R), dtype=np.float32)
    lazy = "plain NumPy, lazy greedy"
    return Contest(
        "100,000 x 384, 3,000 references, pick 100",
        ours("max_herding", X),
        {
            lazy: as_written(lambda: lambda: plain.lazy_herding(plain.rbf, R, ones, X, 0), minutes=True),
            ALL_PAIRS: products(X, R),
        },
        {SAME_VALUE: same_value(plain.rbf, R, ones, X, lazy)},
    )


def uncertain_herding(n: int, n_chosen: int = 200) -> Contest:
    """Uncertainty herding beside the two ways in which one would write it."""
    probs, X = data.unsure(n), data.clumps(n)
    rows = plain.references(n_chosen, n)
    R, weights = X[rows], plain.margin(probs[rows])
    lazy = "plain NumPy, lazy greedy"
    return Contest(
        f"{n:,} x 384, 3,000 references, {n_chosen} labeled, pick 100",
        ours("uncertainty_herding", probs, X, n_chosen=n_chosen),
        {
            "plain NumPy": as_written(lambda: lambda: plain.herding(plain.rbf, R, weights, X, n_chosen), minutes=True),
            lazy: as_written(lambda: lambda: plain.lazy_herding(plain.rbf, R, weights, X, n_chosen), minutes=True),
            ALL_PAIRS: products(X, R),
        },
        {SAME_VALUE: same_value(plain.rbf, R, weights, X, lazy, n_chosen)},
    )


def _typical(name: str, theirs: str, params: dict[str, Any], their_params: dict[str, Any]) -> Callable[[bool], Contest]:
    def make(quick: bool) -> Contest:
        X = data.clumps(20_000)
        return Contest(
            "20,000 x 384, pick 100",
            ours(name, X, **params),
            {
                "scikit-activeml": peer(lambda: peers.activeml(theirs, X, **their_params), minutes=True),
                ALL_PAIRS: products(X, X),
            },
        )

    return make


def _density(quick: bool) -> Contest:
    X = data.clumps(20_000)
    return Contest(
        "20,000 x 384, cosine",
        lambda: strategies.information_density(X),
        {
            "modAL": peer(lambda: peers.modal_density(X), minutes=True),
            "ALiPy": peer(lambda: peers.alipy_density(X), minutes=True),
            "plain NumPy": as_written(lambda: lambda: plain.density(X)),
            ONE_READ: limit(machine.read(X)),
        },
    )


def _many(name: str) -> Callable[[bool], Contest]:
    def make(quick: bool) -> Contest:
        X = data.clumps(200_000)
        return Contest("200,000 x 384, pick 100", ours(name, X))

    return make


def _density_of_many(quick: bool) -> Contest:
    X = data.clumps(200_000)
    return Contest(
        "200,000 x 384, cosine", lambda: strategies.information_density(X), {ONE_READ: limit(machine.read(X))}
    )


NO_TABLE = extra(300)  # of a table of 10,000 x 10,000 in float32 that is 400
CASES = (
    Case(
        "facility_location, 10,000",
        _facility,
        (faster(5), check(SAME_VALUE, 1 - 1e-6), NO_TABLE),
    ),
    Case("max_herding, 5,000", _small_herding, (faster(5),)),
    Case("max_herding, 100,000", _herding, (check(SAME_VALUE, 1 - 1e-6), NO_TABLE), minutes=True),
    Case(
        "uncertainty_herding, 100,000",
        lambda quick: uncertain_herding(100_000),
        (check(SAME_VALUE, 1 - 1e-6), NO_TABLE),
        minutes=True,
    ),
    Case("typiclust, 20,000", _typical("typiclust", "TypiClust", {}, {}), (faster(5),)),
    Case(
        "probcover, 20,000, radius 0.6",
        _typical("probcover", "ProbCover", {"delta": 0.6, "n_reference": None}, {"deltas": [0.6]}),
        (faster(5),),
    ),
    Case("information_density, 20,000", _density, (faster(5),)),
    Case("typiclust, 200,000", _many("typiclust"), (peak(2000),), minutes=True),
    Case("probcover, 200,000", _many("probcover"), (peak(2000),), minutes=True),
    Case("information_density, 200,000", _density_of_many, (peak(2000),)),
)
