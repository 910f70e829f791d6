"""Secrets, roles, scopes and what is counted together."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.access import limits, roles, tokens
from querist.core.errors import InvalidInput
from querist.core.people import PERMISSIONS, ROLES, SCOPES, Principal, folded, person_name, skills_of

RISING = ("annotator", "adjudicator", "manager", "admin")


@pytest.mark.parametrize("prefix", [tokens.SESSION, tokens.KEY, tokens.LINK, tokens.CSRF])
def test_a_secret_says_what_it_is_and_is_never_made_twice(prefix: tokens.Prefix) -> None:
    made = {tokens.new(prefix) for _ in range(100)}
    assert len(made) == 100
    assert all(tokens.is_one(prefix, secret) for secret in made)
    others = {tokens.SESSION, tokens.KEY, tokens.LINK, tokens.CSRF} - {prefix}
    assert not any(tokens.is_one(other, secret) for other in others for secret in made)


@pytest.mark.parametrize("text", ["", "qk_", "qk_short", "qk_" + "x" * 44, None, 7])
def test_what_has_not_the_form_of_a_secret_is_none(text: object) -> None:
    assert not tokens.is_one(tokens.KEY, text)


@given(st.text(max_size=50))
def test_what_is_kept_is_a_hash_whatever_is_sent(secret: str) -> None:
    assert len(tokens.digest(secret)) == 64
    assert tokens.same(secret, secret)
    assert not tokens.same(secret, secret + "x")


def test_the_hash_is_sha256() -> None:
    assert tokens.digest("qk_1") == hashlib.sha256(b"qk_1").hexdigest()


def test_a_principal_does_not_print_its_secrets() -> None:
    shown = repr(Principal("anna", "admin", "session", 1, csrf="qc_secret", proof="abc123"))
    assert "qc_secret" not in shown
    assert "abc123" not in shown


def test_each_role_may_what_the_one_below_it_may() -> None:
    for below, above in itertools.pairwise(RISING):
        assert roles.permits(below) < roles.permits(above)
    assert roles.permits("admin") == frozenset(PERMISSIONS)


def test_an_auditor_reads_everything_and_changes_nothing() -> None:
    assert roles.permits("auditor") == {"read", "audit"}


@given(st.sampled_from([*ROLES, "owner", ""]), st.lists(st.sampled_from([*SCOPES, "all", ""])))
def test_scopes_never_add_to_a_role_and_a_role_never_to_scopes(role: str, scopes: list[str]) -> None:
    may = roles.permits(role, scopes)
    assert may <= roles.permits(role)
    assert may <= roles.permits("admin", scopes)
    assert may == frozenset().union(*(roles.permits(role, [scope]) for scope in scopes))


@pytest.mark.parametrize("role", ROLES)
def test_every_scope_that_a_role_may_have_is_of_use_to_it(role: str) -> None:
    for scope in SCOPES:
        of_use = roles.NEEDED[scope] in roles.permits(role, [scope])
        assert of_use == (scope in roles.scopes_of(role))


def test_what_is_unknown_is_refused() -> None:
    assert not roles.permits("owner")
    assert not roles.permits("admin", ["everything"])
    assert not roles.scopes_of("owner")
    assert not roles.may_invite("owner", "annotator")


def test_who_may_invite_whom() -> None:
    assert {(a, b) for a in ROLES for b in ROLES if roles.may_invite(a, b)} == {
        ("manager", "annotator"),
        ("manager", "adjudicator"),
        *(("admin", role) for role in ROLES),
    }


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("testclient", "testclient", True),
        ("testclient", "other", False),
    ],
)
def test_which_addresses_are_counted_together(one: str, other: str, together: bool) -> None:
    assert (limits.address_bucket(one) == limits.address_bucket(other)) == together


def test_what_a_name_is_counted_under_does_not_hold_it() -> None:
    assert limits.name_bucket("Anna") == limits.name_bucket("ＡNNA")
    assert "anna" not in limits.name_bucket("Anna")
    assert len(limits.name_bucket("x" * 10_000)) < 100


@pytest.mark.parametrize("name", ["anna", "Zoë", "zoe@example.org", "Ольга Б.", "山田太郎", "d'Arc", "3rd-shift_2+x"])
def test_a_name_may_be_of_any_script(name: str) -> None:
    assert person_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "-x",
        "a/b",
        "a\\b",
        "a:b",
        "a\nb",
        "a\x00b",
        "a\u202eb",
        "\ud800",
        "x" * 101,
        "<b>",
        "Anonymous",
    ],
)
def test_a_name_that_something_would_stumble_over_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        person_name(name)


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(name: str) -> None:
    assert folded(folded(name)) == folded(name)
    assert folded(name.upper()) == folded(name.upper().lower()) or not name.isascii()


def test_skills_are_few_short_and_not_blank() -> None:
    assert skills_of(["b", "a", " b "]) == ["a", "b"]
    for wrong in ([""], ["x" * 101], [str(i) for i in range(51)]):
        with pytest.raises(InvalidInput, match="skills"):
            skills_of(wrong)
