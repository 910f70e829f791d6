"""Invitations: good once, for what they were meant for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from querist.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from querist.service import people
from querist.service.people import OPERATOR, Principal, SignedIn

PASSWORD = "seven green kettles"
OTHER = "eight blue kettles"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_whoever_is_invited_comes_in_with_what_was_meant_for_them(shop: Any) -> None:
    people.add_person(shop.db, OPERATOR, "boss", "manager", password=PASSWORD)
    boss = people.sign_in(shop.db, "boss", PASSWORD).principal
    invited = people.invite(shop.db, boss, "adjudicator", project="shop", skills=["law"], note="for Bo")
    assert people.invitations(shop.db, boss) == [invited.invitation]
    look = people.look(shop.db, invited.token)
    assert (look.role, look.project, look.invited_by) == ("adjudicator", "shop", "boss")
    came = people.accept(shop.db, invited.token, "bo", PASSWORD, full_name="Bo")
    assert (came.person.role, came.person.skills, came.person.full_name) == ("adjudicator", ("law",), "Bo")
    assert people.who(shop.db, session=came.token) == came.principal
    assert [person.name for person in people.members(shop.db, boss, "shop")] == ["bo"]
    assert people.invitations(shop.db, boss) == []
    for call in (
        lambda: people.look(shop.db, invited.token),
        lambda: people.accept(shop.db, invited.token, "b", OTHER),
    ):
        with pytest.raises((NotFound, Conflict), match="used, revoked, past its time"):
            call()


def test_of_two_who_accept_at_once_one_comes_in(
    database: Any, admin: SignedIn, at_once: Callable[..., list[Any]]
) -> None:
    invited = people.invite(database, admin.principal, "annotator")
    calls = [lambda i=i: people.accept(database, invited.token, f"bo{i}", PASSWORD) for i in range(4)]
    found = at_once(*calls)
    assert sorted(type(each).__name__ for each in found) == ["Conflict"] * 3 + ["SignedIn"]
    assert len(people.listed(database, admin.principal)) == 2


def test_an_invitation_outlives_a_name_that_is_taken(database: Any, admin: SignedIn) -> None:
    invited = people.invite(database, admin.principal, "annotator")
    with pytest.raises(Conflict, match="there is a person"):
        people.accept(database, invited.token, "ADA", PASSWORD)
    with pytest.raises(InvalidInput):
        people.accept(database, invited.token, "bo", "bobobobobo")
    people.accept(database, invited.token, "bo", PASSWORD)


def test_an_invitation_lapses_and_can_be_taken_back(database: Any, admin: SignedIn) -> None:
    invited = people.invite(database, admin.principal, "annotator", days=2, now=NOON)
    with pytest.raises(Conflict):
        people.accept(database, invited.token, "bo", PASSWORD, now=NOON + 2 * DAY)
    people.revoke_invitation(database, admin.principal, invited.invitation.id, now=NOON)
    for number in (invited.invitation.id, 999):
        with pytest.raises(NotFound):
            people.revoke_invitation(database, admin.principal, number, now=NOON)
    with pytest.raises(Conflict):
        people.accept(database, invited.token, "bo", PASSWORD, now=NOON)


@pytest.mark.parametrize("role", ["manager", "auditor", "admin"])
def test_a_manager_invites_no_equals(
    database: Any, admin: SignedIn, enter: Callable[..., Principal], role: Any
) -> None:
    boss = enter("manager", "boss")
    with pytest.raises(Forbidden, match="must be annotator or adjudicator"):
        people.invite(database, boss, role)
    by_admin = people.invite(database, admin.principal, role)
    with pytest.raises(Forbidden, match="must allow to invite"):
        people.revoke_invitation(database, boss, by_admin.invitation.id)
    assert people.accept(database, by_admin.token, "bo", PASSWORD).person.role == role


def test_an_invitation_dies_with_the_right_to_send_it(
    database: Any, admin: SignedIn, enter: Callable[..., Principal]
) -> None:
    invited = people.invite(database, enter("manager", "boss"), "annotator")
    people.change_person(database, admin.principal, "boss", {"role": "annotator"})
    with pytest.raises(Conflict):
        people.accept(database, invited.token, "bo", PASSWORD)


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"days": 91}, {"note": "x" * 1001}, {"skills": [""]}, {"role": "owner"}]
)
def test_an_invitation_that_makes_no_sense_is_refused(database: Any, admin: SignedIn, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        people.invite(database, admin.principal, **{"role": "annotator", **wrong})
    with pytest.raises(NotFound):
        people.invite(database, admin.principal, "annotator", project="nonesuch")
