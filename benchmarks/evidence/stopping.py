"""Whether certified rules keep their promise at every look, what that costs, and what the others are worth.

Projects are simulated whose models come close to the target without reaching it, so that every stop breaks the promise.
Labels are counted that prove a model good enough: drawn by doubt, drawn blindly, and in a test set planned in advance
by one who knows the truth. Searches are run on simulated pools and on reviews of which all is known.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from benchmarks.evidence import estimates, search
from querist.core.rng import generator
from querist.loop.certificate import Draws, best_share, chances_by_doubt, draw, recalibrated
from querist.loop.stopping.search import at_most

PROJECTS = 1000
BROKEN = 0.05
N_ITEMS = 5000
MODELS = (2.5, 1.6, 1.25, 1.02)  # how often each of a project's models is wrong, as multiples of the target
DRAWN = (100, 100, 150, 500)  # to certify each of them
DRAWN_AT_ONCE = 100
FACTORS = (1.25, 1.5, 2.0, 4.0)  # of the true rate that is to be proven
POWER = 0.9  # of the test set that is planned in advance
KINDS = ("calibrated", "blind", "sharp")


def pool(kind: str, rng: np.random.Generator, n: int = N_ITEMS) -> tuple[Any, Any]:
    """How likely a model thinks itself wrong about each item, and how likely it is."""
    if kind == "sharp":  # it knows where it is weak
        hard = rng.random(n) < 0.15
        chance = np.where(hard, 0.42, 0.008)
        return np.clip(chance * np.exp(0.3 * rng.normal(size=n)), 0.001, 0.6), chance
    doubt = np.minimum(1 - rng.beta(8, 0.75, n), 0.5)
    if kind == "calibrated":
        return doubt, doubt
    return doubt, np.where(rng.random(n) < 0.03, 0.6, 0.8 * doubt)  # blind: sure of what it is mostly wrong about


def by_doubt(
    doubt: Any, losses: Any, n: int, rng: np.random.Generator, target: float, looks: int, *, until_proven: bool = False
) -> tuple[Draws, Any]:
    """Draws as `querist ask --certify -n 100` makes them again and again, and which items they are."""
    left, drawn = np.arange(len(doubt)), np.array([], dtype=np.int64)
    kept: list[list[Any]] = [[], [], [], []]
    while True:
        u = recalibrated(doubt[left], doubt[drawn], losses[drawn])
        picked = draw(chances_by_doubt(u, best_share(u, target)), min(DRAWN_AT_ONCE, n - len(drawn)), rng)
        expected = u[picked.places]
        rest = (u.sum() - np.cumsum(expected) + expected).clip(0.0)
        for one, values in zip(kept, (expected, rest, picked.chances, picked.least), strict=True):
            one.append(values)
        drawn = np.r_[drawn, left[picked.places]]
        left = np.delete(left, picked.places)
        draws = Draws(len(doubt), losses[drawn], *map(np.concatenate, kept), looks)
        if len(drawn) >= n or (until_proven and needed(draws, target) <= len(drawn)):
            return draws, drawn


def project(kind: str, number: int) -> tuple[bool, bool, bool, bool]:
    """One project: whether its bound, its stop, and the stops of two that look at intervals and batches, were wrong."""
    rng = generator(number, "project", kind)
    doubt, chance = pool(kind, rng, 2500)
    target = 0.08
    chance = chance * target / chance.mean()
    bound = stop = interval = batch = False
    left, blind = np.arange(len(doubt)), rng.permutation(len(doubt))[:600]
    for looks, (scale, n) in enumerate(zip(MODELS, DRAWN, strict=True), start=1):
        losses = (rng.random(len(doubt)) < np.minimum(chance * scale, 0.95)).astype(float)
        # A model that happens to be good enough is no occasion to break a promise: make it just not so.
        while losses[left].mean() <= target or losses.mean() <= target:
            losses[rng.choice(left[losses[left] == 0])] = 1.0
        draws, at = by_doubt(doubt[left], losses[left], n, rng, target, looks)
        needed = -math.log(draws.share(BROKEN))
        truth = float(losses[left].mean())
        bound |= bool((draws.wealth(truth, target=target) >= needed).any())
        stop |= bool((draws.wealth(target) >= needed).any())
        left = np.delete(left, at)
        wrong = losses[blind]
        # Of a test set that grows to 600 the interval of this model is looked at after each label.
        k, m = np.cumsum(wrong), np.arange(1, len(wrong) + 1)
        upper = scipy.special.betaincinv(k + 1, np.maximum(m - k, 1e-9), 1 - BROKEN)
        interval |= bool((upper[29:] <= target).any())
        batch |= bool((np.convolve(wrong, np.ones(50), mode="valid") / 50 <= target / 2).any())
    return bound, stop, interval, batch


def promises(n_projects: int = PROJECTS) -> Iterator[dict[str, Any]]:
    """How often promises are broken, over projects none of whose models is good enough."""
    for kind in KINDS:
        found = np.array([project(kind, number) for number in range(n_projects)]).mean(axis=0)
        names = ("bound_broken", "stop_broken", "interval_broken", "batch_broken")
        yield {
            "what": "promise",
            "pool": kind,
            "projects": n_projects,
            "promised": BROKEN,
            **dict(zip(names, found.tolist(), strict=True)),
        }


def planned(n_items: int, n_wrong: int, target: float, broken: float) -> int:
    """Labels of the least blind test set that proves the target in nine of ten draws, planned by who knows the truth.

    One look, after the last label; exact, without replacement. `broken` is how often the proof may be wrong.
    """
    least = math.floor(target * n_items) + 1
    for n in range(20, n_items, 10):
        k = np.arange(0, n + 1)[: int(target * n) + 2]
        allowed = np.flatnonzero(at_most(k, n_items, least, n) <= broken)
        if len(allowed) and at_most(int(k[allowed[-1]]), n_items, n_wrong, n) >= POWER:
            return n
    return n_items


def needed(draws: Draws, target: float) -> int:
    """Labels until the target is proven; one more than there are where it is not."""
    proven = np.flatnonzero(draws.wealth(target) >= -math.log(draws.share(BROKEN)))
    return int(proven[0]) + 1 if len(proven) else len(draws) + 1


def saving(name: str, doubt: Any, losses: Any, factor: float, repeats: int) -> dict[str, Any]:
    """Labels that prove a pool's rate to be below a multiple of the truth."""
    truth = float(losses.mean())
    target = factor * truth
    counted: dict[str, list[int]] = {"by_doubt": [], "blindly": []}
    for number in range(repeats):
        rng = generator(number, "saving", name)
        counted["by_doubt"].append(
            needed(by_doubt(doubt, losses, len(losses), rng, target, 1, until_proven=True)[0], target)
        )
        counted["blindly"].append(needed(Draws.uniform(len(losses), losses[rng.permutation(len(losses))]), target))
    means = {each: float(np.mean(values)) for each, values in counted.items()}
    plan = planned(len(losses), int(losses.sum()), target, Draws.uniform(len(losses), []).share(BROKEN))
    return {
        "what": "labels",
        "pool": name,
        "n_items": len(losses),
        "truth": truth,
        "target": target,
        "factor": factor,
        "repeats": repeats,
        **means,
        "planned": plan,
        "ratio_blind": means["blindly"] / means["by_doubt"],
        "ratio_planned": plan / means["by_doubt"],
    }


def savings(folder: Path, repeats: int) -> Iterator[dict[str, Any]]:
    """Simulated pools, and real ones with a model that learned 300 of their items."""
    for kind in KINDS:
        rng = generator(1, "pool", kind)
        doubt, chance = pool(kind, rng)
        losses = (rng.random(len(doubt)) < 0.6 * chance).astype(float)
        for factor in FACTORS:
            yield saving(kind, doubt, losses, factor, repeats)
    for real in estimates.real(folder):
        losses = (real.probs.argmax(axis=1) != real.y).astype(float)
        for factor in FACTORS:
            if factor * losses.mean() < 0.9:
                yield saving(real.name, 1 - real.probs.max(axis=1), losses, factor, repeats)


def holds(row: dict[str, Any]) -> bool:
    """Whether a promise is kept, fewer labels are needed, or recall is reached as often as promised.

    Where the target is far above the truth a few dozen blind labels prove it, and nothing beats them: only up to half
    as much again as the truth must drawing by doubt need fewer than the planned test set, and nowhere a sixth more.
    """
    if row["what"] == "promise":
        return max(row["bound_broken"], row["stop_broken"]) <= row["promised"]
    if row["what"] == "labels":
        fewer = row["by_doubt"] < row["planned"] or row["factor"] > 1.5
        return bool(fewer and row["by_doubt"] < 7 / 6 * min(row["blindly"], row["planned"]))
    return not row["certified"] or row["reached"] >= row["promised"] - 3 * search.error(row)


def naive_fails(row: dict[str, Any]) -> bool:
    """Whether the rules that look again and again break their promise in the same projects."""
    return row["what"] != "promise" or min(row["interval_broken"], row["batch_broken"]) > row["promised"]


def run(folder: Path, n_projects: int = PROJECTS) -> list[dict[str, Any]]:
    """Every figure, printed as it comes."""
    rows = []
    for row in (*promises(n_projects), *savings(folder, max(n_projects // 10, 2)), *search.rows(folder, n_projects)):
        rows.append(row)
        print(_line(row) + ("" if holds(row) else "  NOT HELD"), flush=True)
    return rows


def _line(row: dict[str, Any]) -> str:
    if row["what"] == "promise":
        return (
            f"{row['pool']:<14} promise broken by the bound {row['bound_broken']:.3f}, by its stop "
            f"{row['stop_broken']:.3f} (at most {row['promised']}); by an interval looked at again "
            f"{row['interval_broken']:.3f}, by a lucky batch {row['batch_broken']:.3f}"
        )
    if row["what"] == "labels":
        return (
            f"{row['pool']:<14} {row['truth']:.3f} wrong, {row['target']:.3f} to prove: by doubt "
            f"{row['by_doubt']:5.0f}  blindly {row['blindly']:5.0f} ({row['ratio_blind']:.2f})  "
            f"planned {row['planned']:5d} ({row['ratio_planned']:.2f})"
        )
    return (
        f"{row['pool']:<24} {row['rule']:<20} recall of {row['recall']:.2f} reached in {row['reached']:.3f} of "
        f"{row['runs']} (mean {row['mean_recall']:.3f})  read {row['read']:.2f}"
    )
