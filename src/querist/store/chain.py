"""The arithmetic of answers: how an event is hashed into its chain, and which answer stands after all of an item's."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from querist.core.crowd import plurality
from querist.core.hashing import canonical, digest
from querist.core.state import Value
from querist.store.tables import Action

GENESIS = "0" * 64
ANSWERS: frozenset[Action] = frozenset({"submit", "revise", "import"})

# What a hash covers is what means the same in any database: not `project_id`, `item_seq` and `query_id`, which are row
# numbers of this one. `audit` compares those with the item and the round that the hash does cover.
HASHED = (
    "id",
    "seq",
    "idempotency_key",
    "item_id",
    "item_content_hash",
    "round",
    "annotator",
    "role",
    "action",
    "supersedes",
    "schema_version",
    "instruction_version",
    "suggestion",
    "acquisition",
    "shown_at",
    "submitted_at",
    "received_at",
    "active_ms",
    "client",
    "content_digest",
    "prev_hash",
)


class Step(NamedTuple):
    """One event of an item, as far as it decides what the item's label is."""

    event_id: str
    action: Action
    annotator: str
    supersedes: str | None
    query_id: int | None
    value: Value | None
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What an item's events come to: its answers that stand, oldest first."""

    answers: tuple[Step, ...]

    @property
    def latest(self) -> tuple[Step, ...]:
        """The last standing answer of each annotator, oldest first."""
        if len(self.answers) < 2:
            return self.answers
        found: dict[str, Step] = {}
        for step in self.answers:
            found.pop(step.annotator, None)  # to the end, where the newest stands
            found[step.annotator] = step
        return tuple(found.values())

    @property
    def label(self) -> Step | None:
        """The answer that is the label, if any stands: what most annotators say, by the first of them to say it."""
        latest = self.latest
        return latest[plurality([step.value for step in latest])] if latest else None

    @property
    def n_answers(self) -> int:
        """How many annotators have an answer that stands."""
        return len(self.latest)

    def of(self, annotator: str) -> Step | None:
        """This annotator's last answer that stands."""
        return next((step for step in reversed(self.answers) if step.annotator == annotator), None)

    def answered(self) -> dict[int, str]:
        """The first standing answer to each query: the one that answered it."""
        first: dict[int, str] = {}
        for step in self.answers:
            if step.query_id is not None:
                first.setdefault(step.query_id, step.event_id)
        return first


def standing(steps: Iterable[Step]) -> Standing:
    """Fold an item's events, in order, into what stands.

    An undone event is as if it had never been. A withdrawal takes back every answer its annotator gave before it.
    Erased words can be nobody's label.

    Examples
    --------
    >>> first = Step("a", "submit", "ann", None, 1, "spam")
    >>> second = Step("b", "revise", "ann", "a", 1, "ham")
    >>> standing([first, second]).label.value
    'ham'
    >>> standing([first, second, Step("c", "undo", "ann", "b", None, None)]).label.value
    'spam'
    """
    events = list(steps)
    undone = {step.supersedes for step in events if step.action == "undo"}
    answers: list[Step] = []
    for step in events:
        if step.event_id in undone or step.erased:
            continue
        if step.action == "withdraw":
            answers = [earlier for earlier in answers if earlier.annotator != step.annotator]
        elif step.action in ANSWERS:
            answers.append(step)
    return Standing(tuple(answers))


def event_hash(event: Mapping[str, Any]) -> str:
    """The hash of an event's stored values, the hash before it among them: a chain of which no link can be changed."""
    return digest({name: event[name] for name in HASHED})


def content_digest(salt: str, value: Value | None, note: str) -> str:
    """What the chain keeps of the words: useless for guessing them once the salt is erased with them.

    Examples
    --------
    >>> content_digest("00", "spam", "") == content_digest("01", "spam", "")
    False
    """
    content = canonical({"note": note, "value": value})
    return hashlib.sha256(f"{salt}{content}".encode("utf-8", "surrogatepass")).hexdigest()


def event_id(now: datetime, entropy: Callable[[int], bytes]) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then random ones.

    Examples
    --------
    >>> from datetime import UTC
    >>> event_id(datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC), lambda n: bytes(n))
    '017f22e2-79b0-7000-8000-000000000000'
    """
    milliseconds = int(now.timestamp() * 1000)
    random = int.from_bytes(entropy(10), "big")
    bits = milliseconds << 80 | 0x7 << 76 | (random >> 62 & 0xFFF) << 64 | 0b10 << 62 | random & (1 << 62) - 1
    return str(UUID(int=bits))


def chained(events: Sequence[dict[str, Any]], *, seq: int, prev_hash: str) -> None:
    """Give events their place after event `seq`, whose hash is `prev_hash`; writes into them."""
    for event in events:
        seq += 1
        event["seq"], event["prev_hash"] = seq, prev_hash
        prev_hash = event["hash"] = event_hash(event)
