"""Does everything stored agree with itself?"""

from __future__ import annotations

from querist.core.ports import Progress, silent
from querist.service.workspace import Workspace
from querist.store import audit


def verify(work: Workspace, *, progress: Progress = silent) -> list[audit.Problem]:
    """Check the chain of answers, the labels rebuilt from it, the dataset versions, the rounds and the splits.

    Returns
    -------
    problems : list of Problem
        Empty where all is sound.
    """
    with work.database.reading() as conn:
        return audit.verify(conn, work.project_id, progress=progress)
