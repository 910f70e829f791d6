"""Arrow columns as NumPy arrays, without a copy where their layout allows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from querist.core.checks import Array
from querist.core.errors import InvalidInput


def decoded(name: str, columns: Sequence[Any]) -> Array:
    """One column as an array, a list column as (n, width); several columns side by side as (n, n_columns).

    Several columns become the columns of an array in Fortran order: each is copied once, as it lies.

    Raises
    ------
    InvalidInput
        If numbers are missing, or lists differ in length.
    """
    if len(columns) == 1:
        return _column(name, columns[0])
    parts = [_column(name, column) for column in columns]
    out = np.empty((len(parts), len(parts[0])), dtype=np.result_type(*(p.dtype for p in parts)))
    for i, values in enumerate(parts):
        out[i] = values
    return out.T


def _column(name: str, column: Any) -> Array:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
        if isinstance(column, pa.ChunkedArray):
            column = pa.concat_arrays(column.chunks)
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_fixed_size_list(kind) or pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(name, column)
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return _numbers(name, column)
    if pa.types.is_boolean(kind):
        flags: Array = column.to_numpy(zero_copy_only=False)
        return flags
    objects = np.empty(len(column), dtype=object)
    objects[:] = column.to_pylist()
    return objects


def _numbers(name: str, column: Any) -> Array:
    if column.null_count:
        raise InvalidInput(
            f"{name}: must have a number in every row; {column.null_count} of {len(column)} read together are missing. "
            "Fill them, or leave their rows out of the pool."
        )
    values: Array = column.to_numpy(zero_copy_only=True)
    return values


def _lists(name: str, column: Any) -> Array:
    import pyarrow as pa

    n = len(column)
    flat = column.flatten()
    width = column.type.list_size if pa.types.is_fixed_size_list(column.type) else (len(flat) // n if n else 0)
    lengths_vary = not pa.types.is_fixed_size_list(column.type) and bool((_lengths(column) != width).any())
    if column.null_count or lengths_vary:
        raise InvalidInput(
            f"{name}: must have a list of one length in every row; "
            f"{'some are missing' if column.null_count else 'lengths differ'}. Write it as a fixed-size list."
        )
    return _numbers(name, flat).reshape(n, width)


def _lengths(column: Any) -> Array:
    lengths: Array = column.value_lengths().to_numpy(zero_copy_only=False)
    return lengths
