"""Members for the Bayesian scores, drawn from the posterior of a linear head."""

from __future__ import annotations

import numpy as np

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.threads import in_threads
from querist.strategies._doors import generator, number
from querist.strategies._rowwise import row_blocks, working_type

NO_PENALTY = 1e-4  # share of the penalty on the bias, which a model leaves free


def laplace_members(
    probs: Floats,
    embeddings: Floats,
    head: Floats,
    labeled: Array,
    n_members: int,
    rng: np.random.Generator,
    *,
    penalty: float = 1.0,
) -> Floats:
    """Class probabilities of members drawn from the Laplace posterior of a linear head.

    A committee that costs no training, whose members are each one function of all items, for `epig`, `bald`,
    `batch_bald` and all else that needs `members`. They differ the most where the labeled items leave the head free.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities; those of the labeled items say how sharply each label holds the head.
    embeddings : (n_items, n_dims) float
        A vector per item.
    head : (n_classes, n_dims + 1) float
        Coefficients on the embeddings, the bias last.
    labeled : (n_items,) bool
        Whether each item is labeled. Without any, only the penalty holds the members.
    n_members : int
        How many to draw; 50 or more for a stable ranking.
    rng : numpy.random.Generator
        Of the draws.
    penalty : float, above 0
        The head's L2 penalty, 1/C of scikit-learn's logistic regression.

    Returns
    -------
    members : (n_members, n_items, n_classes) float
        In the float type of `embeddings`.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, an array is not finite or of other items, classes or dimensions, or the
        penalty is not above 0.

    Notes
    -----
    The curvature of all classes together, Σ (diag p - p pᵀ) ⊗ x xᵀ over the labeled items, is taken for the product of
    the classes' mean and the vectors' sum (Ritter, Botev and Barber, 2018; Daxberger et al., 2021, Laplace redux,
    arXiv:2106.14806). With the eigenvalues b of the one and a of the other, the draw along each pair of eigenvectors
    has variance 1 / (penalty + a b): the penalty is kept apart from the product, as it would otherwise shrink along
    directions in which the classes have no curvature. O(n_dims³ + n_members · n_items · n_dims · n_classes) time;
    beside the result one block of rows per thread.

    Examples
    --------
    >>> X, labeled = np.array([[0.0], [1.0], [9.0]]), np.array([True, True, False])
    >>> probs = np.full((3, 2), 0.5)
    >>> members = laplace_members(probs, X, np.zeros((2, 2)), labeled, 200, np.random.default_rng(0))
    >>> spread = members.std(axis=0)[:, 0]
    >>> members.shape, bool(spread[2] > spread[1])  # far from all labels the members differ more
    ((200, 3, 2), True)
    """
    p = checks.probabilities("probs", probs)
    X = checks.features("embeddings", embeddings)
    weights = checks.features("head", head)
    known = np.asarray(labeled)
    if len(X) != len(p) or len(known) != len(p):
        raise InvalidInput(
            f"embeddings, labeled: must have one row per row of probs, {len(p)}; got {len(X)} and {len(known)}. "
            "Pass arrays of the same items."
        )
    n_classes, n_dims = p.shape[1], X.shape[1]
    if weights.shape != (n_classes, n_dims + 1):
        raise InvalidInput(
            f"head: must be (n_classes, n_dims + 1), ({n_classes}, {n_dims + 1}); got shape {weights.shape}. "
            "Pass the coefficients on these embeddings, the bias last."
        )
    checks.positive("n_members", n_members)
    number("penalty", penalty, above=0, hint="It is 1/C of the model.")
    drawn = _draws(p, X, weights, np.flatnonzero(known), n_members, generator(rng), float(penalty))
    dtype = working_type(X)
    slopes = np.ascontiguousarray(drawn[:, :, :-1].reshape(-1, n_dims).T, dtype=dtype)
    biases = drawn[:, :, -1].reshape(-1).astype(dtype)
    members = np.empty((n_members, len(p), n_classes), dtype=dtype)

    def work(block: slice) -> None:
        logits = (X[block].astype(dtype, copy=False) @ slopes + biases).reshape(-1, n_members, n_classes)
        logits -= logits.max(axis=2, keepdims=True)
        np.exp(logits, out=logits)
        logits /= logits.sum(axis=2, keepdims=True)
        members[:, block] = logits.transpose(1, 0, 2)

    in_threads(work, list(row_blocks(len(p), n_members * n_classes)))
    return members


def _draws(
    p: Floats, X: Floats, head: Floats, known: Rows, n_members: int, rng: np.random.Generator, penalty: float
) -> Floats:
    """(n_members, n_classes, n_dims + 1) heads."""
    # In coordinates in which the penalty is one and the same on every column, the bias among them.
    scale = np.ones(X.shape[1] + 1)
    scale[-1] = 1 / np.sqrt(NO_PENALTY)
    rows = np.column_stack([X[known], np.ones(len(known))]).astype(np.float64) * scale
    there = p[known].astype(np.float64)
    classes = (np.diag(there.sum(axis=0)) - there.T @ there) / max(1, len(known))
    a, along = np.linalg.eigh(rows.T @ rows)
    b, across = np.linalg.eigh(classes)
    deviation = 1 / np.sqrt(penalty + np.maximum(b, 0)[:, None] * np.maximum(a, 0))
    noise = rng.standard_normal((n_members, *head.shape)) * deviation
    drawn: Floats = head + across @ noise @ along.T * scale
    return drawn
