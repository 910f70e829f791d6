"""Waiting for a piece of the machine's work to end."""

from __future__ import annotations

import time

from querist.core.errors import NotFound
from querist.service.workspace import Workspace
from querist.store import jobs

LONGEST_S = 300.0
POLL_S = 0.1


def wait(work: Workspace, job_id: int, *, longest_s: float = LONGEST_S) -> jobs.Job:
    """The job once it is done or has failed; as it is then, where that takes too long.

    Raises
    ------
    NotFound
        If the project has no such job.
    """
    until = time.monotonic() + longest_s
    while True:
        with work.database.reading() as conn:
            found = next((job for job in jobs.listed(conn, work.project_id, limit=50) if job.id == job_id), None)
        if found is None:
            raise NotFound(f"job: must be one of the project's last; there is no {job_id} among them. List them.")
        if found.state in ("done", "failed") or time.monotonic() > until:
            return found
        time.sleep(POLL_S)
