"""A test set that is looked at again and again: by how much the best figure seen on it flatters."""

from __future__ import annotations

import numpy as np
import scipy

from querist.core import checks
from querist.core.errors import InvalidInput

HALF_95 = 1.96  # standard errors: half the width of a 95 % interval
LOOKS = 25  # at which the best figure is expected to lie that much too high
_GRID = np.linspace(0.0, 12.0, 12_001)


def overrating(n_looks: int, share: float = 1.0) -> float:
    """By how many standard errors the best of so many measurements on one test set is expected to lie too high.

    Even where all models are equally good, the best figure is that of the luckiest: the largest of `n_looks` errors. At
    25 it lies as high above the truth as a 95 % interval reaches; whoever then picks by the test set picks luck.

    Parameters
    ----------
    n_looks : int
        Models measured on it, and decisions made by it.
    share : float
        Of the items of now that a look saw, in (0, 1]: a set that has grown since is partly fresh.

    Returns
    -------
    overrating : float
        Multiply it by the standard error of one measurement.

    Raises
    ------
    InvalidInput
        If `n_looks` is below 1 or `share` is no share.

    Notes
    -----
    The mean of the largest of n standard normal numbers, below sqrt(2 log n), times sqrt(share). It takes the models'
    errors for independent, which those of successive models are not: they flatter less. It leaves out that each model
    may be chosen in view of all earlier figures, by which a determined searcher reaches the order of sqrt(n / n_items):
    Blum and Hardt (2015), arXiv 1502.04585; Dwork et al. (2015), Science 349.

    Examples
    --------
    >>> overrating(1), round(overrating(2), 4), round(overrating(25), 2), round(overrating(25, 0.25), 2)
    (0.0, 0.5642, 1.97, 0.98)
    """
    checks.positive("n_looks", n_looks)
    if not 0 < share <= 1:
        raise InvalidInput(f"share: must lie in (0, 1]; got {share:g}. Pass 1 where the set has not grown.")
    if n_looks == 1:
        return 0.0
    above = scipy.special.ndtr(_GRID) ** n_looks
    below = scipy.special.ndtr(-_GRID) ** n_looks
    return float(np.trapezoid(1 - above - below, _GRID) * np.sqrt(share))
