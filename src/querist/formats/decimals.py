"""Numbers as countries write them that put a comma where others put a point."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from querist.core.checks import short
from querist.core.errors import RowProblem, RowsRejected
from querist.formats.infer import is_empty, is_unknown, number_of

COMMA_FREE = (";", "\t")  # delimiters that leave the comma to be a decimal mark
_NUMBER = re.compile(r"\s*[+-]?(\d+(,\d*)?|,\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_THOUSANDS = re.compile(r"\s*[+-]?[1-9]\d{0,2},\d{3}\s*", re.ASCII)


class DecimalCommas:
    """The columns of one file that write 3,5 for 3.5. The first rows with a mark in them tell, for all that follow.

    A column is one where a semicolon or a tab parts the cells, and each of its values is a number so written. Tabs are
    also what programs use that write 1,234 for a thousand and more: there one value must be no such number.

    Parameters
    ----------
    delimiter : str
        What parts the cells; empty where none does.

    Examples
    --------
    >>> commas = DecimalCommas(";")
    >>> commas.read({"size": ["3,5", "4"], "made": ["1.5", "2,5"], "says": ["a, b", "c"]})
    {'size': ['3.5', '4'], 'made': ['1.5', '2,5'], 'says': ['a, b', 'c']}
    """

    def __init__(self, delimiter: str) -> None:
        self._applies = delimiter in COMMA_FREE
        self._unsure = delimiter == "\t"
        self._found: dict[str, bool] = {}

    def read(
        self, columns: Mapping[str, Sequence[Any]], *, lines: Sequence[int] | None = None
    ) -> dict[str, Sequence[Any]]:
        """The columns, with a point for each comma in those that are such.

        Raises
        ------
        RowsRejected
            If a value of such a column has a point: it may be a thousand and more, or not.
        """
        if not self._applies:
            return dict(columns)
        problems: list[RowProblem] = []
        out = {name: self._column(name, values, lines, problems) for name, values in columns.items()}
        if problems:
            raise RowsRejected("rows: each number must be written like the others of its column.", tuple(problems))
        return out

    def _column(
        self, name: str, values: Sequence[Any], lines: Sequence[int] | None, problems: list[RowProblem]
    ) -> Sequence[Any]:
        if name not in self._found:
            joined = "".join(values)
            if "," not in joined and "." not in joined:
                return values
            self._found[name] = "," in joined and self._is_written_so(values)
        if not self._found[name]:
            return values
        out = []
        for row, value in enumerate(values):
            if "." in value and number_of(value) is not None:
                problems.append(
                    RowProblem(
                        row + 1 if lines is None else lines[row],
                        None,
                        f"the field {name!r} has commas in its numbers elsewhere in the file; got {short(value)}, "
                        "which may be read in two ways. Write it like 3,5",
                    )
                )
            out.append(value.replace(",", ".") if _NUMBER.fullmatch(value) else value)
        return out

    def _is_written_so(self, values: Sequence[str]) -> bool:
        for value in values:
            if not (_NUMBER.fullmatch(value) or is_empty(value) or is_unknown(value)):
                return False
        return not self._unsure or any("," in value and not _THOUSANDS.fullmatch(value) for value in values)


def has_decimal_comma(value: Any) -> bool:
    """Whether it is a number's text with a comma for its mark.

    Examples
    --------
    >>> has_decimal_comma("3,5"), has_decimal_comma("3.5")
    (True, False)
    """
    return isinstance(value, str) and "," in value and _NUMBER.fullmatch(value) is not None
