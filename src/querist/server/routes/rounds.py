"""Rounds, asking and telling by a program, versions, exports, and whether all is sound."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Response

from querist.core.state import Answer
from querist.server.guard import Auditor, Here, In, Manager
from querist.server.routing import router
from querist.server.schemas import projects as p
from querist.server.schemas import rounds as s
from querist.server.schemas.base import Number
from querist.server.schemas.items import Job
from querist.server.sending import Scratch
from querist.service import (
    browsing,
    copies,
    datasets,
    driving,
    labeling,
    overview,
    people,
    report,
    rounds,
    slices,
    status,
    streaming,
    verify,
    waiting,
)

PAGE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
Format = Literal["csv", "excel-csv", "jsonl", "parquet", "arrow"]
SUFFIXES = {"excel-csv": "csv"}
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "excel-csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.file",
}
FILE = {"content": {kind: {} for kind in sorted({*KINDS.values()})}, "description": "The file."}

routes = router("/api/projects/{project}", "rounds")


@routes.get("/rounds", response_model=s.Rounds, operation_id="rounds")
def listed(_: Auditor, work: In) -> Any:
    """Every round, in order."""
    return {"rounds": browsing.all_rounds(work)}


@routes.post("/rounds", response_model=Job, status_code=202, operation_id="make_round")
def make(who: Manager, work: In, body: s.NewRound) -> Any:
    """Have a round made now, whether or not the last one is answered."""
    job = driving.request(work, by=who.name, n=body.n, split=body.split)
    return waiting.wait(work, job.id) if body.wait else job


@routes.get("/rounds/{number}", response_model=s.RoundDetail, operation_id="round")
def one(
    _: Auditor,
    work: In,
    number: Number,
    after: Annotated[int, Query(ge=-1, le=2**31 - 1, description="The `next` of the page before.")] = -1,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> Any:
    """What a round asked, why, and what became of it."""
    return browsing.one_round(work, number, after=after, limit=limit)


@routes.post("/rounds/{number}/withdraw", response_model=s.Withdrawn, operation_id="withdraw_round")
def withdraw(_: Manager, work: In, number: Number) -> Any:
    """Undo a round: what nobody has answered is taken back; answers stay."""
    return {"n_withdrawn": rounds.withdraw(work, number)}


@routes.post("/pause", response_model=p.Project, operation_id="pause")
def pause(_: Manager, work: In) -> Any:
    """Hand nothing out and choose nothing until `resume`."""
    driving.pause(work)
    return overview.overview(work)


@routes.post("/resume", response_model=p.Project, operation_id="resume")
def resume(_: Manager, work: In) -> Any:
    """Go on, after a pause or after the project stopped by itself."""
    driving.resume(work)
    return overview.overview(work)


@routes.post("/train", response_model=Job, status_code=202, operation_id="train")
def train(who: Manager, work: In) -> Any:
    """Have a model made of the labels as they are now."""
    return driving.request(work, by=who.name, kind="train")


@routes.post("/ask", response_model=s.Asked, status_code=201, operation_id="ask", tags=["ask and tell"])
def ask(_: Manager, work: In, body: s.AskIn) -> Any:
    """Choose the next items and have them back at once; where labels came in, a model is made first."""
    return rounds.ask(work, body.n, split=body.split, certify=body.certify)


@routes.get("/pending", response_model=s.Asked, operation_id="pending", tags=["ask and tell"])
def pending(_: Auditor, work: In) -> Any:
    """Everything that is out with annotators."""
    return rounds.pending(work)


@routes.post("/tell", response_model=s.ToldOut, status_code=201, operation_id="tell", tags=["ask and tell"])
def tell(who: Manager, work: In, body: s.TellIn) -> Any:
    """Take in answers from elsewhere: all of them, or none; each once, however often it is told."""
    given = [Answer(a.item_id, a.value, a.annotator or who.name, a.note, a.key) for a in body.answers]
    return labeling.tell(work, given)


@routes.post("/stream", response_model=s.Decided, status_code=201, operation_id="decide", tags=["ask and tell"])
def decide(_: Manager, work: In, body: s.StreamIn) -> Any:
    """Ask or predict, for each item of a stream as it comes; what is asked joins the queue within a second."""
    return streaming.decide_on(work, body.items, budget=body.budget, manager=body.manager, keep=body.keep, key=body.key)


@routes.get("/status", response_model=s.Status, operation_id="status", tags=["ask and tell"])
def how(_: Auditor, work: In) -> Any:
    """The story so far, and what to do next."""
    return status.status(work)


@routes.post("/freeze", response_model=s.Frozen, status_code=201, operation_id="freeze", tags=["versions"])
def freeze(_: Manager, work: In, body: s.FreezeIn) -> Any:
    """Make the labels as they are now a dataset version; the same labels are the same version."""
    return datasets.freeze(work, body.note)


@routes.get("/versions", response_model=s.Versions, operation_id="versions", tags=["versions"])
def versions(_: Auditor, work: In) -> Any:
    """Every dataset version, in order."""
    return {"versions": browsing.all_versions(work)}


@routes.get("/export", operation_id="export", tags=["versions"], response_class=Response, responses={200: FILE})
def export(
    who: Auditor,
    work: In,
    here: Here,
    file_format: Annotated[Format, Query(alias="format")] = "csv",
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> Response:
    """A version's labels as a file, with who answered, when, and why each was asked; by default those of now."""
    with Scratch() as scratch:
        number = version if version is not None or people.may(here.database, who, "manage") else datasets.newest(work)
        path = scratch.path / f"labels.{SUFFIXES.get(file_format, file_format)}"
        written = datasets.export(work, path, version=number, file_format=file_format)
        told = {"X-Querist-Rows": str(written.n_rows), "X-Querist-Version": str(written.version)}
        return scratch.hand_out(path, KINDS[file_format], f"{work.name}.{path.suffix[1:]}", told)


@routes.get(
    "/report",
    operation_id="report",
    response_class=Response,
    responses={200: {"content": {"text/html": {}}, "description": "A page in one file."}},
)
def page(_: Auditor, work: In) -> Response:
    """The project's page: one file to look at, to keep and to send."""
    with Scratch() as scratch:
        path = report.write_report(work, scratch.path / "report.html")
        return Response(path.read_bytes(), media_type="text/html", headers={"Content-Security-Policy": PAGE})


@routes.get("/verify", response_model=s.Verified, operation_id="verify", tags=["versions"])
def sound(_: Auditor, work: In) -> Any:
    """Whether everything stored agrees with itself."""
    found = verify.look(work)
    return {"sound": not found.problems, "problems": found.problems, "copies": found.copies}


@routes.get("/copies", response_model=s.Copies, operation_id="copies", tags=["versions"])
def copied(_: Auditor, work: In) -> Any:
    """Copies of test and calibration items in the pool, the most alike first."""
    return copies.find(work)


@routes.post("/copies/set-aside", response_model=s.SetAside, operation_id="set_copies_aside", tags=["versions"])
def set_aside(who: Manager, work: In) -> Any:
    """Take the copies of held-out items out of the pool, for good."""
    return {"n_set_aside": slices.set_aside(work, by=who.name)}


@routes.get("/slices", response_model=s.Slices, operation_id="slices", tags=["versions"])
def sliced(_: Auditor, work: In) -> Any:
    """Every version of the test set and of the calibration slice."""
    return {"versions": slices.slices(work)}


@routes.post("/slices", response_model=s.Extended, status_code=201, operation_id="extend", tags=["versions"])
def extend(who: Manager, work: In, body: s.ExtendIn) -> Any:
    """Draw items at random from the whole pool into the test set or the calibration slice: its next version."""
    return slices.extend(work, body.n, split=body.split, by=who.name)
