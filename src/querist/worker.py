"""The worker: makes rounds and models for every project of a database, in a process of its own."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from querist.service.driving import Driver
from querist.service.workspaces import Workspaces

Notice = Callable[[str, Mapping[str, Any]], None]


def work(url: str, *, notice: Notice = lambda what, facts: None) -> None:
    """Work until told to stop: by Ctrl-C, or by a signal to end.

    Parameters
    ----------
    url : str
        The database.
    notice : callable
        Told of what happens, `notice(what, facts)`.
    """
    with Workspaces.at(url) as opened:
        driver = Driver(opened, notice=notice)

        def end(number: int, frame: FrameType | None) -> None:
            driver.stop()

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            notice("worker.started", {"database": opened.database.url})
            driver.run()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
