"""Bodies about drift."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from querist.server.schemas.base import Fields, In, Moment, Out


class LookForDrift(In):
    """What to hold against what; everything may be left out."""

    level: Annotated[float, Field(gt=0, lt=1, description="Share of looks that may alarm without a change.")] = 0.05
    since: Moment | None = Field(
        None, description="Items added since then are the new ones; by default those since the newest model was fitted."
    )
    items: Annotated[list[Fields], Field(min_length=1, max_length=100_000)] | None = Field(
        None, description="New items that are not the project's, in place of some of its own."
    )


class DriftCheck(Out):
    """One way of telling new items from old ones, and what it found."""

    name: Annotated[str, Field(examples=["classifier"])]
    about: Annotated[str, Field(description="inputs, scores, labels or error.")]
    statistic: float
    p_value: float | None
    p_adjusted: Annotated[float | None, Field(description="Holm's, over all checks of the look.")]
    threshold: float | None
    drifted: bool
    sentence: str
    n_reference: int
    n_recent: int
    detail: dict[str, Any]


class DriftPlan(Out):
    """What to do, and why."""

    action: Annotated[str, Field(description="watch, retrain, relabel or reopen.")]
    why: str
    rule: Annotated[int, Field(description="Which of the rules of the reference spoke.")]
    n_labels: int


class Drift(Out):
    """One look at a project."""

    checks: list[DriftCheck]
    plan: DriftPlan
    command: Annotated[str, Field(description="What to run.", examples=["querist ask -n 120"])]
    items: Annotated[list[str], Field(description="The items that the plan is about, the most telling first.")]
    recent: Annotated[str, Field(description="What was taken for new.")]
    n_reference: int
    n_recent: int
    model: int | None
    level: float
    notes: Annotated[list[str], Field(description="What could not be checked, and why.")]
    looked_at: datetime


class LastDrift(Out):
    """What was found when somebody looked last; null before the first time."""

    drift: Drift | None
