"""Small images among the fields: as rows of brightness for a page, as characters for a spreadsheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SHADES = " ░▒▓█"
SMALLEST, LARGEST = 5, 64  # pixels a side


def pixels(values: Any) -> list[list[float]] | None:
    """Numbers as a small image's rows, scaled to [0, 1]; None where they are none.

    They are where they come in rows of one length, or where their number is a square.

    Examples
    --------
    >>> pixels([0.0] * 24 + [8.0])[4]
    [0.0, 0.0, 0.0, 0.0, 1.0]
    """
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        return None
    if isinstance(values[0], Sequence):
        rows = [list(row) for row in values]
    else:
        side = round(len(values) ** 0.5)
        if side * side != len(values):
            return None
        rows = [list(values[i * side : (i + 1) * side]) for i in range(side)]
    if not all(SMALLEST <= side <= LARGEST for side in (len(rows), len(rows[0]))):
        return None
    low, high = min(map(min, rows)), max(map(max, rows))
    span = (high - low) or 1.0
    return [[(v - low) / span for v in row] for row in rows]


def drawn(rows: list[list[float]]) -> str:
    """The image in characters, two to a pixel, since a character is twice as high as wide.

    Examples
    --------
    >>> print(drawn([[0.0, 1.0], [0.5, 0.0]]))
      ██
    ▒▒
    """
    return "\n".join("".join(2 * SHADES[round(v * (len(SHADES) - 1))] for v in row).rstrip() for row in rows)
