"""Rules that look at a fixed part of the pool, or at what came in before a model had learned it. No test labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from querist.core import checks
from querist.core.evidence import Point
from querist.core.words import counted
from querist.loop.budget import Spending
from querist.loop.stopping.verdict import NOTHING, Evidence, Glance, Verdict, crossing, inside, outlook


@dataclass(frozen=True, slots=True)
class StablePredictions:
    """Stop when successive models say the same of the stop set.

    Parameters
    ----------
    least : float
        Mean of the last `window` values of Cohen's kappa.
    window : int

    Notes
    -----
    Bloodgood and Vijay-Shanker (2009), arXiv 1409.5165.
    """

    least: float = 0.99
    window: int = 3

    def __post_init__(self) -> None:
        inside("least", self.least)
        checks.positive("window", self.window)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where the mean kappa is at the level or above."""
        n, values = _course(evidence, lambda g: g.kappa)
        if len(values) < self.window:
            return _unknown("stable_predictions", len(values), self.window, "agreements of successive models")
        means = np.convolve(values, np.full(self.window, 1 / self.window), mode="valid")
        figure = float(means[-1])
        stop = figure >= self.least - 1e-12
        ahead = crossing(n[self.window - 1 :], (1 - means).tolist(), 1 - self.least, zero=True)
        sentence = (
            f"The last {self.window} models agree with those before them with a kappa of {figure:.4f}; "
            f"they are stable from {self.least:g}."
        )
        return Verdict("stable_predictions", stop, figure, sentence, False, *outlook(stop, ahead, len(means)))


@dataclass(frozen=True, slots=True)
class DeltaF:
    """Stop when the F1 of successive models can hardly have changed, by what they say of the stop set.

    Parameters
    ----------
    most : float
        One less the F1 between successive models, in each of the last `window` rounds.
    window : int

    Notes
    -----
    Altschuler and Bloodgood (2019), arXiv 1901.09118; over more than two classes, the mean over classes.
    """

    most: float = 0.005
    window: int = 3

    def __post_init__(self) -> None:
        inside("most", self.most)
        checks.positive("window", self.window)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where each of the last rounds is at the level or below."""
        sentence = "Between the last {window} pairs of models F1 can have changed by {figure:.4f}; little is {level:g}."
        return _all_below("delta_f", evidence, lambda g: g.delta_f, self.most, self.window, sentence)


@dataclass(frozen=True, slots=True)
class ClassificationChange:
    """Stop when a new model puts hardly any item of the stop set into another class.

    Parameters
    ----------
    most : float
        Share of the stop set.
    window : int
        Rounds in a row.

    Notes
    -----
    Zhu, Wang and Hovy (2008).
    """

    most: float = 0.01
    window: int = 1

    def __post_init__(self) -> None:
        inside("most", self.most)
        checks.positive("window", self.window)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where each of the last rounds is at the level or below."""
        sentence = (
            "The last {window} models put up to {figure:.2%} of the stop set into other classes; little is {level:.2%}."
        )
        return _all_below("classification_change", evidence, lambda g: g.changed, self.most, self.window, sentence)


@dataclass(frozen=True, slots=True)
class OverallUncertainty:
    """Stop when the model is sure of the pool.

    Parameters
    ----------
    most : float
        Mean entropy of its probabilities for the stop set, over log(n_classes).

    Notes
    -----
    Zhu, Wang, Hovy and Ma (2010). A model may be sure and wrong: this says nothing of its errors.
    """

    most: float = 0.05

    def __post_init__(self) -> None:
        inside("most", self.most)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where the newest model's mean is at the level or below."""
        sentence = "The model's mean uncertainty is {figure:.4f} of the largest there is; it is sure from {level:g}."
        return _all_below("overall_uncertainty", evidence, lambda g: g.uncertainty, self.most, 1, sentence)


@dataclass(frozen=True, slots=True)
class MinimalError:
    """Stop when a model foretells what people say of the items that it was least sure of.

    Parameters
    ----------
    least : float
        Share of a batch that the model before it had named rightly, in each of the last `window` rounds.
    window : int

    Notes
    -----
    Zhu and Hovy (2007). The batch is what a strategy chose, so this is no accuracy.
    """

    least: float = 0.9
    window: int = 2

    def __post_init__(self) -> None:
        inside("least", self.least)
        checks.positive("window", self.window)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where each of the last batches is at the level or above."""
        sentence = (
            "Of each of the last {window} batches the model had foretold {figure:.1%} or more; enough is {level:.1%}."
        )
        return _all_above("minimal_error", evidence, lambda g: g.batch_right, self.least, self.window, sentence)


@dataclass(frozen=True, slots=True)
class MaxConfidence:
    """Stop when the model is sure even of the items that a strategy still finds to ask about.

    Parameters
    ----------
    least : float
        Mean probability of the class that it names, in each of the last `window` batches.
    window : int

    Notes
    -----
    Zhu and Hovy (2007), with probability in place of entropy.
    """

    least: float = 0.95
    window: int = 2

    def __post_init__(self) -> None:
        inside("least", self.least)
        checks.positive("window", self.window)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where each of the last batches is at the level or above."""
        sentence = (
            "Of each of the last {window} batches the model was sure by {figure:.1%} or more; enough is {level:.1%}."
        )
        return _all_above("max_confidence", evidence, lambda g: g.batch_confidence, self.least, self.window, sentence)


@dataclass(frozen=True, slots=True)
class ContradictingInformation:
    """Stop when the model's confidence has peaked and falls: new labels contradict what it had learned.

    Parameters
    ----------
    falls : int
        Rounds in a row in which the mean confidence on the stop set fell.

    Notes
    -----
    Vlachos (2008). Where confidence keeps rising, or wavers, it never fires.
    """

    falls: int = 3

    def __post_init__(self) -> None:
        checks.positive("falls", self.falls)

    def verdict(self, points: Sequence[Point], spent: Spending, evidence: Evidence = NOTHING) -> Verdict:
        """Stop where it fell so often in a row, from a peak."""
        _, values = _course(evidence, lambda g: g.confidence)
        if len(values) < 2:
            return _unknown("contradicting_information", len(values), 2, "confidences on the stop set")
        down = np.diff(values) < 0
        figure = len(down) if down.all() else int(np.argmin(down[::-1]))
        # Without a rise before them there is no peak: early models are sure of too much, and unlearn it.
        stop = figure >= self.falls and not down.all()
        sentence = (
            f"The mean confidence is {values[-1]:.3f}, after {counted(figure, 'fall')} in a row; "
            f"it has peaked after {self.falls}."
        )
        ahead = (0, "it says stop now") if stop else (None, "a peak is not foreseen")
        return Verdict("contradicting_information", stop, float(figure), sentence, False, *ahead)


OF_THE_STOP_SET = (
    StablePredictions,
    DeltaF,
    ClassificationChange,
    OverallUncertainty,
    MinimalError,
    MaxConfidence,
    ContradictingInformation,
)
Figure = Callable[[Glance], float | None]


def _course(evidence: Evidence, figure: Figure) -> tuple[list[float], list[float]]:
    """Where a figure is known: the labels of each model, and the figure."""
    known = [(float(g.n_labels), value) for g in evidence.glances if (value := figure(g)) is not None]
    return [n for n, _ in known], [value for _, value in known]


def _unknown(rule: str, there: int, needed: int, of_what: str) -> Verdict:
    sentence = f"Not known yet: {there} of the {needed} {of_what} that it needs are there."
    return Verdict(rule, False, None, sentence, False, None, "the figures are not there yet")


def _all_below(rule: str, evidence: Evidence, figure: Figure, level: float, window: int, sentence: str) -> Verdict:
    n, values = _course(evidence, figure)
    if len(values) < window:
        return _unknown(rule, len(values), window, "models' figures on the stop set")
    worst = max(values[-window:])
    stop = worst <= level
    ahead = crossing(n, values, level, zero=True)
    text = sentence.format(window=window, figure=worst, level=level)
    return Verdict(rule, stop, worst, text, False, *outlook(stop, ahead, len(values)))


def _all_above(rule: str, evidence: Evidence, figure: Figure, level: float, window: int, sentence: str) -> Verdict:
    n, values = _course(evidence, figure)
    if len(values) < window:
        return _unknown(rule, len(values), window, "batches foretold by a model")
    worst = min(values[-window:])
    stop = worst >= level
    ahead = crossing(n, values, level)
    text = sentence.format(window=window, figure=worst, level=level)
    return Verdict(rule, stop, worst, text, False, *outlook(stop, ahead, len(values)))
