"""Which items to label next so that an estimate gets narrower: more of those where the predictions are likely off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.metrics.designs import Independent

LEAST_PILOT = 50
LEAST_SHARE = 0.2
SHARES = (1.0, 0.75, 0.5, 0.35, LEAST_SHARE)
LEAST_GAIN = 0.05  # of the variance: below, what is gained is not worth what a wrong idea of the errors may cost
BINS = 10
FOLDS = 5


@dataclass(frozen=True)
class Plan:
    """With which probability to label each item of a pool.

    Parameters
    ----------
    propensities : (n_items,) array
        They add up to the number of labels wanted.
    uniform_share : float
        The part of them that is spread evenly; 1 where nothing is to be gained by choosing.
    std_error, uniform_std_error : float
        As expected of this plan, and of a uniform draw of as many labels.
    reason : str
    """

    propensities: Floats
    uniform_share: float
    std_error: float
    uniform_std_error: float
    reason: str

    def draw(self, rng: np.random.Generator) -> Rows:
        """The items to label: each by its own coin. Their number varies about the one wanted."""
        return np.flatnonzero(rng.random(len(self.propensities)) < self.propensities).astype(np.int64)

    def design(self, rows: npt.ArrayLike) -> Independent:
        """How these items came to be chosen, for `estimate`."""
        return Independent(self.propensities, checks.rows("rows", rows, n_items=len(self.propensities)))


def plan_labels(
    n_labels: int,
    n_items: int,
    pilot: npt.ArrayLike,
    errors: npt.ArrayLike,
    doubts: npt.ArrayLike,
) -> Plan:
    """A plan for so many labels, from a pilot of uniformly drawn ones.

    Parameters
    ----------
    n_labels, n_items : int
        Labels to buy, and items of the pool.
    pilot : array_like of int
        Rows drawn uniformly and labeled already, `LEAST_PILOT` or more.
    errors : array_like (n_pilot,)
        By how much the prediction of each of them was off: what its label says minus what was expected of it.
    doubts : array_like (n_items,)
        What each item's error is guessed by, the greater the more likely: an entropy, a disagreement, a learned error.

    Notes
    -----
    The best propensities are proportional to the root of the expected squared error (Zrnic and Candes 2024, arXiv
    2403.03208). What is expected is learned from the pilot, by the rank of the doubt, out of fold; and as a cohort on
    which predictions are wrong and sure of themselves is not seen by any doubt, no less than `LEAST_SHARE` stays
    uniform, and all of it where the pilot shows no gain. O(n_items log n_items).

    Examples
    --------
    Predictions that are off only where they are in doubt:

    >>> rng = np.random.default_rng(0)
    >>> doubts = rng.random(5000)
    >>> pilot = rng.choice(5000, 200, replace=False)
    >>> errors = np.where(doubts[pilot] > 0.8, rng.normal(size=200), 0.0)
    >>> found = plan_labels(300, 5000, pilot, errors, doubts)
    >>> found.std_error < 0.7 * found.uniform_std_error
    True
    """
    rows = checks.rows("pilot", pilot, n_items=n_items)
    off = checks.vector("errors", errors, n=len(rows)).astype(np.float64)
    doubt = checks.vector("doubts", doubts, n=n_items).astype(np.float64)
    if not 0 < checks.positive("n_labels", n_labels) <= n_items:
        raise InvalidInput(f"n_labels: must be at most the pool's {n_items} items; got {n_labels}.")
    if len(rows) < LEAST_PILOT:
        raise InvalidInput(
            f"pilot: must hold at least {LEAST_PILOT} drawn labels; got {len(rows)}. Label some more at random."
        )
    squares = (off - off.mean()) ** 2
    rank = np.argsort(np.argsort(doubt, kind="stable"), kind="stable") / n_items
    held_out = np.empty(len(rows))
    for fold in range(FOLDS):
        test = np.arange(len(rows)) % FOLDS == fold
        held_out[test] = _by_rank(rank[rows[~test]], squares[~test], rank[rows[test]])
    everywhere = _by_rank(rank[rows], squares, rank)
    best, least = 1.0, np.inf
    for share in SHARES:
        # Of a pilot item the propensity is what the others' errors would have given it.
        chance = _propensities(np.concatenate([held_out, everywhere]), n_labels, share, of=n_items)[: len(rows)]
        variance = float(np.mean(squares * (1 / chance - 1))) / n_items
        if variance < least * (1 if share == 1.0 else 1 - LEAST_GAIN):
            best, least = share, variance
    flat = float(np.mean(squares) * (n_items / n_labels - 1)) / n_items
    reason = (
        f"{len(rows)} pilot labels: errors gather where the doubt is great"
        if best < 1
        else f"{len(rows)} pilot labels: no choice would do better than a uniform draw"
    )
    return Plan(
        _propensities(everywhere, n_labels, best, of=n_items),
        best,
        float(np.sqrt(least)),
        float(np.sqrt(flat)),
        reason,
    )


def _by_rank(ranks: Floats, squares: Floats, at: Floats) -> Floats:
    """The expected squared error by rank: means of bins, made to rise with the doubt, shrunk to the mean of all."""
    edges = np.quantile(ranks, np.linspace(0, 1, BINS + 1)[1:-1])
    where = np.searchsorted(edges, ranks, side="right")
    n = np.bincount(where, minlength=BINS).astype(np.float64)
    means = (np.bincount(where, weights=squares, minlength=BINS) + squares.mean()) / (n + 1)
    rising = scipy.optimize.isotonic_regression(means, weights=n + 1).x
    found: Floats = rising[np.searchsorted(edges, at, side="right")]
    return np.maximum(found, 1e-12)


def _propensities(squares: Floats, n_labels: int, share: float, *, of: int) -> Floats:
    """Proportional to the root of the squares but for the uniform share, none above 1; the last `of` add up to n."""
    root = np.sqrt(squares)
    pool = root[-of:]
    low, high = 0.0, float(of) * n_labels / max(float(pool.sum()), 1e-300) + 1.0 / max(float(pool.min()), 1e-300)
    flat = share * n_labels / of
    for _ in range(100):
        scale = (low + high) / 2
        total = float(np.minimum(flat + scale * pool, 1).sum())
        low, high = (scale, high) if total < n_labels else (low, scale)
    chances: Floats = np.minimum(flat + high * root, 1)
    return chances
