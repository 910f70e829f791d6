"""A study on one page, and in a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from querist.core.atomic import replacing
from querist.core.checks import page_path
from querist.core.evidence import Study
from querist.report import study_page, study_reading, study_table, study_title

__all__ = ["study_reading", "study_rows", "study_title", "write_page"]


def write_page(studies: Sequence[Study], path: str | Path, *, title: str, next_steps: Sequence[str] = ()) -> Path:
    """Write the studies as one self-contained HTML file, whole or not at all."""
    path = Path(page_path(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    page = study_page(studies, title=title, next_steps=next_steps)
    with replacing(path) as stream:
        stream.write(page.encode(errors="replace"))
    return path


def study_rows(study: Study) -> list[list[str]]:
    """The study as rows of text under a header."""
    return study_table(study)
