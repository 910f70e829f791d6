"""The first admin, who comes by a link that nobody sent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.service import people
from querist.service.people import OPERATOR

PASSWORD = "seven green kettles"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_the_first_admin_comes_by_a_link_that_nobody_sent(database: Any) -> None:
    assert people.needs_setup(database)
    token = people.first_link(database)
    assert token is not None
    made = people.set_up(database, token, "Ada", PASSWORD, full_name=" Ada  L. ")
    assert (made.person.name, made.person.full_name, made.person.role) == ("Ada", "Ada L.", "admin")
    assert people.who(database, session=made.token) == made.principal
    assert not people.needs_setup(database)
    assert people.first_link(database) is None


def test_a_link_is_good_once_and_none_is_once_there_are_people(database: Any) -> None:
    first, second = people.first_link(database), people.first_link(database)
    assert first is not None
    assert second is not None
    people.set_up(database, second, "Ada", PASSWORD)
    for token in (first, second):
        with pytest.raises(Conflict, match="there are some"):
            people.set_up(database, token, "Eve", PASSWORD)


def test_only_the_newest_link_is_good(database: Any) -> None:
    first, second = people.first_link(database), people.first_link(database)
    assert first is not None
    assert second is not None
    with pytest.raises(Conflict, match="must be the newest"):
        people.set_up(database, first, "Eve", PASSWORD)
    people.set_up(database, second, "Ada", PASSWORD)


def test_a_link_lapses_after_a_day_and_another_is_shown(database: Any) -> None:
    token = people.first_link(database, now=NOON)
    assert token is not None
    with pytest.raises(Conflict, match="at most a day old"):
        people.set_up(database, token, "Ada", PASSWORD, now=NOON + DAY)
    with pytest.raises(Conflict, match="at most a day old"):
        people.set_up(database, "ql_guess", "Ada", PASSWORD, now=NOON)
    again = people.first_link(database, now=NOON + DAY)
    assert again is not None
    people.set_up(database, again, "Ada", PASSWORD, now=NOON + DAY)


@pytest.mark.parametrize(("name", "password"), [("a/b", PASSWORD), ("Ada", "short"), ("Ada", "password123")])
def test_a_link_outlives_a_name_or_password_that_will_not_do(database: Any, name: str, password: str) -> None:
    token = people.first_link(database)
    assert token is not None
    with pytest.raises(InvalidInput):
        people.set_up(database, token, name, password)
    people.set_up(database, token, "Ada", PASSWORD)


def test_of_those_who_set_up_at_once_one_is_the_admin(database: Any, at_once: Callable[..., list[Any]]) -> None:
    token = people.first_link(database)
    calls = [lambda i=i: people.set_up(database, token or "", f"admin{i}", PASSWORD) for i in range(4)]
    found = at_once(*calls)
    assert sorted(type(each).__name__ for each in found) == ["Conflict", "Conflict", "Conflict", "SignedIn"]
    assert len(people.listed(database, OPERATOR)) == 1


def test_the_first_admins_link_is_no_invitation(database: Any) -> None:
    token = people.first_link(database)
    assert token is not None
    with pytest.raises(NotFound):
        people.look(database, token)
    with pytest.raises(Conflict):
        people.accept(database, token, "Eve", PASSWORD)
