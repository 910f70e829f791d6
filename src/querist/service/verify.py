"""Does everything stored agree with itself?"""

from __future__ import annotations

from dataclasses import dataclass

from querist.core.copies import Copies
from querist.core.ports import Progress, silent
from querist.service import copies
from querist.service.workspace import Workspace
from querist.store import audit


@dataclass(frozen=True, slots=True)
class Verified:
    """What does not agree, and which items may be copies on two sides of a split: these are for a person to judge."""

    problems: tuple[audit.Problem, ...]
    copies: Copies


def look(work: Workspace, *, progress: Progress = silent) -> Verified:
    """Verify, and look for copies; equal items on two sides are a problem."""
    found = copies.find(work, progress=progress)
    equal = (
        audit.Problem(
            "split",
            f"item {each.item_id!r} of the {each.split} split",
            f"{each.other_id!r} of the {each.other_split} split has the same content.",
        )
        for each in found.pairs
        if each.how == "equal"
    )
    with work.database.reading() as conn:
        problems = audit.verify(conn, work.project_id, progress=progress)
    return Verified((*problems, *equal), found)


def verify(work: Workspace, *, progress: Progress = silent) -> list[audit.Problem]:
    """Check the chain of answers, the labels rebuilt from it, the dataset versions, the rounds and the splits.

    Returns
    -------
    problems : list of Problem
        Empty where all is sound.
    """
    return list(look(work, progress=progress).problems)
