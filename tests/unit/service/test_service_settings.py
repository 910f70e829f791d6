"""What a project is told: its policy, its rules, where it lives, and how its items are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from querist.core.errors import InvalidInput, NotFound
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.loop.coldstart import SeedRule
from querist.service import projects
from querist.service.desk import pack, storable
from querist.service.location import Location, locate, remember
from querist.service.pictures import drawn, pixels
from querist.service.workspace import Workspace

SCHEMA = Schema("kind", ("spam", "ham"))


@pytest.fixture
def work(tmp_path: Path) -> Workspace:
    return projects.create(tmp_path / "q.db", "p", schema=SCHEMA)


def test_settings_are_changed_by_name_and_only_known_ones(work: Workspace) -> None:
    with work:
        policy = projects.change_policy(work, ["batch_size=50", "budget.labels=500", "strategy=entropy", "quotas={}"])
        assert (policy.batch_size, policy.budget.labels, policy.strategy) == (50, 500, "entropy")
        for bad in ("batch_sise=3", "batch_size=zero", "budget.lables=3", "strategy=variance", "batch_size"):
            with pytest.raises(InvalidInput):
                projects.change_policy(work, [bad])
        assert projects.change_policy(work, []) == policy


def test_seed_rules_come_from_toml_and_are_kept_with_the_project(tmp_path: Path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text('[[rule]]\nname = "prize"\nlabel = "spam"\npattern = "prize"\n', "utf-8")
    rules = projects.seed_rules(path)
    assert rules == (SeedRule("prize", "spam", pattern="prize"),)
    projects.create(tmp_path / "r.db", "p", schema=SCHEMA, rules=rules).close()
    with projects.open_at(Location(f"sqlite:///{tmp_path / 'r.db'}", "p")) as again:
        assert again.seed_rules == rules


@pytest.mark.parametrize(
    "text", ["", "[[rule]]\nname = 'x'\n", "not toml", "[[rule]]\nname='x'\nlabel='spam'\npattern='('\n"]
)
def test_a_broken_file_of_rules_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInput):
        projects.seed_rules(path)


def test_a_rule_must_speak_for_a_class_of_the_schema(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not in the schema"):
        projects.create(tmp_path / "q.db", "p", schema=SCHEMA, rules=[SeedRule("x", "eggs", pattern="x")])


def test_a_project_is_found_from_a_folder_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUERIST_URL", "QUERIST_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    remember(Location(f"sqlite:///{tmp_path / 'q.db'}", 'a "quoted" name'), tmp_path)
    (tmp_path / "deep" / "er").mkdir(parents=True)
    found = locate(start=tmp_path / "deep" / "er")
    assert found == Location(f"sqlite:///{(tmp_path / 'q.db').resolve()}", 'a "quoted" name')
    monkeypatch.setenv("QUERIST_PROJECT", "other")
    assert locate(start=tmp_path).project == "other"
    assert locate("mine", start=tmp_path).project == "mine"


def test_a_password_is_not_written_down(tmp_path: Path) -> None:
    assert remember(Location("postgresql://me:secret@host/db", "p"), tmp_path) is None
    assert not list(tmp_path.iterdir())


def test_without_a_project_the_message_says_how_to_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("QUERIST_URL", "QUERIST_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NotFound, match="Run `querist init NAME` first"):
        locate(start=tmp_path)


def test_items_are_packed_and_hashed_as_ever() -> None:
    """Labels and versions name items by these hashes: a faster way to make them must make the same."""
    columns = {
        "b": [1.5, None, -0.0, 1e16],
        "a": ['x"\\\n\u2028é', "", "\ud83d", "\x7f\x00/"],
        "z%": [{"k": [1, 2.0]}, True, 7, [1e-7]],
    }
    texts, hashes = pack(columns)
    assert texts == [
        '{"a":"x\\"\\\\\\n\u2028é","b":1.5,"z%":{"k":[1,2.0]}}',
        '{"a":"","z%":true}',
        '{"a":"\\ud83d","b":-0.0,"z%":7}',
        '{"a":"\x7f\\u0000/","b":1e+16,"z%":[1e-07]}',
    ]
    assert hashes == [
        "1d7d8bfc5c173f613c5950f21f5c61fb6c7d62575afe2efe5e9a86a24b02337b",
        "ba406bbe47eff59a04eb262a09968fc80cf4073ba2927a35dc366e1b0520cebd",
        "0fe85cc8f735db5e6bdb7d73238b172d96ebc1f63b9b0a7d58157d6d749d29cd",
        "12d1156a2a661a0533375cd88e1d99fef2c8e03333bb9619bb0ca44dcc7e6572",
    ]


def test_half_a_surrogate_pair_can_be_stored() -> None:
    assert storable('{"a":"\ud800"}') == '{"a":"\\ud800"}'
    assert storable('{"a":"ä"}') == '{"a":"ä"}'


def test_small_squares_are_pictures_and_other_lists_are_not() -> None:
    rows = pixels([0.0] * 63 + [16.0])
    assert rows is not None
    assert drawn(rows).splitlines()[-1].endswith("██")
    assert pixels([1.0, 2.0, 3.0]) is None
    assert pixels("x" * 64) is None
    assert pixels([0.0] * 16) is None


def test_shares_must_leave_a_pool(tmp_path: Path) -> None:
    for shares in ({"test": 0.6, "calibration": 0.4}, {"tset": 0.1}, {"test": -0.1}):
        with pytest.raises(InvalidInput, match="shares"):
            projects.create(tmp_path / "q.db", "p", schema=SCHEMA, shares=shares)
    with pytest.raises(InvalidInput, match="must suit a number"):
        projects.create(tmp_path / "q.db", "n", schema=Schema("x", task="number"), policy=Policy("margin"))
