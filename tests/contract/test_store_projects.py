"""Projects and the versions of what they ask, on every database."""

from __future__ import annotations

from typing import Any

import pytest

from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.core.policy import Policy
from querist.core.schema import Schema
from querist.store import projects


def test_a_project_comes_back_as_it_was_made(database: Any) -> None:
    with database.transaction() as conn:
        made = projects.create(conn, "mail", settings={"kinds": {"text": "text"}, "shares": {"test": 0.2}})
    with database.reading() as conn:
        assert projects.get(conn, "mail") == made
        assert projects.settings(conn, made.id) == {"kinds": {"text": "text"}, "shares": {"test": 0.2}}


def test_one_database_holds_many_projects_by_name(database: Any) -> None:
    with database.transaction() as conn:
        for name in ("b", "a", "Ä", "B"):
            projects.create(conn, name)
    with database.reading() as conn:
        assert [project.name for project in projects.listed(conn)] == ["B", "a", "b", "Ä"]


def test_a_name_is_taken_once(database: Any) -> None:
    with database.transaction() as conn:
        projects.create(conn, "mail")
    with pytest.raises(Conflict, match="there is a project 'mail' already"), database.transaction() as conn:
        projects.create(conn, "mail")


@pytest.mark.parametrize("name", ["", "  ", "a\x00b", "\ud800"])
def test_a_name_that_no_one_could_type_is_refused(database: Any, name: str) -> None:
    with pytest.raises(InvalidInput, match="name"), database.transaction() as conn:
        projects.create(conn, name)


def test_a_slip_in_a_name_is_told_the_nearest(database: Any) -> None:
    with database.transaction() as conn:
        projects.create(conn, "invoices")
    with pytest.raises(NotFound, match="Did you mean 'invoices'"), database.reading() as conn:
        projects.get(conn, "invoice")


def test_settings_are_replaced(shop: Any) -> None:
    with shop.db.transaction() as conn:
        assert projects.update_settings(conn, shop.id, {"a": [1.0, 1]}).settings == {"a": [1.0, 1]}
    with shop.db.reading() as conn:
        kept = projects.settings(conn, shop.id)["a"]
    assert [type(number) for number in kept] == [float, int], "JSON keeps 1.0 and 1 apart"


@pytest.mark.parametrize("call", [projects.lock, projects.settings, lambda c, i: projects.update_settings(c, i, {})])
def test_a_project_that_is_not_there_is_an_error(database: Any, call: Any) -> None:
    with pytest.raises(NotFound, match="none numbered 99"), database.transaction() as conn:
        call(conn, 99)


def test_a_schema_gets_the_next_version_only_when_it_changes(shop: Any) -> None:
    with shop.db.transaction() as conn:
        same = projects.add_schema(conn, shop.id, Schema("kind", ("spam", "ham"), version=9))
        wider = projects.add_schema(conn, shop.id, Schema("kind", ("spam", "ham", "other")))
    assert (same.version, wider.version) == (1, 2)
    with shop.db.reading() as conn:
        assert projects.schema(conn, shop.id) == wider
        assert projects.schema(conn, shop.id, 1).classes == ("spam", "ham")
        assert projects.schemas(conn, shop.id) == [same, wider]
        assert projects.schema_digest(conn, shop.id) == wider.digest


def test_instructions_have_versions_too(shop: Any) -> None:
    with shop.db.transaction() as conn:
        assert projects.add_instructions(conn, shop.id, "Read it, then decide.").version == 1
        assert projects.add_instructions(conn, shop.id, "Read it twice.").version == 2
    with shop.db.reading() as conn:
        first, latest = projects.instructions(conn, shop.id, 1), projects.instructions(conn, shop.id)
    assert first is not None
    assert latest is not None
    assert (first.text, latest.text) == ("Read it, then decide.", "Read it twice.")


def test_policies_have_versions_too(shop: Any) -> None:
    bigger = Policy(batch_size=50, seed=7)
    with shop.db.transaction() as conn:
        assert projects.add_policy(conn, shop.id, shop.policy).version == 1
        assert projects.add_policy(conn, shop.id, bigger).digest == bigger.digest
    with shop.db.reading() as conn:
        assert projects.policy(conn, shop.id) == bigger
        assert projects.policy(conn, shop.id, 1) == shop.policy


def test_what_was_never_said_is_not_found(database: Any) -> None:
    with database.transaction() as conn:
        bare = projects.create(conn, "bare").id
        assert projects.instructions(conn, bare) is None
        for call, what in ((projects.schema, "schema"), (projects.policy, "policy")):
            with pytest.raises(NotFound, match=f"{what}: .* none yet"):
                call(conn, bare)
        with pytest.raises(NotFound, match="no version 3"):
            projects.instructions(conn, bare, 3)


@pytest.mark.parametrize("name", [".", "..", "a\nb", "\u202eevil", " tickets", "tickets "])
def test_a_name_that_cannot_be_seen_or_reached_is_refused(database: Any, name: str) -> None:
    with pytest.raises(InvalidInput, match="name: must be"), database.transaction() as conn:
        projects.create(conn, name)


def test_a_project_without_answers_can_be_set_aside_and_its_name_used_again(shop: Any) -> None:
    with shop.db.transaction() as conn:
        projects.set_aside(conn, shop.id)
        assert projects.listed(conn) == []
        assert projects.create(conn, "shop").id != shop.id


def test_a_project_with_answers_is_not_set_aside(shop: Any) -> None:
    shop.act(3, "spam")
    with pytest.raises(Conflict, match="must have no answers"), shop.db.transaction() as conn:
        projects.set_aside(conn, shop.id)
