"""What is known of the items: computed when a strategy asks for it, once, and never otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from querist.core import checks
from querist.core.checks import Array
from querist.core.errors import InvalidInput

SIGNALS: Mapping[str, str] = MappingProxyType(
    {
        "probs": "class probabilities, (n_items, n_classes)",
        "members": "class probabilities of each committee member, (n_members, n_items, n_classes)",
        "embeddings": "a vector per item, (n_items, n_dims)",
        "predictions": "a predicted number per item, (n_items,)",
        "member_predictions": "a predicted number of each committee member, (n_members, n_items)",
        "costs": "the price of an answer in US dollars, (n_items,)",
        "strata": "a group number per item, (n_items,), to spread random draws over",
        "duplicates": "a near-duplicate group's number per item, (n_items,)",
        "votes": "each seed rule's class number per item or -1, (n_items, n_rules)",
    }
)

Source = Array | Callable[[], Array]


class Signals:
    """Arrays about the same items, row by row, each lazy.

    Parameters
    ----------
    n_items : int
        Items in the pool; every array has a row (or, behind the members, a column) for each.
    classes : sequence of str
        Names of the probabilities' columns, where quotas speak of them.
    **sources : array or callable returning one
        By the names of `SIGNALS`. A callable runs at the first need, and its result is kept.

    Examples
    --------
    >>> signals = Signals(2, probs=lambda: np.array([[0.9, 0.1], [0.5, 0.5]]))
    >>> signals.has("probs"), signals.ready("probs")
    (True, False)
    >>> signals.get("probs").shape, signals.ready("probs")
    ((2, 2), True)
    """

    __slots__ = ("_arrays", "_sources", "classes", "n_items")

    def __init__(self, n_items: int, *, classes: Sequence[str] = (), **sources: Source | None) -> None:
        self.n_items = n_items
        self.classes = tuple(classes)
        self._arrays: dict[str, Array] = {}
        self._sources: dict[str, Callable[[], Array]] = {}
        for name, source in sources.items():
            checks.one_of("signal", name, tuple(SIGNALS))
            if source is None:
                continue
            if callable(source):
                self._sources[name] = source
            else:
                self._arrays[name] = self._checked(name, source)

    def has(self, name: str) -> bool:
        """Whether it is here or can be computed."""
        return name in self._arrays or name in self._sources

    def ready(self, name: str) -> bool:
        """Whether it is here already, so that reading it is free."""
        return name in self._arrays

    def get(self, name: str) -> Array:
        """The array, computed now if it was not before.

        Raises
        ------
        InvalidInput
            If nothing provides it, or what provides it returned another shape.
        """
        if name not in self._arrays:
            if name not in self._sources:
                meaning = SIGNALS.get(name, "unknown")
                raise InvalidInput(
                    f"signals: must provide {name!r} ({meaning}); got {sorted(self._arrays | self._sources)}. "
                    "Pass it, use a learner that has it, or choose a strategy that does not need it."
                )
            self._arrays[name] = self._checked(name, self._sources.pop(name)())
        return self._arrays[name]

    def _checked(self, name: str, values: Array) -> Array:
        match name:
            case "probs":
                values = checks.probabilities(name, values)
            case "members":
                values = checks.member_probabilities(name, values)
            case "embeddings":
                values = checks.features(name, values)
            case "predictions" | "costs":
                values = checks.vector(name, values)
            case _:
                values = np.asarray(values)
        axis = 1 if name in ("members", "member_predictions") else 0
        if values.ndim <= axis or values.shape[axis] != self.n_items:
            raise InvalidInput(
                f"{name}: must be {SIGNALS[name]} for {self.n_items} items; got shape {values.shape}. "
                "Pass one row for every item of the pool, in its order."
            )
        return values
