"""When the next round should be chosen by itself: read from the store alone, since it is asked twice a second."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from querist.core.queueing import QueueSettings
from querist.store import jobs, slots, tallies
from querist.store import rounds as stored
from querist.store.columns import utc_now
from querist.store.db import Connection

AUTOMATIC = "querist"  # who asked for a round that nobody asked for


def due(conn: Connection, project_id: int, said: Mapping[str, Any]) -> str | None:
    """Why the next round should be chosen now, or None where it should not.

    It is due where the last round that asked to learn has its answers, or its quorum of them, or its deadline passed.
    What somebody skipped stays in the queue for others, and is not waited for. It is not due while the project is
    paused or stopped, nor while something is under way; nor after a round that was taken back, or a job that failed for
    good, until somebody asks; nor in a project that was never told how to hand out its questions.

    Parameters
    ----------
    said : mapping
        The project's settings.
    """
    if "queue" not in said or said.get("paused") or said.get("stopped") is not None:
        return None
    settings = QueueSettings.from_json(said["queue"])
    if not settings.auto_rounds:
        return None
    last = stored.last_to_learn(conn, project_id)
    if last is None or last.state == "withdrawn" or said.get("taken_back") == last.number:
        return None
    newest = next(iter(jobs.listed(conn, project_id, limit=1)), None)
    if newest is not None and newest.state != "done":
        return None  # it waits, runs, or failed for good
    wanted = settings.overlap * last.n_asked
    missing_at_most = int((1 - settings.quorum) * wanted + 1e-9)
    skipped = tallies.one(conn, project_id, tallies.SKIPPED)
    few_left = last.n_pending - skipped <= missing_at_most  # a look that costs nothing, before the count
    if few_left and slots.n_awaited(conn, last.id, limit=missing_at_most + 1) <= missing_at_most:
        return "its answers are in" if not missing_at_most else f"{settings.quorum:.0%} of its answers are in"
    late = settings.deadline_s is not None and utc_now() - last.created_at > timedelta(seconds=settings.deadline_s)
    return "its deadline passed" if late and last.n_answered else None
