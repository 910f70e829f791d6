"""Polygons in an image, and plain boxes among them, as an answer: read, numbered and written.

In pixels, x to the right and y down from the top left corner of the image.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from querist.core.answer_text import Find, fields_of, finite, joined, parts_of, plain
from querist.core.checks import short
from querist.core.errors import InvalidInput

CORNERS = 3  # of the least polygon
SIDES = ("x", "y", "width", "height")
EXAMPLE = "10,12 18,12 14,20 car; 40,5,8,8 car"

# A label may hold a line break as far as these go: where it could not, each place before it would be tried.
_BOX = re.compile(r"([^,\s]+)\s*,\s*([^,\s]+)\s*,\s*([^,\s]+)\s*,\s*([^,\s]+)\s+(.+)", re.DOTALL)
_POLYGON = re.compile(r"([^,\s]+,[^,\s]+(?:\s+[^,\s]+,[^,\s]+)*)\s+(.+)", re.DOTALL)


def read(raw: Any, find: Find) -> list[dict[str, Any]]:
    """Polygons and boxes as stored, sorted and freed of repeats.

    A polygon keeps the order of its corners; a last corner that is the first again is left out.

    Parameters
    ----------
    raw : list, or text
        Maps with points and label, or with x, y, width, height and label; or lists of these; or a text like
        `10,12 18,12 14,20 car; 40,5,8,8 car`, JSON, or `(none)`.
    find : callable
        The class that a name stands for.

    Raises
    ------
    InvalidInput
        If a polygon has fewer than three corners or no area, or a number is not finite or below 0.

    Examples
    --------
    >>> read("0,0 4,0 0,3 0,0 car", str)
    [{'points': [[0, 0], [4, 0], [0, 3]], 'label': 'car'}]
    """
    found = {_shape(part, raw, find) for part in parts_of(raw, "polygons", (_BOX, _POLYGON), EXAMPLE)}
    return [_stored(*shape) for shape in sorted(found)]


def encode(stored: Sequence[Mapping[str, Any]], number: Callable[[str], int]) -> tuple[Any, ...]:
    """Each shape as 0 for a box or 1 for a polygon, its numbers, and its class's number."""
    return tuple(
        (1, tuple(side for point in shape["points"] for side in point), number(shape["label"]))
        if "points" in shape
        else (0, tuple(shape[side] for side in SIDES), number(shape["label"]))
        for shape in stored
    )


def decode(code: Sequence[Any], classes: Sequence[str]) -> list[Any]:
    """The reverse of `encode`."""
    return [_stored(kind, tuple(map(plain, numbers)), classes[int(c)]) for kind, numbers, c in code]


def cell(stored: Sequence[Mapping[str, Any]]) -> str:
    """Polygons and boxes as a line of text."""
    return joined([f"{_written(shape)} {shape['label']}" for shape in stored])


def corners(shape: Mapping[str, Any]) -> list[list[float]]:
    """The corners of a polygon or a box.

    Examples
    --------
    >>> corners({"x": 1, "y": 2, "width": 3, "height": 4, "label": "car"})
    [[1, 2], [4, 2], [4, 6], [1, 6]]
    """
    if "points" in shape:
        return [list(point) for point in shape["points"]]
    left, top, right, bottom = shape["x"], shape["y"], shape["x"] + shape["width"], shape["y"] + shape["height"]
    return [[left, top], [right, top], [right, bottom], [left, bottom]]


def named(shape: Mapping[str, Any]) -> str:
    """A shape as a message names it.

    Examples
    --------
    >>> named({"points": [[0, 0], [4, 0], [0, 3]], "label": "car"})
    'the polygon 0,0 4,0 0,3'
    """
    what = "polygon" if "points" in shape else "box"
    return f"the {what} {_written(shape)}"


def _shape(part: Any, raw: Any, find: Find) -> tuple[int, tuple[int | float, ...], str]:
    is_polygon = "points" in part if isinstance(part, Mapping) else isinstance(part, list | tuple) and len(part) == 2
    if is_polygon:
        points, name = fields_of(part, ("points", "label"), raw)
        return 1, _polygon(points, raw), find(name)
    if isinstance(part, Mapping) and not any(side in part for side in SIDES):
        raise InvalidInput(
            f"the answer {short(raw)} must give points and label for each polygon, and x, y, width, height and label "
            f"for each box; got {short(part)}."
        )
    *sides, name = fields_of(part, (*SIDES, "label"), raw)
    x, y, width, height = numbers = tuple(finite(side, raw) for side in sides)
    if x < 0 or y < 0 or width <= 0 or height <= 0:
        raise InvalidInput(
            f"the box {x},{y},{width},{height} must lie in the image and have an area; x and y are its top left "
            "corner in pixels, then come width and height."
        )
    return 0, numbers, find(name)


def _polygon(points: Any, raw: Any) -> tuple[int | float, ...]:
    given = [pair.split(",") for pair in points.split()] if isinstance(points, str) else points
    if not isinstance(given, list | tuple) or not all(isinstance(p, list | tuple) and len(p) == 2 for p in given):
        raise InvalidInput(
            f"the answer {short(raw)} must give a polygon's points as pairs of x and y; got {short(points)}. Write "
            "them like [[10, 12], [18, 12], [14, 20]]."
        )
    pairs = [(finite(x, raw), finite(y, raw)) for x, y in given]
    if len(pairs) > 1 and pairs[0] == pairs[-1]:
        pairs.pop()
    shown = short(" ".join(f"{x},{y}" for x, y in pairs))
    if len(set(pairs)) < CORNERS:
        raise InvalidInput(
            f"the polygon {shown} must have at least {CORNERS} corners; it has {len(set(pairs))}. Draw it again, or "
            "leave it out."
        )
    if any(x < 0 or y < 0 for x, y in pairs):
        raise InvalidInput(f"the polygon {shown} must lie in the image; x and y count pixels from its top left corner.")
    x0, y0 = pairs[0]  # counted from a corner, so that large numbers do not swallow a small area
    moved = [(x - x0, y - y0) for x, y in pairs]
    if not sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(moved, [*moved[1:], moved[0]], strict=True)):
        raise InvalidInput(f"the polygon {shown} must have an area; it encloses none. Draw it again.")
    return tuple(side for pair in pairs for side in pair)


def _stored(kind: int, numbers: Sequence[int | float], name: str) -> dict[str, Any]:
    if kind:
        return {"points": [[x, y] for x, y in zip(numbers[::2], numbers[1::2], strict=True)], "label": name}
    return {**dict(zip(SIDES, numbers, strict=True)), "label": name}


def _written(shape: Mapping[str, Any]) -> str:
    if "points" in shape:
        return " ".join(f"{x},{y}" for x, y in shape["points"])
    return ",".join(str(shape[side]) for side in SIDES)
