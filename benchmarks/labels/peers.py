"""Other libraries' strategies in the same loop, where the library is installed; each fits the same learner itself."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import numpy as np

from benchmarks.labels.bench import Bench, Chosen, Known
from querist.core.rng import generator, small_seed

SKACTIVEML = "skactiveml"
# By name: whether it reads a classifier, and its settings beyond the library's own defaults.
STRATEGIES: dict[str, tuple[bool, dict[str, Any]]] = {
    "Badge": (True, {}),
    "ContrastiveAL": (True, {}),
    "CoreSet": (False, {}),
    "DropQuery": (True, {}),
    "Falcun": (True, {}),
    "MaxHerding": (False, {}),
    "ProbCover": (False, {}),
    "TypiClust": (False, {}),
    "UncertaintySampling": (True, {"method": "margin_sampling"}),
}


def names() -> tuple[str, ...]:
    """The strategies that can be run here, as `skactiveml:Badge`."""
    return tuple(f"{SKACTIVEML}:{name}" for name in STRATEGIES) if find_spec(SKACTIVEML) else ()


def is_here(name: str) -> bool:
    """Whether the library is installed, and has it."""
    return name in names()


def version_of(name: str) -> str:
    """The library's name and version."""
    try:
        return f"scikit-activeml {version('scikit-activeml')}"
    except PackageNotFoundError:
        return name


class Peer:
    """A pool strategy of scikit-activeml."""

    def __init__(self, name: str, on: Bench) -> None:
        from skactiveml import pool
        from skactiveml.classifier import SklearnClassifier

        kind = name.partition(":")[2]
        self._reads_model, settings = STRATEGIES[kind]
        self._on = on
        seed = small_seed(generator(on.seed, "peer", name))
        self._strategy = getattr(pool, kind)(random_state=seed, **settings)
        estimator = on.learner.estimator  # type: ignore[attr-defined]
        self._model = SklearnClassifier(estimator, classes=list(range(on.schema.n_classes)), random_state=seed)

    def first(self) -> None:
        return None

    def choose(self, known: Known) -> Chosen:
        on = self._on
        y = np.full(on.pool.n_items, np.nan)
        y[known.rows] = known.y
        X = on.pool.features if self._reads_model else on.pool.embeddings()
        model = {"clf": self._model} if self._reads_model else {}
        rows = self._strategy.query(X=X, y=y, batch_size=known.k, **model)
        return Chosen(np.asarray(rows, dtype=np.int64))
