"""Plain JSON back into the dataclasses that it was made of."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def read(kind: type[T], body: Mapping[str, Any]) -> T:
    """An object of a dataclass from plain JSON; names that it does not know are passed over.

    Raises
    ------
    KeyError
        If a field without a default is not there.

    Examples
    --------
    >>> from querist.core.evidence import Interval
    >>> read(Interval, {"value": 0.5, "low": 0.4, "high": 0.6, "color": "red"}).high
    0.6
    """
    hints = get_type_hints(kind)
    given = {}
    for field in fields(kind):  # type: ignore[arg-type]
        if not field.init:
            continue
        if field.name in body:
            given[field.name] = _as(hints[field.name], body[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise KeyError(field.name)
    return kind(**given)


def _as(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(kind) if option is not type(None)]
        return _as(options[0], value) if len(options) == 1 else value
    if is_dataclass(kind) and isinstance(kind, type) and isinstance(value, Mapping):
        return read(kind, value)
    if kind is datetime and isinstance(value, str):
        return datetime.fromisoformat(value)
    if origin is tuple and isinstance(value, Sequence) and get_args(kind)[1:] == (...,):
        return tuple(_as(get_args(kind)[0], each) for each in value)
    if origin in (list, Sequence) and isinstance(value, list):
        return [_as(get_args(kind)[0], each) for each in value]
    return value
