"""Copies of a whole database, made while it is in use, and looked over before anybody relies on them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from querist.core.atomic import beside, writable
from querist.core.errors import InvalidInput, QueristError
from querist.core.ports import Progress, silent
from querist.store import audit, projects
from querist.store.db import Database


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy: where it is, how large, and which projects it holds."""

    path: Path
    size_bytes: int
    projects: tuple[str, ...]
    checked: bool


def backup(url: str, path: Path, *, check: bool = True, progress: Progress = silent) -> Backup:
    """Copy a SQLite database into a new file, and check every project in the copy.

    Parameters
    ----------
    url : str
    path : Path
        A file that is not there yet. It appears whole or not at all.
    check : bool
        Whether to verify the copy, which takes as long as `querist verify` of each project.

    Raises
    ------
    InvalidInput
        If the database is no SQLite file, or there is something at the path.
    QueristError
        If the copy does not agree with itself; it is then not kept.
    """
    target = writable(path)
    if target.exists():
        raise InvalidInput(f"backup: must be a new file; {path} is there. Name another, or move it away.")
    with Database.open(url, create=False) as database:
        progress(0, 2, "copying")
        with beside(target) as copy:
            database.copy_to(copy)
            progress(1, 2, "copying")
            with Database.open(copy, create=False) as copied, copied.reading() as conn:
                names = [project.name for project in projects.listed(conn)]
                found = [
                    problem
                    for project in (projects.listed(conn) if check else ())
                    for problem in audit.verify(conn, project.id, progress=progress)
                ]
            if found:
                raise QueristError(
                    f"backup: must agree with itself; {found[0]} ({len(found)} such). Run `querist verify` on the "
                    "database: the copy is as it is, and was not kept."
                )
            for rest in ("-wal", "-shm"):
                with contextlib.suppress(FileNotFoundError):
                    copy.with_name(copy.name + rest).unlink()
        progress(2, 2, "copying")
    return Backup(target, target.stat().st_size, tuple(names), check)
