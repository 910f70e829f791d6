"""Items of which several labels may hold at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.strategy import strategy
from querist.strategies._labeled import labeled_rows
from querist.strategies._rowwise import row_blocks, working_type


def _entropies(p: Floats) -> Floats:
    tiny = np.finfo(p.dtype).tiny
    return np.asarray(-p * np.log(np.maximum(p, tiny)) - (1 - p) * np.log(np.maximum(1 - p, tiny)))


AGGREGATES: Mapping[str, Callable[[Floats], Floats]] = {
    "mean": lambda p: np.asarray(_entropies(p).mean(axis=1)),
    "max": lambda p: np.asarray(_entropies(p).max(axis=1)),
    "min_margin": lambda p: np.asarray(1 - np.abs(2 * p - 1).min(axis=1)),
}


@strategy(
    needs=("label_probs",),
    family="structured",
    reason="whether its labels hold is open, {utility:.3f}",
    cost="O(n_items · n_labels) time, one float per item",
    source="Brinker (2006), On active learning in multi-label classification",
)
def multi_label_uncertainty(label_probs: Floats, *, aggregate: str = "mean") -> Floats:
    """How unsure the model is of each of an item's labels, taken together.

    High where labels lie near one half; zero where the model is certain of all. The mean suits an answer that gives all
    labels at once; the largest and the smallest margin look at the worst label only, and rank items alike.

    Parameters
    ----------
    label_probs : (n_items, n_labels) float
        The probability of each label, from 0 to 1; rows need not sum to 1.
    aggregate : {"mean", "max", "min_margin"}
        The mean or the largest entropy of the labels, in nats, or one minus the smallest margin |p - (1 - p)|.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to log 2, for `min_margin` to 1; higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `label_probs` is not 2-D with values from 0 to 1, or `aggregate` is none of these.

    Notes
    -----
    `min_margin` is the rule of Brinker (2006), also called BinMin. Time linear in the size of `label_probs`; extra
    memory one block of rows.

    Examples
    --------
    >>> p = np.array([[0.5, 1.0], [0.9, 0.8]])
    >>> multi_label_uncertainty(p).round(3)  # (log 2 + 0)/2; (.325 + .5)/2
    array([0.347, 0.413])
    >>> multi_label_uncertainty(p, aggregate="min_margin").round(3)
    array([1. , 0.4])
    """
    p = _label_probs(label_probs)
    reduce = AGGREGATES[checks.one_of("aggregate", aggregate, tuple(AGGREGATES))]
    utilities = np.empty(len(p), dtype=working_type(p))
    for block in row_blocks(*p.shape):
        utilities[block] = reduce(p[block].astype(utilities.dtype, copy=False))
    return utilities


@strategy(
    needs=("label_probs", "label_matrix", "labeled"),
    family="structured",
    reason="its labels are near ties and unlike those known, {utility:.3f} together",
    cost="O(n_items · n_labels · log n_items) time, O(n_items) memory",
    source="Reyes, Morell and Ventura (2018), Effective active learning strategy for multi-label learning",
)
def cvirs(label_probs: Floats, label_matrix: npt.NDArray[np.generic], labeled: npt.NDArray[np.bool_]) -> Floats:
    """Near ties over all labels, by rank, times how unlike the labels known the predicted ones are.

    High where an item ranks among the most uncertain for many labels, and its predicted labels fit few of the labeled
    items. Ranks keep a label with probabilities all near one half from deciding everything.

    Parameters
    ----------
    label_probs : (n_items, n_labels) float
        The probability of each label, from 0 to 1; rows need not sum to 1.
    label_matrix : (n_items, n_labels) bool
        Which labels hold for the labeled items; elsewhere anything.
    labeled : (n_items,) bool
        Which items are labeled.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to 1; higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `label_probs` is not 2-D with values from 0 to 1, or the arrays are not of the same items and labels.

    Notes
    -----
    Reyes, Morell and Ventura (2018). The rank is Borda's: for each label (n - rank) / (n - 1) by margin, ranks of
    equals averaged, then the mean over the labels. The inconsistency is the mean normalized Hamming distance to the
    labeled items, their entropy distance left out; 1 where nothing is labeled. Labels with p above one half are
    predicted.

    Examples
    --------
    >>> p = np.array([[0.9, 0.2], [0.6, 0.1], [0.5, 0.4]])
    >>> held = np.array([[True, False], [False, False], [False, False]])
    >>> cvirs(p, held, np.array([True, False, False]))  # ranks (0 + .5)/2, (.5 + 0)/2, 1; distances 0, 0, 1/2
    array([0. , 0. , 0.5])
    """
    p = _label_probs(label_probs)
    known = labeled_rows(labeled, len(p))
    held = _label_matrix(label_matrix, p)[known]
    n, n_labels = p.shape
    borda = np.zeros(n)
    unlike = np.ones(n) if not len(known) else np.zeros(n)
    share = held.mean(axis=0) if len(known) else np.zeros(n_labels)
    for label in range(n_labels):
        column = p[:, label].astype(np.float64)
        margins = np.abs(2 * column - 1)
        ordered = np.sort(margins)
        rank = (np.searchsorted(ordered, margins, "left") + np.searchsorted(ordered, margins, "right") + 1) / 2
        borda += (n - rank) / (n - 1) if n > 1 else 0.5
        if len(known):
            unlike += np.where(column > 0.5, 1 - share[label], share[label]) / n_labels
    utilities: Floats = (borda / n_labels * unlike).astype(working_type(p))
    return utilities


@strategy(
    needs=("label_probs", "label_matrix", "labeled"),
    family="structured",
    reason="{utility:.2f} of its labels are expected to be wrong",
    cost="O(n_items · n_labels · log n_labels + n_labeled · n_labels² + n_labels³) time, O(n_items + n_labels²) memory",
    source="Yang, Sun, Wang and Chen (2009), Effective multi-label active learning for text classification",
)
def mmc(label_probs: Floats, label_matrix: npt.NDArray[np.generic], labeled: npt.NDArray[np.bool_]) -> Floats:
    """Maximum loss reduction with maximal confidence: how wrong the probabilities are about the likeliest label set.

    High where the labels that the item most likely has get little probability, or others get much; the number of labels
    it has is predicted from its probabilities.

    Parameters
    ----------
    label_probs : (n_items, n_labels) float
        The probability of each label, from 0 to 1; rows need not sum to 1.
    label_matrix : (n_items, n_labels) bool
        Which labels hold for the labeled items; elsewhere anything.
    labeled : (n_items,) bool
        Which items are labeled.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to n_labels; higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `label_probs` is not 2-D with values from 0 to 1, or the arrays are not of the same items and labels.

    Notes
    -----
    Σ (1 - m)/2 with m = y (2p - 1), y being 1 for the most probable labels, as many as predicted, and -1 for the others
    (Yang et al., 2009). The number comes from a ridge regression on the sorted probabilities, in place of their
    logistic one, rounded; without any labeled item it is the rounded sum of the probabilities.

    Examples
    --------
    >>> nothing = np.zeros((2, 3), dtype=bool)
    >>> p = np.array([[0.9, 0.8, 0.2], [0.6, 0.4, 0.1]])
    >>> mmc(p, nothing, np.array([False, False]))  # two labels: .1 + .2 + .2; one: .4 + .4 + .1
    array([0.5, 0.9])
    """
    p = _label_probs(label_probs)
    known = labeled_rows(labeled, len(p))
    counts = _label_matrix(label_matrix, p)[known].sum(axis=1).astype(np.float64)
    utilities = np.empty(len(p), dtype=working_type(p))
    middle, coefficients = np.zeros(p.shape[1]), np.ones(p.shape[1])
    usual = 0.0
    if len(known):
        ordered = np.sort(p[known].astype(np.float64), axis=1)[:, ::-1]
        middle, usual = ordered.mean(axis=0), float(counts.mean())
        moved = ordered - middle
        coefficients = np.linalg.solve(moved.T @ moved + np.eye(p.shape[1]), moved.T @ (counts - usual))
    for block in row_blocks(*p.shape):
        ordered = np.sort(p[block].astype(np.float64), axis=1)[:, ::-1]
        expected = usual + (ordered - middle) @ coefficients
        n = np.clip(np.floor(expected + 0.5), 0, p.shape[1]).astype(np.int64)
        sums = np.concatenate([np.zeros((len(ordered), 1)), np.cumsum(ordered, axis=1)], axis=1)
        utilities[block] = n - 2 * sums[np.arange(len(n)), n] + sums[:, -1]
    return np.maximum(utilities, 0, out=utilities)


def _label_probs(label_probs: npt.ArrayLike) -> Floats:
    p = checks.features("label_probs", label_probs)
    if p.shape[1] == 0:
        raise InvalidInput(f"label_probs: must have a column for each label; got shape {p.shape}. Pass at least one.")
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise InvalidInput(
            f"label_probs: must lie between 0 and 1; got {p.min():.4g} to {p.max():.4g}. "
            "Pass probabilities, not logits."
        )
    return p


def _label_matrix(label_matrix: npt.ArrayLike, p: Floats) -> npt.NDArray[np.bool_]:
    held = np.asarray(label_matrix)
    if held.shape != p.shape or held.dtype.kind not in "biu":
        raise InvalidInput(
            f"label_matrix: must be true or false, (n_items, n_labels), {p.shape}; got {held.dtype} of shape "
            f"{held.shape}. Pass one column per label of label_probs."
        )
    return held > 0
