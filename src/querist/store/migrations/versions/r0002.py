"""Labels by what most annotators say, and vectors of more than one dimension.

Until now the newest answer was the label, whoever gave it; and a project kept the length of each vector, not its shape.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

from querist.store.columns import json_text
from querist.store.events import standings

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Bring labels and settings to what they mean now. The events stay as they are, frozen versions too."""
    conn = op.get_bind()
    _resolve_again(conn)
    _keep_shapes(conn)


def _resolve_again(conn: sa.Connection) -> None:
    """The labels of items that several annotators answered."""
    label = sa.table("current_label", *map(sa.column, ("project_id", "item_seq", "value", "event_id", "n_answers")))
    several = sa.select(label.c.project_id, label.c.item_seq).where(label.c.n_answers > 1)
    items: dict[int, list[int]] = {}
    for project_id, seq in conn.execute(several):
        items.setdefault(project_id, []).append(seq)
    for project_id, seqs in items.items():
        for seq, standing in standings(conn, project_id, seqs).items():
            if standing.label is not None:
                resolved = {"value": json_text(standing.label.value), "event_id": standing.label.event_id}
                this = (label.c.project_id == project_id, label.c.item_seq == seq)
                conn.execute(sa.update(label).where(*this).values(resolved))


def _keep_shapes(conn: sa.Connection) -> None:
    """A vector of n numbers has the shape [n]."""
    project = sa.table("project", *map(sa.column, ("id", "settings")))
    for project_id, text in conn.execute(sa.select(project.c.id, project.c.settings)).all():
        settings = json.loads(text)
        if (lengths := settings.pop("lengths", None)) is None:
            continue
        settings["shapes"] = {name: [n] for name, n in lengths.items() if n} | settings.get("shapes", {})
        changed = sa.update(project).where(project.c.id == project_id)
        conn.execute(changed.values(settings=json_text(settings)))
