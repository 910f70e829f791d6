"""Do the kept counts say what there is, and do slots say who answered? Part of `audit.verify`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

import sqlalchemy as sa

from querist.store import chain, tallies
from querist.store.events import stored_steps
from querist.store.queue_tables import slot
from querist.store.slots import LIVE
from querist.store.sql import flat, streamed
from querist.store.tables import ROUND_COUNTS, answer_event, current_label, item, query, round_

Finding = tuple[str, str]  # where, and what is wrong there


def counts(conn: sa.Connection, project_id: int) -> Iterator[Finding]:
    """Each count that is kept beside what it counts."""
    kept = tallies.of(conn, project_id)
    counted = _counted(conn, project_id)
    for name in sorted((kept.keys() | counted.keys()) - {tallies.PLACE, tallies.REOPENED}):
        if kept.get(name, 0) != counted.get(name, 0):
            yield f"count {name}", f"it says {kept.get(name, 0)}; there are {counted.get(name, 0)}."
    last = conn.scalar(sa.select(sa.func.max(slot.c.place)).where(slot.c.project_id == project_id)) or 0
    if kept.get(tallies.PLACE, 0) < last:
        yield f"count {tallies.PLACE}", f"it says {kept.get(tallies.PLACE, 0)}; a slot has place {last}."
    states = {"n_answered": query.c.state == "answered", "n_pending": query.c.state == "pending"}
    states["n_random"] = query.c.utility.is_(None)
    sums = [sa.func.coalesce(sa.func.sum(sa.case((states[name], 1), else_=0)), 0) for name in ROUND_COUNTS]
    found = (
        sa.select(round_.c.number, *(round_.c[name] for name in ROUND_COUNTS), *sums)
        .outerjoin(query, query.c.round_id == round_.c.id)
        .where(round_.c.project_id == project_id)
        .group_by(round_.c.id)
        .order_by(round_.c.number)
    )
    for number, *rest in conn.execute(found):
        says, there = rest[: len(ROUND_COUNTS)], [int(n) for n in rest[len(ROUND_COUNTS) :]]
        for name, said, n in zip(ROUND_COUNTS, says, there, strict=True):
            if said != n:
                yield f"round {number}", f"its {name} says {said}; there are {n}."


def slots(conn: sa.Connection, project_id: int) -> Iterator[Finding]:
    """Each slot beside the answers: one that is filled is so by an answer of its annotator that stands."""
    c = slot.c
    asked = (
        sa.select(c.item_seq, c.id, c.state, c.annotator, c.answered_event, c.query_id, query.c.state.label("query"))
        .join(query, query.c.id == c.query_id)
        .where(c.project_id == project_id)
        .order_by(c.item_seq, c.id)
    )
    steps = groupby(stored_steps(conn, project_id), key=lambda pair: pair[0])
    said = next(steps, None)
    for seq, rows in groupby(flat(streamed(conn, asked)), key=lambda row: row.item_seq):
        while said is not None and said[0] < seq:
            said = next(steps, None)
        latest = {}
        if said is not None and said[0] == seq:
            latest = {step.annotator: step.event_id for step in chain.standing(step for _, step in said[1]).latest}
        there = list(rows)
        for row in there:
            where = f"slot {row.id}"
            if row.state == "done" and latest.get(row.annotator) != row.answered_event:
                yield (
                    where,
                    f"it says that {row.answered_event} fills it, which is no answer of its annotator's that stands.",
                )
            elif row.state != "done" and row.answered_event is not None:
                yield where, f"it is {row.state}, and says that {row.answered_event} fills it."
            elif row.state in ("open", "withdrawn") and row.annotator is not None:
                yield where, f"it is {row.state}, and somebody has it."
            if row.state in LIVE and row.query == "withdrawn":
                yield where, f"it is {row.state}, and its query was withdrawn."
        for query_id in {row.query_id for row in there if row.query == "pending"}:
            of_query = [row.state for row in there if row.query_id == query_id]
            if not any(state in (*LIVE, "skipped") for state in of_query):
                yield f"query {query_id}", "it is pending, and no slot of it is open."


def _counted(conn: sa.Connection, project_id: int) -> dict[str, int]:
    found: dict[str, int] = {}
    of_split = sa.select(item.c.split, sa.func.count()).where(item.c.project_id == project_id)
    for split, n in conn.execute(of_split.group_by(item.c.split)):
        found[tallies.items(split)] = n
    labeled = of_split.join(current_label, current_label.c.item_seq == item.c.seq)
    for split, n in conn.execute(labeled.group_by(item.c.split)):
        found[tallies.labeled(split)] = n
    names = {"open": tallies.LIVE, "leased": tallies.LIVE, "done": tallies.DONE, "skipped": tallies.SKIPPED}
    states = sa.select(slot.c.state, sa.func.count()).where(slot.c.project_id == project_id)
    for state, n in conn.execute(states.group_by(slot.c.state)):
        if state in names:
            found[names[state]] = found.get(names[state], 0) + n
    flags = sa.select(sa.func.count()).where(answer_event.c.project_id == project_id, answer_event.c.action == "flag")
    found[tallies.FLAGGED] = conn.scalar(flags) or 0
    priced = sa.select(query.c.state, query.c.purpose, query.c.cost_usd).where(
        query.c.project_id == project_id, query.c.state != "withdrawn", query.c.cost_usd > 0
    )
    money = {tallies.SPENT: 0, tallies.ORDERED: 0}
    for row in flat(streamed(conn, priced)):
        if row.state == "answered":
            money[tallies.SPENT] += tallies.micro_usd([row.cost_usd])
        elif row.purpose != "evaluation":
            money[tallies.ORDERED] += tallies.micro_usd([row.cost_usd])
    return found | money
