"""The greedy batch of most joint information about a committee's parameters (BatchBALD), lazily."""

from __future__ import annotations

from math import log, sqrt

import numpy as np

from querist.core.checks import Floats, Rows
from querist.strategies._joint import expected_entropies, mean_entropies
from querist.strategies._rowwise import entropies, working_type

FIRST_LOOK = 64  # items rated before anyone asks whether the next could still be best; each look doubles
NOISE = 3.0  # standard errors by which a drawn estimate may lie off


def most_informative(
    members: Floats, k: int, rows: Rows, rng: np.random.Generator, n_configurations: int
) -> tuple[Rows, Floats]:
    """The `k` of `rows` that a greedy loop takes, each with what its label adds to what the others tell, in nats.

    As labels are independent given the parameters, what an item adds only shrinks while others are taken: an old gain
    is an upper bound, and only items whose bound beats the best gain found are rated anew. With drawn outcomes the
    bounds are estimates, and an item counts as beaten only where it is so by `NOISE` standard errors.
    """
    whole, inside = mean_entropies(members, rows)
    bounds = np.maximum(whole - inside, 0)
    outcomes = _Outcomes(members, n_configurations)
    left = np.ones(len(rows), dtype=bool)
    picked: list[int] = []
    gains: list[float] = []
    for turn in range(min(k, len(rows))):
        if turn:
            outcomes.learn(members[:, rows[picked[-1]]], rng)
            best = _rate_anew(members, rows, bounds, inside, np.flatnonzero(left), outcomes)
        else:
            best = int(bounds.argmax())
        picked.append(best)
        gains.append(float(bounds[best]))
        left[best] = False
    return rows[picked], np.array(gains)


def _rate_anew(members: Floats, rows: Rows, bounds: Floats, inside: Floats, left: Rows, outcomes: _Outcomes) -> int:
    """Bring `bounds` up to date, from the highest down, until no other can be above the best; which one that is."""
    order = left[np.argsort(-bounds[left], kind="stable")]
    best, slack, start, size = -1, 0.0, 0, FIRST_LOOK
    while start < len(order) and (best < 0 or bounds[order[start]] + slack >= bounds[best]):
        look = order[start : start + size]
        now = expected_entropies(members, rows[look], outcomes.weights, outcomes.chances) - inside[look]
        bounds[look] = np.maximum(now, 0)
        first = int(np.sort(look)[bounds[np.sort(look)].argmax()])
        if best < 0 or (-bounds[first], first) < (-bounds[best], best):
            best = first
            slack = outcomes.slack(members[:, rows[best]])
        start, size = start + size, 2 * size
    return best


class _Outcomes:
    """How the labels of the items taken so far may turn out: all ways while there are few, then drawn ones."""

    def __init__(self, members: Floats, at_most: int) -> None:
        self.dtype = working_type(members)
        self.at_most = at_most
        self.weights = np.full((len(members), 1), 1 / len(members))
        self.chances = np.ones(1)
        self.drawn = False

    def slack(self, probs: Floats) -> float:
        """How far an estimate of a gain may lie off, going by the item of these probabilities."""
        if not self.drawn:
            return 16 * float(np.finfo(self.dtype).eps) * log(max(2, probs.shape[1]))
        found = entropies(self.weights.T @ probs.astype(np.float64), np.float64)
        spread = self.chances @ (found - self.chances @ found) ** 2
        return NOISE * sqrt(spread / self.at_most)

    def learn(self, probs: Floats, rng: np.random.Generator) -> None:
        """Go on to the outcomes of one item more, whose probabilities by member and class these are."""
        after = self.weights.T @ probs.astype(np.float64)  # of each class after each outcome so far
        chances = (self.chances[:, None] * after).ravel()
        cells = np.flatnonzero(chances > 0)
        chances = chances[cells] / chances.sum()
        if len(cells) > self.at_most:
            cells, chances = _drawn(cells, chances, self.at_most, rng)
            self.drawn = True
        before, classes = np.divmod(cells, probs.shape[1])
        weights = self.weights[:, before] * probs[:, classes]
        self.weights = weights / weights.sum(axis=0)
        self.chances = chances


def _drawn(cells: Rows, chances: Floats, n: int, rng: np.random.Generator) -> tuple[Rows, Floats]:
    """`n` draws at equal steps along the chances from one random start: of lower variance than independent ones."""
    ends = np.cumsum(chances)
    places = np.searchsorted(ends, (np.arange(n) + rng.random()) / n * ends[-1], side="right")
    found, times = np.unique(np.minimum(places, len(cells) - 1), return_counts=True)
    return cells[found], times / n
