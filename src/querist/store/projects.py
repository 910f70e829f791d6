"""Projects, and the versions of what they ask: schema, instructions, policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.core.checks import nearest
from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.hashing import digest
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.store.columns import moment_text, plain_text, utc_now
from querist.store.tables import answer_event, instruction_version, policy_version, project, schema_version

ASIDE = "set_aside_at"

# Built once, as all that every request asks: to build a statement costs more than to run it.
_NAMED = sa.select(project).where(project.c.name == sa.bindparam("called"))
_SETTINGS = sa.select(project.c.settings).where(project.c.id == sa.bindparam("project"))
# FOR NO KEY UPDATE: whoever only refers to the project, as every insert does, is not made to wait.
_LOCKED = sa.select(project.c.id).where(project.c.id == sa.bindparam("project")).with_for_update(key_share=True)
_NEWEST = {
    table: sa.select(sa.func.max(table.c.version)).where(table.c.project_id == sa.bindparam("project"))
    for table in (schema_version, instruction_version, policy_version)
}


@dataclass(frozen=True, slots=True)
class Project:
    """One pool of items, the questions asked of it, and their answers."""

    id: int
    name: str
    settings: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Instructions:
    """What annotators are told to do, at one version."""

    version: int
    text: str
    digest: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """How batches are chosen, at one version."""

    version: int
    policy: Policy
    digest: str
    created_at: datetime


def create(
    conn: sa.Connection, name: str, *, settings: Mapping[str, Any] | None = None, now: datetime | None = None
) -> Project:
    """A new, empty project.

    Raises
    ------
    Conflict
        If there is one of this name.
    """
    if not plain_text("name", name).strip():
        raise InvalidInput("name: must not be blank; got an empty one. Name the project.")
    if name.strip(".") == "" or not name.isprintable() or name != name.strip():
        raise InvalidInput(
            f"name: must be words that can be seen, without blanks around them; got {name!r}. Choose another."
        )
    if conn.scalar(sa.select(project.c.id).where(project.c.name == name)) is not None:
        raise _taken(name)
    made = project.insert().values(name=name, settings=dict(settings or {}), created_at=now or utc_now())
    try:
        return _project(conn.execute(made.returning(project)).one())
    except sa.exc.IntegrityError:  # another process was faster, after our look
        raise _taken(name) from None


def get(conn: sa.Connection, name: str) -> Project:
    """The project of this name.

    Raises
    ------
    NotFound
        If there is none; the message names the nearest.
    """
    row = conn.execute(_NAMED, {"called": name}).one_or_none()
    if row is None:
        names = list(conn.scalars(sa.select(project.c.name).order_by(project.c.name)))
        near = nearest(name, names)
        hint = f"Did you mean {near!r}?" if near else f"There are {', '.join(names[:6]) or 'none yet'}."
        raise NotFound(f"project: must be one of this database's; got {name!r}. {hint}")
    return _project(row)


def name_of(conn: sa.Connection, project_id: int) -> str:
    """The name of a project by its number."""
    name: str | None = conn.scalar(sa.select(project.c.name).where(project.c.id == project_id))
    if name is None:
        raise _unknown(project_id)
    return name


def listed(conn: sa.Connection) -> list[Project]:
    """Every project that was not set aside, by name."""
    found = map(_project, conn.execute(sa.select(project).order_by(project.c.name)))
    return [each for each in found if ASIDE not in each.settings]


def set_aside(conn: sa.Connection, project_id: int, *, now: datetime | None = None) -> None:
    """Take a project that nobody has answered in out of every list, and free its name. Nothing of it is deleted.

    Raises
    ------
    Conflict
        If it has answers: those are work, and a record.
    """
    lock(conn, project_id)
    answered = sa.select(answer_event.c.id).where(answer_event.c.project_id == project_id).limit(1)
    if conn.scalar(answered) is not None:
        raise Conflict("project: must have no answers to be deleted; it has some. Pause it instead, and export them.")
    row = conn.execute(sa.select(project.c.name, project.c.settings).where(project.c.id == project_id)).one()
    at = now or utc_now()
    aside = {**row.settings, ASIDE: moment_text(at)}
    name = f"{row.name} (deleted {at:%Y-%m-%d %H:%M:%S}, {project_id})"
    conn.execute(sa.update(project).where(project.c.id == project_id).values(name=name, settings=aside))


def lock(conn: sa.Connection, project_id: int) -> None:
    """Keep other writers out of this project until the transaction ends; other projects are not held up.

    SQLite has one writer anyway and leaves the lock clause out.
    """
    if conn.execute(_LOCKED, {"project": project_id}).one_or_none() is None:
        raise _unknown(project_id)


def settings(conn: sa.Connection, project_id: int) -> Mapping[str, Any]:
    """What was said of the project beyond its schema and policy."""
    row = conn.execute(_SETTINGS, {"project": project_id}).one_or_none()
    if row is None:
        raise _unknown(project_id)
    found: Mapping[str, Any] = row.settings
    return found


def update_settings(conn: sa.Connection, project_id: int, settings: Mapping[str, Any]) -> Project:
    """The project with these settings in place of the old ones."""
    changed = sa.update(project).where(project.c.id == project_id).values(settings=dict(settings)).returning(project)
    row = conn.execute(changed).one_or_none()
    if row is None:
        raise _unknown(project_id)
    return _project(row)


def add_schema(conn: sa.Connection, project_id: int, schema: Schema, *, now: datetime | None = None) -> Schema:
    """The schema as it is kept: with the next version number, or the current one if nothing else differs."""
    lock(conn, project_id)
    latest = _latest(conn, schema_version, project_id)
    if latest is not None and replace(schema, version=latest.version) == Schema.from_json(latest.body):
        return Schema.from_json(latest.body)
    kept = replace(schema, version=_next(latest))
    _add(conn, schema_version, project_id, kept.version, kept.to_json(), kept.digest, now)
    return kept


def schema(conn: sa.Connection, project_id: int, version: int | None = None) -> Schema:
    """The schema at a version, by default the latest.

    Raises
    ------
    NotFound
        If the project has none.
    """
    return Schema.from_json(_version(conn, schema_version, project_id, version, "schema").body)


def schema_number(conn: sa.Connection, project_id: int) -> int:
    """The version that the schema is at; 0 before the first."""
    return _newest(conn, schema_version, project_id)


def instruction_number(conn: sa.Connection, project_id: int) -> int | None:
    """The version that the instructions are at; None while nothing was written."""
    return _newest(conn, instruction_version, project_id) or None


def schema_digest(conn: sa.Connection, project_id: int, version: int | None = None) -> str:
    """The schema's digest as it was recorded, by default the latest's."""
    return str(_version(conn, schema_version, project_id, version, "schema").digest)


def schemas(conn: sa.Connection, project_id: int) -> list[Schema]:
    """Every version of the schema, oldest first."""
    return [Schema.from_json(row.body) for row in _all(conn, schema_version, project_id)]


def add_instructions(conn: sa.Connection, project_id: int, text: str, *, now: datetime | None = None) -> Instructions:
    """A new version of what annotators are told, or the current one if the text is the same."""
    lock(conn, project_id)
    latest = _latest(conn, instruction_version, project_id)
    if latest is None or latest.body != plain_text("instructions", text):
        _add(conn, instruction_version, project_id, _next(latest), text, digest(text), now)
    return _instructions(_version(conn, instruction_version, project_id, None, "instructions"))


def instructions(conn: sa.Connection, project_id: int, version: int | None = None) -> Instructions | None:
    """What annotators are told at a version, by default the latest; None while nothing was written."""
    if version is None and _latest(conn, instruction_version, project_id) is None:
        return None
    return _instructions(_version(conn, instruction_version, project_id, version, "instructions"))


def add_policy(conn: sa.Connection, project_id: int, policy: Policy, *, now: datetime | None = None) -> PolicyVersion:
    """A new version of how batches are chosen, or the current one if it is the same."""
    lock(conn, project_id)
    latest = _latest(conn, policy_version, project_id)
    if latest is None or latest.digest != policy.digest:
        _add(conn, policy_version, project_id, _next(latest), policy.to_json(), policy.digest, now)
    return _policy(_version(conn, policy_version, project_id, None, "policy"))


def policy(conn: sa.Connection, project_id: int, version: int | None = None) -> Policy:
    """How batches are chosen at a version, by default the latest.

    Raises
    ------
    NotFound
        If the project has none.
    """
    return Policy.from_json(_version(conn, policy_version, project_id, version, "policy").body)


def _taken(name: str) -> Conflict:
    return Conflict(f"name: must be new; there is a project {name!r} already. Choose another, or open that one.")


def _unknown(project_id: int) -> NotFound:
    return NotFound(f"project: must be one of this database's; there is none numbered {project_id}. List them.")


def _project(row: sa.Row[Any]) -> Project:
    return Project(row.id, row.name, row.settings, row.created_at)


def _instructions(row: sa.Row[Any]) -> Instructions:
    return Instructions(row.version, row.body, row.digest, row.created_at)


def _policy(row: sa.Row[Any]) -> PolicyVersion:
    return PolicyVersion(row.version, Policy.from_json(row.body), row.digest, row.created_at)


def _next(latest: sa.Row[Any] | None) -> int:
    return 1 if latest is None else int(latest.version) + 1


def _add(
    conn: sa.Connection,
    table: sa.Table,
    project_id: int,
    version: int,
    body: Any,
    body_digest: str,
    now: datetime | None,
) -> None:
    conn.execute(
        table.insert().values(
            project_id=project_id, version=version, body=body, digest=body_digest, created_at=now or utc_now()
        )
    )


def _all(conn: sa.Connection, table: sa.Table, project_id: int) -> list[sa.Row[Any]]:
    return list(
        conn.execute(sa.select(table).where(table.c.project_id == project_id).order_by(table.c.version)).fetchall()
    )


def _newest(conn: sa.Connection, table: sa.Table, project_id: int) -> int:
    return conn.scalar(_NEWEST[table], {"project": project_id}) or 0


def _latest(conn: sa.Connection, table: sa.Table, project_id: int) -> sa.Row[Any] | None:
    newest = sa.select(table).where(table.c.project_id == project_id).order_by(table.c.version.desc()).limit(1)
    return conn.execute(newest).one_or_none()


def _version(conn: sa.Connection, table: sa.Table, project_id: int, version: int | None, what: str) -> sa.Row[Any]:
    if version is None:
        row = _latest(conn, table, project_id)
    else:
        row = conn.execute(
            sa.select(table).where(table.c.project_id == project_id, table.c.version == version)
        ).one_or_none()
    if row is None:
        which = f"no version {version}" if version is not None else "none yet"
        raise NotFound(f"{what}: must have been given to the project; it has {which}. Add one.")
    return row
