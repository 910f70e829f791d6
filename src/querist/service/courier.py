"""Brings the news to where it is wanted: one POST each, to the very address that was given, and nowhere else."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from querist.core.errors import QueristError
from querist.service import hooks
from querist.store.db import Database

POLL_S = 1.0
TIMEOUT_S = 10.0  # of one step: connecting, sending, the next piece of the answer
DEADLINE_S = 20.0  # of all of them; well below the time for which a delivery is in one's hands

Notice = Callable[[str, Mapping[str, Any]], None]


class Courier:
    """Makes the deliveries of every project in a database, in a thread of its own.

    Parameters
    ----------
    database : Database
    poll_s : float
        Seconds between two looks at whether something is due.
    notice : callable, optional
        Told, as `notice(what, facts)`, of an error that is none of ours; it goes on after it.
    """

    def __init__(
        self, database: Database, *, poll_s: float = POLL_S, notice: Notice = lambda what, facts: None
    ) -> None:
        self._database = database
        self._poll_s = poll_s
        self._notice = notice
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="querist-courier", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = DEADLINE_S + 2.0) -> None:
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
            except Exception as trouble:  # nobody would start this thread again
                self._notice("courier.trouble", {"error": type(trouble).__name__})
                n = 0
            if not n:
                self._stop.wait(self._poll_s)


def post(url: str, body: bytes, headers: Mapping[str, str], *, within_s: float = DEADLINE_S) -> int:
    """Send a body; the status of the answer. A redirection is not followed: it would lead to where nobody agreed to.

    Parameters
    ----------
    url : str
    body : bytes
    headers : mapping
    within_s : float
        How long it may take in all, however slowly the other end speaks.

    Raises
    ------
    OSError
        If there was no answer.
    """
    trial = _Trial(url, body, headers)
    trial.start()
    trial.join(within_s)
    if trial.is_alive():
        trial.hang_up()
        raise TimeoutError(f"no answer within {within_s:g} s")
    if trial.trouble is not None:
        raise trial.trouble
    if trial.status is None:
        raise OSError("no answer")
    return trial.status


class _Trial(threading.Thread):
    """One try, in a thread of its own: a socket's timeout is for each of its steps, of which there may be many."""

    def __init__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(name="querist-delivery", daemon=True)
        self._url = url
        self._body = body
        self._headers = headers
        self._connection: http.client.HTTPConnection | None = None
        self._hung_up = threading.Event()
        self.status: int | None = None
        self.trouble: OSError | None = None

    def run(self) -> None:
        """Try."""
        try:
            parts = urlsplit(self._url)
            self._connection = connection = _connection(parts)
            connection.connect()
            if self._hung_up.is_set():
                return
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, self._body, {**self._headers, "user-agent": "querist"})
            self.status = connection.getresponse().status
        except OSError as trouble:
            self.trouble = trouble
        except Exception as trouble:  # its words may quote what was sent, or what came back from inside a network
            self.trouble = OSError(type(trouble).__name__)
        finally:
            if self._connection is not None:
                self._connection.close()

    def hang_up(self) -> None:
        """Let whatever it waits for come to nothing."""
        self._hung_up.set()
        socket_ = None if self._connection is None else self._connection.sock
        if socket_ is not None:
            with contextlib.suppress(OSError):
                socket_.shutdown(socket.SHUT_RDWR)


def _connection(parts: SplitResult) -> http.client.HTTPConnection:
    if parts.hostname is None:
        raise OSError("the address has no host")
    if parts.scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=TIMEOUT_S, context=context)
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_S)
