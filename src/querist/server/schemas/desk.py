"""The annotator's desk: what is handed out, what comes back, and what one has done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from querist.server.schemas.base import (
    MOST_NUMBER,
    ErrorBody,
    Fields,
    In,
    Moment,
    Name,
    Out,
    ShortText,
    Value,
    Version,
    Whole,
)
from querist.server.schemas.items import EventOut
from querist.service.browsing import preview
from querist.service.queue import Why

SlotToken = Annotated[str, Field(max_length=200)]
Key = Annotated[str, Field(min_length=1, max_length=200, examples=["0190b5a4-7c1e-7c7e-a2f4-6f0d0c6f3c11"])]


class ClaimIn(In):
    """What a page wants to have at hand."""

    n: Annotated[int, Field(ge=0, le=50)] = Field(3, description="Items to hold in all, those in `have` among them.")
    tab: ShortText = Field("", description="Which window asks; each has its own items.")
    have: Annotated[list[Whole], Field(max_length=1000)] = Field(
        default_factory=list, description="The slots that this window holds; their leases are renewed."
    )
    take: bool = Field(
        False, description="Whether to take over what another window of one's own holds, if all else is."
    )


class Suggestion(Out):
    """What the model would answer."""

    value: Value
    confidence: float | None
    model: int | None
    visible: bool


class Draft(Out):
    """An answer that was begun."""

    value: Value
    note: str


class Assignment(Out):
    """An item in one's hands, until the lease ends."""

    slot: int
    token: str
    lease_until: Moment
    lease_s: float
    item_id: str
    content_hash: str
    fields: Fields
    round: int
    rank: int
    reason: str | None
    suggestion: Suggestion | None
    schema_version: int
    instruction_version: int | None
    draft: Draft | None
    purpose: Literal["label"] = "label"


class Nothing(Out):
    """Why there is nothing to hand out."""

    code: Why
    message: str
    retry_s: float | None


class Claimed(Out):
    """What was handed out."""

    assignments: list[Assignment]
    nothing: Nothing | None


class SlotIn(In):
    """A slot, and the token that one holds it by."""

    slot: Whole
    token: SlotToken


def tokens(slots: Iterable[SlotIn]) -> dict[int, str]:
    """The tokens by slot."""
    return {each.slot: each.token for each in slots}


class LeasesIn(In):
    """Slots to go on holding."""

    slots: Annotated[list[SlotIn], Field(max_length=1000)]


class KeptLease(Out):
    """A slot that is held on."""

    slot: int
    lease_until: Moment


class Leases(Out):
    """Which slots are still held, and which are lost."""

    kept: list[KeptLease]
    lost: list[int]


class ReleaseIn(In):
    """Slots to give back. A page that is being closed sends this as text, with its CSRF token inside."""

    slots: Annotated[list[SlotIn], Field(max_length=1000)]
    csrf: ShortText | None = None


class Released(Out):
    """Which slots were given back."""

    released: list[int]


class Act(In):
    """One act of an annotator."""

    key: Key = Field(description="Made by the page. Sent twice, the act counts once.")
    action: Literal["submit", "revise", "undo", "skip", "flag"]
    slot: Whole | None = None
    token: SlotToken | None = None
    item_id: Name
    value: Value = None
    note: Annotated[str, Field(max_length=10_000)] = ""
    reason: Annotated[str, Field(max_length=1000)] = Field(
        "", description="Of a skip or a flag: `unclear`, `not_for_me`, `broken`, `harmful`, or words."
    )
    supersedes: Annotated[str, Field(max_length=200)] | None = Field(None, description="The event that it changes.")
    shown_at: Moment | None = None
    submitted_at: Moment | None = None
    active_ms: Annotated[int, Field(ge=0, le=MOST_NUMBER)] | None = None
    schema_version: Version | None = None
    instruction_version: Version | None = None
    suggestion_visible: bool | None = None
    suggestion_accepted: bool | None = None
    content_hash: Annotated[str, Field(max_length=200)] | None = None


class Acted(Out):
    """What became of an act."""

    event_id: str
    seq: int
    action: str
    late: bool = Field(description="Whether its lease had lapsed; it is kept all the same.")
    repeated: bool = Field(description="Whether it had come before: this is the answer to the first time.")
    state: Literal["done", "open", "kept_extra"]
    value: Annotated[Value, Field(description="One's own answer that stands now; nobody sees what others said.")]
    assignment: Assignment | None = None


class Overtaken(Out):
    """Why an act was refused: what it changes is no longer the last word."""

    mine: Value
    theirs: EventOut | None


class OvertakenBody(ErrorBody, Overtaken):
    """The envelope, with what one meant to say, and what was done last."""


class DraftIn(In):
    """An answer that was begun."""

    token: SlotToken
    value: Value = None
    note: Annotated[str, Field(max_length=10_000)] = ""


def _line(fields: Any) -> str:
    return fields if isinstance(fields, str) else preview(fields)


class PastAct(Out):
    """An act of one's own."""

    event_id: str
    seq: int
    item_id: str
    action: str
    value: Value
    note: str | None
    submitted_at: Moment | None
    undone: bool
    editable: bool
    preview: Annotated[str, BeforeValidator(_line)] = Field(validation_alias="fields")


class History(Out):
    """One's own acts, newest first."""

    acts: list[PastAct]
    next: int | None


class OwnItem(Out):
    """An item of one's own history, as a screen shows it."""

    item_id: str
    content_hash: str
    fields: dict[str, Any]
    value: Value
    event_id: str | None
    schema_version: int
    instruction_version: int | None


class Pace(Out):
    """How one's own work goes."""

    today: int
    total: int
    session: int
    median_s: float | None
    per_hour: float | None
    left_for_me: int | None
    left: int


class InstructionsRead(In):
    """That one has read the instructions, up to a version."""

    version: Version


class DeskInstructions(Out):
    """What annotators are told, and which version of it one has read."""

    version: int | None
    text: str
    created_at: Moment | None
    read_version: int | None
