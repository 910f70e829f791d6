"""Findings: what was found by looking at a project, and decided upon it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"
branch_labels: str | None = None
depends_on: str | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table, and the triggers that keep it from being changed."""
    op.create_table(
        "finding",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("model", sa.Integer),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_finding"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_finding_project_id"),
        sa.ForeignKeyConstraint(
            ["project_id", "model"], ["model.project_id", "model.number"], name="fk_finding_project_id_model"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_finding_project_id_kind_id", "finding", ["project_id", "kind", "id"])
    message = "finding is only ever added to"
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER finding_refuses_{verb.lower()} BEFORE {verb} ON finding "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION finding_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER finding_refuses_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON finding "
        "FOR EACH STATEMENT EXECUTE FUNCTION finding_refuse()"
    )
