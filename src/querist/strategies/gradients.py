"""Items whose labels would move the model in different directions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies._doors import generator, nothing, pool_rows, same_items
from querist.strategies._dsquared import Gradients, chances, d_squared
from querist.strategies._largest import largest_cluster_first


@strategy(
    needs=("probs", "embeddings"),
    kind="select",
    family="hybrid",
    reason="its label would move the model in a direction of its own, {utility:.3g} from any picked before",
    cost="O(n_candidates · k · (n_classes + n_dims)) time at most, O(n_candidates + k · (n_classes + n_dims)) memory",
    source="Ash, Zhang, Krishnamurthy, Langford and Agarwal (2020), arXiv:1906.03671",
)
def badge(
    probs: Floats,
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    exact_propensities: bool = False,
) -> Picks:
    """Batch of diverse gradients: k-means++ seeding over the steps that labels would make the model take.

    Takes items that are unsure, since theirs are long gradients, and unlike one another, since near ones are rarely
    drawn. Made for deep networks and large batches; on fixed embeddings with small ones, plain `margin` is as good.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        A vector per item, at its best what the model's last layer reads.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending; they play no part.
    rng : numpy.random.Generator
        Of the draws after the first pick, which is the longest gradient, the lowest row among equals.
    exact_propensities : bool
        Whether to work out each pick's exact chance, which takes about as long again as the picks.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is the distance of the item's gradient to the nearest one picked before
        it, of the first one to zero. Propensities, where exact, are each pick's chance in its draw, given the picks
        before it; 1 of the first. Otherwise all are 1, which says no more than that they are not known: do not weight
        by them. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not finite, they are of different items, or the rows are not
        unique rows of them, or some are in both.

    Notes
    -----
    Ash et al. (2020), arXiv:1906.03671. The gradient of the loss under the predicted label is (p - e) ⊗ x, with e one
    at the largest probability; its n_classes · n_dims numbers are never formed. Each pick after the first is drawn
    with a chance in proportion to its squared distance from those before it, at random where all are at distance zero,
    as with one class only. Computed in the float type of the arrays; differences below its rounding are zero.

    Examples
    --------
    >>> probs = np.array([[0.5, 0.5], [0.5, 0.5], [1.0, 0.0]])
    >>> X = np.array([[3.0, 4.0], [3.0, 4.0], [9.0, 9.0]])
    >>> picks = badge(probs, X, 2, candidates=[0, 1, 2], chosen=[], rng=np.random.default_rng(0))
    >>> picks.rows, picks.utilities.round(3)  # |(-.5, .5)| · 5; row 1 is its copy, and row 2 has a gradient of zero
    (array([0, 2]), array([3.536, 3.536]))
    """
    p = checks.probabilities("probs", probs)
    X = checks.features("embeddings", embeddings)
    same_items(X, p)
    checks.positive("k", k)
    free, _ = pool_rows(candidates, chosen, len(X))
    generator(rng)
    if not len(free):
        return nothing()
    gradients = Gradients(p, X, free)
    picked, squared = d_squared(gradients, min(k, len(free)), rng=rng)
    propensities = chances(gradients, picked) if exact_propensities else np.ones(len(picked))
    return Picks(free[picked], np.sqrt(squared), propensities)


@strategy(
    needs=("embeddings",),
    kind="select",
    family="regression",
    reason="the farthest from its nearest row chosen, by {utility:.3g}, in the cluster that is worst served",
    cost="O(n_candidates · (n_chosen + k) · n_dims) time, O(n_candidates) memory",
    source="Holzmüller, Zaverkin, Kästner and Steinwart (2023), arXiv:2203.09410",
)
def lcmd(
    embeddings: Floats, k: int, *, candidates: npt.ArrayLike, chosen: npt.ArrayLike, rng: np.random.Generator
) -> Picks:
    """Largest cluster, maximum distance: each pick is the farthest point of the cluster that is worst served.

    Every candidate belongs to the nearest row chosen so far, and a cluster weighs as much as its candidates' squared
    distances from that row. Spreads like `k_center`, but goes where many items are far from any label, not to a lone
    outlier. Of what a batch can do without the numbers predicted, the best for regression in its paper's comparison.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item, at its best the gradients or the last layer's input of the model in use. Distances are
        Euclidean; standardize the columns.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending. Without any, the first pick is the candidate of largest norm.
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
    LCMD of Holzmüller et al. (2023), arXiv:2203.09410. Distances of picks that are likely to follow are measured in one
    product with those of the pick at hand; that changes the time it takes, and nothing else.

    Examples
    --------
    >>> X = np.array([[0.0], [6.0], [7.0], [5.0], [-9.0], [20.0]])
    >>> picks = lcmd(X, 2, candidates=[1, 2, 3, 4], chosen=[0, 5], rng=np.random.default_rng(0))
    >>> picks.rows, picks.utilities  # -9 is farthest from 0; then 5, 6 and 7 still weigh 25 + 36 + 49
    (array([4, 2]), array([9., 7.]))
    """
    X = checks.features("embeddings", embeddings)
    checks.positive("k", k)
    generator(rng)
    free, taken = pool_rows(candidates, chosen, len(X))
    if not len(free):
        return nothing()
    rows, squared = largest_cluster_first(X, min(k, len(free)), free, taken)
    return Picks(rows, np.sqrt(squared), np.ones(len(rows)))
