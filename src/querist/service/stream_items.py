"""The items of a stream's call: each named, and its values held to the project's fields as those of an import are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from querist.core.chats import text_of
from querist.core.checks import short
from querist.core.errors import InvalidInput, RowProblem, RowsRejected
from querist.core.hashing import content_hash, is_missing
from querist.core.items import Columns, FieldSpec
from querist.formats import coerce
from querist.service.item_ids import id_problem
from querist.service.shapes import Shapes

ID_CHARACTERS = 24


def named(given: Sequence[Mapping[str, Any]], spec: FieldSpec) -> dict[str, dict[str, Any]]:
    """The items' fields by id.

    Raises
    ------
    InvalidInput
        If one has a field that is none of the project's, or none at all, or an id that the pool would not take or that
        comes twice.
    """
    found: dict[str, dict[str, Any]] = {}
    for row, item in enumerate(given):
        fields = {name: value for name, value in item.items() if name != "id"}
        if spec.kinds and (strange := [name for name in fields if name not in spec.kinds]):
            raise InvalidInput(
                f"items: must have fields of the project, which are {', '.join(spec.kinds)}; item {row} has "
                f"{strange[0]!r}. Leave it out."
            )
        if not fields:
            raise InvalidInput(f"items: must have a field each; item {row} has none. Send what there is to look at.")
        if (wrong := id_problem(given_id := item.get("id"))) is not None:
            raise InvalidInput(f"items: must have ids of plain text; of item {row} ({short(given_id)}), {wrong}")
        id = _by_content(row, fields) if is_missing(given_id) else str(given_id)
        if id in found:
            raise InvalidInput(f"items: must be of one id each; {id!r} comes twice. Give every item its own.")
        found[id] = fields
    return found


def read(
    found: Mapping[str, Mapping[str, Any]], spec: FieldSpec, shapes: Mapping[str, Sequence[int]]
) -> dict[str, list[Any]]:
    """The values by field as the pool would hold them: what it would refuse nobody could ever be asked about.

    Raises
    ------
    InvalidInput
        If a value is not of its field's kind, or a vector not of its field's shape.
    """
    values: dict[str, list[Any]] = {name: [] for name in spec.kinds}
    problems: list[RowProblem] = []
    for row, fields in enumerate(found.values()):
        # One by one: of a column, the first vector would be the measure of the others, right or wrong.
        try:
            own = coerce({name: [fields.get(name)] for name in spec.kinds}, spec, lines=[row])
        except RowsRejected as error:
            problems += error.rows
            continue
        for name, (value,) in own.items():
            values[name].append(value)
    if not problems:
        problems = Shapes(shapes).check(values, spec, range(len(found)))
    if problems:
        raise InvalidInput(_said(problems, list(found)))
    return values


def inputs(values: Mapping[str, Sequence[Any]], spec: FieldSpec) -> Columns:
    """What a model reads of the values."""
    return Columns({name: [_shown(value, spec.kinds[name]) for value in values[name]] for name in spec.used})


def _by_content(row: int, fields: Mapping[str, Any]) -> str:
    try:
        return content_hash(fields)[:ID_CHARACTERS]
    except InvalidInput as error:
        raise InvalidInput(f"items: must be plain JSON; of item {row}, the {error}") from None


def _shown(value: Any, kind: str) -> Any:
    return text_of(value) if isinstance(value, list | dict) and kind == "text" else value


def _said(problems: Sequence[RowProblem], ids: Sequence[str]) -> str:
    first = problems[0]
    more = f" So it is with {len(problems) - 1} more." if len(problems) > 1 else ""
    return (
        f"items: must fit the project's fields; of item {first.line} ({short(ids[first.line])}), "
        f"{first.message.rstrip('.')}.{more} Mend what sends them; nothing was decided."
    )
