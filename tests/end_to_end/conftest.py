"""A real server in a process of its own, and a real browser before it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import httpx2
import numpy as np
import pytest

from querist.core.people import OPERATOR
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.service import intake, overview, people, projects, rounds
from querist.service.workspaces import Workspaces

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PASSWORD = "a word of some length"
STARTS_WITHIN_S = 60.0


class Server:
    """`querist serve` on a port of its own, which can be killed and started again at the same address."""

    def __init__(self, url: str, folder: Path, **settings: str) -> None:
        self.url, self._folder, self._settings = url, folder, settings
        self.port = free_port()
        self.home = f"http://127.0.0.1:{self.port}"
        self.link: str | None = None
        self._process: subprocess.Popen[str] | None = None
        self.said: list[str] = []
        self.start()

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "querist",
                "serve",
                "--url",
                self.url,
                "--port",
                str(self.port),
                "--log-format",
                "json",
            ],
            cwd=self._folder,
            env={**os.environ, "QUERIST_COOKIE_SECURE": "false", "PYTHONUNBUFFERED": "1", **self._settings},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()
        if wait:
            self.wait()

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while time.monotonic() < deadline:
            try:
                if httpx2.get(f"{self.home}/api/health", timeout=2).status_code == 200:
                    return
            except httpx2.HTTPError:
                assert self._process is not None
                assert self._process.poll() is None, "".join(self.said[-30:])
            time.sleep(0.05)
        raise AssertionError("the server does not answer: " + "".join(self.said[-30:]))

    def kill(self) -> None:
        """End it at once, with nothing tidied up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> int:
        """Ask it to end; its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(30)

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self.said.append(line)
            if found := re.search(r"http\S+/setup\?token=\S+", line):
                self.link = found[0]
        process.stderr.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts a server over a database: `serve(url)`; it ends with the test."""
    started: list[Server] = []

    def start(url: str, **settings: str) -> Server:
        started.append(Server(url, tmp_path, **settings))
        return started[-1]

    yield start
    for each in started:
        if each.runs:
            each.kill()


class Site:
    """A database with projects and people, as a test needs them, before a server is started on it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.names: list[str] = []
        with Workspaces.at(url) as opened:
            token = people.first_link(opened.database)
            assert token is not None
            people.set_up(opened.database, token, "mia", PASSWORD)

    def person(self, name: str, role: str = "annotator") -> None:
        """Somebody more."""
        with Workspaces.at(self.url) as opened:
            people.add_person(opened.database, OPERATOR, name, role, password=PASSWORD)

    def project(
        self,
        name: str,
        rows: list[dict[str, Any]],
        schema: Schema,
        *,
        policy: Policy | None = None,
        ask: int | None = 20,
        instructions: str = "",
        shares: dict[str, float] | None = None,
        labels: str | None = None,
        display: dict[str, str] | None = None,
        **settings: Any,
    ) -> None:
        """A project of these items, with a first round open; `display` says how fields are shown."""
        with Workspaces.at(self.url) as opened:
            work = opened.create(
                name,
                schema=schema,
                policy=policy or Policy(near_duplicates=None),
                instructions=instructions,
                shares=shares or {"test": 0.0, "calibration": 0.0},
            )
            intake.add_items(work, rows, label=labels)
            if settings:
                projects.set_queue(work, settings)
            if display:
                overview.change(work, display=display)
            if ask:
                rounds.ask(work, ask)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site on SQLite whose admin is mia."""
    return Site(f"sqlite:///{tmp_path / 'site.db'}")


def texts(n: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """Synthetic tickets of three kinds, told apart by their words; the kind stands in the id."""
    rng = np.random.default_rng(seed)
    words = {
        "card": ["card", "pin", "chip", "blocked", "arrived", "plastic"],
        "loan": ["loan", "interest", "rate", "mortgage", "credit", "monthly"],
        "login": ["password", "login", "email", "reset", "account", "locked"],
    }
    kinds = list(words)
    rows = []
    for i in range(n):
        kind = kinds[i % 3]
        said = [*rng.choice(words[kind], 4), *rng.choice(["please", "help", "today", "why", "again"], 3)]
        rows.append({"id": f"{kind}-{i:04d}", "text": f"Ticket {i}: my {' '.join(said)}"})
    return rows


@pytest.fixture(scope="module")
def chromium(missing: Callable[[str], NoReturn]) -> Iterator[Any]:
    """A real browser, through Playwright; for a module only, since its event loop keeps others from theirs."""
    program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if program is None:
        missing(f"no browser found: install one of {', '.join(BROWSERS)}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield opened
        opened.close()


class Window:
    """A browser window with cookies of its own, which remembers what went wrong in it."""

    def __init__(self, browser: Any, home: str, **options: Any) -> None:
        self.context = browser.new_context(viewport=options.pop("viewport", DESK), base_url=home, **options)
        self.context.set_default_timeout(30_000)
        self.troubles: list[str] = []
        self.page = self.tab()

    def tab(self) -> Any:
        """One tab more."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"pageerror: {error}"))
        page.on("console", self._hear)
        return page

    def sign_in(self, name: str) -> None:
        """By the form, as people do."""
        self.page.goto("/sign-in")
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.locator("input[type=password]").fill(PASSWORD)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(lambda url: "sign-in" not in url)

    def close(self) -> None:
        """Close it."""
        self.context.close()

    def _hear(self, message: Any) -> None:
        expected = ("Failed to load resource", "net::ERR_INTERNET_DISCONNECTED")  # a test may cut the line
        if message.type == "error" and not any(word in message.text for word in expected):
            self.troubles.append(f"console: {message.text}")


@pytest.fixture
def window(chromium: Any) -> Iterator[Callable[..., Window]]:
    """Opens windows: `window(home)`; each test ends with no script error and no refusal by the content policy."""
    opened: list[Window] = []

    def open_one(home: str, **options: Any) -> Window:
        opened.append(Window(chromium, home, **options))
        return opened[-1]

    yield open_one
    troubles = [trouble for each in opened for trouble in each.troubles]
    for each in opened:
        each.close()
    assert troubles == []


class Desks:
    """A window of Ann, who labels, on a server for many tests; each makes a project of its own."""

    def __init__(self, browser: Any, site: Site, server: Server, media: Path) -> None:
        self.browser, self.site, self.server, self.media = browser, site, server, media
        self.window = Window(browser, server.home)
        self.window.sign_in("ann")

    def project(self, name: str, rows: list[dict[str, Any]], schema: Schema, **settings: Any) -> None:
        """A project whose items are all asked about, and nothing more by itself."""
        self.site.project(name, rows, schema, ask=len(rows), auto_rounds=False, **settings)

    def open(self, name: str, window: Window | None = None) -> Any:
        """Ann's page, or that of another window, at the desk of a project, with the first item on it."""
        page = (window or self.window).page
        page.goto(f"/p/{name}/label")
        page.locator("[data-testid=item]").wait_for()
        return page


@pytest.fixture(scope="session")
def ann_labels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Server, Path]]:
    """A site where Ann labels, a server on it, and the folder of its media, for the tests of all modules."""
    folder = tmp_path_factory.mktemp("desks")
    media = folder / "media"
    media.mkdir()
    site = Site(f"sqlite:///{folder / 'site.db'}")
    site.person("ann")
    server = Server(site.url, folder, QUERIST_MEDIA=str(media))
    yield site, server, media
    server.kill()


@pytest.fixture(scope="module")
def shared_desks(chromium: Any, ann_labels: tuple[Site, Server, Path]) -> Iterator[Desks]:
    """What `desks` hands to each test of a module."""
    opened = Desks(chromium, *ann_labels)
    yield opened
    opened.window.close()


@pytest.fixture
def desks(shared_desks: Desks) -> Iterator[Desks]:
    """The module's desks; each test ends with no script error and no refusal by the content policy."""
    yield shared_desks
    shared_desks.window.page.set_viewport_size(DESK)
    troubles, shared_desks.window.troubles = shared_desks.window.troubles, []
    assert troubles == []
