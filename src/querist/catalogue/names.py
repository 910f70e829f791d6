"""Strategies by name: our own, those of installed packages, and those a user registers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from querist import strategies
from querist.core.checks import flag, nearest
from querist.core.errors import InvalidInput
from querist.core.policy import Policy
from querist.core.schema import Task
from querist.core.strategy import Spec, Strategy, flags_of, is_strategy, of
from querist.loop import coldstart

ENTRY_POINT = "querist.strategies"
DEEPEST = 5  # composites of composites: deeper than anyone means, and far from the interpreter's own limit
ANY_TASK = ("auto",)  # needs some kind of prediction, and takes the one there is
OF_A_TASK: Mapping[Task, tuple[str, ...]] = {
    "choice": ("probs", "members", "head", "prior", "votes", "answers"),
    "labels": ("label_probs", "label_matrix"),
    "spans": ("tokens", "member_tokens"),
    "boxes": ("boxes",),
    "number": ("predictions", "member_predictions"),
}  # signals that only one task has, or such as are learned alike; "labels" are those of a choice and of a number
LEARNED_AS: Mapping[Task, Task] = {"pair": "choice", "rating": "choice", "review": "choice"}
NOT_OF_NAMES = ("prior", "votes")  # signals that read classes off their names, or off seed rules, which name one
UNLEARNED: tuple[Task, ...] = ("polygons", "ranking", "text")
PLAIN: Mapping[Task, str] = {
    "choice": "margin",
    "pair": "margin",
    "rating": "margin",
    "review": "margin",
    "labels": "multi_label_uncertainty",
    "spans": "mnlp",
    "boxes": "box_uncertainty",
    "number": "variance",
}
_registered: dict[str, Strategy] = {}


def register(function: Callable[..., Any]) -> Strategy:
    """Make a decorated function known by its name, for this process.

    Raises
    ------
    InvalidInput
        If it is not decorated, or one of our own strategies has the name.
    """
    declared = of(function)
    if declared.name in _own():
        raise InvalidInput(f"strategy: must have a name of its own; {declared.name!r} is taken. Rename it.")
    _registered[declared.name] = declared
    return declared


def find(name: str) -> Strategy:
    """The strategy of this name.

    Raises
    ------
    InvalidInput
        If there is none; the message names the nearest.

    Examples
    --------
    >>> find("margin").needs
    ('probs',)
    """
    known = _known()
    if name not in known:
        near = nearest(name, list(known))
        hint = f"Did you mean {near!r}?" if near else "`querist strategies` lists them."
        raise InvalidInput(f"strategy: must be one of the {len(known)} known; got {name!r}. {hint}")
    return known[name]


def resolve(
    spec: Spec, params: Mapping[str, Any] | None = None, *, n_chosen: int | None = None
) -> tuple[Strategy, dict[str, Any]]:
    """The strategy that a spec names, and its parameters; a composite's needs are those of its parts.

    With `n_chosen`, the number of items labeled or pending, only parts whose turn it then is count.

    Raises
    ------
    InvalidInput
        If there is no such strategy, the spec is neither a name nor a map of one, or parts lead back to themselves.

    Examples
    --------
    >>> declared, params = resolve({"strategy": "stochastic_batch", "params": {"score": "entropy"}})
    >>> declared.needs, params
    (('probs',), {'score': 'entropy'})
    """
    return _resolved(spec, params, 0, n_chosen)


def trusts_model(policy: Policy) -> bool:
    """Whether the policy's strategy is worthless while the model is."""
    return resolve(policy.strategy, policy.params)[0].trusts_model


def reads_answers(policy: Policy) -> bool:
    """Whether the policy's strategy reads everybody's answers, and so may buy a second one to an item."""
    return resolve(policy.strategy, policy.params)[0].buys_again


def _resolved(
    spec: Spec, params: Mapping[str, Any] | None, depth: int, n_chosen: int | None
) -> tuple[Strategy, dict[str, Any]]:
    name, said = _read(spec)
    params = {**said, **(params or {})}
    declared = find(name)
    _check_params(declared, params)
    if not declared.parts:
        return declared, params
    if depth == DEEPEST:
        raise InvalidInput(f"params: must nest strategies at most {DEEPEST} deep; got more in {name!r}. Flatten them.")
    turn = None if declared.turn is None or n_chosen is None else declared.turn(n_chosen, **params)
    inner = [
        _resolved(part, None, depth + 1, n_chosen)[0]
        for name, part in _parts(declared, params)
        if turn is None or name == turn
    ]
    needs = dict.fromkeys(need for part in inner for need in part.needs)
    trusts = declared.trusts_model or any(part.trusts_model for part in inner)
    return replace(declared, needs=(*declared.needs, *needs), trusts_model=trusts), params


def _read(spec: Spec) -> tuple[str, dict[str, Any]]:
    if isinstance(spec, str):
        return spec, {}
    known = isinstance(spec, Mapping) and set(spec) <= {"strategy", "params"}
    if known and isinstance(spec.get("strategy"), str) and isinstance(spec.get("params", {}), Mapping):
        return spec["strategy"], dict(spec.get("params", {}))
    raise InvalidInput(
        f'strategy: must be a name, or {{"strategy": name, "params": {{...}}}}; got {spec!r}. '
        "`querist strategies` lists the names."
    )


def _parts(declared: Strategy, params: Mapping[str, Any]) -> list[tuple[str, Spec]]:
    """The strategies that a composite is made of, each with the name of the parameter that names it."""
    defaults = inspect.signature(declared.run).parameters
    found: list[tuple[str, Spec]] = []
    for name in declared.parts:
        value = params[name] if name in params else defaults[name].default
        if not isinstance(value, str | Mapping | list | tuple):
            raise InvalidInput(f"{name}: must be a strategy, or a list of them; got {value!r}. Name one.")
        found += [(name, part) for part in ([value] if isinstance(value, str | Mapping) else value)]
    return found


def _check_params(declared: Strategy, params: Mapping[str, Any]) -> None:
    """See that the parameters are arguments that the strategy leaves to its caller, and flags true or false."""
    for name in flags_of(declared.run):
        if name in params:
            flag(name, params[name])
    arguments = list(inspect.signature(declared.run).parameters.values())
    if any(argument.kind is argument.VAR_KEYWORD for argument in arguments):
        return
    n_arrays = 1 if declared.kind == "composite" else len(declared.needs)
    ours = arguments[: n_arrays + (declared.kind != "score")]
    free = [a.name for a in arguments[len(ours) :] if a.name not in ("candidates", "chosen", "rng")]
    for name in params:
        if name not in free:
            near = nearest(name, free)
            has = f"it takes {', '.join(free)}" if free else "it takes none"
            hint = f"Did you mean {near!r}?" if near else "See its page."
            raise InvalidInput(f"params: must be arguments of {declared.name}; got {name!r}, and {has}. {hint}")


def functions(policy: Policy) -> set[Callable[..., Any]]:
    """The functions that a policy's strategy and its start run, parts within parts included."""
    found: set[Callable[..., Any]] = {find(policy.start).run}
    todo: list[tuple[Spec, Mapping[str, Any] | None]] = [(policy.strategy, policy.params)]
    while todo:
        declared, params = resolve(*todo.pop())
        found.add(declared.run)
        todo += [(part, None) for _, part in _parts(declared, params)]
    return found


def plain_strategy(task: Task) -> str:
    """The plain score that others are held against: how unsure the model is of an item's answer."""
    return PLAIN[task]


def suited(name: str, task: Task, params: Mapping[str, Any] | None = None) -> Strategy:
    """The strategy of this name, if it can choose for this kind of answer.

    Raises
    ------
    InvalidInput
        If there is none, or it reads what only another kind of answer has, such as class probabilities where the answer
        is a number, or a model where none learns the answers.

    Examples
    --------
    >>> suited("margin", "number")
    Traceback (most recent call last):
    querist.core.errors.InvalidInput: strategy: must suit a number; 'margin' needs probs. Use 'auto'.
    """
    strategy, _ = resolve(name, params)
    foreign = _foreign(task)
    lacking = [need for need in strategy.needs if need in foreign and name not in ANY_TASK]
    if lacking and task in UNLEARNED:
        raise InvalidInput(
            f"strategy: must suit {_answer(task)}, which no model learns; {name!r} needs {lacking[0]}. Use "
            f"{ANY_TASK[0]!r}, 'random', or one that looks at the items only, such as 'max_herding'."
        )
    if lacking:
        raise InvalidInput(f"strategy: must suit {_answer(task)}; {name!r} needs {lacking[0]}. Use {ANY_TASK[0]!r}.")
    return strategy


def suited_policy(policy: Policy, task: Task) -> None:
    """See that a policy can choose for this kind of answer.

    Raises
    ------
    InvalidInput
        If its strategy or its start reads what only another kind of answer has, or it has quotas by class where no one
        class is predicted.

    Examples
    --------
    >>> suited_policy(Policy(start="rules"), "spans")
    Traceback (most recent call last):
    querist.core.errors.InvalidInput: start: must suit spans; 'rules' is for a choice of classes. Use 'k_means'.
    """
    suited(policy.strategy, task, policy.params)
    if task != "choice" and set(find(policy.start).needs) & set(OF_A_TASK["choice"]):
        raise InvalidInput(
            f"start: must suit {_answer(task)}; {policy.start!r} is for a choice of classes. Use 'k_means'."
        )
    if policy.quotas and _learned_as(task) != "choice":
        raise InvalidInput(
            f"quotas: must be left out where the answer is {_answer(task)}, since they go by the one class that is "
            f"predicted; got {dict(policy.quotas)}."
        )


def _foreign(task: Task) -> set[str]:
    """The signals that this task does not have."""
    alike = _learned_as(task)
    found = {need for other, needs in OF_A_TASK.items() if other != alike for need in needs}
    if alike not in ("choice", "number"):
        found.add("labels")
    return found.union(NOT_OF_NAMES) if task != "choice" else found


def _learned_as(task: Task) -> Task:
    return LEARNED_AS.get(task, task)


def _answer(task: Task) -> str:
    """The answers of a task, in a sentence."""
    if task == "choice":
        return "a choice of classes"
    return task if task in ("labels", "spans", "boxes", "polygons") else f"a {task}"


def strategy_names() -> tuple[str, ...]:
    """Every name, sorted."""
    return tuple(sorted(_known()))


def _known() -> dict[str, Strategy]:
    return {**_plugged(), **_registered, **_own()}


@cache
def _own() -> dict[str, Strategy]:
    functions = [getattr(strategies, name) for name in strategies.__all__]
    functions += [coldstart.stratified, coldstart.rules]
    return {of(f).name: of(f) for f in functions if is_strategy(f)}


@cache
def _plugged() -> dict[str, Strategy]:
    return {of(f).name: of(f) for f in (point.load() for point in entry_points(group=ENTRY_POINT))}
