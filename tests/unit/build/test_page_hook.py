"""What the build does about the page: when it builds, reuses or leaves it out, and what it says."""

import importlib.util
import stat
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def hook():
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def repository(tmp_path):
    web = tmp_path / "web"
    (web / "src").mkdir(parents=True)
    (web / "package-lock.json").write_text("{}")
    (web / "src" / "main.tsx").write_text("export {};\n")
    return tmp_path


@pytest.fixture
def path_of(tmp_path, monkeypatch):
    """Puts programs that say what they are told on a PATH without any other."""
    programs = tmp_path / "programs"
    programs.mkdir()

    def put(**scripts):
        for name, script in scripts.items():
            program = programs / name
            program.write_text(f"#!{sys.executable}\n{script}\n")
            program.chmod(program.stat().st_mode | stat.S_IEXEC)
        monkeypatch.setenv("PATH", str(programs))

    return put


NODE = "print('v24.1.0')"
BUILDS = """
import pathlib, sys
if sys.argv[1] == "ci":
    pathlib.Path("node_modules").mkdir(exist_ok=True)
    with open("installs", "a") as f: f.write("x")
else:
    static = pathlib.Path("../src/querist/server/static"); static.mkdir(parents=True, exist_ok=True)
    (static / "index.html").write_text("page")
"""
UNREACHABLE = "import sys; print('npm error network ENOTFOUND'); sys.exit(1)"


def static(repository):
    return repository / "src" / "querist" / "server" / "static"


def test_a_fresh_clone_builds_the_page(hook, repository):
    assert hook.decide(repository, {}) == "build"


def test_the_variable_leaves_the_page_out(hook, repository):
    assert hook.decide(repository, {"QUERIST_SKIP_PAGE": "1"}) == "skip"
    assert hook.decide(repository, {"QUERIST_SKIP_PAGE": "0"}) == "build"


def test_a_page_built_from_the_same_sources_is_used_again(hook, repository, path_of):
    path_of(node=NODE, npm=BUILDS)
    assert hook.make_page(repository)
    assert hook.decide(repository, {}) == "reuse"


def test_a_changed_source_builds_the_page_again(hook, repository, path_of):
    path_of(node=NODE, npm=BUILDS)
    hook.make_page(repository)
    (repository / "web" / "src" / "main.tsx").write_text("export const changed = 1;\n")
    assert hook.decide(repository, {}) == "build"


def test_tests_and_installed_packages_do_not_count_as_sources(hook, repository):
    before = hook.fingerprint(repository / "web")
    (repository / "web" / "src" / "main.test.tsx").write_text("test\n")
    (repository / "web" / "node_modules").mkdir()
    (repository / "web" / "node_modules" / "x.js").write_text("x\n")
    assert hook.fingerprint(repository / "web") == before


def test_line_ends_do_not_change_the_fingerprint(hook, repository):
    before = hook.fingerprint(repository / "web")
    (repository / "web" / "src" / "main.tsx").write_bytes(b"export {};\r\n")
    assert hook.fingerprint(repository / "web") == before


def test_a_package_that_carries_the_page_without_its_sources_needs_no_node(hook, tmp_path):
    static(tmp_path).mkdir(parents=True)
    (static(tmp_path) / "index.html").write_text("page")
    assert hook.decide(tmp_path, {}) == "reuse"
    assert hook.needs(tmp_path, {}) == []


def test_a_node_is_asked_for_only_where_none_is_found(hook, repository, path_of):
    path_of()
    assert hook.needs(repository, {}) == [hook.NODE]
    assert hook.needs(repository, {"QUERIST_SKIP_PAGE": "1"}) == []
    path_of(node=NODE, npm=BUILDS)
    assert hook.needs(repository, {}) == []


def test_a_node_that_is_too_old_does_not_count(hook, repository, path_of):
    path_of(node="print('v18.20.0')", npm=BUILDS)
    assert hook.needs(repository, {}) == [hook.NODE]


def test_packages_are_installed_once_for_a_lock_file(hook, repository, path_of):
    path_of(node=NODE, npm=BUILDS)
    hook.make_page(repository)
    (repository / "web" / "src" / "main.tsx").write_text("export const changed = 1;\n")
    hook.make_page(repository)
    assert (repository / "web" / "installs").read_text() == "x"


def test_without_npm_the_install_goes_on_and_says_how_to_build_the_page_later(hook, repository, path_of, capfd):
    path_of(node=NODE, npm=UNREACHABLE)
    assert not hook.make_page(repository)
    told = capfd.readouterr().err
    assert "WITHOUT A NEW PAGE" in told
    assert "ENOTFOUND" in told
    assert "make page" in told


def test_what_failed_is_not_tried_again_by_make_but_is_told_again(hook, repository, path_of, capfd):
    path_of(node=NODE, npm=UNREACHABLE)
    hook.make_page(repository)
    capfd.readouterr()
    path_of(node=NODE, npm=BUILDS)
    assert not hook.make_page(repository, again=False)
    assert "ENOTFOUND" in capfd.readouterr().err
    assert hook.make_page(repository)
    assert not (static(repository) / hook.WHY).exists()


def test_a_page_of_before_stays_when_a_new_one_cannot_be_built(hook, repository, path_of):
    path_of(node=NODE, npm=BUILDS)
    hook.make_page(repository)
    (repository / "web" / "src" / "main.tsx").write_text("export const changed = 1;\n")
    path_of(node=NODE, npm=UNREACHABLE)
    assert not hook.make_page(repository)
    assert (static(repository) / "index.html").read_text() == "page"


def test_the_lock_file_names_no_registry():
    assert '"resolved"' not in (ROOT / "web" / "package-lock.json").read_text()
