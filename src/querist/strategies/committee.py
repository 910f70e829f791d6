"""How far the members of a committee disagree on an item."""

from __future__ import annotations

import numpy as np

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.strategy import strategy
from querist.strategies import _device_scores
from querist.strategies._elsewhere import or_elsewhere
from querist.strategies._rowwise import entropies, finite_logs, rated_members, row_blocks


@strategy(
    needs=("members",),
    family="committee",
    reason="the committee's votes have an entropy of {utility:.2f} nats",
    cost="O(n_members · n_items · n_classes) time, one float per item",
    source="Dagan and Engelson (1995), Committee-based sampling for training probabilistic classifiers",
)
@or_elsewhere(_device_scores.vote_entropy)
def vote_entropy(members: Floats) -> Floats:
    """Entropy of the classes that the members vote for.

    High where the votes split evenly; zero where all members vote for one class, however unsure of it. A member
    votes for its most probable class, for the first of them where several are equally so.

    Parameters
    ----------
    members : (n_members, n_items, n_classes) float
        Class probabilities of each member.

    Returns
    -------
    utilities : (n_items,) float, in nats
        From 0 to log(min(n_members, n_classes)); higher means label it sooner. Small committees give many ties.

    Raises
    ------
    InvalidInput
        If `members` is not 3-D, or a row is no distribution.

    Notes
    -----
    -Σ (V_c/K) log(V_c/K), with V_c votes of K members for class c (Dagan and Engelson, 1995). Time linear in the size
    of `members`; extra memory one block of items per thread.

    Examples
    --------
    >>> sure, unsure = [[0.9, 0.1]], [[0.4, 0.6]]
    >>> vote_entropy(np.array([sure, sure, unsure, unsure])).round(3)  # two votes each: log 2
    array([0.693])
    """
    return rated_members(members, _vote_entropies, np.float64)


@strategy(
    needs=("members",),
    family="committee",
    reason="the committee's mean has an entropy of {utility:.2f} nats",
    cost="O(n_members · n_items · n_classes) time, one float per item",
    source="Settles (2009), Active learning literature survey, section 3.2",
)
@or_elsewhere(_device_scores.consensus_entropy)
def consensus_entropy(members: Floats) -> Floats:
    """Entropy of the members' mean probabilities.

    High where the committee as a whole is unsure, be it that its members disagree or that each is unsure; zero where
    all are certain of one class.

    Parameters
    ----------
    members : (n_members, n_items, n_classes) float
        Class probabilities of each member.

    Returns
    -------
    utilities : (n_items,) float, in nats
        From 0 to log(n_classes); higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `members` is not 3-D, or a row is no distribution.

    Notes
    -----
    H[mean p], also called soft vote entropy (Settles, 2009). Time linear in the size of `members`; extra memory one
    block of items per thread.

    Examples
    --------
    >>> consensus_entropy(np.array([[[1.0, 0.0]], [[0.0, 1.0]]])).round(3)  # the mean is even: log 2
    array([0.693])
    """
    return rated_members(members, lambda p, dtype: entropies(p.mean(axis=0, dtype=dtype), dtype))


@strategy(
    needs=("members",),
    family="committee",
    reason="its members lie {utility:.3f} nats from their mean",
    cost="O(n_members · n_items · n_classes) time, one float per item",
    source="McCallum and Nigam (1998), Employing EM and pool-based active learning for text classification",
)
@or_elsewhere(_device_scores.disagreement)
def kl_to_consensus(members: Floats) -> Floats:
    """Mean divergence of the members from their mean, (1/K) Σ KL(p_k || mean p).

    High where members are each sure but disagree; zero where they agree, however unsure they are. It is the same
    number as `bald`, reached from the committee's side.

    Parameters
    ----------
    members : (n_members, n_items, n_classes) float
        Class probabilities of each member.

    Returns
    -------
    utilities : (n_items,) float, in nats
        From 0 to log(min(n_members, n_classes)); higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `members` is not 3-D, or a row is no distribution.

    Notes
    -----
    McCallum and Nigam (1998), in the form of Jensen and Shannon, H[mean p] - mean H[p]. Time linear in the size of
    `members`; extra memory one block of items per thread.

    Examples
    --------
    >>> kl_to_consensus(np.array([[[1.0, 0.0]], [[0.0, 1.0]]])).round(3)  # log 2
    array([0.693])
    """
    return rated_members(members, _disagreements)


@strategy(
    needs=("members",),
    family="committee",
    reason="its label would tell {utility:.3f} nats about the model",
    cost="O(n_members · n_items · n_classes) time, one float per item",
    source="Houlsby, Huszar, Ghahramani and Lengyel (2011), arXiv:1112.5745",
)
@or_elsewhere(_device_scores.disagreement)
def bald(members: Floats) -> Floats:
    """Mutual information between an item's label and the model's parameters.

    High where members are each sure but disagree; zero where they agree, however unsure they are: that is noise,
    which labels do not remove.

    Parameters
    ----------
    members : (n_members, n_items, n_classes) float
        Class probabilities of each ensemble member or dropout pass.

    Returns
    -------
    utilities : (n_items,) float, in nats
        From 0 to log(min(n_members, n_classes)); higher means label it sooner.

    Raises
    ------
    InvalidInput
        If `members` is not 3-D, or a row is no distribution.

    Notes
    -----
    H[mean p] - mean H[p], the predictive-entropy form of Houlsby, Huszar, Ghahramani and Lengyel (2011),
    arXiv:1112.5745. Time linear in the size of `members`; extra memory one block of items per thread.

    Examples
    --------
    >>> bald(np.array([[[1.0, 0.0]], [[0.0, 1.0]]])).round(3)  # two sure members, opposite answers: log 2
    array([0.693])
    """
    return rated_members(members, _disagreements)


@strategy(
    needs=("member_predictions",),
    family="committee",
    reason="the committee's predictions have a variance of {utility:.3g}",
    cost="O(n_members · n_items) time, one float per item",
    source="Burbidge, Rowland and King (2007), Active learning for regression based on query by committee",
)
def variance(member_predictions: Floats) -> Floats:
    """Variance of the numbers that the members predict.

    High where the members disagree on the number; zero where they agree.

    Parameters
    ----------
    member_predictions : (n_members, n_items) float
        The number that each member predicts.

    Returns
    -------
    utilities : (n_items,) float, in squared units of the prediction
        At least 0; higher means label it sooner. All zero for one member.

    Raises
    ------
    InvalidInput
        If `member_predictions` is not 2-D, has no member, or is not finite.

    Notes
    -----
    Divided by n_members, in float64 (Burbidge, Rowland and King, 2007). Time linear in the size of
    `member_predictions`; extra memory one block of items per thread.

    Examples
    --------
    >>> variance(np.array([[1.0, 5.0], [3.0, 5.0]]))  # mean 2, each 1 away; and agreement
    array([1., 0.])
    """
    p = checks.as_float("member_predictions", member_predictions)
    if p.ndim != 2 or p.shape[0] == 0:
        raise InvalidInput(
            f"member_predictions: must be 2-D, (n_members, n_items); got shape {p.shape}. Stack one row per member."
        )
    checks.features("member_predictions", p)
    utilities = np.zeros(p.shape[1])
    for block in row_blocks(p.shape[1], p.shape[0]):
        utilities[block] = p[:, block].var(axis=0, dtype=np.float64)
    return utilities


def _vote_entropies(p: Floats, dtype: np.dtype[np.floating]) -> Floats:
    n_members, n, n_classes = p.shape
    cells = p.argmax(axis=2) + n_classes * np.arange(n)
    counts = np.bincount(cells.ravel(), minlength=n * n_classes).reshape(n, n_classes)
    return entropies(counts / n_members, dtype)


def _disagreements(p: Floats, dtype: np.dtype[np.floating]) -> Floats:
    n_members, n, n_classes = p.shape
    flat = p.reshape(n_members, n * n_classes)
    inside = np.einsum("kx,kx->x", flat, finite_logs(flat, dtype))  # sums over the members before the classes
    mean = np.full(n_members, 1 / n_members, dtype=dtype) @ flat
    inside /= n_members
    gaps = entropies(mean.reshape(n, n_classes), dtype) + inside.reshape(n, n_classes) @ np.ones(n_classes, dtype)
    found: Floats = np.maximum(gaps, 0, out=gaps)  # rounding may leave members that agree a hair below zero
    return found
