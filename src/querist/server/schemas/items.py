"""Items, one item's whole life, progress and the curve."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from querist.core.items import Split
from querist.server.schemas.base import Fields, Moment, Out, Value
from querist.service.browsing import Event as StoredEvent


class ItemRow(Out):
    """An item in a list."""

    item_id: str
    split: Split
    fields: Fields
    state: Literal["unlabeled", "labeled", "pending"]
    label: Value
    n_answers: int
    round: int | None = Field(description="The round that asked about it last.")


class Items(Out):
    """A page of items. Where `next` is given there may be more, also where this page is short or empty."""

    items: list[ItemRow]
    next: str | None
    searched: int = Field(description="Items looked at for this page.")


class Event(Out):
    """One act of one annotator, as it is on record; its words are null once erased."""

    id: str
    seq: int
    action: str
    annotator: str
    role: str
    value: Value
    note: str | None
    reason: str | None = None
    round: int | None
    schema_version: int
    instruction_version: int | None
    suggestion: dict[str, Any] | None
    acquisition: dict[str, Any] | None
    shown_at: Moment | None
    submitted_at: Moment | None
    received_at: Moment
    active_ms: int | None
    supersedes: str | None
    late: bool = False
    hash: str


def _event(event: Any) -> Any:
    if not isinstance(event, StoredEvent):
        return event
    body = {name: getattr(event, name) for name in Event.model_fields if hasattr(event, name)}
    if event.action in ("skip", "flag"):  # what is kept as their value is the reason
        body |= {"value": None, "reason": event.value if isinstance(event.value, str) else None}
    return body | {"late": bool((event.acquisition or {}).get("grant", {}).get("late", False))}


EventOut = Annotated[Event, BeforeValidator(_event)]


class ItemQuery(Out):
    """One time that an item was asked about."""

    round: int
    rank: int
    strategy: str
    purpose: str
    utility: float | None
    propensity: float
    reason: str
    state: str
    suggestion: dict[str, Any] | None
    cost_usd: float


class Slot(Out):
    """One answer wanted of one person."""

    id: int
    round: int
    number: int
    state: str
    annotator: str | None
    skill: str | None
    tier: int
    n_lapsed: int


class ItemLife(Out):
    """Everything that happened to one item."""

    item: ItemRow
    events: list[EventOut]
    queries: list[ItemQuery]
    slots: list[Slot]
    versions: list[int] = Field(description="The dataset versions that hold it.")


class SplitCounts(Out):
    """How many of each split."""

    pool: int
    test: int
    calibration: int


class QueueCounts(Out):
    """How many slots of each state."""

    open: int
    leased: int
    done: int
    skipped: int
    flagged: int


class RoundCounts(Out):
    """The last round."""

    number: int
    n_asked: int
    n_answered: int


def _none_yet(last: Any) -> Any:
    return {"number": 0, "n_asked": 0, "n_answered": 0} if last is None else last


class BudgetLeft(Out):
    """What may be bought, and what is left of it."""

    labels: int | None
    labels_left: int | None
    usd: float | None
    usd_left: float | None
    spent_usd: float


class Job(Out):
    """A piece of the machine's work."""

    id: int
    kind: Literal["round", "train", "import"]
    state: Literal["waiting", "running", "done", "failed"]
    stage: str | None
    done: int
    total: int | None
    attempts: int
    error: str | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    requested_by: str


class Jobs(Out):
    """The last ones, newest first."""

    jobs: list[Job]


class Progress(Out):
    """How far a project is."""

    items: SplitCounts
    labeled: SplitCounts
    queue: QueueCounts
    rounds: Annotated[RoundCounts, BeforeValidator(_none_yet)] = Field(validation_alias="round")
    budget: BudgetLeft
    paused: bool
    state: Literal["labeling", "training", "idle", "stopped", "empty"]
    stopped_because: str | None
    job: Job | None = Field(description="What waits or runs; else what was asked for last, if it failed for good.")
    rate_per_hour: float | None = Field(description="Answers in the last hour of work.")
    drain_s: float | None = Field(description="How long the queue lasts at that rate.")


class CurvePoint(Out):
    """One model on the test set."""

    model: int
    n_labels: int
    cost_usd: float
    value: float
    low: float | None
    high: float | None
    metrics: dict[str, float | None]
    round: int | None


class RandomPoint(Out):
    """What labels drawn at random would be expected to reach."""

    n_labels: int
    value: float
    low: float | None
    high: float | None


class Curve(Out):
    """The learning curve, with bands of 95 %."""

    metric: str
    points: list[CurvePoint]
    random: list[RandomPoint] | None
    note: str


class Worker(Out):
    """Somebody who works on a project."""

    name: str
    working: bool
    leased: int
    today: int
    total: int
    last_at: Moment | None
    median_s: float | None
    skipped: int


class Workers(Out):
    """Who works on a project."""

    people: list[Worker]
