"""Signing in at an identity provider, with a small provider that keeps to the protocol until a test bends it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlsplit

import httpx2
import pytest
from joserfc import jwk, jwt

from querist.core.errors import Forbidden, InvalidInput, NotSignedIn
from querist.service import people
from querist.service.people import OPERATOR, OidcClient, OidcProvider, OidcStart, SignedIn

ISSUER = "https://sso.example.org/realms/labels"
BACK = "https://labels.example.org/api/oidc/callback"
PASSWORD = "seven green kettles"


@dataclass
class Provider:
    """An identity provider: whoever comes is signed in there as `claims` say."""

    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "u1", "preferred_username": "zoe", "name": "Zoë Z"})
    userinfo: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    secret: str | None = "s3cr&t"
    lasts_s: float = 300
    key: Any = field(default_factory=lambda: _key("one"))
    published: Any = None
    down: bool = False
    says: httpx2.Response | None = None
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    sign: Callable[[Provider, dict[str, Any]], str] | None = None

    def client(self, **settings: Any) -> OidcClient:
        """A server that this provider knows."""
        words = {"client_secret": self.secret, "default_role": "annotator", **settings}
        return OidcClient(OidcProvider(ISSUER, "querist", BACK, **words), transport=httpx2.MockTransport(self.answer))

    def visit(self, start: OidcStart) -> dict[str, str]:
        """What a browser that goes there brings back."""
        asked = dict(parse_qsl(urlsplit(start.url).query))
        assert start.url.startswith(f"{ISSUER}/auth?")
        assert asked["response_type"] == "code"
        assert asked["redirect_uri"] == BACK
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = f"code{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": ISSUER}

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        """What it says to the server."""
        if self.down:
            raise httpx2.ConnectError("no route", request=request)
        if self.says is not None:
            return self.says
        path = request.url.path.removeprefix("/realms/labels")
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return httpx2.Response(200, json=self._metadata())
        if path == "/keys":
            published = self.published or [self.key]
            return httpx2.Response(200, json={"keys": [key.as_dict(private=False) for key in published]})
        if path == "/userinfo":
            assert request.headers["authorization"] == "Bearer access"
            return httpx2.Response(200, json=self.userinfo)
        assert path == "/token"
        return self._token(request)

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            **self.metadata,
        }

    def _token(self, request: httpx2.Request) -> httpx2.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(form["code"], None)
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        )
        if asked is None or asked["code_challenge"] != challenge or form["redirect_uri"] != BACK:
            return httpx2.Response(400, json={"error": "invalid_grant"})
        if self._client(request, form) != ("querist", self.secret):
            return httpx2.Response(401, json={"error": "invalid_client"})
        now = time.time()
        claims = {
            "iss": ISSUER,
            "aud": "querist",
            "iat": int(now),
            "exp": int(now + self.lasts_s),
            "nonce": asked["nonce"],
            **self.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.sign(self, claims) if self.sign else self.signed(claims)
        return httpx2.Response(200, json={"access_token": "access", "token_type": "Bearer", "id_token": signed})

    def signed(self, claims: Mapping[str, Any], key: Any = None) -> str:
        """The claims as an id token."""
        key = key or self.key
        header = {"alg": "ES256" if key.key_type == "EC" else "RS256", "kid": key.kid, **self.header}
        return jwt.encode({k: v for k, v in header.items() if v is not None}, dict(claims), key)

    @staticmethod
    def _client(request: httpx2.Request, form: Mapping[str, str]) -> tuple[str, str | None]:
        basic = request.headers.get("authorization", "")
        if basic.startswith("Basic "):
            name, _, secret = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
            return unquote(name), unquote(secret)
        return form["client_id"], form.get("client_secret")


def _key(kid: str, kind: str = "RSA") -> Any:
    if kind == "EC":
        return jwk.ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})
    return jwk.RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


@pytest.fixture(scope="module")
def rsa() -> Any:
    return _key("one")


@pytest.fixture
def provider(rsa: Any) -> Provider:
    return Provider(key=rsa)


def sign_in(database: Any, provider: Provider, client: OidcClient | None = None, **settings: Any) -> SignedIn:
    """The whole way, without a detour."""
    client = client or provider.client(**settings)
    start = people.oidc_begin(client)
    return people.oidc_sign_in(database, client, provider.visit(start), start.kept)


def test_somebody_new_comes_in_with_the_default_role(database: Any, provider: Provider) -> None:
    found = sign_in(database, provider)
    assert (found.person.name, found.person.full_name, found.person.role) == ("zoe", "Zoë Z", "annotator")
    assert not found.person.has_password
    assert people.who(database, session=found.token) == found.principal


def test_somebody_known_is_known_by_what_the_provider_calls_them_for_ever(database: Any, provider: Provider) -> None:
    first = sign_in(database, provider)
    provider.claims["preferred_username"] = "zoe.married"
    assert sign_in(database, provider).person.id == first.person.id
    provider.claims["sub"] = "u2"
    provider.claims["preferred_username"] = "zoe"
    with pytest.raises(Forbidden, match="must not be somebody else's"):
        sign_in(database, provider)


@pytest.mark.parametrize("kind", ["RSA", "EC"])
@pytest.mark.parametrize("methods", [None, ["client_secret_basic"], ["client_secret_post"]])
def test_the_server_proves_itself_as_the_provider_wishes(database: Any, kind: str, methods: list[str] | None) -> None:
    provider = Provider(key=_key("one", kind))
    if methods:
        provider.metadata["token_endpoint_auth_methods_supported"] = methods
    assert sign_in(database, provider).person.name == "zoe"


def test_a_public_client_has_no_secret(database: Any, provider: Provider) -> None:
    provider.secret = None
    assert sign_in(database, provider).person.name == "zoe"


def test_what_the_provider_says_of_itself_is_asked_once(database: Any, provider: Provider) -> None:
    client = provider.client()
    for _ in range(3):
        sign_in(database, provider, client)
    assert provider.asked.count("/.well-known/openid-configuration") == 1
    assert provider.asked.count("/keys") == 1


def test_a_new_key_of_the_provider_is_found(database: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    client = provider.client()
    sign_in(database, provider, client)
    provider.key = _key("two")
    with pytest.raises(NotSignedIn, match="no key 'two'"):
        sign_in(database, provider, client)  # not asked again at once: anybody could make the server ask
    monkeypatch.setattr("querist.access.oidc.AGAIN_S", -1)
    assert sign_in(database, provider, client).person.name == "zoe"


@pytest.mark.parametrize(
    "bent",
    [
        {"state": "other"},
        {"state": ""},
        {"iss": "https://evil.example.org"},
        {"code": "stolen"},
        {"error": "access_denied"},
        {"error": "access_denied", "error_description": "You\nsaid no"},
    ],
)
def test_an_answer_that_was_tampered_with_signs_nobody_in(
    database: Any, provider: Provider, bent: dict[str, str]
) -> None:
    client = provider.client()
    start = people.oidc_begin(client)
    with pytest.raises(NotSignedIn, match="oidc: "):
        people.oidc_sign_in(database, client, {**provider.visit(start), **bent}, start.kept)
    assert people.needs_setup(database), "nobody was added"


@pytest.mark.parametrize("half", ["state", "code"])
def test_an_answer_without_its_half_signs_nobody_in(database: Any, provider: Provider, half: str) -> None:
    client = provider.client()
    start = people.oidc_begin(client)
    answer = {name: value for name, value in provider.visit(start).items() if name != half}
    with pytest.raises(NotSignedIn):
        people.oidc_sign_in(database, client, answer, start.kept)


@pytest.mark.parametrize("kept", [None, "", "x", "!", "bnVsbA", "e30", "eyJzdGF0ZSI6MX0"])
def test_a_browser_that_did_not_begin_cannot_finish(database: Any, provider: Provider, kept: str | None) -> None:
    client = provider.client()
    answer = provider.visit(people.oidc_begin(client))
    with pytest.raises(NotSignedIn, match="by the browser that began"):
        people.oidc_sign_in(database, client, answer, kept)


def test_an_answer_for_another_browser_is_refused(database: Any, provider: Provider) -> None:
    client = provider.client()
    mine, theirs = people.oidc_begin(client), people.oidc_begin(client)
    with pytest.raises(NotSignedIn, match="the state it was sent with"):
        people.oidc_sign_in(database, client, provider.visit(theirs), mine.kept)


def test_a_browser_that_takes_too_long_begins_anew(
    database: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("querist.access.oidc.FLOW_S", -1)
    with pytest.raises(NotSignedIn, match="within ten minutes"):
        sign_in(database, provider)


def test_a_code_is_good_once(database: Any, provider: Provider) -> None:
    client = provider.client()
    start = people.oidc_begin(client)
    answer = provider.visit(start)
    people.oidc_sign_in(database, client, answer, start.kept)
    with pytest.raises(NotSignedIn, match="invalid_grant"):
        people.oidc_sign_in(database, client, answer, start.kept)


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"nonce": "other"}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"iss": "https://evil.example.org"}, "iss"),
        ({"aud": "another"}, "aud"),
        ({"aud": ["another"]}, "aud"),
        ({"aud": None}, "aud"),
        ({"aud": ["querist", "another"]}, "azp"),
        ({"azp": "another"}, "azp"),
        ({"exp": None}, "exp"),
        ({"exp": time.time() - 120}, "exp"),
        ({"exp": "never"}, "exp"),
        ({"iat": time.time() + 86_400}, "in the future"),
        ({"nbf": time.time() + 86_400}, "yet"),
        ({"sub": None}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": ""}, "sub"),
        ({"at_hash": "AAAA"}, "at_hash"),
    ],
)
def test_a_token_that_does_not_hold_signs_nobody_in(
    database: Any, provider: Provider, claims: dict[str, Any], said: str
) -> None:
    provider.claims |= claims
    with pytest.raises(NotSignedIn, match=said):
        sign_in(database, provider)
    assert people.needs_setup(database), "nobody was added"


def test_two_clocks_may_differ_by_a_little(database: Any, provider: Provider) -> None:
    provider.lasts_s = -30
    assert sign_in(database, provider).person.name == "zoe"


def _unsigned(provider: Provider, claims: dict[str, Any]) -> str:
    good = provider.signed(claims)
    header = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return f"{header}.{good.split('.')[1]}."


def _by_secret(provider: Provider, claims: dict[str, Any]) -> str:
    """Signed by what everybody may know, the provider's public key, as if that were a shared secret."""
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').decode().rstrip("=")
    body = f"{head}.{provider.signed(claims).split('.')[1]}"
    mac = hmac.digest(provider.key.as_pem(private=False), body.encode(), "sha256")
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _changed(provider: Provider, claims: dict[str, Any]) -> str:
    header, _, signature = provider.signed(claims).split(".")
    other = provider.signed({**claims, "preferred_username": "Ada"}).split(".")[1]
    return f"{header}.{other}.{signature}"


@pytest.mark.parametrize(
    "sign",
    [
        lambda provider, claims: provider.signed(claims, _key("one")),
        lambda provider, claims: provider.signed(claims, _key("two")),
        lambda provider, claims: provider.signed(claims)[:-4] + "AAAA",
        lambda provider, claims: "not.a.token",
        lambda provider, claims: "",
        _unsigned,
        _changed,
    ],
    ids=["same name, other key", "other key", "broken", "none", "empty", "unsigned", "changed"],
)
def test_a_token_that_the_provider_did_not_sign_signs_nobody_in(
    database: Any, provider: Provider, sign: Callable[[Provider, dict[str, Any]], str]
) -> None:
    provider.sign = sign
    with pytest.raises(NotSignedIn, match="id token that holds"):
        sign_in(database, provider)
    assert people.needs_setup(database), "nobody was added"


def test_a_public_key_is_no_shared_secret(database: Any, provider: Provider) -> None:
    provider.sign = _by_secret
    with pytest.raises(NotSignedIn, match="not allowed"):
        sign_in(database, provider)


def test_without_a_key_id_the_only_key_is_meant_and_of_two_none(database: Any, provider: Provider) -> None:
    provider.header = {"kid": None}
    assert sign_in(database, provider).person.name == "zoe"
    provider.published = [provider.key, _key("two")]
    with pytest.raises(NotSignedIn, match="no key None"):
        sign_in(database, provider)


def test_a_key_for_encryption_signs_nothing(database: Any, provider: Provider) -> None:
    provider.key = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "enc"})
    provider.sign = lambda it, claims: it.signed(
        claims, jwk.RSAKey.import_key(it.key.as_pem(private=True), {"kid": "one"})
    )
    with pytest.raises(NotSignedIn, match="no key 'one'"):
        sign_in(database, provider)


@pytest.mark.parametrize(
    "metadata", [{"issuer": "https://evil.example.org"}, {"token_endpoint": None}, {"jwks_uri": 7}]
)
def test_a_provider_that_calls_itself_otherwise_is_not_asked(provider: Provider, metadata: dict[str, Any]) -> None:
    provider.metadata = metadata
    with pytest.raises(NotSignedIn, match="oidc: must be by"):
        people.oidc_begin(provider.client())


def test_a_provider_that_is_not_there_is_named(provider: Provider) -> None:
    provider.down = True
    with pytest.raises(NotSignedIn, match=r"must reach the provider; sso\.example\.org: ConnectError"):
        people.oidc_begin(provider.client())


@pytest.mark.parametrize(
    "says",
    [
        httpx2.Response(200, text="<html>"),
        httpx2.Response(500, json={}),
        httpx2.Response(302, headers={"location": "https://evil.example.org"}, json={}),
        httpx2.Response(200, json=["a"]),
        httpx2.Response(200, content=b"\xff"),
    ],
)
def test_a_provider_that_says_nonsense_signs_nobody_in(provider: Provider, says: httpx2.Response) -> None:
    provider.says = says
    with pytest.raises(NotSignedIn, match="oidc: must be"):
        people.oidc_begin(provider.client())


def test_secrets_go_only_where_they_are_safe() -> None:
    with pytest.raises(InvalidInput, match="issuer: must be an https URL"):
        OidcProvider("http://sso.example.org", "querist", BACK)
    with pytest.raises(InvalidInput, match="redirect_uri"):
        OidcProvider(ISSUER, "querist", "http://labels.example.org/api/oidc/callback")
    OidcProvider("http://localhost:8080/realms/x", "querist", "http://127.0.0.1:8000/api/oidc/callback")
    assert "s3cret" not in repr(OidcProvider(ISSUER, "querist", BACK, "s3cret"))


def test_an_endpoint_that_is_not_safe_is_not_used(provider: Provider) -> None:
    provider.metadata = {"token_endpoint": "http://sso.example.org/token"}
    with pytest.raises(InvalidInput, match="token_endpoint: must be an https URL"):
        people.oidc_begin(provider.client())


BY_CLAIM = {
    "role_claim": "resource_access.querist.roles",
    "roles": {"labeler": "annotator", "lead": "manager", "boss": "admin"},
    "default_role": None,
}


def test_a_role_comes_from_the_claim_the_highest_that_applies_and_follows_it(database: Any, provider: Provider) -> None:
    people.add_person(database, OPERATOR, "Ada", "admin", password=PASSWORD)

    def role(*words: str) -> str:
        provider.claims["resource_access"] = {"querist": {"roles": [*words, "offline_access", 7]}}
        return sign_in(database, provider, **BY_CLAIM).person.role

    assert role("labeler", "lead") == "manager"
    assert role("labeler") == "annotator"
    assert role("boss") == "admin"
    assert role("lead") == "manager"


def test_whom_no_claim_gives_a_role_may_not_come_in(database: Any, provider: Provider) -> None:
    for claims in ({}, {"resource_access": {"querist": {"roles": ["cook"]}}}, {"resource_access": "lead"}):
        provider.claims = {"sub": "u1", "preferred_username": "zoe", **claims}
        provider.userinfo = {"sub": "u1"}
        with pytest.raises(Forbidden, match="role: must be given"):
            sign_in(database, provider, **BY_CLAIM)
    assert people.needs_setup(database)


def test_whom_the_claim_no_longer_gives_a_role_may_no_longer_come_in(database: Any, provider: Provider) -> None:
    provider.claims["resource_access"] = {"querist": {"roles": ["lead"]}}
    sign_in(database, provider, **BY_CLAIM)
    provider.claims["resource_access"] = {"querist": {"roles": []}}
    with pytest.raises(Forbidden, match="role: must be given"):
        sign_in(database, provider, **BY_CLAIM)


def test_the_last_admin_stays_one_whatever_the_provider_says(database: Any, provider: Provider) -> None:
    provider.claims["resource_access"] = {"querist": {"roles": ["boss"]}}
    assert sign_in(database, provider, **BY_CLAIM).person.role == "admin"
    provider.claims["resource_access"] = {"querist": {"roles": ["labeler"]}}
    assert sign_in(database, provider, **BY_CLAIM).person.role == "admin"


def test_a_claim_that_the_token_lacks_is_asked_for(database: Any, provider: Provider) -> None:
    provider.userinfo = {"sub": "u1", "resource_access": {"querist": {"roles": "lead"}}, "preferred_username": "eve"}
    found = sign_in(database, provider, **BY_CLAIM)
    assert (found.person.name, found.person.role) == ("zoe", "manager")


def test_what_is_said_of_somebody_else_is_not_believed(database: Any, provider: Provider) -> None:
    provider.userinfo = {"sub": "u2", "resource_access": {"querist": {"roles": ["boss"]}}}
    with pytest.raises(NotSignedIn, match="must be about one person"):
        sign_in(database, provider, **BY_CLAIM)


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"email": "zoe@example.org", "email_verified": True}, "zoe@example.org"),
        ({"email": "zoe@example.org", "email_verified": "true"}, None),
        ({"email": "zoe@example.org"}, None),
        ({"preferred_username": 7}, None),
    ],
)
def test_a_name_is_what_the_claim_says_or_an_address_that_was_verified(
    database: Any, provider: Provider, claims: dict[str, Any], name: str | None
) -> None:
    provider.claims = {"sub": "u1", **claims}
    provider.userinfo = {"sub": "u1"}
    if name is None:
        with pytest.raises(NotSignedIn, match="must bring a name"):
            sign_in(database, provider)
    else:
        assert sign_in(database, provider).person.name == name


def test_a_name_that_nobody_may_have_is_refused(database: Any, provider: Provider) -> None:
    provider.claims["preferred_username"] = "a/b"
    with pytest.raises(Forbidden, match="must be one a person may have here"):
        sign_in(database, provider)


def test_somebody_with_a_password_is_not_taken_over(database: Any, provider: Provider) -> None:
    people.add_person(database, OPERATOR, "Zoe", "admin", password=PASSWORD)
    with pytest.raises(Forbidden, match="there is a 'Zoe' who signs in otherwise"):
        sign_in(database, provider)


def test_somebody_who_was_added_for_it_is_let_in_with_their_role_and_then_bound(
    database: Any, provider: Provider
) -> None:
    people.add_person(database, OPERATOR, "Zoe", "manager")
    found = sign_in(database, provider, default_role=None)
    assert (found.person.name, found.person.role, found.person.by_provider) == ("Zoe", "manager", True)
    provider.claims["sub"] = "u2"
    with pytest.raises(Forbidden):
        sign_in(database, provider, default_role=None)


def test_the_disabled_stay_out(database: Any, provider: Provider) -> None:
    sign_in(database, provider)
    people.change_person(database, OPERATOR, "zoe", {"disabled": True})
    with pytest.raises(Forbidden, match="must not be disabled"):
        sign_in(database, provider)


def test_a_password_does_not_open_what_the_provider_keeps(database: Any, provider: Provider) -> None:
    sign_in(database, provider)
    for password in ("", PASSWORD):
        with pytest.raises(NotSignedIn):
            people.sign_in(database, "zoe", password)
    who = sign_in(database, provider).principal
    with pytest.raises(Forbidden, match="you sign in at a provider"):
        people.change_me(database, who, {"password": PASSWORD, "old_password": ""})
