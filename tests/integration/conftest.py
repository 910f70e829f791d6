"""Messages to label, projects that hold them, and the command line: in this process, and as one of its own."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.project import Project
from querist.service import projects

WORDS = {
    "billing": ["invoice", "charged", "card", "refund", "bank", "voucher"],
    "delivery": ["parcel", "courier", "late", "box", "street", "customs"],
    "account": ["password", "login", "code", "locked", "profile", "email"],
}
CLASSES = tuple(WORDS)


@dataclass(frozen=True)
class Messages:
    """Items, and the truth about them by id."""

    items: list[dict[str, str]]
    truth: dict[str, str]

    def some(self, ids: Sequence[str]) -> dict[str, str]:
        """The true answers to these."""
        return {item_id: self.truth[item_id] for item_id in ids}

    def write(self, path: Path, *, label: bool = False) -> Path:
        """The items as a CSV, with their labels if asked for."""
        with path.open("w", encoding="utf-8", newline="") as file:
            names = ["id", "text", *(["topic"] if label else [])]
            out = csv.DictWriter(file, names, extrasaction="ignore")
            out.writeheader()
            out.writerows({**item, "topic": self.truth[item["id"]]} for item in self.items)
        return path


@pytest.fixture(scope="session")
def messages() -> Callable[..., Messages]:
    """Makes synthetic messages of three topics; most words of each say nothing about its topic."""

    def make(n: int, *, seed: int = 0, first: int = 0) -> Messages:
        rng = random.Random(seed)
        items, truth = [], {}
        for i in range(first, first + n):
            topic = CLASSES[i % 3]
            words = [rng.choice(WORDS[topic]) for _ in range(2)] + [f"word{rng.randint(0, 200)}" for _ in range(6)]
            rng.shuffle(words)
            items.append({"id": f"m{i:04d}", "text": " ".join(words)})
            truth[f"m{i:04d}"] = topic
        return Messages(items, truth)

    return make


@pytest.fixture
def start() -> Iterator[Callable[..., Project]]:
    """Makes projects about topics, and closes them."""
    with ExitStack() as stack:

        def make(
            url: str,
            *,
            policy: Policy | None = None,
            shares: Mapping[str, float] | None = None,
            schema: Schema | None = None,
            name: str = "topics",
            **more: Any,
        ) -> Project:
            work = projects.create(
                url,
                name,
                schema=schema or Schema("topic", CLASSES),
                policy=policy or Policy(batch_size=5),
                shares={} if shares is None else shares,
                **more,
            )
            return stack.enter_context(Project(work))

        yield make


@dataclass(frozen=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one document."""
        return json.loads(self.out)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command in this process, in the test's own folder; a traceback a shell would show ends the test."""
    from querist.cli.app import main

    for name in ("QUERIST_URL", "QUERIST_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(*words: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["querist", *map(str, words)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return run


@pytest.fixture
def program(tmp_path: Path) -> Callable[..., Said]:
    """Runs a command as a process of its own, as a user does."""

    def run(*words: str | Path, timeout: float = 120) -> Said:
        done = subprocess.run(
            [sys.executable, "-m", "querist", *map(str, words)],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def clean_environment() -> dict[str, str]:
    """What a process is started with."""
    return environment()


def environment() -> dict[str, str]:
    """This process's variables without those that name a project; warnings are errors there too."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("QUERIST_")}
    return {
        **kept,
        "COLUMNS": "200",
        "PYTHONWARNINGS": "error",
        "PYTHONIOENCODING": "utf-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
