"""Items that many others are near to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.core.threads import in_threads
from querist.strategies._balls import pure_radius
from querist.strategies._clusters import cluster_of
from querist.strategies._coverage import Goal, cover, subsample
from querist.strategies._doors import above_zero, generator, nothing, pool_rows
from querist.strategies._kernels import Space, ball, mean_cosine, rbf, unit_rows
from querist.strategies._near import nearest_distances
from querist.strategies._rowwise import row_blocks, working_type

MAX_CLUSTERS = 500
SMALL = 5  # clusters of at most so many items are served last
EPSILON = 1e-5  # keeps copies from being infinitely typical
LARGEST = 8192  # members of a cluster among which neighbors are looked up


@strategy(
    needs=("embeddings",),
    kind="select",
    family="diversity",
    reason="the most typical of a cluster without labels, typicality {utility:.3g}",
    cost="O(n_items · n_clusters · n_dims + Σ cluster² · n_dims) time, O(n_items + n_clusters · n_dims) memory",
    source="Hacohen, Dekel and Weinshall (2022), Active learning on a budget, arXiv:2202.02794",
)
def typiclust(
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    max_clusters: int = MAX_CLUSTERS,
    n_neighbors: int = 20,
    normalize: bool = True,
    max_iter: int = 10,
) -> Picks:
    """The most typical candidate of each cluster that has no label yet, the largest first.

    A strong start where classes are clumps in the embeddings: typical items teach a weak model most. Loses to
    strategies that ask the model once that is any good.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending. Clusters with the fewest of them come first.
    rng : numpy.random.Generator
        Seeds the clusters, and draws from very large ones.
    max_clusters : int
        There are n_chosen + k clusters, but at most so many.
    n_neighbors : int
        Neighbors within the cluster that typicality looks at; half of the cluster where it is small.
    normalize : bool
        Whether to bring each vector to unit length first, as the paper does.
    max_iter : int
        Rounds of Lloyd's iteration at most.

    Returns
    -------
    picks : Picks
        In the order of their clusters. A utility is the typicality, 1 / (mean distance to the neighbors + 0.00001), and
        NaN for one that is alone in its cluster; propensities are 1, which says no more than that the choice is fixed
        once the seed is: do not weight by them. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, the rows are not unique rows of it, some are in both, or a parameter is
        out of its range.

    Notes
    -----
    Hacohen, Dekel and Weinshall (2022), arXiv:2202.02794. Clusters of 5 items or fewer are served only once the others
    are used up. Where there are fewer clusters than picks they are gone through again, each giving its next most
    typical item. Neighbors are looked up among the cluster's candidates, in a cluster of more than 8192 among so many
    of them, drawn at random, of which the pick then is one. Ties go to the lowest row.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.1], [3.0], [4.0], [5.0], [90.0]])
    >>> rows = [0, 1, 2, 3, 4, 5, 6]
    >>> picks = typiclust(
    ...     X, 1, candidates=rows, chosen=[], rng=np.random.default_rng(0), n_neighbors=2, normalize=False
    ... )
    >>> picks.rows, picks.utilities.round(3)  # row 3 is 0.9 and 1 away from its neighbors: 1 / 0.95
    (array([3]), array([1.053]))
    """
    X = checks.features("embeddings", embeddings)
    for name, value in (("k", k), ("max_clusters", max_clusters), ("n_neighbors", n_neighbors), ("max_iter", max_iter)):
        checks.positive(name, value)
    free, taken = pool_rows(candidates, chosen, len(X))
    generator(rng)
    if not len(free):
        return nothing()
    k = min(k, len(free))
    points = unit_rows(X) if normalize else X
    every = np.sort(np.concatenate([free, taken]))
    which = np.full(len(X), -1)
    which[every] = cluster_of(points, min(len(taken) + k, max_clusters), every, rng=rng, max_iter=max_iter)
    cluster, rank = _turns(which, free, taken)
    cluster, rank = cluster[:k], rank[:k]
    served, place = np.unique(cluster, return_inverse=True)
    members = _split(which[free], free, served)
    quotas = np.bincount(place)
    groups = [(subsample(rows, max(LARGEST, n), rng), n) for rows, n in zip(members, quotas.tolist(), strict=True)]
    found = in_threads(lambda group: _most_typical(points, *group, n_neighbors), groups)
    at = np.append(0, np.cumsum(quotas))[place] + rank
    rows = np.concatenate([rows for rows, _ in found])[at]
    return Picks(rows, np.concatenate([typicality for _, typicality in found])[at], np.ones(k))


@strategy(
    needs=("embeddings",),
    kind="select",
    family="diversity",
    reason="a share of {utility:.3g} of the pool is near it, and near nothing chosen before",
    cost="O(n_candidates · n_reference · n_dims) time, O(n_candidates + n_reference · n_dims) memory",
    source="Yehuda, Dekel, Hacohen and Weinshall (2022), Active learning through a covering lens, arXiv:2205.11320",
)
def probcover(
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    delta: float | None = None,
    n_clusters: int = 10,
    purity: float = 0.95,
    normalize: bool = True,
    n_reference: int | None = 10_000,
) -> Picks:
    """The candidates whose balls hold most of what no chosen row's ball holds yet.

    Good with very few labels where the radius suits the data, and sensitive to it: too small, and every ball is empty;
    too large, and a few cover everything. `max_herding` has no such edge.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked, and that are to be covered.
    chosen : (n_chosen,) int
        Rows labeled or pending; they cover already.
    rng : numpy.random.Generator
        Of the reference sample, and of what finds the radius.
    delta : float, above 0, optional
        The radius. By default the largest with which a share `purity` of the balls hold one cluster only.
    n_clusters : int
        How many clusters stand for classes while the radius is looked for: the number of classes, where it is known.
    purity : float, from 0 to 1
        See `delta`.
    normalize : bool
        Whether to bring each vector to unit length first, as the paper does.
    n_reference : int or None
        Where there are more candidates, only so many of them, drawn at random, are to be covered; None for all.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is the share of the references that the pick is the first to cover;
        propensities are 1, which says no more than that the choice is fixed once the seed is. Empty where there are no
        candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, the rows are not unique rows of it, some are in both, or a parameter is
        out of its range.

    Notes
    -----
    Yehuda, Dekel, Hacohen and Weinshall (2022), arXiv:2205.11320. A ball is open: distances below `delta`. It is pure
    up to the nearest item of another cluster, so the radius is a quantile of those distances, taken over 512
    candidates; where there is but one cluster, it is the median distance of the candidates to one of them. Once all is
    covered, and among ties, the lowest row comes first. A distance within rounding of the radius may fall either side.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [2.0], [7.0], [8.0]])
    >>> picks = probcover(
    ...     X, 2, candidates=[0, 1, 2, 3, 4], chosen=[], rng=np.random.default_rng(0), delta=1.5, normalize=False
    ... )
    >>> picks.rows, picks.utilities  # row 1 covers three of five, then row 3 two
    (array([1, 3]), array([0.6, 0.4]))
    """
    X = checks.features("embeddings", embeddings)
    checks.positive("k", k)
    checks.positive("n_clusters", n_clusters)
    checks.share("purity", purity)
    if n_reference is not None:
        checks.positive("n_reference", n_reference)
    if delta is not None:
        above_zero("delta", delta)
    free, taken = pool_rows(candidates, chosen, len(X))
    generator(rng)
    if not len(free):
        return nothing()
    radius = pure_radius(X, free, n_clusters, purity, normalize, rng) if delta is None else float(delta)
    references = subsample(free, n_reference, rng)
    goal = Goal(references, np.ones(len(references)))
    rows, gains = cover(X, min(k, len(free)), free, taken, ball(radius, unit=normalize), goal)
    return Picks(rows, gains / len(references), np.ones(len(rows)))


@strategy(
    needs=("embeddings",),
    family="diversity",
    reason="the pool is, on average, {utility:.3f} like it",
    cost="O(n_items · n_dims) time for the cosine, O(n_items · n_reference · n_dims) for the rbf; one float per item",
    source="Settles and Craven (2008), An analysis of active learning strategies for sequence labeling tasks",
)
def information_density(
    embeddings: Floats, *, kernel: str = "cosine", sigma: float = 1.0, n_reference: int | None = 3000
) -> Floats:
    """The mean similarity of an item to all items.

    High in the middle of the pool, low for outliers. It knows of no labels and its best items are alike, so a batch of
    them says one thing many times: combine it, as `density_weighted` does, or use `facility_location`.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item.
    kernel : {"cosine", "rbf"}
        The similarity: the cosine, of which only directions count and a vector of zeros is like nothing; or
        exp(-distance² / sigma²).
    sigma : float, above 0
        Of the rbf.
    n_reference : int or None
        The rbf is averaged over so many items, evenly spaced over the pool, where there are more; None for all. The
        cosine is always averaged over all.

    Returns
    -------
    utilities : (n_items,) float
        From -1 to 1 for the cosine, from 0 to 1 for the rbf; higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, or a parameter is out of its range.

    Notes
    -----
    Settles and Craven (2008), without the uncertainty. The mean cosine of unit vectors is u · mean(u), so no pair is
    looked at.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    >>> information_density(X).round(3)  # row 0: (1 + 0 + 1) / 3
    array([0.667, 0.333, 0.667])
    """
    X = checks.features("embeddings", embeddings)
    checks.one_of("kernel", kernel, ("cosine", "rbf"))
    above_zero("sigma", sigma)
    if n_reference is not None:
        checks.positive("n_reference", n_reference)
    if not len(X):
        return np.empty(0, dtype=working_type(X))
    if kernel == "cosine":
        return np.clip(mean_cosine(X), -1, 1)
    n = len(X) if n_reference is None else min(len(X), n_reference)
    references = np.linspace(0, len(X) - 1, n).astype(np.int64)
    space = Space(X, rbf(sigma, unit=False), references)
    theirs = space.read(references)

    def one(part: slice) -> Floats:
        found: Floats = space.between(space.read(np.arange(part.start, part.stop)), theirs).mean(axis=1)
        return found

    return np.concatenate(in_threads(one, row_blocks(len(X), max(1, n // 8))))


def _turns(which: Rows, free: Rows, taken: Rows) -> tuple[Rows, Rows]:
    """For each pick, as long as there are candidates, the cluster it comes from, and how many that gave before."""
    n = int(which.max()) + 1
    counts, labeled = np.bincount(which[free], minlength=n), np.bincount(which[taken], minlength=n)
    sizes = counts + labeled
    order = np.lexsort((-sizes, labeled))
    cluster = np.repeat(order, counts[order])
    rank = np.arange(len(cluster)) - np.repeat(np.cumsum(counts[order]) - counts[order], counts[order])
    turn = np.lexsort((np.arange(len(cluster)), rank, sizes[cluster] <= SMALL))
    return cluster[turn], rank[turn]


def _split(group: Rows, rows: Rows, wanted: Rows) -> list[Rows]:
    order = np.argsort(group, kind="stable")
    first, last = (np.searchsorted(group[order], wanted, side) for side in ("left", "right"))
    return [rows[order[start:stop]] for start, stop in zip(first, last, strict=True)]


def _most_typical(points: Floats, members: Rows, n: int, n_neighbors: int) -> tuple[Rows, Floats]:
    """The `n` most typical of a cluster's members, and how typical each is."""
    near = min(n_neighbors, max(1, len(members) // 2))
    if len(members) == 1:
        return members, np.array([np.nan])
    distances = nearest_distances(points, members, members, near, unit=False)
    typicality = 1 / (distances.mean(axis=1, dtype=np.float64) + EPSILON)
    best = np.argsort(-typicality, kind="stable")[:n]
    return members[best], typicality[best]
