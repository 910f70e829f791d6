"""Oracles for simulations: habits that any annotator may have, as wrappers of another oracle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.ports import Oracle, Questions, Reply
from querist.simulation.oracles import Perfect


@dataclass(frozen=True, slots=True)
class Abstaining:
    """Gives no answer to a share of questions, and else answers as `of` does."""

    share: float
    of: Oracle = field(default_factory=Perfect)

    def __post_init__(self) -> None:
        checks.share("share", self.share)

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """`of`'s replies, some of them empty."""
        silent = rng.random(len(asked.rows)) < self.share
        replies = self.of.answer(asked, rng=rng)
        return [replace(r, value=None) if s else r for r, s in zip(replies, silent, strict=True)]


@dataclass(frozen=True, slots=True)
class Late:
    """Answers as `of` does, but a geometric number of rounds later, `rounds` on the mean."""

    rounds: float = 1.0
    of: Oracle = field(default_factory=Perfect)

    def __post_init__(self) -> None:
        if not self.rounds >= 0:
            raise InvalidInput(f"rounds: must be a mean delay of at least 0; got {self.rounds!r}.")

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """`of`'s replies, each with its delay."""
        delays = rng.geometric(1 / (1 + self.rounds), size=len(asked.rows)) - 1
        return [replace(r, delay=int(d)) for r, d in zip(self.of.answer(asked, rng=rng), delays, strict=True)]


@dataclass(frozen=True, slots=True)
class Priced:
    """Answers as `of` does, for money: `usd` each, and more for what is hard.

    What it asks takes the place of the price that the policy expects, so that a run's spending is what the annotators
    were paid. Silence is not paid for.

    Parameters
    ----------
    usd : float
        Dollars an answer.
    hard_usd : float
        Added in proportion to an item's difficulty, this much on the mean: what is hard takes longer.
    of : Oracle

    Examples
    --------
    >>> asked = Questions(np.arange(2), np.array([0, 1]), np.array([0.25, 0.75]), 2, 0)
    >>> [reply.cost_usd for reply in Priced(0.1, 0.2).answer(asked, rng=np.random.default_rng(0))]
    [0.2, 0.4]
    """

    usd: float
    hard_usd: float = 0.0
    of: Oracle = field(default_factory=Perfect)

    def __post_init__(self) -> None:
        for name in ("usd", "hard_usd"):
            if not 0 <= getattr(self, name) < np.inf:
                raise InvalidInput(f"{name}: must be a price of at least 0 dollars; got {getattr(self, name)!r}.")

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """`of`'s replies, each with its price."""
        prices = np.round(self.usd + 2 * self.hard_usd * asked.difficulty, 6).tolist()
        return [
            reply if reply.value is None else replace(reply, cost_usd=price)
            for reply, price in zip(self.of.answer(asked, rng=rng), prices, strict=True)
        ]
