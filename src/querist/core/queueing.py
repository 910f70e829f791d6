"""How work is handed out: a value, as the policy is one for how items are chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, get_args

from querist.core.checks import flag, nearest, one_of, positive, share
from querist.core.errors import InvalidInput

Suggestions = Literal["visible", "hidden", "after"]
LONGEST_LEASE_S = 24 * 3600
SHORTEST_LEASE_S = 5
MOST_SLOTS = 50  # answers to one item, slots in one person's hands, and items fetched ahead


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """How a project's questions reach people, and when the next ones are chosen.

    Parameters
    ----------
    overlap : int
        Answers of different people wanted for each item.
    lease_s : int
        Seconds that an item stays with whoever was given it, unless their page asks for longer.
    prefetch : int
        Items that a page holds ahead of the one on the screen.
    max_leases : int
        Items that one person may hold, in all windows together.
    max_skips : int
        People who may skip an item before nobody else is asked.
    suggestions : {"visible", "hidden", "after"}
        Whether annotators see what the model would answer: at once, never, or once they have answered.
    show_reason : bool
        Whether they see why an item was asked.
    digits_submit : bool
        Whether a digit answers at once where one class is asked for.
    auto_rounds : bool
        Whether the next round is chosen by itself once this one's answers are in.
    quorum : float
        Share of a round's answers that must be in for that.
    deadline_s : int or None
        Seconds after which a round counts as answered, whatever is in.
    test_per_round : int
        Random items of the test set asked beside each round, to measure on.
    test_labels : int
        Labels of the test set from which on none are asked any more.
    skill_field : str or None
        The field whose value names the skill that an item asks for, such as a language.
    slot_tiers : sequence of int
        The least tier of whoever gives an item's first answer, its second, and so on.
    daily_cap : int or None
        Answers that one person may give in a day.
    open_to_all : bool
        Whether every annotator may label here, or only the project's members.

    Examples
    --------
    >>> QueueSettings.from_json({"overlap": 2}).with_(quorum=0.9).overlap
    2
    """

    overlap: int = 1
    lease_s: int = 600
    prefetch: int = 5
    max_leases: int = 20
    max_skips: int = 3
    suggestions: Suggestions = "visible"
    show_reason: bool = True
    digits_submit: bool = True
    auto_rounds: bool = True
    quorum: float = 1.0
    deadline_s: int | None = None
    test_per_round: int = 0
    test_labels: int = 200
    skill_field: str | None = None
    slot_tiers: Sequence[int] = ()
    daily_cap: int | None = None
    open_to_all: bool = True

    def __post_init__(self) -> None:
        for name, most in (
            ("overlap", MOST_SLOTS),
            ("max_leases", MOST_SLOTS),
            ("lease_s", LONGEST_LEASE_S),
            ("max_skips", MOST_SLOTS),
        ):
            if positive(f"settings.{name}", getattr(self, name)) > most:
                raise InvalidInput(f"settings.{name}: must be at most {most}; got {getattr(self, name)}. Lower it.")
        if self.lease_s < SHORTEST_LEASE_S:
            raise InvalidInput(
                f"settings.lease_s: must be at least {SHORTEST_LEASE_S} seconds; got {self.lease_s}. Raise it."
            )
        for name in ("prefetch", "test_per_round", "test_labels"):
            _count(name, getattr(self, name))
        if self.prefetch > MOST_SLOTS:
            raise InvalidInput(f"settings.prefetch: must be at most {MOST_SLOTS}; got {self.prefetch}. Lower it.")
        one_of("settings.suggestions", self.suggestions, get_args(Suggestions))
        for name in ("show_reason", "digits_submit", "auto_rounds", "open_to_all"):
            flag(f"settings.{name}", getattr(self, name))
        share("settings.quorum", self.quorum)
        if self.quorum == 0:
            raise InvalidInput(
                "settings.quorum: must be above 0; got 0, by which rounds would follow without an answer."
            )
        for name in ("deadline_s", "daily_cap"):
            if getattr(self, name) is not None:
                positive(f"settings.{name}", getattr(self, name))
        if self.skill_field is not None and not isinstance(self.skill_field, str):
            raise InvalidInput(f"settings.skill_field: must name a field; got {self.skill_field!r}.")
        object.__setattr__(self, "slot_tiers", tuple(self.slot_tiers))
        for tier in self.slot_tiers:
            _count("slot_tiers", tier)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same settings."""
        return asdict(self) | {"slot_tiers": list(self.slot_tiers)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> QueueSettings:
        """The reverse of `to_json`; a name it does not know is an error, not ignored."""
        return cls(**_known(body))

    def with_(self, **changes: Any) -> QueueSettings:
        """A copy with these values changed."""
        return replace(self, **_known(changes))


def _known(body: Mapping[str, Any]) -> dict[str, Any]:
    names = [each.name for each in fields(QueueSettings)]
    for key in body:
        if key not in names:
            near = nearest(key, names)
            hint = f"Did you mean {near!r}?" if near else f"It has {', '.join(names)}."
            raise InvalidInput(f"settings: must hold known settings only; got {key!r}. {hint}")
    return dict(body)


def _count(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput(f"settings.{name}: must be a whole number of at least 0; got {value!r}.")
