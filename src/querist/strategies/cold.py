"""Before the first label: what a model that is older than it can say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats
from querist.core.state import Picks
from querist.core.strategy import strategy
from querist.strategies.coverage import uncertainty_herding


@strategy(
    needs=("prior", "embeddings"),
    kind="select",
    family="cold",
    reason="an older model is unsure of it and of what resembles it, {utility:.3g} more than is covered already",
    cost="that of uncertainty_herding, O(n_candidates · n_reference · n_dims) time",
    source="Bae et al. (2025), Uncertainty herding, arXiv:2412.20644, on the predictions of a zero-shot model",
)
def zero_shot(
    prior: Floats,
    embeddings: Floats,
    k: int,
    *,
    candidates: npt.ArrayLike,
    chosen: npt.ArrayLike,
    rng: np.random.Generator,
    sigma: float = 1.0,
) -> Picks:
    """What a model that is older than the first label is unsure of, spread over the pool.

    Where the classes' names say what they are, a sentence encoder guesses before anyone has answered; a pre-trained
    model of your own guesses better. Asking where the guess wavers beats asking blindly, as long as it is a guess and
    not noise: one that is even everywhere makes this `max_herding`.

    Parameters
    ----------
    prior : (n_items, n_classes) float
        That model's class probabilities.
    embeddings : (n_items, n_dims) float
        A vector per item; only its direction counts.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    chosen : (n_chosen,) int
        Rows labeled or pending.
    rng : numpy.random.Generator
        Draws the reference rows of a large pool.
    sigma : float, above 0
        How far a pick covers, in unit-length vectors.

    Returns
    -------
    picks : Picks
        In the order they were taken; see `uncertainty_herding`.

    Raises
    ------
    InvalidInput
        If `prior` holds no distributions, `embeddings` is not finite, or they are of different items.

    Examples
    --------
    >>> prior = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])
    >>> zero_shot(prior, np.eye(3), 1, candidates=[0, 1, 2], chosen=[], rng=np.random.default_rng(0)).rows
    array([0])
    """
    return uncertainty_herding(prior, embeddings, k, candidates=candidates, chosen=chosen, rng=rng, sigma=sigma)
