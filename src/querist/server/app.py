"""The application: the routes, and what stands before each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI

from querist._version import __version__
from querist.server import media, page
from querist.server.errors import handle_errors
from querist.server.guard import check_routes
from querist.server.middleware import Bounded, Guarded, Numbered
from querist.server.routes import ROUTES
from querist.server.settings import Settings
from querist.server.state import State

DESCRIPTION = """Projects, items, rounds, answers: everything that the page does, for programs.

Sign in by `POST /api/session`, which sets a cookie, and send what `Me.csrf` says as the header `X-Querist-CSRF` with
every change; or send an API key as `Authorization: Bearer qk_…`. Every 4xx and 5xx has the body
`{"error": {"code", "message", "hint"}}`."""


def create_app(settings: Settings) -> FastAPI:
    """The server's application, which opens its database when it starts.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    RuntimeError
        If a route does not say what it needs of whoever calls it.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = settings.threads
        with state.running():
            yield

    state = State(settings)
    app = FastAPI(
        title="Querist",
        description=DESCRIPTION,
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    app.state.querist = state
    for routes in (*ROUTES, media.routes, page.routes):
        app.include_router(routes)
    check_routes(app.routes)
    handle_errors(app)
    app.add_middleware(Bounded, settings=settings)
    app.add_middleware(Guarded, settings=settings)
    app.add_middleware(Numbered, metrics=state.metrics)
    return app
