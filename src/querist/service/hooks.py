"""News to the outside: webhooks, signed, tried again where nobody was at home, and kept where nobody ever was.

Signed as the Standard Webhooks specification says: HMAC-SHA-256 over id, moment and body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args
from urllib.parse import urlsplit

from querist.core.checks import one_of
from querist.core.errors import InvalidInput
from querist.service.workspace import Workspace
from querist.store import outbox
from querist.store.columns import moment_text, utc_now
from querist.store.db import Database

EventKind = Literal["answer.recorded", "label.changed", "round.opened", "round.closed", "model.trained"]
EVENTS: tuple[EventKind, ...] = get_args(EventKind)
SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"
URL_CHARACTERS = 2000
AGAIN_S = (5.0, 30.0, 120.0, 600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)  # then it is given up, and can be sent by hand
TOLD = range(200, 300)
_UNSENDABLE = re.compile(r"[\s\x00-\x1f\x7f]")  # which a request's first line cannot hold

Send = Callable[[str, bytes, Mapping[str, str]], int]


def add(work: Workspace, url: str, events: Sequence[str], *, secret: str | None = None) -> outbox.Webhook:
    """Tell an address of these kinds of events from now on.

    Parameters
    ----------
    url : str
        Of `https`, or of `http` inside one's own network.
    events : sequence of str
    secret : str, optional
        What signs the news, as `whsec_` and base64 or any text; by default a random one.

    Raises
    ------
    InvalidInput
        If news cannot be sent to such an address, or be signed by such a secret, or there is no such event.
    """
    _check_url(url)
    if not events:
        raise InvalidInput(f"events: must be at least one of {', '.join(EVENTS)}; got none. Name some.")
    for event in events:
        one_of("events", event, EVENTS)
    if secret is not None:
        _check_secret(secret)
    made = secret or f"{SECRET_PREFIX}{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"
    with work.database.transaction() as conn:
        return outbox.add_webhook(conn, work.project_id, url, list(dict.fromkeys(events)), made)


def listed(work: Workspace) -> list[outbox.Webhook]:
    """The project's webhooks."""
    with work.database.reading() as conn:
        return outbox.webhooks(conn, work.project_id)


def remove(work: Workspace, webhook_id: int) -> None:
    """Tell an address nothing any more."""
    with work.database.transaction() as conn:
        outbox.remove_webhook(conn, work.project_id, webhook_id)


def deliveries(
    work: Workspace, webhook_id: int, *, before: int | None = None, limit: int = 50
) -> list[outbox.Delivery]:
    """What was sent to an address, and what became of it, the newest first."""
    with work.database.reading() as conn:
        return outbox.deliveries(conn, work.project_id, webhook_id, before=before, limit=limit)


def send_again(work: Workspace, delivery_id: int) -> None:
    """Try a delivery that was given up once more."""
    with work.database.transaction() as conn:
        outbox.send_again(conn, work.project_id, delivery_id)


def deliver(database: Database, send: Send, *, limit: int = 20) -> int:
    """Make the deliveries that are due, outside of any transaction; how many were tried.

    Parameters
    ----------
    send : callable
        `send(url, body, headers)` gives the status of the answer, or raises where there was none; an OSError's words
        are kept as why, of anything else only what it is: it may quote the body.
    """
    with database.transaction() as conn:
        due = outbox.take_due(conn, limit=limit)
    for each in due:
        status, error = None, ""
        try:
            body = _body(each)
            status = send(each.url, body, signed(each.secret, f"msg_{each.outbox_id}", body))
        except OSError as trouble:
            error = f"{type(trouble).__name__}: {trouble}"[:500]
        except Exception as trouble:  # one delivery that cannot be made must not keep the others from being made
            error = type(trouble).__name__
        with database.transaction() as conn:
            if status is not None and status in TOLD:
                outbox.sent(conn, each.id, status)
            else:
                again = AGAIN_S[each.attempts - 1] if each.attempts <= len(AGAIN_S) else None
                outbox.failed(conn, each.id, status=status, error=error or f"it answered {status}", again_in_s=again)
    return len(due)


def signed(secret: str, message_id: str, body: bytes, *, at: int | None = None) -> dict[str, str]:
    """The headers by which whoever receives it knows that it is ours, whole and new.

    Examples
    --------
    >>> signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
    ...        b'{"test": 2432232314}', at=1614265330)["webhook-signature"]
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='
    """
    moment = int(utc_now().timestamp()) if at is None else at
    key = _key(secret)
    content = f"{message_id}.{moment}.".encode() + body
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(moment),
        "webhook-signature": f"v1,{signature}",
    }


def _body(due: outbox.Due) -> bytes:
    told = {"type": due.kind, "timestamp": moment_text(due.created_at), "data": dict(due.body)}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _key(secret: str) -> bytes:
    if secret.startswith(SECRET_PREFIX):
        return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    return secret.encode()


def _check_url(url: str) -> None:
    shown = repr(url[:100])
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:  # a port that is none, a bracket that is never closed, a name that no host can have
        raise InvalidInput(f"url: must have the name of a host, and a port that there can be; got {shown}.") from None
    if not fits or parts.username is not None or len(url) > URL_CHARACTERS:
        raise InvalidInput(f"url: must be an http or https address without a password in it; got {shown}.")
    if _UNSENDABLE.search(url) or not f"{parts.path}{parts.query}".isascii():
        raise InvalidInput(
            f"url: must hold no blanks, and after the host only ASCII; got {shown}. Write %20 and so on."
        )


def _check_secret(secret: str) -> None:
    try:
        fits = bool(_key(secret))
    except ValueError:  # no base64, or half of a surrogate pair
        fits = False
    if not fits:
        raise InvalidInput(
            f"secret: must be {SECRET_PREFIX} and base64, or a text of another beginning; this one is neither. "
            "Leave it out to have one made."
        )
