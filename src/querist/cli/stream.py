"""`querist stream`: items in a pipe, decisions out of it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from querist.cli import output
from querist.cli.options import Json, Project, Url
from querist.core.checks import positive
from querist.core.errors import InvalidInput
from querist.service import projects, streaming
from querist.service.location import locate


def stream(
    file: Annotated[str, typer.Argument(help="JSON lines, an item each; - reads what is piped in.")] = "-",
    budget: Annotated[float | None, typer.Option(help="Share of the items that may be asked.")] = None,
    manager: Annotated[str | None, typer.Option(help="How the budget is spent.")] = None,
    keep: Annotated[str, typer.Option(help="Which items join the pool: asked, or all.")] = "asked",
    batch: Annotated[int, typer.Option(help="Items decided on together; 1 answers each line at once.")] = 100,
    project: Project = None,
    url: Url = None,
    as_json: Json = False,
) -> None:
    """Ask or predict, for each item as it comes, and print what was decided, a line each."""
    positive("batch", batch)
    with ExitStack() as open_now:
        lines = sys.stdin if file == "-" else open_now.enter_context(Path(file).open(encoding="utf-8"))
        work = open_now.enter_context(projects.open_at(locate(project, url)))
        found = None
        for items in _batches(lines, batch):
            found = streaming.decide_on(work, items, budget=budget, manager=manager, keep=keep)
            streaming.enqueue(work)
            for each in found.decisions:
                output.emit_line(each)
    if as_json:
        return
    if found is None:
        output.err.print("No items came, so that nothing was decided.")
        return
    output.err.print(
        f"{found.n_asked:,} of {found.n_seen:,} items asked, by {found.manager} at a budget of {found.budget:g}."
    )
    if found.decisions[-1].reason == streaming.SPENT:
        output.err.print(
            "The project's budget is used up, so that items are predicted only. `querist policy --set budget.labels=N` "
            "or budget.usd=N raises it."
        )


def _batches(lines: Iterable[str], size: int) -> Iterator[list[Mapping[str, Any]]]:
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    while some := list(islice(numbered, size)):
        yield [_item(number, line) for number, line in some]


def _item(number: int, line: str) -> Mapping[str, Any]:
    try:
        item = json.loads(line)
    except ValueError:
        item = None
    if not isinstance(item, Mapping):
        raise InvalidInput(f"line {number}: must be a JSON object; got {line.strip():.60}. Write an item a line.")
    return item
