"""The report pages in a real browser: they show something, run nothing foreign, ask nobody, and fit a phone."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import struct
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest

from querist.core.policy import Budget, Costs, Policy
from querist.core.schema import Schema
from querist.project import Project
from querist.service import projects
from querist.simulation import labeled, simulate, write_page

PHONE, DESK = (390, 844), (1280, 900)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Browser:
    """Chromium, spoken to in the DevTools protocol over two pipes; nothing listens on a port."""

    def __init__(self, program: str, folder: Path) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # Chromium reads commands from descriptor 3 and writes to 4; the shell puts the pipes there.
        quiet = "--disable-background-networking --disable-component-update --no-first-run --disable-sync"
        self._process = subprocess.Popen(
            [
                "bash",
                "-c",
                f'exec "$0" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage {quiet} '
                f'--remote-debugging-pipe --user-data-dir="$1" about:blank 3<&{theirs_in} 4>&{theirs_out}',
                program,
                str(folder),
            ],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._rest = b""
        self._last = 0
        self.heard: list[dict[str, Any]] = []
        target = self.say("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.say("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.say(f"{domain}.enable")

    _session: str | None = None

    def say(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command and wait for its result; what happens meanwhile is heard."""
        self._last += 1
        order: dict[str, Any] = {"id": self._last, "method": method, "params": params}
        if self._session is not None:
            order["sessionId"] = self._session
        os.write(self._out, json.dumps(order).encode() + b"\0")
        while True:
            message = self._next()
            if message.get("id") == self._last:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self.heard.append(message)

    def open(self, page: Path, size: tuple[int, int]) -> None:
        """Show a page in a window of this size, until it has loaded."""
        width, height = size
        self.say(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.heard.clear()
        self.say("Page.navigate", url=page.as_uri())
        while not any(message.get("method") == "Page.loadEventFired" for message in self.heard):
            self.heard.append(self._next())

    def value(self, expression: str) -> Any:
        """What an expression comes to in the page."""
        return self.say("Runtime.evaluate", expression=expression, returnByValue=True)["result"]["value"]

    def of(self, *methods: str) -> list[dict[str, Any]]:
        """The events of these kinds since the page was opened."""
        return [message["params"] for message in self.heard if message.get("method") in methods]

    def screenshot(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode(self.say("Page.captureScreenshot", format="png")["data"])

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)

    def _next(self, timeout_s: float = 60) -> dict[str, Any]:
        deadline = time.monotonic() + timeout_s
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, "the browser is silent"
            got = os.read(self._in, 1 << 16)
            assert got, "the browser ended"
            self._rest += got
        line, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        return message


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory, missing: Callable[[str], NoReturn]) -> Iterator[Browser]:
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        missing(f"no browser found: install one of {', '.join(NAMES)}")
    opened = Browser(program, tmp_path_factory.mktemp("browser"))
    yield opened
    opened.close()


@pytest.fixture(scope="module", params=["study", "project", "project of nothing"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that the product wrote."""
    folder = tmp_path_factory.mktemp("page")
    if request.param == "study":
        rng = np.random.default_rng(0)
        y = np.arange(160) % 3
        names = np.array(["a <b>", "b & c", "a class whose name is rather long, as names sometimes are"])
        data = labeled(rng.normal(size=(160, 64)) + y[:, None], names[y], name="points")
        study = simulate(data, strategies=["margin", "default"], seeds=2, budget=40, batch_size=10, n_jobs=1)
        return write_page([study], folder / "study.html", title="A study of <points>")
    work = projects.create(
        f"sqlite:///{folder / 'db'}",
        "mail",
        schema=Schema("kind", ("spam", "ham", "a class whose name is rather long, as names sometimes are")),
        policy=Policy("margin", batch_size=12, costs=Costs(0.5), budget=Budget(60), trust=False),
        shares={"test": 0.3},
    )
    with Project(work) as project:
        if request.param == "project":
            hostile = "<script>document.title = 'run'</script><img src=https://example.org/x.png onerror=alert(1)>"
            texts = [f"{hostile if i == 3 else ''} word{i} word{i % 7} {'x' * (i % 90)}" for i in range(90)]
            project.add([{"id": f"t{i}", "text": text} for i, text in enumerate(texts)])
            for split, n in (("test", 15), ("pool", 12), ("pool", 12), ("pool", 12)):
                asked = project.ask(n, split=split)
                project.tell({e.item_id: ("spam", "ham")[int(e.item_id[1:]) % 2] for e in asked.entries})
            project.train()
            project.freeze("for the page")
        return project.report(folder / "report.html")


@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_page_shows_fits_and_asks_nobody(browser: Browser, page: Path, size: tuple[int, int]) -> None:
    browser.open(page, size)
    assert len(browser.value("document.body.innerText")) > 200
    assert distinct_colors(browser.screenshot()) > 8, "the screen is not blank"
    asked = [each["request"]["url"] for each in browser.of("Network.requestWillBeSent")]
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()], "one file, and no request"
    assert browser.of("Runtime.exceptionThrown") == []
    assert [entry["entry"]["text"] for entry in browser.of("Log.entryAdded")] == []
    assert browser.of("Runtime.consoleAPICalled", "Page.javascriptDialogOpening") == []
    assert browser.value("document.title") != "run"
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.value(wide) == 0, "no scrolling sideways"


def test_a_page_can_be_heard_and_read_without_color(browser: Browser, page: Path) -> None:
    browser.open(page, DESK)
    assert browser.value("document.documentElement.lang") == "en"
    assert browser.value("document.querySelectorAll('h1').length") == 1
    nameless = "[...document.querySelectorAll('svg')].filter(s => s.getAttribute('aria-hidden') !== 'true' && "
    nameless += (
        "!s.querySelector('title') && !s.getAttribute('aria-label') && !s.getAttribute('aria-labelledby')).length"
    )
    assert browser.value(nameless) == 0, "each picture has a name, or is said to be decoration"


def test_pages_follow_the_dark(browser: Browser, page: Path) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        browser.say("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.open(page, DESK)
        color = browser.value("getComputedStyle(document.body).backgroundColor")
        grounds.append(sum(int(part) for part in color.strip("rgba()").split(",")[:3]))
    browser.say("Emulation.setEmulatedMedia", features=[])
    assert grounds[0] > 600 > 200 > grounds[1]


def distinct_colors(png: bytes) -> int:
    """How many colors an 8-bit PNG without interlace has, counted on every 7th pixel."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed, width, channels = 8, b"", 0, 0
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            width, _, depth, color, _, _, interlace = struct.unpack(">IIBBBBB", body)
            assert (depth, interlace) == (8, 0)
            channels = {2: 3, 6: 4}[color]
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    # Filters make a plain picture of few byte values; a drawn one has many. No need to undo them.
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(-1, 1 + width * channels)[:, 1:]
    pixels = rows.reshape(-1, channels)[::7]
    return len(np.unique(pixels, axis=0))
