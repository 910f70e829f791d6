"""`querist.Client`: a server's projects from Python, by the same verbs as `querist.open`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from querist.client.project import Job, Problem, RemoteProject
from querist.client.wire import Wire
from querist.core.plain import read
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.service.browsing import Card

__all__ = ["Client", "Job", "Problem", "RemoteProject"]

TIMEOUT_S = 60.0


class Client:
    """A server of Querist's.

    Parameters
    ----------
    url : str
        Its address, like `https://label.example.org`.
    key : str
        An API key: `querist keys make`, or the page, makes one. White space around it is left out, as a file's last
        line end.
    timeout_s : float
        Seconds to wait for an answer.
    transport : httpx2.BaseTransport, optional
        In place of the network.

    Raises
    ------
    InvalidInput
        If the key is none; the message does not repeat it.
    MissingExtra
        If httpx2 is not installed.

    Notes
    -----
    What breaks on the way is sent again, where that cannot count twice: what only reads, and answers, which carry keys.

    Examples
    --------
    >>> with Client("http://127.0.0.1:8700", key="qk_...") as server:  # doctest: +SKIP
    ...     tickets = server.project("tickets")
    ...     for entry in tickets.ask(10).entries:
    ...         print(entry.item_id, entry.preview)
    """

    def __init__(self, url: str, *, key: str, timeout_s: float = TIMEOUT_S, transport: Any = None) -> None:
        self._wire = Wire(url, key, timeout_s, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def projects(self) -> list[Card]:
        """The projects that the key may enter, at a glance."""
        return [read(Card, each) for each in self._wire.get("projects")["projects"]]

    def project(self, name: str) -> RemoteProject:
        """A project that is there.

        Raises
        ------
        NotFound
            If there is none of the name, or none for this key.
        """
        found = self._wire.get(f"projects/{quote(name, safe='')}")
        return RemoteProject(self._wire, str(found["name"]))

    def create(
        self,
        name: str,
        *,
        classes: Sequence[str] | None = None,
        target: str = "label",
        schema: Schema | None = None,
        policy: Policy | None = None,
        instructions: str = "",
        settings: Mapping[str, Any] | None = None,
        test_share: float = 0.2,
        calibration_share: float = 0.05,
    ) -> RemoteProject:
        """Start a project.

        Parameters
        ----------
        name : str
        classes : sequence of str, optional
            The answers to choose from. `schema` says more than that.
        target : str
            What is asked.
        policy : Policy, optional
            How to choose.
        instructions : str
            What annotators are told.
        settings : mapping, optional
            How work is handed out, where it is not as by default: `{"overlap": 2}`.
        test_share, calibration_share : float
            Shares of the items that no strategy may ask about.
        """
        asked = schema or Schema(target, tuple(classes or ()))
        body = {
            "name": name,
            "target": asked.target,
            "task": asked.task,
            "classes": list(asked.classes),
            "low": asked.low,
            "high": asked.high,
            "sides": list(asked.sides),
            "policy": None if policy is None else policy.to_json(),
            "instructions": instructions,
            "settings": dict(settings or {}),
            "test_share": test_share,
            "calibration_share": calibration_share,
        }
        self._wire.post("projects", {key: value for key, value in body.items() if value is not None})
        return RemoteProject(self._wire, name)
