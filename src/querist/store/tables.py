"""The tables. `migrations/` makes them; a test holds the two alike."""

from __future__ import annotations

from typing import Any, Literal, get_args

import sqlalchemy as sa

from querist.core.items import SPLITS
from querist.core.state import PURPOSES
from querist.store.parts import (
    Big,
    Name,
    id_,
    in_project,
    json,
    metadata,
    moment,
    number,
    of_project,
    one_of,
    text,
    whole,
)

RoundState = Literal["open", "closed", "withdrawn"]
QueryState = Literal["pending", "answered", "withdrawn"]
Role = Literal["annotator", "reviewer", "adjudicator", "model", "import", "simulator"]
Action = Literal["submit", "revise", "undo", "withdraw", "skip", "flag", "import", "erase"]

ROUND_COUNTS = ("n_answered", "n_pending", "n_random")

project = sa.Table(
    "project",
    metadata,
    id_(),
    sa.Column("name", Name, nullable=False, unique=True),
    json("settings"),
    moment("created_at"),
    sqlite_autoincrement=True,
)


def _versions(name: str, body: sa.Column[Any]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        of_project(),
        whole("version"),
        body,
        text("digest"),
        moment("created_at"),
        sa.PrimaryKeyConstraint("project_id", "version"),
    )


schema_version = _versions("schema_version", json("body"))
instruction_version = _versions("instruction_version", text("body"))
policy_version = _versions("policy_version", json("body"))

import_batch = sa.Table(
    "import_batch",
    metadata,
    id_(),
    of_project(),
    text("source"),
    text("sha256"),
    whole("n_rows"),
    whole("n_added"),
    whole("n_repeated"),
    json("splits"),
    moment("created_at"),
    sa.Index(None, "project_id"),
    sqlite_autoincrement=True,
)

item = sa.Table(
    "item",
    metadata,
    id_("seq"),
    of_project(),
    sa.Column("item_id", Name, nullable=False),
    text("content_hash"),
    text("fields"),
    text("split"),
    sa.Column("duplicate_group", Big),
    sa.Column("sketch", sa.LargeBinary),
    sa.Column("import_id", Big, sa.ForeignKey("import_batch.id")),
    moment("erased_at", null=True),
    one_of("split", SPLITS),
    sa.UniqueConstraint("project_id", "item_id"),
    sa.Index(None, "project_id", "split", "seq"),
    sqlite_autoincrement=True,
)
# Most items have no twin: an index of those that do costs an import nothing.
sa.Index(
    "ix_item_project_id_duplicate_group",
    item.c.project_id,
    item.c.duplicate_group,
    sqlite_where=item.c.duplicate_group.is_not(None),
    postgresql_where=item.c.duplicate_group.is_not(None),
)

dataset_version = sa.Table(
    "dataset_version",
    metadata,
    id_(),
    of_project(),
    whole("number"),
    text("digest"),
    whole("parent", null=True),
    whole("schema_version"),
    whole("n_items"),
    json("counts"),
    text("note"),
    # Where the chain of answers stood: without it, answers cut off the chain's end would leave no gap.
    sa.Column("chain_seq", Big, nullable=False),
    text("chain_hash"),
    moment("created_at"),
    text("software"),
    sa.UniqueConstraint("project_id", "number"),
    in_project("parent", "dataset_version", "number"),
    in_project("schema_version", "schema_version", "version"),
    sqlite_autoincrement=True,
)

model = sa.Table(
    "model",
    metadata,
    id_(),
    of_project(),
    whole("number"),
    json("recipe"),
    whole("dataset"),
    sa.Column("seed", Big, nullable=False),
    whole("warm_from", null=True),
    text("probe_digest", null=True),
    number("seconds"),
    moment("created_at"),
    sa.UniqueConstraint("project_id", "number"),
    in_project("dataset", "dataset_version", "number"),
    in_project("warm_from", "model", "number"),
    sqlite_autoincrement=True,
)

evaluation = sa.Table(
    "evaluation",
    metadata,
    id_(),
    sa.Column("model_id", Big, sa.ForeignKey("model.id"), nullable=False),
    text("split"),
    whole("n_items"),
    whole("n_labels"),
    number("cost_usd"),
    json("metrics"),
    json("detail"),
    moment("created_at"),
    sa.Index(None, "model_id"),
    sqlite_autoincrement=True,
)

round_ = sa.Table(
    "round",
    metadata,
    id_(),
    of_project(),
    whole("number"),
    text("state"),
    text("purpose"),
    text("strategy"),
    text("held_back", null=True),
    json("policy"),
    text("policy_digest"),
    sa.Column("seed", Big, nullable=False),
    whole("model", null=True),
    whole("dataset_before", null=True),
    whole("dataset_after", null=True),
    whole("schema_version"),
    whole("instruction_version", null=True),
    whole("n_candidates"),
    whole("n_asked"),
    json("context", null=True),
    moment("created_at"),
    moment("closed_at", null=True),
    # Counted as things happen: a round of a million queries is not counted anew each time somebody looks.
    *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in ROUND_COUNTS),
    one_of("state", get_args(RoundState)),
    sa.UniqueConstraint("project_id", "number"),
    in_project("model", "model", "number"),
    in_project("dataset_before", "dataset_version", "number"),
    in_project("dataset_after", "dataset_version", "number"),
    in_project("schema_version", "schema_version", "version"),
    in_project("instruction_version", "instruction_version", "version"),
    sqlite_autoincrement=True,
)

query = sa.Table(
    "query",
    metadata,
    id_(),
    sa.Column("round_id", Big, sa.ForeignKey("round.id"), nullable=False),
    of_project(),
    sa.Column("item_seq", Big, sa.ForeignKey("item.seq"), nullable=False),
    whole("rank"),
    number("utility", null=True),
    number("propensity"),
    text("strategy"),
    text("purpose"),
    text("reason"),
    number("cost_usd"),
    json("suggestion", null=True),
    text("state"),
    text("answered_event", null=True),  # no foreign key: answer_event points here already, and verify checks it
    one_of("state", get_args(QueryState)),
    one_of("purpose", PURPOSES),
    sa.CheckConstraint("(state = 'answered') = (answered_event IS NOT NULL)", name="answered_by"),
    sa.UniqueConstraint("round_id", "item_seq"),
    sa.Index(None, "project_id", "item_seq"),
    sqlite_autoincrement=True,
)
# Nothing is asked twice: the database keeps that promise, whatever the code does.
sa.Index(
    "uq_query_one_pending_per_item",
    query.c.project_id,
    query.c.item_seq,
    unique=True,
    sqlite_where=query.c.state == sa.literal_column("'pending'"),
    postgresql_where=query.c.state == sa.literal_column("'pending'"),
)

answer_event = sa.Table(
    "answer_event",
    metadata,
    sa.Column("id", Name, primary_key=True),
    sa.Column("seq", Big, nullable=False),
    of_project(),
    text("idempotency_key", null=True),
    sa.Column("item_seq", Big, sa.ForeignKey("item.seq"), nullable=False),
    sa.Column("item_id", Name, nullable=False),
    text("item_content_hash"),
    whole("round", null=True),
    sa.Column("query_id", Big, sa.ForeignKey("query.id")),
    text("annotator"),
    text("role"),
    text("action"),
    sa.Column("supersedes", Name, sa.ForeignKey("answer_event.id")),
    whole("schema_version"),
    whole("instruction_version", null=True),
    json("suggestion", null=True),
    json("acquisition", null=True),
    moment("shown_at", null=True),
    moment("submitted_at", null=True),
    moment("received_at"),
    sa.Column("active_ms", Big),
    text("client"),
    text("content_digest"),
    text("prev_hash"),
    text("hash"),
    one_of("role", get_args(Role)),
    one_of("action", get_args(Action)),
    sa.UniqueConstraint("project_id", "seq"),
    sa.UniqueConstraint("project_id", "idempotency_key", "annotator"),
    in_project("round", "round", "number"),
    in_project("schema_version", "schema_version", "version"),
    in_project("instruction_version", "instruction_version", "version"),
    sa.Index(None, "project_id", "item_seq", "seq"),
    sa.Index(None, "project_id", "annotator", "seq"),
)

# A person's words stand apart from the chain, which holds only their salted digest: erased, it still verifies.
answer_content = sa.Table(
    "answer_content",
    metadata,
    sa.Column("event_id", Name, sa.ForeignKey("answer_event.id"), primary_key=True),
    json("value", null=True),
    text("note", null=True),
    text("salt", null=True),
    moment("erased_at", null=True),
)

current_label = sa.Table(
    "current_label",
    metadata,
    of_project(),
    sa.Column("item_seq", Big, sa.ForeignKey("item.seq"), nullable=False),
    json("value"),
    sa.Column("event_id", Name, sa.ForeignKey("answer_event.id"), nullable=False),
    whole("n_answers"),
    sa.PrimaryKeyConstraint("project_id", "item_seq"),
)

dataset_entry = sa.Table(
    "dataset_entry",
    metadata,
    sa.Column("version_id", Big, sa.ForeignKey("dataset_version.id"), nullable=False),
    sa.Column("item_id", Name, nullable=False),
    sa.Column("item_seq", Big, sa.ForeignKey("item.seq"), nullable=False),
    text("content_hash"),
    sa.Column("event_id", Name, sa.ForeignKey("answer_event.id"), nullable=False),
    json("value"),
    text("split"),
    sa.PrimaryKeyConstraint("version_id", "item_id"),
)

# What was found by looking, and decided upon it: a gate's decision, drift, an estimate. Its kinds grow with the code.
finding = sa.Table(
    "finding",
    metadata,
    id_(),
    of_project(),
    text("kind"),
    whole("model", null=True),
    json("body"),
    text("by"),
    moment("created_at"),
    text("key", null=True),
    in_project("model", "model", "number"),
    sa.Index(None, "project_id", "kind", "id"),
    sa.Index(None, "project_id", "kind", "key", unique=True),
    sqlite_autoincrement=True,
)

APPEND_ONLY = (
    "answer_event",
    "dataset_entry",
    "dataset_version",
    "finding",
    "instruction_version",
    "policy_version",
    "schema_version",
)
