"""Before there is a model to trust: stratified draws, seed rules, and when trust begins."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy

from querist.core import checks
from querist.core.checks import Array, Floats, Rows
from querist.core.errors import InvalidInput
from querist.core.schema import Schema
from querist.core.state import Picks
from querist.core.strategy import strategy


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether a model's scores may choose yet, and the figures behind it.

    `value` is its cross-validated balanced accuracy (or R² for a number), `low` the lower confidence bound that
    must beat `chance`. `lasting` says whether the question is settled: trust that was not measured is asked for again.
    """

    ok: bool
    value: float
    low: float
    chance: float
    reason: str
    lasting: bool = True


def trust_classes(probs: Floats, y: Array, *, level: float = 0.9, least: int = 10) -> Trust:
    """Whether out-of-fold predictions beat guessing.

    Parameters
    ----------
    probs : (n, n_classes) float
        Out-of-fold probabilities of labeled items.
    y : (n,) int
        Their labels.
    level : float
        Confidence of the one-sided bound.
    least : int
        Predictions under which nothing can be said.

    Notes
    -----
    Balanced accuracy is the mean over the classes seen of each one's recall, where an item's class is the one whose
    probability is highest over its share of the labels: the decision that balanced accuracy asks for. By the highest
    probability alone a class of a tenth is never predicted from few labels, and a model that ranks its items well
    looks as if it guessed. Guessing reaches 1 over the number of classes seen, whatever their shares; the bound is a
    score test, with the variance that guessing would have, so that three lucky hits do not count as certainty.

    Examples
    --------
    >>> trust_classes(np.full((4, 2), 0.5), np.array([0, 1, 0, 1])).reason
    'only 4 labeled items can be cross-validated, and 10 are needed'
    """
    n = len(y)
    if n < least:
        return _too_few(n, least)
    classes, counts = np.unique(y, return_counts=True)
    if len(classes) < 2:
        return no_trust("all labeled items are of one class")
    hits = classes[(probs[:, classes] / counts).argmax(axis=1)] == y
    right = np.array([hits[y == c].sum() for c in classes])
    value = float(np.mean(right / counts))
    chance = 1 / len(classes)
    low = value - float(scipy.special.ndtri(level) * np.sqrt(chance * (1 - chance) * np.sum(1 / counts))) / len(classes)
    ok = bool(low > chance)
    word = "beats" if ok else "does not surely beat"
    reason = f"cross-validated balanced accuracy {value:.2f} (at least {low:.2f}) {word} guessing ({chance:.2f})"
    return Trust(ok, value, low, chance, reason)


def trust_scattered(y: Array, *, enough: int = 20, least: int = 10) -> Trust | None:
    """Trust for want of anything that could speak against it: many labels, but of so many classes that few meet.

    Parameters
    ----------
    y : (n,) int
        The labels.
    enough : int
        Labels from which this holds.
    least : int
        Predictions under which cross-validation can say nothing: an item whose class no other has cannot be predicted.

    Returns
    -------
    trust : Trust or None
        None where there are few labels, or enough of them meet for cross-validation to speak. Asked for again with
        the next labels.

    Examples
    --------
    >>> trust_scattered(np.arange(20)).reason
    '20 labels are of 20 classes, too many for cross-validation to speak for or against'
    >>> trust_scattered(np.repeat([0, 1], 10)) is None
    True
    """
    classes, counts = np.unique(y, return_counts=True)
    if len(y) < enough or counts[counts > 1].sum() >= least:
        return None
    reason = f"{len(y)} labels are of {len(classes)} classes, too many for cross-validation to speak for or against"
    return Trust(True, float("nan"), float("nan"), 1 / len(classes), reason, lasting=False)


def trust_numbers(predicted: Floats, y: Array, *, level: float = 0.9, least: int = 10) -> Trust:
    """Whether out-of-fold predictions of a number beat its mean.

    `value` is R²; the bound is a one-sided paired t-test of the squared errors against those of the mean.
    """
    if len(y) < least:
        return _too_few(len(y), least)
    base = (y - y.mean()) ** 2
    if base.sum() == 0:
        return no_trust("all labeled items have one value")
    return _saves("R²", base, (y - predicted) ** 2, level)


def trust_labels(probs: Floats, held: Array, *, level: float = 0.9, least: int = 10) -> Trust:
    """Whether out-of-fold probabilities of labels that may hold together beat each label's share.

    Parameters
    ----------
    probs : (n, n_labels) float
        Out-of-fold probabilities of labeled items.
    held : (n, n_labels) bool
        Which labels they have.

    Notes
    -----
    As `trust_numbers`, by each item's squared errors summed over the labels: the bound is a paired t-test of the Brier
    score against that of the shares.
    """
    if len(held) < least:
        return _too_few(len(held), least)
    base = ((held - held.mean(axis=0)) ** 2).sum(axis=1)
    if base.sum() == 0:
        return no_trust("all labeled items have the same labels")
    return _saves("share of the labels' variance explained", base, ((held - probs) ** 2).sum(axis=1), level)


def trust_sets(
    hits: Array, by_chance: Array, *, n_true: int, n_predicted: int, level: float = 0.9, least: int = 10
) -> Trust:
    """Whether out-of-fold predictions find more of each item's spans or boxes than of another item's.

    Parameters
    ----------
    hits : (n,) int
        Right ones among those predicted of each item.
    by_chance : (n,) int
        How many would be right if another item were meant.
    n_true, n_predicted : int
        All there are, and all predicted.

    Notes
    -----
    `value` is F1; the bound is a one-sided paired t-test of the hits.
    """
    n = len(hits)
    if n < least:
        return _too_few(n, least)
    if not n_true:
        return no_trust("no labeled item has anything marked")
    per_f1 = 2 / (n_true + n_predicted)
    gained = np.asarray(hits, dtype=np.float64) - by_chance
    value, chance = float(np.sum(hits) * per_f1), float(np.sum(by_chance) * per_f1)
    low = chance + n * per_f1 * _lower(gained, level)
    ok = bool(low > chance)
    word = "beats" if ok else "does not surely beat"
    reason = f"cross-validated F1 {value:.2f} (at least {max(low, 0):.2f}) {word} guessing ({chance:.2f})"
    return Trust(ok, value, low, chance, reason)


def no_trust(reason: str) -> Trust:
    """Nothing can be said, and why."""
    return Trust(False, float("nan"), float("nan"), float("nan"), reason)


def _too_few(n: int, least: int) -> Trust:
    return no_trust(f"only {n} labeled items can be cross-validated, and {least} are needed")


def _lower(gained: Floats, level: float) -> float:
    """The one-sided lower bound of a mean by Student's t."""
    n = len(gained)
    return float(gained.mean() - float(scipy.special.stdtrit(n - 1, level)) * gained.std(ddof=1) / np.sqrt(n))


def _saves(what: str, base: Floats, left: Floats, level: float) -> Trust:
    """Whether errors are surely below those of the mean: share saved, with the bound of a paired t-test."""
    saved = base - left
    value = float(saved.sum() / base.sum())
    low = float(_lower(saved, level) / base.mean())
    word = "beats" if low > 0 else "does not surely beat"
    return Trust(low > 0, value, low, 0.0, f"cross-validated {what} {value:.2f} (at least {low:.2f}) {word} the mean")


@strategy(
    needs=["strata"],
    kind="select",
    family="start",
    reason="drawn at random within its stratum",
    cost="O(n)",
    source="Proportional allocation by largest remainder (Hamilton)",
)
def stratified(strata: Array, k: int, *, candidates: Rows, chosen: Rows, rng: np.random.Generator) -> Picks:
    """Random draws from each stratum, in proportion to its share of the candidates.

    Parameters
    ----------
    strata : (n_items,) int
        Each item's group.
    k : int
        Rows to draw.
    candidates, chosen : (n,) int
        Rows that may be drawn; rows labeled or pending, which do not matter here.
    rng : Generator

    Returns
    -------
    picks : Picks
        Propensities are drawn / candidates within each stratum: exact, given how many each stratum gets.
    """
    k = min(checks.positive("k", k), len(candidates))
    groups = np.asarray(strata)[candidates]
    names, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    quota = k * counts / len(candidates)
    take = np.floor(quota).astype(int)
    order = np.lexsort((names, -(quota - take)))
    take[order[: k - take.sum()]] += 1
    rows, propensities = [], []
    for g, (m, count) in enumerate(zip(take, counts, strict=True)):
        if m:
            rows.append(rng.choice(candidates[inverse == g], size=m, replace=False))
            propensities.append(np.full(m, m / count))
    order = rng.permutation(k)
    return Picks(np.concatenate(rows)[order], np.full(k, np.nan), np.concatenate(propensities)[order])


@strategy(
    needs=["votes"],
    kind="select",
    family="start",
    reason="a turn each for the seed rules, their disagreements, and what no rule speaks of",
    cost="O(n · rules)",
    source="Labeling functions as in Ratner et al. (2017), arXiv:1711.10160, used to choose and not to label",
)
def rules(votes: Array, k: int, *, candidates: Rows, chosen: Rows, rng: np.random.Generator) -> Picks:
    """Turns for each seed rule's finds, for items on which rules disagree, and for items no rule speaks of.

    Parameters
    ----------
    votes : (n_items, n_rules) int
        The class number a rule gives an item, or -1.
    k : int
        Rows to draw.
    candidates, chosen, rng
        As for every selection.

    Returns
    -------
    picks : Picks
        Utilities are the number of rules that speak of the item; propensities are exact: drawn / size of its stratum.
    """
    v = np.asarray(votes)
    if v.ndim != 2:
        raise InvalidInput(f"votes: must be 2-D, (n_items, n_rules); got shape {v.shape}. One column per rule.")
    speaking = v >= 0
    lowest = np.where(speaking, v, np.iinfo(v.dtype).max).min(axis=1)
    conflict = (speaking & (v != lowest[:, None])).any(axis=1)
    first = np.where(speaking.any(axis=1), speaking.argmax(axis=1), v.shape[1])
    stratum = np.where(conflict, v.shape[1] + 1, first)[candidates]
    k = min(checks.positive("k", k), len(candidates))
    names, inverse, counts = np.unique(stratum, return_inverse=True, return_counts=True)
    take = np.zeros(len(names), dtype=int)
    while take.sum() < k:  # a turn for each stratum that has rows left
        for g in np.flatnonzero(take < counts)[: k - take.sum()]:
            take[g] += 1
    rows, propensities = [], []
    for g, m in enumerate(take):
        if m:
            rows.append(rng.choice(candidates[inverse == g], size=m, replace=False))
            propensities.append(np.full(m, m / counts[g]))
    order = rng.permutation(k)
    drawn = np.concatenate(rows)[order]
    return Picks(drawn, speaking[drawn].sum(axis=1).astype(float), np.concatenate(propensities)[order])


@dataclass(frozen=True, slots=True)
class SeedRule:
    """A guess at a class, from a pattern, keywords, or any Python function of the fields.

    Parameters
    ----------
    name : str
    label : str
        The class it speaks for.
    pattern : str
        A regular expression searched, without regard to case, in `fields` (all text by default).
    function : callable
        Takes the item's fields, returns whether the rule speaks.

    Examples
    --------
    >>> rule = SeedRule("prize", "spam", pattern=r"prize|winner")
    >>> rule.speaks({"text": "You are a WINNER"})
    True
    """

    name: str
    label: str
    pattern: str = ""
    fields: tuple[str, ...] = ()
    function: Callable[[Mapping[str, Any]], bool] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if bool(self.pattern) == (self.function is not None):
            raise InvalidInput(f"rule {self.name!r}: must have a pattern or a function; give exactly one.")
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise InvalidInput(f"rule {self.name!r}: must be a regular expression; {error}. Escape it.") from None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of a rule with a pattern."""
        return {"name": self.name, "label": self.label, "pattern": self.pattern, "fields": list(self.fields)}

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> SeedRule:
        """The reverse of `to_json`."""
        return cls(body["name"], body["label"], body["pattern"], tuple(body.get("fields", ())))

    def speaks(self, item: Mapping[str, Any]) -> bool:
        """Whether the rule has something to say of this item."""
        if self.function is not None:
            return bool(self.function(item))
        texts = (item.get(name) for name in (self.fields or tuple(item)))
        return any(isinstance(t, str) and re.search(self.pattern, t, re.IGNORECASE) is not None for t in texts)


def votes(seed_rules: Sequence[SeedRule], items: Sequence[Mapping[str, Any]], schema: Schema) -> Array:
    """Each rule's class number for each item, or -1: (n_items, n_rules).

    Raises
    ------
    InvalidInput
        If a rule's label is not in the schema.
    """
    codes = [schema.encode(schema.read(rule.label)) for rule in seed_rules]
    out = np.full((len(items), len(seed_rules)), -1, dtype=np.int64)
    for i, item in enumerate(items):
        for j, rule in enumerate(seed_rules):
            if rule.speaks(item):
                out[i, j] = codes[j]
    return out


@dataclass(frozen=True, slots=True)
class RuleReport:
    """How a seed rule fares: items it speaks of, and those on which another rule says otherwise."""

    name: str
    label: str
    n_items: int
    n_disagreements: int


def rule_report(seed_rules: Sequence[SeedRule], given: Array) -> tuple[RuleReport, ...]:
    """Coverage and disagreement of each rule, from its `votes`."""
    speaking = given >= 0
    reports = []
    for j, rule in enumerate(seed_rules):
        mine = speaking[:, j]
        others = speaking & (given != given[:, [j]])
        reports.append(RuleReport(rule.name, rule.label, int(mine.sum()), int((mine & others.any(axis=1)).sum())))
    return tuple(reports)
