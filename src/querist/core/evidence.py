"""Results as values: what a simulated or a real loop measured, for tables, tests and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from querist.core.checks import Floats

Unit = Literal["labels", "usd"]


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with the range that holds the truth in `level` of repetitions, and how it was found."""

    value: float
    low: float
    high: float
    level: float = 0.95
    method: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number of a whole pool from labels of a part of it, with the interval that holds it in `level` of repetitions.

    Parameters
    ----------
    metric, method : str
    value, low, high, level : float
    std_error : float
    n_labels, n_items : int
        Labeled items, and those that the number is about.
    n_effective : float
        As many labels of equal weight as those are worth that bear on it, (sum w)^2 / sum w^2: of a recall, those of
        the class.
    n_uniform : float
        How many labels of a uniform draw, without any predictions, would give as narrow an interval.
    naive : float
        What the labeled items alone say, as if they had been drawn blindly.
    trust : float
        How far the predictions were made use of, from 0 to 1.
    """

    metric: str
    value: float
    low: float
    high: float
    level: float
    method: str
    std_error: float
    n_labels: int
    n_items: int
    n_effective: float
    n_uniform: float
    naive: float
    trust: float = 0.0


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement on the test set.

    `n_labels` are the answers that were bought or given to learn from by then. Where every item is answered once, that
    is the number of labeled items; a second answer to one counts like a first answer to another, for it costs as much.
    """

    n_labels: int
    cost_usd: float
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class AskedItem:
    """One item asked, as a report shows it. `preview` is text, or pixels as rows of numbers in [0, 1]."""

    row: int
    reason: str
    label: str
    preview: str | list[list[float]] | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One round of a run: what was asked and why."""

    number: int
    strategy: str
    n_labels: int
    asked: tuple[AskedItem, ...] = ()
    held_back: str | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One loop from its seed set to the end of its budget.

    `calibration` holds reliability bins of the last model, rows of (mean confidence, accuracy, share of items);
    `per_class` the last model's precision, recall and F1 by class.
    """

    strategy: str
    seed: int
    points: tuple[Point, ...]
    rounds: tuple[Round, ...] = ()
    calibration: tuple[tuple[float, float, float], ...] = ()
    per_class: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Curve:
    """A learning curve over repeated runs: the mean and its confidence band at each number of labels.

    Arrays are (n_points,). `cost_usd` is the mean spent when that many labels were there.
    """

    strategy: str
    metric: str
    n_labels: Floats
    cost_usd: Floats
    mean: Floats
    low: Floats
    high: Floats
    n_runs: int
    level: float = 0.95


@dataclass(frozen=True, slots=True)
class Efficiency:
    """Labels the baseline needs, divided by labels the strategy needs, to reach `target`.

    `labels` or `baseline_labels` is None where the target was not reached within the budget, and `ratio` with it;
    `at_least` then bounds the ratio from below where only the baseline fell short. Where `unit` is "usd", all of them
    are dollars in place of labels.
    """

    strategy: str
    baseline: str
    metric: str
    target: float
    labels: float | None
    baseline_labels: float | None
    ratio: Interval | None
    at_least: float | None = None
    unit: Unit = "labels"


@dataclass(frozen=True, slots=True)
class Worth:
    """What the labels of one strategy bought, each with its interval over seeds.

    Parameters
    ----------
    strategy, metric : str
    area : Interval
        The mean height of its curve over the budget, in the metric's unit.
    per_thousand : Interval or None
        How much of the metric 1,000 labels bought, from the first point to the last; it falls as labels add up.
    usd_per_point : Interval or None
        Dollars for one hundredth of the metric, from the first point to the last. Its high end is infinite where in
        some resamples of the seeds nothing was gained. None where labels have no price, or nothing was gained.
    usd : Efficiency or None
        Dollars the baseline needs over dollars it needs, to 95 % of what the baseline gained. None of the baseline
        itself, and where labels have no price.
    """

    strategy: str
    metric: str
    area: Interval
    per_thousand: Interval | None = None
    usd_per_point: Interval | None = None
    usd: Efficiency | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A paired test of one strategy against the baseline, over the same seeds.

    `difference` is in the metric's units, the mean over the budget of the area between the two curves; `p_adjusted`
    is Holm's over the strategies of the study.
    """

    strategy: str
    baseline: str
    metric: str
    difference: Interval
    p_value: float
    p_adjusted: float
    n_seeds: int
    wins: int


@dataclass(frozen=True, slots=True)
class Study:
    """A whole comparison: every run, and what they say together."""

    title: str
    metric: str
    baseline: str
    runs: tuple[Run, ...]
    curves: tuple[Curve, ...]
    efficiencies: tuple[Efficiency, ...]
    comparisons: tuple[Comparison, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    worth: tuple[Worth, ...] = ()
