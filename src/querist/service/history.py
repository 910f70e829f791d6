"""What somebody has done lately, and how their work goes: for themselves alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from querist.core.checks import positive
from querist.core.errors import InvalidInput, NotFound
from querist.core.state import Value
from querist.service.queue import Annotator
from querist.service.workspace import Workspace
from querist.store import answers, claims, desks, items, projects, tallies, workdays
from querist.store.columns import utc_now

MOST_ACTS = 200
PAUSE = timedelta(minutes=30)  # after so long without an answer, the next one begins a new session
PACE_OF = 50  # acts that the median goes by


@dataclass(frozen=True, slots=True)
class PastAct:
    """Something one did. `undone` where it was taken back; `editable` where one's answer stands and can be changed."""

    event_id: str
    seq: int
    item_id: str
    action: str
    value: Value | None
    note: str | None
    submitted_at: datetime
    undone: bool
    editable: bool
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """One's own acts, newest first; `next` goes on from the last."""

    acts: tuple[PastAct, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Pace:
    """How one's own work goes: answers today, in all and since the last long pause; seconds an answer; what is left."""

    today: int
    total: int
    session: int
    median_s: float | None
    per_hour: float | None
    left_for_me: int | None
    left: int


def history(work: Workspace, who: Annotator, *, limit: int = 50, before: int | None = None) -> History:
    """What somebody did, newest first."""
    if positive("limit", limit) > MOST_ACTS:
        raise InvalidInput(f"limit: must be at most {MOST_ACTS}; got {limit}. Ask for the rest by `before`.")
    with work.database.reading() as conn:
        own = answers.events_of(conn, work.project_id, who.name, limit=limit + 1, before=before)
        seqs = sorted({event.item_seq for event in own})
        undone = answers.undone(conn, work.project_id, seqs)
        standing = answers.standings(conn, work.project_id, seqs)
        fields = items.fields_of(conn, seqs)
    acts = []
    for event in own[:limit]:
        there = standing.get(event.item_seq)
        mine = None if there is None else there.of(who.name)
        acts.append(
            PastAct(
                event_id=event.id,
                seq=event.seq,
                item_id=event.item_id,
                action=event.action,
                value=event.value,
                note=event.note or None,
                submitted_at=event.submitted_at or event.received_at,
                undone=event.id in undone,
                editable=mine is not None and mine.event_id == event.id,
                fields=dict(fields[event.item_seq]),
            )
        )
    return History(tuple(acts), own[limit - 1].seq if len(own) > limit else None)


@dataclass(frozen=True, slots=True)
class OwnItem:
    """An item that one has answered or skipped, as a screen shows it; with one's answer that stands, if any does."""

    item_id: str
    content_hash: str
    fields: dict[str, Any]
    value: Value | None
    event_id: str | None
    schema_version: int
    instruction_version: int | None


def own_item(work: Workspace, who: Annotator, item_id: str) -> OwnItem:
    """An item of before, to look at again or to answer otherwise.

    Raises
    ------
    NotFound
        If there is no such item, or this person has done nothing about it: what others work on is not theirs to see.
    """
    with work.database.reading() as conn:
        found = items.existing(conn, work.project_id, [item_id]).get(item_id)
        done = found is not None and answers.did(conn, work.project_id, who.name, found.seq)
        if found is None or not done:
            raise NotFound(f"item: must be one that you have answered or skipped; {item_id!r} is none.")
        [stored] = items.fetch_seqs(conn, work.project_id, [found.seq])
        standing = answers.standings(conn, work.project_id, [found.seq]).get(found.seq)
        own = None if standing is None else standing.of(who.name)
        told = work.instructions(conn)
        schema = work.schema(conn)
    return OwnItem(
        item_id=item_id,
        content_hash=stored.content_hash,
        fields=dict(stored.fields),
        value=None if own is None else own.value,
        event_id=None if own is None else own.event_id,
        schema_version=schema.version,
        instruction_version=None if told is None else told.version,
    )


def pace(work: Workspace, who: Annotator) -> Pace:
    """How somebody's work goes."""
    with work.database.reading() as conn:
        days = workdays.of(conn, work.project_id, annotator=who.name)
        counts = tallies.of(conn, work.project_id)
        settings = work.queue(conn)
        own = answers.work_of(conn, work.project_id, who.name, limit=MOST_ACTS)
        supply = claims.supply(conn, work.project_id, who.name, skills=who.skills, tier=who.tier)
    today = workdays.day_of(utc_now())
    done_today = sum(day.n_answers for day in days if day.day == today)
    took = [act.active_ms / 1000 for act in own[:PACE_OF] if act.action == "submit" and act.active_ms]
    typical = median(took) if took else None
    cap = min((cap for cap in (who.daily_cap, settings.daily_cap) if cap is not None), default=None)
    left = counts.get(tallies.LIVE, 0)
    mine = left if supply.some_open else _left_with_others(left, supply)
    return Pace(
        today=done_today,
        total=sum(day.n_answers for day in days),
        session=_session([act.received_at for act in own if act.action == "submit"]),
        median_s=typical,
        per_hour=None if not typical else 3600 / typical,
        left_for_me=mine if cap is None else min(mine, max(0, cap - done_today)),
        left=left,
    )


def read_instructions(work: Workspace, who: Annotator, version: int) -> None:
    """Note that somebody has read the instructions up to a version."""
    with work.database.transaction() as conn:
        projects.instructions(conn, work.project_id, version)  # refused where there is none such
        desks.note_read(conn, work.project_id, who.name, version)


def instructions_read(work: Workspace, who: Annotator) -> int | None:
    """The version of the instructions that somebody has read last; None for none."""
    with work.database.reading() as conn:
        return desks.version_read(conn, work.project_id, who.name)


def _session(moments: list[datetime]) -> int:
    """How many of these moments, newest first, lie after the last long pause."""
    n, later = 0, utc_now()
    for moment in moments:
        if later - moment > PAUSE:
            break
        n, later = n + 1, moment
    return n


def _left_with_others(left: int, supply: claims.Supply) -> int:
    """What may still come to somebody for whom nothing is open: at most what others hold."""
    return min(left, supply.n_leased)
