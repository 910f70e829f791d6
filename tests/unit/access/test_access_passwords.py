"""Passwords: what is refused, what is kept of them, and what their time tells."""

from __future__ import annotations

import contextlib
import statistics
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.access import passwords
from querist.core.errors import InvalidInput, TooMany

GOOD = "seven green kettles"


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MEMORY_KIB", 8)
    monkeypatch.setattr(passwords, "PASSES", 1)
    monkeypatch.setattr(passwords, "LANES", 1)


@pytest.fixture
def one_turn(monkeypatch: pytest.MonkeyPatch) -> threading.BoundedSemaphore:
    turns = threading.BoundedSemaphore(1)
    monkeypatch.setattr(passwords, "_turns", turns)
    monkeypatch.setattr(passwords, "WAIT_S", 0.05)
    return turns


def test_a_hash_is_argon2id_at_the_cost_that_is_documented() -> None:
    assert passwords.hashed(GOOD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.usefixtures("cheap")
def test_the_right_password_fits_its_hash_and_no_other_does() -> None:
    stored = passwords.hashed(GOOD)
    assert passwords.verify(stored, GOOD)
    for other in (GOOD + " ", GOOD.upper(), "", "x" * 5000, "\ud800"):
        assert not passwords.verify(stored, other)


@pytest.mark.usefixtures("cheap")
def test_two_hashes_of_one_password_differ() -> None:
    assert passwords.hashed(GOOD) != passwords.hashed(GOOD)


@pytest.mark.usefixtures("cheap")
def test_a_letter_typed_in_two_ways_is_one_letter() -> None:
    assert passwords.verify(passwords.hashed("caf\u00e9 in the rain"), "cafe\u0301 in the rain")


@pytest.mark.usefixtures("cheap")
@pytest.mark.parametrize(
    "stored", [None, "", "plain", "$argon2id$v=19$m=8,t=1,p=1$AAAA", "$2b$12$abcdefghijklmnopqrstuv"]
)
def test_what_is_no_hash_fits_nothing(stored: str | None) -> None:
    assert not passwords.verify(stored, "")
    assert not passwords.verify(stored, GOOD)


def test_a_hash_of_another_cost_is_to_be_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "MEMORY_KIB", 64)
    monkeypatch.setattr(passwords, "LANES", 1)
    stored = passwords.hashed(GOOD)
    assert not passwords.needs_rehash(stored)
    monkeypatch.setattr(passwords, "PASSES", 4)
    assert passwords.needs_rehash(stored)
    assert passwords.verify(stored, GOOD), "the old one is good until then"


@pytest.mark.parametrize(
    ("password", "name", "rule"),
    [
        ("short", "anna", "10 to 1000 characters"),
        ("x" * 1001, "anna", "10 to 1000 characters"),
        ("password123", "anna", "commonest"),
        ("PassWord123", "anna", "commonest"),
        ("correct horse battery staple", "anna", "commonest"),
        ("anna@example.org", "Anna@Example.org", "more than the name"),
        ("Annamaria2026", "annamaria", "more than the name"),
        ("annaannaanna", "anna", "more than the name"),
        ("ababababababab", "anna", "different characters"),
    ],
)
def test_what_anybody_would_try_first_is_refused_and_not_repeated(password: str, name: str, rule: str) -> None:
    with pytest.raises(InvalidInput, match=rule) as refused:
        passwords.check(password, name=name)
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password", [GOOD, "a" * 7 + "bcdef", "пароль-из-слов", "今日はとても良い天気ですね", "anna walks far away"]
)
def test_any_other_will_do(password: str) -> None:
    passwords.check(password, name="anna")


@given(st.text(max_size=40), st.text(min_size=1, max_size=20))
def test_the_rule_never_fails_otherwise_than_by_saying_so(password: str, name: str) -> None:
    with contextlib.suppress(InvalidInput):
        passwords.check(password, name=name)


def test_every_word_on_the_list_could_be_chosen_but_for_the_list() -> None:
    for word in passwords.COMMON:
        assert len(word) >= passwords.LEAST_CHARACTERS, word
        assert word == word.casefold()


@pytest.mark.usefixtures("cheap")
def test_who_does_not_get_a_turn_is_told_when_to_come_again(one_turn: threading.BoundedSemaphore) -> None:
    with one_turn, pytest.raises(TooMany, match="must wait its turn") as refused:
        passwords.hashed(GOOD)
    assert refused.value.retry_after_s == passwords.WAIT_S
    assert passwords.verify(passwords.hashed(GOOD), GOOD), "the turn was given back"


def test_a_hash_that_fails_gives_its_turn_back(
    one_turn: threading.BoundedSemaphore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "PASSES", 0)
    for _ in range(3):
        with pytest.raises(Exception, match="ime cost"):
            passwords.hashed(GOOD)
    assert one_turn.acquire(blocking=False)
    one_turn.release()


def test_nobody_takes_as_long_as_somebody() -> None:
    stored = passwords.hashed(GOOD)

    def seconds(hash_: str | None) -> float:
        began = time.perf_counter()
        assert not passwords.verify(hash_, "eight blue kettles")
        return time.perf_counter() - began

    pairs = [(seconds(None), seconds(stored)) for _ in range(5)]
    nobody, somebody = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert 1 / 3 < nobody / somebody < 3, (nobody, somebody)
