"""Projects: their question, how they choose, how they hand work out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from querist.core.items import FieldKind
from querist.core.policy import Policy
from querist.core.schema import Task
from querist.server.schemas.base import Fields, In, Moment, Name, Out, Share, ShortText, left_out

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


Few = Annotated[int, Field(ge=0, le=1_000_000)]


class SettingsChange(In):
    """How work is handed out; what is left out stays."""

    overlap: Few = left_out("Answers of different people wanted of an item.")
    lease_s: Few = left_out("Seconds that an item is held for somebody.")
    prefetch: Few = left_out("Items that a page holds ahead.")
    max_leases: Few = left_out("Items that one person may hold.")
    max_skips: Few = left_out("People who may skip an item before nobody else is asked.")
    suggestions: Literal["visible", "hidden", "after"] = left_out("Whether annotators see what the model would answer.")
    show_reason: bool = left_out("Whether annotators see why an item was asked.")
    digits_submit: bool = left_out("Whether a digit answers at once where one class is asked for.")
    auto_rounds: bool = left_out("Whether a round is made when the last one is answered.")
    quorum: Share = left_out("The share of a round's answers that suffices.")
    deadline_s: Annotated[int, Field(ge=1, le=315_360_000)] | None = Field(
        None, description="Seconds after which a round counts as answered, whatever is in; null for never."
    )
    test_per_round: Few = left_out("Items of the test set asked beside each round.")
    test_labels: Few = left_out("Labels of the test set from which on none are asked any more.")
    skill_field: ShortText | None = Field(None, description="The field that names the skill an item asks for.")
    slot_tiers: Annotated[list[Annotated[int, Field(ge=0, le=100)]], Field(max_length=50)] = left_out(
        "The least tier of whoever gives an item's first answer, its second, and so on."
    )
    daily_cap: Few | None = Field(None, description="Answers that one person may give in a day; null for any.")
    open_to_all: bool = left_out("Whether every annotator may label here.")


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

    instructions: str = left_out()
    policy: dict[str, Any] = left_out("The settings of the policy that change.")
    settings: SettingsChange = left_out()
    display: dict[str, Display] = left_out("How fields are shown, in this order.")


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
    id_column: ShortText | None = Field(None, description="By default one named id; the empty text for none.")
    split: Literal["pool", "test", "calibration"] | None = None
    kinds: dict[str, FieldKind] | None = Field(None, description="What a field is, where it is not plain to see.")
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
