"""Labels by what most annotators say: until now the newest answer was the label, whoever gave it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from querist.store.columns import json_text
from querist.store.events import standings

revision = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Resolve again the items that several annotators answered. The events stay as they are, frozen versions too."""
    conn = op.get_bind()
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
