"""Budget managers of a stream: each says, item after item, with what chance this one is asked.

A manager is a value: its settings never change. What it learns on the way, a threshold or the last utilities, is its
`memory`, plain JSON in the stream's `Ledger`. It is given one utility at a time, and what the budget allows; the
chance that it answers is 0 or 1 where its rule is fixed, and lies between where its rule draws.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, ClassVar, Protocol

from querist.core import checks
from querist.core.errors import InvalidInput

STEP = 0.01  # Žliobaitė and others (2014) found thresholds that move by 1 % to follow drift well enough
WINDOW = 100  # items that a quantile or a density is taken over, as in Kottke and others (2015)
TOLERANCE = (
    20.0  # labels by which spending may run ahead or behind: with 50, as there, a thousand items saw a third more
)
RANDOM_SHARE = 0.1  # of the budget: the field's 5 to 15 %
SMALLEST_GAP = 1e-6  # where two classes tie, the chance is 1 anyway
MOST_STEPS = 10.0  # an item asked for sure at a budget of 1 % would otherwise halve the chances of all that follow


class Running(Protocol):
    """A manager at work on a stretch of the stream."""

    def chance(self, utility: float, rate: float, credit: float, /) -> float:
        """The chance that the item is asked; `rate` is what it may spend an item, `credit` what it has to spend."""
        ...

    def note(self, chance: float, asked: bool, rate: float, credit: float, /) -> None:
        """Learn what became of the item whose chance it gave last."""
        ...

    def memory(self) -> dict[str, Any]:
        """What it has to keep, as plain JSON."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """What every budget manager has.

    Parameters
    ----------
    budget : float
        The share of the stream that may be asked, over 0 and at most 1.
    random_share : float
        The share of the budget that goes to items drawn blindly, from 0 to 1: it shows blind spots, and gives every
        item a propensity over zero.
    window : int
        Items over which spending may be put off: what was not spent for so long is not spent any more.
    """

    name: ClassVar[str] = ""
    source: ClassVar[str] = ""
    utility: ClassVar[str] = "margin"  # the score that it is made for
    bounded: ClassVar[bool] = False  # whether utilities must lie between 0 and 1
    saves: ClassVar[bool] = False  # whether what is not spent is kept without end

    budget: float
    random_share: float = RANDOM_SHARE
    window: int = WINDOW

    def __post_init__(self) -> None:
        for name in ("budget", "random_share", "window"):
            if not isinstance(value := getattr(self, name), Real):
                raise InvalidInput(f"{name}: must be a number; got {checks.short(value)}. Pass one, not its text.")
        if not 0 < self.budget <= 1:
            raise InvalidInput(
                f"budget: must be over 0 and at most 1; got {self.budget}. It is the share of items that may be asked."
            )
        if not 0 <= self.random_share <= 1:
            raise InvalidInput(
                f"random_share: must lie between 0 and 1; got {self.random_share}. It is a share of the budget."
            )
        if self.window < 1:
            raise InvalidInput(f"window: must be 1 or more; got {self.window}. It is a number of items.")

    @property
    def most_credit(self) -> float:
        """How much can be saved up, in labels."""
        return math.inf if self.saves else max(1.0, self.budget * self.window)

    def begin(self, memory: Mapping[str, Any]) -> Running:
        """The manager at work, from what it kept."""
        raise NotImplementedError

    def describe(self) -> dict[str, Any]:
        """Plain JSON, from which `manager_from_json` makes the same manager."""
        return {"manager": self.name} | {field.name: getattr(self, field.name) for field in fields(self)}


class _Threshold:
    """Asks where confidence is below a threshold that falls with every question and rises with every other item."""

    __slots__ = ("step", "theta")

    def __init__(self, theta: float, step: float) -> None:
        self.theta = theta
        self.step = step

    def chance(self, utility: float, rate: float, credit: float, /) -> float:
        return 1.0 if credit > 0 and 1 - utility < self.theta else 0.0

    def note(self, chance: float, asked: bool, rate: float, credit: float, /) -> None:
        if credit > 0:
            self.theta *= 1 - self.step if asked else 1 + self.step

    def memory(self) -> dict[str, Any]:
        return {"theta": self.theta}


class _RandomThreshold(_Threshold):
    """The same, its threshold multiplied for each item by a draw from a normal distribution around 1."""

    __slots__ = ()

    def chance(self, utility: float, rate: float, credit: float, /) -> float:
        # confidence < theta * draw, which is to say: the draw is over confidence / theta
        return 0.5 * math.erfc(((1 - utility) / self.theta - 1) / math.sqrt(2)) if credit > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed(Manager):
    """Asks where the model's confidence is below a threshold that never moves.

    Simple and easy to explain. It spends less than the budget where the model is sure, and what it does spend it
    spends on what comes first.

    Parameters
    ----------
    threshold : float, optional
        A confidence; by default the budget's share of the way from a guess to certainty.
    n_classes : int
        What a guess is worth: one in so many.
    """

    name: ClassVar[str] = "fixed"
    source: ClassVar[str] = "Žliobaitė, Bifet, Pfahringer and Holmes (2014), fixed uncertainty"
    utility: ClassVar[str] = "least_confidence"
    bounded: ClassVar[bool] = True

    threshold: float | None = None
    n_classes: int = 2

    def begin(self, memory: Mapping[str, Any]) -> Running:
        guess = 1 / self.n_classes
        theta = guess + self.budget * (1 - guess) if self.threshold is None else self.threshold
        return _Threshold(theta, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable(Manager):
    """Asks where confidence is below a threshold that moves, so that about the budget is spent whatever comes.

    Parameters
    ----------
    step : float
        By what share the threshold falls with a question and rises with any other item.
    """

    name: ClassVar[str] = "variable"
    source: ClassVar[str] = "Žliobaitė, Bifet, Pfahringer and Holmes (2014), variable uncertainty"
    utility: ClassVar[str] = "least_confidence"
    bounded: ClassVar[bool] = True

    step: float = STEP

    def __post_init__(self) -> None:
        Manager.__post_init__(self)
        if not 0 < self.step < 1:
            raise InvalidInput(f"step: must lie between 0 and 1; got {self.step}. {STEP} is usual.")

    def begin(self, memory: Mapping[str, Any]) -> Running:
        return _Threshold(memory.get("theta", 1.0), self.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomizedVariable(Variable):
    """As `variable`, but the threshold is drawn anew around itself for every item.

    So confident items are asked now and then, and a change far from the model's border is seen. Its propensities lie
    between 0 and 1, which estimates like.
    """

    name: ClassVar[str] = "randomized_variable"
    source: ClassVar[str] = "Žliobaitė, Bifet, Pfahringer and Holmes (2014), variable randomized uncertainty"

    def begin(self, memory: Mapping[str, Any]) -> Running:
        return _RandomThreshold(memory.get("theta", 1.0), self.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Variable):
    """As `variable`, with a fifth of the budget drawn blindly: what a change detector and an estimate live on."""

    name: ClassVar[str] = "split"
    source: ClassVar[str] = "Žliobaitė, Bifet, Pfahringer and Holmes (2014), selective sampling by a split"

    random_share: float = 0.2


class _Quantile:
    __slots__ = ("order", "recent", "tolerance", "window")

    def __init__(self, recent: list[float], window: int, tolerance: float) -> None:
        self.recent = deque(recent)
        self.order = sorted(recent)
        self.window = window
        self.tolerance = tolerance

    def chance(self, utility: float, rate: float, credit: float, /) -> float:
        order = self.order
        if len(self.recent) == self.window:
            del order[bisect_left(order, self.recent.popleft())]
        self.recent.append(utility)
        insort(order, utility)
        low, high = order[0], order[-1]
        if low == high:
            # Nothing tells the items apart: whenever there is something to spend.
            return 1.0 if credit > 0 else 0.0
        theta = _quantile(order, 1 - rate)
        return 1.0 if utility >= theta - (high - low) * (credit / self.tolerance) else 0.0

    def note(self, chance: float, asked: bool, rate: float, credit: float, /) -> None:
        return

    def memory(self) -> dict[str, Any]:
        return {"recent": list(self.recent)}


def _quantile(order: list[float], q: float) -> float:
    """The quantile of sorted numbers, as NumPy interpolates it, to the last digit."""
    place = (len(order) - 1) * q
    at = int(place)
    if at + 1 >= len(order):
        return order[-1]
    low, high, share = order[at], order[at + 1], place - at
    return low + (high - low) * share if share < 0.5 else high - (high - low) * (1 - share)


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancedIncrementalQuantile(Manager):
    """Asks the items of the highest utilities of late, as many as the budget allows; the default.

    An item is asked if its utility reaches the quantile of the last `window` utilities that the budget leaves above
    it. Where spending ran behind the budget the bar is lowered, where it ran ahead it is raised, in proportion to the
    utilities' range: so utilities of any scale will do, and the budget is kept whatever the stream brings.

    Parameters
    ----------
    tolerance : float
        Labels ahead or behind at which everything, or nothing, is asked.
    """

    name: ClassVar[str] = "balanced_incremental_quantile"
    source: ClassVar[str] = "Kottke, Krempl and Spiliopoulou (2015), BIQF"
    saves: ClassVar[bool] = True

    tolerance: float = TOLERANCE

    def __post_init__(self) -> None:
        Manager.__post_init__(self)
        if not self.tolerance > 0:
            raise InvalidInput(f"tolerance: must be over 0; got {self.tolerance}. It is a number of labels.")

    def begin(self, memory: Mapping[str, Any]) -> Running:
        return _Quantile(memory.get("recent", []), self.window, self.tolerance)


@dataclass(frozen=True, slots=True, kw_only=True)
class Density(BalancedIncrementalQuantile):
    """As the balanced quantile, of utility times how crowded the item's place is among the last items.

    So a lonely odd reading, of which the model is unsure for good reason, gives way to a doubt that many items share.
    Needs the items' features.
    """

    name: ClassVar[str] = "density"
    source: ClassVar[str] = (
        "after Ienco, Žliobaitė and Pfahringer (2014), high density-focused uncertainty sampling over streams; "
        "the density a kernel's, the bar that of Kottke and others (2015)"
    )


class _Importance:
    __slots__ = ("level", "tolerance")

    def __init__(self, level: float, tolerance: float) -> None:
        self.level = level
        self.tolerance = tolerance

    def chance(self, utility: float, rate: float, credit: float, /) -> float:
        gap = max(1 - utility, SMALLEST_GAP)
        return min(1.0, math.exp(self.level) * (1 / (gap * gap) + 1 / gap)) if credit > -self.tolerance else 0.0

    def note(self, chance: float, asked: bool, rate: float, credit: float, /) -> None:
        if rate > 0:
            wanted = rate * (1 + credit / self.tolerance)
            self.level += STEP * max(-MOST_STEPS, min(MOST_STEPS, (wanted - chance) / rate))

    def memory(self) -> dict[str, Any]:
        return {"level": self.level}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportanceWeighted(Manager):
    """Asks each item with a chance that falls with the gap between its label and the next best one.

    Where importance-weighted active learning lets the chances sink with time, as its guarantee needs, this lets them
    follow the budget. An answer then counts one over its propensity, and what is learned or estimated with such
    weights is what all items would have taught.

    Parameters
    ----------
    tolerance : float
        Labels ahead or behind at which chances are aimed at nothing, or at twice the budget.
    """

    name: ClassVar[str] = "importance_weighted"
    source: ClassVar[str] = (
        "after Beygelzimer, Dasgupta and Langford (2009), arXiv:0812.4952, and Beygelzimer, Hsu, Langford and Zhang "
        "(2010), arXiv:1006.2588; the constant follows the budget"
    )
    bounded: ClassVar[bool] = True
    saves: ClassVar[bool] = True

    tolerance: float = 10.0

    def __post_init__(self) -> None:
        Manager.__post_init__(self)
        if not self.tolerance > 0:
            raise InvalidInput(f"tolerance: must be over 0; got {self.tolerance}. It is a number of labels.")

    def begin(self, memory: Mapping[str, Any]) -> Running:
        return _Importance(memory.get("level", math.log(self.budget / 2)), self.tolerance)


MANAGERS: Mapping[str, type[Manager]] = {
    kind.name: kind
    for kind in (
        Fixed,
        Variable,
        RandomizedVariable,
        Split,
        BalancedIncrementalQuantile,
        Density,
        ImportanceWeighted,
    )
}
DEFAULT = BalancedIncrementalQuantile.name


def manager(name: str = DEFAULT, **settings: Any) -> Manager:
    """The budget manager of this name.

    Parameters
    ----------
    name : str
        A key of `MANAGERS`.
    **settings
        `budget`, and what else the manager's class takes.

    Raises
    ------
    InvalidInput
        If there is none of this name, or it takes no such setting, or a value breaks a rule.

    Examples
    --------
    >>> manager("variable", budget=0.05).step
    0.01
    """
    checks.one_of("manager", name, tuple(MANAGERS))
    kind = MANAGERS[name]
    known = tuple(field.name for field in fields(kind))
    for setting in settings:
        if setting not in known:
            raise InvalidInput(
                f"manager: {name!r} must be set by {', '.join(known)}; got {setting!r}. See the page of streams."
            )
    if "budget" not in settings:
        raise InvalidInput("budget: must be given; got nothing. Say what share of the items may be asked.")
    return kind(**settings)


def manager_from_json(body: Mapping[str, Any]) -> Manager:
    """The manager that `Manager.describe` wrote down.

    Examples
    --------
    >>> manager_from_json(manager("split", budget=0.1).describe()).random_share
    0.2
    """
    return manager(body["manager"], **{name: value for name, value in body.items() if name != "manager"})
