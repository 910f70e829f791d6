"""Items that leave nothing in the pool unlike everything labeled: greedy maximum coverage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies._coverage import Goal, cover, subsample
from querist.strategies._doors import above_zero, generator, nothing, pool_rows
from querist.strategies._kernels import Kernel, cosine, rbf
from querist.strategies._near import least_distance, nearest_distances
from querist.strategies.uncertainty import margin

_KernelFor = Callable[[Floats, Rows, Rows], Kernel]
N_REFERENCE = 3000
CLAMP = 0.01  # the quantile of nearest-neighbor distances below which near-duplicates would set the width


@strategy(
    needs=("embeddings",),
    kind="select",
    family="diversity",
    reason="it raises the mean similarity of the pool to what is chosen by {utility:.3g}",
    cost="a few passes of O(n_candidates · n_reference · n_dims) time, O(n_candidates + n_reference · n_dims) memory",
    source="Cornuejols, Fisher and Nemhauser (1977); lazy greedy, Minoux (1978)",
)
def facility_location(
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    n_reference: int | None = 10_000,
) -> Picks:
    """The candidates to which the pool is, in sum, most similar, each item counting by the best of them.

    Takes the middle of dense regions first and then what those leave out; an outlier comes late, as it stands for no
    one but itself. Blind to what the model finds hard.

    Parameters
    ----------
    embeddings : (n_items, n_dims) float
        A vector per item; only its direction counts. A vector of zeros resembles nothing.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked, and that are to be covered.
    chosen : (n_chosen,) int
        Rows labeled or pending; they cover already.
    rng : numpy.random.Generator
        Of the reference sample; not drawn from where all candidates are references.
    n_reference : int or None
        Where there are more candidates, only so many of them, drawn at random, are to be covered; None for all.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is what the pick adds to the references' mean similarity to the nearest
        chosen row, from 0 to 1; propensities are 1, which says no more than that the choice is fixed once the seed is.
        Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, the rows are not unique rows of it, some are in both, or a parameter is
        out of its range.

    Notes
    -----
    Greedy on the sum over references of max(0, cosine) to the nearest chosen row: at least 1 - 1/e of the best sum
    (Nemhauser, Wolsey and Fisher, 1978). Lazy (Minoux, 1978), and the same as without laziness up to rounding. The
    cover itself is never held as a table of all pairs; pairs that still count are kept, up to 200 MB of them. A sample
    of r references misjudges a mean by about 0.5 / sqrt(r). Ties go to the lowest row.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [-1.0, 0.0]])
    >>> picks = facility_location(X, 2, candidates=[0, 1, 2, 3], chosen=[], rng=np.random.default_rng(0))
    >>> picks.rows, picks.utilities.round(3)  # row 1: (0.8 + 1 + 0.96 + 0) / 4; then row 3 covers itself, 1 / 4
    (array([1, 3]), array([0.69, 0.25]))
    """
    return _cover(embeddings, k, candidates, chosen, rng, n_reference, lambda X, free, taken: cosine())


@strategy(
    needs=("embeddings",),
    kind="select",
    family="diversity",
    reason="it raises the mean coverage of the pool by {utility:.3g}",
    cost="a few passes of O(n_candidates · n_reference · n_dims) time, O(n_candidates + n_reference · n_dims) memory",
    source="Bae, Noh and Sutherland (2024), Generalized coverage, arXiv:2407.12212",
)
def max_herding(
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    sigma: float = 1.0,
    normalize: bool = True,
    n_reference: int | None = N_REFERENCE,
) -> Picks:
    """The candidates that cover the pool best under a smooth kernel.

    Strong while labels are few, as it asks what is typical and not yet represented; needs no model. With many labels
    everything is covered, and a strategy that looks at the model does better.

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
        Of the reference sample; not drawn from where all candidates are references.
    sigma : float, above 0
        The distance over which coverage falls to 1/e.
    normalize : bool
        Whether to bring each vector to unit length first, as the paper does. Without, choose `sigma` by your distances.
    n_reference : int or None
        Where there are more candidates, only so many of them, drawn at random, are to be covered; None for all.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is what the pick adds to the references' mean coverage, from 0 to 1;
        propensities are 1, which says no more than that the choice is fixed once the seed is. Empty where there are no
        candidates.

    Raises
    ------
    InvalidInput
        If `embeddings` is not 2-D and finite, the rows are not unique rows of it, some are in both, or a parameter is
        out of its range.

    Notes
    -----
    Greedy on the mean over references of exp(-distance² / sigma²) to the nearest chosen row; Bae, Noh and Sutherland
    (2024), arXiv:2407.12212. Computed as `facility_location` is. Ties go to the lowest row.

    Examples
    --------
    >>> X = np.array([[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [-1.0, 0.0]])
    >>> picks = max_herding(X, 2, candidates=[0, 1, 2, 3], chosen=[], rng=np.random.default_rng(0))
    >>> picks.rows  # squared distances from row 1: 0.4, 0, 0.08, 3.6
    array([1, 3])
    >>> picks.utilities.round(3)  # (e^-0.4 + 1 + e^-0.08 + e^-3.6) / 4, then (1 - e^-3.6) / 4
    array([0.655, 0.243])
    """
    width = above_zero("sigma", sigma)
    return _cover(
        embeddings, k, candidates, chosen, rng, n_reference, lambda X, free, taken: rbf(width, unit=normalize)
    )


@strategy(
    needs=("probs", "embeddings"),
    kind="select",
    family="hybrid",
    reason="it covers {utility:.3g} more of what the model is unsure of",
    cost="a few passes of O(n_candidates · n_reference · n_dims) time, O(n_candidates + n_reference · n_dims) memory",
    source="Bae, Oliveira and Sutherland (2025), Uncertainty herding, arXiv:2412.20644",
)
def uncertainty_herding(
    probs: Floats,
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    sigma: float | str = 1.0,
    temperature: float = 1.0,
    normalize: bool = True,
    n_reference: int | None = N_REFERENCE,
) -> Picks:
    """The candidates that cover best what the model is unsure of.

    `max_herding` with each item to cover weighted by its margin uncertainty: representative while the model knows
    nothing, uncertain where it does. Good from the first labels on; only as good as the probabilities.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities, better calibrated ones.
    embeddings : (n_items, n_dims) float
        A vector per item.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked, and that are to be covered.
    chosen : (n_chosen,) int
        Rows labeled or pending; they cover already.
    rng : numpy.random.Generator
        Of the reference sample; not drawn from where all candidates are references.
    sigma : float, above 0, or "adaptive"
        The distance over which coverage falls to 1/e. "adaptive" takes the least distance between two chosen rows, but
        not less than the 1 % quantile of the references' distances to their nearest neighbors, which keeps
        near-duplicates from setting it; 1 where fewer than two rows are chosen, or that is zero.
    temperature : float, above 0
        Probabilities are raised to the power 1 / temperature, and scaled to sum to 1 again, first.
    normalize : bool
        Whether to bring each vector to unit length first, as the paper does. Without, choose `sigma` by your distances.
    n_reference : int or None
        Where there are more candidates, only so many of them, drawn at random, are to be covered; None for all.

    Returns
    -------
    picks : Picks
        In the order they were taken. A utility is what the pick adds to the references' mean coverage weighted by
        uncertainty, from 0 to 1; propensities are 1, which says no more than that the choice is fixed once the seed is.
        Where the model is sure of every reference, all count alike. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not 2-D and finite, they are of different items, the rows are
        not unique rows of them, some are in both, or a parameter is out of its range.

    Notes
    -----
    Greedy on the mean over references of u · exp(-distance² / sigma²) to the nearest chosen row, u = 1 - (p1 - p2);
    Bae, Oliveira and Sutherland (2025), arXiv:2412.20644, who adapt sigma to the least distance between labeled rows.
    Computed as `facility_location` is. Ties go to the lowest row.

    Examples
    --------
    >>> probs = np.array([[0.9, 0.1], [1.0, 0.0], [0.5, 0.5]])
    >>> X = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]])
    >>> picks = uncertainty_herding(probs, X, 1, candidates=[0, 1, 2], chosen=[], rng=np.random.default_rng(0))
    >>> picks.rows, picks.utilities.round(3)  # weights 0.2, 0, 1; row 2: (0.2 e^-4 + 0 + 1) / 3
    (array([2]), array([0.335]))
    """
    width = sigma if isinstance(sigma, str) else above_zero("sigma", sigma)
    if isinstance(width, str):
        checks.one_of("sigma", width, ("adaptive",))
    heat = above_zero("temperature", temperature)
    p = checks.probabilities("probs", probs)
    if len(p) != len(embeddings):
        raise InvalidInput(
            f"embeddings: must have one row per row of probs, {len(p)}; got {len(embeddings)}. "
            "Pass arrays of the same items."
        )
    if heat != 1 and p.size:
        p = (p / p.max(axis=1, keepdims=True)) ** (1 / heat)
        p /= p.sum(axis=1, keepdims=True)

    def kernel(X: Floats, free: Rows, taken: Rows) -> Kernel:
        return rbf(_adapted(X, free, taken, normalize) if isinstance(width, str) else width, unit=normalize)

    return _cover(embeddings, k, candidates, chosen, rng, n_reference, kernel, margin(p))


def _cover(
    embeddings: Floats,
    k: int,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    n_reference: int | None,
    kernel: _KernelFor,
    weights: Floats | None = None,
) -> Picks:
    X = checks.features("embeddings", embeddings)
    checks.positive("k", k)
    if n_reference is not None:
        checks.positive("n_reference", n_reference)
    free, taken = pool_rows(candidates, chosen, len(X))
    generator(rng)
    if not len(free):
        return nothing()
    references = subsample(free, n_reference, rng)
    u = np.ones(len(references)) if weights is None else weights[references].astype(np.float64)
    if not u.any():
        u = np.ones(len(references))
    goal = Goal(references, u)
    rows, gains = cover(X, min(k, len(free)), free, taken, kernel(X, references, taken), goal)
    return Picks(rows, gains / len(references), np.ones(len(rows)))


def _adapted(X: Floats, references: Rows, chosen: Rows, unit: bool) -> float:
    if len(chosen) < 2:
        return 1.0
    nearest = nearest_distances(X, references, references, 1, unit=unit)[:, 0] if len(references) > 1 else np.zeros(1)
    width = max(least_distance(X, chosen, unit=unit), float(np.quantile(nearest, CLAMP)))
    return width if width > 0 else 1.0
