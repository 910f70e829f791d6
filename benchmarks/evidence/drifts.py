"""How often a look for drift alarms where nothing has changed, how often it finds what has, and how soon ADWIN does.

A look is at two samples of items of two classes, at the answers of a model that was fitted on other items of the old
kind, and at its errors. Beside the family of checks stands what is mostly done: a test on each feature and score at
5 %.
Detectors are held against river's on the same errors, where river is installed; and on two real streams, whose changes
nobody has marked, both are shown for what they do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.labels.data import FOLDER
from querist.core.rng import generator
from querist.metrics import (
    Adwin,
    PageHinkley,
    confidence_check,
    error_check,
    field_check,
    input_checks,
    judge,
    share_check,
    watched_check,
)

RUNS = 1000
POWER_RUNS = 200
STREAM_RUNS = 300
LEVEL = 0.05
N, N_DIMS = 300, 10
PERMUTATIONS = 499
FOUND = 0.8  # of looks, for the drifts that are said to be found
SHARE_SMALL = 3.0  # Monte Carlo standard errors that a measured share may lie above the one promised
STREAM, CHANGE = 4000, 2000
STREAMS = {"elec2": "elec.csv.gz", "weather_stream": "weather.csv.gz"}
LEARNED = 2000


@dataclass(frozen=True)
class World:
    """Two kinds of items, the old and the new: by how much the new ones differ, and in what."""

    name: str
    shift: float = 0.0  # of one feature, in standard deviations
    share: float = 0.0  # added to that of the second class, 0.4
    turned: float = 0.0  # answers that are the other way round
    skewed: bool = False
    must_find: bool = False


WORLDS = (
    World("nothing"),
    World("nothing, skewed and tied", skewed=True),
    World("one feature of ten by 0.3", shift=0.3),
    World("one feature of ten by 0.6", shift=0.6, must_find=True),
    World("share of a class 40 to 50 %", share=0.1),
    World("share of a class 40 to 60 %", share=0.2, must_find=True),
    World("one answer in ten turned", turned=0.1),
    World("one answer in four turned", turned=0.25, must_find=True),
)


def sample(world: World, new: bool, rng: np.random.Generator) -> tuple[Any, Any]:
    """Features and answers of so many items."""
    y = (rng.random(N) < 0.4 + new * world.share).astype(np.int64)
    X = rng.normal(size=(N, N_DIMS)) + 0.6 * y[:, None]
    X[:, 0] += new * world.shift
    if world.skewed:
        X = np.exp(X).round(1)
    return X, np.where(rng.random(N) < new * world.turned, 1 - y, y)


def look(world: World, seed: int) -> tuple[Any, bool]:
    """All checks of one look, and whether any of the tests as they are mostly done alarms."""
    from sklearn.linear_model import LogisticRegression

    rng = generator(seed, "evidence", "drifts", world.name)
    model = LogisticRegression(max_iter=1000).fit(*sample(world, False, rng))
    (X, y), (X_new, y_new) = sample(world, False, rng), sample(world, True, rng)
    probs, probs_new = model.predict_proba(X), model.predict_proba(X_new)
    guess, guess_new = probs.argmax(axis=1), probs_new.argmax(axis=1)
    errors = np.concatenate([guess != y, guess_new != y_new]).astype(np.float64)
    fields = [{f"x{j}": rows[:, j] for j in range(N_DIMS)} for rows in (X, X_new)]
    checks = [
        *input_checks(X, X_new, rng=rng, n_permutations=PERMUTATIONS),
        field_check(*fields),
        confidence_check(probs.max(axis=1), probs_new.max(axis=1)),
        share_check(guess, guess_new, ("a", "b"), name="predicted_classes"),
        share_check(y, y_new, ("a", "b")),
        error_check(errors, rng=rng, n_permutations=PERMUTATIONS),
        watched_check("adwin", Adwin(), errors),
    ]
    by_feature = [field["p_value"] for field in checks[2].detail["fields"]]
    naive = min(*by_feature, checks[3].p_value or 1.0) <= LEVEL
    return judge(checks, level=LEVEL), naive


def looks(runs: int) -> Iterator[dict[str, Any]]:
    """Each world, looked at so often."""
    for world in WORLDS:
        nothing = not (world.shift or world.share or world.turned)
        n = runs if nothing else min(runs, POWER_RUNS)
        by_check: Counter[str] = Counter()
        alarms = naive = 0
        for seed in range(n):
            judged, plainly = look(world, seed)
            drifted = [check.name for check in judged if check.drifted]
            by_check.update(drifted)
            alarms += bool(drifted)
            naive += plainly
        yield {
            "part": "look",
            "world": world.name,
            "nothing": nothing,
            "must_find": world.must_find,
            "runs": n,
            "alarms": alarms / n,
            "naive_alarms": naive / n,
            "by_check": {name: found / n for name, found in sorted(by_check.items())},
        }


def rivers(name: str, **settings: Any) -> Callable[[], Callable[[float], bool]] | None:
    """River's detector as a function of the next error, or None where river is not installed."""
    try:
        from river import drift
    except ImportError:
        return None

    def make() -> Callable[[float], bool]:
        detector = getattr(drift, name)(**settings)

        def update(error: float) -> bool:
            detector.update(error)
            return bool(detector.drift_detected)

        return update

    return make


def detectors() -> dict[str, Callable[[], Callable[[float], bool]]]:
    """What watches, each anew."""
    found: dict[str, Callable[[], Callable[[float], bool]] | None] = {
        "adwin": lambda: Adwin(rises_only=False).update,
        "river's adwin": rivers("ADWIN"),
        "page-hinkley": lambda: PageHinkley().update,
        "river's page-hinkley": rivers("PageHinkley", mode="up"),
    }
    return {name: make for name, make in found.items() if make is not None}


def delays(runs: int) -> Iterator[dict[str, Any]]:
    """An error rate of 10 % that rises after 2,000 errors, to each detector."""
    for later in (0.1, 0.15, 0.2, 0.3):
        streams = [
            generator(seed, "evidence", "drifts", "errors").random(STREAM) < np.repeat([0.1, later], CHANGE)
            for seed in range(runs)
        ]
        first = {name: np.array([_first(make(), errors) for errors in streams]) for name, make in detectors().items()}
        for name, at in first.items():
            after = at[(at >= CHANGE) & np.isfinite(at)] - CHANGE
            yield {
                "part": "detector",
                "detector": name,
                "error": 0.1,
                "later": later,
                "runs": runs,
                "false_alarms": float(np.mean(at < (STREAM if later == 0.1 else CHANGE))),
                "found": None if later == 0.1 else float(len(after) / runs),
                "median_delay": None if later == 0.1 or not len(after) else float(np.median(after)),
                # Of the streams, those in which river's alarmed and ours later or not at all.
                "later_than_rivers": float(np.mean(at > first[beside]))
                if (beside := f"river's {name}") in first
                else None,
            }


def _first(update: Callable[[float], bool], errors: Any) -> float:
    """The first error at which a detector alarms, or infinity."""
    return next((float(at) for at, error in enumerate(errors.tolist()) if update(float(error))), np.inf)


def real(folder: Path) -> Iterator[dict[str, Any]]:
    """Two streams: a model of the first 2,000 items, never fitted again, its errors watched; and a look at the rest."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    for name, file in STREAMS.items():
        path = folder / name / file
        if not path.exists():
            continue
        table = np.loadtxt(path, delimiter=",", skiprows=1)
        X, y = table[:, :-1], table[:, -1].astype(np.int64)
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(X[:LEARNED], y[:LEARNED])
        errors = (model.predict(X[LEARNED:]) != y[LEARNED:]).astype(np.float64)
        # One item in twenty is labeled, blindly: what a random share would tell.
        some = np.flatnonzero(generator(0, "evidence", "drifts", name).random(len(errors)) < 0.05)
        rng = generator(0, "evidence", "drifts", name, "look")
        half = LEARNED + len(errors) // 2
        checks = judge(
            [
                *input_checks(X[LEARNED:half], X[half:], rng=rng),
                error_check(errors[some], rng=rng),
                watched_check("adwin", Adwin(), errors[some]),
            ]
        )
        row: dict[str, Any] = {
            "part": "real",
            "set": name,
            "n_items": len(errors),
            "n_labels": len(some),
            "error_first_half": float(errors[: half - LEARNED].mean()),
            "error_second_half": float(errors[half - LEARNED :].mean()),
            "drifted": [check.name for check in checks if check.drifted],
            "sentences": [check.sentence for check in checks],
        }
        for which, make in detectors().items():
            update = make()
            row[which] = sum(update(error) for error in errors.tolist())
        yield row


def holds(row: dict[str, Any]) -> bool:
    """Whether a row is as we say: no more false alarms than promised, what is said to be found found, never later."""
    if row["part"] == "look" and row["nothing"]:
        return bool(row["alarms"] <= LEVEL + SHARE_SMALL * np.sqrt(LEVEL * (1 - LEVEL) / row["runs"]))
    if row["part"] == "look":
        return not row["must_find"] or row["alarms"] >= FOUND
    return row["part"] == "real" or not row["later_than_rivers"]


def run(folder: Path = FOLDER, runs: int = RUNS) -> list[dict[str, Any]]:
    """Every part, printed as it comes."""
    rows: list[dict[str, Any]] = []
    for row in looks(runs):
        rows.append(row)
        seen = ", ".join(f"{name} {share:.0%}" for name, share in row["by_check"].items() if share >= 0.005)
        said = "" if holds(row) else "  NOT HELD"
        print(
            f"{row['world']:<30} alarms {row['alarms']:6.1%}  naive {row['naive_alarms']:6.1%}  {seen}{said}",
            flush=True,
        )
    for row in delays(min(runs, STREAM_RUNS)):
        rows.append(row)
        found = "" if row["found"] is None else f"found {row['found']:.1%} after {row['median_delay']} (median)"
        said = "" if holds(row) else "  NOT HELD"
        print(
            f"{row['detector']:<22} 0.10 to {row['later']:.2f}  false {row['false_alarms']:.1%}  {found}{said}",
            flush=True,
        )
    for row in real(folder):
        rows.append(row)
        print(
            f"{row['set']}: error {row['error_first_half']:.3f}, then {row['error_second_half']:.3f}; "
            f"drifted: {', '.join(row['drifted']) or 'none'}; alarms on all errors: "
            + ", ".join(f"{name} {row[name]}" for name in detectors()),
            flush=True,
        )
    return rows
