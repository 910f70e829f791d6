"""The annotator's desk."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from querist.core.errors import Busy, Conflict
from querist.server.errors import with_more
from querist.server.guard import AtWork, Here, In, Labeler, Reader, beacons
from querist.server.routing import router
from querist.server.schemas import desk as s
from querist.server.schemas.base import MOST_NUMBER, Number
from querist.service import answering, browsing, history, overview, queue

routes = router("/api/projects/{project}", "desk")


@routes.post("/claims", response_model=s.Claimed, operation_id="claim")
def claim(_: Labeler, work: In, me: AtWork, body: s.ClaimIn, here: Here) -> Any:
    """Have items handed out until one holds `n`; the leases of those in `have` are renewed."""
    claimed = queue.claim(work, me, body.n, have=body.have, take=body.take)
    here.metrics.claims.inc(len(claimed.assignments))
    return claimed


@routes.post("/leases", response_model=s.Leases, operation_id="renew_leases")
def renew(_: Labeler, work: In, me: AtWork, body: s.LeasesIn) -> Any:
    """Go on holding items; which of them are lost."""
    kept = queue.renew(work, me, s.tokens(body.slots))
    return {
        "kept": [{"slot": slot, "lease_until": until} for slot, until in kept.items()],
        "lost": [each.slot for each in body.slots if each.slot not in kept],
    }


@routes.post("/release", response_model=s.Released, operation_id="release")
@beacons
def release(_: Labeler, work: In, me: AtWork, body: s.ReleaseIn) -> Any:
    """Give items back, unanswered."""
    return {"released": queue.release(work, me, s.tokens(body.slots))}


@routes.post(
    "/answers",
    response_model=s.Acted,
    status_code=201,
    operation_id="act",
    responses={409: {"model": s.OvertakenBody, "description": "What the act is about does not stand any more."}},
)
def act(_: Labeler, work: In, me: AtWork, body: s.Act, here: Here) -> Any:
    """Answer, change one's mind, undo, skip or flag. What is acknowledged is never lost."""
    did = answering.Act(**dict(body))
    try:
        acted = answering.act(work, me, did)
    except Busy:
        raise  # nothing stands against the act: it is to be sent again
    except Conflict as error:
        both = s.Overtaken.model_validate({"mine": did.value, "theirs": browsing.last_word(work, did.item_id, me.name)})
        raise with_more(error, both.model_dump(mode="json")) from None
    if not acted.repeated:
        here.metrics.answers.labels(acted.action).inc()
    return acted


@routes.put("/drafts/{slot}", status_code=204, operation_id="save_draft")
def save_draft(_: Labeler, work: In, me: AtWork, slot: Number, body: s.DraftIn) -> None:
    """Keep what was begun, so that it is there after a reload. Where the item is no longer one's own, nothing is."""
    queue.save_draft(work, me, slot, body.token, body.value, body.note)


@routes.get("/history", response_model=s.History, operation_id="history")
def past(
    _: Reader,
    work: In,
    me: AtWork,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=MOST_NUMBER, description="The `next` of the page before.")] = None,
) -> Any:
    """What one has done, newest first."""
    return history.history(work, me, limit=limit, before=before)


@routes.get("/mine/{item_id:path}", response_model=s.OwnItem, operation_id="own_item")
def own(_: Reader, work: In, me: AtWork, item_id: str) -> Any:
    """An item that one has answered or skipped, to answer it otherwise."""
    return history.own_item(work, me, item_id)


@routes.get("/pace", response_model=s.Pace, operation_id="pace")
def pace(_: Reader, work: In, me: AtWork) -> Any:
    """How one's own work goes."""
    return history.pace(work, me)


@routes.get("/instructions", response_model=s.DeskInstructions, operation_id="instructions")
def instructions(_: Reader, work: In, me: AtWork) -> Any:
    """What annotators are told, and which version of it one has read."""
    told = overview.overview(work).instructions
    return {
        "version": None if told is None else told.version,
        "text": "" if told is None else told.text,
        "created_at": None if told is None else told.created_at,
        "read_version": history.instructions_read(work, me),
    }


@routes.post("/instructions/read", status_code=204, operation_id="read_instructions")
def read(_: Reader, work: In, me: AtWork, body: s.InstructionsRead) -> None:
    """Say that one has read the instructions, up to a version."""
    history.read_instructions(work, me, body.version)
