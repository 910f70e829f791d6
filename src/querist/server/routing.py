"""How every set of routes is made."""

from __future__ import annotations

from fastapi import APIRouter

from querist.server.guard import GuardedRoute
from querist.server.schemas.base import ERRORS


def router(prefix: str, *tags: str) -> APIRouter:
    """Routes below a path, every one of them guarded, whose errors all have the one form."""
    return APIRouter(prefix=prefix, tags=list(tags), route_class=GuardedRoute, responses=ERRORS)
