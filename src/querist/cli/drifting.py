"""`querist drift`: whether new items are still like the old ones."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from querist.cli import output
from querist.cli.options import Json, Project, Url
from querist.cli.output import escape, out, table
from querist.service import drifting, projects
from querist.service.drifting import Drift
from querist.service.location import locate

ITEMS_SHOWN = 8


def drift(
    path: Annotated[
        Path | None, typer.Argument(help="New items that are not in the project yet; by default those added last.")
    ] = None,
    since: Annotated[datetime | None, typer.Option(help="Items added since then are the new ones.")] = None,
    level: Annotated[float, typer.Option(help="Share of looks that may alarm where nothing has changed.")] = 0.05,
    to: Annotated[
        Path | None, typer.Option(help="Write the items to label again as a worksheet, if the plan says so.")
    ] = None,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Say whether new items, scores, labels and errors are still what they were, and what to do if not."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        found = drifting.look(work, path, since=since, level=level, to=to, progress=progress)
    if as_json:
        output.emit(found)
        return
    show_drift(found)
    if to is not None and found.plan.action != "relabel":
        out.print(f"{escape(str(to))} is not written: the plan is not to label again.")


def show_drift(found: Drift) -> None:
    """Each check, what they come to, and what to run."""
    of = "" if found.model is None else f", by model {found.model}"
    out.print(f"{found.n_recent:,} of {escape(found.recent)}, against {found.n_reference:,} before{of}.")
    out.print()
    rows = [["check", "of", "drift", "p", "what was found"]]
    for check in found.checks:
        p = "" if check.p_adjusted is None else f"{check.p_adjusted:.3f}"
        rows.append([check.name, check.about, "yes" if check.drifted else "no", p, check.sentence])
    table(rows)
    for note in found.notes:
        out.print(f"[yellow]Note:[/] {escape(note)}")
    out.print()
    out.print(f"[bold]{found.plan.action[0].upper()}{found.plan.action[1:]}.[/] {escape(found.plan.why)}")
    if found.items:
        shown = ", ".join(found.items[:ITEMS_SHOWN])
        more = len(found.items) - ITEMS_SHOWN
        out.print(f"First of all: {escape(shown)}{f' and {more:,} more' if more > 0 else ''}.")
    out.print(f"Next: {escape(found.command)}")
    out.print(f"Where nothing has changed, {found.level:.0%} of looks say drift all the same.")
