"""Rounds, and asking and telling by a program."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from querist.server.schemas.base import Fields, In, Moment, Name, Out, Value


class Round(Out):
    """One batch of questions."""

    number: int
    state: str
    purpose: str
    strategy: str
    held_back: str | None = Field(description="Why the start chose, where the strategy was not trusted yet.")
    n_asked: int
    n_answered: int
    n_pending: int
    n_random: int
    model: int | None
    created_at: Moment
    closed_at: Moment | None


class Rounds(Out):
    """Every round, in order."""

    rounds: list[Round]


class RoundQuery(Out):
    """One question of a round, why it was asked, and what became of it."""

    item_id: str
    rank: int
    utility: float | None
    propensity: float
    strategy: str
    purpose: str
    reason: str
    state: str
    value: Value
    annotator: str | None
    preview: str


class RoundDetail(Out):
    """A round and its questions."""

    round: Round
    queries: list[RoundQuery]
    next: int | None = Field(description="Where there are more: what to send as `after`.")


class NewRound(In):
    """A round to make now."""

    n: Annotated[int, Field(ge=1, le=100_000)] | None = None
    split: Literal["pool", "test"] = "pool"
    wait: bool = Field(False, description="Whether to answer only when the round is there, or has failed.")


class Withdrawn(Out):
    """How many questions were taken back."""

    n_withdrawn: int


class AskIn(In):
    """What to ask for."""

    n: Annotated[int, Field(ge=1, le=100_000)] | None = Field(None, description="By default the policy's batch size.")
    split: Literal["pool", "test", "calibration"] = "pool"
    certify: bool = Field(False, description="Whether to draw items that prove how often the newest model is wrong.")


class Entry(Out):
    """One item to label."""

    item_id: str
    round: int
    rank: int
    fields: Fields
    reason: str
    strategy: str
    propensity: float
    utility: float | None
    suggestion: Value
    confidence: float | None


class Asked(Out):
    """A batch that is out, or all that is pending (`round` is then 0)."""

    round: int
    strategy: str
    target: str
    held_back: str | None
    cost_usd: float
    entries: list[Entry]


class StreamIn(In):
    """Items of a stream, in the order in which they came."""

    items: Annotated[
        list[dict[str, Any]],
        Field(
            max_length=10_000,
            description="Each by field; `id` names it, and without one its content does.",
            examples=[[{"id": "m-1", "text": "It crashes when I print."}]],
        ),
    ]
    budget: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="The share of items that may be asked; by default as before, at first a tenth."
    )
    manager: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="How it is spent; by default as before, at first `balanced_incremental_quantile`."
    )
    keep: Literal["asked", "all"] = Field("asked", description="Which items join the pool.")
    key: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Made by the caller. Sent twice, the call is told what was decided, and decides once."
    )


class Decision(Out):
    """What is to be done with one item."""

    id: str
    ask: bool = Field(description="Whether somebody is asked; otherwise the prediction stands.")
    prediction: str | None = Field(description="The likeliest class; null where there is no model yet.")
    probability: float | None
    utility: float
    propensity: float = Field(description="The probability with which it was asked, whether it was or not.")
    random: bool = Field(description="Whether it was drawn blindly.")
    reason: str


class Decided(Out):
    """What is to be done with the items, and where the stream stands."""

    decisions: list[Decision]
    n_seen: int
    n_asked: int
    budget: float
    manager: str
    model: int | None = Field(description="Whose predictions they are.")


class ToldIn(In):
    """One answer of a program."""

    item_id: Name
    value: Value
    annotator: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Who answered; by default whoever the key is of. Another name needs the role of a manager."
    )
    note: Annotated[str, Field(max_length=10_000)] = ""
    key: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Told twice under one key, it counts once."
    )


class TellIn(In):
    """Answers, all taken or none."""

    answers: Annotated[list[ToldIn], Field(min_length=1, max_length=20_000)]


class ToldOut(Out):
    """What became of the answers."""

    n_rows: int
    n_labeled: int
    n_volunteered: int
    n_revised: int
    n_repeated: int
    n_blank: int
    n_pending: int
    n_confirmed: int
    n_outvoted: int
    n_for_others: int


class SplitStatus(Out):
    """Items of one split."""

    split: str
    n_items: int
    n_labeled: int
    n_pending: int


class RoundStatus(Out):
    """A round in short."""

    number: int
    purpose: str
    strategy: str
    held_back: str | None
    n_asked: int
    n_answered: int
    n_pending: int
    n_random: int
    state: str


class PointOut(Out):
    """One measurement on the test set."""

    n_labels: int
    cost_usd: float
    metrics: dict[str, float]


class Spending(Out):
    """What was bought for the pool, what is on order, and what is left."""

    labels: int
    usd: float
    labels_left: int | None
    usd_left: float | None
    pending: int
    pending_usd: float


class Verdict(Out):
    """What a stopping rule says."""

    rule: str
    stop: bool
    figure: float | None
    sentence: str
    certified: bool = Field(description="Whether a stop keeps a promise that was proven, at every look.")
    forecast: int | None = Field(description="About how many labels more until it says stop.")
    outlook: str = Field(description="Where the forecast comes from, or why there is none.")


class TestUse(Out):
    """How often the test set was looked at, and what that does to the best figure seen on it."""

    n_models: int
    n_decisions: int
    n_items: int
    share: float = Field(description="Of the labeled test items of now, how many a look saw in the mean.")
    flatters: float = Field(description="By how many standard errors the best figure is expected to be too high.")
    refresh: bool = Field(description="Whether that is more than half the width of a 95 % interval.")
    sentence: str


class Status(Out):
    """Where a project stands, as `Project.status()` says it in Python."""

    project: str
    target: str
    story: str
    splits: list[SplitStatus]
    classes: dict[str, int]
    test_classes: dict[str, int]
    metric: str
    points: list[PointOut]
    rounds: list[RoundStatus]
    spent: Spending
    random_share: float
    verdicts: list[Verdict]
    trust: str | None
    test_use: TestUse
    next_step: str


class FreezeIn(In):
    """A version to make."""

    note: Annotated[str, Field(max_length=10_000)] = ""


class Frozen(Out):
    """A dataset version, made now or there already."""

    number: int
    digest: str
    n_items: int
    created: bool
    note: str


class Version(Out):
    """A dataset version."""

    number: int
    digest: str
    parent: int | None
    schema_version: int
    n_items: int
    counts: dict[str, int]
    note: str
    created_at: Moment
    software: str


class Versions(Out):
    """Every version, in order."""

    versions: list[Version]


class FoundProblem(Out):
    """One thing that does not agree with the rest."""

    kind: str
    where: str
    message: str


class Copy(Out):
    """Two items that are much the same and stand in different splits."""

    item_id: str
    split: str
    preview: str
    other_id: str
    other_split: str
    other_preview: str
    alike: float = Field(description="How much of them is the same, from 0 to 1.")
    how: Literal["equal", "text", "vector"]


class Copies(Out):
    """Copies of test and calibration items, over all that is stored."""

    n_held_out: int
    n_others: int
    n_pairs: int
    n_equal: int
    n_tested: int = Field(description="Items of the test set that have a copy in the pool.")
    pairs: list[Copy] = Field(description="The most alike of them.")


class SetAside(Out):
    """How many items were taken out of use."""

    n_set_aside: int


class SliceVersion(Out):
    """The test set or the calibration slice as it stood from one moment on."""

    split: Literal["test", "calibration"]
    version: int
    n_items: int
    n_added: int
    n_open: int = Field(description="Items of a draw without a label: it is not measured on before there are none.")
    how: str
    created_at: Moment


class Slices(Out):
    """Every version of both, oldest first."""

    versions: list[SliceVersion]


class ExtendIn(In):
    """A draw from the pool."""

    n: Annotated[int, Field(ge=1, le=1_000_000)]
    split: Literal["test", "calibration"] = "test"


class Extended(Out):
    """What the draw added."""

    split: Literal["test", "calibration"]
    version: int
    n_added: int
    n_items: int
    n_open: int


class Verified(Out):
    """Whether everything stored agrees with itself, and which items may be copies on two sides of a split."""

    sound: bool
    problems: list[FoundProblem]
    copies: Copies


class NewHook(In):
    """Somewhere to tell of what happens."""

    url: Annotated[str, Field(min_length=8, max_length=2000, examples=["https://example.org/hook"])]
    events: Annotated[
        list[Literal["answer.recorded", "round.opened", "round.closed", "model.trained", "label.changed"]],
        Field(min_length=1, max_length=5),
    ]
    secret: Annotated[str, Field(min_length=16, max_length=200)] | None = Field(
        None, description="What deliveries are signed with; one is made where none is given."
    )


class MadeHook(Out):
    """A webhook that was made: the only time that its secret is shown."""

    id: int
    url: str
    events: list[str]
    secret: str


class Hook(Out):
    """A webhook."""

    id: int
    url: str
    events: list[str]
    created_at: Moment


class Hooks(Out):
    """A project's webhooks."""

    webhooks: list[Hook]


class Delivery(Out):
    """One message to one webhook."""

    id: int
    event: str = Field(validation_alias="kind")
    state: Literal["waiting", "sent", "dead"]
    attempts: int
    last_status: int | None
    last_error: str | None
    created_at: Moment
    sent_at: Moment | None


class Deliveries(Out):
    """The last messages, newest first."""

    deliveries: list[Delivery]
