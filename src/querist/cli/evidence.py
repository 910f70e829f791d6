"""Commands about what a project is worth: estimates, and all figures of evidence together."""

from __future__ import annotations

from typing import Annotated

import typer

from querist.cli import output
from querist.cli.options import Json, Project, Url
from querist.cli.show import show_believed, show_evidence
from querist.service import estimating, projects
from querist.service import evidence as proofs
from querist.service.location import locate


def estimate(
    metric: Annotated[
        str | None, typer.Argument(help="accuracy, precision, recall, f1, auc, … By default what suits the project.")
    ] = None,
    of: Annotated[str | None, typer.Option(help="The class that the metric is about.")] = None,
    level: Annotated[float, typer.Option(help="Share of repetitions in which the interval holds the truth.")] = 0.9,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Say how good the newest model is, with an interval, whatever the strategies have asked about."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        found = estimating.believe(work, metric, of=of, level=level, progress=progress)
    output.emit(found) if as_json else show_believed(found)


def evidence(
    refresh: Annotated[
        bool, typer.Option("--refresh/--last", help="Find anew what has changed, or tell what was last found.")
    ] = True,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Tell what is known of the project's worth: how good the model is, what was saved, when to stop, and why."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        found = proofs.refresh(work, progress=progress) if refresh else proofs.evidence(work)
    output.emit({"figures": found}) if as_json else show_evidence(found)
