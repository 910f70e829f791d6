"""The commands, and one way for all of them to fail."""

from __future__ import annotations

import errno
import os
import sys
import warnings
from typing import Annotated, Any

import typer

from querist._version import __version__
from querist.cli import (
    advising,
    drifting,
    evidence,
    gating,
    output,
    people,
    pools,
    project,
    serve,
    slices,
    stream,
    study,
)
from querist.cli.hindsight import hindsight
from querist.core.errors import InvalidInput, QueristError, RowsRejected

ROWS_SHOWN = 20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # the disk, one's share of it, or what a file may hold
STOPPED = 130  # what a shell says of a program that Ctrl-C ended
_WRONG_USAGE: Any = typer.BadParameter.__mro__[1]  # Typer gives its base no name of its own

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
    evidence.estimate,
    evidence.evidence,
    drifting.drift,
    stream.stream,
    gating.gate,
    project.status,
    project.withdraw,
    project.policy,
    project.report,
    project.freeze,
    project.export,
    project.verify,
    slices.copies,
    slices.extend,
    project.replay,
    hindsight,
    pools.select,
    advising.advise,
    study.simulate,
    study.strategies,
    study.demo,
    serve.serve,
    serve.backup,
):
    app.command()(command)
app.command("worker")(serve.work)
app.add_typer(people.people_app)
app.add_typer(people.keys_app)


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
    warnings.filterwarnings("ignore", module="sklearn")  # its lines name files of ours that a user cannot mend
    try:
        # Typer prints a wrong option as text and exits by itself, unless told to leave that to others.
        sys.exit(app(standalone_mode="--json" not in sys.argv))
    except QueristError as error:
        _fail(error)
        sys.exit(2)
    except _WRONG_USAGE as error:
        _fail(InvalidInput(error.format_message().rstrip(".") + ". See --help."))
        sys.exit(2)
    except BrokenPipeError:
        _let_go()
        sys.exit(1)  # as Typer says it without --json
    except OSError as error:
        _fail(_outside(error))
        sys.exit(2)
    except SystemExit as leaving:
        if leaving.code == STOPPED:
            output.err.print("Stopped. What was acknowledged is kept; run the same command again to go on.")
        raise


def _outside(error: OSError) -> QueristError:
    what = f"{error.strerror}: {error.filename!r}" if error.strerror and error.filename else error.strerror or error
    if error.errno in FULL:
        return QueristError(f"file: must fit on its disk; {what}. Free some space, then run the command again.")
    return QueristError(f"file: must be there and open to you; {what}. Check the path and its permissions.")


def _let_go() -> None:
    """Nobody reads what is said any more, `head` say: have Python not complain of it at its end either."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: QueristError) -> None:
    rows = error.rows if isinstance(error, RowsRejected) else ()
    if "--json" in sys.argv:
        message, _, hint = str(error).rpartition(". ")
        body = {"code": error.code, "message": message or hint, "hint": hint if message else ""}
        try:
            output.emit({"error": body | ({"rows": [str(row) for row in rows]} if rows else {})})
            sys.stdout.flush()
        except BrokenPipeError:
            _let_go()
        return
    output.err.print(f"[bold red]Error:[/] {output.escape(str(error))}")
    for row in rows[:ROWS_SHOWN]:
        output.err.print(f"  {output.escape(str(row))}")
    if len(rows) > ROWS_SHOWN:
        output.err.print(f"  and {len(rows) - ROWS_SHOWN} rows more; --json lists them all.")
