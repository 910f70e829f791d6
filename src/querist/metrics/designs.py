"""How labels came to be chosen: what each of them stands for, and how far a sum over them strays from the pool's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput


class Design(Protocol):
    """A way of choosing which items of a pool are labeled.

    `rows` are the labeled items, each with its weight in `weights`: the weighted sum of a quantity over them estimates
    its mean over all `n_items`. `normalizes` says whether dividing by the sum of the weights makes it better.
    """

    method: ClassVar[str]
    normalizes: ClassVar[bool]

    @property
    def n_items(self) -> int: ...

    @property
    def rows(self) -> Rows: ...

    def weights(self) -> Floats:
        """What each labeled item stands for, as a share of the pool (n_labeled,)."""
        ...

    def covariance(self, values: Floats, /) -> Floats:
        """Of the weighted sums of the columns of `values` (n_labeled, k), over repetitions of the choice (k, k)."""
        ...

    def skewness(self, values: Floats, /) -> float:
        """Of the weighted sum of `values` (n_labeled,): its third central moment in units of its spread."""
        ...


@dataclass(frozen=True)
class Uniform:
    """So many items drawn from the pool without replacement, each set of them as likely as any other.

    Parameters
    ----------
    n_items : int
        Of the pool.
    rows : array_like of int
        The items drawn.

    Notes
    -----
    Covariance (1 - n/N) S / n, with S that of the values drawn: Cochran, Sampling Techniques, section 2.6.
    """

    n_items: int
    rows: Rows
    method: ClassVar[str] = "PPI++ on a uniform draw"
    normalizes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "rows", _drawn(self.rows, self.n_items, least=2))

    def weights(self) -> Floats:
        """1/n each."""
        return np.full(len(self.rows), 1 / len(self.rows))

    def covariance(self, values: Floats, /) -> Floats:
        """As in the notes above."""
        n = len(self.rows)
        centered = values - values.mean(axis=0)
        spread: Floats = (1 - n / self.n_items) / n / (n - 1) * (centered.T @ centered)
        return spread

    def skewness(self, values: Floats, /) -> float:
        """Of the mean of independent draws."""
        return _skewness(values - values.mean())


@dataclass(frozen=True)
class Independent:
    """Each item of the pool was labeled with a probability of its own, independently of the others.

    Parameters
    ----------
    propensities : array_like (n_items,)
        Of every item of the pool, labeled or not, in (0, 1].
    rows : array_like of int
        The items labeled.

    Raises
    ------
    InvalidInput
        If a propensity is missing, or zero: of an item that could not have been asked, the labels say nothing.

    Notes
    -----
    Weights 1 / (N p_i), that is Horvitz and Thompson's, made to add up to one; covariance
    sum (1 - p_i) e_i e_i' / (N p_i)^2. With predictions beside it, this is active statistical inference: Zrnic and
    Candes (2024), arXiv 2403.03208.
    """

    propensities: Floats
    rows: Rows
    method: ClassVar[str] = "AIPW"
    normalizes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        p = np.asarray(self.propensities, dtype=np.float64)
        if p.ndim != 1 or not p.size:
            raise InvalidInput(f"propensities: must be 1-D, one per item of the pool; got shape {p.shape}.")
        _check_propensities(p)
        object.__setattr__(self, "propensities", p)
        object.__setattr__(self, "rows", _drawn(self.rows, len(p), least=2))

    @property
    def n_items(self) -> int:
        """Items of the pool."""
        return len(self.propensities)

    def weights(self) -> Floats:
        """Each label's part of the pool, as in the notes above, before they are made to add up to one."""
        weights: Floats = 1 / (self.n_items * self.propensities[self.rows])
        return weights

    def covariance(self, values: Floats, /) -> Floats:
        """As in the notes above."""
        p = self.propensities[self.rows]
        scaled = values * (np.sqrt(1 - p) / (self.n_items * p))[:, None]
        spread: Floats = scaled.T @ scaled
        return spread

    def skewness(self, values: Floats, /) -> float:
        """Of a sum of independent terms, each of which is there or not."""
        p = self.propensities[self.rows]
        second, third = (1 - p) * (values / p) ** 2, (1 - p) * (1 - 2 * p) * (values / p) ** 3
        return float(third.sum() / second.sum() ** 1.5) if second.any() else 0.0


@dataclass(frozen=True)
class Sequential:
    """Items drawn one after another without replacement, each from a distribution over what was left.

    Parameters
    ----------
    n_items : int
        Of the pool.
    rows : array_like of int
        The items drawn, in their order.
    propensities : array_like (n_drawn,)
        With which probability each was drawn at its turn, as the queries of a strategy that draws keep it.

    Notes
    -----
    Weights v_m / M with v_m = 1 + (N - M) / (N - m) (1 / ((N - m + 1) q_m) - 1): LURE, Farquhar, Gal and Rainforth
    (2021), arXiv 2101.11665. It is the sum with fixed coefficients c_m = N (N - M) / (M (N - m) (N - m + 1)) of
    z_m = (sum of the values before m + value_m / q_m) / N, each of which is unbiased given what was drawn before; so
    their errors are uncorrelated, and the covariance is sum c_m^2 (z_m - z)(z_m - z)'.
    """

    n_items: int
    rows: Rows
    propensities: Floats
    method: ClassVar[str] = "LURE"
    normalizes: ClassVar[bool] = False

    def __post_init__(self) -> None:
        rows = _drawn(self.rows, self.n_items, least=2)
        q = np.asarray(self.propensities, dtype=np.float64)
        if q.shape != rows.shape:
            raise InvalidInput(f"propensities: must be one per item drawn, {len(rows)}; got shape {q.shape}.")
        _check_propensities(q)
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "propensities", q)

    def weights(self) -> Floats:
        """As in the notes above."""
        big, n, m = self.n_items, len(self.rows), np.arange(1, len(self.rows) + 1)
        if n == big:
            return np.full(n, 1 / n)
        weights: Floats = (1 + (big - n) / (big - m) * (1 / ((big - m + 1) * self.propensities) - 1)) / n
        return weights

    def covariance(self, values: Floats, /) -> Floats:
        """As in the notes above."""
        n = len(self.rows)
        if n == self.n_items:
            return np.zeros((values.shape[1], values.shape[1]))
        off = self._errors(values)
        spread: Floats = off.T @ off * n / (n - 1)
        return spread

    def skewness(self, values: Floats, /) -> float:
        """Of a sum of uncorrelated errors, as in the notes above."""
        return 0.0 if len(self.rows) == self.n_items else _skewness(self._errors(values[:, None])[:, 0])

    def _errors(self, values: Floats) -> Floats:
        big, n, m = self.n_items, len(self.rows), np.arange(1, len(self.rows) + 1)
        c = big * (big - n) / (n * (big - m) * (big - m + 1.0))
        before = np.cumsum(values, axis=0) - values
        z = (before + values / self.propensities[:, None]) / big
        off: Floats = (z - c @ z) * c[:, None]
        return off


@dataclass(frozen=True)
class Round:
    """One round of a loop: some items known for sure, and a uniform draw from all the others.

    Parameters
    ----------
    known : array_like of int
        Items whose label is known, however they were chosen: those of before, and the strategy's picks.
    drawn : array_like of int
        Items of the random share; none of them is known.
    """

    known: Rows
    drawn: Rows


@dataclass(frozen=True)
class Rounds:
    """A loop's rounds, each with a random share drawn from what its strategy left: exact, whatever the strategy was.

    Parameters
    ----------
    n_items : int
        Of the pool.
    rounds : sequence of Round
        Every item that is known or drawn must be labeled. Rounds without a random share are passed over.

    Notes
    -----
    Round r estimates the mean by (sum over known + R_r / n_r sum over drawn) / N, R_r being the items that it did not
    know: unbiased given all before it. The rounds' estimates are weighted by n_r; their errors, being differences of a
    martingale, are uncorrelated. One spread is estimated from all draws together, since a round may have but one. It is
    taken for no less than if one draw were as far off as the farthest of all labels: a few percent that are off may
    well have been missed by every draw, and nothing would then seem to vary.
    """

    n_items: int
    rounds: Sequence[Round]
    rows: Rows = field(init=False)
    method: ClassVar[str] = "rounds of a loop"
    normalizes: ClassVar[bool] = False

    def __post_init__(self) -> None:
        parted = [
            Round(
                checks.rows("known", r.known, n_items=self.n_items), checks.rows("drawn", r.drawn, n_items=self.n_items)
            )
            for r in self.rounds
        ]
        parted = [r for r in parted if len(r.drawn)]
        for number, each in enumerate(parted, start=1):
            if np.intersect1d(each.known, each.drawn).size:
                raise InvalidInput(f"rounds: an item must be known or drawn; round {number} has one that is both.")
        if sum(len(r.drawn) for r in parted) < 2:
            raise InvalidInput(
                "rounds: must hold at least two random draws; nothing is known of what no strategy picks otherwise. "
                "Ask some items at random: set the policy's exploration above 0."
            )
        object.__setattr__(self, "rounds", tuple(parted))
        object.__setattr__(self, "rows", np.unique(np.concatenate([np.r_[r.known, r.drawn] for r in parted])))

    def weights(self) -> Floats:
        """As in the notes above; over an item that several rounds know, added up."""
        weights = np.zeros(len(self.rows))
        for each, share in zip(self.rounds, self._shares(), strict=True):
            weights[np.searchsorted(self.rows, each.known)] += share / self.n_items
            scale = (self.n_items - len(each.known)) / len(each.drawn)
            weights[np.searchsorted(self.rows, each.drawn)] += share * scale / self.n_items
        return weights

    def covariance(self, values: Floats, /) -> Floats:
        """As in the notes above."""
        drawn = np.concatenate([values[np.searchsorted(self.rows, r.drawn)] for r in self.rounds])
        centered, n_drawn = drawn - drawn.mean(axis=0), len(drawn)
        spread: Floats = centered.T @ centered / (n_drawn - 1)
        farthest = np.max(np.abs(values - drawn.mean(axis=0)), axis=0) ** 2 / n_drawn
        np.fill_diagonal(spread, np.maximum(np.diag(spread), farthest))
        scale = 0.0
        for each, share in zip(self.rounds, self._shares(), strict=True):
            rest, n = self.n_items - len(each.known), len(each.drawn)
            scale += (share * rest / self.n_items) ** 2 * (1 - n / rest) / n
        found: Floats = scale * spread
        return found

    def skewness(self, values: Floats, /) -> float:
        """Of the draws, as if of one round."""
        drawn = np.concatenate([values[np.searchsorted(self.rows, r.drawn)] for r in self.rounds])
        return _skewness(drawn - drawn.mean())

    def _shares(self) -> Floats:
        n = np.array([len(r.drawn) for r in self.rounds], dtype=np.float64)
        shares: Floats = n / n.sum()
        return shares


@dataclass(frozen=True)
class Beside:
    """A uniform draw of labeled items beside a pool of others that nobody labeled, both from the same source.

    Parameters
    ----------
    n_unlabeled, n_labeled : int
        In arrays over all items the unlabeled ones come first.

    Notes
    -----
    The estimate is of the source, not of these items. Weights and variance are those of PPI++: Angelopoulos, Duchi and
    Zrnic (2023), arXiv 2311.01453.
    """

    n_unlabeled: int
    n_labeled: int
    method: ClassVar[str] = "PPI++"
    normalizes: ClassVar[bool] = True

    def __post_init__(self) -> None:
        checks.positive("n_unlabeled", self.n_unlabeled)
        if checks.positive("n_labeled", self.n_labeled) < 2:
            raise InvalidInput("n_labeled: must be at least 2; got 1. One label has no spread.")

    @property
    def n_items(self) -> int:
        """Unlabeled and labeled ones together."""
        return self.n_unlabeled + self.n_labeled

    @property
    def rows(self) -> Rows:
        """The labeled ones."""
        return np.arange(self.n_unlabeled, self.n_items, dtype=np.int64)

    def weights(self) -> Floats:
        """1/n each."""
        return np.full(self.n_labeled, 1 / self.n_labeled)

    def covariance(self, values: Floats, /) -> Floats:
        """Of the labeled ones alone."""
        centered = values - values.mean(axis=0)
        spread: Floats = centered.T @ centered / self.n_labeled**2
        return spread

    def skewness(self, values: Floats, /) -> float:
        """Of the mean of independent draws."""
        return _skewness(values - values.mean())


def _skewness(errors: Floats) -> float:
    """Of a sum of independent errors about zero."""
    squares = float(np.sum(errors**2))
    return float(np.sum(errors**3)) / squares**1.5 if squares > 0 else 0.0


def _drawn(values: npt.ArrayLike, n_items: int, *, least: int) -> Rows:
    rows = checks.rows("rows", values, n_items=n_items)
    if len(rows) < least:
        raise InvalidInput(f"rows: must name at least {least} labeled items; got {len(rows)}. Label some more.")
    return rows


def _check_propensities(p: Floats) -> None:
    wrong = np.flatnonzero(~(p > 0) | (p > 1))
    if not wrong.size:
        return
    value, n = p[wrong[0]], len(wrong)
    if np.isnan(value):
        what, todo = "is missing", "Estimate from the random share alone, or from a fresh uniform draw."
    elif value == 0:
        what = "is 0: it could never have been asked"
        todo = "Label a uniform draw of such items, or leave them out of what you report on."
    else:
        what, todo = f"is {value:g}", "Pass probabilities."
    raise InvalidInput(f"propensities: must lie in (0, 1]; that of row {wrong[0]} {what} ({n} such). {todo}")
