"""The gate: what must be shown, what was found, and how far a model has come."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from querist.core import gate
from querist.core.gate import Small, Verdict
from querist.server.schemas.base import In, Moment, Name, Out, Share, Version

DEFAULT = gate.GateRules()
Certain = Annotated[float, Field(gt=0.5, le=0.9999)]
Lost = Annotated[float, Field(gt=0, lt=1)]


class GateWish(In):
    """What must be shown before the newest model may be promoted; what is left out is as by default."""

    margin: Lost = Field(DEFAULT.margin, description="The loss that must be ruled out over all items, as a share.")
    part_margin: Lost = Field(DEFAULT.part_margin, description="The same for each class and cohort.")
    level: Certain = Field(DEFAULT.level, description="One less the chance of letting through what loses the margin.")
    small: Small = Field(DEFAULT.small, description="What a class or cohort with too few items does.")
    least: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        None, description="Items from which on one is judged by itself; null for as many as could rule out its margin."
    )
    by: Annotated[list[Name], Field(max_length=20)] = Field(
        default_factory=list, description="Fields whose values are cohorts.", examples=[["language"]]
    )
    metric: Literal["macro_f1", "auc"] | None = Field(None, description="For all items together, in place of accuracy.")
    unlabeled: bool = Field(False, description="Make use of what both models say of unlabeled test items.")


class GateRules(Out):
    """What had to be shown."""

    margin: float
    part_margin: float
    level: float
    small: Small
    least: int | None


class GatePart(Out):
    """What was found of all items, of one class, or of one cohort."""

    kind: Literal["overall", "class", "cohort"]
    name: str
    n: int
    n_better: int
    n_worse: int
    new: float
    old: float
    difference: float = Field(description="New less old: above 0 where the new model is better.")
    low: float | None
    high: float | None
    margin: float
    p_no_loss: float = Field(description="Against a loss of the margin.")
    p_loss: float = Field(description="Against no loss, adjusted for the number of parts.")
    verdict: Verdict
    binding: bool = Field(description="Whether it keeps the gate closed unless nothing is lost.")
    n_wanted: int | None = Field(description="About how many items would show that nothing is lost, if nothing is.")
    method: str
    sentence: str


class GateDecision(Out):
    """Whether the gate opened, and why."""

    opens: bool
    sentence: str
    metric: str
    rules: GateRules
    level: float = Field(description="That each part was judged at; each look at the same two models costs some.")
    parts: list[GatePart]
    model: int | None
    champion: int | None = Field(description="The model that it was compared with; null for none.")
    promoted: int | None = Field(description="The model that may serve after it.")
    look: int
    n_items: int


class GateDecided(Out):
    """A decision, when it was made, and by whom."""

    decision: GateDecision
    by: str
    created_at: Moment


class GateBets(Out):
    """What one bettor remembers."""

    n: int
    weight: float
    total: float
    squares: float
    log_wealth: float


class RolloutStep(Out):
    """One change of the stage; `to` is null where the gate closed."""

    share: float
    to: float | None
    n: int
    wealth: float


class Rollout(Out):
    """How far a new model has come, and the evidence since its last step."""

    margin: float
    level: float
    stages: list[float]
    stage: int
    state: Literal["running", "closed"]
    gain: GateBets
    harm: GateBets
    steps: list[RolloutStep]
    share: float = Field(description="The part of the traffic that the new model may answer.")
    sentence: str


class GateStanding(Out):
    """Which model may serve, and how it came to it; the newest decision first."""

    promoted: int | None
    history: list[GateDecided]
    rollout: Rollout | None
    rollout_model: int | None
    rollout_champion: int | None


class GatePairs(In):
    """How two models did on the same cases."""

    pairs: Annotated[list[Annotated[list[Share], Field(min_length=2, max_length=2)]], Field(max_length=100_000)] = (
        Field(description="Of each case the new model's score and the old one's, 1 for right.", examples=[[[1, 0]]])
    )
    model: Version | None = Field(None, description="The new model's number; must be named to begin.")
    margin: Lost | None = Field(None, description="Said at the beginning, it stays; 0.02 by default.")
    level: Certain | None = Field(None, description="Said at the beginning, it stays; 0.95 by default.")
    key: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="Pairs sent again with the same word count once."
    )


class GateObserved(Out):
    """Where the online gate is after that."""

    rollout: Rollout
    share: float = Field(description="The part of the traffic that `model` may answer; `champion` answers the rest.")
    model: int
    champion: int
    promoted: int | None
    stepped: bool = Field(description="Whether these pairs changed the share.")
    sentence: str
