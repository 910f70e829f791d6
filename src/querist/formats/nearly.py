"""Columns that are mostly numbers, and yet are not read as such."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from querist.core.checks import listed
from querist.core.items import FieldSpec
from querist.formats.decimals import has_decimal_comma
from querist.formats.infer import is_empty, is_unknown, number_of

LEAST_SHARE = 0.5  # a column with fewer numbers than that was not meant to be one of numbers
ODD_SHOWN = 3


def nearly_numbers(columns: Mapping[str, Sequence[Any]], spec: FieldSpec, *, said: Collection[str] = ()) -> list[str]:
    """A note on each column that is no number field although at least half of its values are numbers.

    Parameters
    ----------
    columns : mapping of str to sequence
        The values from which the kinds were inferred.
    spec : FieldSpec
        What was inferred.
    said : collection of str
        Columns whose kind the user has said: there is nothing to note about these.

    Examples
    --------
    >>> print(*nearly_numbers({"size": ["1", "2", "tall"]}, FieldSpec({"size": "ignored"})))  # doctest: +ELLIPSIS
    the column 'size' is taken as ignored: 67 % of its values are numbers, and 95 % must be; 'tall' is not. To have ...
    """
    notes = []
    for name, kind in spec.kinds.items():
        if kind in ("number", "vector") or name in said:
            continue
        known = [value for value in columns[name] if not (is_empty(value) or is_unknown(value))]
        odd = [value for value in known if number_of(value) is None]
        n_numbers = len(known) - sum(not has_decimal_comma(value) for value in odd)
        if odd and n_numbers >= LEAST_SHARE * len(known):
            distinct = list(dict.fromkeys(map(str, odd)))
            share = 1 - len(odd) / len(known)
            notes.append(
                f"the column {name!r} is taken as {kind}: {round(100 * share)} % of its values are numbers, and 95 % "
                f"must be; {listed(distinct, ODD_SHOWN)} {'is' if len(distinct) == 1 else 'are'} not. To have it read "
                "as numbers, mend these or leave them empty, and start the project anew; if it is right as it is, say "
                f"that the `kind` of {name} is {kind}."
            )
    return notes
