"""The default: which strategy to use, by what is known, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.core.checks import Rows
from querist.core.signals import NO_LEARNER, Signals
from querist.core.strategy import Chosen, Parts, Spec, strategy

MANY_CLASSES = 20  # above, one number for an item's information says too little (docs/strategies/auto.md)
LARGE_POOL = 50_000
FOR_SETS = {"labels": "mmc", "spans": "mnlp", "boxes": "box_uncertainty"}
SETS_BY_SIGNAL = {"label_probs": "labels", "tokens": "spans", "boxes": "boxes"}
TWO_OF_A_KIND = ("uncertainty_herding", "weighted_variance_reduction")  # each ahead of the other on half of the sets


@dataclass(frozen=True, slots=True)
class Known:
    """What the decision goes by; `sets_of` is what an answer is a set of: labels, spans or boxes."""

    n_candidates: int
    n_classes: int
    learner_kind: str
    has_embeddings: bool
    by_price: bool = False
    sets_of: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """A strategy, and why it is the one."""

    spec: Spec
    why: str


def decide(known: Known) -> Decision:
    """The strategy for a situation: a table of rules.

    Examples
    --------
    >>> decide(Known(1000, 5, "linear", has_embeddings=True)).spec["strategy"]
    'divided'
    >>> decide(Known(1000, 2, "trees", has_embeddings=True)).spec
    'margin'
    """
    if known.learner_kind == NO_LEARNER:
        return _for_items(known)
    if known.sets_of:
        return _for_sets(known)
    if known.by_price:
        name = "margin" if known.n_classes else "variance"
        return Decision(name, "answers of unlike price, which only a score can be divided by")
    if known.n_classes == 0:
        return _for_numbers(known)
    if not known.has_embeddings:
        if known.n_classes > 2:
            return Decision("falcun", "several classes, and no embeddings to measure distances in")
        return Decision("margin", "two classes, and no embeddings to measure distances in")
    if known.learner_kind == "trees":
        if known.n_classes == 2:
            return Decision("margin", "two classes and a model of trees, which measures distances in its own way")
        return Decision("weighted_k_means", "several classes and a model of trees")
    if known.n_classes > MANY_CLASSES:
        return _thinned(known, "uncertainty_herding", f"{known.n_classes} classes, more than {MANY_CLASSES}")
    both = {"strategy": "divided", "params": {"strategies": list(TWO_OF_A_KIND)}}
    return _thinned(known, both, f"{known.n_classes} classes on embeddings")


def _for_items(known: Known) -> Decision:
    if known.has_embeddings:
        return Decision("max_herding", "answers that no model learns, by what the items look like")
    return Decision("random", "answers that no model learns, and no embeddings to measure distances in")


def _for_sets(known: Known) -> Decision:
    if known.sets_of == "labels" and known.has_embeddings and not known.by_price:
        return Decision("variance_reduction", "answers that are several labels, on embeddings")
    return Decision(FOR_SETS[known.sets_of], f"answers that are {known.sets_of}")


def _for_numbers(known: Known) -> Decision:
    if not known.has_embeddings:
        return Decision("variance", "a number, and no embeddings to measure distances in")
    return Decision("lcmd", "a number, on embeddings")


def _thinned(known: Known, then: Spec, why: str) -> Decision:
    if known.n_candidates <= LARGE_POOL:
        return Decision(then, why)
    spec = {"strategy": "filtered", "params": {"score": "margin", "then": then, "keep": 100.0, "at_random": 1.0}}
    return Decision(spec, f"{why}, among the most uncertain of {known.n_candidates} and as many at random")


@strategy(
    needs=("probs", "predictions", "label_probs", "tokens", "boxes"),
    kind="composite",
    family="auto",
    reason="chosen by rules from measurements",
    cost="that of the strategy it chooses: at most a few seconds for 100 of 50,000 items of 384 dimensions",
    source="our measurements of label efficiency on eleven data sets; see its page",
)
def auto(parts: Parts, k: int, *, candidates: Rows, chosen: Rows, rng: np.random.Generator) -> Chosen:
    """The strategy that measurements speak for, by what is known: the default.

    Goes by what an answer is, the number of classes, the family of the learner, whether there are embeddings, and how
    many items are left. Each item's reason says what it chose and why.

    Parameters
    ----------
    parts : Parts
        What to choose by; the loop brings it. What a model predicts must be among the signals: class probabilities,
        numbers, label probabilities, tokens or boxes.
    k, candidates, chosen, rng
        As for every selection.

    Returns
    -------
    chosen : Chosen
        As the chosen strategy gives it.
    """
    signals = parts.signals
    decision = decide(
        Known(
            n_candidates=len(candidates),
            n_classes=signals.get("probs").shape[1] if signals.has("probs") else 0,
            learner_kind=signals.learner_kind,
            has_embeddings=_useful(signals),
            by_price=parts.by_price,
            sets_of=next((of for signal, of in SETS_BY_SIGNAL.items() if signals.has(signal)), ""),
        )
    )
    found = parts.pick(decision.spec, k, candidates=candidates, chosen=chosen, rng=rng)
    return Chosen(found.picks, tuple(f"auto, for {decision.why}: {reason}" for reason in found.reasons))


def _useful(signals: Signals) -> bool:
    return signals.has("embeddings") and signals.get("embeddings").shape[1] > 0
