"""How much a label would lower the variance of all predictions, before it is bought."""

from __future__ import annotations

from math import ceil

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies import _device_engines
from querist.strategies._doors import generator, nothing, number, outweighed, pool_rows, same_items
from querist.strategies._elsewhere import or_elsewhere
from querist.strategies._fisher import VarianceReduction, least_squared
from querist.strategies._information import greedy_information
from querist.strategies._nystroem import nystroem
from querist.strategies._rowwise import row_blocks, working_type
from querist.strategies.select import top_k
from querist.strategies.uncertainty import entropy, least_confidence, margin

WEIGHTS = {"margin": margin, "least_confidence": least_confidence, "entropy": entropy}
RIDGE = 0.05  # 1/C of a logistic regression with C = 20, the usual one on unit-length embeddings


@strategy(
    needs=("probs", "embeddings"),
    kind="select",
    family="lookahead",
    reason="its label lowers the weighted variance of all predictions by {utility:.3g}",
    cost="O(n_items · n_dims² + k · n_items · n_dims) time, O(n_items + n_dims²) memory",
    source="Ash et al. (2021), Gone fishing, arXiv:2106.09675, with one number for an item's Fisher information",
)
@or_elsewhere(_device_engines.weighted_variance_reduction)
def weighted_variance_reduction(
    probs: Floats,
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    ridge: float = RIDGE,
    weight: str = "margin",
    normalize: bool = True,
) -> Picks:
    """What most lowers the variance of a linear model's predictions where it is unsure, pick by pick.

    Joins uncertainty and coverage in one figure: an item counts that is uncertain itself, lies where many uncertain
    items lie, and in a direction that no label has measured yet. Ahead of `random` wherever we compared them with a
    linear model on embeddings; with trees, which see other distances, plain `margin` can be better.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        What a linear model of the classes reads, or nearly. Above a thousand dimensions reduce them first.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending: what is known already, with the weight that the model gives them now.
    rng : numpy.random.Generator
        Not drawn from: the choice is deterministic, ties going to the lowest row.
    ridge : float, above 0
        The model's penalty; for scikit-learn's logistic regression, 1/C.
    weight : {"margin", "least_confidence", "entropy"}
        The uncertainty that stands for an item's Fisher information.
    normalize : bool
        Whether only the directions of the embeddings count.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is what the pick lowers tr(M⁻¹G) by; propensities are 1. Empty where
        there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not finite, they are of different items, the rows are not
        unique rows of them, or some are in both; or a parameter is out of its range.

    Notes
    -----
    M = ridge I + Σ h x xᵀ over the chosen, G = mean h x xᵀ over all items, h the weight. Ash et al. (2021) with the
    matrix diag(p) - ppᵀ of an item replaced by the number h, so that a pick costs a few passes over the embeddings at
    most and no item a matrix. The greedy loop is exact, in the float type of the embeddings.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    >>> probs = np.array([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]])
    >>> picks = weighted_variance_reduction(
    ...     probs, X, 1, candidates=[0, 1], chosen=[2], rng=np.random.default_rng(0), ridge=1.0
    ... )
    >>> picks.rows, picks.utilities.round(4)  # along (0, 1): M = 1, G = 1/3; (1/3) · 1 / (1 + 1)
    (array([1]), array([0.1667]))
    """
    X = checks.features("embeddings", embeddings)
    checks.one_of("weight", weight, tuple(WEIGHTS))
    h = WEIGHTS[weight](probs)
    same_items(X, h)
    return _reduced(X, h, k, candidates, chosen, rng, ridge, normalize)


@strategy(
    needs=("embeddings",),
    kind="select",
    family="lookahead",
    reason="its label lowers the mean variance of all predictions by {utility:.3g}",
    cost="O(n_items · n_dims² + k · n_items · n_dims) time, O(n_items + n_dims²) memory",
    source="Cohn, Ghahramani and Jordan (1996), arXiv:cs/9603104; as V-optimality Yu, Bi and Tresp (2006)",
)
def variance_reduction(
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    ridge: float = RIDGE,
    kernel: str = "linear",
    n_landmarks: int = 300,
    normalize: bool = False,
) -> Picks:
    """What most lowers the mean variance of a ridge regression's predictions over the pool, pick by pick.

    Needs no labels, since the variance of a linear model does not depend on them: so it suits the first batches of a
    regression, and any later one whose noise is the same everywhere. It is blind to what the labels say.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        What a linear model of the number reads, its columns of like scale.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending.
    rng : numpy.random.Generator
        Draws the landmarks of the kernel; otherwise not drawn from.
    ridge : float, above 0
        The model's penalty: the variance of the noise over that of the coefficients.
    kernel : {"linear", "rbf"}
        With "rbf" the variance is that of a Gaussian process, exp(-|x - z|² / n_dims), by Nyström's approximation.
    n_landmarks : int
        Rows of that approximation.
    normalize : bool
        Whether only the directions of the embeddings count.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is what the pick lowers the mean variance by; propensities are 1.
        Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, or the rows are not unique rows of it, or some are in both; or a
        parameter is out of its range.

    Notes
    -----
    `weighted_variance_reduction` with every weight 1. Cohn, Ghahramani and Jordan (1996).

    Examples
    --------
    >>> X = np.array([[1.0], [2.0], [3.0]])
    >>> picks = variance_reduction(X, 1, candidates=[0, 1, 2], chosen=[], rng=np.random.default_rng(0), ridge=1.0)
    >>> picks.rows, picks.utilities.round(3)  # G = 14/3; from G/1 to G/(1 + 9)
    (array([2]), array([4.2]))
    """
    X = checks.features("embeddings", embeddings)
    checks.one_of("kernel", kernel, ("linear", "rbf"))
    checks.positive("n_landmarks", n_landmarks)
    if kernel == "rbf" and len(X):
        X = nystroem(X, n_landmarks, generator(rng))
    return _reduced(X, np.ones(len(X), dtype=working_type(X)), k, candidates, chosen, rng, ridge, normalize)


@strategy(
    needs=("probs", "embeddings"),
    kind="select",
    family="lookahead",
    reason="its label lowers the Fisher-weighted variance of all predictions by {utility:.3g}",
    cost="O(k · n_filtered · n_classes² · n_reduced²) time, O((n_classes · n_reduced)²) memory",
    source="Ash et al. (2021), Gone fishing: neural active learning with Fisher embeddings, arXiv:2106.09675",
)
def bait(
    probs: Floats,
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    ridge: float = RIDGE,
    oversample: float = 2.0,
    n_filtered: int = 1000,
    n_reduced: int = 48,
) -> Picks:
    """What most lowers the variance of a softmax model's predictions, with every class's Fisher information in full.

    The exact form of `weighted_variance_reduction`, far dearer and hardly better: for few classes, small pools, and to
    see what the short form leaves out. Takes more than `k` greedily, then gives back what is missed least.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.
    embeddings : (n_items, n_dims) float
        What a linear model of the classes reads.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending.
    rng : numpy.random.Generator
        Breaks ties among equal margins at the filter's edge.
    ridge : float, above 0
        The model's penalty; for scikit-learn's logistic regression, 1/C.
    oversample : float, at least 1
        How many to take greedily for each that is kept.
    n_filtered : int
        Only this many candidates of the smallest margins are looked at, or 10 k where that is more.
    n_reduced : int
        Principal directions of the embeddings that are kept.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is what the pick lowered tr(M⁻¹G) by when it was taken; propensities
        are 1. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not finite, they are of different items, the rows are not
        unique rows of them, or some are in both; or a parameter is out of its range.

    Notes
    -----
    Ash et al. (2021): with I(x) = (diag(p) - ppᵀ) ⊗ xxᵀ, greedy forward and backward steps on tr(M⁻¹G), each by the
    Woodbury identity with inverses of n_classes x n_classes. The square root of diag(p) - ppᵀ is diag(√p) - p√pᵀ.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    >>> probs = np.array([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]])
    >>> bait(probs, X, 1, candidates=[0, 1], chosen=[2], rng=np.random.default_rng(0)).rows
    array([1])
    """
    X = checks.features("embeddings", embeddings)
    utilities = margin(probs)
    same_items(X, utilities)
    checks.positive("k", k)
    number("ridge", ridge, above=0, hint="Take the model's own penalty.")
    number("oversample", oversample, least=1, hint="2 is the paper's.")
    checks.positive("n_filtered", n_filtered)
    checks.positive("n_reduced", n_reduced)
    free, taken = pool_rows(candidates, chosen, len(X))
    if not len(free):
        return nothing()
    outweighed(X, len(taken) + ceil(oversample * k), ridge)
    few = np.sort(top_k(utilities, max(n_filtered, 10 * k), candidates=free, rng=generator(rng)).rows)
    p = np.asarray(probs, dtype=np.float64)
    rows, gains = greedy_information(
        _principal(X, n_reduced), p, few, taken, k=min(k, len(few)), ridge=ridge, oversample=oversample
    )
    return Picks(rows, gains, np.ones(len(rows)))


def _reduced(
    X: Floats,
    h: Floats,
    k: int,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    ridge: float,
    normalize: bool,
) -> Picks:
    checks.positive("k", k)
    number("ridge", ridge, above=0, hint="Take the model's own penalty.")
    generator(rng)
    free, taken = pool_rows(candidates, chosen, len(X))
    if not len(free):
        return nothing()
    if normalize:  # x of length 1 with weight h is x as it is with weight h / |x|²
        squared = np.empty(len(X))
        for block in row_blocks(*X.shape):
            squared[block] = np.einsum("ij,ij->i", X[block], X[block], dtype=np.float64)
        h = np.divide(h, squared, out=np.zeros(len(X)), where=squared > least_squared(float(squared.max(initial=0))))
    rows, gains = VarianceReduction(X, h, free, taken, ridge=ridge).pick(min(k, len(free)))
    return Picks(rows, gains, np.ones(len(rows)))


def _principal(X: Floats, n: int) -> Floats:
    """The rows along the `n` directions of largest second moment, in float64."""
    if X.shape[1] <= n:
        return X.astype(np.float64)
    x = X.astype(np.float64)
    _, directions = np.linalg.eigh(x.T @ x)
    found: Floats = x @ directions[:, -n:]
    return found
