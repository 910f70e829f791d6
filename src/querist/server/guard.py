"""Who may do what: every route says what it needs, and nothing of a request is read before that is seen to."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from functools import partial
from typing import Annotated, Any, Literal, TypedDict
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.responses import Response
from fastapi.routing import APIRoute
from fastapi.security import APIKeyCookie, HTTPBearer
from starlette.routing import BaseRoute, Mount

from querist.core.errors import Forbidden, ForeignRequest, InvalidInput, NotFound, NotSignedIn, QueristError
from querist.core.people import Permission, Principal
from querist.server.middleware import LIMIT
from querist.server.settings import MEGABYTE, Settings, is_loopback
from querist.server.state import State
from querist.service import people
from querist.service.queue import Annotator
from querist.service.workspace import Workspace

COOKIE = "querist_session"
CSRF_HEADER = "x-querist-csrf"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
UPLOAD_FORM = "multipart/form-data"

_cookie = APIKeyCookie(
    name=COOKIE,
    scheme_name="session",
    description="Set by signing in. A change by it also needs the header `X-Querist-CSRF`, whose value `Me` holds.",
    auto_error=False,
)
_bearer = HTTPBearer(
    scheme_name="key",
    bearerFormat="qk_…",
    description="An API key, made on the page or by `/api/keys`.",
    auto_error=False,
)


class Needs:
    """What a route needs of whoever calls it. As a dependency it gives the caller; the route has seen to the rest.

    Parameters
    ----------
    permission : {"scrape", "read", "label", "adjudicate", "manage", "audit", "administer"}
    """

    def __init__(self, permission: Permission | Literal["scrape"]) -> None:
        self.permission = permission

    async def __call__(
        self, request: Request, _a: Annotated[Any, Security(_cookie)], _b: Annotated[Any, Security(_bearer)]
    ) -> Principal:
        who: Principal = request.state.who
        return who


class Public:
    """That a route is for everybody, signed in or not."""

    permission = "public"

    async def __call__(self) -> None:
        return None


Anybody = Annotated[None, Depends(Public())]
Reader = Annotated[Principal, Depends(Needs("read"))]
Labeler = Annotated[Principal, Depends(Needs("label"))]
Manager = Annotated[Principal, Depends(Needs("manage"))]
Auditor = Annotated[Principal, Depends(Needs("audit"))]
Admin = Annotated[Principal, Depends(Needs("administer"))]
Scraper = Annotated[Principal, Depends(Needs("scrape"))]


def uploads(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Let a route's body be a file as large as the settings allow, where it comes as a form."""
    handler.uploads = True  # type: ignore[attr-defined]
    return handler


def beacons(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Let a route be called by a page that is being closed: as text, with the CSRF token in the body."""
    handler.beacons = True  # type: ignore[attr-defined]
    return handler


def lets_go(handler: Callable[..., Any]) -> Callable[..., Any]:
    """Let a route be called with a key that may only read: all it does is to end what the caller holds."""
    handler.lets_go = True  # type: ignore[attr-defined]
    return handler


class GuardedRoute(APIRoute):
    """A route that refuses whoever may not call it, before a byte of the body is read.

    Raises
    ------
    RuntimeError
        Where it is made: if it does not say what it needs.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, behind the guard."""
        handle = super().get_route_handler()
        permission = permission_of(self)

        async def guarded(request: Request) -> Response:
            state: State = request.app.state.querist
            request.state.route = self.path_format
            _check_words(request)
            request = _as_json(request) if hasattr(self.endpoint, "beacons") else request
            if request.method not in SAFE:
                _check_origin(request, state.settings)
            if permission != "public":
                body_csrf = None
                if hasattr(self.endpoint, "beacons"):
                    # Before the body is read, here too.
                    await run_in_threadpool(partial(people.who, state.database, **_proof(request)))
                    body_csrf = await _csrf_in_body(request)
                await _admit(request, state, permission, body_csrf)
                if request.method not in SAFE and not hasattr(self.endpoint, "lets_go"):
                    people.check_writes(request.state.who)
            if hasattr(self.endpoint, "uploads") and request.headers.get("content-type", "").startswith(UPLOAD_FORM):
                request.scope[LIMIT] = int(state.settings.max_upload_mb * MEGABYTE)
            return await handle(request)

        return guarded


def permission_of(route: APIRoute) -> str:
    """What a route needs.

    Raises
    ------
    RuntimeError
        If it does not say, or says two things.
    """
    found = {call.permission for call in _calls(route.dependant) if isinstance(call, Needs | Public)}
    if len(found) != 1:
        raise RuntimeError(f"{route.path}: must say in its handler what it needs, once; says {sorted(found)}")
    return str(found.pop())


def check_routes(routes: list[BaseRoute]) -> None:
    """See that no route is open by having been forgotten.

    Raises
    ------
    RuntimeError
        If one does not say what it needs.
    """
    for route in every_route(routes):
        if not isinstance(route, GuardedRoute):
            raise RuntimeError(f"{getattr(route, 'path', route)}: must be guarded; it is a {type(route).__name__}")
        permission_of(route)


def every_route(routes: list[BaseRoute]) -> Iterator[BaseRoute]:
    """The routes of an app, those of its routers among them."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from every_route(inner.routes)
        elif isinstance(route, Mount):
            yield from every_route(list(route.routes))
        else:
            yield route


def project_of(request: Request) -> Workspace:
    """The project that the path names, which the caller may see."""
    work: Workspace = request.state.work
    return work


async def _project(request: Request) -> Workspace:
    return project_of(request)


async def _state(request: Request) -> State:
    state: State = request.app.state.querist
    return state


async def _annotator(request: Request) -> Annotator:
    person = request.state.person
    return Annotator(person.name, person.skills, person.tier, person.daily_cap)


async def _stays(request: Request) -> Callable[[], Awaitable[bool]]:
    async def stays() -> bool:
        try:
            await _looked(request.app.state.querist, request.state.look)
        except (NotSignedIn, Forbidden, NotFound):
            return False
        except QueristError:  # the database is away, which says nothing of the caller
            return True
        return True

    return stays


Here = Annotated[State, Depends(_state)]
In = Annotated[Workspace, Depends(_project)]
AtWork = Annotated[Annotator, Depends(_annotator)]
Stays = Annotated[Callable[[], Awaitable[bool]], Depends(_stays)]  # whether the caller still may, asked again later


async def _admit(request: Request, state: State, permission: Any, body_csrf: str | None) -> None:
    """Find out who calls and whether they may; and, where the path names a project, open it."""
    if permission == "scrape":
        if _from_here(request):
            request.state.who = people.OPERATOR
            return
        permission = "audit"
    name = request.path_params.get("project")
    look = request.state.look = partial(
        people.admit,
        state.database,
        permission,
        name,
        **_proof(request),
        csrf=request.headers.get(CSRF_HEADER) or body_csrf,
        changes=request.method not in SAFE,
        recognized=partial(setattr, request.state, "caller"),
    )
    try:
        found = await _looked(state, look)
    except QueristError:
        with suppress(QueristError):  # what it was refused for is the news
            await _note_caller(request, state, refused=True)
        raise
    await _note_caller(request, state)
    request.state.who, request.state.person = found.principal, found.person
    if name is not None:
        opened = state.workspaces.opened(name)
        request.state.work = opened or await run_in_threadpool(state.workspaces.open, name)


async def _looked(state: State, look: Callable[[], people.Recognized]) -> people.Recognized:
    # A row or two of a file are read sooner than a thread is found to read them.
    return look() if state.database.kind == "sqlite" else await run_in_threadpool(look)


async def _note_caller(request: Request, state: State, *, refused: bool = False) -> None:
    """Note who called; a key is in use also where it is refused, a session is not prolonged by what is."""
    caller: people.Recognized | None = getattr(request.state, "caller", None)
    if caller is not None:
        request.state.who_name = caller.principal.name
        if caller.stale and not (refused and caller.principal.kind == "session"):
            await run_in_threadpool(people.note_use, state.database, caller)


def _from_here(request: Request) -> bool:
    """Whether a program of this very machine asks, and not a proxy on it for somebody else."""
    forwarded = any(name in request.headers for name in ("x-forwarded-for", "forwarded", "x-real-ip", "via"))
    return request.client is not None and is_loopback(request.client.host) and not forwarded


class _Proof(TypedDict, total=False):
    session: str | None
    key: str


def _proof(request: Request) -> _Proof:
    """What the caller proves themselves by: a key, or else the session in the cookie."""
    word = request.headers.get("authorization", "")
    if not word:
        return {"session": request.cookies.get(COOKIE)}
    scheme, _, key = word.partition(" ")
    if scheme.lower() != "bearer":
        raise NotSignedIn(f"authorization: must be a key; got the scheme {scheme[:20]!r}. Send `Bearer qk_…`.")
    return {"key": key.strip()}


def _check_words(request: Request) -> None:
    """See that what the path and the query say can be looked up at all: PostgreSQL knows no NUL character."""
    if any("\x00" in str(word) for word in (*request.path_params.values(), *request.query_params.values())):
        raise InvalidInput("address: must not hold a NUL character; this one does. Leave it out.")


def _check_origin(request: Request, settings: Settings) -> None:
    """See that a browser sends the request from one of our own pages; what is no browser says nothing of an origin."""
    origin = request.headers.get("origin")
    if origin is None or request.headers.get("authorization"):
        return
    parts = urlsplit(origin)
    own = {f"{request.url.scheme}://{request.headers.get('host', '')}"}
    if settings.public_url is not None:
        own.add(settings.public_url)
    if f"{parts.scheme}://{parts.netloc}".lower() not in {each.lower() for each in own}:
        raise ForeignRequest(f"origin: must be this server's own; got {origin[:80]!r}. Load the page again.")


async def _csrf_in_body(request: Request) -> str | None:
    if request.headers.get(CSRF_HEADER) or request.headers.get("authorization"):
        return None
    try:
        found = json.loads(await request.body())
    except ValueError:
        return None
    said = found.get("csrf") if isinstance(found, dict) else None
    return said if isinstance(said, str) else None


def _as_json(request: Request) -> Request:
    """A beacon's request as what it is: the browser lets it call itself text only."""
    headers = [(k, v) for k, v in request.scope["headers"] if k != b"content-type"]
    scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
    return Request(scope, request.receive)


def _calls(dependant: Dependant) -> Iterator[Any]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)
