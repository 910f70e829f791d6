"""Oracles as words on a command line, and as plain JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.core.ports import Oracle
from querist.simulation.crowds import Crowd
from querist.simulation.habits import Abstaining, Late, Priced
from querist.simulation.oracles import Biased, ByClass, Drifting, HardCases, Perfect, Tired, Uniform

Words = Sequence[str]
ANSWERS: dict[str, tuple[tuple[int, ...], int]] = {
    # A word that says who answers: how many arguments it takes, and how many more at a time, any number of times.
    "perfect": ((0,), 0),
    "uniform": ((1,), 0),
    "confused": ((3,), 3),
    "hard": ((1,), 0),
    "biased": ((2,), 0),
    "tired": ((1, 2), 0),
    "drifting": ((3,), 2),
    "crowd": ((2,), 0),
    "confused_crowd": ((2,), 0),
    "tiers": ((3,), 3),
}
HABITS: dict[str, tuple[tuple[int, ...], int]] = {"abstaining": ((1,), 0), "late": ((1,), 0), "priced": ((1, 2), 0)}
KINDS: dict[str, type[Any]] = {
    "perfect": Perfect,
    "uniform": Uniform,
    "by_class": ByClass,
    "hard": HardCases,
    "biased": Biased,
    "tired": Tired,
    "drifting": Drifting,
    "crowd": Crowd,
    "abstaining": Abstaining,
    "late": Late,
    "priced": Priced,
}


def parse(text: str, *, classes: Sequence[str] = ()) -> Oracle:
    """An oracle from words: `uniform:0.1`, `crowd:5:0.7`, `late:2`, several joined by `+`; or from JSON.

    Raises
    ------
    InvalidInput
        If a word is no oracle, or its number is out of range.

    Examples
    --------
    >>> parse("uniform:0.1+late:2")
    Late(rounds=2.0, of=Uniform(error=0.1, scale=1.0))
    >>> parse('{"oracle": "tired", "per_hundred": 0.1, "session": 50}')
    Tired(error=0.0, per_hundred=0.1, most=0.5, session=50)
    """
    if text.lstrip().startswith("{"):
        try:
            body = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidInput(f"oracle: must be words or JSON; {text[:40]!r} is neither ({error}).") from None
        return oracle_from_json(body, classes=classes)
    base: Oracle = Perfect()
    habits: list[tuple[str, Words]] = []
    for word in text.split("+"):
        name, *arguments = word.strip().split(":")
        checks.one_of("oracle", name, (*ANSWERS, *HABITS))
        _count(word, arguments, *(ANSWERS | HABITS)[name])
        if name in HABITS:
            habits.append((name, arguments))
            _made(word, name, arguments, classes, Perfect())
        else:
            base = _made(word, name, arguments, classes, base)
    for habit, numbers in habits:
        base = _made(habit, habit, numbers, classes, base)
    return base


def oracle_to_json(oracle: Oracle) -> dict[str, Any]:
    """An oracle as plain JSON, from which `oracle_from_json` makes the same one.

    Raises
    ------
    InvalidInput
        If it is none of Querist's own, or holds a function.

    Examples
    --------
    >>> oracle_to_json(Late(2.0, Uniform(0.1)))
    {'oracle': 'late', 'rounds': 2.0, 'of': {'oracle': 'uniform', 'error': 0.1, 'scale': 1.0}}
    """
    name = next((name for name, made in KINDS.items() if type(oracle) is made), None)
    if name is None:
        raise InvalidInput(f"oracle: must be one of Querist's own to be written as JSON; got {oracle!r}.")
    return {"oracle": name, **{f.name: _plain(getattr(oracle, f.name)) for f in fields(KINDS[name])}}


def oracle_from_json(body: Any, *, classes: Sequence[str] = ()) -> Oracle:
    """The reverse of `oracle_to_json`; classes may be given by name, where `classes` names them.

    Examples
    --------
    >>> oracle_from_json({"oracle": "biased", "toward": "ham", "share": 0.2}, classes=("spam", "ham"))
    Biased(toward=1, share=0.2)
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("oracle"), str):
        raise InvalidInput('oracle: must be a map with the name of an oracle, as {"oracle": "uniform", "error": 0.1}.')
    kind = KINDS[checks.one_of("oracle", body["oracle"], tuple(KINDS))]
    known = [f.name for f in fields(kind)]
    given: dict[str, Any] = {}
    for name, value in body.items():
        if name != "oracle":
            given[checks.one_of(f"oracle {body['oracle']}", name, known)] = _value(name, value, classes)
    try:
        oracle: Oracle = kind(**given)
    except TypeError as error:
        raise InvalidInput(f"oracle {body['oracle']}: must have its arguments, {', '.join(known)}; {error}.") from None
    return oracle


def _made(word: str, name: str, arguments: Words, classes: Words, of: Oracle) -> Oracle:
    makers: dict[str, Callable[[Words], Oracle]] = {
        "perfect": lambda a: Perfect(),
        "uniform": lambda a: Uniform(float(a[0])),
        "confused": lambda a: ByClass.between(
            max(len(classes), 1),
            {
                (_class_number(true, classes), _class_number(said, classes)): float(part)
                for true, said, part in _each(a, 3)
            },
        ),
        "hard": lambda a: HardCases(float(a[0])),
        "biased": lambda a: Biased(_class_number(a[0], classes), float(a[1])),
        "tired": lambda a: Tired(per_hundred=float(a[0]), session=int(a[1]) if a[1:] else None),
        "drifting": lambda a: Drifting(
            int(a[0]), {_class_number(old, classes): _class_number(new, classes) for old, new in _each(a[1:], 2)}
        ),
        "crowd": lambda a: Crowd.drawn(int(a[0]), float(a[1])),
        "confused_crowd": lambda a: Crowd.confused(int(a[0]), float(a[1]), max(len(classes), 1)),
        "tiers": lambda a: Crowd.tiers([(int(n), float(right), float(usd)) for n, right, usd in _each(a, 3)]),
        "abstaining": lambda a: Abstaining(float(a[0]), of),
        "late": lambda a: Late(float(a[0]), of),
        "priced": lambda a: Priced(float(a[0]), float(a[1]) if a[1:] else 0.0, of),
    }
    try:
        return makers[name](arguments)
    except ValueError as error:
        if isinstance(error, InvalidInput):
            raise
        raise InvalidInput(f"oracle {word!r}: must have its numbers behind colons, as in uniform:0.1.") from None


def _count(word: str, arguments: Words, takes: tuple[int, ...], more: int) -> None:
    n = len(arguments)
    if n < min(takes):
        raise InvalidInput(f"oracle {word!r}: must have its numbers behind colons, as in uniform:0.1.")
    if n in takes or (more and (n - max(takes)) % more == 0):
        return
    if more:
        raise InvalidInput(f"oracle {word!r}: must have {max(takes)} behind colons, or {more} more at a time; got {n}.")
    raise InvalidInput(f"oracle {word!r}: must have at most {max(takes)} behind colons; got {n}. Leave the rest out.")


def _each(arguments: Words, size: int) -> list[Words]:
    return [arguments[i : i + size] for i in range(0, len(arguments), size)]


def _class_number(name: str, classes: Words) -> int:
    return classes.index(checks.one_of("class", name, classes))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        return {str(key): part for key, part in value.items()}
    return value if value is None or isinstance(value, int | float | str) else oracle_to_json(value)


def _value(name: str, value: Any, classes: Words) -> Any:
    if name == "of":
        return oracle_from_json(value, classes=classes)
    if name in ("members", "confusion") and isinstance(value, list):
        inner = oracle_from_json if name == "members" else lambda row, classes: tuple(map(float, row))
        return tuple(inner(part, classes=classes) for part in value)
    if name == "mapping" and isinstance(value, Mapping):
        return {_either(old, classes): _either(new, classes) for old, new in value.items()}
    return _either(value, classes) if name == "toward" else value


def _either(value: Any, classes: Words) -> int:
    """A class by its number or its name."""
    if isinstance(value, str) and value in classes:
        return classes.index(value)
    try:
        return int(value)
    except (TypeError, ValueError):
        return _class_number(str(value), classes)
