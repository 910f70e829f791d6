"""Stopping rules from JSON and from words, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, fields
from typing import Any

from querist.core import checks
from querist.core.errors import InvalidInput
from querist.loop.stopping.certified import ErrorBound, RecallBound
from querist.loop.stopping.curve import BudgetSpent, MarginalGain, PerformanceGradient, TargetReached
from querist.loop.stopping.search import AutoStop, Hypergeometric, Knee, QuantCI, Safe, TargetSet
from querist.loop.stopping.stability import (
    ClassificationChange,
    ContradictingInformation,
    DeltaF,
    MaxConfidence,
    MinimalError,
    OverallUncertainty,
    StablePredictions,
)
from querist.loop.stopping.verdict import StoppingRule

RULES: dict[str, type[Any]] = {
    "budget": BudgetSpent,
    "target": TargetReached,
    "marginal_gain": MarginalGain,
    "performance_gradient": PerformanceGradient,
    "stable_predictions": StablePredictions,
    "delta_f": DeltaF,
    "classification_change": ClassificationChange,
    "overall_uncertainty": OverallUncertainty,
    "minimal_error": MinimalError,
    "max_confidence": MaxConfidence,
    "contradicting_information": ContradictingInformation,
    "error_bound": ErrorBound,
    "hypergeometric": Hypergeometric,
    "recall_bound": RecallBound,
    "autostop": AutoStop,
    "quant_ci": QuantCI,
    "knee": Knee,
    "target_set": TargetSet,
    "safe": Safe,
}


def rule_from_json(body: Mapping[str, Any]) -> StoppingRule:
    """A rule from plain JSON: `{"rule": "target", "metric": "macro_f1", "target": 0.9}`.

    Examples
    --------
    >>> rule_from_json({"rule": "target", "metric": "accuracy", "target": 0.9})
    TargetReached(metric='accuracy', target=0.9)
    """
    kind = checks.one_of("rule", str(body.get("rule")), tuple(RULES))
    make: Callable[..., StoppingRule] = RULES[kind]
    try:
        return make(**{name: value for name, value in body.items() if name != "rule"})
    except TypeError as error:
        raise InvalidInput(f"rule {kind!r}: must have its own settings; {error}. See the page on stopping.") from None


def rule_to_json(rule: StoppingRule) -> dict[str, Any]:
    """The reverse of `rule_from_json`.

    Examples
    --------
    >>> rule_to_json(ErrorBound(0.02))
    {'rule': 'error_bound', 'most': 0.02, 'confidence': 0.95}
    """
    name = next(name for name, kind in RULES.items() if type(rule) is kind)
    return {"rule": name, **asdict(rule)}  # type: ignore[call-overload]


def rule_from_text(text: str) -> StoppingRule:
    """A rule from its name and its settings in their order, with colons between; those left out have their defaults.

    Examples
    --------
    >>> rule_from_text("target:macro_f1:0.9")
    TargetReached(metric='macro_f1', target=0.9)
    >>> rule_from_text("error_bound:0.02")
    ErrorBound(most=0.02, confidence=0.95)
    """
    name, *parts = text.split(":")
    checks.one_of("stop", name, [rule for rule in RULES if rule != "budget"])
    settings = fields(RULES[name])
    if len(parts) > len(settings):
        raise InvalidInput(f"stop: must be {form(name)}; got {text!r}, with more settings than it has.")
    body: dict[str, Any] = {"rule": name}
    try:
        for setting, part in zip(settings, parts, strict=False):
            body[setting.name] = {"str": str, "int": int, "float": float}[str(setting.type)](part)
        return rule_from_json(body)
    except ValueError as error:
        if isinstance(error, InvalidInput) and "must have its own settings" not in str(error):
            raise
        raise InvalidInput(f"stop: must be {form(name)}; got {text!r}.") from None


def form(name: str) -> str:
    """How a rule is written in words, the settings that may be left out in brackets.

    Examples
    --------
    >>> form("error_bound")
    'error_bound[:MOST[:CONFIDENCE]]'
    """
    text, closing = name, ""
    for setting in fields(RULES[name]):
        if setting.default is MISSING:
            text += f":{setting.name.upper()}"
        else:
            text, closing = f"{text}[:{setting.name.upper()}", closing + "]"
    return text + closing
