"""The page and its files, media, names of the server, logs and figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from querist.server import configure, create_app, page
from querist.server.settings import Settings


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built page, as small as one can be."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text('<meta nonce="__QUERIST_NONCE__"><script nonce="__QUERIST_NONCE__">', "utf-8")
    (static / "assets" / "index-abc123.js").write_text("1", "utf-8")
    (static / "icon.svg").write_text("<svg/>", "utf-8")
    (tmp_path / "secret.js").write_text("secret", "utf-8")
    (static / "assets" / "link.js").symlink_to(tmp_path / "secret.js")
    monkeypatch.setattr(page, "STATIC", static)
    return static


@pytest.mark.parametrize("path", ["/", "/sign-in", "/setup?token=ql_x", "/p/topics/label", "/invite/ql_1.2"])
def test_the_page_is_there_at_each_of_its_own_addresses(served: Any, built: Path, path: str) -> None:
    one, other = served.nobody.ask("GET", path), served.nobody.ask("GET", path)
    assert one.status_code == 200
    assert one.headers["cache-control"] == "no-store"
    nonces = [re.findall(r'nonce="([^"]+)"', answer.text) for answer in (one, other)]
    assert len(set(nonces[0])) == 1
    assert nonces[0] != nonces[1]
    policy = one.headers["content-security-policy"]
    assert f"script-src 'self' 'nonce-{nonces[0][0]}'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert served.nobody.ask("HEAD", path).status_code == 200


def test_hashed_files_are_kept_by_the_browser_for_ever(served: Any, built: Path) -> None:
    asset = served.nobody.ask("GET", "/assets/index-abc123.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-type"].startswith("text/javascript")
    assert served.nobody.ask("GET", "/icon.svg").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/gone.js", "/assets/link.js", "/assets/..%2f..%2fsecret.js", "/..%2fsecret.js"]
)
def test_nothing_beside_the_page_is_served(served: Any, built: Path, path: str) -> None:
    answer = served.nobody.ask("GET", path)
    assert "secret" not in answer.text.replace("secret.js", "")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/nonesuch", "/media", "/metrics/x", "/api/projects/topics/nonesuch"]
)
def test_what_is_no_page_is_not_answered_with_one(served: Any, built: Path, path: str) -> None:
    answer = served.nobody.ask("GET", path)
    assert answer.status_code in (401, 404)
    assert answer.json()["error"]["code"] in ("not_found", "not_signed_in")


def test_without_a_page_there_is_a_word_on_how_to_build_it(served: Any, built: Path) -> None:
    (built / "index.html").unlink()
    answer = served.nobody.ask("GET", "/")
    assert "make page" in answer.text
    (built / "why-missing.txt").write_text("hash\nnpm said <no>\n", "utf-8")
    assert "npm said &lt;no&gt;" in served.nobody.ask("GET", "/").text
    assert served.nobody.get("health")["status"] == "ok"


@pytest.fixture
def media(served: Any) -> Path:
    """The media folder, with a picture, a page, and ways out of it."""
    root: Path = served.state.settings.media
    (root / "scans").mkdir()
    (root / "scans" / "a b.PNG").write_bytes(b"0123456789")
    (root / "evil.html").write_text("<script>alert(1)</script>", "utf-8")
    (root / "evil.svg").write_text("<svg onload='alert(1)'/>", "utf-8")
    (root / ".hidden.png").write_bytes(b"hidden")
    (root.parent / "outside.png").write_bytes(b"outside")
    (root / "link.png").symlink_to(root.parent / "outside.png")
    (root / "folder").symlink_to(root.parent)
    return root


def test_pictures_are_shown_in_a_sandbox_and_in_parts(served: Any, media: Path) -> None:
    answer = served["ann"].ask("GET", "/media/scans/a%20b.PNG")
    assert (answer.content, answer.headers["content-type"]) == (b"0123456789", "image/png")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "content-disposition" not in answer.headers
    part = served["ann"].ask("GET", "/media/scans/a%20b.PNG", headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content) == (206, b"234")


@pytest.mark.parametrize("name", ["evil.html", "evil.svg"])
def test_what_is_no_picture_is_only_saved(served: Any, media: Path, name: str) -> None:
    answer = served["ann"].ask("GET", f"/media/{name}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    "path",
    [
        "../outside.png",
        "..%2foutside.png",
        "%2e%2e/outside.png",
        "scans/..%2f..%2foutside.png",
        "..\\outside.png",
        "//etc/passwd",
        "%2fetc%2fpasswd",
        "link.png",
        "folder/outside.png",
        ".hidden.png",
        "scans",
        "",
        "a" * 5000,
        "%ff%fe",
    ],
)
def test_nothing_beyond_the_media_folder_is_served(served: Any, media: Path, path: str) -> None:
    answer = served["ann"].ask("GET", f"/media/{path}")
    assert b"outside" not in answer.content.replace(b"outside.png", b"")
    assert b"hidden" not in answer.content.replace(b".hidden.png", b"")
    assert answer.status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "", "127.0.0.2", "[::2]"])
def test_a_server_called_by_a_strange_name_answers_nothing(served: Any, host: str) -> None:
    answer = served.nobody.ask("GET", "welcome", headers={"Host": host})
    assert (answer.status_code, answer.json()["error"]["code"]) == (421, "wrong_host")


@pytest.mark.parametrize("host", ["localhost:8700", "127.0.0.1", "[::1]:8700", "TESTSERVER"])
def test_a_server_knows_its_own_names(served: Any, host: str) -> None:
    assert served.nobody.ask("GET", "welcome", headers={"Host": host}).status_code == 200


def test_a_failure_of_ours_tells_nothing_but_a_number(served: Any, monkeypatch: Any, capsys: Any) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the answer was 'billing' and the password 'seven green kettles'")

    monkeypatch.setattr("querist.service.watching.progress", fail)
    capsys.readouterr()
    answer = served["ann"].ask("GET", "projects/topics/progress")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")
    number = answer.headers["x-request-id"]
    assert number in answer.json()["error"]["message"]
    logged = "".join(capsys.readouterr())
    assert number in logged
    assert "RuntimeError" in logged
    assert "kettles" not in answer.text + logged


def test_the_log_tells_of_each_request_and_of_nothing_in_it(served: Any, capsys: Any) -> None:
    ann = served["ann"]
    assignment = ann.post("projects/topics/claims", {"n": 1})["assignments"][0]
    body = {
        "key": "k",
        "action": "submit",
        "item_id": assignment["item_id"],
        "value": "billing",
        "note": "my own words",
    }
    body |= {"slot": assignment["slot"], "token": assignment["token"]}
    capsys.readouterr()
    ann.post("projects/topics/answers?secret=yes", body, headers={"X-Request-ID": "my-own-number"})
    said = capsys.readouterr().err
    line = json.loads(said.splitlines()[-1])
    assert (line["route"], line["status"], line["who"], line["method"]) == (
        "/api/projects/{project}/answers",
        201,
        "ann",
        "POST",
    )
    assert line["request_id"] == "my-own-number"
    assert line["ms"] > 0
    for word in ("billing", "own words", assignment["item_id"], ann.cookie, ann.csrf, "topics", "secret"):
        assert word not in said


def test_figures_are_there_for_prometheus(served: Any) -> None:
    ann = served["ann"]
    assignment = ann.post("projects/topics/claims", {"n": 2})["assignments"][0]
    body = {"key": "k", "action": "submit", "item_id": assignment["item_id"], "value": "billing"}
    ann.post("projects/topics/answers", body | {"slot": assignment["slot"], "token": assignment["token"]})
    text = served["auditor"].ask("GET", "/metrics").text
    assert "querist_claims_total 2.0" in text
    assert 'querist_answers_total{action="submit"} 1.0' in text
    assert 'querist_queue{project="topics",state="waiting"} 4.0' in text
    assert (
        'querist_request_seconds_count{method="POST",route="/api/projects/{project}/claims",status="200"} 1.0' in text
    )


def test_a_method_that_nobody_knows_is_counted_among_the_others(served: Any, capfd: pytest.CaptureFixture[str]) -> None:
    for n in range(3):
        assert served.nobody.ask(f"MADEUP{n}", "/api/health").status_code == 405
    text = served["auditor"].ask("GET", "/metrics").text
    assert 'method="OTHER"' in text
    assert "MADEUP" not in text + capfd.readouterr().err


def test_figures_are_there_for_this_machine_but_not_through_a_proxy_on_it(served: Any) -> None:
    with TestClient(served.app, client=("127.0.0.1", 5000)) as local:
        assert local.get("/metrics").status_code == 200
        assert local.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 401


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("QUERIST_PORT", "abc", "port: must be a valid integer, .*; got 'abc'"),
        ("QUERIST_MEDIA", "/no/such/folder", "media: must be a folder that is there; got '/no/such/folder'"),
        ("QUERIST_PUBLIC_URL", "label.example.org", "public_url: "),
        ("QUERIST_MAX_BODY_MB", "-1", "max_body_mb: "),
        ("QUERIST_LOG_FORMAT", "xml", "log_format: "),
        ("QUERIST_OIDC_ROLES", "a=owner", "oidc_roles: "),
    ],
)
def test_a_setting_that_cannot_be_is_named(monkeypatch: Any, name: str, value: str, message: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=message):
        configure()


def test_what_is_said_counts_before_the_environment(monkeypatch: Any) -> None:
    monkeypatch.setenv("QUERIST_PORT", "1234")
    monkeypatch.setenv("QUERIST_ALLOWED_HOSTS", "a.example, b.example")
    assert configure().port == 1234
    found = configure(port=99, public_url="https://label.example.org/")
    assert found.port == 99
    assert {"a.example", "b.example", "label.example.org", "localhost"} <= found.hosts
    assert found.secure


def test_the_secret_of_the_provider_is_not_shown() -> None:
    assert "hush" not in repr(Settings(oidc_client_secret="hush"))


def test_the_description_is_complete(served: Any) -> None:
    described = served.nobody.get("openapi.json")
    ids = [op["operationId"] for path in described["paths"].values() for op in path.values()]
    assert len(ids) == len(set(ids)) > 55
    assert described["components"]["securitySchemes"].keys() == {"session", "key"}
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert operation["description"], f"{method} {path}"
            assert operation["tags"], f"{method} {path}"
            assert operation["responses"]["4XX"]["content"]["application/json"]["schema"] == {
                "$ref": "#/components/schemas/ErrorBody"
            }
    for name, schema in described["components"]["schemas"].items():
        assert schema.get("description"), name


def test_two_servers_of_one_process_do_not_mix_their_figures(tmp_path: Path) -> None:
    one, two = (create_app(configure(url=f"sqlite:///{tmp_path}/{n}.db", worker=False)) for n in "ab")
    assert one.state.querist.metrics.registry is not two.state.querist.metrics.registry
