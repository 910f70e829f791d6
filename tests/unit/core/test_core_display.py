"""How a field is shown is found from what it holds, and never from its name."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from querist.core.chats import n_steps, steps_of, text_of
from querist.core.display import DISPLAYS, infer_display
from querist.core.items import FIELD_KINDS

SAID = [{"role": "user", "content": "What is 2 + 2?"}, {"role": "assistant", "content": "Four."}]
CALLED = [
    {"role": "user", "content": "Weather in Rome?"},
    {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "weather", "arguments": "Rome"}}]},
    {"role": "tool", "content": "21 degrees"},
]
ACTED = [{"thought": "I must look it up", "action": "search"}, {"observation": "found it"}]


@pytest.mark.parametrize(
    ("values", "kind", "shown"),
    [
        ([1.0, None], "number", "number"),
        (["a word", "and another"], "text", "text"),
        ([None, ""], "ignored", "text"),
        ([], "ignored", "text"),
        (["## Steps\n\nDo this.", "no marks"], "text", "markdown"),
        (["- one\n- two", "so **bold**"], "text", "markdown"),
        (["see [here](https://example.org)"], "text", "markdown"),
        (["| a | b |\n|---|---|\n| 1 | 2 |"], "text", "markdown"),
        (["1. first\n2. second"], "text", "markdown"),
        (["[![a picture](a.png)](https://example.org/a_(b))"], "text", "markdown"),
        ([f"{'plain ' * 400}**bold**"], "text", "text"),
        (["2 * 3 * 4 is 24", "snake_case and # of items", "- 5 degrees"], "text", "text"),
        (["once **bold**", *["plain"] * 9], "text", "text"),
        ([SAID, None], "text", "chat"),
        ([{"messages": SAID}], "ignored", "chat"),
        ([SAID, CALLED], "text", "trace"),
        ([ACTED], "ignored", "trace"),
        ([{"steps": ACTED}], "ignored", "trace"),
        (['[{"role": "user", "content": "Hi"}]'], "text", "chat"),
        ([{"a": 1}, [1, 2]], "ignored", "json"),
        ([SAID, {"a": 1}], "ignored", "json"),
        (['{"a": 1}'], "text", "json"),
        (["[sic] this is text", '{"a": 1}'], "text", "text"),
        (["scans/1.PNG", "https://example.org/2.jpeg?size=9#top"], "ignored", "image"),
        (["data:image/png;base64,AAAA"], "text", "image"),
        (["1.png", "no image"], "category", "text"),
        (["a.mp3", "b.flac"], "ignored", "audio"),
        (["data:audio/wav;base64,AAAA"], "text", "audio"),
        ([[0.0] * 64], "vector", "pixels"),
        ([[[0.0] * 9] * 6], "vector", "pixels"),
        ([np.zeros((8, 8))], "vector", "pixels"),
        ([[0.0] * 63], "vector", "json"),
        ([[0.0] * 16], "vector", "json"),
    ],
)
def test_a_field_is_shown_by_what_it_holds(values: list[Any], kind: Any, shown: str) -> None:
    assert infer_display(values, kind) == shown


@pytest.mark.parametrize("text", ["[" * 40_000, "[a](" * 10_000, "[a](b " * 7_000, "- a\n" * 10_000, "*" * 40_000])
def test_a_text_made_to_take_long_is_looked_at_quickly(text: str) -> None:
    began = time.perf_counter()
    infer_display([text] * 20, "text")
    assert time.perf_counter() - began < 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=5), st.sampled_from(FIELD_KINDS))
def test_whatever_a_field_holds_it_can_be_shown(values: list[Any], kind: Any) -> None:
    assert infer_display(values, kind) in DISPLAYS


@given(JSON)
def test_whatever_a_field_holds_has_a_text_and_maybe_steps(value: Any) -> None:
    assert isinstance(text_of(value), str)
    steps = steps_of(value)
    assert n_steps(value) == (None if steps is None else len(steps))


def test_the_text_of_a_trace_names_who_speaks_and_what_is_called() -> None:
    assert text_of(CALLED) == "user: Weather in Rome?\nassistant: weather Rome\ntool: 21 degrees"
    assert text_of([{"tool": "search", "input": {"query": "Rome"}, "ms": 12}]) == "search: Rome 12"
    assert text_of(None) == ""
    assert text_of("as it is ") == "as it is "
