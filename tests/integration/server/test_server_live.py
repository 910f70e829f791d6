"""Streams of events from within: what no page sees until something goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from querist.core.errors import Conflict
from querist.server import live
from querist.server.errors import Refused
from querist.server.live import MOST_OF_ONE, Live
from querist.server.observing import Metrics

WORK: Any = SimpleNamespace(name="topics")


async def stays() -> bool:
    """That whoever looks still may."""
    return True


async def told(stream: Any, event: str) -> str:
    """The next that a stream says of some event."""
    async with asyncio.timeout(5):
        async for said in stream:
            if said.startswith(f"event: {event}\n"):
                return str(said)
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("error", [RuntimeError("of another"), Conflict("the database is away")])
def test_a_stream_goes_on_after_an_error_of_any_kind(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    looks = iter([error, error, {"model": (1, "1")}])

    def now(_: Any) -> Any:
        found = next(looks, {})
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(live, "_now", now)
    monkeypatch.setattr(live, "LOOK_S", 0.01)

    async def scene() -> None:
        stream = Live(Metrics()).stream(WORK, "ann", stays)
        assert "data: 1" in await told(stream, "model")
        await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(scene())
    assert "of another" not in capsys.readouterr().out


def test_who_comes_later_is_told_of_no_job_that_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([{"progress": (1, "at work"), "job": (1, "running")}, {"progress": (2, "done")}])
    monkeypatch.setattr(live, "_now", lambda _: next(looks, {}))
    monkeypatch.setattr(live, "LOOK_S", 0.01)

    async def scene() -> None:
        alive = Live(Metrics())
        early, late = alive.stream(WORK, "ann", stays), alive.stream(WORK, "bob", stays)
        while "data: done" not in await told(early, "progress"):
            pass
        assert "data: done" in await told(late, "progress")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(told(late, "job"), 0.2)
        for stream in (early, late):
            await stream.aclose()  # type: ignore[attr-defined]

    asyncio.run(scene())


def test_who_leaves_an_old_feed_leaves_the_new_one_to_its_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    n = iter(range(1000))

    def now(_: Any) -> Any:
        i = next(n)
        return {"model": (i, str(i))}

    monkeypatch.setattr(live, "_now", now)
    monkeypatch.setattr(live, "LOOK_S", 0.01)

    async def scene() -> None:
        streams = Live(Metrics())
        slow, first = (streams.stream(WORK, "ann", stays) for _ in range(2))
        await told(first, "model")
        await told(slow, "model")
        feed = streams._feeds["topics"]
        feed.readers.clear()  # as one is thrown out who does not read
        await first.aclose()  # type: ignore[attr-defined]
        later = streams.stream(WORK, "bob", stays)
        await told(later, "model")
        await slow.aclose()  # type: ignore[attr-defined]
        assert streams._feeds["topics"] is not feed
        await told(later, "model")
        await later.aclose()  # type: ignore[attr-defined]
        assert streams._feeds == {}

    asyncio.run(scene())


def test_nobody_takes_all_the_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_now", lambda _: {})

    async def scene() -> None:
        streams = Live(Metrics())
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(MOST_OF_ONE):
                stream = streams.stream(WORK, "ann", stays)
                stack.push_async_callback(stream.aclose)  # type: ignore[attr-defined]
                await anext(stream)
            with pytest.raises(Refused, match="at most 20 streams of one person"):
                streams.stream(WORK, "ann", stays)
            other = streams.stream(WORK, "bob", stays)
            await anext(other)
            await other.aclose()  # type: ignore[attr-defined]
        assert not streams._of_each
        again = streams.stream(WORK, "ann", stays)
        await anext(again)
        await again.aclose()  # type: ignore[attr-defined]

    asyncio.run(scene())


@pytest.mark.parametrize("quiet", [False, True])
def test_a_stream_ends_once_its_reader_may_no_longer_look(monkeypatch: pytest.MonkeyPatch, quiet: bool) -> None:
    n = iter(range(10_000))
    monkeypatch.setattr(live, "_now", lambda _: {"model": (0, "0") if quiet else (i := next(n), str(i))})
    monkeypatch.setattr(live, "LOOK_S", 0.01)
    monkeypatch.setattr(live, "ADMIT_S", 0.05)
    may = True

    async def still() -> bool:
        return may

    async def scene() -> None:
        nonlocal may
        stream = Live(Metrics()).stream(WORK, "ann", still)
        for _ in range(1 if quiet else 20):
            await told(stream, "model")
        may = False
        async with asyncio.timeout(5):
            async for _ in stream:
                pass

    asyncio.run(scene())


@pytest.mark.parametrize("how", ["disable", "sign_out", "put_out"])
def test_who_is_put_out_is_told_nothing_more(monkeypatch: pytest.MonkeyPatch, served: Any, how: str) -> None:
    monkeypatch.setattr(live, "ADMIT_S", 0.05)
    monkeypatch.setattr(live, "LONGEST_S", 20.0)  # so that it ends at all where this fails
    manager, ann = served["manager"], served["ann"]
    if how == "put_out":
        manager.patch("projects/topics", {"settings": {"open_to_all": False}})
        assert manager.ask("PUT", "projects/topics/members/ann").status_code == 204

    def act() -> None:
        if how == "disable":
            served["admin"].patch("people/ann", {"disabled": True})
        elif how == "sign_out":
            assert ann.ask("DELETE", "session").status_code == 204
        else:
            assert manager.ask("DELETE", "projects/topics/members/ann").status_code == 204

    later = threading.Timer(0.5, act)
    began = time.monotonic()
    later.start()
    answer = ann.ask("GET", "projects/topics/events")  # comes back when the stream has ended
    later.join()
    assert answer.status_code == 200
    assert "event: progress" in answer.text
    assert time.monotonic() - began < 10
    assert ann.ask("GET", "projects/topics/events").status_code in (401, 404)
