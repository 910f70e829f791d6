"""What was found by looking at a project, and decided upon it: kept as it was said, and only ever added to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa

from querist.core.checks import one_of, positive
from querist.core.errors import NotFound
from querist.store.columns import utc_now
from querist.store.tables import finding

Kind = Literal["advice", "drift", "efficiency", "estimate", "gate", "split", "stopping", "stream"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Finding:
    """One look at a project: of what kind, at which model, what it found, and who asked for it.

    `model` is a model's number, where it is about one. `by` is empty where nobody asked: the machine looked by itself.
    `key` is of whoever may ask twice, and shall be told the same.
    """

    id: int
    kind: Kind
    model: int | None
    body: Mapping[str, Any]
    by: str
    created_at: datetime
    key: str | None


def record(
    conn: sa.Connection,
    project_id: int,
    kind: Kind,
    body: Mapping[str, Any],
    *,
    model: int | None = None,
    by: str = "",
    key: str | None = None,
    now: datetime | None = None,
) -> Finding:
    """Add a finding; `body` is plain JSON. A key is there once in a project and kind.

    Raises
    ------
    InvalidInput
        If the kind is unknown.
    """
    one_of("kind", kind, KINDS)
    made = finding.insert().values(
        project_id=project_id, kind=kind, model=model, body=dict(body), by=by, key=key, created_at=now or utc_now()
    )
    row = conn.execute(made.returning(*_columns())).one()
    return Finding(**row._mapping)


def latest(conn: sa.Connection, project_id: int, kind: Kind) -> Finding | None:
    """The newest of a kind, or None before the first."""
    return next(iter(listed(conn, project_id, kind, limit=1)), None)


def keyed(conn: sa.Connection, project_id: int, kind: Kind, key: str) -> Finding | None:
    """The one of a kind that was recorded under this key, or None."""
    c = finding.c
    asked = sa.select(*_columns()).where(
        c.project_id == project_id, c.kind == one_of("kind", kind, KINDS), c.key == key
    )
    found = conn.execute(asked).one_or_none()
    return None if found is None else Finding(**found._mapping)


def get(conn: sa.Connection, project_id: int, number: int) -> Finding:
    """The finding of an id.

    Raises
    ------
    NotFound
        If the project has none of it.
    """
    asked = sa.select(*_columns()).where(finding.c.project_id == project_id, finding.c.id == number)
    found = conn.execute(asked).one_or_none()
    if found is None:
        raise NotFound(f"finding: must be one of this project; {number} is none. See those that are listed.")
    return Finding(**found._mapping)


def listed(conn: sa.Connection, project_id: int, kind: Kind, *, limit: int = 50) -> list[Finding]:
    """Those of a kind, the newest first, at most `limit` of them."""
    one_of("kind", kind, KINDS)
    positive("limit", limit)
    asked = (
        sa.select(*_columns())
        .where(finding.c.project_id == project_id, finding.c.kind == kind)
        .order_by(finding.c.id.desc())
        .limit(limit)
    )
    return [Finding(**row._mapping) for row in conn.execute(asked)]


def since(conn: sa.Connection, project_id: int, kind: Kind, after: int) -> list[Finding]:
    """Those of a kind that were added after the one of this number, the oldest first."""
    one_of("kind", kind, KINDS)
    c = finding.c
    asked = sa.select(*_columns()).where(c.project_id == project_id, c.kind == kind, c.id > after).order_by(c.id)
    return [Finding(**row._mapping) for row in conn.execute(asked)]


def count(conn: sa.Connection, project_id: int, kind: Kind, what: str) -> int:
    """How many of a kind say that of themselves: what their body holds under `what`."""
    asked = sa.select(sa.func.count()).where(*_of(conn, project_id, kind, what))
    return conn.scalar(asked) or 0


def latest_about(conn: sa.Connection, project_id: int, kind: Kind, what: str, model: int) -> Finding | None:
    """The newest of a kind that is about this model and says that of itself, as for `count`; or None."""
    asked = (
        sa.select(*_columns())
        .where(*_of(conn, project_id, kind, what), finding.c.model == model)
        .order_by(finding.c.id.desc())
        .limit(1)
    )
    found = conn.execute(asked).one_or_none()
    return None if found is None else Finding(**found._mapping)


def last_id(conn: sa.Connection, project_id: int, kind: Kind | None = None) -> int:
    """The number of the newest finding, of a kind or of any, by which one sees that there is another; 0 for none."""
    asked = sa.select(sa.func.max(finding.c.id)).where(finding.c.project_id == project_id)
    if kind is not None:
        asked = asked.where(finding.c.kind == one_of("kind", kind, KINDS))
    return conn.scalar(asked) or 0


def _of(conn: sa.Connection, project_id: int, kind: Kind, what: str) -> list[sa.ColumnElement[bool]]:
    one_of("kind", kind, KINDS)
    text = sa.type_coerce(finding.c.body, sa.Text)
    # To SQLite JSON is text that it reads; PostgreSQL must be told.
    body = sa.cast(text, sa.JSON) if conn.dialect.name == "postgresql" else sa.type_coerce(text, sa.JSON)
    return [finding.c.project_id == project_id, finding.c.kind == kind, body["what"].as_string() == what]


def _columns() -> list[sa.Column[Any]]:
    return [column for column in finding.c if column.name != "project_id"]
