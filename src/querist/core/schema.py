"""What is asked of an item, and which answers there are."""

from __future__ import annotations

import json
import math
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

from querist.core import rankings
from querist.core.answer_text import NONE_HOLDS
from querist.core.answers import FORMS, Code, quoted
from querist.core.checks import listed, nearest, one_of, positive, short
from querist.core.errors import InvalidInput
from querist.core.hashing import digest

Task = Literal[
    "choice", "labels", "spans", "boxes", "number", "pair", "rating", "ranking", "text", "polygons", "review"
]
TASKS: tuple[Task, ...] = get_args(Task)
CLASSES_LISTED = 6
LABEL_CHARACTERS = 200  # of a label that is none, in a message about it
PREFERENCES = ("a", "b", "tie", "neither")  # what one can say of two, the first and the second side
USUAL_PREFERENCES = ("a", "b", "tie")
MOST_LEVELS = 101  # of a rating: 0 to 100; what is finer is a number
WITHOUT_CLASSES: tuple[Task, ...] = ("number", "rating", "text")
ONE_CLASS: tuple[Task, ...] = ("choice", "pair")  # an answer is one class's name


@dataclass(frozen=True, slots=True)
class Schema:
    """One question and its answers. Immutable; a change is a new version.

    Parameters
    ----------
    target : str
        The name of what is asked, used as the column of labels.
    classes : sequence of str
        The answers to choose from, in order; empty for a number, a rating and a text. A pair has some of `a`, `b`,
        `tie` and `neither`, by default the first three.
    task : {"choice", "labels", "spans", "boxes", "number", "pair", "rating", "ranking", "text", "polygons", "review"}
        One of the classes; any of them, together or none; spans of a text, or boxes in an image, each of a class; a
        number; which of two is better; a whole number from `low` to `high`; all options, the best first; a text;
        polygons and boxes in an image, each of a class; or a verdict on a chat or a trace, and on steps of it.
    version : int
        From 1, raised by each change.
    low, high : int, optional
        The ends of a rating.
    sides : sequence of str
        Fields that the question is about: the two that a pair compares; the one that holds a ranking's options, where
        they are no classes; the one that a text rewrites; the one that a review is of.

    Raises
    ------
    InvalidInput
        If the classes, the ends or the sides are not what the task must have, or two classes differ only in case or
        blanks.

    Examples
    --------
    >>> schema = Schema("kind", ("spam", "ham"))
    >>> schema.read(" Spam ")
    'spam'
    >>> schema.read("spma")
    Traceback (most recent call last):
    querist.core.errors.InvalidInput: the label 'spma' is not in the schema; did you mean 'spam'?
    """

    target: str
    classes: tuple[str, ...] = ()
    task: Task = "choice"
    version: int = 1
    low: int | None = None
    high: int | None = None
    sides: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        one_of("task", self.task, TASKS)
        positive("version", self.version)
        usual = USUAL_PREFERENCES if self.task == "pair" else ()
        object.__setattr__(self, "classes", tuple(self.classes) or usual)
        object.__setattr__(self, "sides", tuple(self.sides))
        if not self.target:
            raise InvalidInput("target: must be a name; got an empty one. Name the column of labels.")
        self._check_ends()
        self._check_sides()
        self._check_classes()

    def _check_ends(self) -> None:
        if self.task != "rating":
            if (self.low, self.high) != (None, None):
                raise InvalidInput(f"low, high: must be left out for {self.task}; they are the ends of a rating.")
            return
        for name, end in (("low", self.low), ("high", self.high)):
            if isinstance(end, bool) or not isinstance(end, int):
                raise InvalidInput(
                    f"{name}: must be a whole number for a rating; got {end!r}. Say both ends, such as 1 and 5."
                )
        low, high = self._ends
        if not low < high < low + MOST_LEVELS:
            raise InvalidInput(
                f"high: must be above low, and at most {MOST_LEVELS - 1} above it; got {low} to {high}. Ask for a "
                "number where there are more steps than anyone tells apart."
            )

    def _check_sides(self) -> None:
        n = len(self.sides)
        if self.task == "pair" and (n != 2 or self.sides[0] == self.sides[1]):
            raise InvalidInput(
                f"sides: must be the two fields that are compared, a first; got {list(self.sides)}. Name two fields."
            )
        if self.task == "ranking" and bool(n) == bool(self.classes):
            raise InvalidInput(
                "sides: must name the field that holds each item's options, or else classes must be the options of "
                f"all; got {'both' if n else 'neither'}. Give one of them."
            )
        most = {"pair": 2, "ranking": 1, "text": 1, "review": 1}.get(self.task, 0)
        if n > most:
            rule = f"must be at most {most} field" if most else "must be left out"
            raise InvalidInput(f"sides: {rule} for {self.task}; got {list(self.sides)}. Leave out the others.")
        for side in self.sides:
            if not isinstance(side, str) or not side.strip():
                raise InvalidInput(f"sides: must be names of fields; got {side!r}. Name the field.")

    def _check_classes(self) -> None:
        if self.task in WITHOUT_CLASSES:
            if self.classes:
                raise InvalidInput(
                    f"classes: must be empty for a {self.task}; got some. Drop them, or use task='choice'."
                )
            return
        if self.task == "ranking" and self.sides:
            return
        least = 2 if self.task in (*ONE_CLASS, "review", "ranking") else 1
        if least == 1 and not self.classes:
            raise InvalidInput(f"classes: must be at least one for {self.task}; got none. Name every class.")
        if len(self.classes) < least:
            raise InvalidInput(
                f"classes: must be at least two; got {list(self.classes)}. "
                "A question with one answer needs no asking: name every class, also those not labeled yet."
            )
        if self.task == "pair" and not {"a", "b"} <= set(self.classes) <= set(PREFERENCES):
            raise InvalidInput(
                f"classes: must be a and b, and maybe tie and neither, for a pair; got {list(self.classes)}. The sides "
                "say which fields a and b are."
            )
        folded: dict[str, str] = {}
        for name in self.classes:
            if not isinstance(name, str) or not name.strip():
                raise InvalidInput(f"classes: must be non-empty text; got {name!r}. Name the class.")
            if fold(name) == NONE_HOLDS and self.task == "labels":
                raise InvalidInput(
                    f"classes: must not be {name!r}, which says in a table that no label holds. Rename it."
                )
            key = fold(name)
            if key in folded:
                raise InvalidInput(
                    f"classes: must differ by more than case and blanks; got {folded[key]!r} and {name!r}. Merge them."
                )
            folded[key] = name

    @property
    def options(self) -> tuple[str, ...]:
        """The answers to choose from, by their numbers: the classes, or a rating's whole numbers.

        Examples
        --------
        >>> Schema("stars", task="rating", low=1, high=3).options
        ('1', '2', '3')
        """
        if self.task != "rating":
            return self.classes
        low, high = self._ends
        return tuple(map(str, range(low, high + 1)))

    @property
    def n_classes(self) -> int:
        """How many answers there are to choose from."""
        return len(self.options)

    @property
    def may_be_empty(self) -> bool:
        """Whether an answer may be that nothing of it is there."""
        return self.task in ("labels", "spans", "boxes", "polygons")

    @property
    def _ends(self) -> tuple[int, int]:
        return self.low or 0, self.high or 0

    @property
    def asked(self) -> str:
        """What an answer is, in words."""
        classes = f"{self.n_classes} class" if self.n_classes == 1 else f"{self.n_classes} classes"
        match self.task:
            case "choice":
                return f"one of {classes}"
            case "labels":
                return f"which of {self.n_classes} labels hold"
            case "number":
                return "a number"
            case "pair":
                return f"which is better, {self.sides[0]} (a) or {self.sides[1]} (b)"
            case "rating":
                return f"a rating from {self.low} to {self.high}"
            case "ranking":
                return f"an order of the options in {self.sides[0]}" if self.sides else f"an order of {classes}"
            case "text":
                return f"{self.sides[0]} written anew" if self.sides else "a text"
            case "review":
                return f"a review, its verdict one of {classes}"
        return f"{self.task} of {classes}"

    def read(self, raw: Any) -> Any:
        """The answer that `raw` stands for; case and surrounding blanks are forgiven, spelling is not.

        Returns
        -------
        answer : str, int, float, list or dict
            A class's name or a number; for the other tasks plain JSON, as `querist.core.answers` says.

        Raises
        ------
        InvalidInput
            If it is none of the classes, no finite number, out of range, or of another shape.
        """
        match self.task:
            case "choice" | "pair":
                return self._class(raw)
            case "number":
                return _number(raw)
            case "rating":
                return self._rating(raw)
            case "labels":
                return sorted(FORMS["labels"].read(raw, self._class), key=self.classes.index)
            case "ranking":
                found = FORMS["ranking"].read(raw, self._class if self.classes else rankings.option_name)
                return rankings.ordered(found, self.classes) if self.classes else found
        return FORMS[self.task].read(raw, self._class)

    def _rating(self, raw: Any) -> int:
        value = math.nan if isinstance(raw, bool) else _number(raw)
        low, high = self._ends
        if not (value.is_integer() and low <= value <= high):
            raise InvalidInput(
                f"the rating {short(raw, LABEL_CHARACTERS)} must be a whole number from {low} to {high}."
            )
        return int(value)

    def _class(self, raw: Any) -> str:
        if (found := self.find(raw)) is not None:
            return found
        text = str(raw)
        near = nearest(fold(text), list(_folded(self.classes)))
        hint = (
            f"did you mean {_folded(self.classes)[near]!r}?"
            if near
            else f"it has {listed(self.classes, CLASSES_LISTED)}."
        )
        raise InvalidInput(f"the label {short(text, LABEL_CHARACTERS)} is not in the schema; {hint}")

    def find(self, raw: Any) -> str | None:
        """The class that `raw` stands for, or None: `read` without a message."""
        text = str(raw)
        if text in self.classes:
            return text
        known = _folded(self.classes)
        # A spreadsheet, or a data frame with blanks in it, writes the whole number 1 as 1.0.
        return known.get(fold(text)) or known.get(text.strip().removesuffix(".0"))

    def encode(self, value: Any) -> Code:
        """The class's number, a rating's above its low end, or the number itself; for other tasks a tuple or a text."""
        match self.task:
            case "choice" | "pair":
                return self.classes.index(str(value))
            case "number":
                return float(value)
            case "rating":
                return int(value) - self._ends[0]
        return FORMS[self.task].encode(value, self.classes.index if self.classes else _itself)

    def decode(self, code: Any) -> Any:
        """The reverse of `encode`."""
        match self.task:
            case "choice" | "pair":
                return self.classes[int(code)]
            case "number":
                return float(code)
            case "rating":
                return int(code) + self._ends[0]
        return FORMS[self.task].decode(code, self.classes)

    def cell(self, value: Any) -> str | float:
        """An answer as one writes it into a cell of a table, from which `read` makes the same.

        Examples
        --------
        >>> Schema("mood", ("sad", "happy"), "labels").cell(["sad", "happy"])
        'sad; happy'
        """
        match self.task:
            case "choice" | "pair" | "text":
                return str(value)
            case "number":
                return float(value)
            case "rating":
                return int(value)
        stored = value if isinstance(value, Mapping) else list(value)
        line = FORMS[self.task].cell(stored)
        with suppress(InvalidInput):
            if self.read(line) == stored:
                return line
        return json.dumps(stored, ensure_ascii=False)  # a name with a separator in it would come apart

    def shown(self, value: Any, content: Any = None) -> str:
        """An answer as a person reads it: as in a cell, but spans by the words of the text that they mark."""
        if self.task == "spans" and isinstance(content, str):
            return quoted(value, content)
        return str(self.cell(value))

    def classes_of(self, value: Any) -> list[str]:
        """The options that an answer names, as often as it does; of a ranking the first, since it names all."""
        match self.task:
            case "choice" | "pair" | "rating":
                return [str(value)]
            case "number":
                return []
        named = FORMS[self.task].classes_of(value)
        return named if self.classes else []

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same schema; what a task does not have is left out."""
        body: dict[str, Any] = {
            "target": self.target,
            "classes": list(self.classes),
            "task": self.task,
            "version": self.version,
        }
        if self.task == "rating":
            body |= {"low": self.low, "high": self.high}
        return body | ({"sides": list(self.sides)} if self.sides else {})

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Schema:
        """The reverse of `to_json`."""
        return cls(
            body["target"],
            tuple(body["classes"]),
            body["task"],
            body["version"],
            body.get("low"),
            body.get("high"),
            tuple(body.get("sides", ())),
        )

    @property
    def digest(self) -> str:
        """Content hash of the schema."""
        return digest(self.to_json())


def fold(text: str) -> str:
    """Text as compared between labels: compatible characters alike, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _itself(name: str) -> Any:
    return name


@lru_cache(maxsize=64)
def _folded(classes: tuple[str, ...]) -> dict[str, str]:
    """The classes by how they are compared."""
    return {fold(name): name for name in classes}


def _number(raw: Any) -> float:
    text = str(raw).strip()
    try:
        value = float(text)
        if "_" in text:  # Python reads 1_000 as a thousand; nobody else does
            raise ValueError
    except ValueError:
        raise InvalidInput(f"the label {short(raw, LABEL_CHARACTERS)} is not a number; write it like 3.5.") from None
    if not math.isfinite(value):
        raise InvalidInput(
            f"the label {short(raw, LABEL_CHARACTERS)} is not finite; leave the cell empty where there is no answer."
        )
    return value
