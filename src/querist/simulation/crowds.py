"""Oracles for simulations: several annotators at once, and who stands behind an oracle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.ports import Oracle, Questions, Reply
from querist.core.rng import generator
from querist.simulation.habits import Priced
from querist.simulation.oracles import ByClass, Uniform


@dataclass(frozen=True, slots=True)
class Crowd:
    """Several annotators, each an oracle of its own: a question goes to one who has not answered about the item yet.

    Which of those is drawn at random, all alike. Where everybody has answered, nobody does again. Their names are
    `annotator 1` and so on. How many answers each gave before is not kept: it is taken to be an equal share of all.

    Parameters
    ----------
    members : tuple of Oracle
        Such as `Uniform(0.3)` for one who is right in 70 %, or `ByClass` for one who confuses particular classes.

    Examples
    --------
    >>> crowd = Crowd((Uniform(0.0), Uniform(0.0)))
    >>> rows = np.array([7])
    >>> asked = Questions(rows, np.array([1]), np.array([0.5]), 2, 0, (frozenset(["annotator 1"]),))
    >>> crowd.answer(asked, rng=np.random.default_rng(0))
    [Reply(row=7, value=1, delay=0, annotator='annotator 2', cost_usd=None)]
    """

    members: tuple[Oracle, ...]

    def __post_init__(self) -> None:
        if not self.members:
            raise InvalidInput("members: must be at least one; got none. Name an oracle for each annotator.")

    @classmethod
    def drawn(cls, n: int, accuracy: float = 0.8, *, strength: float = 20.0, seed: int = 0) -> Crowd:
        """`n` annotators who are right in about a share of `accuracy`, each with a skill of their own.

        The shares are drawn from a beta distribution with this mean that is worth `strength` answers: with 20 and 0.8,
        two thirds of the annotators lie between about 0.71 and 0.89. The same seed draws the same crowd.

        Examples
        --------
        >>> [round(1 - member.error, 3) for member in Crowd.drawn(3, 0.7).members]
        [0.727, 0.707, 0.58]
        """
        _check(n, accuracy, strength)
        right = generator(seed, "crowd").beta(accuracy * strength, (1 - accuracy) * strength, size=n)
        return cls(tuple(Uniform(round(1 - share, 3)) for share in right.tolist()))

    @classmethod
    def confused(cls, n: int, accuracy: float, n_classes: int, *, strength: float = 20.0, seed: int = 0) -> Crowd:
        """`n` annotators each of whom mixes up classes of their own: a confusion matrix each, right in `accuracy`.

        How often one is right about a class is drawn as in `drawn`, for each class anew. Where one is wrong, few
        classes are said, and others by another annotator: the shares are drawn from a symmetric Dirichlet
        distribution of 0.5. So errors are alike within an annotator and unlike between two, as Dawid and Skene's model
        has it; a majority mends what everybody by themselves gets wrong.

        Examples
        --------
        >>> crowd = Crowd.confused(2, 0.8, n_classes=3)
        >>> [[round(row[c], 2) for c, row in enumerate(member.confusion)] for member in crowd.members]
        [[0.87, 0.64, 0.76], [0.77, 0.79, 0.77]]
        """
        _check(n, accuracy, strength)
        if checks.positive("n_classes", n_classes) < 2:
            raise InvalidInput("n_classes: must be at least 2 to be confused; got 1. Take `Crowd.drawn`.")
        rng = generator(seed, "confused crowd")
        members = []
        for _ in range(n):
            right = rng.beta(accuracy * strength, (1 - accuracy) * strength, size=n_classes)
            wrong = rng.dirichlet(np.full(n_classes - 1, 0.5), size=n_classes) * (1 - right)[:, None]
            matrix = np.empty((n_classes, n_classes))
            matrix[~np.eye(n_classes, dtype=bool)] = wrong.round(4).ravel()
            np.fill_diagonal(matrix, 0)
            np.fill_diagonal(matrix, (1 - matrix.sum(axis=1)).round(4))
            members.append(ByClass(tuple(tuple(row) for row in matrix.tolist())))
        return cls(tuple(members))

    @classmethod
    def tiers(cls, tiers: Sequence[tuple[int, float, float]], *, seed: int = 0) -> Crowd:
        """Tiers of annotators of other skill and price: how many, right in which share, dollars an answer.

        Examples
        --------
        >>> crowd = Crowd.tiers([(3, 0.7, 0.05), (1, 0.95, 1.0)])
        >>> [round(member.usd, 2) for member in crowd.members]
        [0.05, 0.05, 0.05, 1.0]
        """
        members: list[Oracle] = []
        for tier, (n, accuracy, usd) in enumerate(tiers):
            # A seed of its own: two tiers of one skill must not be the same people.
            members += [Priced(usd, of=one) for one in cls.drawn(n, accuracy, seed=seed + tier).members]
        return cls(tuple(members))

    @property
    def n_annotators(self) -> int:
        """How many there are."""
        return len(self.members)

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """Each row's reply, by somebody who has not answered about it."""
        names = [f"annotator {number}" for number in range(1, len(self.members) + 1)]
        drawn = np.argsort(rng.random((len(asked.rows), len(names))), axis=1)
        done = asked.answered or (frozenset[str](),) * len(asked.rows)
        who = np.array(
            [next((m for m in some if names[m] not in had), -1) for some, had in zip(drawn, done, strict=True)]
        )
        replies = [Reply(int(row), None) for row in asked.rows]
        for m, (name, member) in enumerate(zip(names, self.members, strict=True)):
            places = np.flatnonzero(who == m)
            if not len(places):
                continue
            theirs = Questions(
                asked.rows[places],
                asked.truth[places],
                asked.difficulty[places],
                asked.n_classes,
                asked.n_before // len(names),
                asked.task,
                tuple(done[place] for place in places),
            )
            for place, reply in zip(places.tolist(), member.answer(theirs, rng=rng), strict=True):
                replies[place] = replace(reply, annotator=name)
        return replies


def behind(oracle: Oracle) -> list[Oracle]:
    """An oracle and all that it answers by: its wrappers, and those of each of a crowd."""
    found: list[Oracle] = [oracle]
    inner: Any = oracle
    while hasattr(inner, "of") and not callable(inner.of):
        inner = inner.of
        found.append(inner)
    return found + [part for member in inner.members for part in behind(member)] if isinstance(inner, Crowd) else found


def n_annotators(oracle: Oracle) -> int:
    """How many annotators an oracle stands for: what it says itself in `n_annotators`, or else one.

    Examples
    --------
    >>> n_annotators(Priced(2.0, of=Crowd.drawn(5))), n_annotators(Uniform(0.1))
    (5, 1)
    """
    inner: Any = oracle
    while not hasattr(inner, "n_annotators") and hasattr(inner, "of") and not callable(inner.of):
        inner = inner.of
    return int(getattr(inner, "n_annotators", 1))


def _check(n: int, accuracy: float, strength: float) -> None:
    checks.positive("n", n)
    if not 0 < checks.share("accuracy", accuracy) < 1:
        raise InvalidInput(f"accuracy: must lie between 0 and 1; got {accuracy!r}. Take `Perfect` for the end.")
    if not 0 < strength < np.inf:
        raise InvalidInput(f"strength: must be a number above 0; got {strength!r}. 20 is a crowd of like skill.")
