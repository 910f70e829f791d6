"""One paired run: the same split and the same first labels for every strategy of a seed, a model anew each round."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from benchmarks.labels.data import Budget, DataSet
from benchmarks.labels.features import Setting, features
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import OneClassOnly
from querist.core.ports import Learner, Model
from querist.core.rng import generator
from querist.core.schema import Schema
from querist.learners import SentenceEncoder, SklearnLearner
from querist.metrics import accuracy, average_precision, balanced_accuracy, ece, macro_f1
from querist.modeling import Pool, fit, predict

TEST_SHARE, TEST_MOST, POOL_MOST = 0.3, 3000, 6000
FOREST = Budget(20, 20, 300)  # the forests' own budget, on every set


@dataclass(frozen=True, slots=True)
class Bench:
    """What all strategies of a set, a setting and a seed share."""

    name: str
    setting: Setting
    seed: int
    pool: Pool
    truth: Array
    test: Floats
    test_truth: Array
    schema: Schema
    learner: Learner
    start: Rows
    budget: Budget
    metric: str
    made_by: str


@dataclass(frozen=True, slots=True)
class Known:
    """What a strategy may know at its turn: the labels so far, the model of them, and how many it may ask."""

    rows: Rows
    y: Array
    model: Model | None
    number: int
    k: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows to ask, and how many of them were drawn at random."""

    rows: Rows
    n_random: int = 0


class Chooser(Protocol):
    """A strategy at work on one bench."""

    def first(self) -> Chosen | None:
        """Its own first batch, or None to take the bench's."""
        ...

    def choose(self, known: Known) -> Chosen:
        """The next rows."""
        ...


def bench(data: DataSet, seed: int, *, setting: Setting, encoder: SentenceEncoder | None) -> Bench:
    """The split, the features and the first labels of a seed."""
    order = generator(seed, "split", data.name).permutation(len(data))
    n_test = min(TEST_MOST, round(TEST_SHARE * len(data)))
    test, pool = np.sort(order[:n_test]), np.sort(order[n_test : n_test + POOL_MOST])
    made = features(data, pool, test, setting=setting, encoder=encoder, seed=seed)
    truth = data.y[pool]
    budget = data.budget if setting == "linear" else FOREST
    return Bench(
        name=data.name,
        setting=setting,
        seed=seed,
        pool=Pool(made.pool, lambda: made.embeddings),
        truth=truth,
        test=made.test,
        test_truth=data.y[test],
        schema=Schema("class", data.classes),
        learner=learner(setting),
        start=start_rows(truth, budget.start, generator(seed, "start", data.name)),
        budget=budget,
        metric=data.metric,
        made_by=made.made_by,
    )


def learner(setting: Setting) -> Learner:
    """Multinomial logistic regression with C = 20, or a random forest."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression

    if setting == "forest":
        return SklearnLearner(RandomForestClassifier(100))
    return SklearnLearner(LogisticRegression(C=20, max_iter=1000))


def start_rows(truth: Array, n: int, rng: np.random.Generator) -> Rows:
    """`n` random rows; where all are of one class, the last is one of another instead, or no model could be."""
    order = rng.permutation(len(truth))
    rows, rest = order[:n].copy(), order[n:]
    if (truth[rows] == truth[rows[0]]).all():
        rows[-1] = rest[truth[rest] != truth[rows[0]]][0]
    return np.asarray(rows, dtype=np.int64)


def run(on: Bench, chooser: Chooser) -> dict[str, Any]:
    """The curve of one strategy: labels, scores after each fit, and what choosing cost."""
    labels: list[int] = []
    curves: dict[str, list[float]] = {}
    cpu: list[float] = []
    n_random, number = 0, 0
    first, spent = _timed(chooser.first)
    if first is not None:
        cpu.append(spent)
        n_random += first.n_random
    rows = on.start if first is None else first.rows
    while True:
        y = on.truth[rows]
        try:
            model = fit(on.learner, on.pool, rows, y, schema=on.schema, seed=on.seed, number=number, warm=None)
        except OneClassOnly:  # which a start of its own may end in
            model = None
        labels.append(len(rows))
        for name, value in measured(on, model, y).items():
            curves.setdefault(name, []).append(value)
        if len(rows) >= on.budget.total:
            break
        number += 1
        k = min(on.budget.batch, on.budget.total - len(rows))
        known = Known(rows, y, model, number, k)
        chosen, spent = _timed(lambda known=known: chooser.choose(known))  # type: ignore[misc]
        _check(on, rows, chosen.rows, k)
        cpu.append(spent)
        n_random += chosen.n_random
        rows = np.concatenate([rows, chosen.rows])
    return {
        "labels": labels,
        "scores": {name: [round(value, 6) for value in values] for name, values in curves.items()},
        "cpu_s": [round(seconds, 5) for seconds in cpu],
        "random_share": round(n_random / max(1, len(rows) - len(on.start) * (first is None)), 4),
        "peak_rss_mb": round(_peak_mb()),
    }


def measured(on: Bench, model: Model | None, y: Array) -> dict[str, float]:
    """The scores on the test set; without a model, of the labels' shares."""
    n = on.schema.n_classes
    if model is None:
        shares = np.bincount(y, minlength=n) + 1.0
        probs = np.tile(shares / shares.sum(), (len(on.test), 1))
    else:
        probs = predict(model, on.test, schema=on.schema)
    truth, predicted = on.test_truth, probs.argmax(axis=1)
    rarest = int(np.bincount(truth, minlength=n).argmin())
    scores = {
        "accuracy": accuracy(truth, predicted),
        "balanced_accuracy": balanced_accuracy(truth, predicted),
        "macro_f1": macro_f1(truth, predicted),
        "ece": ece(truth, probs),
        "minority_recall": float((predicted[truth == rarest] == rarest).mean()) if (truth == rarest).any() else 0.0,
    }
    if n == 2:
        scores["average_precision"] = average_precision(truth, probs) or 0.0
    return scores


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    return work(), time.process_time() - began


def _check(on: Bench, before: Rows, rows: Rows, k: int) -> None:
    if len(np.unique(rows)) != k or len(rows) != k or np.isin(rows, before).any():
        raise RuntimeError(f"{on.name}, seed {on.seed}: must choose {k} new rows; chose {rows.tolist()}")


def _peak_mb() -> float:
    """The process's largest resident size so far: of all its runs, so an upper bound for this one."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
