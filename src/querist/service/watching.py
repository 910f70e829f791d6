"""The queue as its manager watches it: what is left, how fast it goes, who is at it, what the machine does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from querist.core.items import Split
from querist.service.workspace import Workspace
from querist.store import answers, jobs, leases, models, rounds, tallies, workdays
from querist.store.columns import utc_now
from querist.store.jobs import Job

ProjectState = Literal["labeling", "training", "idle", "stopped", "empty"]
PACE_OF = 100  # the last answers, by which the rate is told
QUIET = timedelta(minutes=15)  # after so long without an answer nobody is at work
AT_WORK_S = 120  # somebody who asked for work within so long is at it


@dataclass(frozen=True, slots=True)
class Queue:
    """Slots by what became of them, and how often somebody raised a flag."""

    open: int
    leased: int
    done: int
    skipped: int
    flagged: int


@dataclass(frozen=True, slots=True)
class Money:
    """The budget in labels and in US dollars, and what is left of it; None is no limit."""

    labels: int | None
    labels_left: int | None
    usd: float | None
    usd_left: float | None
    spent_usd: float


@dataclass(frozen=True, slots=True)
class Progress:
    """A project at a glance.

    `job` waits, runs, or failed for good with none asked for since. `drain_s` is how long the queue takes at the
    present rate; None where nobody answers.
    """

    items: dict[Split, int]
    labeled: dict[Split, int]
    queue: Queue
    round: rounds.RoundRecord | None
    budget: Money
    paused: bool
    state: ProjectState
    stopped_because: str | None
    job: Job | None
    model: int | None
    rate_per_hour: float
    drain_s: float | None


@dataclass(frozen=True, slots=True)
class Worker:
    """Somebody who labels here: whether they are at it now, and what they have done."""

    name: str
    working: bool
    leased: int
    today: int
    total: int
    skipped: int
    last_at: datetime | None
    median_s: float | None


def progress(work: Workspace) -> Progress:
    """Read from counts that are kept: as fast at a million items as at ten."""
    with work.database.reading() as conn:
        project = work.project_id
        said, policy = work.settings(conn), work.policy(conn)
        counts = tallies.of(conn, project)
        leased = leases.n_leased(conn, project)
        last = rounds.last_to_learn(conn, project)
        bought, waiting, waiting_usd = rounds.bought(conn, project)
        job = jobs.to_show(conn, project)
        model = models.latest(conn, project)
        pace = _rate(answers.last_received(conn, project, PACE_OF))
    live = counts.get(tallies.LIVE, 0)
    spent = counts.get(tallies.SPENT, 0) / 1_000_000
    budget = policy.budget
    items = tallies.per_split(counts, "items")
    stopped = said.get("stopped")
    return Progress(
        items=items,
        labeled=tallies.per_split(counts, "labeled"),
        queue=Queue(
            open=max(0, live - leased),
            leased=leased,
            done=counts.get(tallies.DONE, 0),
            skipped=counts.get(tallies.SKIPPED, 0),
            flagged=counts.get(tallies.FLAGGED, 0),
        ),
        round=last,
        budget=Money(
            labels=budget.labels,
            labels_left=None if budget.labels is None else max(0, budget.labels - bought - waiting),
            usd=budget.usd,
            usd_left=None if budget.usd is None else max(0.0, budget.usd - spent - waiting_usd),
            spent_usd=spent,
        ),
        paused=bool(said.get("paused")),
        state=_state(any(items.values()), live, job, stopped),
        stopped_because=stopped,
        job=job,
        model=None if model is None else model.number,
        rate_per_hour=pace,
        drain_s=3600 * live / pace if pace and live else None,
    )


def people(work: Workspace) -> list[Worker]:
    """Everybody who has worked here, those at it now first."""
    with work.database.reading() as conn:
        totals = workdays.totals(conn, work.project_id, today=workdays.day_of(utc_now()))
        held = leases.leased_per_person(conn, work.project_id)
        idle = leases.idle_s(conn, work.project_id)
    out = []
    for name in sorted({*totals, *held, *idle}):
        total = totals.get(name)
        out.append(
            Worker(
                name=name,
                working=idle.get(name, AT_WORK_S) < AT_WORK_S,
                leased=held.get(name, 0),
                today=0 if total is None else total.today,
                total=0 if total is None else total.n_answers,
                skipped=0 if total is None else total.n_skipped,
                last_at=None if total is None else total.last_at,
                median_s=None if total is None or not total.n_answers else total.active_ms / 1000 / total.n_answers,
            )
        )
    return sorted(out, key=lambda each: (not each.working, -each.today, each.name))


def _rate(moments: list[datetime]) -> float:
    """Answers an hour by the last ones, newest first; 0 where nobody has answered for a while."""
    now = utc_now()
    recent = [moment for moment in moments if now - moment < QUIET]
    if not recent:
        return 0.0
    span = max((now - recent[-1]).total_seconds(), 1.0)
    return 3600 * len(recent) / span


def _state(some: bool, live: int, job: Job | None, stopped: str | None) -> ProjectState:
    if not some:
        return "empty"
    if job is not None and job.state != "failed":
        return "training"
    if live:
        return "labeling"
    return "stopped" if stopped is not None else "idle"
