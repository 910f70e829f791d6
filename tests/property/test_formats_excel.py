"""Excel safety loses nothing, and leaves nothing that a spreadsheet program would run."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from querist.formats.excel import escape, unescape

risky = st.text(alphabet="'=+-@\t\r1.e ", max_size=8)


@given(st.text() | risky)
@example("'=x")
@example("-3.5")
@example("''''-")
def test_unescaping_undoes_escaping(text: str) -> None:
    assert unescape(escape(text)) == text


@given(risky)
def test_what_is_escaped_starts_no_formula_or_is_a_plain_number(text: str) -> None:
    safe = escape(text)
    if safe[:1] and safe[0] in "=+-@\t\r":
        float(safe)
