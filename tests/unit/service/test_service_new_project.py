"""A project that is started from a page or a program: what was asked for is what it has."""

from __future__ import annotations

from pathlib import Path

from querist.core.schema import Schema
from querist.service import overview
from querist.service.workspaces import Workspaces


def test_a_project_starts_with_the_queue_settings_that_were_given(tmp_path: Path):
    with Workspaces.at(f"{tmp_path}/labels.db") as workspaces:
        work = overview.start(
            workspaces,
            "tickets",
            schema=Schema("topic", ("bug", "wish")),
            settings={"test_per_round": 5, "suggestions": "after", "overlap": 2},
        )
        with work.database.reading() as conn:
            settings = work.queue(conn)
    assert (settings.test_per_round, settings.suggestions, settings.overlap) == (5, "after", 2)
    assert settings.lease_s == 600
