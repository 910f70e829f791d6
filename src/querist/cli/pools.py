"""Choose from a pool file that is larger than memory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from querist.cli import output
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.selection import open_pool, rows_in, write_batch
from querist.selection import select as choose

SHOWN = 20


def select(
    path: Annotated[str, typer.Argument(help="Parquet files: a path, a folder, or a glob in quotes.")],
    strategy: Annotated[str, typer.Option(help="What chooses.")] = "margin",
    n: Annotated[int, typer.Option("-n", help="How many.")] = 20,
    to: Annotated[Path | None, typer.Option(help="Write the batch: .csv, .jsonl or .parquet.")] = None,
    column: Annotated[list[str] | None, typer.Option(help="Where a signal lies: probs=p_*; may be repeated.")] = None,
    show: Annotated[list[str] | None, typer.Option(help="Column of the pool to write out; may be repeated.")] = None,
    exclude: Annotated[list[Path] | None, typer.Option(help="Table whose column row says what to leave out.")] = None,
    exploration: Annotated[float, typer.Option(help="Share drawn at random.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Of every random choice.")] = 0,
    by: Annotated[str | None, typer.Option(help="Score that puts the candidates of a selection first.")] = None,
    candidates: Annotated[int | None, typer.Option(help="Rows that a selection picks from.")] = None,
    near: Annotated[bool, typer.Option("--guard/--no-guard", help="Whether to leave near-duplicates out.")] = True,
    processes: Annotated[int, typer.Option(help="Processes; our own scores use all cores anyway.")] = 1,
    resume: Annotated[Path | None, typer.Option(help="Folder of finished parts, from which to go on.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")] = False,
) -> None:
    """Choose from a pool of any size, in one pass over its Parquet files. Needs no project."""
    pool = open_pool(path, _columns(column or []))
    policy = Policy(strategy, batch_size=n, exploration=exploration, seed=seed, near_duplicates=0.99 if near else None)
    out = sorted({int(row) for table in exclude or [] for row in rows_in(table)})
    with output.progress(quiet=as_json) as progress:
        batch = choose(
            pool,
            policy,
            exclude=out,
            by=by,
            candidates=candidates,
            processes=processes,
            progress=progress,
            resume=resume,
        )
    if to is not None:
        write_batch(batch, pool, to, columns=show or [])
    if as_json:
        output.emit(batch)
        return
    rows = [["row", "utility", "propensity", "why"]]
    rows += [[str(q.row), _short(q.utility), f"{q.propensity:.3g}", q.reason] for q in batch.queries[:SHOWN]]
    output.table(rows, title=f"{len(batch)} of {batch.n_candidates} rows, chosen by {batch.strategy}")
    if len(batch) > SHOWN:
        output.out.print(f"and {len(batch) - SHOWN} more")
    if to is not None:
        output.out.print(f"All {len(batch)} are in {output.escape(str(to))}")


def _columns(said: list[str]) -> dict[str, list[str]]:
    found = {}
    for each in said:
        name, equals, columns = each.partition("=")
        if not (name and equals and columns):
            raise InvalidInput(f"column: must be NAME=COLUMN, several joined by commas; got {each!r}. Try probs=p_*.")
        found[name] = columns.split(",")
    return found


def _short(utility: float | None) -> str:
    return "" if utility is None else f"{utility:.3g}"
