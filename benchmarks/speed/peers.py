"""Other libraries' calls for the same, each on data as the library wants it, laid out before the clock starts."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.speed.contest import Work
from benchmarks.speed.plain import best

DISTRIBUTIONS = {
    "scikit-activeml": "scikit-activeml",
    "modAL": "modAL-python",
    "small-text": "small-text",
    "baal": "baal",
    "batchbald_redux": "batchbald-redux",
    "bmdal_reg": "bmdal_reg",
    "apricot": "apricot-select",
    "ALiPy": "alipy",
    "torch": "torch",
}


class Told:
    """A model that predicts what it is shown, for libraries that score through a model."""

    def predict_proba(self, X: np.ndarray, **_: Any) -> np.ndarray:
        """`X` itself."""
        return X


def _old_numpy(*names: str) -> None:
    for name in names:  # which these libraries were written for
        setattr(np, name, {"float": float, "Inf": np.inf}[name])


def modal_best(name: str, probs: np.ndarray) -> Work:
    """The best 100 by a score."""
    import modAL.uncertainty

    return lambda: getattr(modAL.uncertainty, f"{name}_sampling")(Told(), probs, n_instances=100)


def activeml_best(method: str, probs: np.ndarray) -> Work:
    """The best 100 by a score, without the checks of a whole query."""
    from skactiveml.pool import uncertainty_scores

    return lambda: best(uncertainty_scores(probs, method=method))


def small_text_best(strategy: str, probs: np.ndarray) -> Work:
    """The best 100 by a score, without a data set around it."""
    from small_text.query_strategies import strategies

    query = getattr(strategies, strategy)()
    sign = -1 if query.lower_is_better else 1
    return lambda: best(sign * query.get_confidence(Told(), probs, None, None, None))


def small_text_bald(members: np.ndarray) -> Work:
    """Its formula."""
    from small_text.query_strategies.bayesian import _bald

    by_item = members.transpose(1, 0, 2).copy()
    return lambda: _bald(by_item)


def baal_bald(members: np.ndarray) -> Work:
    """Its heuristic."""
    from baal.active.heuristics import BALD

    by_item = members.transpose(1, 2, 0).copy()
    return lambda: BALD().compute_score(by_item)


def baal_epig(members: np.ndarray, targets: np.ndarray) -> Work:
    """Its heuristic."""
    from baal.active.heuristics import EPIG

    by_item, aims = members.transpose(1, 2, 0).copy(), targets.transpose(1, 2, 0).copy()
    return lambda: EPIG().compute_score(by_item, aims)


def activeml_batch_bald(members: np.ndarray, k: int, **options: Any) -> Work:
    """Its BatchBALD; with `k` = 1 its BALD."""
    from skactiveml.pool import batch_bald

    return lambda: batch_bald(members, k, random_state=0, **options)


def redux_bald(members: np.ndarray) -> Work:
    """Its BALD."""
    import torch
    from batchbald_redux.batchbald import get_bald_batch

    logs = torch.tensor(np.log(np.maximum(members, 1e-30)).transpose(1, 0, 2).copy())
    return lambda: get_bald_batch(logs, 100, dtype=torch.double)


def redux_batch_bald(members: np.ndarray, k: int) -> Work:
    """Its BatchBALD on 10,000 configurations."""
    import torch
    from batchbald_redux.batchbald import get_batchbald_batch

    logs = torch.tensor(np.log(np.maximum(members, 1e-30)).transpose(1, 0, 2).copy())
    return lambda: get_batchbald_batch(logs, k, 10_000, dtype=torch.double)


def modal_error_reduction(X: np.ndarray, y: np.ndarray, candidates: np.ndarray, model: Any) -> Work:
    """The expected loss of every candidate, as an array in their order."""
    _old_numpy("float")
    from modAL.expected_error import expected_error_reduction
    from modAL.models import ActiveLearner

    learner = ActiveLearner(model, X_training=X, y_training=y)

    def run() -> np.ndarray:
        rows, losses = expected_error_reduction(learner, candidates, loss="log", n_instances=len(candidates))
        found = np.empty(len(candidates))
        found[rows] = losses
        return found

    return run


def activeml_error_reduction(X: np.ndarray, y: np.ndarray, candidates: np.ndarray, model: Any) -> Work:
    """Its Monte-Carlo form, which is the same sum; the ten best."""
    from skactiveml.classifier import SklearnClassifier
    from skactiveml.pool import MonteCarloEER

    of_all = np.concatenate([X, candidates])
    known = np.concatenate([y, np.full(len(candidates), np.nan)])
    learner = SklearnClassifier(model, classes=np.unique(y))
    return lambda: MonteCarloEER(method="log_loss", random_state=0).query(of_all, known, learner, batch_size=10)


def activeml(name: str, X: np.ndarray, k: int = 100, n_chosen: int = 0, **params: Any) -> Work:
    """A strategy that needs no model."""
    from skactiveml import pool

    y = np.full(len(X), np.nan)
    y[:n_chosen] = 0
    return lambda: getattr(pool, name)(random_state=0, **params).query(X, y, batch_size=k)


def activeml_model(name: str, probs: np.ndarray, X: np.ndarray, n_chosen: int = 0, **params: Any) -> Work:
    """A strategy that asks a model, which knows its answers beforehand."""
    import skactiveml.pool
    from skactiveml.base import SkactivemlClassifier

    class Known(SkactivemlClassifier):  # type: ignore[misc, unused-ignore]
        """Predicts what is known, in the order in which it is asked: the labeled first, or all that are not."""

        def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Known:
            return self

        def predict_proba(self, X: Any) -> Any:
            return (probs[: len(X)] if len(X) <= n_chosen else probs[-len(X) :]).copy()

    y = np.where(np.arange(len(X)) < n_chosen, 0.0, np.nan)
    model = Known(classes=np.arange(probs.shape[1]))
    query = getattr(skactiveml.pool, name)(random_state=0, **params)
    return lambda: query.query(X, y, model, fit_clf=False, batch_size=100)


def apricot(X: np.ndarray, k: int = 100) -> Work:
    """Facility location by its lazy greedy."""
    from apricot import FacilityLocationSelection

    return lambda: FacilityLocationSelection(k, metric="cosine", optimizer="lazy").fit(X).ranking


def alipy_k_center(X: np.ndarray, n_chosen: int) -> Work:
    """Its greedy core-set."""
    from alipy.query_strategy.query_labels import QueryInstanceCoresetGreedy

    rows = np.arange(len(X))

    def run() -> Any:  # which keeps its distances, so that each call needs an object of its own
        query = QueryInstanceCoresetGreedy(X, np.zeros(len(X)), rows)
        return query.select(rows[:n_chosen], rows[n_chosen:], batch_size=100)

    return run


def alipy_density(X: np.ndarray) -> Work:
    """Its strategy weighted by density, of which the density is nearly all."""
    from alipy.query_strategy.query_labels import QueryInstanceDensityWeighted

    probs, rows = np.full((len(X), 2), 0.5), list(range(len(X)))
    query = QueryInstanceDensityWeighted(X, np.zeros(len(X)), uncertainty_meansure="least_confident", distance="cosine")
    return lambda: query.select([], rows, batch_size=100, proba_prediction=probs)


def modal_density(X: np.ndarray) -> Work:
    """Its information density."""
    from modAL.density import information_density

    return lambda: information_density(X, metric="cosine")


def _features(X: np.ndarray) -> Any:
    _old_numpy("Inf")
    import torch
    from bmdal_reg.bmdal.feature_data import TensorFeatureData
    from bmdal_reg.bmdal.feature_maps import IdentityFeatureMap
    from bmdal_reg.bmdal.features import Features

    return Features(IdentityFeatureMap(n_features=X.shape[1]), TensorFeatureData(torch.from_numpy(X)))


def _bmdal(name: str, pool: Any, train: Any, *, with_train: bool) -> Work:
    from bmdal_reg.bmdal import selection

    method = getattr(selection, name)
    return lambda: method(pool, train, sel_with_train=with_train).select(100).numpy()


def bmdal_k_center(X: np.ndarray, n_chosen: int) -> Work:
    """Its MaxDist with the labeled rows counted."""
    train, pool = _features(X[:n_chosen]), _features(X[n_chosen:])
    return _bmdal("MaxDistSelectionMethod", pool, train, with_train=True)


def bmdal_lcmd(X: np.ndarray) -> Work:
    """Its largest-cluster maximum-distance."""
    features = _features(X)
    return _bmdal("LargestClusterMaxDistSelectionMethod", features, features, with_train=False)


def bmdal_badge(probs: np.ndarray, X: np.ndarray) -> Work:
    """Its k-means++ on a product of features, which is what BADGE does."""
    _old_numpy("Inf")
    import torch
    from bmdal_reg.bmdal.feature_data import ListFeatureData, TensorFeatureData
    from bmdal_reg.bmdal.feature_maps import IdentityFeatureMap, ProductFeatureMap
    from bmdal_reg.bmdal.features import Features

    errors = probs.copy()
    errors[np.arange(len(errors)), errors.argmax(axis=1)] -= 1
    parts = ListFeatureData([TensorFeatureData(torch.from_numpy(part)) for part in (errors, X)])
    sizes = (errors.shape[1], X.shape[1])
    maps = ProductFeatureMap([IdentityFeatureMap(n_features=size) for size in sizes])
    features = Features(maps, parts)
    return _bmdal("KmeansppSelectionMethod", features, features, with_train=False)
