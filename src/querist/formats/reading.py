"""Tables in: the format by name or suffix, then one streaming reader for each."""

from __future__ import annotations

from pathlib import Path

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.formats.arrow import ArrowTable, ParquetTable, column_names
from querist.formats.conll import ConllTable
from querist.formats.csv_rows import CsvFile
from querist.formats.csv_table import CsvTable
from querist.formats.excel import unescape
from querist.formats.files import Source
from querist.formats.jsonl import JsonlTable, objects
from querist.formats.names import FORMATS, format_of
from querist.formats.table import TableReader


def columns_in(path: str | Path, *, format: str | None = None) -> tuple[str, ...]:
    """The names of a table's columns, also of one without rows; none where the file is no table."""
    source = Source(path)
    try:
        name = format_of(source.path) if format is None else format
        if name in ("parquet", "arrow"):
            return column_names(source, parquet=name == "parquet")
        if name == "conll":
            return ConllTable.columns
        if name == "jsonl":
            return next((tuple(row) for _, row in objects(source)), ())
        return tuple(map(unescape, CsvFile(source, delimiter="\t" if name == "tsv" else None).header))
    except InvalidInput:
        return ()


def open_table(
    path: str | Path,
    *,
    format: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = None,
) -> TableReader:
    """A streaming reader of the table in a file.

    Parameters
    ----------
    path : path
    format : {"csv", "tsv", "excel-csv", "jsonl", "parquet", "arrow", "conll"}, optional
        By default the suffix tells, with or without `.gz` for text.
    encoding : str, optional
        Of text; by default what a byte order mark tells, else strict UTF-8.
    delimiter : str, optional
        Of CSV; by default a first line `sep=;` or the header line tells.
    quote : {"double", "none"}, optional
        Of CSV: whether a double quote around a cell keeps delimiters in it, as it does by default, or is a character
        like any other.

    Raises
    ------
    InvalidInput
        If there is no such file, it holds no rows, or it is not of the format.
    """
    source = Source(path)
    name = format_of(source.path) if format is None else checks.one_of("format", format, FORMATS)
    for option, said in (("delimiter", delimiter), ("quote", quote)):
        if said is not None and name not in ("csv", "tsv", "excel-csv"):
            raise InvalidInput(f"{option}: must be left out for {name}, which has none; got {said!r}. Leave it out.")
    if name == "jsonl":
        return JsonlTable(source, encoding=encoding)
    if name == "conll":
        return ConllTable(source, encoding=encoding)
    if name == "parquet":
        return ParquetTable(source)
    if name == "arrow":
        return ArrowTable(source)
    if name == "tsv":
        delimiter = delimiter or "\t"
    return CsvTable(
        source, encoding=encoding, delimiter=delimiter, quote=quote or "double", escaped=name == "excel-csv"
    )
