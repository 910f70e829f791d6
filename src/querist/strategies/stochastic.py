"""Batches drawn at random, the higher utility with the higher chance, each chance known exactly."""

from __future__ import annotations

from math import isfinite

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.state import Picks
from querist.strategies._doors import finite, generator, nothing, rows
from querist.strategies._plackett import plackett_luce

KINDS = ("power", "softmax", "softrank")


def gumbel_top_k(
    utilities: npt.ArrayLike,
    k: int,
    *,
    candidates: npt.ArrayLike,
    rng: np.random.Generator,
    beta: float = 4.0,
    kind: str = "power",
) -> Picks:
    """`k` candidates drawn one after the other, each in proportion to a weight that grows with its utility.

    Spreads a batch that the plain best would fill with look-alikes, at no cost, and makes every pick a draw whose
    probability is known, from which unbiased estimates can be made.

    Parameters
    ----------
    utilities : (n_items,) float
        Of every item of the pool, by row.
    k : int
        How many to pick; all of the candidates where there are fewer.
    candidates : (n_candidates,) int
        Rows that may be picked.
    rng : numpy.random.Generator
        Of the draws.
    beta : float, above 0
        How strongly utility counts. Toward 0 the draw is uniform; as it grows it nears `top_k`.
    kind : {"power", "softmax", "softrank"}
        The weight. `power`: utility^beta, so that utilities of zero come after all positive ones, in uniform order.
        `softmax`: exp(beta · utility), for utilities that may be negative. `softrank`: rank^-beta, the best utility
        of rank 1 and equal ones of their mean rank, for utilities of no meaningful scale.

    Returns
    -------
    picks : Picks
        In the order drawn. A propensity is the probability with which the row was drawn at its turn, given the picks
        before it: its weight over the weights of all candidates not picked yet. It is not the probability of being in
        the batch at all, which is higher. Empty where there are no candidates.

    Raises
    ------
    InvalidInput
        If a utility is NaN or infinite, or below 0 where `kind` is `power`; if `candidates` are not unique rows, or a
        parameter is out of its range.

    Notes
    -----
    Kirsch, Farquhar, Atighehchian, Jesson, Branchaud-Charron and Gal (2023), Stochastic batch acquisition,
    arXiv:2106.12059: the logarithm of the weight plus Gumbel noise, best k. Time linear in the number of candidates
    but for `softrank`, which sorts them.

    Examples
    --------
    >>> picks = gumbel_top_k([0.0, 0.0, 3.0], 2, candidates=[0, 1, 2], rng=np.random.default_rng(0))
    >>> picks.rows[0], picks.propensities  # the only positive one for certain, then one of two
    (np.int64(2), array([1. , 0.5]))
    """
    u = finite("utilities", utilities)
    checks.positive("k", k)
    checks.one_of("kind", kind, KINDS)
    if isinstance(beta, bool) or not isinstance(beta, int | float | np.number) or not (isfinite(beta) and beta > 0):
        raise InvalidInput(f"beta: must be a number above 0; got {beta!r}. Near 0 the draw is uniform.")
    generator(rng)
    free = rows("candidates", candidates, len(u))
    if not len(free):
        return nothing()
    places, propensities = plackett_luce(_log_weights(u[free].astype(np.float64), float(beta), kind), k, rng)
    picked = free[places]
    return Picks(picked, u[picked].astype(np.float64), propensities)


def _log_weights(u: Floats, beta: float, kind: str) -> Floats:
    if kind == "softmax":
        return np.asarray(beta * (u - u.max()))
    if kind == "softrank":
        _, which, counts = np.unique(-u, return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        mean_rank: Floats = (last - (counts - 1) / 2)[which]
        return -beta * np.log(mean_rank)
    if u.min() < 0:
        raise InvalidInput(
            f"utilities: must be at least 0 to take their power; got {u.min():.4g}. Use kind='softmax' or 'softrank'."
        )
    with np.errstate(divide="ignore"):
        weights: Floats = beta * np.log(u)
    return weights
