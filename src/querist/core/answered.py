"""The labeled items of a project, with how each came to be asked: what a look back needs, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from querist.core.checks import Array, Rows
from querist.core.items import FieldSpec
from querist.core.ports import Encoder, Learner
from querist.core.schema import Schema


@dataclass(frozen=True, slots=True)
class Answered:
    """What was bought, and by which chances.

    Parameters
    ----------
    X : Columns, array or list
        The labeled items: those of the pool in the order in which they were asked, then those of the test set.
    y : (n_items,) array
        The codes of their labels.
    rounds : (n_asked,) int
        The round in which each item of the pool was asked, never falling.
    drawn : (n_asked,) bool
        Whether it was drawn at random in that round, all that were left alike; otherwise a strategy chose it.
    chances : mapping of int to float
        By round, the probability with which each item left was drawn at random in it; a round without has none.
    n_pool : int
        Items of the pool, labeled or not.
    n_lost : int
        Items drawn at random that have no label: not answered, or withdrawn.
    schema : Schema
    spec : FieldSpec or None
    encoder, learner : Encoder, Learner
        The project's own; the encoder as it was fitted on the whole pool.
    batch_size : int
    metric : str
    name : str
    """

    X: Any
    y: Array
    rounds: Rows
    drawn: Array
    chances: Mapping[int, float]
    n_pool: int
    n_lost: int
    schema: Schema
    spec: FieldSpec | None
    encoder: Encoder
    learner: Learner
    batch_size: int
    metric: str
    name: str = "project"

    @property
    def n_asked(self) -> int:
        """Labeled items of the pool."""
        return len(self.rounds)

    @property
    def n_test(self) -> int:
        """Labeled items of the test set."""
        return len(self.y) - len(self.rounds)
