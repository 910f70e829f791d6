"""The labels that come with items in a file: each read, and held to what its item is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from querist.core.answers import beyond
from querist.core.boxes import check_image
from querist.core.errors import InvalidInput, RowProblem
from querist.core.hashing import is_missing
from querist.core.items import FieldSpec
from querist.core.schema import Schema, Task
from querist.core.state import Value
from querist.formats import shape_of
from querist.learners import only_field


def labels_of(
    raw: Sequence[Any],
    *,
    schema: Schema,
    ids: Sequence[str],
    lines: Sequence[int],
    contents: Sequence[Any] | None = None,
) -> tuple[list[tuple[str, Value]], list[RowProblem]]:
    """The labels of a column by item, and what is wrong with the others; an empty cell is no label.

    Parameters
    ----------
    raw : sequence
        The cells.
    schema : Schema
    ids, lines : sequence
        Each row's item, and its line in the file.
    contents : sequence, optional
        The text or image that each answer lies in.
    """
    labels: dict[str, Value] = {}
    problems: list[RowProblem] = []
    for i, cell in enumerate(raw):
        if is_missing(cell):
            continue
        try:
            value = within(schema, schema.read(cell), None if contents is None else contents[i])
        except InvalidInput as error:
            problems.append(RowProblem(lines[i], ids[i], str(error)))
            continue
        if labels.setdefault(ids[i], value) != value:
            said = f"it is labeled {value!r} here and {labels[ids[i]]!r} before; leave in the one that is right."
            problems.append(RowProblem(lines[i], ids[i], said))
    return list(labels.items()), problems


def see_images(columns: Mapping[str, Sequence[Any]], spec: FieldSpec, task: Task) -> None:
    """See that images have rows, where the answers will be boxes in them.

    Raises
    ------
    InvalidInput
        If one is a mere list of numbers.
    """
    if task != "boxes" or (field := only_field(spec, task)) is None:
        return
    for image in columns[field]:
        if image is not None:
            check_image(field, shape_of(image))


def within(schema: Schema, value: Value, content: Any) -> Value:
    """An answer whose parts lie in the item's content.

    Raises
    ------
    InvalidInput
        If one reaches beyond it.
    """
    if schema.task in ("spans", "boxes") and isinstance(value, list):
        wrong = beyond(value, schema.task, content)
        if wrong is not None:
            raise InvalidInput(wrong)
    return value
