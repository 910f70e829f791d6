"""Taking answers in: the event, its words, the query it answers and the item's label, all in one transaction."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Any

import sqlalchemy as sa

from querist.core.errors import Conflict, InvalidInput
from querist.core.hashing import canonical
from querist.core.state import Value
from querist.store import chain, projects, slots, tallies
from querist.store.columns import json_text, moment_text, utc_now
from querist.store.drafts import AnswerDraft, check
from querist.store.events import RAW_EVENT
from querist.store.sql import among, chunks, together, upsert
from querist.store.subjects import Known, Subject, past_of
from querist.store.tables import answer_content, answer_event, current_label, query

SALT_BYTES = 16

_SETTLED = (
    sa.update(query)
    .where(query.c.id == sa.bindparam("query"))
    .values(state=sa.bindparam("to"), answered_event=sa.bindparam("event"))
)
_NEW_EVENT, _NEW_CONTENT = RAW_EVENT.insert(), answer_content.insert()


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a draft.

    `before` and `after` are the item's label around it, `own` the annotator's answer that stands now, if any, and
    `had_own` whether one stood before. `query_id` is the query it was about; `fills` says whether the answer fills a
    slot. For a draft that was recorded before, `repeated` is true, the event is the first one, and nothing changed.
    """

    event_id: str
    seq: int
    item_seq: int
    query_id: int | None
    before: Value | None
    after: Value | None
    repeated: bool = False
    own: Value | None = None
    had_own: bool = False
    fills: bool = False


def append(
    conn: sa.Connection,
    project_id: int,
    drafts: Sequence[AnswerDraft],
    *,
    locked: bool = False,
    also: Callable[[list[Recorded]], None] = lambda done: None,
    now: datetime | None = None,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> list[Recorded]:
    """Record drafts, in their order, each once; inside the caller's transaction.

    `locked` says that the caller holds the project's lock already. What `also` writes when told what became of the
    drafts goes to the database along with the rest, before anything is waited for: it must not read there. Without
    drafts it is not called.

    An answer answers the item's pending query; an undone or withdrawn one leaves it pending again, unless its round
    was withdrawn. `current_label` follows.

    Raises
    ------
    NotFound
        If an item is not in the project, or the project has no schema.
    InvalidInput
        If an action lacks a value or has one too many, or there is nothing to revise or take back.
    Conflict
        If what a draft supersedes does not stand any more.
    """
    for draft in drafts:
        check(draft)
    if not drafts:
        return []
    if not locked:
        projects.lock(conn, project_id)
    book = _Book(conn, project_id, drafts, now or utc_now(), entropy)
    done = [book.take(draft) for draft in drafts]
    with together(conn):
        filling = book.write()
        done = [replace(each, fills=each.event_id in filling) for each in done]
        also(done)
    return done


class _Book:
    """The project's chain while drafts are added to it; nothing is written before `write`."""

    def __init__(
        self,
        conn: sa.Connection,
        project_id: int,
        drafts: Sequence[AnswerDraft],
        now: datetime,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._conn, self._project, self._now, self._entropy = conn, project_id, now, entropy
        past = past_of(conn, project_id, drafts)
        self._subjects, self._known, self._seq, self._hash = past.subjects, past.known, past.seq, past.hash
        self._slots = slots.Following(conn, project_id, self._subjects)
        self._events: list[dict[str, Any]] = []
        self._contents: list[dict[str, Any]] = []
        self._named: dict[tuple[int, str], int] = {}

    @cached_property
    def _schema(self) -> int:
        return projects.schema_number(self._conn, self._project) or projects.schema(self._conn, self._project).version

    @cached_property
    def _instructions(self) -> int | None:
        return projects.instruction_number(self._conn, self._project)

    def take(self, draft: AnswerDraft) -> Recorded:
        """Record a draft, or find that it was recorded before."""
        subject = self._subjects[draft.item_seq]
        before = chain.standing(subject.steps)
        own = before.of(draft.annotator)
        if draft.or_revise and draft.action == "submit" and own is not None:
            draft = replace(draft, action="revise", supersedes=draft.supersedes or own.event_id)
        key = (draft.annotator, draft.idempotency_key)
        if draft.idempotency_key is not None and key in self._known:
            there = self._known[key]
            first = next((step for step in subject.steps if step.event_id == there.id), None)
            if (other := _differs(first, draft)) is not None:
                raise Conflict(
                    f"key: must be of one act alone; {draft.annotator!r} sent it with another {other} before. "
                    "Send the act again under a key of its own."
                )
            value, said = _value(before), None if own is None else own.value
            return Recorded(
                there.id, there.seq, there.item_seq, there.query_id, value, value, True, said, own is not None
            )
        supersedes = _superseded(draft, subject, before)
        asked = subject.asked_by(draft, supersedes)
        event = self._event(draft, subject, supersedes, asked)
        query_id = event["query_id"]
        if draft.grant is not None:
            self._named[subject.seq, draft.annotator] = draft.grant["slot"]
        subject.steps.append(chain.Step(event["id"], draft.action, draft.annotator, supersedes, query_id, draft.value))
        after = chain.standing(subject.steps)
        if draft.idempotency_key is not None:
            self._known[key] = Known(event["id"], event["seq"], subject.seq, query_id)
        now = after.of(draft.annotator)
        return Recorded(
            event["id"],
            event["seq"],
            subject.seq,
            query_id,
            _value(before),
            _value(after),
            own=None if now is None else now.value,
            had_own=own is not None,
        )

    def write(self) -> set[str]:
        """Put everything into the database; which events fill a slot now."""
        if not self._events:
            return self._slots.filling
        self._conn.execute(_NEW_EVENT, self._events)
        self._conn.execute(_NEW_CONTENT, self._contents)
        touched = [s for s in self._subjects.values() if s.touched]
        counts = Counter({tallies.FLAGGED: sum(e["action"] == "flag" for e in self._events)})
        counts.update(_project_labels(self._conn, self._project, touched))
        money, now = _settle_queries(self._conn, touched)
        counts.update(money)
        for s in touched:
            asked = slots.Asked(
                chain.standing(s.steps).latest,
                pending=[q.id for q in s.queries if now.get(q.id, q.state) == "pending"],
                withdrawn=s.withdrawn | {q.id for q in s.queries if now.get(q.id) == "withdrawn"},
            )
            self._slots.settle(s.seq, asked, self._named)
        self._slots.write()
        counts.update(self._slots.counts)
        tallies.add(self._conn, self._project, counts)
        return self._slots.filling

    def _event(
        self, draft: AnswerDraft, subject: Subject, supersedes: str | None, asked: sa.Row[Any] | None
    ) -> dict[str, Any]:
        salt = self._entropy(SALT_BYTES).hex()
        event: dict[str, Any] = {
            "id": chain.event_id(self._now, self._entropy),
            "seq": self._seq + 1,
            "project_id": self._project,
            "idempotency_key": draft.idempotency_key,
            "item_seq": subject.seq,
            "item_id": subject.item_id,
            "item_content_hash": subject.content_hash,
            "round": None if asked is None else asked.number,
            "query_id": None if asked is None else asked.id,
            "annotator": draft.annotator,
            "role": draft.role,
            "action": draft.action,
            "supersedes": supersedes,
            "schema_version": draft.schema_version or (self._schema if asked is None else asked.schema_version),
            "instruction_version": draft.instruction_version
            or (self._instructions if asked is None else asked.instruction_version),
            "suggestion": _suggestion(draft, asked),
            "acquisition": _acquisition(asked, draft),
            "shown_at": _moment(draft.shown_at),
            "submitted_at": _moment(draft.submitted_at),
            "received_at": moment_text(self._now),
            "active_ms": draft.active_ms,
            "client": draft.client,
            "content_digest": chain.content_digest(salt, draft.value, draft.note),
            "prev_hash": self._hash,
        }
        self._hash = event["hash"] = chain.event_hash(event)
        self._seq += 1
        self._events.append(event)
        self._contents.append({"event_id": event["id"], "value": draft.value, "note": draft.note, "salt": salt})
        return event


def known(conn: sa.Connection, project_id: int, annotator: str, key: str) -> tuple[str, bool] | None:
    """The event that was recorded under this key of this annotator, if any, and whether it came late."""
    c = answer_event.c
    row = conn.execute(
        sa.select(c.id, c.acquisition).where(
            c.project_id == project_id, c.idempotency_key == key, c.annotator == annotator
        )
    ).one_or_none()
    return None if row is None else (row.id, bool(((row.acquisition or {}).get("grant") or {}).get("late")))


def _differs(first: chain.Step | None, draft: AnswerDraft) -> str | None:
    """In what an act is another than the one that is recorded under its key; None where it is the same."""
    if first is None:
        return "item"
    kind, kind_before = ("submit" if a in ("submit", "revise") else a for a in (draft.action, first.action))
    if kind != kind_before or (kind == "undo" and draft.supersedes not in (None, first.supersedes)):
        return "action"
    return None if first.erased or canonical(first.value) == canonical(draft.value) else "answer"


def _superseded(draft: AnswerDraft, subject: Subject, before: chain.Standing) -> str | None:
    """The event that a draft supersedes; refused if it does not stand."""
    if draft.action in ("revise", "undo", "withdraw"):
        own = before.of(draft.annotator)
        if draft.action == "revise":
            own = own or before.label
        named = draft.supersedes or (own.event_id if own else None)
        if named is None:
            raise InvalidInput(
                f"action: must have something to {draft.action}; nothing that {draft.annotator!r} said of "
                f"{subject.item_id!r} stands. Submit an answer first."
            )
    elif (named := draft.supersedes) is None:
        return None
    undone = {step.supersedes for step in subject.steps if step.action == "undo"}
    standing = {step.event_id for step in subject.steps if step.action != "undo"} - undone
    if draft.action == "undo":
        standing &= {step.event_id for step in subject.steps if step.annotator == draft.annotator}
    else:
        standing &= {step.event_id for step in before.answers}
    if named not in standing:
        raise Conflict(
            f"supersedes: must be an event of {subject.item_id!r} that stands; {named} does not. "
            "Somebody else changed it: look at its history, then try again."
        )
    return named


def _project_labels(conn: sa.Connection, project_id: int, subjects: list[Subject]) -> Counter[str]:
    """Write the labels as they stand; how many more there are of each split's items."""
    counts: Counter[str] = Counter()
    rows, gone = [], []
    for subject in subjects:
        had_label = chain.standing(subject.steps[: subject.n_stored]).label is not None
        now = chain.standing(subject.steps)
        counts[tallies.labeled(subject.split)] += (now.label is not None) - had_label
        if now.label is not None:
            rows.append(
                {
                    "project_id": project_id,
                    "item_seq": subject.seq,
                    "value": now.label.value,
                    "event_id": now.label.event_id,
                    "n_answers": now.n_answers,
                }
            )
        elif had_label:
            gone.append(subject.seq)
    c = current_label.c
    for chunk in chunks(gone):
        conn.execute(sa.delete(current_label).where(c.project_id == project_id, among(conn, c.item_seq, chunk)))
    if rows:
        conn.execute(_label(conn.dialect.name), rows)
    return counts


@cache
def _label(dialect: str) -> sa.Executable:
    c, new = current_label.c, upsert(dialect, current_label)
    said = {name: new.excluded[name] for name in ("value", "event_id", "n_answers")}
    return new.on_conflict_do_update(index_elements=[c.project_id, c.item_seq], set_=said)


def _settle_queries(conn: sa.Connection, subjects: list[Subject]) -> tuple[Counter[str], dict[int, str]]:
    """Let queries follow the answers; what more was spent and is on order, and the states of those that changed."""
    counts: dict[int, Counter[str]] = {}
    money: Counter[str] = Counter()
    answered: list[dict[str, Any]] = []
    reopened: list[dict[str, Any]] = []
    withdrawn: list[dict[str, Any]] = []
    for subject in subjects:
        by = chain.standing(subject.steps).answered()
        waiting = any(q.state == "pending" and q.id not in by for q in subject.queries)
        for asked in subject.queries:
            event_id = by.get(asked.id)
            cost, learns = tallies.micro_usd([asked.cost_usd]), asked.purpose != "evaluation"
            of_round = counts.setdefault(asked.round_id, Counter())
            if event_id is not None and event_id != asked.answered_event:
                answered.append({"query": asked.id, "to": "answered", "event": event_id})
                if asked.state != "answered":
                    waited = asked.state == "pending"
                    of_round.update({"n_answered": 1, "n_pending": -waited})
                    money.update({tallies.SPENT: cost, tallies.ORDERED: -cost * waited * learns})
            elif event_id is None and asked.state == "answered":
                again = not waiting and asked.round_state != "withdrawn"
                waiting = waiting or again
                state = "pending" if again else "withdrawn"
                (reopened if again else withdrawn).append({"query": asked.id, "to": state, "event": None})
                of_round.update({"n_answered": -1, "n_pending": int(again)})
                money.update({tallies.SPENT: -cost, tallies.ORDERED: cost * again * learns})
    # Pending ones last: until the others have left that state, an item would be pending twice.
    changes = [*answered, *withdrawn, *reopened]
    if changes:
        conn.execute(_SETTLED, changes)
        tallies.add_to_rounds(conn, {round_id: by for round_id, by in counts.items() if any(by.values())})
    return money, {change["query"]: change["to"] for change in changes}


def _suggestion(draft: AnswerDraft, asked: sa.Row[Any] | None) -> str | None:
    offered = None if asked is None else asked.suggestion
    seen = {"was_visible": draft.suggestion_visible, "was_accepted": draft.suggestion_accepted}
    return None if offered is None else json_text({**offered, **seen})


def _acquisition(asked: sa.Row[Any] | None, draft: AnswerDraft) -> str | None:
    grant = {} if draft.grant is None else {"grant": dict(draft.grant)}
    if asked is None:
        return json_text(grant) if grant else None
    return json_text(
        {
            **grant,
            "strategy": asked.strategy,
            "utility": asked.utility,
            "rank": asked.rank,
            "pool_size": asked.n_candidates,
            "model": asked.model,
            "seed": asked.seed,
            "propensity": asked.propensity,
            "purpose": asked.purpose,
        }
    )


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment_text(moment)


def _value(standing: chain.Standing) -> Value | None:
    return None if standing.label is None else standing.label.value
