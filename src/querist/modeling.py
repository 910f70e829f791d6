"""From labels to what a strategy reads: fit, ask whether to trust it, and offer its signals by need."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from querist.core.checks import Array, Floats, Rows
from querist.core.errors import UnsuitableLearner
from querist.core.items import Columns, n_rows, take
from querist.core.ports import Classifies, Encoding, HasMembers, Learner, Model, Predicts
from querist.core.rng import generator
from querist.core.schema import Schema
from querist.core.signals import Signals
from querist.learners import bootstrap_committee, kind_of, linear_head, linear_learner, out_of_fold
from querist.loop.coldstart import Trust, trust_classes, trust_numbers

TEMPERATURE = 0.05
N_MEMBERS = 8  # a committee's disagreement settles by 5 to 10 members (algorithms of query by committee)


@dataclass(frozen=True, slots=True)
class Pool:
    """The pool as a model sees it.

    Parameters
    ----------
    features : array or sparse matrix, a row per item
    embeddings : callable returning (n_items, n_dims) float
        Made at the first call, when a strategy needs distances, and kept.
    embed : callable, optional
        Vectors of other texts, in the same space; None where the items are more than one text each.
    """

    features: Any
    embeddings: Callable[[], Floats]
    embed: Callable[[Sequence[str]], Floats] | None = None

    @property
    def n_items(self) -> int:
        """Items in the pool."""
        return n_rows(self.features)


def pool_of(encoding: Encoding, X: Any) -> Pool:
    """The pool of these items under a fitted encoder."""
    like = _texts_like(X)
    embed = None if like is None else lambda texts: encoding.embeddings(like(texts))
    return Pool(encoding.features(X), cache(lambda: encoding.embeddings(X)), embed)


def _texts_like(X: Any) -> Callable[[Sequence[str]], Any] | None:
    """How to write texts in the form of the items, where an item is one text."""
    if isinstance(X, Columns):
        only = X.names[0] if len(X.names) == 1 and X[X.names[0]].dtype == object else None
        return None if only is None else lambda texts: Columns({only: list(texts)})
    if isinstance(X, list | tuple):
        return list if len(X) and all(isinstance(text, str) for text in X) else None
    kind = getattr(getattr(X, "dtype", None), "kind", "")
    return (lambda texts: np.array(texts, dtype=object)) if kind == "O" and X.ndim == 1 else None


def fit(
    learner: Learner, pool: Pool, rows: Rows, y: Array, *, schema: Schema, seed: int, number: int, warm: Model | None
) -> Model:
    """A model of the labeled rows; the same seed and number give the same model."""
    rng = generator(seed, "fit", number)
    return learner.fit(take(pool.features, rows), y, n_classes=schema.n_classes, rng=rng, warm=warm)


def trust(learner: Learner, pool: Pool, rows: Rows, y: Array, *, schema: Schema, seed: int, number: int) -> Trust:
    """What cross-validation on the labeled rows says of the learner."""
    rng = generator(seed, "trust", number)
    if schema.task == "choice" and len(np.unique(y)) < 2:
        nan = float("nan")
        return Trust(False, nan, nan, nan, "all labeled items are of one class")
    predicted, folded = out_of_fold(learner, take(pool.features, rows), y, n_classes=schema.n_classes, rng=rng)
    if schema.task == "number":
        return trust_numbers(predicted, y[folded])
    return trust_classes(predicted, y[folded])


def signals(
    pool: Pool,
    model: Model | None,
    *,
    schema: Schema,
    learner: Learner,
    labeled: Callable[[], tuple[Rows, Array]],
    seed: int,
    number: int,
    costs: Array | None = None,
    strata: Array | None = None,
    strata_names: Sequence[str] = (),
    duplicates: Array | None = None,
    votes: Array | None = None,
    answers: Callable[[], Array] | None = None,
    unseen: bool = False,
) -> Signals:
    """What is known of the pool, each computed only when a strategy needs it.

    With `unseen`, the class probabilities of labeled items are those of cross-validation: a strategy that reads the
    answers themselves must not meet them a second time in a model that learned them by heart. A learner without members
    of its own lends itself to a bootstrapped committee of `N_MEMBERS`.
    """
    members: Callable[[], Array] | None = None
    if model is not None:

        def members() -> Array:
            if isinstance(model, HasMembers):
                return model.members(pool.features)
            rows, y = known()
            committee = bootstrap_committee(learner, N_MEMBERS)
            fitted = fit(committee, pool, rows, y, schema=schema, seed=seed, number=number, warm=None)
            return fitted.members(pool.features) if isinstance(fitted, HasMembers) else _lacks("members", fitted)

    def probs() -> Floats:
        assert model is not None
        found = probabilities(model, pool.features)
        return _as_unseen(found, learner, pool, known(), schema, seed, number) if unseen else found

    known: Callable[[], tuple[Rows, Array]] = cache(labeled)
    choice = schema.task == "choice"
    return Signals(
        pool.n_items,
        classes=schema.classes,
        strata_names=strata_names,
        learner_kind=kind_of(model),
        prior=(lambda: zero_shot_prior(pool, schema.classes)) if choice and pool.embed is not None else None,
        labels=lambda: _scattered(pool.n_items, *known()),
        labeled=lambda: np.isin(np.arange(pool.n_items), known()[0]),
        head=(lambda: _head(pool, model, known(), schema, seed, number)) if model is not None and choice else None,
        embeddings=pool.embeddings,
        probs=probs if model is not None and choice else None,
        predictions=(lambda: numbers(model, pool.features)) if model is not None and not choice else None,
        members=members if choice else None,
        member_predictions=None if choice else members,
        costs=costs,
        strata=strata,
        duplicates=duplicates,
        votes=votes,
        answers=answers if choice else None,
    )


def _as_unseen(
    probs: Floats, learner: Learner, pool: Pool, labeled: tuple[Rows, Array], schema: Schema, seed: int, number: int
) -> Floats:
    rows, y = labeled
    rng = generator(seed, "unseen", number)
    held_out, places = out_of_fold(learner, take(pool.features, rows), y, n_classes=schema.n_classes, rng=rng)
    out = np.array(probs)
    out[rows[places]] = held_out
    return out


def probabilities(model: Model, features: Any) -> Floats:
    """The model's class probabilities."""
    return model.predict_proba(features) if isinstance(model, Classifies) else _lacks("predict_proba", model)


def numbers(model: Model, features: Any) -> Floats:
    """The model's predicted numbers."""
    return model.predict(features) if isinstance(model, Predicts) else _lacks("predict", model)


def zero_shot_prior(pool: Pool, classes: Sequence[str]) -> Floats:
    """A guess at each item's class before any label: how near its vector lies to those of the classes' names.

    A softmax of cosines at a temperature of 0.05, at which cosines of sentence encoders spread over (0, 1). An item
    whose vector is zero, or classes whose names are unknown words, give even probabilities.
    """
    assert pool.embed is not None
    names = pool.embed([name.replace("_", " ") for name in classes])
    cosines = _unit(pool.embeddings()) @ _unit(names).T
    powers = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / TEMPERATURE)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _unit(X: Floats) -> Floats:
    norms = np.linalg.norm(X, axis=1, keepdims=True)
    return np.asarray(np.divide(X, norms, out=np.zeros_like(X), where=norms > 0))


def _scattered(n_items: int, rows: Rows, y: Array) -> Array:
    out = np.zeros(n_items, dtype=y.dtype)
    out[rows] = y
    return out


def _head(pool: Pool, model: Model, labeled: tuple[Rows, Array], schema: Schema, seed: int, number: int) -> Floats:
    """The model's own coefficients where it is linear in the embeddings, else those of a linear model fitted beside."""
    X = pool.embeddings()
    own = linear_head(model)
    if own is not None and X is pool.features:
        return own
    rows, y = labeled
    beside = linear_learner().fit(X[rows], y, n_classes=schema.n_classes, rng=generator(seed, "head", number))
    found = linear_head(beside)
    return _lacks("coefficients", beside) if found is None else found


def _lacks(what: str, model: object) -> Floats:
    raise UnsuitableLearner(f"learner: must have {what}; {type(model).__name__} has not. Choose another learner.")
