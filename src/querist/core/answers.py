"""Answers that are more than one word or number, in their three forms.

Labels that hold together, spans of a text, boxes and polygons in an image, rankings, texts and reviews. As *stored*
each is plain JSON that anybody can read; as a *cell* it is a line of text that a person can write into a spreadsheet;
as a *code* it is made of numbers, or of text where there is nothing to number, and can be compared and hashed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core import polygons, rankings, reviews
from querist.core.answer_text import (
    NONE_HOLDS,
    SEPARATORS,
    Find,
    fields_of,
    finite,
    from_text,
    joined,
    named,
    parts_of,
    plain,
    storable,
    whole,
)
from querist.core.chats import n_steps
from querist.core.checks import Array
from querist.core.errors import InvalidInput

Code = int | float | str | tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """How the answers of a task are read, numbered and written.

    Parameters
    ----------
    read : callable
        `(raw, find)` to the stored form.
    encode : callable
        `(stored, number)` to the code, where `number` gives a class its number.
    decode : callable
        `(code, classes)` to the stored form.
    cell : callable
        The stored form to a line of text, from which it is read back unless a name looks like more than a name.
    classes_of : callable
        The classes that a stored answer names, repeated as often as it names them.
    """

    read: Callable[[Any, Find], Any]
    encode: Callable[[Any, Callable[[str], int]], Code]
    decode: Callable[[Any, Sequence[str]], Any]
    cell: Callable[[Any], str]
    classes_of: Callable[[Any], list[str]]


def read_labels(raw: Any, find: Find) -> list[str]:
    """The labels that hold, once each, in the order of their names as given.

    Parameters
    ----------
    raw : list of str, or text
        Names; or a text of them parted by `;`, `|` or `,`, a JSON list, or `(none)`.
    find : callable
        The class that a name stands for.

    Examples
    --------
    >>> read_labels(["sad", "quiet", "sad"], str), read_labels("(none)", str)
    (['sad', 'quiet'], [])
    """
    given = from_text(raw, "labels")
    if isinstance(given, str | int | float):
        given = named(str(given), find)
    if not isinstance(given, list | tuple | set | frozenset):
        raise InvalidInput(
            f"the answer {raw!r} must be a list of labels; write them parted by ';', or '{NONE_HOLDS}' where none "
            "holds."
        )
    return list(dict.fromkeys(find(name) for name in given))


def read_spans(raw: Any, find: Find) -> list[dict[str, Any]]:
    """Spans as stored: `start` and `end` count code points, `end` is the first that is not in it.

    Parameters
    ----------
    raw : list, or text
        Maps with start, end and label, or triples of these; or a text like `0-4 PER; 9-14 LOC`, JSON, or `(none)`.
    find : callable
        The class that a name stands for.

    Examples
    --------
    >>> read_spans("9-14 LOC; 0-4 PER", str)
    [{'start': 0, 'end': 4, 'label': 'PER'}, {'start': 9, 'end': 14, 'label': 'LOC'}]
    """
    found = set()
    for part in parts_of(raw, "spans", (_SPAN,), "0-4 PER; 9-14 LOC"):
        start, end, name = fields_of(part, ("start", "end", "label"), raw)
        first, last = whole(start, raw), whole(end, raw)
        if not 0 <= first < last:
            raise InvalidInput(
                f"the span {first}-{last} must begin at 0 or later and end after its beginning; the end is the first "
                "character that does not belong to it."
            )
        found.add((first, last, find(name)))
    return [{"start": start, "end": end, "label": name} for start, end, name in sorted(found)]


def read_boxes(raw: Any, find: Find) -> list[dict[str, Any]]:
    """Boxes as stored: `x` and `y` of the top left corner from the image's own, `width` and `height`, in pixels.

    Parameters
    ----------
    raw : list, or text
        Maps with x, y, width, height and label, or lists of these five; or a text like `10,12,8,8 car; ...`, JSON, or
        `(none)`.
    find : callable
        The class that a name stands for.

    Examples
    --------
    >>> read_boxes("10,12.5,8,8 car", str)
    [{'x': 10, 'y': 12.5, 'width': 8, 'height': 8, 'label': 'car'}]
    """
    found = set()
    for part in parts_of(raw, "boxes", (_BOX,), "10,12,8,8 car"):
        *sides, name = fields_of(part, ("x", "y", "width", "height", "label"), raw)
        x, y, width, height = (finite(side, raw) for side in sides)
        if x < 0 or y < 0 or width <= 0 or height <= 0:
            raise InvalidInput(
                f"the box {x},{y},{width},{height} must lie in the image and have an area; x and y are its top left "
                "corner in pixels, then come width and height."
            )
        found.add((x, y, width, height, find(name)))
    names = ("x", "y", "width", "height", "label")
    return [dict(zip(names, box, strict=True)) for box in sorted(found)]


def named_in(values: Iterable[Any], task: str) -> list[list[str] | InvalidInput]:
    """The classes that each answer names, where no schema says which there are, or why it cannot be read.

    In a column of labels, the first of `;`, `|` and `,` that stands anywhere parts the names.

    Examples
    --------
    >>> named_in(["sad; quiet, or still", "(none)", ["happy"]], "labels")
    [['sad', 'quiet, or still'], [], ['happy']]
    """
    values = list(values)
    lines = [value for value in values if isinstance(value, str) and not value.lstrip().startswith(("[", "{"))]
    parts = None
    if task == "labels":
        parts = next((mark for mark in SEPARATORS if any(mark in line for line in lines)), None)

    def find(raw: Any) -> str:
        name = str(raw).strip()
        if isinstance(raw, Mapping | list | tuple | None) or not name or (parts is not None and parts in name):
            raise InvalidInput(f"the label {raw!r} must be one name.")
        if name in ("-", "–") or name.casefold() == NONE_HOLDS:
            raise InvalidInput(f"the label {raw!r} must be a name; write '{NONE_HOLDS}' alone where none holds.")
        return name

    found: list[list[str] | InvalidInput] = []
    for value in values:
        try:
            found.append(FORMS[task].classes_of(FORMS[task].read(value, find)))
        except InvalidInput as error:
            found.append(error)
    return found


def classes_in(values: Iterable[Any], task: str) -> list[str]:
    """All classes that answers name, sorted; one that cannot be read names none.

    Examples
    --------
    >>> classes_in(["0-4 PER; 9-14 LOC", "(none)", "0-3 PER"], "spans")
    ['LOC', 'PER']
    """
    return sorted({name for names in named_in(values, task) if not isinstance(names, InvalidInput) for name in names})


def beyond(stored: Any, task: str, content: Any) -> str | None:
    """What is wrong where part of an answer lies outside its item; None if nothing does.

    It says what to do as well, so that every way in says the same.

    Parameters
    ----------
    stored : spans, boxes, polygons, or a review
    task : {"spans", "boxes", "polygons", "review"}
    content : str, list of lists of numbers, array, or chat
        The text, the image's rows of pixels, or the messages; anything else has no end that is known.

    Examples
    --------
    >>> beyond([{"start": 0, "end": 9, "label": "PER"}], "spans", "Ann Lee").split(". ")[0]
    'the span 0-9 must end within the text, which has 7 characters'
    >>> beyond({"steps": [{"step": 4}]}, "review", [{"role": "user", "content": "Hi"}]).split(". ")[0]
    'the step 4 must be one of the 1 that there are, counted from 0'
    """
    if task == "review":
        n, last = n_steps(content), max((step["step"] for step in stored["steps"]), default=-1)
        if n is None or last < n:
            return None
        return f"the step {last} must be one of the {n} that there are, counted from 0. {_LOOK_AGAIN}"
    if task == "spans":
        length = len(content) if isinstance(content, str) else 0
        last = max((span["end"] for span in stored), default=0)
        wrong = next((span for span in stored if span["end"] == last > length), None)
        if wrong is None:
            return None
        said = f"the span {wrong['start']}-{wrong['end']} must end within the text, which has {length} characters"
        return f"{said}. {_LOOK_AGAIN}"
    if not isinstance(content, list | tuple | np.ndarray) or not len(content):
        return None
    if not isinstance(content[0], list | tuple | np.ndarray):
        return None
    height, width = len(content), len(content[0])
    for shape in stored:
        if any(x > width or y > height for x, y in polygons.corners(shape)):
            named = polygons.named(shape)
            said = f"{named} must lie within the image, which is {width} pixels wide and {height} high"
            return f"{said}. {_LOOK_AGAIN}"
    return None


def quoted(stored: Sequence[Mapping[str, Any]], text: str) -> str:
    """Spans as a reader knows them, by the words that they mark.

    Examples
    --------
    >>> quoted([{"start": 0, "end": 3, "label": "PER"}], "Ann left")
    'PER “Ann”'
    """
    parts = [f"{span['label']} “{text[span['start'] : span['end']]}”" for span in stored]
    return "; ".join(parts) or NONE_HOLDS


def as_objects(values: Sequence[Any]) -> Array:
    """Values as a 1-D array of objects, whatever they are; NumPy would make a table of equally long ones."""
    out = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        out[i] = value
    return out


def _encode_spans(stored: Sequence[Mapping[str, Any]], number: Callable[[str], int]) -> Code:
    return tuple(sorted((s["start"], s["end"], number(s["label"])) for s in stored))


def _decode_spans(code: Sequence[Any], classes: Sequence[str]) -> list[Any]:
    return [{"start": int(a), "end": int(b), "label": classes[int(c)]} for a, b, c in code]


def _encode_boxes(stored: Sequence[Mapping[str, Any]], number: Callable[[str], int]) -> Code:
    return tuple(sorted((b["x"], b["y"], b["width"], b["height"], number(b["label"])) for b in stored))


def _decode_boxes(code: Sequence[Any], classes: Sequence[str]) -> list[Any]:
    return [
        {"x": plain(x), "y": plain(y), "width": plain(w), "height": plain(h), "label": classes[int(c)]}
        for x, y, w, h, c in code
    ]


def _read_text(raw: Any, find: Find) -> str:
    text = storable(raw, "answer")
    if not text:
        raise InvalidInput(f"the answer {raw!r} must hold text; leave the cell empty where there is no answer.")
    return text


FORMS: Mapping[str, Form] = {
    "labels": Form(
        read=read_labels,
        encode=lambda stored, number: tuple(sorted(number(name) for name in stored)),
        decode=lambda code, classes: [classes[int(c)] for c in code],
        cell=joined,
        classes_of=list,
    ),
    "spans": Form(
        read=read_spans,
        encode=_encode_spans,
        decode=_decode_spans,
        cell=lambda stored: joined([f"{s['start']}-{s['end']} {s['label']}" for s in stored]),
        classes_of=lambda stored: [s["label"] for s in stored],
    ),
    "boxes": Form(
        read=read_boxes,
        encode=_encode_boxes,
        decode=_decode_boxes,
        cell=lambda stored: joined([f"{b['x']},{b['y']},{b['width']},{b['height']} {b['label']}" for b in stored]),
        classes_of=lambda stored: [b["label"] for b in stored],
    ),
    "polygons": Form(
        read=polygons.read,
        encode=polygons.encode,
        decode=polygons.decode,
        cell=polygons.cell,
        classes_of=lambda stored: [shape["label"] for shape in stored],
    ),
    "ranking": Form(
        read=rankings.read,
        encode=lambda stored, number: tuple(number(name) for name in stored),
        decode=lambda code, classes: [classes[c] if classes else c for c in code],
        cell=" > ".join,
        classes_of=lambda stored: stored[:1],  # the one that came first: all are named in every answer
    ),
    "text": Form(
        read=_read_text,
        encode=lambda stored, number: str(stored),
        decode=lambda code, classes: str(code),
        cell=str,
        classes_of=lambda stored: [],
    ),
    "review": Form(
        read=reviews.read,
        encode=reviews.encode,
        decode=reviews.decode,
        cell=reviews.cell,
        classes_of=lambda stored: [stored["verdict"]],
    ),
}

_LOOK_AGAIN = "Count from 0, and see that the answer is about this item."
_SPAN = re.compile(r"(\d+)\s*-\s*(\d+)\s+(.+)", re.DOTALL)  # so that a line break fails once, not at every place
_BOX = re.compile(r"([^,\s]+)\s*,\s*([^,\s]+)\s*,\s*([^,\s]+)\s*,\s*([^,\s]+)\s+(.+)", re.DOTALL)
