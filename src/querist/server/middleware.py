"""What every request passes through: its number, its log line and its time; whom it calls; how large it may be."""

from __future__ import annotations

import re
import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from querist.server.errors import Refused, envelope, refusal
from querist.server.observing import Metrics, log_failure, logger
from querist.server.settings import MEGABYTE, Settings, host_name

API_POLICY = "default-src 'none'; frame-ancestors 'none'"
LIMIT = "querist.limit"  # in a request's scope: what its body may have, which its route may change before reading it
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_NUMBER = re.compile(r"[\w-]{8,64}")


class Numbered:
    """Gives each request a number, logs what became of it, and answers what nobody caught."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        given = Headers(scope=scope).get("x-request-id", "")
        number = given if _NUMBER.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = number
        status = 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = number
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except ClientDisconnect:
            pass  # the page was closed before all of its request was here: nobody is left to be answered
        except Exception as error:
            log_failure("failed", error, request_id=number, method=method_of(scope), route=route_of(scope))
            if status:
                raise  # the answer has begun: all that is left is to end the connection
            body = envelope("internal", f"Something went wrong here; it is logged as {number}.", "Try again.")
            await JSONResponse(body, 500)(scope, receive, answer)
        finally:
            seconds = time.perf_counter() - began
            self._metrics.observe(method_of(scope), route_of(scope), status or 499, seconds)
            logger.info(
                "request",
                request_id=number,
                method=method_of(scope),
                route=route_of(scope),
                status=status or 499,
                ms=round(1000 * seconds, 1),
                who=scope["state"].get("who_name"),
                client=(scope.get("client") or ("",))[0],
            )


class Guarded:
    """Refuses a request that calls the server by a strange name, and says to the browser what a page may do."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._hosts = settings.hosts
        self._secure = settings.secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._protect(scope, MutableHeaders(scope=message))
            await send(message)

        host = host_name(Headers(scope=scope).get("host", ""))
        if "*" not in self._hosts and host not in self._hosts:
            refused = Refused(
                421,
                "wrong_host",
                f"host: must be a name of this server; got {host[:80]!r}.",
                "Call it by its address, or add the name to QUERIST_ALLOWED_HOSTS.",
            )
            await refusal(refused)(scope, receive, answer)
            return
        await self._app(scope, receive, answer)

    def _protect(self, scope: Scope, headers: MutableHeaders) -> None:
        path = scope["path"]
        headers.setdefault("Content-Security-Policy", API_POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("X-Frame-Options", "DENY")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        if path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        if self._secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000")


class Bounded:
    """Counts a body's bytes as they come, and refuses the request past its limit, whatever it said of its length."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._limit = int(settings.max_body_mb * MEGABYTE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[LIMIT] = self._limit
        said = Headers(scope=scope).get("content-length", "")
        n = 0

        async def counted() -> Message:
            nonlocal n
            if said.isdecimal() and int(said) > scope[LIMIT]:
                raise too_large(scope)
            message = await receive()
            if message["type"] == "http.request":
                n += len(message.get("body", b""))
                if n > scope[LIMIT]:
                    raise too_large(scope)
            return message

        await self._app(scope, counted, send)


def page_policy(nonce: str) -> str:
    """What the page may load and do: only what came from here."""
    return (
        f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' data: blob:; media-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def too_large(scope: MutableMapping[str, Any]) -> HTTPException:
    """The refusal of a body over its limit."""
    return Refused(
        413,
        "too_large",
        f"body: must have at most {scope[LIMIT] / MEGABYTE:g} MB; this one has more.",
        "Send less at a time, or have the limit raised: QUERIST_MAX_BODY_MB, QUERIST_MAX_UPLOAD_MB.",
        headers={"Connection": "close"},
    )


def route_of(scope: Scope) -> str:
    """The form of the path that a request was for; never the path itself, which may name an item."""
    return str(scope.get("state", {}).get("route", "none"))


def method_of(scope: Scope) -> str:
    """A request's method, or `OTHER`: whoever calls may say any word, and each new one would be counted for good."""
    method = scope["method"]
    return method if method in METHODS else "OTHER"
