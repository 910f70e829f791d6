"""How values are written."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.errors import InvalidInput
from querist.store.columns import Moment, finite, json_text, moment_text, plain_text
from querist.store.sql import chunks


def test_a_moment_is_written_in_utc_and_at_one_length() -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    assert moment_text(datetime(2026, 1, 1, 2, 0, tzinfo=east)) == "2025-12-31T20:30:00.000000Z"
    assert moment_text(datetime(2026, 1, 1, 2, 0, 0, 12, tzinfo=UTC)) == "2026-01-01T02:00:00.000012Z"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="time: must say its zone; got 2026-01-01T00:00:00"):
        moment_text(datetime(2026, 1, 1))


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_comes_back(moment: datetime) -> None:
    try:
        text = moment_text(moment)
    except OverflowError:  # years 1 and 9999 have moments that UTC has no room for
        return
    kept = Moment()
    back = kept.process_result_value(text, None)  # type: ignore[arg-type]
    assert back == moment.astimezone(UTC)
    assert len(text) == len("2026-01-01T02:00:00.000012Z")


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_json_can_be_sent_to_any_database_and_comes_back(value: Any) -> None:
    text = json_text(value)
    assert json.loads(text) == value
    assert "\x00" not in text
    text.encode()


@pytest.mark.parametrize("surrogate", ["\ud83d", "a\udc00b"])
def test_half_a_surrogate_pair_is_escaped(surrogate: str) -> None:
    text = json_text({"ä": surrogate})
    assert text.isascii()
    assert json.loads(text) == {"ä": surrogate}


def test_what_is_not_finite_becomes_none_at_any_depth() -> None:
    inf, nan = float("inf"), float("nan")
    assert finite({"a": (1.0, [inf, {"b": nan}]), "c": "NaN", "d": 3}) == {
        "a": [1.0, [None, {"b": None}]],
        "c": "NaN",
        "d": 3,
    }


def test_plain_text_is_handed_on() -> None:
    assert plain_text("note", "ä🙂\n") == "ä🙂\n"


@pytest.mark.parametrize(("text", "rule"), [("a\x00", "NUL"), ("ä\x00", "NUL"), ("\ud800", "valid Unicode")])
def test_text_that_a_database_refuses_is_refused_here(text: str, rule: str) -> None:
    with pytest.raises(InvalidInput, match=f"note: must .*{rule}"):
        plain_text("note", text)


@given(st.lists(st.integers()), st.integers(1, 5))
def test_chunks_are_full_but_the_last(values: list[int], size: int) -> None:
    cut = list(chunks(iter(values), size))
    assert [value for chunk in cut for value in chunk] == values
    assert all(len(chunk) == size for chunk in cut[:-1])
    assert all(cut)
