"""Which model may serve: the last decision, a new one, and what comes in from use."""

from __future__ import annotations

from typing import Any

from querist.core.gate import GateRules
from querist.server.guard import Auditor, In, Manager
from querist.server.routing import router
from querist.server.schemas import gate as s
from querist.service import promoting

routes = router("/api/projects/{project}", "gate")


@routes.get("/gate", response_model=s.GateStanding, operation_id="gate")
def standing(_: Auditor, work: In) -> Any:
    """Which model may serve, the last decisions, and where the online gate is."""
    return promoting.standing(work)


@routes.post("/gate", response_model=s.GateDecision, operation_id="decide_gate")
def decide(who: Manager, work: In, body: s.GateWish) -> Any:
    """Compare the newest model with the promoted one on the test set, decide, and record it."""
    rules = GateRules(body.margin, body.part_margin, body.level, body.small, body.least)
    return promoting.decide(work, rules=rules, by=body.by, metric=body.metric, unlabeled=body.unlabeled, who=who.name)


@routes.post("/gate/observe", response_model=s.GateObserved, operation_id="observe_gate")
def observe(who: Manager, work: In, body: s.GatePairs) -> Any:
    """Take in how two models did on the same cases in use; step on, or close, where that suffices."""
    return promoting.observe(
        work, body.pairs, model=body.model, margin=body.margin, level=body.level, key=body.key, who=who.name
    )
