"""Whether a project's new items are still like the old ones."""

from __future__ import annotations

from typing import Any

from querist.server.guard import Auditor, In, Manager
from querist.server.routing import router
from querist.server.schemas import drift as s
from querist.service import drifting

routes = router("/api/projects/{project}", "progress")


@routes.get("/drift", response_model=s.LastDrift, operation_id="drift")
def last(_: Auditor, work: In) -> Any:
    """What was found when somebody looked for drift last."""
    return {"drift": drifting.last(work)}


@routes.post("/drift", response_model=s.Drift, status_code=201, operation_id="look_for_drift")
def look(who: Manager, work: In, body: s.LookForDrift) -> Any:
    """Hold new items, their scores, labels and errors against the old ones, and say what to do; it is kept."""
    return drifting.look(work, body.items, since=body.since, level=body.level, by=who.name)
