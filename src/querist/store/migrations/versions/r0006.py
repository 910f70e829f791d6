"""A finding may have a key, by which what was found is told again to whoever asks twice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    """Add the column, and an index by which a key is there once; findings without one have no part in it."""
    op.add_column("finding", sa.Column("key", sa.Text))
    op.create_index("ix_finding_project_id_kind_key", "finding", ["project_id", "kind", "key"], unique=True)
