"""Many people's answers to the same items, as sparse entries, and what they say of the people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from querist.core.checks import Floats, Rows
from querist.core.errors import InvalidInput
from querist.strategies._rowwise import entropies, row_blocks

FLOOR = 1e-6  # no weight, and no prior probability, is lower, so that answers can outvote a model that is sure
TINY = 1e-30
TEMPERATURES = (0.1, 0.2, 0.5, 0.8, 1.0, 2.0, 3.0, 5.0, 8.0)
FINER = 4  # temperatures tried between two neighbors of those
EM_STEPS = 50
EM_CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers that there are: of which item, by whom, which class. Items ascend."""

    items: Rows
    people: Rows
    classes: Rows
    n_items: int
    n_people: int
    n_classes: int

    @property
    def per_item(self) -> Rows:
        return np.bincount(self.items, minlength=self.n_items)

    def by_class(self, weights: Floats | None = None) -> Floats:
        """How much of each class each item was answered, (n_items, n_classes)."""
        cells = self.items * self.n_classes + self.classes
        found = np.bincount(cells, weights=weights, minlength=self.n_items * self.n_classes)
        return found.reshape(self.n_items, self.n_classes).astype(np.float64)


def answers_of(answers: npt.ArrayLike, n_items: int, n_classes: int) -> Answers:
    """The entries of a table (n_items, n_annotators) in which -1 stands for none."""
    given = np.asarray(answers)
    if given.ndim != 2 or len(given) != n_items or (given.size and given.dtype.kind not in "iu"):
        raise InvalidInput(
            f"answers: must be class numbers, (n_items, n_annotators) for {n_items} items; got {given.dtype} of shape "
            f"{given.shape}. Put -1 where there is none."
        )
    if given.size and (given.min() < -1 or given.max() >= n_classes):
        raise InvalidInput(
            f"answers: must lie in 0..{n_classes - 1}, or be -1 for none; got {given.min()} to {given.max()}. "
            "Count the columns of probs."
        )
    items, people = np.nonzero(given >= 0)
    return Answers(items, people, given[items, people].astype(np.int64), n_items, given.shape[1], n_classes)


def tempered(p: Floats, answers: Answers) -> Floats:
    """The probabilities at the temperature at which they fit the answers of the answered items best."""
    counts = answers.by_class()
    asked = answers.per_item > 0
    shares = counts[asked] / counts[asked].sum(axis=1, keepdims=True)

    def loss(temperature: float) -> float:
        scaled = _softened(p[asked], temperature)
        return float(-(shares * np.log(np.maximum(scaled, TINY))).sum(axis=1).mean())

    best = int(np.argmin([loss(t) for t in TEMPERATURES]))
    finer: list[float] = []
    if best > 0:
        finer += np.linspace(TEMPERATURES[best - 1], TEMPERATURES[best], FINER, endpoint=False).tolist()
    if best < len(TEMPERATURES) - 1:
        finer += np.linspace(TEMPERATURES[best], TEMPERATURES[best + 1], FINER + 1).tolist()
    return _softened(p, finer[int(np.argmin([loss(t) for t in finer]))])


def _softened(p: Floats, temperature: float) -> Floats:
    logits = np.log(np.maximum(p, TINY))
    logits /= temperature
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


def majority(answers: Answers, p: Floats) -> Rows:
    """The class most answered; among equals the most probable, then the one rarest among all answers."""
    counts = answers.by_class()
    best = counts == counts.max(axis=1, keepdims=True)
    chance = np.where(best, p, -1)
    best &= chance == chance.max(axis=1, keepdims=True)
    frequency = counts.sum(axis=0)
    found: Rows = np.where(best, frequency, np.inf).argmin(axis=1)
    return found


@dataclass(frozen=True, slots=True)
class Weights:
    """How far the model and each person are believed, and how often an answer is the consensus."""

    model: float
    people: Floats
    agreement: float


def weights_of(answers: Answers, p: Floats, consensus: Rows) -> Weights:
    """Weights as in CROWDLAB, from the items with several answers."""
    per_item = answers.per_item
    several = per_item > 1
    counts = answers.by_class()
    agreement = counts[several, consensus[several]] / per_item[several]
    usual = np.bincount(consensus[several], minlength=answers.n_classes).argmax()
    guessing = max(float((consensus[several] != usual).mean()), FLOOR)
    others = per_item[answers.items] - 1
    same = counts[answers.items, answers.classes] - 1
    met = np.bincount(answers.people, weights=others, minlength=answers.n_people)
    agreed = np.bincount(answers.people, weights=same, minlength=answers.n_people)
    share = np.divide(agreed, met, out=np.zeros(len(met)), where=met > 0)
    share[met == 0] = share[met > 0].mean()  # who met nobody is taken to be like the others
    people = np.maximum(1 - (1 - share) / guessing, FLOOR)
    error = float((p[several].argmax(axis=1) != consensus[several]).mean())
    model = max(1 - error / guessing, FLOOR) * float(np.sqrt(per_item[per_item > 0].mean()))
    return Weights(model, people, float(agreement.mean()))


def crowd_posterior(answers: Answers, p: Floats, weights: Weights) -> Floats:
    """The weighted mean of the model's probabilities and of what each answer says, where there are answers."""
    missed = (1 - weights.agreement) / (answers.n_classes - 1)
    each = weights.people[answers.people]
    total = np.bincount(answers.items, weights=each, minlength=answers.n_items)
    posterior = weights.model * p
    posterior += (weights.agreement - missed) * answers.by_class(each)
    posterior += (missed * total)[:, None]
    posterior /= (weights.model + total)[:, None]
    return posterior


def skilled(answers: Answers, p: Floats, accuracy: float, strength: float) -> tuple[Floats, Floats]:
    """Each item's class probabilities given all answers, and each person's confusion matrix, by EM."""
    n_people, n_classes = answers.n_people, answers.n_classes
    start = np.full((n_classes, n_classes), (1 - accuracy) / max(1, n_classes - 1))
    np.fill_diagonal(start, accuracy if n_classes > 1 else 1)
    prior = np.log(np.maximum(p, FLOOR))
    posterior = np.exp(prior)
    posterior /= posterior.sum(axis=1, keepdims=True)
    confusion = np.broadcast_to(start, (n_people, n_classes, n_classes))
    if not len(answers.items):
        return posterior, confusion.copy()
    for _ in range(EM_STEPS):
        counts = np.empty((n_people, n_classes, n_classes))
        cells = answers.people * n_classes + answers.classes
        for c in range(n_classes):
            found = np.bincount(cells, weights=posterior[answers.items, c], minlength=n_people * n_classes)
            counts[:, c] = found.reshape(n_people, n_classes)
        pooled = counts.sum(axis=0) + strength * start
        pooled /= pooled.sum(axis=1, keepdims=True)
        confusion = counts + strength * pooled
        confusion /= confusion.sum(axis=2, keepdims=True)
        before, posterior = posterior, _given(answers, prior, np.log(confusion))
        if np.abs(posterior - before).max() < EM_CLOSE:
            break
    return posterior, confusion


def _given(answers: Answers, prior: Floats, logs: Floats) -> Floats:
    posterior = prior.copy()
    ends = np.cumsum(answers.per_item)
    for block in row_blocks(*prior.shape):
        entries = slice(ends[block.start - 1] if block.start else 0, ends[block.stop - 1])
        items = answers.items[entries]
        said = logs[answers.people[entries], :, answers.classes[entries]]
        starts = np.flatnonzero(np.diff(items, prepend=-1))
        if len(starts):
            posterior[items[starts]] += np.add.reduceat(said, starts, axis=0)
        part = posterior[block]
        part -= part.max(axis=1, keepdims=True)
        np.exp(part, out=part)
        part /= part.sum(axis=1, keepdims=True)
    return posterior


def told_by_each(posterior: Floats, confusion: Floats) -> Floats:
    """Mutual information between an item's class and an answer of each person, (n_items, n_people), in nats."""
    noise = entropies(confusion, np.float64)  # (n_people, n_classes)
    found = np.empty((len(posterior), len(confusion)))
    for person, matrix in enumerate(confusion):
        found[:, person] = entropies(posterior @ matrix, np.float64) - posterior @ noise[person]
    return np.maximum(found, 0, out=found)
