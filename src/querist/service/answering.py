"""One act of one person at a time: an answer, a change of mind, a skip, a flag. Kept for good once acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from querist.core.checks import one_of
from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.schema import Schema
from querist.core.state import Value
from querist.service.label_column import within
from querist.service.labeling import add_to_days, contents_of, tell_webhooks
from querist.service.queue import Annotator, Assignment, assignments, own_standing
from querist.service.workspace import Workspace
from querist.store import answers, desks, items, leases, outbox, projects
from querist.store.db import Connection

ActKind = Literal["submit", "revise", "undo", "skip", "flag"]
ACTS: tuple[ActKind, ...] = ("submit", "revise", "undo", "skip", "flag")
LONGEST_ACTIVE_MS = 24 * 3600 * 1000


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did on their screen.

    Parameters
    ----------
    key : str
        Of this act alone: sent again after a broken line, it is the same act.
    action : {"submit", "revise", "undo", "skip", "flag"}
    item_id : str
    slot, token : int and str, optional
        By which lease the item was on the screen.
    value : value, optional
        Of a submit or a revise.
    note : str
    reason : str
        Of a skip or a flag.
    supersedes : str, optional
        The event that a revise or an undo is about.
    shown_at, submitted_at : datetime, optional
        By the person's clock.
    active_ms : int, optional
        How long they worked on it, pauses left out.
    schema_version, instruction_version : int, optional
        What their screen showed.
    suggestion_visible, suggestion_accepted : bool, optional
    content_hash : str, optional
        Of the item as their screen showed it.
    """

    key: str
    action: ActKind
    item_id: str
    slot: int | None = None
    token: str | None = None
    value: Value | None = None
    note: str = ""
    reason: str = ""
    supersedes: str | None = None
    shown_at: datetime | None = None
    submitted_at: datetime | None = None
    active_ms: int | None = None
    schema_version: int | None = None
    instruction_version: int | None = None
    suggestion_visible: bool | None = None
    suggestion_accepted: bool | None = None
    content_hash: str | None = None


@dataclass(frozen=True, slots=True)
class Acted:
    """What became of an act.

    `state` is "done" where the answer filled a place that was asked for, "kept_extra" where it is one more than was
    asked for, "open" where the act was none that fills one. `late` says that the lease had lapsed; `repeated` that the
    act was known already. `value` is their own answer that stands now: nobody sees what others said. After an undo
    `assignment` hands the item back.
    """

    event_id: str
    seq: int
    action: ActKind
    late: bool
    repeated: bool
    state: Literal["done", "open", "kept_extra"]
    value: Value | None
    assignment: Assignment | None = None


def act(work: Workspace, who: Annotator, did: Act, *, client: str = "page") -> Acted:
    """Record what somebody did, once, however often it is sent.

    An answer is never thrown away: one whose lease lapsed is kept and marked, and fills the item's place if that is
    still free.

    Raises
    ------
    InvalidInput
        If the value is none that the question takes, or the act lacks what it needs; nothing is then recorded.
    NotFound
        If the project has no such item.
    Conflict
        If the item has other content now than on the screen, or what the act is about does not stand any more.
    """
    _check(did)
    with work.database.transaction() as conn:

        def known() -> bool:
            return answers.known(conn, work.project_id, who.name, did.key) is not None

        schema = _schema_of(work, conn, did)
        found = items.existing(conn, work.project_id, [did.item_id]).get(did.item_id)
        if found is None:
            raise NotFound(f"item: must be in the project; {did.item_id!r} is not. Load the page anew.")
        changed = did.content_hash is not None and did.content_hash != found.content_hash
        if changed and not known():
            raise Conflict(
                f"item: must be as it was shown; {did.item_id!r} has other content by now. Look again, then answer."
            )
        value = _value(work, conn, schema, did, found.seq)
        hooks = outbox.webhooks(conn, work.project_id)
        # From here on one at a time: how the item stands with them must be so still when the act is recorded.
        answers.lock(conn, work.project_id)
        there = None if did.slot is None else leases.look(conn, work.project_id, did.slot, did.token, who.name)
        if there is not None and there.item_seq != found.seq:
            raise InvalidInput(f"slot: must be about the item; {did.slot} is about another than {did.item_id!r}.")
        # Who has answered or skipped it by this very slot is not late: they say something else, or in another window.
        own = there is not None and there.annotator == who.name and there.state in ("done", "skipped")
        late = there is not None and (there.lapsed or not (there.holds or own)) and did.action != "undo"
        unasked = there is None and did.action != "undo"
        if unasked and own_standing(conn, work.project_id, who.name, found.seq) is None and not known():
            raise InvalidInput(
                f"slot: must say how {did.item_id!r} came to you; got none that there is. Claim it first."
            )
        draft = _draft(did, who, client, found.seq, value, there, late)
        recorded = answers.append(
            conn, work.project_id, [draft], locked=True, also=lambda done: add_to_days(conn, work, [(draft, done[0])])
        )[0]
        tell_webhooks(conn, work, [(draft, recorded)], {found.seq: did.item_id}, hooks)
        if not recorded.repeated and did.action == "skip" and there is not None and there.holds:
            most = work.queue(conn).max_skips
            leases.pass_over(conn, work.project_id, there.slot_id, who.name, most=most)
        if recorded.repeated:
            first = answers.known(conn, work.project_id, who.name, did.key)
            late = first is not None and first[1]
        back = None
        if did.action == "undo" and recorded.own is None:
            back = _handed_back(work, conn, who, found.seq, again=recorded.repeated)
        if did.action in ("submit", "revise", "skip") and there is not None and there.has_draft:
            desks.drop_draft(conn, there.slot_id, who.name)
        return Acted(
            event_id=recorded.event_id,
            seq=recorded.seq,
            action=did.action,
            late=late,
            repeated=recorded.repeated,
            state=_state(did, recorded),
            value=recorded.own,
            assignment=back,
        )


def _check(did: Act) -> None:
    one_of("action", did.action, ACTS)
    if not did.key or len(did.key) > 200:
        raise InvalidInput("key: must be some text of this act alone, of at most 200 characters. Send a random one.")
    gives = did.action in ("submit", "revise")
    if gives and did.value is None:
        raise InvalidInput(f"value: must be an answer for {did.action!r}; got none. Answer, or skip.")
    if not gives and did.value is not None:
        raise InvalidInput(f"value: must be none for {did.action!r}; got {did.value!r}. Leave it out.")
    if did.action == "undo" and did.supersedes is None:
        raise InvalidInput("supersedes: must name the event to undo; got none. Send the id that the act returned.")
    if did.active_ms is not None and not 0 <= did.active_ms <= LONGEST_ACTIVE_MS:
        raise InvalidInput(f"active_ms: must be milliseconds within a day; got {did.active_ms}.")


def _schema_of(work: Workspace, conn: Connection, did: Act) -> Schema:
    """The question as the screen showed it: what an answer means is what it meant when it was given."""
    if did.instruction_version is not None:
        projects.instructions(conn, work.project_id, did.instruction_version)  # refused where there is none such
    return work.schema(conn) if did.schema_version is None else work.schema_at(conn, did.schema_version)


def _value(work: Workspace, conn: Connection, schema: Schema, did: Act, seq: int) -> Value | None:
    if did.action not in ("submit", "revise"):
        return did.reason or None if did.action in ("skip", "flag") else None
    contents = contents_of(work, conn, schema, {did.item_id: seq})
    read: Value = within(schema, schema.read(did.value), contents.get(did.item_id))
    return read


def _draft(
    did: Act,
    who: Annotator,
    client: str,
    seq: int,
    value: Value | None,
    there: leases.Held | None,
    late: bool,
) -> answers.AnswerDraft:
    return answers.AnswerDraft(
        item_seq=seq,
        value=value,
        annotator=who.name,
        action=did.action,
        note=did.note,
        supersedes=did.supersedes,
        idempotency_key=did.key,
        shown_at=did.shown_at,
        submitted_at=did.submitted_at,
        active_ms=did.active_ms,
        client=client,
        suggestion_visible=did.suggestion_visible,
        suggestion_accepted=did.suggestion_accepted,
        schema_version=did.schema_version,
        instruction_version=did.instruction_version,
        query_id=None if there is None else there.query_id,
        grant=None if there is None else {"slot": there.slot_id, "late": late},
        or_revise=True,  # a second window, or an answer told from elsewhere: one person, one word
    )


def _handed_back(work: Workspace, conn: Connection, who: Annotator, seq: int, *, again: bool) -> Assignment | None:
    """The item once more for who took back what they said of it, or skipped it; again where the first word was lost."""
    settings = work.queue(conn)
    if again:
        lease = next((held for held in leases.held_by(conn, work.project_id, who.name) if held.item_seq == seq), None)
    else:
        lease = leases.take_again(conn, work.project_id, who.name, seq, lease_s=settings.lease_s)
    return None if lease is None else assignments(work, conn, settings, who.name, [lease])[0]


def _state(did: Act, recorded: answers.Recorded) -> Literal["done", "open", "kept_extra"]:
    if did.action not in ("submit", "revise"):
        return "open"
    return "done" if recorded.fills else "kept_extra"
