"""Commands on what no strategy may ask about: copies of it elsewhere, and more of it."""

from __future__ import annotations

from typing import Annotated

import typer

from querist.cli import output
from querist.cli.options import Json, Project, Url
from querist.cli.show import show_copies, show_slices
from querist.core.checks import one_of
from querist.service import copies as copying
from querist.service import projects
from querist.service import slices as slicing
from querist.service.location import locate


def copies(
    set_aside: Annotated[
        bool, typer.Option("--set-aside", help="Take the copies of held-out items out of the pool, for good.")
    ] = False,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Look for copies of test and calibration items in the pool, and show them."""
    with projects.open_at(locate(project, url)) as work, output.progress(quiet=as_json) as progress:
        if set_aside:
            n = slicing.set_aside(work, progress=progress)
        else:
            found = copying.find(work, progress=progress)
    if set_aside:
        output.emit({"n_set_aside": n}) if as_json else output.out.print(f"{n:,} items set aside.")
    else:
        output.emit(found) if as_json else show_copies(found)


def extend(
    n: Annotated[int | None, typer.Option("-n", help="How many items to draw; without it, show the versions.")] = None,
    split: Annotated[str, typer.Option(help="What to extend: test or calibration.")] = "test",
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Draw items at random from the pool into the test set or the calibration slice, as its next version."""
    one_of("split", split, slicing.HELD_OUT)
    with projects.open_at(locate(project, url)) as work:
        drawn = None if n is None else slicing.extend(work, n, split=split)
        found = slicing.slices(work)
    if as_json:
        output.emit({"versions": found} if drawn is None else drawn)
    elif drawn is None:
        show_slices(found)
    else:
        output.out.print(
            f"Version {drawn.version} of the {drawn.split} slice has {drawn.n_items:,} items, {drawn.n_added:,} of "
            f"them drawn from the pool now; {drawn.n_open:,} have no label yet."
        )
        if drawn.n_open:
            output.out.print(f"Next: querist ask --split {drawn.split} -n {drawn.n_open} --to {drawn.split}.csv")
