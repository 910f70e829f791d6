"""Every shipped format keeps the contract."""

from __future__ import annotations

from querist.testing.formats import FormatContract


class TestCsv(FormatContract):
    format, suffix, typed, keeps_none = "csv", ".csv", False, False


class TestGzippedCsv(TestCsv):
    suffix = ".csv.gz"


class TestTsv(TestCsv):
    format, suffix = "tsv", ".tsv"


class TestExcelCsv(TestCsv):
    format = "excel-csv"


class TestJsonl(FormatContract):
    format, suffix = "jsonl", ".jsonl"


class TestGzippedJsonl(TestJsonl):
    suffix = ".jsonl.gz"


class TestParquet(FormatContract):
    format, suffix = "parquet", ".parquet"


class TestArrow(FormatContract):
    format, suffix = "arrow", ".arrow"
