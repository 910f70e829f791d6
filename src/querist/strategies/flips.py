"""Items whose prediction changes when their features are disturbed a little."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.core.threads import in_threads
from querist.strategies._clusters import medoids
from querist.strategies._doors import generator, nothing, pool_rows, same_items
from querist.strategies._labeled import class_numbers, labeled_rows
from querist.strategies._rowwise import working_type
from querist.strategies.select import top_k
from querist.strategies.uncertainty import margin

BLOCK_ROWS = 256  # several copies of a block are at work at once, and all should stay in cache
MAX_PASSES = 1000  # a share of so many is known to 0.02, and each pass reads the whole pool


@strategy(
    needs=("probs", "embeddings", "head"),
    kind="select",
    family="hybrid",
    reason="its prediction changes in a share of {utility:.2f} of the passes with features left out",
    cost="O(n_candidates · n_passes · n_dims · n_classes) time, O(n_candidates + k · n_dims) memory",
    source="Gupte et al. (2024), Revisiting active learning in the era of vision foundation models, arXiv:2401.14555",
)
def drop_query(
    probs: Floats,
    embeddings: Floats,
    head: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    n_passes: int = 3,
    dropout: float = 0.75,
    max_iter: int = 10,
) -> Picks:
    """The middles of clusters of items whose prediction does not survive that features are left out.

    Takes the candidates whose predicted class changes in more than half of a few passes with dropout on the features,
    clusters them, and picks the one nearest the middle of each of k clusters. Cheap with a linear head on embeddings
    of a large pretrained model, for which it was made.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        A vector per item, which the head reads.
    head : (n_classes, n_dims + 1) float
        Coefficients of the linear head, the bias last.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Of the features left out, of ties among equal margins, and of the clusters.
    n_passes : int
        Passes with features left out, at most 1000.
    dropout : float
        The share of features left out in a pass; the others are scaled up to make up for it.
    max_iter : int
        Rounds of Lloyd's iteration at most.

    Returns
    -------
    picks : Picks
        Those that change first, the largest cluster's first; then, where fewer than k change, those of highest margin
        utility. A utility is the share of passes in which the prediction changed. Propensities are 1, which says no
        more than that the choice is fixed once the seed is: do not weight by them. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` or `head` is not finite, they do not fit one another, the rows
        are not unique rows of them, some are in both, or a parameter is out of its range.

    Notes
    -----
    DropQuery of Gupte et al. (2024), arXiv:2401.14555. Every item has masks of its own.

    Examples
    --------
    >>> probs = np.array([[0.1, 0.9], [0.6, 0.4], [0.2, 0.8]])
    >>> X = np.array([[0.0], [1.0], [-1.0]])
    >>> head = np.array([[1.0, -0.5], [0.0, 0.0]])  # only row 1 depends on its feature: without it, class 1 wins
    >>> picks = drop_query(probs, X, head, 2, candidates=[0, 1, 2], chosen=[], rng=np.random.default_rng(0), n_passes=9)
    >>> picks.rows  # then row 2, of the lowest margin
    array([1, 2])
    """
    p, X, W = _linear(probs, embeddings, head)
    checks.positive("k", k)
    if checks.positive("n_passes", n_passes) > MAX_PASSES:
        raise InvalidInput(
            f"n_passes: must be at most {MAX_PASSES}; got {n_passes}. A few are enough to tell which predictions hold."
        )
    checks.positive("max_iter", max_iter)
    if not checks.share("dropout", dropout) < 1:
        raise InvalidInput("dropout: must be below 1; got 1. Some features must be left to predict from.")
    free, _ = pool_rows(candidates, chosen, len(X))
    generator(rng)
    keep = np.float32(1 - dropout)

    def changed(rows: Rows, part: np.random.Generator) -> Floats:
        points, before = X[rows].astype(W.dtype, copy=False) / W.dtype.type(keep), p[rows].argmax(axis=1)
        n = np.zeros(len(rows), dtype=W.dtype)
        for _ in range(n_passes):
            left = points * (part.random(points.shape, dtype=np.float32) < keep)
            n += (left @ W[:, :-1].T + W[:, -1]).argmax(axis=1) != before
        return n / n_passes

    shares = _by_block(changed, free, rng)
    return _middles(p, X, k, free, shares, shares > 0.5, rng=rng, max_iter=max_iter)


@strategy(
    needs=("probs", "embeddings", "head", "labels", "labeled"),
    kind="select",
    family="hybrid",
    reason="mixed with the middle of a class its prediction changes, for a share of {utility:.2f} of the classes",
    cost="O(n_candidates · n_classes · n_dims · n_classes) time, O(n_candidates + n_classes · n_dims) memory",
    source="Parvaneh et al. (2022), Active learning by feature mixing, arXiv:2203.07034",
)
def alfa_mix(
    probs: Floats,
    embeddings: Floats,
    head: Floats,
    labels: npt.ArrayLike,
    labeled: npt.ArrayLike,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    epsilon: float = 0.2,
    max_iter: int = 10,
) -> Picks:
    """The middles of clusters of items whose prediction changes when a little of a labeled class is mixed in.

    For each class with labels, moves an item's features toward the mean of that class, each by at most a share of
    `epsilon` and in the direction that hurts the prediction most; takes the candidates that some class turns, clusters
    them, and picks the one nearest the middle of each of k clusters. Good with few labels, where a class that is near
    in some features is a sign of features that the model has not learned to tell apart.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        A vector per item, which the head reads.
    head : (n_classes, n_dims + 1) float
        Coefficients of the linear head, the bias last.
    labels : (n_items,) int
        Class numbers, read only where labeled.
    labeled : (n_items,) bool
        Whether each item is labeled.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Of ties among equal margins, and of the clusters.
    epsilon : float
        The largest share of the way to a class's mean that a feature is moved.
    max_iter : int
        Rounds of Lloyd's iteration at most.

    Returns
    -------
    picks : Picks
        Those that change first, the largest cluster's first; then, where fewer than k change, as always without labels,
        those of highest margin utility. A utility is the share of the labeled classes that turn the prediction.
        Propensities are 1, which says no more than that the choice is fixed once the seed is: do not weight by them.
        Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` or `head` is not finite, they do not fit one another, the rows
        are not unique rows of them, some are in both, or a parameter is out of its range.

    Notes
    -----
    ALFA-Mix of Parvaneh et al. (2022), arXiv:2203.07034, with its closed form for the shares: α = ε |z* - z| ∇ / (|∇|
    (z* - z)), feature by feature, here held between 0 and ε, where z* is a class's mean and ∇ the gradient of the loss
    under the predicted label. The paper fills up at random, we by margin.

    Examples
    --------
    >>> probs = np.array([[0.9, 0.1], [0.6, 0.4], [0.1, 0.9], [0.9, 0.1]])
    >>> X, head = np.array([[2.0], [0.5], [-3.0], [3.0]]), np.array([[1.0, 0.0], [-1.0, 0.0]])
    >>> picks = alfa_mix(
    ...     probs, X, head, [0, 0, 1, 0], np.array([False, False, True, True]), 1, candidates=[0, 1], chosen=[2, 3],
    ...     rng=np.random.default_rng(0),
    ... )
    >>> picks.rows, picks.utilities  # a fifth of the way to -3: 2 becomes 1, and 0.5 becomes -0.2
    (array([1]), array([0.5]))
    """
    p, X, W = _linear(probs, embeddings, head)
    checks.positive("k", k)
    checks.positive("max_iter", max_iter)
    checks.share("epsilon", epsilon)
    free, _ = pool_rows(candidates, chosen, len(X))
    generator(rng)
    known = labeled_rows(labeled, len(X))
    classes = class_numbers(labels, known, len(X))
    anchors = [X[known[classes == c]].mean(axis=0, dtype=np.float64).astype(W.dtype) for c in np.unique(classes)]

    def changed(rows: Rows, _: np.random.Generator) -> Floats:
        return _turned(p[rows], X[rows].astype(W.dtype, copy=False), W, anchors, epsilon)

    shares = _by_block(changed, free, rng)
    return _middles(p, X, k, free, shares, shares > 0, rng=rng, max_iter=max_iter)


def _turned(probs: Floats, points: Floats, W: Floats, anchors: list[Floats], epsilon: float) -> Floats:
    """The share of the anchors that turn each prediction when a little of them is mixed in."""
    weights, bias = W[:, :-1], W[:, -1]
    error = probs.astype(W.dtype)
    before = error.argmax(axis=1)
    error[np.arange(len(points)), before] -= 1
    gradient = error @ weights
    length = np.sqrt(np.einsum("ij,ij->i", gradient, gradient))
    gradient *= np.divide(epsilon, length, out=np.zeros_like(length), where=length > 0)[:, None]
    n = np.zeros(len(points), dtype=W.dtype)
    way, step, bound = np.empty_like(points), np.empty_like(points), np.empty_like(points)
    for anchor in anchors:
        np.subtract(anchor, points, out=way)
        np.multiply(gradient, np.sqrt(np.einsum("ij,ij->i", way, way))[:, None], out=step)
        way *= W.dtype.type(epsilon)
        np.maximum(step, np.minimum(way, 0, out=bound), out=step)
        np.minimum(step, np.maximum(way, 0, out=bound), out=step)
        step += points
        n += (step @ weights.T + bias).argmax(axis=1) != before
    return n / max(1, len(anchors))


def _linear(probs: Floats, embeddings: Floats, head: Floats) -> tuple[Floats, Floats, Floats]:
    p, X, W = (
        checks.probabilities("probs", probs),
        checks.features("embeddings", embeddings),
        checks.features("head", head),
    )
    same_items(X, p)
    wanted = (p.shape[1], X.shape[1] + 1)
    if W.shape != wanted:
        raise InvalidInput(
            f"head: must be (n_classes, n_dims + 1), {wanted}; got shape {W.shape}. Put the bias last, and give two "
            "classes a row each."
        )
    return p, X, W.astype(np.result_type(working_type(X), working_type(W)), copy=False)


def _by_block(work: Callable[[Rows, np.random.Generator], Floats], free: Rows, rng: np.random.Generator) -> Floats:
    """A value of each candidate, worked out block by block, each with a generator of its own."""
    blocks = [free[start : start + BLOCK_ROWS] for start in range(0, len(free), BLOCK_ROWS)]
    found = in_threads(lambda part: work(*part), zip(blocks, rng.spawn(len(blocks)), strict=True))
    return np.concatenate([np.empty(0), *found])


def _middles(
    p: Floats,
    X: Floats,
    k: int,
    free: Rows,
    shares: Floats,
    changed: npt.NDArray[np.bool_],
    *,
    rng: np.random.Generator,
    max_iter: int,
) -> Picks:
    """The middles of `k` clusters of the changed, filled up by margin."""
    if not len(free):
        return nothing()
    rows, _ = medoids(X, k, free[changed], rng=rng, max_iter=max_iter)
    if len(rows) < min(k, len(free)):
        rest = free[~changed]
        rows = np.concatenate([rows, top_k(margin(p), k - len(rows), candidates=rest, rng=rng).rows])
    return Picks(rows, shares[np.searchsorted(free, rows)].astype(np.float64), np.ones(len(rows)))
