"""What holds for every route that there is, and for every one that there will be: the list is the app's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from fastapi import APIRouter, FastAPI

from querist.access.roles import permits
from querist.core.people import ROLES
from querist.server import configure, create_app
from querist.server.guard import GuardedRoute, check_routes, every_route, permission_of

PATHS = {
    "project": "topics",
    "number": "1",
    "delivery": "1",
    "slot": "1",
    "name": "somebody",
    "item_id": "m001",
    "token": "ql_nonesuch",
    "path": "nothing.png",
}
APP = create_app(configure(url="sqlite:///nowhere.db", worker=False))


class Call(NamedTuple):
    """A route with one of its methods, and a path that it takes."""

    method: str
    path: str
    permission: str
    route: Any

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method not in ("GET", "HEAD")

    @property
    def takes_a_body(self) -> bool:
        """Whether it reads one."""
        return self.route.body_field is not None or hasattr(self.route.endpoint, "uploads")

    @property
    def in_project(self) -> bool:
        """Whether it is about one project."""
        return "{project}" in self.route.path_format

    def __str__(self) -> str:
        return f"{self.method} {self.route.path_format}"


def _calls() -> Iterator[Call]:
    for route in every_route(APP.routes):
        assert isinstance(route, GuardedRoute)
        needed = {"scrape": "audit"}.get(permission_of(route), permission_of(route))
        for method in sorted(route.methods):
            yield Call(method, route.path_format.format(**PATHS), needed, route)


CALLS = list(_calls())
CLOSED = [call for call in CALLS if call.permission != "public"]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Findings:
    """What was not as it should be, of all routes together: one test looks at every route on one server."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def expect(self, call: Call, answer: Any, status: int, code: str) -> None:
        """See that an answer is a refusal of this kind, in the envelope."""
        if call.method == "HEAD" and answer.status_code == status:
            return  # an answer to HEAD has no body
        try:
            error = answer.json()["error"]
            good = {"code", "message", "hint"} <= error.keys() and error["message"].endswith(".")
            said = error["code"]
        except (ValueError, LookupError, TypeError):
            good, said = False, "no envelope"
        if not good or (answer.status_code, said) != (status, code):
            self.wrong.append(f"{call}: {answer.status_code} {answer.text[:200]}")

    def report(self) -> None:
        """End the test if there was anything."""
        assert not self.wrong, "\n".join(self.wrong)


def test_nobody_enters_without_signing_in(served: Any) -> None:
    found = Findings()
    forged = (
        {},
        {"Authorization": "Bearer qk_forged"},
        {"Authorization": "Basic YTpi"},
        {"Cookie": "querist_session=qs_x"},
    )
    for call in CLOSED:
        for headers in forged:
            found.expect(call, served.nobody.ask(call.method, call.path, headers=headers), 401, "not_signed_in")
            # What somebody without an account sends is not even read.
            body = served.nobody.ask(call.method, call.path, headers={**headers, **JSON}, content=b"{" * 1_100_000)
            found.expect(call, body, 401, "not_signed_in")
    assert len(CLOSED) > 40
    found.report()


def test_a_role_that_may_not_is_refused(served: Any) -> None:
    found = Findings()
    for call in CLOSED:
        for role in ROLES:
            if call.permission not in permits(role):
                found.expect(call, served[role].ask(call.method, call.path), 403, "forbidden")
    found.report()


def test_a_key_without_the_scope_is_refused(served: Any) -> None:
    found = Findings()
    for scope in ("read", "annotate", "manage"):
        key = served.key("admin", scope)
        for call in CLOSED:
            if call.permission not in permits("admin", [scope]):
                found.expect(call, served.nobody.ask(call.method, call.path, headers=key), 403, "forbidden")
    found.report()


def test_a_key_that_may_only_read_changes_nothing(served: Any) -> None:
    found, key = Findings(), served.key("admin", "read")
    for call in CLOSED:
        if call.changes and not hasattr(call.route.endpoint, "lets_go"):
            found.expect(call, served.nobody.ask(call.method, call.path, headers=key), 403, "forbidden")
    found.report()


def test_a_change_by_cookie_needs_the_token_of_the_page(served: Any) -> None:
    found, admin = Findings(), served["admin"]
    for call in CLOSED:
        if call.changes:
            more = {"json": {"csrf": "qc_x"}} if hasattr(call.route.endpoint, "beacons") else {}
            found.expect(call, admin.ask(call.method, call.path, csrf=False, **more), 403, "csrf")
            wrong = admin.ask(call.method, call.path, headers={"X-Querist-CSRF": "qc_other"}, **more)
            found.expect(call, wrong, 403, "csrf")
    found.report()


def test_a_change_from_another_site_is_refused(served: Any) -> None:
    found, admin = Findings(), served["admin"]
    for call in CALLS:
        for origin in ("https://evil.example", "null", "http://testserver.evil.example", "https://testserver"):
            if call.changes:
                found.expect(call, admin.ask(call.method, call.path, headers={"Origin": origin}), 403, "csrf")
    found.report()


def test_a_malformed_body_is_refused_with_the_envelope(served: Any) -> None:
    found, admin = Findings(), served["admin"]
    for call in CALLS:
        if call.takes_a_body:
            for body in (b"[]", b"{", b'{"nonesuch": 1}', b"null", b'"text"', b"\xff\xfe", b"[" * 90_000):
                answer = admin.ask(call.method, call.path, content=body, headers=JSON)
                found.expect(call, answer, 422, "invalid_input")
            answer = admin.ask(call.method, call.path, content=b"a=1", headers=FORM)
            found.expect(call, answer, 422, "invalid_input")
    found.report()


def test_a_body_that_is_too_large_is_refused(served: Any) -> None:
    def in_parts() -> Iterator[bytes]:
        for _ in range(12):
            yield b" " * 100_000

    found, admin = Findings(), served["admin"]
    for call in CALLS:
        if call.takes_a_body:
            large = admin.ask(call.method, call.path, content=b" " * 1_100_000, headers=JSON)
            found.expect(call, large, 413, "too_large")
            # Without a word on its length, it is counted as it comes.
            endless = admin.ask(call.method, call.path, content=in_parts(), headers=JSON)
            found.expect(call, endless, 413, "too_large")
    found.report()


def test_a_method_that_is_none_is_refused(served: Any) -> None:
    found = Findings()
    for call in CALLS:
        found.expect(call, served["admin"].ask("TRACE", call.path), 405, "method_not_allowed")
    found.report()


def test_a_project_that_is_none_is_not_found(served: Any) -> None:
    found, admin = Findings(), served["admin"]
    for call in CALLS:
        if call.in_project:
            for name in ("nonesuch", "..%5C", "a" * 3000, "%F0%9F%92%A9"):
                answer = admin.ask(call.method, call.path.replace("/topics", f"/{name}"))
                found.expect(call, answer, 404, "not_found")
            answer = admin.ask(call.method, call.path.replace("/topics", "/%00"))
            found.expect(call, answer, 422, "invalid_input")
    found.report()


def test_a_project_one_was_not_let_into_is_not_found(served: Any) -> None:
    served["manager"].patch("projects/topics", {"settings": {"open_to_all": False}})
    found = Findings()
    for call in CALLS:
        if call.in_project and call.permission in permits("annotator"):
            found.expect(call, served["ann"].ask(call.method, call.path), 404, "not_found")
    assert served["ann"].get("projects") == {"projects": []}
    found.report()


def test_every_answer_forbids_what_no_page_needs(served: Any) -> None:
    for call in CALLS:
        headers = served["admin"].ask(call.method, call.path).headers if not call.path.endswith("/events") else {}
        for name in ("Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Request-ID"):
            assert not headers or headers[name], f"{call}: {name}"
        assert not headers or "frame-ancestors" in headers["Content-Security-Policy"] or "sandbox" in str(headers)


def test_every_route_says_what_it_needs() -> None:
    check_routes(APP.routes)


def test_a_route_that_does_not_say_what_it_needs_cannot_be_made() -> None:
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(RuntimeError, match="/open: must say in its handler what it needs"):
        router.add_api_route("/open", lambda: None)


def test_a_route_without_a_guard_is_found_at_the_start() -> None:
    with pytest.raises(RuntimeError, match="must be guarded"):
        check_routes(FastAPI().routes)
