"""The exact test of a difference of paired shares: how probable a difference as high as the one seen would be."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy

from querist.core.checks import Floats, Rows

NUISANCE = 1e-6  # of the level, given away so that only likely shares of differing items need be looked at
GRID = 65  # shares of differing items looked at: a quarter of a standard error apart
TAILS = 6.0  # standard errors beyond which counts of differing items weigh nothing
TO = 3e-5  # how exactly an end of an interval is known
LEAST_AT = -1 + 1e-6
MOST_KEPT = 1 << 14  # tables whose answer is remembered: a repeated test costs nothing
SLACK = 1e-9  # statistics that are equal but for rounding


@lru_cache(maxsize=MOST_KEPT)
def p_at_most(better: int, worse: int, n: int, at: float) -> float:
    """The exact p-value against "the difference of the shares is at most `at`".

    Parameters
    ----------
    better, worse, n : int
        Items that only the new model got right, only the old one, and all.
    at : float
        In (-1, 1).

    Notes
    -----
    The probability that Tango's statistic is as high as seen, summed over all tables there could be, at the share of
    differing items for which it is highest; only shares within an interval of certainty 1 - `NUISANCE` are looked at,
    which is then added (Berger and Boos, 1994).

    Examples
    --------
    >>> round(p_at_most(0, 0, 29, -0.1), 4), round(0.9**29, 4)    # never differing, although one in ten is lost
    (0.0471, 0.0471)
    """
    differing, bound = better + worse, abs(at)
    low = float(scipy.special.betaincinv(differing, n - differing + 1, NUISANCE / 2)) if differing else 0.0
    high = float(scipy.special.betaincinv(differing + 1, n - differing, 1 - NUISANCE / 2)) if differing < n else 1.0
    shares = np.linspace(max(low, bound), max(high, bound), GRID)
    reach = TAILS * np.sqrt(n * np.maximum(shares * (1 - shares), 1 / n)) + TAILS
    first, last = int(np.min(n * shares - reach)), int(np.max(n * shares + reach))
    counts = np.arange(max(first, 0), min(last, n) + 1)
    least = _least_better(counts, n, at, float(_score(np.array([better]), np.array([worse]), n, at)[0]) - SLACK)
    share_better = np.clip((shares + at) / (2 * np.maximum(shares, 1e-300)), 0, 1)[:, None]
    above = np.where(least == 0, 1.0, scipy.special.bdtrc(least - 1.0, np.maximum(counts, 1), share_better))
    above = np.where(least > counts, 0.0, above)
    mass = np.exp(_log_binomial(counts, n, shares[:, None]))
    return min(1.0, float(np.max(np.sum(mass * above, axis=1))) + NUISANCE)


def _least_better(counts: Rows, n: int, at: float, wanted: float) -> Rows:
    """The least number of better ones among so many differing items whose statistic is as high; one more if none is."""
    low, high = np.zeros_like(counts), counts + 1
    while np.any(low < high):
        middle = (low + high) // 2
        enough = (middle <= counts) & (_score(middle, counts - middle, n, at) >= wanted)
        low, high = np.where(enough | (low >= high), low, middle + 1), np.where(enough, middle, high)
    return low


def _score(better: Rows, worse: Rows, n: int, at: float) -> Floats:
    """Tango's statistic: the difference less `at`, in its standard errors where the difference is `at`."""
    b = -better - worse + (2 * n - better + worse) * at
    c = -worse * at * (1 - at)
    only_worse = (np.sqrt(np.maximum(b * b - 8 * n * c, 0)) - b) / (4 * n)
    variance = n * (2 * only_worse + at * (1 - at))
    z: Floats = (better - worse - n * at) / np.sqrt(np.maximum(variance, 1e-12))
    return z


def _log_binomial(counts: Rows, n: int, shares: Floats) -> Floats:
    choose = scipy.special.gammaln(n + 1) - scipy.special.gammaln(counts + 1) - scipy.special.gammaln(n - counts + 1)
    log: Floats = choose + scipy.special.xlogy(counts, shares) + scipy.special.xlog1py(n - counts, -shares)
    return log


@lru_cache(maxsize=MOST_KEPT)
def lowest_difference(
    better: int, worse: int, n: int, tail: float, known: float | None = None, p_known: float | None = None
) -> float:
    """The lowest difference that is not refuted at `tail`, to 0.00006, rounded away from the difference seen.

    It lies on the side of `known` that the p-value there says, so that a test and its interval never contradict.

    Examples
    --------
    >>> round(lowest_difference(30, 10, 400, 0.05), 3), round(lowest_difference(10, 30, 400, 0.05), 2)
    (0.024, -0.08)
    """

    def excess(at: float) -> float:
        return float(np.log(p_at_most(better, worse, n, at) / tail))

    seen = (better - worse) / n
    step = 4 * np.sqrt((better + worse + 1) / n / n)  # about as far as an end is off, and more
    below = max(seen - step, LEAST_AT)
    while excess(below) > 0 and below > LEAST_AT:
        below = max(below - step, LEAST_AT)
    low = float(scipy.optimize.brentq(excess, below, seen, xtol=TO)) - TO if excess(below) < 0 else -1.0
    if known is None or p_known is None:
        return low
    return max(low, known) if p_known <= tail else min(low, float(np.nextafter(known, -1.0)))
