"""In which order a search looked at its items, and which of them were drawn blindly."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence

import numpy as np


def in_order(
    unasked: Iterable[int], rounds: Iterable[tuple[int, Sequence[tuple[int, bool]]]], known: Container[int]
) -> tuple[list[int], list[float]]:
    """Labeled items in the order in which they were asked about, each with its chance; NaN for a pick.

    Parameters
    ----------
    unasked : iterable of int
        Items that have a label without a question: they come first.
    rounds : iterable of (int, sequence of (int, bool))
        Of each round how many candidates it had, and its items, each with whether it was drawn blindly. The random
        share is drawn after the picks, from what they leave.
    known : container of int
        Items with a label. Where one that was drawn has none, no draw from then on counts: one that nobody could
        answer may well differ from the others.

    Examples
    --------
    >>> in_order([7], [(9, [(3, True), (4, False)])], {3, 4, 7})  # of nine, one is picked and one of eight drawn
    ([7, 4, 3], [nan, nan, 0.125])
    """
    order = list(unasked)
    chances = [np.nan] * len(order)
    there, counts = set(order), True
    for n_candidates, asked in rounds:
        picked = [item for item, drawn in asked if not drawn]
        drawn_items = [item for item, drawn in asked if drawn]
        counts &= all(item in known for item in drawn_items)
        left = n_candidates - len(picked)
        turns = [(item, np.nan) for item in picked]
        turns += [(item, 1 / (left - turn) if counts else np.nan) for turn, item in enumerate(drawn_items)]
        for item, chance in turns:
            if item in known and item not in there:
                there.add(item)
                order.append(item)
                chances.append(chance)
    return order, chances
