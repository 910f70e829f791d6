"""API keys, and what a project is open to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from querist.core.errors import Forbidden, InvalidInput, NotFound, NotSignedIn
from querist.core.people import Permission
from querist.service import people
from querist.service.people import OPERATOR, Principal, SignedIn, permitting
from querist.store import projects

PASSWORD = "seven green kettles"
OTHER = "eight blue kettles"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def require(database: Any, who: Principal, permission: Permission, project: str | None = None) -> None:
    with database.reading() as conn:
        permitting.require(conn, who, permission, project)


def test_a_key_does_what_its_scopes_say_and_no_more(database: Any, admin: SignedIn) -> None:
    made = people.make_key(database, admin.principal, " nightly ", ["read", "annotate"])
    assert (made.key.label, made.key.scopes, made.key.owner) == ("nightly", ("read", "annotate"), "Ada")
    key = people.who(database, key=made.secret)
    assert (key.kind, key.name, key.csrf) == ("key", "Ada", None)
    allowed = [
        p for p in ("read", "label", "adjudicate", "manage", "audit", "administer") if people.may(database, key, p)
    ]
    assert allowed == ["read", "label", "adjudicate", "audit"]
    with pytest.raises(Forbidden, match="key: must have a scope"):
        require(database, key, "manage")
    with pytest.raises(Forbidden):
        people.add_person(database, key, "eve", "admin")


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        ("annotator", "manage"),
        ("annotator", "admin"),
        ("adjudicator", "manage"),
        ("auditor", "annotate"),
        ("manager", "admin"),
    ],
)
def test_a_keys_scopes_never_exceed_its_owners_role(
    database: Any, enter: Callable[..., Principal], role: str, scope: str
) -> None:
    with pytest.raises(Forbidden, match="must not exceed the role"):
        people.make_key(database, enter(role), "ci", ["read", scope])


def test_a_key_shrinks_with_its_owners_role(database: Any, admin: SignedIn, enter: Callable[..., Principal]) -> None:
    made = people.make_key(database, enter("manager", "boss"), "ci", ["read", "manage"])
    people.change_person(database, admin.principal, "boss", {"role": "annotator"})
    key = people.who(database, key=made.secret)
    assert key.scopes == {"read"}
    assert not people.may(database, key, "manage")


def test_a_key_lapses_and_is_revoked(database: Any, admin: SignedIn) -> None:
    made = people.make_key(database, admin.principal, "ci", ["read"], days=3, now=NOON)
    people.who(database, key=made.secret, now=NOON + 3 * DAY - MINUTE)
    with pytest.raises(NotSignedIn):
        people.who(database, key=made.secret, now=NOON + 3 * DAY)
    people.revoke_key(database, admin.principal, made.key.id)
    with pytest.raises(NotSignedIn):
        people.who(database, key=made.secret, now=NOON)
    assert people.keys(database, admin.principal) == []


def test_a_key_cannot_make_itself_last(database: Any, admin: SignedIn) -> None:
    scopes = ["read", "annotate", "manage", "admin"]
    made = people.make_key(database, admin.principal, "ci", scopes)
    key = people.who(database, key=made.secret)
    for call in (
        lambda: people.make_key(database, key, "more", ["read"]),
        lambda: people.invite(database, key, "admin"),
        lambda: people.change_me(database, key, {"password": OTHER, "old_password": PASSWORD}),
        lambda: people.change_person(database, key, "Ada", {"password": OTHER}),
    ):
        with pytest.raises(Forbidden, match="key: must not"):
            call()
    people.revoke_key(database, key, made.key.id)


def test_a_key_revokes_itself_and_no_other(database: Any, admin: SignedIn) -> None:
    mine = [people.make_key(database, admin.principal, "ci", scopes) for scopes in (["read"], ["read", "admin"])]
    for one, other in (mine, mine[::-1]):
        key = people.who(database, key=one.secret)
        with pytest.raises(Forbidden, match="key: must not revoke other keys"):
            people.revoke_key(database, key, other.key.id)
    for one in mine:
        people.revoke_key(database, people.who(database, key=one.secret), one.key.id)
    assert people.keys(database, admin.principal) == []


def test_keys_are_their_owners_business_and_an_admins(
    database: Any, admin: SignedIn, enter: Callable[..., Principal]
) -> None:
    bob, eve = enter("annotator", "bob"), enter("manager", "eve")
    made = people.make_key(database, bob, "ci", ["annotate"])
    assert people.keys(database, bob) == [made.key]
    assert people.keys(database, eve) == []
    assert people.keys(database, admin.principal, everybodys=True) == [made.key]
    with pytest.raises(NotFound):
        people.revoke_key(database, eve, made.key.id)
    people.revoke_key(database, admin.principal, made.key.id)
    with pytest.raises(NotFound):
        people.revoke_key(database, bob, made.key.id)


@pytest.mark.parametrize(
    "wrong", [{"scopes": []}, {"scopes": ["all"]}, {"label": " "}, {"label": "x" * 201}, {"days": 0}, {"days": 9999}]
)
def test_a_key_that_makes_no_sense_is_refused(database: Any, admin: SignedIn, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        people.make_key(database, admin.principal, **{"label": "ci", "scopes": ["read"], **wrong})


def test_the_console_makes_keys_for_others(database: Any, admin: SignedIn) -> None:
    assert people.make_key(database, OPERATOR, "ci", ["admin"], owner="ada").key.owner == "Ada"
    with pytest.raises(NotFound):
        people.make_key(database, OPERATOR, "ci", ["read"])
    people.add_person(database, OPERATOR, "bob", "annotator")
    people.change_person(database, OPERATOR, "bob", {"disabled": True})
    with pytest.raises(Forbidden, match="disabled"):
        people.make_key(database, OPERATOR, "ci", ["read"], owner="bob")


def test_a_closed_project_is_open_to_its_members_and_to_those_who_see_all(shop: Any) -> None:
    db = shop.db
    roles: tuple[Any, ...] = ("annotator", "adjudicator", "manager", "auditor", "admin")
    for role in roles:
        people.add_person(db, OPERATOR, role, role, password=PASSWORD)
    who = {role: people.sign_in(db, role, PASSWORD).principal for role in roles}
    assert all(people.enterable(db, each) == ["shop"] for each in who.values())
    with db.transaction() as conn:
        projects.update_settings(conn, shop.id, {"queue": {"open_to_all": False}})
    assert [role for role in roles if people.may(db, who[role], "read", "shop")] == ["manager", "auditor", "admin"]
    assert [role for role in roles if people.enterable(db, who[role])] == ["manager", "auditor", "admin"]
    people.let_in(db, who["manager"], "shop", "Annotator")
    require(db, who["annotator"], "label", "shop")
    assert people.enterable(db, who["annotator"]) == ["shop"]
    assert not people.may(db, who["annotator"], "manage", "shop")
    assert not people.may(db, who["auditor"], "label", "shop")
    assert people.put_out(db, who["manager"], "shop", "annotator")
    assert not people.put_out(db, who["manager"], "shop", "annotator")
    assert not people.may(db, who["annotator"], "read", "shop")


def test_a_project_that_is_not_ones_own_is_told_from_none_by_nothing(shop: Any) -> None:
    people.add_person(shop.db, OPERATOR, "bob", "annotator", password=PASSWORD)
    bob = people.sign_in(shop.db, "bob", PASSWORD).principal
    with shop.db.transaction() as conn:
        projects.update_settings(conn, shop.id, {"queue": {"open_to_all": False}})
    said = []
    for name in ("shop", "nonesuch"):
        with pytest.raises(NotFound) as refused:
            require(shop.db, bob, "read", name)
        said.append(str(refused.value).replace(name, "NAME"))
    assert said[0] == said[1]
    with pytest.raises(Forbidden, match="role: must allow to manage; yours is annotator"):
        require(shop.db, bob, "manage", "shop")
    with pytest.raises(NotFound, match="Did you mean 'shop'"):
        require(shop.db, OPERATOR, "manage", "shopp")
    assert not people.may(shop.db, OPERATOR, "manage", "shopp")
