"""Files that are made to be sent: in a folder of their own, which is gone once they are."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from fastapi.responses import FileResponse
from starlette.background import BackgroundTask


class Scratch:
    """A folder that is removed at the end of the block, or after the file that it handed out was sent."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="querist-"))
        self._kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._kept:
            self._remove()

    def hand_out(self, path: Path, kind: str, name: str, headers: Mapping[str, str]) -> FileResponse:
        """An answer that is the file, to be saved under a name."""
        gone = BackgroundTask(self._remove)
        answer = FileResponse(path, media_type=kind, filename=name, headers=headers, background=gone)
        self._kept = True
        return answer

    def _remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
