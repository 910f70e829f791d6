"""Signing in and out, people, invitations, keys."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from querist._version import __version__
from querist.core.errors import NotFound
from querist.server.guard import COOKIE, Admin, Anybody, Auditor, Here, Manager, Reader, lets_go
from querist.server.routing import router
from querist.server.schemas import people as s
from querist.server.schemas.base import In, Number
from querist.server.state import State
from querist.service import people

OIDC_COOKIE = "querist_oidc"
COOKIE_LASTS_S = 14 * 24 * 3600
OIDC_LASTS_S = 600

routes = router("/api", "people")


@routes.head("/health", include_in_schema=False)
@routes.get("/health", response_model=s.Health, operation_id="health", tags=["server"])
def health(_: Anybody, here: Here) -> Any:
    """Whether the server and its database are up."""
    people.needs_setup(here.database)
    return {"status": "ok", "version": __version__, "database": here.database.kind}


@routes.get("/welcome", response_model=s.Welcome, operation_id="welcome")
def welcome(_: Anybody, here: Here) -> Any:
    """What the page needs to know before anybody has signed in."""
    return {
        "needs_setup": people.needs_setup(here.database),
        "oidc": None if here.oidc is None else {"name": here.oidc.provider.name},
        "version": __version__,
    }


@routes.post("/setup", response_model=s.Me, status_code=201, operation_id="set_up")
def set_up(_: Anybody, body: s.SetUp, here: Here, response: Response) -> Any:
    """Make the first admin by the link that the server showed when it started; it works once."""
    begun = people.set_up(here.database, body.token, body.name, body.password, full_name=body.full_name)
    return _entered(here, response, begun)


@routes.post("/session", response_model=s.Me, status_code=201, operation_id="sign_in")
def sign_in(_: Anybody, body: s.SignIn, here: Here, request: Request, response: Response) -> Any:
    """Sign in. Wrong passwords are counted, by name and by address."""
    address = None if request.client is None else request.client.host
    return _entered(here, response, people.sign_in(here.database, body.name, body.password, address=address))


@routes.get("/session", response_model=s.Me, operation_id="session")
def session(who: Reader, here: Here) -> Any:
    """Who is signed in."""
    return _me(who, people.me(here.database, who))


@routes.delete("/session", status_code=204, operation_id="sign_out")
@lets_go
def sign_out(_: Reader, here: Here, request: Request, response: Response) -> None:
    """Sign out."""
    people.sign_out(here.database, request.cookies.get(COOKIE, ""))
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=here.settings.secure)


@routes.patch("/me", response_model=s.Me, operation_id="change_me")
def change_me(who: Reader, body: s.MeChange, here: Here) -> Any:
    """Change one's own name, preferences or password."""
    return _me(who, people.change_me(here.database, who, _given(body)))


@routes.get("/people", response_model=s.People, operation_id="people")
def listed(who: Auditor, here: Here) -> Any:
    """Everybody who may come in."""
    return {"people": people.listed(here.database, who)}


@routes.post("/people", response_model=s.Person, status_code=201, operation_id="add_person")
def add(who: Admin, body: s.NewPerson, here: Here) -> Any:
    """Let somebody in, with a first password."""
    return people.add_person(here.database, who, body.name, body.role, password=body.password, full_name=body.full_name)


@routes.patch("/people/{name}", response_model=s.Person, operation_id="change_person")
def change(who: Manager, name: str, body: s.PersonChange, here: Here) -> Any:
    """Change a person: managers how somebody works, admins everything."""
    return people.change_person(here.database, who, name, _given(body))


@routes.get("/invitations", response_model=s.Invitations, operation_id="invitations")
def invitations(who: Manager, here: Here) -> Any:
    """The links that are out."""
    return {"invitations": people.invitations(here.database, who)}


@routes.post("/invitations", response_model=s.Invited, status_code=201, operation_id="invite")
def invite(who: Manager, body: s.NewInvitation, here: Here, request: Request) -> Any:
    """Make a link for somebody to come in by. It is shown once."""
    made = people.invite(
        here.database, who, body.role, project=body.project, skills=body.skills, note=body.note, days=body.days
    )
    home = here.settings.public_url or str(request.base_url).rstrip("/")
    return {
        "id": made.invitation.id,
        "url": f"{home}/invite/{made.token}",
        "token": made.token,
        "role": made.invitation.role,
        "expires_at": made.invitation.expires_at,
    }


@routes.delete("/invitations/{number}", status_code=204, operation_id="revoke_invitation")
def revoke_invitation(who: Manager, number: Number, here: Here) -> None:
    """Take a link back."""
    people.revoke_invitation(here.database, who, number)


@routes.get("/invitations/{token}/look", response_model=s.InvitationLook, operation_id="look_at_invitation")
def look(_: Anybody, token: str, here: Here) -> Any:
    """What a link is for."""
    return people.look(here.database, token)


@routes.post("/invitations/accept", response_model=s.Me, status_code=201, operation_id="accept_invitation")
def accept(_: Anybody, body: s.Acceptance, here: Here, response: Response) -> Any:
    """Come in by a link."""
    begun = people.accept(here.database, body.token, body.name, body.password, full_name=body.full_name)
    return _entered(here, response, begun)


@routes.get("/keys", response_model=s.Keys, operation_id="keys")
def keys(who: Reader, here: Here) -> Any:
    """One's own keys."""
    return {"keys": people.keys(here.database, who)}


@routes.post("/keys", response_model=s.MadeKey, status_code=201, operation_id="make_key")
def make_key(who: Reader, body: s.NewKey, here: Here) -> Any:
    """Make a key for a program. It is shown once."""
    made = people.make_key(here.database, who, body.label, body.scopes, days=body.days)
    return {
        "id": made.key.id,
        "label": made.key.label,
        "scopes": made.key.scopes,
        "key": made.secret,
        "created_at": made.key.created_at,
        "expires_at": made.key.expires_at,
    }


@routes.delete("/keys/{number}", status_code=204, operation_id="revoke_key")
@lets_go
def revoke_key(who: Reader, number: Number, here: Here) -> None:
    """Let a key open nothing any longer. With a key, itself only."""
    people.revoke_key(here.database, who, number)


@routes.get("/oidc/login", status_code=302, response_class=RedirectResponse, operation_id="oidc_login")
def oidc_login(_: Anybody, here: Here) -> RedirectResponse:
    """Go to the identity provider."""
    began = people.oidc_begin(_provider(here))
    going = RedirectResponse(began.url, 302)
    going.set_cookie(
        OIDC_COOKIE,
        began.kept,
        max_age=OIDC_LASTS_S,
        path="/api/oidc",
        httponly=True,
        samesite="lax",
        secure=here.settings.secure,
    )
    return going


@routes.get("/oidc/callback", status_code=302, response_class=RedirectResponse, operation_id="oidc_callback")
def oidc_callback(_: Anybody, here: Here, request: Request) -> RedirectResponse:
    """Come back from the identity provider."""
    answer = dict(request.query_params)
    begun = people.oidc_sign_in(here.database, _provider(here), answer, request.cookies.get(OIDC_COOKIE))
    coming = RedirectResponse("/", 302)
    coming.delete_cookie(OIDC_COOKIE, path="/api/oidc", httponly=True, samesite="lax")
    _entered(here, coming, begun)
    return coming


def _provider(here: State) -> people.OidcClient:
    if here.oidc is None:
        raise NotFound("oidc: must be set up; this server has no identity provider. Sign in with a password.")
    return here.oidc


def _entered(here: State, response: Response, begun: people.SignedIn) -> dict[str, Any]:
    response.set_cookie(
        COOKIE,
        begun.token,
        max_age=COOKIE_LASTS_S,
        path="/",
        httponly=True,
        samesite="lax",
        secure=here.settings.secure,
    )
    return _me(begun.principal, begun.person)


def _me(who: people.Principal, person: people.Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "full_name": person.full_name,
        "role": person.role,
        "csrf": who.csrf,
        "must_set_up": False,
        "preferences": person.preferences,
    }


def _given(body: In) -> dict[str, Any]:
    """What was said, without what was left out."""
    return body.model_dump(exclude_unset=True)
