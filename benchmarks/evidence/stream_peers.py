"""Other libraries on the same streams: river's sampler and scikit-activeml's strategies, each as its pages show it."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.streaming.learning import default_learner

BATCH = 20  # items between two looks at the answers, for us and for whoever takes batches
TRAINING = 1600  # labels that scikit-activeml's classifiers learn from, as ours do
CLASSIFIERS = ("parzen window", "our learner")


@dataclass(frozen=True)
class Task:
    """A stream whose labels are all known, the budget, and how many items of its beginning are labeled for all."""

    name: str
    X: Any
    y: Any
    n_classes: int
    budget: float
    n_start: int


@dataclass(frozen=True)
class Run:
    """What was predicted and asked of the items after the start."""

    predicted: Any
    asked: Any


Method = Callable[[Task, int], Run]


def river_methods() -> Iterator[tuple[str, Method]]:
    """`EntropySampler` around each of river's usual classifiers.

    It has no budget: its discount says how rarely it asks, and how often that is hangs on the stream. So here it may
    ask only while what was asked is within the budget, and of the discounts the best is reported.
    """
    from river import active, compose, drift, forest, linear_model, preprocessing, tree

    makers: dict[str, Callable[[int], Any]] = {
        "adaptive random forest": lambda seed: forest.ARFClassifier(seed=seed, n_models=10),
        "Mondrian forest": lambda seed: forest.AMFClassifier(seed=seed, n_estimators=10),
        "Hoeffding adaptive tree": lambda seed: tree.HoeffdingAdaptiveTreeClassifier(
            seed=seed, drift_detector=drift.ADWIN()
        ),
        "logistic regression": lambda seed: compose.Pipeline(
            preprocessing.StandardScaler(), linear_model.LogisticRegression()
        ),
    }

    def method(make: Callable[[int], Any], discount: float) -> Method:
        def run(task: Task, seed: int) -> Run:
            model = active.EntropySampler(make(seed), discount_factor=discount, seed=seed)
            rows = [dict(enumerate(row)) for row in task.X.tolist()]
            truth = task.y.tolist()
            for row, label in zip(rows[: task.n_start], truth[: task.n_start], strict=True):
                model.learn_one(row, label)
            predicted, asked, n_asked = [], [], 0
            for seen, (row, label) in enumerate(zip(rows[task.n_start :], truth[task.n_start :], strict=True), 1):
                try:
                    guess, wanted = model.predict_one(row)
                except ZeroDivisionError:  # in version 0.26.1 where one class has all of the probability but a rounding
                    guess, wanted = model.classifier.predict_one(row), False
                ask = wanted and n_asked + 1 <= task.budget * seen
                predicted.append(-1 if not isinstance(guess, int) else guess)
                asked.append(ask)
                if ask:
                    n_asked += 1
                    model.learn_one(row, label)
            return Run(np.array(predicted), np.array(asked))

        return run

    for name, make in makers.items():
        for discount in (1.0, 3.0, 10.0):
            yield f"{name}, discount {discount:g}", method(make, discount)


def scikit_activeml_methods() -> Iterator[tuple[str, Method]]:
    """Every strategy of its `stream`, with its own classifier; those that do best also with what ours learns by.

    Left out are its dual strategies, which in version 1.0.1 fail on batches.
    """
    from skactiveml import stream as st

    strategies: dict[str, Callable[..., Any]] = {
        "random": st.StreamRandomSampling,
        "fixed uncertainty": st.FixedUncertainty,
        "variable uncertainty": st.VariableUncertainty,
        "random variable uncertainty": st.RandomVariableUncertainty,
        "split": st.Split,
        "probabilistic": st.StreamProbabilisticAL,
        "density": st.StreamDensityBasedAL,
    }

    def method(make: Callable[..., Any], kind: str) -> Method:
        def run(task: Task, seed: int) -> Run:
            known = {"classes": list(range(task.n_classes))} if make is st.FixedUncertainty else {}
            strategy = make(random_state=seed, budget=task.budget, **known)
            return _scikit_activeml(strategy, kind, task, seed)

        return run

    for kind in CLASSIFIERS:
        for name, make in strategies.items():
            if kind == "our learner" and name not in ("probabilistic", "variable uncertainty", "random"):
                continue  # each takes as long as all with its own classifier
            yield f"{name}, {kind}", method(make, kind)


def _classifier(kind: str, n_classes: int, seed: int) -> Any:
    from skactiveml.classifier import ParzenWindowClassifier, SklearnClassifier

    if kind == "parzen window":
        return ParzenWindowClassifier(classes=list(range(n_classes)), random_state=seed)
    return SklearnClassifier(default_learner().estimator, classes=list(range(n_classes)), random_state=seed)


def _scikit_activeml(strategy: Any, kind: str, task: Task, seed: int, size: int = BATCH) -> Run:
    X, y = (task.X - task.X.mean(axis=0)) / task.X.std(axis=0), task.y
    known: deque[int] = deque(range(task.n_start), maxlen=TRAINING)
    classifier = _classifier(kind, task.n_classes, seed)
    takes = inspect.signature(strategy.query).parameters
    predicted, asked = np.empty(len(y), dtype=np.int64), np.zeros(len(y), dtype=bool)
    fitted_at, n_new = classifier.fit(X[list(known)], y[list(known)]), 0
    for low in range(task.n_start, len(y), size):
        batch = X[low : low + size]
        predicted[low : low + size] = fitted_at.predict(batch)
        given: dict[str, Any] = {"candidates": batch}
        if "clf" in takes:
            given["clf"] = fitted_at
        if kind != "parzen window" and "utility_weight" in takes:
            strategy.metric = "rbf"
            given |= {"X": X[list(known)], "y": y[list(known)]}
        rows, utilities = strategy.query(**given, return_utilities=True)
        more = {"budget_manager_param_dict": {"utilities": utilities}} if "utility_weight" in takes else {}
        strategy.update(batch, rows, **more)
        for row in rows:
            known.append(low + int(row))
            asked[low + int(row)] = True
        n_new += len(rows)
        if n_new >= max(1, len(known) // 50):
            fitted_at, n_new = classifier.fit(X[list(known)], y[list(known)]), 0
    return Run(predicted[task.n_start :], asked[task.n_start :])
