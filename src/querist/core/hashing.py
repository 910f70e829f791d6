"""Canonical JSON and its SHA-256: two equal values always have equal bytes, on every machine."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from querist.core.errors import InvalidInput

# Made once: `json.dumps` with these settings would make one for each value, at twice the time.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical(value: Any) -> str:
    """`value` as JSON with sorted keys and no spaces.

    Raises
    ------
    InvalidInput
        If it holds NaN, infinity, or something JSON has no form for.

    Examples
    --------
    >>> canonical({"b": 1, "a": [True, "ä"]})
    '{"a":[true,"ä"],"b":1}'
    """
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"value: must be plain JSON; {error}. Convert it to numbers, text, lists or maps.") from None


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON, as 64 hex digits."""
    return hashlib.sha256(canonical(value).encode("utf-8", "surrogatepass")).hexdigest()


def content_hash(fields: Mapping[str, Any]) -> str:
    """What an item is, whatever its id: the digest of its fields. A missing field and an empty one are the same.

    Examples
    --------
    >>> content_hash({"text": "hi", "note": None}) == content_hash({"text": "hi"})
    True
    """
    return digest(present(fields))


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are not missing."""
    return {name: value for name, value in fields.items() if not is_missing(value)}


def canonical_rows(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """`canonical` of each row's fields that are not None, made column by column: several times as fast.

    Examples
    --------
    >>> canonical_rows({"b": [1.5, None], "a": ["x", "y"]})
    ['{"a":"x","b":1.5}', '{"a":"y"}']
    """
    names = sorted(columns)
    keys = [f"{canonical(name)}:" for name in names]
    cells = [_cells(columns[name]) for name in names]
    if not cells or any("" in column for column in cells):
        keyed = [[cell and key + cell for cell in column] for key, column in zip(keys, cells, strict=True)]
        return ["{" + ",".join(filter(None, row)) + "}" for row in zip(*keyed, strict=True)]
    # Each row has each field, so that what stands between two of them is the same in all.
    n = len(cells[0])
    parts: list[Iterable[str]] = []
    for before, key, column in zip(["{", *"," * (len(keys) - 1)], keys, cells, strict=True):
        parts += [repeat(before + key, n), column]
    return list(map("".join, zip(*parts, repeat("}", n), strict=True)))


def _cells(values: Sequence[Any]) -> list[str]:
    """The JSON of each value, and nothing for None."""
    text, number = encode_basestring, float.__repr__  # both are what the encoder itself does with a str and a float
    kinds = set(map(type, values))
    if kinds == {str}:
        return list(map(text, values))
    if kinds == {float} and all(map(isfinite, values)):
        return list(map(number, values))
    return [
        ""
        if v is None
        else text(v)
        if type(v) is str
        else number(v)
        if type(v) is float and isfinite(v)
        else canonical(v)
        for v in values
    ]


def is_missing(value: Any) -> bool:
    """None, NaN or the empty string; never an array.

    Examples
    --------
    >>> is_missing(""), is_missing(0), is_missing([])
    (True, False, False)
    """
    # Not `value == ""`, which for an array is one answer per element.
    return value is None or (isinstance(value, str) and not value) or (isinstance(value, float) and math.isnan(value))
