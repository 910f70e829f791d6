"""People at work over HTTP, as many as wanted, who keep a list of what the server acknowledged."""

from __future__ import annotations

import contextlib
import random
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx2


@dataclass
class Acknowledged:
    """An act that the server said it had: the event's id, by the act's key."""

    key: str
    event_id: str
    item_id: str
    who: str


@dataclass
class Annotators:
    """So many people, each in a thread, who claim and answer until told to stop, whatever becomes of the server.

    An act whose acknowledgment was lost is sent again under the same key, as the page does.
    """

    home: str
    project: str
    names: list[str]
    password: str
    think_s: float = 0.0
    value: str = "card"
    acknowledged: list[Acknowledged] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    claim_ms: list[float] = field(default_factory=list)
    submit_ms: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(name,), daemon=True) for name in self.names]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish what they are sending."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive()

    def _work(self, name: str) -> None:
        rng = random.Random(name)
        with httpx2.Client(base_url=self.home, timeout=10) as client:
            self._sign_in(client, name)
            time.sleep(rng.uniform(0, self.think_s))
            while not self._stop.is_set():
                claimed = self._claim(client)
                if claimed is None:
                    time.sleep(0.05)
                    continue
                if not claimed["assignments"]:
                    time.sleep(0.2)
                for one in claimed["assignments"]:
                    if self.think_s:
                        self._stop.wait(rng.expovariate(1 / self.think_s))
                    self._submit(client, name, one)

    def _sign_in(self, client: httpx2.Client, name: str) -> None:
        while True:
            with contextlib.suppress(httpx2.HTTPError):
                answer = client.post("/api/session", json={"name": name, "password": self.password})
                if answer.status_code == 201:
                    client.headers["X-Querist-CSRF"] = answer.json()["csrf"]
                    client.headers["Origin"] = self.home
                    return
                if answer.status_code < 500 and answer.status_code != 429:
                    raise AssertionError(answer.text)
            time.sleep(0.1)

    def _claim(self, client: httpx2.Client) -> dict[str, Any] | None:
        began = time.perf_counter()
        try:
            answer = client.post(f"/api/projects/{self.project}/claims", json={"n": 1, "tab": "t", "have": []})
        except httpx2.HTTPError:
            return None
        if answer.status_code != 200:
            if answer.status_code < 500:
                self.refused.append(f"claim: {answer.status_code} {answer.text}")
            return None
        self.claim_ms.append((time.perf_counter() - began) * 1000)
        found: dict[str, Any] = answer.json()
        return found

    def _submit(self, client: httpx2.Client, name: str, one: dict[str, Any]) -> None:
        act = {
            "key": str(uuid.uuid4()),
            "action": "submit",
            "slot": one["slot"],
            "token": one["token"],
            "item_id": one["item_id"],
            "value": self.value,
            "content_hash": one["content_hash"],
            "schema_version": one["schema_version"],
        }
        while True:
            began = time.perf_counter()
            try:
                answer = client.post(f"/api/projects/{self.project}/answers", json=act)
            except httpx2.HTTPError:
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                self.submit_ms.append((time.perf_counter() - began) * 1000)
                said = answer.json()
                self.acknowledged.append(Acknowledged(act["key"], said["event_id"], one["item_id"], name))
                return
            if answer.status_code < 500:
                self.refused.append(f"submit: {answer.status_code} {answer.text}")
                return
            time.sleep(0.05)
