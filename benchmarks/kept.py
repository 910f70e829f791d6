"""What resumable benchmarks share: finished runs as lines of a file, the commit they were made at, a progress bar."""

from __future__ import annotations

import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def lines(log: Path) -> list[dict[str, Any]]:
    """Finished runs; a last line that a crash cut short is none."""
    found = []
    if log.exists():
        for text in filter(None, log.read_text("utf-8").splitlines()):
            with suppress(ValueError):
                found.append(json.loads(text))
    return found


def commit() -> dict[str, Any]:
    """The commit that is checked out, and whether what is measured differs from it."""

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    measured = ("src", "benchmarks", ":!benchmarks/results")
    return {"commit": git("rev-parse", "HEAD"), "changed": bool(git("status", "--porcelain", "--", *measured))}


class Bar:
    """A progress bar on standard error: `advance(text)` for a step, or `advance(text, done, total)`."""

    def __init__(self, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bar.add_task("", total=total)

    def __enter__(self) -> Any:
        self._bar.start()
        return self._advance

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _advance(self, text: str, done: int | None = None, total: int | None = None) -> None:
        if done is None:
            self._bar.update(self._task, advance=1, description=text)
        else:
            self._bar.update(self._task, completed=done, total=total, description=text)
