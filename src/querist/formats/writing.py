"""Tables out: whole or not at all, a chunk of rows at a time."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from querist.core import checks
from querist.core.atomic import replacing
from querist.core.errors import InvalidInput
from querist.formats.csv_rows import DELIMITERS
from querist.formats.excel import escape
from querist.formats.names import WRITTEN, format_of
from querist.formats.table import check_names

CHUNK_ROWS = 10_000
BOM = b"\xef\xbb\xbf"

Row = Sequence[Any]


def write_table(path: str | Path, columns: Sequence[str], rows: Iterable[Row], *, format: str | None = None) -> None:
    """Write rows to a file, which is replaced only once all of them are on disk.

    CSV holds text: None and the empty string are both an empty cell there, numbers are written so that they read back
    as they were, lists and maps are JSON. `excel-csv` is UTF-8 with a byte order mark, each cell that would be run as
    a formula made harmless; `open_table` undoes it.

    Parameters
    ----------
    path : path
    columns : sequence of str
    rows : iterable of sequence
        One value per column; taken as they come and never held all at once.
    format : {"csv", "tsv", "excel-csv", "jsonl", "parquet", "arrow"}, optional
        By default the suffix tells; with `.gz` after it, text is gzipped.

    Raises
    ------
    InvalidInput
        If a row has another number of values, or the format cannot hold one of them; the file is as it was before.
    """
    target = Path(path)
    name = checks.one_of("format", format_of(target) if format is None else format, WRITTEN)
    names = check_names("columns", tuple(columns))
    if not names:
        raise InvalidInput("columns: must be at least one; got none. Name what to write.")
    checked = _checked(names, rows)
    with replacing(target) as stream:
        if name in ("parquet", "arrow"):
            _columnar(stream, names, checked, parquet=name == "parquet")
        elif target.name.lower().endswith(".gz"):
            with gzip.GzipFile(filename="", fileobj=stream, mode="wb", mtime=0) as zipped:
                _TEXT[name](zipped, names, checked)
        else:
            _TEXT[name](stream, names, checked)


def _checked(names: tuple[str, ...], rows: Iterable[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        if len(row) != len(names):
            raise InvalidInput(
                f"rows: each must have a value per column, {len(names)}; row {number} has {len(row)}. Align them."
            )
        yield row


def cell(value: Any) -> str:
    """A value as text that reads back as the same value."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "item") and not hasattr(value, "__len__"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    if isinstance(value, int):
        return str(value)
    return str(value.isoformat()) if hasattr(value, "isoformat") else _json(value)


def _json(value: Any) -> str:
    try:
        text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"rows: must hold plain JSON values; {error}. Convert them.") from None
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair has no UTF-8 form, but JSON has an escape for it
        return json.dumps(json.loads(text), allow_nan=False)
    return text


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(v) for key, v in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is none")


def _delimited(delimiter: str, *, excel: bool = False) -> Callable[[Any, tuple[str, ...], Iterator[Row]], None]:
    def write(stream: Any, names: tuple[str, ...], rows: Iterator[Row]) -> None:
        if excel:
            stream.write(BOM)
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        safe: Callable[[str], str] = escape if excel else str
        # A reader that looks for the delimiter in the header must not find another one there.
        misleading = any(mark in name for name in names for mark in (*DELIMITERS, "sep=", "SEP=", "\ufeff"))
        header = csv.writer(text, delimiter=delimiter, quoting=csv.QUOTE_ALL if misleading else csv.QUOTE_MINIMAL)
        body = csv.writer(text, delimiter=delimiter)
        try:
            header.writerow([safe(name) for name in names])
            for number, row in enumerate(rows, start=1):
                cells = [safe(cell(value)) for value in row]
                if "\0" in "".join(cells):
                    raise InvalidInput(f"rows: CSV cannot hold a NUL character; row {number} has one. Write JSONL.")
                body.writerow(cells)
            text.flush()
        except UnicodeEncodeError as error:
            raise InvalidInput(f"rows: CSV cannot hold half a character; {error.reason}. Write JSONL.") from None
        finally:
            text.detach()

    return write


def _lines(stream: Any, names: tuple[str, ...], rows: Iterator[Row]) -> None:
    for row in rows:
        stream.write((_json(dict(zip(names, row, strict=True))) + "\n").encode())


_TEXT = {
    "csv": _delimited(","),
    "tsv": _delimited("\t"),
    "excel-csv": _delimited(",", excel=True),
    "jsonl": _lines,
}


def _columnar(stream: BinaryIO, names: tuple[str, ...], rows: Iterator[Row], *, parquet: bool) -> None:
    """Two passes over a spool: a column's type is known only once its last value is."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with tempfile.TemporaryFile() as spool:
        types: list[Any] = [pa.null()] * len(names)
        n_chunks = 0
        while chunk := list(islice(rows, CHUNK_ROWS)):
            columns = [list(column) for column in zip(*chunk, strict=True)]
            types = [_wider(name, t, values) for name, t, values in zip(names, types, columns, strict=True)]
            pickle.dump(columns, spool, protocol=pickle.HIGHEST_PROTOCOL)
            n_chunks += 1
        spool.seek(0)
        schema = pa.schema(list(zip(names, types, strict=True)))
        writer = pq.ParquetWriter(stream, schema) if parquet else pa.ipc.new_file(stream, schema)
        with closing(writer):
            for _ in range(n_chunks):
                columns = pickle.load(spool)
                arrays = [_array(n, v, t) for n, v, t in zip(names, columns, types, strict=True)]
                writer.write_batch(pa.record_batch(arrays, schema=schema))


def _wider(name: str, known: Any, values: list[Any]) -> Any:
    import pyarrow as pa

    try:
        found = pa.array(values).type
        both = [pa.schema([(name, t)]) for t in (known, found)]
        return pa.unify_schemas(both, promote_options="permissive").field(0).type
    except (pa.ArrowException, OverflowError, UnicodeEncodeError) as error:
        raise _unfit(name, error) from None


def _array(name: str, values: list[Any], kind: Any) -> Any:
    import pyarrow as pa

    try:
        return pa.array(values, type=kind)
    except (pa.ArrowException, OverflowError, UnicodeEncodeError) as error:
        raise _unfit(name, error) from None


def _unfit(name: str, error: Exception) -> InvalidInput:
    return InvalidInput(f"rows: a column must hold values of one kind; {name!r} does not ({error}). Write JSONL.")
