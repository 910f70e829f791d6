"""What a stream says of the items that came, and of the answers that it was told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats
from querist.streaming.labels import Id

Label = int | str
RANDOM = "drawn blindly, so that blind spots show and estimates stay unbiased"
NO_MODEL = "there is no model yet"
DOUBT = "the model is in doubt: utility {utility:.3g}"
SURE = "the model is sure enough: utility {utility:.3g}"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with one item; the fields are those of `Decisions`."""

    id: Id
    ask: bool
    prediction: Label | None
    probability: float | None
    utility: float
    propensity: float
    random: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Decisions:
    """What is to be done with some items, in their order.

    Parameters
    ----------
    ids : sequence of int or str
        By which answers are told; without names of one's own, numbers in the stream.
    ask : (n_items,) bool
        Whether to ask somebody; otherwise the prediction stands.
    predictions : sequence of label
        The likeliest class; None where there is no model yet.
    probs : (n_items, n_classes) float or None
        None where there is no model yet.
    utilities : (n_items,) float
        Higher means label it sooner.
    propensities : (n_items,) float
        The probability with which each was asked, whether it was or not.
    random : (n_items,) bool
        Those asked because a blind draw fell on them.

    Examples
    --------
    >>> said = Decisions([4], np.array([False]), ["spam"], np.array([[0.1, 0.9]]), np.array([0.2]), np.array([0.01]),
    ...     np.array([False]))
    >>> next(iter(said)).reason
    'the model is sure enough: utility 0.2'
    """

    ids: Sequence[Id]
    ask: npt.NDArray[np.bool_]
    predictions: Sequence[Label | None]
    probs: Floats | None
    utilities: npt.NDArray[np.float64]
    propensities: npt.NDArray[np.float64]
    random: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ask)

    def __iter__(self) -> Iterator[Decision]:
        top: list[Any] = [None] * len(self) if self.probs is None else self.probs.max(axis=1).tolist()
        columns = (
            self.ids,
            self.ask.tolist(),
            self.predictions,
            top,
            self.utilities.tolist(),
            self.propensities.tolist(),
            self.random.tolist(),
        )
        for id, ask, prediction, probability, utility, propensity, random in zip(*columns, strict=True):
            if random:
                reason = RANDOM
            elif probability is None:
                reason = NO_MODEL
            else:
                reason = (DOUBT if ask else SURE).format(utility=utility)
            yield Decision(id, ask, prediction, probability, utility, propensity, random, reason)

    @property
    def asked(self) -> list[Id]:
        """The ids of the items to ask about."""
        return [self.ids[row] for row in np.flatnonzero(self.ask).tolist()]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of some answers.

    Parameters
    ----------
    n_labels : int
        Labels that the stream remembers now.
    refitted, drift : bool
        Whether the model was fitted anew, and whether the detector sounded.
    """

    n_labels: int
    refitted: bool
    drift: bool
