"""The round worker: once a round's answers are in, train, measure, choose and open the next one.

Each step leaves its result in the database before the next begins: a dataset version, a model, its measurements, a
round. A worker that takes a job over from one that died looks at what is there and goes on from it.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from querist.core.checks import one_of, positive
from querist.core.errors import BudgetSpent, Conflict, InvalidInput, PoolExhausted, QueristError
from querist.core.policy import Policy
from querist.core.ports import Progress
from querist.service import evidence, reranking, rounds, status, streaming, training
from querist.service.due import AUTOMATIC, due
from querist.service.workspace import Workspace
from querist.service.workspaces import Workspaces
from querist.store import jobs, projects, tallies
from querist.store import rounds as stored
from querist.store.db import Connection
from querist.store.jobs import Job, JobKind

LEASE_S = 15.0  # of a job: so long after its worker died, another one takes it over
POLL_S = 0.5
TRIES = 3
STAGES = {"fitting": "training"}

Notice = Callable[[str, Mapping[str, Any]], None]


def _unheard(what: str, facts: Mapping[str, Any]) -> None:
    """A notice that nobody reads."""


class Driver:
    """Does the machine's work of every project in a database, in this thread or one of its own.

    Parameters
    ----------
    workspaces : Workspaces
    notice : callable
        Told of what happens, `notice(what, facts)`, for a log.
    poll_s : float
        Seconds between two looks at whether something is due.

    Notes
    -----
    Any number of drivers may share a database: a job is in one's hands at a time, by a lease.
    """

    def __init__(self, workspaces: Workspaces, *, notice: Notice = _unheard, poll_s: float = POLL_S) -> None:
        self._workspaces = workspaces
        self._notice = notice
        self._poll_s = poll_s
        self._name = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work in a thread."""
        self._thread = threading.Thread(target=self.run, name="querist-worker", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """Take no further job; one that runs is waited for so long, then left to its lease."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def run(self) -> None:
        """Work until told to stop, whatever goes wrong on the way."""
        while not self._stop.is_set():
            try:
                worked = self.step()
            except Exception as trouble:  # the database may be away: look again later
                self._notice("worker.trouble", {"error": _words(trouble)})
                worked = False
            if not worked:
                self._stop.wait(self._poll_s)

    def step(self) -> bool:
        """Ask for the rounds that are due, and do one job; whether there was one."""
        database = self._workspaces.database
        with database.reading() as conn:
            found = [(each, self._due(conn, each)) for each in projects.listed(conn)]
        for project, _ in found:
            if project.settings.get("stream"):
                self._enqueue(project.name)
        for project, why in found:
            if why is not None:
                try:
                    request(self._workspaces.open(project.name), by=AUTOMATIC, why=why)
                except Conflict:  # another worker was faster
                    continue
        with database.reading() as conn:
            if not jobs.some_ready(conn):
                return False  # without taking the one writer's turn twice a second
        with database.transaction() as conn:
            job = jobs.take(conn, self._name, lease_s=LEASE_S, tries=TRIES)
            name = None if job is None else projects.name_of(conn, job.project_id)
        if job is None or name is None:
            return False
        self._do(self._workspaces.open(name), job)
        return True

    def _enqueue(self, name: str) -> None:
        """Bring what a stream asked into the project's queue."""
        try:
            if n := streaming.enqueue(self._workspaces.open(name)):
                self._notice("stream.asked", {"project": name, "questions": n})
        except Exception as trouble:  # the other projects go on
            self._notice("project.trouble", {"project": name, "error": _words(trouble)})

    def _due(self, conn: Connection, project: projects.Project) -> str | None:
        try:
            return due(conn, project.id, project.settings)
        except InvalidInput as trouble:  # settings of another version, say: the other projects go on
            self._notice("project.trouble", {"project": project.name, "error": str(trouble)})
            return None

    def _do(self, work: Workspace, job: Job) -> None:
        self._notice("job.started", {"job": job.id, "kind": job.kind, "project": work.name, "attempt": job.attempts})
        began = time.perf_counter()
        try:
            with self._kept(work, job) as progress:
                result = train(work, progress) if job.kind == "train" else open_next(work, job, progress)
            with work.database.transaction() as conn:
                jobs.finish(conn, job.id, self._name, result)
        except Exception as error:  # whatever went wrong, the job must not look as if it ran
            self._failed(work, job, error)
        else:
            seconds = round(time.perf_counter() - began, 3)
            self._notice("job.done", {"job": job.id, "project": work.name, "seconds": seconds, **result})
            self._look_at_evidence(work)

    def _look_at_evidence(self, work: Workspace) -> None:
        """Bring what is known of the project's worth up to date; nothing waits for it, and nothing hangs on it."""
        began = time.perf_counter()
        try:
            evidence.refresh(work)
            self._notice("evidence.done", {"project": work.name, "seconds": round(time.perf_counter() - began, 3)})
        except Exception as trouble:  # a learner's own error too
            self._notice("evidence.left", {"project": work.name, "error": _words(trouble)})

    def _failed(self, work: Workspace, job: Job, error: Exception) -> None:
        message = _words(error)
        again = None if job.attempts >= TRIES else 1.0 * 2 ** (job.attempts - 1)
        self._notice("job.failed", {"job": job.id, "project": work.name, "error": message, "again_in_s": again})
        try:
            with work.database.transaction() as conn:
                jobs.fail(conn, job.id, self._name, message, again_in_s=again)
        except QueristError as trouble:  # in other hands by now, or the database is away: its lease lapses
            self._notice("job.lost", {"job": job.id, "error": str(trouble)})

    @contextmanager
    def _kept(self, work: Workspace, job: Job) -> Iterator[Progress]:
        """The job's lease held while it runs, also where it says nothing for minutes; its progress written down."""
        said: dict[str, Any] = {"stage": None, "done": 0, "total": None}
        done = threading.Event()

        def tell() -> None:
            with work.database.transaction() as conn:
                jobs.tell(conn, job.id, self._name, lease_s=LEASE_S, **said)

        def hold() -> None:
            while not done.wait(LEASE_S / 3):
                try:
                    tell()
                except QueristError as trouble:
                    self._notice("job.unheard", {"job": job.id, "error": str(trouble)})

        def progress(n: int, total: int | None, what: str, /) -> None:
            stage = STAGES.get(what, what)
            new = stage != said["stage"]
            said.update(stage=stage, done=n, total=total)
            if new:
                tell()

        holder = threading.Thread(target=hold, name="querist-lease", daemon=True)
        holder.start()
        try:
            yield progress
        finally:
            done.set()
            holder.join()


def request(
    work: Workspace, *, by: str, n: int | None = None, split: str = "pool", why: str = "", kind: JobKind = "round"
) -> Job:
    """Ask the worker for a round, or for a model alone.

    Raises
    ------
    Conflict
        If something is under way already.
    """
    one_of("split", split, ("pool", "test", "calibration"))
    if n is not None:
        positive("n", n)
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        if by == AUTOMATIC and due(conn, work.project_id, projects.settings(conn, work.project_id)) is None:
            raise Conflict("round: must be due still; another worker was faster. Look again.")
        if by != AUTOMATIC:
            _set(conn, work, stopped=None)
        wanted = {"n": n, "split": split, "why": why, "after": stored.last_number(conn, work.project_id)}
        return jobs.add(conn, work.project_id, kind, wanted=wanted, requested_by=by)


def open_next(work: Workspace, job: Job, progress: Progress) -> dict[str, Any]:
    """Do a round's job: what a worker before this one did of it already is not done again."""
    wanted = job.wanted
    with work.database.reading() as conn:
        there = stored.numbers_after(conn, work.project_id, wanted["after"])
    automatic = job.requested_by == AUTOMATIC
    result: dict[str, Any] = {"why": wanted["why"]}
    if automatic and not there and (stop := _verdict(work)) is not None:
        progress(0, 1, "freezing")
        _learn_the_last(work, progress)
        return result | {"stopped": _stop(work, stop)}
    if not any(purpose != "evaluation" or wanted["split"] != "pool" for purpose in there.values()):
        try:
            asked = rounds.ask(work, wanted["n"], split=wanted["split"], progress=progress)
        except (PoolExhausted, BudgetSpent) as error:
            if not automatic:
                raise
            _learn_the_last(work, progress)
            return result | {"stopped": _stop(work, str(error))}
        result |= {"round": asked.round, "strategy": asked.strategy, "n_asked": len(asked.entries)}
        if asked.trained is not None:
            result["model"] = asked.trained.number
    if wanted["split"] == "pool" and "evaluation" not in there.values():
        result |= _ask_to_measure(work)
    reranking.rerank(work, progress=progress)
    return result


def train(work: Workspace, progress: Progress) -> dict[str, Any]:
    """Do a model's job, and put what is still unshown into its order."""
    trained = training.train(work, progress=progress)
    reranking.rerank(work, progress=progress)
    return {"model": trained.number, "n_labels": trained.n_labels}


def pause(work: Workspace) -> None:
    """Hand nothing out and choose nothing until `resume`; what is on a screen can be answered."""
    with work.database.transaction() as conn:
        _set(conn, work, paused=True)


def resume(work: Workspace) -> None:
    """Go on after `pause`, or after the project stopped by itself."""
    with work.database.transaction() as conn:
        _set(conn, work, paused=False, stopped=None)


def retry(work: Workspace, job_id: int) -> Job:
    """Try a job that failed again."""
    with work.database.transaction() as conn:
        return jobs.retry(conn, work.project_id, job_id)


def listed(work: Workspace, *, limit: int = 20) -> list[Job]:
    """The project's last jobs, the newest first."""
    with work.database.reading() as conn:
        return jobs.listed(conn, work.project_id, limit=limit)


def _ask_to_measure(work: Workspace) -> dict[str, Any]:
    """Some items of the test set at random, beside a round, until enough of it is labeled."""
    with work.database.reading() as conn:
        settings = work.queue(conn)
        counts = tallies.of(conn, work.project_id)
        waiting = stored.n_pending(conn, work.project_id, purpose="evaluation")
        policy: Policy = work.policy(conn)
    room = settings.test_labels - counts.get(tallies.labeled("test"), 0) - waiting
    n = min(settings.test_per_round, room)
    if n <= 0 or policy.batch_size < 1:
        return {}
    try:
        drawn = rounds.ask(work, n, split="test")
    except PoolExhausted:
        return {}
    return {"test_round": drawn.round, "n_test_asked": len(drawn.entries)}


def _verdict(work: Workspace) -> str | None:
    """What a stopping rule says, where one says stop."""
    verdict = next((v for v in status.status(work).verdicts if v.stop), None)
    return None if verdict is None else f"{verdict.rule.replace('_', ' ')}: {verdict.sentence}"


def _learn_the_last(work: Workspace, progress: Progress) -> None:
    """A model on all labels, where the last of them came in after the newest model."""
    rounds.train_if_due(work, progress)


def _stop(work: Workspace, why: str) -> str:
    with work.database.transaction() as conn:
        _set(conn, work, stopped=why)
    return why


def _words(error: Exception) -> str:
    """What went wrong; of an error that is not ours only its kind and place, since its words may hold an answer."""
    if isinstance(error, QueristError):
        return str(error)
    trace = traceback.extract_tb(error.__traceback__)
    where = f" in {Path(trace[-1].filename).name}:{trace[-1].lineno}" if trace else ""
    return f"{type(error).__name__}{where}"


def _set(conn: Connection, work: Workspace, **changes: Any) -> None:
    projects.lock(conn, work.project_id)
    projects.update_settings(conn, work.project_id, {**projects.settings(conn, work.project_id), **changes})
