"""Webhooks: who is told of what happens, and what became of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from querist.server.guard import In, Manager
from querist.server.routing import router
from querist.server.schemas import rounds as s
from querist.server.schemas.base import MOST_NUMBER, Number
from querist.service import hooks

routes = router("/api/projects/{project}/webhooks", "webhooks")


@routes.get("", response_model=s.Hooks, operation_id="webhooks")
def listed(_: Manager, work: In) -> Any:
    """The project's webhooks."""
    return {"webhooks": hooks.listed(work)}


@routes.post("", response_model=s.MadeHook, status_code=201, operation_id="add_webhook")
def add(_: Manager, work: In, body: s.NewHook) -> Any:
    """Tell an address of what happens. The secret that signs the news is shown once."""
    return hooks.add(work, body.url, body.events, secret=body.secret)


@routes.delete("/{number}", status_code=204, operation_id="remove_webhook")
def remove(_: Manager, work: In, number: Number) -> None:
    """Tell an address nothing any more."""
    hooks.remove(work, number)


@routes.get("/{number}/deliveries", response_model=s.Deliveries, operation_id="deliveries")
def deliveries(
    _: Manager,
    work: In,
    number: Number,
    before: Annotated[int | None, Query(ge=1, le=MOST_NUMBER)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """What was sent to an address, the newest first."""
    return {"deliveries": hooks.deliveries(work, number, before=before, limit=limit)}


@routes.post("/{number}/deliveries/{delivery}/retry", status_code=204, operation_id="retry_delivery")
def retry(_: Manager, work: In, number: Number, delivery: Number) -> None:
    """Send once more what was given up."""
    hooks.send_again(work, delivery)
