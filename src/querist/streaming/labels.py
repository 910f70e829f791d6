"""What a stream remembers: the items that are out with annotators, and the labels that its model learns from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import numpy as np

from querist.core.checks import Array

Id = int | str


@dataclass(frozen=True, slots=True)
class Asked:
    """An item that was asked, or whose label came unasked.

    Parameters
    ----------
    id : int or str
    item : (n_dims,) float array or str
    place : int
        Its number in the stream.
    propensity : float
        With what probability it was asked; NaN where its label came unasked.
    random : bool
        Whether a blind draw fell on it.
    predicted : int
        The class that the model gave it when it came; -1 where there was no model yet.
    """

    id: Id
    item: Any
    place: int
    propensity: float = float("nan")
    random: bool = False
    predicted: int = -1

    def to_json(self) -> list[Any]:
        """Plain JSON."""
        item = self.item.tolist() if isinstance(self.item, np.ndarray) else self.item
        known = None if np.isnan(self.propensity) else self.propensity
        return [self.id, item, self.place, known, self.random, self.predicted]

    @classmethod
    def from_json(cls, body: Sequence[Any]) -> Asked:
        """What `to_json` wrote down."""
        id, item, place, known, random, predicted = body
        read = item if isinstance(item, str) else np.asarray(item, dtype=np.float64)
        return cls(id, read, place, float("nan") if known is None else known, random, predicted)


@dataclass(frozen=True, slots=True)
class Labeled:
    """An item and the class that it was found to be of."""

    asked: Asked
    code: int


class Memory:
    """The labels in the order in which they came, and what is still awaited.

    `n_fitted` says of each model how many of them, from the first on, were there when it was fitted.
    """

    def __init__(
        self, waiting: Iterable[Asked] = (), labels: Iterable[Labeled] = (), n_fitted: Sequence[int] = ()
    ) -> None:
        self.waiting: dict[Id, Asked] = {each.id: each for each in waiting}
        self.labels: dict[Id, Labeled] = {each.asked.id: each for each in labels}
        self.n_fitted = list(n_fitted)

    def copy(self) -> Memory:
        """Another of the same, which goes its own way."""
        other = Memory(n_fitted=self.n_fitted)
        other.waiting, other.labels = dict(self.waiting), dict(self.labels)
        return other

    def items(self) -> Iterator[Any]:
        """What is awaited and what is remembered, the items themselves."""
        yield from (each.item for each in self.waiting.values())
        yield from (each.asked.item for each in self.labels.values())

    def add(self, id: Id, code: int) -> Labeled:
        """The label of an item that is awaited, or another one for an item that is remembered.

        An item that is awaited takes the place of one of the same id that was answered before.
        """
        found = Labeled(self.waiting.pop(id), code) if id in self.waiting else replace(self.labels[id], code=code)
        self.labels[id] = found
        return found

    def last(self, n_labels: int, since: int = 0) -> dict[Id, Labeled]:
        """The labels of the `n_labels` items that came last, without those that came before `since`."""
        by_place = sorted(self.labels, key=lambda id: self.labels[id].asked.place)
        last = set(by_place[-n_labels:])
        return {id: each for id, each in self.labels.items() if id in last and each.asked.place >= since}

    def place_of(self, number: int) -> int:
        """Where in the stream the item stood whose label came as this one, from 0."""
        return next(islice(self.labels.values(), number, None)).asked.place

    def rows(self, n_first: int, span: int) -> tuple[Any, Array]:
        """Items and classes of the first so many labels to come, of which only the last `span` items."""
        some = list(self.labels.values())[:n_first]
        some.sort(key=lambda each: each.asked.place)  # of two of one place, the one that was told last is the later
        kept = some[-span:]
        return stacked([each.asked.item for each in kept]), np.array([each.code for each in kept], dtype=np.int64)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same memory."""
        return {
            "waiting": [each.to_json() for each in self.waiting.values()],
            "labels": [[*each.asked.to_json(), each.code] for each in self.labels.values()],
            "n_fitted": self.n_fitted,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Memory:
        """The memory that `to_json` wrote down."""
        labels = [Labeled(Asked.from_json(row[:-1]), row[-1]) for row in body["labels"]]
        return cls(map(Asked.from_json, body["waiting"]), labels, body["n_fitted"])


def stacked(items: Sequence[Any]) -> Any:
    """Items as a learner reads them: texts as a list, features as an array with a row each."""
    return list(items) if items and isinstance(items[0], str) else np.array(items, dtype=np.float64)
