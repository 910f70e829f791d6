"""Draws without replacement in proportion to weights (Plackett, 1975; Luce, 1959), with their exact probabilities."""

from __future__ import annotations

import numpy as np

from querist.core.checks import Floats, Rows


def plackett_luce(log_weights: Floats, k: int, rng: np.random.Generator) -> tuple[Rows, Floats]:
    """Up to `k` places, in the order drawn, and the chance with which each was drawn from those left at its draw.

    The places of the highest log-weights after standard Gumbel noise is added are distributed as if one were drawn
    after the other in proportion to its weight (Yellott, 1977). A log-weight of minus infinity is drawn after all
    others, all such alike.
    """
    positive = np.flatnonzero(log_weights > -np.inf)
    places, chances = _among(positive, log_weights[positive], k, rng)
    if len(places) < k and len(positive) < len(log_weights):
        rest = np.flatnonzero(~(log_weights > -np.inf))
        more, even = _among(rest, np.zeros(len(rest)), k - len(places), rng)
        places, chances = np.concatenate([places, more]), np.concatenate([chances, even])
    return places, chances


def _among(places: Rows, log_weights: Floats, k: int, rng: np.random.Generator) -> tuple[Rows, Floats]:
    n = len(places)
    k = min(k, n)
    if not k:
        return places[:0], np.empty(0)
    keys = log_weights + rng.gumbel(size=n)
    drawn = np.argpartition(-keys, k - 1)[:k]
    drawn = drawn[np.argsort(-keys[drawn], kind="stable")]
    # What was left at each draw, added up from the last: taking drawn weights off a total would lose small ones.
    others = np.ones(n, dtype=bool)
    others[drawn] = False
    left = np.append(log_weights[drawn], _log_sum(log_weights[others]))
    left = np.logaddexp.accumulate(left[::-1])[::-1][:-1]
    return places[drawn], np.minimum(np.exp(log_weights[drawn] - left), 1)


def _log_sum(log_weights: Floats) -> float:
    if not len(log_weights):
        return -np.inf
    highest = log_weights.max()
    return float(highest + np.log(np.exp(log_weights - highest).sum()))
