"""Figures of evidence in words: what each says, where it comes from, and how it is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from querist.core.slices import TestUse
from querist.core.words import counted, metric_name, within
from querist.loop.stopping import Verdict
from querist.service.drifting import Drift
from querist.service.promoting import GateStanding
from querist.store.findings import Finding

Name = Literal["estimate", "efficiency", "stopping", "gate", "drift", "test_set"]
Tone = Literal["good", "warn", "bad", "quiet"]
NOT_YET = "–"
MOST_PARTS = 3  # of those that keep a gate closed


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of evidence.

    Parameters
    ----------
    name, title : str
    value : str
        Short, as it is shown large; a dash where nothing is known yet.
    sentence : str
        What it says, or what is missing.
    source : str
        Where it comes from.
    page : str
        The page of the documentation that explains it.
    tone : {"good", "warn", "bad", "quiet"}
    lines : tuple of str
        What else there is to say, a sentence each.
    numbers : mapping of str to float
        For a picture: `value`, `low`, `high`, and what it is compared with.
    model : int, optional
        The model that it is about.
    at : datetime, optional
        When it was found.
    """

    name: Name
    title: str
    value: str
    sentence: str
    source: str
    page: str
    tone: Tone = "quiet"
    lines: tuple[str, ...] = ()
    numbers: Mapping[str, float] = field(default_factory=dict)
    model: int | None = None
    at: datetime | None = None


def of_estimate(found: Finding | None) -> Figure:
    """How good the model is, beside what a naive mean would say."""
    source = (
        "Labels of the test set, which was drawn at random and which no strategy chooses from; the model's own "
        "predictions on all of it narrow the range, and cannot bias it."
    )
    page = "ideas/estimates"
    if found is None:
        sentence = "Nothing is measured yet: items of the test set must be labeled, and a model made."
        return Figure("estimate", "How good the model is", NOT_YET, sentence, source, page)
    b = found.body
    name = metric_name(b["metric"])
    sentence = (
        f"{name[0].upper()}{name[1:]} of model {found.model}: {within(b['low'], b['high'])} in "
        f"{b['level']:.0%} of repetitions, from {counted(b['n_labels'], 'label')}."
    )
    lines = []
    ends = {"value": b["value"], "low": b["low"], "high": b["high"]}
    numbers = {} if None in ends.values() else ends  # a picture needs both ends
    if b["asked_right"] is not None:
        lines.append(
            f"A naive mean would say {b['asked_right']:.3f}: so many of the {b['n_asked']:,} questions that strategies "
            "chose the model had guessed rightly. They were chosen for being hard."
        )
        if b["metric"] == "accuracy" and numbers:
            numbers["naive"] = b["asked_right"]
    if b["trust"] > 0 and b["n_uniform"] > b["n_labels"]:
        lines.append(f"Without the predictions, so narrow a range would take about {b['n_uniform']:,.0f} labels.")
    return Figure(
        "estimate",
        "How good the model is",
        f"{b['value']:.3f}",
        sentence,
        source,
        page,
        lines=tuple(lines),
        numbers=numbers,
        model=found.model,
        at=found.created_at,
    )


def of_efficiency(found: Finding | None) -> Figure:
    """Labels that random sampling would need, over those that the project needed."""
    source = (
        "Models of the first so many labels that this project bought, beside models of as many labels drawn at random "
        "(other test items and the random share of each round), all measured on the same test items."
    )
    title, page = "What it has saved", "ideas/efficiency"
    if found is None:
        sentence = "Not known yet: it takes some dozens of labeled test items, a model, and two points of each curve."
        return Figure("efficiency", title, NOT_YET, sentence, source, page)
    b = found.body
    name = metric_name(b["metric"])
    if b["ratio"] is None:
        sentence = f"Neither curve rises in {name}: there is nothing to save, or it is too early to tell."
        return Figure("efficiency", title, NOT_YET, sentence, source, page, model=found.model, at=found.created_at)
    sentence = (
        f"{name[0].upper()}{name[1:]} {b['target']:.3f} took {b['labels']:,.0f} labels here; random sampling would "
        f"need {b['random_labels']:,.0f}. The ratio lies between {b['low']:.2f} and {b['high']:.2f} in "
        f"{b['level']:.0%} of repetitions."
    )
    surely, tone = _worth(b["low"], b["high"])
    numbers = {"value": b["ratio"], "low": b["low"], "high": b["high"], "even": 1.0}
    return Figure(
        "efficiency",
        title,
        f"{b['ratio']:.1f}×",
        sentence,
        source,
        page,
        tone=tone,
        lines=(surely,),
        numbers=numbers,
        model=found.model,
        at=found.created_at,
    )


def _worth(low: float, high: float) -> tuple[str, Tone]:
    if low > 1:
        return "It saves labels.", "good"
    if high < 1:
        return "Random sampling would have done better: change the policy's strategy to random.", "bad"
    return "No difference from random sampling is shown yet.", "quiet"


def of_stopping(found: Finding | None) -> Figure:
    """The rule that says stop, or else the one that will first; all of them in their own words."""
    source = (
        "The rules that the project was given, and its budget. Each looks at what is recorded: the learning curve, "
        "what successive models say of the same items, draws made to certify. They advise; only the budget refuses."
    )
    title, page = "When to stop", "ideas/stopping"
    if found is None:
        return Figure("stopping", title, NOT_YET, "No model is there yet for the rules to look at.", source, page)
    verdicts = [Verdict(**each) for each in found.body["verdicts"]]
    lines = tuple(
        f"{each.rule.replace('_', ' ').capitalize()}: {each.sentence} {each.ahead}".strip() for each in verdicts
    )
    known: dict[str, Any] = {"lines": lines, "model": found.model, "at": found.created_at}
    if stop := [each for each in verdicts if each.stop]:
        sentence = _stopped(stop[0])
        return Figure("stopping", title, "Stop", sentence, source, page, tone="good", **known)
    ahead = [(each.forecast, each.rule.replace("_", " ")) for each in verdicts if each.forecast is not None]
    if not ahead:
        sentence = "No rule says stop, and none can tell when it will."
        return Figure("stopping", title, NOT_YET, sentence, source, page, **known)
    n_labels, rule = min(ahead)
    says = "the budget is spent" if rule == "budget" else f"{rule} says stop"
    sentence = f"About {counted(n_labels, 'label')} more until {says}."
    return Figure("stopping", title, counted(n_labels, "label"), sentence, source, page, **known)


def _stopped(verdict: Verdict) -> str:
    if verdict.rule == "budget":
        return "The budget is spent."
    how = "and what it promises is proven" if verdict.certified else "which is a habit that served, and no proof"
    return f"{verdict.rule.replace('_', ' ').capitalize()} says stop, {how}."


def of_gate(standing: GateStanding) -> Figure:
    """The gate's last decision."""
    source = (
        "The newest model beside the one that may serve, on the same labeled items of the test set: it must be shown "
        "to lose no more than a margin over all, in every class and in every cohort. What is not shown stays closed."
    )
    title, page = "May the new model serve", "ideas/gate"
    decision = standing.decision
    if decision is None:
        sentence = (
            "Nothing was decided yet. The first model that is looked at becomes what others must not fall behind."
        )
        return Figure("gate", title, NOT_YET, sentence, source, page)
    short = [part for part in decision.parts if part.binding and part.verdict != "no_loss"]
    lines = [f"{part.name}: {part.sentence}" for part in short[:MOST_PARTS]]
    if len(short) > MOST_PARTS:
        lines.append(f"And {counted(len(short) - MOST_PARTS, 'part')} more, of which `querist gate` told.")
    lines.append(f"Model {standing.promoted} may serve." if standing.promoted is not None else "No model may serve.")
    if standing.rollout is not None:
        lines.append(standing.rollout.sentence)
    overall = next((part for part in decision.parts if part.kind == "overall"), None)
    numbers = {}
    if overall is not None and overall.low is not None and overall.high is not None:
        numbers = {"value": overall.difference, "low": overall.low, "high": overall.high, "margin": -overall.margin}
    return Figure(
        "gate",
        title,
        "Open" if decision.opens else "Closed",
        decision.sentence,
        source,
        page,
        tone="good" if decision.opens else "warn",
        lines=tuple(lines),
        numbers=numbers,
        model=decision.model,
        at=standing.history[0].created_at,
    )


ACTIONS: dict[str, tuple[str, Tone]] = {
    "watch": ("Nothing to do", "good"),
    "retrain": ("Retrain", "warn"),
    "relabel": ("Label again", "warn"),
    "reopen": ("Reopen the pool", "warn"),
}


def of_drift(found: Drift | None) -> Figure:
    """What was found when somebody looked for drift last, and what to do."""
    source = (
        "Items that came in later beside those that the model was fitted on: what they hold, what the model says of "
        "them, their labels and its errors. All checks together alarm falsely in at most the stated share of looks."
    )
    title, page = "Drift", "ideas/drift"
    if found is None:
        return Figure("drift", title, NOT_YET, "Nobody has looked yet, or nothing new has come in.", source, page)
    value, tone = ACTIONS[found.plan.action]
    lines = [each.sentence for each in found.checks if each.drifted]
    if found.command:
        lines.append(f"Do it with: {found.command}")
    return Figure(
        "drift",
        title,
        value,
        found.plan.why,
        source,
        page,
        tone=tone,
        lines=tuple(lines),
        model=found.model,
        at=found.looked_at,
    )


def of_test_use(used: TestUse) -> Figure:
    """How often the test set was looked at, and whether it should be refreshed."""
    source = (
        "Every model that was measured on the test set, and every decision of the gate. The best of many figures from "
        "one set flatters: by how much at most is known from how often it was looked at, and how much of it is fresh."
    )
    title, page = "How worn the test set is", "ideas/splits"
    n_looks = used.n_models + used.n_decisions
    if not n_looks:
        return Figure("test_set", title, NOT_YET, used.sentence, source, page)
    value = counted(n_looks, "look")
    return Figure("test_set", title, value, used.sentence, source, page, tone="warn" if used.refresh else "good")
