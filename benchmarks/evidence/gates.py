"""How often a gate lets through a model that loses the margin, and how soon one that does not.

Online: paired outcomes come one after another, and somebody looks every 50, up to 3,000. Beside the e-process stands
the test that is made at each look as if it were the only one. Offline: a test set is drawn, and the gate decides once;
beside it stand the normal test and the rule "its accuracy is no lower".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy

from querist.core.gate import GateRules
from querist.core.rng import generator
from querist.metrics.exact import p_at_most
from querist.metrics.gate import gate
from querist.metrics.paired import paired_in_pool
from querist.metrics.resampled import paired_metric
from querist.metrics.wealth import log_wealth

RUNS = 1000
LEVEL = 0.95
MARGIN = 0.02
DIFFERING = 0.3  # of the items: the models' accuracies may be 0.75 and 0.75, and be so on different items
N_ONLINE, EVERY = 3000, 50
SHARE_SMALL = 3.0  # Monte Carlo standard errors that a measured share may lie above the one promised
N_BOOT = 500


@dataclass(frozen=True)
class Looked:
    """What became of each run: whether it was open at a look, at which outcome, and what a repeated test would say."""

    opened: Any
    opened_at: Any
    by_repeated_test: Any


def differences(difference: float, runs: int, n: int, *, seed: int, differing: float = DIFFERING) -> Any:
    """Paired outcomes (runs, n): 1 where only the new model is right, -1 where only the old one."""
    u = generator(seed, "evidence", "gates", str(difference)).random((runs, n))
    better = (differing + difference) / 2
    return np.where(u < better, 1.0, np.where(u < differing, -1.0, 0.0))


def looked_at(d: Any, *, margin: float = MARGIN, level: float = LEVEL, every: int = EVERY) -> Looked:
    """The e-process and the repeated test, looked at every so many outcomes."""
    open_then = log_wealth((d + 1) / 2, (1 - margin) / 2) >= -np.log(1 - level)
    at = np.where(open_then.any(axis=1), open_then.argmax(axis=1) + 1.0, np.inf)
    looks = np.arange(every, d.shape[1] + 1, every)
    mean = np.cumsum(d, axis=1)[:, looks - 1] / looks
    spread = np.sqrt(np.maximum(np.cumsum(d * d, axis=1)[:, looks - 1] / looks - mean**2, 1e-12) / looks)
    repeated = (mean + margin) / spread > scipy.special.ndtri(level)
    return Looked(open_then[:, looks - 1].any(axis=1), at, repeated.any(axis=1))


def online(runs: int) -> list[dict[str, Any]]:
    """At the margin, at no difference, and where the new model is better."""
    rows = []
    for difference in (-MARGIN, 0.0, 0.03, 0.06):
        found = looked_at(differences(difference, runs, N_ONLINE, seed=0))
        rows.append(
            {
                "gate": "online",
                "difference": difference,
                "n": N_ONLINE,
                "opens": float(found.opened.mean()),
                "median_at": float(np.median(found.opened_at)) if found.opened.mean() > 0.5 else None,
                "other": float(found.by_repeated_test.mean()),
                "other_rule": "a test at every look",
            }
        )
    return rows


def offline(runs: int) -> list[dict[str, Any]]:
    """The exact paired test on one test set, beside the rule that the accuracy be no lower."""
    rows = []
    for n, differing, margin in ((200, 0.1, MARGIN), (200, 0.1, 0.05), (1000, 0.1, MARGIN), (1000, DIFFERING, MARGIN)):
        for difference in (-margin, 0.0, margin):
            d = differences(difference, runs, n, seed=1, differing=differing)
            better, worse = (d > 0).sum(axis=1), (d < 0).sum(axis=1)
            opens = [
                p_at_most(b, c, n, -margin) <= 1 - LEVEL for b, c in zip(better.tolist(), worse.tolist(), strict=True)
            ]
            mean, spread = d.mean(axis=1), np.maximum(d.std(axis=1), 1e-9) / np.sqrt(n)
            rows.append(
                {
                    "gate": "offline",
                    "margin": margin,
                    "differing": differing,
                    "difference": difference,
                    "n": n,
                    "opens": float(np.mean(opens)),
                    "normal": float(np.mean(mean + margin > scipy.special.ndtri(LEVEL) * spread)),
                    "other": float(np.mean(better >= worse)),
                    "other_rule": "accuracy no lower",
                }
            )
    return rows


def parts(runs: int) -> list[dict[str, Any]]:
    """The whole gate, where one class of four loses five points and the others win two; and where nothing is lost."""
    rules = GateRules(margin=MARGIN, part_margin=0.05, level=LEVEL)
    sizes = {"a": 900, "b": 400, "c": 400, "d": 300}
    classes = [name for name, size in sizes.items() for _ in range(size)]
    cohorts = {"shop": ["north" if i % 2 else "south" for i in range(len(classes))]}
    rows = []
    for what, loses in (("one class of four loses 5 points", "d"), ("nothing is lost", "")):
        opens, naive = [], []
        for number in range(runs):
            rng = generator(number, "evidence", "gates", what)
            old, new = np.ones(len(classes)), np.ones(len(classes))
            at = 0
            for name, size in sizes.items():
                better, worse = (0.0, 0.05) if name == loses else (0.04, 0.02) if loses else (0.02, 0.02)
                u = rng.random(size)
                old[at : at + size][u < better] = 0
                new[at : at + size][(u >= better) & (u < better + worse)] = 0
                at += size
            opens.append(gate(new, old, classes=classes, cohorts=cohorts, rules=rules).opens)
            naive.append(new.mean() >= old.mean())
        rows.append(
            {
                "gate": "parts",
                "what": what,
                "difference": -0.05 if loses else 0.0,
                "n": len(classes),
                "opens": float(np.mean(opens)),
                "other": float(np.mean(naive)),
                "other_rule": "accuracy no lower",
            }
        )
    return rows


def resampled(runs: int) -> list[dict[str, Any]]:
    """Macro-F1 by the bootstrap, at the margin: three classes, of which the rarest holds one item in ten."""
    shares, right = np.array([0.6, 0.3, 0.1]), np.array([0.85, 0.75, 0.6])
    margin = 0.05

    def f1(rates: Any) -> float:
        confusion = np.diag(shares * rates) + (shares * (1 - rates) / 2)[:, None] * (1 - np.eye(3))
        return float(np.mean(2 * np.diag(confusion) / (confusion.sum(axis=0) + confusion.sum(axis=1))))

    low, high = 0.0, 0.3
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if f1(right) - f1(right - middle) < margin else (low, middle)
    rows = []
    for n in (200, 600):
        opens = []
        for number in range(runs):
            rng = generator(number, "evidence", "gates", "macro", n)
            y = rng.choice(3, n, p=shares)
            u = rng.random(n)
            same = np.where(rng.random(n) < 0.7, u, rng.random(n))
            wrong = (y + rng.integers(1, 3, n)) % 3
            old, new = np.where(u < right[y], y, wrong), np.where(same < (right - low)[y], y, wrong)
            eye = np.eye(3)
            found = paired_metric("macro_f1", y, eye[new], eye[old], margin=margin, level=LEVEL, n_boot=N_BOOT, rng=rng)
            opens.append(found.p_no_loss <= 1 - LEVEL)
        rows.append(_at_margin("macro-F1", n, -margin, opens))
    return rows


def pool(runs: int) -> list[dict[str, Any]]:
    """With unlabeled items beside the labeled ones, at the margin."""
    n, n_items, margin = 400, 4000, 0.05
    opens, widths = [], []
    for number in range(runs):
        rng = generator(number, "evidence", "gates", "pool")
        differ = rng.random(n_items) < DIFFERING
        chance = rng.beta(0.5, 0.5 * (DIFFERING + margin) / (DIFFERING - margin), n_items)
        d = np.where(differ, np.where(rng.random(n_items) < chance, 1.0, -1.0), 0.0)
        rows = rng.choice(n_items, n, replace=False)
        found = paired_in_pool(d[rows], rows, np.where(differ, 2 * chance - 1, 0.0), margin=margin, level=LEVEL)
        opens.append(found.p_no_loss <= 1 - LEVEL)
        widths.append((found.high - found.low) / (2 * 1.645 * d[rows].std() / np.sqrt(n)))
    return [_at_margin("with unlabeled", n, -margin, opens) | {"width": float(np.mean(widths))}]


def _at_margin(name: str, n: int, difference: float, opens: list[Any]) -> dict[str, Any]:
    return {"gate": name, "difference": difference, "n": n, "opens": float(np.mean(opens)), "runs": len(opens)}


def holds(row: dict[str, Any]) -> bool:
    """Whether a losing model is let through as seldom as promised, and a better one comes through."""
    if row["gate"] == "online":
        if row["difference"] < 0:
            return bool(row["opens"] <= 1 - LEVEL and row["other"] > 3 * (1 - LEVEL))
        return bool(row["difference"] < 0.03 or row["opens"] >= 0.95)
    if row["difference"] < 0:
        slack = SHARE_SMALL * np.sqrt((1 - LEVEL) * LEVEL / row["runs"])
        return bool(row["opens"] <= 1 - LEVEL + slack)
    return True


def run(runs: int = RUNS) -> list[dict[str, Any]]:
    """Every gate, printed as it comes."""
    rows = []
    wanted: list[tuple[Callable[[int], list[dict[str, Any]]], int]] = [
        (online, runs),
        (offline, runs),
        (parts, max(runs // 5, 1)),
        (resampled, runs),
        (pool, runs),
    ]
    for measure, n_runs in wanted:
        for row in measure(n_runs):
            row.setdefault("runs", n_runs)
            rows.append(row)
            beside = f"  {row['other_rule']}: {row['other']:.3f}" if "other" in row else ""
            at = f"  median at {row['median_at']:.0f}" if row.get("median_at") is not None else ""
            print(
                f"{row['gate']:<15} difference {row['difference']:+.3f}  n {row['n']:>5}  "
                f"opens {row['opens']:.3f}{at}{beside}" + ("" if holds(row) else "  NOT HELD"),
                flush=True,
            )
    return rows
