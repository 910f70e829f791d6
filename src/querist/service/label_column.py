"""The labels that come with items in a file: each read, and held to what its item is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from querist.core.answers import beyond
from querist.core.boxes import check_image
from querist.core.checks import listed
from querist.core.errors import InvalidInput, RowProblem
from querist.core.hashing import is_missing
from querist.core.items import FieldSpec
from querist.core.rankings import options_of, ordered
from querist.core.schema import Schema, Task
from querist.core.state import Value
from querist.formats import shape_of
from querist.learners import only_field

LIES_WITHIN: frozenset[Task] = frozenset({"spans", "boxes", "polygons", "ranking", "review"})


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


def field_of(spec: FieldSpec, schema: Schema) -> str | None:
    """The field that an answer is held against: the text of spans, an image, the options of a ranking, a review's chat.

    None where there is none, or nobody can tell which it is.

    Raises
    ------
    InvalidInput
        If the answers are spans or boxes, and not exactly one field holds what they lie in.

    Examples
    --------
    >>> field_of(FieldSpec({"q": "text", "these": "ignored"}), Schema("order", task="ranking", sides=("these",)))
    'these'
    """
    if schema.task not in LIES_WITHIN:
        return None
    if schema.task in ("polygons", "ranking", "review"):
        usual = {"polygons": spec.named("vector"), "review": spec.named("text")}.get(schema.task, ())
        fields = schema.sides or usual
        return fields[0] if len(fields) == 1 else None
    return only_field(spec, schema.task)


def see_sides(spec: FieldSpec, schema: Schema) -> None:
    """See that the items have the fields that the question is about.

    Raises
    ------
    InvalidInput
        If one is missing.
    """
    for side in schema.sides:
        if side not in spec.kinds:
            raise InvalidInput(
                f"sides: must be fields of the items; the project asks about {side!r}, and there are "
                f"{listed(spec.kinds)}. Name the column so."
            )


def without_options(
    columns: Mapping[str, Sequence[Any]], schema: Schema, lines: Sequence[int], ids: Sequence[str]
) -> list[RowProblem]:
    """The rows that nobody could answer, since they bring no options to rank along."""
    if schema.task != "ranking" or not schema.sides:
        return []
    problems = []
    for line, item_id, content in zip(lines, ids, columns[schema.sides[0]], strict=True):
        try:
            options_of(content)
        except InvalidInput as error:
            problems.append(RowProblem(line, item_id, f"in the field {schema.sides[0]!r}, {error}"))
    return problems


def classes_told(raw: Sequence[Any], schema: Schema) -> list[str | None] | None:
    """The one class or level that each cell names, None where it names none; None where answers name no one class."""
    if schema.task not in ("choice", "pair", "rating"):
        return None
    told: list[str | None] = []
    for cell in raw:
        try:
            told.append(None if is_missing(cell) else schema.classes_of(schema.read(cell))[0])
        except InvalidInput:
            told.append(None)
    return told


def within(schema: Schema, value: Value, content: Any) -> Value:
    """An answer whose parts lie in the item's content; a ranking in the item's own spelling of its options.

    Raises
    ------
    InvalidInput
        If one reaches beyond it, or a ranking is not of the item's options.
    """
    if schema.task == "ranking" and schema.sides:
        return ordered([str(name) for name in value], options_of(content)) if isinstance(value, list) else value
    if schema.task in ("spans", "boxes", "polygons", "review") and isinstance(value, list | dict):
        wrong = beyond(value, schema.task, content)
        if wrong is not None:
            raise InvalidInput(wrong)
    return value
