"""People, their sessions, keys and invitations, and counts of attempts, on every database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from querist.core.errors import Conflict, InvalidInput, NotFound
from querist.store import api_keys, invitations, people, projects, sessions, throttle

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def anna(database: Any) -> people.Person:
    with database.transaction() as conn:
        return people.create(conn, "Anna", "manager", full_name="Anna B.", password_hash="hash", skills=["law"])


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each call gives or raises, all of them begun at the same instant."""
    gate = threading.Barrier(len(calls))
    found: list[Any] = [None] * len(calls)

    def run(i: int, call: Callable[[], Any]) -> None:
        gate.wait()
        try:
            found[i] = call()
        except Exception as error:
            found[i] = error

    threads = [threading.Thread(target=run, args=(i, call)) for i, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_a_person_comes_back_as_they_were_added(database: Any, anna: people.Person) -> None:
    with database.reading() as conn:
        assert people.get(conn, "Anna") == anna
        assert people.listed(conn) == [anna]
        assert people.anyone(conn)
    assert (anna.role, anna.skills, anna.has_password, anna.by_provider) == ("manager", ("law",), True, False)


@pytest.mark.parametrize("name", ["anna", "ANNA", " Anna ", "Ａnna"])
def test_a_name_is_found_however_it_is_written_and_taken_once(database: Any, anna: people.Person, name: str) -> None:
    with database.reading() as conn:
        assert people.find(conn, name) == anna
    with pytest.raises(Conflict, match="there is a person"), database.transaction() as conn:
        people.create(conn, name, "annotator")


@pytest.mark.parametrize("name", ["", "a\x00b", "\ud800", "anna\n", "nobody", "x" * 5000])
def test_a_name_that_nobody_has_is_not_found(database: Any, anna: people.Person, name: str) -> None:
    with database.reading() as conn:
        assert people.find(conn, name) is None
        assert people.credentials(conn, name) is None
        with pytest.raises(NotFound, match="must be a person's"):
            people.get(conn, name)


def test_two_who_take_a_name_at_once_do_not_both_get_it(database: Any) -> None:
    def take(name: str) -> people.Person:
        with database.transaction() as conn:
            return people.create(conn, name, "annotator")

    found = at_once(lambda: take("Zoë"), lambda: take("zoë"), lambda: take("ZOË"))
    assert sorted(type(each).__name__ for each in found) == ["Conflict", "Conflict", "Person"]


def test_a_person_is_changed_and_nobody_else_is(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        bob = people.create(conn, "bob", "annotator")
        changed = people.update(conn, anna.id, role="admin", daily_cap=50, preferences={"dark": True})
        assert (changed.role, changed.daily_cap, changed.preferences) == ("admin", 50, {"dark": True})
        assert people.get(conn, "bob") == bob
        with pytest.raises(NotFound):
            people.update(conn, 999, role="admin")
        with pytest.raises(InvalidInput, match="full_name"):
            people.update(conn, anna.id, full_name="a\x00b")


def test_whoever_is_disabled_has_no_session_key_or_open_invitation_left(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        sessions.start(conn, "s", anna.id, "csrf", now=NOON)
        api_keys.create(conn, "k", anna.id, label="ci", scopes=["read"], now=NOON)
        invitations.create(conn, "i", "annotator", now=NOON, expires_at=NOON + DAY, invited_by=anna.id)
        assert people.disable(conn, anna.id, now=NOON).disabled_at == NOON
    with database.transaction() as conn:
        assert people.disable(conn, anna.id, now=NOON + HOUR).disabled_at == NOON, "it stays as it was"
        people.update(conn, anna.id, disabled_at=None)
        assert sessions.find(conn, "s", now=NOON) is None
        assert api_keys.find(conn, "k", now=NOON) is None
        assert invitations.look(conn, "i", now=NOON) is None


def test_the_admins_who_can_sign_in_are_counted(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        assert people.hold_admins(conn) == []
        first, second = (people.create(conn, name, "admin").id for name in ("b", "c"))
        assert people.hold_admins(conn) == [first, second]
        people.disable(conn, first)
        assert people.hold_admins(conn) == [second]


def test_membership_is_by_project(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        mail, calls = (projects.create(conn, name).id for name in ("mail", "calls"))
        people.join(conn, mail, anna.id)
        people.join(conn, mail, anna.id)
        assert people.is_member(conn, mail, anna.id)
        assert not people.is_member(conn, calls, anna.id)
        assert people.projects_of(conn, anna.id) == {"mail"}
        assert people.members(conn, mail) == [anna]
        assert people.leave(conn, mail, anna.id)
        assert not people.leave(conn, mail, anna.id)
        assert people.members(conn, mail) == []
        with pytest.raises(NotFound):
            people.join(conn, mail, 999)


def test_joining_twice_at_once_is_joining(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        mail = projects.create(conn, "mail").id

    def join() -> None:
        with database.transaction() as conn:
            people.join(conn, mail, anna.id)

    assert at_once(join, join, join) == [None, None, None]


def test_a_session_lasts_twelve_idle_hours_and_two_weeks_at_most(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        sessions.start(conn, "s", anna.id, "csrf", now=NOON)
        found = sessions.find(conn, "s", now=NOON + 12 * HOUR - timedelta(seconds=1))
        assert found is not None
        assert (found.person.id, found.csrf) == (anna.id, "csrf")
        assert sessions.find(conn, "s", now=NOON + 12 * HOUR) is None
        last = NOON
        while last + 11 * HOUR < NOON + 14 * DAY:
            last += 11 * HOUR
            assert sessions.find(conn, "s", now=last) is not None, last
            sessions.touch(conn, "s", now=last)
        assert sessions.find(conn, "s", now=NOON + 14 * DAY) is None


def test_a_session_is_written_to_once_a_minute_and_never_back_in_time(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        sessions.start(conn, "s", anna.id, "csrf", now=NOON)
        found = sessions.find(conn, "s", now=NOON)
        assert found is not None
        assert not found.is_stale(NOON + timedelta(seconds=59))
        assert found.is_stale(NOON + timedelta(seconds=60))
        sessions.touch(conn, "s", now=NOON + HOUR)
        sessions.touch(conn, "s", now=NOON)
        again = sessions.find(conn, "s", now=NOON)
        assert again is not None
        assert again.seen_at == NOON + HOUR


def test_a_session_of_the_disabled_is_none(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        people.update(conn, anna.id, disabled_at=NOON)
        sessions.start(conn, "s", anna.id, "csrf", now=NOON)
        assert sessions.find(conn, "s", now=NOON) is None


def test_sessions_end_alone_or_together_and_old_ones_are_forgotten(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        for name, begun in (("old", NOON - DAY), ("a", NOON), ("b", NOON), ("c", NOON)):
            sessions.start(conn, name, anna.id, "csrf", now=begun)
        assert not sessions.end(conn, "old"), "it was forgotten when the next began"
        assert sessions.end(conn, "a")
        assert not sessions.end(conn, "a")
        assert sessions.end_all(conn, anna.id, but="c") == 1
        assert sessions.find(conn, "c", now=NOON) is not None
        assert sessions.end_all(conn, anna.id) == 1


def test_a_key_opens_until_it_lapses_or_is_revoked(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        made = api_keys.create(
            conn, "k", anna.id, label="ci", scopes=["read", "manage"], now=NOON, expires_at=NOON + DAY
        )
        lasting = api_keys.create(conn, "l", anna.id, label="more", scopes=["read"], now=NOON)
        assert api_keys.find(conn, "k", now=NOON) == (made, anna)
        assert (made.owner, made.label, made.scopes) == ("Anna", "ci", ("read", "manage"))
        assert api_keys.find(conn, "k", now=NOON + DAY) is None
        assert api_keys.find(conn, "l", now=NOON + 1000 * DAY) == (lasting, anna)
        assert [key.id for key in api_keys.listed(conn, anna.id)] == [lasting.id, made.id]
        assert api_keys.revoke(conn, lasting.id, now=NOON)
        assert not api_keys.revoke(conn, lasting.id, now=NOON)
        assert api_keys.find(conn, "l", now=NOON) is None
        assert [key.id for key in api_keys.listed(conn)] == [made.id]
        revoked = api_keys.get(conn, lasting.id)
        assert revoked is not None
        assert revoked.revoked_at == NOON
        people.update(conn, anna.id, disabled_at=NOON)
        assert api_keys.find(conn, "k", now=NOON) is None


def test_a_keys_use_is_written_down_once_a_minute(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        made = api_keys.create(conn, "k", anna.id, label="ci", scopes=["read"], now=NOON)
        assert made.is_stale(NOON)
        api_keys.touch(conn, made.id, now=NOON)
        used = api_keys.get(conn, made.id)
        assert used is not None
        assert not used.is_stale(NOON + timedelta(seconds=59))


def test_an_invitation_says_what_it_is_for(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        mail = projects.create(conn, "mail").id
        made = invitations.create(
            conn,
            "i",
            "annotator",
            now=NOON,
            expires_at=NOON + DAY,
            project_id=mail,
            skills=["law"],
            note="for Bo",
            invited_by=anna.id,
        )
        assert invitations.look(conn, "i", now=NOON) == made
        assert (made.project, made.skills, made.invited_by, made.invited_by_role) == (
            "mail",
            ("law",),
            "Anna",
            "manager",
        )
        assert invitations.look(conn, "i", now=NOON + DAY) is None
        assert invitations.look(conn, "j", now=NOON) is None
        assert invitations.listed(conn, now=NOON) == [made]
        assert invitations.listed(conn, now=NOON + DAY) == []


def test_an_invitation_is_used_once_and_not_when_revoked_or_late(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        for name in ("used", "revoked", "late"):
            invitations.create(conn, name, "annotator", now=NOON, expires_at=NOON + DAY, invited_by=anna.id)
        used = invitations.use(conn, "used", now=NOON)
        assert used is not None
        invitations.used_by(conn, used.id, anna.id)
        assert invitations.use(conn, "used", now=NOON) is None
        revoked = invitations.look(conn, "revoked", now=NOON)
        assert revoked is not None
        assert invitations.revoke(conn, revoked.id, now=NOON)
        assert not invitations.revoke(conn, revoked.id, now=NOON)
        assert not invitations.revoke(conn, used.id, now=NOON)
        assert invitations.use(conn, "revoked", now=NOON) is None
        assert invitations.use(conn, "late", now=NOON + DAY) is None


def test_of_many_who_use_an_invitation_at_once_one_does(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        invitations.create(conn, "i", "annotator", now=NOON, expires_at=NOON + DAY, invited_by=anna.id)

    def use(name: str) -> str | None:
        with database.transaction() as conn:
            if invitations.use(conn, "i", now=NOON) is None:
                return None
            return people.create(conn, name, "annotator").name

    found = at_once(*(lambda name=name: use(name) for name in ("b", "c", "d", "e")))
    assert len([name for name in found if name is not None]) == 1, found


def test_an_invitation_whose_name_is_taken_stays_good(database: Any, anna: people.Person) -> None:
    with database.transaction() as conn:
        invitations.create(conn, "i", "annotator", now=NOON, expires_at=NOON + DAY, invited_by=anna.id)

    def come_in(name: str) -> None:
        with database.transaction() as conn:
            assert invitations.use(conn, "i", now=NOON) is not None
            people.create(conn, name, "annotator")

    with pytest.raises(Conflict):
        come_in("anna")
    with database.reading() as conn:
        assert invitations.look(conn, "i", now=NOON) is not None


def test_attempts_are_counted_within_a_span_that_begins_with_the_first(database: Any) -> None:
    span = timedelta(minutes=5)
    with database.transaction() as conn:
        for n in (1, 2, 3):
            assert throttle.count(conn, "a", span=span, now=NOON + n * timedelta(seconds=1)) == (
                n,
                NOON + timedelta(seconds=1),
            )
        assert throttle.count(conn, "b", span=span, now=NOON) == (1, NOON)
        throttle.take_back(conn, "a")
        assert throttle.count(conn, "a", span=span, now=NOON + timedelta(seconds=9))[0] == 3
        later = NOON + timedelta(minutes=6)
        assert throttle.count(conn, "a", span=span, now=later) == (1, later)
        throttle.forget(conn, later)
        assert throttle.count(conn, "a", span=span, now=later)[0] == 2
        assert throttle.count(conn, "b", span=span, now=NOON)[0] == 1, "it was forgotten"
        for _ in range(3):
            throttle.take_back(conn, "b")
        assert throttle.count(conn, "b", span=span, now=NOON)[0] == 1, "there are never less than none"


def test_attempts_at_once_are_all_counted(database: Any) -> None:
    def attempt() -> int:
        with database.transaction() as conn:
            n, _ = throttle.count(conn, "a", span=timedelta(minutes=5), now=NOON)
            throttle.forget(conn, NOON - DAY)
            return n

    assert sorted(at_once(*[attempt] * 8)) == list(range(1, 9))
