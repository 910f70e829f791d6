"""Jobs of the machine: one a project at a time, held by a lease, so that another worker goes on where one died."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.core.errors import Conflict, NotFound
from querist.store.columns import utc_now
from querist.store.queue_tables import JobKind as JobKind
from querist.store.queue_tables import JobState, job
from querist.store.sql import clock


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of machine work and how far it is. `wanted` says what was asked for, `result` what came of it."""

    id: int
    project_id: int
    kind: JobKind
    state: JobState
    wanted: Mapping[str, Any]
    stage: str | None
    done: int
    total: int | None
    attempts: int
    error: str | None
    result: Mapping[str, Any] | None
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


_SHOWN = tuple(job.c[name] for name in Job.__dataclass_fields__)


def add(conn: sa.Connection, project_id: int, kind: JobKind, *, wanted: Mapping[str, Any], requested_by: str) -> Job:
    """Ask for a job.

    Raises
    ------
    Conflict
        If the project has one under way: it must end first.
    """
    made = job.insert().values(
        project_id=project_id,
        kind=kind,
        state="waiting",
        wanted=dict(wanted),
        done=0,
        attempts=0,
        requested_by=requested_by,
        created_at=utc_now(),
    )
    try:
        with conn.begin_nested():
            return _job(conn.execute(made.returning(*_SHOWN)).one())
    except sa.exc.IntegrityError:
        raise Conflict(
            "job: the project has one under way already; it must end first. Look at it, then ask again."
        ) from None


def some_ready(conn: sa.Connection) -> bool:
    """Whether `take` may find something."""
    return conn.scalar(sa.select(job.c.id).where(_ready(conn)).limit(1)) is not None


def take(conn: sa.Connection, worker: str, *, lease_s: float, tries: int) -> Job | None:
    """The next job that waits, or whose worker fell silent until its lease lapsed; None where there is none."""
    c = job.c
    # One whose workers died so often that it must be its own fault, by its memory say, is left for a person to see.
    spent = sa.update(job).where(_lapsed(conn), c.attempts >= tries)
    conn.execute(spent.values(state="failed", worker=None, error="its workers died of it", finished_at=utc_now()))
    first = sa.select(c.id).where(_ready(conn)).order_by(c.id).limit(1).with_for_update(skip_locked=True)
    taken = (
        sa.update(job)
        .where(c.id == first.scalar_subquery())
        .values(
            state="running",
            worker=worker,
            lease_until=clock(conn) + lease_s,
            attempts=c.attempts + 1,
            started_at=sa.func.coalesce(c.started_at, sa.bindparam("now", utc_now(), type_=c.started_at.type)),
            error=None,
        )
    )
    row = conn.execute(taken.returning(*_SHOWN)).one_or_none()
    return None if row is None else _job(row)


def tell(
    conn: sa.Connection,
    job_id: int,
    worker: str,
    *,
    lease_s: float,
    stage: str | None = None,
    done: int = 0,
    total: int | None = None,
) -> None:
    """Say how far a job is, and hold it longer.

    Raises
    ------
    Conflict
        If it is in other hands by now: whoever lost it must stop.
    """
    change: dict[str, Any] = {"lease_until": clock(conn) + lease_s}
    if stage is not None:
        change |= {"stage": stage, "done": done, "total": total}
    _mine(conn, job_id, worker, change)


def finish(conn: sa.Connection, job_id: int, worker: str, result: Mapping[str, Any]) -> None:
    """It is done, and this came of it."""
    _mine(conn, job_id, worker, {"state": "done", "result": dict(result), "finished_at": utc_now(), "stage": None})


def fail(conn: sa.Connection, job_id: int, worker: str, error: str, *, again_in_s: float | None = None) -> None:
    """It failed: to be tried again in so many seconds, or, by None, only when somebody asks."""
    change: dict[str, Any] = {"error": error, "worker": None, "lease_until": None}
    if again_in_s is None:
        change |= {"state": "failed", "finished_at": utc_now()}
    else:
        change |= {"state": "waiting", "not_before": clock(conn) + again_in_s}
    _mine(conn, job_id, worker, change)


def retry(conn: sa.Connection, project_id: int, job_id: int) -> Job:
    """Try a job that failed again.

    Raises
    ------
    NotFound
        If the project has no such job that failed.
    Conflict
        If another one is under way.
    """
    c = job.c
    again = sa.update(job).where(c.project_id == project_id, c.id == job_id, c.state == "failed")
    try:
        with conn.begin_nested():
            row = conn.execute(
                again.values(state="waiting", attempts=0, error=None, finished_at=None, not_before=None).returning(
                    *_SHOWN
                )
            ).one_or_none()
    except sa.exc.IntegrityError:
        raise Conflict(
            "job: another one of the project is under way; it must end first. Look at it, then ask again."
        ) from None
    if row is None:
        raise NotFound(f"job: must be one of the project's that failed; {job_id} is none. List them.")
    return _job(row)


def listed(conn: sa.Connection, project_id: int, *, limit: int = 20) -> list[Job]:
    """The project's last jobs, the newest first."""
    asked = sa.select(*_SHOWN).where(job.c.project_id == project_id).order_by(job.c.id.desc()).limit(limit)
    return [_job(row) for row in conn.execute(asked)]


def under_way(conn: sa.Connection, project_id: int) -> Job | None:
    """The job that waits or runs, if any."""
    c = job.c
    which = sa.or_(c.state == sa.literal_column("'waiting'"), c.state == sa.literal_column("'running'"))
    row = conn.execute(sa.select(*_SHOWN).where(c.project_id == project_id, which)).one_or_none()
    return None if row is None else _job(row)


def to_show(conn: sa.Connection, project_id: int) -> Job | None:
    """The job that waits or runs; else the newest one, if it failed for good: no round follows by itself until then."""
    there = under_way(conn, project_id)
    if there is not None:
        return there
    newest = next(iter(listed(conn, project_id, limit=1)), None)
    return newest if newest is not None and newest.state == "failed" else None


def _lapsed(conn: sa.Connection) -> sa.ColumnElement[bool]:
    return sa.and_(job.c.state == sa.literal_column("'running'"), job.c.lease_until < clock(conn))


def _ready(conn: sa.Connection) -> sa.ColumnElement[bool]:
    c = job.c
    waits = sa.and_(
        c.state == sa.literal_column("'waiting'"), sa.or_(c.not_before.is_(None), c.not_before <= clock(conn))
    )
    return sa.or_(waits, _lapsed(conn))


def _mine(conn: sa.Connection, job_id: int, worker: str, change: Mapping[str, Any]) -> None:
    c = job.c
    changed = sa.update(job).where(c.id == job_id, c.worker == worker, c.state == "running").values(dict(change))
    if not conn.execute(changed).rowcount:
        raise Conflict(f"job: must still be this worker's; {job_id} was taken over or ended. Let it go.")


def _job(row: sa.Row[Any]) -> Job:
    return Job(**row._mapping)
