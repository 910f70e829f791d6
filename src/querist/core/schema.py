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

from querist.core.answers import FORMS, NONE_HOLDS, Code, quoted
from querist.core.checks import listed, nearest, one_of, positive
from querist.core.errors import InvalidInput
from querist.core.hashing import digest

Task = Literal["choice", "labels", "spans", "boxes", "number"]
TASKS: tuple[Task, ...] = get_args(Task)
CLASSES_LISTED = 6


@dataclass(frozen=True, slots=True)
class Schema:
    """One question and its answers. Immutable; a change is a new version.

    Parameters
    ----------
    target : str
        The name of what is asked, used as the column of labels.
    classes : sequence of str
        The answers to choose from, in order; empty for a number.
    task : {"choice", "labels", "spans", "boxes", "number"}
        One of the classes; any of them, together or none; spans of a text, or boxes in an image, each of a class; or a
        number.
    version : int
        From 1, raised by each change.

    Raises
    ------
    InvalidInput
        If a choice has fewer than two classes, another task than a number none, or two differ only in case or blanks.

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

    def __post_init__(self) -> None:
        object.__setattr__(self, "classes", tuple(self.classes))
        one_of("task", self.task, TASKS)
        positive("version", self.version)
        if not self.target:
            raise InvalidInput("target: must be a name; got an empty one. Name the column of labels.")
        if self.task == "number":
            if self.classes:
                raise InvalidInput("classes: must be empty for a number; got some. Drop them, or use task='choice'.")
            return
        if not self.classes and self.task != "choice":
            raise InvalidInput(f"classes: must be at least one for {self.task}; got none. Name every class.")
        if self.task == "choice" and len(self.classes) < 2:
            raise InvalidInput(
                f"classes: must be at least two; got {list(self.classes)}. "
                "A question with one answer needs no asking: name every class, also those not labeled yet."
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
    def n_classes(self) -> int:
        """How many answers there are to choose from."""
        return len(self.classes)

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
        return f"{self.task} of {classes}"

    def read(self, raw: Any) -> Any:
        """The answer that `raw` stands for; case and surrounding blanks are forgiven, spelling is not.

        Returns
        -------
        answer : str, float or list
            A class's name or a number; for the other tasks plain JSON, as `querist.core.answers` says.

        Raises
        ------
        InvalidInput
            If it is none of the classes, or no finite number.
        """
        if self.task == "number":
            return _number(raw)
        if self.task != "choice":
            found = FORMS[self.task].read(raw, self._class)
            return sorted(found, key=self.classes.index) if self.task == "labels" else found
        return self._class(raw)

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
        raise InvalidInput(f"the label {text!r} is not in the schema; {hint}")

    def find(self, raw: Any) -> str | None:
        """The class that `raw` stands for, or None: `read` without a message."""
        text = str(raw)
        if text in self.classes:
            return text
        known = _folded(self.classes)
        # A spreadsheet, or a data frame with blanks in it, writes the whole number 1 as 1.0.
        return known.get(fold(text)) or known.get(text.strip().removesuffix(".0"))

    def encode(self, value: Any) -> Code:
        """The class's number, or the number itself; for the other tasks a tuple of numbers, sorted."""
        if self.task == "number":
            return float(value)
        if self.task != "choice":
            return FORMS[self.task].encode(value, self.classes.index)
        return self.classes.index(str(value))

    def decode(self, code: Any) -> Any:
        """The reverse of `encode`."""
        if self.task == "number":
            return float(code)
        return self.classes[int(code)] if self.task == "choice" else FORMS[self.task].decode(code, self.classes)

    def cell(self, value: Any) -> str | float:
        """An answer as one writes it into a cell of a table, from which `read` makes the same.

        Examples
        --------
        >>> Schema("mood", ("sad", "happy"), "labels").cell(["sad", "happy"])
        'sad; happy'
        """
        if self.task == "number":
            return float(value)
        if self.task == "choice":
            return str(value)
        line = FORMS[self.task].cell(value)
        with suppress(InvalidInput):
            if self.read(line) == list(value):
                return line
        return json.dumps(list(value), ensure_ascii=False)  # a name with a separator in it would come apart

    def shown(self, value: Any, content: Any = None) -> str:
        """An answer as a person reads it: as in a cell, but spans by the words of the text that they mark."""
        if self.task == "spans" and isinstance(content, str):
            return quoted(value, content)
        return str(self.cell(value))

    def classes_of(self, value: Any) -> list[str]:
        """The classes that an answer names, as often as it does."""
        if self.task == "number":
            return []
        return [str(value)] if self.task == "choice" else FORMS[self.task].classes_of(value)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same schema."""
        return {"target": self.target, "classes": list(self.classes), "task": self.task, "version": self.version}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Schema:
        """The reverse of `to_json`."""
        return cls(body["target"], tuple(body["classes"]), body["task"], body["version"])

    @property
    def digest(self) -> str:
        """Content hash of the schema."""
        return digest(self.to_json())


def fold(text: str) -> str:
    """Text as compared between labels: compatible characters alike, lower case, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


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
        raise InvalidInput(f"the label {raw!r} is not a number; write it like 3.5.") from None
    if not math.isfinite(value):
        raise InvalidInput(f"the label {raw!r} is not finite; leave the cell empty where there is no answer.")
    return value
