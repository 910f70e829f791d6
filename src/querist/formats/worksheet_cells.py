"""What a spreadsheet program makes of a label or an id, recognized, so that the message can say so."""

from __future__ import annotations

import re
from typing import Any

from querist.core.errors import InvalidInput
from querist.core.schema import Schema
from querist.core.state import Value

PADDING = 12  # digits; ids that are numbers are rarely longer
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
_THREE_DIGITS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")
_WRAPPED = re.compile(r"=\"(.*)\"|'(.*)")
SPREADSHEET_ERRORS = ("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#ERROR!")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PARTS = re.compile(r"[A-Za-z]+|\d+")


def read_label(schema: Schema, raw: Any, *, decimal_comma: bool, commas_used: bool = False) -> Value:
    """The answer a cell stands for.

    Parameters
    ----------
    schema : Schema
    raw : object
    decimal_comma : bool
        Whether 3,5 is 3.5 here.
    commas_used : bool
        Whether other cells are so written, where 1.234 may be 1234.

    Raises
    ------
    InvalidInput
        If it is none; a formula, an error or a date of a spreadsheet program is said to be one.
    """
    text = raw.strip() if isinstance(raw, str) else raw
    if schema.task == "text" and isinstance(text, str) and text.upper() in SPREADSHEET_ERRORS:
        raise InvalidInput(f"the answer {text!r} is an error of the spreadsheet program. Write the text again.")
    if schema.task == "number" and commas_used and isinstance(text, str) and _THREE_DIGITS.fullmatch(text):
        raise InvalidInput(
            f"the label {text!r} may be read in two ways, since other cells have a decimal comma; "
            f"write {text.replace('.', '')} or {text.replace('.', ',')}."
        )
    if schema.task == "number" and isinstance(text, str) and decimal_comma and _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    try:
        read: Value = schema.read(text)
    except InvalidInput:
        if (hint := _hint(schema, str(text))) is None:
            raise
    else:
        return read
    rule = "is not a number" if schema.task == "number" else "is not in the schema"
    raise InvalidInput(f"the label {str(text)!r} {rule}; {hint}")


def probable_ids(item_id: str) -> list[str]:
    """What an id may have been before a spreadsheet program took it for a number, likeliest first.

    Examples
    --------
    >>> probable_ids("12.0")[:2], probable_ids("a-3")
    (['12', '012'], ['A-3'])
    >>> probable_ids("'007")[0], probable_ids('="007"')[0]
    ('007', '007')
    """
    guesses: dict[str, None] = {}
    if (wrapped := _WRAPPED.fullmatch(item_id)) is not None:  # ways to have a program take a number for text
        item_id = wrapped[1] or wrapped[2] or ""
        guesses[item_id] = None
    whole = re.sub(r"[.,]0+$", "", item_id)
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d{1,2}", item_id):
        whole = str(int(float(item_id)))
    if whole.isascii() and whole.isdigit():
        digits = whole.rstrip("0")
        for zeros in range(1, len(whole) - max(len(digits), 1) + 1):  # an id like 1e5 was taken for 100000
            guesses.update({f"{whole[:-zeros]}{e}{zeros}": None for e in "eE"})
        guesses.update({whole.zfill(n): None for n in range(len(whole), max(PADDING, len(whole)) + 1)})
        guesses[f"{whole}.0"] = None
    guesses.update({item_id.lower(): None, item_id.upper(): None})
    if wrapped is None:
        guesses.pop(item_id, None)
    return list(guesses)


def _hint(schema: Schema, text: str) -> str | None:
    if text.upper() in SPREADSHEET_ERRORS:
        return "it is an error of the spreadsheet program. Write the label again."
    if text.startswith(("=", "@", "+")) or (text.startswith("-") and schema.task == "choice"):
        return "it looks like a formula, which is never run. Write the label itself."
    if (whole := re.sub(r"[.,]0+$", "", text)) != text and whole in schema.classes:
        return f"did you mean {whole!r}? A spreadsheet program or a data frame took it for a number."
    if (date := _as_date(text)) is not None:
        near = [name for name in schema.classes if (made := _as_date(name)) and made[:2] == date[:2]]
        if near:
            meant = " or ".join(map(repr, near))
            return f"a spreadsheet program turns {meant} into a date. Set the column to text and write the label again."
    return None


def is_month(word: str) -> bool:
    """Whether a word begins as an English month does."""
    return word[:3].lower() in _MONTHS


def _as_date(text: str) -> tuple[int, ...] | None:
    """Day and month, smaller first, where a text can be read as a date; a year is left out."""
    parts = _PARTS.findall(text)
    if not 2 <= len(parts) <= 3 or re.sub(r"[A-Za-z0-9]|[-./ ,]", "", text):
        return None
    numbers = []
    for part in parts:
        if part.isdigit():
            numbers.append(int(part))
        elif is_month(part):
            numbers.append(_MONTHS.index(part[:3].lower()) + 1)
        else:
            return None
    if len(numbers) == 3:
        numbers = numbers[1:] if numbers[0] > 31 or len(parts[0]) == 4 else numbers[:2]
    low, high = sorted(numbers)
    return (low, high) if 1 <= low <= 12 and high <= 31 else None
