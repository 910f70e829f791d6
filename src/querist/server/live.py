"""What happens in a project, told to every page that looks at it, while only one look at the database is taken."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi.concurrency import run_in_threadpool

from querist.core.errors import QueristError
from querist.server.errors import Refused
from querist.server.observing import Metrics, log_failure
from querist.server.schemas.items import Progress
from querist.server.schemas.rounds import Round
from querist.service import curves, watching
from querist.service.workspace import Workspace

LOOK_S = 0.7
QUIET_S = 15.0  # without a word, a proxy takes a stream for dead
ADMIT_S = 2.0  # who was put out is told nothing after this; a look costs a row or two, for each stream
LONGEST_S = 600.0  # then the browser opens it again
MOST_STREAMS = 1000
MOST_OF_ONE = 20  # of one person, so that nobody takes all of them
WAITING = 100  # events that one slow reader may be behind
DRIFTS = {"rate_per_hour", "drain_s"}  # they change by the clock alone

Event = tuple[str, str]
NOTHING: Event = ("", "")


@dataclass(slots=True)
class _Feed:
    """Those who look at one project, and what they were told last."""

    work: Workspace
    readers: set[asyncio.Queue[Event | None]] = field(default_factory=set)
    told: dict[str, Any] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None


class Live:
    """The streams of a server."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._feeds: dict[str, _Feed] = {}
        self._of_each: Counter[str] = Counter()
        self._stopped = False

    def stream(self, work: Workspace, name: str, stays: Callable[[], Awaitable[bool]]) -> AsyncIterator[str]:
        """The events of a project as text, from what is now, for a person of this name.

        It ends once `stays` says that they may no longer look.

        Raises
        ------
        Refused
            If the server stops, or has as many streams as it can serve, of all or of this person.
        """
        if self._stopped or sum(len(feed.readers) for feed in self._feeds.values()) >= MOST_STREAMS:
            raise Refused(503, "busy", "events: must be few enough to be served; there are too many streams.", "Wait.")
        if self._of_each[name] >= MOST_OF_ONE:
            raise Refused(
                429,
                "too_many",
                f"events: must be at most {MOST_OF_ONE} streams of one person; you have as many.",
                "Close some windows.",
                headers={"Retry-After": str(int(QUIET_S))},
            )
        return self._events(work, name, stays)

    async def _events(self, work: Workspace, name: str, stays: Callable[[], Awaitable[bool]]) -> AsyncIterator[str]:
        feed = self._feeds.setdefault(work.name, _Feed(work))
        mine: asyncio.Queue[Event | None] = asyncio.Queue(WAITING)
        for event in feed.last.items():
            mine.put_nowait(event)
        feed.readers.add(mine)
        if feed.task is None or feed.task.done():
            feed.task = asyncio.create_task(self._look(feed))
        spoke = admitted = time.monotonic()
        until = spoke + LONGEST_S
        self._metrics.streams.inc()
        self._of_each[name] += 1
        try:
            yield "retry: 2000\n\n"
            while not self._stopped and time.monotonic() < until:
                said = await _heard(mine)
                if said is None:
                    break
                now = time.monotonic()
                if now - admitted >= ADMIT_S:
                    if not await stays():
                        break
                    admitted = now
                if said != NOTHING:
                    yield f"event: {said[0]}\ndata: {said[1]}\n\n"
                elif now - spoke > QUIET_S - ADMIT_S:  # the next look would be too late
                    yield ": still here\n\n"
                else:
                    continue
                spoke = now
        finally:
            self._metrics.streams.dec()
            self._of_each[name] -= 1
            self._of_each += Counter()  # which forgets those who have none
            feed.readers.discard(mine)
            if not feed.readers and feed.task is not None:
                feed.task.cancel()
                if self._feeds.get(work.name) is feed:  # and not one that others began after it
                    del self._feeds[work.name]

    def stop(self) -> None:
        """End every stream. May be called from a signal's handler."""
        self._stopped = True
        for feed in self._feeds.values():
            for reader in feed.readers:
                if not reader.full():
                    reader.put_nowait(None)

    async def _look(self, feed: _Feed) -> None:
        failed = False
        while True:
            try:
                now = await run_in_threadpool(_now, feed.work)
                failed = False
            except QueristError:  # the database is away: what they see stays as it is until it is back
                now = {}
            except Exception as error:  # nobody would look again, and every page would stand still
                if not failed:
                    log_failure("stream.failed", error)
                failed, now = True, {}
            if now:
                for name in feed.last.keys() - now.keys():  # a job that is over, say: who comes later is told of none
                    del feed.last[name], feed.told[name]
            for name, (mark, text) in now.items():
                if feed.told.get(name) != mark:
                    feed.told[name] = mark
                    feed.last[name] = text
                    self._tell(feed, (name, text))
            await asyncio.sleep(LOOK_S)

    def _tell(self, feed: _Feed, event: Event) -> None:
        for reader in list(feed.readers):
            if reader.full():
                feed.readers.discard(reader)  # it does not read: its stream ends, and its browser begins anew
                reader.get_nowait()
                reader.put_nowait(None)
            else:
                reader.put_nowait(event)


async def _heard(mine: asyncio.Queue[Event | None]) -> Event | None:
    """What a reader is told next, None at the end; or nothing, for so long that it is to be seen to anew who reads."""
    try:
        async with asyncio.timeout(ADMIT_S):
            return await mine.get()
    except TimeoutError:
        return NOTHING


def _now(work: Workspace) -> dict[str, tuple[Any, str]]:
    """What there is to tell: each by its name, with what tells whether it is new."""
    found = watching.progress(work)
    progress = Progress.model_validate(found)
    marks = progress.model_dump(mode="json", exclude=DRIFTS)
    told: dict[str, tuple[Any, str]] = {"progress": (marks, progress.model_dump_json())}
    if found.round is not None:
        state = Round.model_validate(found.round)
        told["round"] = (state.model_dump(mode="json"), state.model_dump_json())
    if progress.job is not None:
        told["job"] = (marks["job"], progress.job.model_dump_json())
    if found.model is not None:
        told["model"] = ((found.model, curves.n_measured(work)), f'{{"model":{found.model}}}')
    return told
