"""How far an item's label would move the model."""

from __future__ import annotations

import numpy as np

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.strategy import strategy
from querist.strategies._doors import same_items
from querist.strategies._rowwise import row_blocks


@strategy(
    needs=("probs", "embeddings"),
    family="gradient",
    reason="its label is expected to change the model by a gradient of length {utility:.3g}",
    cost="O(n_items · (n_classes + n_dims)) time, one float per item",
    source="Settles, Craven and Ray (2008), Multiple-instance active learning",
)
def expected_gradient_length(probs: Floats, embeddings: Floats) -> Floats:
    """Length of the step that a label would make a softmax layer take, expected over the labels.

    High where the model is unsure of an item with a long vector; zero where it is certain, or the vector is zero. Close
    to entropy times the vector's length, so long vectors win: bring rows to unit length if that is not meant.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities of a softmax layer on `embeddings`.
    embeddings : (n_items, n_dims) float
        A vector per item.

    Returns
    -------
    utilities : (n_items,) float
        At least 0; higher means label it sooner. All zero where there is one class only.

    Raises
    ------
    InvalidInput
        If `probs` holds no distributions, `embeddings` is not finite, or they are of different items.

    Notes
    -----
    Settles, Craven and Ray (2008). The gradient of the log loss for label y is the outer product of x and p - e_y, so
    its expected length is |x| Σ_y p_y |p - e_y|, the bias left out. No gradient is ever built.

    Examples
    --------
    >>> probs, X = np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([[3.0, 4.0], [3.0, 4.0]])
    >>> expected_gradient_length(probs, X).round(3)  # |x| = 5 and |(.5, -.5)| = √½ for either label
    array([3.536, 0.   ])
    """
    p = checks.probabilities("probs", probs)
    X = checks.features("embeddings", embeddings)
    same_items(X, p)
    utilities = np.zeros(len(p), dtype=np.result_type(p.dtype, X.dtype, np.float32))
    for block in row_blocks(len(p), p.shape[1] + X.shape[1]):
        part = p[block].astype(np.float64)
        norms = np.einsum("ij,ij->i", part, part)[:, None] + 1
        lengths = np.sqrt(np.maximum(norms - 2 * part, 0))
        utilities[block] = np.einsum("ij,ij->i", part, lengths) * _norms(X[block])
    if p.shape[1] == 1:
        utilities[:] = 0  # and not the rounding of its sum
    return utilities


@strategy(
    needs=("predictions", "member_predictions", "embeddings"),
    family="gradient",
    reason="its label is expected to change the model by {utility:.3g}",
    cost="O(n_items · (n_members + n_dims)) time, one float per item",
    source="Cai, Zhang and Zhou (2013), Maximizing expected model change for active learning in regression",
)
def expected_model_change(predictions: Floats, member_predictions: Floats, embeddings: Floats) -> Floats:
    """Length of the step that a number would make a linear regression take, expected over a committee's numbers.

    High where the members' numbers lie far from the model's at an item with a long vector; zero where all agree.

    Parameters
    ----------
    predictions : (n_items,) float
        The number that the model predicts.
    member_predictions : (n_members, n_items) float
        The number that each member, fitted to a resample of the labels, predicts.
    embeddings : (n_items, n_dims) float
        A vector per item.

    Returns
    -------
    utilities : (n_items,) float
        At least 0; higher means label it sooner.

    Raises
    ------
    InvalidInput
        If an array has another shape, is not finite, or is of other items.

    Notes
    -----
    Cai, Zhang and Zhou (2013), EMCM: the gradient of the squared loss for the number y is (f(x) - y) x, so its expected
    length is |x| · mean |f(x) - f_k(x)|.

    Examples
    --------
    >>> X = np.array([[3.0, 4.0], [1.0, 0.0]])
    >>> expected_model_change(np.array([1.0, 2.0]), np.array([[0.0, 2.0], [3.0, 2.0]]), X)  # 5 · (1 + 2) / 2
    array([7.5, 0. ])
    """
    f = checks.vector("predictions", predictions)
    members = checks.as_float("member_predictions", member_predictions)
    if members.ndim != 2 or not len(members) or members.shape[1] != len(f):
        raise InvalidInput(
            f"member_predictions: must be 2-D, (n_members, {len(f)}); got shape {members.shape}. "
            "Stack one row per member."
        )
    checks.features("member_predictions", members)
    checks.features("predictions", f[:, None])
    X = checks.features("embeddings", embeddings)
    same_items(X, f, other="row of predictions")
    utilities = np.zeros(len(f), dtype=np.result_type(f.dtype, members.dtype, X.dtype, np.float32))
    for block in row_blocks(len(f), len(members) + X.shape[1]):
        gaps = np.abs(members[:, block].astype(np.float64) - f[block])
        utilities[block] = gaps.mean(axis=0) * _norms(X[block])
    return utilities


def _norms(X: Floats) -> Floats:
    part = X.astype(np.float64)
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", part, part)))
