"""Whether a worksheet's row shows the item that its id names, whatever a spreadsheet program did to the text."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from querist.core.schema import fold
from querist.formats.excel import unescape
from querist.formats.worksheet_cells import SPREADSHEET_ERRORS, is_month
from querist.formats.writing import cell

CUT_UNITS = 32_000  # spreadsheet programs cut a cell at 32,767 UTF-16 units, counting some that they write otherwise
CUT_SLACK = 8  # characters at a cut that may be halves of something

Texts = Mapping[str, Mapping[str, Any]]
FieldsOf = Callable[[Sequence[str]], Texts]


def shows(stored: Any, found: Any) -> bool:
    """Whether a worksheet's cell can be what is left of an item's text.

    Case, blanks, compatible characters and apostrophes in front do not matter; a blank cell or a spreadsheet
    program's error says nothing, a cell that was cut is compared as far as it goes, and what can be read as a number
    or a date may have been rewritten as one.

    Examples
    --------
    >>> shows("=1+1 is  Two", "'=1+1 is two"), shows("hello", "goodbye"), shows("3 May", "03.05.2026")
    (True, False, True)
    """
    there, here = cell(stored), cell(found)
    a, b = _key(there), _key(here)
    if a == b or not b or here.strip().upper() in SPREADSHEET_ERRORS:
        return True
    if len(here.encode("utf-16-le", "surrogatepass")) // 2 >= CUT_UNITS:
        return a.startswith(b[:-CUT_SLACK])
    if here.isascii() and "?" in here and not there.isascii():  # saved in an encoding that lacks these characters
        return _without_odd(a) == _without_odd(b)
    if (x := _number(a)) is not None and (y := _number(b)) is not None:
        return math.isclose(x, y, rel_tol=1e-12)
    return (_is_date_or_number(a) and _is_date_or_number(b)) or _unmixed(here) == a


def shows_exactly(stored: Any, found: Any) -> bool:
    """Whether places counted in a worksheet's cell are places of an item's text: nothing before them moved.

    The apostrophe that guards a formula is none of the text; a blank cell shows nothing to count in; one that was cut
    is compared as far as it goes.

    Examples
    --------
    >>> shows_exactly("=1+1", "'=1+1"), shows_exactly("a b", "a  b"), shows_exactly("a b", "")
    (True, False, True)
    """
    there, here = cell(stored), cell(found)
    if not here.strip() or here.strip().upper() in SPREADSHEET_ERRORS or there in (here, unescape(here)):
        return True
    # Letters that changed in place move nothing: another case, or the ? of an encoding that lacks them.
    a, b = there.rstrip(), unescape(here).rstrip()
    if len(a) == len(b) and all(x == y or y == "?" or x.casefold() == y.casefold() for x, y in zip(a, b, strict=True)):
        return True
    return len(here.encode("utf-16-le", "surrogatepass")) // 2 >= CUT_UNITS and there.startswith(
        (here[:-CUT_SLACK], unescape(here)[:-CUT_SLACK])
    )


def _key(text: str) -> str:
    return fold(text.strip().lstrip("'").replace("\u200b", "").replace("\ufeff", ""))


def _without_odd(text: str) -> str:
    return " ".join("".join(letter for letter in text if letter.isascii() and letter != "?").split())


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ".", 1))
    except ValueError:
        return None


def _is_date_or_number(text: str) -> bool:
    """Digits and signs, with no word but a month's name, a currency's sign or what stands by an hour."""
    words = re.findall(r"[^\W\d_]+", text)
    return any(map(str.isdigit, text)) and all(is_month(word) or word in ("e", "am", "pm") for word in words)


def _unmixed(text: str) -> str | None:
    """The text that UTF-8 was, where it was read as the encoding of Windows."""
    try:
        return _key(text.encode("cp1252").decode("utf-8"))
    except UnicodeError:
        return None


def owner(shown: Mapping[str, Any], items: Texts) -> str | None:
    """The one item whose texts these are; None where none is, or several are."""
    told = {name: key for name, value in shown.items() if (key := _key(cell(value)))}
    if not told:
        return None
    mine = [
        item_id
        for item_id, fields in items.items()
        if all(key == _key(cell(fields.get(name))) for name, key in told.items())
    ]
    return mine[0] if len(mine) == 1 else None
