"""What a stopping rule looks at, and what it says."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.core.evidence import Point
from querist.core.words import counted
from querist.loop.budget import Spending
from querist.loop.certificate import Draws

FARTHEST = 20.0  # times the labels there are: a line drawn farther than that says nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says now.

    Parameters
    ----------
    rule : str
    stop : bool
    figure : float or None
        What it looked at; None where that is not known yet.
    sentence : str
    certified : bool
        Whether a stop keeps a promise that was proven, at every look: the rules without it are habits.
    forecast : int or None
        About how many labels more until it says stop; 0 where it does.
    outlook : str
        Where the forecast comes from, or why there is none.
    """

    rule: str
    stop: bool
    figure: float | None
    sentence: str
    certified: bool = False
    forecast: int | None = None
    outlook: str = ""

    @property
    def ahead(self) -> str:
        """The forecast in a sentence; empty where it says stop, and of the budget, whose own sentence says it."""
        if self.stop or self.rule == "budget":
            return ""
        if self.forecast is None:
            return f"No forecast: {self.outlook}."
        return f"About {counted(self.forecast, 'label')} more, {self.outlook}."


@dataclass(frozen=True, slots=True)
class Glance:
    """What a model said of a fixed part of the pool, the stop set, beside what the model before it had said.

    Parameters
    ----------
    n_labels : int
        That it was fitted on.
    kappa : float, optional
        Cohen's kappa of its classes and those of the model before it. None for the first model.
    changed : float, optional
        Share of the stop set that it puts into another class.
    delta_f : float, optional
        One less the F1 of its classes against those of the model before it, the mean over classes.
    uncertainty : float, optional
        Mean entropy of its probabilities, over the entropy of knowing nothing.
    confidence : float, optional
        Mean probability of the class that it names.
    batch_right : float, optional
        Of the labels that came in before it was fitted, the share that the model before it had foretold.
    batch_confidence : float, optional
        Mean probability that the model before it gave to the class it named of those items.
    """

    n_labels: int
    kappa: float | None = None
    changed: float | None = None
    delta_f: float | None = None
    uncertainty: float | None = None
    confidence: float | None = None
    batch_right: float | None = None
    batch_confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Screened:
    """A search as it went: which items were looked at, in their order, and what came of it.

    Parameters
    ----------
    n_items : int
        Of the pool.
    relevant : (n_screened,) bool
        In the order looked at.
    chances : (n_screened,) float
        With which probability each was drawn at its turn from what was left; NaN where a strategy picked it.
    expected_left, variance_left : float, optional
        Sum of p and of p (1 - p) over what nobody looked at yet, p being the model's probability of relevance.
    targets, targets_found : int
        Relevant items known from a search of its own, and how many of them this one has come upon.
    """

    n_items: int
    relevant: npt.NDArray[np.bool_]
    chances: Floats
    expected_left: float | None = None
    variance_left: float | None = None
    targets: int = 0
    targets_found: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "relevant", np.asarray(self.relevant, dtype=bool))
        object.__setattr__(self, "chances", np.asarray(self.chances, dtype=np.float64))
        n = len(self.relevant)
        if self.chances.shape != (n,):
            raise InvalidInput(f"chances: must be one per item screened, {n}; got shape {self.chances.shape}.")
        if n > self.n_items:
            raise InvalidInput(f"relevant: must be of items of the pool, {self.n_items}; got {n}. Name each once.")

    @property
    def n_screened(self) -> int:
        """Items looked at."""
        return len(self.relevant)

    @property
    def n_found(self) -> int:
        """Relevant ones among them."""
        return int(self.relevant.sum())


@dataclass(frozen=True, slots=True)
class Evidence:
    """What rules look at beside the learning curve and the spending. What is not known is left out.

    Parameters
    ----------
    glances : tuple of Glance
        One per model, in their order.
    draws : Draws, optional
        Labels drawn in order to certify the newest model.
    searches : mapping of str to Screened
        By the class that is searched for.
    """

    glances: tuple[Glance, ...] = ()
    draws: Draws | None = None
    searches: Mapping[str, Screened] = field(default_factory=dict)


NOTHING = Evidence()


class StoppingRule(Protocol):
    """Looks at the learning curve, the spending and what else is known, and says whether to go on."""

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """What the rule says now."""
        ...


def crossing(n_labels: Sequence[float], values: Sequence[float], level: float, *, zero: bool = False) -> int | None:
    """Labels until a figure, drawn on as a line in the logarithm of the labels, comes to a level.

    Parameters
    ----------
    n_labels, values : sequences of float
        The figure's course; the last five count.
    zero : bool
        Whether the figure shrinks toward zero, so that its logarithm is what follows a line.

    Returns
    -------
    n : int or None
        Labels more; None where fewer than three figures are there, where the line does not lead to the level, or only
        after more than twenty times as many labels as there are.

    Examples
    --------
    >>> crossing([100, 200, 400], [0.7, 0.8, 0.9], 1.0)  # another tenth with every doubling
    400
    >>> crossing([100, 200, 400], [0.9, 0.9, 0.9], 1.0) is None
    True
    """
    x, y = np.asarray(n_labels[-5:], dtype=float), np.asarray(values[-5:], dtype=float)
    keep = (x > 0) & (y > 0 if zero else np.isfinite(y))
    x, y = x[keep], y[keep]
    if len(x) < 3 or np.ptp(x) == 0 or (zero and level <= 0):
        return None
    log_x, goal = np.log(x), math.log(level) if zero else level
    if zero:
        y = np.log(y)
    dx = log_x - log_x.mean()
    slope = float(dx @ y / (dx @ dx))
    at_last = float(y.mean() + slope * (log_x[-1] - log_x.mean()))
    if slope == 0 or (goal - at_last) / slope < 0:
        return None
    far = (goal - at_last) / slope
    if far > math.log(FARTHEST):
        return None
    return max(1, round(float(x[-1]) * math.expm1(far)))


def finite(name: str, value: float) -> None:
    """See that a level is a number.

    Raises
    ------
    InvalidInput
        If it is none, infinite or NaN.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidInput(f"{name}: must be a finite number to compare with; got {value!r}.")


def inside(name: str, value: float) -> None:
    """See that a share is neither nothing nor all.

    Raises
    ------
    InvalidInput
        If it does not lie between 0 and 1.
    """
    finite(name, value)
    if not 0 < value < 1:
        raise InvalidInput(f"{name}: must lie between 0 and 1, without the ends; got {value!r}.")


TREND = "drawn on from the last figures"
NO_TREND = "the last figures do not lead there"
FIRED = "it says stop now"


def outlook(stop: bool, ahead: int | None, n_figures: int) -> tuple[int | None, str]:
    """A forecast and where it comes from, or why there is none."""
    if stop:
        return 0, FIRED
    if ahead is not None:
        return ahead, TREND
    return None, NO_TREND if n_figures >= 3 else "three figures are needed to draw a line"
