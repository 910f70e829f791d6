"""People, sessions, keys and invitations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"
branch_labels: str | None = None
depends_on: str | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
tables = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
sa.Table("project", tables, sa.Column("id", BIG, primary_key=True))

person = sa.Table(
    "person",
    tables,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("name", NAME, nullable=False, unique=True),
    sa.Column("folded", NAME, nullable=False, unique=True),  # two people whose names differ in case only cannot be
    sa.Column("full_name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text),
    sa.Column("oidc_subject", NAME, unique=True),
    sa.Column("skills", sa.Text, nullable=False),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("daily_cap", sa.Integer),
    sa.Column("preferences", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("last_seen_at", sa.Text),
    sa.Column("disabled_at", sa.Text),
    sa.CheckConstraint(
        "role = 'annotator' OR role = 'adjudicator' OR role = 'manager' OR role = 'auditor' OR role = 'admin'",
        name="role",
    ),
    sqlite_autoincrement=True,
)

membership = sa.Table(
    "membership",
    tables,
    sa.Column("project_id", BIG, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("person_id", BIG, sa.ForeignKey("person.id"), nullable=False),
    sa.PrimaryKeyConstraint("project_id", "person_id"),
    sa.Index(None, "person_id"),
)

session = sa.Table(
    "session",
    tables,
    sa.Column("hash", NAME, primary_key=True),
    sa.Column("person_id", BIG, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("seen_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Index(None, "person_id"),
)

api_key = sa.Table(
    "api_key",
    tables,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("hash", NAME, nullable=False, unique=True),
    sa.Column("person_id", BIG, sa.ForeignKey("person.id"), nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text),
    sa.Column("used_at", sa.Text),
    sa.Column("revoked_at", sa.Text),
    sa.Index(None, "person_id"),
    sqlite_autoincrement=True,
)

invitation = sa.Table(
    "invitation",
    tables,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("hash", NAME, nullable=False, unique=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("project_id", BIG, sa.ForeignKey("project.id")),
    sa.Column("skills", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("invited_by", BIG, sa.ForeignKey("person.id")),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("expires_at", sa.Text, nullable=False),
    sa.Column("used_at", sa.Text),
    sa.Column("used_by", BIG, sa.ForeignKey("person.id")),
    sa.Column("revoked_at", sa.Text),
    sa.CheckConstraint(
        "role = 'annotator' OR role = 'adjudicator' OR role = 'manager' OR role = 'auditor' OR role = 'admin'",
        name="role",
    ),
    sqlite_autoincrement=True,
)

throttle = sa.Table(
    "throttle",
    tables,
    sa.Column("bucket", NAME, primary_key=True),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
)


def upgrade() -> None:
    """Make the tables."""
    conn = op.get_bind()
    tables.create_all(conn, tables=[t for t in tables.sorted_tables if t.name != "project"], checkfirst=False)
