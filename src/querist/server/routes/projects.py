"""Projects and their items."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from querist.core.schema import Schema
from querist.server.guard import Auditor, Here, In, Manager, Reader, uploads
from querist.server.reading import FORM_OF_A_FILE, FORM_OF_ITEMS, AFile, AFileOrItems, SentFile
from querist.server.routing import router
from querist.server.schemas import items as i
from querist.server.schemas import people as p
from querist.server.schemas import projects as s
from querist.server.schemas.base import ShortText
from querist.service import browsing, intake, looking, overview, people

routes = router("/api", "projects")


@routes.get("/projects", response_model=s.Projects, operation_id="projects")
def listed(who: Reader, here: Here) -> Any:
    """The projects that one may enter."""
    return {"projects": browsing.cards(here.database, people.enterable(here.database, who))}


@routes.delete("/projects/{project}", status_code=204, operation_id="delete_project")
def delete(_: Manager, work: In, here: Here) -> None:
    """Take a project that nobody has answered in out of every list; its name is free again."""
    here.workspaces.delete(work.name)


@routes.post("/projects", response_model=s.Project, status_code=201, operation_id="start_project")
def start(_: Manager, body: s.NewProject, here: Here) -> Any:
    """Start a project."""
    schema = Schema(
        body.target, tuple(body.classes), body.task, low=body.low, high=body.high, sides=tuple(body.sides or ())
    )
    settings = {} if body.settings is None else body.settings.model_dump(exclude_unset=True)
    if body.overlap is not None:
        settings["overlap"] = body.overlap
    work = overview.start(
        here.workspaces,
        body.name,
        schema=schema,
        policy=body.policy,
        settings=settings,
        instructions=body.instructions,
        test_share=body.test_share,
        calibration_share=body.calibration_share,
        encoder=body.encoder,
    )
    return overview.overview(work)


@routes.get("/projects/{project}", response_model=s.Project, operation_id="project")
def project(_: Reader, work: In) -> Any:
    """A project: its question, its instructions, how it chooses, how it hands out."""
    return overview.overview(work)


@routes.patch("/projects/{project}", response_model=s.Project, operation_id="change_project")
def change(_: Manager, work: In, body: s.ProjectChange) -> Any:
    """Change what is given; what is left out stays. It holds from the next round and the next answer on."""
    given = body.model_dump(exclude_unset=True)
    return overview.change(work, **given)


@routes.post("/look", response_model=s.Look, operation_id="look_into_file", openapi_extra=FORM_OF_A_FILE)
@uploads
def look(_: Manager, sent: AFile) -> Any:
    """What a file holds, and what it seems to be for. Nothing is stored."""
    return looking.look(sent.path, **sent.said)


@routes.post(
    "/projects/{project}/items",
    response_model=s.Added,
    status_code=201,
    operation_id="add_items",
    openapi_extra=FORM_OF_ITEMS,
)
@uploads
def add(_: Manager, work: In, sent: AFileOrItems) -> Any:
    """Add items, from a file or given one by one: all of them, or, where one is wrong, none."""
    if isinstance(sent, SentFile):
        return intake.add_file(work, sent.path, **sent.said)
    return intake.add_items(work, sent.items, **sent.model_dump(exclude={"items"}))


@routes.get("/projects/{project}/items", response_model=i.Items, operation_id="items")
def items(
    _: Auditor,
    work: In,
    after: Annotated[ShortText | None, Query(description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    split: Annotated[ShortText | None, Query(examples=["pool"])] = None,
    state: Annotated[ShortText | None, Query(examples=["unlabeled"])] = None,
    label: Annotated[ShortText | None, Query(description="A class that the label is, or names.")] = None,
    annotator: Annotated[ShortText | None, Query(description="Somebody who has answered.")] = None,
    number: Annotated[int | None, Query(alias="round", ge=1, le=2**31 - 1)] = None,
    search: Annotated[ShortText | None, Query(description="Words in the id or in a field.")] = None,
    cut: Annotated[
        int | None, Query(ge=1, description="So many characters of each text; JSON and data: URLs are whole.")
    ] = None,
) -> Any:
    """Items, page by page. A search looks through so many items a call: go on with `next`, also from an empty page."""
    return browsing.page(
        work,
        after=after,
        limit=limit,
        split=split or None,
        state=state or None,
        label=label or None,
        annotator=annotator or None,
        number=number,
        search=search or None,
        cut=cut,
    )


@routes.get("/projects/{project}/items/{item_id:path}", response_model=i.ItemLife, operation_id="item")
def item(_: Auditor, work: In, item_id: str) -> Any:
    """Everything that happened to one item."""
    return browsing.life(work, item_id)


@routes.get("/projects/{project}/members", response_model=p.People, operation_id="members", tags=["people"])
def members(who: Manager, work: In, here: Here) -> Any:
    """Who was let into the project by name; it bears on those that are not open to all."""
    return {"people": people.members(here.database, who, work.name)}


@routes.put("/projects/{project}/members/{name}", status_code=204, operation_id="let_in", tags=["people"])
def let_in(who: Manager, work: In, name: str, here: Here) -> None:
    """Let a person enter the project."""
    people.let_in(here.database, who, work.name, name)


@routes.delete("/projects/{project}/members/{name}", status_code=204, operation_id="put_out", tags=["people"])
def put_out(who: Manager, work: In, name: str, here: Here) -> None:
    """Let a person enter the project no longer."""
    people.put_out(here.database, who, work.name, name)
