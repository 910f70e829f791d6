"""The queue at work: the next items for somebody, held for a while, given back, or a word on why there is none."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from querist.core.errors import Busy, InvalidInput
from querist.core.queueing import QueueSettings
from querist.core.state import Value
from querist.service.workspace import Workspace
from querist.store import answers, claims, desks, jobs, leases, rounds, tallies, workdays
from querist.store.columns import utc_now
from querist.store.db import Connection

MOST_AT_ONCE = 50
TRIES = 6  # another window of the same person may take the same item in the same instant
APART_S = 0.05
SOON_S = 2  # a model is in the making: the next look is worth it soon
LATER_S = 30

Why = Literal[
    "all_done",
    "all_leased",
    "held_by_you",
    "done_by_you",
    "paused",
    "cap_reached",
    "training",
    "no_skill",
    "stopped",
    "no_items",
    "no_round",
]


@dataclass(frozen=True, slots=True)
class Annotator:
    """Who wants to answer, and what they may be given."""

    name: str
    skills: Sequence[str] = ()
    tier: int = 0
    daily_cap: int | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """An item in somebody's hands, with all that their screen shows. `suggestion` is None where it is hidden."""

    slot: int
    token: str
    lease_until: datetime
    lease_s: int
    item_id: str
    content_hash: str
    fields: Mapping[str, Any]
    round: int
    rank: int
    reason: str | None
    suggestion: Mapping[str, Any] | None
    schema_version: int
    instruction_version: int | None
    draft: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no item now, in a sentence for the annotator, and when to look again."""

    code: Why
    message: str
    retry_s: float | None = None


PAUSED = Nothing("paused", "The project is paused. Its manager will open it again.", LATER_S)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What somebody was given; where nothing, why."""

    assignments: tuple[Assignment, ...]
    nothing: Nothing | None = None


def claim(work: Workspace, who: Annotator, n: int = 1, *, have: Sequence[int] = (), take: bool = False) -> Claimed:
    """Give somebody items until they hold `n`, each theirs for a while; what they have is theirs for longer.

    Parameters
    ----------
    who : Annotator
    n : int
        How many to hold, with those of `have` that are theirs still.
    have : sequence of int
        Slots that this window holds, as far as it knows.
    take : bool
        Whether to hand out, where there is nothing else, what another window of theirs holds.

    Returns
    -------
    claimed : Claimed
        Fewer than `n` where there are fewer for them; where there is none, why.
    """
    if not 0 <= n <= MOST_AT_ONCE:
        raise InvalidInput(f"n: must be from 0 to {MOST_AT_ONCE}; got {n}. Ask for fewer at once.")
    for tried in range(TRIES):
        if tried:
            time.sleep(random.uniform(0, APART_S))
        with suppress(claims.Collided):
            return _claim(work, who, n, have, take)
    raise Busy("queue: must not be asked by many windows of yours at one moment; they took the same items. Ask again.")


def _claim(work: Workspace, who: Annotator, n: int, have: Sequence[int], take: bool) -> Claimed:
    with work.database.transaction() as conn:
        said = work.settings(conn)
        settings = QueueSettings.from_json(said.get("queue", {}))
        if have:
            kept = leases.renew(conn, work.project_id, who.name, dict.fromkeys(have), lease_s=settings.lease_s)
            n = max(0, n - len(kept))
        taken = PAUSED if said.get("paused") else _take(work, conn, who, settings, n, have, take)
        if isinstance(taken, Nothing):
            return Claimed((), taken)
        return Claimed(tuple(assignments(work, conn, settings, who.name, taken)))


def _take(
    work: Workspace,
    conn: Connection,
    who: Annotator,
    settings: QueueSettings,
    n: int,
    have: Sequence[int],
    take: bool,
) -> list[leases.Lease] | Nothing:
    project = work.project_id
    cap, left = _share(work, conn, who, settings)
    if left is not None and left <= 0:
        thanks = f"That was your share for today: {cap} answers. Thank you; come back tomorrow."
        return Nothing("cap_reached", thanks)
    most = settings.max_leases if left is None else min(settings.max_leases, left)
    taken = claims.claim(
        conn, project, who.name, n, most=most, lease_s=settings.lease_s, skills=who.skills, tier=who.tier
    )
    if taken or not n:
        return taken
    elsewhere = _elsewhere(work, conn, who, have)
    if elsewhere:
        return elsewhere[:n] if take else _held_elsewhere(len(elsewhere))
    return _why(work, conn, who) if leases.n_leased(conn, project, who.name) < most else _full(settings)


def held(work: Workspace, who: Annotator) -> list[Assignment]:
    """What somebody holds now, in all windows together."""
    with work.database.reading() as conn:
        mine = leases.held_by(conn, work.project_id, who.name)
        return assignments(work, conn, work.queue(conn), who.name, mine)


def renew(work: Workspace, who: Annotator, tokens: Mapping[int, str]) -> dict[int, datetime]:
    """Hold slots longer; until when, for those that are still theirs."""
    with work.database.transaction() as conn:
        lease_s = work.queue(conn).lease_s
        kept = leases.renew(conn, work.project_id, who.name, tokens, lease_s=lease_s)
    return {slot: _moment(until) for slot, until in kept.items()}


def release(work: Workspace, who: Annotator, tokens: Mapping[int, str]) -> list[int]:
    """Give slots back, unanswered; those that were theirs."""
    with work.database.transaction() as conn:
        return leases.release(conn, work.project_id, who.name, tokens)


def save_draft(work: Workspace, who: Annotator, slot: int, token: str, value: Value | None, note: str) -> bool:
    """Keep what somebody has begun, so that it is there after a reload; False where the slot is not theirs now."""
    with work.database.transaction() as conn:
        there = leases.look(conn, work.project_id, slot, token, who.name)
        if there is None or not there.holds:
            return False
        desks.save_draft(conn, slot, who.name, value, note)
        return True


def assignments(
    work: Workspace, conn: Connection, settings: QueueSettings, annotator: str, taken: Sequence[leases.Lease]
) -> list[Assignment]:
    """Leases as a screen shows them."""
    if not taken:
        return []
    screens = desks.shown(conn, work.project_id, annotator, [lease.slot_id for lease in taken])
    out = []
    for lease in taken:
        shown = screens[lease.slot_id]
        out.append(
            Assignment(
                slot=lease.slot_id,
                token=lease.token,
                lease_until=_moment(lease.until),
                lease_s=settings.lease_s,
                item_id=shown.item_id,
                content_hash=shown.content_hash,
                fields=shown.fields,
                round=shown.round,
                rank=shown.rank,
                reason=_reason(shown) if settings.show_reason else None,
                suggestion=_shown_suggestion(shown, settings),
                schema_version=shown.schema_version,
                instruction_version=shown.instruction_version,
                draft=None if shown.draft is None else shown.draft._asdict(),
            )
        )
    return out


def _reason(shown: desks.Shown) -> str:
    """Why it was asked; of what measures the model only that it was drawn, lest it be answered with more care."""
    return "random: drawn blindly" if shown.purpose == "evaluation" else shown.reason


def _shown_suggestion(shown: desks.Shown, settings: QueueSettings) -> dict[str, Any] | None:
    if shown.suggestion is None or settings.suggestions == "hidden":
        return None
    return {
        "value": shown.suggestion.get("value"),
        "confidence": shown.suggestion.get("score"),
        "model": shown.model,
        "visible": settings.suggestions == "visible",
    }


def _share(work: Workspace, conn: Connection, who: Annotator, settings: QueueSettings) -> tuple[int | None, int | None]:
    """How many answers somebody may give in a day, and how many are left of them today; None is no limit."""
    cap = min((cap for cap in (who.daily_cap, settings.daily_cap) if cap is not None), default=None)
    if cap is None:
        return None, None
    days = workdays.of(conn, work.project_id, annotator=who.name, since=workdays.day_of(utc_now()))
    return cap, cap - sum(day.n_answers for day in days)


def _elsewhere(work: Workspace, conn: Connection, who: Annotator, have: Sequence[int]) -> list[leases.Lease]:
    """What other windows of somebody hold."""
    return [lease for lease in leases.held_by(conn, work.project_id, who.name) if lease.slot_id not in set(have)]


def _held_elsewhere(n: int) -> Nothing:
    items = "One item is" if n == 1 else f"{n} items are"
    message = f"{items} open in another window of yours. Go on there, or take them here if that window is gone."
    return Nothing("held_by_you", message, LATER_S)


def _full(settings: QueueSettings) -> Nothing:
    message = (
        f"You hold {settings.max_leases} items already, in all windows together. "
        "Answer some of them, or close the other windows."
    )
    return Nothing("all_leased", message, LATER_S)


def _why(work: Workspace, conn: Connection, who: Annotator) -> Nothing:
    supply = claims.supply(conn, work.project_id, who.name, skills=who.skills, tier=who.tier)
    job = jobs.under_way(conn, work.project_id)
    said = work.settings(conn)
    if job is not None:
        return Nothing("training", "The model is learning from the answers; the next items come in a moment.", SOON_S)
    if supply.some_beyond_skill:
        return Nothing("no_skill", "What is left asks for a skill or an experience that is not noted for you.", LATER_S)
    if supply.some_open:
        message = "You have answered, skipped or opened all that is left; it waits for other people's answers."
        return Nothing("done_by_you", message, LATER_S)
    if supply.n_leased:
        message = "All that is left is with others at this moment. It comes back if they leave it."
        return Nothing("all_leased", message, min(LATER_S, max(SOON_S, supply.next_lapse_s or LATER_S)))
    if (because := said.get("stopped")) is not None:
        return Nothing("stopped", f"All questions are answered, and no more are asked; {because}")
    if not any(tallies.per_split(tallies.of(conn, work.project_id), "items").values()):
        return Nothing("no_items", "There are no items yet. The manager adds them.", LATER_S)
    if rounds.last_number(conn, work.project_id) == 0:
        return Nothing("no_round", "No questions have been asked yet. The manager opens the first round.", LATER_S)
    if jobs.to_show(conn, work.project_id) is not None:  # none is under way, so it failed
        return Nothing(
            "no_round", "Choosing the next questions failed. The manager sees why, and can try again.", LATER_S
        )
    if work.queue(conn).auto_rounds:
        return Nothing("training", "The next questions are being chosen.", SOON_S)
    return Nothing("all_done", "All questions are answered. The manager may ask more.", LATER_S)


def own_standing(conn: Connection, project_id: int, annotator: str, item_seq: int) -> answers.Step | None:
    """Somebody's answer to an item that stands, if any does."""
    there = answers.standings(conn, project_id, [item_seq]).get(item_seq)
    return None if there is None else there.of(annotator)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
