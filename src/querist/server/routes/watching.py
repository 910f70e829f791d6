"""How a project goes: progress, the curve, who works, what the machine does, and all of it as it happens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from fastapi.responses import StreamingResponse

from querist.server.guard import Auditor, Here, In, Manager, Reader, Stays
from querist.server.routing import router
from querist.server.schemas import items as s
from querist.server.schemas.base import Number
from querist.service import curves, driving, watching

routes = router("/api/projects/{project}", "progress")


@routes.get("/progress", response_model=s.Progress, operation_id="progress")
def progress(_: Reader, work: In) -> Any:
    """How far the project is, from counts that are kept: as fast at a million items as at ten."""
    return watching.progress(work)


@routes.get("/curve", response_model=s.Curve, operation_id="curve")
def curve(_: Reader, work: In) -> Any:
    """The learning curve: what each model measured on the test set."""
    return curves.learning_curve(work)


@routes.get("/people", response_model=s.Workers, operation_id="workers")
def people(_: Auditor, work: In) -> Any:
    """Who works on the project, those at it now first."""
    return {"people": watching.people(work)}


@routes.get("/jobs", response_model=s.Jobs, operation_id="jobs")
def jobs(_: Auditor, work: In, limit: Annotated[int, Query(ge=1, le=200)] = 20) -> Any:
    """What the machine did last, the newest first."""
    return {"jobs": driving.listed(work, limit=limit)}


@routes.post("/jobs/{number}/retry", response_model=s.Job, operation_id="retry_job")
def retry(_: Manager, work: In, number: Number) -> Any:
    """Try a job that failed again."""
    return driving.retry(work, number)


@routes.get(
    "/events",
    operation_id="events",
    response_class=StreamingResponse,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
            "description": "Events `progress`, `round`, `model` and `job`, each with JSON as the GET of it gives.",
        }
    },
)
def events(
    who: Reader,
    work: In,
    here: Here,
    stays: Stays,
    after: Annotated[int | None, Query(ge=0, le=2**53 - 1, description="Not needed: each stream begins anew.")] = None,
) -> StreamingResponse:
    """What happens, as it happens, as server-sent events. A stream ends after ten minutes; open it again.

    Whoever may no longer look, as their session ended or they were put out, is told nothing more after two seconds.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    events = here.live.stream(work, who.name, stays)
    return StreamingResponse(events, media_type="text/event-stream", headers=headers)
