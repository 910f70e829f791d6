"""Signing in at an identity provider: OpenID Connect, the authorization code flow with PKCE, state and nonce."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from types import ModuleType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from querist.access import tokens
from querist.core.errors import InvalidInput, MissingExtra, NotSignedIn
from querist.core.people import ROLES, PersonRole

# Signatures only a provider can make. With HS256 whoever has the client's secret could; "none" anybody.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY_S = 60  # two machines' clocks
FLOW_S = 600  # how long somebody may take at the provider
KEPT_S = 3600  # how long what the provider says of itself is believed
AGAIN_S = 30  # an unknown key is looked for anew at most so often
TIMEOUT_S = 10
HOME = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class OidcProvider:
    """Where people sign in, and what its words for them mean here.

    Parameters
    ----------
    issuer : str
        The provider's URL, below which it says `/.well-known/openid-configuration`.
    client_id : str
        What the provider calls this server.
    redirect_uri : str
        Where it sends people back to: this server's `/api/oidc/callback`.
    client_secret : str, optional
        None for a public client, which PKCE alone protects.
    name : str
        What the button says.
    scopes : sequence of str
    name_claim : str
        The claim that is a person's name here; a dot reaches into a claim of claims.
    role_claim : str, optional
        The claim, a word or a list of words, by which roles are given.
    roles : mapping of str to str
        Which of its words means which role. Where several apply, the highest of annotator, adjudicator, auditor,
        manager, admin.
    default_role : str, optional
        The role of somebody whom none of `roles` names. By default such a one may not come in, unless there is a
        person of that name who was added without a password.

    Raises
    ------
    InvalidInput
        If the issuer is not https, but for this machine's own, or a role is unknown.
    """

    issuer: str
    client_id: str
    redirect_uri: str
    client_secret: str | None = field(default=None, repr=False)
    name: str = "single sign-on"
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = "preferred_username"
    role_claim: str | None = None
    roles: Mapping[str, PersonRole] = field(default_factory=dict)
    default_role: PersonRole | None = None

    def __post_init__(self) -> None:
        _check_url("issuer", self.issuer)
        _check_url("redirect_uri", self.redirect_uri)
        for role in (*self.roles.values(), *([self.default_role] if self.default_role else [])):
            if role not in ROLES:
                raise InvalidInput(f"roles: must be of {', '.join(ROLES)}; got {role!r}. Use one of these.")
        if "openid" not in self.scopes:
            raise InvalidInput(f"scopes: must hold openid; got {' '.join(self.scopes)!r}. Add it.")


@dataclass(frozen=True, slots=True)
class OidcStart:
    """Where to send the browser, and what it must bring back in a cookie that no script can read."""

    url: str
    kept: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class OidcPerson:
    """Whom the provider says it is. `subject` is what it calls them for ever, `role` None where it says none."""

    subject: str
    name: str
    full_name: str
    role: PersonRole | None


class OidcClient:
    """This server, as its provider knows it. Make one and keep it: it remembers what the provider says of itself.

    Parameters
    ----------
    provider : OidcProvider
    transport : httpx2.BaseTransport, optional
        In place of the network.
    """

    def __init__(self, provider: OidcProvider, *, transport: Any = None) -> None:
        self.provider = provider
        self._transport = transport
        self._lock = Lock()
        self._known: dict[str, tuple[float, Any]] = {}

    def begin(self) -> OidcStart:
        """Start signing in.

        Raises
        ------
        NotSignedIn
            If the provider cannot be reached, or is not the one that was named.
        MissingExtra
            If the extra `oidc` is not installed.
        """
        libraries = _libraries()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        query = {
            "response_type": "code",
            "client_id": self.provider.client_id,
            "redirect_uri": self.provider.redirect_uri,
            "scope": " ".join(self.provider.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": libraries.pkce.create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        endpoint = self._metadata()["authorization_endpoint"]
        joint = "&" if urlsplit(endpoint).query else "?"
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "until": time.time() + FLOW_S}
        return OidcStart(f"{endpoint}{joint}{urlencode(query)}", _packed(kept))

    def finish(self, answer: Mapping[str, str], kept: str | None) -> OidcPerson:
        """Whom the provider sent back.

        Parameters
        ----------
        answer : mapping of str to str
            What stands in the URL to which the browser came back.
        kept : str or None
            The cookie.

        Raises
        ------
        NotSignedIn
            If any of it does not fit together, or the provider refuses.
        """
        flow = _unpacked(kept)
        if flow is None or flow["until"] < time.time():
            raise _refused("must be finished by the browser that began, within ten minutes; this was not")
        if not tokens.same(answer.get("state", ""), flow["state"]):
            raise _refused("must come back with the state it was sent with; it did not")
        if answer.get("iss", self.provider.issuer) != self.provider.issuer:
            raise _refused("must come back from the provider it was sent to; another signed")
        if "error" in answer or "code" not in answer:
            said = " ".join(answer.get("error_description", answer.get("error", "nothing")).split())[:200]
            raise _refused(f"must be granted by the provider; it said {said!r}")
        granted = self._grant(answer["code"], flow["verifier"])
        claims = self._id_token(granted, flow["nonce"])
        return self._person(self._completed(claims, granted))

    def _grant(self, code: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.provider.redirect_uri,
            "code_verifier": verifier,
        }
        metadata, secret, auth = self._metadata(), self.provider.client_secret, None
        if secret is None:
            form["client_id"] = self.provider.client_id
        elif "client_secret_basic" in metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            auth = (quote(self.provider.client_id, safe=""), quote(secret, safe=""))  # RFC 6749, 2.3.1
        else:
            form |= {"client_id": self.provider.client_id, "client_secret": secret}
        return self._json("POST", metadata["token_endpoint"], data=form, auth=auth)

    def _id_token(self, granted: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        libraries = _libraries()
        registry = libraries.jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        text = granted.get("id_token")
        if not isinstance(text, str):
            raise _refused("must bring an id token; there is none")
        try:
            token = libraries.jwt.decode(text, self._key, algorithms=ALGORITHMS, registry=registry)
            claims = libraries.oidc.CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self.provider.issuer},
                    "aud": {"essential": True, "value": self.provider.client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": nonce,
                    "client_id": self.provider.client_id,
                    "access_token": granted.get("access_token"),
                },
            )
            claims.validate(leeway=LEEWAY_S)
        except (libraries.errors.JoseError, ValueError, TypeError, KeyError) as error:
            raise _refused(f"must bring an id token that holds; {type(error).__name__}: {error}") from None
        return dict(claims)

    def _key(self, token: Any) -> Any:
        """The provider's key that a token names; where none is known by that name, its keys are read anew."""
        libraries, header = _libraries(), token.headers()
        fitting = [key for key in self._keys() if _fits(key, header)]
        if not fitting:
            fitting = [key for key in self._keys(newer_s=AGAIN_S) if _fits(key, header)]
        if not fitting or (len(fitting) > 1 and not header.get("kid")):
            raise libraries.errors.InvalidKeyIdError(f"no key {header.get('kid')!r} of the provider fits")
        return libraries.jwk.import_key(fitting[0])

    def _completed(self, claims: dict[str, Any], granted: Mapping[str, Any]) -> dict[str, Any]:
        """The claims, with those of the provider's further word on the person where a wanted one is missing."""
        wanted = [self.provider.name_claim, *([self.provider.role_claim] if self.provider.role_claim else [])]
        endpoint, access = self._metadata().get("userinfo_endpoint"), granted.get("access_token")
        if not endpoint or not access or all(_claim(claims, name) is not None for name in wanted):
            return claims
        more = self._json("GET", endpoint, headers={"Authorization": f"Bearer {access}"})
        if more.get("sub") != claims["sub"]:
            raise _refused("must be about one person; the provider's two words on them differ")
        return {**more, **claims}

    def _person(self, claims: Mapping[str, Any]) -> OidcPerson:
        provider = self.provider
        name = _claim(claims, provider.name_claim)
        if name is None and claims.get("email_verified") is True:
            name = claims.get("email")
        if not isinstance(name, str):
            raise _refused(f"must bring a name; the claim {provider.name_claim!r} holds none")
        said = _claim(claims, provider.role_claim) if provider.role_claim else None
        words = [said] if isinstance(said, str) else said if isinstance(said, list) else []
        given = [provider.roles[word] for word in words if isinstance(word, str) and word in provider.roles]
        role = max(given, key=_RISING.index, default=provider.default_role)
        full_name = claims.get("name")
        return OidcPerson(
            f"{provider.issuer} {claims['sub']}", name, full_name if isinstance(full_name, str) else "", role
        )

    def _metadata(self) -> Mapping[str, Any]:
        issuer = self.provider.issuer
        metadata = self._remembered(f"{issuer.rstrip('/')}/.well-known/openid-configuration", KEPT_S)
        if metadata.get("issuer") != issuer:
            raise _refused(f"must be by the provider that was named, {issuer}; it calls itself otherwise")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(metadata.get(name), str):
                raise _refused(f"must be by a provider that says its {name}; {issuer} does not")
            _check_url(name, metadata[name])
        return metadata

    def _keys(self, *, newer_s: float = KEPT_S) -> list[Mapping[str, Any]]:
        keys = self._remembered(self._metadata()["jwks_uri"], newer_s).get("keys")
        return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []

    def _remembered(self, url: str, newer_s: float) -> Mapping[str, Any]:
        with self._lock:
            kept = self._known.get(url)
        if kept is None or time.monotonic() - kept[0] > newer_s:
            kept = (time.monotonic(), self._json("GET", url))
            with self._lock:
                self._known[url] = kept
        found: Mapping[str, Any] = kept[1]
        return found

    def _json(self, method: str, url: str, **more: Any) -> Mapping[str, Any]:
        http = _libraries().http
        try:
            with http.Client(transport=self._transport, timeout=TIMEOUT_S) as client:
                answer = client.request(method, url, **{"headers": {"Accept": "application/json"}, **more})
        except http.HTTPError as error:
            raise _refused(f"must reach the provider; {urlsplit(url).netloc}: {type(error).__name__}") from None
        try:
            body = answer.json()
        except ValueError:
            raise _refused(f"must be answered in JSON; {urlsplit(url).netloc} said something else") from None
        if answer.status_code != 200 or not isinstance(body, dict):
            said = body.get("error") if isinstance(body, dict) else None
            raise _refused(f"must be granted by the provider; it said {answer.status_code} {said or ''}".rstrip())
        return body


_RISING: tuple[PersonRole, ...] = ("annotator", "adjudicator", "auditor", "manager", "admin")


@dataclass(frozen=True, slots=True)
class _Libraries:
    http: Any
    jwk: ModuleType
    jws: ModuleType
    jwt: ModuleType
    errors: Any
    oidc: Any
    pkce: Any


def _libraries() -> _Libraries:
    try:
        import httpx2
        from authlib.oauth2 import rfc7636
        from authlib.oidc import core
        from joserfc import errors, jwk, jws, jwt
    except ImportError:
        raise MissingExtra(
            "oidc: signing in at a provider needs authlib and httpx2; they are not installed. "
            "Run: pip install 'querist[server,oidc]'"
        ) from None
    return _Libraries(httpx2, jwk, jws, jwt, errors, core, rfc7636)


def _fits(key: Mapping[str, Any], header: Mapping[str, Any]) -> bool:
    kid, algorithm = header.get("kid"), header.get("alg")
    return (
        (kid is None or key.get("kid") == kid)
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and key.get("kty") in ("RSA", "EC")
    )


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by the names that lead to it, joined by dots."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _packed(flow: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(flow).encode()).decode().rstrip("=")


def _unpacked(kept: str | None) -> dict[str, Any] | None:
    try:
        flow = json.loads(base64.urlsafe_b64decode((kept or "") + "=" * (-len(kept or "") % 4)))
        words = all(isinstance(flow[name], str) and flow[name] for name in ("state", "nonce", "verifier"))
        return flow if words and isinstance(flow["until"], int | float) else None
    except (ValueError, TypeError, KeyError):
        return None


def _check_url(name: str, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in HOME):
        raise InvalidInput(f"{name}: must be an https URL; got {url!r}. Only this machine itself may do without.")


def _refused(why: str) -> NotSignedIn:
    return NotSignedIn(f"oidc: {why}. Try again; if that does not help, ask whoever runs this server.")
