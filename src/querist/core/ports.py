"""What the rooms ask of one another, as protocols: capabilities, not classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from querist.core.answers import Code
from querist.core.checks import Array, Floats, Rows
from querist.core.crowd import ANONYMOUS
from querist.core.schema import Task


@runtime_checkable
class Classifies(Protocol):
    """A fitted model of classes."""

    def predict_proba(self, X: Any, /) -> Floats:
        """(n_items, n_classes), a column for every class of the schema, also for one it has never seen."""
        ...


@runtime_checkable
class ProbesLabels(Protocol):
    """A fitted model of labels of which several may hold."""

    def label_probs(self, X: Any, /) -> Floats:
        """(n_items, n_labels): the probability that each holds; rows need not sum to 1."""
        ...


@runtime_checkable
class Predicts(Protocol):
    """A fitted model of a number."""

    def predict(self, X: Any, /) -> Floats:
        """(n_items,)."""
        ...


@runtime_checkable
class HasMembers(Protocol):
    """A committee whose members can be heard one by one."""

    def members(self, X: Any, /) -> Floats:
        """(n_members, n_items, n_classes), or (n_members, n_items) for a number."""
        ...


@runtime_checkable
class Detects(Protocol):
    """A fitted model of boxes in images, `(x, y, width, height, class)` in pixels from the top left corner.

    Box j of an item is the same in all that it gives of the item; `scored_boxes` may go on with less likely ones.
    """

    def boxes(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each (n_boxes, n_classes) float: the predicted boxes' class probabilities, rows sum to 1.

        Where an item has no box, an array of shape (0, n_classes).
        """
        ...

    def predict_boxes(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each a tuple of boxes, `()` where none is found."""
        ...

    def scored_boxes(self, X: Any, /) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """Boxes as `predict_boxes` gives them, and each item's scores, (n_boxes,) float: higher where it is surer."""
        ...


@runtime_checkable
class Tags(Protocol):
    """A fitted model of spans in a text, by way of its tokens' tags.

    Tag 0 is outside every span; 1 + 2c begins one of class c, and 2 + 2c goes on with it.
    """

    def tokens(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each (n_tokens, 2 * n_classes + 1): the tags' probabilities."""
        ...

    def predict_spans(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each a tuple of (start, end, class), in code points, the end exclusive."""
        ...


@runtime_checkable
class HasTagMembers(Protocol):
    """A committee whose members' tags can be heard one by one."""

    def member_tokens(self, X: Any, /) -> npt.NDArray[np.object_]:
        """(n_items,) object, each (n_members, n_tokens, 2 * n_classes + 1)."""
        ...


@runtime_checkable
class DetectsChange(Protocol):
    """Whatever watches errors as they come in, one by one, and says when they have changed."""

    def update(self, error: float, /) -> bool:
        """Take in the next error, in 0..1; True when a change was found just now."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Settings and state as plain JSON: what must be kept to go on after a restart."""
        ...


class Model(Protocol):
    """What fit returns. It predicts; an unfitted model cannot exist."""

    @property
    def warm_started(self) -> bool:
        """Whether it went on from an earlier model."""
        ...


class Learner(Protocol):
    """A recipe: how a model is made from features and labels."""

    @property
    def name(self) -> str:
        """Short, for tables and records."""
        ...

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe: what a record must hold to fit it again."""
        ...

    def fit(self, X: Any, y: Array, /, *, n_classes: int, rng: np.random.Generator, warm: Model | None = None) -> Model:
        """A model of these labels: class numbers in 0..n_classes-1, or numbers where `n_classes` is 0."""
        ...


class Encoder(Protocol):
    """How items become features, learned from the whole pool and no label."""

    def describe(self) -> dict[str, Any]:
        """Plain JSON that says everything about the recipe."""
        ...

    def fit(self, X: Any, /) -> Encoding:
        """Learn vocabulary, scales and categories."""
        ...


class Encoding(Protocol):
    """A fitted encoder."""

    def features(self, X: Any, /) -> Any:
        """What the learner reads: dense or sparse, a row per item."""
        ...

    def embeddings(self, X: Any, /) -> Floats:
        """(n_items, n_dims), dense, for distances between items."""
        ...


@runtime_checkable
class Prepares(Protocol):
    """An encoder whose work on an item is long: done ahead, with word of how far it is, and kept."""

    def prepare(self, X: Any, /, progress: Progress) -> None:
        """Do and keep what `features` and `embeddings` of these items would take long to do."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of an oracle: None where it abstains; `delay` is the rounds until it arrives.

    `annotator` says who answered, where the oracle stands for more than one; `cost_usd` what they ask for it, where
    that is not what the policy expects.
    """

    row: int
    value: Code | None
    delay: int = 0
    annotator: str = ANONYMOUS
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Questions:
    """What an oracle is asked at once.

    Parameters
    ----------
    rows : (n,) int
    truth : (n,) int, float or object
        The codes of the true answers, which only an oracle may see.
    difficulty : (n,) float
        Scaled to a mean of one half: twice the mean is a case twice as likely to be missed as the usual one.
    n_classes : int
        0 for a number.
    n_before : int
        Answers it has given already.
    task : str
        What an answer is.
    answered : tuple of frozenset of str
        Who has answered each row already; empty where nobody has answered any.
    """

    rows: Rows
    truth: Array
    difficulty: Floats
    n_classes: int
    n_before: int
    task: Task = "choice"
    answered: tuple[frozenset[str], ...] = ()


class Oracle(Protocol):
    """Whoever is asked, in a simulation: it knows the truth, and may err, tire, abstain or be late."""

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """A reply for each question, in their order."""
        ...


class Progress(Protocol):
    """Where a long piece of work says how far it is; the doors show it."""

    def __call__(self, done: int, total: int | None, what: str, /) -> None:
        """`done` of `total` steps; `total` is None where it is not known."""
        ...


def silent(done: int, total: int | None, what: str, /) -> None:
    """Progress that nobody looks at."""
