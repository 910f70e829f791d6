"""Evidence that may be looked at whenever one likes: the wealth of a bettor who wins only where the claim is false."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from querist.core.checks import Floats, as_float
from querist.core.errors import InvalidInput

CAP = 0.5  # of what could be lost in one bet: half, so that no single outcome ruins the bettor
PRIOR_MEAN, PRIOR_VARIANCE = 0.5, 0.25  # one outcome's worth of each, so that the first bets are small


@dataclass(frozen=True, slots=True)
class Bets:
    """What a bettor remembers between two outcomes: enough to go on as if all had come at once.

    Parameters
    ----------
    n : int
        Outcomes seen.
    weight : float
        What they weigh, older ones less where the bettor forgets.
    total : float
        Their sum, so weighted.
    squares : float
        The sum of their squared distances from the mean as it was at each, so weighted.
    log_wealth : float
        In nats; 0 at the start.
    """

    n: int = 0
    weight: float = 0.0
    total: float = 0.0
    squares: float = 0.0
    log_wealth: float = 0.0


NOTHING = Bets()


def log_wealth(
    outcomes: npt.ArrayLike, null_mean: float, *, start: Bets | None = None, memory: float = np.inf
) -> Floats:
    """The log of the wealth after each outcome, of a bettor against "the mean is at most `null_mean`".

    Where the claim is true, the wealth ever reaches 1/a in at most a share `a` of runs, however often it is looked at
    and whatever made one stop: that is what no ordinary test can promise. Where it is false, the wealth grows.

    Parameters
    ----------
    outcomes : array_like (..., n)
        In [0, 1], in the order in which they came; leading axes are runs of their own.
    null_mean : float
        In (0, 1).
    start : Bets, optional
        What came before.
    memory : float
        About how many of the last outcomes the bets go by; all of them by default. What is promised is the same: bets
        may follow from the past in any way.

    Returns
    -------
    log_wealth : (..., n) float, in nats

    Raises
    ------
    InvalidInput
        If an outcome lies outside [0, 1] or is no number, or `null_mean` does not lie between 0 and 1.

    Notes
    -----
    The product of 1 + b_t (X_t - null_mean), with the bet b_t = clip((m - null_mean) / (v + (m - null_mean)^2), 0,
    0.5 / null_mean) of the mean m and variance v of what came before: Waudby-Smith and Ramdas (2024), Estimating means
    of bounded random variables by betting (aGRAPA), arXiv 2010.09686. The bound is Ville's. Time linear in outcomes.

    Examples
    --------
    >>> np.exp(log_wealth([1.0, 1.0, 1.0], 0.5)).round(3).tolist()  # the first bet is nothing: no reason for more
    [1.0, 1.5, 2.25]
    """
    return _run(outcomes, null_mean, start or NOTHING, memory)[0]


def bet_on(outcomes: npt.ArrayLike, null_mean: float, start: Bets | None = None, *, memory: float = np.inf) -> Bets:
    """What the bettor remembers after these outcomes.

    Examples
    --------
    >>> whole = bet_on([1.0, 0.5, 0.0, 1.0], 0.4)
    >>> whole == bet_on([0.0, 1.0], 0.4, bet_on([1.0, 0.5], 0.4))
    True
    """
    before = start or NOTHING
    found = _run(outcomes, null_mean, before, memory)
    if found[0].ndim != 1:
        raise InvalidInput(f"outcomes: must be 1-D, of one run; got shape {found[0].shape}. Bet on each by itself.")
    if not len(found[0]):
        return before
    log, weight, total, squares = (float(each[-1]) for each in found)
    return Bets(before.n + len(found[0]), weight, total, squares, log)


def _run(
    outcomes: npt.ArrayLike, null_mean: float, start: Bets, memory: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """The log of the wealth, the weight, the sum and the squared distances after each outcome."""
    x = as_float("outcomes", outcomes).astype(np.float64)
    if x.ndim == 0:
        raise InvalidInput("outcomes: must be a list of numbers; got one. Put it into a list.")
    if not 0 < null_mean < 1:
        raise InvalidInput(f"null_mean: must lie between 0 and 1; got {null_mean:g}.")
    if not memory > 1:
        raise InvalidInput(f"memory: must be more than one outcome; got {memory:g}.")
    if not bool(np.all((x >= 0) & (x <= 1))):
        wrong = x[~((x >= 0) & (x <= 1))].flat[0]
        raise InvalidInput(f"outcomes: must lie in 0..1; got {wrong:g}. Map them first.")
    kept = 1 - 1 / memory
    weights = _summed(np.ones(x.shape[-1]), start.weight, kept)
    totals = _summed(x, start.total, kept)
    means = (PRIOR_MEAN + totals) / (weights + 1)
    squares = _summed((x - means) ** 2, start.squares, kept)
    lead = _shifted(means, (PRIOR_MEAN + start.total) / (start.weight + 1)) - null_mean
    before = (PRIOR_VARIANCE + start.squares) / (start.weight + 1)
    spread = _shifted((PRIOR_VARIANCE + squares) / (weights + 1), before)
    bets = np.clip(lead / (spread + lead**2), 0, CAP / null_mean)
    return _summed(np.log1p(bets * (x - null_mean)), start.log_wealth, 1.0), weights, totals, squares


def _summed(values: Floats, start: float, kept: float) -> Floats:
    """Sums so far, of which each outcome leaves a share `kept`, as if one added one value after another."""
    if kept < 1:
        first: Any = np.full((*values.shape[:-1], 1), kept * start)
        found: Floats = (
            scipy.signal.lfilter([1.0], [1.0, -kept], values, axis=-1, zi=first)[0] if values.size else values
        )
        return found
    first = np.full((*values.shape[:-1], 1), start)
    return np.cumsum(np.concatenate([first, values], axis=-1), axis=-1)[..., 1:]


def _shifted(values: Floats, first: float) -> Floats:
    """Each value as it was one outcome before."""
    return np.concatenate([np.full((*values.shape[:-1], 1), first), values[..., :-1]], axis=-1)
