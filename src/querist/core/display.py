"""How a page shows a field, found from what the field holds."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isqrt
from typing import Any, Literal, get_args

import numpy as np

from querist.core.chats import as_json, is_trace, steps_of
from querist.core.hashing import is_missing
from querist.core.items import FieldKind

Display = Literal["text", "markdown", "json", "chat", "trace", "image", "audio", "pixels", "number"]
DISPLAYS: tuple[Display, ...] = get_args(Display)

LOOKED_AT = 200  # values; a column of a million says no more
MARKED_SHARE = 0.2  # of the texts, from which on all are shown as Markdown: plain text survives it
CHARACTERS_LOOKED_AT = 2000  # of a text, for marks
SMALLEST, LARGEST = 5, 1024  # pixels a side; rows of numbers beyond are no picture anyone labels

LONGEST_NAME = 2000  # characters of a file's name or address

_MEDIA = {
    "image": (".png", ".jpg", ".jpeg", ".gif", ".webp"),
    "audio": (".mp3", ".wav", ".ogg", ".m4a", ".flac"),
}
_MARKS = re.compile(
    r"^#{1,6} \S"  # a heading
    r"|^ {0,3}```"  # a block of code
    r"|^(?:[-*+] \S.*\n)+[-*+] \S"  # a list of two
    r"|^1\. \S.*\n2\. \S"
    r"|^\|?(?: *:?-{3,}:? *\|)+"  # a table
    r"|\*\*[^\s*][^*\n]*\*\*"
    r"|\[[^\[\]\n]{1,300}\]\([^\s)]{1,300}\)",  # a link; bounded, as a text may be made to take long
    re.MULTILINE,
)


def infer_display(values: Sequence[Any], kind: FieldKind) -> Display:
    """How to show a field, by the first of these rules that holds for every value; empty ones count for nothing.

    1. *number*: the field's kind is one.
    2. *image* or *audio*: texts that end as the names of such files do, or `data:` URLs of them.
    3. *pixels*: rows of numbers, or as many numbers as a square has, where the kind is a vector; other vectors are
       *json*.
    4. *chat*: lists of messages with a role and a content; *trace*: the same with calls of tools, or steps of an agent
       (`querist.core.chats`).
    5. *json*: other lists and maps. As everywhere here, a text that is the JSON of one counts as it.
    6. *markdown*: texts of which a fifth have headings, lists, tables, code, links or words in bold among their first
       2,000 characters.
    7. *text*: what is left.

    Parameters
    ----------
    values : sequence
        The field's first values.
    kind : {"text", "number", "category", "vector", "ignored"}
        What the field is to a learner.

    Examples
    --------
    >>> infer_display([[{"role": "user", "content": "Hi"}], None], "text")
    'chat'
    >>> infer_display(["scans/1.png", "scans/2.PNG?size=2"], "ignored")
    'image'
    """
    if kind == "number":
        return "number"
    present = [value for value in values[:LOOKED_AT] if not is_missing(value)]
    if not present:
        return "text"
    texts = [value for value in present if isinstance(value, str)]
    if len(texts) == len(present):
        media = set(map(media_of, texts))
        if media == {"image"}:
            return "image"
        if media == {"audio"}:
            return "audio"
    if kind == "vector":
        return "pixels" if all(_is_square_or_rows(as_json(value)) for value in present) else "json"
    found = [as_json(value) for value in present]
    if all(isinstance(value, Mapping | list | tuple | np.ndarray) for value in found):
        steps = [step for step in map(steps_of, found) if step is not None]
        if len(steps) == len(found):
            return "trace" if any(map(is_trace, steps)) else "chat"
        return "json"
    if sum(_MARKS.search(text[:CHARACTERS_LOOKED_AT]) is not None for text in texts) >= MARKED_SHARE * len(present):
        return "markdown"
    return "text"


def media_of(text: str) -> str | None:
    """`image` or `audio`, where a text is the name or address of such a file, or a `data:` URL of one; else None.

    Examples
    --------
    >>> media_of("scans/2.PNG?size=2"), media_of("data:audio/wav;base64,AA"), media_of("png or gif?")
    ('image', 'audio', None)
    """
    if text.startswith("data:"):
        return next((kind for kind in _MEDIA if text.startswith(f"data:{kind}/")), None)
    if len(text) > LONGEST_NAME or "." not in text or "\n" in text.strip():
        return None
    bare = text.partition("?")[0].partition("#")[0].strip().lower()
    return next((kind for kind, suffixes in _MEDIA.items() if bare.endswith(suffixes)), None)


def _is_square_or_rows(value: Any) -> bool:
    """Whether numbers are an image's: rows of one length, or as many as a square has."""
    if not isinstance(value, list | tuple | np.ndarray) or not len(value):
        return False
    if isinstance(value[0], list | tuple | np.ndarray):
        sides = {len(row) for row in value} if all(isinstance(row, list | tuple | np.ndarray) for row in value) else {0}
        return len(sides) == 1 and all(SMALLEST <= side <= LARGEST for side in {len(value), *sides})
    side = isqrt(len(value))
    return side * side == len(value) and SMALLEST <= side <= LARGEST
