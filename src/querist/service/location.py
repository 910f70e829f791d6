"""Which database, and which project in it: arguments first, then the environment, then `querist.toml`."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from querist.core.errors import InvalidInput, NotFound

FILE = "querist.toml"
URL_VARIABLE = "QUERIST_URL"
PROJECT_VARIABLE = "QUERIST_PROJECT"


@dataclass(frozen=True, slots=True)
class Location:
    """A database by URL, and a project by name."""

    url: str
    project: str


def locate(project: str | None = None, url: str | None = None, *, start: Path | None = None) -> Location:
    """Where the project lives.

    Each of the two is looked for in the arguments, then in `QUERIST_PROJECT` and `QUERIST_URL`, then in the
    `querist.toml` of this folder or the nearest above it. A project known by name alone lives in `querist.db` here.

    Raises
    ------
    NotFound
        If nothing names a project.
    """
    _, written = _written(start or Path.cwd())
    project = project or os.environ.get(PROJECT_VARIABLE) or written.get("project")
    if not project:
        raise NotFound(
            "project: must be named; there is no querist.toml here or above, and QUERIST_PROJECT is not set. "
            "Run `querist init NAME` first, or go to the folder where you did."
        )
    return Location(database_url(url, start=start), project)


def database_url(url: str | None = None, *, start: Path | None = None) -> str:
    """Where the database lives, whatever the project: looked for as `locate` does, by default `querist.db` here."""
    here = start or Path.cwd()
    folder, written = _written(here)
    given = url or os.environ.get(URL_VARIABLE)
    return _absolute(given, here) if given else _absolute(written.get("url") or "sqlite:///querist.db", folder)


def remember(location: Location, folder: Path) -> Path | None:
    """Write `querist.toml` for the commands to come; None where a URL with a password is better not written."""
    if "@" in location.url and ":" in location.url.split("@")[0].split("//")[-1]:
        return None
    path = folder / FILE
    url = location.url
    if url.startswith("sqlite:///"):
        database = Path(url.removeprefix("sqlite:///"))
        if database.is_relative_to(folder.resolve()):
            url = f"sqlite:///{database.relative_to(folder.resolve()).as_posix()}"
    path.write_text(f'project = "{_escaped(location.project)}"\nurl = "{_escaped(url)}"\n', "utf-8")
    return path


def _written(start: Path) -> tuple[Path, dict[str, str]]:
    for folder in (start, *start.parents):
        path = folder / FILE
        if path.is_file():
            try:
                return folder, {str(k): str(v) for k, v in tomllib.loads(path.read_text("utf-8")).items()}
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
                raise InvalidInput(f"{path}: must be TOML; {error}. Mend it, or run `querist init` again.") from None
    return start, {}


def _absolute(url: str, folder: Path) -> str:
    if "://" not in url:
        url = f"sqlite:///{url}"
    if url.startswith("sqlite:///"):
        return f"sqlite:///{(folder / url.removeprefix('sqlite:///')).resolve()}"
    return url


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
