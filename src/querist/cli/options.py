"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Quote = Annotated[
    str | None, typer.Option(help="Of a CSV: none, where quotes are characters like any other; double by default.")
]
Header = Annotated[
    bool, typer.Option("--header", help="The first line of a CSV is its header, although it looks like data.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]
Project = Annotated[str | None, typer.Option("--project", "-p", help="Project, where querist.toml does not say.")]
Url = Annotated[str | None, typer.Option("--url", help="Database, where querist.toml does not say.")]
