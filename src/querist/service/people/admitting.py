"""What stands before every request: who asks, whether they may, and in which project; seen to in one look."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from querist.core.people import Permission
from querist.service.people.entering import Recognized, check_csrf, recognize
from querist.service.people.permitting import require
from querist.store.columns import utc_now
from querist.store.db import Database


def admit(
    database: Database,
    permission: Permission,
    project: str | None = None,
    *,
    session: str | None = None,
    key: str | None = None,
    csrf: str | None = None,
    changes: bool = False,
    recognized: Callable[[Recognized], None] = lambda found: None,
    now: datetime | None = None,
) -> Recognized:
    """Find out who asks, and see that they may.

    Parameters
    ----------
    database : Database
    permission : {"read", "label", "adjudicate", "manage", "audit", "administer"}
    project : str, optional
        The name of the one they want to enter.
    session, key : str, optional
        What they prove themselves by, as for `who`.
    csrf : str, optional
        What came with a request that changes something.
    changes : bool
        Whether it does.
    recognized : callable
        Told who asks, before it is seen whether they may: of those who may not, too. Where their session or key is
        `stale`, the caller sees to `note_use`.

    Returns
    -------
    found : Recognized

    Raises
    ------
    NotSignedIn
        If neither a session nor a key is there that is good.
    ForeignRequest
        If a change does not come from the page they signed in to.
    Forbidden
        If they may not.
    NotFound
        If there is no such project for them.

    Notes
    -----
    Reads a few rows, and never waits for who writes.
    """
    moment = now or utc_now()
    with database.glancing() as conn:
        found = recognize(conn, session=session, key=key, now=moment)
        recognized(found)
        if changes:
            check_csrf(found.principal, csrf)
        require(conn, found.principal, permission, project)
    return found
