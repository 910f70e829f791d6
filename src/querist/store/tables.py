"""The tables. `migrations/` makes them; a test holds the two alike."""

from __future__ import annotations

from typing import Any, Literal, get_args

import sqlalchemy as sa

from querist.core.items import SPLITS
from querist.core.state import PURPOSES
from querist.store.columns import Json, Moment

RoundState = Literal["open", "closed", "withdrawn"]
QueryState = Literal["pending", "answered", "withdrawn"]
Role = Literal["annotator", "reviewer", "adjudicator", "model", "import", "simulator"]
Action = Literal["submit", "revise", "undo", "withdraw", "skip", "flag", "import", "erase"]

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

Big = sa.BigInteger().with_variant(sa.Integer(), "sqlite")  # SQLite numbers rows by itself only for INTEGER
Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # ordered by code point everywhere, as in Python


def _id(name: str = "id") -> sa.Column[int]:
    return sa.Column(name, Big, sa.Identity(), primary_key=True)


def _project() -> sa.Column[int]:
    return sa.Column("project_id", Big, sa.ForeignKey("project.id"), nullable=False)


def _in_project(column: str, table: str, key: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["project_id", column], [f"{table}.project_id", f"{table}.{key}"])


def _one_of(column: str, allowed: tuple[str, ...]) -> sa.CheckConstraint:
    # Not `IN (...)`: SQLite makes a set of the words anew for every row, which halves the speed of an import.
    return sa.CheckConstraint(" OR ".join(f"{column} = {word!r}" for word in allowed), name=column)


def _text(name: str, *, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null)


def _whole(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=null)


def _number(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=null)


def _json(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Json, nullable=null)


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, Moment, nullable=null)


project = sa.Table(
    "project",
    metadata,
    _id(),
    sa.Column("name", Name, nullable=False, unique=True),
    _json("settings"),
    _moment("created_at"),
    sqlite_autoincrement=True,
)


def _versions(name: str, body: sa.Column[Any]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        _project(),
        _whole("version"),
        body,
        _text("digest"),
        _moment("created_at"),
        sa.PrimaryKeyConstraint("project_id", "version"),
    )


schema_version = _versions("schema_version", _json("body"))
instruction_version = _versions("instruction_version", _text("body"))
policy_version = _versions("policy_version", _json("body"))

import_batch = sa.Table(
    "import_batch",
    metadata,
    _id(),
    _project(),
    _text("source"),
    _text("sha256"),
    _whole("n_rows"),
    _whole("n_added"),
    _whole("n_repeated"),
    _json("splits"),
    _moment("created_at"),
    sa.Index(None, "project_id"),
    sqlite_autoincrement=True,
)

item = sa.Table(
    "item",
    metadata,
    _id("seq"),
    _project(),
    sa.Column("item_id", Name, nullable=False),
    _text("content_hash"),
    _text("fields"),
    _text("split"),
    sa.Column("duplicate_group", Big),
    sa.Column("sketch", sa.LargeBinary),
    sa.Column("import_id", Big, sa.ForeignKey("import_batch.id")),
    _moment("erased_at", null=True),
    _one_of("split", SPLITS),
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
    _id(),
    _project(),
    _whole("number"),
    _text("digest"),
    _whole("parent", null=True),
    _whole("schema_version"),
    _whole("n_items"),
    _json("counts"),
    _text("note"),
    # Where the chain of answers stood: without it, answers cut off the chain's end would leave no gap.
    sa.Column("chain_seq", Big, nullable=False),
    _text("chain_hash"),
    _moment("created_at"),
    _text("software"),
    sa.UniqueConstraint("project_id", "number"),
    _in_project("parent", "dataset_version", "number"),
    _in_project("schema_version", "schema_version", "version"),
    sqlite_autoincrement=True,
)

model = sa.Table(
    "model",
    metadata,
    _id(),
    _project(),
    _whole("number"),
    _json("recipe"),
    _whole("dataset"),
    sa.Column("seed", Big, nullable=False),
    _whole("warm_from", null=True),
    _text("probe_digest", null=True),
    _number("seconds"),
    _moment("created_at"),
    sa.UniqueConstraint("project_id", "number"),
    _in_project("dataset", "dataset_version", "number"),
    _in_project("warm_from", "model", "number"),
    sqlite_autoincrement=True,
)

evaluation = sa.Table(
    "evaluation",
    metadata,
    _id(),
    sa.Column("model_id", Big, sa.ForeignKey("model.id"), nullable=False),
    _text("split"),
    _whole("n_items"),
    _whole("n_labels"),
    _number("cost_usd"),
    _json("metrics"),
    _json("detail"),
    _moment("created_at"),
    sa.Index(None, "model_id"),
    sqlite_autoincrement=True,
)

round_ = sa.Table(
    "round",
    metadata,
    _id(),
    _project(),
    _whole("number"),
    _text("state"),
    _text("purpose"),
    _text("strategy"),
    _text("held_back", null=True),
    _json("policy"),
    _text("policy_digest"),
    sa.Column("seed", Big, nullable=False),
    _whole("model", null=True),
    _whole("dataset_before", null=True),
    _whole("dataset_after", null=True),
    _whole("schema_version"),
    _whole("instruction_version", null=True),
    _whole("n_candidates"),
    _whole("n_asked"),
    _json("context", null=True),
    _moment("created_at"),
    _moment("closed_at", null=True),
    _one_of("state", get_args(RoundState)),
    sa.UniqueConstraint("project_id", "number"),
    _in_project("model", "model", "number"),
    _in_project("dataset_before", "dataset_version", "number"),
    _in_project("dataset_after", "dataset_version", "number"),
    _in_project("schema_version", "schema_version", "version"),
    _in_project("instruction_version", "instruction_version", "version"),
    sqlite_autoincrement=True,
)

query = sa.Table(
    "query",
    metadata,
    _id(),
    sa.Column("round_id", Big, sa.ForeignKey("round.id"), nullable=False),
    _project(),
    sa.Column("item_seq", Big, sa.ForeignKey("item.seq"), nullable=False),
    _whole("rank"),
    _number("utility", null=True),
    _number("propensity"),
    _text("strategy"),
    _text("purpose"),
    _text("reason"),
    _number("cost_usd"),
    _json("suggestion", null=True),
    _text("state"),
    _text("answered_event", null=True),  # no foreign key: answer_event points here already, and verify checks it
    _one_of("state", get_args(QueryState)),
    _one_of("purpose", PURPOSES),
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
    _project(),
    _text("idempotency_key", null=True),
    sa.Column("item_seq", Big, sa.ForeignKey("item.seq"), nullable=False),
    sa.Column("item_id", Name, nullable=False),
    _text("item_content_hash"),
    _whole("round", null=True),
    sa.Column("query_id", Big, sa.ForeignKey("query.id")),
    _text("annotator"),
    _text("role"),
    _text("action"),
    sa.Column("supersedes", Name, sa.ForeignKey("answer_event.id")),
    _whole("schema_version"),
    _whole("instruction_version", null=True),
    _json("suggestion", null=True),
    _json("acquisition", null=True),
    _moment("shown_at", null=True),
    _moment("submitted_at", null=True),
    _moment("received_at"),
    sa.Column("active_ms", Big),
    _text("client"),
    _text("content_digest"),
    _text("prev_hash"),
    _text("hash"),
    _one_of("role", get_args(Role)),
    _one_of("action", get_args(Action)),
    sa.UniqueConstraint("project_id", "seq"),
    sa.UniqueConstraint("project_id", "idempotency_key", "annotator"),
    _in_project("round", "round", "number"),
    _in_project("schema_version", "schema_version", "version"),
    _in_project("instruction_version", "instruction_version", "version"),
    sa.Index(None, "project_id", "item_seq", "seq"),
)

# A person's words stand apart from the chain, which holds only their salted digest: erased, it still verifies.
answer_content = sa.Table(
    "answer_content",
    metadata,
    sa.Column("event_id", Name, sa.ForeignKey("answer_event.id"), primary_key=True),
    _json("value", null=True),
    _text("note", null=True),
    _text("salt", null=True),
    _moment("erased_at", null=True),
)

current_label = sa.Table(
    "current_label",
    metadata,
    _project(),
    sa.Column("item_seq", Big, sa.ForeignKey("item.seq"), nullable=False),
    _json("value"),
    sa.Column("event_id", Name, sa.ForeignKey("answer_event.id"), nullable=False),
    _whole("n_answers"),
    sa.PrimaryKeyConstraint("project_id", "item_seq"),
)

dataset_entry = sa.Table(
    "dataset_entry",
    metadata,
    sa.Column("version_id", Big, sa.ForeignKey("dataset_version.id"), nullable=False),
    sa.Column("item_id", Name, nullable=False),
    sa.Column("item_seq", Big, sa.ForeignKey("item.seq"), nullable=False),
    _text("content_hash"),
    sa.Column("event_id", Name, sa.ForeignKey("answer_event.id"), nullable=False),
    _json("value"),
    _text("split"),
    sa.PrimaryKeyConstraint("version_id", "item_id"),
)

APPEND_ONLY = (
    "answer_event",
    "dataset_entry",
    "dataset_version",
    "instruction_version",
    "policy_version",
    "schema_version",
)
