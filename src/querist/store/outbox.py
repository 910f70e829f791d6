"""What is to be told to the outside, written in the transaction of what happened; and how far the telling is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from querist.core.errors import NotFound
from querist.store.columns import utc_now
from querist.store.queue_tables import DeliveryState, delivery, outbox, webhook
from querist.store.sql import chunks, clock

BUSY_S = 60  # a delivery in somebody's hands is tried by nobody else for so long

_HOOKS = (
    sa.select(webhook)
    .where(webhook.c.project_id == sa.bindparam("project"), webhook.c.removed_at.is_(None))
    .order_by(webhook.c.id)
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a project's news is sent. `secret` signs it."""

    id: int
    url: str
    events: tuple[str, ...]
    secret: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One piece of news on its way to one address."""

    id: int
    webhook_id: int
    kind: str
    state: DeliveryState
    attempts: int
    last_status: int | None
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to make now: what, where to, and signed with which secret."""

    id: int
    outbox_id: int
    project_id: int
    kind: str
    body: Mapping[str, Any]
    created_at: datetime
    url: str
    secret: str
    attempts: int


def post(
    conn: sa.Connection,
    project_id: int,
    *news: tuple[str, Mapping[str, Any]],
    hooks: Sequence[Webhook] | None = None,
) -> None:
    """Put news, each of a kind, into the outbox for those of the project's webhooks that want it."""
    hooks = webhooks(conn, project_id) if hooks is None else hooks
    heard = [(kind, body, to) for kind, body in news if (to := [hook.id for hook in hooks if kind in hook.events])]
    for chunk in chunks(heard):
        at = utc_now()
        rows = [
            {"project_id": project_id, "kind": kind, "body": dict(body), "created_at": at} for kind, body, _ in chunk
        ]
        made = outbox.insert().returning(outbox.c.id, sort_by_parameter_order=True)
        ids = conn.scalars(made, rows).all()
        due = [
            {"webhook_id": hook, "outbox_id": id_, "state": "waiting", "attempts": 0}
            for id_, (_, _, to) in zip(ids, chunk, strict=True)
            for hook in to
        ]
        conn.execute(delivery.insert().values(not_before=clock(conn)), due)


def webhooks(conn: sa.Connection, project_id: int) -> list[Webhook]:
    """The project's webhooks, oldest first."""
    rows = conn.execute(_HOOKS, {"project": project_id})
    return [Webhook(row.id, row.url, tuple(row.events), row.secret, row.created_at) for row in rows]


def add_webhook(conn: sa.Connection, project_id: int, url: str, events: Sequence[str], secret: str) -> Webhook:
    """A new webhook."""
    at = utc_now()
    made = webhook.insert().values(project_id=project_id, url=url, events=list(events), secret=secret, created_at=at)
    return Webhook(conn.execute(made.returning(webhook.c.id)).scalar_one(), url, tuple(events), secret, at)


def remove_webhook(conn: sa.Connection, project_id: int, webhook_id: int) -> None:
    """Send nothing there any more; what waits is given up.

    Raises
    ------
    NotFound
        If the project has no such webhook.
    """
    c = webhook.c
    gone = sa.update(webhook).where(c.project_id == project_id, c.id == webhook_id, c.removed_at.is_(None))
    if not conn.execute(gone.values(removed_at=utc_now())).rowcount:
        raise NotFound(f"webhook: must be one of the project's; there is none numbered {webhook_id}. List them.")
    waiting = sa.update(delivery).where(delivery.c.webhook_id == webhook_id, delivery.c.state == "waiting")
    conn.execute(waiting.values(state="dead", last_error="the webhook was removed"))


def take_due(conn: sa.Connection, *, limit: int = 20) -> list[Due]:
    """Deliveries that are to be made now, oldest first; nobody else is given them for a while."""
    d = delivery.c
    ready = (
        sa.select(d.id)
        .where(d.state == sa.literal_column("'waiting'"), d.not_before <= clock(conn))
        .order_by(d.not_before, d.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(conn.scalars(ready))
    if not ids:
        return []
    taken = sa.update(delivery).where(d.id.in_(ids))
    conn.execute(taken.values(not_before=clock(conn) + BUSY_S, attempts=d.attempts + 1))
    o, w = outbox.c, webhook.c
    asked = (
        sa.select(d.id, d.outbox_id, o.project_id, o.kind, o.body, o.created_at, w.url, w.secret, d.attempts)
        .join(outbox, o.id == d.outbox_id)
        .join(webhook, w.id == d.webhook_id)
        .where(d.id.in_(ids))
        .order_by(d.outbox_id, d.id)
    )
    return [Due(*row) for row in conn.execute(asked)]


def sent(conn: sa.Connection, delivery_id: int, status: int) -> None:
    """It arrived."""
    done = sa.update(delivery).where(delivery.c.id == delivery_id)
    conn.execute(done.values(state="sent", last_status=status, last_error=None, sent_at=utc_now()))


def failed(conn: sa.Connection, delivery_id: int, *, status: int | None, error: str, again_in_s: float | None) -> None:
    """It did not arrive: to be tried again in so many seconds, or, by None, not at all."""
    change: dict[str, Any] = {"last_status": status, "last_error": error}
    change |= {"state": "dead"} if again_in_s is None else {"not_before": clock(conn) + again_in_s}
    conn.execute(sa.update(delivery).where(delivery.c.id == delivery_id).values(change))


def deliveries(
    conn: sa.Connection, project_id: int, webhook_id: int, *, before: int | None = None, limit: int = 50
) -> list[Delivery]:
    """What was sent to one webhook, the newest first; `before` goes on from an earlier look."""
    d, o = delivery.c, outbox.c
    asked = (
        sa.select(d.id, d.webhook_id, o.kind, d.state, d.attempts, d.last_status, d.last_error, o.created_at, d.sent_at)
        .join(outbox, o.id == d.outbox_id)
        .where(o.project_id == project_id, d.webhook_id == webhook_id)
        .order_by(d.id.desc())
        .limit(limit)
    )
    if before is not None:
        asked = asked.where(d.id < before)
    return [Delivery(*row) for row in conn.execute(asked)]


def send_again(conn: sa.Connection, project_id: int, delivery_id: int) -> None:
    """Try a delivery that was given up once more, from the beginning.

    Raises
    ------
    NotFound
        If the project has no such delivery that was given up.
    """
    d = delivery.c
    of_project = sa.select(outbox.c.id).where(outbox.c.project_id == project_id)
    again = sa.update(delivery).where(d.id == delivery_id, d.state == "dead", d.outbox_id.in_(of_project))
    if not conn.execute(again.values(state="waiting", attempts=0, not_before=clock(conn))).rowcount:
        raise NotFound(f"delivery: must be one that was given up; {delivery_id} is none. List them.")
