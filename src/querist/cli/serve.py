"""The server and the worker as commands."""

from __future__ import annotations

import webbrowser
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from typing import Annotated, Any

import typer

from querist import server, worker
from querist.cli import output
from querist.cli.options import Json
from querist.service import backups
from querist.service.location import database_url

OPEN_AFTER_S = 1.0  # by then it answers

Url = Annotated[str | None, typer.Option(help="The database, where querist.toml does not say.")]


def serve(
    host: Annotated[str | None, typer.Option(help="The address to listen on; by default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 for any that is free. By default 8700.")] = None,
    url: Url = None,
    media: Annotated[Path | None, typer.Option(help="Folder of images and sounds that items may show.")] = None,
    public_url: Annotated[str | None, typer.Option(help="What people type, where a proxy stands in front.")] = None,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="Leave rounds to `querist worker`.")] = False,
    log_format: Annotated[str | None, typer.Option(help="json or text.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say where it is as a line of JSON.")] = False,
) -> None:
    """Serve the page, and the interface for programs, of every project in a database."""
    settings = server.configure(
        host=host,
        port=port,
        url=database_url(url),
        media=media,
        public_url=public_url,
        worker=False if no_worker else None,
        log_format=log_format,
    )

    def announce(home: str, link: str | None) -> None:
        if as_json:
            output.emit_line({"address": home, "link": link})
        else:
            said(home, link)
        if open_page:
            Timer(OPEN_AFTER_S, webbrowser.open, [link or home]).start()

    server.serve(settings, chosen_host=host is not None, announce=announce)


def said(home: str, link: str | None) -> None:
    """Say where the page is, and how the first account is made."""
    output.err.print(f"Querist serves [bold]{output.escape(home)}[/]  (Ctrl-C stops it)")
    if link is not None:
        output.err.print("Nobody has an account yet. Make the first, which may do everything, by this link:")
        output.err.print(f"  {output.escape(link)}")


def work(
    url: Url = None,
    as_json: Annotated[bool, typer.Option("--json", help="Say what is done as lines of JSON.")] = False,
) -> None:
    """Make the rounds and models of every project in a database, until stopped: beside `serve --no-worker`."""

    def notice(what: str, facts: Mapping[str, Any]) -> None:
        if as_json:
            output.emit_line({"event": what, **facts})
        else:
            shown = ", ".join(f"{name} {value}" for name, value in facts.items())
            output.err.print(f"{what}: {output.escape(shown)}")

    worker.work(database_url(url), notice=notice)


def backup(
    path: Annotated[Path, typer.Argument(help="The new file.")],
    url: Url = None,
    no_check: Annotated[bool, typer.Option("--no-check", help="Do not verify the copy.")] = False,
    as_json: Json = False,
) -> None:
    """Copy a SQLite database into a file while it is in use, and verify the copy."""
    with output.progress(quiet=as_json) as progress:
        made = backups.backup(database_url(url), path, check=not no_check, progress=progress)
    if as_json:
        output.emit(made)
        return
    projects = ", ".join(made.projects) or "no project yet"
    sound = "; the copy is sound" if made.checked else ""
    megabytes = made.size_bytes / 1e6
    output.out.print(f"{output.escape(str(made.path))}: {megabytes:,.1f} MB, {output.escape(projects)}{sound}.")
