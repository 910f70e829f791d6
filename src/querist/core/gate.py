"""What a gate goes by, and what it says: whether a new model may take the place of the one that serves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from querist.core import checks, plain
from querist.core.errors import InvalidInput

Small = Literal["closed", "together", "reported"]
Verdict = Literal["no_loss", "loss", "not_shown", "too_few"]
SMALL: tuple[Small, ...] = ("closed", "together", "reported")
MOST_CERTAIN = 1 - 1e-5


@dataclass(frozen=True, slots=True)
class GateRules:
    """What must be shown before a model may be promoted.

    Parameters
    ----------
    margin : float
        The loss that must be ruled out over all items, as a share: 0.02 is two points of accuracy. For numbers, the
        growth of the error as a share of the old model's.
    part_margin : float
        The same for each class and each cohort, which have fewer items.
    level : float
        One less the chance that a model is let through that loses the margin.
    small : {"closed", "together", "reported"}
        What a class or cohort with too few items does: keeps the gate closed; is joined with the next smallest until
        they are enough; or is reported and keeps nothing closed unless it shows a loss.
    least : int, optional
        Items from which on a class or cohort is judged by itself; by default as many as could rule out its margin.

    Raises
    ------
    InvalidInput
        If a margin or the level is no share, or `small` no such word.
    """

    margin: float = 0.02
    part_margin: float = 0.05
    level: float = 0.95
    small: Small = "closed"
    least: int | None = None

    def __post_init__(self) -> None:
        for name in ("margin", "part_margin"):
            if not 0 < checks.share(name, getattr(self, name)) < 1:
                raise InvalidInput(
                    f"{name}: must lie between 0 and 1; got {getattr(self, name):g}. No sample shows that nothing at "
                    "all is lost: say what loss would matter, 0.02 for two points."
                )
        if not 0.5 < checks.share("level", self.level) < MOST_CERTAIN:
            raise InvalidInput(f"level: must lie between 0.5 and {MOST_CERTAIN}; got {self.level:g}. Pass 0.95.")
        checks.one_of("small", self.small, SMALL)
        if self.least is not None:
            checks.positive("least", self.least)


@dataclass(frozen=True, slots=True)
class GatePart:
    """What was found of all items, of one class, or of one cohort.

    Parameters
    ----------
    kind : {"overall", "class", "cohort"}
    name : str
        The class, or the field and its value.
    n, n_better, n_worse : int
        Items, and those on which the new model does better and worse than the old.
    new, old : float
        Their scores.
    difference : float
        Above 0 where the new model is better: a cohort's lift.
    low, high : float, optional
        Each holds with the level's certainty; None where nothing bounds it.
    margin : float
    p_no_loss : float
        Against a loss of the margin.
    p_loss : float
        Against no loss, adjusted for there being several parts (Holm).
    verdict : {"no_loss", "loss", "not_shown", "too_few"}
    binding : bool
        Whether it keeps the gate closed unless its verdict is `no_loss`.
    n_wanted : int, optional
        About how many items would show that nothing is lost, if nothing is.
    method, sentence : str
    """

    kind: Literal["overall", "class", "cohort"]
    name: str
    n: int
    n_better: int
    n_worse: int
    new: float
    old: float
    difference: float
    low: float | None
    high: float | None
    margin: float
    p_no_loss: float
    p_loss: float
    verdict: Verdict
    binding: bool
    n_wanted: int | None
    method: str
    sentence: str


@dataclass(frozen=True, slots=True)
class GateDecision:
    """Whether the gate opens, and why.

    Parameters
    ----------
    opens : bool
    sentence : str
    metric : str
    rules : GateRules
    level : float
        That each part was judged at: above that of the rules where the same pair was looked at several times.
    parts : tuple of GatePart
        All items first.
    model, champion : int, optional
        The new model's number and the old one's; None where there was none to compare with.
    promoted : int, optional
        The model that may serve after this.
    look : int
        How often these two have been compared, this time included.
    n_items : int
        Of the test set, labeled or not.
    """

    opens: bool
    sentence: str
    metric: str
    rules: GateRules
    level: float
    parts: tuple[GatePart, ...] = ()
    model: int | None = None
    champion: int | None = None
    promoted: int | None = None
    look: int = 1
    n_items: int = 0

    @property
    def lifts(self) -> dict[str, GatePart]:
        """What became better or worse for each cohort."""
        return {part.name: part for part in self.parts if part.kind == "cohort"}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**asdict(self), "parts": [asdict(part) for part in self.parts]}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> GateDecision:
        """The decision that was made into this.

        Examples
        --------
        >>> said = GateDecision(False, "Closed.", "accuracy", GateRules(), 0.95)
        >>> GateDecision.from_json(said.to_json()) == said
        True
        """
        return plain.read(cls, body)


def bounded(end: float) -> float | None:
    """An interval's end as JSON can say it.

    Examples
    --------
    >>> bounded(-math.inf), bounded(0.5)
    (None, 0.5)
    """
    return end if math.isfinite(end) else None
