"""Fit a model of labeled rows, and what else is fitted beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NoReturn

import numpy as np

from querist.core.checks import Array, Floats, Rows
from querist.core.errors import UnsuitableLearner
from querist.core.items import take
from querist.core.ports import HasMembers, HasTagMembers, Learner, Model
from querist.core.rng import generator
from querist.core.schema import Schema
from querist.learners import SpanTagger, bootstrap_committee, linear_head, linear_learner, out_of_fold
from querist.modeling.pool import Pool

N_MEMBERS = 8  # a committee's disagreement settles by 5 to 10 members (algorithms of query by committee)


@dataclass(frozen=True, slots=True)
class Standing:
    """A model, or none yet, with what it was fitted on: what signals are made of.

    With `unseen`, the class probabilities of labeled items are to be those of cross-validation: a strategy that reads
    the answers themselves must not meet them a second time in a model that learned them by heart.
    """

    pool: Pool
    model: Model | None
    learner: Learner
    known: Callable[[], tuple[Rows, Array]]
    schema: Schema
    seed: int
    number: int
    unseen: bool = False
    answers: Callable[[], Array] | None = None


def fit(
    learner: Learner, pool: Pool, rows: Rows, y: Array, *, schema: Schema, seed: int, number: int, warm: Model | None
) -> Model:
    """A model of the labeled rows; the same seed and number give the same model."""
    rng = generator(seed, "fit", number)
    return learner.fit(take(pool.features, rows), y, n_classes=schema.n_classes, rng=rng, warm=warm)


def unseen_of(now: Standing, probs: Floats) -> Floats:
    """Class probabilities with those of labeled items from folds that did not see them."""
    rows, y = now.known()
    rng = generator(now.seed, "unseen", now.number)
    features = take(now.pool.features, rows)
    held_out, places = out_of_fold(now.learner, features, y, n_classes=now.schema.n_classes, rng=rng)
    out = np.array(probs)
    out[rows[places]] = held_out
    return out


def members_of(now: Standing) -> Array:
    """What each member predicts; a learner without members lends itself to a bootstrapped committee of `N_MEMBERS`."""
    model: object = now.model
    if isinstance(model, HasMembers):
        return model.members(now.pool.features)
    rows, y = now.known()
    committee = bootstrap_committee(now.learner, N_MEMBERS)
    fitted = fit(committee, now.pool, rows, y, schema=now.schema, seed=now.seed, number=now.number, warm=None)
    return fitted.members(now.pool.features) if isinstance(fitted, HasMembers) else lacks("members", fitted)


def tag_members_of(now: Standing) -> Array:
    """Each member's tag probabilities; a tagger of one member lends itself to one of `N_MEMBERS`."""
    model: object = now.model
    if isinstance(model, HasTagMembers):
        return model.member_tokens(now.pool.features)
    if not isinstance(now.learner, SpanTagger):
        lacks("member_tokens", model)
    rows, y = now.known()
    committee = replace(now.learner, n_members=N_MEMBERS)
    fitted: object = fit(committee, now.pool, rows, y, schema=now.schema, seed=now.seed, number=now.number, warm=None)
    return fitted.member_tokens(now.pool.features) if isinstance(fitted, HasTagMembers) else lacks("members", fitted)


def head_of(now: Standing) -> Floats:
    """The model's own coefficients where it is linear in the embeddings, else those of a linear model fitted beside."""
    X = now.pool.embeddings()
    own = None if now.model is None else linear_head(now.model)
    if own is not None and X is now.pool.features:
        return own
    rows, y = now.known()
    rng = generator(now.seed, "head", now.number)
    beside = linear_learner().fit(X[rows], y, n_classes=now.schema.n_classes, rng=rng)
    found = linear_head(beside)
    return lacks("coefficients", beside) if found is None else found


def lacks(what: str, model: object) -> NoReturn:
    """Refuse a model that cannot do what the task needs."""
    raise UnsuitableLearner(f"learner: must have {what}; {type(model).__name__} has not. Choose another learner.")
