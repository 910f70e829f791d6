"""A project as a whole: what it asks, how it chooses and hands out, how its items are shown; started and changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from querist.core.checks import one_of
from querist.core.display import DISPLAYS, Display, infer_display
from querist.core.errors import InvalidInput
from querist.core.items import FieldKind
from querist.core.policy import Policy
from querist.core.queueing import QueueSettings
from querist.core.schema import Schema
from querist.service.projects import check_policy
from querist.service.workspace import Workspace
from querist.service.workspaces import Workspaces
from querist.store import browse, projects
from querist.store.db import Connection

LOOKED_AT = 40  # items whose fields tell how to show them
FIRST_SHOWN: tuple[Display, ...] = ("image", "audio", "pixels", "chat", "trace", "markdown", "text", "json", "number")


@dataclass(frozen=True, slots=True)
class Overview:
    """A project as its page shows it. `fields` says how a learner reads each field, `display` how people see them."""

    name: str
    created_at: datetime
    schema: Schema
    instructions: projects.Instructions | None
    policy: Policy
    fields: Mapping[str, FieldKind]
    display: Mapping[str, Display]
    settings: QueueSettings
    paused: bool


def overview(work: Workspace) -> Overview:
    """The project as it is now."""
    with work.database.reading() as conn:
        record = projects.get(conn, work.name)
        return Overview(
            name=record.name,
            created_at=record.created_at,
            schema=work.schema(conn),
            instructions=projects.instructions(conn, work.project_id),
            policy=work.policy(conn),
            fields=work.spec(conn).kinds,
            display=_display(work, conn),
            settings=work.queue(conn),
            paused=bool(record.settings.get("paused")),
        )


def start(
    workspaces: Workspaces,
    name: str,
    *,
    schema: Schema,
    policy: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    instructions: str = "",
    test_share: float | None = None,
    calibration_share: float | None = None,
    encoder: str | None = None,
) -> Workspace:
    """Start a project in the database of all.

    Parameters
    ----------
    name : str
    schema : Schema
    policy, settings : mapping, optional
        What of the policy and of the queue's settings is not as by default.
    instructions : str
    test_share, calibration_share : float, optional
        Of the items, kept from every strategy; by default a fifth and a twentieth.
    encoder : str, optional

    Raises
    ------
    InvalidInput
        If something is not as it must be.
    Conflict
        If there is a project of this name.
    """
    shares = {
        "test": 0.2 if test_share is None else test_share,
        "calibration": 0.05 if calibration_share is None else calibration_share,
    }
    return workspaces.create(
        name,
        schema=schema,
        policy=Policy.from_json(merged(Policy().to_json(), policy or {})),
        queue=QueueSettings().with_(**(settings or {})),
        instructions=instructions,
        shares=shares,
        encoder=encoder,
    )


def change(
    work: Workspace,
    *,
    instructions: str | None = None,
    policy: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
    display: Mapping[str, str] | None = None,
) -> Overview:
    """Change what is given of a project, all of it or nothing, from the next round and the next answer on.

    Raises
    ------
    InvalidInput
        If something is not as it must be.
    """
    with work.database.transaction() as conn:
        projects.lock(conn, work.project_id)
        said = work.settings(conn)
        if policy is not None:
            changed = Policy.from_json(merged(work.policy(conn).to_json(), policy))
            check_policy(changed, work.schema(conn), said.get("strata"), work.seed_rules)
            projects.add_policy(conn, work.project_id, changed)
            said["stopped"] = None  # by another budget or another strategy there may be more to ask
        if settings is not None:
            said["queue"] = work.queue(conn).with_(**settings).to_json()
        if display is not None:
            said["display"] = _displays(display, list(work.spec(conn).kinds))
        if policy is not None or settings is not None or display is not None:
            projects.update_settings(conn, work.project_id, said)
        if instructions is not None:
            projects.add_instructions(conn, work.project_id, instructions)
    return overview(work)


def merged(body: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A body with some of its settings changed; a map inside takes changes of its own settings.

    Examples
    --------
    >>> merged({"a": 1, "costs": {"x": 1, "y": 2}}, {"costs": {"y": 3}})
    {'a': 1, 'costs': {'x': 1, 'y': 3}}
    """
    out = dict(body)
    for name, value in changes.items():
        nested = name in ("costs", "budget") and isinstance(value, Mapping) and isinstance(out.get(name), Mapping)
        out[name] = {**out[name], **value} if nested else value
    return out


def _display(work: Workspace, conn: Connection) -> dict[str, Display]:
    """How each field is shown, in the order to show them: as somebody said, else as its values look."""
    kinds = work.spec(conn).kinds
    said: dict[str, Display] = dict(work.settings(conn).get("display", []))
    rest = [name for name in kinds if name not in said]
    if not rest:
        return said
    seqs = browse.candidates(conn, work.project_id, browse.Wanted(), after=0, most=LOOKED_AT)
    seen = [browse.fields_in(row) for row in browse.matching(conn, work.project_id, browse.Wanted(), seqs)]
    found = {name: infer_display([fields.get(name) for fields in seen], kinds[name]) for name in rest}
    lengths = {name: sum(len(str(fields.get(name) or "")) for fields in seen) for name in rest}
    order = sorted(rest, key=lambda name: (FIRST_SHOWN.index(found[name]), -lengths[name], name))
    return said | {name: found[name] for name in order}


def _displays(display: Mapping[str, str], fields: Sequence[str]) -> list[list[str]]:
    # A list, since the database's JSON sorts a map by its names.
    for name, how in display.items():
        if name not in fields:
            has = ", ".join(map(repr, fields)) or "none yet"
            raise InvalidInput(f"display: must be of the project's fields; got {name!r}. It has {has}.")
        one_of(f"display of {name!r}", how, DISPLAYS)
    return [[name, how] for name, how in display.items()]
