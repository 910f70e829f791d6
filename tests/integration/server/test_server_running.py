"""The server as a program: it starts, shows the first link, tells of what happens, and ends calmly."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

pytestmark = pytest.mark.timeout(120)

LINK = re.compile(r"(http://\S+)/setup\?token=(ql_\S+)")
HOME = re.compile(r"Querist serves (http://\S+)")
PASSWORD = "seven green kettles"
PATIENCE_S = 60


class Program:
    """A command that goes on until it is stopped, and what it says."""

    def __init__(self, folder: Path, environment: dict[str, str], *words: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "querist", *words],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(iter(self.process.stderr.readline, ""))

    def said(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """What it says, once it does."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if found := pattern.search("".join(self.lines)):
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("".join(self.lines))

    def end(self, number: int = signal.SIGTERM) -> int:
        """Stop it; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(20)

    def close(self) -> None:
        """Kill it, if it still runs."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def program(tmp_path: Path, clean_environment: dict[str, str]) -> Iterator[Callable[..., Program]]:
    """Starts commands, and ends what a test left running."""
    started: list[Program] = []

    def start(*words: str, **more: str) -> Program:
        started.append(Program(tmp_path, clean_environment | more, *words))
        return started[-1]

    yield start
    for each in started:
        each.close()


def _ready(home: str) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            httpx2.get(f"{home}/api/health").raise_for_status()
        except httpx2.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("it does not answer")


def test_a_round_is_made_while_the_page_watches_and_the_server_ends_calmly(program: Callable[..., Program]) -> None:
    server = program("serve", "--port", "0")
    home, token = server.said(LINK).groups()
    _ready(home)
    with httpx2.Client(base_url=home, headers={"Origin": home}, timeout=60) as http:
        made = http.post("/api/setup", json={"token": token, "name": "ada", "password": PASSWORD})
        http.headers["X-Querist-CSRF"] = made.json()["csrf"]
        body = {"name": "tickets", "target": "topic", "classes": ["bug", "wish"], "policy": {"start": "random"}}
        assert http.post("/api/projects", json=body).status_code == 201
        items = [{"id": f"t{i}", "text": f"{i:x} {i * 7919:x} {i * 104729:x}"} for i in range(50)]
        assert http.post("/api/projects/tickets/items", json={"items": items}).status_code == 201
        seen: list[tuple[str, Any]] = []
        with http.stream("GET", "/api/projects/tickets/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert (
                httpx2.post(
                    f"{home}/api/projects/tickets/rounds",
                    json={"n": 5, "wait": True},
                    headers=dict(http.headers),
                    cookies=dict(http.cookies),
                    timeout=60,
                ).json()["state"]
                == "done"
            )
            name = ""
            for line in lines:
                if line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    seen.append((name, json.loads(line.removeprefix("data: "))))
                if seen and seen[-1][0] == "round":
                    break
            progress = [body for event, body in seen if event == "progress"]
            assert (progress[0]["state"], progress[0]["items"]["pool"] > 0) == ("idle", True)
            assert next(body for event, body in seen if event == "round")["n_asked"] == 5
            # A stream that is open does not keep the server from ending.
            assert server.end() in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    assert not [line for line in server.lines if "Traceback" in line]


def test_a_worker_of_its_own_makes_the_rounds_of_a_server_without_one(program: Callable[..., Program]) -> None:
    server = program("serve", "--port", "0", "--no-worker")
    home, token = server.said(LINK).groups()
    _ready(home)
    with httpx2.Client(base_url=home, timeout=60) as http:
        made = http.post("/api/setup", json={"token": token, "name": "ada", "password": PASSWORD})
        http.headers["X-Querist-CSRF"] = made.json()["csrf"]
        body = {"name": "tickets", "target": "topic", "classes": ["bug", "wish"], "policy": {"start": "random"}}
        http.post("/api/projects", json=body)
        items = [{"id": f"t{i}", "text": f"{i:x} {i * 7919:x} {i * 104729:x}"} for i in range(30)]
        http.post("/api/projects/tickets/items", json={"items": items})
        assert http.post("/api/projects/tickets/rounds", json={"n": 3}).json()["state"] == "waiting"
        worker = program("worker")
        worker.said(re.compile("job.done"))
        assert len(http.get("/api/projects/tickets/pending").json()["entries"]) == 3
        assert worker.end() == 0


def test_a_second_start_shows_no_link(program: Callable[..., Program]) -> None:
    first = program("serve", "--port", "0")
    home, token = first.said(LINK).groups()
    _ready(home)
    httpx2.post(f"{home}/api/setup", json={"token": token, "name": "ada", "password": PASSWORD}).raise_for_status()
    first.end()
    second = program("serve", "--port", "0")
    _ready(second.said(HOME)[1])
    assert "setup" not in "".join(second.lines)


def test_others_are_not_let_near_before_somebody_has_an_account(program: Callable[..., Program]) -> None:
    refused = program("serve", "--port", "0", QUERIST_HOST="0.0.0.0")
    assert refused.process.wait(PATIENCE_S) == 2
    time.sleep(0.1)
    assert "host: must be this machine's own while nobody has an account" in "".join(refused.lines)
    meant = program("serve", "--port", "0", "--host", "0.0.0.0")
    _ready(meant.said(HOME)[1])


def test_an_answer_is_sent_at_once(program: Callable[..., Program]) -> None:
    home = program("serve", "--port", "0").said(HOME)[1]
    _ready(home)
    took = []
    with httpx2.Client(base_url=home) as http:
        for _ in range(30):
            began = time.perf_counter()
            http.get("/api/health").raise_for_status()
            took.append(time.perf_counter() - began)
    assert min(took) < 0.035  # a socket that waits for more to send waits 40 ms


def test_a_port_that_is_taken_is_said_to_be(program: Callable[..., Program]) -> None:
    first = program("serve", "--port", "0")
    home, token = first.said(LINK).groups()
    port = home.rpartition(":")[2]
    second = program("serve", "--port", port)
    assert second.process.wait(PATIENCE_S) == 2
    time.sleep(0.1)
    assert "port: must be free" in "".join(second.lines)
    made = httpx2.post(f"{home}/api/setup", json={"token": token, "name": "ada", "password": PASSWORD})
    assert made.status_code == 201, "the link of the server that runs is still good"


def test_the_demo_is_served_ready_to_be_labeled(program: Callable[..., Program]) -> None:
    demo = program("demo", "digits", "--serve", "--port", "0")
    home, token = demo.said(LINK).groups()
    _ready(home)
    with httpx2.Client(base_url=home, timeout=60) as http:
        made = http.post("/api/setup", json={"token": token, "name": "ada", "password": PASSWORD})
        http.headers["X-Querist-CSRF"] = made.json()["csrf"]
        project = http.get("/api/projects/digits").json()
        assert project["display"] == {"pixels": "pixels"}
        assert len(project["schema"]["classes"]) == 10
        claimed = http.post("/api/projects/digits/claims", json={"n": 5}).json()["assignments"]
        assert len(claimed) == 5
        assert len(claimed[0]["fields"]["pixels"]) == 64
        assert http.get("/api/projects/digits/curve").json()["points"]
