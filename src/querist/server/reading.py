"""Bodies that are either a file in a form or JSON: a file goes to disk as it comes, and is gone after the answer."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.datastructures import FormData
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import UploadFile

from querist.core.checks import short
from querist.core.errors import InvalidInput
from querist.server.guard import UPLOAD_FORM
from querist.server.schemas.base import check_text
from querist.server.schemas.projects import NewItems

FILE = {"type": "string", "format": "binary", "description": "CSV, TSV, JSONL, Parquet, Arrow or CoNLL, also gzipped."}
AS_TEXT: dict[str, dict[str, Any]] = {
    "encoding": {"type": "string", "description": "Of text that is not UTF-8, such as latin-1."},
    "quote": {
        "type": "string",
        "enum": ["double", "none"],
        "description": "Of a CSV: none, where quotes are characters like any other.",
    },
}
WISHES: dict[str, dict[str, Any]] = {
    "label": {"type": "string", "description": "A column of labels that are known."},
    "drop": {"type": "array", "items": {"type": "string"}, "description": "Columns to leave out; may be repeated."},
    "id_column": {"type": "string", "description": "The column of ids; by default one named id. Empty: there is none."},
    "split": {"type": "string", "enum": ["pool", "test", "calibration"]},
    "header": {
        "type": "boolean",
        "description": "That the first line of a CSV is its header, although it looks like data.",
    },
    "kind": {
        "type": "array",
        "items": {"type": "string"},
        "description": "What a column is, as NAME=KIND: text, number, category, vector or ignored; may be repeated.",
    },
    **AS_TEXT,
}
FORM_OF_A_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            UPLOAD_FORM: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": FILE, **AS_TEXT},
                    "additionalProperties": False,
                }
            }
        },
    }
}
FORM_OF_ITEMS = {
    "requestBody": {
        "required": True,
        "content": {
            UPLOAD_FORM: {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": FILE, **WISHES},
                    "additionalProperties": False,
                }
            },
            "application/json": {"schema": {"$ref": "#/components/schemas/NewItems"}},
        },
    }
}
_ODD = re.compile(r"[^\w .()+-]")


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that was sent, on disk while the request lasts, and what else the form says."""

    path: Path
    said: dict[str, Any]


async def _a_file(request: Request) -> AsyncIterator[SentFile]:
    if not _is_form(request):
        await request.body()  # too large a one is refused as that
        raise InvalidInput(f"body: must be a form with a file in it, as {UPLOAD_FORM}; it is something else. Send one.")
    with tempfile.TemporaryDirectory(prefix="querist-") as folder:
        yield await _kept(request, Path(folder), allowed=tuple(AS_TEXT))


async def _a_file_or_items(request: Request) -> AsyncIterator[SentFile | NewItems]:
    if not _is_form(request):
        yield _items(await request.body())
        return
    with tempfile.TemporaryDirectory(prefix="querist-") as folder:
        yield await _kept(request, Path(folder), allowed=tuple(WISHES))


AFile = Annotated[SentFile, Depends(_a_file)]
AFileOrItems = Annotated[SentFile | NewItems, Depends(_a_file_or_items)]


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(UPLOAD_FORM)


async def _kept(request: Request, folder: Path, *, allowed: tuple[str, ...]) -> SentFile:
    async with request.form(max_files=1, max_fields=1000) as form:
        said = _said(form, allowed)
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise InvalidInput("file: must be a file in the form; there is none. Send it as the field `file`.")
        path = folder / _name(file.filename or "")
        await run_in_threadpool(_copy, file, path)
        return SentFile(path, said)


def _copy(file: UploadFile, path: Path) -> None:
    with path.open("wb") as out:
        shutil.copyfileobj(file.file, out, 1 << 20)


def _name(given: str) -> str:
    """A name to keep a file under: its own, without what means something to a file system.

    Examples
    --------
    >>> _name("../../etc/my data.csv"), _name("")
    ('my data.csv', 'upload')
    """
    return _ODD.sub("_", given.replace("\\", "/").rpartition("/")[2])[-100:].lstrip(".") or "upload"


def _said(form: FormData, allowed: tuple[str, ...]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for name, value in form.multi_items():
        if name == "file":
            continue
        if name not in allowed or not isinstance(value, str):
            known = ", ".join(("file", *allowed))
            raise InvalidInput(f"form: must have known fields only; got {name[:40]!r}. It may have {known}.")
        try:
            check_text(value)
        except ValueError as error:
            raise InvalidInput(f"{name}: {error}. Mend it.") from None
        if name == "drop":
            said.setdefault("drop", []).append(value)
        elif name == "header":
            said["header"] = value.lower() in ("true", "1", "on", "yes")
        elif name == "kind":
            column, equals, kind = value.rpartition("=")
            if not equals:
                raise InvalidInput(f"kind: must be NAME=KIND; got {short(value)}. Write it like year=number.")
            said.setdefault("kinds", {})[column] = kind
        elif value or name == "id_column":
            said[name] = value
    return said


def _items(body: bytes) -> NewItems:
    try:
        return NewItems.model_validate(json.loads(body))
    except ValidationError as error:
        raise RequestValidationError([{**each, "loc": ("body", *each["loc"])} for each in error.errors()]) from None
    except (ValueError, RecursionError):
        raise InvalidInput(
            "body: must be JSON, or a form with a file in it; it is neither. Send one of them."
        ) from None
