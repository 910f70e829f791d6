"""Which items together stand for the pool, whatever a model says of them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies import _device_engines
from querist.strategies._clusters import medoids
from querist.strategies._doors import generator, nothing, pool_rows
from querist.strategies._elsewhere import or_elsewhere
from querist.strategies._farthest import farthest_first


@strategy(
    needs=(),
    kind="select",
    family="diversity",
    reason="drawn at random",
    cost="O(n_items) time and memory",
    source="simple random sampling without replacement",
)
def random(k: int, *, candidates: npt.ArrayLike, chosen: npt.ArrayLike, rng: np.random.Generator) -> Picks:
    """A simple random sample: every candidate has the same chance.

    What every other strategy must beat, and the only one whose labels tell the truth about the pool without
    weighting.

    Parameters
    ----------
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Of the draw.

    Returns
    -------
    picks : Picks
        In random order. Utilities are NaN, propensities k / n_candidates. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `k` is below 1, or `candidates` holds a row twice.

    Examples
    --------
    >>> picks = random(2, candidates=[4, 5, 6, 7], chosen=[0], rng=np.random.default_rng(0))
    >>> len(picks), picks.propensities
    (2, array([0.5, 0.5]))
    """
    checks.positive("k", k)
    given = np.asarray(candidates)
    highest = int(given.max()) if given.size and given.dtype.kind in "iu" else -1
    rows, _ = pool_rows(given, (), highest + 1)
    if not len(rows):
        return nothing()
    drawn = generator(rng).choice(rows, size=min(k, len(rows)), replace=False)
    return Picks(drawn, np.full(len(drawn), np.nan), np.full(len(drawn), len(drawn) / len(rows)))


@strategy(
    needs=("embeddings",),
    kind="select",
    family="diversity",
    reason="the nearest item chosen before it is {utility:.3g} away",
    cost="O(n_candidates · (n_chosen + k) · n_dims) time, O(n_candidates) memory",
    source="Gonzalez (1985); as a query strategy Sener and Savarese (2018), arXiv:1708.00489",
)
@or_elsewhere(_device_engines.k_center)
def k_center(
    embeddings: Floats, k: int, *, candidates: npt.ArrayLike, chosen: npt.ArrayLike, rng: np.random.Generator
) -> Picks:
    """Core-set: each pick is the candidate farthest from everything chosen before it.

    Covers the whole pool with the smallest radius, up to a factor of two, and so takes the outliers first. Weak where
    outliers are noise, which is usual for text and for rare classes; good for showing extremes.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item. Distances are Euclidean; scale the columns, or the rows to unit length, as they should count.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending. Without any, the first pick is the candidate nearest the candidates' mean.
    rng : numpy.random.Generator
        Not drawn from: the choice is deterministic, ties going to the lowest row.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is the distance to the nearest row chosen when it was picked, NaN where
        there was none; propensities are 1. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, or the rows are not unique rows of it, or some are in both.

    Notes
    -----
    The greedy loop of Gonzalez (1985), within twice the smallest radius possible; Sener and Savarese (2018). Computed
    in the float type of `embeddings`; differences below its rounding count as ties. Never holds a distance matrix.

    Examples
    --------
    >>> X = np.array([[0.0], [1.0], [5.0], [9.0]])
    >>> picks = k_center(X, 2, candidates=[1, 2, 3], chosen=[0], rng=np.random.default_rng(0))
    >>> picks.rows, picks.utilities  # 9 from row 0; then row 2 is 4 from row 3, and row 1 only 1 from row 0
    (array([3, 2]), array([9., 4.]))
    """
    X = checks.features("embeddings", embeddings)
    checks.positive("k", k)
    generator(rng)
    free, taken = pool_rows(candidates, chosen, len(X))
    if not len(free):
        return nothing()
    rows, distances = farthest_first(X, min(k, len(free)), free, taken)
    return Picks(rows, distances, np.ones(len(rows)))


@strategy(
    needs=("embeddings",),
    kind="select",
    family="diversity",
    reason="the most typical of a cluster that holds a share of {utility:.3f} of the candidates",
    cost="O(n_candidates · k · n_dims) time, O(n_candidates + k · n_dims) memory",
    source="Lloyd (1982); seeded by k-means++, Arthur and Vassilvitskii (2007)",
)
def k_means(
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    max_iter: int = 10,
) -> Picks:
    """The medoids of `k` clusters: the candidate nearest the middle of each.

    A good first batch, while there is no model to ask: it stands for the pool's dense regions. Blind to what is
    labeled already and to what the model finds hard, so weaker in later rounds.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item. Distances are Euclidean; scale the columns, or the rows to unit length, as they should count.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked, and that are clustered.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Of the sample and of the seeding.
    max_iter : int
        Rounds of Lloyd's iteration at most.

    Returns
    -------
    picks : Picks
        The largest cluster's medoid first. A utility is the cluster's share of the candidates; where there are fewer
        distinct points than `k`, the rest is filled farthest first, with utility 0. Propensities are 1, which says no
        more than that the choice is fixed once the seed is: do not weight by them. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, or the rows are not unique rows of it, or some are in both.

    Notes
    -----
    Lloyd (1982) on at most max(8192, 128 k) candidates drawn at random, then one pass over all of them.

    Examples
    --------
    >>> X = np.array([[0.0], [0.1], [0.2], [9.0], [9.1]])
    >>> picks = k_means(X, 2, candidates=[0, 1, 2, 3, 4], chosen=[], rng=np.random.default_rng(0))
    >>> picks.rows[0], picks.utilities  # the middle one of three, then one of two
    (np.int64(1), array([0.6, 0.4]))
    """
    X = checks.features("embeddings", embeddings)
    checks.positive("k", k)
    checks.positive("max_iter", max_iter)
    free, _ = pool_rows(candidates, chosen, len(X))
    if not len(free):
        return nothing()
    rows, shares = medoids(X, k, free, rng=generator(rng), max_iter=max_iter)
    return Picks(rows, shares, np.ones(len(rows)))
