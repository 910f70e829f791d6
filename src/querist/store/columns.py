"""How values are written: moments and JSON as text, alike on every database, so that hashes of them are alike too."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from querist.core.errors import InvalidInput
from querist.core.hashing import canonical


def utc_now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


def moment_text(moment: datetime) -> str:
    """A moment as ISO 8601 in UTC, of one length, so that text order is time order.

    Examples
    --------
    >>> moment_text(datetime(2026, 3, 1, 12, tzinfo=UTC))
    '2026-03-01T12:00:00.000000Z'
    """
    if moment.tzinfo is None:
        raise InvalidInput(f"time: must say its zone; got {moment.isoformat()}. Write datetime(..., tzinfo=UTC).")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def json_text(value: Any) -> str:
    """`value` as canonical JSON that a database can hold: half a surrogate pair is escaped, never sent as it is.

    Examples
    --------
    >>> json_text({"b": 1, "a": chr(0xD800)})
    '{"a":"\\\\ud800","b":1}'
    """
    text = canonical(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return text


def finite(value: Any) -> Any:
    """`value` with None where it held NaN or infinity, which JSON cannot say.

    Examples
    --------
    >>> finite({"auc": float("nan"), "bins": [0.5, float("inf")]})
    {'auc': None, 'bins': [0.5, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {name: finite(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [finite(inner) for inner in value]
    return value


def plain_text(name: str, text: str) -> str:
    """`text`, if both databases can hold it: PostgreSQL takes no NUL, and neither takes half a surrogate pair."""
    if text.isascii() and "\x00" not in text:
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"{name}: must be valid Unicode; got {text!r}. Read the file with its encoding.") from None
    if "\x00" in text:
        raise InvalidInput(f"{name}: must not hold a NUL character; got {text!r}. Remove it.")
    return text


class Moment(TypeDecorator[datetime]):
    """An aware datetime, kept as text."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        return None if value is None else moment_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value)


class Json(TypeDecorator[Any]):
    """A JSON value, kept as canonical text: PostgreSQL's own JSON types rewrite numbers. None is NULL."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)
