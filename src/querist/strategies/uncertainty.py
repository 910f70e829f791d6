"""How unsure one model is of an item's class."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats
from querist.core.strategy import strategy
from querist.strategies import _device_scores
from querist.strategies._elsewhere import or_elsewhere
from querist.strategies._rowwise import entropies, largest, rated, two_largest


@strategy(
    needs=("probs",),
    family="uncertainty",
    reason="its best class has a probability of only {gap:.2f}",
    cost="O(n_items · n_classes) time, one float per item",
    source="Lewis and Gale (1994), A sequential algorithm for training text classifiers",
)
@or_elsewhere(_device_scores.least_confidence)
def least_confidence(probs: Floats) -> Floats:
    """What the best class lacks to certainty, 1 - p1.

    High where even the best class is improbable; zero where the model is certain.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to 1 - 1/n_classes; higher means label it sooner. All zero where there is one class only.

    Raises
    ------
    InvalidInput
        If `probs` is not 2-D, or a row is no distribution.

    Notes
    -----
    Time linear in the size of `probs`; extra memory one block of rows per thread. Lewis and Gale (1994).

    Examples
    --------
    >>> least_confidence(np.array([[0.7, 0.2, 0.1], [0.4, 0.3, 0.3]])).round(3)
    array([0.3, 0.6])
    """
    return rated(probs, _lack)


@strategy(
    needs=("probs",),
    family="uncertainty",
    reason="its two best classes are only {gap:.2f} apart",
    cost="O(n_items · n_classes) time, one float per item",
    source="Scheffer, Decomain and Wrobel (2001), Active hidden Markov models for information extraction",
)
@or_elsewhere(_device_scores.margin)
def margin(probs: Floats) -> Floats:
    """How close the two best classes are, 1 - (p1 - p2).

    High where two classes compete, however improbable all the others are; zero where the model is certain. The best
    plain score of uncertainty in most comparisons, and the one to beat.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.

    Returns
    -------
    utilities : (n_items,) float
        From 0 to 1; higher means label it sooner. All zero where there is one class only.

    Raises
    ------
    InvalidInput
        If `probs` is not 2-D, or a row is no distribution.

    Notes
    -----
    Time linear in the size of `probs`; extra memory one block of rows per thread. Scheffer, Decomain and Wrobel
    (2001), also called breaking ties (Luo et al., 2005).

    Examples
    --------
    >>> margin(np.array([[0.7, 0.2, 0.1], [0.4, 0.4, 0.2]])).round(3)
    array([0.5, 1. ])
    """
    return rated(probs, _closeness)


@strategy(
    needs=("probs",),
    family="uncertainty",
    reason="its class probabilities have an entropy of {utility:.2f} nats",
    cost="O(n_items · n_classes) time, one float per item",
    source="Shannon (1948); as a query strategy Dagan and Engelson (1995)",
)
@or_elsewhere(_device_scores.entropy)
def entropy(probs: Floats) -> Floats:
    """Shannon entropy of an item's class probabilities.

    High where the probability is spread over many classes; zero where one class has it all. With many classes the
    spread over improbable ones dominates, and `margin` is the safer choice.

    Parameters
    ----------
    probs : (n_items, n_classes) float
        Class probabilities.

    Returns
    -------
    utilities : (n_items,) float, in nats
        From 0 to log(n_classes); higher means label it sooner. All zero where there is one class only.

    Raises
    ------
    InvalidInput
        If `probs` is not 2-D, or a row is no distribution.

    Notes
    -----
    -Σ p log p, with 0 log 0 = 0 (Shannon, 1948). Time linear in the size of `probs`; extra memory one block of rows
    per thread.

    Examples
    --------
    >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]])).round(3)  # log 2, and certainty
    array([0.693, 0.   ])
    """
    return rated(probs, entropies)


def _lack(p: Floats, dtype: np.dtype[np.floating]) -> Floats:
    best = largest(p, dtype)
    np.subtract(1, best, out=best)
    return np.clip(best, 0, 1, out=best)  # a row may sum to a little more than 1


def _closeness(p: Floats, dtype: np.dtype[np.floating]) -> Floats:
    first, second = two_largest(p, dtype)
    second -= first
    second += 1
    return np.clip(second, 0, 1, out=second)
