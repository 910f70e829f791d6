"""What a spreadsheet program may do to a text, and what makes it another's."""

from __future__ import annotations

from typing import Any

import pytest

from querist.formats.worksheet_text import owner, shows, shows_exactly

LONG = "words and more " * 4_000
SMILES = "\N{GRINNING FACE} " * 20_000


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ("hello", "hello"),
        ("hello\r\n  there", "HELLO there"),
        ("=1+1", "'=1+1"),
        ("'=1+1", "=1+1"),
        ("-see below", "#NAME?"),
        ("\N{LATIN SMALL LIGATURE FI}ne", "fine"),
        ("anything", ""),
        (None, " "),
        (LONG, LONG[:32_767]),
        ("Ann left \n", "Ann left"),
        ("Ann left", "ann LEFT"),
        ("Café Rome", "Caf? Rome"),
        ("Ann left", "#NAME?"),
        (SMILES, SMILES[:21_845]),
        ("\N{GRINNING FACE} so good", "? so good"),
        ("\N{GRINNING FACE} so good", "?? so good"),
        (
            "na\N{LATIN SMALL LETTER I WITH DIAERESIS}ve",
            "na\N{LATIN CAPITAL LETTER A WITH TILDE}\N{DIAERESIS}ve".replace("\N{DIAERESIS}", "\N{MACRON}"),
        ),
        ("1.50", "1,5"),
        ("12345678901234567", "12345678901234500"),
        ("3 May", "03.05.2026"),
        ("TRUE", "True"),
        (3.0, "3"),
    ],
)
def test_a_cell_may_be_what_is_left_of_the_text(stored: Any, found: Any) -> None:
    assert shows(stored, found)


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ("hello", "goodbye"),
        (None, "hello"),
        ("hello there", "hello"),
        (LONG, "other " + LONG[:32_761]),
        ("\N{GRINNING FACE} so good", "? so bad"),
        ("so good", "? so good"),
        ("100", "200"),
        ("Room 12", "Room 13"),
    ],
)
def test_a_cell_that_says_something_else_is_anothers(stored: Any, found: Any) -> None:
    assert not shows(stored, found)


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ("Ann  left\n", "Ann  left\n"),
        ("=1+1", "'=1+1"),
        ("=1+1", "=1+1"),
        ("'=1+1", "''=1+1"),
        ("'tis Ann", "'tis Ann"),
        ("anything", ""),
        ("anything", " \n"),
        (LONG, LONG[:32_767]),
        ("=" + LONG, "'=" + LONG[:32_765]),
    ],
)
def test_places_counted_in_the_cell_are_places_of_the_text(stored: Any, found: Any) -> None:
    assert shows_exactly(stored, found)


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ("Ann  left", "Ann left"),
        ("Ann left", " Ann left"),
        ("Ann\r\nleft", "Ann\nleft"),
        ("'=1+1", "=1+1"),
        ("Ann", "'Ann"),
        (LONG, LONG[1:32_767]),
        ("Ann left", "Bob left"),
        ("Ann left", "Ann"),
        ("\N{LATIN SMALL LIGATURE FI}ne", "fine"),
    ],
)
def test_places_in_a_changed_text_are_others(stored: Any, found: Any) -> None:
    assert not shows_exactly(stored, found)


def test_a_text_has_one_owner_or_none() -> None:
    items = {"a": {"t": "one", "u": None}, "b": {"t": "Two", "u": "x"}, "c": {"t": "one", "u": "x"}}
    assert owner({"t": " two"}, items) == "b"
    assert owner({"t": "one"}, items) is None, "two have it"
    assert owner({"t": "one", "u": "X"}, items) == "c"
    assert owner({"t": "three"}, items) is None
    assert owner({"t": ""}, items) is None
