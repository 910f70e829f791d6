"""A new model on its way to all users, a step at a time, each step on evidence of its own: a state, as a value."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from querist.core import checks, plain
from querist.core.checks import Floats
from querist.core.errors import InvalidInput
from querist.metrics.paired import check_level, check_margin
from querist.metrics.wealth import NOTHING, Bets, bet_on, log_wealth

HARM_MEMORY = 500  # outcomes that bets on harm go by: what was good for long must not hide what is bad now
STAGES = (0.0, 0.01, 0.05, 0.25, 1.0)


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the stage: from which share to which, after how many outcomes, at which wealth.

    `to` is None where the gate closed.
    """

    share: float
    to: float | None
    n: int
    wealth: float


@dataclass(frozen=True, slots=True)
class Rollout:
    """How far a new model has come, and the evidence since its last step.

    Parameters
    ----------
    margin : float
        The loss that must be ruled out, as a share: 0.02 is two points.
    level : float
        One less the chance that a model that loses the margin ever takes a step.
    stages : tuple of float
        Shares of the traffic, from 0 (shadow: it answers and nobody sees it) to 1.
    stage : int
        Which of them it is at.
    state : {"running", "closed"}
        Closed where harm was seen; nothing opens it again.
    gain, harm : Bets
        Against "it loses the margin or more", and against "it loses no more than the margin".
    steps : tuple of Step

    Examples
    --------
    >>> start = Rollout()
    >>> start.share, Rollout.from_json(start.to_json()) == start
    (0.0, True)
    """

    margin: float = 0.02
    level: float = 0.95
    stages: tuple[float, ...] = STAGES
    stage: int = 0
    state: Literal["running", "closed"] = "running"
    gain: Bets = NOTHING
    harm: Bets = NOTHING
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        check_margin(self.margin)
        check_level(self.level)
        checks.one_of("state", self.state, ("running", "closed"))
        shares = [checks.share("stages", share) for share in self.stages]
        if len(shares) < 2 or sorted(set(shares)) != shares:
            raise InvalidInput(f"stages: must be two or more shares that rise; got {self.stages}. Pass (0, 0.1, 1).")
        if not 0 <= self.stage < len(shares):
            raise InvalidInput(f"stage: must be one of 0..{len(shares) - 1}; got {self.stage}.")

    @property
    def share(self) -> float:
        """The part of the traffic that the new model may answer; 0 where the gate is closed."""
        return 0.0 if self.is_closed else self.stages[self.stage]

    @property
    def is_closed(self) -> bool:
        """Whether harm was seen."""
        return self.state == "closed"

    @property
    def is_all(self) -> bool:
        """Whether it answers as much as it ever will."""
        return not self.is_closed and self.stage == len(self.stages) - 1

    @property
    def needed(self) -> float:
        """The wealth that a step takes, and that closes the gate."""
        return 1 / (1 - self.level)

    @property
    def n(self) -> int:
        """Outcomes at this stage."""
        return self.gain.n

    @property
    def difference(self) -> float:
        """The mean difference at this stage, new less old; 0 before the first outcome."""
        return 2 * self.gain.total / self.gain.n - 1 if self.gain.n else 0.0

    @property
    def sentence(self) -> str:
        """Where it is, and what it takes to go on."""
        if self.is_closed:
            last = self.steps[-1]
            return (
                f"Closed at {named(last.share)}: a loss beyond {100 * self.margin:g} points, after {last.n:,} outcomes."
            )
        said = f"At {named(self.share)}: {self.n:,} outcomes, {100 * self.difference:+.1f} points"
        harm = f"evidence of harm {math.exp(self.harm.log_wealth):.2g} of {self.needed:.3g}"
        if self.is_all:
            return f"{said}; {harm}."
        wealth = math.exp(self.gain.log_wealth)
        then = named(self.stages[self.stage + 1])
        return f"{said}; evidence {wealth:.2g} of the {self.needed:.3g} that open {then}; {harm}."

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        body = asdict(self)
        return body | {"stages": list(self.stages), "steps": list(body["steps"])}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Rollout:
        """The state that was made into this."""
        return plain.read(cls, body)


def observe_pairs(state: Rollout, differences: npt.ArrayLike) -> Rollout:
    """The state after these outcomes, whichever way they are cut into calls.

    Parameters
    ----------
    state : Rollout
    differences : array_like (n,)
        Of each labeled case, the new model's score less the old one's, in [-1, 1]: 1 where only the new one was right,
        -1 where only the old one was, 0 where they agree.

    Returns
    -------
    state : Rollout
        A step further for each time that the evidence of this stage sufficed; closed, for good, where there was as much
        evidence of harm, which counts first where both come at once. A closed one stays as it is.

    Raises
    ------
    InvalidInput
        If a difference lies outside [-1, 1] or is no number.

    Notes
    -----
    With X = (difference + 1) / 2, the two bets of `log_wealth`, on X against (1 - margin) / 2 and on 1 - X against
    (1 + margin) / 2, the second by the last 500 or so. Each stage begins both anew. One may look after every outcome,
    and stop when one likes.

    Examples
    --------
    >>> better = observe_pairs(Rollout(), [1.0, 0.0] * 10)           # never worse, better every other time
    >>> better.share, [step.n for step in better.steps]
    (0.01, [15])
    >>> observe_pairs(better, [-1.0, 0.0] * 20).state
    'closed'
    """
    d = checks.vector("differences", differences).astype(np.float64)
    if np.any(np.abs(d) > 1):
        raise InvalidInput(f"differences: must lie in -1..1; got {d[np.abs(d) > 1][0]:g}. Scale the scores to 0..1.")
    left: Floats = (d + 1) / 2
    while len(left) and not state.is_closed:
        left, state = _stage(state, left)
    return state


def _stage(state: Rollout, x: Floats) -> tuple[Floats, Rollout]:
    """What is left of the outcomes, in [0, 1], once this stage has ended, and the state by then."""
    null = (1 - state.margin) / 2
    wanted = math.log(state.needed)
    gains, harms = (
        log_wealth(x, null, start=state.gain),
        log_wealth(1 - x, 1 - null, start=state.harm, memory=HARM_MEMORY),
    )
    ends = harms >= wanted
    if not state.is_all:
        ends |= gains >= wanted
    n = int(np.argmax(ends)) + 1 if ends.any() else len(x)
    seen = replace(
        state, gain=bet_on(x[:n], null, state.gain), harm=bet_on(1 - x[:n], 1 - null, state.harm, memory=HARM_MEMORY)
    )
    if not ends.any():
        return x[n:], seen
    if harms[n - 1] >= wanted:
        step = Step(state.share, None, seen.n, float(np.exp(harms[n - 1])))
        return x[n:], replace(seen, state="closed", steps=(*state.steps, step))
    step = Step(state.share, state.stages[state.stage + 1], seen.n, float(np.exp(gains[n - 1])))
    return x[n:], replace(seen, stage=state.stage + 1, gain=NOTHING, harm=NOTHING, steps=(*state.steps, step))


def named(share: float) -> str:
    """A share of the traffic in words.

    Examples
    --------
    >>> [named(share) for share in STAGES]
    ['shadow', '1 %', '5 %', '25 %', 'all']
    """
    return "shadow" if share == 0 else "all" if share == 1 else f"{100 * share:g} %"
