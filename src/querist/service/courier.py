"""Brings the news to where it is wanted: one POST each, to the very address that was given, and nowhere else."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

from querist.core.errors import QueristError
from querist.service import hooks
from querist.store.db import Database

POLL_S = 1.0
TIMEOUT_S = 10.0


class Courier:
    """Makes the deliveries of every project in a database, in a thread of its own.

    Parameters
    ----------
    database : Database
    poll_s : float
        Seconds between two looks at whether something is due.
    """

    def __init__(self, database: Database, *, poll_s: float = POLL_S) -> None:
        self._database = database
        self._poll_s = poll_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="querist-courier", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 2 * TIMEOUT_S) -> None:
        """Make no further delivery; one that is under way is waited for."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                n = hooks.deliver(self._database, post, limit=1)
            except QueristError:  # the database is away, or in other hands: what is due stays due
                n = 0
            if not n:
                self._stop.wait(self._poll_s)


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a body; the status of the answer. A redirection is not followed: it would lead to where nobody agreed to.

    Raises
    ------
    OSError
        If there was no answer.
    """
    parts = urlsplit(url)
    if parts.hostname is None:
        raise OSError("the address has no host")
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context()
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT_S, context=context)
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, {**headers, "user-agent": "querist"})
        return connection.getresponse().status
    except (http.client.HTTPException, UnicodeError, ValueError) as error:
        raise OSError(f"{type(error).__name__}: {error}") from None
    finally:
        connection.close()
