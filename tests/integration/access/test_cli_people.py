"""The commands on people and keys."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from querist.core.errors import NotSignedIn
from querist.service import people

PASSWORD = "seven green kettles"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Feeds text to the command that follows."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_person_is_added_listed_changed_disabled_and_enabled(
    cli: Callable[..., Any], typed: Callable[[str], None], tmp_path: Path
) -> None:
    typed(PASSWORD + "\nmore\n")
    assert "anna may sign in as admin." in cli("people", "add", "anna", "--role", "admin", "--full-name", "Anna").out
    typed(PASSWORD + "\r\n")
    added = cli("people", "add", "bob", "--skill", "law", "--skill", "german", "--json").json
    assert (added["role"], added["skills"], added["disabled"]) == ("annotator", ["german", "law"], False)
    assert [each["name"] for each in cli("people", "list", "--json").json["people"]] == ["anna", "bob"]
    assert "german, law" in cli("people", "list").out
    changed = cli("people", "change", "BOB", "--role", "manager", "--tier", "2", "--json").json
    assert (changed["role"], changed["tier"], changed["skills"]) == ("manager", 2, ["german", "law"])
    assert "bob may no longer sign in." in cli("people", "disable", "bob").out
    assert "yes" in cli("people", "list").out
    assert cli("people", "enable", "bob", "--json").json["disabled"] is False
    typed("eight blue kettles\n")
    assert "is changed" in cli("people", "change", "bob", "--password").out
    with people.database_at(f"sqlite:///{tmp_path / 'querist.db'}") as database:
        people.sign_in(database, "anna", PASSWORD)
        people.sign_in(database, "bob", "eight blue kettles")
        with pytest.raises(NotSignedIn):
            people.sign_in(database, "bob", PASSWORD)


def test_a_key_is_printed_alone_and_once(cli: Callable[..., Any], typed: Callable[[str], None], tmp_path: Path) -> None:
    cli("people", "add", "anna", "--role", "manager", "--without-password")
    made = cli("keys", "make", "anna", "--label", "ci", "--scope", "read", "--scope", "manage", "--days", "9")
    assert (made.code, made.out.count("\n")) == (0, 1)
    secret = made.out.strip()
    with people.database_at(str(tmp_path / "querist.db")) as database:
        assert people.who(database, key=secret).scopes == {"read", "manage"}
    shown = cli("keys", "list", "--json")
    assert secret not in shown.out
    assert [key["owner"] for key in shown.json["keys"]] == ["anna"]
    assert "opens nothing" in cli("keys", "revoke", str(shown.json["keys"][0]["id"])).out
    assert cli("keys", "list", "--json").json["keys"] == []
    with people.database_at(str(tmp_path / "querist.db")) as database, pytest.raises(NotSignedIn):
        people.who(database, key=secret)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("people", "add", "bob"), "password: must have 10 to 1000 characters; got 0"),
        (("people", "add", "a/b", "--without-password"), "name: must be of letters"),
        (("people", "add", "ANNA", "--without-password"), "there is a person 'ANNA' already"),
        (("people", "add", "bob", "--role", "owner"), "'owner' is not one of"),
        (("people", "disable", "anna"), "must leave an admin"),
        (("people", "change", "nobody"), "must be a person's"),
        (("keys", "make", "anna", "--label", "x", "--scope", "all"), "scopes: must be one of"),
        (("keys", "make", "nobody", "--label", "x", "--scope", "read"), "must be a person's"),
        (("keys", "revoke", "7"), "7 is none"),
    ],
)
def test_what_cannot_be_done_is_said_and_not_done(
    cli: Callable[..., Any], typed: Callable[[str], None], words: tuple[str, ...], said: str
) -> None:
    cli("people", "add", "anna", "--role", "admin", "--without-password")
    typed("\n")
    done = cli(*words)
    assert done.code == 2
    assert said in done.err
    assert len(cli("people", "list", "--json").json["people"]) == 1


def test_where_there_is_no_database_only_add_makes_one(cli: Callable[..., Any], tmp_path: Path) -> None:
    assert "must be there already" in cli("people", "list").err
    assert not list(tmp_path.iterdir())
    assert cli("people", "add", "anna", "--without-password").code == 0
    assert (tmp_path / "querist.db").exists()
