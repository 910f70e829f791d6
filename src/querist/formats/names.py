"""The formats' names, and the suffixes that tell them."""

from __future__ import annotations

from pathlib import Path

from querist.core.errors import InvalidInput

FORMATS = ("csv", "tsv", "excel-csv", "jsonl", "parquet", "arrow", "conll")
WRITTEN = FORMATS[:-1]
_SUFFIXES = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".conll": "conll",
    ".iob": "conll",
    ".bio": "conll",
}
_HINTS = {
    ".xlsx": "Open it in the spreadsheet program and save it as CSV (in Excel: CSV UTF-8).",
    ".xls": "Open it in the spreadsheet program and save it as CSV (in Excel: CSV UTF-8).",
    ".ods": "Open it in the spreadsheet program and save it as CSV.",
    ".json": "Write one object per line and name the file .jsonl.",
}


def format_of(path: Path) -> str:
    """The format that a file's suffix tells.

    Raises
    ------
    InvalidInput
        If it tells none.

    Examples
    --------
    >>> format_of(Path("mail.csv.gz")), format_of(Path("mail.feather"))
    ('csv', 'arrow')
    """
    name = path.name.lower()
    bare = Path(name.removesuffix(".gz"))
    named = bare.suffix == ".txt" and bare.suffixes[-2:-1] == [".conll"]  # names.conll.txt
    suffix = ".conll" if named else bare.suffix
    found = _SUFFIXES.get(suffix)
    if found is None or (found in ("parquet", "arrow") and name.endswith(".gz")):
        hint = _HINTS.get(suffix, "Rename the file, or say which `format` it has.")
        known = ", ".join(dict.fromkeys(_SUFFIXES))
        raise InvalidInput(f"path: must end in one of {known}; got {path.name!r}. {hint}")
    return found
