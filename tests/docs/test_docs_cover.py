"""What has no page does not exist, and what a page names does."""

from __future__ import annotations

import dataclasses
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import querist
from querist.catalogue import strategy_names
from querist.cli.app import app
from querist.core.errors import QueristError
from querist.core.policy import STARTS, Budget, Costs, Policy
from querist.core.queueing import QueueSettings
from querist.formats.names import FORMATS
from querist.learners.vector_cache import VARIABLE as CACHE_VARIABLE
from querist.loop.managers import MANAGERS
from querist.loop.stopping import RULES, rule_from_json
from querist.service.hooks import EVENTS
from querist.service.location import PROJECT_VARIABLE, URL_VARIABLE
from querist.simulation import parse

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(page for page in [ROOT / "README.md", *DOCS.rglob("*.md")] if "_build" not in page.parts)


def _commands(group: Any, before: str = "") -> dict[str, Any]:
    """Every command by what is typed, those of a group, like `people add`, under both words."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        found |= _commands(command, f"{name} ") if hasattr(command, "commands") else {before + name: command}
    return found


COMMANDS = _commands(typer.main.get_command(app))
FIRST_WORDS = {name.split()[0] for name in COMMANDS}


def _page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def _section(text: str, heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    assert found is not None, f"no section {heading!r}"
    return found[1]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_a_section_with_its_options_and_an_example(name: str) -> None:
    section = _section(_page("reference/commands.md"), f"querist {name}")
    for param in COMMANDS[name].params:
        for option in (*param.opts, *param.secondary_opts):
            shown = option if option.startswith("-") else option.upper()
            assert f"`{shown}`" in section or shown in ("-p",), f"{name} {shown}"
    assert re.search(rf"^querist {name}\b", section, flags=re.MULTILINE)


def test_every_section_on_commands_is_of_one() -> None:
    headings = re.findall(r"^## querist ([\w ]+)$", _page("reference/commands.md"), flags=re.MULTILINE)
    assert sorted(headings) == sorted(COMMANDS)


@pytest.mark.parametrize("kind", [Policy, Costs, Budget])
def test_every_setting_is_explained_with_its_default(kind: type) -> None:
    section = _section(_page("reference/policy.md"), kind.__name__)
    named = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
    assert named == [field.name for field in dataclasses.fields(kind)]
    for field in dataclasses.fields(kind):
        if field.default is not dataclasses.MISSING:
            shown = f'"{field.default}"' if isinstance(field.default, str) else str(field.default)
            assert f"| `{field.name}` | `{shown}` |" in section


def test_every_setting_of_the_queue_is_explained_with_its_default() -> None:
    section = _section(_page("reference/queue.md"), "QueueSettings")
    named = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
    assert named == [field.name for field in dataclasses.fields(QueueSettings)]
    for field in dataclasses.fields(QueueSettings):
        shown = f'"{field.default}"' if isinstance(field.default, str) else str(field.default)
        assert f"| `{field.name}` | `{shown}` |" in section


def test_every_event_that_a_webhook_tells_of_is_explained() -> None:
    assert re.findall(r"^\| `([\w.]+)` \|", _page("how-to/webhooks.md"), flags=re.MULTILINE) == list(EVENTS)


@pytest.mark.parametrize("rule", RULES)
def test_every_stopping_rule_is_explained(rule: str) -> None:
    assert f"| `{rule}` |" in _page("reference/stopping.md")


def test_there_is_no_stopping_rule_more() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", _page("reference/stopping.md"), flags=re.MULTILINE)
    with pytest.raises(querist.QueristError) as refused:
        rule_from_json({"rule": "nonesuch"})
    assert sorted(_known_words(refused.value)) == sorted(listed)


def test_every_word_for_an_oracle_is_explained_and_works() -> None:
    page = _page("reference/oracles.md")
    examples = re.findall(r"^\| `([a-z][\w:.]*)` \|", page, flags=re.MULTILINE)
    with pytest.raises(querist.QueristError) as refused:
        parse("nonesuch")
    assert sorted(_known_words(refused.value)) == sorted(example.partition(":")[0] for example in examples)
    for example in examples:
        parse(example, classes=("spam", "ham"))


def test_every_error_code_is_explained() -> None:
    listed = re.findall(r"^\| `(\w+)` \| `(\w+)`", _page("reference/errors.md"), flags=re.MULTILINE)
    assert dict(listed) == {error.code: error.__name__ for error in _errors(QueristError)}


@pytest.mark.parametrize("name", strategy_names())
def test_every_strategy_has_a_page_or_is_a_start_with_a_section(name: str) -> None:
    start = f"\n## {name}\n" in _page("how-to/start-from-nothing.md")
    assert (DOCS / "strategies" / f"{name}.md").exists() or start


def test_every_start_and_format_and_variable_is_explained() -> None:
    assert all(f"\n## {start}\n" in _page("how-to/start-from-nothing.md") for start in STARTS)
    assert all(f"| `{name}` |" in _page("reference/formats.md") for name in FORMATS)
    variables = (URL_VARIABLE, PROJECT_VARIABLE, CACHE_VARIABLE)
    assert all(f"| `{name}` |" in _page("reference/configuration.md") for name in variables)


def test_every_public_name_is_in_the_python_reference() -> None:
    page = _page("reference/python.md")
    missing = [name for name in querist.__all__ if f"querist.{name}" not in page]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _prose(page)):
        if target == f"pictures/{page.stem}.svg":
            continue  # drawn by the build, and held by test_pictures
        if "://" not in target and not target.startswith("#"):
            assert (page.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_a_page_names_exists(page: Path) -> None:
    text = page.read_text("utf-8")
    for name in re.findall(r"`querist ([a-z]\w*)", text):
        assert name in FIRST_WORDS, name
    for words in _command_lines(text):
        command = COMMANDS[words[0] if words[0] in COMMANDS else " ".join(words[:2])]
        options = {option for param in command.params for option in (*param.opts, *param.secondary_opts)} | {"--help"}
        for word in words[1:]:
            if re.match(r"--?[a-z]", word):
                assert word in options, f"querist {words[0]} {word}"


def test_every_page_is_in_the_contents() -> None:
    listed = re.findall(r"^((?:tutorial|how-to/|ideas/|reference/|strategies/)\S*)$", _page("index.md"), re.MULTILINE)
    here = {str(page.relative_to(DOCS).with_suffix("")) for page in PAGES if DOCS in page.parents}
    here = {name for name in here if name.partition("/")[0] in ("tutorial", "how-to", "ideas", "reference")}
    assert set(listed) - {"strategies/index"} == here


def _errors(kind: type[QueristError]) -> Iterator[type[QueristError]]:
    yield kind
    for below in kind.__subclasses__():
        if below.__module__.startswith("querist."):
            yield from _errors(below)


def _known_words(error: Exception) -> list[str]:
    return re.findall(r"'(\w+)'", str(error).partition("; got")[0])


def _prose(page: Path) -> str:
    return re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def _command_lines(text: str) -> Iterator[list[str]]:
    for block in re.findall(r"^```(?:bash|shell)\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            line = line.rpartition("| ")[2]  # what another program feeds it
            if line.strip().startswith("querist "):
                yield shlex.split(line, comments=True)[1:]


def test_the_readme_counts_the_strategies_right() -> None:
    said = re.search(r"\*\*Choosing\*\*: (\d+) strategies", (ROOT / "README.md").read_text("utf-8"))
    assert said is not None
    # In a process of its own: the pages' examples register strategies in this one.
    code = "from querist.catalogue import strategy_names; print(len(strategy_names()))"
    count = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert int(said.group(1)) == int(count)


@pytest.mark.parametrize("name", sorted(MANAGERS))
def test_every_budget_manager_has_a_row_and_a_section(name: str) -> None:
    page = _page("reference/streams.md")
    assert f"| `{name}` |" in page
    assert f"\n### {name}\n" in page
    assert f"querist.loop.managers.{MANAGERS[name].__name__}\n" in page
