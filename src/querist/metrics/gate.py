"""Whether a new model may take the place of the old: no loss overall, in any class, in any cohort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.gate import GateDecision, GatePart, GateRules, Verdict, bounded
from querist.metrics.compare import holm
from querist.metrics.paired import Paired, n_least, n_wanted, paired_in_pool, paired_losses, paired_shares

ENOUGH_DIFFER = 10  # items better, and worse, from which on a normal interval may stand in for the exact one
LEAST_LOSSES = 30  # items from which on Student's t bears losses that are not normal
NAMED = 4  # parts that a sentence names
Kind = Literal["overall", "class", "cohort"]


@dataclass(frozen=True)
class Around:
    """What the models say of the items around the labeled ones.

    Parameters
    ----------
    rows : (n_labeled,) int
        Which of all items the labeled ones are.
    guess : (n_items,) float
        What is expected of every item's difference.
    cohorts : mapping of field to (n_items,) values
    """

    rows: Rows
    guess: Floats
    cohorts: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Group:
    kind: Kind
    name: str
    inside: Array
    guessed: Array | None = None  # of all items, where models were asked about those around


def gate(
    new: npt.ArrayLike,
    old: npt.ArrayLike,
    *,
    metric: str = "accuracy",
    losses: bool = False,
    classes: Sequence[str] | None = None,
    cohorts: Mapping[str, Sequence[str]] | None = None,
    rules: GateRules | None = None,
    level: float | None = None,
    overall: Paired | None = None,
    around: Around | None = None,
) -> GateDecision:
    """Whether nothing is lost: overall, in every class and in every cohort.

    Parameters
    ----------
    new, old : array_like (n_items,)
        Whether each model is right about each labeled item; with `losses`, its loss on it.
    metric : str
        What the scores are, in words.
    losses : bool
    classes : sequence of str, optional
        Each item's true class.
    cohorts : mapping of field to sequence of str, optional
        Each item's value of the field.
    rules : GateRules, optional
    level : float, optional
        To judge at, in place of the rules' own.
    overall : Paired, optional
        What was found of all items by a metric that is no mean.
    around : Around, optional
        What the models say of unlabeled items, to make intervals narrower where enough labeled ones differ.

    Returns
    -------
    decision : GateDecision
        It opens where every binding part shows that it loses less than its margin, and only there: too few items, or
        none, keep it closed.

    Raises
    ------
    InvalidInput
        If the arrays are not of the same items.

    Notes
    -----
    That *every* part must pass is an intersection-union test (Berger, 1982, Technometrics 24): each is made at the full
    level, and the chance of letting a model through that loses the margin somewhere is still below 1 - level, however
    many parts there are. Saying that a part *has* lost is the other way round, one false claim among many being likely:
    there p-values are Holm's.

    Examples
    --------
    >>> right = np.ones(300, dtype=bool)
    >>> gate(right, right).opens                                # they never differ, on 300 items
    True
    >>> gate(right[:100], right[:100]).opens                    # on 100 nobody can tell that two points are not lost
    False
    """
    by = rules or GateRules()
    at = by.level if level is None else level
    a, b = _scores("new", new, losses), _scores("old", old, losses)
    if len(a) != len(b):
        raise InvalidInput(f"new: must be of the same items as old; got {len(a)} and {len(b)}.")
    whole = _Group("overall", "all items", np.ones(len(a), dtype=bool), None if around is None else _every(around))
    found: list[tuple[_Group, Paired | None, float, int]] = []
    for group in (whole, *_groups(len(a), classes, cohorts or {}, around, by, at, losses)):
        margin = by.margin if group.kind == "overall" else by.part_margin
        least = _least(by, margin, at, losses, group.kind)
        of = overall if group is whole and overall is not None else _paired(group, a, b, losses, around, margin, at)
        found.append((group, of, margin, least))
    p_loss = holm([1.0 if of is None else of.p_loss for _, of, _, _ in found])
    parts = tuple(
        _part(group, of, margin, least, float(p), by, at, losses)
        for (group, of, margin, least), p in zip(found, p_loss, strict=True)
    )
    opens = all(part.verdict == "no_loss" for part in parts if part.binding)
    return GateDecision(opens, _summary(opens, parts), metric, by, at, parts, n_items=len(a))


def _groups(
    n: int,
    classes: Sequence[str] | None,
    cohorts: Mapping[str, Sequence[str]],
    around: Around | None,
    rules: GateRules,
    level: float,
    losses: bool,
) -> Iterator[_Group]:
    least = _least(rules, rules.part_margin, level, losses, "class")
    if classes is not None:
        for names, inside in _values("classes", classes, n, rules, least):
            yield _Group("class", ", ".join(names), inside)
    for name, values in cohorts.items():
        values_around = None if around is None else around.cohorts.get(name)
        for names, inside in _values(name, values, n, rules, least):
            guessed = None if values_around is None else np.isin(np.asarray(values_around, dtype=object), names)
            yield _Group("cohort", f"{name} = {', '.join(names)}", inside, guessed)


def _values(
    name: str, values: Sequence[str], n: int, rules: GateRules, least: int
) -> Iterator[tuple[list[str], Array]]:
    """Each value's items; small ones joined, where the rules say so."""
    if len(values) != n:
        raise InvalidInput(f"{name}: must be of the same items as new, {n}; got {len(values)}.")
    found, number = np.unique(np.asarray(values, dtype=object).astype(str), return_inverse=True)
    counts = np.bincount(number, minlength=len(found))
    order = np.argsort(counts, kind="stable")
    joined: list[int] = []
    if rules.small == "together" and counts.size and counts.min() < least:
        sums = np.cumsum(counts[order])
        joined = order[: min(len(order), int(np.searchsorted(sums, least)) + 1)].tolist()
        joined += [one for one in order.tolist() if counts[one] < least and one not in joined]
    if joined:
        yield sorted(str(found[one]) for one in joined), np.isin(number, joined)
    for one, value in enumerate(found):
        if one not in joined:
            yield [str(value)], number == one


def _paired(
    group: _Group, new: Floats, old: Floats, losses: bool, around: Around | None, margin: float, level: float
) -> Paired | None:
    """What is found of a group; nothing where it has no items, or one whose loss has no spread."""
    a, b = new[group.inside], old[group.inside]
    if losses:
        return paired_losses(a, b, margin=margin, level=level) if len(a) > 1 else None
    if not len(a):
        return None
    d = a - b
    better, worse = int(np.sum(d > 0)), int(np.sum(d < 0))
    if around is not None and group.guessed is not None and min(better, worse) >= ENOUGH_DIFFER:
        place = np.cumsum(group.guessed) - 1
        rows, guess = place[around.rows[group.inside]], around.guess[group.guessed]
        return paired_in_pool(d, rows, guess, margin=margin, level=level, old=float(b.mean()))
    both = int(np.sum((a > 0) & (b > 0)))
    return paired_shares(better, worse, len(a), margin=margin, level=level, both_right=both)


def _least(rules: GateRules, margin: float, level: float, losses: bool, kind: Kind) -> int:
    if rules.least is not None and kind != "overall":
        return rules.least
    return LEAST_LOSSES if losses else n_least(margin, level)


def _part(
    group: _Group,
    of: Paired | None,
    margin: float,
    least: int,
    p_loss: float,
    rules: GateRules,
    level: float,
    losses: bool,
) -> GatePart:
    n = int(group.inside.sum())
    lost = of is not None and p_loss <= 1 - level
    few = n < least
    # Fewer than could rule out the margin, were they all alike, may still do so by being better.
    barred = few and (losses or (rules.least is not None and group.kind != "overall"))
    if of is not None and of.p_no_loss <= 1 - level and not barred:
        verdict: Verdict = "no_loss"
    else:
        verdict = "loss" if lost else "too_few" if few else "not_shown"
    binding = group.kind == "overall" or rules.small != "reported" or verdict != "too_few"
    wanted = None
    if verdict != "no_loss" and not losses:
        differing = 0.0 if of is None or n == 0 else (of.n_better + of.n_worse) / n
        wanted = max(n_wanted(differing, margin, level), least)
    body = of or Paired(n, 0, 0, 0.0, 0.0, 0.0, -np.inf, np.inf, 1.0, 1.0, "none: too few items")
    return GatePart(
        kind=group.kind,
        name=group.name,
        n=n,
        n_better=body.n_better,
        n_worse=body.n_worse,
        new=body.new,
        old=body.old,
        difference=body.difference,
        low=bounded(body.low),
        high=bounded(body.high),
        margin=margin,
        p_no_loss=body.p_no_loss,
        p_loss=p_loss,
        verdict=verdict,
        binding=binding,
        n_wanted=wanted,
        method=body.method,
        sentence=_sentence(body, n, margin, least, verdict, p_loss, wanted),
    )


def _sentence(
    of: Paired, n: int, margin: float, least: int, verdict: Verdict, p_loss: float, wanted: int | None
) -> str:
    counts = f"{of.n_better} better and {of.n_worse} worse of {n}, {100 * of.difference:+.1f} points"
    loss = f"a loss of {100 * margin:g} points"
    if verdict == "no_loss":
        return f"{counts}: {loss} is ruled out."
    if verdict == "loss":
        return f"{counts}: something is lost (p = {p_loss:.2g})."
    if verdict == "too_few":
        return f"{counts}: too few items to rule out {loss}; {max(least, 1)} are the least."
    more = "" if wanted is None else f"; about {wanted:,} items would, if nothing is lost"
    return f"{counts}: {loss} is not ruled out{more}."


def _summary(opens: bool, parts: Sequence[GatePart]) -> str:
    if opens:
        counted = [
            f"in any of {n} {many}" if n > 1 else f"in the one {kind}"
            for kind, many in (("class", "classes"), ("cohort", "cohorts"))
            if (n := sum(part.kind == kind and part.binding for part in parts))
        ]
        passed_over = sum(not part.binding for part in parts)
        more = f" {passed_over} with too few items were reported, not judged." if passed_over else ""
        return f"Open: no loss overall{''.join(f', nor {each}' for each in counted)}.{more}"
    closing = [part for part in parts if part.binding and part.verdict != "no_loss"]
    lost = [part.name for part in closing if part.verdict == "loss"]
    unsure = [part.name for part in closing if part.verdict != "loss"]
    said = [f"a loss in {_listed(lost)}"] if lost else []
    said += [f"that nothing is lost could not be shown in {_listed(unsure)}"] if unsure else []
    return f"Closed: {'; '.join(said)}."


def _listed(names: Sequence[str]) -> str:
    return checks.listed(names, NAMED)


def _every(around: Around) -> Array:
    return np.ones(len(around.guess), dtype=bool)


def _scores(name: str, values: npt.ArrayLike, losses: bool) -> Floats:
    if np.size(values) == 0:
        raise InvalidInput(f"{name}: must hold at least one item; got none. Label some of the test set.")
    found = checks.vector(name, values).astype(np.float64)
    if not losses and not np.isin(found, (0.0, 1.0)).all():
        raise InvalidInput(
            f"{name}: must say whether each answer is right, 0 or 1; got {found[~np.isin(found, (0, 1))][0]:g}. "
            "Pass losses=True for losses."
        )
    return found
