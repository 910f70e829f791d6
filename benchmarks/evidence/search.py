"""Searches, simulated and of reviews of which all is known: what each rule stops at, and how much was read by then."""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from querist.core.rng import generator
from querist.loop.budget import Spending
from querist.loop.stopping import AutoStop, Evidence, Hypergeometric, Knee, QuantCI, RecallBound, Safe, Screened

RECALL, CONFIDENCE = 0.95, 0.95
BATCH = 10
GREEDY_RUNS = 5
LESS = 0.8  # what else is promised: proving 0.95 of a few is proving all
EMPTY = 100  # items in a row without a relevant one after which a search draws blindly, once a tenth was read
RULES: dict[str, Any] = {
    "hypergeometric": Hypergeometric("yes", RECALL, CONFIDENCE),
    "quant_ci": QuantCI("yes", RECALL),
    "knee": Knee("yes"),
    "safe": Safe("yes"),
    "autostop": AutoStop("yes", RECALL),
    "recall_bound": RecallBound("yes", RECALL, CONFIDENCE),
    "recall_bound_of_less": RecallBound("yes", LESS, CONFIDENCE),
}
PROVEN = ("recall_bound", "recall_bound_of_less")
SPENT = Spending(0, 0.0, None, None)


def error(row: dict[str, Any]) -> float:
    """Standard error of a share that is as promised."""
    return math.sqrt(row["promised"] * (1 - row["promised"]) / row["runs"])


def simulated(kind: str, number: int, n: int = 1500) -> tuple[Any, Any]:
    """Which items are relevant, and how likely they look: three in a hundred, of which one in ten hides or not."""
    rng = generator(number, "search", kind)
    relevant = rng.random(n) < 0.03
    hides = relevant & (rng.random(n) < (0.15 if kind == "hidden" else 0.0))
    return relevant, rng.normal(size=n) + np.where(relevant & ~hides, 3.0, 0.0)


def review(path: Path) -> tuple[list[str], Any]:
    """Title and abstract of each record, and whether the review took it in."""
    with io.TextIOWrapper(gzip.open(path), encoding="utf-8") as stream:
        records = list(csv.DictReader(stream))
    texts = [f"{r['title'] or ''} {r['abstract'] or ''}" for r in records]
    return texts, np.array([r["label_included"] in ("1", "1.0") for r in records])


def greedy(texts: list[str], relevant: Any, seed: int) -> tuple[Any, Any]:
    """The order of a greedy search, likeliest first, ten at a time; and what its model expects, at each ten."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    X = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, max_features=30_000).fit_transform(texts)
    rng = generator(seed, "review")
    order = [int(rng.choice(np.flatnonzero(relevant))), int(rng.choice(np.flatnonzero(~relevant)))]
    expects: dict[int, tuple[float, float]] = {}
    left = np.setdiff1d(np.arange(len(relevant)), order)
    while len(left):
        if len(order) < 0.3 * len(relevant) or len(order) // BATCH % 5 == 0:  # late models hardly differ
            model = LogisticRegression(class_weight="balanced", solver="liblinear").fit(X[order], relevant[order])
        p = model.predict_proba(X[left])[:, 1]
        expects[len(order)] = float(p.sum()), float((p * (1 - p)).sum())
        best = np.argsort(-p, kind="stable")[:BATCH]
        order += left[best].tolist()
        left = np.delete(left, best)
    return np.array(order), expects


def stops(
    relevant: Any, order: Any, expects: dict[int, tuple[float, float]], rng: np.random.Generator
) -> Iterator[Any]:
    """Where each rule stops a search, and what share of the relevant items is found by then.

    The order is the strategy's. A tenth of each batch is drawn blindly for the rules that need it. `recall_bound`
    searches until nothing turned up in a row, and then draws.
    """
    n, total = len(relevant), int(relevant.sum())
    mixed, chances = _mixed(order, rng)
    orders = {name: mixed if name in ("safe", "autostop") else order for name in RULES if name not in PROVEN}
    for name, way in orders.items():
        found = relevant[way]
        drawn = chances if way is mixed else np.full(n, np.nan)
        for at in range(BATCH * 2, n + BATCH, BATCH):
            at = min(at, n)
            near = max((each for each in expects if each <= at), default=None)
            expected = expects[near] if near is not None else (None, None)
            seen = Screened(n, found[:at], drawn[:at], *expected)
            if at == n or RULES[name].verdict([], SPENT, Evidence(searches={"yes": seen})).stop:
                yield name, found[:at].sum() / total, at / n
                break
    found = relevant[order]
    switch = _switch(found, n)
    rest = rng.permutation(order[switch:])
    found = np.r_[found[:switch], relevant[rest]]
    drawn = np.r_[np.full(switch, np.nan), 1 / (n - switch - np.arange(n - switch))]
    for name in PROVEN:
        for at in range(min(switch + BATCH, n), n + BATCH, BATCH):
            at = min(at, n)
            seen = Screened(n, found[:at], drawn[:at])
            if at == n or RULES[name].verdict([], SPENT, Evidence(searches={"yes": seen})).stop:
                yield name, found[:at].sum() / total, at / n
                break


def rows(folder: Path, runs: int) -> Iterator[dict[str, Any]]:
    """What became of each rule's searches, on simulated pools and on reviews."""
    for kind in ("ranked", "hidden"):
        results: list[Any] = []
        for number in range(max(runs // 10, 2)):
            relevant, score = simulated(kind, number)
            results += stops(relevant, np.argsort(-score), {}, generator(number, "draws", kind))
        yield from _told(kind, results)
    for path in sorted(folder.glob("asreview_*/*.csv.gz")):
        texts, relevant = review(path)
        results = []
        for seed in range(min(GREEDY_RUNS, max(runs // 200, 1))):
            order, expects = greedy(texts, relevant, seed)
            results += stops(relevant, order, expects, generator(seed, "draws", path.name))
        yield from _told(path.name.split(".")[0], results)


def _told(pool: str, results: list[Any]) -> Iterator[dict[str, Any]]:
    for name in RULES:
        mine = [(recall, read) for rule, recall, read in results if rule == name]
        if name == "quant_ci" and pool in ("ranked", "hidden"):
            continue  # no model expects anything there
        goal = LESS if name == "recall_bound_of_less" else RECALL
        recalls = np.array([recall for recall, _ in mine])
        yield {
            "what": "search",
            "pool": pool,
            "rule": name,
            "certified": name in PROVEN,
            "recall": goal,
            "promised": CONFIDENCE,
            "runs": len(mine),
            "reached": float((recalls >= goal).mean()),
            "mean_recall": float(recalls.mean()),
            "read": float(np.mean([read for _, read in mine])),
        }


def _switch(found: Any, n: int) -> int:
    """When to draw: after so many in a row without one, once a tenth was read."""
    empty = 0
    for at, hit in enumerate(found.tolist(), start=1):
        empty = 0 if hit else empty + 1
        if empty >= EMPTY and at >= n // 10:
            return at
    return len(found)


def _mixed(order: Any, rng: np.random.Generator) -> tuple[Any, Any]:
    """The order with one of each ten drawn blindly from what the nine leave, and the chances."""
    left, n = list(order), len(order)
    way, chances = [], []
    while left:
        picked, left = left[: BATCH - 1], left[BATCH - 1 :]
        way += picked
        chances += [np.nan] * len(picked)
        if left:
            chances.append(1 / (n - len(way)))
            way.append(left.pop(int(rng.integers(len(left)))))
    return np.array(way), np.array(chances)
