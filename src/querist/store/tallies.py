"""Counts that are kept, since what they count is too many to count each time somebody looks. `audit` counts anew."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

import sqlalchemy as sa

from querist.core.items import SPLITS, Split
from querist.store.queue_tables import tally
from querist.store.sql import upsert
from querist.store.tables import ROUND_COUNTS, round_

LIVE, DONE, SKIPPED, FLAGGED = "slots.live", "slots.done", "slots.skipped", "flags"
PLACE = "place"  # the last one given in the order of work
REOPENED = "reopened"  # how often something came back to the queue: searches that began later must begin anew
ORDERED = "ordered_micro_usd"  # what open questions that ask to learn will cost
SPENT = "spent_micro_usd"  # whole numbers add up to the same sum in any order

_ONE = sa.select(tally.c.n).where(tally.c.project_id == sa.bindparam("project"), tally.c.name == sa.bindparam("called"))
_ADD_TO_ROUND = (
    sa.update(round_)
    .where(round_.c.id == sa.bindparam("at"))
    .values({name: round_.c[name] + sa.bindparam(name) for name in ROUND_COUNTS})
)


def items(split: str) -> str:
    """The name of the count of a split's items."""
    return f"items.{split}"


def labeled(split: str) -> str:
    """The name of the count of a split's labeled items."""
    return f"labeled.{split}"


def add(conn: sa.Connection, project_id: int, changes: Mapping[str, int]) -> None:
    """Add to counts; one that is not there begins at 0."""
    rows = [{"project_id": project_id, "name": name, "n": n} for name, n in sorted(changes.items()) if n]
    if not rows:
        return
    conn.execute(_add(conn.dialect.name), rows)


@cache
def _add(dialect: str) -> sa.Executable:
    new = upsert(dialect, tally)
    c = tally.c
    return new.on_conflict_do_update(index_elements=[c.project_id, c.name], set_={"n": c.n + new.excluded.n})


def of(conn: sa.Connection, project_id: int) -> dict[str, int]:
    """Every count of the project, by name; one that is not there is 0 so far."""
    return {row.name: row.n for row in conn.execute(sa.select(tally).where(tally.c.project_id == project_id))}


def one(conn: sa.Connection, project_id: int, name: str) -> int:
    """One count."""
    return conn.scalar(_ONE, {"project": project_id, "called": name}) or 0


def per_split(counts: Mapping[str, int], what: str) -> dict[Split, int]:
    """The counts of every split: `what` is "items" or "labeled"."""
    return {split: counts.get(f"{what}.{split}", 0) for split in SPLITS}


def add_to_rounds(conn: sa.Connection, changes: Mapping[int, Mapping[str, int]]) -> None:
    """Add to the counts that rounds keep, by the round's id."""
    rows = [{"at": id_, **{name: by.get(name, 0) for name in ROUND_COUNTS}} for id_, by in sorted(changes.items())]
    if rows:
        conn.execute(_ADD_TO_ROUND, rows)


def micro_usd(costs: Sequence[float]) -> int:
    """A sum of money as `SPENT` counts it.

    Examples
    --------
    >>> micro_usd([0.08, 0.08])
    160000
    """
    return sum(math.floor(cost * 1_000_000 + 0.5) for cost in costs)  # halves up, as databases round
