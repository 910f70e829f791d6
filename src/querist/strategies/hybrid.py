"""Items that are both uncertain and typical, or uncertain and unlike one another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies._clusters import cluster_of, medoids
from querist.strategies._doors import generator, nothing, number, pool_rows, same_items
from querist.strategies._kernels import mean_cosine
from querist.strategies.select import top_k
from querist.strategies.uncertainty import entropy, least_confidence, margin

SCORES: Mapping[str, Callable[[Floats], Floats]] = {
    "entropy": entropy,
    "least_confidence": least_confidence,
    "margin": margin,
}

MOST_CLUSTERS = 1000  # by default: their number times that of the uncertain candidates is what clustering costs


@strategy(
    needs=("probs", "embeddings"),
    family="hybrid",
    reason="unsure and typical of the pool, {utility:.3f} together",
    cost="O(n_items · (n_classes + n_dims)) time, one float per item",
    source="Settles and Craven (2008), An analysis of active learning strategies for sequence labeling tasks",
)
def density_weighted(probs: Floats, embeddings: Floats, *, score: str = "margin", beta: float = 1.0) -> Floats:
    """Uncertainty, discounted where an item is unlike the rest of the pool.

    High where the model is unsure of an item that many others resemble; low for outliers, however unsure it is of
    them. Useless where all items point the same way, as raw counts do: the density is then nearly constant.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        A vector per item; only its direction counts. A vector of zeros resembles nothing.
    score : {"margin", "entropy", "least_confidence"}
        The uncertainty.
    beta : float, at least 0
        How much density counts; at 0 the uncertainty stays as it is.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to the score's own maximum; higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not finite, they are of different items, or a parameter is
        out of its range.

    Notes
    -----
    Information density, score · (mean cosine to all items)^beta, means below 0 counted as 0 (Settles and Craven, 2008).
    The mean cosine of unit vectors is u · mean(u), so no pair is ever looked at.

    Examples
    --------
    >>> probs = np.array([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]])
    >>> X = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    >>> density_weighted(probs, X).round(3)  # mean cosines 2/3, 1/3, 2/3
    array([0.667, 0.333, 0.133])
    """
    X = checks.features("embeddings", embeddings)
    rate = SCORES[checks.one_of("score", score, tuple(SCORES))]
    number("beta", beta, least=0, hint="At 0 density does not count.")
    utilities = rate(probs)
    same_items(X, utilities)
    if len(X):
        utilities *= np.clip(mean_cosine(X), 0, 1) ** beta
    return utilities


@strategy(
    needs=("probs", "embeddings"),
    kind="select",
    family="hybrid",
    reason="its two best classes are only {gap:.2f} apart, and it stands for a group of such items",
    cost="O(n_items · n_classes + beta · k² · n_dims) time, O(n_items + beta · k · n_dims) memory",
    source="Zhdanov (2019), Diverse mini-batch active learning, arXiv:1901.05954",
)
def weighted_k_means(
    probs: Floats,
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    beta: float = 10,
    max_iter: int = 10,
) -> Picks:
    """The most uncertain candidates, thinned to `k` that are unlike one another.

    Takes the `beta` · k candidates of highest margin utility, clusters them with that utility as weight, and picks the
    one nearest the middle of each of k clusters. Better than plain margin where the most uncertain items are alike,
    which large batches and near-duplicates make likely.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        A vector per item. Distances are Euclidean; scale the columns, or the rows to unit length, as they should count.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Breaks ties among equal margins, and seeds the clusters.
    beta : float, at least 1
        How many uncertain candidates to choose each pick from; at 1 it is plain margin.
    max_iter : int
        Rounds of Lloyd's iteration at most.

    Returns
    -------
    picks : Picks
        The highest utility first; a utility is that of `margin`. Propensities are 1, which says no more than that the
        choice is fixed once the seed is: do not weight by them. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not finite, they are of different items, the rows are not
        unique rows of them, or `beta` is below 1.

    Notes
    -----
    Zhdanov (2019), arXiv:1901.05954. Where fewer than k of the uncertain candidates are distinct, others of
    them fill up.

    Examples
    --------
    >>> probs = np.array([[0.5, 0.5], [0.52, 0.48], [0.6, 0.4], [1.0, 0.0]])
    >>> X = np.array([[0.0], [0.1], [9.0], [5.0]])
    >>> rows = [0, 1, 2, 3]
    >>> weighted_k_means(probs, X, 2, candidates=rows, chosen=[], rng=np.random.default_rng(0), beta=1.5).rows
    array([0, 2])
    """
    X = checks.features("embeddings", embeddings)
    utilities = margin(probs)
    same_items(X, utilities)
    checks.positive("k", k)
    checks.positive("max_iter", max_iter)
    number("beta", beta, least=1, hint="10 is a good start.")
    free, _ = pool_rows(candidates, chosen, len(X))
    if not len(free):
        return nothing()
    unsure = np.sort(top_k(utilities, ceil(beta * k), candidates=free, rng=generator(rng)).rows)
    rows, _ = medoids(X, k, unsure, rng=rng, max_iter=max_iter, weights=utilities[unsure])
    rows = rows[np.argsort(-utilities[rows], kind="stable")]
    return Picks(rows, utilities[rows].astype(np.float64), np.ones(len(rows)))


@strategy(
    needs=("probs", "embeddings"),
    kind="select",
    family="hybrid",
    reason="its two best classes are only {gap:.2f} apart, and its kind is rare among such items",
    cost="O(n_items · n_classes + ratio · k · n_clusters · n_dims) time, O(n_items + n_clusters · n_dims) memory",
    source="Citovsky et al. (2021), Batch active learning at scale, arXiv:2107.14263",
)
def cluster_margin(
    probs: Floats,
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    ratio: float = 10,
    n_clusters: int | None = None,
    max_iter: int = 10,
) -> Picks:
    """The most uncertain candidates, taken in turn from clusters of them, the smallest cluster first.

    Takes the `ratio` · k candidates of highest margin utility, clusters them, and goes round the clusters from the
    smallest to the largest, drawing one from each until there are k. Made for batches of a thousand and more, which
    plain margin fills with look-alikes; rare kinds of hard items are served before common ones.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        A vector per item. Distances are Euclidean; scale the columns, or the rows to unit length, as they should count.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Breaks ties among equal margins, seeds the clusters, and draws from them.
    ratio : float, at least 1
        How many uncertain candidates to choose each pick from; at 1 it is plain margin.
    n_clusters : int, optional
        By default k, and at most 1000. With fewer than k, each is visited more than once.
    max_iter : int
        Rounds of Lloyd's iteration at most.

    Returns
    -------
    picks : Picks
        In the order of the rounds; a utility is that of `margin`. Propensities are 1, which says no more than that the
        choice is fixed once the seed is: do not weight by them. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not finite, they are of different items, the rows are not
        unique rows of them, some are in both, or a parameter is out of its range.

    Notes
    -----
    Cluster-Margin of Citovsky et al. (2021), arXiv:2107.14263. The paper clusters the whole pool once by average
    linkage and remembers it; here only the uncertain candidates are clustered, by k-means, each time.

    Examples
    --------
    >>> probs = np.array([[0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.6, 0.4], [1.0, 0.0]])
    >>> X = np.array([[0.0], [0.0], [0.0], [9.0], [5.0]])
    >>> rows, rng = [0, 1, 2, 3, 4], np.random.default_rng(0)
    >>> cluster_margin(probs, X, 2, candidates=rows, chosen=[], rng=rng, ratio=2).rows[0]  # the cluster of one
    np.int64(3)
    """
    X = checks.features("embeddings", embeddings)
    utilities = margin(probs)
    same_items(X, utilities)
    checks.positive("k", k)
    checks.positive("max_iter", max_iter)
    wanted = min(k, MOST_CLUSTERS) if n_clusters is None else checks.positive("n_clusters", n_clusters)
    number("ratio", ratio, least=1, hint="10 is a good start.")
    free, _ = pool_rows(candidates, chosen, len(X))
    generator(rng)
    if not len(free):
        return nothing()
    unsure = np.sort(top_k(utilities, ceil(ratio * k), candidates=free, rng=rng).rows)
    cluster = cluster_of(X, wanted, unsure, rng=rng, max_iter=max_iter)
    size = np.bincount(cluster)[cluster]
    drawn = rng.permutation(len(unsure))
    drawn = drawn[np.lexsort((cluster[drawn], size[drawn]))]  # the smallest cluster first, at random within each
    starts = np.flatnonzero(np.diff(cluster[drawn], prepend=-1))
    turn = np.arange(len(drawn)) - np.repeat(starts, np.diff(starts, append=len(drawn)))
    rows = unsure[drawn[np.argsort(turn, kind="stable")[:k]]]
    return Picks(rows, utilities[rows].astype(np.float64), np.ones(len(rows)))
