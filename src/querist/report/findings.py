"""What a study says, in words made from its numbers; and what it cannot say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from querist.core.evidence import Comparison, Curve, Efficiency, Study
from querist.core.words import counted
from querist.report.formatting import (
    LOWER_IS_BETTER,
    between,
    decimal,
    known,
    listed,
    metric_name,
    p_value,
    times,
    whole,
)

Verdict = Literal["better", "likely better", "same", "likely worse", "worse", "unknown"]

RANKS: tuple[Verdict, ...] = ("better", "likely better", "same", "likely worse", "worse")

FEW_SEEDS = 12  # up to here the p-value is an exact sign-flip test's, which has a floor of 2/2^n

FEWER = 1.05  # below, "fewer" would be said of a difference that rounds to none


@dataclass(frozen=True, slots=True)
class Finding:
    """The headline of a study and the sentences under it, as plain text; `strategy` is the one it is about."""

    verdict: Verdict
    headline: str
    details: tuple[str, ...]
    strategy: str | None
    efficiency: Efficiency | None


def finding(study: Study) -> Finding:
    """The one thing to know: what the best strategy saved, and whether that is more than luck.

    Whether a strategy beat the baseline is judged by the area between their curves. Of those that did, the best is the
    one that needed the fewest labels to the headline level, since that is the figure shown; where none did, the one
    of the best area.
    """
    name, base = metric_name(study.metric), study.baseline
    if not study.comparisons:
        return _untested(study)
    best = _best(study)
    saved = headline_efficiency(study, best.strategy)
    judged = verdict(study, best)
    area = f"Over the whole budget, the {name} of {best.strategy} lay {_by(best)} on the mean"
    area += f" [{_range(best)}], ahead in {best.wins} of {counted(best.n_seeds, 'seed')}"
    p = f"p = {p_value(best.p_adjusted)}".replace("= <", "<")
    if judged in ("better", "likely better"):
        details = (f"{area}; {p}.",) if judged == "better" else (f"{area}.", *_why_not_sure(study, best, p))
        if misses(saved):
            why = f"in some resamples of the seeds {best.strategy} did not reach that level"
            details = (f"The interval begins at 0.00, for {why}.", *details)
        also = [c.strategy for c in study.comparisons if c is not best and verdict(study, c) == judged]
        if also:
            details = (*details, f"{judged.capitalize()} than {base} as well: {listed(also)}.")
        return Finding(judged, _saving(study, best.strategy, saved), details, best.strategy, saved)
    several = len(study.comparisons) > 1
    if judged in ("worse", "likely worse"):
        likely = "likely " if judged != "worse" else ""
        who = "No strategy helped here" if several else f"{best.strategy} did not help here"
        headline = f"{who}: {base} {likely}had the better {name}."
        detail = f"The nearest, {best.strategy}, lay {_by(best)} on the mean over the budget [{_range(best)}]; {p}."
        return Finding(judged, headline, (detail,), best.strategy, saved)
    who = f"No strategy was shown to beat {base}" if several else f"{best.strategy} was not told apart from {base}"
    headline = f"{who}: over {counted(best.n_seeds, 'seed')} the difference is no larger than chance makes it."
    detail = (
        f"Over the whole budget, the {name} of {best.strategy} lay {_by(best)} on the mean; the truth may lie "
        f"anywhere from {_range(best)} ({p}). To find a smaller difference takes more seeds."
    )
    return Finding("same", headline, (detail,), best.strategy, saved)


def _best(study: Study) -> Comparison:
    def rank(c: Comparison) -> tuple[int, float, float]:
        place = RANKS.index(verdict(study, c))
        return place, _labels_saved(study, c.strategy) if place < RANKS.index("same") else 0.0, -gain(study, c)

    return min(study.comparisons, key=rank)


def _labels_saved(study: Study, strategy: str) -> float:
    """Minus the headline ratio, or its bound; 0 where there is neither: the lowest is the best."""
    saved = headline_efficiency(study, strategy)
    if saved is None:
        return 0.0
    return -(saved.ratio.value if saved.ratio is not None else saved.at_least or 0.0)


def misses(efficiency: Efficiency | None) -> bool:
    """Whether the interval begins at 0, since the strategy missed the level in some resamples."""
    ratio = None if efficiency is None else efficiency.ratio
    return ratio is not None and known(ratio) and f"{ratio.low:.2f}" == "0.00"


def n_tests(study: Study) -> int:
    """Over how many comparisons the p-values were adjusted: this study's, or those of all that were made with it."""
    return int(study.facts.get("n_tests", len(study.comparisons)))


def p_floor(study: Study) -> float:
    """The smallest adjusted p-value that the exact test of so few seeds can give the best of the strategies."""
    n = min((c.n_seeds for c in study.comparisons), default=0)
    return min(n_tests(study) * 2.0 ** (1 - n), 1.0) if 0 < n <= FEW_SEEDS else 0.0


def verdict(study: Study, comparison: Comparison) -> Verdict:
    """What may be said of one strategy: outright by the adjusted test; `likely` where only the interval leaves out
    zero, as with too few seeds for the test to speak."""
    gained = gain(study, comparison)
    if comparison.p_adjusted <= 1 - comparison.difference.level + 1e-12:
        return "better" if gained > 0 else "worse"
    apart = comparison.difference.low > 0 or comparison.difference.high < 0
    if not apart:
        return "same"
    return "likely better" if gained > 0 else "likely worse"


def gain(study: Study, comparison: Comparison) -> float:
    """The difference, counted so that more is better."""
    return comparison.difference.value * (1 if higher_is_better(study) else -1)


def higher_is_better(study: Study) -> bool:
    """Whether more of the study's metric is better: as its facts say, else as is usual for that metric."""
    return bool(study.facts.get("higher_is_better", study.metric not in LOWER_IS_BETTER))


def headline_efficiency(study: Study, strategy: str) -> Efficiency | None:
    """The efficiency at the middle one of the study's levels: at the highest, near the baseline's end, a ratio is
    noise; at the lowest it is of little use."""
    mine = [e for e in study.efficiencies if e.strategy == strategy]
    return mine[len(mine) // 2] if mine else None


def baseline_efficiency(study: Study) -> Efficiency | None:
    """Where the baseline's own labels to the headline level stand: any strategy's efficiency holds them."""
    return headline_efficiency(study, study.efficiencies[0].strategy) if study.efficiencies else None


def labels_text(efficiency: Efficiency | None) -> str:
    """Labels the strategy needed, or that it was not enough."""
    if efficiency is None:
        return "–"
    return whole(efficiency.labels) if efficiency.labels is not None else "not reached"


def ratio_text(efficiency: Efficiency | None) -> str:
    """The ratio with its interval, its bound, or why there is none."""
    if efficiency is None:
        return "–"
    if efficiency.ratio is not None:
        inside = f" [{between(efficiency.ratio, ratio=True)}]" if known(efficiency.ratio) else ""
        return f"{times(efficiency.ratio.value)}{inside}"
    if efficiency.at_least is not None:
        return f"at least {times(efficiency.at_least)}"
    return "not reached"


def main_curves(study: Study) -> list[Curve]:
    """The curves of the study's own metric."""
    return [c for c in study.curves if c.metric == study.metric]


def _saving(study: Study, strategy: str, saved: Efficiency | None) -> str:
    name, base = metric_name(study.metric), study.baseline
    if saved is None:
        return f"{strategy} beat {base} in {name}."
    level = f"To reach {decimal(saved.target)} {name}, {base}"
    if saved.ratio is not None:
        ratio, inside = saved.ratio.value, f" [{between(saved.ratio, ratio=True)}]" if known(saved.ratio) else ""
        needed = f"{level} needed {whole(saved.baseline_labels)} labels and {strategy} {whole(saved.labels)}"
        if ratio >= FEWER:
            return f"{needed}: {times(ratio)} fewer{inside}."
        return f"{strategy} was better over the budget as a whole. {needed}: {times(ratio)}{inside}."
    if saved.labels is not None:
        return (
            f"{level} never had enough labels, while {strategy} needed {whole(saved.labels)}: "
            f"at least {times(saved.at_least)} fewer."
        )
    return f"{strategy} had the better {name} over the budget, yet did not reach the {decimal(saved.target)} of {base}."


def _untested(study: Study) -> Finding:
    name = metric_name(study.metric)
    others = [c for c in main_curves(study) if c.strategy != study.baseline]
    if not others:
        return Finding(
            "unknown", f"{study.baseline} alone was run: there is nothing to compare it with.", (), None, None
        )
    sign = 1 if higher_is_better(study) else -1
    best = min(others, key=lambda c: (_labels_saved(study, c.strategy), -sign * float(c.mean.mean())))
    saved = headline_efficiency(study, best.strategy)
    details = []
    if saved is not None and saved.labels is not None and saved.baseline_labels is not None:
        details.append(
            f"In this run {study.baseline} reached {decimal(saved.target)} {name} with "
            f"{whole(saved.baseline_labels)} labels, {best.strategy} with {whole(saved.labels)}."
        )
    details.append("Repeat it with at least six seeds, the fewest for which an exact test can find anything.")
    headline = "One seed cannot tell a better strategy from a lucky one."
    return Finding("unknown", headline, tuple(details), best.strategy, saved)


def _why_not_sure(study: Study, best: Comparison, p: str) -> Sequence[str]:
    n, m, alpha = best.n_seeds, n_tests(study), 1 - best.difference.level
    floor = m * 2.0 ** (1 - n)
    if n <= FEW_SEEDS and floor > alpha + 1e-12:
        enough = next((k for k in range(n, FEW_SEEDS + 1) if m * 2.0 ** (1 - k) <= alpha + 1e-12), FEW_SEEDS + 1)
        among = f" among {m} {'strategies' if m == len(study.comparisons) else 'comparisons'}" if m > 1 else ""
        return (
            f"This is likely, not proven: {p}, and with {n} seeds{among} an exact test cannot give a p-value below "
            f"{p_value(min(floor, 1.0))}. {enough} seeds can settle it.",
        )
    test = f"the {'exact' if n <= FEW_SEEDS else 't'} test{f', adjusted for {m} comparisons,' if m > 1 else ''}"
    return (f"This is likely, not proven: {test} has {p}.",)


def _by(comparison: Comparison) -> str:
    value = comparison.difference.value
    size = decimal(abs(value))
    return f"{size} {'higher' if value > 0 else 'lower'}" if size.strip("0.") else "less than 0.001 apart"


def _range(comparison: Comparison) -> str:
    return between(comparison.difference, sign=True)
