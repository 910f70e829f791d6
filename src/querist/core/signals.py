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
        "prior": "class probabilities of a model that is older than the first label, (n_items, n_classes)",
        "labels": "the label of each labeled item, a class number or a number, (n_items,); elsewhere anything",
        "labeled": "whether each item is labeled, (n_items,)",
        "head": "a linear model's coefficients on the embeddings, the bias last, (n_classes, n_dims + 1)",
        "label_probs": "the probability of each of several labels that may hold at once, (n_items, n_labels)",
        "label_matrix": "whether each label holds for a labeled item, (n_items, n_labels); elsewhere anything",
        "answers": "each annotator's class number per item or -1, (n_items, n_annotators)",
        "tokens": "an array per item of its tokens' tag probabilities, (n_items,) of (n_tokens, n_tags)",
        "member_tokens": "the same of each committee member, (n_items,) of (n_members, n_tokens, n_tags)",
        "boxes": "for each item an array of its boxes' class probabilities, (n_items,) of (n_boxes, n_classes)",
    }
)
BY_MEMBER = ("members", "member_predictions")  # items lie along their second axis
OF_THE_MODEL = ("head",)  # no axis of items at all
PREDICTED = (
    "probs",
    "members",
    "predictions",
    "member_predictions",
    "head",
    "label_probs",
    "tokens",
    "member_tokens",
    "boxes",
)

NO_LEARNER = "none"  # the learner's kind where no model learns the answers

Source = Array | Callable[[], Array]


class Signals:
    """Arrays about the same items, row by row, each lazy.

    Parameters
    ----------
    n_items : int
        Items in the pool; every array has a row (or, behind the members, a column) for each.
    classes : sequence of str
        Names of the probabilities' columns, where quotas speak of them.
    strata_names : sequence of str
        Names of the strata's numbers, where group quotas speak of them.
    learner_kind : str
        What the model reads and how, as far as it is known: `linear` (a linear model on the embeddings), `trees`, or
        empty; `none` where no model learns the answers. `auto` goes by it.
    **sources : array or callable returning one
        By the names of `SIGNALS`. A callable runs at the first need, and its result is kept. An array is checked at
        once; of the embeddings, which are large and the same in every round, only the shape until they are read whole.

    Examples
    --------
    >>> signals = Signals(2, probs=lambda: np.array([[0.9, 0.1], [0.5, 0.5]]))
    >>> signals.has("probs"), signals.ready("probs")
    (True, False)
    >>> signals.get("probs").shape, signals.ready("probs")
    ((2, 2), True)
    """

    __slots__ = ("_arrays", "_checked", "_sources", "classes", "learner_kind", "n_items", "strata_names")

    def __init__(
        self,
        n_items: int,
        *,
        classes: Sequence[str] = (),
        strata_names: Sequence[str] = (),
        learner_kind: str = "",
        **sources: Source | None,
    ) -> None:
        self.n_items = n_items
        self.classes = tuple(classes)
        self.strata_names = tuple(strata_names)
        self.learner_kind = learner_kind
        self._arrays: dict[str, Array] = {}
        self._checked: set[str] = set()
        self._sources: dict[str, Callable[[], Array]] = {}
        for name, source in sources.items():
            checks.one_of("signal", name, tuple(SIGNALS))
            if source is None:
                continue
            if callable(source):
                self._sources[name] = source
            else:
                self._arrays[name] = self._of_shape(name, source)
                if name != "embeddings":
                    self.get(name)

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
        if name not in self._checked:
            self._arrays[name] = _sound(name, self.peek(name))
            self._checked.add(name)
        return self._arrays[name]

    def peek(self, name: str) -> Array:
        """The array with its shape checked only, for whoever reads a few rows of it and checks those itself.

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
            self._arrays[name] = self._of_shape(name, self._sources.pop(name)())
        return self._arrays[name]

    def _of_shape(self, name: str, values: Array) -> Array:
        values = np.asarray(values)
        if name in OF_THE_MODEL:
            return values
        axis = 1 if name in BY_MEMBER else 0
        if values.ndim <= axis or values.shape[axis] != self.n_items:
            raise InvalidInput(
                f"{name}: must be {SIGNALS[name]} for {self.n_items} items; got shape {values.shape}. "
                "Pass one row for every item of the pool, in its order."
            )
        return values


def _sound(name: str, values: Array) -> Array:
    match name:
        case "probs" | "prior":
            return checks.probabilities(name, values)
        case "members":
            return checks.member_probabilities(name, values)
        case "embeddings" | "head":
            return checks.features(name, values)
        case "predictions" | "costs":
            return checks.vector(name, values)
    return values
