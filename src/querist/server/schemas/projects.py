"""Projects: their question, how they choose, how they hand work out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from querist.core.items import FieldKind
from querist.core.policy import Policy
from querist.core.schema import Task
from querist.server.schemas.base import Fields, In, Moment, Name, Out, Share, ShortText

Display = Literal["text", "markdown", "json", "chat", "trace", "image", "audio", "pixels", "number"]


class ProjectCard(Out):
    """A project at a glance."""

    name: str
    target: str
    task: Task
    n_items: int
    n_labeled: int
    n_waiting: int = Field(description="Answers that are still wanted.")
    paused: bool
    created_at: Moment


class Projects(Out):
    """Those that one may see."""

    projects: list[ProjectCard]


class SettingsChange(In):
    """How work is handed out; what is left out stays."""

    overlap: int | None = Field(None, description="Answers of different people wanted of an item.")
    lease_s: int | None = Field(None, description="Seconds that an item is held for somebody.")
    prefetch: int | None = Field(None, description="Items that a page holds ahead.")
    max_leases: int | None = Field(None, description="Items that one person may hold.")
    max_skips: int | None = Field(None, description="People who may skip an item before nobody else is asked.")
    suggestions: Literal["visible", "hidden", "after"] | None = None
    show_reason: bool | None = None
    digits_submit: bool | None = None
    auto_rounds: bool | None = Field(None, description="Whether a round is made when the last one is answered.")
    quorum: Share | None = Field(None, description="The share of a round's answers that suffices.")
    deadline_s: int | None = None
    test_per_round: int | None = None
    test_labels: int | None = None
    skill_field: ShortText | None = None
    slot_tiers: Annotated[list[int], Field(max_length=50)] | None = None
    daily_cap: int | None = None
    open_to_all: bool | None = None


class QueueSettings(Out):
    """How work is handed out."""

    overlap: int
    lease_s: int
    prefetch: int
    max_leases: int
    max_skips: int
    suggestions: Literal["visible", "hidden", "after"]
    show_reason: bool
    digits_submit: bool
    auto_rounds: bool
    quorum: float
    deadline_s: int | None
    test_per_round: int
    test_labels: int
    skill_field: str | None
    slot_tiers: list[int]
    daily_cap: int | None
    open_to_all: bool


class NewProject(In):
    """A project to start."""

    name: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^/\\?#%]*$", examples=["tickets"])]
    target: Name = Field(examples=["topic"])
    task: Task = "choice"
    classes: Annotated[list[ShortText], Field(max_length=5000)] = Field(
        default_factory=list, examples=[["bug", "wish"]]
    )
    instructions: str = ""
    policy: dict[str, Any] | None = Field(None, description="How to choose; what is left out is as by default.")
    overlap: Annotated[int, Field(ge=1, le=50)] | None = None
    settings: SettingsChange | None = None
    low: int | None = Field(None, ge=-1_000_000, le=1_000_000, description="Of a rating: the least.")
    high: int | None = Field(None, ge=-1_000_000, le=1_000_000, description="Of a rating: the most.")
    sides: Annotated[list[ShortText], Field(max_length=10)] | None = Field(
        None, description="Of a pair, a ranking or a text: the fields that it is about."
    )
    test_share: Share | None = Field(None, description="Of the items, kept to measure on; 0.2 by default.")
    calibration_share: Share | None = Field(None, description="Of the items, kept to calibrate on; 0.05 by default.")
    encoder: ShortText | None = Field(None, description="The sentence encoder that reads text.")


class SchemaOut(Out):
    """The question."""

    target: str
    task: Task
    classes: list[str]
    version: int
    low: int | None = None
    high: int | None = None
    sides: list[str] | None = None


class Instructions(Out):
    """What annotators are told, in Markdown."""

    version: int
    text: str
    created_at: Moment


def _plain(policy: Any) -> Any:
    return policy.to_json() if isinstance(policy, Policy) else policy


PolicyBody = Annotated[dict[str, Any], BeforeValidator(_plain)]


class Project(Out):
    """A project."""

    name: str
    created_at: Moment
    question: SchemaOut = Field(alias="schema")
    instructions: Instructions | None
    policy: PolicyBody = Field(description="How batches are chosen; see the documentation of policies.")
    fields: dict[str, FieldKind] = Field(description="How a learner reads each field.")
    display: dict[str, Display] = Field(description="How the page shows each field, in this order.")
    settings: QueueSettings
    paused: bool


class ProjectChange(In):
    """What is to change; what is left out stays."""

    instructions: str | None = None
    policy: dict[str, Any] | None = Field(None, description="The settings of the policy that change.")
    settings: SettingsChange | None = None
    display: dict[str, Display] | None = None


class Column(Out):
    """A column of a file."""

    name: str
    kind: FieldKind
    display: Display
    n_distinct: int
    n_missing: int
    examples: list[Any]


class Suggested(Out):
    """What the file looks like it is for."""

    label: str | None
    task: Task
    classes: list[str]
    id: str | None
    text: str | None


class Look(Out):
    """What a file holds, by its first rows."""

    columns: list[Column]
    n_rows_seen: int
    rows: list[dict[str, Any]]
    suggested: Suggested


class NewItems(In):
    """Items given one by one."""

    items: Annotated[list[Fields], Field(min_length=1, max_length=100_000)]
    label: Name | None = Field(None, description="A field of labels that are known.")
    drop: Annotated[list[Name], Field(max_length=1000)] = Field(default_factory=list)
    id_column: Name | None = None
    split: Literal["pool", "test", "calibration"] | None = None
    source: Annotated[str, Field(min_length=1, max_length=200)] = "api"


class Added(Out):
    """What an import brought."""

    n_rows: int
    n_added: int
    n_repeated: int
    n_labels: int
    splits: dict[str, int]
    kinds: dict[str, str]
    notes: list[str]


class Members(Out):
    """Who may enter a project that is not open to all."""

    names: list[str]
