"""A study on one page, and in a table."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from querist.core.evidence import Study
from querist.report import study_page, study_table


def write_page(studies: Sequence[Study], path: str | Path, *, title: str, next_steps: Sequence[str] = ()) -> Path:
    """Write the studies as one self-contained HTML file, whole or not at all."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    scratch.write_text(study_page(studies, title=title, next_steps=next_steps), "utf-8")
    os.replace(scratch, path)
    return path


def study_rows(study: Study) -> list[list[str]]:
    """The study as rows of text under a header."""
    return study_table(study)
