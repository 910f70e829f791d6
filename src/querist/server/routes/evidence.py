"""What is known of a project's worth."""

from __future__ import annotations

from typing import Any

from querist.server.guard import Auditor, In
from querist.server.routing import router
from querist.server.schemas import evidence as s
from querist.service import evidence

routes = router("/api/projects/{project}", "evidence")


@routes.get("/evidence", response_model=s.Evidence, operation_id="evidence")
def figures(_: Auditor, work: In) -> Any:
    """How good the model is, what was saved, when to stop: each figure as it was last found, and where it is from."""
    return {"figures": evidence.evidence(work)}
