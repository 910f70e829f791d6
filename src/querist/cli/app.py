"""The commands, and one way for all of them to fail."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from querist._version import __version__
from querist.cli import output, project, study
from querist.core.errors import QueristError, RowsRejected

ROWS_SHOWN = 20

app = typer.Typer(
    name="querist",
    help="Decide which human judgment to buy next, get it, and prove that it was worth its price.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for command in (
    project.init,
    project.add,
    project.ask,
    project.tell,
    project.train,
    project.status,
    project.withdraw,
    project.report,
    project.freeze,
    project.export,
    project.verify,
    project.replay,
    study.simulate,
    study.strategies,
    study.demo,
):
    app.command()(command)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"querist {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,
) -> None:
    pass


def main() -> None:
    """Run a command; an error of ours is a message and exit code 2, never a traceback."""
    try:
        app()
    except QueristError as error:
        _fail(error)
        sys.exit(2)
    except KeyboardInterrupt:
        output.err.print("Stopped. What was acknowledged is kept; run the same command again to go on.")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)


def _fail(error: QueristError) -> None:
    rows = error.rows if isinstance(error, RowsRejected) else ()
    if "--json" in sys.argv:
        message, _, hint = str(error).rpartition(". ")
        body = {"code": error.code, "message": message or hint, "hint": hint if message else ""}
        output.emit({"error": body | ({"rows": [str(row) for row in rows]} if rows else {})})
        return
    output.err.print(f"[bold red]Error:[/] {output.escape(str(error))}")
    for row in rows[:ROWS_SHOWN]:
        output.err.print(f"  {output.escape(str(row))}")
    if len(rows) > ROWS_SHOWN:
        output.err.print(f"  and {len(rows) - ROWS_SHOWN} rows more; --json lists them all.")
