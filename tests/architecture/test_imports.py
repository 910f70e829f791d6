"""Imports point down: a room opens core and nothing else of ours; only corridors join rooms; doors hold no thought."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import querist

SRC = Path(querist.__file__).parent

CORE = {"core", "_version"}
ROOMS = {"strategies", "learners", "loop", "metrics", "formats", "splits", "report", "store", "scale", "access"}
CORRIDORS = {
    "catalogue": CORE | ROOMS,
    "modeling": CORE | ROOMS,
    "simulation": CORE | ROOMS | {"catalogue", "modeling"},
    "service": CORE | ROOMS | {"catalogue", "modeling", "streaming"},
    "selection": CORE | ROOMS | {"catalogue"},
    "streaming": CORE | ROOMS,
    "testing": CORE | ROOMS | {"catalogue"},
}
CORRIDORS["demo"] = CORE | ROOMS | {"catalogue", "simulation", "service"}
FACADE = CORE | ROOMS | set(CORRIDORS) | {"opening", "project", "client"}
DOORS = {
    "cli": CORE | {"service", "simulation", "catalogue", "demo", "selection", "server", "worker"},
    "server": CORE | {"service", "catalogue"},
    "worker": CORE | {"service"},
    "client": CORE | {"service"},
    "project": CORE | {"service", "simulation", "catalogue"},
    "opening": CORE | {"service", "project"},
    "__main__": {"cli"},
    "__init__": FACADE,
}
ALLOWED = {room: CORE | {room} for room in CORE | ROOMS} | {
    place: allowed | {place} for place, allowed in (CORRIDORS | DOORS).items()
}
HEAVY = (
    "sqlalchemy",
    "pandas",
    "sklearn",
    "fastapi",
    "pydantic",
    "uvicorn",
    "httpx2",
    "structlog",
    "torch",
    "alembic",
    "pyarrow",
    "scipy",
    "jinja2",
    "rich",
    "typer",
    "tokenizers",
    "safetensors",
    "huggingface_hub",
    "argon2",
    "authlib",
    "joserfc",
    "httpx2",
)
OWNERS = {
    "sqlalchemy": {"store"},
    "alembic": {"store"},
    "jinja2": {"report"},
    "pyarrow": {"formats", "scale"},
    "typer": {"cli"},
    "rich": {"cli"},
    "httpx2": {"access", "client"},
    "fastapi": {"server"},
    "starlette": {"server"},
    "uvicorn": {"server"},
    "pydantic": {"server"},
    "pydantic_settings": {"server"},
    "prometheus_client": {"server"},
    "structlog": {"server"},
    "tokenizers": {"learners"},
    "safetensors": {"learners"},
    "huggingface_hub": {"learners"},
    "argon2": {"access"},
    "authlib": {"access"},
    "joserfc": {"access"},
}


def place_of(path: Path) -> str:
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[tuple[str, int]]:
    """Every module a file imports, wherever in it, relative ones made absolute."""
    package = ["querist", *path.relative_to(SRC).with_suffix("").parts][:-1]
    found: list[tuple[str, int]] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            found += [
                (f"{module}.{alias.name}" if module == "querist" else module, node.lineno) for alias in node.names
            ]
    return found


FILES = sorted(SRC.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_imports_point_down(path: Path) -> None:
    place = place_of(path)
    assert place in ALLOWED, f"{place} has no place in the plan of the house: add it, with its rank, and say why"
    for module, line in imports_of(path):
        if module == "querist" or module.startswith("querist."):
            target = [*module.split("."), "__init__"][1]
            assert target in ALLOWED[place], f"{path}:{line}: {place} may not import {target}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_a_library_is_imported_in_one_place(path: Path) -> None:
    place = place_of(path)
    for module, line in imports_of(path):
        owners = OWNERS.get(module.split(".")[0])
        assert owners is None or place in owners, f"{path}:{line}: only {owners} may import {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_no_import_of_ours_hides_in_a_function(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)):
        for node in ast.walk(function):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("querist"), f"{path}:{node.lineno}: move it to the top"


def test_importing_querist_loads_nothing_heavy() -> None:
    code = "import sys, json, querist; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert not [name for name in HEAVY if name in loaded]


def test_the_command_line_loads_only_what_every_command_needs() -> None:
    code = "import sys, json, querist.cli; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    late = ("pyarrow", "sklearn", "scipy.stats", "jinja2", "joblib", "alembic", "psycopg", "argon2", "authlib")
    assert not [name for name in late if name in loaded]


def test_the_public_names_are_sorted_and_true() -> None:
    assert list(querist.__all__) == sorted(querist.__all__)
    for name in querist.__all__:
        assert getattr(querist, name) is not None
