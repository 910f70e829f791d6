"""Oracles for simulations: one annotator who knows the truth, and the ways in which people miss it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.answers import FORMS, Code
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.ports import Questions, Reply
from querist.core.schema import Task


@dataclass(frozen=True, slots=True)
class Perfect:
    """Always right, at once."""

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """The truth for each row."""
        return _replies(asked, asked.truth)


@dataclass(frozen=True, slots=True)
class Uniform:
    """Wrong with one probability everywhere; a wrong answer is any other class alike.

    For a number, a wrong answer is off by a normal error of `scale`. Of labels that hold together, one is wrong; of
    spans and boxes, one is left out or given another class, so that an empty answer stays right.
    """

    error: float
    scale: float = 1.0

    def __post_init__(self) -> None:
        checks.share("error", self.error)

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """The truth, but for a share of `error`."""
        return _replies(asked, _err(asked, np.full(len(asked.rows), self.error), rng, self.scale))


@dataclass(frozen=True, slots=True)
class ByClass:
    """Wrong as a confusion matrix says: row the truth, column the answer, each row summing to 1."""

    confusion: tuple[tuple[float, ...], ...]

    def __post_init__(self) -> None:
        matrix = checks.probabilities("confusion", self.confusion)
        if matrix.shape[0] != matrix.shape[1]:
            raise InvalidInput(f"confusion: must be square; got shape {matrix.shape}. One row and column per class.")

    @classmethod
    def between(cls, n_classes: int, mistakes: Mapping[tuple[int, int], float]) -> ByClass:
        """Right, but for particular mistakes: the share of one class, by its number, that is called another.

        Examples
        --------
        >>> ByClass.between(2, {(0, 1): 0.25})
        ByClass(confusion=((0.75, 0.25), (0.0, 1.0)))
        """
        matrix = np.eye(checks.positive("n_classes", n_classes))
        for (true, said), part in mistakes.items():
            if true == said or not 0 <= min(true, said) <= max(true, said) < n_classes:
                raise InvalidInput(
                    f"mistakes: must be from one of the {n_classes} classes to another; got {true} to {said}."
                )
            matrix[true, said] = checks.share("mistakes", part)
            matrix[true, true] -= part
        if (least := float(matrix.min())) < -1e-9:
            raise InvalidInput(
                f"mistakes: those of one class must come to at most 1; got {1 - least:.3g}. Lower one of them."
            )
        return cls(tuple(tuple(row) for row in np.maximum(matrix, 0).round(12).tolist()))

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """A draw from the truth's row."""
        if len(self.confusion) != asked.n_classes:
            raise InvalidInput(
                f"confusion: must have a row for each of the {asked.n_classes} classes; got {len(self.confusion)}."
            )
        _classes_only(asked, "by class")
        cumulative = np.cumsum(np.asarray(self.confusion, dtype=float), axis=1)[asked.truth.astype(int)]
        drawn = (rng.random(len(asked.rows))[:, None] > cumulative).sum(axis=1)
        return _replies(asked, np.minimum(drawn, asked.n_classes - 1))


@dataclass(frozen=True, slots=True)
class HardCases:
    """Wrong on what is hard: with probability `error` times the item's difficulty, over its mean of one half."""

    error: float
    scale: float = 1.0

    def __post_init__(self) -> None:
        checks.share("error", self.error)

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """The truth, but on hard items."""
        _classes_only(asked, "hard")
        return _replies(asked, _err(asked, np.clip(2 * self.error * asked.difficulty, 0, 1), rng, self.scale))


@dataclass(frozen=True, slots=True)
class Biased:
    """Says one class instead of the truth in a share of cases."""

    toward: int
    share: float

    def __post_init__(self) -> None:
        checks.share("share", self.share)

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """The truth, or the favored class."""
        _classes_only(asked, "biased")
        return _replies(asked, np.where(rng.random(len(asked.rows)) < self.share, self.toward, asked.truth))


@dataclass(frozen=True, slots=True)
class Tired:
    """Errs more with every answer of a sitting, and is fresh again after a break.

    Parameters
    ----------
    error : float
        The share of wrong answers when fresh.
    per_hundred : float
        Added for each hundred answers given in the sitting.
    most : float
        The error at its worst.
    session : int, optional
        Answers to a sitting, after which comes a break. None is no break: it only gets worse.

    Examples
    --------
    >>> Tired(0.0, per_hundred=1.0, session=100).chance(np.array([0, 20, 99, 100, 120])).tolist()
    [0.0, 0.2, 0.5, 0.0, 0.2]
    """

    error: float = 0.0
    per_hundred: float = 0.02
    most: float = 0.5
    session: int | None = None

    def __post_init__(self) -> None:
        checks.share("error", self.error)
        checks.share("most", self.most)
        if not 0 <= self.per_hundred < np.inf:
            raise InvalidInput(f"per_hundred: must be a number of at least 0; got {self.per_hundred!r}.")
        if self.session is not None:
            checks.positive("session", self.session)

    def chance(self, given: Rows) -> Floats:
        """The probability of an error, by how many answers were given before."""
        sitting = given if self.session is None else given % self.session
        return np.clip(self.error + self.per_hundred * sitting / 100, 0, self.most)

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """The truth, less and less often until the break."""
        given = asked.n_before + np.arange(len(asked.rows))
        return _replies(asked, _err(asked, self.chance(given), rng, 1.0))


@dataclass(frozen=True, slots=True)
class Drifting:
    """After `after` answers, means another class by the same name: `mapping` from the old number to the new."""

    after: int
    mapping: Mapping[int, int] = field(default_factory=dict)

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """The truth, by its new name once it has drifted."""
        _classes_only(asked, "drifting")
        late = asked.n_before + np.arange(len(asked.rows)) >= self.after
        moved = np.array([self.mapping.get(int(t), int(t)) for t in asked.truth])
        return _replies(asked, np.where(late, moved, asked.truth))


@dataclass(frozen=True, slots=True)
class Function:
    """Any function from a row to its answer, or None: a look-up, an assay, a stronger model."""

    of: Callable[[int], Code | None]

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """What the function says of each row."""
        return [Reply(int(row), self.of(int(row))) for row in asked.rows]


def _replies(asked: Questions, values: Array) -> list[Reply]:
    plain = values.tolist()
    return [Reply(int(row), value) for row, value in zip(asked.rows, plain, strict=True)]


def _classes_only(asked: Questions, name: str) -> None:
    if asked.task in FORMS:
        raise InvalidInput(
            f"oracle: {name} must answer with one class each; the answers here are sets. Use perfect, uniform, tired, "
            "or a crowd."
        )


def _err(asked: Questions, chance: Array, rng: np.random.Generator, scale: float) -> Array:
    wrong = rng.random(len(asked.rows)) < chance
    if asked.task in FORMS:
        said = asked.truth.copy()
        for i in np.flatnonzero(wrong):
            said[i] = _slip(said[i], asked.task, asked.n_classes, rng)
        return said
    if asked.n_classes == 0:
        return np.where(wrong, asked.truth + rng.normal(0, scale, len(asked.rows)), asked.truth)
    shift = rng.integers(1, asked.n_classes, size=len(asked.rows))
    return np.where(wrong, (asked.truth + shift) % asked.n_classes, asked.truth)


def _slip(code: tuple[Any, ...], task: Task, n_classes: int, rng: np.random.Generator) -> tuple[Any, ...]:
    """An answer with one mistake in it; an empty one stays as it is where there is nothing to leave out."""
    if task == "labels":
        return tuple(sorted({*code} ^ {int(rng.integers(n_classes))}))
    if not code:
        return code
    which = int(rng.integers(len(code)))
    rest = [part for i, part in enumerate(code) if i != which]
    *place, _ = code[which]
    # Not a class that the same place has already: two of one are one, and it would count as left out.
    free = sorted({*range(n_classes)} - {c for *there, c in code if there == place})
    if free and rng.random() < 0.5:
        rest.append((*place, int(rng.choice(free))))
    return tuple(sorted(rest))
