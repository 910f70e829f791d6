"""Copies on two sides of a split, as values: for whoever looks for them, and whoever shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from querist.core.items import Split
from querist.core.words import counted


@dataclass(frozen=True, slots=True)
class Copy:
    """Two items that are much the same and stand in different splits.

    Parameters
    ----------
    item_id, split, preview : str
        The held-out one: of the test set, or of the calibration slice.
    other_id, other_split, other_preview : str
        What it is a copy of, or what is a copy of it.
    alike : float
        How much of them is the same, from 0 to 1.
    how : {"equal", "text", "vector"}
        By what they are alike.
    """

    item_id: str
    split: Split
    preview: str
    other_id: str
    other_split: Split
    other_preview: str
    alike: float
    how: Literal["equal", "text", "vector"]


@dataclass(frozen=True, slots=True)
class Copies:
    """What a look over all items found.

    Parameters
    ----------
    n_held_out, n_others : int
        Items of the test set and the calibration slice, and those they were compared with.
    n_pairs, n_equal : int
        Copies in different splits, and those of them that are equal.
    n_tested : int
        Items of the test set that have a copy in the pool.
    pairs : tuple of Copy
        The most alike of them.
    """

    n_held_out: int
    n_others: int
    n_pairs: int
    n_equal: int
    n_tested: int
    pairs: tuple[Copy, ...]

    @property
    def sentence(self) -> str:
        """What was found, in words.

        Examples
        --------
        >>> Copies(20, 80, 0, 0, 0, ()).sentence
        'No item of the test set or the calibration slice has a copy elsewhere (20 compared with 80 others).'
        """
        looked = f"({self.n_held_out:,} compared with {self.n_others:,} others)"
        if not self.n_pairs:
            return f"No item of the test set or the calibration slice has a copy elsewhere {looked}."
        equal = f", {self.n_equal:,} of them equal" if self.n_equal else ""
        stands = "stands" if self.n_pairs == 1 else "stand"
        has = "has" if self.n_tested == 1 else "have"
        return (
            f"{counted(self.n_pairs, 'pair')} of copies {stands} in two splits{equal}; "
            f"{counted(self.n_tested, 'item')} of the test set {has} one in the pool {looked}. "
            "Measured on them, a model is praised for its memory: "
            "`querist copies` lists them, and `querist copies --set-aside` takes the others out of the pool."
        )
