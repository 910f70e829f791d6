"""What the files for deployment say of Querist is so."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest
import typer

from querist.cli.app import app
from querist.server.settings import Settings

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "deploy").iterdir())
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
OTHERS = {"QUERIST_SKIP_PAGE"}  # read when Querist is installed, not by the server


@pytest.mark.parametrize("path", [*FILES, ROOT / "docs" / "how-to" / "deploy.md"], ids=lambda path: path.name)
def test_every_variable_it_names_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"\bQUERIST_[A-Z_]+\b", path.read_text("utf-8")))
    assert named <= {f"QUERIST_{name.upper()}" for name in Settings.model_fields} | OTHERS


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".service"], ids=lambda path: path.name)
def test_a_unit_starts_a_command_that_there_is(path: Path) -> None:
    unit = configparser.RawConfigParser(strict=False, delimiters=("=",))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text("utf-8"))
    program, command, *options = shlex.split(unit["Service"]["ExecStart"])
    assert program.endswith("/bin/querist")
    known = {option for param in COMMANDS[command].params for option in param.opts}
    assert {option for option in options if option.startswith("-")} <= known
    assert unit["Service"]["Restart"] == "always"


def test_the_container_starts_the_server_and_copies_what_there_is() -> None:
    text = (ROOT / "deploy" / "Containerfile").read_text("utf-8")
    assert 'CMD ["querist", "serve", "--host", "0.0.0.0"]' in text
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, flags=re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
    for extra in re.search(r"'\.\[([\w,]+)\]'", text)[1].split(","):  # type: ignore[index]
        assert f"\n{extra} = [" in (ROOT / "pyproject.toml").read_text("utf-8"), extra
