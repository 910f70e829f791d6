"""Items that stand out: from their labeled neighbors, from all that is labeled, from the batch so far."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.core.threads import in_threads
from querist.strategies._doors import generator, nothing, number, pool_rows, same_items
from querist.strategies._labeled import labeled_rows
from querist.strategies._neighbors import Neighbors
from querist.strategies._rowwise import row_blocks, working_type
from querist.strategies.select import top_k
from querist.strategies.uncertainty import margin

LEAST = 1e-7  # probability: keeps a class that a neighbor has and an item has not from counting without bound
SAMPLE = 8192  # rows that the spread of the pool is estimated from, and at least four for each dimension
RIDGE = 1e-3  # of the mean variance, added to each: directions in which the pool hardly varies tell nothing apart


@strategy(
    needs=("probs", "embeddings", "labeled"),
    family="hybrid",
    reason="predicted unlike its nearest labeled items, by {utility:.2f} nats",
    cost="O(n_items · n_labeled · n_dims) time, O(n_items + n_labeled · n_dims) memory",
    source="Margatina, Vernikos, Barrault and Aletras (2021), arXiv:2109.03764",
)
def contrastive(probs: Floats, embeddings: Floats, labeled: npt.ArrayLike, *, n_neighbors: int = 10) -> Floats:
    """How differently the model predicts an item and the labeled items nearest to it: contrastive active learning.

    High where items that are alike in features get unlike predictions, which is where a boundary runs; zero where the
    neighbors are predicted just the same, however unsure the model is, and everywhere while nothing is labeled.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        A vector per item. Distances are Euclidean; scale the columns, or the rows to unit length, as they should count.
    labeled : (n_items,) bool
        Whether each item is labeled.
    n_neighbors : int
        How many labeled neighbors; all where there are fewer.

    Returns
    -------
    utilities : (n_items,) float, in nats
        From 0 to 16.1, the logarithm of 1e7; higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not finite, `labeled` is no mask, they are of different
        items, or `n_neighbors` is below 1.

    Notes
    -----
    CAL of Margatina et al. (2021), arXiv:2109.03764: the mean of KL(p_neighbor | p_item) over the neighbors. As it is
    linear in log p_item, only the neighbors' mean probabilities and mean entropy are needed. Probabilities below 1e-7
    count as that.

    Examples
    --------
    >>> probs = np.array([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]])
    >>> X, labeled = np.array([[0.0], [1.0], [1.1]]), np.array([True, False, False])
    >>> contrastive(probs, X, labeled).round(3)  # ½ log(½ / 0.9) + ½ log(½ / 0.1)
    array([0.   , 0.   , 0.511])
    """
    p, X = checks.probabilities("probs", probs), checks.features("embeddings", embeddings)
    same_items(X, p)
    checks.positive("n_neighbors", n_neighbors)
    known = labeled_rows(labeled, len(X))
    utilities = np.zeros(len(X), dtype=np.result_type(working_type(p), working_type(X)))
    if not len(known) or p.shape[1] == 1:
        return utilities
    neighbors = Neighbors(X, known)
    q = np.maximum(p[known].astype(np.float64), LEAST)
    q /= q.sum(axis=1, keepdims=True)
    negentropy = (q * np.log(q)).sum(axis=1)

    def work(block: slice) -> None:
        nearest = neighbors.nearest(block, n_neighbors)
        own = np.maximum(p[block].astype(np.float64), LEAST)
        own /= own.sum(axis=1, keepdims=True)
        found = negentropy[nearest].mean(axis=1) - np.einsum("ij,ij->i", q[nearest].mean(axis=1), np.log(own))
        utilities[block] = np.maximum(found, 0)

    in_threads(work, neighbors.blocks())
    return utilities


@strategy(
    needs=("embeddings", "labeled"),
    kind="select",
    family="hybrid",
    reason="told from the labeled items with a probability of {utility:.3f}",
    cost="O(n_candidates · n_steps · n_dims + n_dims³) time, O(n_candidates + n_dims²) memory",
    source="Gissin and Shalev-Shwartz (2019), Discriminative active learning, arXiv:1907.06347",
)
def discriminative(
    embeddings: Floats,
    labeled: npt.ArrayLike,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    n_steps: int = 10,
) -> Picks:
    """The candidates most easily told from what is labeled, in a few steps: discriminative active learning.

    In each step a discriminator learns to tell labeled items from candidates, and the candidates of which it is surest
    are added to the labeled ones. Fills what the labels leave empty, as long as one direction tells the two apart;
    knows nothing of what the model finds hard.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item.
    labeled : (n_items,) bool
        Whether each item is labeled.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; those pending count as labeled.
    rng : numpy.random.Generator
        Breaks ties, draws the sample that the spread is estimated from, and makes the first step where nothing is
        labeled.
    n_steps : int
        In how many steps; at most one for each pick.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is the probability of being no labeled item, both kinds being equally
        common, when it was picked; 0.5 in a first step with nothing labeled. Propensities are 1, which says no more
        than that the choice is fixed once the seed is: do not weight by them. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, `labeled` is no mask, the rows are not unique rows of them, some are in
        both, or `n_steps` is below 1.

    Notes
    -----
    DAL of Gissin and Shalev-Shwartz (2019), arXiv:1907.06347, whose discriminator is a network. Ours is Fisher's linear
    one with a ridge, in closed form: the spread within both kinds follows from that of all together, which is factored
    once, so that a step costs one product.

    Examples
    --------
    >>> X, labeled = np.array([[0.0], [1.0], [2.0], [9.0]]), np.array([True, False, False, False])
    >>> # 9 first; then 0 and 9 lie on the whole above 1 and 2, so the lowest is told best
    >>> discriminative(X, labeled, 2, candidates=[1, 2, 3], chosen=[0], rng=np.random.default_rng(0)).rows
    array([3, 1])
    """
    X = checks.features("embeddings", embeddings)
    checks.positive("k", k)
    checks.positive("n_steps", n_steps)
    free, taken = pool_rows(candidates, chosen, len(X))
    generator(rng)
    known = np.setdiff1d(np.union1d(labeled_rows(labeled, len(X)), taken), free)
    if not len(free):
        return nothing()
    k = min(k, len(free))
    discriminator = _Fisher(X, free, known, rng)
    picked, utilities = np.empty(0, dtype=np.int64), np.empty(0)
    sizes = np.full(min(n_steps, k), k // min(n_steps, k))
    sizes[: k % len(sizes)] += 1
    for size in sizes.tolist():
        told = discriminator.probabilities()
        more = top_k(told, size, candidates=np.flatnonzero(discriminator.left), rng=rng)
        discriminator.label(more.rows)
        picked, utilities = np.concatenate([picked, more.rows]), np.concatenate([utilities, more.utilities])
    return Picks(free[picked], utilities, np.ones(k))


class _Fisher:
    """Fisher's linear discriminant between labeled rows and candidates, as candidates become labeled."""

    def __init__(self, X: Floats, free: Rows, known: Rows, rng: np.random.Generator) -> None:
        self.points, self.free = X, free
        self.left = np.ones(len(free), dtype=bool)
        self.n_labeled = len(known)
        rows = np.concatenate([free, known])
        drawn = np.sort(rng.choice(rows, size=min(len(rows), max(SAMPLE, 4 * X.shape[1])), replace=False))
        sample = X[drawn].astype(np.float64)
        self.origin = sample.mean(axis=0)
        sample -= self.origin
        spread = sample.T @ sample / len(sample)
        ridge = RIDGE * np.trace(spread) / max(1, len(spread))
        spread[np.diag_indices_from(spread)] += ridge if ridge > 0 else 1
        self.inverse = np.linalg.inv(spread)
        self.labeled = self._sum(known)
        self.unlabeled = self._sum(free)

    def probabilities(self) -> Floats:
        """Of each candidate's being none of the labeled, both being equally common."""
        n, m = self.n_labeled, int(self.left.sum())
        if not n:
            return np.full(len(self.free), 0.5)
        ours, theirs = self.labeled / n, self.unlabeled / m
        apart = theirs - ours
        direction = self.inverse @ apart
        between = n * m / (n + m) ** 2  # the spread of all is that within the kinds and this much of apart · apart
        scale = 1 / max(1 - between * float(apart @ direction), RIDGE)
        direction *= scale
        bias = -float(direction @ (self.origin + (ours + theirs) / 2))
        logits = np.empty(len(self.free))
        for block in row_blocks(len(self.free), self.points.shape[1]):
            logits[block] = self.points[self.free[block]] @ direction.astype(self.points.dtype, copy=False)
        logits += bias
        told: Floats = 0.5 + 0.5 * np.tanh(logits / 2)
        return told

    def label(self, places: Rows) -> None:
        moved = self._sum(self.free[places])
        self.labeled += moved
        self.unlabeled -= moved
        self.n_labeled += len(places)
        self.left[places] = False

    def _sum(self, rows: Rows) -> Floats:
        """The sum of rows, seen from the origin."""
        total: Floats = np.zeros(self.points.shape[1])
        for block in row_blocks(len(rows), self.points.shape[1]):
            total += self.points[rows[block]].sum(axis=0, dtype=np.float64)
        total -= len(rows) * self.origin
        return total


@strategy(
    needs=("probs",),
    kind="select",
    family="hybrid",
    reason="unsure, and predicted unlike those picked before, {utility:.2f} of 2 together",
    cost="O(n_candidates · k · n_classes) time, O(n_candidates) memory",
    source="Gilhuber, Beer, Ma and Seidl (2024), FALCUN: a simple and efficient deep active learning strategy",
)
def falcun(
    probs: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    gamma: float = 10,
) -> Picks:
    """Unsure items whose predictions differ, drawn one after the other; needs no embeddings.

    Each draw has a chance in proportion to (u + d)^gamma, where u is the margin utility and d the distance of the
    item's probabilities from those picked before, both between 0 and 1.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Of the draws.
    gamma : float, at least 0
        At 0 all candidates have the same chance; the higher, the nearer to always taking the best.

    Returns
    -------
    picks : Picks
        In the order they were drawn. A utility is u + d when it was drawn. A propensity is its chance in that draw,
        given the picks before it. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, the rows are not unique rows of it, some are in both, or `gamma` is below 0.

    Notes
    -----
    Gilhuber, Beer, Ma and Seidl (2024), ECML PKDD, pages 421-439. d is the least L1 distance, starting as u, and after
    each pick scaled so that the candidates' values reach from 0 to 1. Where every chance is zero, all candidates left
    have the same.

    Examples
    --------
    >>> probs = np.array([[0.5, 0.5], [1.0, 0.0], [1.0, 0.0]])
    >>> picks = falcun(probs, 1, candidates=[0, 1, 2], chosen=[], rng=np.random.default_rng(0))
    >>> picks.rows, picks.utilities, picks.propensities  # the others have u = d = 0
    (array([0]), array([2.]), array([1.]))
    """
    p = checks.probabilities("probs", probs)
    checks.positive("k", k)
    number("gamma", gamma, least=0, hint="10 is a good start.")
    free, _ = pool_rows(candidates, chosen, len(p))
    generator(rng)
    if not len(free):
        return nothing()
    p = p if len(free) == len(p) else p[free]
    unsure = margin(p).astype(np.float64)
    far = unsure.copy()
    left = np.ones(len(free), dtype=bool)
    n = min(k, len(free))
    picked, utilities, propensities = np.empty(n, dtype=np.int64), np.empty(n), np.empty(n)
    for j in range(n):
        if j:
            np.minimum(far, _l1(p, p[picked[j - 1]]), out=far)
            far -= far.min()
            far /= far.max() or 1
        chances = (unsure + far) ** gamma
        chances *= left
        ends = chances.cumsum()
        if not ends[-1] > 0:
            chances = left.astype(np.float64)
            ends = chances.cumsum()
        i = int(ends.searchsorted(rng.random() * ends[-1], side="right"))
        i = i if i < len(free) and chances[i] > 0 else int(np.flatnonzero(chances)[-1])
        picked[j], utilities[j], propensities[j] = i, unsure[i] + far[i], chances[i] / ends[-1]
        left[i] = False
    return Picks(free[picked], utilities, np.minimum(propensities, 1))


def _l1(p: Floats, q: Floats) -> Floats:
    found = np.empty(len(p), dtype=working_type(p))
    ones = np.ones(p.shape[1], dtype=found.dtype)
    for block in row_blocks(*p.shape):
        apart = np.subtract(p[block], q, dtype=found.dtype)
        found[block] = np.abs(apart, out=apart) @ ones
    return found
