"""Two models on the same items: whether the new one is worse, judged by the items on which they differ."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import scipy

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.metrics.designs import Uniform
from querist.metrics.estimate import estimate
from querist.metrics.exact import NUISANCE, lowest_difference, p_at_most

POWER = 0.8


@dataclass(frozen=True, slots=True)
class Paired:
    """The difference of two models, new less old, and what it says of a loss.

    Parameters
    ----------
    n, n_better, n_worse : int
        Items, and those on which the new model did better and worse than the old.
    new, old : float
        Their scores.
    difference, low, high : float
        Above 0 where the new model is the better one. `low` and `high` each hold with the level's certainty; -inf or
        inf where nothing bounds them.
    p_no_loss : float
        Against "the new model loses the margin, or more".
    p_loss : float
        Against "the new model loses nothing".
    method : str
    """

    n: int
    n_better: int
    n_worse: int
    new: float
    old: float
    difference: float
    low: float
    high: float
    p_no_loss: float
    p_loss: float
    method: str


def mcnemar(n_better: int, n_worse: int, *, against: str = "equal") -> float:
    """McNemar's exact test: among the items on which two models differ, either is as likely to be the right one.

    Parameters
    ----------
    n_better, n_worse : int
        Items that only the new model got right, and only the old one.
    against : {"equal", "not_better", "not_worse"}
        The claim that a small p-value refutes: that they are equal; that the new one is no better; or no worse.

    Returns
    -------
    p_value : float

    Notes
    -----
    A binomial test with probability 1/2: McNemar (1947), Psychometrika 12(2). It says nothing of a margin, and where it
    finds nothing, that is no proof of equality: use `paired_shares` for that.

    Examples
    --------
    >>> round(mcnemar(1, 5), 5)  # 2 * (1 + 6) / 2^6
    0.21875
    >>> round(mcnemar(1, 5, against="not_worse"), 6)
    0.109375
    """
    checks.one_of("against", against, ("equal", "not_better", "not_worse"))
    better, worse = _count("n_better", n_better), _count("n_worse", n_worse)
    low = float(scipy.special.bdtr(better, better + worse, 0.5))
    high = float(scipy.special.bdtrc(better - 1, better + worse, 0.5)) if better else 1.0
    if against == "equal":
        return min(1.0, 2 * min(low, high))
    return low if against == "not_worse" else high


def paired_shares(
    n_better: int, n_worse: int, n: int, *, margin: float, level: float = 0.95, both_right: int = 0
) -> Paired:
    """The difference of two shares of right answers to the same items, with a test that keeps its level.

    Parameters
    ----------
    n_better, n_worse : int
        Items that only the new model got right, and only the old one.
    n : int
        All items.
    margin : float
        The loss that must be ruled out, as a share: 0.02 is two points.
    level : float
        One less the chance of letting a model through that loses the margin. Each end of the interval holds with it.
    both_right : int
        Items that both got right, for `new` and `old`.

    Raises
    ------
    InvalidInput
        If counts are no such counts, or margin or level are no shares.

    Notes
    -----
    Tango's score statistic for the difference of paired proportions (1998, Statistics in Medicine 17), but with the
    exact probability of a value as extreme instead of a normal one, at the worst share of differing items that is
    likely: Berger and Boos (1994), JASA 89. The chance of a false "no loss" is below 1 - level at any n. A loss is
    tested by McNemar's exact test. Time about in proportion to the root of n.

    Examples
    --------
    >>> paired_shares(0, 0, 100, margin=0.02).p_no_loss > 0.05  # never differing on 100 items is not enough
    True
    >>> found = paired_shares(30, 10, 400, margin=0.02)
    >>> round(found.difference, 3), found.p_no_loss < 0.001, found.low > 0
    (0.05, True, True)
    """
    better, worse = _count("n_better", n_better), _count("n_worse", n_worse)
    checks.positive("n", n)
    both = _count("both_right", both_right)
    if better + worse + both > n:
        raise InvalidInput(f"n: must be all items, at least {better + worse + both}; got {n}. Count the items alike.")
    tail = 1 - check_level(level)
    check_margin(margin)
    p_no_loss = p_at_most(better, worse, n, -margin)
    return Paired(
        n=n,
        n_better=better,
        n_worse=worse,
        new=(both + better) / n,
        old=(both + worse) / n,
        difference=(better - worse) / n,
        low=lowest_difference(better, worse, n, tail, -margin, p_no_loss),
        high=-lowest_difference(worse, better, n, tail),
        p_no_loss=p_no_loss,
        p_loss=mcnemar(better, worse, against="not_worse"),
        method="exact score test of paired shares",
    )


def paired_losses(new: npt.ArrayLike, old: npt.ArrayLike, *, margin: float, level: float = 0.95) -> Paired:
    """The share of the old model's loss that the new one saves, of losses per item such as squared errors.

    Parameters
    ----------
    new, old : array_like (n_items,)
        Losses, 0 or more, of the same items.
    margin : float
        The growth of the mean loss that must be ruled out, as a share of the old model's: 0.02 is 2 %.
    level : float

    Raises
    ------
    InvalidInput
        If there are fewer than two items, or a loss is negative.

    Notes
    -----
    Student's t on (1 + margin) old - new, item by item, whose mean is above 0 where the new loss is below (1 + margin)
    of the old: no ratio has to be tested, and a unit of the loss makes no difference. The interval is Fieller's (1954),
    that is the shares that this test does not refute.

    Examples
    --------
    >>> found = paired_losses([1.0, 2.0, 0.5, 1.5], [2.0, 3.5, 1.0, 3.0], margin=0.02)
    >>> round(found.difference, 3), found.n_better, found.low > 0
    (0.474, 4, True)
    """
    a, b = _losses("new", new), _losses("old", old)
    if len(a) != len(b) or len(a) < 2:
        raise InvalidInput(f"new: must be of the same two or more items as old; got {len(a)} and {len(b)}.")
    tail = 1 - check_level(level)
    check_margin(margin)
    n, mean_new, mean_old = len(a), float(a.mean()), float(b.mean())
    spread = np.cov(np.vstack([a, b])) / n
    wanted = float(-scipy.special.stdtrit(n - 1, tail))

    def t_at(growth: float) -> float:
        """How far above 0 the mean of (1 + growth) old - new is, in its standard errors."""
        by = np.array([-1.0, 1 + growth])
        lead, variance = float(by @ [mean_new, mean_old]), float(by @ spread @ by)
        if variance > 0:
            return lead / float(np.sqrt(variance))
        return np.inf * np.sign(lead) if lead else 0.0

    saved = 1 - mean_new / mean_old if mean_old > 0 else 0.0
    return Paired(
        n=n,
        n_better=int(np.sum(a < b)),
        n_worse=int(np.sum(a > b)),
        new=mean_new,
        old=mean_old,
        difference=saved,
        low=-_crossing(t_at, wanted, -saved),
        high=_crossing(lambda back: -t_at(-back), wanted, saved),
        p_no_loss=float(scipy.special.stdtr(n - 1, -t_at(margin))),
        p_loss=float(scipy.special.stdtr(n - 1, t_at(0.0))) if mean_old > 0 or mean_new > 0 else 1.0,
        method="Student's t on paired losses",
    )


def paired_in_pool(
    differences: npt.ArrayLike,
    rows: npt.ArrayLike,
    guess: npt.ArrayLike,
    *,
    margin: float,
    level: float = 0.95,
    old: float = 0.0,
) -> Paired:
    """The difference of two models from a labeled draw and from what they say of the items beside it.

    Parameters
    ----------
    differences : array_like (n_labeled,)
        Of each labeled item: 1 where only the new model is right, -1 where only the old one, else 0.
    rows : array_like of int (n_labeled,)
        Which of the pool's items they are: a draw that nothing chose.
    guess : array_like (n_items,)
        What the models make one expect of every item's difference. Where they agree it is 0, and truly so.
    margin, level : float
        As for `paired_shares`.
    old : float
        The old model's score on the labeled items.

    Notes
    -----
    Prediction-powered inference (PPI++) on the difference, see `estimate`; normal, so that `gate` uses it only where
    enough items differ either way. A bad guess costs nothing and never biases.

    Examples
    --------
    >>> differs = np.tile([1.0, 0.0, -1.0, 0.0, 1.0], 40)     # only on these items can the two differ
    >>> found = paired_in_pool(differs, np.arange(200), np.tile([0.5, 0, -0.5, 0, 0.5], 400), margin=0.02)
    >>> round(found.difference, 3), found.low > 0.1, found.n
    (0.2, True, 200)
    """
    d = checks.vector("differences", differences).astype(np.float64)
    expected = checks.vector("guess", guess).astype(np.float64)
    tail = 1 - check_level(level)
    check_margin(margin)
    design = Uniform(len(expected), np.asarray(rows))
    found = estimate("mean", d, design, guess=expected, level=1 - 2 * tail, target="source", bounds=(-1, 1))

    def p_above(at: float) -> float:
        """Against "the difference is at most `at`"."""
        if found.std_error == 0:
            return 1.0
        return float(scipy.special.stdtr(len(d) - 1, -(found.value - at) / found.std_error))

    return Paired(
        n=len(d),
        n_better=int(np.sum(d > 0)),
        n_worse=int(np.sum(d < 0)),
        new=old + found.value,
        old=old,
        difference=found.value,
        low=found.low if found.std_error > 0 else -np.inf,
        high=found.high if found.std_error > 0 else np.inf,
        p_no_loss=p_above(-margin),
        p_loss=1 - p_above(0.0) if found.std_error > 0 else 1.0,
        method=f"{found.method}, {len(expected)} items",
    )


def n_wanted(differing: float, margin: float, level: float = 0.95) -> int:
    """Items that show no loss in four of five cases, where the new model is as good as the old.

    Parameters
    ----------
    differing : float
        The share of items on which just one of them is right, in 0..1.

    Raises
    ------
    InvalidInput
        If it is no share, or margin or level is none.

    Notes
    -----
    (z_level + z_0.8)^2 differing / margin^2, and never fewer than `n_least`.

    Examples
    --------
    >>> n_wanted(0.1, 0.02), n_wanted(0.0, 0.02)
    (1546, 149)
    """
    z = float(scipy.special.ndtri(check_level(level)) + scipy.special.ndtri(POWER))
    checks.share("differing", differing)
    return max(int(np.ceil(z * z * differing / check_margin(margin) ** 2)), n_least(margin, level))


def n_least(margin: float, level: float = 0.95) -> int:
    """Items below which no loss of the margin can be ruled out, not even where the models never differ.

    Notes
    -----
    At least log(1 - level) / log(1 - margin): with fewer, a model that loses the margin shows no loss too often.

    Examples
    --------
    >>> n_least(0.02), n_least(0.05)  # 0.98^149 and 0.95^59 are just below 0.05
    (149, 59)
    """
    return _n_least(check_margin(margin), 1 - check_level(level))


@cache
def _n_least(margin: float, tail: float) -> int:
    low = int(np.ceil(np.log(tail) / np.log1p(-margin)))
    high = 2 * low
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if p_at_most(0, 0, middle, -margin) <= tail else (middle + 1, high)
    return low


def check_level(level: float) -> float:
    """`level`, if it is a certainty."""
    if not 0.5 < level < 1 - 10 * NUISANCE:
        raise InvalidInput(f"level: must lie between 0.5 and {1 - 10 * NUISANCE}; got {level:g}. Pass 0.95.")
    return float(level)


def check_margin(margin: float) -> float:
    """`margin`, if some loss is within it: that there is none at all, no sample can show."""
    if not 0 < margin < 1:
        raise InvalidInput(f"margin: must lie between 0 and 1; got {margin:g}. Pass 0.02 for two points.")
    return float(margin)


def _crossing(rising: Callable[[float], float], wanted: float, start: float) -> float:
    """Where a statistic that rises from `start` on reaches `wanted`; inf where it never does."""
    if rising(start) >= wanted:
        return start
    step = 1e-3
    while rising(start + step) < wanted:
        step *= 2
        if step > 1e9:
            return np.inf
    low, high = start, start + step
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rising(middle) >= wanted else (middle, high)
    return high


def _count(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
        raise InvalidInput(f"{name}: must be a count of items, 0 or more; got {value!r}.")
    return int(value)


def _losses(name: str, values: npt.ArrayLike) -> Floats:
    found = checks.vector(name, values).astype(np.float64)
    if not np.isfinite(found).all() or np.any(found < 0):
        raise InvalidInput(f"{name}: must be losses of 0 or more; got {found.min():g} among them.")
    return found
