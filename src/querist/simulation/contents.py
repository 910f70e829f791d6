"""What an answer of a simulation lies in: an item's text, or its image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from querist.core.boxes import check_image
from querist.core.errors import InvalidInput
from querist.core.items import Columns, FieldSpec
from querist.core.schema import Task
from querist.learners import only_field


def stacked(X: Any) -> Any:
    """A list of arrays as one array; anything else as it is.

    Raises
    ------
    InvalidInput
        If they are not all of one shape.

    Examples
    --------
    >>> stacked([[[0, 1], [1, 0]], [[1, 1], [0, 0]]]).shape, stacked(["a", "b"])
    ((2, 2, 2), ['a', 'b'])
    """
    if not isinstance(X, list | tuple) or not len(X) or not isinstance(X[0], list | tuple | np.ndarray):
        return X
    try:
        items = [np.asarray(item) for item in X]
    except ValueError:
        raise InvalidInput("X: each item must be an array; one has rows of unlike length. Pad the rows.") from None
    for row, item in enumerate(items):
        if item.shape != items[0].shape:
            raise InvalidInput(
                f"X: must be of one shape; item 0 is {items[0].shape} and item {row} is {item.shape}. Bring images to "
                "one size, for instance by a margin of background."
            )
    return np.stack(items)


def contents_of(X: Any, task: Task, spec: FieldSpec | None) -> Sequence[Any] | None:
    """The text or image of each item that its answer lies in; None where the answer lies in none.

    Raises
    ------
    InvalidInput
        If there is no one column of them, or images have no rows of pixels.

    Examples
    --------
    >>> contents_of(["Ann left"], "spans", None), contents_of(["Ann left"], "choice", None)
    (['Ann left'], None)
    """
    field = only_field(spec, task) if isinstance(X, Columns) and spec is not None else None
    found: Sequence[Any] | Any = X if field is None else X[field]
    if task not in ("spans", "boxes") or not isinstance(found, list | tuple | np.ndarray):
        return None
    if task == "boxes" and isinstance(found, np.ndarray) and found.dtype != object:
        check_image("X" if field is None else f"the field {field!r}", found.shape[1:])
    return list(found)
