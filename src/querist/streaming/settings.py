"""How a stream learns and spends, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from querist.core import checks, plain
from querist.core.errors import InvalidInput

WATCHED = ("random", "asked")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a `Stream` does beside its manager.

    Parameters
    ----------
    seed : int
    start : int
        Labels that are lent to the stream at its start, so that there soon is a model; they are paid back.
    memory : int
        The model learns from the labels of so many items at most: those that came last.
    half_life : float or None
        In labels: those of items that came late count for more, up to four times as much. None counts all alike.
    refit_every : int
        New labels after which the model is fitted anew.
    growth : float
        It is not fitted before there are this share of new labels, of those that it learns from: larger is cheaper.
    watch : {"random", "asked"}
        Whose errors the drift detector hears of: of items drawn blindly, which are fair but few, or of all that were
        asked, which are many, but chosen.
    after_drift : int
        So many of the last labels are kept when the detector sounds.
    reopen : int
        When the detector sounds, this many labels more are asked, as far as 1 % of what the budget gave so far
        allows; they are paid back.
    """

    seed: int = 0
    start: int = 20
    memory: int = 1000
    half_life: float | None = None
    refit_every: int = 10
    growth: float = 0.02
    watch: Literal["random", "asked"] = "random"
    after_drift: int = 100
    reopen: int = 20

    def __post_init__(self) -> None:
        for name in ("memory", "refit_every", "after_drift"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"{name}: must be 1 or more; got {getattr(self, name)}. It is a number of labels.")
        for name in ("start", "reopen", "growth"):
            if getattr(self, name) < 0:
                raise InvalidInput(f"{name}: must not be negative; got {getattr(self, name)}. 0 leaves it out.")
        if self.half_life is not None and not self.half_life > 0:
            raise InvalidInput(f"half_life: must be over 0; got {self.half_life}. None counts all labels alike.")
        checks.one_of("watch", self.watch, WATCHED)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same settings."""
        return asdict(self)

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Settings:
        """The settings that `to_json` wrote down."""
        return plain.read(cls, body)
