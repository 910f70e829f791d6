"""How a function says that it is a query strategy, and what it needs."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar, cast

import numpy as np

from querist.core import checks
from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.signals import PREDICTED, SIGNALS, Signals
from querist.core.state import Past, Picks

Kind = Literal["score", "select", "composite"]
Spec = str | Mapping[str, Any]  # a strategy's name, or {"strategy": name, "params": {...}}
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
        `run(*needs, k, candidates=rows, chosen=rows, rng=generator, **params) -> Picks`. For a composite,
        `run(parts, k, candidates=rows, chosen=rows, rng=generator, **params) -> Chosen`.
    needs : tuple of str
        Names of `SIGNALS`, in the order of its arguments.
    kind : {"score", "select", "composite"}
        Whether it rates items one by one, chooses a set, or lets other strategies do either.
    trusts_model : bool
        Whether it is worthless while the model is; it then waits behind the policy's start.
    reason : str
        A sentence with `{utility}` and `{gap}` (1 - utility) to fill in.
    cost : str
        In time and memory.
    source : str
        The paper or rule it comes from.
    parts : tuple of str
        Of a composite: its parameters that name other strategies, each a `Spec` or a list of them.
    turn : callable, optional
        Of a composite whose parts take turns: `turn(n_chosen, **params)` names the one of `parts` that chooses when so
        many items are labeled or pending. Only what that one needs is then needed.
    budget : str, optional
        Its parameter that is told how many answers the budget still allows, where the policy says nothing of it.
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
    parts: tuple[str, ...] = ()
    turn: Callable[..., str] | None = None
    budget: str | None = None

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    @property
    def drawn(self) -> bool:
        """Whether its picks are a random draw, so that a share of random picks on top would add nothing."""
        return not self.needs or self.family == "start"

    @property
    def buys_again(self) -> bool:
        """Whether it reads everybody's answers, and so may ask about an item that has one."""
        return "answers" in self.needs

    def because(self, utility: float) -> str:
        """The sentence of reason for an item of this utility; NaN where it has none."""
        if math.isnan(utility) and ("{utility" in self.reason or "{gap" in self.reason):
            return f"{self.name}: the first one, with nothing yet to hold it against"
        return f"{self.name}: {self.reason.format(utility=utility, gap=1 - utility)}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Rows that a strategy picked, a sentence of reason for each, and what it keeps for the next batch, if anything."""

    picks: Picks
    reasons: tuple[str, ...]
    memory: Mapping[str, Any] | None = None


class Parts(Protocol):
    """What a composite strategy chooses by: other strategies, by name, on the signals at hand."""

    @property
    def signals(self) -> Signals:
        """What is known of the items."""
        ...

    @property
    def past(self) -> Past:
        """What was asked before, and what strategies kept of it."""
        ...

    @property
    def by_price(self) -> bool:
        """Whether the policy ranks by utility per dollar, and the prices are known."""
        ...

    def utilities(self, spec: Spec, /) -> Floats:
        """The utilities of a score, for every item."""
        ...

    def priced(self, utilities: Floats, /) -> Floats:
        """The utilities per dollar where the policy ranks so, else as they are."""
        ...

    def because(self, spec: Spec, utility: float, /) -> str:
        """A strategy's reason for an item of this utility."""
        ...

    def best(self, utilities: Floats, k: int, /, *, candidates: Rows, rng: np.random.Generator) -> Picks:
        """The `k` candidates of highest utility, per dollar and without look-alikes as the policy says."""
        ...

    def pick(
        self,
        spec: Spec,
        k: int,
        /,
        *,
        candidates: Rows,
        chosen: Rows,
        rng: np.random.Generator,
        taken: Rows | None = None,
    ) -> Chosen:
        """`k` of the candidates by another strategy, under the policy's prices and guards.

        `taken` are rows that other parts of the composite picked for this batch.
        """
        ...


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
    parts: Sequence[str] = (),
    turn: Callable[..., str] | None = None,
    budget: str | None = None,
) -> Callable[[F], F]:
    """Declare a function a query strategy. It stays what it was, but that its flags must be true or false.

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
        checked = _with_flags_checked(function)
        declared = Strategy(
            name=name or function.__name__,
            family=family,
            run=checked,
            needs=tuple(needs),
            kind=kind,
            trusts_model=bool(set(PREDICTED) & set(needs)) if trusts_model is None else trusts_model,
            reason=reason,
            cost=cost,
            source=source,
            parts=tuple(parts),
            turn=turn,
            budget=budget,
        )
        setattr(checked, _MARK, declared)
        return checked

    return declare


def flags_of(function: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters of a function that are annotated as `bool`.

    Examples
    --------
    >>> def twice(x: float, *, loud: bool = False): ...
    >>> flags_of(twice)
    ('loud',)
    """
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.annotation in (bool, "bool"))


def _with_flags_checked(function: F) -> F:
    """The function, refusing flags that are merely truthy: "no" from a settings file would count as yes."""
    flags = flags_of(function)
    if not flags:
        return function

    @functools.wraps(function)
    def checked(*arrays: Any, **said: Any) -> Any:
        for name in flags:
            if name in said:
                checks.flag(name, said[name])
        return function(*arrays, **said)

    return cast(F, checked)


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
