"""From what was simulated and what is wanted to a verdict, with the reasons in sentences and the figures in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from querist.core.advice import GoalLabels, Money, Outlook, Verdict
from querist.core.evidence import Interval
from querist.core.words import metric_name
from querist.report.formatting import dollars
from querist.simulation.expected import Belief
from querist.simulation.outlook import Curves, Wants, labels_saved, least_worth, money
from querist.simulation.pilot import Pilot, nothing_learned

LITTLE = " That is likely less than the {:g} that are worth any: ask first whether labels are what is missing."
SURE = 0.8  # four to one that choosing pays, before a team is told to set up a loop


@dataclass(frozen=True, slots=True)
class Judgment:
    """The verdict and all that it rests on."""

    verdict: Verdict
    headline: str
    reasons: tuple[str, ...]
    efficiency: Interval
    chance: float
    saved: Interval
    gain: Interval
    money: Money | None
    goal: GoalLabels | None
    outlooks: tuple[Outlook, ...]


def judge(found: Pilot, expected: Belief, wants: Wants, rng: np.random.Generator) -> Judgment:
    """Weigh what choosing saves, what labels still add, and what else could be done.

    The first of these that holds is said: nothing was learned or nothing more will be; a model that is prompted is good
    enough and no dearer; it is at least four to one that choosing saves more than it costs; else, label at random.
    """
    curves = Curves.drawn(found, expected, wants, rng)
    nothing = nothing_learned(found)
    gain, efficiency = curves.gain(), expected.interval()
    if nothing is not None or gain.high < wants.least_gain:
        # On a level curve no label is worth more than another, and what is to come cannot be told from 1.
        method = "next to nothing is gained of which labels could be saved"
        middle = 1.0 if nothing is not None else efficiency.value
        low, high = min(efficiency.low, 1.0), max(efficiency.high, 1.0)
        efficiency = Interval(middle, low, high, efficiency.level, method)
    chance = 0.0 if nothing is not None else expected.chance_above(least_worth(wants))
    saved = labels_saved(wants, efficiency)
    sums = money(wants, saved)
    goal = None if wants.goal is None else curves.labels_to(wants.goal)
    verdict, why = _verdict(found, wants, curves, nothing, gain, chance)
    return Judgment(
        verdict=verdict,
        headline=_headline(verdict, wants, efficiency, saved, sums),
        reasons=(why, *_figures(found, expected, wants, gain, sums, goal, nothing, verdict)),
        efficiency=efficiency,
        chance=chance,
        saved=saved,
        gain=gain,
        money=sums,
        goal=goal,
        outlooks=(curves.random(), curves.strategy(nothing is not None)),
    )


def _verdict(
    found: Pilot, wants: Wants, curves: Curves, nothing: str | None, gain: Interval, chance: float
) -> tuple[Verdict, str]:
    name = metric_name(found.metric)
    if (prompted := _prompted(found, wants, curves, nothing)) is not None:
        return "prompt a model", prompted
    if nothing is not None:
        return "label nothing more", nothing
    now = float(found.law.at([found.data.n_items])[0, 0])
    if wants.goal is not None and now >= wants.goal:
        return "label nothing more", (
            f"The {wants.goal:g} {name} that is wanted is there: {now:.3f} with the {found.data.n_items:,} labels on "
            "hand. Make sure of it on a test set that was drawn at random."
        )
    if gain.high < wants.least_gain:
        return "label nothing more", (
            f"The curve is flat: {wants.budget:,} labels more, at random, would add {gain.value:.4f} "
            f"({gain.low:.4f} to {gain.high:.4f}) to the {name} of {now:.3f}, all of it below the "
            f"{wants.least_gain:g} that are worth any."
        )
    bar = least_worth(wants)
    if not np.isfinite(bar):
        return "label at random", (
            f"The labels are cheaper than the loop: all {wants.budget:,} cost {dollars(_whole(wants))}, and choosing "
            f"them costs {dollars(wants.loop_cost)} beside."
        )
    pays = f"an efficiency above {bar:.2f}, from which on choosing {_pays(wants)}, has a chance of {_percent(chance)}"
    if chance >= SURE:
        return "worth it", f"By what was simulated here and what was measured on other data sets, {pays}."
    return "label at random", (
        f"That choosing pays is not shown: {pays}; to advise a loop it would take {_percent(SURE)}. Labels at random "
        "are never wrong to have: ask again when there are more."
    )


def _percent(share: float) -> str:
    return "over 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def _pays(wants: Wants) -> str:
    return "saves a tenth of the labels" if wants.price is None else "saves more than it costs"


def _prompted(found: Pilot, wants: Wants, curves: Curves, nothing: str | None) -> str | None:
    """Why a model that is prompted should label, in a sentence; None where it should not, or nothing is said of one."""
    if wants.model_quality is None or wants.model_cost is None:
        return None
    name = metric_name(found.metric)
    reached = found.final if nothing is not None else max(curves.end(), found.final)
    needed = reached if wants.goal is None else wants.goal
    if wants.model_quality < needed:
        return None
    cost = wants.model_cost * wants.n_pool
    if wants.label_usd is not None and cost > _whole(wants):
        return None
    against = "" if wants.label_usd is None else f" against {dollars(_whole(wants))} for {wants.budget:,} labels"
    asked = f"the {needed:.3f} that are wanted" if wants.goal is not None else f"the {needed:.3f} those would lead to"
    return (
        f"The model that you can prompt has a {name} of {wants.model_quality:.3f}, no less than {asked}, and costs "
        f"{dollars(cost)} for the whole pool of {wants.n_pool:,}{against}. Check it on a random sample that "
        "people label."
    )


def _figures(
    found: Pilot,
    expected: Belief,
    wants: Wants,
    gain: Interval,
    sums: Money | None,
    goal: GoalLabels | None,
    nothing: str | None,
    verdict: Verdict,
) -> list[str]:
    """The figures, each in a sentence of its own, that do not stand in the verdict's."""
    name, out = metric_name(found.metric), []
    if nothing is None:
        rate, error = found.found.log_rate
        low, high = np.exp([rate - 1.645 * error, rate + 1.645 * error]).tolist()
        predicted = expected.interval()
        out.append(
            f"On the {found.n_rows:,} labels on hand, over {found.n_seeds} seeds, a label that was chosen was worth "
            f"{np.exp(rate):.2f} random ones ({low:.2f} to {high:.2f}); with what other data sets taught, which differ "
            f"by more than seeds do, {predicted.value:.2f} ({predicted.low:.2f} to {predicted.high:.2f}) is to be "
            "expected."
        )
        if verdict != "label nothing more":
            now = float(found.law.at([found.data.n_items])[0, 0])
            out.append(
                f"{wants.budget:,} labels more at random should add {gain.value:.3f} ({gain.low:.3f} to "
                f"{gain.high:.3f}) to the {name} of {now:.3f}."
                + (LITTLE.format(wants.least_gain) if gain.value < wants.least_gain else "")
            )
    if sums is not None and verdict in ("worth it", "label at random") and np.isfinite(least_worth(wants)):
        out.append(
            f"At {dollars(sums.price)} for an answer"
            + (f" and {wants.overlap} answers for each item" if wants.overlap > 1 else "")
            + f", random costs {dollars(sums.random_usd)}; choosing reaches as much for "
            f"{dollars(sums.strategy_usd.value)} ({dollars(sums.strategy_usd.low)} to "
            f"{dollars(sums.strategy_usd.high)}), the {dollars(sums.loop_cost)} for the loop itself with it."
        )
    if goal is not None and goal.random != found.data.n_items:
        out.append(_goal(name, goal))
    if wants.model_quality is not None and verdict != "prompt a model":
        out.append(
            f"The model that you can prompt, at {wants.model_quality:.3f}, is not as good as what is wanted, or dearer "
            "than the labels: let it fill in suggestions, or label where it is sure."
        )
    return out


def _goal(name: str, goal: GoalLabels) -> str:
    to = f"{goal.level:g} {name}"
    if goal.random is None and goal.strategy is None:
        return f"{to} is not in sight, even with the whole pool labeled: change the model, or what it sees."
    random = "random would not get there" if goal.random is None else f"random needs {goal.random:,.0f} labels in all"
    if goal.strategy is None:
        return f"For {to}, {random}; choosing would not get there."
    low, high = ("?" if v is None else f"{v:,.0f}" for v in (goal.strategy_low, goal.strategy_high))
    return f"For {to}, {random}; choosing needs {goal.strategy:,.0f} ({low} to {high})."


def _headline(verdict: Verdict, wants: Wants, efficiency: Interval, saved: Interval, sums: Money | None) -> str:
    if verdict == "worth it":
        what = f"about {saved.value:,.0f} of {wants.budget:,} labels"
        if sums is not None:
            what += f", {dollars(sums.saving.value)} of {dollars(sums.random_usd)}"
        return (
            f"Worth it: choosing should save {what}, {efficiency.value:.1f} times fewer "
            f"({efficiency.low:.1f} to {efficiency.high:.1f})."
        )
    if verdict == "label at random":
        return "Not worth it, as far as can be told: label at random."
    if verdict == "prompt a model":
        return "Do not label: prompt the model, and let people check a sample."
    return "Label nothing more: it would bring next to nothing."


def _whole(wants: Wants) -> float:
    return wants.budget * (wants.label_usd or 0.0)
