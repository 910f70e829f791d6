"""A bound on the errors of a pool that holds at every look, from labels drawn with known chances."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats
from querist.core.errors import InvalidInput

UNIFORM_SHARE = 0.5  # of the chances: caps the weight of an error where none was expected at twice that of a blind draw
PRIOR_DRAWS = 30.0  # by which the bets start from the target before they go by what was drawn
TRUST_DRAWS = 20.0
GRID = 500
SHARES = (0.3, 0.5, 0.7, 1.0)
FRACTIONS = np.array(
    [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0]
)  # of the largest bet: one of them is near the best in hindsight
ADAPTIVE = 0.6  # share of the wealth that bets by what was drawn; the rest is spread over the fractions


@dataclass(frozen=True)
class Draws:
    """Labels drawn one after another from a part of the pool, in order to know a model's errors there.

    Parameters
    ----------
    n_items : int
        Of that part.
    losses : array_like (n_draws,)
        1 where the model was wrong about the item, 0 where it was right, in the order drawn.
    expected : array_like (n_draws,)
        What loss was expected of each, from 0 to 1, before it was drawn.
    rest : array_like (n_draws,)
        Sum of the expected losses over all that was left at that turn, the item drawn included.
    chances : array_like (n_draws,)
        With which each was drawn at its turn, from what was left.
    least : array_like (n_draws,)
        A bound from below on the chances of all that was left at that turn.
    looks : int
        Which of the project's certificates this is, from 1: each next one may break its promise more rarely, so that
        all of them together keep one.

    Examples
    --------
    >>> draws = Draws.uniform(1000, np.zeros(60))
    >>> round(draws.bound(0.05, target=0.05), 3)  # sixty right, none wrong
    0.065
    """

    n_items: int
    losses: Floats
    expected: Floats
    rest: Floats
    chances: Floats
    least: Floats
    looks: int = 1

    def __post_init__(self) -> None:
        checks.positive("n_items", self.n_items)
        checks.positive("looks", self.looks)
        arrays = {
            name: np.asarray(getattr(self, name), dtype=np.float64)
            for name in ("losses", "expected", "rest", "chances", "least")
        }
        n = len(arrays["losses"])
        for name, values in arrays.items():
            if values.shape != (n,):
                raise InvalidInput(f"{name}: must be one per draw, {n}; got shape {values.shape}.")
            most = self.n_items if name == "rest" else 1
            if values.size and not (values.min() >= 0 and values.max() <= most):
                raise InvalidInput(f"{name}: must lie in [0, {most}]; got {values.min():g} to {values.max():g}.")
            object.__setattr__(self, name, values)
        if n > self.n_items:
            raise InvalidInput(f"losses: must be of items drawn once each, {self.n_items} at most; got {n}.")
        if (arrays["least"] <= 0).any() or (arrays["least"] > arrays["chances"] * (1 + 1e-9)).any():
            raise InvalidInput(
                "least: must lie above 0 and not above the chance of what was drawn. Log it at the draw."
            )

    @classmethod
    def uniform(cls, n_items: int, losses: npt.ArrayLike, *, looks: int = 1) -> Draws:
        """A blind draw, of which nothing was expected."""
        values = np.asarray(losses, dtype=np.float64)
        chances = 1 / (n_items - np.arange(len(values)))
        none = np.zeros(len(values))
        return cls(n_items, values, none, none, chances, chances, looks)

    def __len__(self) -> int:
        return len(self.losses)

    def share(self, broken: float) -> float:
        """Of a promise that may be broken with probability `broken` in all, what this certificate may use."""
        return broken * 6 / (math.pi * self.looks) ** 2

    def estimate(self) -> float:
        """The mean of the unbiased figures, one per draw; NaN before the first."""
        return float(self._figures()[0].mean()) if len(self) else math.nan

    def wealth(self, rate: float, *, target: float | None = None) -> Floats:
        """Logarithm of what a gambler owns after each draw who bets that fewer than `rate` are wrong, (n_draws,).

        If as many or more are wrong, the game is fair or worse, and the chance that it ever multiplies by K is at most
        1/K. `target` is the rate for which the bets are made large; by default the same.
        """
        figures, most = self._figures()
        if not len(figures):
            return np.zeros(0)
        goal = rate if target is None else target
        n = np.arange(len(figures))
        mean = (PRIOR_DRAWS * 0.6 * goal + _before(figures)) / (PRIOR_DRAWS + n)
        spread = (PRIOR_DRAWS * 0.5 * goal + _before((figures - mean) ** 2)) / (PRIOR_DRAWS + n)
        bet = np.clip((goal - mean) / (spread + (goal - mean) ** 2), FRACTIONS[0] / 2 / most, 1 / most)
        bets = np.vstack([bet, np.outer(FRACTIONS, 1 / most)])
        shares = np.r_[ADAPTIVE, np.full(len(FRACTIONS), (1 - ADAPTIVE) / len(FRACTIONS))]
        with np.errstate(divide="ignore"):
            logs = np.cumsum(np.log(np.maximum(1 + bets * (rate - figures), 0.0)), axis=1)
        top = logs.max(axis=0)
        with np.errstate(invalid="ignore"):
            mixed: Floats = top + np.log(shares @ np.exp(np.where(np.isneginf(top), 0.0, logs - top)))
        return mixed

    def bound(self, broken: float, *, target: float) -> float:
        """A rate of errors that is exceeded with probability `broken` at most, at this and every other look.

        Parameters
        ----------
        broken : float
            How often the promise may be broken, over all certificates of a project.
        target : float
            The rate at which the bound is made as tight as can be; it is valid whichever this is.

        Returns
        -------
        bound : float
            1.0 where nothing is known.
        """
        if not len(self):
            return 1.0
        needed = -math.log(self.share(broken))
        if self.wealth(1.0, target=target).max() < needed:
            return 1.0
        low, high = 0.0, 1.0
        for _ in range(24):
            middle = (low + high) / 2
            low, high = (low, middle) if self.wealth(middle, target=target).max() >= needed else (middle, high)
        return high

    def ahead(self, broken: float, target: float) -> int | None:
        """About how many draws more until the bound is at the target, if they come out as those so far.

        None where they lead away from it, or nothing was drawn.
        """
        figures, most = self._figures()
        if not len(figures):
            return None
        at = float(self.wealth(target).max())
        bets = np.linspace(0.05, 1.0, 20)[:, None] / most
        growth = float(np.log(np.maximum(1 + bets * (target - figures), 1e-12)).mean(axis=1).max())
        left = -math.log(self.share(broken)) - at
        if growth <= 0 or (n := math.ceil(left / growth)) > self.n_items - len(self):
            return None
        return max(n, 0)

    def _figures(self) -> tuple[Floats, Floats]:
        """For each draw an unbiased figure of the rate given all before it, and the most that it could have been."""
        weights = 1 / (self.chances * self.n_items)
        trust = np.zeros(len(self))
        if self.rest.size and self.rest[0] > 0:
            shrink = TRUST_DRAWS * (self.rest[0] / self.n_items) ** 2
            hits = _before(weights * self.expected * self.losses)
            squares = _before(weights * self.expected**2)
            trust = np.clip((hits + 0.7 * shrink) / (squares + shrink), 0.0, 1.0)
        known = _before(self.losses) / self.n_items
        rest = self.rest * trust / self.n_items
        figures = known + rest + (self.losses - trust * self.expected) * weights
        most = known + rest + 1 / (self.n_items * self.least)
        return figures, most


def chances_by_doubt(doubt: npt.ArrayLike, uniform_share: float = UNIFORM_SHARE) -> Floats:
    """With which chance to draw each item next, so that few labels tell how many are wrong.

    Parameters
    ----------
    doubt : array_like (n_items,)
        How likely each is wrong, from 0 to 1.
    uniform_share : float
        Of the chances that is spread evenly: what a confidently wrong part of the pool is found by.

    Returns
    -------
    chances : (n_items,) float
        That add up to one: in proportion to the standard deviation sqrt(u (1 - u)) of each loss, as Neyman's
        allocation has it, above the even share.

    Examples
    --------
    >>> chances_by_doubt([0.5, 0.1, 0.0, 0.0]).round(3)
    array([0.438, 0.312, 0.125, 0.125])
    """
    u = checks.vector("doubt", doubt)
    if not len(u) or u.min() < 0 or u.max() > 1:
        raise InvalidInput("doubt: must be probabilities of being wrong, in [0, 1]. Pass 1 - max(probs).")
    checks.share("uniform_share", uniform_share)
    spread = np.sqrt(u * (1 - u))
    total = float(spread.sum())
    even = np.full(len(u), 1 / len(u))
    if total == 0:
        return even
    mixed: Floats = uniform_share * even + (1 - uniform_share) * spread / total
    return mixed


def recalibrated(doubt: npt.ArrayLike, drawn: npt.ArrayLike, losses: npt.ArrayLike) -> Floats:
    """Doubt made to fit what was drawn so far: quarters of the pool by doubt are each scaled to the errors met there.

    Parameters
    ----------
    doubt : array_like (n_items,)
        Of the items left, as the model has it.
    drawn, losses : array_like (n_drawn,)
        The model's doubt of those drawn, and whether it was wrong.

    Notes
    -----
    In each quarter (2 + errors) / (2 + expected errors): a Gamma-Poisson mean, so that few draws change little.

    Examples
    --------
    >>> recalibrated([0.1, 0.1, 0.1, 0.1], [0.1] * 80, [0.0] * 80)  # eight were expected and none came
    array([0.02, 0.02, 0.02, 0.02])
    """
    u, seen = checks.vector("doubt", doubt), checks.vector("drawn", drawn)
    wrong = checks.vector("losses", losses, n=len(seen))
    edges = np.quantile(u, [0.25, 0.5, 0.75]) if len(u) else np.zeros(3)
    of_seen, of_left = np.searchsorted(edges, seen, side="right"), np.searchsorted(edges, u, side="right")
    met = np.bincount(of_seen, weights=wrong, minlength=4)
    expected = np.bincount(of_seen, weights=seen, minlength=4)
    scaled: Floats = np.clip(u * ((2 + met) / (2 + expected))[of_left], 0.0, 0.95)
    return scaled


def best_share(doubt: npt.ArrayLike, target: float) -> float:
    """Which part of the chances to spread evenly, so that fewest labels prove a rate below `target`.

    Of 0.3, 0.5, 0.7 and 1, the one by which a gambler's wealth would grow fastest, were each item wrong with the chance
    that its doubt says, or half of it: who asks for a proof hopes for fewer errors than were feared. Far below the
    target errors are so rare that a blind draw is best; near it doubt saves most.

    Examples
    --------
    >>> doubt = np.r_[np.full(150, 0.4), np.full(850, 0.01)]  # 6.9 % wrong, mostly where it is expected
    >>> best_share(doubt, 0.08), best_share(doubt / 20, 0.08)
    (0.5, 1.0)
    """
    u = checks.vector("doubt", doubt)
    if len(u) > GRID:  # alike but for rounding, and the search need not wait for a large pool
        u = np.quantile(u, (np.arange(GRID) + 0.5) / GRID)
    best, fastest = UNIFORM_SHARE, 0.0
    for share in SHARES:
        q = chances_by_doubt(u, share)
        growth = _growth(q, u, target) + _growth(q, u / 2, target)
        if growth > fastest:
            best, fastest = share, growth
    return best


def _growth(chances: Floats, wrong: Floats, target: float) -> float:
    """Of the logarithm of the wealth, per draw, by the best fraction of the largest bet."""
    weights = 1 / (len(wrong) * chances)
    rest = 0.7 * float(wrong.mean())
    if_right, if_wrong = rest - 0.7 * wrong * weights, rest + (1 - 0.7 * wrong) * weights
    bets = (FRACTIONS / (rest + weights.max()))[:, None]
    gains = wrong * np.log1p(bets * (target - if_wrong)) + (1 - wrong) * np.log1p(bets * (target - if_right))
    return max(float((gains @ chances).max()), 0.0)


@dataclass(frozen=True, slots=True)
class Picked:
    """Items drawn one after another: their places, the chance of each at its turn, and the least chance then."""

    places: npt.NDArray[np.int64]
    chances: Floats
    least: Floats


def draw(chances: Floats, n: int, rng: np.random.Generator) -> Picked:
    """Draw `n` places without replacement, each in proportion to its chance among what is left."""
    keys = np.log(chances) + rng.gumbel(size=len(chances))
    places = np.argsort(-keys, kind="stable")[:n]
    # What is left is added up from the end: taking drawn chances off a total would lose small ones.
    others = np.ones(len(chances), dtype=bool)
    others[places] = False
    left = np.cumsum(np.r_[chances[others].sum(), chances[places][::-1]])[::-1][: len(places)]
    at_turn = np.minimum(chances[places] / left, 1.0)
    return Picked(places.astype(np.int64), at_turn, np.minimum(chances.min() / left, at_turn))


def _before(values: Floats) -> Floats:
    """The sum of all values before each."""
    sums: Floats = np.cumsum(values) - values
    return sums
