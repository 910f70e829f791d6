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
    spans : sequence of int
        The learner is fitted to the last so many labels, once for each number, and the mean of those models predicts: a
        short span follows what changes, a long one knows more of what does not. What is older than the longest is
        forgotten.
    refit_every : int
        New labels after which a model is fitted anew.
    growth : float
        It is not fitted before there are this share of new labels, of those that it learns from: so the model of a
        short span is fitted often, and that of a long one seldom. Larger is cheaper.
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
    spans: tuple[int, ...] = (100, 200, 400, 800, 1600)
    refit_every: int = 5
    growth: float = 0.02
    watch: Literal["random", "asked"] = "random"
    after_drift: int = 100
    reopen: int = 20

    def __post_init__(self) -> None:
        if not self.spans or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in self.spans):
            raise InvalidInput(f"spans: must be numbers of labels, 1 or more; got {self.spans!r}. (100, 1000), say.")
        object.__setattr__(self, "spans", tuple(sorted(set(self.spans))))
        for name in ("refit_every", "after_drift"):
            if getattr(self, name) < 1:
                raise InvalidInput(f"{name}: must be 1 or more; got {getattr(self, name)}. It is a number of labels.")
        for name in ("start", "reopen", "growth"):
            if getattr(self, name) < 0:
                raise InvalidInput(f"{name}: must not be negative; got {getattr(self, name)}. 0 leaves it out.")
        checks.one_of("watch", self.watch, WATCHED)

    @property
    def memory(self) -> int:
        """Labels that are remembered."""
        return self.spans[-1]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, from which `from_json` makes the same settings."""
        return asdict(self) | {"spans": list(self.spans)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Settings:
        """The settings that `to_json` wrote down."""
        return plain.read(cls, body)
