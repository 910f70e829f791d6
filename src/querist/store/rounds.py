"""Rounds and their queries: what was asked, why, and what became of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.items import Split
from querist.core.policy import Policy
from querist.core.state import Batch, Purpose, Query, Value
from querist.store import projects, slots, tallies
from querist.store.columns import finite, utc_now
from querist.store.sql import among, chunks, unindexed
from querist.store.tables import QueryState, RoundState, answer_content, answer_event, item, query, round_


@dataclass(frozen=True, slots=True)
class RoundRecord:
    """One batch, everything needed to draw it again, and how far it is.

    `model`, `dataset_before` and `dataset_after` are numbers in the project; `context` is whatever else the caller
    needs in order to draw the batch again. `n_random` counts queries without a utility.
    """

    id: int
    number: int
    state: RoundState
    purpose: Purpose
    strategy: str
    held_back: str | None
    policy: Policy
    policy_digest: str
    seed: int
    model: int | None
    dataset_before: int | None
    dataset_after: int | None
    schema_version: int
    instruction_version: int | None
    n_candidates: int
    n_asked: int
    context: Mapping[str, Any]
    created_at: datetime
    closed_at: datetime | None
    n_answered: int
    n_pending: int
    n_random: int


@dataclass(frozen=True, slots=True)
class QueryRecord:
    """One query and its outcome: `annotator` and `value` are those of its answer, None while there is none."""

    id: int
    round: int
    rank: int
    item_seq: int
    item_id: str
    split: Split
    utility: float | None
    propensity: float
    strategy: str
    purpose: Purpose
    reason: str
    cost_usd: float
    suggestion: Mapping[str, Any] | None
    state: QueryState
    answered_event: str | None
    annotator: str | None
    value: Value | None
    model: int | None
    fields: Mapping[str, Any]


def open_round(
    conn: sa.Connection,
    project_id: int,
    *,
    batch: Batch,
    seqs: Iterable[int],
    policy: Policy,
    purpose: Purpose,
    model: int | None = None,
    dataset_before: int | None = None,
    suggestions: Sequence[Mapping[str, Any] | None] | None = None,
    context: Mapping[str, Any] | None = None,
    schema_version: int | None = None,
    instruction_version: int | None = None,
    wants: slots.Wants = slots.ONE_EACH,
    now: datetime | None = None,
) -> RoundRecord:
    """Ask: a round and all its queries, pending.

    Parameters
    ----------
    batch : Batch
        What the loop chose; its round's number must be above every one there.
    seqs : iterable of int
        The item of each query, in the batch's order.
    suggestions : sequence of mapping or None, optional
        What a model would answer: ``{"value", "score", ...}`` for each query.
    schema_version, instruction_version : int, optional
        By default the latest.
    wants : Wants
        How many answers of different people each query wants, and of whom.

    Raises
    ------
    Conflict
        If a round of this number or a later one is there, or one of the items is pending: somebody else asked in
        between. Nothing was written; look at the project again and draw another batch.
    NotFound
        If an item is not in the project.
    """
    places = [int(seq) for seq in seqs]
    offered = [None] * len(places) if suggestions is None else list(suggestions)
    if not len(batch) or not len(batch) == len(places) == len(offered):
        raise InvalidInput(
            f"batch: must be at least one query, with an item and a suggestion each; got {len(batch)} queries, "
            f"{len(places)} items and {len(offered)} suggestions. Pass them in the batch's order."
        )
    projects.lock(conn, project_id)
    if (newest := last_number(conn, project_id)) >= batch.round:
        raise Conflict(
            f"round: must be the next; got {batch.round}, and round {newest} is there: another command asked "
            "meanwhile. Ask again, and other items are drawn."
        )
    _check_free(conn, project_id, places)
    if instruction_version is None:
        told = projects.instructions(conn, project_id)
        instruction_version = None if told is None else told.version
    opened = round_.insert().values(
        project_id=project_id,
        number=batch.round,
        state="open",
        purpose=purpose,
        strategy=batch.strategy,
        held_back=batch.held_back,
        policy=policy.to_json(),
        policy_digest=policy.digest,
        seed=policy.seed,
        model=model,
        dataset_before=dataset_before,
        schema_version=schema_version or projects.schema(conn, project_id).version,
        instruction_version=instruction_version,
        n_candidates=batch.n_candidates,
        n_asked=len(batch),
        context=None if context is None else dict(context),
        created_at=now or utc_now(),
        n_pending=len(batch),
        n_random=sum(asked.utility is None or finite(float(asked.utility)) is None for asked in batch.queries),
    )
    try:
        round_id = conn.execute(opened.returning(round_.c.id)).scalar_one()
        asked = zip(batch.queries, places, offered, strict=True)
        conn.execute(query.insert(), [_row(round_id, project_id, *each) for each in asked])
        slots.open_for(conn, project_id, round_id, wants)
        ordered = tallies.micro_usd([each.cost_usd for each in batch.queries if each.purpose != "evaluation"])
        tallies.add(conn, project_id, {tallies.ORDERED: ordered})
    except sa.exc.IntegrityError as error:
        raise Conflict(
            f"round: must fit what is stored; the database says: {str(error.orig).splitlines()[0]}. "
            "Draw the batch again."
        ) from None
    return get(conn, project_id, batch.round)


def get(conn: sa.Connection, project_id: int, number: int) -> RoundRecord:
    """The round of this number.

    Raises
    ------
    NotFound
        If there is none.
    """
    row = conn.execute(_rounds(project_id).where(round_.c.number == number)).one_or_none()
    if row is None:
        raise NotFound(f"round: must be one of the project's; there is no round {number}. List them.")
    return _round(row)


def listed(conn: sa.Connection, project_id: int) -> list[RoundRecord]:
    """Every round, in order."""
    return [_round(row) for row in conn.execute(_rounds(project_id))]


def last_number(conn: sa.Connection, project_id: int) -> int:
    """The number of the round opened last, 0 before the first."""
    return conn.scalar(sa.select(sa.func.max(round_.c.number)).where(round_.c.project_id == project_id)) or 0


def memory(conn: sa.Connection, project_id: int, *, before: int | None = None) -> Mapping[str, Any]:
    """What strategies kept at the latest round that says so, of all or of those before a number; empty at first."""
    contexts = sa.select(round_.c.context).where(round_.c.project_id == project_id).order_by(round_.c.number.desc())
    if before is not None:
        contexts = contexts.where(round_.c.number < before)
    for context in conn.scalars(contexts):
        if context is not None and "memory" in context:
            found: Mapping[str, Any] = context["memory"]
            return found
    return {}


def queries(conn: sa.Connection, project_id: int, number: int) -> list[QueryRecord]:
    """The queries of one round, best first, each with its item and its outcome."""
    asked = _queries(project_id, item.c.fields).where(round_.c.number == number)
    return [_query(row) for row in conn.execute(asked)]


def all_queries(conn: sa.Connection, project_id: int) -> list[QueryRecord]:
    """The queries of every round, in order, each with its outcome; `fields` is left empty, since they may be many."""
    return [_query(row) for row in conn.execute(_queries(project_id, sa.literal("{}").label("fields")))]


def pending(
    conn: sa.Connection,
    project_id: int,
    *,
    number: int | None = None,
    seqs: Sequence[int] | None = None,
    limit: int | None = None,
) -> list[QueryRecord]:
    """What is out with annotators, in the order to answer it: the first round first, the best of it first.

    `number` and `seqs` keep those of one round, or about these items.
    """
    asked = _queries(project_id, item.c.fields).where(query.c.state == "pending").limit(limit)
    if number is not None:
        asked = asked.where(round_.c.number == number)
    if seqs is not None:
        asked = asked.where(among(conn, query.c.item_seq, seqs))
    return [_query(row) for row in conn.execute(asked)]


def by_id(conn: sa.Connection, project_id: int, ids: Sequence[int]) -> list[QueryRecord]:
    """These queries; `fields` is left empty."""
    found: list[QueryRecord] = []
    for chunk in chunks(ids):
        asked = _queries(project_id, sa.literal("{}").label("fields"), by_project=False)
        found += [_query(row) for row in conn.execute(asked.where(among(conn, query.c.id, chunk)))]
    return found


def n_pending(conn: sa.Connection, project_id: int, *, purpose: Purpose | None = None) -> int:
    """How many items are out with annotators, by rounds of every purpose or of one."""
    waiting = sa.select(sa.func.sum(round_.c.n_pending)).where(round_.c.project_id == project_id)
    return conn.scalar(waiting if purpose is None else waiting.where(round_.c.purpose == purpose)) or 0


def bought(conn: sa.Connection, project_id: int) -> tuple[int, int, float]:
    """What counts against the budget, of rounds that asked to learn: answered, open, and what the open may cost."""
    c = round_.c
    counts = sa.select(sa.func.sum(c.n_answered), sa.func.sum(c.n_pending)).where(
        c.project_id == project_id, c.purpose != "evaluation"
    )
    answered, waiting = conn.execute(counts).one()
    return int(answered or 0), int(waiting or 0), tallies.one(conn, project_id, tallies.ORDERED) / 1_000_000


def last_to_learn(conn: sa.Connection, project_id: int) -> RoundRecord | None:
    """The newest round that asked in order to learn, not to measure; None before the first."""
    asked = _rounds(project_id).where(round_.c.purpose != "evaluation").order_by(None)
    row = conn.execute(asked.order_by(round_.c.number.desc()).limit(1)).one_or_none()
    return None if row is None else _round(row)


def numbers_after(conn: sa.Connection, project_id: int, number: int) -> dict[int, Purpose]:
    """The rounds opened after one, each with its purpose."""
    c = round_.c
    asked = sa.select(c.number, c.purpose).where(c.project_id == project_id, c.number > number).order_by(c.number)
    return {row.number: row.purpose for row in conn.execute(asked)}


def spent_usd(conn: sa.Connection, project_id: int) -> float:
    """What the queries that were answered were expected to cost."""
    return tallies.one(conn, project_id, tallies.SPENT) / 1_000_000


def close(
    conn: sa.Connection, project_id: int, number: int, *, dataset_after: int | None = None, now: datetime | None = None
) -> RoundRecord:
    """Close an open round. What is still pending stays so: an answer that comes late counts.

    Raises
    ------
    Conflict
        If it is not open.
    """
    projects.lock(conn, project_id)
    there = get(conn, project_id, number)
    if there.state != "open":
        raise Conflict(f"round: must be open; round {number} is {there.state}. Look at the list of rounds.")
    _end(conn, [there.id], "closed", dataset_after, now)
    return get(conn, project_id, number)


def close_answered(
    conn: sa.Connection, project_id: int, *, dataset_after: int | None = None, now: datetime | None = None
) -> list[int]:
    """Close every open round of which nothing is pending. Returns their numbers."""
    projects.lock(conn, project_id)
    done = [r for r in listed(conn, project_id) if r.state == "open" and not r.n_pending]
    _end(conn, [r.id for r in done], "closed", dataset_after, now)
    return [r.number for r in done]


def withdraw(conn: sa.Connection, project_id: int, number: int | None = None, *, now: datetime | None = None) -> int:
    """Take back what nobody has answered, of one round or of all: those items may be asked again.

    Answers that were given stay. An open round ends closed if it has some, and withdrawn if it has none.

    Returns
    -------
    n_queries : int
        How many queries were taken back.
    """
    projects.lock(conn, project_id)
    ended = [get(conn, project_id, number)] if number is not None else listed(conn, project_id)
    n = 0
    for chunk in chunks(r.id for r in ended):
        n += _take_back(conn, project_id, among(conn, query.c.round_id, chunk))
        slots.take_back_rounds(conn, project_id, chunk)
    _end(conn, [r.id for r in ended if r.state == "open" and r.n_answered], "closed", None, now)
    _end(conn, [r.id for r in ended if r.state == "open" and not r.n_answered], "withdrawn", None, now)
    return n


def withdraw_queries(conn: sa.Connection, project_id: int, seqs: Sequence[int]) -> int:
    """Take the pending queries of these items back, whichever round they are of. Returns how many there were."""
    projects.lock(conn, project_id)
    n = 0
    for chunk in chunks(seqs):
        n += _take_back(conn, project_id, among(conn, query.c.item_seq, chunk))
    return n


def _take_back(conn: sa.Connection, project_id: int, which: sa.ColumnElement[bool]) -> int:
    waiting = sa.update(query).where(query.c.project_id == project_id, query.c.state == "pending", which)
    shown = (query.c.id, query.c.round_id, query.c.cost_usd, query.c.purpose)
    taken = conn.execute(waiting.values(state="withdrawn").returning(*shown)).all()
    per_round = Counter(row.round_id for row in taken)
    tallies.add_to_rounds(conn, {round_id: {"n_pending": -some} for round_id, some in per_round.items()})
    ordered = tallies.micro_usd([row.cost_usd for row in taken if row.purpose != "evaluation"])
    tallies.add(conn, project_id, {tallies.ORDERED: -ordered})
    slots.take_back(conn, project_id, [row.id for row in taken])
    return len(taken)


def _check_free(conn: sa.Connection, project_id: int, seqs: list[int]) -> None:
    known: set[int] = set()
    for chunk in chunks(seqs):
        these = sa.select(item.c.seq).where(item.c.project_id == project_id, among(conn, item.c.seq, chunk))
        known.update(conn.scalars(these))
        taken = (
            sa.select(item.c.item_id)
            .join(query, query.c.item_seq == item.c.seq)
            .where(query.c.project_id == project_id, query.c.state == "pending", among(conn, query.c.item_seq, chunk))
            .order_by(item.c.seq)
        )
        if (first := conn.scalar(taken.limit(1))) is not None:
            raise Conflict(
                f"batch: an item may be pending once only; {first!r} is already: another command asked "
                "meanwhile. Ask again, and other items are drawn."
            )
    if missing := [seq for seq in seqs if seq not in known]:
        raise NotFound(f"batch: each item must be in the project; number {missing[0]} is not. Look them up again.")


def _end(conn: sa.Connection, ids: list[int], state: RoundState, dataset: int | None, now: datetime | None) -> None:
    for chunk in chunks(ids):
        ended = sa.update(round_).where(among(conn, round_.c.id, chunk))
        conn.execute(ended.values(state=state, dataset_after=dataset, closed_at=now or utc_now()))


def _row(
    round_id: int, project_id: int, asked: Query, seq: int, suggestion: Mapping[str, Any] | None
) -> dict[str, Any]:
    return {
        "round_id": round_id,
        "project_id": project_id,
        "item_seq": seq,
        "rank": asked.rank,
        "utility": None if asked.utility is None else finite(float(asked.utility)),
        "propensity": asked.propensity,
        "strategy": asked.strategy,
        "purpose": asked.purpose,
        "reason": asked.reason,
        "cost_usd": asked.cost_usd,
        "suggestion": None if suggestion is None else dict(suggestion),
        "state": "pending",
    }


def _rounds(project_id: int) -> sa.Select[Any]:
    kept = (c for c in round_.c if c.name != "project_id")
    return sa.select(*kept).where(round_.c.project_id == project_id).order_by(round_.c.number)


def _round(row: sa.Row[Any]) -> RoundRecord:
    found = dict(row._mapping)
    return RoundRecord(**{**found, "policy": Policy.from_json(row.policy), "context": row.context or {}})


def _queries(project_id: int, fields: sa.ColumnElement[Any], *, by_project: bool = True) -> sa.Select[Any]:
    of_project = query.c.project_id if by_project else unindexed(query.c.project_id)
    return (
        sa.select(
            *(c for c in query.c if c.name not in ("round_id", "project_id")),
            round_.c.number.label("round"),
            item.c.item_id,
            item.c.split,
            answer_event.c.annotator,
            answer_content.c.value,
            round_.c.model,
            fields,
        )
        .join(round_, round_.c.id == query.c.round_id)
        .join(item, item.c.seq == query.c.item_seq)
        .outerjoin(answer_event, answer_event.c.id == query.c.answered_event)
        .outerjoin(answer_content, answer_content.c.event_id == query.c.answered_event)
        .where(of_project == project_id)
        .order_by(round_.c.number, query.c.rank)
    )


def _query(row: sa.Row[Any]) -> QueryRecord:
    return QueryRecord(**{**row._mapping, "fields": json.loads(row.fields)})
