"""Bytes to columns and back: tables, worksheets, and what their columns are."""

from querist.formats.decimals import COMMA_FREE, DecimalCommas
from querist.formats.header import check_header
from querist.formats.infer import coerce, infer_kinds, shape_of
from querist.formats.nearly import nearly_numbers
from querist.formats.reading import columns_in, open_table
from querist.formats.table import RawBatch, TableReader
from querist.formats.worksheet import (
    Mark,
    Texts,
    Worksheet,
    WorksheetRow,
    check_worksheet_path,
    read_worksheet,
    write_worksheet,
)
from querist.formats.writing import write_table

__all__ = [
    "COMMA_FREE",
    "DecimalCommas",
    "Mark",
    "RawBatch",
    "TableReader",
    "Texts",
    "Worksheet",
    "WorksheetRow",
    "check_header",
    "check_worksheet_path",
    "coerce",
    "columns_in",
    "infer_kinds",
    "nearly_numbers",
    "open_table",
    "read_worksheet",
    "shape_of",
    "write_table",
    "write_worksheet",
]
