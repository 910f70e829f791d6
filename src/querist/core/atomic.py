"""A file that is either whole, or as it was before."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from querist.core.errors import Conflict, InvalidInput


def writable(path: str | Path) -> Path:
    """The whole path, if a file can be written there.

    Raises
    ------
    InvalidInput
        If it is a folder, or its own folder is not there.
    """
    target = Path(path).resolve()
    if target.is_dir():
        raise InvalidInput(f"path: must be a file; {str(path)!r} is a folder. Name a file in it.")
    if not target.parent.is_dir():
        raise InvalidInput(f"path: its folder must exist; there is no {str(target.parent)!r}. Make it.")
    return target


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """A path in the same folder, where a file may be made that takes the place of `path` once all went well."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}.part")
    try:
        yield part
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
    except BaseException:
        with suppress(OSError):  # what went wrong first is what matters
            part.unlink(missing_ok=True)
        raise


@contextmanager
def replacing(path: str | Path) -> Iterator[BinaryIO]:
    """A stream to a temporary file in the same folder, which takes the place of `path` once all went well.

    Raises
    ------
    InvalidInput
        If there is no such folder, or it cannot be written to.
    """
    target = writable(path)
    with beside(target) as part:
        try:
            stream = part.open("xb")
        except OSError as error:
            raise InvalidInput(f"path: its folder must be writable; {target.parent}: {error.strerror}.") from None
        with stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())


@contextmanager
def continuing(path: str | Path) -> Iterator[BinaryIO]:
    """A stream to what an interrupted attempt left of `path`, from its start; whole, it takes the place of `path`.

    If something goes wrong, what was written stays for the next attempt.

    Raises
    ------
    InvalidInput
        If there is no such folder, or it cannot be written to.
    Conflict
        If another process is at it.
    """
    target = writable(path)
    part = target.with_name(f".{target.name}.part")
    try:
        stream = os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
    except OSError as error:
        raise InvalidInput(f"path: its folder must be writable; {target.parent}: {error.strerror}.") from None
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not (part.exists() and os.path.samestat(os.fstat(stream.fileno()), part.stat())):
                raise BlockingIOError  # finished by another between our opening it and locking it
        except BlockingIOError:
            raise Conflict(f"{target.name}: another process is making it. Wait for it, then try again.") from None
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            os.replace(part, target)
        except BaseException:
            if not os.fstat(stream.fileno()).st_size:
                part.unlink(missing_ok=True)
            raise
