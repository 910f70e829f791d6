"""A server over each kind of database, with a project and somebody of every role; no socket is opened."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from querist.core.people import ROLES
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.server import configure, create_app
from querist.service import intake, people, rounds
from querist.service.people.entering import begin_session
from querist.store import people as stored
from querist.store.columns import utc_now

PROJECT = "topics"
N_ITEMS = 40


def some_text(i: int) -> str:
    """Words that no other item has, so that none is taken for a copy of another."""
    rng = random.Random(i)
    return " ".join("".join(rng.choices("abcdefghij", k=6)) for _ in range(8))


class Visitor:
    """Somebody at the server: signed in by cookie, as the page is, unless a header says otherwise."""

    def __init__(self, client: TestClient, cookie: str | None, csrf: str | None) -> None:
        self._client = client
        self.cookie = cookie
        self.csrf = csrf

    def ask(
        self, method: str, path: str, *, csrf: bool = True, headers: dict[str, str] | None = None, **more: Any
    ) -> Any:
        """One request; `path` below /api where it does not begin with a slash."""
        sent = dict(headers or {})
        if self.cookie is not None:
            sent["Cookie"] = f"querist_session={self.cookie}"
        if csrf and self.csrf is not None:
            sent.setdefault("X-Querist-CSRF", self.csrf)
        url = path if path.startswith("/") else f"/api/{path}"
        return self._client.request(method, url, headers=sent, follow_redirects=False, **more)

    def get(self, path: str, **more: Any) -> Any:
        """What it shows; an error ends the test."""
        return self._read(self.ask("GET", path, **more))

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        """What a change brought; an error ends the test."""
        if "files" not in more:
            more["json"] = {} if body is None else body
        return self._read(self.ask("POST", path, **more))

    def patch(self, path: str, body: Any) -> Any:
        """What a change brought; an error ends the test."""
        return self._read(self.ask("PATCH", path, json=body))

    @staticmethod
    def _read(answer: Any) -> Any:
        assert answer.status_code < 300, f"{answer.status_code}: {answer.text}"
        return answer.json() if answer.content else None


class Served:
    """A server under test, and those who visit it by the name of their role."""

    def __init__(self, app: Any, client: TestClient) -> None:
        self.app = app
        self.client = client
        self.state = app.state.querist
        self.nobody = Visitor(client, None, None)
        self._visitors: dict[str, Visitor] = {}

    def __getitem__(self, name: str) -> Visitor:
        """Somebody of a role, or `ann` and `bob`, who are annotators."""
        if name not in self._visitors:
            role = "annotator" if name in ("ann", "bob") else name
            with self.state.database.transaction() as conn:
                person = stored.create(conn, name, role)
                begun = begin_session(conn, person, now=utc_now())
            self._visitors[name] = Visitor(self.client, begun.token, begun.principal.csrf)
        return self._visitors[name]

    def key(self, name: str, *scopes: str) -> dict[str, str]:
        """The header of an API key of somebody."""
        self[name]
        made = people.make_key(self.state.database, people.OPERATOR, "test", scopes, owner=name)
        return {"Authorization": f"Bearer {made.secret}"}

    @property
    def work(self) -> Any:
        """The project, as the services see it."""
        return self.state.workspaces.open(PROJECT)


@pytest.fixture
def served(database_url: str, tmp_path: Any) -> Iterator[Served]:
    """A server with a project of forty items, of which a round has asked about five."""
    media = tmp_path / "media"
    media.mkdir()
    app = create_app(configure(url=database_url, worker=False, allowed_hosts=["testserver"], media=media))
    with TestClient(app, raise_server_exceptions=False) as client:
        here = Served(app, client)
        work = here.state.workspaces.create(
            PROJECT,
            schema=Schema("topic", ("billing", "delivery")),
            policy=Policy(start="random"),
            shares={"test": 0.1, "calibration": 0.0},
        )
        intake.add_items(work, ({"id": f"m{i:03d}", "text": some_text(i)} for i in range(N_ITEMS)))
        rounds.ask(work, 5)
        yield here


@pytest.fixture
def text_of() -> Callable[[int], str]:
    """Makes texts, each of its own words."""
    return some_text


@pytest.fixture
def roles() -> tuple[str, ...]:
    """Every role."""
    return ROLES
