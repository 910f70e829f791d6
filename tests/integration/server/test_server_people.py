"""Signing in and out, the first admin, invitations and keys, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from querist.access.oidc import OidcClient, OidcProvider
from querist.core.people import ROLES
from querist.server import configure, create_app
from querist.service import people

PASSWORD = "seven green kettles"


@pytest.fixture
def fresh(database_url: str) -> Any:
    """A server that nobody has an account on."""
    app = create_app(configure(url=database_url, worker=False, allowed_hosts=["testserver"]))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def test_the_first_admin_comes_by_the_link_and_nobody_after(fresh: TestClient) -> None:
    database = fresh.app.state.querist.database
    assert fresh.get("/api/welcome").json()["needs_setup"] is True
    token = people.first_link(database)
    body = {"token": token, "name": "ada", "password": PASSWORD, "full_name": "Ada L."}
    assert fresh.post("/api/setup", json={**body, "token": "ql_forged"}).json()["error"]["code"] == "conflict"
    assert fresh.post("/api/setup", json={**body, "password": "short"}).status_code == 422
    made = fresh.post("/api/setup", json=body)
    assert made.status_code == 201
    assert {k: v for k, v in made.json().items() if k != "csrf"} == {
        "name": "ada",
        "full_name": "Ada L.",
        "role": "admin",
        "must_set_up": False,
        "preferences": {},
    }
    assert fresh.get("/api/session").json()["name"] == "ada"
    assert fresh.get("/api/welcome").json()["needs_setup"] is False
    assert fresh.post("/api/setup", json={**body, "name": "eve"}).status_code == 409


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(fresh: TestClient) -> None:
    people.add_person(fresh.app.state.querist.database, people.OPERATOR, "ada", "admin", password=PASSWORD)
    cookie = fresh.post("/api/session", json={"name": "ada", "password": PASSWORD}).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie


def test_behind_https_the_cookie_is_sent_over_nothing_else(tmp_path: Any) -> None:
    url = "https://label.example.org"
    app = create_app(configure(url=f"sqlite:///{tmp_path}/q.db", worker=False, public_url=url))
    with TestClient(app, base_url=url) as client:
        people.add_person(app.state.querist.database, people.OPERATOR, "ada", "admin", password=PASSWORD)
        answer = client.post("/api/session", json={"name": "ada", "password": PASSWORD}, headers={"Origin": url})
    assert "; Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_wrong_passwords_are_counted(fresh: TestClient) -> None:
    people.add_person(fresh.app.state.querist.database, people.OPERATOR, "ada", "admin", password=PASSWORD)
    for _ in range(5):
        assert fresh.post("/api/session", json={"name": "ada", "password": "wrong"}).status_code == 401
    refused = fresh.post("/api/session", json={"name": "ada", "password": PASSWORD})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many")
    assert 0 < int(refused.headers["retry-after"]) <= 300


def test_signing_out_ends_the_session(served: Any) -> None:
    ann = served["ann"]
    assert ann.get("session")["name"] == "ann"
    assert ann.ask("DELETE", "session").status_code == 204
    assert ann.ask("GET", "session").status_code == 401


def test_whoever_is_signed_in_changes_their_own_things(served: Any) -> None:
    ann = served["ann"]
    assert ann.patch("me", {"full_name": "Ann B.", "preferences": {"theme": "dark"}})["preferences"] == {
        "theme": "dark"
    }
    assert ann.get("session")["full_name"] == "Ann B."
    too_large = ann.ask("PATCH", "me", json={"preferences": {"x": "y" * 17_000}})
    assert (too_large.status_code, too_large.json()["error"]["code"]) == (422, "invalid_input")


def test_an_invitation_lets_somebody_in_once(served: Any) -> None:
    made = served["manager"].post("invitations", {"role": "annotator", "project": "topics", "skills": ["german"]})
    assert made["url"] == f"http://testserver/invite/{made['token']}"
    assert [each["id"] for each in served["manager"].get("invitations")["invitations"]] == [made["id"]]
    look = served.nobody.get(f"invitations/{made['token']}/look")
    assert look == {"role": "annotator", "project": "topics", "invited_by": "manager"}
    body = {"token": made["token"], "name": "zoë", "password": PASSWORD}
    come = served.nobody.post("invitations/accept", body)
    assert (come["name"], come["role"]) == ("zoë", "annotator")
    again = served.nobody.ask("POST", "invitations/accept", json={**body, "name": "eve"})
    assert again.json()["error"]["code"] == "conflict"
    assert served["manager"].get("invitations") == {"invitations": []}
    person = next(each for each in served["admin"].get("people")["people"] if each["name"] == "zoë")
    assert person["skills"] == ["german"]
    assert [each["name"] for each in served["manager"].get("projects/topics/members")["people"]] == ["zoë"]


def test_an_invitation_can_be_taken_back(served: Any) -> None:
    made = served["manager"].post("invitations", {"role": "annotator"})
    assert served["manager"].ask("DELETE", f"invitations/{made['id']}").status_code == 204
    assert served.nobody.ask("GET", f"invitations/{made['token']}/look").status_code == 404


def test_a_project_that_is_closed_is_open_to_its_members(served: Any) -> None:
    manager, ann, bob = served["manager"], served["ann"], served["bob"]
    manager.patch("projects/topics", {"settings": {"open_to_all": False}})
    assert manager.ask("PUT", "projects/topics/members/ann").status_code == 204
    assert [each["name"] for each in ann.get("projects")["projects"]] == ["topics"]
    assert bob.get("projects")["projects"] == []
    assert manager.ask("DELETE", "projects/topics/members/ann").status_code == 204
    assert ann.ask("POST", "projects/topics/claims", json={"n": 1}).status_code == 404


def test_people_are_added_and_changed(served: Any) -> None:
    admin, manager = served["admin"], served["manager"]
    body = {"name": "cleo", "role": "annotator", "password": PASSWORD}
    assert admin.post("people", body)["disabled"] is False
    assert admin.ask("POST", "people", json=body).json()["error"]["code"] == "conflict"
    assert manager.patch("people/cleo", {"tier": 2, "skills": ["law"], "daily_cap": 50})["daily_cap"] == 50
    assert manager.patch("people/cleo", {"daily_cap": None})["daily_cap"] is None
    assert manager.ask("PATCH", "people/cleo", json={"role": "admin"}).json()["error"]["code"] == "forbidden"
    assert manager.ask("PATCH", "people/admin", json={"tier": 2}).json()["error"]["code"] == "forbidden"
    assert admin.patch("people/cleo", {"role": "adjudicator", "disabled": True})["disabled"] is True
    assert admin.ask("PATCH", "people/nobody", json={"tier": 1}).json()["error"]["code"] == "not_found"
    assert admin.ask("PATCH", "people/cleo", json={"full_name": None}).json()["error"]["code"] == "invalid_input"
    refused = served.nobody.ask("POST", "session", json={"name": "cleo", "password": PASSWORD})
    assert refused.status_code == 401


def test_a_key_is_shown_once_works_within_its_scope_and_ends(served: Any) -> None:
    made = served["manager"].post("keys", {"label": "nightly", "scopes": ["read"], "days": 3})
    assert made["key"].startswith("qk_")
    with_key = {"Authorization": f"Bearer {made['key']}"}
    assert served.nobody.ask("POST", "projects/topics/claims", json={}, headers=with_key).status_code == 403
    listed = served["manager"].get("keys")["keys"]
    assert listed[0]["used_at"] is not None, "also where it was refused"
    assert [each["label"] for each in listed] == ["nightly"]
    assert "key" not in listed[0]
    assert served.nobody.get("projects/topics/status", headers=with_key)["project"] == "topics"
    assert served.nobody.ask("POST", "projects/topics/pause", headers=with_key).status_code == 403
    assert (
        served.nobody.ask("POST", "keys", json={"label": "x", "scopes": ["read"]}, headers=with_key).status_code == 403
    )
    assert served["manager"].ask("DELETE", f"keys/{made['id']}").status_code == 204
    assert served.nobody.ask("GET", "projects/topics/status", headers=with_key).status_code == 401


def test_a_key_needs_no_token_of_the_page_and_may_come_from_anywhere(served: Any) -> None:
    key = served.key("manager", "manage") | {"Origin": "https://elsewhere.example"}
    assert served.nobody.post("projects/topics/pause", headers=key)["paused"] is True


def test_whoever_asks_by_cookie_and_key_is_whom_the_key_is_of(served: Any) -> None:
    assert served["ann"].get("session", headers=served.key("manager", "read"))["name"] == "manager"


def test_without_a_provider_there_is_no_way_to_it(served: Any) -> None:
    for path in ("oidc/login", "oidc/callback?code=1&state=2"):
        assert served.nobody.ask("GET", path).json()["error"]["code"] == "not_found"


def test_the_browser_is_sent_to_the_provider_with_a_cookie_for_the_way_back(served: Any) -> None:
    issuer = "https://login.example.org"
    said = {"issuer": issuer, "authorization_endpoint": f"{issuer}/auth", "token_endpoint": f"{issuer}/token"}
    said |= {"jwks_uri": f"{issuer}/keys"}
    served.state.oidc = OidcClient(
        OidcProvider(issuer, "querist", "http://127.0.0.1:8700/api/oidc/callback", "secret", name="Example"),
        transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=said)),
    )
    assert served.nobody.get("welcome")["oidc"] == {"name": "Example"}
    sent = served.nobody.ask("GET", "oidc/login")
    assert sent.status_code == 302
    assert sent.headers["location"].startswith(f"{issuer}/auth?response_type=code&client_id=querist")
    cookie = sent.headers["set-cookie"]
    assert cookie.startswith("querist_oidc=")
    assert {"HttpOnly", "SameSite=lax", "Path=/api/oidc", "Max-Age=600"} <= set(cookie.split("; "))
    kept = {"Cookie": cookie.partition(";")[0]}
    back = served.nobody.ask("GET", "oidc/callback?code=1&state=forged", headers=kept)
    assert back.json()["error"]["code"] == "not_signed_in"


@pytest.mark.parametrize("role", ROLES)
def test_everybody_sees_whoever_they_are(served: Any, role: str) -> None:
    assert served[role].get("session")["role"] == role


def test_a_key_that_may_only_read_changes_nothing_but_may_revoke_itself(served: Any) -> None:
    reading, labeling = served.key("ann", "read"), served.key("ann", "read", "annotate")
    for key, status in ((reading, 403), (labeling, 200)):
        answer = served.nobody.ask("PATCH", "me", headers=key, json={"preferences": {"theme": "dark"}})
        assert answer.status_code == status, answer.text
    path = "projects/topics/instructions/read"
    refused = served.nobody.ask("POST", path, headers=reading, json={"version": 1})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    numbers = [each["id"] for each in served["ann"].get("keys")["keys"]]
    assert served.nobody.ask("DELETE", f"keys/{numbers[0]}", headers=reading).status_code == 403
    assert served.nobody.ask("DELETE", f"keys/{numbers[1]}", headers=reading).status_code == 204
    assert served.nobody.ask("GET", "session", headers=reading).status_code == 401
