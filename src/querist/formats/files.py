"""A file on disk: whether it can be one of ours, how far it has been read, and what its bytes hash to."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from querist.core.errors import InvalidInput

BUFFER_BYTES = 1 << 18
HEAD_BYTES = 1 << 16  # enough to hold the header of any table a person made
LINE_BYTES = 1 << 24  # no row is so long; a file without line ends must not fill the memory
UNZIPPED_BYTES = 1 << 30  # beyond it, at most so many times what is zipped: text shrinks to a tenth, a bomb to a 1000th
UNZIPPED_TIMES = 200
# Options are named without a command's dashes, here and wherever a message is shown on the page and in Python as well.
ENCODING_HINT = "Save the file as UTF-8, or say which `encoding` it has, often latin-1 or cp1252."
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
        """The file's content, unzipped; `position` follows.

        Raises
        ------
        InvalidInput
            Inside the block: if it is not gzipped whole, unzips to far more than text does, or has an endless line.
        """
        try:
            raw = _Tracked(self)
        except OSError as error:
            raise InvalidInput(f"path: must be a file that can be read; {self.path}: {error.strerror}.") from None
        buffered = io.BufferedReader(raw, BUFFER_BYTES)
        inner: io.BufferedIOBase = gzip.GzipFile(fileobj=buffered, mode="rb") if self.zipped else buffered
        stream = io.BufferedReader(_Bounded(self, inner), BUFFER_BYTES)
        try:
            yield stream
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise InvalidInput(f"{self.name}: must be gzipped whole; {error}. Copy it again, or unzip it.") from None
        finally:
            stream.close()
            inner.close()
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
    except UnicodeError:  # some names are known to Python, but are of no text: undefined, idna
        raise InvalidInput(f"encoding: must be one of texts; got {encoding!r}. Try utf-8 or cp1252.") from None


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


class _Bounded(io.RawIOBase):
    """What a file holds, as long as that is not more than any text: neither unzipped, nor in one line."""

    def __init__(self, source: Source, inner: io.BufferedIOBase) -> None:
        super().__init__()
        self._source = source
        self._inner = inner
        self._most = max(UNZIPPED_BYTES, UNZIPPED_TIMES * source.size_bytes)
        self._n = 0
        self._n_in_line = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        read = self._inner.read1(len(buffer))
        buffer[: len(read)] = read
        self._n += len(read)
        end = max(read.rfind(b"\n"), read.rfind(b"\r")) + 1
        self._n_in_line = len(read) - end + (0 if end else self._n_in_line)
        if self._source.zipped and self._n > self._most:
            raise InvalidInput(
                f"{self._source.name}: must be gzipped text; it unzips to more than {UNZIPPED_TIMES} times its size. "
                "Unzip it, and see what it holds."
            )
        if self._n_in_line > LINE_BYTES:
            raise InvalidInput(
                f"{self._source.name}: each line must have at most {LINE_BYTES >> 20} MB; one has more. "
                "See that the file has line ends."
            )
        return len(read)


class _Tracked(io.FileIO):
    def __init__(self, source: Source) -> None:
        super().__init__(os.fspath(source.path), "r")
        self._source = source

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        n = super().readinto(buffer)
        self._source.position += n or 0
        return n
