"""The tables of work: slots to fill, who is at what, jobs of the machine, and what is to be told to the outside.

`migrations/` makes them; a test holds the two alike.
"""

from __future__ import annotations

from typing import Literal, get_args

import sqlalchemy as sa

from querist.store.parts import Big, Name, id_, json, metadata, moment, number, of_project, one_of, text, whole

SlotState = Literal["open", "leased", "done", "skipped", "withdrawn"]
JobState = Literal["waiting", "running", "done", "failed"]
JobKind = Literal["round", "train"]
DeliveryState = Literal["waiting", "sent", "dead"]

# One answer wanted of one person. Moments in here are seconds since 1970 by the database's clock: those of machines
# that ask for work may be hours apart.
slot = sa.Table(
    "slot",
    metadata,
    id_(),
    of_project(),
    sa.Column("query_id", Big, sa.ForeignKey("query.id"), nullable=False),
    sa.Column("item_seq", Big, sa.ForeignKey("item.seq"), nullable=False),
    whole("number"),
    sa.Column("place", Big, nullable=False),
    text("state"),
    sa.Column("annotator", Name),
    text("token", null=True),
    number("granted_at", null=True),
    number("lease_until", null=True),
    number("done_at", null=True),
    text("skill", null=True),
    whole("tier"),
    text("answered_event", null=True),
    whole("n_lapsed"),
    one_of("state", get_args(SlotState)),
    sa.CheckConstraint("(state = 'leased') = (token IS NOT NULL)", name="token"),
    sa.UniqueConstraint("query_id", "number"),
    sqlite_autoincrement=True,
)
# Nobody is given one item twice, whatever the code does: not to answer, not after a skip, not in a second tab.
ONE_EACH = "uq_slot_one_per_annotator_and_item"
sa.Index(
    ONE_EACH,
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

# Every lease that was ever given: by it a late answer is known to be of somebody who had the item on their screen.
slot_grant = sa.Table(
    "slot_grant",
    metadata,
    sa.Column("token", Name, primary_key=True),
    sa.Column("slot_id", Big, sa.ForeignKey("slot.id"), nullable=False),
    sa.Column("annotator", Name, nullable=False),
    number("granted_at"),
)

# Where a person's search for open slots begins: everything before it is not for them, unless something came back
# to the queue since: then `reopened` is behind.
desk = sa.Table(
    "desk",
    metadata,
    of_project(),
    sa.Column("annotator", Name, nullable=False),
    sa.Column("place", Big, nullable=False),
    sa.Column("reopened", Big, nullable=False),
    number("seen_at"),
    whole("read_instructions", null=True),
    sa.PrimaryKeyConstraint("project_id", "annotator"),
)

slot_draft = sa.Table(
    "slot_draft",
    metadata,
    sa.Column("slot_id", Big, sa.ForeignKey("slot.id"), primary_key=True),
    sa.Column("annotator", Name, nullable=False),
    json("value", null=True),
    text("note"),
    moment("saved_at"),
)

workday = sa.Table(
    "workday",
    metadata,
    of_project(),
    sa.Column("annotator", Name, nullable=False),
    text("day"),
    whole("n_answers"),
    whole("n_skipped"),
    whole("n_flagged"),
    sa.Column("active_ms", Big, nullable=False),
    moment("last_at"),
    sa.PrimaryKeyConstraint("project_id", "day", "annotator"),
)

# How many there are of what is too many to count each time it is asked. `verify` counts them.
tally = sa.Table(
    "tally",
    metadata,
    of_project(),
    sa.Column("name", Name, nullable=False),
    sa.Column("n", Big, nullable=False),
    sa.PrimaryKeyConstraint("project_id", "name"),
)

job = sa.Table(
    "job",
    metadata,
    id_(),
    of_project(),
    text("kind"),
    text("state"),
    json("wanted"),
    text("stage", null=True),
    whole("done"),
    whole("total", null=True),
    whole("attempts"),
    text("worker", null=True),
    number("lease_until", null=True),
    number("not_before", null=True),
    text("error", null=True),
    json("result", null=True),
    text("requested_by"),
    moment("created_at"),
    moment("started_at", null=True),
    moment("finished_at", null=True),
    one_of("kind", get_args(JobKind)),
    one_of("state", get_args(JobState)),
    sa.Index(None, "project_id", "id"),
    sqlite_autoincrement=True,
)
# A project has one round in the making, however many workers there are.
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
    metadata,
    id_(),
    of_project(),
    text("url"),
    json("events"),
    text("secret"),
    moment("created_at"),
    moment("removed_at", null=True),
    sa.Index(None, "project_id"),
    sqlite_autoincrement=True,
)

# Written in the transaction of what it tells of, so that neither is there without the other.
outbox = sa.Table(
    "outbox",
    metadata,
    id_(),
    of_project(),
    text("kind"),
    json("body"),
    moment("created_at"),
    sa.Index(None, "project_id", "id"),
    sqlite_autoincrement=True,
)

delivery = sa.Table(
    "delivery",
    metadata,
    id_(),
    sa.Column("webhook_id", Big, sa.ForeignKey("webhook.id"), nullable=False),
    sa.Column("outbox_id", Big, sa.ForeignKey("outbox.id"), nullable=False),
    text("state"),
    whole("attempts"),
    number("not_before"),
    whole("last_status", null=True),
    text("last_error", null=True),
    moment("sent_at", null=True),
    one_of("state", get_args(DeliveryState)),
    sa.UniqueConstraint("webhook_id", "outbox_id"),
    sqlite_autoincrement=True,
)
_waits = delivery.c.state == sa.literal_column("'waiting'")
sa.Index("ix_delivery_waiting", delivery.c.not_before, sqlite_where=_waits, postgresql_where=_waits)
