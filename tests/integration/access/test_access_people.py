"""What people change of themselves, and of others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from querist.core.errors import Conflict, Forbidden, InvalidInput, NotFound, NotSignedIn, TooMany
from querist.service import people
from querist.service.people import OPERATOR, Principal, SignedIn

PASSWORD = "seven green kettles"
OTHER = "eight blue kettles"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_everybody_changes_what_is_theirs(database: Any, enter: Callable[..., Principal]) -> None:
    bob = enter("annotator", "bob")
    changed = people.change_me(
        database, bob, {"full_name": "Bob  B", "preferences": {"theme": "dark", "keys": {"1": "a"}}}
    )
    assert (changed.full_name, changed.preferences) == ("Bob B", {"theme": "dark", "keys": {"1": "a"}})
    assert people.change_me(database, bob, {"preferences": {}}).preferences == {}
    assert people.me(database, bob).full_name == "Bob B"


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "admin"},
        {"disabled": False},
        {"full_name": "x" * 201},
        {"full_name": "a\x00b"},
        {"preferences": {"x": "y" * 16384}},
        {"preferences": ["a"]},
        {"preferences": {"x": float("nan")}},
        {"preferences": {"x": "y"}, "role": "admin"},
        {"password": "short", "old_password": PASSWORD},
    ],
)
def test_nobody_changes_more_than_that_and_nothing_in_part(
    database: Any, enter: Callable[..., Principal], changes: dict[str, Any]
) -> None:
    bob = enter("annotator", "bob")
    before = people.me(database, bob)
    with pytest.raises(InvalidInput):
        people.change_me(database, bob, changes)
    assert people.me(database, bob) == before


def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(database: Any, admin: SignedIn) -> None:
    other = people.sign_in(database, "Ada", PASSWORD, now=NOON)
    for old in (OTHER, "", None):
        with pytest.raises(NotSignedIn, match="old_password"):
            people.change_me(database, admin.principal, {"password": OTHER, "old_password": old})
    people.change_me(database, admin.principal, {"password": OTHER, "old_password": PASSWORD})
    assert people.who(database, session=admin.token, now=NOON) == admin.principal
    with pytest.raises(NotSignedIn):
        people.who(database, session=other.token, now=NOON)
    with pytest.raises(NotSignedIn):
        people.sign_in(database, "Ada", PASSWORD)
    people.sign_in(database, "Ada", OTHER)


def test_guessing_the_old_password_is_limited_too(database: Any, admin: SignedIn) -> None:
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            people.change_me(database, admin.principal, {"password": OTHER, "old_password": "x"}, now=NOON)
    with pytest.raises(TooMany):
        people.change_me(database, admin.principal, {"password": OTHER, "old_password": PASSWORD}, now=NOON)


def test_the_console_is_nobody_in_person(database: Any, admin: SignedIn) -> None:
    with pytest.raises(NotSignedIn):
        people.me(database, OPERATOR)


def test_an_admin_adds_and_changes_people(database: Any, admin: SignedIn) -> None:
    made = people.add_person(
        database, admin.principal, "bob", "annotator", password=PASSWORD, full_name="Bob", skills=["law", "law"], tier=2
    )
    assert (made.role, made.skills, made.tier, made.daily_cap) == ("annotator", ("law",), 2, None)
    changed = people.change_person(database, admin.principal, "BOB", {"role": "manager", "daily_cap": 9, "skills": []})
    assert (changed.role, changed.daily_cap, changed.skills) == ("manager", 9, ())
    assert people.change_person(database, admin.principal, "bob", {"daily_cap": None}).daily_cap is None
    assert [person.name for person in people.listed(database, admin.principal)] == ["Ada", "bob"]


def test_a_role_counts_at_once(
    database: Any, admin: SignedIn, enter: Callable[..., Principal], at_once: Callable[..., list[Any]]
) -> None:
    bob = people.sign_in(database, enter("manager", "bob").name, PASSWORD)
    people.change_person(database, admin.principal, "bob", {"role": "annotator"})
    who = people.who(database, session=bob.token)
    assert who.role == "annotator"
    assert not people.may(database, who, "manage")


def test_whoever_is_disabled_is_out_at_once(
    database: Any, admin: SignedIn, enter: Callable[..., Principal], at_once: Callable[..., list[Any]]
) -> None:
    enter("manager", "bob")
    bob = people.sign_in(database, "bob", PASSWORD)
    key = people.make_key(database, bob.principal, "ci", ["read"])
    invited = people.invite(database, bob.principal, "annotator")
    assert people.change_person(database, admin.principal, "bob", {"disabled": True}).disabled
    for proof in ({"session": bob.token}, {"key": key.secret}):
        with pytest.raises(NotSignedIn):
            people.who(database, **proof)
    with pytest.raises(Conflict, match="an invitation that is good"):
        people.accept(database, invited.token, "eve", PASSWORD)
    assert not people.change_person(database, admin.principal, "bob", {"disabled": False}).disabled
    people.sign_in(database, "bob", PASSWORD)
    with pytest.raises(NotSignedIn):
        people.who(database, key=key.secret)


def test_a_password_given_by_an_admin_ends_every_session(
    database: Any, admin: SignedIn, enter: Callable[..., Principal]
) -> None:
    bob = people.sign_in(database, enter("annotator", "bob").name, PASSWORD)
    people.change_person(database, admin.principal, "bob", {"password": OTHER})
    with pytest.raises(NotSignedIn):
        people.who(database, session=bob.token)
    people.sign_in(database, "bob", OTHER)


@pytest.mark.parametrize("changes", [{"role": "manager"}, {"disabled": True}, {"role": "auditor", "disabled": True}])
@pytest.mark.parametrize("console", [False, True])
def test_the_last_admin_stays(database: Any, admin: SignedIn, changes: dict[str, Any], console: bool) -> None:
    by = OPERATOR if console else admin.principal
    people.add_person(database, by, "gone", "admin", password=PASSWORD)
    people.change_person(database, by, "gone", {"disabled": True})
    with pytest.raises(Conflict, match="must leave an admin"):
        people.change_person(database, by, "Ada", changes)
    people.change_person(database, by, "gone", {"disabled": False})
    people.change_person(database, by, "Ada", changes)


def test_two_admins_who_demote_each_other_at_once_do_not_both_succeed(
    database: Any, admin: SignedIn, at_once: Callable[..., list[Any]]
) -> None:
    people.add_person(database, OPERATOR, "Bea", "admin", password=PASSWORD)
    found = at_once(
        lambda: people.change_person(database, OPERATOR, "Ada", {"role": "manager"}),
        lambda: people.change_person(database, OPERATOR, "Bea", {"disabled": True}),
    )
    assert sorted(type(each).__name__ for each in found) == ["Conflict", "Person"]


def test_a_manager_sees_to_how_annotators_work_and_to_nothing_else(
    database: Any, enter: Callable[..., Principal]
) -> None:
    boss, _ = enter("manager"), enter("annotator", "bob")
    assert people.change_person(database, boss, "bob", {"skills": ["law"], "tier": 1}).skills == ("law",)
    for name, changes in (
        ("bob", {"role": "manager"}),
        ("bob", {"disabled": True}),
        ("bob", {"password": OTHER}),
        ("bob", {"tier": 2, "full_name": "B"}),
        ("Ada", {"tier": 2}),
        ("manager", {"tier": 2}),
    ):
        with pytest.raises(Forbidden):
            people.change_person(database, boss, name, changes)
    with pytest.raises(Forbidden):
        people.add_person(database, boss, "eve", "annotator", password=PASSWORD)


@pytest.mark.parametrize("role", ["annotator", "adjudicator", "auditor"])
def test_no_other_role_touches_people(database: Any, enter: Callable[..., Principal], role: str) -> None:
    who, _ = enter(role), enter("annotator", "bob")
    for call in (
        lambda: people.add_person(database, who, "eve", "annotator", password=PASSWORD),
        lambda: people.change_person(database, who, "bob", {"tier": 1}),
        lambda: people.invite(database, who, "annotator"),
        lambda: people.invitations(database, who),
        lambda: people.revoke_invitation(database, who, 1),
        lambda: people.members(database, who, "shop"),
        lambda: people.let_in(database, who, "shop", "bob"),
        lambda: people.put_out(database, who, "shop", "bob"),
        lambda: people.keys(database, who, everybodys=True),
    ):
        with pytest.raises(Forbidden):
            call()
    if role != "auditor":
        with pytest.raises(Forbidden):
            people.listed(database, who)


@pytest.mark.parametrize(
    "changes",
    [{"name": "x"}, {"role": "owner"}, {"tier": -1}, {"daily_cap": -1}, {"skills": [""]}, {"password": "short"}],
)
def test_a_change_that_makes_no_sense_changes_nothing(database: Any, admin: SignedIn, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        people.change_person(database, admin.principal, "Ada", {"full_name": "changed", **changes})
    assert people.me(database, admin.principal).full_name == ""


def test_a_person_who_is_not_there_is_not_found(database: Any, admin: SignedIn) -> None:
    with pytest.raises(NotFound, match="Did you mean 'Ada'"):
        people.change_person(database, admin.principal, "Adda", {"tier": 1})
    with pytest.raises(Conflict, match="there is a person"):
        people.add_person(database, admin.principal, "ada", "annotator")
