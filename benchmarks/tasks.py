"""Label efficiency where an answer is no class: labels, spans, boxes and numbers, by the product's own studies.

`python -m benchmarks.tasks FOLDER`, where FOLDER holds `emotions_multilabel/`, `wikigold/`, `wnut17/` and
`uci_regression/`; what is not there is skipped, and said to be. It is resumable. The scenes of digits are made up. Each
set is one `querist.simulate` with the task's default learner: the strategies of the task, those that only look at the
items, and `auto`, all from one random first batch.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import kept
from querist.core.evidence import Study
from querist.core.policy import Policy
from querist.formats import open_table
from querist.simulation import digit_scenes, simulate
from querist.simulation.data import Labeled, labeled

DIVERSE = ("k_center", "k_means", "typiclust", "max_herding", "variance_reduction")
NUMBERS = (
    "variance",
    "query_by_variance",
    "expected_model_change",
    "greedy_x",
    "greedy_y",
    "greedy_xy",
    "lcmd",
    "variance_reduction",
    "auto",
)
N_SCENES = 300


@dataclass(frozen=True)
class DataSet:
    """A set, what to try on it, and how far."""

    name: str
    read: Callable[[Path], Labeled | None]
    strategies: tuple[str, ...]
    batch_size: int
    budget: int


def emotions(folder: Path) -> Labeled | None:
    """593 songs of 71 features, and which of six moods each has (Trohidis et al., 2008)."""
    path = folder / "emotions_multilabel" / "music.csv.gz"
    if not path.exists():
        return None
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    values = np.array(rows[1:], dtype=np.float64)
    return labeled(values[:, 6:], values[:, :6].astype(int), task="labels", classes=rows[0][:6], name="emotions")


def conll(*paths: str) -> Callable[[Path], Labeled | None]:
    """Sentences of CoNLL files, and their named entities."""

    def read(folder: Path) -> Labeled | None:
        found = [folder / path for path in paths]
        if not all(path.exists() for path in found):
            return None
        texts, answers = [], []
        for path in found:
            for batch in open_table(path, format="conll").batches():
                texts += batch.columns["text"]
                answers += batch.columns["spans"]
        return labeled(texts, answers, task="spans", name=found[0].parent.name)

    return read


def uci(name: str) -> Callable[[Path], Labeled | None]:
    """A table of the UCI repository, its last column the number to predict."""

    def read(folder: Path) -> Labeled | None:
        path = folder / "uci_regression" / f"{name}.txt.gz"
        if not path.exists():
            return None
        values = np.loadtxt(path, dtype=np.float64)
        return labeled(values[:, :-1], values[:, -1], task="number", name=name)

    return read


def scenes(folder: Path) -> Labeled | None:
    """Synthetic: handwritten digits scattered over noise."""
    X, y = digit_scenes(N_SCENES, rng=np.random.default_rng(0))
    names = tuple("0123456789")
    answers = [[(*box[:4], names[box[4]]) for box in boxes] for boxes in y]
    return labeled(X, answers, task="boxes", classes=names, name="scenes of digits")


SETS = (
    DataSet("emotions", emotions, ("multi_label_uncertainty", "cvirs", "mmc", *DIVERSE, "auto"), 15, 240),
    DataSet(
        "wikigold",
        conll("wikigold/wikigold.conll.txt.gz"),
        ("mnlp", "token_entropy", "sequence_bald", "k_means", "typiclust", "auto"),
        20,
        300,
    ),
    DataSet(
        "wnut17",
        conll("wnut17/wnut17train.conll.gz"),
        ("mnlp", "token_entropy", "sequence_bald", "k_means", "typiclust", "auto"),
        50,
        750,
    ),
    *(DataSet(name, uci(name), NUMBERS, 20, 260) for name in ("concrete", "energy", "kin8nm", "wine-quality-red")),
    DataSet("scenes of digits", scenes, ("box_uncertainty", "k_center", "k_means", "typiclust", "auto"), 10, 120),
)


def policies(names: Sequence[str], batch_size: int) -> dict[str, Policy]:
    """Each strategy bare: a random first batch, no random share, no guard against near copies, no waiting for trust."""
    return {
        name: Policy(name, start="random", batch_size=batch_size, exploration=0.0, near_duplicates=None, trust=False)
        for name in ("random", *names)
    }


def measured(some: DataSet, data: Labeled, study: Study) -> dict[str, Any]:
    """What is kept of a set."""
    curves = {curve.strategy: curve for curve in study.curves if curve.metric == study.metric}
    found: dict[str, dict[str, Any]] = {
        name: {
            "labels": [int(n) for n in curve.n_labels],
            "mean": [round(float(value), 5) for value in curve.mean],
            "final": round(float(curve.mean[-1]), 5),
        }
        for name, curve in curves.items()
    }
    for test in study.comparisons:
        found[test.strategy] |= {
            "area": round(test.difference.value, 5),
            "low": round(test.difference.low, 5),
            "high": round(test.difference.high, 5),
            "p": round(test.p_value, 6),
            "wins": test.wins,
        }
    return {
        "set": some.name,
        "setting": data.schema.task,
        "metric": study.metric,
        "n_items": data.n_items,
        "classes": len(data.schema.classes),
        "batch_size": some.batch_size,
        "budget": some.budget,
        "seeds": len(study.facts["seeds"]),
        "strategies": found,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Run what is missing, and write what all of it says."""
    parser = argparse.ArgumentParser("python -m benchmarks.tasks", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", default=[], help="sets of these names")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--runs", type=Path, default=kept.ROOT / "bench-results" / "tasks")
    parser.add_argument("--json", type=Path, default=kept.ROOT / "bench-results" / "tasks.json")
    wanted = parser.parse_args(argv)
    before = json.loads(wanted.json.read_text("utf-8"))["sets"] if wanted.json.exists() else []
    found = {body["set"]: body for body in before}
    for some in SETS:
        if wanted.only and some.name not in wanted.only:
            continue
        data = some.read(wanted.folder)
        if data is None:
            print(f"{some.name}: left out, its file is not in {wanted.folder}", file=sys.stderr)
            continue
        with kept.Bar(None) as advance:
            study = simulate(
                data,
                strategies=policies(some.strategies, some.batch_size),
                seeds=wanted.seeds,
                budget=some.budget,
                batch_size=some.batch_size,
                resume=wanted.runs,
                progress=lambda done, total, what: advance(what, done, total),
            )
        found[some.name] = {**measured(some, data, study), **kept.commit()}
        wanted.json.parent.mkdir(parents=True, exist_ok=True)
        wanted.json.write_text(json.dumps({"sets": list(found.values())}, indent=1) + "\n", "utf-8")
        shown = found[some.name]
        print(f"{some.name}: {shown['metric']}, {shown['seeds']} seeds")
        for name, row in sorted(shown["strategies"].items(), key=lambda pair: -pair[1].get("area", 0.0)):
            gain = f"{row['area']:+.4f}  p {row['p']:.3g}  {row['wins']} wins" if "area" in row else ""
            print(f"  {name:26} ends at {row['final']:.3f}  {gain}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
