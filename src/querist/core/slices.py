"""The test set and the calibration slice as values: their versions, and how often they were looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from querist.core.words import counted


@dataclass(frozen=True, slots=True)
class SliceVersion:
    """A held-out slice as it stood from one moment on.

    Parameters
    ----------
    split : {"test", "calibration"}
    version : int
        From 1; an import that brings items into the slice makes one, and so does a draw from the pool.
    n_items, n_added : int
        Items it has, and those that this version added.
    n_open : int
        Of those that a draw added, the items without a label: it is not measured on before there are none.
    how : str
        What made it.
    created_at : datetime
    """

    split: Literal["test", "calibration"]
    version: int
    n_items: int
    n_added: int
    n_open: int
    how: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TestUse:
    """How often the test set was looked at, and what that does to the best figure seen on it.

    Parameters
    ----------
    n_models, n_decisions : int
        Models measured on it, and gate decisions made by it.
    n_items : int
        Labeled items of it, as the last model was measured.
    share : float
        Of these, how many a look saw in the mean: a set that grew since is partly fresh.
    flatters : float
        By how many standard errors the best of so many figures is expected to lie too high.
    refresh : bool
        Whether that is more than half the width of a 95 % interval.
    """

    __test__ = False  # no test class, whatever its name begins with

    n_models: int
    n_decisions: int
    n_items: int
    share: float
    flatters: float
    refresh: bool

    @property
    def sentence(self) -> str:
        """The same in words.

        Examples
        --------
        >>> TestUse(3, 0, 100, 1.0, 0.8463, False).sentence
        'The test set was used for 3 models; the best of them looks up to 0.8 standard errors better than it is.'
        """
        if not self.n_models:
            return "No model was measured on the test set yet."
        decisions = f" and {counted(self.n_decisions, 'decision')}" if self.n_decisions else ""
        said = f"The test set was used for {counted(self.n_models, 'model')}{decisions}"
        if self.n_models + self.n_decisions == 1:
            return f"{said}."
        said += f"; the best of them looks up to {self.flatters:.1f} standard errors better than it is"
        if not self.refresh:
            return f"{said}."
        return (
            f"{said}, which is more than half the width of a 95% interval. Refresh it: `querist extend -n "
            f"{max(self.n_items, 50)}` draws more of the pool into it, or add fresh items with --split test."
        )
