"""Items that were moved to another split after they came in: on record, so that what was before can be redone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from querist.core.items import Split
from querist.store import findings, items, models, rounds
from querist.store.db import Connection

MOST = 100_000  # moves on record that are read


@dataclass(frozen=True, slots=True)
class Move:
    """Items that left one split for another, for good.

    `after_model` and `after_round` are the newest model and round that had them where they were; `body` is whatever
    else whoever moved them wanted kept.
    """

    origin: Split
    to: Split
    seqs: tuple[int, ...]
    after_model: int
    after_round: int
    body: Mapping[str, Any]
    by: str
    at: datetime


def moves(conn: Connection, project_id: int) -> list[Move]:
    """Every move, oldest first."""
    if not last_move(conn, project_id):
        return []
    return [
        Move(
            origin=found.body["origin"],
            to=found.body["to"],
            seqs=tuple(found.body["seqs"]),
            after_model=found.body["after_model"],
            after_round=found.body["after_round"],
            body=found.body,
            by=found.by,
            at=found.created_at,
        )
        for found in reversed(findings.listed(conn, project_id, "split", limit=MOST))
    ]


def left_pool(conn: Connection, project_id: int, model: int) -> bool:
    """Whether items have left the pool since this model was made."""
    return any(each.origin == "pool" and each.after_model >= model for each in moves(conn, project_id))


def last_move(conn: Connection, project_id: int) -> int:
    """A number that changes with every move; 0 before the first."""
    return findings.last_id(conn, project_id, "split")


def move(
    conn: Connection, project_id: int, seqs: Sequence[int], *, origin: Split, to: Split, by: str = "", **body: Any
) -> None:
    """Move items, in the caller's transaction; open questions about them are taken back."""
    newest = models.latest(conn, project_id)
    rounds.withdraw_queries(conn, project_id, seqs)
    items.set_splits(conn, project_id, dict.fromkeys(seqs, to))
    kept = {
        **body,
        "origin": origin,
        "to": to,
        "seqs": sorted(seqs),
        "after_model": 0 if newest is None else newest.number,
        "after_round": rounds.last_number(conn, project_id),
    }
    findings.record(conn, project_id, "split", kept, by=by)
