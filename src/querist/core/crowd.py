"""Several people's answers to one item: the label they come to, and all of them as an array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

ANONYMOUS = "anonymous"  # whose an answer is where nobody says

Said = tuple[str, Any]  # an annotator, and the value of their latest answer


def plurality(values: Sequence[Any]) -> int:
    """Which of the annotators' latest answers is an item's label: the first that says what most of them say.

    Among values said equally often, the one said last. So one annotator's latest word stands, of two who differ the
    later one's, and from three on a lone dissenter is outvoted.

    Parameters
    ----------
    values : sequence of value
        The latest answer of each annotator, oldest first; at least one.

    Returns
    -------
    place : int
        Into `values`. It is the first among equals, so that agreement does not change which answer is the label.

    Notes
    -----
    Quadratic in the number of annotators of one item. Values are compared, never hashed.

    Examples
    --------
    >>> plurality(["cat", "dog"]), plurality(["cat", "dog", "cat"]), plurality(["cat", "dog", "cat", "dog"])
    (1, 0, 1)
    """
    last = len(values) - 1
    if last < 1:
        return last
    listed = list(values)
    counts = [listed.count(value) for value in listed]
    most = max(counts)
    winner = listed[max(place for place in range(last + 1) if counts[place] == most)]
    return listed.index(winner)


def with_answer(said: Sequence[Said], annotator: str, value: Any) -> tuple[Said, ...]:
    """The annotators' latest answers, oldest first, once one more has come.

    Examples
    --------
    >>> with_answer((("ann", 0), ("bea", 1)), "ann", 1)
    (('bea', 1), ('ann', 1))
    """
    return (*(each for each in said if each[0] != annotator), (annotator, value))


def label_of(said: Sequence[Said]) -> Any:
    """The label that the annotators' latest answers, oldest first, come to.

    Examples
    --------
    >>> label_of((("ann", 0), ("bea", 1)))
    1
    """
    values = [value for _, value in said]
    return values[plurality(values)]


def answer_table(n_items: int, said: Mapping[int, Sequence[Said]]) -> npt.NDArray[np.integer[Any]]:
    """Everybody's class numbers as the signal `answers`: a row per item, a column per annotator by name, -1 for none.

    Where nobody has answered yet there is one empty column, for whoever will: how good they are is a belief then.

    Parameters
    ----------
    n_items : int
    said : mapping of int to sequence of (annotator, class number)
        By the items' rows.

    Returns
    -------
    answers : (n_items, n_annotators) int
        Of the smallest kind that holds the class numbers, since most of it is -1.

    Examples
    --------
    >>> answer_table(3, {1: (("bea", 2), ("ann", 0)), 2: (("bea", 1),)}).tolist()
    [[-1, -1], [0, 2], [-1, 1]]
    """
    columns = {who: at for at, who in enumerate(sorted({who for given in said.values() for who, _ in given}))}
    places = [(row, columns[who], value) for row, given in said.items() for who, value in given]
    rows, people, values = np.array(places, dtype=np.int64).reshape(-1, 3).T
    table = np.full((n_items, max(1, len(columns))), -1, dtype=np.min_scalar_type(-1 - int(values.max(initial=0))))
    table[rows, people] = values
    return table
