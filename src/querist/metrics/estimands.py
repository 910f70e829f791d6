"""What can be estimated from labels of a part: means, areas, ranks, each with how it hangs on every label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.metrics import ranked

ROUNDING = 1e-10  # of a number: what is closer is equal


@dataclass(frozen=True, slots=True)
class Linear:
    """A value, and by how much it would change with each item's label: exact where it is a mean.

    `labeled` (n_labeled,) is that by the labels, `guessed` (n_items,) by what was expected of them, None where nothing
    was.
    """

    value: float
    labeled: Floats
    guessed: Floats | None


class Estimand(Protocol):
    """Something of a whole pool that labels of a part of it can tell."""

    @property
    def name(self) -> str: ...

    @property
    def in_unit(self) -> bool:
        """Whether it lies between 0 and 1."""
        ...

    @property
    def is_skewed(self) -> bool:
        """Whether few labels may hold much of it, as of a loss, so that a normal interval falls short on one side."""
        ...

    def at(self, rows: Rows, weights: Floats, base: Floats, trust: float) -> Linear:
        """Its value, the labeled `rows` weighing `weights` and all items `base`, the guesses trusted by so much."""
        ...

    def naive(self) -> float:
        """What the labeled items alone say, as if they had been drawn blindly."""
        ...

    def n_bearing(self, weights: Floats) -> float:
        """As many labels of equal weight as those are worth that bear on it: of a recall, those of its class."""
        ...


@dataclass(frozen=True)
class Moments:
    """A smooth function of means: accuracy, precision, F1, errors.

    Parameters
    ----------
    name : str
    moments : (n_labeled, k) array
        The quantities whose means it is of, of the labeled items.
    guesses : (n_items, k) array, optional
        The same as expected of every item.
    value, slopes : callable
        Of the means: the value, and its partial derivatives (k,).
    in_unit, is_skewed : bool
    bearing : (n_labeled, m) array, optional
        How much each label bears on it, or on each of the m numbers that it is the mean of; by default all alike.
    between : pair of (n_items,) arrays, optional
        The least and the most that the first of the quantities can be of each item, whatever its label; infinite where
        nothing is known.
    parts : tuple of Moments
        Where it is the mean of several numbers, these.
    """

    name: str
    moments: Floats
    guesses: Floats | None
    value: Callable[[Floats], float]
    slopes: Callable[[Floats], Floats]
    in_unit: bool = True
    bearing: Floats | None = None
    is_skewed: bool = False
    between: tuple[Floats, Floats] | None = None
    parts: tuple[Moments, ...] = ()

    def at(self, rows: Rows, weights: Floats, base: Floats, trust: float) -> Linear:
        """See `Estimand`."""
        means = weights @ self.moments
        if self.guesses is not None:
            means = means + trust * (base @ self.guesses - weights @ self.guesses[rows])
        slopes = self.slopes(means)
        guessed = None if self.guesses is None else self.guesses @ slopes
        return Linear(self.value(means), self.moments @ slopes, guessed)

    def naive(self) -> float:
        """See `Estimand`."""
        return self.value(self.moments.mean(axis=0))

    def n_bearing(self, weights: Floats) -> float:
        """See `Estimand`; of several numbers, the least."""
        if self.bearing is None:
            return _n_alike(weights)
        return min(_n_alike(weights * each) for each in self.bearing.T)

    def unseen(
        self, rows: Rows, weights: Floats, base: Floats, trust: float, share: float, *, varies: bool
    ) -> tuple[float, float] | None:
        """Between what its value may lie if `share` of all items are otherwise than the labeled ones, which are alike.

        They are alike where all are as far from what was expected of them, or all at the least, or the most, that they
        can be: as the losses of items that a model has right. None where they are not, or it lies between 0 and 1; but
        where nothing `varies` although they are not alike, whatever it can be at all.
        """
        if self.between is None:
            return None
        means, first = weights @ self.moments, self.moments[:, 0]
        expected: Floats = np.zeros(len(base))
        if self.guesses is not None:
            means = means + trust * (base @ self.guesses - weights @ self.guesses[rows])
            expected = trust * self.guesses[:, 0]
        least, most = self.between
        below: Floats
        above: Floats
        off, near = first - expected[rows], ROUNDING * max(1.0, float(np.max(np.abs(first))))
        if np.ptp(off) <= near:
            below, above = expected + off[0] - least, most - expected - off[0]
        elif np.all(first <= least[rows] + near):
            below, above = np.zeros(1), most - least
        elif np.all(first >= most[rows] - near):
            below, above = most - least, np.zeros(1)
        elif varies:
            return None
        else:
            below, above, share = means[0] - least, most - means[0], 1.0
        ends = (np.r_[means[0] + by, means[1:]] for by in (-_of_farthest(below, share), _of_farthest(above, share)))
        low, high = sorted(self.value(each) for each in ends)
        return low, high


@dataclass(frozen=True)
class Area:
    """The area under the ROC curve: how often an item of the class scores above one that is not.

    Parameters
    ----------
    is_class : (n_labeled,) array of bool
    scores : (n_items,) array
    chances : (n_items,) array, optional
        The probability that each item is of the class.
    """

    is_class: Array
    scores: Floats
    chances: Floats | None
    rows: Rows
    name: str = "auc"
    in_unit: bool = True
    is_skewed: bool = False

    def at(self, rows: Rows, weights: Floats, base: Floats, trust: float) -> Linear:
        """See `Estimand`."""
        chances = np.zeros(len(base)) if self.chances is None else self.chances
        trust = 0.0 if self.chances is None else trust
        y = self.is_class.astype(np.float64)
        inside, all_of = trust * base * chances, trust * base
        inside[rows] += weights * (y - trust * chances[rows])
        all_of[rows] += weights * (1 - trust)
        outside = all_of - inside
        below, above = _mass_below(self.scores, outside), _mass_above(self.scores, inside)
        total_in, total_out = float(inside.sum()), float(outside.sum())
        if total_in <= 0 or total_out <= 0:
            raise InvalidInput("y: must hold labels of the class and of others; by their weights one is missing.")
        value = float(inside @ below) / (total_in * total_out)
        otherwise = (above / total_in - value) / total_out
        slope = (below / total_out - value) / total_in - otherwise
        labeled = slope[rows] * y + otherwise[rows]
        return Linear(value, labeled, None if self.chances is None else slope * self.chances + otherwise)

    def naive(self) -> float:
        """See `Estimand`."""
        scores, y = self.scores[self.rows], self.is_class.astype(np.float64)
        return float(y @ _mass_below(scores, 1 - y)) / float(y.sum() * (1 - y).sum())

    def n_bearing(self, weights: Floats) -> float:
        """See `Estimand`: the fewer of those of the class and the others."""
        return min(_n_alike(weights * each) for each in (self.is_class, ~self.is_class))


@dataclass(frozen=True)
class Precisions:
    """Average precision: over the items of the class, the mean share of it among all that score as high or higher.

    Parameters
    ----------
    is_class : (n_labeled,) array of bool
    scores : (n_items,) array
    chances : (n_items,) array, optional
        The probability that each item is of the class.

    Notes
    -----
    In what is above an item, the item itself counts as one of all items, not as the many that its label stands for: it
    would otherwise vouch for its own precision, which overrates a class that few labels are of.
    """

    is_class: Array
    scores: Floats
    chances: Floats | None
    rows: Rows
    name: str = "average_precision"
    in_unit: bool = True
    is_skewed: bool = True

    def at(self, rows: Rows, weights: Floats, base: Floats, trust: float) -> Linear:
        """See `Estimand`."""
        chances = np.zeros(len(base)) if self.chances is None else self.chances
        trust = 0.0 if self.chances is None else trust
        y = self.is_class.astype(np.float64)
        inside, all_of = trust * base * chances, trust * base
        inside[rows] += weights * (y - trust * chances[rows])
        all_of[rows] += weights * (1 - trust)
        total = float(inside.sum())
        if total <= 0:
            raise InvalidInput("y: must hold labels of the class; by their weights there are none.")
        hits, among = _mass_from(self.scores, inside), _mass_from(self.scores, all_of)
        hits[rows] -= (weights - base[rows]) * (y - trust * chances[rows])
        among[rows] -= (weights - base[rows]) * (1 - trust)
        least = float(np.min(base[base > 0]))
        among = np.maximum(among, least)
        value = float(inside @ (hits / among)) / total
        # An item of the class adds its own precision, and to that of every one below it.
        slope = (hits / among + _mass_upto(self.scores, inside / among) - value) / total
        otherwise = -_mass_upto(self.scores, inside * hits / among**2) / total
        labeled = slope[rows] * y + otherwise[rows]
        return Linear(value, labeled, None if self.chances is None else slope * self.chances + otherwise)

    def naive(self) -> float:
        """See `Estimand`."""
        found = ranked.average_precision(self.is_class, self.scores[self.rows])
        return float("nan") if found is None else found

    def n_bearing(self, weights: Floats) -> float:
        """See `Estimand`: the fewer of those of the class and the others."""
        return min(_n_alike(weights * each) for each in (self.is_class, ~self.is_class))


def _of_farthest(room: Floats, share: float) -> float:
    """What it adds to the mean if those items go as far as they have room for which have the most of it."""
    n = share * len(room)
    most = -np.sort(-room)[: int(np.ceil(n))]
    return float(np.maximum(most, 0) @ np.minimum(n - np.arange(len(most)), 1)) / len(room)


def _n_alike(weights: Floats) -> float:
    """(sum w)^2 / sum w^2: as many equal weights would carry as much; 0 where nothing weighs."""
    squares = float(np.sum(weights**2))
    return float(weights.sum() ** 2 / squares) if squares > 0 else 0.0


def _mass_below(scores: Floats, mass: Floats) -> Floats:
    """For each score, the mass of those below it, and half of those equal to it."""
    order = np.argsort(scores, kind="stable")
    ranked, sums = scores[order], np.r_[0.0, np.cumsum(mass[order])]
    first, last = np.searchsorted(ranked, scores, side="left"), np.searchsorted(ranked, scores, side="right")
    halves: Floats = (sums[first] + sums[last]) / 2
    return halves


def _mass_above(scores: Floats, mass: Floats) -> Floats:
    above: Floats = mass.sum() - _mass_below(scores, mass)
    return above


def _mass_from(scores: Floats, mass: Floats) -> Floats:
    """For each score, the mass of those as high or higher."""
    order = np.argsort(scores, kind="stable")
    sums = np.r_[0.0, np.cumsum(mass[order][::-1])]
    found: Floats = sums[len(scores) - np.searchsorted(scores[order], scores, side="left")]
    return found


def _mass_upto(scores: Floats, mass: Floats) -> Floats:
    """For each score, the mass of those as low or lower."""
    order = np.argsort(scores, kind="stable")
    found: Floats = np.cumsum(mass[order])[np.searchsorted(scores[order], scores, side="right") - 1]
    return found
