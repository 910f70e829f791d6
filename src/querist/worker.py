"""The worker: makes rounds and models for every project of a database, and brings news to webhooks, on its own."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any

from querist.service.courier import Courier
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
        driver, courier = Driver(opened, notice=notice), Courier(opened.database, notice=notice)

        def end(number: int, frame: FrameType | None) -> None:
            driver.stop()

        before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            notice("worker.started", {"database": opened.database.url})
            courier.start()
            driver.run()
        finally:
            courier.stop()
            for number, handler in before.items():
                signal.signal(number, handler)
