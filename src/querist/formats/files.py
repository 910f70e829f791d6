"""A file on disk: whether it can be one of ours, how far it has been read, and what its bytes hash to."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from querist.core.errors import InvalidInput

BUFFER_BYTES = 1 << 18
HEAD_BYTES = 1 << 16  # enough to hold the header of any table a person made
ENCODING_HINT = (
    "Save the file as UTF-8, or say which encoding it has, often `--encoding latin-1` or `--encoding cp1252`."
)
_SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # a zip (.xlsx, .ods, .numbers), and the older .xls
_PAGES = (b"<!doctype html", b"<html", b"<table", b"<?xml")


class Source:
    """A file to read from the start, perhaps gzipped, that knows how far it has been read.

    Raises
    ------
    InvalidInput
        If there is no such file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            raise InvalidInput(f"path: must be a file; there is none at {str(path)!r}. Check its name.") from None
        except OSError as error:
            raise InvalidInput(f"path: must be a file that can be read; {path}: {error.strerror}.") from None
        if not self.path.is_file():
            raise InvalidInput(f"path: must be a file; {str(path)!r} is a folder or device. Name a file in it.")
        self.name = self.path.name
        self.size_bytes = stat.st_size
        self.position = 0
        self._stamp = (stat.st_size, stat.st_mtime_ns)

    @property
    def zipped(self) -> bool:
        """Whether the bytes are gzipped, judged by the suffix."""
        return self.name.lower().endswith(".gz")

    @property
    def sha256(self) -> str:
        """SHA-256 of the file's bytes.

        Raises
        ------
        InvalidInput
            If the file has changed since it was opened: the hash would then be of something else than was read.
        """
        with self.path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        stat = self.path.stat()
        if (stat.st_size, stat.st_mtime_ns) != self._stamp:
            raise InvalidInput(f"{self.name}: must not change while it is read; it did. Read it again.")
        return found

    @contextmanager
    def content(self) -> Iterator[io.BufferedReader[Any]]:
        """The file's content, unzipped; `position` follows."""
        try:
            raw = _Tracked(self)
        except OSError as error:
            raise InvalidInput(f"path: must be a file that can be read; {self.path}: {error.strerror}.") from None
        buffered = io.BufferedReader(raw, BUFFER_BYTES)
        stream: io.BufferedReader[Any] = buffered
        if self.zipped:
            stream = io.BufferedReader(cast(io.RawIOBase, gzip.GzipFile(fileobj=buffered, mode="rb")), BUFFER_BYTES)
        try:
            yield stream
        except (gzip.BadGzipFile, EOFError) as error:
            raise InvalidInput(f"{self.name}: must be gzipped whole; {error}. Copy it again, or unzip it.") from None
        finally:
            stream.close()
            buffered.close()

    def head(self) -> bytes:
        """The first bytes of the content."""
        with self.content() as stream:
            found = stream.read(HEAD_BYTES)
        self.position = 0
        return found


def check_is_text(source: Source, head: bytes) -> None:
    """Refuse what is mistaken for a table of text again and again.

    Raises
    ------
    InvalidInput
        If it is a spreadsheet program's own format, a web page, or empty.
    """
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise InvalidInput(f"{source.name}: must hold rows; it holds no rows, it is empty. Check that it was saved.")
    if head.startswith(_SPREADSHEETS):
        raise InvalidInput(
            f"{source.name}: must be text such as CSV; it is a spreadsheet program's own format. "
            "Open it there and save it as CSV (in Excel: CSV UTF-8)."
        )
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGES):
        raise InvalidInput(f"{source.name}: must be a table; it is a web page. Download the file itself.")


def detect_encoding(head: bytes) -> str:
    """The encoding a byte order mark tells, else UTF-8.

    Examples
    --------
    >>> detect_encoding("a,b".encode("utf-16")), detect_encoding(b"a,b")
    ('utf-16', 'utf-8')
    """
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig" if head.startswith(b"\xef\xbb\xbf") else "utf-8"


@contextmanager
def open_text(
    source: Source, encoding: str, *, newline: str, hint: str = ENCODING_HINT
) -> Iterator[io.TextIOWrapper[Any]]:
    """The file's content as text, decoded strictly.

    Raises
    ------
    InvalidInput
        If a byte is not of the encoding: it names the line, and the byte's place in it.
    """
    try:
        with source.content() as stream:
            text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline=newline)
            try:
                yield text
            finally:
                text.close()
    except LookupError as error:
        if "encoding" not in str(error):
            raise
        raise InvalidInput(f"encoding: must be one Python knows; got {encoding!r}. Try utf-8 or cp1252.") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{source.name}: {_undecodable(source, encoding)} {hint}") from None


def _undecodable(source: Source, encoding: str) -> str:
    shown = encoding.removesuffix("-sig").upper()
    if not encoding.lower().startswith("utf-16"):
        with source.content() as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    line.decode(encoding)
                except UnicodeDecodeError as error:
                    byte = line[error.start]
                    return f"must be {shown} text; line {number}, byte {error.start + 1} is 0x{byte:02X}, which is not."
    return f"must be {shown} text; it is not, or it ends too early."


class _Tracked(io.FileIO):
    def __init__(self, source: Source) -> None:
        super().__init__(os.fspath(source.path), "r")
        self._source = source

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        n = super().readinto(buffer)
        self._source.position += n or 0
        return n
