"""Data sets on which active learning was measured in full, and random parts of them on which advice can be tried.

What is known of a set was settled before any advice was looked at: it is "worth it" where the area of `auto` beats that
of random with p <= 0.05 over paired seeds and random needs at least 1.25 times the labels; it is "not" where random's
curve is flat, or the labels are at most 1.1 times as many; anything between is not known, and no test of advice.

Sets of `benchmarks/results/labels.json` are taken from there; the others are measured here in the same way, kept in a
folder, and not measured again.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kept import ROOT
from benchmarks.labels import bench, choosers, data
from benchmarks.labels.data import Budget, DataSet
from benchmarks.labels.features import features, text_encoder
from benchmarks.labels.summary import aubc, saving, wilcoxon
from querist.core.checks import Array
from querist.core.items import Columns, take
from querist.core.rng import generator
from querist.simulation import Labeled, labeled

KEPT = ROOT / "bench-results" / "advice"
PUBLISHED = ROOT / "benchmarks" / "results" / "labels.json"
SEEDS = 10
STRATEGY = "auto"
PART, PART_OF_CLASS = 400, 12  # labels of a part, and for each class; half of a set that has not twice as many
WORTH, NOT_WORTH, ALPHA = 1.25, 1.1, 0.05
FLAT = 0.005  # what random gains with the last half of its budget, at most, on a curve that is called flat
MOST_ITEMS = 9000
ERRORS = "_errors"
SMALL = Budget(10, 10, 250)


@dataclass(frozen=True, slots=True)
class Known:
    """What full measurements of a set say.

    Parameters
    ----------
    name : str
    ratio : float or None
        Labels random needs over labels `auto` needs, to 95 % of what random gained; 1 where it gained nothing.
    p : float
        Of the difference in area, paired over seeds.
    gained : float
        What random gained with the last half of its budget.
    answer : {"worth it", "not", "unknown"}
    learns : bool
        Whether random gained more than twice its standard error over the whole budget.
    """

    name: str
    ratio: float | None
    p: float
    gained: float
    answer: str
    learns: bool


def known(name: str, folder: Path) -> Known:
    """What is known of a set."""
    published = _published()
    if name in published:
        of = published[name]["strategies"]
        ratio, p = of[STRATEGY]["saving"][1]["ratio"], of[STRATEGY]["vs_random"]["p"]
        at, mean, errors = (of["random"][key] for key in ("labels", "mean", "standard_error"))
    else:
        runs = _measured(name, folder)
        at = runs["labels"]
        random, ours = np.array(runs["random"]), np.array(runs[STRATEGY])
        mean, errors = random.mean(axis=0).tolist(), (random.std(axis=0, ddof=1) / np.sqrt(len(random))).tolist()
        ratio = saving((at, ours.mean(axis=0).tolist()), (at, mean))[1]["ratio"]
        p = wilcoxon([aubc(at, a) - aubc(at, b) for a, b in zip(ours.tolist(), random.tolist(), strict=True)])
    law = np.maximum.accumulate(mean)
    gained = float(law[-1] - np.interp(at[-1] / 2, at, law))
    learns = mean[-1] - mean[0] > 2 * np.hypot(errors[0], errors[-1])
    if not learns:
        ratio = 1.0
    if not learns or gained < FLAT or (ratio is not None and ratio <= NOT_WORTH) or ratio is None:
        answer = "not"
    else:
        answer = "worth it" if p <= ALPHA and ratio >= WORTH else "unknown"
    return Known(name, ratio, p, gained, answer, bool(learns))


def part(name: str, draw: int, folder: Path) -> Labeled:
    """A random part of a set, labeled, by the same features and for the same learner as the whole was measured with."""
    whole = load(name, folder)
    wanted = max(PART, PART_OF_CLASS * len(whole.classes))
    n = wanted if len(whole) >= 2 * wanted else len(whole) // 2
    rows = np.sort(generator(draw, "part", name).choice(len(whole), n, replace=False))
    if isinstance(whole.items, list):
        few = replace(whole, items=take(whole.items, rows), y=whole.y[rows])
        encoder, every = text_encoder(None), np.arange(n)
        made = features(few, every, every[:1], setting="linear", encoder=encoder, seed=draw)
    else:
        made = features(whole, rows, rows[:1], setting="linear", encoder=None, seed=draw)
    y = [whole.classes[code] for code in whole.y[rows]]
    return labeled(np.asarray(made.pool), y, classes=sorted(set(y)), name=name)


def kin(name: str) -> set[str]:
    """The set itself, and what was made of it or it was made of: none of them may be heard when it is tried.

    Examples
    --------
    >>> sorted(kin("phoneme_errors"))
    ['phoneme', 'phoneme_errors']
    """
    clean = name.removesuffix(ERRORS)
    return {clean, clean + ERRORS}


def metric_of(name: str, folder: Path) -> str:
    """What the set is judged by."""
    return load(name, folder).metric


@cache
def load(name: str, folder: Path) -> DataSet:
    """A set, of `benchmarks.labels.data` or of those here.

    Raises
    ------
    Missing
        If a file of it is not there.
    """
    if name in data.SETS:
        return data.load(name, folder)
    items, labels = OTHERS[name](folder)
    classes = tuple(sorted(set(labels)))
    y = np.array([classes.index(label) for label in labels], dtype=np.int64)
    if len(y) > MOST_ITEMS:
        rows = np.sort(generator(0, "cut", name).choice(len(y), MOST_ITEMS, replace=False))
        items, y = take(items, rows), y[rows]
    return DataSet(name, items, y, classes, "accuracy", SMALL)


@cache
def _published() -> dict[str, Any]:
    body = json.loads(PUBLISHED.read_text("utf-8"))
    return {row["set"]: row for row in body["sets"] if row["setting"] == "linear"}


def _measured(name: str, folder: Path) -> dict[str, Any]:
    """Curves of random and `auto`, (n_seeds, n_points) each, from what is kept or measured now."""
    path = KEPT / f"{name}.json"
    if path.is_file():
        return dict(json.loads(path.read_text("utf-8")))
    whole = load(name, folder)
    encoder = text_encoder(None) if isinstance(whole.items, list) else None
    out: dict[str, Any] = {"random": [], STRATEGY: []}
    for seed in range(SEEDS):
        on = bench.bench(whole, seed, setting="linear", encoder=encoder)
        for strategy in ("random", STRATEGY):
            made = bench.run(on, choosers.chooser(strategy, on))
            out["labels"] = made["labels"]
            out[strategy].append(made["scores"][whole.metric])
    KEPT.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(out), "utf-8")
    return out


def _cancer(_: Path) -> tuple[Array, list[str]]:
    from sklearn.datasets import load_breast_cancer

    X, y = load_breast_cancer(return_X_y=True)
    return X, [str(label) for label in y]


def _coin(_: Path) -> tuple[Array, list[str]]:
    """Ten columns of noise, and a coin that knows nothing of them."""
    rng = generator(0, "coin")
    return rng.normal(size=(4000, 10)), [str(v) for v in rng.integers(2, size=4000)]


def _blobs(_: Path) -> tuple[Array, list[str]]:
    """Three clouds far apart: ten labels tell all that there is."""
    rng = generator(0, "blobs")
    y = rng.integers(3, size=3000)
    return rng.normal(size=(3000, 6)) + 8.0 * np.eye(6)[y], [str(v) for v in y]


def _shuffled(name: str) -> Callable[[Path], tuple[Any, list[str]]]:
    """A set whose labels were dealt out anew: their shares are right, and nothing else is."""

    def read(folder: Path) -> tuple[Any, list[str]]:
        true = data.load(name, folder)
        y = generator(0, "shuffled", name).permutation(true.y)
        return true.items, [true.classes[code] for code in y]

    return read


def _arff(file: str) -> Callable[[Path], tuple[Any, list[str]]]:
    """Numbers and words, the class last."""

    def read(folder: Path) -> tuple[Any, list[str]]:
        with zipfile.ZipFile(_there(folder / "weka_small/weka-datasets.zip")) as archive:
            text = archive.read(f"data/{file}.arff").decode("latin-1")
        head, _, body = text.partition("@data")
        numeric = [line.split()[-1].lower() in ("real", "numeric", "integer") for line in _attributes(head)]
        rows = [line.split(",") for line in body.split("\n") if line.count(",") == len(numeric) - 1]
        columns: dict[str, Any] = {
            f"column {j}": np.array([float(row[j]) for row in rows]) if number else [row[j].strip() for row in rows]
            for j, number in enumerate(numeric[:-1])
        }
        return Columns(columns), [row[-1].strip() for row in rows]

    return read


def _attributes(head: str) -> list[str]:
    return [line for line in head.split("\n") if line.lower().startswith("@attribute")]


def _with_errors(name: str, share: float) -> Callable[[Path], tuple[Any, list[str]]]:
    """A set of which a share of the labels, in test set and pool, are another class's."""

    def read(folder: Path) -> tuple[Any, list[str]]:
        clean = data.load(name, folder)
        rng = generator(0, "errors", name)
        step = rng.integers(1, len(clean.classes), size=len(clean)) * (rng.random(len(clean)) < share)
        return clean.items, [clean.classes[code] for code in (clean.y + step) % len(clean.classes)]

    return read


def _there(path: Path) -> Path:
    if not path.is_file():
        raise data.Missing(f"{path} is not there")
    return path


OTHERS: dict[str, Callable[[Path], tuple[Any, list[str]]]] = {
    "breast_cancer": _cancer,
    "coin": _coin,
    "diabetes": _arff("diabetes"),
    "credit_g": _arff("credit-g"),
    "blobs": _blobs,
    "phoneme_shuffled": _shuffled("phoneme"),
    "phoneme_errors": _with_errors("phoneme", 0.35),
}
