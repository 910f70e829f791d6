"""Slots, desks, tallies, jobs and webhooks.

Rounds keep their own counts from now on, and every pending query has a slot.
"""

from __future__ import annotations

from collections import Counter

import sqlalchemy as sa
from alembic import op

from querist.store.tallies import micro_usd

revision = "0003"
down_revision: str | None = "0002"
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
for _there, _key in (("project", "id"), ("query", "id"), ("item", "seq")):
    sa.Table(_there, tables, sa.Column(_key, BIG, primary_key=True))

slot = sa.Table(
    "slot",
    tables,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("project_id", BIG, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("query_id", BIG, sa.ForeignKey("query.id"), nullable=False),
    sa.Column("item_seq", BIG, sa.ForeignKey("item.seq"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("place", BIG, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("annotator", NAME),
    sa.Column("token", sa.Text),
    sa.Column("granted_at", sa.Double),
    sa.Column("lease_until", sa.Double),
    sa.Column("done_at", sa.Double),
    sa.Column("skill", sa.Text),
    sa.Column("tier", sa.Integer, nullable=False),
    sa.Column("answered_event", sa.Text),
    sa.Column("n_lapsed", sa.Integer, nullable=False),
    sa.CheckConstraint(
        "state = 'open' OR state = 'leased' OR state = 'done' OR state = 'skipped' OR state = 'withdrawn'", name="state"
    ),
    sa.CheckConstraint("(state = 'leased') = (token IS NOT NULL)", name="token"),
    sa.UniqueConstraint("query_id", "number"),
    sqlite_autoincrement=True,
)
sa.Index(
    "uq_slot_one_per_annotator_and_item",
    slot.c.project_id,
    slot.c.annotator,
    slot.c.item_seq,
    unique=True,
    sqlite_where=slot.c.annotator.is_not(None),
    postgresql_where=slot.c.annotator.is_not(None),
)


def _while(state: str, name: str, *columns: sa.Column[object]) -> sa.Index:
    such = slot.c.state == sa.literal_column(f"'{state}'")
    return sa.Index(name, *columns, sqlite_where=such, postgresql_where=such)


_while("open", "ix_slot_open", slot.c.project_id, slot.c.place, slot.c.id)
_while("leased", "ix_slot_leased", slot.c.project_id, slot.c.lease_until)
# Not by project first: SQLite would take it for what is open or leased, and read every slot of the project.
sa.Index("ix_slot_item_seq", slot.c.item_seq)

slot_grant = sa.Table(
    "slot_grant",
    tables,
    sa.Column("token", NAME, primary_key=True),
    sa.Column("slot_id", BIG, sa.ForeignKey("slot.id"), nullable=False),
    sa.Column("annotator", NAME, nullable=False),
    sa.Column("granted_at", sa.Double, nullable=False),
)

desk = sa.Table(
    "desk",
    tables,
    sa.Column("project_id", BIG, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("annotator", NAME, nullable=False),
    sa.Column("place", BIG, nullable=False),
    sa.Column("reopened", BIG, nullable=False),
    sa.Column("seen_at", sa.Double, nullable=False),
    sa.Column("read_instructions", sa.Integer),
    sa.PrimaryKeyConstraint("project_id", "annotator"),
)

slot_draft = sa.Table(
    "slot_draft",
    tables,
    sa.Column("slot_id", BIG, sa.ForeignKey("slot.id"), primary_key=True),
    sa.Column("annotator", NAME, nullable=False),
    sa.Column("value", sa.Text),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("saved_at", sa.Text, nullable=False),
)

workday = sa.Table(
    "workday",
    tables,
    sa.Column("project_id", BIG, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("annotator", NAME, nullable=False),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("n_answers", sa.Integer, nullable=False),
    sa.Column("n_skipped", sa.Integer, nullable=False),
    sa.Column("n_flagged", sa.Integer, nullable=False),
    sa.Column("active_ms", BIG, nullable=False),
    sa.Column("last_at", sa.Text, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "day", "annotator"),
)

tally = sa.Table(
    "tally",
    tables,
    sa.Column("project_id", BIG, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("n", BIG, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "name"),
)

job = sa.Table(
    "job",
    tables,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("project_id", BIG, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("wanted", sa.Text, nullable=False),
    sa.Column("stage", sa.Text),
    sa.Column("done", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("worker", sa.Text),
    sa.Column("lease_until", sa.Double),
    sa.Column("not_before", sa.Double),
    sa.Column("error", sa.Text),
    sa.Column("result", sa.Text),
    sa.Column("requested_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("started_at", sa.Text),
    sa.Column("finished_at", sa.Text),
    sa.CheckConstraint("kind = 'round' OR kind = 'train'", name="kind"),
    sa.CheckConstraint("state = 'waiting' OR state = 'running' OR state = 'done' OR state = 'failed'", name="state"),
    sa.Index(None, "project_id", "id"),
    sqlite_autoincrement=True,
)
_under_way = job.c.state.in_([sa.literal_column("'waiting'"), sa.literal_column("'running'")])
sa.Index(
    "uq_job_one_under_way",
    job.c.project_id,
    unique=True,
    sqlite_where=_under_way,
    postgresql_where=_under_way,
)

webhook = sa.Table(
    "webhook",
    tables,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("project_id", BIG, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("events", sa.Text, nullable=False),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("removed_at", sa.Text),
    sa.Index(None, "project_id"),
    sqlite_autoincrement=True,
)

outbox = sa.Table(
    "outbox",
    tables,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("project_id", BIG, sa.ForeignKey("project.id"), nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Index(None, "project_id", "id"),
    sqlite_autoincrement=True,
)

delivery = sa.Table(
    "delivery",
    tables,
    sa.Column("id", BIG, sa.Identity(), primary_key=True),
    sa.Column("webhook_id", BIG, sa.ForeignKey("webhook.id"), nullable=False),
    sa.Column("outbox_id", BIG, sa.ForeignKey("outbox.id"), nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("not_before", sa.Double, nullable=False),
    sa.Column("last_status", sa.Integer),
    sa.Column("last_error", sa.Text),
    sa.Column("sent_at", sa.Text),
    sa.CheckConstraint("state = 'waiting' OR state = 'sent' OR state = 'dead'", name="state"),
    sa.UniqueConstraint("webhook_id", "outbox_id"),
    sqlite_autoincrement=True,
)
_waits = delivery.c.state == sa.literal_column("'waiting'")
sa.Index("ix_delivery_waiting", delivery.c.not_before, sqlite_where=_waits, postgresql_where=_waits)


def upgrade() -> None:
    """Make the tables, and count what is there."""
    conn = op.get_bind()
    known = ("project", "query", "item")
    tables.create_all(conn, tables=[t for t in tables.sorted_tables if t.name not in known], checkfirst=False)
    for count in ("n_answered", "n_pending", "n_random"):
        op.add_column("round", sa.Column(count, sa.Integer, nullable=False, server_default="0"))
    columns = ["project_id", "annotator", "seq"]
    op.create_index("ix_answer_event_project_id_annotator_seq", "answer_event", columns)
    for statement in COUNTS:
        conn.exec_driver_sql(statement)
    _count_money(conn)


def _count_money(conn: sa.Connection) -> None:
    """Here and not in the database: rounded there, halves go otherwise on SQLite than on PostgreSQL."""
    for name, which in MONEY.items():
        sums: Counter[int] = Counter()
        priced = f"SELECT project_id, cost_usd, count(*) FROM query WHERE {which} GROUP BY project_id, cost_usd"
        for project_id, cost, n in conn.exec_driver_sql(priced).all():
            sums[project_id] += n * micro_usd([cost])
        for project_id, total in sums.items():
            row = {"project_id": project_id, "name": name, "n": total}
            if total:
                conn.execute(tally.insert().values(**row))


_OF_ROUND = "(SELECT count(*) FROM query WHERE query.round_id = round.id AND query."
MONEY = {
    "spent_micro_usd": "state = 'answered'",
    "ordered_micro_usd": "state = 'pending' AND purpose <> 'evaluation'",
}
COUNTS = (
    f"UPDATE round SET n_answered = {_OF_ROUND}state = 'answered'), n_pending = {_OF_ROUND}state = 'pending'), "
    f"n_random = {_OF_ROUND}utility IS NULL)",
    # In the order in which they were asked: the first round first, the best of it first.
    "INSERT INTO slot (project_id, query_id, item_seq, number, place, state, tier, n_lapsed) "
    "SELECT query.project_id, query.id, query.item_seq, 0, "
    "row_number() OVER (PARTITION BY query.project_id ORDER BY round.number, query.rank), 'open', 0, 0 "
    "FROM query JOIN round ON round.id = query.round_id WHERE query.state = 'pending' "
    "ORDER BY query.project_id, round.number, query.rank",
    "INSERT INTO tally (project_id, name, n) SELECT project_id, 'place', max(place) FROM slot GROUP BY project_id",
    "INSERT INTO tally (project_id, name, n) SELECT project_id, 'slots.live', count(*) FROM slot GROUP BY project_id",
    "INSERT INTO tally (project_id, name, n) "
    "SELECT project_id, 'items.' || split, count(*) FROM item GROUP BY project_id, split",
    "INSERT INTO tally (project_id, name, n) "
    "SELECT current_label.project_id, 'labeled.' || item.split, count(*) FROM current_label "
    "JOIN item ON item.seq = current_label.item_seq GROUP BY current_label.project_id, item.split",
)
