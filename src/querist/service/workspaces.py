"""The projects of one database that are open in this process, whoever asks for them."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from types import TracebackType
from typing import Any, Self

from querist.service import projects
from querist.service.workspace import Workspace
from querist.store import projects as stored
from querist.store.db import Database

__all__ = ["Database", "Workspaces"]

KEPT = 16  # each may hold its pool in memory


class Workspaces:
    """Opens each project once, keeps those used last, and lets any number of threads share them.

    Parameters
    ----------
    database : Database
        Of all of them; closed with this.
    kept : int
        How many stay open at most. A project that is let go is opened again when somebody asks for it.

    Examples
    --------
    >>> import tempfile
    >>> from querist.core.schema import Schema
    >>> with tempfile.TemporaryDirectory() as folder, Workspaces.at(f"{folder}/labels.db") as projects:
    ...     made = projects.create("tickets", schema=Schema("topic", ("bug", "wish")))
    ...     projects.open("tickets") is made
    True
    """

    def __init__(self, database: Database, *, kept: int = KEPT) -> None:
        self.database = database
        self._kept = kept
        self._open: OrderedDict[str, Workspace] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def at(cls, url: str) -> Workspaces:
        """The projects of the database at a URL, which is made where there is none."""
        return cls(Database.open(url))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the projects and of the database."""
        with self._lock:
            self._open.clear()
        self.database.close()

    def open(self, name: str) -> Workspace:
        """The project of this name.

        Raises
        ------
        NotFound
            If there is none.
        """
        return self.opened(name) or self._keep(projects.open_in(self.database, name))

    def opened(self, name: str) -> Workspace | None:
        """The project of this name, if it is open."""
        with self._lock:
            if (work := self._open.get(name)) is not None:
                self._open.move_to_end(name)
            return work

    def create(self, name: str, **settings: Any) -> Workspace:
        """Start a project; the settings are those of `querist.service.projects.create`."""
        return self._keep(projects.create(self.database, name, **settings))

    def delete(self, name: str) -> None:
        """Take a project that nobody has answered in out of every list; its name is free again.

        Raises
        ------
        NotFound
            If there is none of the name.
        Conflict
            If it has answers.
        """
        work = self.open(name)
        with self.database.transaction() as conn:
            stored.set_aside(conn, work.project_id)
        with self._lock:
            self._open.pop(name, None)

    def _keep(self, work: Workspace) -> Workspace:
        with self._lock:
            kept = self._open.setdefault(work.name, work)  # another thread may have been faster
            self._open.move_to_end(work.name)
            while len(self._open) > self._kept:
                self._open.popitem(last=False)
            return kept
