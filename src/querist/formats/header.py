"""Whether the first line of a file is the header that it is taken for."""

from __future__ import annotations

import math
from collections.abc import Iterable

from querist.core.checks import short
from querist.core.errors import InvalidInput
from querist.core.schema import fold
from querist.formats.table import TableReader


def check_header(reader: TableReader, classes: Iterable[str] = ()) -> None:
    """See that the columns' names are names: of a file without a header, the first row would be lost in silence.

    Parameters
    ----------
    reader : TableReader
        One whose format itself says which are names is passed over.
    classes : iterable of str
        The answers there are: none of them is a column's name.

    Raises
    ------
    InvalidInput
        If a name is a number, also with a decimal comma, or one of the classes.
    """
    if not reader.header_line:
        return
    answers = {fold(name) for name in classes}
    for name in reader.columns:
        what = "a number" if _is_number(name) else "an answer" if fold(name) in answers else ""
        if what:
            raise InvalidInput(
                f"{reader.name}: must begin with a header, the names of its columns; line {reader.header_line} looks "
                f"like data, not a header: {short(name)} is {what}. Add one, or say with `header` that it is one."
            )


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text.replace(",", ".", 1)))
    except ValueError:
        return False
