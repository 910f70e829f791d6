"""Worlds to simulate in: a class that is rare, items that come several times, and what is held out of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.core import checks
from querist.core.checks import Rows
from querist.core.errors import InvalidInput
from querist.core.rng import generator
from querist.simulation.data import Labeled, hold_out

FEWEST = 2  # of a thinned class: with one alone nothing can be both learned and measured


@dataclass(frozen=True, slots=True)
class World:
    """What is done to labeled data before a run, so that it resembles the life that is expected.

    Parameters
    ----------
    rare : (int, float), optional
        A class by its number, and the share of all items that it shall have: others of it are left out, drawn anew for
        each seed, from what is measured on as well.
    copies : int
        How often each item of the pool occurs. The copies are of one near-duplicate group, and each costs when asked.
    """

    rare: tuple[int, float] | None = None
    copies: int = 1

    def __post_init__(self) -> None:
        checks.positive("copies", self.copies)
        if self.rare is not None and not 0 < self.rare[1] < 1:
            raise InvalidInput(f"imbalance: must be a share between 0 and 1; got {self.rare[1]!r}.")

    def told(self, data: Labeled) -> str:
        """In a few words; empty where nothing is done.

        Examples
        --------
        >>> from querist.simulation.data import labeled
        >>> World((0, 0.1), 3).told(labeled([[0.0], [1.0]], ["spam", "ham"]))
        'ham at 10%, 3 copies of each item'
        """
        parts = []
        if self.rare is not None:
            parts.append(f"{data.schema.options[self.rare[0]]} at {100 * self.rare[1]:.3g}%")
        if self.copies > 1:
            parts.append(f"{self.copies} copies of each item")
        return ", ".join(parts)

    def split(self, data: Labeled, share: float, most: int, seed: int) -> tuple[Rows, Rows]:
        """Pool and test rows of the data: no near-duplicate group is in both; the pool's repeat where there are copies.

        Raises
        ------
        InvalidInput
            If the class has too few items for its share, or so many items are copies that nothing can be held out.
        """
        kept = None if self.rare is None else thinned(data, *self.rare, rng=generator(seed, "imbalance"))
        pool, test = hold_out(data, share, most, generator(seed, "split"), rows=kept)
        return np.repeat(pool, self.copies), test


def thinned(data: Labeled, number: int, share: float, *, rng: np.random.Generator) -> Rows:
    """The rows that stay where a class is thinned out to a share of all that stay, sorted.

    Raises
    ------
    InvalidInput
        If answers are no classes, the class has that share or less already, or too few would be left of it.

    Examples
    --------
    >>> from querist.simulation.data import labeled
    >>> data = labeled([[float(i)] for i in range(40)], ["spam"] * 20 + ["ham"] * 20)
    >>> rows = thinned(data, data.schema.classes.index("spam"), 0.2, rng=np.random.default_rng(0))
    >>> len(rows), int((rows < 20).sum())
    (25, 5)
    """
    if data.schema.task not in ("choice", "rating"):
        raise InvalidInput(f"imbalance: must be of classes; the answers are {data.schema.task}. Leave it out.")
    of_class = np.flatnonzero(data.y == number)
    others = data.n_items - len(of_class)
    wanted = round(share / (1 - share) * others)
    name = data.schema.options[number]
    if wanted > len(of_class):
        raise InvalidInput(
            f"imbalance: must be a share below what the class has, {len(of_class) / data.n_items:.3g} of all; got "
            f"{share:.3g} for {name!r}. Lower it, or thin out another class."
        )
    if wanted < FEWEST:
        raise InvalidInput(
            f"imbalance: must leave {FEWEST} items of {name!r}; a share of {share:.3g} beside {others:,} others leaves "
            f"{wanted}. Raise it."
        )
    out = rng.choice(of_class, size=len(of_class) - wanted, replace=False)
    return np.setdiff1d(np.arange(data.n_items), out, assume_unique=True)


def rare_from_words(text: str) -> tuple[str, float] | None:
    """A class and its share; None from `none`, which is the data as it is.

    Raises
    ------
    InvalidInput
        If it is no class and share.

    Examples
    --------
    >>> rare_from_words("spam:0.05"), rare_from_words("none")
    (('spam', 0.05), None)
    """
    if text.strip().lower() == "none":
        return None
    name, _, share = text.rpartition(":")
    try:
        return name, float(share)
    except ValueError:
        raise InvalidInput(f"imbalance: must be a class and its share, as spam:0.05; got {text!r}.") from None
