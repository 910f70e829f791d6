"""Oracles for simulations: the truth, and the ways in which people miss it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from querist.core import checks
from querist.core.answers import FORMS, Code
from querist.core.checks import Array
from querist.core.errors import InvalidInput
from querist.core.ports import Oracle, Questions, Reply
from querist.core.rng import generator
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
    """Errs more with every answer: from `error` by `per_hundred` for each hundred given, up to `most`."""

    error: float = 0.0
    per_hundred: float = 0.02
    most: float = 0.5

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """The truth, less and less often."""
        given = asked.n_before + np.arange(len(asked.rows))
        return _replies(
            asked, _err(asked, np.clip(self.error + self.per_hundred * given / 100, 0, self.most), rng, 1.0)
        )


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
    >>> crowd = Crowd((Perfect(), Perfect()))
    >>> rows = np.array([7])
    >>> asked = Questions(rows, np.array([1]), np.array([0.5]), 2, 0, (frozenset(["annotator 1"]),))
    >>> crowd.answer(asked, rng=np.random.default_rng(0))
    [Reply(row=7, value=1, delay=0, annotator='annotator 2')]
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
        checks.positive("n", n)
        if not 0 < checks.share("accuracy", accuracy) < 1:
            raise InvalidInput(f"accuracy: must lie between 0 and 1; got {accuracy!r}. Take `Perfect` for the end.")
        if not 0 < strength < np.inf:
            raise InvalidInput(f"strength: must be a number above 0; got {strength!r}. 20 is a crowd of like skill.")
        right = generator(seed, "crowd").beta(accuracy * strength, (1 - accuracy) * strength, size=n)
        return cls(tuple(Uniform(round(1 - share, 3)) for share in right.tolist()))

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
class Function:
    """Any function from a row to its answer, or None: a look-up, an assay, a stronger model."""

    of: Callable[[int], Code | None]

    def answer(self, asked: Questions, /, *, rng: np.random.Generator) -> list[Reply]:
        """What the function says of each row."""
        return [Reply(int(row), self.of(int(row))) for row in asked.rows]


def parts(oracle: Oracle) -> list[Oracle]:
    """The oracles that an oracle answers by: behind its wrappers, and one for each of a crowd."""
    inner: Any = oracle
    while hasattr(inner, "of") and not callable(inner.of):
        inner = inner.of
    return [part for member in inner.members for part in parts(member)] if isinstance(inner, Crowd) else [inner]


def n_annotators(oracle: Oracle) -> int:
    """How many annotators an oracle stands for: what it says itself in `n_annotators`, or else one.

    Examples
    --------
    >>> n_annotators(Late(2.0, Crowd.drawn(5))), n_annotators(Perfect())
    (5, 1)
    """
    inner: Any = oracle
    while not hasattr(inner, "n_annotators") and hasattr(inner, "of") and not callable(inner.of):
        inner = inner.of
    return int(getattr(inner, "n_annotators", 1))


TAKES = {"perfect": 0, "crowd": 2, "biased": 2}  # arguments of an oracle's word, where they are not one


def parse(text: str, *, classes: Sequence[str] = ()) -> Oracle:
    """An oracle from words on a command line: `uniform:0.1`, `crowd:5:0.7`, `late:2`, several joined by `+`.

    Raises
    ------
    InvalidInput
        If a word is no oracle, or its number is out of range.

    Examples
    --------
    >>> parse("uniform:0.1+late:2")
    Late(rounds=2.0, of=Uniform(error=0.1, scale=1.0))
    """
    makers: dict[str, Callable[[list[str]], Any]] = {
        "perfect": lambda a: Perfect(),
        "uniform": lambda a: Uniform(float(a[0])),
        "hard": lambda a: HardCases(float(a[0])),
        "biased": lambda a: Biased(_class_number(a[0], classes), float(a[1])),
        "tired": lambda a: Tired(per_hundred=float(a[0])),
        "crowd": lambda a: Crowd.drawn(int(a[0]), float(a[1])),
    }
    wrappers: dict[str, Callable[[list[str], Oracle], Oracle]] = {
        "abstaining": lambda a, of: Abstaining(float(a[0]), of),
        "late": lambda a, of: Late(float(a[0]), of),
    }
    base: Oracle = Perfect()
    wrapped: list[tuple[str, list[str]]] = []
    for word in text.split("+"):
        name, *arguments = word.strip().split(":")
        checks.one_of("oracle", name, (*makers, *wrappers))
        if len(arguments) > (most := TAKES.get(name, 1)):
            raise InvalidInput(
                f"oracle {word!r}: must have at most {most} behind colons; got {len(arguments)}. Leave the rest out."
            )
        try:
            if name in makers:
                base = makers[name](arguments)
            else:
                float(arguments[0])
                wrapped.append((name, arguments))
        except (IndexError, ValueError) as error:
            if isinstance(error, InvalidInput):
                raise
            raise InvalidInput(f"oracle {word!r}: must have its numbers behind colons, as in uniform:0.1.") from None
    for name, arguments in wrapped:
        base = wrappers[name](arguments, base)
    return base


def _class_number(name: str, classes: Sequence[str]) -> int:
    return classes.index(checks.one_of("class", name, classes))


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
