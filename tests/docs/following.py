"""A tutorial's blocks, run one after another in a folder of their own, as its reader would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHOWN = re.compile(r"^```text\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def follow(page: Path, folder: Path) -> str:
    """Save its scripts, run its commands; everything that they said."""
    said = []
    for language, block in BLOCK.findall(page.read_text("utf-8")):
        if language == "python":
            name = re.match(r"# (\w+\.py)\n", block)
            assert name is not None, f"a script must begin with its name; got {block[:40]!r}"
            (folder / name[1]).write_text(block, "utf-8")
        else:
            said.append(run(folder, "bash", "-euo", "pipefail", "-c", block))
    return "".join(said)


def shown(page: Path) -> list[str]:
    """What the page says that one will see."""
    return SHOWN.findall(page.read_text("utf-8"))


def trimmed(text: str) -> str:
    """The lines with single blanks: how wide a column is says nothing about what stands in it."""
    return "\n".join(" ".join(line.split()) for line in text.splitlines())


def run(folder: Path, *command: str) -> str:
    """A command in the folder, without what a project of the reader's would say; what it printed."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {name: value for name, value in os.environ.items() if not name.startswith("QUERIST_")}
    done = subprocess.run(
        command,
        cwd=folder,
        env={**env, "PATH": path, "COLUMNS": "120", "PYTHONWARNINGS": "error", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
