"""The page's own checks: its types, and its tests in TypeScript."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("script", ["check", "test"])
def test_the_page_passes_its_own_checks(hook, script, missing):
    npm = hook.system_npm() or hook.package_npm()
    if npm is None:
        missing("there is no Node 20.19 or newer, so the page's own tests did not run")
    if not (ROOT / "web" / "node_modules").exists():
        missing("what the page is built with is not installed; `make page` installs it")
    path = f"{Path(npm[0]).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*npm, "run", script], cwd=ROOT / "web", env=os.environ | {"PATH": path, "NO_COLOR": "1"}, capture_output=True
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode()[-4000:]
