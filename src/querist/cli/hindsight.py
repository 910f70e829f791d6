"""The command that looks back: what others would have reached with a project's labels."""

from __future__ import annotations

from typing import Annotated

import typer

from querist.cli import output
from querist.cli.options import Json, Project, Url
from querist.service import projects
from querist.service.answered import answered
from querist.service.location import locate
from querist.simulation import hindsight as look_back
from querist.simulation import hindsight_reading, hindsight_rows


def hindsight(
    strategies: Annotated[
        str, typer.Option(help="Others to look back with, joined by commas; random is always looked at.")
    ] = "",
    seeds: Annotated[int, typer.Option(help="Samples of the labels that are drawn, at least 3.")] = 10,
    metric: Annotated[str | None, typer.Option(help="By default the project's own.")] = None,
    level: Annotated[float, typer.Option(help="Share of projects that a range holds.")] = 0.9,
    jobs: Annotated[int | None, typer.Option(help="Processes; one per core by default.")] = None,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Say what random, or another strategy, would have reached with the project's labels, and how sure that is."""
    names = [name.strip() for name in strategies.split(",") if name.strip()]
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        past = answered(work, progress=progress)
        found = look_back(past, names, seeds=seeds, metric=metric, level=level, n_jobs=jobs, progress=progress)
    if as_json:
        output.emit(found)
        return
    output.table(hindsight_rows(found))
    output.out.print()
    for line in hindsight_reading(found):
        output.out.print(output.escape(line))
