"""Models of some of the labeled items, measured on others: how it would have gone, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from querist.core.checks import Array, Rows
from querist.core.errors import QueristError
from querist.core.items import take
from querist.core.ports import Learner
from querist.core.schema import Schema
from querist.modeling import Pool, fit, kind

SIZES = 6
SMALLEST = 10


@dataclass(frozen=True, slots=True)
class Refits:
    """Labeled items, and models of some of them: those of the test set first, then the pool's as they were bought.

    Parameters
    ----------
    seen : Pool
    y : array
        Their answers as the learner reads them.
    n_test : int
    lived : (n_lived,) int
        Places of the pool's among all, in the order in which they were asked.
    blind : (n_blind,) int
        Places of those of them that were drawn at random.
    """

    schema: Schema
    seed: int
    number: int
    learner: Learner
    seen: Pool
    y: Array
    n_test: int
    lived: Rows
    blind: Rows

    def scored(self, rows: Rows, predicted: Any) -> dict[str, float]:
        """The task's metrics of what was predicted of some items."""
        return kind(self.schema).evaluate(self.y[rows], predicted, self.schema.classes)

    def predictions(self, learned: Rows, rows: Rows) -> Any | None:
        """What a model of some items says of others; None where those labels do not make a model."""
        try:
            model = fit(
                self.learner,
                self.seen,
                learned,
                self.y[learned],
                schema=self.schema,
                seed=0,
                number=self.number,
                warm=None,
            )
        except (QueristError, ValueError):  # of one class only, say
            return None
        return kind(self.schema).predict(model, take(self.seen.features, rows))


@dataclass(frozen=True, slots=True)
class Said:
    """What models of `n_labels` labels predict of all test items, in their order."""

    n_labels: int
    predicted: Any


def sizes(most: int) -> list[int]:
    """Numbers of labels up to `most`, each some times the one before."""
    found: list[int] = np.unique(np.geomspace(min(SMALLEST, most), most, SIZES).round().astype(int)).tolist()
    return found
