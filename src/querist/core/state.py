"""The loop as a value: what is labeled, what is out with annotators, what was asked and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.crowd import ANONYMOUS, Said
from querist.core.errors import InvalidInput
from querist.core.policy import Policy

Value = int | float | str | tuple[Any, ...] | list[Any] | dict[str, Any]  # as stored, or a code (`core.answers`)

Purpose = Literal["strategy", "exploration", "start", "quota", "evaluation"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)


@dataclass(frozen=True, slots=True)
class Query:
    """One item asked about, with everything about why: it cannot be found out later.

    Parameters
    ----------
    row : int
        The item's row in the pool.
    round, rank : int
        Which batch, and the place in it, from 0: the order in which to serve it.
    utility : float or None
        What the strategy gave it; None for a random draw.
    propensity : float
        The probability with which this item was in the batch, given all that was known before it was drawn: 1 for
        a deterministic pick; for a random one its inclusion probability in that draw, given the picks made before it.
    strategy : str
        Who chose it.
    purpose : {"strategy", "exploration", "start", "quota", "evaluation"}
        What for.
    reason : str
        A sentence for the annotator and the auditor.
    cost_usd : float
        The price expected when it was asked.
    """

    row: int
    round: int
    rank: int
    utility: float | None
    propensity: float
    strategy: str
    purpose: Purpose
    reason: str
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Items asked together, best first.

    `held_back` says why the policy's strategy did not choose, where the start did instead. `memory` is what strategies
    keep for the next batch: plain JSON.
    """

    round: int
    queries: tuple[Query, ...]
    strategy: str
    policy_digest: str
    n_candidates: int
    held_back: str | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> Rows:
        """The rows asked about, in rank order."""
        return np.array([q.row for q in self.queries], dtype=np.int64)

    @property
    def propensities(self) -> Floats:
        """The probability of each row's being in this batch."""
        return np.array([q.propensity for q in self.queries], dtype=np.float64)

    @property
    def cost_usd(self) -> float:
        """What its answers are expected to cost."""
        return sum(q.cost_usd for q in self.queries)

    def __len__(self) -> int:
        return len(self.queries)


@dataclass(frozen=True, slots=True)
class Answer:
    """One annotator's word on one item."""

    item_id: str
    value: Value
    annotator: str = ANONYMOUS
    note: str = ""
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """The resolved value of an item, and how it came about."""

    item_id: str
    value: Value
    n_answers: int = 1
    method: str = "latest"


@dataclass(frozen=True, slots=True)
class Picks:
    """Rows chosen, best first, with each one's utility and its probability of being chosen."""

    rows: Rows
    utilities: Floats
    propensities: Floats

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Past:
    """What came before a batch, for a strategy that learns from it.

    Parameters
    ----------
    round : int
        The number of the batch to draw.
    asked : mapping of int to Query
        The last query of every row ever asked.
    memory : mapping of str to JSON value
        What strategies kept at the last batch.
    n_left : int or None
        Answers that the budget still allows, this batch included; None is no limit.
    """

    round: int = 1
    asked: Mapping[int, Query] = field(default_factory=dict)
    memory: Mapping[str, Any] = field(default_factory=dict)
    n_left: int | None = None


TOLD = Literal["labeled", "volunteered", "revised", "confirmed", "outvoted", "repeated"]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one answer.

    It labeled a pending item, was volunteered, or came to one that had a label: it revised that, confirmed it as
    another annotator's, was outvoted, or repeated what its own annotator had said. `before` is the label until then.
    """

    row: int
    outcome: TOLD
    before: Value | None = None


@dataclass(frozen=True, slots=True)
class State:
    """Where a loop stands. Frozen: `ask` and `tell` return a new one, and it survives a restart as JSON.

    Parameters
    ----------
    n_items : int
        Items in the pool, known by their rows 0..n_items-1.
    policy : Policy
        How to choose.
    labels : mapping of int to value
        The labeled rows (class numbers, numbers, or tuples of numbers).
    answers : mapping of int to tuple of (annotator, value)
        What each annotator last said of a row, oldest first, for labels that are more than one answer by nobody in
        particular; `said` gives them for every row.
    pending : mapping of int to Query
        The rows out with annotators.
    asked : mapping of int to Query
        The last query of every row ever asked.
    earlier : tuple of Query
        Queries that were answered before their row was asked again: they are paid for, too.
    excluded : frozenset of int
        Rows never to be asked: the test set and the calibration slice.
    round : int
        Batches drawn so far.
    n_asked : int
        Items asked so far, so that the random share holds over the rounds.
    told : tuple of Told
        What became of each answer of the last `tell`.
    memory : mapping of str to JSON value
        What strategies keep from one batch to the next.

    Examples
    --------
    >>> state = State.start(5, Policy("random", batch_size=2), labels={0: 1})
    >>> state.candidates.tolist()
    [1, 2, 3, 4]
    >>> State.from_json(state.to_json()) == state
    True
    """

    n_items: int
    policy: Policy = field(default_factory=Policy)
    labels: Mapping[int, Value] = field(default_factory=dict)
    answers: Mapping[int, tuple[Said, ...]] = field(default_factory=dict)
    pending: Mapping[int, Query] = field(default_factory=dict)
    asked: Mapping[int, Query] = field(default_factory=dict)
    earlier: tuple[Query, ...] = ()
    excluded: frozenset[int] = frozenset()
    round: int = 0
    n_asked: int = 0
    told: tuple[Told, ...] = ()
    memory: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def start(
        cls,
        n_items: int,
        policy: Policy | None = None,
        *,
        labels: Mapping[int, Value] | None = None,
        excluded: npt.ArrayLike = (),
    ) -> State:
        """A loop over `n_items` items of which some may be labeled, or excluded, already."""
        checks.positive("n_items", n_items)
        known = {int(row): value for row, value in (labels or {}).items()}
        checks.rows("labels", np.fromiter(known, dtype=np.int64, count=len(known)), n_items=n_items)
        out = frozenset(checks.rows("excluded", np.asarray(excluded), n_items=n_items).tolist())
        return cls(n_items=n_items, policy=policy or Policy(), labels=known, excluded=out)

    @property
    def candidates(self) -> Rows:
        """Rows that may be asked: neither labeled, nor pending, nor excluded, in order."""
        free = np.ones(self.n_items, dtype=bool)
        for taken in (self.labels, self.pending, self.excluded):
            if taken:
                free[np.fromiter(taken, dtype=np.int64, count=len(taken))] = False
        return np.flatnonzero(free)

    @property
    def candidates_again(self) -> Rows:
        """Rows that may be asked by a strategy that buys again, in order.

        They are neither pending nor excluded, and have fewer answers than the policy's `max_answers`.
        """
        free = np.ones(self.n_items, dtype=bool)
        if self.policy.max_answers == 1:
            full = list(self.labels)
        else:
            full = [row for row, given in self.answers.items() if len(given) >= self.policy.max_answers]
        for taken in (full, self.pending, self.excluded):
            if taken:
                free[np.fromiter(taken, dtype=np.int64, count=len(taken))] = False
        return np.flatnonzero(free)

    def answered_by(self, annotator: str) -> Rows:
        """Rows that this annotator has answered, in order.

        Examples
        --------
        >>> State.start(3, labels={1: 0}).answered_by("anonymous").tolist()
        [1]
        """
        rows = sorted({*self.labels, *self.answers})
        return np.array([row for row in rows if annotator in {who for who, _ in self.said(row)}], dtype=np.int64)

    def said(self, row: int) -> tuple[Said, ...]:
        """What each annotator last said of a row, oldest first; a label that came alone is nobody's in particular.

        Examples
        --------
        >>> State.start(3, labels={1: 0}).said(1)
        (('anonymous', 0),)
        """
        if row in self.answers:
            return self.answers[row]
        return ((ANONYMOUS, self.labels[row]),) if row in self.labels else ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same state."""
        return {
            "n_items": self.n_items,
            "policy": self.policy.to_json(),
            "labels": [[row, value] for row, value in self.labels.items()],
            "answers": [[row, [list(each) for each in given]] for row, given in self.answers.items()],
            "pending": [asdict(q) for q in self.pending.values()],
            "asked": [asdict(q) for q in self.asked.values()],
            "earlier": [asdict(q) for q in self.earlier],
            "excluded": sorted(self.excluded),
            "round": self.round,
            "n_asked": self.n_asked,
            "memory": dict(self.memory),
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> State:
        """The reverse of `to_json`; what became of the last answers is not kept."""
        try:
            return cls(
                n_items=body["n_items"],
                policy=Policy.from_json(body["policy"]),
                labels={row: _frozen(value) for row, value in body["labels"]},
                answers={
                    row: tuple((who, _frozen(value)) for who, value in given) for row, given in body.get("answers", ())
                },
                pending={q["row"]: Query(**q) for q in body["pending"]},
                asked={q["row"]: Query(**q) for q in body["asked"]},
                earlier=tuple(Query(**q) for q in body.get("earlier", ())),
                excluded=frozenset(body["excluded"]),
                round=body["round"],
                n_asked=body["n_asked"],
                memory=body.get("memory", {}),
            )
        except KeyError as missing:
            raise InvalidInput(f"state: must be what `to_json` wrote; {missing} is missing. Write it again.") from None


def _frozen(value: Any) -> Any:
    """JSON knows no tuples: a list that was one becomes one again."""
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value
