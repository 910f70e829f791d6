"""Answers that are sets: labels that hold together, spans of a text, boxes in an image.

Each has three forms. As *stored* it is plain JSON that anybody can read; as a *cell* it is a line of text that a person
can write into a spreadsheet; as a *code* it is a tuple of numbers, sorted, which a model learns from and which can be
compared and hashed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core.checks import Array, short
from querist.core.errors import InvalidInput

NONE_HOLDS = "(none)"  # in a cell: nothing of it is there, which an empty cell does not say
SEPARATORS = (";", "|", ",")

Code = int | float | tuple[Any, ...]
Find = Callable[[Any], str]  # the class that a name stands for, or InvalidInput


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

    read: Callable[[Any, Find], list[Any]]
    encode: Callable[[Sequence[Any], Callable[[str], int]], Code]
    decode: Callable[[Sequence[Any], Sequence[str]], list[Any]]
    cell: Callable[[Sequence[Any]], str]
    classes_of: Callable[[Sequence[Any]], list[str]]


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
    given = _from_text(raw, "labels")
    if isinstance(given, str | int | float):
        given = _named(str(given), find)
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
    for part in _parts(raw, "spans", _SPAN, "0-4 PER; 9-14 LOC"):
        start, end, name = _fields(part, ("start", "end", "label"), raw)
        first, last = _whole(start, raw), _whole(end, raw)
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
    for part in _parts(raw, "boxes", _BOX, "10,12,8,8 car"):
        *sides, name = _fields(part, ("x", "y", "width", "height", "label"), raw)
        x, y, width, height = (_number(side, raw) for side in sides)
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


def beyond(stored: Sequence[Mapping[str, Any]], task: str, content: Any) -> str | None:
    """What is wrong where a span or a box reaches beyond the text or the image that it lies in; None if nothing does.

    It says what to do as well, so that every way in says the same.

    Parameters
    ----------
    stored : list of spans or boxes
    task : {"spans", "boxes"}
    content : str, list of lists of numbers, or array
        The text, or the image's rows of pixels; anything else has no end that is known.

    Examples
    --------
    >>> beyond([{"start": 0, "end": 9, "label": "PER"}], "spans", "Ann Lee").split(". ")[0]
    'the span 0-9 must end within the text, which has 7 characters'
    """
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
    for box in stored:
        if box["x"] + box["width"] > width or box["y"] + box["height"] > height:
            cell = ",".join(str(box[side]) for side in ("x", "y", "width", "height"))
            said = f"the box {cell} must lie within the image, which is {width} pixels wide and {height} high"
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
        {"x": _plain(x), "y": _plain(y), "width": _plain(w), "height": _plain(h), "label": classes[int(c)]}
        for x, y, w, h, c in code
    ]


def _cell(parts: Sequence[str]) -> str:
    return "; ".join(parts) or NONE_HOLDS


FORMS: Mapping[str, Form] = {
    "labels": Form(
        read=read_labels,
        encode=lambda stored, number: tuple(sorted(number(name) for name in stored)),
        decode=lambda code, classes: [classes[int(c)] for c in code],
        cell=_cell,
        classes_of=list,
    ),
    "spans": Form(
        read=read_spans,
        encode=_encode_spans,
        decode=_decode_spans,
        cell=lambda stored: _cell([f"{s['start']}-{s['end']} {s['label']}" for s in stored]),
        classes_of=lambda stored: [s["label"] for s in stored],
    ),
    "boxes": Form(
        read=read_boxes,
        encode=_encode_boxes,
        decode=_decode_boxes,
        cell=lambda stored: _cell([f"{b['x']},{b['y']},{b['width']},{b['height']} {b['label']}" for b in stored]),
        classes_of=lambda stored: [b["label"] for b in stored],
    ),
}

_LOOK_AGAIN = "Count from 0, and see that the answer is about this item."
_SOMETHING = re.compile(r"[^\s;|,]")
_SPAN = re.compile(r"(\d+)\s*-\s*(\d+)\s+(.+)")
_BOX = re.compile(r"([^,\s]+)\s*,\s*([^,\s]+)\s*,\s*([^,\s]+)\s*,\s*([^,\s]+)\s+(.+)")


def _from_text(raw: Any, what: str) -> Any:
    """What JSON says, an empty list where nothing holds, or the text itself."""
    if isinstance(raw, Mapping) and what != "labels":
        return [raw]
    if not isinstance(raw, str):
        return raw
    text = raw.strip()
    if not _SOMETHING.search(text):
        raise InvalidInput(f"the answer {raw!r} must name {what}; write '{NONE_HOLDS}' where none holds.")
    if text.casefold() == NONE_HOLDS:
        return []
    if text.startswith(("[", "{")):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidInput(f"the answer {short(raw)} must be {what}; it looks like JSON, and is none.") from None
        return [found] if isinstance(found, dict) and what != "labels" else found
    return text


def _named(text: str, find: Find) -> list[str]:
    """The names in a text: all of it where that is a class, else parted by the first separator that parts it well."""
    try:
        return [find(text)]
    except InvalidInput as whole:
        wrong: InvalidInput = whole
    for separator in SEPARATORS:
        if separator not in text:
            continue
        names = [name for part in text.split(separator) if (name := part.strip())]
        try:
            for name in names:
                find(name)
        except InvalidInput as error:
            wrong = error
            continue
        return names
    raise wrong


def _parts(raw: Any, what: str, form: re.Pattern[str], example: str) -> list[Any]:
    given = _from_text(raw, what)
    if isinstance(given, str):
        found = []
        for part in (stripped for piece in given.split(";") if (stripped := piece.strip())):
            match = form.fullmatch(part)
            if match is None:
                raise InvalidInput(
                    f"the answer {part!r} must be one of the {what} as in '{example}', or '{NONE_HOLDS}' where there "
                    "is none."
                )
            found.append(list(match.groups()))
        return found
    if not isinstance(given, list | tuple):
        raise InvalidInput(
            f"the answer {raw!r} must be a list of {what}; write them as in '{example}', or '{NONE_HOLDS}' where there "
            "is none."
        )
    return list(given)


def _fields(part: Any, names: tuple[str, ...], raw: Any) -> list[Any]:
    if isinstance(part, Mapping):
        if missing := [name for name in names if name not in part]:
            raise InvalidInput(f"the answer {raw!r} must give {', '.join(names)} for each; {missing[0]} is missing.")
        return [part[name] for name in names]
    if not isinstance(part, list | tuple) or len(part) != len(names):
        raise InvalidInput(f"the answer {raw!r} must give {', '.join(names)} for each; got {part!r}.")
    return list(part)


def _whole(value: Any, raw: Any) -> int:
    number = _number(value, raw)
    if number != int(number):
        raise InvalidInput(f"the answer {raw!r} must count whole characters; got {value!r}.")
    return int(number)


def _number(value: Any, raw: Any) -> int | float:
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInput(f"the answer {raw!r} must hold finite numbers; got {value!r}.")
    return _plain(number)


def _plain(number: float) -> int | float:
    return int(number) if float(number).is_integer() else float(number)
