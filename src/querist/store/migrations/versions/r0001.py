"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

APPEND_ONLY = (
    "answer_event",
    "dataset_entry",
    "dataset_version",
    "instruction_version",
    "policy_version",
    "schema_version",
)


def upgrade() -> None:
    """Make every table, and the triggers that keep what is only ever added to."""
    op.create_table(
        "project",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_project"),
        sa.UniqueConstraint("name", name="uq_project_name"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "import_batch",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("n_rows", sa.Integer(), nullable=False),
        sa.Column("n_added", sa.Integer(), nullable=False),
        sa.Column("n_repeated", sa.Integer(), nullable=False),
        sa.Column("splits", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_import_batch_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_batch"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_import_batch_project_id", "import_batch", ["project_id"])
    op.create_table(
        "instruction_version",
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_instruction_version_project_id"),
        sa.PrimaryKeyConstraint("project_id", "version", name="pk_instruction_version"),
    )
    op.create_table(
        "policy_version",
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_policy_version_project_id"),
        sa.PrimaryKeyConstraint("project_id", "version", name="pk_policy_version"),
    )
    op.create_table(
        "schema_version",
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_schema_version_project_id"),
        sa.PrimaryKeyConstraint("project_id", "version", name="pk_schema_version"),
    )
    op.create_table(
        "dataset_version",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("parent", sa.Integer(), nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("n_items", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("chain_seq", BIG, nullable=False),
        sa.Column("chain_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("software", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "parent"],
            ["dataset_version.project_id", "dataset_version.number"],
            name="fk_dataset_version_project_id_parent",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "schema_version"],
            ["schema_version.project_id", "schema_version.version"],
            name="fk_dataset_version_project_id_schema_version",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_dataset_version_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_dataset_version"),
        sa.UniqueConstraint("project_id", "number", name="uq_dataset_version_project_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "item",
        sa.Column("seq", BIG, sa.Identity(), nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("item_id", NAME, nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("duplicate_group", BIG, nullable=True),
        sa.Column("sketch", sa.LargeBinary(), nullable=True),
        sa.Column("import_id", BIG, nullable=True),
        sa.Column("erased_at", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "split = 'pool' OR split = 'test' OR split = 'calibration' OR split = 'excluded'", name="ck_item_split"
        ),
        sa.ForeignKeyConstraint(["import_id"], ["import_batch.id"], name="fk_item_import_id"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_item_project_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_item"),
        sa.UniqueConstraint("project_id", "item_id", name="uq_item_project_id_item_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_item_project_id_duplicate_group",
        "item",
        ["project_id", "duplicate_group"],
        sqlite_where=sa.text("duplicate_group IS NOT NULL"),
        postgresql_where=sa.text("duplicate_group IS NOT NULL"),
    )
    op.create_index("ix_item_project_id_split_seq", "item", ["project_id", "split", "seq"])
    op.create_table(
        "model",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("recipe", sa.Text(), nullable=False),
        sa.Column("dataset", sa.Integer(), nullable=False),
        sa.Column("seed", BIG, nullable=False),
        sa.Column("warm_from", sa.Integer(), nullable=True),
        sa.Column("probe_digest", sa.Text(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "dataset"],
            ["dataset_version.project_id", "dataset_version.number"],
            name="fk_model_project_id_dataset",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "warm_from"], ["model.project_id", "model.number"], name="fk_model_project_id_warm_from"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_model_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_model"),
        sa.UniqueConstraint("project_id", "number", name="uq_model_project_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "evaluation",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("model_id", BIG, nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("n_items", sa.Integer(), nullable=False),
        sa.Column("n_labels", sa.Integer(), nullable=False),
        sa.Column("cost_usd", sa.Double(), nullable=False),
        sa.Column("metrics", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["model.id"], name="fk_evaluation_model_id"),
        sa.PrimaryKeyConstraint("id", name="pk_evaluation"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_evaluation_model_id", "evaluation", ["model_id"])
    op.create_table(
        "round",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("held_back", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("policy_digest", sa.Text(), nullable=False),
        sa.Column("seed", BIG, nullable=False),
        sa.Column("model", sa.Integer(), nullable=True),
        sa.Column("dataset_before", sa.Integer(), nullable=True),
        sa.Column("dataset_after", sa.Integer(), nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("instruction_version", sa.Integer(), nullable=True),
        sa.Column("n_candidates", sa.Integer(), nullable=False),
        sa.Column("n_asked", sa.Integer(), nullable=False),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.Text(), nullable=True),
        sa.CheckConstraint("state = 'open' OR state = 'closed' OR state = 'withdrawn'", name="ck_round_state"),
        sa.ForeignKeyConstraint(
            ["project_id", "dataset_after"],
            ["dataset_version.project_id", "dataset_version.number"],
            name="fk_round_project_id_dataset_after",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "dataset_before"],
            ["dataset_version.project_id", "dataset_version.number"],
            name="fk_round_project_id_dataset_before",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "instruction_version"],
            ["instruction_version.project_id", "instruction_version.version"],
            name="fk_round_project_id_instruction_version",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "model"], ["model.project_id", "model.number"], name="fk_round_project_id_model"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "schema_version"],
            ["schema_version.project_id", "schema_version.version"],
            name="fk_round_project_id_schema_version",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_round_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_round"),
        sa.UniqueConstraint("project_id", "number", name="uq_round_project_id_number"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "query",
        sa.Column("id", BIG, sa.Identity(), nullable=False),
        sa.Column("round_id", BIG, nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("item_seq", BIG, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("utility", sa.Double(), nullable=True),
        sa.Column("propensity", sa.Double(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cost_usd", sa.Double(), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("answered_event", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'answered') = (answered_event IS NOT NULL)", name="ck_query_answered_by"),
        sa.CheckConstraint(
            "purpose = 'strategy' OR purpose = 'exploration' OR purpose = 'start' OR purpose = 'quota' "
            "OR purpose = 'evaluation'",
            name="ck_query_purpose",
        ),
        sa.CheckConstraint("state = 'pending' OR state = 'answered' OR state = 'withdrawn'", name="ck_query_state"),
        sa.ForeignKeyConstraint(["item_seq"], ["item.seq"], name="fk_query_item_seq"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_query_project_id"),
        sa.ForeignKeyConstraint(["round_id"], ["round.id"], name="fk_query_round_id"),
        sa.PrimaryKeyConstraint("id", name="pk_query"),
        sa.UniqueConstraint("round_id", "item_seq", name="uq_query_round_id_item_seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_query_project_id_item_seq", "query", ["project_id", "item_seq"])
    op.create_index(
        "uq_query_one_pending_per_item",
        "query",
        ["project_id", "item_seq"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "answer_event",
        sa.Column("id", NAME, nullable=False),
        sa.Column("seq", BIG, nullable=False),
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("item_seq", BIG, nullable=False),
        sa.Column("item_id", NAME, nullable=False),
        sa.Column("item_content_hash", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=True),
        sa.Column("query_id", BIG, nullable=True),
        sa.Column("annotator", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("supersedes", NAME, nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("instruction_version", sa.Integer(), nullable=True),
        sa.Column("suggestion", sa.Text(), nullable=True),
        sa.Column("acquisition", sa.Text(), nullable=True),
        sa.Column("shown_at", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.Text(), nullable=True),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("active_ms", BIG, nullable=True),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("content_digest", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "action = 'submit' OR action = 'revise' OR action = 'undo' OR action = 'withdraw' OR action = 'skip' "
            "OR action = 'flag' OR action = 'import' OR action = 'erase'",
            name="ck_answer_event_action",
        ),
        sa.CheckConstraint(
            "role = 'annotator' OR role = 'reviewer' OR role = 'adjudicator' OR role = 'model' OR role = 'import' "
            "OR role = 'simulator'",
            name="ck_answer_event_role",
        ),
        sa.ForeignKeyConstraint(["item_seq"], ["item.seq"], name="fk_answer_event_item_seq"),
        sa.ForeignKeyConstraint(
            ["project_id", "instruction_version"],
            ["instruction_version.project_id", "instruction_version.version"],
            name="fk_answer_event_project_id_instruction_version",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "round"], ["round.project_id", "round.number"], name="fk_answer_event_project_id_round"
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "schema_version"],
            ["schema_version.project_id", "schema_version.version"],
            name="fk_answer_event_project_id_schema_version",
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_answer_event_project_id"),
        sa.ForeignKeyConstraint(["query_id"], ["query.id"], name="fk_answer_event_query_id"),
        sa.ForeignKeyConstraint(["supersedes"], ["answer_event.id"], name="fk_answer_event_supersedes"),
        sa.PrimaryKeyConstraint("id", name="pk_answer_event"),
        sa.UniqueConstraint(
            "project_id", "idempotency_key", "annotator", name="uq_answer_event_project_id_idempotency_key_annotator"
        ),
        sa.UniqueConstraint("project_id", "seq", name="uq_answer_event_project_id_seq"),
    )
    op.create_index("ix_answer_event_project_id_item_seq_seq", "answer_event", ["project_id", "item_seq", "seq"])
    op.create_table(
        "answer_content",
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("salt", sa.Text(), nullable=True),
        sa.Column("erased_at", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["answer_event.id"], name="fk_answer_content_event_id"),
        sa.PrimaryKeyConstraint("event_id", name="pk_answer_content"),
    )
    op.create_table(
        "current_label",
        sa.Column("project_id", BIG, nullable=False),
        sa.Column("item_seq", BIG, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("n_answers", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["answer_event.id"], name="fk_current_label_event_id"),
        sa.ForeignKeyConstraint(["item_seq"], ["item.seq"], name="fk_current_label_item_seq"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name="fk_current_label_project_id"),
        sa.PrimaryKeyConstraint("project_id", "item_seq", name="pk_current_label"),
    )
    op.create_table(
        "dataset_entry",
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("item_id", NAME, nullable=False),
        sa.Column("item_seq", BIG, nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("event_id", NAME, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["answer_event.id"], name="fk_dataset_entry_event_id"),
        sa.ForeignKeyConstraint(["item_seq"], ["item.seq"], name="fk_dataset_entry_item_seq"),
        sa.ForeignKeyConstraint(["version_id"], ["dataset_version.id"], name="fk_dataset_entry_version_id"),
        sa.PrimaryKeyConstraint("version_id", "item_id", name="pk_dataset_entry"),
    )

    for table in APPEND_ONLY:
        _refuse_changes(table)


def _refuse_changes(table: str) -> None:
    message = f"{table} is only ever added to"
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuses_changes BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
    )
