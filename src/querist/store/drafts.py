"""What somebody did about an item, before it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from querist.core.checks import one_of
from querist.core.errors import InvalidInput
from querist.core.state import Value
from querist.store import chain
from querist.store.columns import plain_text
from querist.store.tables import Action, Role

DRAFTED: tuple[Action, ...] = ("submit", "revise", "undo", "withdraw", "skip", "flag", "import")
REASONED: tuple[Action, ...] = ("skip", "flag")


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """What somebody did about an item, before it is recorded.

    Parameters
    ----------
    item_seq : int
        Which item.
    value : value or None
        The answer; of a skip or a flag its reason, or None; None for an action that gives none.
    action : {"submit", "revise", "undo", "withdraw", "skip", "flag", "import"}
        A `revise` or `undo` is of the event that `supersedes` names, by default the annotator's own last answer. A
        `withdraw` takes back all that this annotator said of the item.
    idempotency_key : str, optional
        The same key of the same annotator is the same act, however often it is sent.
    shown_at, submitted_at : datetime, optional
        By the annotator's clock.
    active_ms : int, optional
        How long the annotator worked on it.
    suggestion_visible, suggestion_accepted : bool, optional
        Whether the query's suggestion was seen, and taken.
    schema_version, instruction_version : int, optional
        By default those of the round that asked, or else the latest.
    query_id : int, optional
        The query it is about; by default the item's pending one.
    grant : mapping of str to JSON value, optional
        How the item came to the annotator: which slot, and whether its lease had lapsed. Kept with the event.
    or_revise : bool
        That a `submit` of who has an answer that stands is a `revise` of it.
    """

    item_seq: int
    value: Value | None
    annotator: str
    role: Role = "annotator"
    action: Action = "submit"
    note: str = ""
    supersedes: str | None = None
    idempotency_key: str | None = None
    shown_at: datetime | None = None
    submitted_at: datetime | None = None
    active_ms: int | None = None
    client: str = ""
    suggestion_visible: bool | None = None
    suggestion_accepted: bool | None = None
    schema_version: int | None = None
    instruction_version: int | None = None
    query_id: int | None = None
    grant: Mapping[str, Any] | None = None
    or_revise: bool = False


def check(draft: AnswerDraft) -> None:
    """See that a draft can be recorded.

    Raises
    ------
    InvalidInput
        If its action or role is none, a text cannot be stored, or the action lacks a value or has one too many.
    """
    one_of("action", draft.action, DRAFTED)
    one_of("role", draft.role, get_args(Role))
    for name in ("annotator", "note", "client", "idempotency_key"):
        if (text := getattr(draft, name)) is not None:
            plain_text(name, text)
    wanted = {True: "an answer", False: "none"}[draft.action in chain.ANSWERS]
    if draft.action in REASONED:
        wanted, right = "a reason in words, or none,", draft.value is None or isinstance(draft.value, str)
    else:
        right = (draft.value is not None) == (draft.action in chain.ANSWERS)
    if not right:
        raise InvalidInput(f"value: must be {wanted} for {draft.action!r}; got {draft.value!r}. Check the action.")
