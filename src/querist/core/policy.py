"""How to choose: a value that says everything needed to draw the same batch again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from querist.core.checks import flag, nearest, one_of, positive, share
from querist.core.errors import InvalidInput
from querist.core.hashing import digest

Start = Literal["random", "stratified", "k_means", "max_herding", "typiclust", "probcover", "zero_shot", "rules"]
STARTS: tuple[Start, ...] = get_args(Start)


@dataclass(frozen=True, slots=True)
class Costs:
    """What an answer costs, in US dollars.

    Parameters
    ----------
    per_label : float
        Flat price of one answer.
    per_character : float
        Added for each character of the item's text.
    per_utility : bool
        Whether to rank by utility per dollar instead of by utility. It bears on scores: what chooses whole sets sees no
        prices.
    """

    per_label: float = 0.0
    per_character: float = 0.0
    per_utility: bool = False

    def __post_init__(self) -> None:
        for name in ("per_label", "per_character"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
                raise InvalidInput(f"costs.{name}: must be a price of at least 0 dollars; got {value!r}.")
        flag("costs.per_utility", self.per_utility)

    @property
    def free(self) -> bool:
        """Whether no price is known."""
        return self.per_label == 0 and self.per_character == 0


MOST_LABELS = 2**53 - 1  # what a page counts without a slip, and less than either database can hold


@dataclass(frozen=True, slots=True)
class Budget:
    """How much may be asked of the pool in all. None is no limit.

    What is asked of the test set and the calibration slice is priced and recorded, but not counted here: measuring
    must not stop because learning has spent the money.
    """

    labels: int | None = None
    usd: float | None = None

    def __post_init__(self) -> None:
        if self.labels is not None:
            positive("budget.labels", self.labels)
            if self.labels > MOST_LABELS:
                raise InvalidInput(
                    f"budget.labels: must be at most {MOST_LABELS:,}; got {self.labels}. Leave it out for no limit."
                )
        number = isinstance(self.usd, int | float) and not isinstance(self.usd, bool)
        if self.usd is not None and not (number and 0 < self.usd < float("inf")):
            raise InvalidInput(f"budget.usd: must be a sum above 0 dollars; got {self.usd!r}.")


@dataclass(frozen=True, slots=True)
class Policy:
    """How a batch is chosen. Frozen, and plain JSON both ways.

    Parameters
    ----------
    strategy : str
        A name of `querist strategies`; used once a model's scores can be trusted.
    params : mapping of str to JSON value
        Arguments of that strategy other than its arrays.
    start : {"k_means", "max_herding", "typiclust", "probcover", "zero_shot", "random", "stratified", "rules"}
        What chooses while there is no model to trust.
    batch_size : int
        Items asked together.
    exploration : float
        Share of items drawn at random, over the rounds: blind spots show, and unbiased estimates stay possible.
    quotas : mapping of str to float
        Least share of a batch for items predicted to be of a class.
    group_quotas : mapping of str to float
        Least share of a batch for items of a group, by the value of the project's strata field: so that no group of
        people is measured worse than the others.
    near_duplicates : float or None
        Two items of a batch may not be of one near-duplicate group, nor, where embeddings are at hand because the
        strategy reads them or they were given, have a cosine similarity above this; None lets them.
    trust : bool
        Whether strategies that read a model wait until cross-validation says it is better than chance.
    max_answers : int
        The most answers of different people to one item, for strategies that buy again: those that read all answers.
        Others never ask about a labeled item.
    costs, budget : Costs, Budget
        What an answer costs, and how much may be bought.
    seed : int
        Of every random choice.

    Examples
    --------
    >>> policy = Policy("margin", batch_size=20)
    >>> Policy.from_json(policy.to_json()) == policy
    True
    """

    strategy: str = "auto"
    params: Mapping[str, Any] = field(default_factory=dict)
    start: Start = "k_means"
    batch_size: int = 20
    exploration: float = 0.1
    quotas: Mapping[str, float] = field(default_factory=dict)
    group_quotas: Mapping[str, float] = field(default_factory=dict)
    near_duplicates: float | None = 0.99
    trust: bool = True
    max_answers: int = 3
    costs: Costs = field(default_factory=Costs)
    budget: Budget = field(default_factory=Budget)
    seed: int = 0

    def __post_init__(self) -> None:
        if not isinstance(self.strategy, str) or not self.strategy:
            raise InvalidInput(f"strategy: must be a name; got {self.strategy!r}. `querist strategies` lists them.")
        for name in ("params", "quotas", "group_quotas"):
            if not isinstance(getattr(self, name), Mapping):
                raise InvalidInput(f"{name}: must be a map of names to values; got {getattr(self, name)!r}.")
        for name, kind in (("costs", Costs), ("budget", Budget)):
            if not isinstance(getattr(self, name), kind):
                raise InvalidInput(f"{name}: must be a map of its settings; got {getattr(self, name)!r}.")
        one_of("start", self.start, STARTS)
        flag("trust", self.trust)
        positive("batch_size", self.batch_size)
        positive("max_answers", self.max_answers)
        share("exploration", self.exploration)
        if self.near_duplicates is not None:
            share("near_duplicates", self.near_duplicates)
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise InvalidInput(f"seed: must be a whole number of at least 0; got {self.seed!r}.")
        self._check_shares("quotas", self.quotas)
        self._check_shares("group_quotas", self.group_quotas)

    def _check_shares(self, kind: str, shares: Mapping[str, float]) -> None:
        for name, least in shares.items():
            share(f"{kind}[{name!r}]", least)
        if (total := sum(shares.values())) + self.exploration > 1 + 1e-9:
            raise InvalidInput(
                f"{kind}: must leave room for the random share; got quotas of {total:.2f} and exploration "
                f"{self.exploration:.2f}, over 1 together. Lower one of them."
            )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same policy."""
        body = asdict(self)
        body |= {
            "params": dict(self.params),
            "quotas": dict(self.quotas),
            "group_quotas": dict(self.group_quotas),
        }
        return body

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Policy:
        """The reverse of `to_json`; a name it does not know is an error, not ignored."""
        known = _known(cls, "policy", body)
        for name, kind in (("costs", Costs), ("budget", Budget)):
            if isinstance(known.get(name), Mapping):
                known[name] = kind(**_known(kind, name, known[name]))
        return cls(**known)

    def with_(self, **changes: Any) -> Policy:
        """A copy with these values changed."""
        _known(type(self), "policy", changes)
        return replace(self, **changes)

    @property
    def digest(self) -> str:
        """Content hash: two policies with one digest draw the same batch."""
        return digest(self.to_json())


def _known(kind: type, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
    names = [f.name for f in fields(kind)]
    for key in body:
        if key not in names:
            near = nearest(key, names)
            hint = f"Did you mean {near!r}?" if near else f"It has {', '.join(names)}."
            raise InvalidInput(f"{name}: must hold known settings only; got {key!r}. {hint}")
    return dict(body)
