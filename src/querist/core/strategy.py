"""How a function says that it is a query strategy, and what it needs."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.signals import PREDICTED, SIGNALS

Kind = Literal["score", "select"]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Strategy:
    """A query strategy: a pure function on arrays, and what must be known to call it.

    Parameters
    ----------
    name, family : str
        What users type, and the page it stands on.
    run : callable
        For a score, `run(*needs, **params) -> utilities (n_items,)`, higher means label it sooner. For a selection,
        `run(*needs, k, candidates=rows, chosen=rows, rng=generator, **params) -> Picks`.
    needs : tuple of str
        Names of `SIGNALS`, in the order of its arguments.
    kind : {"score", "select"}
        Whether it rates items one by one, or chooses a set.
    trusts_model : bool
        Whether it is worthless while the model is; it then waits behind the policy's start.
    reason : str
        A sentence with `{utility}` and `{gap}` (1 - utility) to fill in.
    cost : str
        In time and memory.
    source : str
        The paper or rule it comes from.
    """

    name: str
    family: str
    run: Callable[..., Any]
    needs: tuple[str, ...]
    kind: Kind
    trusts_model: bool
    reason: str
    cost: str
    source: str

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    def because(self, utility: float) -> str:
        """The sentence of reason for an item of this utility; NaN where it has none."""
        if math.isnan(utility) and ("{utility" in self.reason or "{gap" in self.reason):
            return f"{self.name}: the first one, with nothing yet to hold it against"
        return f"{self.name}: {self.reason.format(utility=utility, gap=1 - utility)}"


def strategy(
    *,
    needs: tuple[str, ...] | list[str],
    reason: str = "utility {utility:.3f}",
    name: str | None = None,
    family: str = "own",
    kind: Kind = "score",
    trusts_model: bool | None = None,
    cost: str = "",
    source: str = "",
) -> Callable[[F], F]:
    """Declare a function a query strategy. It stays the function it was.

    Parameters
    ----------
    needs : sequence of str
        The signals it is called with, by name, in order: see `querist.core.signals.SIGNALS`.
    reason : str
        Why an item was asked, with `{utility}` or `{gap}` in it.
    trusts_model : bool, optional
        By default, whether it needs anything that a model predicts.

    Raises
    ------
    InvalidInput
        If a need is no signal.

    Examples
    --------
    >>> @strategy(needs=["probs"], reason="its best class has only {gap:.2f}")
    ... def unsure(probs):
    ...     return 1 - probs.max(axis=1)
    >>> of(unsure).because(0.4)
    'unsure: its best class has only 0.60'
    """
    for need in needs:
        checks.one_of("needs", need, tuple(SIGNALS))

    def declare(function: F) -> F:
        declared = Strategy(
            name=name or function.__name__,
            family=family,
            run=function,
            needs=tuple(needs),
            kind=kind,
            trusts_model=bool(set(PREDICTED) & set(needs)) if trusts_model is None else trusts_model,
            reason=reason,
            cost=cost,
            source=source,
        )
        setattr(function, _MARK, declared)
        return function

    return declare


_MARK = "__querist_strategy__"


def of(function: Callable[..., Any]) -> Strategy:
    """The declaration of a decorated function.

    Raises
    ------
    InvalidInput
        If it was not decorated.
    """
    found = getattr(function, _MARK, None)
    if not isinstance(found, Strategy):
        name = getattr(function, "__name__", repr(function))
        raise InvalidInput(f"strategy: must be declared with @querist.strategy; got {name}. Decorate it.")
    return found


def is_strategy(thing: object) -> bool:
    """Whether it is a decorated function."""
    return isinstance(getattr(thing, _MARK, None), Strategy)
