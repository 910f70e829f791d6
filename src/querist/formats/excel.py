"""Cells that a spreadsheet program would run as a formula, made harmless and restored.

An apostrophe before a cell is what spreadsheet programs themselves use to say "this is text". The triggers are those
of OWASP's note on CSV injection.
"""

from __future__ import annotations

import re

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def escape(text: str) -> str:
    """`text` with an apostrophe before it where it would be run, or would be taken for one made harmless.

    Examples
    --------
    >>> escape("=1+1"), escape("-3.5"), escape("'=x"), escape("it's")
    ("'=1+1", '-3.5', "''=x", "it's")
    """
    if _RISKY.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unescape(text: str) -> str:
    """The reverse of `escape`.

    Examples
    --------
    >>> unescape("'=1+1"), unescape("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if _ESCAPED.match(text) else text
