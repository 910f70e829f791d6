"""The server about itself: what it can do, and how it does."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from querist.server.guard import Anybody, Here, Scraper
from querist.server.routing import router

routes = router("", "server")


@routes.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "For Prometheus."}},
)
def metrics(_: Scraper, here: Here) -> Response:
    """Latencies, claims, answers and queues, as Prometheus reads them."""
    return Response(here.metrics.text(), media_type=CONTENT_TYPE_LATEST)


@routes.get("/api/openapi.json", operation_id="openapi", response_model=None)
def openapi(_: Anybody, request: Request) -> dict[str, Any]:
    """This description."""
    described: dict[str, Any] = request.app.openapi()
    return described
