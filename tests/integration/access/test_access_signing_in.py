"""Signing in, staying signed in, and every way in which one is not."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from querist.access import limits, passwords
from querist.core.errors import Conflict, ForeignRequest, NotSignedIn, TooMany
from querist.service import people
from querist.service.people import OPERATOR, Principal, SignedIn
from querist.store import people as people_store
from querist.store import sessions as session_store

PASSWORD = "seven green kettles"
OTHER = "eight blue kettles"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("name", ["Ada", "ADA", " ada"])
def test_somebody_signs_in_however_they_write_their_name(database: Any, admin: SignedIn, name: str) -> None:
    found = people.sign_in(database, name, PASSWORD, address="192.0.2.1")
    assert found.person.name == "Ada"
    assert found.token != admin.token
    who = people.who(database, session=found.token)
    assert (who.name, who.role, who.kind, who.csrf) == ("Ada", "admin", "session", found.principal.csrf)
    assert people.me(database, who).last_seen_at is not None


@pytest.mark.parametrize(
    ("name", "password"),
    [("Ada", OTHER), ("Ada", ""), ("Eve", PASSWORD), ("", ""), ("a\x00", "\ud800"), ("x" * 9999, "y")],
)
def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(
    database: Any, admin: SignedIn, name: str, password: str
) -> None:
    with pytest.raises(NotSignedIn) as refused:
        people.sign_in(database, name, password)
    assert str(refused.value).startswith("password: must be that of the name; this one is not.")
    assert PASSWORD not in str(refused.value)


def test_a_name_that_nobody_has_takes_as_long_as_a_wrong_password(
    database: Any, admin: SignedIn, full_cost: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    full_cost()
    people.change_person(database, OPERATOR, "Ada", {"password": PASSWORD})
    monkeypatch.setattr(limits, "PER_NAME", limits.Limit(1000, 300))

    def seconds(name: str) -> float:
        began = time.perf_counter()
        with pytest.raises(NotSignedIn):
            people.sign_in(database, name, OTHER)
        return time.perf_counter() - began

    pairs = [(seconds("Eve"), seconds("Ada")) for _ in range(5)]
    nobody, somebody = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert nobody > 0.02, "a hash was made"
    assert 1 / 3 < nobody / somebody < 3, (nobody, somebody)


def test_the_sixth_attempt_at_a_name_is_refused_though_it_were_right(database: Any, admin: SignedIn) -> None:
    for n in range(5):
        with pytest.raises(NotSignedIn):
            people.sign_in(database, "aDa", OTHER, now=NOON + n * MINUTE)
    with pytest.raises(TooMany, match="5 attempts in 5 minutes") as refused:
        people.sign_in(database, "Ada", PASSWORD, now=NOON + 4.5 * MINUTE)
    assert refused.value.retry_after_s == 30
    people.sign_in(database, "Ada", PASSWORD, now=NOON + 5 * MINUTE)


def test_a_name_that_nobody_has_is_limited_like_any(database: Any, admin: SignedIn) -> None:
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            people.sign_in(database, "Eve", OTHER, now=NOON)
    with pytest.raises(TooMany):
        people.sign_in(database, "Eve", OTHER, now=NOON)


def test_the_thirty_first_attempt_from_an_address_is_refused_whatever_the_name(database: Any, admin: SignedIn) -> None:
    for n in range(30):
        with pytest.raises(NotSignedIn):
            people.sign_in(database, f"name{n}", OTHER, address=f"2001:db8::{n:x}", now=NOON)
    with pytest.raises(TooMany, match="30 attempts") as refused:
        people.sign_in(database, "Ada", PASSWORD, address="2001:db8::ffff", now=NOON)
    assert refused.value.retry_after_s == 300
    people.sign_in(database, "Ada", PASSWORD, address="2001:db8:1::1", now=NOON)


def test_a_right_password_is_not_counted(database: Any, admin: SignedIn) -> None:
    for _ in range(40):
        people.sign_in(database, "Ada", PASSWORD, address="192.0.2.1", now=NOON)


def test_a_right_password_does_not_excuse_the_wrong_ones(database: Any, admin: SignedIn) -> None:
    for _ in range(4):
        with pytest.raises(NotSignedIn):
            people.sign_in(database, "Ada", OTHER, now=NOON)
    people.sign_in(database, "Ada", PASSWORD, now=NOON)
    with pytest.raises(NotSignedIn):
        people.sign_in(database, "Ada", OTHER, now=NOON)
    with pytest.raises(TooMany):
        people.sign_in(database, "Ada", OTHER, now=NOON)


def test_attempts_at_once_do_not_slip_past_the_limit(
    database: Any, admin: SignedIn, at_once: Callable[..., list[Any]]
) -> None:
    found = at_once(*[lambda: people.sign_in(database, "Ada", OTHER, now=NOON)] * 12)
    assert sorted(type(each).__name__ for each in found) == ["NotSignedIn"] * 5 + ["TooMany"] * 7


def test_the_disabled_and_those_without_a_password_are_told_no_more(
    database: Any, admin: SignedIn, enter: Callable[..., Principal]
) -> None:
    enter("manager")
    people.change_person(database, admin.principal, "manager", {"disabled": True})
    people.add_person(database, admin.principal, "sso", "annotator")
    for name in ("manager", "sso"):
        for password in (PASSWORD, ""):
            with pytest.raises(NotSignedIn, match="must be that of the name"):
                people.sign_in(database, name, password)


def test_a_hash_of_an_older_cost_is_made_anew_when_it_is_used(
    database: Any, admin: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "PASSES", 2)
    people.sign_in(database, "Ada", PASSWORD)
    with database.reading() as conn:
        stored = people_store.credentials(conn, "Ada")
    assert ",t=2," in stored.password_hash
    people.sign_in(database, "Ada", PASSWORD)


@pytest.mark.parametrize("token", ["", "qs_", "qk_" + "x" * 43, "qs_" + "x" * 43, "\x00", "\ud800"])
def test_what_is_no_session_or_key_opens_nothing(database: Any, admin: SignedIn, token: str) -> None:
    with pytest.raises(NotSignedIn):
        people.who(database, session=token)
    with pytest.raises(NotSignedIn):
        people.who(database, key=token)


def test_nobody_is_nobody(database: Any) -> None:
    with pytest.raises(NotSignedIn, match="Nobody is signed in"):
        people.who(database)


def test_a_session_is_no_key_and_a_key_no_session(database: Any, admin: SignedIn) -> None:
    made = people.make_key(database, admin.principal, "ci", ["read"])
    for wrong in ({"key": admin.token}, {"session": made.secret}, {"session": admin.token, "key": "qk_wrong"}):
        with pytest.raises(NotSignedIn):
            people.who(database, **wrong)


def test_what_the_database_holds_signs_nobody_in(database: Any, admin: SignedIn) -> None:
    key = people.make_key(database, admin.principal, "ci", ["read"])
    invited = people.invite(database, admin.principal, "annotator")
    with database.reading() as conn:
        rows = [
            str(row)
            for table in ("person", "session", "api_key", "invitation", "throttle")
            for row in conn.exec_driver_sql(f"SELECT * FROM {table}")
        ]
    text = "\n".join(rows)
    for secret in (PASSWORD, admin.token, key.secret, invited.token):
        assert secret not in text


def test_signing_out_ends_this_session_and_no_other(database: Any, admin: SignedIn) -> None:
    other = people.sign_in(database, "Ada", PASSWORD, now=NOON)
    people.sign_out(database, admin.token)
    people.sign_out(database, admin.token)
    with pytest.raises(NotSignedIn):
        people.who(database, session=admin.token, now=NOON)
    assert people.who(database, session=other.token, now=NOON) == other.principal


def test_a_session_that_is_used_lasts_and_one_that_is_not_ends(database: Any, admin: SignedIn) -> None:
    for hours in range(0, 30, 10):
        people.who(database, session=admin.token, now=NOON + hours * HOUR)
    with pytest.raises(NotSignedIn):
        people.who(database, session=admin.token, now=NOON + 33 * HOUR)


def test_a_session_is_written_down_at_most_once_a_minute(
    database: Any, admin: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[datetime] = []
    monkeypatch.setattr(session_store, "touch", lambda conn, hash_, *, now: written.append(now))
    for seconds in (1, 30, 59, 60, 61):
        people.who(database, session=admin.token, now=NOON + timedelta(seconds=seconds))
    assert written == [NOON + timedelta(seconds=60), NOON + timedelta(seconds=61)]


def test_a_busy_database_keeps_nobody_out(database: Any, admin: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: Any, **__: Any) -> None:
        raise Conflict

    monkeypatch.setattr(session_store, "touch", busy)
    assert people.who(database, session=admin.token, now=NOON + HOUR).name == "Ada"


def test_a_change_must_bring_the_sessions_own_token(database: Any, admin: SignedIn) -> None:
    other = people.sign_in(database, "Ada", PASSWORD)
    people.check_csrf(admin.principal, admin.principal.csrf)
    for wrong in (None, "", "\0", other.principal.csrf, admin.token):
        with pytest.raises(ForeignRequest):
            people.check_csrf(admin.principal, wrong)


def test_a_key_needs_none(database: Any, admin: SignedIn) -> None:
    key = people.who(database, key=people.make_key(database, admin.principal, "ci", ["read"]).secret)
    people.check_csrf(key, None)
